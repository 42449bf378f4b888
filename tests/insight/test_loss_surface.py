"""The loss over a plane through the weights, compared with plain torch; its directions, compared with numpy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.insight.part_predictions import parts_for
from app.insight.samples import load_samples
from app.insight.space.landscape import LossPlane, inner, kept_ways, principal, random_direction, weights_of
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Subject, ViewStep
from app.insight.views import views
from app.training.checkpoints import load_run, weights_at
from app.training.events import Finished
from app.training.loop import train
from tests.support.drawings import chain, node

NAMES = ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the two moons with its epochs."""
    place = tmp_path_factory.mktemp("landscape") / "moons"
    *_, end = train(compile_net(load("moons")), Recipe(epochs=6, lr=0.03, seed=2, device="cpu"), out=place)
    assert isinstance(end, Finished)
    return place


def of(folder: Path) -> Subject:
    run = load_run(folder)
    return Subject(run.net, run.model, load_samples(run.net, run.project.recipe), folder=folder)


def steps(subject: Subject, **options: object) -> list[ViewStep]:
    return list(views()["loss_surface"].steps(Look(subject), options))


def in_the_end(subject: Subject, **options: object) -> Tiles:
    return steps(subject, **options)[-1].pictures[0]


def flat(weights: object) -> np.ndarray:
    return np.concatenate([weights[name].double().numpy().ravel() for name in NAMES])  # type: ignore[index]


def plain_loss(subject: Subject, vector: np.ndarray) -> float:
    """The loss of all training samples with these weights, by torch alone."""
    parts = parts_for(subject.net)
    pieces = [batch for _, batch in parts.read(parts.index("train"))]
    batch = {key: torch.cat([piece[key] for piece in pieces]) for key in pieces[0]}
    state, start = subject.model.state_dict(), 0
    given = []
    for name in NAMES:
        size = state[name].numel()
        given.append(torch.from_numpy(vector[start : start + size]).float().reshape(state[name].shape))
        start += size
    one, two, three, four = given
    scores = torch.tanh(batch["points.point"] @ one.T + two) @ three.T + four
    return float(cross_entropy(scores, batch["points.label"]))


def test_each_filter_of_a_random_direction_is_as_long_as_that_of_the_weights() -> None:
    """Fails if the direction is normalised as a whole, or biases are moved, which makes nets incomparable."""
    model = compile_net(load("lenet_digits")).model(1)
    weights = weights_of(model)
    found = random_direction(weights, torch.Generator().manual_seed(4))
    for value, drawn in zip(weights, found):
        if value.dim() == 1:
            assert not drawn.any()
            continue
        for one, other in zip(value, drawn):
            assert torch.linalg.vector_norm(other) == pytest.approx(float(torch.linalg.vector_norm(one)), rel=1e-4)
    again = random_direction(weights, torch.Generator().manual_seed(4))
    assert all(torch.equal(a, b) for a, b in zip(found, again))


def test_the_plane_has_the_loss_of_the_moved_weights(folder: Path) -> None:
    """Fails if a place has the loss of another one, the weights are not moved by the directions, or the model that is
    looked at is changed."""
    subject = of(folder)
    before = {name: value.clone() for name, value in subject.model.state_dict().items()}
    tiles = in_the_end(subject, steps=9, samples=1000, seed=3)
    plot = tiles.plot
    assert plot is not None
    generator = torch.Generator().manual_seed(3)
    weights = weights_of(subject.model)
    one, other = (random_direction(weights, generator) for _ in range(2))
    start, a, b = (np.concatenate([v.double().numpy().ravel() for v in each]) for each in (weights, one, other))
    size = tiles.maps.shape[1]
    along = np.linspace(-1, 1, size)
    logs = "log10" in tiles.title
    for row, column in ((0, 0), (0, size - 1), (size - 1, 2), (size // 2, size // 2)):
        wanted = plain_loss(subject, start + along[column] * a + along[size - 1 - row] * b)
        found = float(tiles.maps[0, row, column])
        assert (10**found if logs else found) == pytest.approx(wanted, rel=1e-4)
    assert all(torch.equal(value, before[name]) for name, value in subject.model.state_dict().items())
    assert "with directions along the path it is seen" in tiles.note  # two random ones of thousands show nothing of it


def test_the_path_is_that_of_the_principal_components(folder: Path) -> None:
    """Fails if the directions of the path, or the places of the epochs on it, are not those that numpy finds."""
    subject = of(folder)
    tiles = in_the_end(subject, steps=5, directions="path")
    assert tiles.plot is not None
    now = flat(subject.model.state_dict())
    away = np.stack([flat(weights_at(folder, epoch)) - now for epoch in range(7)])
    _, sizes, rows = np.linalg.svd(away, full_matrices=False)
    wanted = away @ rows[:2].T
    (line,) = tiles.plot.lines
    signs = np.sign((line.points[:7] * wanted).sum(0))
    assert np.allclose(line.points[:7], wanted * signs, atol=1e-3 * np.abs(wanted).max())
    share = (sizes[:2] ** 2).sum() / (sizes**2).sum()
    assert f"{100 * share:.0f} % of the way" in tiles.note
    assert "directions along the path" not in tiles.note
    assert tiles.plot.x[0] < line.points[:, 0].min() < line.points[:, 0].max() < tiles.plot.x[1]


def test_the_components_have_length_one_and_a_right_angle(folder: Path) -> None:
    """Fails if distances on the plane are no distances between weights."""
    _, away = kept_ways(of(folder))
    (one, other), share = principal([each for each in away if inner(each, each)])
    assert inner(one, one) == pytest.approx(1, abs=1e-3)
    assert inner(other, other) == pytest.approx(1, abs=1e-3)
    assert inner(one, other) == pytest.approx(0, abs=1e-3)
    assert 0 < share <= 1 + 1e-9


def test_it_is_coarse_first_and_keeps_what_it_has_computed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if nothing can be seen before the end, or a place is computed twice."""
    asked: list[tuple[float, float]] = []
    real = LossPlane.loss
    monkeypatch.setattr(LossPlane, "loss", lambda self, x, y: asked.append((x, y)) or real(self, x, y))
    made = steps(of(folder), steps=33)
    assert len(asked) == len(set(asked)) == 33 * 33
    sizes = [step.pictures[0].maps.shape[1] for step in made]
    assert sizes == sorted(sizes)
    assert sizes[0] < 10
    assert sizes[-1] == 33
    assert made[-1].done == made[-1].steps


def test_what_has_no_surface_says_so(folder: Path, tmp_path: Path) -> None:
    """Fails if a net without loss, without weights, without data or with weights that are no numbers gives a traceback
    or a blank picture."""
    subject = of(folder)
    with pytest.raises(NoPicture, match="The path needs epochs"):
        in_the_end(replace(subject, folder=None), directions="path")
    bare = Project("Bare", graph=Graph.of([node("in1", "Input", shape=(2,)), node("fc1", "Linear", out_features=2),
                                           node("out", "Output")], chain("in1", "fc1", "out")))  # fmt: skip
    net = compile_net(bare)
    with pytest.raises(NoPicture, match="no loss"):
        in_the_end(Subject(net, net.model(0), load_samples(net, bare.recipe)))
    with torch.no_grad():
        for value in subject.model.parameters():
            value.fill_(float("nan"))
    with pytest.raises(NoPicture, match="no number anywhere"):
        in_the_end(subject, steps=5)
    with torch.no_grad():
        for value in subject.model.parameters():
            value.zero_()
    with pytest.raises(NoPicture, match="no length"):
        in_the_end(subject, steps=5)
