"""Sound cards are opened on one thread, and nobody waits for a driver that hangs."""

import threading

import pytest

from synthhost.audio.control_thread import ControlThread
from synthhost.audio.errors import AudioError


def test_everything_runs_on_one_thread_and_calls_may_nest():
    control = ControlThread()
    first = control.call(threading.get_ident)
    assert first != threading.get_ident()
    assert control.call(lambda: control.call(threading.get_ident)) == first


def test_what_is_raised_there_is_raised_here():
    with pytest.raises(ZeroDivisionError):
        ControlThread().call(lambda: 1 / 0)


def test_a_driver_that_hangs_gives_a_sentence_and_may_come_back():
    control, release = ControlThread(), threading.Event()
    with pytest.raises(AudioError, match="did not answer"):
        control.call(release.wait, 5.0, limit_s=0.05)
    with pytest.raises(AudioError, match="still does not answer"):
        control.call(int)
    release.set()
    control._stuck.wait(1.0)
    assert control.call(int) == 0
