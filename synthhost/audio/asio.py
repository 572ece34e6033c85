"""ASIO, Windows' way to a sound card without the mixer: whether to use it, and what its drivers' refusals mean.

PortAudio's beginning loads and starts every installed driver, so that one which hangs or shows a window would hang us: they
are tried in another process first. ASIO is a trademark of Steinberg Media Technologies GmbH.
"""

import contextlib
import os
import subprocess
import sys

LIMIT_S = 10.0
ASKS_FOR_ASIO = (
    "SD_ENABLE_ASIO"  # sounddevice looks whether it is there, once, when it is imported; '0' means yes too
)
SWITCH = "SYNTHHOST_NO_ASIO"  # in the environment: what --no-asio sets, known to child processes as well
TRIAL = f"import os; os.environ[{ASKS_FOR_ASIO!r}] = '1'; import sounddevice"

# What drivers answer, by the code at the end of PortAudio's message.
REFUSALS = {
    "ASIO error -1000": "its driver finds no card, or the card is in use by another program: plug it in, or close that program",
    "ASIO error -999": "its driver reports a fault of the card: unplug it and plug it in again",
    "ASIO error -998": "its driver refuses this number of channels",
    "ASIO error -997": "its driver refuses this buffer: choose another one in its control panel, or with --buffer",
    "ASIO error -995": "its clock is not there: choose the internal clock in the driver's control panel",
    "ASIO error -994": "its driver has no memory left",
    "Failed to load ASIO driver": "its driver cannot be started: is the card plugged in, and not in use by another program?",
}
trouble = None  # a sentence, when installed drivers are left aside


def drivers():
    """Names of the installed ASIO drivers, from the registry."""
    if sys.platform != "win32":
        return []
    import winreg

    names = []
    with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\ASIO") as folder:
        while True:
            names.append(winreg.EnumKey(folder, len(names)))
    return names


def enable():
    """Decide, before sounddevice is imported, whether it shall use ASIO. Sets `trouble` when drivers are left aside."""
    global trouble
    os.environ.pop(ASKS_FOR_ASIO, None)
    names = drivers()
    if not names or os.environ.get(SWITCH):
        return
    trouble = try_drivers(names)
    if trouble is None:
        os.environ[ASKS_FOR_ASIO] = "1"


def try_drivers(names, limit_s=LIMIT_S):
    """Start all installed drivers in another process. Returns None, or why they cannot be used."""
    which = (
        f"the ASIO driver {names[0]}" if len(names) == 1 else f"one of the ASIO drivers {', '.join(names)}"
    )
    command, nothing = [sys.executable, "-c", TRIAL], subprocess.DEVNULL
    try:
        trial = subprocess.run(command, stdin=nothing, stdout=nothing, stderr=nothing, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return f"{which} does not answer (tried for {limit_s:.0f} s), so ASIO is not used: unplug its card or remove the driver"
    except OSError:
        return None
    if trial.returncode in (0, 1):  # 1: Python's own complaint, which whoever imports sounddevice hears again
        return None
    return f"{which} ends the program that starts it, so ASIO is not used: remove the driver"


def absent(listed):
    """A sentence about installed drivers that are not among the devices which PortAudio lists, or None."""
    names = [name for name in drivers() if name not in listed]
    if trouble or not names or os.environ.get(SWITCH):
        return trouble
    return f"installed ASIO drivers that find no card: {', '.join(names)} (plug it in, or close the program that uses it)"


def refusal(message):
    """What a driver means by PortAudio's error message, or None."""
    return next((words for code, words in REFUSALS.items() if code in message), None)
