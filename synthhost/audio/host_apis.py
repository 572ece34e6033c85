"""The ways to a sound card that PortAudio knows, and what each costs; from its source and the systems' manuals."""

COSTS = (
    ("ASIO", "straight to the card: what its driver's buffer says"),
    ("WDM-KS", "straight to the card, alone; few drivers do it well"),
    ("WASAPI exclusive", "straight to the card, alone with it: its period, mostly 3 ms, twice"),
    ("WASAPI", "through the Windows mixer: at least its 10 ms period on top"),
    ("DirectSound", "through the Windows mixer: the 100 ms class, not for playing"),
    ("MME", "through the Windows mixer: the 100 ms class, not for playing"),
)


def cost(api):
    """What a host API costs, in words; nothing to say of those of other systems."""
    return next((words for name, words in COSTS if name in api), "")
