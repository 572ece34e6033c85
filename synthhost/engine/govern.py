"""The governor: fewer voices before a block is late, more again when there is time.

It looks at how long blocks take, and decides; what it decides happens at the beginning of a quantum, as an event that
the log has. So a session in which it acted renders again bit for bit, and offline nothing governs by itself.

Of two blocks in a row the faster counts: one that another program held up is no reason to take voices away. Short blocks
are taken together, as in some of them nothing is rendered: the slowest of 64 frames counts as one.
"""

from synthhost.engine.log import log_played
from synthhost.events.event import ALL, GOVERN
from synthhost.realtime.marks import realtime

UNGOVERNED = 1 << 20
BUSY, AIM, CALM = 0.7, 0.6, 0.5  # parts of a block's period: too long, what is aimed at, time for more
LEAST_VOICES = 8
JUDGED_FRAMES = 64
SETTLE_S = 0.03  # voices that were taken away have faded by then
CALM_S = 0.5  # between two steps up, each of an eighth


@realtime
def judge_block(engine, frames, load):
    """A block took `load` of its period: decide how many voices there should be."""
    governor = engine.governor
    if governor.on == 0:
        return
    governor.frames += frames
    governor.slowest = max(governor.slowest, load)
    if governor.frames >= JUDGED_FRAMES:
        judge(engine, governor.slowest)
        governor.frames, governor.slowest = 0, 0.0


@realtime
def judge(engine, load):
    """The same for blocks that are long enough."""
    governor = engine.governor
    least = min(load, governor.load)
    governor.load = load
    governor.busiest = max(governor.busiest, least)
    if engine.sounding > governor.wanted:  # those that it took away are still going
        governor.decided = engine.frame
    waited = engine.frame - governor.decided
    rate = engine.shared.rate_hz
    if least > BUSY and engine.sounding > LEAST_VOICES and waited >= SETTLE_S * rate:
        governor.wanted = max(int(engine.sounding * AIM / least), LEAST_VOICES)
    elif governor.wanted < UNGOVERNED and governor.busiest < CALM and waited >= CALM_S * rate:
        governor.wanted += governor.wanted // 8
        if governor.wanted >= engine.polyphony:
            governor.wanted = UNGOVERNED
    elif waited < CALM_S * rate:
        return
    governor.decided = engine.frame
    governor.busiest = 0.0


@realtime
def govern(engine):
    """Do what was decided since the last quantum, and write it down."""
    wanted = engine.governor.wanted
    if wanted != engine.governed:
        log_played(engine, GOVERN, ALL, ALL, 0, 0.0, wanted, 0)
        allow_voices(engine, wanted)


@realtime
def allow_voices(engine, voices):
    """Let at most so many voices sound, besides what the player asked for."""
    if voices < engine.governed:
        engine.stats.governed += 1
    engine.governed = engine.governor.wanted = voices
