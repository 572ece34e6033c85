"""Give the signals of a program their tiles: few, as each is used again after its last reader.

A row's output is never one of its own inputs.
"""

SILENCE = 0


def assign_tiles(rows):
    """Number the tiles.

    `rows` lists ``(output, inputs)`` in running order, where a signal is named by the row that makes it (0 is silence,
    the first row makes 1). Returns the same list with tiles instead of signals.
    """
    last = {}
    for number, (_, inputs) in enumerate(rows):
        for signal in inputs:
            last[signal] = number
    tiles, free, most, numbered = {SILENCE: SILENCE}, [], 0, []
    for number, (output, inputs) in enumerate(rows):
        if free:
            tile = free.pop()
        else:
            most += 1
            tile = most
        numbered.append((tile, [tiles[signal] for signal in inputs]))
        tiles[output] = tile
        ended = {signal for signal in inputs if signal and last[signal] == number}
        if output not in last:
            ended.add(output)
        free += sorted((tiles[signal] for signal in ended), reverse=True)
    return numbered
