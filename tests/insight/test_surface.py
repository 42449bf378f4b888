"""Surfaces over the plane of two inputs, curves along one, compared with a plain forward in torch."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.storage.templates import load
from app.insight.pictures import render
from app.insight.plot import Plot, class_inks, span
from app.insight.samples import load_samples
from app.insight.space.surface import CURVE_STEPS, STEPS, UNIT_STEPS, plane
from app.insight.tiles import NoPicture, Tiles
from app.insight.vector import svg
from app.insight.view import Look, Subject
from app.insight.views import views
from tests.support.drawings import chain, node


def subject(project: Project, seed: int = 3) -> Subject:
    net = compile_net(project)
    return Subject(net, net.model(seed).eval(), load_samples(net, project.recipe))


def look(what: Subject, layer: str = "", **options: object) -> Tiles:
    (tiles,) = views()["surface"].pictures(Look(what, layer), options)
    return tiles


def plot_of(tiles: Tiles) -> Plot:
    assert tiles.plot is not None
    return tiles.plot


def fit(shape: str, loss: str = "MSELoss", out: int = 1) -> Project:
    """A net of one or two numbers that learns a curve."""
    nodes = [
        node("curve", "TeachingCurve", shape=shape, samples=50),
        node("fc1", "Linear", out_features=7),
        node("tanh1", "Tanh"),
        node("fc2", "Linear", out_features=out),
        node("loss", loss),
    ]
    wires = [*chain("curve.x", "fc1", "tanh1", "fc2", "loss.prediction"), Wire("curve", "y", "loss", "target")]
    return Project("Fit", graph=Graph.of(nodes, wires))


def forward(model: nn.Module, rows: Tensor) -> tuple[Tensor, Tensor]:
    """What the hidden layer and the output of these nets give, with the weights alone."""
    weights = model.state_dict()
    hidden = torch.tanh(rows @ weights["fc1.weight"].T + weights["fc1.bias"])
    return hidden, hidden @ weights["fc2.weight"].T + weights["fc2.bias"]


def test_a_decision_surface_mixes_the_colours_by_the_probabilities() -> None:
    """Fails if a place is drawn for another one, upside down or mirrored, or shows scores for probabilities."""
    what = subject(load("moons"))
    tiles = look(what)
    plot = plot_of(tiles)
    assert tiles.maps.shape == (1, STEPS, STEPS, 3)
    inks = class_inks(2) / 255
    for row, column in ((0, 0), (0, STEPS - 1), (STEPS - 1, 7), (40, 90)):
        x = plot.x[0] + (column + 0.5) / STEPS * (plot.x[1] - plot.x[0])
        y = plot.y[1] - (row + 0.5) / STEPS * (plot.y[1] - plot.y[0])
        _, scores = forward(what.model, torch.tensor([[x, y]], dtype=torch.float32))
        likely = scores.double().softmax(-1).numpy()[0]
        assert np.allclose(tiles.maps[0, row, column], likely @ (0.55 * inks + 0.45), atol=1e-5)


def test_the_points_are_training_samples_with_their_classes() -> None:
    """Fails if the points belong to another part, or carry another class than the data says, or another number."""
    what = subject(load("moons"))
    plot = plot_of(look(what, part="train"))
    from app.insight.part_predictions import parts_for

    parts = parts_for(what.net)
    trained = set(parts.index("train").tolist())
    assert set(plot.numbers.tolist()) <= trained
    assert len(plot.points) == len(trained)
    (_, batch), *_ = parts.read(torch.tensor(plot.numbers[:20]))
    assert np.array_equal(batch["points.point"].numpy(), plot.points[:20])
    assert np.array_equal(class_inks(2)[batch["points.label"].numpy()], plot.inks[:20])
    held = plot_of(look(what, part="validation"))
    assert not set(held.numbers.tolist()) & trained
    assert [word for word, _ in plot.legend] == ["upper", "lower"]


def test_each_unit_of_a_layer_has_its_own_surface() -> None:
    """Fails if the inside of a unit is that of another one, or of the layer behind it."""
    what = subject(load("moons"))
    tiles = look(what, "tanh1")
    assert tiles.maps.shape == (8, UNIT_STEPS, UNIT_STEPS)
    plot = plot_of(look(what))
    hidden, scores = forward(what.model, torch.tensor(plane((plot.x, plot.y), UNIT_STEPS), dtype=torch.float32))
    assert np.allclose(tiles.maps.reshape(8, -1).T, hidden.numpy(), atol=1e-5)
    of_scores = look(what, "fc2")
    assert np.allclose(of_scores.maps.reshape(2, -1).T, scores.numpy(), atol=1e-4)
    assert tiles.low == -tiles.high


def test_one_input_gives_the_fit_over_the_data() -> None:
    """Fails if the curve is not that of the net, or the points not those that it was trained on."""
    what = subject(fit("sine"))
    tiles = look(what)
    plot = plot_of(tiles)
    (line,) = plot.lines
    assert len(line.points) == CURVE_STEPS
    _, wanted = forward(what.model, torch.tensor(line.points[:, :1], dtype=torch.float32))
    assert np.allclose(line.points[:, 1], wanted[:, 0].numpy(), atol=1e-5)
    assert plot.x[0] < plot.points[:, 0].min() < plot.points[:, 0].max() < plot.x[1]
    x = plot.points[:, 0]
    assert np.abs(plot.points[:, 1] - 0.8 * np.sin(2 * np.pi * x)).mean() < 0.2
    units = plot_of(look(what, "tanh1"))
    hidden, _ = forward(what.model, torch.tensor(units.lines[3].points[:, :1], dtype=torch.float32))
    assert np.allclose(units.lines[3].points[:, 1], hidden[:, 3].numpy(), atol=1e-5)


def test_a_number_of_two_inputs_is_a_surface_of_numbers() -> None:
    """Fails if a regression over two inputs is drawn as classes, or on a scale that leaves the data out."""
    what = subject(fit("saddle"))
    tiles = look(what)
    plot = plot_of(tiles)
    _, wanted = forward(what.model, torch.tensor(plane((plot.x, plot.y), STEPS), dtype=torch.float32))
    assert np.allclose(tiles.maps.reshape(-1), wanted[:, 0].numpy(), atol=1e-5)
    assert tiles.low <= tiles.maps.min()
    assert tiles.colormap == "viridis"


def two_ways_in() -> Project:
    """A net into which two single numbers come, one after the other."""
    nodes = [
        node("a", "Input", shape=(1,)),
        node("b", "Input", shape=(1,)),
        node("join", "Concat"),
        node("fc1", "Linear", out_features=3),
        node("out", "Output"),
    ]
    wires = [Wire("a", "output", "join", "xs"), Wire("b", "output", "join", "xs"), *chain("join", "fc1", "out")]
    return Project("Two ways in", graph=Graph.of(nodes, wires))


def test_two_inputs_of_one_number_each_are_a_plane_too() -> None:
    """Fails if only a list of two numbers counts as two inputs, or a drawing without data cannot be looked at."""
    what = subject(two_ways_in())
    tiles = look(what, "fc1")
    weights = what.model.state_dict()
    rows = torch.tensor(plane((span(np.array([-1.0, 1.0]), 0.15),) * 2, UNIT_STEPS), dtype=torch.float32)
    wanted = rows @ weights["fc1.weight"].T + weights["fc1.bias"]
    assert np.allclose(tiles.maps.reshape(3, -1).T, wanted.numpy(), atol=1e-5)
    assert "No data is drawn in" in look(what).note


@pytest.mark.parametrize(
    ("template", "layer", "sentence"), [("mlp_digits", "", "reads 64 numbers"), ("moons", "fc9", "fc9")]
)
def test_what_has_no_surface_says_so(template: str, layer: str, sentence: str) -> None:
    """Fails if a net of many inputs gives a picture of two of them, or a traceback."""
    with pytest.raises(NoPicture, match=sentence):
        look(subject(load(template)), layer)


def test_a_net_that_ran_away_says_so() -> None:
    """Fails if weights that are no numbers give a blank picture."""
    what = subject(load("moons"))
    with torch.no_grad():
        for value in what.model.parameters():
            value.fill_(float("nan"))
    with pytest.raises(NoPicture, match="not numbers"):
        look(what)


def test_a_plot_is_drawn_where_its_points_are() -> None:
    """Fails if the picture of the command line draws points, ground or lines at another place than they say."""
    ground = np.zeros((2, 2, 3), np.float32)
    ground[0, 1] = (0.0, 1.0, 0.0)  # the upper right quarter
    plot = Plot(
        (0, 2), (0, 2), points=np.array([[0.5, 0.5]], np.float32), inks=np.array([[255, 0, 0]], np.uint8), ground=True
    )
    tiles = Tiles(ground[None], 0.0, 1.0, "rgb", "", layout="plot", plot=plot)
    pixels = render(tiles, width=400).astype(int)
    green = np.argwhere((pixels[..., 1] > 200) & (pixels[..., 0] < 60))
    black = np.argwhere(pixels.sum(-1) < 12)
    red = np.argwhere((pixels[..., 0] > 200) & (pixels[..., 1] < 60)).mean(0)
    side = green.max(0) - green.min(0)  # of a quarter
    assert np.allclose(side[0], side[1], atol=2)
    assert np.allclose(red, green.max(0) + np.array([side[0] / 2, -1.5 * side[1]]), atol=4)
    assert len(black) > 2 * len(green)  # the other three quarters


def test_an_svg_has_every_point_and_line_at_its_place() -> None:
    """Fails if a point of the drawing is left out of the file, or its axes run another way."""
    what = subject(fit("sine"))
    tiles = look(what)
    plot = plot_of(tiles)
    drawing = ElementTree.fromstring(svg([tiles]))
    name = "{http://www.w3.org/2000/svg}"
    circles = np.array([(float(c.get("cx", 0)), float(c.get("cy", 0))) for c in drawing.iter(f"{name}circle")])
    assert len(circles) == len(plot.points)
    (line,) = drawing.iter(f"{name}polyline")
    corners = np.array([each.split(",") for each in line.get("points", "").split()], float)
    assert len(corners) == CURVE_STEPS
    across = np.polyfit(plot.points[:, 0], circles[:, 0], 1)
    up = np.polyfit(plot.points[:, 1], circles[:, 1], 1)
    assert across[0] > 0
    assert up[0] < 0
    assert np.allclose(np.polyval(across, plot.lines[0].points[:, 0]), corners[:, 0], atol=0.1)
    assert np.allclose(np.polyval(up, plot.lines[0].points[:, 1]), corners[:, 1], atol=0.1)
    with_ground = ElementTree.fromstring(svg([look(subject(fit("saddle")))]))
    assert len(list(with_ground.iter(f"{name}image"))) == 1


def test_colours_of_classes_differ() -> None:
    """Fails if two of many classes get one colour."""
    inks = class_inks(40)
    assert len({tuple(each) for each in inks.tolist()}) == 40
    assert np.array_equal(inks[:7], class_inks(7))


def test_the_command_writes_it(tmp_path: Path) -> None:
    """Fails if the command line does not reach the view, or a net of many inputs ends in a traceback there."""
    out = tmp_path / "surface.png"
    assert run(["inspect", "moons", "--view", "surface", "--part", "test", "-o", str(out)]) == 0
    assert out.stat().st_size > 1000
    assert run(["inspect", "moons", "--view", "surface", "--node", "tanh1", "-o", str(tmp_path / "units.npz")]) == 0
    with np.load(tmp_path / "units.npz") as numbers:
        assert numbers["maps"].shape == (8, UNIT_STEPS, UNIT_STEPS)
    assert run(["inspect", "mlp_digits", "--view", "surface", "-o", str(out)]) == 1
