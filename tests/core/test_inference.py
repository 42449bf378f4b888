"""Shapes, problems and fixes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.checks.fixes import command_for, words_for
from app.core.compile.plan import NotReady, make_plan
from app.core.compile.summary import summary_of
from app.core.document import Document
from app.core.graph.model import Graph, Node, Project, Wire
from app.core.inference import Problem, infer
from app.core.storage.templates import load
from nodes.api import Shape
from tests.support.drawings import block_net, chain, long_net, node, small_net
from tests.training.nets import linear_net


def only(project: Project) -> Problem:
    """The one problem of a drawing."""
    problems = infer(project).problems
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def with_node(project: Project, changed: Node) -> Project:
    return replace(project, graph=project.graph.with_nodes(changed))


def test_lenet_has_the_published_number_of_weights() -> None:
    """Fails if any rule about sizes or weights is wrong: LeNet-5 with full connections has 61,706 weights."""
    project = load("lenet_digits")
    report = infer(project)
    assert report.problems == ()
    summary = summary_of(report.main)
    assert summary.parameters == 61_706
    assert {row.path: row.output.sizes for row in summary.rows if row.output}["pool2"] == (16, 5, 5)
    assert summary.multiply_adds == 416_520


def test_what_stands_before_a_mistake_stays_alive_and_what_follows_waits() -> None:
    """Fails if one wrong layer blanks the drawing, or marks everything behind it as wrong too."""
    project = small_net()
    project = with_node(project, project.graph.nodes["conv1"].with_param("kernel_size", (9, 9)))
    problem = only(project)
    assert (problem.node, problem.code) == ("conv1", "shape")
    assert "9×9 kernel does not fit into an 8×8 image" in problem.sentence
    report = infer(project).main
    assert report.nodes["digits"].outputs["image"] == Shape((1, 8, 8))
    assert report.nodes["fc1"].waiting
    assert not report.nodes["fc1"].problems


FIXABLE = {
    "kernel too large": lambda p: with_node(p, p.graph.nodes["conv1"].with_param("kernel_size", (9, 9))),
    "groups": lambda p: with_node(p, p.graph.nodes["conv1"].with_param("groups", 3)),
    "image into linear": lambda p: replace(
        p, graph=p.graph.without(["flatten"]).with_wires(
            [*p.graph.without(["flatten"]).wires, Wire("relu1", "output", "fc1", "x")])),
    "too few scores": lambda p: with_node(p, p.graph.nodes["fc1"].with_param("out_features", 5)),
    "setting of a wrong kind": lambda p: with_node(p, p.graph.nodes["conv1"].with_param("out_channels", "many")),
    "setting that does not exist": lambda p: with_node(p, p.graph.nodes["relu1"].with_param("slope", 2)),
    "repeat with changing shape": lambda p: with_node(p, replace(p.graph.nodes["conv1"], repeat=2)),
    "repeat zero": lambda p: with_node(p, replace(p.graph.nodes["conv1"], repeat=0)),
    "shares with nobody": lambda p: with_node(p, replace(p.graph.nodes["conv1"], shares="nobody")),
    "shares with another type": lambda p: with_node(p, replace(p.graph.nodes["conv1"], shares="fc1")),
    "shares with itself": lambda p: with_node(p, replace(p.graph.nodes["conv1"], shares="conv1")),
    "muted source": lambda p: with_node(p, replace(p.graph.nodes["digits"], bypassed=True)),
    "wire to a missing port": lambda p: replace(
        p, graph=p.graph.with_wires([*p.graph.wires, Wire("conv1", "output", "relu1", "nothing")])),
    "wire from a missing port": lambda p: replace(
        p, graph=p.graph.with_wires([*p.graph.wires, Wire("conv1", "nothing", "relu1", "x")])),
    "two wires at one input": lambda p: replace(
        p, graph=p.graph.with_wires([*p.graph.wires, Wire("digits", "image", "relu1", "x")])),
}  # fmt: skip


@pytest.mark.parametrize("what", FIXABLE)
def test_every_fix_that_is_offered_works_with_one_click(what: str) -> None:
    """Fails if a problem goes unseen, has no sentence, or if a fix does not make that problem go away."""
    broken = FIXABLE[what](small_net())
    problems = infer(broken).problems
    assert problems, what
    first = problems[0]
    assert first.sentence.endswith(".")
    assert first.fixes, what
    for fix in first.fixes:
        assert words_for(broken, "", first.node, fix)
        document = Document(broken)
        command = command_for(broken, "", first.node, fix)
        assert command is not None
        document.do(command)
        assert first not in document.report.problems, (what, fix)
        document.undo()
        assert document.project == broken
    document = Document(broken)
    for _ in range(4):  # one fix after the other leads to a drawing that runs
        if document.report.problems:
            problem = document.report.problems[0]
            document.do(command_for(document.project, "", problem.node, problem.fixes[0]))
    if what != "muted source":
        assert document.report.problems == ()


def test_a_fix_of_a_setting_before_the_loss_does_not_reach_past_layers_with_weights() -> None:
    """Fails if the button of the loss changes a layer whose output does not arrive there."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("flatten", "Flatten"),
            node("fc1", "Linear", out_features=8),
            node("lstm1", "LSTM", hidden_size=4),
            node("loss", "CrossEntropyLoss"),
        ],
        [*chain("digits.image", "flatten", "fc1", "loss.prediction"), Wire("digits", "label", "loss", "target")],
    )
    problem = only(Project(graph=graph.without(["lstm1"])))
    assert command_for(Project(graph=graph), "", "loss", problem.fixes[0]).names == ("fc1",)
    behind = graph.with_wires([*chain("digits.image", "flatten", "fc1", "lstm1", "loss.prediction")])
    assert command_for(Project(graph=behind), "", "loss", problem.fixes[0]) is None


