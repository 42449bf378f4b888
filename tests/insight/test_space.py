"""Clouds of samples and neighbours, compared with numpy's SVD, plain forwards and brute force."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.core.storage.templates import load
from app.insight.part_predictions import parts_for
from app.insight.pictures import render
from app.insight.plot import Plot, class_inks
from app.insight.samples import load_samples
from app.insight.space import spreading
from app.insight.space.spreading import around, components, nearest, normed, spread_out, turned
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Subject, ViewStep
from app.insight.views import views
from tests.insight.conftest import Trained
from tests.support.drawings import chain, node


@pytest.fixture
def digits(mlp: Trained) -> Subject:
    return Subject(mlp.net, mlp.model, load_samples(mlp.net, load("mlp_digits").recipe))


def steps(subject: Subject, layer: str = "", **options: object) -> list[ViewStep]:
    return list(views()["embedding"].steps(Look(subject, layer), options))


def plot_of(tiles: Tiles) -> Plot:
    assert tiles.plot is not None
    return tiles.plot


def plain(subject: Subject, images: Tensor) -> tuple[Tensor, Tensor]:
    """What the hidden layer and the scores of the small net are, with its weights alone."""
    weights = subject.model.state_dict()
    hidden = torch.relu(images.flatten(1) @ weights["fc1.weight"].T + weights["fc1.bias"])
    return hidden, hidden @ weights["fc2.weight"].T + weights["fc2.bias"]


def read(subject: Subject, numbers: np.ndarray) -> tuple[Tensor, Tensor]:
    pieces = [batch for _, batch in parts_for(subject.net).read(torch.tensor(numbers))]
    return (torch.cat([piece[key] for piece in pieces]) for key in ("digits.image", "digits.label"))  # type: ignore[return-value]


# Principal components


@pytest.mark.parametrize("shape", [(60, 7), (20, 90), (1300, 1200)])
def test_components_are_those_of_numpy(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the components of tall, wide or large data are others than the singular vectors, or their shares."""
    if shape[0] > 1000:
        monkeypatch.setattr(spreading, "EXACT", 50)
        shape = (130, 120)
    rng = np.random.default_rng(1)
    rows = rng.normal(size=shape) * np.geomspace(3, 0.01, shape[1])
    rows[:, 0] += 5 * (np.arange(shape[0]) % 2)
    left, sizes, _ = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    places, shares = components(rows, 2)
    wanted = left[:, :2] * sizes[:2]
    signs = np.sign((places * wanted).sum(0))
    assert np.allclose(places, wanted * signs, atol=1e-3 * sizes[0])
    assert np.allclose(shares, (sizes**2 / (sizes**2).sum())[:2], atol=1e-3)


def test_a_cloud_is_turned_as_a_whole() -> None:
    """Fails if distances change when a cloud is turned to lie as the one of the epoch before."""
    rng = np.random.default_rng(2)
    wanted = rng.normal(size=(50, 2))
    angle = 2.1
    spun = wanted @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * (1, -1) + 7
    back = turned(spun, wanted)
    assert np.allclose(back - back.mean(0), wanted - wanted.mean(0))
    assert around(np.array([2, 2, 2]), 3) is None


# PCA of a layer


def test_pca_of_a_layer_is_that_of_its_values(digits: Subject) -> None:
    """Fails if the cloud is of another layer, of samples of another part, in another order, or not about the mean."""
    (step,) = steps(digits, "relu1", samples=300)
    plot = plot_of(step.pictures[0])
    assert len(plot.points) == 300
    assert set(plot.numbers.tolist()) <= set(parts_for(digits.net).index("validation").tolist())
    images, labels = read(digits, plot.numbers)
    hidden, scores = plain(digits, images)
    rows = normed(hidden.numpy())
    left, sizes, _ = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    wanted = left[:, :2] * sizes[:2]
    signs = np.sign((plot.points * wanted).sum(0))
    assert np.allclose(plot.points, wanted * signs, atol=1e-3)
    assert f"{100 * sizes[0] ** 2 / (sizes**2).sum():.0f} %" in plot.x_label
    assert np.array_equal(plot.marked, (scores.argmax(1) != labels).numpy())
    inks = {int(label): tuple(ink) for label, ink in zip(labels.tolist(), plot.inks.tolist())}
    assert all(tuple(ink) == inks[int(label)] for label, ink in zip(labels.tolist(), plot.inks.tolist()))
    assert [ink for _, ink in plot.legend] == [inks[at] for at in range(10)]
    assert plot.thumbnails is not None
    assert np.array_equal(plot.thumbnails[5], (images[5, 0] * 255).round().byte().numpy())


