"""A run that was kept is found again: its numbers, its weights, and where it goes on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.core.checks.problems import SetTraining
from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.files import open_project
from app.core.storage.templates import load
from app.training.checkpoints import load_run
from app.training.events import EpochDone, Finished
from app.training.loop import train
from app.training.run_description import change_about
from app.ui.insight.subject_cache import TrainedRun
from app.ui.training import runs
from app.ui.training.panel import TrainingPanel
from tests.ui.live.conftest import Make

RECIPE = Recipe(optimizer="Adam", lr=0.002, epochs=3, batch_size=256, validation=0.2, device="cpu")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs that was to have three."""
    folder = tmp_path_factory.mktemp("runs") / "mlp-20260131-140502"
    net = compile_net(load("mlp_digits"))
    running = train(net, RECIPE, out=folder)
    for event in running:
        if isinstance(event, EpochDone) and event.epoch == 2:
            break
    running.close()
    return folder


def test_a_run_is_found_by_its_files(kept: Path, tmp_path: Path) -> None:
    """Fails if the numbers of a run are lost, or damaged lines of its metrics end in an error."""
    found = runs.past(kept)
    assert found is not None
    assert found.epoch == 2
    assert runs.past(tmp_path) is None
    assert runs.past(tmp_path / "nowhere") is None
    folder = tmp_path / "spoiled"
    folder.mkdir()
    (folder / "drawing.netloom").write_text("{}")
    (folder / "weights.safetensors").write_bytes(b"")
    bare = runs.past(folder)
    assert bare is not None
    assert (bare.epoch, bare.epochs) == (0, ())
    good = json.loads((kept / "metrics.jsonl").read_text().splitlines()[0])
    lines = [
        "no json", "[]", "[" * 100_000, json.dumps({**good, "train_loss": None}), json.dumps({**good, "epoch": "1"}),
        json.dumps({**good, "epoch": True}), json.dumps({**good, "more": "1"}), json.dumps(good), '{"epoch": 7}',
    ]  # fmt: skip
    (folder / "metrics.jsonl").write_text("\n".join(lines))
    spoiled = runs.past(folder)
    assert spoiled is not None
    assert [epoch.epoch for epoch in spoiled.epochs] == [1]


def test_the_menu_reads_no_more_than_the_last_epoch_of_a_long_run(kept: Path, tmp_path: Path) -> None:
    """Fails if opening a menu reads and understands a hundred thousand lines of each run."""
    folder = tmp_path / "long"
    shutil.copytree(kept, folder)
    good = json.loads((kept / "metrics.jsonl").read_text().splitlines()[0])
    lines = [json.dumps({**good, "epoch": epoch, "epochs": 5000}) for epoch in range(1, 5001)]
    (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    whole, brief = runs.past(folder), runs.past(folder, last=True)
    assert whole is not None
    assert brief is not None
    assert (whole.epoch, brief.epoch) == (5000, 5000)
    assert len(whole.epochs) == 5000
    assert len(brief.epochs) < 50


def test_a_run_is_looked_at_and_goes_on(kept: Path, desk: Make, qtbot: QtBot) -> None:
    """Fails if what was learned cannot be seen or continued once the window that trained it is closed."""
    past = runs.past(kept)
    assert past is not None
    here = desk(open_project(kept / "drawing.netloom").project)
    panel = TrainingPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1200, 260)
    panel.show()
    here.session.recall(past)
    assert panel.words.text().startswith("Stopped after 2 epochs; what was learned is kept · loss ")
    assert panel.train_on.isVisible()
    here.load_torch()
    origin = here.session.origin_of("fc1")
    assert isinstance(origin, TrainedRun)
    weights = here.session._kept.subject(origin).model.state_dict()["fc1.weight"]
    assert torch.equal(weights, load_run(kept).model.state_dict()["fc1.weight"])
    here.until(lambda: panel.curves is not None)
    panel.train_on.click()
    assert isinstance(here.until_ended(), Finished)
    assert load_run(kept).epoch == 3
    assert not panel.train_on.isVisible()


def test_a_run_of_no_use_is_looked_at_but_not_gone_on_with(kept: Path, desk: Make, qtbot: QtBot) -> None:
    """Fails if Continue is offered for a run that diverged once its window was closed, or what its sentence recommends
    has lost its button."""
    sentence = "The loss is no longer a number. Train again with 0.0002."
    change_about(kept, ending="failed", sentence=sentence, useless=True, fixes=(SetTraining("lr", 0.0002),))
    past = runs.past(kept)
    assert past is not None
    here = desk(open_project(kept / "drawing.netloom").project)
    panel = TrainingPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.show()
    here.session.recall(past)
    assert panel.words.full_text
    assert not panel.train_on.isVisible()
    here.until(lambda: [each for each in panel.mending.findChildren(QPushButton) if each.isVisible()])
    (again,) = [each for each in panel.mending.findChildren(QPushButton) if each.isVisible()]
    assert again.text().strip() == "Train again with 0.0002"
    again.click()
    assert isinstance(here.until_ended(), Finished)
    assert here.session.run is not None
    assert here.session.run.project.recipe.lr == 0.0002
