"""A folder that has changed since a training is read as the run was trained, whatever it would come to now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.storage.files import open_project
from app.data import catalog
from app.data.source_looks import looked_at
from app.training.checkpoints import load_run
from app.training.events import Failed, Finished
from app.training.loop import train
from nodes.reading import cache


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)
    catalog._held.clear()


def picture(path: Path, number: int, side: int = 8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (side, side), number * 37 % 256).save(path)


@pytest.fixture
def grown(tmp_path: Path) -> Path:
    """The folder of a run on pictures of 8×8 that got a larger, coloured picture afterwards."""
    root, drawing = tmp_path / "pictures", tmp_path / "first.netloom"
    for number in range(40):
        picture(root / ("dark", "light")[number % 2] / f"{number}.png", number)
    assert run(["start", str(root), "-o", str(drawing)]) == 0
    assert run(["train", str(drawing), "--out", str(tmp_path / "run"), "--epochs", "1"]) == 0
    assert load_run(tmp_path / "run").net.plan.sources[0].fields["image"].sizes == (1, 8, 8)
    for number in range(30):
        Image.new("RGB", (32 + number, 40), (200, 10, number)).save(root / "dark" / f"large{number}.png")
    return tmp_path / "run"


def test_a_run_is_measured_and_seen_as_it_was_trained(grown: Path, tmp_path: Path, capsys: Any) -> None:
    """Fails if what the folder would come to by now, pictures in colour of 64×64, is given to a net that was trained
    with 8×8 in grey."""
    net = load_run(grown).net
    (source,) = net.plan.sources
    values = catalog.load(source).at(torch.arange(70), None, ["image"])["image"]
    assert values.shape == (70, 1, 8, 8)
    capsys.readouterr()
    assert run(["evaluate", str(grown), "--json"]) == 0, capsys.readouterr().err
    assert json.loads(capsys.readouterr().out)["samples"] > 0
    out = tmp_path / "a.png"
    conv = next(step for step in net.project.graph.nodes if step.startswith("conv"))  # type: ignore[union-attr]
    view = ["--view", "activations", "--node", conv, "-o", str(out)]
    assert run(["inspect", str(grown), *view]) == 0, capsys.readouterr().err
    assert out.exists()


def test_a_run_is_continued_as_it_was_trained(grown: Path) -> None:
    """Fails if continuing looks at the folder anew and then refuses its own drawing, or forgets afterwards what the
    data had come to."""
    for epochs in ("2", "3"):
        catalog._held.clear()
        assert run(["train", "--resume", str(grown), "--epochs", epochs]) == 0
    again = load_run(grown)
    assert again.epoch == 3
    assert again.net.plan.sources[0].fields["image"].sizes == (1, 8, 8)
    assert again.net.plan.sources[0].seen is not None
    assert again.net.plan.sources[0].seen.settled["size"] == (8, 8)


def test_a_drawing_that_has_seen_other_data_since_is_refused(grown: Path) -> None:
    """Fails if a drawing whose pictures have become larger goes on with weights for small ones."""
    project = looked_at(open_project(grown / "drawing.netloom").project)
    net = compile_net(project)
    events = list(train(net, project.recipe, resume=grown))
    assert not any(isinstance(event, Finished) for event in events)
    assert isinstance(events[-1], Failed)
