"""Notes on batch norms and dropouts that stand where they cannot do their work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.checks.fixes import command_at
from app.core.checks.lint import notes
from app.core.checks.problems import Problem
from app.core.graph.model import Project
from app.core.inference import infer
from tests.training.nets import digits_net

CONV = ("conv1", "Conv2d", {"out_channels": 4, "kernel_size": (3, 3)})
END = (("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10}))


def noted(project: Project) -> tuple[Problem, ...]:
    return notes(project, infer(project))


def mended(project: Project, note: Problem) -> Project:
    """The drawing after the button of a note was pressed."""
    command = command_at(project, "", note.node, note.fixes[0])
    assert command is not None
    return command.apply(project)


CASES = {
    "idle_bias": (digits_net(CONV, ("bn1", "BatchNorm2d"), ("relu1", "ReLU"), *END), "conv1"),
    "dropout_before_norm": (
        digits_net(
            ("flatten", "Flatten"),
            ("fc0", "Linear", {"out_features": 32}),
            ("relu1", "ReLU"),
            ("drop1", "Dropout", {"p": 0.3}),
            ("bn1", "BatchNorm1d"),
            ("fc1", "Linear", {"out_features": 10}),
        ),
        "drop1",
    ),
    "dropout_last": (digits_net(*END, ("drop1", "Dropout", {"p": 0.5})), "drop1"),
}


@pytest.mark.parametrize("code", CASES)
def test_it_is_named_at_its_node_and_the_button_mends_it(code: str) -> None:
    """Fails if the case passes in silence, is pinned to another node, or its button leaves it as it is."""
    project, node = CASES[code]
    (note,) = noted(project)
    assert (note.code, note.node) == (code, node)
    after = mended(project, note)
    assert infer(after).problems == ()
    assert noted(after) == ()


def test_batches_of_one_or_two_are_told_where_there_is_a_batch_norm() -> None:
    """Fails if a batch norm over two samples passes, or one over three is blamed."""
    conv = ("conv1", "Conv2d", {"out_channels": 4, "kernel_size": (3, 3), "bias": False})
    project = digits_net(conv, ("bn1", "BatchNorm2d"), *END)
    small = replace(project, recipe=replace(project.recipe, batch_size=2))
    (note,) = noted(small)
    assert (note.code, note.node) == ("tiny_batch", "bn1")
    assert noted(mended(small, note)) == ()
    assert noted(replace(project, recipe=replace(project.recipe, batch_size=3))) == ()


def test_the_usual_order_gets_no_note() -> None:
    """Fails if a dropout between hidden layers, or one before the last layer, is blamed."""
    usual = digits_net(
        ("flatten", "Flatten"),
        ("fc0", "Linear", {"out_features": 32, "bias": False}),
        ("bn1", "BatchNorm1d"),
        ("relu1", "ReLU"),
        ("drop1", "Dropout", {"p": 0.5}),
        ("fc1", "Linear", {"out_features": 10}),
    )
    assert noted(usual) == ()


def test_a_bias_that_somebody_else_reads_counts() -> None:
    """Fails if a layer that also feeds past the norm is told to lose its bias."""
    project = digits_net(CONV, ("bn1", "BatchNorm2d"), *END)
    muted = project.with_graph("", project.graph.with_nodes(replace(project.graph.nodes["bn1"], bypassed=True)))
    assert noted(muted) == ()
