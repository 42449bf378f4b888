"""Versions of the program and its parts, asked without loading them."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication


def facts(device: str) -> list[tuple[str, str]]:
    """Name and value of what a question about a problem should say."""
    return [
        ("Netloom", _version("netloom")),
        ("torch", _version("torch")),
        ("Qt", f"{qVersion()} ({QGuiApplication.platformName()})"),
        ("Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        ("Computes on", device or "torch is still loading"),
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "from its source folder" if name == "netloom" else "not installed"
