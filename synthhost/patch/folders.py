"""Where patches live: the user's folder first, then the factory's."""

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent.parent


def user_folder():
    """The folder for the player's own patches; it need not exist."""
    if sys.platform == "win32":
        above = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
    elif sys.platform == "darwin":
        above = Path.home() / "Library" / "Application Support"
    else:
        above = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(above) / "synthhost" / "patches"


def factory_folder():
    """The folder of the patches that come with synthhost: inside the package, or beside it in a source tree."""
    inside = PACKAGE / "patches"
    return inside if inside.is_dir() else PACKAGE.parent / "patches"


def patch_folders():
    """The folders in the order in which they are searched."""
    return [user_folder(), factory_folder()]
