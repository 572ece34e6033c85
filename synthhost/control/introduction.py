"""What `synthhost play` says at the start: what plays, where, with which delay, on which keyboards."""


def introduction(host, as_saved=()):
    """The lines, one after the other."""
    rate, output = host.engine.rate_hz, host.output
    yield f"Patch     {host.patch_name}  ({host.patch_path})"
    yield f"Output    {output.describe()}"
    frames = output.buffer_frames
    yield f"Buffer    {frames} frames = {frames / rate * 1e3:.1f} ms at {rate:.0f} Hz"
    least = most = 0.0
    for stage, low, high, known in host.budget():
        least, most = least + low, most + high
        yield f"  {stage:22} {span(low, high):>8} ms  {known}"
    yield f"  {'key to sound':22} {span(least, most):>8} ms  (measure it: synthhost latency)"
    yield f"Priority  {output.priority}; memory {host.memory_locked}"
    yield f"Volume    {host.volume_db:.0f} dB"
    if not host.keyboards():
        by_hand = not getattr(output, "connect", True)
        waits = (
            "connect one to keyboard_1 … keyboard_8" if by_hand else "it is heard as soon as it is plugged in"
        )
        yield f"Keyboard  none yet; {waits}"
    for line in host.describe_keyboards():
        yield f"Keyboard  {line}"
    for phrase in as_saved:
        yield f"As saved  {phrase}"


def span(low_s, high_s):
    """A time or a range of times in milliseconds."""
    return f"{low_s * 1e3:.1f}" if low_s == high_s else f"{low_s * 1e3:.1f}–{high_s * 1e3:.1f}"
