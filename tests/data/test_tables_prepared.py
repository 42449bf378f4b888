"""Another table is prepared as that of the training was, and large answers are learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.cli.main import run
from app.core.starting.first_net import drawing_for
from app.core.storage.files import open_project
from app.data.source_looks import schema_of
from app.training.checkpoints import load_run
from nodes.api.registry import find

HEAD = "area,rooms,built,city,price"


def houses(path: Path, rows: int = 400, gaps: bool = True) -> Path:
    """Prices of a hundred thousand and more, with a few gaps in the numbers and in the words."""
    random = np.random.default_rng(5)
    lines = [HEAD]
    for number in range(rows):
        area, rooms = random.uniform(40, 220), int(random.integers(1, 7))
        city = ("Rome", "Oslo", "Bern")[int(random.integers(3))]
        price = 1500 * area + 9000 * rooms + {"Rome": 0, "Oslo": 40_000, "Bern": 90_000}[city] + random.normal(0, 9000)
        shown = "" if gaps and number % 40 == 7 else f"{area:.1f}"
        where = "" if gaps and number % 50 == 9 else city
        lines.append(f"{shown},{rooms},{1950 + number % 60},{where},{price:.0f}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A table, and a run on it with the recipe that is proposed."""
    place = tmp_path_factory.mktemp("houses")
    table, drawing, folder = houses(place / "houses.csv"), place / "first.netloom", place / "run"
    assert run(["start", str(table), "-o", str(drawing)]) == 0
    assert run(["train", str(drawing), "--out", str(folder)]) == 0
    return table, folder


def told(capsys: Any, *command: object) -> dict[str, Any]:
    capsys.readouterr()
    run([str(each) for each in command])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_prices_of_a_hundred_thousand_are_learned(trained: tuple[Path, Path]) -> None:
    """Fails if answers far from 0 are not reached with the proposed recipe, or are measured in another unit than that
    of the table."""
    _, folder = trained
    last = load_run(folder).metrics[-1]
    assert last["val_r2"] > 0.8
    prices = [float(line.rpartition(",")[2]) for line in trained[0].read_text().splitlines()[1:]]
    assert np.std(prices) * 0.02 < last["val_mae"] < np.std(prices) * 0.5


def test_gaps_are_filled_with_the_values_of_the_training(
    trained: tuple[Path, Path], tmp_path: Path, capsys: Any
) -> None:
    """Fails if a gap of a new table is filled from that table, or a table of one row, in another order, or without the
    answers, gives other numbers than the same row in the training."""
    table, folder = trained
    rows = [line.split(",") for line in table.read_text().splitlines()[1:]]
    mean = np.mean([float(row[0]) for row in rows if row[0]])
    whole = next(row for row in rows if row[0] and row[3])
    new = tmp_path / "new.csv"
    new.write_text(f"city,rooms,built,area\n{whole[3]},{whole[1]},{whole[2]},\n")
    (alone,) = told(capsys, "predict", folder, new, "--json")["predictions"]
    model = load_run(folder).model
    layer = find("Table")
    assert layer is not None
    names = schema_of(layer, layer.settings({**layer.defaults(), "path": str(table)})).fields["features"].names
    values = {"area": mean, "rooms": float(whole[1]), "built": float(whole[2]), f"city: {whole[3]}": 1.0}
    with torch.no_grad():
        expected = model(torch.tensor([[float(values.get(name, 0.0)) for name in names]]))[0, 0].item()
    assert alone["numbers"]["price"] == pytest.approx(expected, rel=1e-5)


def test_a_cell_that_cannot_be_read_is_named_and_the_rest_is_answered(
    trained: tuple[Path, Path], tmp_path: Path, capsys: Any
) -> None:
    """Fails if a bad cell becomes a number in silence, ends the answers, or a lacking column is not named."""
    new = tmp_path / "new.csv"
    new.write_text("area,rooms,built,city\n100,3,1990,Rome\nbig,3,1990,Oslo\n80,2,1970,Bern\n")
    found = told(capsys, "predict", trained[1], new, "--json")
    assert [each["name"] for each in found["predictions"]] == ["row 2", "row 4"]
    assert [each["sentence"] for each in found["unreadable"]] == ["Row 3: 'big' in 'area' is no number."]
    new.write_text("area,rooms\n100,3\n")
    (trouble,) = told(capsys, "predict", trained[1], new, "--json")["unreadable"]
    assert "lacks the columns 'built', 'city'" in trouble["sentence"]


def test_what_the_table_becomes_later_changes_no_answer(
    trained: tuple[Path, Path], tmp_path: Path, capsys: Any
) -> None:
    """Fails if the answers of a run depend on what its table holds now, or on whether it is still there."""
    table, folder = trained
    new = tmp_path / "new.csv"
    new.write_text("area,rooms,built,city\n100,3,1990,Rome\n,3,1990,\n")
    before = told(capsys, "predict", folder, new, "--json")["predictions"]
    text = table.read_text()
    try:
        table.write_text("\n".join([HEAD, *(f"{number * 1000},9,1,Wien,{number}" for number in range(50))]) + "\n")
        assert told(capsys, "predict", folder, new, "--json")["predictions"] == before
        table.unlink()
        assert told(capsys, "predict", folder, new, "--json")["predictions"] == before
    finally:
        table.write_text(text)


