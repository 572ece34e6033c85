"""Key-to-sound on JACK's graph: keys on known frames, onsets on the same frame count."""

import contextlib
import sys
import time

import numpy as np

from synthhost.audio.block_log import BlockReader
from synthhost.audio.errors import AudioError
from synthhost.audio.jack import JackOutput, open_client
from synthhost.audio.priority import lock_memory
from synthhost.engine.engine import Engine
from synthhost.latency.jack_probe import JackProbe, whole_cycles
from synthhost.latency.load import VOICES, Storm, sustain
from synthhost.latency.onset import find_onset
from synthhost.latency.result import ASSUMED, MEASURED, REPORTED, Measurement, assumed_stages, stage_of

KEY = 69
STILL_S = 3.0  # without a cycle: the server is gone
NOTICED_S = 0.1  # a key that is not heard within this time was missed
SWITCH_INTERVAL_S = 1e-4  # as the host sets it


def plan(keys, rate_hz, gap_s, hold_s, seed=1, key=KEY):
    """Keys at random frames: [(frame, three bytes)], on and off in turn."""
    gaps = np.random.default_rng(seed).uniform(gap_s[0], gap_s[1], size=keys)
    frames = (np.cumsum(gaps) * rate_hz).astype(int)
    hold = int(hold_s * rate_hz)
    pairs = [[(int(f), (0x90, key, 100)), (int(f) + hold, (0x80, key, 64))] for f in frames]
    return [message for pair in pairs for message in pair]


class JackSession:
    """An engine on a JACK server with the probe round it; `with` starts and ends it."""

    def __init__(self, image, program, messages, server=None, voices=0, into="midi_in"):
        jack, client = open_client("synthhost-measured", server)
        self.engine = Engine(image, client.samplerate, client.blocksize, polyphony=max(voices, 192) + 64)
        lock_memory(self.engine.memory)
        self.slot = self.engine.load(program)
        self.engine.hand_in(self.slot)
        if voices:
            sustain(self.engine, voices)
        self.output = JackOutput(self.engine, jack, client, connect=False)
        self.blocks = BlockReader(self.output.memory[0].log)
        self.probe, self.into = JackProbe(image, messages, server), into

    def __enter__(self):
        self.output.start()
        self._connect_speakers()
        self.probe.start(self.output.client.name, self.into)
        return self

    def _connect_speakers(self):
        """Connect the right side alone to a loudspeaker, so that the graph's latency is known and nobody is hurt."""
        speakers = self.output.client.get_ports(is_audio=True, is_input=True, is_physical=True)
        for port, speaker in zip(self.output.client.outports, speakers[:2]):
            self.output.client.connect(port, speaker)

    def run(self, seconds_more=0.3, meanwhile=None):
        """Wait until all keys have been struck and heard; call `meanwhile(engine)` each 20 ms. Raises AudioError."""
        end = self.probe.end_frame + int(seconds_more * self.engine.rate_hz)
        seen, since = -1, time.monotonic()
        while self.probe.done_frames < end:
            if meanwhile:
                meanwhile(self.engine)
            time.sleep(0.02)
            self.probe.collect()
            self.blocks.collect()
            if self.probe.done_frames != seen:
                seen, since = self.probe.done_frames, time.monotonic()
            if self.output.lost.is_set() or time.monotonic() - since > STILL_S:
                raise AudioError("the JACK server stopped while it was measured")

    def __exit__(self, *_):
        self.probe.close()
        self.output.close()


