"""``make demo``: the whole way without a window."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.cli import demo, progress
from app.cli.demo import DemoCurves, curves, main
from app.training.checkpoints import load_run
from app.training.events import EpochDone, Failed
from tests.support.epochs import epoch_done

PICTURES = ("loss.png", "filters.png", "activations.png", "dream.png")
FILES = ("net.py", "drawing.netloom", "weights.safetensors", "state.pt", "metrics.jsonl")


@pytest.fixture(autouse=True)
def _short_dreams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "DREAM_STEPS", 12)


def test_it_writes_everything_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a file is missing or not named, a picture is blank, or the run cannot be used afterwards."""
    out = tmp_path / "demo"
    assert main(["--out", str(out), "--epochs", "2", "--seed", "4", "--digit", "7"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    for name in (*PICTURES, *FILES):
        assert (out / name).is_file(), name
        assert f"  {name} " in said.out
    for name in PICTURES:
        pixels = np.asarray(Image.open(out / name))
        assert pixels.shape[1] >= 960
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20
    run = load_run(out)
    assert (run.epoch, run.project.recipe.epochs, run.project.recipe.seed) == (2, 2, 4)
    assert [json.loads(line)["epoch"] for line in (out / "metrics.jsonl").read_text().splitlines()] == [1, 2]
    assert "what they answer to a 7" in said.out
    # Progress with time left, and the result.
    assert "epoch 1/2" in said.out
    assert " left" in said.out
    assert "Of the validation digits it reads" in said.out
    compile((out / "net.py").read_text(), "net.py", "exec")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if the demo ends in a traceback, or with status 0."""
    (tmp_path / "file").write_text("in the way")
    assert main(["--out", str(tmp_path / "file" / "demo"), "--epochs", "1"]) == 1
    said = capsys.readouterr().err
    assert "file" in said
    assert "Choose another" in said
    assert "Traceback" not in said


def test_a_setting_out_of_limits_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if zero epochs end in a traceback after nothing was learned."""
    assert main(["--out", str(tmp_path), "--epochs", "0"]) == 1
    assert "epochs must be a whole number from 1" in capsys.readouterr().err


def test_a_failing_training_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the sentence of a training that failed is lost."""

    def failing(*_: object, **__: object) -> object:
        yield Failed("conv1", "There is not enough memory. Use a smaller batch size, or smaller layers.")

    monkeypatch.setattr("app.training.loop.train", failing)
    assert main(["--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("conv1: There is not enough memory.")


def test_wrong_usage_has_status_2() -> None:
    """Fails if a typing mistake starts a training."""
    run = subprocess.run(
        [sys.executable, "-m", "app.cli.demo", "--epoch", "x"], cwd=Path(__file__).parents[2], capture_output=True
    )
    assert run.returncode == 2
    assert b"usage" in run.stderr


def test_interrupting_keeps_the_run_and_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if Ctrl+C is a traceback, or what was learned is lost."""

    class Impatient(progress.Lines):
        def milestone(self, text: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(demo, "bar", Impatient)
    assert main(["--out", str(tmp_path / "demo"), "--epochs", "3"]) == 130
    assert "--resume" in capsys.readouterr().err
    assert load_run(tmp_path / "demo").epoch == 1


def epoch(number: int, validation: float | None) -> EpochDone:
    """The numbers of one epoch."""
    return epoch_done(
        number, 3, train_loss=1.0 / number, train_accuracy=0.9, val_loss=validation, val_accuracy=validation
    )


def test_curves_without_held_out_data() -> None:
    """Fails if values that were not measured are drawn, or stop the drawing."""
    course = DemoCurves([0.1, 0.5, 0.9], [2.0, float("nan"), 1.0], [epoch(1, None), epoch(2, None)])
    assert curves(course).shape == (560, 1280, 3)
    measured = DemoCurves([0.1], [2.0], [epoch(1, 0.5)])
    assert not np.array_equal(curves(measured), curves(course))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (750, "12:30"), (3723, "1:02:03"), (-3, "0:00")]
)
def test_time_as_people_write_it(seconds: float, text: str) -> None:
    """Fails if the time left reads 750.3 s."""
    assert progress.clock(seconds) == text


def test_a_bar_on_a_terminal_shows_numbers_and_keeps_notes(capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if the bar cannot be drawn, takes names for markup, or swallows the notes."""
    with progress.RichBar() as shown:
        shown.note("net [bold]x[/bold] starts")
        shown.start("epoch 1", 10)
        shown.at(5, "epoch 1/2", "loss [red]0.5")
        shown.milestone("epoch 1/2 done")
        shown.start("second", 3)
    said = capsys.readouterr().out
    assert "net [bold]x[/bold] starts" in said
    assert "epoch 1/2 done" in said
