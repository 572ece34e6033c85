"""The options that say how keys are tuned: a Scala scale, a keyboard map, concert pitch."""

import click

CONCERT_PITCH_HZ = 440.0
TUNING = click.option(
    "--tuning",
    metavar="SCL[,KBM]",
    help="Tune the keys by a Scala scale (.scl), and a keyboard map (.kbm). [default: equal temperament]",
)
A4 = click.option(
    "--a4",
    type=click.FloatRange(200, 900),
    default=CONCERT_PITCH_HZ,
    show_default=True,
    metavar="HZ",
    help="Concert pitch. A keyboard map's own reference moves with it.",
)


def tuned_keys(tuning, a4_hz):
    """log2 of hertz of each key, or None where both options are as they always are. Raises ScalaError."""
    if not tuning and a4_hz == CONCERT_PITCH_HZ:
        return None
    from synthhost.formats.scala import key_octaves, read_map, read_scale

    if not tuning:
        return key_octaves(a4_hz=a4_hz)
    scale, comma, keys = tuning.partition(",")
    return key_octaves(read_scale(scale), read_map(keys) if comma else None, a4_hz)