def test_a_loop_is_named_with_the_way_around() -> None:
    """Fails if a loop hangs inference or is called something else."""
    project = small_net()
    wires = [wire for wire in project.graph.wires if wire.target != "conv1"]
    looped = replace(project, graph=project.graph.with_wires([*wires, Wire("relu1", "output", "conv1", "x")]))
    problems = infer(looped).problems
    assert {problem.node for problem in problems if problem.code == "loop"} == {"conv1", "relu1"}
    assert "conv1 → relu1 → conv1" in problems[0].sentence or "relu1 → conv1 → relu1" in problems[0].sentence


def test_unknown_types_and_blocks_are_named() -> None:
    """Fails if a layer nobody knows stops the rest, or is passed over."""
    project = small_net()
    graph = project.graph.with_nodes(Node("magic", "Teleport"), Node("other", "block:missing"))
    problems = infer(replace(project, graph=graph)).problems
    assert [(p.node, p.code) for p in problems] == [("magic", "unknown"), ("other", "unknown")]
    assert "Teleport" in problems[0].sentence
    assert "missing" in problems[1].sentence


def test_layers_behind_an_unknown_one_wait() -> None:
    """Fails if a wire from an unknown layer is called wrong, although nobody can know."""
    project = small_net()
    graph = project.graph.with_nodes(Node("relu1", "Teleport"))
    problems = infer(replace(project, graph=graph)).problems
    assert [(p.node, p.code) for p in problems] == [("relu1", "unknown")]


def test_a_muted_layer_hands_on_its_input() -> None:
    """Fails if muting changes more than the one layer."""
    project = small_net()
    project = with_node(project, replace(project.graph.nodes["relu1"], bypassed=True))
    report = infer(project).main
    assert report.problems == ()
    assert report.nodes["relu1"].outputs["output"] == report.nodes["conv1"].outputs["output"]


def test_a_problem_inside_a_block_names_the_instance() -> None:
    """Fails if the student cannot tell which instance is wrong."""
    project = block_net()
    node_ = project.graph.nodes["second"].with_param("filters", 5)
    problems = infer(with_node(project, node_)).problems
    assert problems[0].node == "third"
    bad = infer(with_node(project, project.graph.nodes["first"].with_param("filters", 0))).problems
    assert bad[0].node == "first"
    tiny = project.graph.nodes["picture"].with_param("shape", (4,))
    assert infer(with_node(project, tiny)).problems[0].node == "first/conv"


def test_a_block_that_contains_itself_is_a_sentence() -> None:
    """Fails if recursion is followed for ever."""
    project = block_net()
    unit = project.blocks["unit"]
    inner = unit.graph.with_nodes(Node("again", "block:unit"))
    project = project.with_block("unit", replace(unit, graph=inner))
    problems = infer(project).problems
    assert any(problem.code == "block" and "contains itself" in problem.sentence for problem in problems)


def test_shared_weights_count_once() -> None:
    """Fails if tied layers are counted twice, or allowed for different inputs."""
    graph = Graph.of(
        [
            node("a", "Input", shape=(8,)),
            node("b", "Input", shape=(8,)),
            node("fc1", "Linear", out_features=4),
            replace(node("fc2", "Linear", out_features=4), shares="fc1"),
            node("sum1", "Add"),
            node("end", "Output"),
        ],
        [*chain("a", "fc1", "sum1.xs"), *chain("b", "fc2", "sum1.xs"), *chain("sum1", "end")],
    )
    assert infer(Project(graph=graph)).problems == ()
    assert infer(Project(graph=graph)).main.parameters == 36
    wider = graph.with_nodes(node("b", "Input", shape=(9,)))
    problem = only(Project(graph=wider))
    assert (problem.node, problem.code) == ("fc2", "shares")


def test_only_reports_below_a_change_are_new() -> None:
    """Fails if an edit makes the whole drawing report again, which makes large drawings slow."""
    document = Document(long_net(30))
    changes = []
    document.subscribe(changes.append)
    from app.core.commands import SetSetting

    document.do(SetSetting(names=("conv2d_15",), param="out_channels", value=9))
    assert changes[-1].reported == {"conv2d_15", "batchnorm2d_16", "relu_17", "conv2d_18"}


def test_an_empty_drawing_says_what_to_do() -> None:
    """Fails if an empty canvas compiles to an empty class."""
    with pytest.raises(NotReady, match="no layers yet"):
        make_plan(Project())


@pytest.mark.parametrize(
    ("updates", "said"),
    [
        (("loss",), "train loss alone, but nothing can be learned there"),
        (("flatten",), "train flatten alone, but nothing can be learned there"),
        (("nobody",), "no such layer"),
        (("fc1", "flatten"), ""),
        ((), ""),
    ],
)
def test_a_loss_trains_what_can_learn(updates: tuple[str, ...], said: str) -> None:
    """Fails if a loss that can teach nothing is found out only by the training, or one that can is refused."""
    project = linear_net()
    loss = project.graph.nodes["loss"].with_param("updates", updates)
    problems = infer(project.with_graph("", project.graph.with_nodes(loss))).problems
    assert [said in str(problem) for problem in problems] == ([True] if said else [])


def test_a_loss_is_not_blamed_for_what_is_not_known() -> None:
    """Fails if a layer with a problem, or behind one, counts as one that cannot learn."""
    project = linear_net()
    loss = project.graph.nodes["loss"].with_param("updates", ("fc1",))
    graph = project.graph.with_nodes(loss)
    broken = graph.with_wires([wire for wire in graph.wires if wire.target != "flatten"])
    assert {problem.node for problem in infer(project.with_graph("", broken)).problems} == {"flatten"}
