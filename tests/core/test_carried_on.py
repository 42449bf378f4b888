"""What is carried from edit to edit is what would be found if the drawing were looked at for the first time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import inference
from app.core.checks.check import check
from app.core.checks.problems import NOTHING_DRAWN
from app.core.commands import Refused, SetNodeField, SetSetting
from app.core.commands.sharing import could_share, why_not_share
from app.core.compile.plan import NotReady, _Main, make_plan, why_not_ready
from app.core.compile.summary import summary_of, totals_of
from app.core.document import Document
from app.core.graph.model import Block, Exposed, Graph, Node, Project, Wire
from app.core.graph.shared_weights import same_weights
from app.core.inference import infer
from tests.core.test_sequences import check_report
from tests.support.drawings import block_net, chain, long_net, node, small_net
from tests.support.edits import any_edit

EXAMPLES = max(settings.default.max_examples // 2, 1)  # type: ignore[union-attr]


def residual_net() -> Project:
    """No block, so that edits are followed node by node: shared, muted and normed layers, branches, a dropout."""
    graph = Graph.of(
        [
            node("digits", "Digits", size="8×8"),
            node("conv1", "Conv2d", out_channels=8, padding=1),
            node("norm1", "BatchNorm2d"),
            node("relu1", "ReLU"),
            node("conv2", "Conv2d", out_channels=8, padding=1, bias=False),
            node("norm2", "BatchNorm2d"),
            replace(node("conv3", "Conv2d", out_channels=8, padding=1, bias=False), shares="conv2"),
            replace(node("relu2", "ReLU"), bypassed=True),
            node("add", "Add"),
            node("flatten", "Flatten"),
            node("drop", "Dropout", p=0.2),
            node("fc1", "Linear", out_features=10),
            node("side", "Linear", out_features=3),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain("digits.image", "conv1", "norm1", "relu1", "conv2", "norm2", "conv3", "relu2", "add.xs"),
            Wire("relu1", "output", "add", "xs"),
            *chain("add", "flatten", "drop", "fc1", "loss.prediction"),
            *chain("flatten", "side"),
            Wire("digits", "label", "loss", "target"),
        ],
    )
    return Project("Residual", graph=graph)


def afresh(project: Project) -> Project:
    """The same drawing without anything that was kept with its parts."""

    def made(graph: Graph) -> Graph:
        return Graph.of([replace(each) for each in graph.nodes.values()], graph.wires, graph.frames.values())

    blocks = {name: Block(made(block.graph), block.exposed, block.note) for name, block in project.blocks.items()}
    return replace(project, graph=made(project.graph), blocks=blocks)


@given(data=st.data())
@settings(max_examples=EXAMPLES)
def test_after_any_edits_everything_is_said_as_of_a_new_drawing(data: st.DataObject) -> None:
    """Fails if a report, a note, a total or a list of layers to share with were taken over from before an edit that
    concerns it, or if the order of the problems depended on which layer was edited last."""
    document = Document(data.draw(st.sampled_from((residual_net, small_net, block_net)))())
    for _ in range(data.draw(st.integers(1, 15))):
        try:
            document.do(data.draw(any_edit(document.project, document.report)))
        except Refused:
            continue
        if data.draw(st.integers(0, 5)) == 0:
            document.undo()
        project = document.project
        new = afresh(project)
        report = infer(new)
        check_report(document.report, new)
        assert check(project, document.report) == check(new, report)
        total, summary = totals_of(document.report.main), summary_of(report.main)
        assert (total.parameters, total.values, total.multiply_adds) == (
            summary.parameters,
            summary.values,
            summary.multiply_adds,
        )
        for name, each in project.graph.nodes.items():
            assert list(could_share(project.graph, name)) == [
                other.name
                for other in new.graph.nodes.values()
                if same_weights(each.type, other.type) and why_not_share(new.graph, name, other.name) is None
            ]
        whole = why_not_ready(project, document.report)
        if whole in ((), (NOTHING_DRAWN,)):
            plan = _Main(new, report).plan()
            assert bool(plan.graph.steps or plan.losses) == (whole == ())
        else:
            with pytest.raises(NotReady) as refused:
                make_plan(new)
            assert refused.value.problems == whole


def codes(document: Document) -> set[str]:
    return {problem.code for problem in document.report.problems}


def test_a_problem_that_another_layer_causes_comes_and_goes_with_it() -> None:
    """Fails if a loss, or a layer that uses weights of another, kept its report because it is itself as before."""
    document = Document(residual_net())
    document.do(SetSetting(names=("loss",), param="updates", value=("side",)))
    for there, back, code in (
        (SetNodeField(names=("side",), value=True), SetNodeField(names=("side",), value=False), "updates"),
        (
            SetSetting(names=("conv2",), param="kernel_size", value=(5, 5)),
            SetSetting(names=("conv2",), param="kernel_size", value=(3, 3)),
            "shares",
        ),
    ):
        assert codes(document) == set()
        document.do(there)
        assert code in codes(document)
        check_report(document.report, afresh(document.project))
        document.do(back)
        check_report(document.report, afresh(document.project))


def test_an_edit_of_one_layer_of_many_asks_for_the_reports_below_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if layers were worked out anew, or even looked at, that an edit cannot concern."""
    document = Document(long_net(200))
    asked: list[str] = []
    looked: list[str] = []
    work_out, arrived = inference._InferenceWalk._node, inference._InferenceWalk._arrived

    def worked_out(self: Any, each: Node, *given: Any) -> Any:
        asked.append(each.name)
        return work_out(self, each, *given)

    def arriving(self: Any, graph: Graph, each: Node, reports: Any) -> Any:
        looked.append(each.name)
        return arrived(self, graph, each, reports)

    monkeypatch.setattr(inference._InferenceWalk, "_node", worked_out)
    monkeypatch.setattr(inference._InferenceWalk, "_arrived", arriving)
    (*_, before_last, last) = [each.name for each in document.project.graph.nodes.values() if each.type == "Conv2d"]
    document.do(SetSetting(names=(before_last,), param="out_channels", value=5))
    below = list(document.project.graph.nodes)
    below = below[below.index(before_last) : below.index(last) + 1]
    assert set(asked) == set(below)
    assert len(set(looked)) <= len(below) + 2  # what stands below the last is asked what arrives, and keeps its report


