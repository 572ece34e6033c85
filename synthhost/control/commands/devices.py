"""``synthhost devices``: what sound could come from, and keys could come in by."""

import click

from synthhost.control.options import AUDIO, DEVICE, JSON, NO_ASIO, SPEAKERS, print_json

VOLUME_DB = -12.0


@click.command("devices")
@click.option("--test", is_flag=True, help="Play a tone on the left, then on the right.")
@AUDIO
@DEVICE
@click.option("--out", type=SPEAKERS, metavar="3-4|mono", help="Channels to test. [default: 1-2]")
@JSON
@NO_ASIO
@click.pass_context
def command(context, test, audio, device, out, as_json):
    """List sound cards, a running JACK server, and keyboards; or let one be heard.

    \b
    Examples:
      synthhost devices
      synthhost devices --test --device "USB Audio"
      synthhost play --device "USB Audio" --midi "Keystation"
    """
    if test:
        listen(audio, device, out)
        return
    given = [name for name in ("device", "out") if context.params[name] is not None]
    if given or audio != "auto":
        raise click.UsageError(f"--{(given or ['audio'])[0]} goes with --test only")
    facts = {"outputs": outputs(), "jack": jack_server(), "keyboards": keyboards()}
    if as_json:
        print_json(facts)
        return
    from synthhost.audio.host_apis import cost

    click.echo("Sound out")
    devices, trouble = facts["outputs"]["devices"], facts["outputs"]["trouble"]
    for device in devices:
        star = "*" if device["default"] else " "
        click.echo(
            f" {star}{device['number']:3}  {device['api']}: {device['name']}  "
            f"({device['channels']} channels, {device['rate_hz']:.0f} Hz)"
            + (f": {cost(device['api'])}" if cost(device["api"]) else "")
        )
    if not devices:
        click.echo(f"      none: {trouble or 'PortAudio finds no output device'}")
    if facts["outputs"]["absent"]:
        click.echo(f"      {facts['outputs']['absent']}")
    jack = facts["jack"]
    click.echo("JACK")
    click.echo(
        f"      {jack['rate_hz']} Hz, {jack['buffer_frames']} frames"
        if "rate_hz" in jack
        else f"      {jack['trouble']}"
    )
    for sentence in [f"keyboard {name}" for name in jack.get("keyboards", [])] + jack.get("left_out", []):
        click.echo(f"      {sentence}")
    click.echo("Keyboards")
    for name in facts["keyboards"]["names"]:
        click.echo(f"      {name}")
    for sentence in facts["keyboards"]["left_out"] + facts["keyboards"]["trouble"]:
        click.echo(f"      {sentence}")


def listen(audio, device, out):
    """Play left, then right, on a device."""
    from synthhost.audio.speakers import Speakers, parse_speakers
    from synthhost.control.cli import load_image
    from synthhost.control.speaker_test import test_speakers
    from synthhost.host import Host

    host = Host(load_image(), tell=click.echo)
    try:
        host.open(
            audio,
            device,
            volume_db=VOLUME_DB,
            speakers=lambda name: parse_speakers(out) if out else Speakers(),
        )
        click.echo(f"Output {host.output.describe()}")
        test_speakers(host, click.echo)
    finally:
        host.close()
    click.echo("Heard nothing? Look at the mixer (alsamixer), the cable, and 'synthhost doctor'.")


def outputs():
    """Sound cards, or why they cannot be listed."""
    from synthhost.audio import asio
    from synthhost.audio.errors import AudioError
    from synthhost.audio.portaudio import list_devices

    try:
        devices = list_devices()
    except AudioError as error:
        return {"devices": [], "trouble": str(error), "absent": None}
    return {"devices": devices, "trouble": None, "absent": asio.absent([d["name"] for d in devices])}


def jack_server():
    """Rate, buffer and keyboards of a running JACK server, or why there is none."""
    from synthhost.audio.errors import AudioError
    from synthhost.audio.jack import open_client
    from synthhost.audio.jack_keyboards import list_keyboards
    from synthhost.midi.recognise import recognise

    try:
        _, client = open_client("synthhost-look")
    except AudioError as error:
        return {"trouble": str(error)}
    found, left_out = list_keyboards(client)
    facts = {
        "rate_hz": client.samplerate,
        "buffer_frames": client.blocksize,
        "keyboards": [f"{source.name}  ({source.where})" for source in recognise(found, {}, [])],
        "left_out": [f"{name}: left out, it {why}" for name, why in left_out.items()],
    }
    client.close()
    return facts


def keyboards():
    """Names of keyboards, and sentences about what is left out or missing."""
    from synthhost.midi.kinds import why_left_out
    from synthhost.midi.ports import PortLister
    from synthhost.midi.raw import list_raw_midi
    from synthhost.midi.recognise import heard_once, list_sources, recognise

    ports, reason = PortLister().list()
    found = heard_once(recognise(list_sources([], list_raw_midi(), ports), {}, []))
    names = [f"{s.name}  ({s.where})" for s in found if not why_left_out(s.name)]
    left_out = [f"{s.name}: left out, it {why}" for s in found if (why := why_left_out(s.name))]
    missing = ([reason] if reason else []) + ([] if names else ["no keyboard is plugged in"])
    return {"names": names, "left_out": left_out, "trouble": missing}
