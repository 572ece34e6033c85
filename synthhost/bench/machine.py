"""What machine, which versions: without them no figure means anything."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import llvmlite.binding as llvm

from synthhost import __version__


def describe_machine():
    """Processor, system and versions, as plain data."""
    versions = {"synthhost": __version__, "python": platform.python_version()}
    for package in ("numpy", "llvmlite", "numba"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "processor": processor_name(),
        "llvm_cpu": llvm.get_host_cpu_name(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "versions": versions,
    }


def processor_name():
    """The processor's name as it calls itself, where the system tells."""
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith(("model name", "Model")):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
