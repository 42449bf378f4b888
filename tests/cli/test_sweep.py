"""The command sweep: what it trains, what it leaves behind, and that it goes on."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from app.cli.main import run
from app.core.commands import SetSetting
from app.core.storage import templates
from app.core.storage.files import save_project
from app.core.variants.axes import axes
from app.core.variants.marks import MarkSetting, check_values
from app.training.checkpoints import load_run
from app.training.kept_runs import past
from app.training.run_files import numbers
from tests.training.nets import autoencoder

Capture = pytest.CaptureFixture[str]
QUICK = ["--set", "epochs=2", "--set", "batch_size=256", "--set", "device=cpu"]


def swept(line: list[str], capsys: Capture, status: int = 0) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(["sweep", *line, "--json"]) == status
    return [json.loads(each) for each in capsys.readouterr().out.splitlines()]


def test_each_variant_is_the_run_that_train_makes(tmp_path: Path, capsys: Capture) -> None:
    """Trained together, and told as such. Fails if weights, numbers or settings differ from those of train, or a run
    cannot be used like any other."""
    out = tmp_path / "sweep"
    told = swept(["mlp_digits", "--vary", "lr=0.01,0.002", "--vary", "seed=0..1", "--out", str(out), *QUICK], capsys)
    plan = next(each for each in told if each["event"] == "planned")
    assert (plan["together"], plan["apart"]) == (4, 0)
    assert "rounding" in plan["how"][0]
    result = told[-1]
    assert len(result["variants"]) == 4
    assert result["best"] == max(result["variants"], key=lambda each: each["result"])
    assert (result["ranked_by"], result["better"]) == ("Ranked by validation accuracy, higher is better.", "higher")
    for each in result["variants"]:
        folder = Path(each["run"])
        settings = [word for name, value in each["values"].items() for word in ("--set", f"{name}={value}")]
        alone = tmp_path / "alone" / folder.name
        assert run(["train", "mlp_digits", *QUICK, *settings, "--out", str(alone)]) == 0
        here, there = load_run(folder), load_run(alone)
        assert here.project.recipe == there.project.recipe
        for name, value in there.model.state_dict().items():
            assert torch.allclose(value, here.model.state_dict()[name], atol=1e-5)
        found = past(folder)
        assert found is not None
        assert found.about.ending == "finished"
        assert [e.metrics for e in found.epochs] == [
            pytest.approx(dict(e.metrics), abs=1e-5) for e in (past(alone) or found).epochs
        ]
        assert each["result"] == found.epochs[-1].metrics["val_accuracy"]
    capsys.readouterr()
    assert run(["runs", str(out), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 4
    assert run(["train", "--resume", result["best"]["run"], "--epochs", "3"]) == 0


def test_what_is_there_is_not_trained_again(tmp_path: Path, capsys: Capture) -> None:
    """A larger grid keeps what the smaller one has trained. Fails if a finished run is written anew, or forgotten."""
    line = ["logistic_regression", "--out", str(tmp_path / "s"), *QUICK]
    first = swept([*line, "--vary", "seed=0..1"], capsys)
    weights = {path: path.stat().st_mtime_ns for path in tmp_path.glob("s/*/weights.safetensors")}
    second = swept([*line, "--vary", "seed=0..2"], capsys)
    assert len(weights) == 2
    assert all(path.stat().st_mtime_ns == when for path, when in weights.items())
    results = {each["name"]: each["result"] for each in second[-1]["variants"]}
    assert len(results) == 3
    assert {each["name"]: each["result"] for each in first[-1]["variants"]}.items() <= results.items()


@pytest.mark.slow
def test_layers_that_differ_train_in_processes(tmp_path: Path, capsys: Capture) -> None:
    """Convolutions of two sizes. Fails if a process trains another variant, or why they are apart is not said."""
    line = ["lenet_digits", "--vary", "conv1.out_channels=2,3", "--out", str(tmp_path), *QUICK]
    told = swept([*line, "--set", "epochs=1"], capsys)
    plan = next(each for each in told if each["event"] == "planned")
    assert (plan["together"], plan["apart"]) == (0, 2)
    assert "convolutions" in " ".join(plan["how"])
    for each in told[-1]["variants"]:
        assert each["state"] == "done"
        loaded = load_run(Path(each["run"]))
        assert loaded.model.conv1.out_channels == each["values"]["conv1.out_channels"]


def test_a_diverged_variant_is_told_and_hurts_no_other(tmp_path: Path, capsys: Capture) -> None:
    """Fails if it is ranked with a result, ends the sweep, or is trained again."""
    save_project(autoencoder(), tmp_path / "numbers.netloom")  # without a function that would hold its numbers
    line = [str(tmp_path / "numbers.netloom"), "--vary", "lr=0.001,9.5", "--out", str(tmp_path / "sweep")]
    line += ["--set", "optimizer=SGD", "--set", "device=cpu", "--set", "epochs=8"]
    for _ in range(2):
        told = swept(line, capsys)
        states = {each["values"]["lr"]: each["state"] for each in told[-1]["variants"]}
        assert states == {0.001: "done", 9.5: "diverged"}
        assert told[-1]["variants"][-1]["result"] is None
        assert told[-1]["best"]["values"]["lr"] == 0.001


@pytest.mark.parametrize(
    "line",
    [
        ["--vary", "speed=1,2"],
        ["--vary", "lr=1..0"],
        ["--vary", "fc7.out_features=1,2"],
        ["--vary", "lr=0.1", "--vary", "lr=0.2"],
        ["--vary", "lr=0.1", "--search", "best"],
        ["--vary", "lr=0.1", "--search", "grid", "--tries", "3"],
        ["--vary", "seed=0..99", "--vary", "batch_size=1..99"],
        ["--vary", "lr=0.1", "--set", "momentum=0.5"],
        [],
        ["--vary", "lr=0.1,0.2", "--population", "4"],
        ["--vary", "lr=0.1,0.2", "--search", "evolution", "--population", "1"],
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(line: list[str], tmp_path: Path, capsys: Capture) -> None:
    """Fails if it trains all the same, or ends with a traceback."""
    assert run(["sweep", "mlp_digits", *line, "--out", str(tmp_path / "s")]) == 2
    said = capsys.readouterr().err
    assert said.strip().endswith(".")
    assert "mistake" not in said
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("way", ["random", "evolution", "optuna"])
def test_a_wrong_value_is_refused_although_chance_may_never_draw_it(way: str, tmp_path: Path, capsys: Capture) -> None:
    """Fails if a value that cannot be is passed over in silence, or ends a search hours later, when it is drawn; or if
    a setting is refused that belongs to what varies besides."""
    line = ["--search", way, "--tries", "1", "--set", "epochs=1", "--set", "batch_size=2048", "--out"]
    for vary in ("lr=0.1,-1", "fc1.out_features=8,0"):
        assert run(["sweep", "mlp_digits", "--vary", vary, *line, str(tmp_path / "s")]) == 2
        assert "must be a" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()
    check_values(templates.load("mlp_digits"), axes(["optimizer=SGD,Adam", "momentum=0.1,0.9", "relu1.type=Tanh,GELU"]))


def test_variants_that_are_checked_on_other_samples_are_told(tmp_path: Path, capsys: Capture) -> None:
    """Fails if results of other shares are ranked without a word, if two plans contradict each other, or a sweep of
    rates is said to be unlike."""
    line = ["sweep", "mlp_digits", *QUICK, "--out"]
    assert run([*line, str(tmp_path / "a"), "--vary", "validation=0.1,0.3"]) == 0
    said = capsys.readouterr().out
    assert "validation 0.1 and validation 0.3 cannot be compared one to one" in said.replace("Validation", "validation")
    assert "train together" not in said
    assert run([*line, str(tmp_path / "b"), "--vary", "lr=0.1,0.3"]) == 0
    assert "one to one" not in capsys.readouterr().out


def test_by_which_of_several_metrics_is_said(tmp_path: Path, capsys: Capture) -> None:
    """Fails if nobody can tell which of the measured numbers ranks the variants, or which other number one is judged
    by."""
    line = ["sweep", "mlp_digits", "--vary", "lr=0.01,0.002", *QUICK, "--set", "metrics=f1,top_k", "--out"]
    assert run([*line, str(tmp_path / "a")]) == 0
    said = "Ranked by validation F1, higher is better: of several metrics the first counts. Leave F1 out to rank by"
    assert said in capsys.readouterr().out
    assert run(["sweep", "mlp_digits", "--vary", "metrics=accuracy,f1", *QUICK, "--out", str(tmp_path / "b")]) == 0
    assert "compared with the others: metrics f1 is judged by validation F1." in capsys.readouterr().out


def test_a_variant_has_one_name_everywhere(tmp_path: Path, capsys: Capture) -> None:
    """Fails if what the sweep calls "learning rate 0.1" is "lr=0.1" in its table, in the list of runs, beside what
    differs, or in the numbers that are exported."""
    out = tmp_path / "sweep"
    assert run(["sweep", "mlp_digits", *QUICK, "--vary", "lr=0.1,0.01", "--vary", "seed=4", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "Best: learning rate 0.01, seed 4, validation accuracy" in said
    assert any(line.split()[:3] == ["learning", "rate", "seed"] for line in said.splitlines())
    assert run(["runs", str(out)]) == 0
    listed = capsys.readouterr().out
    assert run(["compare", *(str(out / f"lr={rate},seed=4") for rate in ("0.1", "0.01"))]) == 0
    compared = capsys.readouterr().out
    for words in (listed, compared):
        assert {"learning rate 0.1, seed 4", "learning rate 0.01, seed 4"} <= set(re.split(r"\s{2,}|\n", words))
    assert "learning rate 0.1 → 0.01" in compared
    found = [each for folder in out.iterdir() if (each := past(folder)) is not None]
    table = csv.DictReader(io.StringIO(numbers(found)))
    assert {row["run"] for row in table} == {"learning rate 0.1, seed 4", "learning rate 0.01, seed 4"}
    assert "lr=" not in said.partition("Open it with")[0] + listed + compared


def test_a_log_that_a_sweep_does_not_write_is_told(tmp_path: Path, capsys: Capture) -> None:
    """Fails if log=tensorboard is taken by a sweep, which writes no such files, without a word."""
    line = ["sweep", "mlp_digits", "--vary", "lr=0.1,0.2", *QUICK, "--set", "log=tensorboard", "--out", str(tmp_path)]
    assert run(line) == 0
    assert not list(tmp_path.rglob("tensorboard"))
    assert "writes no files for TensorBoard" in capsys.readouterr().out


def test_frozen_layers_are_told_to_begin_anew(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a sweep over the drawing of a transfer leaves a layer as chance made it without a word."""
    drawing = templates.load("mlp_digits")
    for place, project in (("plain", drawing), ("frozen", SetSetting("", ("fc1",), "frozen", True).apply(drawing))):
        save_project(project, tmp_path / f"{place}.netloom")
        line = [str(tmp_path / f"{place}.netloom"), "--vary", "lr=0.01,0.002", *QUICK]
        told = swept([*line, "--out", str(tmp_path / place)], capsys)
        plan = next(each for each in told if each["event"] == "planned")
        assert ("frozen stays as it then is: fc1." in " ".join(plan["how"])) == (place == "frozen")


