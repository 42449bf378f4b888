"""Drawings and runs from before several targets of 0 or 1 were labels: there they were numbers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.cli.main import run
from app.core.commands import ChangeType
from app.core.graph.model import MAIN, Graph, Project, Wire
from app.core.storage.files import open_project, save_project
from app.data import catalog
from app.data.source_looks import looked_at
from app.training.checkpoints import load_run
from app.training.folder import read_metrics
from tests.support.drawings import node
from tests.training.test_labels import NAMES, drawn, numbers, table

AS_NUMBERS: Any = {"Table": {"kinds": tuple(f"{name}=number" for name in NAMES)}, "ArrayFiles": {"kind": "numbers"}}


def without_choice(file: Path) -> None:
    """Make of a drawing that was told to read numbers one of the version that read nothing else."""
    entry = json.loads(file.read_text())
    for told in entry["nodes"]:
        for name in AS_NUMBERS.get(told["type"], ()):
            del told["params"][name]
    for schema in entry["schemas"].values():
        schema.get("settled", {}).pop("kinds", None)
        assert all(field["dtype"] == "float" for field in schema["fields"].values())
    file.write_text(json.dumps(entry))


@pytest.fixture(params=[("Table", "MSELoss"), ("Table", "BCEWithLogitsLoss"), ("ArrayFiles", "MSELoss")], ids=str)
def trained(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A drawing whose targets are numbers by choice, and the run of two epochs of it."""
    source, loss = request.param
    path = table(tmp_path / "a.csv")
    if source == "ArrayFiles":
        x, y = numbers()
        np.savez(path := tmp_path / "a.npz", x=x.astype("float32"), y=y)
    how = {"target": ", ".join(NAMES)} if source == "Table" else {}
    made = drawn(source, path=str(path), **how, **AS_NUMBERS[source])
    made = ChangeType(MAIN, "loss", loss).apply(made)
    drawing = tmp_path / "a.netloom"
    save_project(made, drawing)
    assert run(["train", str(drawing), "--epochs", "2", "--out", str(tmp_path / "run")]) == 0
    return drawing, tmp_path / "run"


def losses(folder: Path) -> list[Any]:
    return [(each["train_loss"], each["val_loss"]) for each in read_metrics(folder)]


def evaluated(folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    capsys.readouterr()
    assert run(["evaluate", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    return {name: value for name, value in found.items() if name not in ("run", "seconds")}


def test_a_run_of_before_goes_on(trained: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a run whose targets were numbers is told that its data have changed, is judged in another way, or goes
    on to other weights, with its own drawing or with one that reads labels by now."""
    drawing, folder = trained
    earlier = folder.with_name("earlier")
    shutil.copytree(folder, earlier)
    without_choice(earlier / "drawing.netloom")
    before = drawing.with_name("before.netloom")
    shutil.copy(drawing, before)
    without_choice(before)
    again = looked_at(open_project(before).project)
    save_project(again, now := drawing.with_name("now.netloom"))
    assert json.loads(now.read_text())["schemas"] != json.loads(before.read_text())["schemas"]

    (source,) = load_run(earlier).net.plan.sources
    target = catalog.load(source).fields[list(source.fields)[-1]]
    assert isinstance(target, torch.Tensor)
    assert target.dtype == torch.float32
    np.testing.assert_array_equal(target.numpy(), numbers()[1])
    assert evaluated(earlier, capsys) == evaluated(folder, capsys)

    for epochs, named in (("3", []), ("4", [str(now)])):
        assert run(["train", *named, "--resume", str(earlier), "--epochs", epochs]) == 0
        assert run(["train", "--resume", str(folder), "--epochs", epochs]) == 0
        weights, expected = (load_run(each).model.state_dict() for each in (earlier, folder))
        assert all(torch.equal(weights[name], value) for name, value in expected.items())
    assert losses(earlier) == losses(folder)
    assert evaluated(earlier, capsys) == evaluated(folder, capsys)


def test_a_drawing_of_before_is_trained_to_the_same(trained: tuple[Path, Path], tmp_path: Path) -> None:
    """Fails if labels give another loss than the same numbers gave, or a drawing with them no longer trains."""
    drawing, folder = trained
    without_choice(drawing)
    assert run(["train", str(drawing), "--epochs", "2", "--out", str(tmp_path / "new")]) == 0
    assert losses(tmp_path / "new") == losses(folder)
    weights, expected = (load_run(each).model.state_dict() for each in (tmp_path / "new", folder))
    assert all(torch.equal(weights[name], value) for name, value in expected.items())


def test_a_drawing_of_before_whose_layers_read_the_targets_is_trained(tmp_path: Path) -> None:
    """Fails if a layer that was given several targets of 0 or 1, as a condition, is told that labels arrive."""
    graph = Graph.of(
        [
            node(
                "table1", "Table", path=str(table(tmp_path / "a.csv")), target=", ".join(NAMES), **AS_NUMBERS["Table"]
            ),
            node("fc1", "Linear", out_features=4),
            node("loss", "MSELoss"),
        ],
        [
            Wire("table1", "target", "fc1", "x"),
            Wire("fc1", "output", "loss", "prediction"),
            Wire("table1", "features", "loss", "target"),
        ],
    )
    save_project(looked_at(Project("Condition", graph=graph)), drawing := tmp_path / "a.netloom")
    for out in ("numbers", "before"):
        assert run(["train", str(drawing), "--epochs", "1", "--out", str(tmp_path / out)]) == 0
        if out == "numbers":
            without_choice(drawing)
    assert losses(tmp_path / "numbers") == losses(tmp_path / "before")


def test_labels_in_a_loss_of_numbers_are_told_of(tmp_path: Path) -> None:
    """Fails if cross-entropy, which takes a single class, is proposed for several labels, or the drawing that reads
    them as numbers on purpose is told anything."""
    from app.core.checks.lint import notes
    from app.core.inference import infer

    made = ChangeType(MAIN, "loss", "MSELoss").apply(drawn("Table", path=str(table(tmp_path / "a.csv"))))
    (note,) = (each for each in notes(made, infer(made)) if each.code == "label_number")
    assert "3 labels" in note.sentence
    assert "Binary cross-entropy of scores" in note.sentence
