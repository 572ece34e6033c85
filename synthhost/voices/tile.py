"""Before and after a tile: what the engine tells the 16 voices of a group, and what it learns from them."""

from synthhost.realtime.marks import realtime
from synthhost.realtime.vector import (
    any_lane,
    maximum,
    minimum,
    read,
    select,
    splat_int,
    write,
)
from synthhost.voices.follow import follow
from synthhost.voices.lane import fade_lane, free_lane
from synthhost.voices.stages import FREE, RELEASED

INAUDIBLE = 1e-5  # -100 dB
SILENCE_S = 0.05  # a voice whose envelopes have ended and that was not heard for so long is over
LONG_SILENCE_S = 0.5  # so is a released one whose envelopes go on unheard; a slow tremolo is silent for less


@realtime
def prepare_voices(engine, group, end, frames):
    """Set pitch and gains of the tile's last frame; `end` is where it lies in the quantum, 1 … 32."""
    if engine.arrays.moving != 0 or group.stale != 0:
        follow(engine, group, end)
    voice = group.voice
    pitch, most = read(group.pitch), read(group.glide) * (frames * 1.0)
    pitch = pitch + maximum(minimum(read(group.pitch_target) - pitch, most), -most)
    fade = maximum(read(group.fade) + read(group.fade_step) * (frames * 1.0), 0.0)
    write(group.pitch, pitch)
    write(group.fade, fade)
    bend = read(group.bend) * engine.slots[group.program].bend_octaves
    write(voice.pitch, pitch + (bend + read(group.tune) + read(group.detune)))
    write(voice.gain_left, read(group.left) * read(group.side_left) * fade)
    write(voice.gain_right, read(group.right) * read(group.side_right) * fade)
    write(voice.alive, splat_int(0))
    write(voice.broken, splat_int(0))


@realtime
def finish_voices(engine, group, frames):
    """Find the voices that are over: faded out, not finite, released and silent, or ended by their envelopes."""
    voice, stage = group.voice, read(group.stage)
    sounding = stage != FREE
    write(voice.fresh, splat_int(0))
    write(voice.strike, splat_int(0))
    inaudible = read(voice.peak) < INAUDIBLE
    silent = select(inaudible, read(group.silent) + frames, splat_int(0))
    write(group.silent, silent)
    broken = read(voice.broken) != 0
    asleep = inaudible & (read(voice.alive) == 0)
    let_go = read(voice.gate) == 0.0
    ended = broken | (read(group.fade) <= 0.0) | (let_go & asleep)
    ended = ended | (let_go & (silent > int(LONG_SILENCE_S * engine.shared.rate_hz)))
    if engine.slots[group.program].has_envelope != 0:
        ended = ended | (asleep & (silent > int(SILENCE_S * engine.shared.rate_hz)))
    ended = ended & sounding
    cut = let_go & (read(voice.alive) == 0) & ~inaudible & ((stage == RELEASED) & sounding)
    if any_lane(ended | cut):
        write(group.ended, select(ended, splat_int(1), select(cut, splat_int(2), splat_int(0))))
        for lane in range(16):
            if group.ended[lane] == 1:
                if voice.broken[lane] != 0:
                    engine.stats.broken += 1
                free_lane(engine, group, lane)
            elif group.ended[lane] == 2:
                fade_lane(engine, group, lane)
