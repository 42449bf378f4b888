"""Why no window can open, said before Qt ends the process."""

from __future__ import annotations

import pytest

from app.ui import libraries
from tools.system_packages import PACKAGES


def test_packages_are_named_as_debian_names_them() -> None:
    """Fails if a student is told to install a package that does not exist."""
    wrong = {library: libraries.package_of(library) for library in PACKAGES}
    assert wrong == dict(PACKAGES)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "no display"),
        ({"QT_QPA_PLATFORM": "xcb"}, "no display"),
        ({"QT_QPA_PLATFORM": "offscreen"}, None),
        ({"QT_QPA_PLATFORM": "minimal:size=1x1"}, None),
    ],
)
def test_without_a_display(environment: dict[str, str], words: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a server without display gets Qt's abort in place of a sentence that names make demo."""
    monkeypatch.setattr(libraries.sys, "platform", "linux")
    reason = libraries.why_no_window(environment)
    if words is None:
        assert reason is None
    else:
        assert reason is not None
        assert words in reason
        assert "make demo" in reason


def test_other_systems_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if macOS or Windows, which have no DISPLAY, are refused."""
    monkeypatch.setattr(libraries.sys, "platform", "darwin")
    assert libraries.why_no_window({}) is None


def test_a_missing_library_is_named_with_its_package() -> None:
    """Fails if the sentence names the file but not what to install, or the reverse."""
    error = ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")
    reason = libraries.why_no_qt(error)
    assert "libEGL.so.1" in reason
    assert "apt-get install libegl1" in reason


def test_what_ldd_calls_missing() -> None:
    """Fails if Qt's own libraries, which no system package holds, are asked for."""
    text = "\tlibxcb-cursor.so.0 => not found\n\tlibQt6Core.so.6 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n"
    assert libraries.missing_in(text) == ["libxcb-cursor.so.0"]
    sentence = libraries.missing_sentence(["libxcb-cursor.so.0", "libX11.so.6"])
    assert "sudo apt-get install libx11-6 libxcb-cursor0" in sentence


@pytest.mark.real_window
def test_a_display_that_is_gone_is_noticed(display: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a DISPLAY left over from a closed session ends in Qt's abort."""
    assert libraries.why_no_window({"DISPLAY": str(display)}) is None
    monkeypatch.setenv("DISPLAY", ":4711")
    reason = libraries.why_no_window({"DISPLAY": ":4711"})
    assert reason is not None
    assert ":4711 does not answer" in reason
