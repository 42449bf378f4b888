"""``inspect`` writes by the ending of the name: a picture, lines that stay sharp, or numbers."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from app.cli.main import run

Capture = pytest.CaptureFixture[str]


def test_lines_are_written_as_svg(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a name that ends in .svg gets a PNG file, or a broken one."""
    out = tmp_path / "w.svg"
    assert run(["inspect", "lenet_digits", "--view", "histogram", "--node", "conv1", "-o", str(out)]) == 0
    assert "as SVG" in capsys.readouterr().out
    assert ElementTree.fromstring(out.read_bytes()).tag.endswith("svg")


def test_maps_alone_are_no_svg(tmp_path: Path, capsys: Capture) -> None:
    """Fails if pixels are put into a file that pretends to be sharp, or an empty file is left behind."""
    out = tmp_path / "w.svg"
    assert run(["inspect", "lenet_digits", "--view", "filters", "--node", "conv1", "-o", str(out)]) == 1
    assert "Save it as .png or .npz" in capsys.readouterr().err
    assert not out.exists()


def test_a_view_of_a_layer_says_how_to_name_it(tmp_path: Path, capsys: Capture) -> None:
    """Fails if the sentence does not say what to write behind the command, or what it says does not work."""
    out = tmp_path / "n.svg"
    command = ["inspect", "names_lstm", "--view", "numbers", "-o", str(out)]
    assert run(command) == 2
    said = capsys.readouterr().err
    assert "--node fc" in said
    assert "There are: embedding, keep, lstm, dropout, fc." in said
    assert run([*command, "--node", "fc"]) == 0
    assert ElementTree.fromstring(out.read_bytes()).tag.endswith("svg")


def test_gates_as_svg_are_those_of_one_unit(tmp_path: Path, capsys: Capture) -> None:
    """Fails if the maps of all units are refused without the way to lines, or that way leads nowhere."""
    out = tmp_path / "g.svg"
    command = ["inspect", "names_lstm", "--view", "gates", "-o", str(out)]
    assert run(command) == 1
    assert "--unit 0" in capsys.readouterr().err
    assert run([*command, "--unit", "0"]) == 0
    assert b"<polyline" in out.read_bytes()


def test_numbers_of_lines_come_with_their_axis(tmp_path: Path) -> None:
    """Fails if the numbers of a spectrum cannot be drawn again."""
    out = tmp_path / "w.npz"
    assert run(["inspect", "lenet_digits", "--view", "histogram", "--node", "conv2", "-o", str(out)]) == 0
    with np.load(out) as found:
        assert found["at_1"].tolist() == list(range(1, 17))
        assert found["maps_1"].shape == (1, 1, 16)


def test_an_ending_that_no_view_is_written_as_is_refused(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a file that pretends to hold a table, or another kind of picture, holds a PNG."""
    for ending in ("csv", "jpg"):
        out = tmp_path / f"w.{ending}"
        assert run(["inspect", "word_vectors_svd", "--view", "cooccurrence", "-o", str(out)]) == 2
        assert f"w.{ending} ends otherwise" in capsys.readouterr().err
        assert not out.exists()
    assert run(["inspect", "word_vectors_svd", "--view", "cooccurrence", "-o", str(tmp_path / "epoch.12")]) == 0
    assert (tmp_path / "epoch.12").read_bytes().startswith(b"\x89PNG")
