"""A loss that gets too few numbers names the layer that gives them, and what really makes more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.checks.fixes import command_at
from app.core.graph.model import MAIN, Block, Graph, Node, Project, Wire
from app.core.inference import infer
from tests.support.drawings import chain, node

FLAT = node("flat", "Flatten")
FEW = node("few", "Linear", out_features=5)
ROWS = node("rows", "Reshape", shape=(8, 8))
BLOCK = Graph.of([node("x", "In"), FEW, node("relu", "ReLU"), node("y", "Out")], chain("x", "few", "relu", "y"))


def drawn(layers: list[Node], loss: str = "CrossEntropyLoss", end: str = "") -> Project:
    names = [each.name for each in layers]
    last = f"{names[-1]}{end}"
    graph = Graph.of(
        [node("digits", "Digits"), *layers, node("loss", loss)],
        [
            *chain("digits.image", *names[:-1], f"{names[-1]}.x" if end else names[-1]),
            *chain(last, "loss.prediction"),
            Wire("digits", "label", "loss", "target"),
        ],
    )
    return Project(graph=graph, blocks={"head": Block(BLOCK)})


CASES = {
    "fully connected": (drawn([FLAT, FEW]), "Give few 10 outputs."),
    "a function behind it": (drawn([FLAT, FEW, node("log", "LogSoftmax")], "NLLLoss"), "Give few 10 outputs."),
    "a muted layer behind it": (
        drawn([FLAT, FEW, replace(node("off", "Linear", out_features=7), bypassed=True)]),
        "Give few 10 outputs.",
    ),
    "inside a block": (drawn([FLAT, node("head", "block:head")], end=".y"), "Give head/few 10 outputs."),
    "the last step of an LSTM": (
        drawn([ROWS, node("lstm", "LSTM", hidden_size=5), node("last", "Select")]),
        "and they come from lstm. Put a fully connected layer with 10 outputs before it.",
    ),
    "an LSTM with a function behind": (
        drawn(
            [ROWS, node("lstm", "LSTM", hidden_size=5), node("last", "Select"), node("log", "LogSoftmax")], "NLLLoss"
        ),
        "and they come from lstm. Put a fully connected layer with 10 outputs before log.",
    ),
    "channels that are averaged": (
        drawn([node("conv", "Conv2d", out_channels=5), node("mean", "GlobalAvgPool")]),
        "and they come from conv. Put a fully connected layer with 10 outputs before it.",
    ),
    "an image in a row": (
        drawn([node("conv", "Conv2d", out_channels=1), node("pool", "MaxPool2d", kernel_size=(3, 3)), FLAT]),
        "Put a fully connected layer with 10 outputs before it.",
    ),
    "sizes that are given": (
        drawn([FLAT, FEW, node("again", "Reshape", shape=(5,))]),
        "and they come from again. Put a fully connected layer with 10 outputs before it.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_too_few_scores_name_the_layer_that_gives_them(case: str) -> None:
    """Fails if a fully connected layer is spoken of where there is none, another layer is named, the button does
    something else than the sentence says, or leaves a problem."""
    project, words = CASES[case]
    (problem,) = infer(project).problems
    assert problem.sentence.startswith("There are 10 classes, but the prediction has ")
    assert problem.sentence.endswith(words)
    command = command_at(project, MAIN, problem.node, problem.fixes[0])
    assert command is not None
    mended = command.apply(project)
    assert not infer(mended).problems
    assert ("Put a" in words) == (len(mended.graph.nodes) > len(project.graph.nodes))


def test_the_name_follows_a_rename() -> None:
    """Fails if a sentence that is kept from before names a layer that is called otherwise now."""
    project = drawn([FLAT, FEW])
    before = infer(project)
    renamed = drawn([FLAT, replace(FEW, name="other")])
    after = infer(renamed, before, project)
    (problem,) = after.problems
    assert problem.sentence.endswith("Give other 10 outputs.")
    longer = drawn([FLAT, FEW, node("again", "Reshape", shape=(5,))])
    (problem,) = infer(longer, after, renamed).problems
    assert problem.sentence == infer(longer).problems[0].sentence
    (problem,) = infer(project, infer(longer), longer).problems
    assert problem.sentence == before.problems[0].sentence
