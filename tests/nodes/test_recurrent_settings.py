"""Biases and projections of recurrent layers: sizes, weights and multiplications are those of torch."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.compile.summary import summary_of
from app.core.graph.model import Graph, Project
from app.core.inference import infer
from app.core.saved_tensors import saved_by
from nodes.api import SetParam, Shape, ShapeError
from nodes.api.registry import find
from tests.nodes.nets import forward_of, net_of
from tests.support.drawings import chain, node

CELLS = ["RNN", "GRU", "LSTM"]
TIME, FEATURES, UNITS = 7, 5, 8


def combinations() -> list[Any]:
    """Every way to set a recurrent layer, but for numbers that change sizes alone."""
    found = []
    for kind, bias, proj, layers, ways, more in product(
        CELLS, (True, False), (0, 3), (1, 3), (False, True), ({}, {"nonlinearity": "relu"})
    ):
        if (proj and kind != "LSTM") or (more and kind != "RNN"):
            continue
        chosen = {"bias": bias, "num_layers": layers, "bidirectional": ways, **more}
        chosen |= {"proj_size": proj} if proj else {}
        found.append(pytest.param(kind, chosen, id=f"{kind} {' '.join(map(str, chosen.values()))}"))
    return found


@pytest.mark.parametrize(("kind", "chosen"), combinations())
@pytest.mark.parametrize("last", [False, True], ids=["every step", "last step"])
def test_it_is_the_layer_of_torch(kind: str, chosen: dict[str, Any], last: bool) -> None:
    """Fails if a setting does not reach torch, or shapes, weights or multiplications are other than torch's."""
    layer = find(kind)
    assert layer is not None
    built = layer.build(
        {"x": [Shape((TIME, FEATURES))]}, layer.settings({**chosen, "hidden_size": UNITS, "last_step_only": last})
    )
    theirs = getattr(nn, kind)(FEATURES, UNITS, batch_first=True, **chosen)
    matrices = [weight for weight in theirs.parameters() if weight.dim() == 2]
    assert dict(built.weights) == {name: tuple(weight.shape) for name, weight in theirs.named_parameters()}
    assert built.weight_count == sum(weight.numel() for weight in theirs.parameters())
    # In each step every number of every matrix is used once.
    assert built.multiply_adds == TIME * sum(weight.numel() for weight in matrices)
    settings = {**chosen, "hidden_size": UNITS, "last_step_only": last}
    ends = ["output", "h_n", *(["c_n"] if kind == "LSTM" else [])]
    net = net_of(
        {"x": f"({TIME}, {FEATURES})", "it": (kind, settings), **{f"out_{end}": "Output" for end in ends}},
        "x it.x", *(f"it.{end} out_{end}" for end in ends),
    )  # fmt: skip
    model = net.model(seed=0)
    theirs.load_state_dict(model.it.state_dict())
    x = torch.randn(2, TIME, FEATURES)
    mine = net.outputs(model(x))
    answer, states = theirs(x)
    half = answer.shape[2] // 2
    if last and chosen["bidirectional"]:
        answer = torch.cat([answer[:, -1, :half], answer[:, 0, half:]], dim=1)
    elif last:
        answer = answer[:, -1]
    torch.testing.assert_close(mine["it.output"], answer)
    for end, state in zip(ends[1:], states if kind == "LSTM" else [states]):
        torch.testing.assert_close(mine[f"it.{end}"], state.transpose(0, 1))
    for port, shape in built.outputs.items():
        assert tuple(mine[f"it.{port}"].shape[1:]) == shape.sizes


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("steps", [1, 20])
def test_the_net_of_the_lecture_has_its_number_of_weights(kind: str, steps: int) -> None:
    """Fails if 8,000 inputs, 100 units and 8,000 outputs without biases are not 1,610,000 weights, or if the length of
    the sequence counts. GRU and LSTM have three and four times the matrices of the first layer."""
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[kind]
    nodes = [
        node("words", "Input", shape=(steps, 8_000)),
        node("memory", kind, hidden_size=100, bias=False),
        node("scores", "Linear", out_features=8_000, bias=False),
        node("out", "Output"),
    ]
    project = Project("Lecture", graph=Graph.of(nodes, chain("words", "memory", "scores", "out")))
    report = infer(project)
    counted = 1_610_000 + (gates - 1) * 100 * (8_000 + 100)
    assert summary_of(report.main).parameters == counted
    kept = saved_by(report.main)
    assert kept.trained == counted
    with torch.device("meta"):
        assert sum(weight.numel() for weight in compile_net(project).model().parameters()) == counted


