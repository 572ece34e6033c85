"""MIDI bytes to an engine, and the pitch that its keys have then."""

import numpy as np

from synthhost.midi.decode import DECODER
from tests.engine.playing import control, hz_of, on, play, settle


class Cable:
    """Bytes to a port of an engine, through the decoder of the image."""

    def __init__(self, image, engine, port=0):
        self.decoder = np.zeros(1, DECODER)
        self.push = image.function("push_bytes", keep_gil=True)
        clock = engine.record["clock"].__array_interface__["data"][0]
        self.where = self.decoder.ctypes.data, engine.ring_address(port), clock, port

    def send(self, data):
        data = bytes.fromhex(data)
        self.push(*self.where, data, len(data))


def send(image, engine, data, port=0):
    Cable(image, engine, port).send(data)
    engine.render(64)
    settle(engine, 0.1)


def now(engine):
    return int(engine.record.frame)


def pitch_hz(engine, key, channel=0, port=0):
    start = now(engine)
    output = play(engine, [on(start, key, channel=channel, port=port)], 9600)
    play(engine, [control(start + 9600, 120, 0, channel, port)], 480)
    return hz_of(output[960:, 0])
