"""The commands runs and compare."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import run
from app.cli.runs import Teller, tell_all
from app.training import early_ends
from app.training.checkpoints import load_run
from app.training.events import Started
from app.training.kept_runs import drawing_of
from app.training.run_description import change_about

Capture = pytest.CaptureFixture[str]
QUICK = ["--epochs", "2", "--batch-size", "512", "--device", "cpu"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three runs of one drawing and one of another, the later ones written later."""
    place = tmp_path_factory.mktemp("runs")
    for number, (what, name, more) in enumerate(
        [
            ("mlp_digits", "first", []),
            ("mlp_digits", "second", ["--lr", "0.01"]),
            ("mlp_digits", "third", ["--lr", "0.01", "--optimizer", "SGD"]),
            ("lenet_digits", "other", []),
        ]
    ):
        assert run(["train", what, *QUICK, *more, "--out", str(place / name)]) == 0
        os.utime(place / name / "weights.safetensors", (1e9 + number, 1e9 + number))
    return place


def metrics(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def told(line: list[str], capsys: Capture) -> Any:
    assert run([*line, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_each_run_tells_what_its_folder_holds(trained: Path, capsys: Capture) -> None:
    """Fails if a number is not that of metrics.jsonl, a run is missing, or the order is not by time."""
    change_about(trained / "second", name="Faster", note="larger steps")
    found = told(["runs", str(trained)], capsys)
    assert [Path(each["run"]).name for each in found] == ["other", "third", "second", "first"]
    for each in found:
        lines = metrics(Path(each["run"]))
        assert each["metric"] == "val_accuracy"
        assert each["result"] == lines[-1]["val_accuracy"]
        assert each["seconds"] == sum(line["seconds"] for line in lines)
        assert each["epoch"] == each["epochs"] == 2
        assert each["ending"] == "finished"
    other, third, second, first = found
    assert (second["name"], second["note"], first["name"]) == ("Faster", "larger steps", "first")
    assert (first["settings"]["lr"], second["settings"]["lr"]) == (0.002, 0.01)
    assert first["weights"] == 64 * 64 + 64 + 64 * 10 + 10
    assert first["differs"] is None, "there is none before"
    assert second["differs"] == ["learning rate 0.002 → 0.01"]
    assert third["differs"] == ["optimizer Adam → SGD"]
    assert other["differs"] is None, "it is another drawing"


def test_a_person_reads_the_same(trained: Path, capsys: Capture) -> None:
    """Fails if the table leaves out results, times, parameters or differences."""
    assert run(["runs", str(trained)]) == 0
    text = capsys.readouterr().out
    accuracy = metrics(trained / "second")[-1]["val_accuracy"]
    line = next(line for line in text.splitlines() if "Adam 0.01" in line)
    assert f"{100 * accuracy:.1f} %" in line
    assert "4,810" in line
    assert "learning rate 0.002 → 0.01" in text
    assert run(["compare", str(trained / "first"), str(trained / "third"), str(trained / "first")]) == 0
    text = capsys.readouterr().out
    assert "    optimizer Adam → SGD\n    learning rate 0.002 → 0.01" in text
    assert "no difference" in text


def test_compared_runs_are_measured_by_the_first(trained: Path, capsys: Capture) -> None:
    """Fails if each is compared with the one before it, or only two can be."""
    found = told(["compare", str(trained / "third"), str(trained / "second"), str(trained / "first")], capsys)
    assert found["from"] == str(trained / "third")
    assert [each["differs"] for each in found["runs"]] == [
        None,
        ["optimizer SGD → Adam"],
        ["optimizer SGD → Adam", "learning rate 0.01 → 0.002"],
    ]
    assert [each["result"] for each in found["runs"]] == [
        metrics(trained / name)[-1]["val_accuracy"] for name in ("third", "second", "first")
    ]


def test_lines_that_cannot_be_read_are_named(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if a run with damaged numbers looks like a whole one, or a line that is cut off or says that its loss was
    no number is called damaged."""
    folder = Path(shutil.copytree(trained / "first", tmp_path / "first"))
    whole = (folder / "metrics.jsonl").read_bytes()
    no_number = json.dumps({"epoch": 3, "train_loss": None}).encode()
    (folder / "metrics.jsonl").write_bytes(b"{oops}\n" + whole + b"\xff\n\n" + no_number + b'\n{"epoch": 4')
    said = f"Lines 1, {len(whole.splitlines()) + 2} of {folder / 'metrics.jsonl'} cannot be read"
    assert run(["runs", str(folder)]) == 0
    assert capsys.readouterr().out.count(said) == 1
    for line in ([str(folder), str(trained / "third")], [str(trained / "third"), str(folder)]):
        assert run(["compare", *line]) == 0
        assert capsys.readouterr().out.count(said) == 1
    (found,) = told(["runs", str(folder)], capsys)
    assert found["damaged_lines"] == [1, len(whole.splitlines()) + 2]
    (folder / "metrics.jsonl").write_bytes(whole)
    assert told(["runs", str(folder)], capsys)[0]["damaged_lines"] == []


def test_runs_of_one_drawing(trained: Path, capsys: Capture, tmp_path: Path) -> None:
    """Fails if the file of a drawing does not lead to its runs, wherever they lie, or to those of others as well."""
    file = tmp_path / "mine.netloom"
    file.write_bytes((trained / "first" / "drawing.netloom").read_bytes())
    assert run(["train", str(file), *QUICK, "--out", str(tmp_path / "mine")]) == 0
    capsys.readouterr()
    assert [each["run"] for each in told(["runs", str(file)], capsys)] == [str(tmp_path / "mine")]
    every = [each["run"] for each in told(["runs"], capsys)]
    assert str(tmp_path / "mine") in every
    assert set(every) >= {str(trained / name) for name in ("first", "second", "third", "other")}
    assert [each["run"] for each in told(["runs", str(trained / "first")], capsys)] == [str(trained / "first")]


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        (["runs", "{}/nothing"], 1, "There is no folder"),
        (["runs", "{}/empty"], 1, "holds no runs"),
        (["compare", "{}/first"], 2, "at least two runs"),
        (["compare", "{}/first", "{}/empty"], 1, "is not the folder of a run"),
        (["compare", "{}/first", "{}/broken"], 1, "cannot be read"),
    ],
)
def test_what_is_no_run_is_said(line: list[str], status: int, said: str, trained: Path, capsys: Capture) -> None:
    """Fails if a wrong folder ends in a traceback, or in silence."""
    (trained / "empty").mkdir(exist_ok=True)
    (trained / "broken").mkdir(exist_ok=True)
    for name in ("weights.safetensors", "metrics.jsonl"):
        (trained / "broken" / name).write_bytes((trained / "first" / name).read_bytes())
    os.utime(trained / "broken" / "weights.safetensors", (1, 1))
    (trained / "broken" / "drawing.netloom").write_text("{")
    assert drawing_of(trained / "broken") is None
    assert run([part.format(trained) for part in line]) == status
    assert said in capsys.readouterr().err
    (trained / "broken" / "drawing.netloom").unlink()


def test_neither_needs_torch(trained: Path) -> None:
    """Fails if the list of runs takes the seconds that torch needs to load."""
    check = "import sys; from app.cli.main import run; run(sys.argv[1:]); sys.exit('torch' in sys.modules)"
    for line in (["runs", str(trained)], ["compare", str(trained / "first"), str(trained / "other")]):
        assert subprocess.run([sys.executable, "-c", check, *line], capture_output=True).returncode == 0


def test_runs_on_other_data_are_told_as_such(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if results of other data, or of another share that is held out, are laid side by side without a word, or
    runs that differ in the recipe alone are said to be unlike."""
    moons, half = tmp_path / "moons", tmp_path / "half"
    assert run(["train", "moons", *QUICK, "--out", str(moons)]) == 0
    assert run(["train", "mlp_digits", *QUICK, "--set", "validation=0.5", "--out", str(half)]) == 0
    capsys.readouterr()
    runs = [str(each) for each in (trained / "first", trained / "third", moons, half)]
    assert run(["compare", *runs]) == 0
    out = capsys.readouterr().out
    assert "first learns from Handwritten digits (size 8×8), moons from Teaching points (shape moons" in out
    assert "first is checked on 20 % of the data, half on 50 % of the data." in out
    assert out.count("cannot be compared one to one") == 2
    found = [each["not_one_to_one"] for each in told(["compare", *runs], capsys)["runs"]]
    assert [bool(each) for each in found] == [False, False, True, True]


def test_a_run_begins_where_another_stood(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if --from takes other weights than those of the epoch, writes into the parent, or is not told of."""
    before = {path: path.read_bytes() for path in (trained / "first").rglob("*") if path.is_file()}
    branch = tmp_path / "branch"
    left = f"{trained / 'first'}@1"
    assert run(["train", "--from", left, "--out", str(branch), "--epochs", "3", "--optimizer", "SGD"]) == 0
    out = capsys.readouterr().out
    assert "SGD starts afresh: what Adam had gathered is of no use to it." in out
    assert "epoch 2/3" in out
    assert "epoch 1/3" not in out
    assert metrics(branch)[0] == metrics(trained / "first")[0]
    (found,) = told(["runs", str(branch)], capsys)
    assert found["from"] == {"run": str((trained / "first").absolute()), "epoch": 1}
    assert found["kept"] == [1, 2, 3]
    assert run(["runs", str(branch)]) == 0
    assert "continued from first at epoch 1" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in before} == before


def test_a_branch_is_told_from_its_parent_also_when_that_has_gone_on_since(
    trained: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Fails if a branch is measured against some other run of the drawing, because its parent was written later."""
    place = tmp_path / "runs"
    for name in ("first", "third"):
        shutil.copytree(trained / name, place / name)
    left = f"{place / 'first'}@1"
    assert run(["train", "--from", left, "--out", str(place / "branch"), "--lr", "0.004"]) == 0
    for number, name in enumerate(("third", "branch", "first")):
        os.utime(place / name / "weights.safetensors", (1e9 + number, 1e9 + number))
    capsys.readouterr()
    found = {Path(each["run"]).name: each["differs"] for each in told(["runs", str(place)], capsys)}
    assert found["branch"] == ["learning rate 0.002 → 0.004"]


def test_a_run_that_its_rule_has_ended_says_how_to_go_on(tmp_path: Path, capsys: Capture) -> None:
    """Fails if --resume of such a run reads as if it had just been trained, or does not say what would train it."""
    rule = ["--set", "stopping=reached", "--set", "goal=0.01", "--set", "watch=metric"]
    assert run(["train", "mlp_digits", *QUICK, *rule, "--out", str(tmp_path / "r")]) == 0
    assert "Stopped early after 1 epoch" in capsys.readouterr().out
    assert run(["train", "--resume", str(tmp_path / "r")]) == 0
    said = capsys.readouterr().out
    assert "Nothing was trained: the run has ended early after 1 epoch, as the goal was reached." in said
    assert "--set stopping=never" in said
    assert run(["train", "--resume", str(tmp_path / "r"), "--set", "stopping=never"]) == 0
    assert "Finished after 2 epochs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        (["--from", "{}/first@7"], 1, "Epoch 7 of"),
        (["--from", "{}/first@two"], 2, "--from takes a run and an epoch"),
        (["--from", "{}/nowhere@2"], 1, "is not the folder of a run"),
        (["--from", "{}/first@1", "--seed", "5"], 1, "held out"),
        (["--from", "{}/first@1", "--folds", "3"], 1, "held out"),
        (["--from", "{}/first@1", "--resume", "{}/first"], 2, "without --resume"),
        (["--from", "{}/first@1", "--set", "momentum=0.5"], 2, "not chosen"),
        (["--from", "{}/first@1", "--out", "{}/second"], 1, "holds a run already"),
        (["lenet_digits", "--from", "{}/first@1"], 1, "differs"),
    ],
)
def test_what_cannot_be_left_is_said(
    line: list[str], status: int, words: str, trained: Path, tmp_path: Path, capsys: Capture, monkeypatch: Any
) -> None:
    """Fails if a wrong place to begin from ends in a traceback, in silence, or with a folder left behind."""
    monkeypatch.chdir(tmp_path)
    assert run(["train", *(part.format(trained) for part in line)]) == status
    assert words in capsys.readouterr().err
    assert not list(tmp_path.rglob("drawing.netloom"))


def test_how_a_run_goes_on_is_said_once(trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Fails if a failed training says nothing of what is kept, or says it again behind a sentence that has said it."""
    folder = trained / "first"
    net = load_run(folder).net
    for lost, begins in ((True, "Another process of this training has ended"), (False, "Something broke")):
        monkeypatch.setattr(early_ends, "lost_another", lambda error, lost=lost: lost)
        end = early_ends.failed(net, RuntimeError("Something broke."), folder)
        begun = Started(device="cpu", samples=9, validation=1, batches=1, epochs=2, parameters=4)
        assert tell_all([begun, end], Teller(folder, "mlp_digits"), folder) == 1
        told = capsys.readouterr().err
        assert begins in told
        assert told.count(f"netloom train --resume {folder}") == 1