def test_colours_say_what_was_asked_for(digits: Subject) -> None:
    """Fails if the colour by error, answer or loss is that of the right class."""
    (step,) = steps(digits, "fc2", samples=200, colour="answer")
    by_answer = plot_of(step.pictures[0])
    images, labels = read(digits, by_answer.numbers)
    chosen = plain(digits, images)[1].argmax(1)
    assert len({(int(a), tuple(b)) for a, b in zip(chosen, by_answer.inks.tolist())}) == len(set(chosen.tolist()))
    (step,) = steps(digits, "fc2", samples=200, colour="error")
    by_error = plot_of(step.pictures[0])
    wrong = (chosen != labels).numpy()
    assert len({tuple(each) for each in by_error.inks[wrong].tolist()}) == 1
    assert not {tuple(each) for each in by_error.inks[wrong].tolist()} & {
        tuple(each) for each in by_error.inks[~wrong].tolist()
    }
    assert by_error.legend[1][0] == f"wrong: {wrong.sum()}"
    (step,) = steps(digits, "fc2", samples=200, colour="loss")
    losses = torch.nn.functional.cross_entropy(plain(digits, images)[1], labels, reduction="none")
    bright = plot_of(step.pictures[0]).inks.astype(int).sum(1)
    assert bright[int(losses.argmax())] == bright.max()
    assert bright[int(losses.argmin())] == bright.min()


def test_a_net_of_numbers_without_classes_has_a_cloud_too() -> None:
    """Fails if a regression ends in a traceback, or one number alone cannot be drawn."""
    nodes = [node("curve", "TeachingCurve"), node("fc1", "Linear", out_features=1), node("loss", "MSELoss")]
    from app.core.graph.model import Wire

    wires = [*chain("curve.x", "fc1", "loss.prediction"), Wire("curve", "y", "loss", "target")]
    net = compile_net(Project("Line", graph=Graph.of(nodes, wires)))
    subject = Subject(net, net.model(0).eval(), load_samples(net, Project().recipe))
    (step,) = steps(subject, "fc1")
    plot = plot_of(step.pictures[0])
    assert not plot.points[:, 1].any()
    assert render(step.pictures[0], width=300).shape[1] == 300
    assert plot.thumbnails is None


def test_a_net_that_draws_its_input_again_shows_its_code_by_the_class_that_data_tell() -> None:
    """Fails if the map of an autoencoder is that of its pictures instead of its code, is not what plain torch gives, or
    says nothing of which digit lies where, because the net itself is told no class."""
    project = load("variational_autoencoder")
    net = compile_net(project)
    subject = Subject(net, net.model(seed=3).eval(), load_samples(net, project.recipe))
    shown = steps(subject, samples=40)[-1].pictures[0]
    assert shown.title == "code: PCA"
    plot = plot_of(shown)
    feed = parts_for(net).data.feeds["digits"].at(torch.from_numpy(plot.numbers), None, ["image", "label"])
    m: dict[str, torch.nn.Module] = dict(subject.model.named_modules())
    with torch.no_grad():
        codes = m["mean"](m["encode2"](m["encode1"](feed["image"].flatten(1)).relu()).relu()).numpy()
    wanted = components(normed(codes), 2, 0)[0]
    signs = np.sign((wanted * plot.points).sum(0))
    assert np.allclose(plot.points, wanted * signs, atol=1e-4)
    assert np.array_equal(plot.inks, class_inks(10)[feed["label"].numpy()])
    assert [word for word, _ in plot.legend] == list("0123456789")