def test_a_damaged_memory_of_the_columns_does_no_harm(trained: tuple[Path, Path], tmp_path: Path, capsys: Any) -> None:
    """Fails if a drawing that somebody else wrote makes predict fall over."""
    import shutil

    folder = tmp_path / "run"
    shutil.copytree(trained[1], folder)
    drawing = folder / "drawing.netloom"
    entry = json.loads(drawing.read_text())
    (known,) = entry["schemas"].values()
    known["settled"]["features"] = ["{}", 7, '{"name": "area", "words": 3}']
    drawing.write_text(json.dumps(entry))
    open_project(drawing)
    table = houses(tmp_path / "other.csv", gaps=False)
    assert run(["predict", str(folder), str(table)]) in (0, 1)
    assert "Traceback" not in capsys.readouterr().err


def test_a_first_net_for_numbers_ends_in_their_unit(tmp_path: Path) -> None:
    """Fails if the proposed net for a number has to learn its size by small steps."""
    table = houses(tmp_path / "houses.csv")
    layer = find("Table")
    assert layer is not None
    settings = layer.settings({**layer.defaults(), "path": str(table)})
    project = drawing_for(layer, settings, schema_of(layer, settings)).project
    loss = next(node.name for node in project.graph.nodes.values() if node.type == "MSELoss")
    (before,) = [wire.source for wire in project.graph.into(loss) if wire.target_port == "prediction"]
    assert project.graph.nodes[before].type == "Unstandardize"


def test_a_run_is_measured_on_another_table_as_it_was_trained(
    trained: tuple[Path, Path], tmp_path: Path, capsys: Any
) -> None:
    """Fails if a small table with fewer words, or other columns beside, is another kind of data, or its error is not
    that of the answers of predict."""
    new = tmp_path / "new.csv"
    new.write_text(
        "note,area,rooms,built,city,price\nx,100,3,1990,Rome,180000\ny,,2,1970,Rome,250000\nz,50,1,1960,Rome,\n"
    )
    answers = told(capsys, "predict", trained[1], new, "--json")["predictions"]
    found = told(capsys, "evaluate", trained[1], "--data", new, "--json")
    errors = [abs(each["numbers"]["price"] - price) for each, price in zip(answers, (180000, 250000))]
    assert found["metrics"]["mae"] == pytest.approx(np.mean(errors), rel=1e-5)
    assert found["samples"] == 2
    assert "Row 4 has no price." in json.dumps(found)


def test_classes_keep_their_numbers_and_new_ones_are_named(tmp_path: Path, capsys: Any) -> None:
    """Fails if a table with some of the classes, in another order, is measured against other classes."""
    random = np.random.default_rng(0)
    lines = ["a,b,kind"]
    for number in range(90):
        word = ("ant", "bee", "cow")[number % 3]
        lines.append(f"{random.normal() + 6 * (number % 3):.3f},{random.normal():.3f},{word}")
    table, drawing, folder = tmp_path / "t.csv", tmp_path / "t.netloom", tmp_path / "run"
    table.write_text("\n".join(lines) + "\n")
    assert run(["start", str(table), "-o", str(drawing)]) == 0
    assert run(["train", str(drawing), "--out", str(folder)]) == 0
    new = tmp_path / "new.csv"
    new.write_text("kind,b,a\ncow,0,12\nbee,0,6\ncow,0,12.2\nyak,0,3\n")
    found = told(capsys, "evaluate", folder, "--data", new, "--json")
    assert found["metrics"]["accuracy"] == 1.0
    assert found["samples"] == 3
    assert "the training had no class 'yak'" in json.dumps(found)


def test_a_word_that_the_training_did_not_have_is_told(trained: tuple[Path, Path], tmp_path: Path, capsys: Any) -> None:
    """Fails if a city that the net has never seen counts as none without a word about it, another row is told of it, or
    nothing is predicted any more."""
    _, folder = trained
    new = tmp_path / "new.csv"
    new.write_text("area,rooms,built,city,price\n100,3,1990,Paris,250000\n90,2,1980,Oslo,200000\n80,2,1980,,200000\n")
    found = told(capsys, "predict", folder, new, "--json")
    note = "Row 2: the training had no city 'Paris', so it counts as none of them."
    assert [each.get("note", "") for each in found["predictions"]] == [note, "", ""]
    assert found["unreadable"] == []
    assert run(["predict", str(folder), str(new)]) == 0
    said = capsys.readouterr()
    assert said.err == f"note: {note}\n"
    assert len(said.out.splitlines()) == 3
    assert note in told(capsys, "evaluate", folder, "--data", new, "--json")["remarks"]


def test_an_infinite_cell_is_a_gap_as_in_the_training(trained: tuple[Path, Path], tmp_path: Path, capsys: Any) -> None:
    """Fails if a row with an infinite number is refused, though such cells counted as missing in the training, or if
    that is not said; or if a word in a column of numbers is taken for a gap."""
    _, folder = trained
    other = tmp_path / "new.csv"
    rows = [f"{area},3,1990,Oslo,250000" for area in ("", "-Infinity", "inf", "wide", "80")]
    other.write_text("\n".join([HEAD, *rows]) + "\n")
    capsys.readouterr()
    assert run(["predict", str(folder), str(other), "--json"]) == 1
    said = capsys.readouterr()
    answers = json.loads(said.out)["predictions"]
    assert [each["name"] for each in answers] == ["row 2", "row 3", "row 4", "row 6"]
    assert answers[0]["numbers"] == answers[1]["numbers"] == answers[2]["numbers"]
    assert "'-Infinity' in 'area' counts as missing" in said.out + said.err
    assert "'wide' in 'area' is no number" in said.err + said.out
