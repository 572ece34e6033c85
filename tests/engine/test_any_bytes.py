"""Any bytes from a cable, through the decoder and the callback: finite, in range, and nothing stuck."""

import numpy as np
import pytest

from synthhost.dsp.master import CEILING
from tests.engine.playing import names_of, new_engine, panic, play, recount, settle, sound, stages
from tests.engine.test_sensing import Cable

PERFORMERS = [
    "90 {k} {v}",
    "90 {k} {v}",
    "80 {k} {v}",
    "A0 {k} {v}",
    "D0 {v}",
    "E0 {v} {w}",
    "B0 {w} {v}",
    "B0 01 {v}",
    "B0 40 {v}",
    "B0 42 {v}",
    "B0 65 00 64 {z} 06 {v} 26 {w}",
    "B0 60 00 61 00",
    "B0 63 {w} 62 {v} 06 {w}",
    "BF 65 00 64 06 06 {z}",
    "B0 00 {v} 20 {w}",
    "C0 {z}",
    "FE",
    "F8",
    "F0 7F 7F 04 01 {v} 7F F7",
    "F0 7E 7F 09 01 F7",
    "F0 7F 7F 08 08 03 7F 7F {v} {w} {k} {v} {w} {k} {v} {w} {k} {v} {w} {k} F7",
    "F0 {v} {w}",
    "{v} {w}",
    "F{n}",
]


def messages(random, count):
    """Bytes as hexadecimal: what players send, on all channels, now and then cut short or followed by noise."""
    for _ in range(count):
        text = PERFORMERS[random.integers(len(PERFORMERS))]
        names = {name: f"{random.integers(128):02X}" for name in "vw"}
        names["k"], names["z"] = f"{random.integers(48, 72):02X}", f"{random.integers(8):02X}"
        names["n"] = f"{random.integers(16):X}"
        data = bytearray.fromhex(text.format(**names))
        if 0x80 <= data[0] < 0xF0:
            data[0] = data[0] & 0xF0 | int(random.integers(16)) if random.random() < 0.5 else data[0]
        if random.random() < 0.05:
            data = data[: random.integers(len(data) + 1)]
        if random.random() < 0.05:
            data += random.integers(0, 256, 3, dtype=np.uint8).tobytes()
        yield bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_any_bytes_sound_finite_and_end(image, seed):
    names, random = names_of(image), np.random.default_rng(seed)
    engine = new_engine(image, sound(names, release_s=0.02), polyphony=40)
    for number, program in enumerate((sound(names, op="saw"), sound(names, 'mode = "mono"\nglide_s = 0.01'))):
        engine.map_program(number, engine.load(program))
    cables = [Cable(image, engine, port) for port in range(3)]
    for number, data in enumerate(messages(random, 6000)):
        cables[random.integers(3)].send(data.hex())
        if number % 8 == 0:
            output = engine.render(256)
            assert np.isfinite(output).all() and np.abs(output).max() <= CEILING
            engine.collect()
    settle(engine, 0.1)
    recount(engine)
    assert sum(int(ring.dropped) for ring in engine.record.rings) == 0
    for cable in cables:
        for channel in range(16):
            cable.send(f"{0xB0 + channel:X} 40 00 42 00 7B 00")
    settle(engine)
    assert stages(engine) == [] and recount(engine) == (0, 0)


def test_a_panic_ends_whatever_bytes_began(image):
    random = np.random.default_rng(9)
    engine = new_engine(image, sound(names_of(image), release_s=10), polyphony=64)
    cable = Cable(image, engine)
    for data in messages(random, 2000):
        cable.send(data.hex())
        engine.render(64)
    settle(engine, 0.5)  # all has come
    assert recount(engine)[0] > 0
    play(engine, [panic(int(engine.record.frame))], 256)
    assert recount(engine) == (0, 0)
