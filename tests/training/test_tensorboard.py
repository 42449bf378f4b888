"""Event files for TensorBoard, whose package is optional; a stand-in takes down what is written."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from app.cli.main import run
from app.training import tensorboard
from app.training.control import Control
from app.training.events import BatchDone, EpochDone, Failed, Finished
from app.training.loop import train
from app.training.tensorboard import ABSENT, logged
from tests.training.nets import FAST, compiled, linear_net, only

LOGGED = replace(FAST, epochs=2, log="tensorboard")


class Writer:
    """Takes the place of torch's ``SummaryWriter``."""

    made: ClassVar[list[Writer]] = []

    def __init__(self, log_dir: str) -> None:
        self.log_dir, self.closed = log_dir, False
        self.scalars: dict[str, list[tuple[int, float]]] = {}
        self.texts: list[str] = []
        Writer.made.append(self)

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        self.scalars.setdefault(tag, []).append((step, value))

    def add_text(self, tag: str, text: str, step: int) -> None:
        self.texts.append(f"{tag} {step}: {text}")

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    Writer.made.clear()
    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: object())


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(tensorboard, "find_spec", lambda name: None if name == "tensorboard" else real(name))


def test_every_number_is_written_at_its_place(installed: None, tmp_path: Path) -> None:
    """Fails if a metric is missing, stands at another step, or differs from what the run tells."""
    control, told = Control(), []
    net = compiled(linear_net())
    for event in logged(train(net, LOGGED, out=tmp_path, control=control), LOGGED, tmp_path):  # type: ignore[arg-type]
        told.append(event)
        if isinstance(event, BatchDone) and (event.epoch, event.batch) == (1, 3):
            control.set_lr(0.05)
    (writer,) = Writer.made
    assert isinstance(told[-1], Finished)
    assert writer.closed
    assert writer.log_dir == str(tmp_path / "tensorboard")
    batches = only(told, BatchDone)
    assert writer.scalars["batch/loss"] == [(number, each.loss) for number, each in enumerate(batches, 1)]
    done = only(told, EpochDone)
    for tag, name in (("loss/train", "train_loss"), ("loss/val", "val_loss"), ("accuracy/val", "val_accuracy")):
        assert writer.scalars[tag] == [(each.epoch, each.metrics[name]) for each in done]
    assert writer.scalars["lr"] == [(1, 0.05), (2, 0.05)]
    assert writer.texts == ["changes 1: learning rate 0.1 → 0.05"]


def test_who_stops_listening_leaves_whole_files(installed: None, tmp_path: Path) -> None:
    """Fails if a training that is broken off leaves its file open, or goes on in the dark."""
    running = logged(train(compiled(linear_net()), LOGGED, out=tmp_path), LOGGED, tmp_path)  # type: ignore[arg-type]
    for event in running:
        if isinstance(event, BatchDone):
            break
    running.close()
    assert Writer.made[0].closed
    assert (tmp_path / "weights.safetensors").is_file()


def test_without_the_wish_nothing_is_written(absent: None, tmp_path: Path) -> None:
    """Fails if a training needs the package that nobody has asked for."""
    plain = replace(LOGGED, log="none")
    told = list(logged(train(compiled(linear_net()), plain, out=tmp_path), plain, tmp_path))  # type: ignore[arg-type]
    assert isinstance(told[-1], Finished)
    assert not (tmp_path / "tensorboard").exists()


def test_without_the_package_a_sentence_says_so(
    absent: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fails if a missing package ends in a traceback, or in a training that writes nothing."""
    running: Any = train(compiled(linear_net()), LOGGED, out=tmp_path / "a")
    (only_one,) = logged(running, LOGGED, tmp_path / "a")
    assert isinstance(only_one, Failed)
    assert only_one.sentence == ABSENT
    line = ["train", "logistic_regression", "--epochs", "1", "--log", "tensorboard", "--out", str(tmp_path / "b")]
    assert run(line) == 1
    assert "pip install tensorboard" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
