"""Where values go when they are arranged anew."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from app.core.checks.fixes import command_for
from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.core.inference import infer
from tests.nodes.nets import net_of
from tests.support.drawings import chain, node

X = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5).square()
CASES: list[tuple[str, dict[str, Any], Tensor, Tensor]] = [
    ("Reshape", {"shape": (4, -1)}, X, X.flatten(1).reshape(2, 4, 15)),
    ("Permute", {"dims": (2, 3, 1)}, X, torch.einsum("nchw->nhwc", X)),
    ("Select", {}, X[:, 0], X[:, 0, 3]),
    ("Select", {"index": 1, "dim": -1}, X, X[..., 1]),
    ("Slice", {"dim": 2, "start": 1, "stop": -1}, X, X[:, :, 1:3]),
    ("Slice", {"start": -2}, X, X[:, 1:]),
    ("Repeat", {"times": 3}, X[:, 0, 0], torch.stack([X[:, 0, 0]] * 3, 1)),
    ("Pad", {"pad": (0, 0, 2, 0), "value": 7.0}, X[:, 0], torch.cat([X.new_full((2, 2, 5), 7), X[:, 0]], 1)),
    ("Pad", {"pad": (1, 0), "mode": "circular"}, X[:, 0], torch.cat([X[:, 0, :, -1:], X[:, 0]], 2)),
    ("GlobalStatistics", {}, X[:, 0], torch.cat([X[:, 0].mean(1), X[:, 0].var(1, correction=0).sqrt()], 1)),
    ("GlobalStatistics", {}, X, torch.cat([X.flatten(2).mean(2), X.flatten(2).var(2, correction=0).sqrt()], 1)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "settings", "x", "wanted"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES])
def test_values_go_where_they_should(kind: str, settings: dict[str, Any], x: Tensor, wanted: Tensor) -> None:
    """Fails if an axis is taken for another, or the batch is touched."""
    net = net_of({"x": str(tuple(x.shape[1:])), "it": (kind, settings), "out": "Output"}, "x it out")
    torch.testing.assert_close(net.model()(x), wanted)


def test_words_stay_words() -> None:
    """Fails if a part of a text forgets that it holds whole numbers, or how many there may be."""
    graph = Graph.of(
        [node("x", "Input", shape=(9,), dtype="int"), node("part", "Slice", stop=4), node("last", "Select")],
        chain("x", "part", "last"),
    )
    report = infer(Project(graph=graph)).main
    assert report.nodes["part"].outputs["output"].dtype == "int"
    assert report.nodes["last"].outputs["output"].kind == "label"


def test_statistics_of_what_never_changes_have_a_slope() -> None:
    """Fails if a silent channel makes every weight before it not a number."""
    net = net_of({"x": "(4, 3)", "it": "GlobalStatistics", "out": "Output"}, "x it out")
    x = torch.zeros(2, 4, 3, requires_grad=True)
    net.model()(x).sum().backward()
    assert x.grad is not None
    assert bool(x.grad.isfinite().all())


@pytest.mark.parametrize(
    ("kind", "settings", "shape", "words"),
    [
        ("Reshape", {"shape": (3, 5)}, (12,), "holds 12 values, but 3×5 holds 15"),
        ("Reshape", {"shape": (5, -1)}, (12,), "holds 12 values"),
        ("Reshape", {"shape": (0, 4)}, (12,), "A size of 0"),
        ("Reshape", {"shape": (-1, -1, 4)}, (12,), "Only one size may be −1"),
        ("Permute", {"dims": (2, 1)}, (3, 8, 8), "each of the axes 1 to 3 once"),
        ("Select", {"index": 9}, (7, 5), "There is no place 9"),
        ("Select", {"dim": 0}, (7, 5), "Axis 0 is the batch"),
        ("Slice", {"start": 5, "stop": 3}, (7, 5), "Nothing is left between 5 and 3"),
        ("Slice", {"dim": 3}, (7, 5), "There is no axis 3"),
        ("Squeeze", {}, (1, 8), "Use axis 1"),
        ("Pad", {"pad": (1, 1, 1)}, (7, 5), "two numbers for each axis"),
        ("Pad", {"pad": (9, 9), "mode": "reflect"}, (7, 5), "Use 4 at most"),
        ("Pad", {"pad": (1, 1), "mode": "replicate"}, (3, 4, 4), "4 in all"),
    ],
    ids=str,
)
def test_a_refusal_has_a_remedy(kind: str, settings: dict[str, Any], shape: tuple[int, ...], words: str) -> None:
    """Fails if what does not fit is not named, or a click on the first remedy leaves a problem."""
    graph = Graph.of(
        [node("x", "Input", shape=shape), node("it", kind, **settings), node("out", "Output")], chain("x", "it", "out")
    )
    project = Project(graph=graph)
    (problem,) = infer(project).problems
    assert words in problem.sentence
    command = command_for(project, "", "it", problem.fixes[0])
    assert command is not None
    mended = command.apply(project)
    assert infer(mended).problems == ()
    compile_net(mended)