@pytest.mark.parametrize("wired", [("h_0",), ("c_0",), ("h_0", "c_0")], ids=" and ".join)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_projected_memory_starts_from_states_of_two_sizes(wired: tuple[str, ...], layers: int) -> None:
    """Fails if the answer and the memory of a projected LSTM must have one size, or a missing one is of the other's."""
    sizes = {"h_0": 3, "c_0": UNITS}
    net = net_of(
        {
            "x": f"({TIME}, {FEATURES})",
            **{f"start_{port}": f"({layers}, {sizes[port]})" for port in wired},
            "it": ("LSTM", {"hidden_size": UNITS, "proj_size": 3, "num_layers": layers}),
            "out": "Output",
        },
        "x it.x", *(f"start_{port} it.{port}" for port in wired), "it out",
    )  # fmt: skip
    model, x = net.model(seed=0), torch.randn(4, TIME, FEATURES)
    starts = {port: torch.randn(4, layers, sizes[port]) for port in wired}
    mine = model(x, *starts.values())
    states = [
        starts[port].transpose(0, 1).contiguous() if port in starts else torch.zeros(layers, 4, size)
        for port, size in sizes.items()
    ]
    torch.testing.assert_close(mine, model.it(x, tuple(states))[0])


@pytest.mark.parametrize(("units", "proj"), [(8, 8), (8, 9), (1, 1), (4, 65_535)])
def test_a_projection_must_make_something_smaller(units: int, proj: int) -> None:
    """Fails if torch is asked for a projection that it refuses, or if a remedy does not help."""
    layer = find("LSTM")
    assert layer is not None
    chosen = {"hidden_size": units, "proj_size": proj}
    with pytest.raises(ShapeError, match="needs more units than that") as refused:
        layer.build({"x": [Shape((TIME, FEATURES))]}, layer.settings(chosen))
    assert len(refused.value.fixes) >= 2
    for fix in refused.value.fixes:
        assert isinstance(fix, SetParam)
        layer.build({"x": [Shape((TIME, FEATURES))]}, layer.settings({**chosen, fix.param: fix.value}))


@pytest.mark.parametrize(
    ("port", "state", "fix"),
    [
        ("h_0", (1, 5), SetParam("proj_size", 5)),
        ("c_0", (1, 5), SetParam("hidden_size", 5)),
        ("h_0", (1, 8), None),
        ("h_0", (5,), SetParam("proj_size", 5)),
    ],
)
def test_a_state_of_the_wrong_size_names_the_setting_that_it_belongs_to(
    port: str, state: tuple[int, ...], fix: SetParam | None
) -> None:
    """Fails if the size of an answer is mended by the units, or by a projection that is none."""
    layer = find("LSTM")
    assert layer is not None
    chosen = {"hidden_size": 8, "proj_size": 3}
    inputs = {"x": [Shape((TIME, FEATURES))], port: [Shape(state)]}
    with pytest.raises(ShapeError, match=f"The state {port} to start from") as refused:
        layer.build(inputs, layer.settings(chosen))
    offered = [each for each in refused.value.fixes if isinstance(each, SetParam)]
    assert offered == ([fix] if fix is not None else [])
    if fix is not None and len(state) == 2:
        layer.build(inputs, layer.settings({**chosen, fix.param: fix.value}))


def test_what_is_usual_is_not_printed() -> None:
    """Fails if every LSTM is printed with settings that nobody changed."""
    net = net_of({"x": "(7, 5)", "it": ("LSTM", {"hidden_size": 6}), "out": "Output"}, "x it out")
    assert "nn.LSTM(5, 6, batch_first=True)\n" in net.source.text
    assert "x, _ = self.it(x)" in forward_of(net)
