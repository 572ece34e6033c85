"""The operators: each file is one module of synthesis, and importing this package registers them all."""

from synthhost.dsp import (  # noqa: F401
    adsr,
    controls,
    delay,
    drive,
    lfo,
    master,
    mix,
    multiply,
    noise,
    note,
    out,
    pulse,
    saw,
    saw_polyblep,
    sine,
    svf,
)