def measure_jack(
    image,
    program,
    keys=100,
    load=False,
    voices=None,
    meanwhile=None,
    server=None,
    gap_s=(0.03, 0.05),
    hold_s=0.012,
    seed=1,
    into="midi_in",
):
    """Measure how many frames lie between a key and its sound above JACK's own graph.

    Parameters
    ----------
    image, program : the machine code and the patch that is played; its attack must be 0
    keys, gap_s, hold_s, seed : how many keys, how far apart (least, most), how long they are held, which random times
    load : whether a storm of Python threads and 256 voices of another patch share the process
    voices : so many voices of another patch (None: 256 under load, else none)
    meanwhile : called with the engine each 20 ms, for example to load patches
    server : name of the JACK server, None for the usual one
    into : which of our ports the keys come by

    Returns a Measurement. Raises AudioError if there is no server.
    """
    voices = (VOICES if load else 0) if voices is None else voices
    _, client = open_client("synthhost-asks", server)
    rate_hz = client.samplerate
    client.close()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        messages = plan(keys, rate_hz, gap_s, hold_s, seed)
        with JackSession(image, program, messages, server, voices, into) as session:
            with Storm() if load else contextlib.nullcontext():
                session.run(meanwhile=meanwhile)
            return evaluate(session, load)
    finally:
        sys.setswitchinterval(interval)


def evaluate(session, load):
    """What the session found, as a Measurement."""
    probe, engine, output = session.probe, session.engine, session.output
    blocks = session.blocks.blocks()
    whole, torn_cycles, period = whole_cycles(probe, blocks)
    frames, found = judge_keys(probe, engine.rate_hz, whole, period)
    rate, stats = engine.rate_hz, engine.record.stats
    wait_s, output_s = period / rate, output.output_s or period / rate
    above = [frame / rate for frame in frames]
    key, converter = assumed_stages()
    stages = (
        key,
        stage_of("wait for JACK's cycle", ASSUMED, [wait_s]),
        stage_of("synthhost, above the graph", MEASURED, above),
        stage_of("JACK's output", REPORTED, [output_s]),
        converter,
    )
    counts = found | {
        "block_median_s": float(np.median(blocks[2] - blocks[1])) * 1e-9,
        "torn_cycles": torn_cycles,
        "cycles": len(whole) + torn_cycles,
        "xruns": probe.xruns,
        "late_blocks": int(stats.late_blocks),
        "late_events": int(stats.late_events),
        "voices_max": int(stats.voices_max),
        "block_max_s": int(stats.block_ns_max) * 1e-9,
    }
    values = tuple(wait_s + seconds + output_s for seconds in above)
    return Measurement(
        "synthhost, JACK",
        f"JACK, {output.priority}",
        period,
        rate,
        load,
        stages,
        values,
        counts,
        frames=tuple(frames),
        hardware=has_hardware(output.client),
    )


def judge_keys(probe, rate_hz, whole, period):
    """Compare each onset with the striker's impulse: (frames above the graph, counts). Torn keys are left out.

    A key is torn when its cycle is, or that of the note off before it: then the last note hides its onset.
    """
    sound, clicks, sent = probe.sound(), probe.clicks(), probe.sent_frames()
    frames, graph, torn, missed, clean = [], 0, 0, 0, True
    for frame, ended in sent[: len(sent) // 2 * 2].reshape(-1, 2):
        usable = clean and inside(whole, period, frame)
        clean = inside(whole, period, ended)
        if not usable:
            torn += 1
            continue
        impulse = clicks[np.searchsorted(clicks, frame - period) :][:1]
        end = frame + int(NOTICED_S * rate_hz)
        onset = find_onset(sound, frame, end, rate_hz, before=min(period, 64))
        if onset is None or not len(impulse):
            missed += 1
            continue
        graph = max(graph, abs(int(impulse[0] - frame)))
        frames.append(int(onset - impulse[0]))
    counts = {
        "sent": len(sent) // 2,
        "heard": len(frames),
        "missed": missed,
        "left_out_torn": torn,
        "graph_frames": graph,  # what JACK itself needs from the striker to the listener
    }
    return frames, counts


def inside(whole, period, frame):
    """Whether a frame lies in one of the cycles that were left whole."""
    place = np.searchsorted(whole, frame, "right") - 1
    return place >= 0 and frame < whole[place] + period


def has_hardware(client):
    """Whether JACK's loudspeakers are those of a sound card, not the dummy driver's."""
    speakers = client.get_ports(is_audio=True, is_input=True, is_physical=True)
    names = [name for port in speakers for name in (port.name, *port.aliases)]
    return bool(names) and not any("dummy" in name.lower() for name in names)