def test_settings_of_layers_are_those_of_every_variant(tmp_path: Path, capsys: Capture) -> None:
    """Fails if --set takes no setting of a layer, as train does, one variant has another, or the command does not go on
    where it was."""
    line = ["mlp_digits", "--set", "fc1.out_features=7", "--vary", "seed=0..1", *QUICK, "--out", str(tmp_path)]
    for _ in range(2):
        told = swept(line, capsys)
    assert {each["state"] for each in told[-1]["variants"]} == {"done"}
    for each in told[-1]["variants"]:
        assert load_run(Path(each["run"])).model.state_dict()["fc1.weight"].shape == (7, 64)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["frozen=true"], "It is a setting of layers: --set fc1.frozen=True or --set fc2.frozen=True."),
        (["fc1.nonsense=3"], "fc1 has no setting 'nonsense'"),
        (["nowhere.x=3"], "There is no layer 'nowhere'"),
        (["fc1.out_features=0"], "fc1.out_features must be a whole number from 1"),
        (["lr=0.5"], "lr cannot both vary and be the same for all variants"),
    ],
)
def test_a_setting_that_cannot_be_is_told(settings: list[str], words: str, tmp_path: Path, capsys: Capture) -> None:
    """Fails if the sentence does not say what to write, or --set and --vary of the same setting are taken without a
    word about which counts."""
    line = ["sweep", "mlp_digits", "--vary", "lr=0.1,0.2", *QUICK, "--out", str(tmp_path / "a")]
    assert run([*line, *(word for each in settings for word in ("--set", each))]) == 2
    assert words in capsys.readouterr().err


