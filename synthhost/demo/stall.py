"""Hold Python still: for two seconds no Python code runs in this process, and the sound goes on."""

import ctypes
import sys
import time

STALL_S = 2.0


def hold_python(seconds):
    """Keep the interpreter's lock without doing anything: every Python thread waits."""
    if sys.platform == "win32":
        ctypes.PyDLL("kernel32").Sleep(int(seconds * 1000))
    else:
        ctypes.PyDLL(None).usleep(int(seconds * 1e6))


def stall(player, seconds, buffer_frames):
    """Hold Python while the engine plays. Returns what the engine did meanwhile, as plain data."""
    engine, stats = player.engine, player.engine.record.stats
    player.feed()
    blocks, late, lost = int(stats.blocks), int(stats.late_blocks), int(stats.lost_blocks)
    first, begun = int(engine.record.capture_head), time.monotonic()
    hold_python(seconds)
    took, last = time.monotonic() - begun, int(engine.record.capture_head)
    return {
        "held_s": round(took, 3),
        "blocks": int(stats.blocks) - blocks,
        "blocks_due": round(took * engine.rate_hz / buffer_frames, 1),
        "late_blocks": int(stats.late_blocks) - late,
        "lost_blocks": int(stats.lost_blocks) - lost,
        "first_frame": first,
        "last_frame": last,
    }


def quietest_db(sound, rate_hz):
    """Level of the quietest 10 ms of a sound, in dBFS."""
    import numpy as np

    size = round(0.01 * rate_hz)
    pieces = sound[: len(sound) // size * size].reshape(-1, size * 2)
    levels = np.sqrt((pieces.astype(np.float64) ** 2).mean(axis=1))
    return float(20 * np.log10(max(levels.min(initial=1.0), 1e-9)))
