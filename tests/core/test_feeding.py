"""Edits that bring data and a loss to where they are missing, found by the problems that offer them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.core.checks.feeding import new_sources
from app.core.checks.fixes import command_at, words_at
from app.core.checks.problems import FeedInput, RemoveNode
from app.core.document import Document
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.inference import infer
from nodes.api import Field, Schema, source
from tests.support.drawings import chain, node, small_net
from tests.support.example_source import among_ours

LABEL = Wire("digits", "label", "loss", "target")


def of(nodes: list[Node], wires: list[Wire], **blocks: Block) -> Project:
    return Project(graph=Graph.of(nodes, wires), blocks=blocks)


def without_target(outputs: int = 10) -> Project:
    project = small_net()
    graph = project.graph.with_nodes(node("fc1", "Linear", out_features=outputs))
    return project.with_graph("", graph.with_wires(wire for wire in graph.wires if wire.target_port != "target"))


def labelled(*layers: Node) -> Project:
    """The label of the data runs through these layers to the loss."""
    names = [layer.name for layer in layers]
    return of(
        [node("digits", "Digits"), *layers, node("loss", "CrossEntropyLoss")],
        [*chain("digits.label", *names, "loss.prediction"), LABEL],
    )


def five_of_ten(*behind: Node, rows: bool = True, **blocks: Block) -> Project:
    """A last layer with five outputs for ten classes, and these layers behind it."""
    before = [node("rows", "Reshape", shape=(8, 8)), node("lstm", "LSTM")] if rows else [node("rows", "Flatten")]
    nodes = [node("digits", "Digits"), *before, node("fc", "Linear", out_features=5), *behind]
    names = [each.name for each in nodes[1:]]
    return of(
        [*nodes, node("loss", "CrossEntropyLoss")],
        [*chain("digits.image", *names, "loss.prediction"), LABEL],
        **blocks,
    )


def in_a_block() -> Project:
    inner = [node("i", "In"), node("fc", "Linear", out_features=5), node("relu", "LeakyReLU"), node("o", "Out")]
    nodes = [
        node("digits", "Digits"),
        node("flat", "Flatten"),
        Node("head", "block:head"),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [*chain("digits.image", "flat", "head.i"), Wire("head", "o", "loss", "prediction"), LABEL]
    return of(nodes, wires, head=Block(Graph.of(inner, chain("i", "fc", "relu", "o"))))


def crossed(outputs: int) -> Project:
    """Digits whose label arrives at prediction, and the scores at target."""
    nodes = [node("digits", "Digits"), node("flat", "Flatten"), node("fc", "Linear", out_features=outputs),
             node("loss", "CrossEntropyLoss")]  # fmt: skip
    return of(nodes, [*chain("digits.image", "flat", "fc", "loss.target"),
                      Wire("digits", "label", "loss", "prediction")])  # fmt: skip


# A drawing, the node with the problem, and the words of the first button that is there.
CASES: dict[str, tuple[Callable[[], Project], str, str]] = {
    "a loss without a label": (without_target, "loss", "Wire digits.label to target"),
    "a first convolution": (lambda: of([node("conv", "Conv2d")], []), "conv", "Put Handwritten digits before conv"),
    "a large first window": (
        lambda: of([node("conv", "Conv2d", kernel_size=11)], []), "conv", "Put Handwritten digits before conv"),
    "a first fully connected layer": (
        lambda: of([node("fc", "Linear")], []), "fc", "Put Handwritten digits and Flatten before fc"),
    "a first recurrent layer": (
        lambda: of([node("lstm", "LSTM")], []), "lstm", "Put Handwritten digits and Reshape before lstm"),
    "data that is there and does not fit as it is": (
        lambda: of([node("digits", "Digits"), node("fc", "Linear")], []), "fc",
        "Wire digits.image to fc through Flatten"),
    "a label in a convolution": (
        lambda: of([node("digits", "Digits"), node("conv", "Conv2d")], chain("digits.label", "conv")), "conv",
        "Wire digits.image to conv"),
    "a label in a fully connected layer": (
        lambda: labelled(node("fc", "Linear", out_features=10)), "fc", "Wire digits.image to fc through Flatten"),
    "a label in a flatten": (
        lambda: labelled(node("flat", "Flatten"), node("fc", "Linear", out_features=10)), "flat",
        "Wire digits.image to flat"),
    "a label in an activation": (
        lambda: labelled(node("r", "ReLU"), node("flat", "Flatten"), node("fc", "Linear")), "r",
        "Wire digits.image to r"),
    "a first layer of words": (lambda: of([node("e", "Embedding")], []), "e", "Put an Input before e"),
    "a first layer of volumes": (lambda: of([node("conv", "Conv3d")], []), "conv", "Put an Input before conv"),
    "volumes beside other data": (
        lambda: of([node("digits", "Digits"), node("conv", "Conv3d")], []), "conv", "Put an Input before conv"),
    "a label and a prediction the wrong way round": (
        lambda: crossed(10), "loss", "Exchange prediction and target"),
    "too few outputs": (lambda: five_of_ten(rows=False), "loss", "Set outputs to 10 of fc"),
    "too few outputs before a select": (lambda: five_of_ten(node("last", "Select")), "loss", "Set outputs to 10 of fc"),
    "too few outputs before a slice and a mean": (
        lambda: five_of_ten(node("few", "Slice", start=2), node("mean", "Select")), "loss", "Set outputs to 10 of fc"),
    "too few outputs before a muted layer": (
        lambda: five_of_ten(Node("m", "ReLU", bypassed=True), rows=False), "loss", "Set outputs to 10 of fc"),
    "too few outputs in a block": (in_a_block, "loss", "Set outputs to 10 of fc in head"),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_the_first_button_wires_or_puts_what_is_missing(what: str) -> None:
    """Fails if the first fix there is removes something, leaves the problem, or cannot be undone."""
    make, name, words = CASES[what]
    project = make()
    problem = next(each for each in infer(project).problems if each.node == name)
    offered = [fix for fix in problem.fixes if command_at(project, "", name, fix) is not None]
    assert words_at(project, "", name, offered[0]) == words
    command = command_at(project, "", name, offered[0])
    assert command is not None
    document = Document(project)
    assert document.do(command) is not None
    assert [each for each in document.report.problems if each.node.split("/")[0] == name] == []
    assert len(document.report.problems) < len(infer(project).problems) or not document.report.problems
    document.undo()
    assert document.project == project


def test_a_label_is_told_as_one() -> None:
    """Fails if a student who wired the label is told about shapes instead."""
    (problem, *_) = infer(labelled(node("fc", "Linear"))).problems
    assert problem.sentence.startswith("digits.label arrives here: the label is the right answer")
    assert "digits.image" in problem.sentence


def test_a_label_that_is_meant_as_an_input_is_fine() -> None:
    """Fails if a net that is told which class to paint may not read the label."""
    nodes = [node("digits", "Digits"), node("code", "OneHot"), node("fc", "Linear", out_features=64)]
    assert infer(of(nodes, chain("digits.label", "code", "fc"))).problems == ()


def test_a_label_at_the_prediction_goes_to_the_target() -> None:
    """Fails if the label at the wrong port of a loss can only be removed."""
    nodes = [
        node("digits", "Digits"),
        node("flat", "Flatten"),
        node("fc", "Linear", out_features=10),
        node("loss", "CrossEntropyLoss"),
    ]
    project = of(nodes, [*chain("digits.image", "flat", "fc"), Wire("digits", "label", "loss", "prediction")])
    for words in ("Wire digits.label to loss.target", "Wire fc to prediction"):
        problem = next(each for each in infer(project).problems if each.node == "loss")
        fix = next(f for f in problem.fixes if command_at(project, "", "loss", f) is not None)
        assert words_at(project, "", "loss", fix) == words
        command = command_at(project, "", "loss", fix)
        assert command is not None
        project = command.apply(project)
    assert infer(project).problems == ()


def test_crossed_wires_and_too_few_scores_are_mended_one_after_the_other() -> None:
    """Fails if a second mistake leaves a student without any button."""
    project = crossed(5)
    for words in ("Exchange prediction and target", "Set outputs to 10 of fc"):
        (problem,) = infer(project).problems
        assert words_at(project, "", "loss", problem.fixes[0]) == words
        command = command_at(project, "", "loss", problem.fixes[0])
        assert command is not None
        project = command.apply(project)
    assert infer(project).problems == ()


def test_the_label_comes_first_though_the_scores_are_too_few() -> None:
    """Fails if a complaint about the prediction keeps the label from being offered."""
    project = without_target(outputs=5)
    (problem,) = infer(project).problems
    command = command_at(project, "", "loss", problem.fixes[0])
    assert command is not None
    after = command.apply(project)
    assert LABEL in after.graph.wires
    (left,) = infer(after).problems
    assert words_at(after, "", "loss", left.fixes[0]) == "Set outputs to 10 of fc1"


def test_data_is_not_put_beside_data() -> None:
    """Fails if a forgotten wire is answered with a second source."""
    project = of([node("digits", "Digits"), node("conv", "Conv2d")], [])
    (problem,) = infer(project).problems
    words = [words_at(project, "", "conv", f) for f in problem.fixes if command_at(project, "", "conv", f) is not None]
    assert words == ["Wire digits.image to conv", "Remove conv"]


@pytest.mark.parametrize("kind", ["Embedding", "OneHot"])
def test_a_label_is_not_offered_as_data(kind: str) -> None:
    """Fails if a net that reads text is given the right answers in its place."""
    project = of([node("first", kind)], [])
    (problem,) = infer(project).problems
    fixes = [fix for fix in problem.fixes if command_at(project, "", "first", fix) is not None]
    assert fixes == [FeedInput("x"), RemoveNode()]
    command = command_at(project, "", "first", fixes[0])
    assert command is not None
    assert {each.type for each in command.apply(project).graph.nodes.values()} == {"Input", kind}


def test_a_select_of_features_is_not_widened() -> None:
    """Fails if a setting is offered that changes nothing at the loss: the select takes one feature of each step."""
    project = five_of_ten(node("pick", "Select", dim=2))
    (problem,) = infer(project).problems
    words = [words_at(project, "", "loss", f) for f in problem.fixes if command_at(project, "", "loss", f) is not None]
    assert not any(text.startswith("Set outputs") for text in words)
    assert "Insert Fully connected before loss" in words


@pytest.mark.parametrize("wrong", ["digits", "loss"])
def test_a_wrong_setting_beside_it_breaks_no_offer(wrong: str) -> None:
    """Fails if asking what would mend one layer ends in an error because another one has a setting of a stranger."""
    project = without_target()
    setting = {"digits": ("size", None), "loss": ("label_smoothing", "much")}[wrong]
    graph = project.graph.with_nodes(project.graph.nodes[wrong].with_param(*setting), node("alone", "Conv2d"))
    project = project.with_graph("", graph)
    report = infer(project)
    assert {"alone", wrong} <= {problem.node for problem in report.problems}
    for problem in report.problems:
        for fix in problem.fixes:
            command_at(project, "", problem.node, fix)
            words_at(project, "", problem.node, fix)


@pytest.mark.parametrize("place", [0, 1, 5])
def test_a_source_says_itself_whether_it_is_offered(place: int) -> None:
    """Fails if the sources that a button may put before a layer, or their order, are known anywhere but in their own
    files: one file more has to be enough."""

    def describe() -> Schema:
        """Nothing but ones."""
        return Schema({"value": Field((3,))}, samples=7)

    def load() -> dict[str, list[list[float]]]:
        return {"value": [[1.0] * 3] * 7}

    ones = source(id="Ones", name="Ones", describe=describe, load=load, offered=place)
    usual = [each.type for each in new_sources(Graph(), (0.0, 0.0))]
    assert usual[0] == "Digits"
    with among_ours(ones):
        found = [each.type for each in new_sources(Graph(), (0.0, 0.0))]
    wanted = {0: usual, 1: ["Digits", "Digits", "Digits", "Ones", *usual[3:]], 5: [*usual, "Ones"]}
    assert found == wanted[place]