def test_a_setting_that_is_given_as_an_option_is_told_how(tmp_path: Path, capsys: Capture) -> None:
    """Fails if --epochs, which train has, is answered with the name of another option."""
    assert run(["sweep", "mlp_digits", "--vary", "lr=0.1,1", "--batch-size", "8", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.strip() == "netloom sweep has no option --batch-size. Write --set batch_size=VALUE."


def test_a_folder_of_another_drawing_is_left_alone(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a sweep goes on with runs of another recipe."""
    line = ["logistic_regression", "--vary", "seed=0..1", "--out", str(tmp_path)]
    swept([*line, *QUICK], capsys)
    assert run(["sweep", *line, *QUICK, "--set", "lr=0.5"]) == 1
    assert "Choose another folder" in capsys.readouterr().err


@pytest.mark.parametrize("inside", ["", "other"])
def test_a_folder_with_something_else_in_it_is_left_alone(inside: str, tmp_path: Path, capsys: Capture) -> None:
    """``--out`` is a run, or the folder of runs of another drawing. Fails if variants are put among those, or the
    refusal is no sentence with a remedy, also as JSON."""
    quick = ["--set", "epochs=1", "--set", "batch_size=256", "--set", "device=cpu"]
    assert run(["train", "logistic_regression", *quick, "--out", str(tmp_path / "s" / inside)]) == 0
    before = sorted(tmp_path.rglob("*"))
    line = ["sweep", "mlp_digits", "--vary", "seed=0..1", "--out", str(tmp_path / "s"), *quick]
    capsys.readouterr()
    assert run(line) == 1
    said = capsys.readouterr().err.strip()
    assert "holds a run" in said
    assert said.endswith("Choose another folder for the sweep.")
    assert run([*line, "--json"]) == 1
    assert "Choose another folder" in json.loads(capsys.readouterr().out)["error"]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_sweep_of_more_settings_joins_one_of_fewer(tmp_path: Path, capsys: Capture) -> None:
    """Fails if runs that differ only in what varies, an optimizer and its own setting among it, are taken for those of
    something else."""
    line = ["logistic_regression", "--out", str(tmp_path), *QUICK]
    swept([*line, "--vary", "seed=0..1"], capsys)
    swept([*line, "--vary", "seed=0..1", "--vary", "optimizer=SGD,Adam"], capsys)
    assert len(list(tmp_path.glob("*/weights.safetensors"))) == 6


def test_some_by_chance(tmp_path: Path, capsys: Capture) -> None:
    """Fails if there are more or fewer than asked for, or others the second time."""
    line = ["logistic_regression", "--vary", "lr=0.001~0.1", "--tries", "3", "--out", str(tmp_path), *QUICK]
    first = swept(line, capsys)[-1]["variants"]
    assert len({each["values"]["lr"] for each in first}) == 3
    assert swept(line, capsys)[-1]["variants"] == first


def test_children_of_the_better_ones(tmp_path: Path, capsys: Capture) -> None:
    """What varies is marked in the drawing. Fails if marks are not read, a child is not one setting away from its
    parent, the path is not that of the numbers, or the same command does anything else the second time."""
    project = MarkSetting(text="batch_size=64,128,256,512").apply(templates.load("logistic_regression"))
    save_project(MarkSetting(text="lr=0.0001~0.1").apply(project), tmp_path / "a.netloom")
    line = [str(tmp_path / "a.netloom"), "--search", "evolution", "--tries", "6", "--population", "2"]
    line += ["--out", str(tmp_path / "s"), "--set", "epochs=1", "--set", "device=cpu"]
    told = swept(line, capsys)
    rows = dict(enumerate(each for each in told if each["event"] == "variant"))
    result = told[-1]
    by_name = {each["name"]: each for each in result["variants"]}
    assert len(by_name) == 6
    for each in rows.values():
        parent = by_name[each["name"]]["parent"]
        if each["variant"] >= 2:
            before = rows[parent]["values"]
            assert sum(before[name] != value for name, value in each["values"].items()) == 1
        else:
            assert parent is None
    best, path = -1.0, []
    for each in rows.values():
        value = by_name[each["name"]]["result"]
        if value > best:
            best, path = value, [*path, each["name"]]
    assert result["path"] == path
    assert result["line"][-1] == result["best"]["name"] == path[-1]
    assert swept(line, capsys)[-1]["variants"] == result["variants"]
    capsys.readouterr()
    assert run(["sweep", *line]) == 0
    said = capsys.readouterr().out
    assert "The best 5:" in said
    assert "try 1:" in said


def test_without_optuna_it_says_how_to_get_it(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a package that is not there ends in a traceback."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    line = ["sweep", "mlp_digits", "--vary", "lr=0.001~0.1", "--search", "optuna", "--out", str(tmp_path / "s")]
    assert run(line) == 1
    assert "pip install netloom[sweep]" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_ctrl_c_keeps_what_was_trained_and_the_same_command_goes_on(tmp_path: Path) -> None:
    """Fails if the first signal loses epochs, or the second start begins anew."""
    line = [sys.executable, "main.py", "sweep", "logistic_regression", "--vary", "seed=0..1", "--json"]
    line += ["--out", str(tmp_path), "--set", "epochs=100000", "--set", "device=cpu"]
    reached = 0
    for _ in range(2):
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            first = 0
            for text in process.stdout:
                event = json.loads(text)
                if event["event"] == "epoch":
                    first = first or event["epoch"]
                    if event["epoch"] > first + 1:
                        process.send_signal(signal.SIGINT)
                        break
            rest = process.stdout.read()
        assert process.returncode == 130
        assert first == reached + 1
        result = json.loads(rest.splitlines()[-1])
        assert {each["state"] for each in result["variants"]} == {"stopped"}
        reached = result["variants"][0]["epoch"]
        assert reached >= first
