"""The wrong function before a loss is noted before anything is trained, and each fix takes the note away."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from app.core.checks.check import check
from app.core.checks.fixes import command_at, words_at
from app.core.checks.lint import notes
from app.core.checks.problems import Problem
from app.core.document import Document
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.inference import infer
from nodes.api import Built, Layer, Shape, Values, expression
from nodes.api.layer import layer as declared
from nodes.api.registry import set_yours
from nodes.api.values import ValuesTrait
from tests.support.drawings import chain, node

Layers = tuple[Node, ...]


def net(loss: str, *layers: Node, outputs: int = 10, **blocks: Block) -> Project:
    """Digits, a fully connected layer and these layers before a loss with a target that goes with it."""
    start = [node("digits", "Digits"), node("flatten", "Flatten"), node("fc", "Linear", out_features=outputs)]
    ports = dict.fromkeys(blocks, ("i", "o"))
    way = ["digits.image", "flatten", "fc"]
    wires = chain(*way)
    last = ("fc", "output")
    for layer in layers:
        into, out = ports.get(layer.type.removeprefix("block:"), ("x", "output"))
        wires.append(Wire(*last, layer.name, into))
        last = (layer.name, out)
    wires.append(Wire(*last, "loss", "prediction"))
    nodes = [*start, *layers, node("loss", loss)]
    if loss in ("CrossEntropyLoss", "NLLLoss"):
        wires.append(Wire("digits", "label", "loss", "target"))
    else:  # a number for each score
        more = [node("goal", "Linear", out_features=outputs), node("share", "Softmax")]
        nodes += more
        wires += [Wire("flatten", "output", "goal", "x"), *chain("goal", "share", "loss.target")]
    return Project(graph=Graph.of(nodes, wires), blocks=blocks)


def block(*layers: Node) -> Block:
    inner = [node("i", "In"), *layers, node("o", "Out")]
    return Block(Graph.of(inner, chain(*(each.name for each in inner))))


def noted(project: Project) -> list[Problem]:
    """The notes, after the drawing was found to be without problems; those on a dropout have tests of their own."""
    report = infer(project)
    assert report.problems == ()
    return [note for note in notes(project, report) if note.code != "dropout_last"]


def codes(project: Project) -> list[tuple[str, str]]:
    return [(note.node, note.code) for note in noted(project)]


def bypassed(name: str, type_: str) -> Node:
    return replace(node(name, type_), bypassed=True)


F = node("f", "Softmax")
WRONG: dict[str, tuple[Project, str, str]] = {
    "raw before NLL": (net("NLLLoss"), "loss", "raw_scores"),
    "raw before KL": (net("KLDivLoss"), "loss", "raw_scores"),
    "raw through dropout before NLL": (net("NLLLoss", node("d", "Dropout")), "loss", "raw_scores"),
    "muted log-softmax before NLL": (net("NLLLoss", bypassed("f", "LogSoftmax")), "loss", "raw_scores"),
    "norm behind log-softmax before NLL": (
        net("NLLLoss", node("f", "LogSoftmax"), node("n", "LayerNorm")), "loss", "raw_scores"),
    "leaky relu before NLL": (net("NLLLoss", node("f", "LeakyReLU")), "loss", "raw_scores"),
    "relu before NLL": (net("NLLLoss", node("f", "ReLU")), "loss", "not_log"),
    "tanh before NLL": (net("NLLLoss", node("f", "Tanh")), "loss", "not_log"),
    "softmax before NLL": (net("NLLLoss", F), "f", "not_log"),
    "sigmoid before NLL": (net("NLLLoss", node("f", "Sigmoid")), "f", "not_log"),
    "relu before log-softmax": (
        net("NLLLoss", node("f", "ReLU"), node("ls", "LogSoftmax")), "f", "relu_scores"),
    "softmax before log-softmax": (net("NLLLoss", F, node("ls", "LogSoftmax")), "f", "softmax_twice"),
    "sigmoid before log-softmax": (
        net("NLLLoss", node("f", "Sigmoid"), node("ls", "LogSoftmax")), "f", "sigmoid_twice"),
    "softmax before KL": (net("KLDivLoss", F), "f", "not_log"),
    "softmax before cross-entropy": (net("CrossEntropyLoss", F), "f", "softmax_twice"),
    "softmax, dropout and a muted layer": (
        net("CrossEntropyLoss", F, node("d", "Dropout"), bypassed("m", "ReLU")), "f", "softmax_twice"),
    "softmax, reshaped and flattened": (
        net("CrossEntropyLoss", F, node("r", "Reshape", shape=(2, 5)), node("g", "Flatten")), "f", "softmax_twice"),
    "softmax in a block": (
        net("CrossEntropyLoss", Node("head", "block:head"), head=block(F)), "head/f", "softmax_twice"),
    "softmax in a muted block's neighbour": (
        net("CrossEntropyLoss", F, Node("head", "block:head", bypassed=True), head=block(node("g", "ReLU"))),
        "f", "softmax_twice"),
    "softmax of logarithms": (
        net("CrossEntropyLoss", node("f", "LogSoftmax"), node("e", "Exp")), "e", "softmax_twice"),
    "sigmoid before cross-entropy": (net("CrossEntropyLoss", node("f", "Sigmoid")), "f", "sigmoid_twice"),
    "tanh before cross-entropy": (net("CrossEntropyLoss", node("f", "Tanh")), "f", "bounded_scores"),
    "relu before cross-entropy": (net("CrossEntropyLoss", node("f", "ReLU")), "f", "relu_scores"),
    "relu and dropout": (net("CrossEntropyLoss", node("f", "ReLU"), node("d", "Dropout")), "f", "relu_scores"),
    "sigmoid before logits": (net("BCEWithLogitsLoss", node("f", "Sigmoid")), "f", "sigmoid_twice"),
    "softmax before logits": (net("BCEWithLogitsLoss", F), "f", "softmax_twice"),
    "relu before logits": (net("BCEWithLogitsLoss", node("f", "ReLU")), "f", "relu_scores"),
    "tanh before logits": (net("BCEWithLogitsLoss", node("f", "Tanh")), "f", "bounded_scores"),
    "log-softmax before logits": (net("BCEWithLogitsLoss", node("f", "LogSoftmax")), "f", "bounded_scores"),
    "raw before BCE": (net("BCELoss"), "loss", "no_probabilities"),
    "tanh before BCE": (net("BCELoss", node("f", "Tanh")), "f", "no_probabilities"),
    "log-softmax before BCE": (net("BCELoss", node("f", "LogSoftmax")), "f", "no_probabilities"),
    "dropout behind a sigmoid before BCE": (
        net("BCELoss", node("f", "Sigmoid"), node("d", "Dropout")), "d", "no_probabilities"),
}  # fmt: skip

RIGHT: dict[str, Project] = {
    "raw before cross-entropy": net("CrossEntropyLoss"),
    "log-softmax before cross-entropy is harmless": net("CrossEntropyLoss", node("f", "LogSoftmax")),
    "log-softmax before NLL": net("NLLLoss", node("f", "LogSoftmax")),
    "log-softmax in a block before NLL": net(
        "NLLLoss", Node("head", "block:head"), head=block(node("f", "LogSoftmax"))
    ),
    "logarithm of a softmax before NLL": net("NLLLoss", F, node("l", "Log")),
    "log-softmax before KL": net("KLDivLoss", node("f", "LogSoftmax")),
    "leaky relu before cross-entropy": net("CrossEntropyLoss", node("f", "LeakyReLU")),
    "muted softmax before cross-entropy": net("CrossEntropyLoss", bypassed("f", "Softmax")),
    "softmax as a gate": net("CrossEntropyLoss", F, node("n", "LayerNorm")),
    "raw before logits": net("BCEWithLogitsLoss"),
    "sigmoid before BCE": net("BCELoss", node("f", "Sigmoid")),
    "softmax before BCE": net("BCELoss", F),
    "dropout without a share": net("BCELoss", node("f", "Sigmoid"), node("d", "Dropout", p=0.0)),
    "softmax before MSE": net("MSELoss", F),
    "relu before targets that are never negative": net("MSELoss", node("f", "ReLU")),
    "unknown before NLL": net("NLLLoss", node("p", "Power", exponent=2.0)),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_last_function_is_noted_at_its_place(what: str) -> None:
    """Fails if the mistake passes in silence, stands at another layer, or is told twice."""
    project, where, code = WRONG[what]
    assert codes(project) == [(where, code)]


@pytest.mark.parametrize("what", RIGHT)
def test_right_last_function_is_not_noted(what: str) -> None:
    """Fails if something is said of what is fine, or of what nobody can know."""
    assert noted(RIGHT[what]) == []


@pytest.mark.parametrize("what", WRONG)
def test_every_fix_of_a_note_takes_it_away(what: str) -> None:
    """Fails if a note has no fix, a fix leaves it, breaks the drawing, or cannot be undone."""
    project, _, code = WRONG[what]
    (note,) = noted(project)
    assert note.fixes
    for fix in note.fixes:
        document = Document(project)
        command = command_at(project, "", note.node, fix)
        assert command is not None, fix
        assert document.do(command) is not None, words_at(project, "", note.node, fix)
        assert document.report.problems == ()
        assert note.sentence not in [left.sentence for left in noted(document.project)]
        if fix is note.fixes[0]:
            assert code not in [left.code for left in noted(document.project)]
        document.undo()
        assert document.project == project


def test_a_softmax_that_others_read_is_left_to_them() -> None:
    """Fails if the fix for the loss takes the probabilities from the output that shows them."""
    project = net("CrossEntropyLoss", F)
    graph = project.graph.with_nodes(node("out", "Output"))
    project = project.with_graph("", graph.with_wires([*graph.wires, Wire("f", "output", "out", "x")]))
    (note,) = noted(project)
    assert (note.node, note.code) == ("loss", "softmax_twice")
    command = command_at(project, "", "loss", note.fixes[0])
    assert command is not None
    assert words_at(project, "", "loss", note.fixes[0]) == "Wire fc to prediction"
    after = command.apply(project)
    assert noted(after) == []
    assert [wire.source for wire in after.graph.into("out")] == ["f"]
    assert [wire.source for wire in after.graph.into("f")] == ["fc"]


@pytest.mark.parametrize(("layer", "low", "high"), [("Sigmoid", 0.0, 1.0), ("Tanh", -1.0, 1.0), ("Softmax", 0.0, 1.0)])
@pytest.mark.parametrize("classes", [10, 30, 100])
def test_the_share_that_is_told_is_what_torch_gives_at_best(layer: str, low: float, high: float, classes: int) -> None:
    """Fails if "at most" is another number than that of the best scores this function can give."""
    best = torch.full((classes,), low)
    best[0] = high
    expected = best.softmax(0)[0].item()
    (said,) = [n.sentence for n in noted(net("CrossEntropyLoss", node("f", layer), outputs=classes)) if n.node == "f"]
    assert f"{100 * expected:.0f} % at most" in said


def test_the_answers_that_are_told_are_those_of_the_sigmoid() -> None:
    """Fails if the limits named for a loss of scores are not those of a sigmoid."""
    (note,) = noted(net("BCEWithLogitsLoss", node("f", "Tanh")))
    low, high = (1 / (1 + math.exp(-value)) for value in (-1.0, 1.0))
    assert f"between {100 * low:.0f} % and {100 * high:.0f} %" in note.sentence


def kl(target: Node, log_target: bool) -> Project:
    project = net("KLDivLoss", node("f", "LogSoftmax"))
    loss = node("loss", "KLDivLoss", log_target=log_target)
    return project.with_graph("", project.graph.with_nodes(loss, replace(target, name="share")))


@pytest.mark.parametrize(
    ("target", "log_target", "code"),
    [("Softmax", False, None), ("LogSoftmax", True, None), ("Softmax", True, "not_log"),
     ("LogSoftmax", False, "not_log"), ("Dropout", False, "raw_scores"), ("Dropout", True, "raw_scores")],
)  # fmt: skip
def test_the_target_of_a_divergence(target: str, log_target: bool, code: str | None) -> None:
    """Fails if a target that is no distribution, or whose form the setting denies, passes."""
    found = noted(kl(node("share", target), log_target))
    assert [note.code for note in found] == ([code] if code else [])
    for note in found:
        command = command_at(kl(node("share", target), log_target), "", note.node, note.fixes[0])
        assert command is not None
        assert noted(command.apply(kl(node("share", target), log_target))) == []


def test_logarithms_for_letters() -> None:
    """Fails if the loss that spells texts is given raw scores without a word."""
    graph = Graph.of(
        [node("steps", "Input", shape=(8, 5)), node("text", "Input", shape=(3,), dtype="int", classes=5),
         node("fc", "Linear", out_features=5), node("loss", "CTCLoss")],
        [*chain("steps", "fc", "loss.log_probs"), Wire("text", "output", "loss", "targets")],
    )  # fmt: skip
    project = Project(graph=graph)
    note = next(note for note in noted(project) if note.code == "raw_scores")
    command = command_at(project, "", note.node, note.fixes[0])
    assert command is not None
    assert "raw_scores" not in [left.code for left in noted(command.apply(project))]


@pytest.mark.parametrize(
    ("last", "said"), [("ReLU", True), ("Softplus", True), ("Sigmoid", True), ("LeakyReLU", False)]
)
@pytest.mark.parametrize("loss", ["MSELoss", "L1Loss", "HuberLoss", "HalfSquaredError"])
def test_targets_below_zero_that_cannot_be_reached(last: str, said: bool, loss: str) -> None:
    """Fails if a net that gives nothing below zero is trained on standardized targets without a word."""
    nodes = [
        node("digits", "Digits"), node("flatten", "Flatten"), node("fc", "Linear", out_features=64), node("last", last),
        node("even", "Standardize"), node("goal", "Flatten"), node("loss", loss),
    ]  # fmt: skip
    wires = [
        *chain("digits.image", "flatten", "fc", "last", "loss.prediction"),
        *chain("digits.image", "even", "goal", "loss.target"),
    ]
    project = Project(graph=Graph.of(nodes, wires))
    assert codes(project) == ([("last", "relu_targets")] if said else [])


def test_a_concatenation_of_rectified_scores_is_one_function() -> None:
    """Fails if two heads that end in a ReLU each hide behind the layer that joins them."""
    nodes = [
        node("digits", "Digits"), node("flatten", "Flatten"), node("a", "Linear", out_features=5),
        node("b", "Linear", out_features=5), node("ra", "ReLU"), node("rb", "ReLU"), node("both", "Concat"),
        node("loss", "CrossEntropyLoss"),
    ]  # fmt: skip
    wires = [
        *chain("digits.image", "flatten", "a", "ra", "both.xs"),
        *chain("flatten", "b", "rb", "both.xs"),
        *chain("both", "loss.prediction"),
        Wire("digits", "label", "loss", "target"),
    ]
    assert "relu_scores" in [note.code for note in noted(Project(graph=Graph.of(nodes, wires)))]


def test_long_chains_are_followed_to_their_end() -> None:
    """Fails if the way back is walked by recursion, which ends at a thousand layers."""
    drops = [node(f"d{index}", "Dropout") for index in range(3000)]
    assert codes(net("CrossEntropyLoss", F, *drops)) == [("f", "softmax_twice")]


def own_function(name: str, values: ValuesTrait) -> Layer:
    @declared(id=name, name=name, category="activation", values=values)
    def function(x: Shape) -> Built:
        """A function of somebody's own."""
        return Built(expression("{x}"), output=x)

    return function


