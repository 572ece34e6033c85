"""Loudness in LUFS, as broadcasters measure it.

References
----------
ITU-R BS.1770-5, "Algorithms to measure audio programme loudness and true-peak audio level", 2023. Its two filters are
the analogue ones that its coefficients at 48 kHz come from, so that they fit any sample rate.
"""

import numpy as np

BLOCK_S, STEP_S = 0.4, 0.1
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
SHELF_HZ, SHELF_DB, SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
HIGH_PASS_HZ, HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773


def loudness(sound, rate_hz):
    """Integrated loudness of ``float32[N, 2]``; minus infinity for silence."""
    blocks = block_powers(weighted(sound, rate_hz), rate_hz)
    for gate_lufs in (ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU):
        if gate_lufs > ABSOLUTE_GATE_LUFS and len(blocks):
            gate_lufs += lufs(blocks.mean())
        blocks = blocks[lufs(blocks) > gate_lufs]
    return float(lufs(blocks.mean())) if len(blocks) else -np.inf


def lufs(power):
    """The unit: of a power that is weighted and summed over the channels."""
    return -0.691 + 10.0 * np.log10(np.maximum(power, 1e-30))


def block_powers(sound, rate_hz):
    """Power of both channels together in blocks of 0.4 s that overlap by three quarters."""
    step, per_block = round(STEP_S * rate_hz), round(BLOCK_S / STEP_S)
    steps = len(sound) // step
    power = np.square(sound[: steps * step], dtype=float).reshape(steps, step, -1).mean(axis=1).sum(axis=1)
    return np.convolve(power, np.ones(per_block) / per_block, "valid") if steps >= per_block else np.zeros(0)


def weighted(sound, rate_hz):
    """The sound as the head and the ear's sense for lows weight it, filtered by its spectrum; a second longer."""
    length = 1 << (len(sound) + round(rate_hz)).bit_length()
    z = np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
    response = shelf(rate_hz, z) * high_pass(rate_hz, z)
    return np.fft.irfft(np.fft.rfft(sound, length, axis=0) * response[:, None], length, axis=0)[: len(sound)]


def shelf(rate_hz, z):
    """Response of the high shelf."""
    k = np.tan(np.pi * SHELF_HZ / rate_hz)
    high = 10.0 ** (SHELF_DB / 20.0)
    band = high**0.4996667741545416
    over = (
        (high + band * k / SHELF_Q + k * k)
        + 2.0 * (k * k - high) * z
        + (high - band * k / SHELF_Q + k * k) * z**2
    )
    return over / ((1.0 + k / SHELF_Q + k * k) + 2.0 * (k * k - 1.0) * z + (1.0 - k / SHELF_Q + k * k) * z**2)


def high_pass(rate_hz, z):
    """Response of the high-pass."""
    k = np.tan(np.pi * HIGH_PASS_HZ / rate_hz)
    under = 1.0 + k / HIGH_PASS_Q + k * k
    return (1.0 - z) ** 2 / (
        1.0 + 2.0 * (k * k - 1.0) / under * z + (1.0 - k / HIGH_PASS_Q + k * k) / under * z**2
    )
