"""What the tests of latency share: programs, and a JACK server for each of them."""

import functools

from synthhost.patch import compile_patch, find, load

STRUCK = ("keys/electric-piano", "pluck/thumb-harp")  # factory patches that begin with their first frame
SPREAD = {"gap_s": (0.55, 0.6), "hold_s": 0.02}  # their notes ring on


@functools.cache
def program(name, operators):
    return compile_patch(load(find(name)), list(operators))


def program_of(image, name="test/latency"):
    return program(name, tuple(image.operators))


def on_the_frame(measurement):
    """The claim: every key that the machine left whole sounds on its own frame; and it left more than half of them."""
    counts = measurement.counts
    assert counts["missed"] == 0, counts
    assert counts["graph_frames"] == 0, counts
    assert set(measurement.frames) == {0}, (min(measurement.frames), max(measurement.frames), counts)
    assert counts["left_out_torn"] <= counts["sent"] / 2, counts
    assert counts["heard"] + counts["left_out_torn"] == counts["sent"]