@declared(id="OwnLoss", name="Own loss", role="loss", outputs=("loss",), category="losses", reads="log_probabilities",
       of_scores="CrossEntropyLoss")  # fmt: skip
def own_loss(prediction: Shape, target: Shape) -> Built:
    """The mean of what stands at the right classes, of somebody's own."""
    return Built(expression("-{prediction}.gather(-1, {target}[:, None]).mean()"), outputs={"loss": Shape(())})


@pytest.fixture
def own() -> Iterator[None]:
    """Three functions and a loss of the user's own."""
    set_yours([
        own_function("Half", Values(0.0, 0.5)), own_function("Shares", Values(0.0, 1.0, "softmax")),
        own_function("Doubled", lambda s, x: Values(2 * x.low, 2 * x.high)), own_loss,
    ])  # fmt: skip
    yield
    set_yours(())


@pytest.mark.parametrize(
    ("loss", "types", "where", "code"),
    [
        ("CrossEntropyLoss", ["Half"], "f0", "bounded_scores"),
        ("CrossEntropyLoss", ["Shares"], "f0", "softmax_twice"),
        ("BCELoss", ["Half", "Doubled"], "", ""),
        ("BCELoss", ["Sigmoid", "Doubled"], "f1", "no_probabilities"),
        ("BCELoss", ["Sigmoid", "GaussianNoise"], "f1", "no_probabilities"),
        ("NLLLoss", ["Shares"], "f0", "not_log"),
        ("OwnLoss", [], "loss", "raw_scores"),
        ("OwnLoss", ["Shares"], "f0", "not_log"),
        ("OwnLoss", ["LogSoftmax"], "", ""),
    ],
)
def test_own_layers_are_known_by_what_their_files_say(
    own: None, loss: str, types: list[str], where: str, code: str
) -> None:
    """Fails if a warning knows layers by their names, so that a function or a loss of the user's own gets none."""
    project = net(loss, *(node(f"f{place}", each) for place, each in enumerate(types)))
    if loss == "OwnLoss":  # classes, not shares
        wires = [wire for wire in project.graph.wires if wire.target_port != "target"]
        project = project.with_graph("", project.graph.with_wires([*wires, Wire("digits", "label", "loss", "target")]))
    found = [note for note in noted(project) if note.code != "unused"]
    assert [(note.node, note.code) for note in found] == ([(where, code)] if code else [])
    if code == "raw_scores":
        assert [command_at(project, "", "loss", fix) is not None for fix in found[0].fixes] == [True, True]


