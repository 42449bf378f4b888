"""Pictures of one's own under a net that normalises them: wherever they are shown, they look like their files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.data.source_looks import looked_at
from app.insight.browsing import Browser
from app.insight.view_runner import steps_of
from app.training.checkpoints import load_run
from app.training.events import Finished
from app.training.loop import train
from tests.support.drawings import chain, node
from tests.training.nets import FAST

SIDE, COUNT = 8, 40


@pytest.fixture(scope="module", params=["Standardize", "StandardizeWith"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on colour pictures; they lie in ``pictures`` beside it."""
    place = tmp_path_factory.mktemp("normalised")
    for number in range(COUNT):
        path = place / "pictures" / ("warm", "cold")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 156, (SIDE, SIDE, 3), dtype=np.uint8)
        pixels[..., (0, 2)[number % 2]] += 100
        Image.fromarray(pixels).save(path)
    nodes = [node("pics", "Pictures", path=str(place / "pictures")), node("norm", request.param)]
    nodes += [node("flatten", "Flatten"), node("fc1", "Linear", out_features=2), node("loss", "CrossEntropyLoss")]
    wires = chain("pics.image", "norm", "flatten", "fc1", "loss.prediction")
    graph = Graph.of(nodes, [*wires, Wire("pics", "label", "loss", "target")])
    project = looked_at(Project("Own", graph=graph, recipe=replace(FAST, epochs=2)))
    *_, last = train(compile_net(project), project.recipe, out=place / "run")
    assert isinstance(last, Finished)
    return place / "run"


def files(run: Path) -> dict[bytes, str]:
    """The name of each file by its pixels."""
    found = sorted((run.parent / "pictures").rglob("*.png"))
    return {np.asarray(Image.open(path)).tobytes(): f"{path.parent.name}/{path.name}" for path in found}


def as_bytes(picture: np.ndarray) -> bytes:
    return np.round(np.asarray(picture, np.float64) * 255).astype(np.uint8).tobytes()


def test_the_panel_for_data_shows_the_pixels_of_the_files(run: Path) -> None:
    """Fails if a thumbnail is normalised, scaled, or has red and blue exchanged."""
    browser = Browser(load_run(run).project, "pics")
    known = files(run)
    for sample in browser.read(range(COUNT)):
        assert sample.picture is not None
        assert known[sample.picture.tobytes()] == sample.name


@pytest.mark.parametrize("view", ["saliency", "integrated", "occlusion", "smoothgrad", "errors", "adversarial"])
def test_views_show_the_pixels_of_the_files(run: Path, view: str) -> None:
    """Fails if what stands beside an attribution, among the hardest samples, or before an attack is normalised."""
    *_, step = steps_of(load_run(run), view)
    tiles, known = step.pictures[0], files(run)
    shown = [tiles.source] if tiles.source is not None else list(tiles.maps[: 1 if view == "adversarial" else None])
    assert shown
    assert all(as_bytes(picture) in known for picture in shown if picture is not None)


def test_a_file_that_is_asked_about_is_shown_as_it_is(run: Path) -> None:
    """Fails if the picture beside the answer is what the net reads and not what was opened."""
    path = next((run.parent / "pictures" / "warm").glob("*.png"))
    *_, step = steps_of(load_run(run), "saliency", options={"image": str(path)})
    assert step.pictures[0].source is not None
    assert as_bytes(step.pictures[0].source) == np.asarray(Image.open(path)).tobytes()


def test_grey_is_that_of_training_in_the_panel_too(tmp_path: Path) -> None:
    """Fails if previews use Qt's grey, in which pure green is 220 and not 150."""
    for number in range(4):
        path = tmp_path / "pictures" / ("a", "b")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (SIDE, SIDE), (0, 255, 0)).save(path)
    graph = Graph.of([node("pics", "Pictures", path=str(tmp_path / "pictures"), colour="grey")], [])
    (first, *_) = Browser(looked_at(Project("Grey", graph=graph)), "pics").read(range(4))
    assert first.picture is not None
    assert np.unique(first.picture).tolist() == [150]