def normed(node_of: Node, bias: bool | None) -> Project:
    """A block with a convolution before a batch norm, used twice; the second instance says whether there is a bias."""
    unit = Graph.of(
        [node("x", "In"), node_of, node("norm", "BatchNorm2d"), node("y", "Out")], chain("x", "conv", "norm", "y")
    )
    given = {} if bias is None else {"bias": bias}
    graph = Graph.of(
        [
            node("picture", "Input", shape=(4, 8, 8)),
            node("one", "block:unit"),
            node("two", "block:unit", **given),
            node("out", "Output"),
        ],
        [*chain("picture", "one"), Wire("one", "y", "two", "x"), Wire("two", "y", "out", "x")],
    )
    return Project("Normed", graph=graph, blocks={"unit": Block(unit, (Exposed("bias", "conv", "bias"),))})


def idle(document: Document) -> list[str]:
    notes = check(document.project, document.report).notes
    return [note.node for note in notes if note.code == "idle_bias"]


def test_an_instance_that_switches_a_bias_on_is_told_and_the_other_is_not() -> None:
    """Fails if what holds of the block were taken to hold of each instance, or of the block as it was before."""
    conv = node("conv", "Conv2d", out_channels=4, padding=1, bias=False)
    document = Document(normed(conv, None))
    assert idle(document) == []
    document.do(SetSetting(names=("two",), param="bias", value=True))
    assert idle(document) == ["two/conv"]
    document.do(SetSetting(names=("two",), param="bias", value=False))
    document.do(SetSetting(where="unit", names=("conv",), param="bias", value=True))
    assert idle(document) == ["one/conv"]
    document.undo()
    assert idle(document) == []
