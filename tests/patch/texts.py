"""Small patches for the tests."""

HEAD = 'format = "synthhost/patch"\nversion = 1\n'

VOICE = (
    HEAD
    + """name = "Plain"

[osc1]
op = "saw"
detune_cents = 6        # a little

[osc2]
op = "saw"

[filter]
op = "svf_lowpass"
in = "osc1 + 0.5 * osc2"
cutoff_hz = 900
q = 1.2

[env]
op = "adsr"
attack_s = 0.01

[amp]
op = "multiply"
a = "filter"
b = "env"

[[route]]
from = "env"
to = "filter.cutoff_hz"
octaves = 3.5

[effects.echo]
op = "delay"
time_s = 0.3
ping_pong = "on"

[out]
in = "amp"
"""
)