def test_a_difference_is_taken_from_the_ports_not_from_the_order_of_wires() -> None:
    """Fails if what is taken away depends on which wire was drawn first."""
    for turned in (False, True):
        both = [Wire("two", "output", "minus", "a"), Wire("share", "output", "minus", "b")]
        project = net("BCELoss")
        wires = [wire for wire in project.graph.wires if wire.target_port != "prediction"]
        wires += [*(reversed(both) if turned else both), Wire("minus", "output", "loss", "prediction")]
        graph = project.graph.with_nodes(node("two", "Constant", value=1.0), node("minus", "Subtract"))
        assert codes(project.with_graph("", graph.with_wires(wires))) == [("fc", "unused")], turned


def picked(hidden: int, loss: str, *layers: Node, cell: str = "LSTM") -> Project:
    """The rows of a digit through a recurrent layer, its last step, and these layers before a loss."""
    start = [node("digits", "Digits"), node("rows", "Squeeze", dim=1), node("cell", cell, hidden_size=hidden)]
    nodes = [*start, node("pick", "Select"), *layers, node("loss", loss)]
    names = [each.name for each in nodes[1:-1]]
    wires = [*chain("digits.image", *names, "loss.prediction"), Wire("digits", "label", "loss", "target")]
    return Project(graph=Graph.of(nodes, wires))


