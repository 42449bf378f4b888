"""A fix for every kind of problem where one exists, carried out and undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.core.checks.fixes import command_at, command_for, words_at, words_for
from app.core.checks.lint import notes
from app.core.checks.problems import Problem, RenameTo
from app.core.commands import ChangeType, Refused
from app.core.compile.plan import NotReady, make_plan
from app.core.document import Document
from app.core.graph.model import MAIN, Block, Exposed, Graph, Node, Project, Wire
from app.core.inference import infer
from app.core.storage.templates import load
from nodes.api import Shape
from nodes.api.registry import find, layers
from tests.support.drawings import chain, node, small_net

# What a person would have to know of the layer before; torch's constructors ask for it, Netloom never does.
INPUT_SIZES = {
    "in_features", "in_channels", "input_size", "num_features", "num_channels", "embed_dim", "d_model", "in1_features",
    "in2_features", "kdim", "vdim",
}  # fmt: skip


def small(*nodes: Node, wires: list[Wire], **blocks: Block) -> Project:
    return Project(graph=Graph.of(nodes, wires), blocks=blocks)


def image(*sizes: int) -> Node:
    return Node("image", "Input", {"shape": sizes})


def fed(layer: Node, *sizes: int) -> Project:
    return small(image(*sizes), layer, wires=[Wire("image", "output", layer.name, "x")])


def classified(loss: str, *before: Node) -> Project:
    """An image, layers and a loss with the label of ten classes."""
    label = Node("label", "Input", {"shape": (), "dtype": "int", "classes": 10})
    return small(
        image(3, 8, 8),
        label,
        *before,
        node("loss", loss),
        wires=[
            *chain("image", *(n.name for n in before), "loss.prediction"),
            Wire("label", "output", "loss", "target"),
        ],
    )


def two_ways(merge: str, first: Node, second: Node) -> Project:
    return small(
        image(3, 8, 8),
        first,
        second,
        node("merge", merge),
        wires=[
            Wire("image", "output", first.name, "x"),
            Wire("image", "output", second.name, "x"),
            Wire(first.name, "output", "merge", "xs"),
            Wire(second.name, "output", "merge", "xs"),
        ],
    )


def instance(block: Block) -> Project:
    return small(
        image(3, 8, 8), Node("unit1", "block:unit"), wires=[Wire("image", "output", "unit1", "inp")], unit=block
    )


def wired_wrongly(**ends: str) -> Project:
    project = small_net()
    wire = next(w for w in project.graph.wires if (w.source, w.target) == ("conv1", "relu1"))
    wires = [replace(w, **ends) if w == wire else w for w in project.graph.wires]
    return project.with_graph("", project.graph.with_wires(wires))


CASES: dict[str, tuple[Callable[[], Project], str]] = {
    "flatten": (lambda: fed(node("fc", "Linear"), 3, 8, 8), "Insert Flatten before fc"),
    "global pool": (lambda: fed(node("fc", "Linear"), 3, 8, 8), "Insert Global average pooling before fc"),
    "channels last": (lambda: fed(node("conv", "Conv2d", kernel_size=5), 28, 28, 3), "Insert Permute before conv"),
    "channels last into a pool": (lambda: fed(node("pool", "MaxPool2d", kernel_size=5), 64, 64, 1), "Insert Permute"),
    "setting that fits": (lambda: fed(node("conv", "Conv2d", kernel_size=9), 3, 8, 8), "Set padding to 1"),
    "number beyond its limit": (lambda: fed(Node("fc", "Linear", {"out_features": -3}), 8), "Set outputs to 1"),
    "pair beyond its limit": (
        lambda: fed(Node("conv", "Conv2d", {"kernel_size": (0, 3)}), 3, 8, 8),
        "Set kernel to 1×3",
    ),
    "word for a number": (lambda: fed(Node("fc", "Linear", {"out_features": "ten"}), 8), "Reset outputs"),
    "norm of another dimension": (lambda: fed(node("bn", "BatchNorm1d"), 3, 8, 8), "Use Batch norm 2-D instead"),
    "list for an image norm": (lambda: fed(node("bn", "BatchNorm2d"), 12), "Use Batch norm 1-D instead"),
    "sequence for an image layer": (lambda: fed(node("conv", "Conv2d"), 20, 8), "Use Convolution 1-D instead"),
    "volume": (lambda: fed(node("pool", "MaxPool2d"), 3, 8, 8, 8), "Use Max pooling 3-D instead"),
    "labels for a loss of numbers": (
        lambda: classified("MSELoss", node("fl", "Flatten"), node("fc", "Linear", out_features=10)),
        "Use Cross-entropy",
    ),
    "map for each class": (
        lambda: classified("CrossEntropyLoss", node("conv", "Conv2d", out_channels=10)),
        "Insert Global average pooling before loss",
    ),
    "image at a loss": (
        lambda: classified("CrossEntropyLoss", node("conv", "Conv2d", out_channels=4)),
        "Insert Fully connected before loss",
    ),
    "too few scores": (
        lambda: classified("CrossEntropyLoss", node("gap", "GlobalAvgPool")),
        "Insert Fully connected before loss",
    ),
    "shortcut with other channels": (
        lambda: two_ways("Add", node("a", "Conv2d", out_channels=8, kernel_size=1), node("b", "ReLU")),
        "Insert Convolution 2-D behind b",
    ),
    "list and image joined": (
        lambda: two_ways("Concat", node("a", "GlobalAvgPool"), node("b", "ReLU")),
        "Insert Flatten behind b",
    ),
    "images of two sizes joined": (
        lambda: two_ways("Concat", node("a", "MaxPool2d"), node("b", "ReLU")),
        "Insert Adaptive average pooling behind b",
    ),
    "wire to a missing input": (lambda: wired_wrongly(target_port="X"), "Wire conv1 to relu1.x"),
    "wire from a missing output": (lambda: wired_wrongly(source_port="out"), "Wire conv1.output instead"),
    "wire that nobody wants": (lambda: wired_wrongly(source_port="out"), "Remove the wire from conv1"),
    "type in other letters": (lambda: fed(node("conv", "Conv2D"), 3, 8, 8), "Use Convolution 2-D instead"),
    "type misspelt": (lambda: fed(node("pool", "MaxPol2d"), 3, 8, 8), "Use Max pooling instead"),
    "type of nobody": (lambda: fed(node("odd", "Frobnicate"), 3, 8, 8), "Remove odd"),
    "port of a block outside": (lambda: fed(node("out", "Out"), 3, 8, 8), "Use Output instead"),
    "nothing arrives": (lambda: small(image(3, 8, 8), node("conv", "Conv2d"), wires=[]), "Wire image to conv"),
    "nothing arrives, not wanted": (lambda: small(image(3, 8, 8), node("conv", "Conv2d"), wires=[]), "Remove conv"),
    "loss without a target": (lambda: classified_without_target(), "Wire label to target"),
    "block without an output": (
        lambda: instance(Block(Graph.of([node("inp", "In"), node("relu", "ReLU")], chain("inp", "relu")))),
        "Add a block output",
    ),
    "exposed setting of nobody": (
        lambda: instance(
            Block(
                Graph.of([node("inp", "In"), node("relu", "ReLU"), node("y", "Out")], chain("inp", "relu", "y")),
                (Exposed("size", "gone", "kernel_size"),),
            )
        ),
        "Take kernel_size of gone off the block's settings",
    ),
    "exposed setting that the layer lacks": (
        lambda: instance(
            Block(
                Graph.of([node("inp", "In"), node("relu", "ReLU"), node("y", "Out")], chain("inp", "relu", "y")),
                (Exposed("size", "relu", "kernel_size"),),
            )
        ),
        "Take kernel_size of relu off the block's settings",
    ),
}


def classified_without_target() -> Project:
    project = classified("CrossEntropyLoss", node("fl", "Flatten"), node("fc", "Linear", out_features=10))
    wires = [wire for wire in project.graph.wires if wire.target_port != "target"]
    return project.with_graph("", project.graph.with_wires(wires))


def offered(project: Project, words: str) -> tuple[Problem, object]:
    """The problem and the fix whose button begins with these words."""
    found = infer(project).problems
    assert found
    buttons = [(words_at(project, "", p.node, fix), p, fix) for p in found for fix in p.fixes]
    chosen = [(problem, fix) for text, problem, fix in buttons if text.startswith(words)]
    assert chosen, [text for text, _, _ in buttons]
    return chosen[0]


@pytest.mark.parametrize("what", CASES)
def test_fix_mends_what_it_was_offered_for(what: str) -> None:
    """Fails if the fix is not offered, leaves the problem, cannot be undone, or leads to a problem without a fix."""
    make, words = CASES[what]
    broken = make()
    problem, fix = offered(broken, words)
    document = Document(broken)
    command = command_at(broken, "", problem.node, fix)  # type: ignore[arg-type]
    assert command is not None
    assert document.do(command) is not None
    assert problem not in document.report.problems
    assert problem.sentence not in [p.sentence for p in document.report.problems if p.node == problem.node]
    for left in document.report.problems:
        assert left.fixes, left
    document.undo()
    assert document.project == broken


@pytest.mark.parametrize(
    "what",
    ["flatten", "channels last", "norm of another dimension", "labels for a loss of numbers", "map for each class",
     "shortcut with other channels", "list and image joined", "images of two sizes joined", "wire to a missing input",
     "wire from a missing output", "type in other letters", "type misspelt", "nothing arrives",
     "loss without a target", "block without an output", "sequence for an image layer"],
)  # fmt: skip
def test_one_click_is_enough(what: str) -> None:
    """Fails if a fix only trades one problem for another where it could do without."""
    make, words = CASES[what]
    broken = make()
    problem, fix = offered(broken, words)
    command = command_at(broken, "", problem.node, fix)  # type: ignore[arg-type]
    assert command is not None
    assert infer(command.apply(broken)).problems == ()


def test_no_layer_asks_for_the_size_of_what_arrives() -> None:
    """Fails if a student had to compute what the wires already say."""
    asked = {f"{layer.id}.{param.name}" for layer in layers().values() for param in layer.params}
    assert not {name for name in asked if name.split(".")[1] in INPUT_SIZES}


def test_changing_the_type_keeps_name_place_wires_and_settings_that_fit() -> None:
    """Fails if a layer made another loses what both have."""
    conv = Node("c", "Conv1d", {"out_channels": 7, "kernel_size": 5, "stride": 2}, position=(30.0, 40.0))
    project = fed(conv, 3, 20, 20)
    after = ChangeType("", "c", "Conv2d").apply(project).graph
    assert after.nodes["c"].type == "Conv2d"
    assert after.nodes["c"].position == (30.0, 40.0)
    assert after.nodes["c"].params["out_channels"] == 7
    assert after.nodes["c"].params["kernel_size"] == (5, 5)
    assert after.nodes["c"].params["stride"] == (2, 2)
    assert after.wires == project.graph.wires
    back = ChangeType("", "c", "Conv1d").apply(project.with_graph("", after)).graph
    assert back.nodes["c"].params["kernel_size"] == 5


def test_wires_find_the_ports_of_another_type() -> None:
    """Fails if a wire hangs in the air after the type was changed."""
    project = classified("MSELoss", node("fl", "Flatten"))
    after = ChangeType("", "loss", "HuberLoss").apply(project).graph
    assert {(w.target_port) for w in after.into("loss")} == {"prediction", "target"}
    merged = two_ways("Add", node("a", "ReLU"), node("b", "ReLU"))
    single = ChangeType("", "merge", "Flatten").apply(merged).graph
    assert [w.target_port for w in single.into("merge")] == ["x"]


@pytest.mark.parametrize("type_id", ["Nothing", "In", "block:gone"])
def test_a_type_that_cannot_stand_there_is_refused(type_id: str) -> None:
    """Fails if a fix could make a drawing worse."""
    with pytest.raises(Refused):
        ChangeType("", "fc", type_id).apply(fed(node("fc", "Linear"), 8))


def test_the_nearest_layer_whose_output_fits_is_wired() -> None:
    """Fails if a wire came from far away, or from a layer whose output does not fit."""
    project = small(
        replace(image(3, 8, 8), position=(0.0, 0.0)),
        Node("far", "ReLU", position=(-900.0, 0.0)),
        Node("flat", "Flatten", position=(200.0, 0.0)),
        Node("fc", "Linear", position=(400.0, 0.0)),
        wires=[*chain("image", "far"), *chain("image", "flat")],
    )
    problem, fix = offered(project, "Wire flat to fc")
    command = command_for(project, "", problem.node, fix)  # type: ignore[arg-type]
    assert command is not None
    assert Wire("flat", "output", "fc", "x") in command.apply(project).graph.wires


def test_illegal_names_from_elsewhere_can_be_changed() -> None:
    """Fails if a name that Python forbids stops the drawing without a way on."""
    project = small(image(8), Node("class", "ReLU"), wires=[Wire("image", "output", "class", "x")])
    with pytest.raises(NotReady) as refused:
        make_plan(project)
    (problem,) = refused.value.problems
    assert problem.node == "class"
    assert isinstance(problem.fixes[0], RenameTo)
    command = command_for(project, "", "class", problem.fixes[0])
    assert command is not None
    make_plan(command.apply(project))


def test_shapes_that_are_no_pictures_are_not_turned() -> None:
    """Fails if every image with a large kernel is said to have its channels last."""
    found = infer(fed(node("conv", "Conv2d", kernel_size=9), 28, 4, 28)).problems[0]
    assert not any("Permute" in str(fix) for fix in found.fixes)
    assert Shape((28, 4, 28)).kind == "image"


def buttons(project: Project) -> list[str]:
    """The buttons of all problems of a drawing."""
    problems = infer(project).problems
    return [
        words_for(project, MAIN, problem.node, fix)
        for problem in problems
        for fix in problem.fixes
        if command_for(project, MAIN, problem.node, fix) is not None
    ]


def rewired(name: str, **sources: str) -> Project:
    """A template whose loss is wired otherwise: port and source, such as ``target="fc3.output"``."""
    project = load(name)
    wires = [wire for wire in project.graph.wires if wire.target != "loss"]
    wires += [Wire(*source.split("."), "loss", port) for port, source in sources.items()]
    return project.with_graph(MAIN, project.graph.with_wires(wires))


def test_a_loss_is_offered_scores_and_labels() -> None:
    """Fails if the scores are offered as their own target, or a net that waits for its loss is to be removed."""
    project = rewired("lenet_digits")
    assert buttons(project) == ["Wire fc3 to prediction", "Wire digits.label to target", "Remove loss"]
    assert not notes(project, infer(project))


@pytest.mark.parametrize("wrong", ["fc3.output", "digits.image"])
def test_a_wrong_target_is_rewired(wrong: str) -> None:
    """Fails if the sentence says what to wire and no button does it."""
    project = rewired("lenet_digits", prediction="fc3.output", target=wrong)
    assert buttons(project) == ["Wire digits.label to target", "Use Mean squared error instead"]
    (problem,) = infer(project).problems
    command = command_for(project, MAIN, "loss", problem.fixes[0])
    assert command is not None
    fix_applied = command.apply(project)
    assert not infer(fix_applied).problems
    assert Wire("digits", "label", "loss", "target") in fix_applied.graph.wires
    assert len(fix_applied.graph.wires) == len(project.graph.wires)


def test_a_loss_that_compares_a_value_with_itself_is_a_problem() -> None:
    """Fails if a drawing counts as sound that can learn nothing, because its loss is always 0."""
    project = rewired("autoencoder_digits", prediction="sigmoid1.output", target="sigmoid1.output")
    (problem,) = infer(project).problems
    assert "compares it with itself" in problem.sentence
    command = command_for(project, MAIN, "loss", problem.fixes[0])
    assert command is not None
    assert command.apply(project).graph.wires.count(Wire("flatten", "output", "loss", "target")) == 1


@pytest.mark.parametrize(
    ("loss", "wanted"), [("BCELoss", "Wire points.label to target"), ("MSELoss", "Wire flat to target")]
)
def test_no_net_is_compared_with_its_own_inside(loss: str, wanted: str) -> None:
    """Fails if a loss without a target is offered a layer that its answer is computed of and that learns, or what goes
    into the net before the right answer; or if a copy of the data, as of an autoencoder, is offered no more."""
    labelled = "label" in wanted
    data = Node("points", "TeachingPoints") if labelled else Node("digits", "Digits")
    outputs = 10 if labelled else 64
    declared = find(data.type)
    assert declared is not None
    first = ("points", "point") if labelled else ("flat", "output")
    nodes = [
        replace(data, params=declared.defaults()),
        *([] if labelled else [Node("flat", "Flatten")]),
        Node("fc", "Linear", {"out_features": outputs}),
        Node("sigmoid", "Sigmoid"),
        Node("loss", loss),
    ]
    nodes = [replace(each, position=(236.0 * place, 0.0)) for place, each in enumerate(nodes)]
    wires = [
        *([] if labelled else [Wire("digits", "image", "flat", "x")]),
        Wire(*first, "fc", "x"),
        *chain("fc", "sigmoid"),
        Wire("sigmoid", "output", "loss", "prediction"),
    ]
    wirings = [each for each in buttons(small(*nodes, wires=wires)) if each.startswith("Wire")]
    assert wirings[0] == wanted
    assert not any("fc" in each for each in wirings)
