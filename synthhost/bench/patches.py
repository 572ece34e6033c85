"""What every factory patch costs at full polyphony: its share of the time that a driver gives for a block."""

import statistics
import time

from synthhost.bench.voices import BLOCK_FRAMES, RATE_HZ, Player
from synthhost.patch import compile_patch, list_patches, load
from synthhost.patch.folders import factory_folder

MOST_SHARE = 0.5  # of the period; the rest is the driver's, the system's and a weaker machine's
PERIOD_NS = BLOCK_FRAMES / RATE_HZ * 1e9
STRIKE_BLOCKS, TIMED_BLOCKS = 4, 24  # notes begin; then all of them sound, also those of drums


def patch_costs(image, rounds):
    """``{name: {"voices", "share", "share_max"}}`` of all factory patches; shares of a period, median and worst block."""
    folders = [factory_folder()]
    return {
        name: patch_cost(image, compile_patch(load(path, folders), image.operators), rounds)
        for name, path in list_patches(folders).items()
    }


def patch_cost(image, program, rounds):
    """Strike as many keys as the patch has voices, again in each round; time the blocks in which all of them sound."""
    player = Player(image, program, 0)
    medians, worst, voices = [], [], 0
    for _ in range(rounds):
        for number in range(program.polyphony):
            player.strike(number)
        for _ in range(STRIKE_BLOCKS):
            player.render()
        voices = max(voices, player.voices())
        blocks = [timed(player.render) for _ in range(TIMED_BLOCKS)]
        medians.append(statistics.median(blocks))
        worst.append(max(blocks))
        for number in range(program.polyphony):
            player.let_go(number)
    return {
        "voices": voices,
        "share": round(min(medians) / PERIOD_NS, 5),
        "share_max": round(min(worst) / PERIOD_NS, 5),
    }


def timed(function):
    """Processor time of one call, in nanoseconds."""
    begun = time.thread_time_ns()
    function()
    return time.thread_time_ns() - begun
