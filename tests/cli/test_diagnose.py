"""``netloom diagnose``: what is found in a drawing, its data and its training, and in a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli.main import run
from app.core.storage.files import save_project
from tests.support.patients import deep, fc, mlp


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The JSON of the command that ran last."""
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_a_healthy_template_has_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if something is found, nothing was trained, or the status says otherwise."""
    assert run(["diagnose", "moons", "--epochs", "8", "--json"]) == 0
    assert told(capsys) == {"file": "moons", "ok": True, "epochs": 8, "findings": []}


def test_a_finding_has_place_severity_number_reason_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fails if one of them is missing, or the status is that of a healthy net."""
    file = tmp_path / "deep.netloom"
    save_project(deep(8, "Sigmoid", epochs=4), file)
    assert run(["diagnose", str(file), "--json"]) == 1
    (finding,) = told(capsys)["findings"]  # type: ignore[misc]
    assert (finding["node"], finding["code"], finding["severity"]) == ("fc1", "vanishing", "error")
    assert 0 < finding["number"] < 1e-3
    assert "quarter" in finding["why"]
    assert finding["fixes"] == ["Use ReLU instead of the 8 sigmoids"]
    assert run(["diagnose", str(file)]) == 1
    words = capsys.readouterr().out
    assert "error: fc1: The gradient vanishes" in words
    assert "Why? Going back" in words
    assert "Try: Use ReLU" in words


def test_a_drawing_can_be_looked_at_without_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if no epochs means those of the recipe, or notes on the drawing are left out."""
    file = tmp_path / "biased.netloom"
    save_project(mlp(fc("fc1"), ("bn1", "BatchNorm1d"), ("relu1", "ReLU")), file)
    assert run(["diagnose", str(file), "--epochs", "0", "--json"]) == 1
    found = told(capsys)
    assert found["epochs"] == 0
    assert [(each["node"], each["code"]) for each in found["findings"]] == [("fc1", "idle_bias")]  # type: ignore[attr-defined]


def test_a_run_is_judged_from_what_it_has_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a run is trained again, or its weights and numbers tell nothing."""
    file, folder = tmp_path / "deep.netloom", tmp_path / "run"
    project = deep(8, "Sigmoid", epochs=4)
    save_project(replace(project, recipe=replace(project.recipe, seed=3)), file)
    assert run(["train", str(file), "--out", str(folder), "--json"]) == 0
    capsys.readouterr()
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert run(["diagnose", str(folder), "--json"]) == 1
    found = told(capsys)
    assert found["epochs"] == 4
    assert [(each["node"], each["code"]) for each in found["findings"]] == [("fc1", "vanishing")]  # type: ignore[attr-defined]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == kept


def test_what_is_no_drawing_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a folder without a run, or a missing file, ends in a traceback."""
    assert run(["diagnose", str(tmp_path)]) == 1
    assert run(["diagnose", str(tmp_path / "none.netloom")]) == 1
    words = capsys.readouterr()
    assert "Traceback" not in words.err + words.out
    assert words.err


def test_a_net_without_a_loss_is_looked_at_and_not_trained(capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if an architecture is said to be wrong because nothing trains it."""
    assert run(["diagnose", "transformer", "--json"]) == 0
    assert told(capsys)["epochs"] == 0
