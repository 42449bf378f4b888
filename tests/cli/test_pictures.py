"""``export --to svg|png|pdf``: pictures without a display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.main import run
from app.cli.pictures import THEMES, paint_with

ROOT = Path(__file__).parents[2]


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program as it is called where there is no display at all."""
    bare = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return subprocess.run(
        [sys.executable, "main.py", *arguments], cwd=ROOT, env=bare, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(("form", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_pictures_are_made_without_a_display(tmp_path: Path, form: str, start: bytes) -> None:
    """Fails if a picture needs a window, or the file is something else."""
    out = tmp_path / f"net.{form}"
    done = program("export", "lenet_digits", "--to", form, "-o", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    assert out.read_bytes().startswith(start)
    assert "LeNet-5" in done.stdout
    if form == "svg":
        assert "conv1" in out.read_text()


def test_scale_theme_and_ground_are_followed(tmp_path: Path) -> None:
    """Fails if an option is read and forgotten."""
    out = tmp_path / "a.svg"
    assert program("export", "perceptron", "--to", "svg", "--theme", "dark", "-o", str(out)).returncode == 0
    dark = out.read_text()
    assert program("export", "perceptron", "--to", "svg", "--transparent", "-o", str(out)).returncode == 0
    assert out.read_text() != dark
    assert "<rect" not in out.read_text().split("<text")[0]
    small, large = tmp_path / "s.png", tmp_path / "l.png"
    assert program("export", "perceptron", "--to", "png", "--scale", "0.5", "-o", str(small)).returncode == 0
    assert program("export", "perceptron", "--to", "png", "--scale", "3", "-o", str(large)).returncode == 0
    width = [int.from_bytes(file.read_bytes()[16:20]) for file in (small, large)]
    assert width[1] == pytest.approx(6 * width[0], abs=6)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--to", "gif"], 2, "svg, pdf, png"),
        (["--to", "svg", "--scale", "3"], 2, "--scale is for png"),
        (["--to", "png", "--scale", "0"], 2, "0.01 to 20"),
        (["--to", "png", "--theme", "blue"], 2, "light, dark, high_contrast"),
    ],
)
def test_wrong_wishes_get_a_sentence(
    tmp_path: Path, arguments: list[str], status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fails with a traceback, or a file that nobody asked for."""
    out = tmp_path / "x"
    assert run(["export", "lenet_digits", *arguments, "-o", str(out)]) == status
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_a_picture_that_is_too_large_gets_a_sentence(tmp_path: Path) -> None:
    """Fails with a traceback, or a file that nobody asked for."""
    out = tmp_path / "x"
    done = program("export", "lenet_digits", "--to", "png", "--scale", "19", "-o", str(out))
    assert done.returncode == 1
    assert "too many to be painted" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_without_the_window_package_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a machine without Qt gets a traceback."""

    def missing() -> None:
        raise ImportError("This system lacks libEGL.so.1.")

    paint_with(missing)  # type: ignore[arg-type]
    try:
        assert run(["export", "lenet_digits", "--to", "svg", "-o", str(tmp_path / "x.svg")]) == 1
    finally:
        paint_with(None)
    assert "libEGL" in capsys.readouterr().err


def test_the_themes_are_those_of_the_window() -> None:
    """Fails if the command line offers a theme that does not exist, or hides one."""
    from app.ui.theme import NAMES

    assert set(THEMES) == set(NAMES)
