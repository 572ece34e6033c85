"""What bridges from ALSA to JACK call a keyboard, and what it is."""

import pytest

from synthhost.midi.bridges import JackPort


@pytest.mark.parametrize(
    ("names", "model", "card"),
    [
        (("system:midi_capture_2", "alsa_pcm:nanoKEY2/midi_capture_1"), "nanoKEY2", None),
        (("system:midi_capture_1", "alsa_pcm:in-hw-1-0-0-USB-Keystation"), "USB-Keystation", 1),
        (("a2j:nanoKEY2 [20] (capture): nanoKEY2 MIDI 1",), "nanoKEY2 MIDI 1", 1),
        (("a2j:VMPK [130] (capture): VMPK Output",), "VMPK Output", None),
        (
            (
                "Midi-Bridge:nanoKEY2 2:(capture_0) nanoKEY2 MIDI 1",
                "alsa:seq:default:client_24:capture_0",
                "nanoKEY2:nanoKEY2 MIDI 1",
            ),
            "nanoKEY2 MIDI 1",
            2,
        ),
        (("Midi-Bridge:nanoKEY2 MIDI 1 (capture)", "nanoKEY2:nanoKEY2 MIDI 1"), "nanoKEY2 MIDI 1", None),
        (("ttymidi:MIDI_in",), "MIDI_in", None),
    ],
)
def test_a_keyboard_is_called_as_its_maker_called_it(names, model, card):
    port = JackPort(names)
    assert (port.model, port.card) == (model, card)


def test_it_is_known_again_by_its_usb_identity_wherever_it_is_plugged_in(monkeypatch):
    from synthhost.midi import bridges

    monkeypatch.setattr(bridges, "usb_identity", lambda card: {1: "1234:5678 at 1-2"}.get(card, ""))
    assert JackPort(("a2j:k [20] (capture): k",)).source().home == "1234:5678 at 1-2"
    assert JackPort(("a2j:k [24] (capture): k",)).source().home == "a2j:k [24] (capture): k"
