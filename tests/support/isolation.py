"""Keeps a test run away from the settings, files and display of whoever runs it."""

from __future__ import annotations

import os
from pathlib import Path

# Inherited from a desktop, each of these changes what Qt shows, how a number is written or what is run.
_UNWANTED = (
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XDG_SESSION_TYPE",
    "XDG_CURRENT_DESKTOP",
    "QT_STYLE_OVERRIDE",
    "QT_QPA_PLATFORMTHEME",
    "QT_SCALE_FACTOR",
    "QT_SCREEN_SCALE_FACTORS",
    "QT_AUTO_SCREEN_SCALE_FACTOR",
    "QT_FONT_DPI",
    "FORCE_COLOR",
    "NETLOOM_TRUST_LAYERS",
)


def isolate_user(folder: Path) -> None:
    """Gives this process, and every one it starts, an empty home below ``folder`` and no display.

    Has to run before Qt, platformdirs or the program is imported: each of them reads its places only once.
    """
    for name in _UNWANTED:
        os.environ.pop(name, None)
    places = {
        "HOME": folder / "home",
        "USERPROFILE": folder / "home",
        "XDG_CONFIG_HOME": folder / "config",
        "XDG_DATA_HOME": folder / "data",
        "XDG_CACHE_HOME": folder / "cache",
        "XDG_STATE_HOME": folder / "state",
        "XDG_RUNTIME_DIR": folder / "runtime",
        "NETLOOM_HOME": folder / "netloom",
    }
    for name, place in places.items():
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[name] = str(place)
    os.environ.update(
        # Overwritten by the `display` fixture as soon as a test asks for a window.
        QT_QPA_PLATFORM="offscreen",
        # Without an address libdbus would start a bus of its own and leave it running.
        DBUS_SESSION_BUS_ADDRESS="disabled:",
        LC_ALL="C.UTF-8",
        NO_COLOR="1",
    )