@pytest.mark.parametrize(
    ("project", "before"),
    [
        (picked(12, "CrossEntropyLoss"), "loss"),
        (picked(20, "CrossEntropyLoss", cell="GRU"), "loss"),
        (picked(12, "CrossEntropyLoss", node("d", "Dropout")), "loss"),
        (picked(12, "NLLLoss", node("ls", "LogSoftmax")), "ls"),
    ],
)
def test_scores_whose_number_cannot_be_set_get_a_layer_behind(project: Project, before: str) -> None:
    """Fails if too many scores of a recurrent layer are noted without a button, or the layer stands behind the function
    that the loss wants to read."""
    (note,) = noted(project)
    assert note.code == "scores"
    assert f"before {before}." in note.sentence
    document = Document(project)
    (fix,) = note.fixes
    command = command_at(project, "", note.node, fix)
    assert command is not None
    document.do(command)
    assert noted(document.project) == []
    (wire,) = [wire for wire in document.project.graph.into(before) if wire.target_port in ("x", "prediction")]
    assert document.project.graph.nodes[wire.source].params["out_features"] == 10


@pytest.mark.parametrize("loss", ["BCELoss", "BCEWithLogitsLoss"])
def test_targets_that_are_no_probabilities_are_noted(loss: str) -> None:
    """Fails if standardized numbers pass as answers between no and yes, or those of a picture do not."""

    def of(*between: Node) -> Project:
        nodes = [node("digits", "Digits"), node("flat", "Flatten"), node("fc", "Linear", out_features=64)]
        nodes += [node("last", "Sigmoid" if loss == "BCELoss" else "Dropout"), node("goal", "Flatten"), *between]
        wires = chain("digits.image", "flat", "fc", "last", "loss.prediction")
        wires += chain("digits.image", "goal", *(each.name for each in between), "loss.target")
        return Project(graph=Graph.of([*nodes, node("loss", loss)], wires))

    assert codes(of()) == []
    assert codes(of(node("t", "Sigmoid"))) == []
    wrong = of(node("t", "Standardize"))
    (note,) = noted(wrong)
    assert (note.node, note.code, note.port) == ("loss", "targets", "target")
    document = Document(wrong)
    command = command_at(wrong, "", "loss", note.fixes[0])
    assert command is not None
    document.do(command)
    assert "targets" not in [code for _, code in codes(document.project)]


def test_data_alone_has_one_problem() -> None:
    """Fails if a source without layers is told twice what is missing."""
    project = Project(graph=Graph.of([node("digits", "Digits")], []))
    assert [problem.code for problem in check(project, infer(project)).problems] == ["empty"]
