"""Naming the system packages that Qt lacks, from what ldd prints on a machine without them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import system_packages

LDD = """\
/somewhere/PySide6/Qt/plugins/platforms/libqxcb.so:
\tlinux-vdso.so.1 (0x00007ffd2b5f3000)
\tlibQt6XcbQpa.so.6 => /somewhere/PySide6/Qt/lib/libQt6XcbQpa.so.6 (0x00007f1)
\tlibxcb-cursor.so.0 => not found
\tlibxcb-icccm.so.4 => not found
\tlibxcb.so.1 => /lib/x86_64-linux-gnu/libxcb.so.1 (0x00007f2)
\tlibQt6WebEngineCore.so.6 => not found
/somewhere/PySide6/QtGui.abi3.so:
\tlibEGL.so.1 => not found
\tlibxcb-cursor.so.0 => not found
\tlibunheardof.so.3 => not found
"""


def test_missing_libraries_of_the_system_are_found_once_each() -> None:
    assert system_packages.missing_libraries(LDD) == {
        "libxcb-cursor.so.0",
        "libxcb-icccm.so.4",
        "libEGL.so.1",
        "libunheardof.so.3",
    }


def test_nothing_is_missing_when_ldd_finds_everything() -> None:
    assert system_packages.missing_libraries("\tlibxcb.so.1 => /lib/libxcb.so.1 (0x00007f2)\n") == set()


def test_libraries_become_packages_and_strangers_stay_named() -> None:
    packages, unknown = system_packages.packages_for(system_packages.missing_libraries(LDD))
    assert packages == ["libegl1", "libxcb-cursor0", "libxcb-icccm4"]
    assert unknown == ["libunheardof.so.3"]


def test_two_libraries_of_one_package_name_it_once() -> None:
    assert system_packages.packages_for({"libglib-2.0.so.0", "libgthread-2.0.so.0"}) == (["libglib2.0-0"], [])


def test_advice_is_a_command_to_type() -> None:
    text = system_packages.advice(["libegl1", "libxcb-cursor0"], [], has_apt=True)
    assert text.endswith("sudo apt-get install libegl1 libxcb-cursor0")


def test_advice_without_apt_names_what_is_missing() -> None:
    text = system_packages.advice(["libegl1"], ["libunheardof.so.3"], has_apt=False)
    assert "libegl1, libunheardof.so.3" in text
    assert "apt-get" not in text


def test_a_system_without_fonts_is_noticed(tmp_path: Path) -> None:
    assert not system_packages.has_fonts([str(tmp_path), str(tmp_path / "absent")])
    font = tmp_path / "truetype" / "DejaVuSans.ttf"
    font.parent.mkdir()
    font.touch()
    assert system_packages.has_fonts([str(tmp_path)])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about Linux system libraries")
class TestWithFakeSystem:
    """The whole program with an ldd and an apt-get of our own in front, in a process of its own."""

    @staticmethod
    def run(folder: Path, *, apt_works: bool) -> tuple[int, str, str]:
        installed = folder / "installed"
        answer = f"touch {installed}" if apt_works else "exit 100"
        commands = {
            "ldd": f"[ -e {installed} ] || printf '\\tlibxcb-cursor.so.0 => not found\\n'",
            "apt-get": f'echo "$@" >>{folder}/asked; case "$*" in install*) {answer};; esac',
            "Xvfb": "exit 0",
        }
        for name, body in commands.items():
            (folder / name).write_text(f"#!/bin/sh\n{body}\n")
            (folder / name).chmod(0o755)
        # The user is root here whoever runs the test: apt-get is the fake one.
        code = (
            "import os, sys; os.geteuid = lambda: 0; from tools import system_packages as s; "
            "s.has_fonts = lambda: True; sys.exit(s.main(['--test']))"
        )
        result = subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[2],
            env={"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        asked = (folder / "asked").read_text() if (folder / "asked").exists() else ""
        return result.returncode, asked, result.stderr

    def test_root_gets_the_package_installed(self, tmp_path: Path) -> None:
        status, asked, errors = self.run(tmp_path, apt_works=True)
        assert (status, errors) == (0, "")
        assert "update" in asked
        assert "libxcb-cursor0" in asked

    def test_a_failing_installation_ends_in_the_sentence(self, tmp_path: Path) -> None:
        status, _, errors = self.run(tmp_path, apt_works=False)
        assert status == 1
        assert "sudo apt-get install libxcb-cursor0" in errors
        assert "Traceback" not in errors
