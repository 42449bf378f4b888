"""Finds the system libraries that Qt needs and this machine lacks; installs them (root on Debian) or names them.

Standard library only, and Qt is never imported: with a library missing, importing it is what fails.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

# What the program loads of PySide6; ldd follows everything below. Plugins are listed because no library links to them.
QT_FILES = (
    "QtCore.abi3.so",
    "QtGui.abi3.so",
    "QtWidgets.abi3.so",
    "QtSvg.abi3.so",
    "QtTest.abi3.so",
    "QtOpenGL.abi3.so",
    "Qt/plugins/platforms/libqxcb.so",
    "Qt/plugins/xcbglintegrations/libqxcb-egl-integration.so",
    "Qt/plugins/xcbglintegrations/libqxcb-glx-integration.so",
    "Qt/plugins/iconengines/libqsvgicon.so",
    "Qt/plugins/imageformats/libqjpeg.so",
    "Qt/plugins/imageformats/libqsvg.so",
)
WAYLAND_FILES = ("Qt/plugins/platforms/libqwayland.so",)

# Library -> Debian and Ubuntu package, for what ldd finds below QT_FILES and a minimal system may lack.
PACKAGES: Mapping[str, str] = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libGLdispatch.so.0": "libglvnd0",
    "libOpenGL.so.0": "libopengl0",
    "libICE.so.6": "libice6",
    "libSM.so.6": "libsm6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libXau.so.6": "libxau6",
    "libXdmcp.so.6": "libxdmcp6",
    "libXext.so.6": "libxext6",
    "libXrender.so.1": "libxrender1",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libdrm.so.2": "libdrm2",
    "libexpat.so.1": "libexpat1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libpcre2-8.so.0": "libpcre2-8-0",
    "libpng16.so.16": "libpng16-16",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xinput.so.0": "libxcb-xinput0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
FONT_PACKAGE = "fonts-dejavu-core"
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


def missing_libraries(ldd_output: str) -> set[str]:
    """The libraries that ldd could not find; those of Qt itself are left out, no system package has them."""
    names = {line.split()[0] for line in ldd_output.splitlines() if line.strip().endswith("=> not found")}
    return {name for name in names if not name.startswith(("libQt6", "libpyside6", "libshiboken6"))}


def packages_for(libraries: Iterable[str]) -> tuple[list[str], list[str]]:
    """Debian packages that hold these libraries, and the libraries whose package is not known."""
    libraries = set(libraries)
    known = sorted({PACKAGES[library] for library in libraries if library in PACKAGES})
    return known, sorted(library for library in libraries if library not in PACKAGES)


def has_fonts(folders: Iterable[str] = FONT_FOLDERS) -> bool:
    """Whether any font file is installed; without one Qt draws every letter as an empty box."""
    return any(
        path.suffix.lower() in {".ttf", ".otf", ".ttc", ".pfb"}
        for folder in folders
        for path in Path(folder).expanduser().rglob("*")
    )


def _ldd_output(files: Iterable[Path]) -> str:
    if not shutil.which("ldd"):
        return ""
    existing = [str(file) for file in files if file.exists()]
    return subprocess.run(["ldd", *existing], capture_output=True, text=True, check=False).stdout


def _qt_files() -> list[Path]:
    spec = importlib.util.find_spec("PySide6")
    if spec is None or spec.origin is None:
        return []
    names = QT_FILES + (WAYLAND_FILES if os.environ.get("WAYLAND_DISPLAY") else ())
    return [Path(spec.origin).parent / name for name in names]


def needs(*, for_tests: bool) -> tuple[list[str], list[str]]:
    """Packages that this machine lacks, and missing libraries of which we do not know the package."""
    packages, unknown = packages_for(missing_libraries(_ldd_output(_qt_files())))
    if not has_fonts():
        packages.append(FONT_PACKAGE)
    if for_tests and not shutil.which("Xvfb"):
        packages.append("xvfb")
    return packages, unknown


def _install(packages: list[str]) -> None:
    print(f"setup: installing what Qt needs from the system: {' '.join(packages)}", flush=True)
    # DEBIAN_FRONTEND: tzdata and others would otherwise wait for an answer that nobody gives.
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", *arguments], env=environment, stdin=subprocess.DEVNULL, check=False)


def advice(packages: list[str], unknown: list[str], *, has_apt: bool) -> str:
    """One sentence that says what is missing and what to type."""
    lacking = ", ".join(packages + unknown)
    sentence = f"The window cannot open yet, because this system lacks {lacking}"
    if packages == ["xvfb"] and not unknown:
        sentence = "The tests will skip real windows, because this system lacks xvfb"
    if packages and has_apt:
        return f"{sentence}; this adds it: sudo apt-get install {' '.join(packages)}"
    return f"{sentence}; please install what holds it with your system's package manager."


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0 if nothing is missing, or nothing any more; 1 if something still is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", action="store_true", help="also look for Xvfb, which the tests open windows in")
    options = parser.parse_args(arguments)
    if not sys.platform.startswith("linux"):
        return 0
    packages, unknown = needs(for_tests=options.test)
    has_apt = shutil.which("apt-get") is not None
    if packages and has_apt and os.geteuid() == 0:
        _install(packages)
        packages, unknown = needs(for_tests=options.test)
    if packages or unknown:
        print(f"setup: {advice(packages, unknown, has_apt=has_apt)}", file=sys.stderr)
    return 1 if packages or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
