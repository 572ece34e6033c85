"""``synthhost devices``: what sound could come from, and keys could come in by."""

import click

from synthhost.control.options import JSON, NO_ASIO, print_json


@click.command("devices")
@JSON
@NO_ASIO
def command(as_json):
    """List sound cards, a running JACK server, and keyboards.

    \b
    Examples:
      synthhost devices
      synthhost play --device "USB Audio" --midi "Keystation"
    """
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
    click.echo("Keyboards")
    for name in facts["keyboards"]["names"]:
        click.echo(f"      {name}")
    for sentence in facts["keyboards"]["trouble"]:
        click.echo(f"      {sentence}")


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
    """Rate and buffer of a running JACK server, or why there is none."""
    from synthhost.audio.errors import AudioError
    from synthhost.audio.jack import open_client

    try:
        _, client = open_client("synthhost-look")
    except AudioError as error:
        return {"trouble": str(error)}
    facts = {"rate_hz": client.samplerate, "buffer_frames": client.blocksize}
    client.close()
    return facts


def keyboards():
    """Names of keyboards, and sentences about what is missing."""
    from synthhost.midi.ports import PortLister
    from synthhost.midi.raw import list_raw_midi

    raw = [f"{device.name}  ({device.path})" for device in list_raw_midi()]
    ports, reason = PortLister().list()
    names = raw + [port.name for port in ports]
    trouble = [reason] if reason else []
    return {"names": names, "trouble": trouble + ([] if names else ["no keyboard is plugged in"])}
