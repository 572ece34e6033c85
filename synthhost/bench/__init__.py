"""Benchmarks: how many voices this machine plays, beside the same voice written by hand in C++."""

from synthhost.bench.measure import Options, measure
from synthhost.bench.run import run

__all__ = ["Options", "measure", "run"]
