"""What the Doctor can only ask inside the window: Qt, screens, scale, where files lie, where is computed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6 import __version__
from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication, QScreen

from app.core import userlayers
from app.training.machine import MachineFact, MachineSection
from app.ui import theme
from app.ui.errors import log_file
from app.ui.training import runs

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_SETTINGS = ("QT_QPA_PLATFORM", "QT_SCALE_FACTOR", "QT_FONT_DPI", "QT_SCREEN_SCALE_FACTORS", "NETLOOM_HOME")


def sections(window: BaseWindow) -> list[MachineSection]:
    """The facts of this window; all of them are known at once."""
    return [
        MachineSection("Computing", (_device(window),)),
        MachineSection("Window", tuple(_window())),
        MachineSection("Places", tuple(_places(window))),
    ]


def _device(window: BaseWindow) -> MachineFact:
    session = window.session
    if session.device:
        return MachineFact("This drawing computes on", session.device)
    return MachineFact(
        "This drawing computes on", "not known yet: torch is still loading or cannot be loaded; see torch"
    )


def _window() -> list[MachineFact]:
    facts = [
        MachineFact("Qt", f"{qVersion()} (PySide6 {__version__})"),
        MachineFact("Platform", QGuiApplication.platformName()),
        MachineFact("Interface scale", f"{round(100 * theme.scale())} %, text {theme.base_font().pointSizeF():.1f} pt"),
        MachineFact("Theme", theme.current().title),
    ]
    for number, screen in enumerate(QGuiApplication.screens(), 1):
        facts.append(MachineFact(f"Screen {number}", _screen(screen)))
    for name in _SETTINGS:
        if os.environ.get(name):
            facts.append(MachineFact(name, f"{os.environ[name]} (set in the environment)"))
    return facts


def _screen(screen: QScreen) -> str:
    size, ratio = screen.size(), screen.devicePixelRatio()
    words = f"{round(size.width() * ratio)}×{round(size.height() * ratio)} pixels"
    words += f", scaled to {round(100 * ratio)} %" if ratio != 1 else ""
    return f"{words}, {screen.logicalDotsPerInch():.0f} dots per inch, {screen.refreshRate():.0f} pictures a second"


def _places(window: BaseWindow) -> list[MachineFact]:
    return [
        _place("Program", Path(__file__).resolve().parents[3]),
        _place("Settings", window.settings.path),
        _place("Runs", runs.home()),
        _place("Your own layers", userlayers.folder()),
        _place("Log", log_file()),
    ]


def _place(name: str, path: Path) -> MachineFact:
    return MachineFact(name, f"{path}{'' if path.exists() else ' (not there yet; made when it is needed)'}")
