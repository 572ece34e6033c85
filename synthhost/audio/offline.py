"""Offline: a song through the same engine and the same callback, as fast as the machine goes."""

import numpy as np

from synthhost.engine.engine import Engine
from synthhost.events.event import HAND_IN, PROGRAM_CHANGE

SONG_RING = 17
BLOCK_FRAMES = 4096
TAIL_S = 10.0  # at most, after the last event
SILENCE_GAIN = 10 ** (-90 / 20)


def songs_engine(image, rate_hz, polyphony=1024, volume=1.0):
    """An engine whose output begins with engine frame 0."""
    return Engine(image, rate_hz, buffer_frames=32, polyphony=polyphony, volume=volume)


def with_programs(events, slots):
    """A song's events in which every program change is the hand-in of a loaded slot.

    `slots` is {((bank, program), channel): slot}.
    """
    events = events.copy()
    for place in np.flatnonzero(events["kind"] == PROGRAM_CHANGE):
        event = events[place]
        chosen = (int(event["b"]), int(event["key"]))
        event["kind"], event["a"] = HAND_IN, slots[(chosen, int(event["channel"]))]
    return events


def render_events(engine, events, length_frames, progress=None):
    """Yield the sound of EVENT records in blocks ``float32[N, 2]``: the song, then its tail until it is silent."""
    given, frame, tail_frames = 0, 0, int(TAIL_S * engine.rate_hz)
    while True:
        given += engine.push_events(events[given : given + 2048], SONG_RING)
        safe = int(events["frame"][given]) // 32 * 32 if given < len(events) else length_frames + tail_frames
        count = min(BLOCK_FRAMES, max(safe - frame, 32))
        sound = engine.render(count)
        frame += count
        yield sound
        if progress:
            progress(min(frame, length_frames), length_frames)
        silent = np.abs(sound).max() < SILENCE_GAIN and engine.record.sounding == 0
        if given == len(events) and (
            frame >= length_frames + tail_frames or (frame >= length_frames and silent)
        ):
            return
