"""The rows of a program in the making: each module, and before it the sums that it listens to."""

from synthhost.dsp.controls import MACROS
from synthhost.patch import graph, settings
from synthhost.patch.effects import add_effects, add_feed, add_steers
from synthhost.patch.macros import address_of
from synthhost.patch.tiles import SILENCE
from synthhost.realtime.operator import AUDIO, OPERATORS

MIX_INPUTS = 4
MIX_OF_RATE = {True: "mix", False: "control_mix"}  # is it audio?


class Builder:
    """Rows, values and settings of a program in the making."""

    def __init__(self):
        self.rows = []  # (operator, signals in, first row of state, first value)
        self.values, self.ramps = [], []
        self.settings = {}  # address -> (Setting, index into values)
        self.state = 0

    def value(self, setting):
        """Add the number behind a setting."""
        self.settings[setting.address] = setting, len(self.values)
        self.values.append(setting.encode(setting.value))
        self.ramps.append(setting.ramps)

    def constant(self, number):
        """Add a number that nothing can set."""
        self.values.append(number)
        self.ramps.append(True)

    def row(self, operator, inputs, values):
        """Add a row, its state after those before it; the signal that it makes."""
        self.rows.append((operator, inputs, self.state, values))
        self.state += len(operator.state)
        return len(self.rows)

    def mix(self, audio, base, sources):
        """Add up signals and a base in rows of four; the signal of the sum.

        `base` is a Setting or a plain number, `sources` lists ``(signal, Setting)``.
        """
        operator = OPERATORS[MIX_OF_RATE[audio]]
        total, rest = None, list(sources)
        while total is None or rest:
            room = MIX_INPUTS - (total is not None)
            taken, rest = rest[:room], rest[room:]
            first = len(self.values)
            inputs = [signal for signal, _ in taken]
            gains = [gain for _, gain in taken]
            if total is not None:
                inputs, gains, base = [total, *inputs], [1.0, *gains], 0.0
            for gain in (*gains, *[0.0] * (MIX_INPUTS - len(gains)), base):
                self.constant(gain) if isinstance(gain, float) else self.value(gain)
            total = self.row(operator, inputs, first)
        return total


def build(patch):
    """Lay out a patch: the Builder with its rows, and what `add_effects`, `add_feed` and `add_steers` return."""
    builder, wires, made = Builder(), graph.wires(patch), {}
    for module in graph.order(patch, wires):
        made[module.name] = add_module(builder, module, wires, made)
    return builder, add_effects(builder, patch), add_feed(builder, patch), add_steers(builder, patch)


def add_module(builder, module, wires, made):
    """Add the sums that a module listens to, then its own row; the signal that it makes."""
    operator = OPERATORS[module.op]
    inputs = [add_input(builder, module, operator, item, wires, made) for item in operator.inputs]
    first = len(builder.values)
    for parameter in operator.parameters:
        written = module.written.get(parameter.name)
        address = address_of(module.name) if module.name in MACROS else f"{module.name}.{parameter.name}"
        builder.value(settings.of_parameter(address, parameter, written.value if written else None))
    return builder.row(operator, inputs, first)


def add_input(builder, module, operator, target, wires, made):
    """Add what comes into one input: nothing, one signal as it is, or a sum; its signal."""
    written, audio = module.written.get(target.name), target.rate == AUDIO
    sources = [
        (made[source], gain, plain) for source, gain, plain in wires.get((module.name, target.name), ())
    ]
    gains = [(signal, gain) for signal, gain, _ in sources]
    if written and isinstance(written.value, tuple):  # a sum, which takes the place of the default
        alone = audio and len(sources) == 1 and sources[0][2]
        return sources[0][0] if alone else builder.mix(audio, 0.0, gains)
    base = settings.of_input(f"{module.name}.{target.name}", target, written.value if written else None)
    silent = not written and not sources and base.encode(base.value) == 0.0
    if silent and (audio or operator.kind != "output"):  # pan and level of the output can always be set
        return SILENCE
    return builder.mix(audio, base, gains)
