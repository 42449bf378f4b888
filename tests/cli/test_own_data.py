"""The commands data, start and predict on data that lies in files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from app.cli.main import run
from app.core.storage.files import open_project
from app.training.checkpoints import load_run
from tests.support.dropped_data import rows_source, write_rows


@pytest.fixture(autouse=True)
def _rows() -> Iterator[None]:
    with rows_source():
        yield


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "flowers.rows", words=25)


def printed(capsys: Any, *command: object) -> tuple[int, str, str]:
    status = run([str(each) for each in command])
    out, err = capsys.readouterr()
    return status, out, err


def test_what_was_understood(rows: Path, capsys: Any) -> None:
    """Fails if a guess, a class's count or a skipped row is kept silent, or all of very many are printed."""
    status, out, err = printed(capsys, "data", rows)
    assert (status, err) == (0, "")
    assert "60 rows in 3 classes: kind 0, kind 1, kind 2; 25 skipped." in out
    assert "kind 1: 20" in out
    assert "number (--set last=number)" in out
    assert out.count("It holds a word.") == 20
    assert "and 5 more skipped" in out
    told = json.loads(printed(capsys, "data", rows, "--json")[1])
    assert told["fields"]["label"]["counts"] == [20, 20, 20]
    assert [each["name"] for each in told["skipped"]] == [f"row {number}" for number in range(61, 86)]
    assert told["guesses"][0]["chosen"] == "class"
    assert told["settings"]["path"] == str(rows)


def test_a_setting_and_a_source_by_name(rows: Path, capsys: Any) -> None:
    """Fails if --set has no effect, or data without files cannot be asked about."""
    assert "classes" not in printed(capsys, "data", rows, "--set", "last=number")[1].splitlines()[0]
    assert printed(capsys, "data", rows, "--set", "nonsense=1")[0] == 2
    assert "10 classes" in printed(capsys, "data", "digits")[1]


