"""Keys arrive, but nothing is heard: why, in one sentence.

A reason has to last a moment before it is told: a player may strike a key with the volume pedal up, and swell it.
"""

import time

from synthhost.events.event import ALL, NOTE_ON
from synthhost.units import db_from_gain, note_name

LASTS_S = 0.6
QUIET_DB = -80.0
HOST_PORT = 15


class Unheard:
    """Watches the keys that arrive at a host, and knows why one cannot be heard. Each reason is told once."""

    def __init__(self, host):
        self._host = host
        self._told = set()
        self._waiting = None  # (when it was struck, the event) of the first key that nobody answered yet
        self._loudest = 0.0

    def look(self, events, peak):
        """Take what arrived since the last look, and the peak level since then. Returns a sentence, or None."""
        now = time.monotonic()
        for event in events:
            if event.kind == NOTE_ON and event.value > 0.0 and self._waiting is None:
                self._waiting, self._loudest = (now, event), 0.0
        if self._waiting is None:
            return None
        self._loudest = max(self._loudest, peak)
        since, event = self._waiting
        if now - since < LASTS_S:
            return None
        self._waiting = None
        reason = self.reason(event) or self._no_sound(event)
        if reason is None or reason in self._told:
            return None
        self._told.add(reason)
        return reason

    def reason(self, event):
        """Why a key cannot be heard, as a sentence with a remedy, or None."""
        host = self._host
        port, channel = int(event.port) & 15, int(event.channel) & 15
        state = host.engine.record.channels[port * 16 + channel]
        where = f"channel {channel + 1}" + ("" if port == HOST_PORT else f" of {host.port_name(port)}")
        listened = host.listened_channel
        if listened != ALL and channel != listened:
            return f"Keys arrive on {where}, but --channel {listened + 1} listens to channel {listened + 1} only."
        if state.program < 0:
            return f"Keys arrive on {where}, but no patch plays there."
        for controller, name in ((7, "volume"), (11, "expression")):
            if state.control[controller] <= 0.0:
                return (
                    f"Keys arrive on {where}, but its {name} (controller {controller}) stands at 0: "
                    "move that slider or pedal."
                )
        if host.volume_db < QUIET_DB:
            return f"Keys arrive, but the volume is at {host.volume_db:.0f} dB: '+' or --volume -12 makes it louder."
        if db_from_gain(float(host.engine.record.volume_target)) < QUIET_DB:
            return "Keys arrive, but a keyboard has set the master volume to 0: set it there."
        if host.output.kind == "virtual":
            return "Keys arrive, but the virtual device plays, which nobody hears: 'synthhost doctor' says what is missing."
        if "NOT CONNECTED" in host.output.describe():
            return "Keys arrive, but JACK has not connected us to a loudspeaker: connect out_left and out_right (qjackctl)."
        return None

    def _no_sound(self, event):
        """The last thing it can be: the patch itself has nothing for this key."""
        if db_from_gain(self._loudest) > QUIET_DB:
            return None
        return (
            f"{note_name(int(event.key))} arrived, but {self._host.patch_name} gives no sound "
            f"for it at velocity {round(float(event.value) * 127)}."
        )
