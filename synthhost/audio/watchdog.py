"""What PortAudio does not tell: a card that stands still, and one whose buffer or sample rate is not the agreed one.

PortAudio answers an ASIO driver's wish for a reset with yes, and drops it; changes of buffer and rate likewise. What
remains visible is when callbacks come and how many frames they want. A card in trouble is closed and opened again.
"""

import time

STALL_S, STALL_BUFFERS = 0.25, 10  # no callback for the longer of the two
SPAN_S, SPAN_BUFFERS = 0.3, 100  # the rate is measured over spans of the longer of the two
SPANS = 4  # so many spans in a row must agree: a stall makes one wrong, another clock all
TOLERANCE = 0.03  # 44.1 and 48 kHz differ by 9 %, a span's count by 1 % from span to span


class Watchdog:
    """Looks at the engine's counters now and then. `buffer_frames` is what every callback must ask for."""

    def __init__(self, engine, buffer_frames):
        self._record, self._buffer_frames, self._rate_hz = engine.record, buffer_frames, engine.rate_hz
        buffer_s = buffer_frames / engine.rate_hz
        self._stall_s, self._span_s = (
            max(STALL_S, STALL_BUFFERS * buffer_s),
            max(SPAN_S, SPAN_BUFFERS * buffer_s),
        )
        self._blocks = -1
        self._rates = []
        self._span = None  # when the span began, and with which frame
        self.last_block_s = time.perf_counter()

    def look(self):
        """What is wrong, as the end of a sentence that begins with the card's name; None if nothing is."""
        now = time.perf_counter()
        blocks, frames = int(self._record.stats.blocks), int(self._record.timing.device_frame)
        if blocks != self._blocks:
            self._blocks, self.last_block_s = blocks, now
        elif now - self.last_block_s > self._stall_s:
            return f"has asked for no sound for {now - self.last_block_s:.1f} s"
        return self._other_buffer() or self._other_rate(now, frames)

    def _other_buffer(self):
        others = {int(size) for size in self._record.stats.sizes} - {0, self._buffer_frames}
        return f"changed its buffer from {self._buffer_frames} to {min(others)} frames" if others else None

    def _other_rate(self, now, frames):
        if self._span is None:
            self._span = now, frames
        begun, first = self._span
        if now - begun < self._span_s:
            return None
        self._span = now, frames
        self._rates = [*self._rates[1 - SPANS :], (frames - first) / (now - begun)]
        wrong = [abs(rate / self._rate_hz - 1.0) > TOLERANCE for rate in self._rates]
        steady = max(self._rates) < (1.0 + TOLERANCE) * min(self._rates)
        if len(wrong) < SPANS or not all(wrong) or not steady:
            return None
        mean = sum(self._rates) / SPANS
        return f"runs at about {mean:.0f} Hz, but was opened with {self._rate_hz:.0f} Hz"