def test_a_look_beside_a_training_leaves_its_random_numbers_alone(
    digits: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a cloud that is made in a thread of its own sets torch's random numbers back: a training beside it would
    draw the same ones twice, and end with other bits than alone."""
    real = digits.net.capture

    def training_beside(*given: Any) -> Any:
        torch.rand(3)  # as a training does meanwhile
        return real(*given)

    monkeypatch.setattr(type(digits.net), "capture", lambda _net, *given, **_: training_beside(*given))
    torch.manual_seed(5)
    list(views()["embedding"].steps(Look(digits, "relu1"), {"samples": 50}))
    after = torch.get_rng_state()
    torch.manual_seed(5)
    torch.rand(3)
    assert torch.equal(torch.get_rng_state(), after)
    list(views()["loss_surface"].steps(Look(digits), {"steps": 3, "samples": 8}))
    assert torch.equal(torch.get_rng_state(), after)


# Nothing to spread out


@pytest.mark.parametrize("method", ["pca", "tsne", "umap"])
@pytest.mark.parametrize("value", [0.0, 3.0, 1e30])
def test_a_dead_layer_says_that_there_is_nothing_to_spread_out(digits: Subject, method: str, value: float) -> None:
    """Fails if a layer that is dead or has collapsed ends the program, or gives a cloud of one point."""
    model = compile_net(load("mlp_digits")).model(0).eval()
    with torch.no_grad():
        model.get_parameter("fc1.weight").zero_()
        model.get_parameter("fc1.bias").fill_(value)
    with pytest.raises(NoPicture, match="nothing to spread out: relu1 gives the same"):
        steps(replace(digits, model=model), "relu1", method=method)


def test_too_few_samples_and_no_numbers_are_said(digits: Subject) -> None:
    """Fails if three samples end in an error of a library, or weights that are no numbers in a blank picture."""
    with pytest.raises(NoPicture, match="t-SNE needs at least 5 samples, and there are 3"):
        steps(digits, "relu1", method="tsne", samples=3)
    model = compile_net(load("mlp_digits")).model(0).eval()
    with torch.no_grad():
        model.get_parameter("fc1.weight").fill_(float("nan"))
    with pytest.raises(NoPicture, match="infinite or not numbers"):
        steps(replace(digits, model=model), "fc1")
    with pytest.raises(NoPicture, match="no layer fc9"):
        steps(digits, "fc9")


def test_a_package_that_is_missing_is_named(digits: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a missing package is a traceback, or is noticed after the work."""
    real = importlib.util.find_spec
    monkeypatch.setattr(spreading, "find_spec", lambda name: None if name in ("openTSNE", "umap") else real(name))
    for method, word in (("tsne", "t-SNE"), ("umap", "UMAP")):
        with pytest.raises(
            NoPicture, match=rf"{word} needs packages that are not installed: pip install netloom\[space"
        ):
            steps(digits, "relu1", method=method)
    assert steps(digits, "relu1")


# t-SNE, in a process of its own


def blobs(count: int = 25) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    which = np.arange(3 * count) % 3
    return rng.normal(size=(3, 12))[which] * 4 + rng.normal(size=(3 * count, 12)), which


def test_tsne_moves_and_ends_with_what_is_together_together() -> None:
    """Fails if the cloud does not move on its way, does not begin where it is told to, or clusters are torn."""
    rows, which = blobs()
    start = components(normed(rows), 2)[0]
    made = list(spread_out(rows, start, "tsne", 10, seed=1))
    assert made[-1][0] == made[-1][1] == 750
    assert [done for done, _, _ in made] == sorted({done for done, _, _ in made})
    assert len(made) > 1
    assert not np.allclose(made[0][2], made[-1][2])
    near, _ = nearest(made[-1][2], 5)
    assert (which[near] == which[:, None]).mean() > 0.98
    again = list(spread_out(rows, start, "tsne", 10, seed=1))
    assert np.allclose(again[-1][2], made[-1][2])


def test_a_perplexity_that_is_too_large_and_rows_that_are_alike_are_taken() -> None:
    """Fails if few samples need another setting by hand, or copies of three samples of one number each end the
    process."""
    rows = np.repeat([[0.0], [1.0], [5.0]], 8, axis=0)
    *_, (done, total, places) = spread_out(rows, components(normed(rows), 2)[0], "tsne", 400, 0)
    assert done == total
    assert np.isfinite(places).all()


def test_a_process_that_dies_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a crash inside of a library takes the window with it, or ends without a word."""
    worker = tmp_path / "worker.py"
    worker.write_text("import os\nos.abort()\n")
    monkeypatch.setattr(spreading, "WORKER", worker)
    rows, _ = blobs(4)
    with pytest.raises(NoPicture, match="t-SNE ended without a result"):
        list(spread_out(rows, components(normed(rows), 2)[0], "tsne", 3, 0))


def test_closing_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if Stop leaves a process behind that goes on computing."""
    worker = tmp_path / "worker.py"
    worker.write_text(
        "import sys, time, numpy as np\n"
        "out = sys.stdout.buffer\n"
        "out.write(b'1 9\\n' + np.zeros((12, 2)).tobytes()); out.flush()\n"
        "time.sleep(600)\n"
    )
    made: list[Any] = []
    real = spreading.subprocess.Popen
    monkeypatch.setattr(spreading, "WORKER", worker)
    monkeypatch.setattr(spreading.subprocess, "Popen", lambda *a, **k: made.append(real(*a, **k)) or made[-1])
    rows, _ = blobs(4)
    steps_of: Iterator[Any] = spread_out(rows, rows[:, :2], "tsne", 3, 0)
    assert next(steps_of)[:2] == (1, 9)
    steps_of.close()  # type: ignore[attr-defined]
    assert made[0].poll() is not None


@pytest.mark.slow
def test_umap_keeps_together_what_is_together() -> None:
    """Fails if UMAP is not reached, gives another row's place, or is compiled anew each time it is asked for."""
    rows, which = blobs()
    ((done, total, places),) = spread_out(rows, components(normed(rows), 2)[0], "umap", 10, 1)
    assert done == total
    near, _ = nearest(places, 5)
    assert (which[near] == which[:, None]).mean() > 0.98
    package = importlib.util.find_spec("umap")
    assert package is not None
    assert package.origin is not None
    beside, by_user = Path(package.origin).parent / "__pycache__", Path(os.environ["XDG_CACHE_HOME"], "numba")
    kept = [each.name for place in (beside, by_user) for each in place.rglob("*.nbi")]
    assert any("smooth_knn_dist" in name for name in kept), kept


def test_tsne_of_a_layer_shows_pca_first(digits: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if nothing is seen until t-SNE has something, or points change their samples on the way."""

    def moved(rows: np.ndarray, start: np.ndarray, *rest: Any) -> Iterator[tuple[int, int, np.ndarray]]:
        assert rest == ("tsne", 8.0, 3)
        assert len(rows) == len(start) == 60
        yield 1, 2, start
        yield 2, 2, 3 * start

    monkeypatch.setattr("app.insight.space.embedding.spread_out", moved)
    made = steps(digits, "relu1", method="tsne", samples=60, perplexity=8, seed=3)
    assert [step.pictures[0].title for step in made] == ["relu1: PCA", "relu1: t-SNE", "relu1: t-SNE"]
    first, second, last = (plot_of(step.pictures[0]) for step in made)
    assert np.array_equal(first.numbers, last.numbers)
    assert np.array_equal(first.inks, last.inks)
    assert np.allclose(second.points - second.points.mean(0), first.points - first.points.mean(0), atol=1e-4)
    assert np.allclose(last.points, 3 * second.points, atol=1e-3)


# Neighbours


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_neighbours_are_those_of_brute_force(digits: Subject, metric: str) -> None:
    """Fails if a sample that is farther comes first, another layer is measured, or the sample finds itself."""
    tiles = views()["neighbours"].pictures(Look(digits, "relu1", 4), {"metric": metric, "part": "validation"})[0]
    parts = parts_for(digits.net)
    images, labels = read(digits, parts.mixed("validation").numpy())
    own = digits.samples.one(4)["digits.image"]
    hidden, mine = plain(digits, images)[0].double(), plain(digits, own)[0].double()
    if metric == "cosine":
        away = 1 - torch.cosine_similarity(hidden, mine)
    else:
        away = (hidden - mine).norm(dim=1)
    same = (images == own).flatten(1).all(1)
    assert same.any()
    away[same] = torch.inf
    order = away.argsort()[:12]
    assert np.allclose(tiles.maps, images[order, 0].numpy(), atol=0.003)
    assert [label.split(" · ")[0] for label in tiles.labels] == [str(label) for label in labels[order].tolist()]
    assert float(tiles.labels[0].split(" · ")[1]) == pytest.approx(float(away[order[0]]), abs=0.01)
    assert tiles.source is not None
    assert np.allclose(tiles.source, own[0, 0].numpy())


def test_nearest_are_those_of_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if pieces are mixed up, or a row is its own neighbour."""
    from app.insight.space import values

    rows = np.random.default_rng(4).normal(size=(50, 3))
    away = np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(-1))
    np.fill_diagonal(away, np.inf)
    numbers, found = nearest(rows, 4)
    assert np.array_equal(numbers, away.argsort(1)[:, :4])
    assert np.allclose(found, np.sort(away, 1)[:, :4])
    pieces = list(values.distances(rows, rows))
    assert [start for start, _ in pieces] == [0]


def test_samples_that_are_no_pictures_have_bars_of_distances() -> None:
    """Fails if a table has no neighbours, or its bars are something else than distances."""
    net = compile_net(load("moons"))
    subject = Subject(net, net.model(0).eval(), load_samples(net, load("moons").recipe))
    tiles = views()["neighbours"].pictures(Look(subject, "tanh1", 0), {"count": 5})[0]
    assert tiles.layout == "bars"
    values = tiles.maps.ravel()
    assert np.array_equal(values, np.sort(values))
    weights = subject.model.state_dict()
    points = torch.cat([b["points.point"] for _, b in parts_for(net).read(parts_for(net).index("train"))])
    hidden = torch.tanh(points @ weights["fc1.weight"].T + weights["fc1.bias"])
    own = torch.tanh(subject.samples.one(0)["points.point"] @ weights["fc1.weight"].T + weights["fc1.bias"])
    assert np.allclose(values, (hidden - own).norm(dim=1).sort().values[:5].detach().numpy(), atol=1e-5)