@pytest.mark.parametrize("what", ["nowhere", "empty", "strange.xyz"])
def test_what_nothing_reads_is_a_sentence(tmp_path: Path, capsys: Any, what: str) -> None:
    """Fails if such a path is a traceback, or a success."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "strange.xyz").write_bytes(b"\x00")
    for options in ((), ("--json",)):
        status, out, err = printed(capsys, "data", tmp_path / what, *options)
        assert status == 1
        assert err.count("\n") == 1
        assert what in err
        assert json.loads(out)["ok"] is False if options else not out
    assert printed(capsys, "start", tmp_path / what, "-o", tmp_path / "x.netloom")[0] == 1
    assert not (tmp_path / "x.netloom").exists()


@pytest.mark.parametrize("last", ["class", "number"])
def test_a_drawing_that_trains_as_it_stands_and_predicts(rows: Path, tmp_path: Path, capsys: Any, last: str) -> None:
    """Fails if the drawing has a problem, does not train, or what it learned cannot be used on a file: the answers are
    those of the model on the same rows."""
    drawing, folder = tmp_path / "first.netloom", tmp_path / "run"
    assert printed(capsys, "start", rows, "-o", drawing, "--set", f"last={last}")[0] == 0
    status, out, _ = printed(capsys, "check", drawing)
    assert (status, out) == (0, f"{drawing}: no problems.\n")
    assert printed(capsys, "train", drawing, "--epochs", 2, "--out", folder)[0] == 0
    other = write_rows(tmp_path / "other.rows", rows=7)
    status, out, _ = printed(capsys, "predict", folder, other, tmp_path / "gone.rows", "--json")
    assert status == 1, "one of the two paths is not there"
    told = json.loads(out)
    assert [each["name"] for each in told["unreadable"]] == ["gone.rows"]
    assert len(told["predictions"]) == 7
    values = torch.tensor([[float(word) for word in line.split()][:-1] for line in other.read_text().splitlines()])
    with torch.no_grad():
        answer = load_run(folder).model(values)
    for each, row in zip(told["predictions"], answer):
        if last == "class":
            chances = {entry["class"]: entry["probability"] for entry in each["classes"]}
            expected = {f"kind {number}": float(chance) for number, chance in enumerate(row.softmax(0))}
            assert chances == pytest.approx(expected, abs=1e-5)
            assert each["class"] == max(expected, key=lambda word: expected[word])
        else:
            assert list(each["numbers"].values()) == pytest.approx(row.tolist(), abs=1e-5)


def test_data_beside_the_drawing_moves_with_it(tmp_path: Path, capsys: Any) -> None:
    """Fails if a folder that is moved as a whole has lost its data."""
    rows = write_rows(tmp_path / "project" / "data" / "a.rows")
    assert printed(capsys, "start", rows, "-o", tmp_path / "project" / "a.netloom")[0] == 0
    assert '"path": "data/a.rows"' in (tmp_path / "project" / "a.netloom").read_text()
    shutil.move(tmp_path / "project", tmp_path / "elsewhere")
    drawing = tmp_path / "elsewhere" / "a.netloom"
    (node,) = [each for each in open_project(drawing).project.graph.nodes.values() if each.type == "Rows"]
    assert node.params["path"] == str(tmp_path / "elsewhere" / "data" / "a.rows")
    assert printed(capsys, "check", drawing)[0] == 0


def test_a_template_is_made_to_fit(rows: Path, tmp_path: Path, capsys: Any) -> None:
    """Fails if another net keeps its data or its number of classes, or what cannot fit is written all the same."""
    drawing = tmp_path / "fitted.netloom"
    assert printed(capsys, "start", rows, "-o", drawing, "--net", "moons")[0] == 0
    project = open_project(drawing).project
    assert [node.type for node in project.graph.nodes.values()].count("TeachingPoints") == 0
    assert project.graph.nodes["fc2"].params["out_features"] == 3
    assert printed(capsys, "check", drawing)[0] == 0
    status, _, err = printed(capsys, "start", rows, "-o", tmp_path / "no.netloom", "--net", "char_lstm")
    assert status == 1
    assert "cannot be made to fit" in err
    assert not (tmp_path / "no.netloom").exists()


def test_a_text_is_read_as_the_net_reads_one(tmp_path: Path, capsys: Any) -> None:
    """Fails if a net of words is given letters, or its windows get another length; if a choice of one's own is
    overruled; or if a text too short for words is refused."""
    text = tmp_path / "book.txt"
    text.write_text("In the beginning was a word, and the word was short. " * 200)
    for more, unit, window in (((), "words", 20), (("--set", "unit=characters"), "characters", 20)):
        drawing = tmp_path / f"{unit}.netloom"
        assert printed(capsys, "start", text, "-o", drawing, "--net", "rnn_8000", *more)[0] == 0
        (node,) = [each for each in open_project(drawing).project.graph.nodes.values() if each.type == "TextFile"]
        assert (node.params["unit"], node.params["window"]) == (unit, window)
    text.write_text("Only so few words for an ear.")
    drawing = tmp_path / "short.netloom"
    assert printed(capsys, "start", text, "-o", drawing, "--net", "rnn_8000", "--set", "window=12")[0] == 0


def test_one_window_of_text_is_learned_by_heart(tmp_path: Path, capsys: Any) -> None:
    """Fails if a drawing is said to train as it stands, and its training refuses to divide one sample."""
    text = tmp_path / "note.txt"
    text.write_text("a short note that has no more than a hundred letters or so, written in a single line")
    drawing = tmp_path / "note.netloom"
    assert printed(capsys, "start", text, "-o", drawing, "--net", "char_lstm")[0] == 0
    assert open_project(drawing).project.recipe.validation == 0.0
    status, _, _ = printed(capsys, "train", drawing, "--epochs", 1, "--out", tmp_path / "run", "--device", "cpu")
    assert status == 0


def test_a_text_too_short_for_a_net_is_called_so(tmp_path: Path, capsys: Any) -> None:
    """Fails if a student is told of a missing wire where the text has too few letters."""
    text = tmp_path / "tiny.txt"
    text.write_text("hello")
    status, _, err = printed(capsys, "start", text, "-o", tmp_path / "x.netloom", "--net", "char_lstm")
    assert status == 1
    assert "tiny.txt has 5 characters, too few for a window of 64" in err


def test_all_samples_are_looked_through(rows: Path, capsys: Any) -> None:
    """Fails if what only a look through every sample finds is told by no command, or not to programs."""
    lines = rows.read_text().splitlines()
    rows.write_text("\n".join([*("5" + line[line.index(" ") :] for line in lines[:60]), "5 1 1 1 4"]) + "\n")
    status, out, _ = printed(capsys, "data", rows)
    assert status == 0
    assert "The class kind 4 has one row alone" in out
    assert "x has the same value in every row in feature 1" in out
    told = json.loads(printed(capsys, "data", rows, "--json")[1])
    assert told["examined"]["samples"] == 61
    assert told["examined"]["features"]["x"][0]["constant"] is True
    assert any("same value" in each for each in told["warnings"])


def test_pictures_can_be_inverted(tmp_path: Path, capsys: Any) -> None:
    """Fails if --invert changes nothing, or is taken for data in which there is nothing to invert."""
    folder = tmp_path / "run"
    assert printed(capsys, "train", "mlp_digits", "--epochs", 1, "--out", folder)[0] == 0
    random = np.random.default_rng(0)
    dots = random.integers(0, 256, (8, 8), dtype=np.uint8)
    for name, values in (("plain", dots), ("negative", 255 - dots)):
        Image.fromarray(values).save(tmp_path / f"{name}.png")
    plain = json.loads(printed(capsys, "predict", folder, tmp_path / "plain.png", "--json")[1])["predictions"][0]
    turned = printed(capsys, "predict", folder, tmp_path / "negative.png", "--invert", "--json")[1]
    (turned_back,) = json.loads(turned)["predictions"]
    assert {e["class"]: e["probability"] for e in turned_back["classes"]} == pytest.approx(
        {e["class"]: e["probability"] for e in plain["classes"]}, abs=1e-5
    )


def test_rows_that_are_equal_but_for_their_class_are_not_called_equal(tmp_path: Path, capsys: Any) -> None:
    """Fails if a table is said to have two different numbers of equal rows."""
    rows = [f"{number % 7},{number % 5},{('up', 'down')[number % 2]}\n" for number in range(81)]
    (tmp_path / "t.csv").write_text("a,b,kind\n" + "".join(rows))
    assert run(["data", str(tmp_path / "t.csv")]) == 0
    told = capsys.readouterr().out
    assert f"{81 - len(set(rows))} rows stand there more than once" in told
    features = {row.rpartition(",")[0] for row in rows}
    assert f"{81 - len(features)} rows have the same features as an earlier one." in told
