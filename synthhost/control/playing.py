"""The control thread of `synthhost play`: it looks after the host until it is told to stop."""

import signal
import time

from synthhost.control.printing import print_event

STATUS_S = 1.0


class Stop:
    """Set by Ctrl-C and by the system's wish to end us.

    A plain flag: a `threading.Event` that is set by a signal while the same thread waits for it can lock up for good.
    """

    def __init__(self):
        self.wanted = False
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._set)

    def _set(self, *_):
        self.wanted = True


def run(host, stop, seconds, json_status, session, desk, audition=None):
    """The control thread: look after the host until it is told to stop."""
    begun = last = time.monotonic()
    told = ""
    while not stop.wanted:
        desk.wait()
        host.tick()
        desk.draw()
        if audition is not None:
            audition.feed()
        if session is not None:
            if not session.trouble:
                session.write()
            if session.trouble != told:
                told = session.trouble
                host.tell(told)
        now = time.monotonic()
        if json_status and now - last >= STATUS_S:
            last = now
            print_event("status", host.report())
        if seconds is not None and now - begun >= seconds:
            return


def ending(report):
    """One line of what was counted."""
    trouble = [
        f"{report[name]} {words}"
        for name, words in (
            ("late_blocks", "late blocks"),
            ("lost_blocks", "blocks lost by the machine"),
            ("events_dropped", "events dropped"),
            ("dropped_notes", "notes dropped"),
            ("stolen", "voices stolen"),
            ("broken", "voices silenced (not finite)"),
            ("log_dropped", "events missing in the session"),
        )
        if report[name]
    ]
    return f"\n{report['notes']} notes in {report['blocks']} blocks; {', '.join(trouble) or 'no trouble'}."
