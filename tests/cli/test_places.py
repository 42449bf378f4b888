"""Where a training writes its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.main import run
from app.cli.out import Stop
from app.cli.places import place_of
from app.core.graph.model import Graph, Project
from app.core.storage.files import save_project
from app.core.storage.processes import this_process
from app.core.storage.templates import load
from app.training.folder import FILES, WEIGHTS
from app.training.run_description import about, change_about
from app.training.run_folders import elsewhere
from tests.support.drawings import chain, node

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _no_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path / "netloom"))


@pytest.mark.parametrize("name", sorted({*FILES} - {WEIGHTS}))
def test_a_student_s_own_files_are_not_written_over(name: str, tmp_path: Path, capsys: Capture) -> None:
    """Fails if --out names the folder of somebody's work, and files of the names that a run has are lost."""
    (tmp_path / name).write_text("my work")
    into = ["import-weights", "nowhere.pt", "--into", "logistic_regression"]
    for command in (["train", "logistic_regression", "--epochs", "1"], into):
        assert run([*command, "--out", str(tmp_path)]) == 1
        assert f"{tmp_path} holds {name} already" in capsys.readouterr().err
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "my work")]


def test_no_folder_is_no_place(capsys: Capture) -> None:
    """Fails if an empty --out, as of a variable that is not set, means the current folder."""
    assert run(["train", "logistic_regression", "--out", ""]) == 2
    assert "--out names no folder" in capsys.readouterr().err


def test_two_that_begin_together_take_two_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if two trainings that are started in the same moment write into one folder."""
    monkeypatch.chdir(tmp_path)
    with place_of(None, None, "net") as first, place_of(None, None, "net") as second:
        assert (first, second) == (Path("runs/net"), Path("runs/net-2"))
        with pytest.raises(Stop, match="holds metrics"), place_of(first, None, "net"):
            pass
        assert first.is_dir()
    assert not Path("runs").exists(), "no run came about"


def test_nothing_is_left_of_a_run_that_did_not_begin(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a training that is refused leaves a folder behind, or takes one away that was there before."""
    drawing = tmp_path / "net.netloom"
    nodes = [
        node("image", "Input", shape=(8,)),
        node("label", "Input", shape=(), dtype="int", classes=10),
        node("fc1", "Linear"),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [*chain("image", "fc1", "loss.prediction"), *chain("label", "loss.target")]
    save_project(Project("Bare", graph=Graph.of(nodes, wires)), drawing)
    assert run(["train", str(drawing), "--out", str(tmp_path / "a/b")]) == 1
    assert "No data comes out of image" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["net.netloom"]
    (tmp_path / "mine").mkdir()
    with place_of(tmp_path / "mine", None, "net"):
        pass
    assert (tmp_path / "mine").is_dir()
    assert not list((tmp_path / "mine").iterdir())


def test_a_run_knows_its_drawing_and_how_it_ended(tmp_path: Path, capsys: Capture) -> None:
    """Fails if the window cannot find later what the command line has trained, or loses the file when that goes on."""
    drawing, out = tmp_path / "mine.netloom", tmp_path / "somewhere" / "run"
    save_project(load("logistic_regression"), drawing)
    assert run(["train", str(drawing), "--epochs", "1", "--out", str(out)]) == 0
    assert (about(out).files, about(out).ending) == ((str(drawing),), "finished")
    assert elsewhere() == [out]
    assert run(["train", "--resume", str(out), "--epochs", "2"]) == 0
    assert about(out).files == (str(drawing),)
    assert run(["train", "logistic_regression", "--epochs", "1", "--out", str(tmp_path / "other")]) == 0
    assert about(tmp_path / "other").files == ()


def test_a_run_is_trained_by_one_program_at_a_time(tmp_path: Path, capsys: Capture) -> None:
    """Fails if the command line writes into a run that a window is training."""
    assert run(["train", "logistic_regression", "--epochs", "1", "--out", str(tmp_path / "run")]) == 0
    change_about(tmp_path / "run", ending="", process=this_process())
    before = (tmp_path / "run" / WEIGHTS).read_bytes()
    assert run(["train", "--resume", str(tmp_path / "run"), "--epochs", "3"]) == 1
    assert "is being trained by another program" in capsys.readouterr().err
    assert (tmp_path / "run" / WEIGHTS).read_bytes() == before
