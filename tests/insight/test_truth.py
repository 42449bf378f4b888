"""The truth table of a net that reads a few numbers, against the same sums written out, and the lines of its units."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Node, Project
from app.core.storage.templates import load
from app.insight.plot import ground_colours
from app.insight.tiles import NoPicture
from app.insight.truth import HIGH, LOW, SIDE, borders, truth_of, truth_tiles
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from tests.support.drawings import chain, node


def neuron(given: str, inputs: int = 2, then: str = "HardThreshold", **settings: object) -> Project:
    """One unit with a function behind it."""
    nodes = [
        node("x", "Input", shape=(inputs,)),
        node("unit", "Linear", out_features=1, init="given", given=given),
        node("then", then, **settings),
        node("out", "Output"),
    ]
    return Project("Neuron", graph=Graph.of(nodes, chain("x", "unit", "then", "out")))


@pytest.mark.parametrize("inputs", [1, 2, 3, 4])
def test_every_row_has_the_answer_of_the_sum_written_out(inputs: int) -> None:
    """Fails if a row is left out, rows and answers are in different orders, or an input is taken for another."""
    weights = np.array([6.0, -2.0, 3.0, 0.5])[:inputs]
    net = compile_net(neuron(f"{' '.join(map(str, weights))}; -1", inputs, "Sigmoid"))
    truth = truth_of(net, net.model(seed=0))
    rows = np.array(list(product((0, 1), repeat=inputs)))
    assert np.array_equal(truth.rows, rows)
    assert np.allclose(truth.answers[:, 0], 1 / (1 + np.exp(-(rows @ weights - 1))), atol=1e-6)


def test_the_template_goes_whenever_the_weather_is_good() -> None:
    """Fails if the perceptron has other numbers than its description says."""
    net = compile_net(load("perceptron"))
    truth = truth_of(net, net.model(seed=0))
    assert truth.answers[:, 0].tolist() == [float(row @ [6, 2, 2] > 5) for row in truth.rows]
    (table,) = views()["truth"].pictures(Look(Subject(net, net.model(0), Samples({}, ()))), {})
    assert table.labels[3:5] == ("0 1 1", "1 0 0")
    assert table.maps.reshape(-1)[3:5].tolist() == [0, 1]


def test_the_line_is_where_the_answer_changes() -> None:
    """Fails if bias or threshold have the wrong sign in the equation, or the plane is upside down."""
    net = compile_net(neuron("2 -1; 0.5", threshold=0.75))
    model = net.model(seed=0)
    (border,) = borders(net, model)
    assert (border.weights, border.level) == ((2.0, -1.0), 0.25)
    assert border.words(("a", "b")) == "unit: 2 · a − 1 · b = 0.25"
    *_, plane = truth_tiles(net, model)
    grid = np.linspace(LOW, HIGH, SIDE)
    x, y = np.meshgrid(grid, grid[::-1])
    sure = np.abs(2 * x - y - 0.25) > 1e-4
    assert np.array_equal(plane.maps[0][sure], (2 * x - y > 0.25)[sure].astype(np.float32))
    assert plane.plot is not None
    (line,) = plane.plot.lines
    assert 2 * line.points[:, 0] - line.points[:, 1] == pytest.approx(0.25, abs=1e-5)
    assert np.ptp(line.points[:, 1]) > 1.9  # from edge to edge
    assert plane.plot.points.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_xor_has_a_line_for_each_hidden_unit() -> None:
    """Fails if only the last layer is asked, whose inputs are not those of the plane."""
    nodes: list[Node] = [
        node("x", "Input", shape=(2,)),
        node("hidden", "Linear", out_features=2, init="given", given="1 1 1 1; -0.5 -1.5"),
        node("step1", "HardThreshold"),
        node("last", "Linear", out_features=1, init="given", given="1 -1; -0.5"),
        node("step2", "HardThreshold"),
        node("out", "Output"),
    ]
    net = compile_net(Project("XOR", graph=Graph.of(nodes, chain("x", "hidden", "step1", "last", "step2", "out"))))
    model = net.model(seed=0)
    assert truth_of(net, model).answers[:, 0].tolist() == [0, 1, 1, 0]
    assert [(each.unit, each.weights, each.level) for each in borders(net, model)] == [
        ("hidden, unit 0", (1.0, 1.0), 0.5),
        ("hidden, unit 1", (1.0, 1.0), 1.5),
    ]


def test_a_net_that_reads_more_is_told() -> None:
    """Fails if a table of a million rows is begun, or the sentence has no remedy."""
    net = compile_net(neuron("", 5))
    with pytest.raises(NoPicture, match="up to 4 numbers, and this one reads 5 numbers"):
        truth_of(net, net.model(seed=0))


@pytest.mark.parametrize("weights", ["1 1", "1 -2", "-3 -3"])
def test_the_rows_are_seen_on_whatever_they_lie(weights: str) -> None:
    """Fails if the dots of rows have the colour of the ground below them, as those of zeros had in a dark window."""
    nodes = [
        node("x", "Input", shape=(2,)),
        node("sum", "Linear", out_features=1, init="given", given=f"weight 1×2: {weights}; bias 1: 0"),
        node("step", "HardThreshold", threshold=0.5),
        node("y", "Output"),
    ]
    net = compile_net(Project("Two", graph=Graph.of(nodes, chain("x", "sum", "step", "y"))))
    plane = truth_tiles(net, net.model(0))[-1]
    assert plane.plot is not None
    ground = ground_colours(plane)
    assert ground is not None
    for (right, up), ink in zip(plane.plot.points.tolist(), plane.plot.inks.astype(float)):
        across, down = ((right - LOW) / (HIGH - LOW), (HIGH - up) / (HIGH - LOW))
        below = ground[round(down * (SIDE - 1)), round(across * (SIDE - 1))].astype(float)
        assert abs(ink - below).max() > 120
