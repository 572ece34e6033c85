"""Devices are found by loose names; what is missing is said in a sentence that ends in a remedy."""

import builtins
import os
import sys

import pytest

from synthhost.audio import jack, portaudio
from synthhost.audio.errors import AudioError
from synthhost.audio.jack import import_jack, open_client
from synthhost.audio.portaudio import choose_device, default_devices, import_sounddevice, sentence
from synthhost.audio.priority import make_realtime, priority_of


def device(number, name, api="ALSA", default=False):
    return {
        "number": number,
        "name": name,
        "api": api,
        "channels": 2,
        "rate_hz": 48_000.0,
        "latency_s": 0.01,
        "default": default,
    }


DEVICES = [
    device(0, "HDA Intel PCH: ALC257 Analog"),
    device(1, "Scarlett 2i2 USB", default=True),
    device(2, "Scarlett 2i2 USB", api="ASIO"),
    device(3, "Scarlett Solo USB"),
    device(4, "HDMI 3"),
]


def test_without_a_name_the_default_device_is_taken():
    assert choose_device(DEVICES)["number"] == 1


def windows(*apis):
    """A card as Windows lists it; MME's mapper is PortAudio's default there."""
    ways = [device(number, "Speakers", api) for number, api in enumerate(apis, 1)]
    return [{**d, "api_default": True} for d in [device(0, "Sound Mapper", "MME", True), *ways]]


def test_on_windows_no_mixer_is_taken_before_asio_and_wasapi():
    all_apis = windows("Windows DirectSound", "Windows WASAPI", "Windows WASAPI exclusive", "ASIO")
    assert [d["api"] for d in default_devices(all_apis)] == ["ASIO", "Windows WASAPI", "MME"]
    assert choose_device(all_apis)["api"] == "ASIO"
    assert choose_device(windows("Windows WASAPI"))["api"] == "Windows WASAPI"
    assert choose_device(windows("Windows DirectSound"))["api"] == "MME"


@pytest.mark.parametrize(
    "wanted, number",
    [("4", 4), ("solo", 3), ("SCARLETT SOLO", 3), ("asio: scarlett", 2), ("alc257", 0), ("hdmi 3", 4)],
)
def test_a_loose_name_is_enough(wanted, number):
    assert choose_device(DEVICES, wanted)["number"] == number


def test_a_name_that_fits_several_devices_is_asked_back():
    with pytest.raises(AudioError) as error:
        choose_device(DEVICES, "scarlett")
    assert all(words in str(error.value) for words in ("1 ALSA", "2 ASIO", "3 ALSA"))


def test_of_several_ways_to_a_device_the_most_direct_is_taken():
    name = "Speakers (Realtek High Definition Audio)"
    ways = [
        device(0, name[:31], "MME", True),
        device(1, name, "Windows DirectSound"),
        device(2, name, "Windows WASAPI"),
    ]
    assert choose_device(ways, "realtek")["number"] == 2
    assert choose_device(DEVICES, "Scarlett 2i2 USB")["number"] == 2


def test_a_name_that_fits_none_lists_what_there_is():
    with pytest.raises(AudioError, match="HDMI 3"):
        choose_device(DEVICES, "Focusrite")


def test_without_any_device_it_asks_for_a_sound_card():
    with pytest.raises(AudioError, match="is a sound card plugged in"):
        choose_device([])


def hide(monkeypatch, package, error):
    """Make the import of a package fail."""
    original = builtins.__import__

    def refuse(name, *rest, **more):
        if name == package:
            raise error
        return original(name, *rest, **more)

    monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr(builtins, "__import__", refuse)


@pytest.mark.parametrize(
    "use, package, error, remedy",
    [
        (
            import_sounddevice,
            "sounddevice",
            OSError("PortAudio library not found"),
            "apt install libportaudio2",
        ),
        (import_sounddevice, "sounddevice", ImportError("no"), "pip install sounddevice"),
        (import_jack, "jack", OSError("JACK library not found"), "apt install libjack-jackd2-0"),
        (import_jack, "jack", ImportError("no"), "pip install JACK-Client"),
    ],
)
def test_a_missing_library_is_named_with_its_remedy(monkeypatch, use, package, error, remedy):
    hide(monkeypatch, package, error)
    with pytest.raises(AudioError) as raised:
        use()
    assert remedy in str(raised.value)


@pytest.mark.jack
def test_without_a_server_it_says_how_to_start_one():
    with pytest.raises(AudioError, match="no JACK server runs"):
        open_client("nobody", "synthhost-test-no-such-server")


@pytest.mark.parametrize(
    "code, words", [("-9985", "in use"), ("-9997", "--rate 48000"), ("-9998", "two output channels")]
)
def test_an_error_of_portaudio_becomes_a_sentence(code, words):
    text = sentence(Exception(f"Error opening OutputStream [PaErrorCode {code}]"), DEVICES[0], 44_100)
    assert words in text and "ALC257" in text


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="no scheduling classes here")
def test_a_refused_priority_is_said_and_nothing_breaks(monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    text = make_realtime(0)
    assert text.startswith("normal") and "doctor" in text


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="no scheduling classes here")
def test_a_priority_is_reported_as_it_is():
    assert priority_of(0) == "normal"
    assert priority_of(2**22 + 1) == "unknown"


def test_the_modules_say_where_the_libraries_come_from():
    assert "apt install" in portaudio.LIBRARY_ADVICE and "apt install" in jack.LIBRARY_ADVICE
