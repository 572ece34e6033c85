"""Choose where the sound goes: JACK if a server runs, else a sound card, else the virtual device."""

from typing import Protocol

from synthhost.audio import asio
from synthhost.audio.errors import AudioError
from synthhost.audio.jack import JackOutput, open_client
from synthhost.audio.portaudio import PortAudioOutput, choose_device, default_devices, list_devices
from synthhost.audio.speakers import first_pair
from synthhost.audio.virtual import VirtualOutput

BUFFERS = (
    64,
    128,
    256,
    512,
    1024,
)  # tried in this order; never the driver's own default, which may be its largest
VIRTUAL_RATE_HZ = 48_000.0
KINDS = ("auto", "jack", "portaudio", "virtual")


class Output(Protocol):
    """What every way out offers: it calls the engine's callback once a period from a thread of its own."""

    kind: str
    name: str
    buffer_frames: int
    priority: str  # what the audio thread really got

    @property
    def output_s(self) -> float:
        """Time from our buffer to the converter, as the driver reports it."""

    def start(self) -> None:
        """Begin to play."""

    def alive(self) -> bool:
        """Whether the device or server is still there."""

    def describe(self) -> str:
        """For people, in a line."""

    def close(self) -> None:
        """Stop, give the device back."""


def open_output(
    make_engine,
    audio="auto",
    device=None,
    rate_hz=None,
    buffer_frames=None,
    tell=print,
    connect=True,
    speakers=first_pair,
):
    """Open an output and the engine that plays through it; nothing sounds before ``output.start()``.

    Parameters
    ----------
    make_engine : called as ``make_engine(rate_hz, buffer_frames)`` once both are known
    audio : ``auto``, ``jack``, ``portaudio`` or ``virtual``
    device : words of a PortAudio device's name, or its number
    rate_hz, buffer_frames : what is wanted; None takes the device's rate and 64 frames, else 128
    tell : called with a sentence when something is not as it was asked for
    speakers : called with the name of the device, says which of its channels are played on

    Returns (engine, output). Raises AudioError when what was asked for by name cannot be had.
    """
    if audio == "auto" and device is not None:
        audio = "portaudio"
    if audio == "jack":
        return open_jack(make_engine, rate_hz, buffer_frames, tell, connect, speakers)
    if audio == "portaudio":
        return open_portaudio(make_engine, device, rate_hz, buffer_frames, tell, speakers)
    if audio == "virtual":
        return open_virtual(make_engine, rate_hz, buffer_frames, speakers)
    reasons = []
    for attempt in (
        lambda: open_jack(make_engine, rate_hz, buffer_frames, tell, connect, speakers),
        lambda: open_portaudio(make_engine, None, rate_hz, buffer_frames, tell, speakers),
    ):
        try:
            return attempt()
        except AudioError as error:
            reasons.append(str(error))
    tell("No sound card was found: " + "; ".join(reason.rstrip("?.") for reason in reasons) + ".")
    return open_virtual(make_engine, rate_hz, buffer_frames, speakers)


def open_jack(make_engine, rate_hz, buffer_frames, tell, connect, speakers):
    """A JACK client; rate and buffer are the server's."""
    jack, client = open_client()
    if rate_hz and rate_hz != client.samplerate:
        tell(f"JACK runs at {client.samplerate} Hz; --rate {rate_hz:.0f} is not used.")
    if buffer_frames and buffer_frames != client.blocksize:
        tell(
            f"JACK's buffer is {client.blocksize} frames; --buffer {buffer_frames} is not used (set it at the server)."
        )
    engine = make_engine(float(client.samplerate), client.blocksize)
    return engine, JackOutput(engine, jack, client, connect)


def open_portaudio(make_engine, wanted, rate_hz, buffer_frames, tell, speakers):
    """A sound card: the wanted rate or the device's own, the wanted buffer or the smallest that opens."""
    devices = list_devices()
    if asio.trouble:
        tell(f"{asio.trouble}.")
    try:
        chosen = choose_device(devices, wanted)
    except AudioError as error:
        absent = asio.absent([device["name"] for device in devices])
        raise AudioError(f"{error} {absent}." if absent else str(error)) from None
    troubles: list[AudioError] = []
    for device in [chosen] if wanted is not None else default_devices(devices):
        pair = speakers(f"{device['api']}: {device['name']}")
        rates = [rate for rate in (rate_hz, device["rate_hz"]) if rate] or [VIRTUAL_RATE_HZ]
        for rate in dict.fromkeys(rates):
            for size in [buffer_frames] if buffer_frames else BUFFERS:
                engine = make_engine(float(rate), size)
                try:
                    output = PortAudioOutput(engine, device, size, speakers=pair)
                except AudioError as error:
                    troubles.append(error)
                    continue
                if rate_hz and rate != rate_hz:
                    tell(f"{troubles[0]}; it plays at {rate:.0f} Hz instead.")
                elif device is not chosen:
                    tell(f"{troubles[0]}; {device['api']}: {device['name']} plays instead.")
                return engine, output
    raise troubles[0]


def open_virtual(make_engine, rate_hz, buffer_frames, speakers):
    """The virtual device."""
    size = buffer_frames or BUFFERS[0]
    engine = make_engine(float(rate_hz or VIRTUAL_RATE_HZ), size)
    speakers("virtual device").aim(engine)
    return engine, VirtualOutput(engine, size)
