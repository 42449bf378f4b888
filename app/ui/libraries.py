"""Why no window can open on this machine, asked before Qt is: where Qt misses something, it ends the process. No Qt."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

# Qt's platforms that need no display.
_WITHOUT_DISPLAY = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")
DEMO = "Everything in netloom --help works without a window; where the source is, make demo shows it."
# Debian's names follow the file names, but for these.
_IRREGULAR = {"libz.so.1": "zlib1g", "libglib-2.0.so.0": "libglib2.0-0", "libgthread-2.0.so.0": "libglib2.0-0"}
_IRREGULAR |= {
    "libGLdispatch.so.0": "libglvnd0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libbrotlidec.so.1": "libbrotli1",
}
_MISSING = re.compile(r"(lib[\w+.-]+\.so(?:\.\d+)*)(?: => not found|: cannot open shared object)")


def package_of(library: str) -> str:
    """The package of Debian and Ubuntu that holds a library: ``libxcb-cursor.so.0`` is in ``libxcb-cursor0``."""
    if library in _IRREGULAR:
        return _IRREGULAR[library]
    name, _, version = library.partition(".so")
    return name.lower() + ("-" if name[-1:].isdigit() else "") + version.lstrip(".")


def missing_sentence(libraries: Iterable[str]) -> str:
    """What is missing and what adds it."""
    libraries = sorted(set(libraries))
    packages = " ".join(dict.fromkeys(package_of(library) for library in libraries))
    return (
        f"The window cannot open, because this system lacks {', '.join(libraries)}. "
        f"On Debian and Ubuntu this adds it: sudo apt-get install {packages}. {DEMO}"
    )


def why_no_window(environment: Mapping[str, str] = os.environ) -> str | None:
    """Why no window can open here, in one sentence, or None if nothing speaks against it."""
    if not sys.platform.startswith("linux"):
        return None
    platform = environment.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    if platform in _WITHOUT_DISPLAY:
        return None
    if not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
        return f"There is no display, so no window can open. {DEMO}"
    uses_x = platform == "xcb" or (not platform and not environment.get("WAYLAND_DISPLAY"))
    if uses_x:
        missing = _missing_for_x()
        if missing:
            return missing_sentence(missing)
        if not _display_answers():
            return f"The display {environment['DISPLAY']} does not answer, so no window can open. {DEMO}"
    return None


def missing_in(text: str) -> list[str]:
    """The libraries that a message of the loader, or the output of ldd, calls missing. Qt's own are left out."""
    return [name for name in dict.fromkeys(_MISSING.findall(text)) if not name.startswith(("libQt6", "libpyside6"))]


def why_no_qt(error: ImportError) -> str:
    """The sentence for an import of Qt that failed."""
    missing = missing_in(str(error)) + _missing_in_files(("QtWidgets.abi3.so", "QtGui.abi3.so"))
    if missing:
        return missing_sentence(missing)
    return f"Qt cannot be loaded ({error}). Run make setup to repair the installation. {DEMO}"


def _pyside() -> Path | None:
    spec = importlib.util.find_spec("PySide6")
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


def _missing_for_x() -> list[str]:
    """Libraries that Qt's plugin for X lacks. Loading it costs nothing extra, because Qt does the same right after."""
    folder = _pyside()
    plugin = folder / "Qt" / "plugins" / "platforms" / "libqxcb.so" if folder is not None else None
    if plugin is None or not plugin.exists():
        return []
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return missing_in(str(error)) + _missing_in_files((str(plugin.relative_to(plugin.parents[3])),))
    return []


def _missing_in_files(names: Iterable[str]) -> list[str]:
    """All missing libraries at once, where the loader names only the first."""
    folder = _pyside()
    files = [str(folder / name) for name in names if (folder / name).exists()] if folder is not None else []
    if not files:
        return []
    import subprocess

    try:
        done = subprocess.run(["ldd", *files], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return missing_in(done.stdout)


def _display_answers() -> bool:
    """Whether the X server can be reached; True where that cannot be asked."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    answers = not xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return answers
