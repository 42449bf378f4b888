"""What the inspector says of a layer: shapes by port, values, weights by tensor, work and memory."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from app.core.commands import SetRecipe, SetSetting
from app.core.document import Document
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.ui.inspector.panel import InspectorPanel
from app.ui.qdocument import QDocument
from tests.support.drawings import chain, node
from tests.ui.shell.hands import Show


def facts(panel: InspectorPanel) -> dict[str, str]:
    return {word.text(): value.text() for word, value in panel.nodes.facts._labels if word.isVisible()}


def tips(panel: InspectorPanel) -> dict[str, str]:
    return {word.text(): value.toolTip() for word, value in panel.nodes.facts._labels if word.isVisible()}


def test_a_convolution_in_numbers(lenet: QDocument, show: Show) -> None:
    """Fails if a number is not that of LeNet's first layer, or the memory does not follow batch and optimizer."""
    lenet.do(SetRecipe(setting="batch_size", value=64))
    panel = show(lenet, "conv1")
    found = facts(panel)
    assert found["in"] == "1×32×32 image"
    assert found["out"] == "6×28×28 image"
    assert found["values"] == "4,704"
    assert found["parameters"] == "156 (weight 6×1×5×5, bias 6)"
    assert found["multiply-adds"] == "117,600"
    assert found["to train"] == (
        "1.2 MiB: weights 624 bytes, gradients 624 bytes, Adam 1.2 KiB, values of 64 samples 1.1 MiB"
    )
    assert "With a batch of 64: 64×6×28×28." in tips(panel)["out"]
    lenet.do(SetRecipe(setting="batch_size", value=1))
    lenet.do(SetRecipe(setting="optimizer", value="SGD"))
    assert "SGD 624 bytes, values of 1 sample 18 KiB" in facts(panel)["to train"]
    lenet.do(SetSetting("", ("conv1",), "frozen", True))
    assert facts(panel)["to train"] == "19 KiB: weights 624 bytes, values of 1 sample 18 KiB"


def test_layers_without_weights_or_memory(lenet: QDocument, show: Show) -> None:
    """Fails if a layer that learns nothing, or only looks at its input in another way, has numbers made up."""
    panel = show(lenet, "relu1")
    assert facts(panel)["parameters"] == "none"
    assert "multiply-adds" not in facts(panel)
    assert facts(panel)["to train"] == "588 KiB: values of 32 samples"
    panel.show_selection("", ("flatten",))
    assert facts(panel)["to train"] == "nothing of its own"
    panel.show_selection("", ("digits",))
    assert set(facts(panel)) == {"image", "label", "data"}
    assert facts(panel)["data"] == "1,797 samples"
    assert "32×1×32×32" in tips(panel)["image"]


@pytest.fixture
def block(qapp: QApplication) -> QDocument:
    """A block with a branch that leads nowhere, twice in a row."""
    inner = Graph.of(
        [node("x", "In"), node("fc", "Linear", out_features=8), node("idle", "Linear"), node("y", "Out")],
        [*chain("x", "fc", "y"), *chain("x", "idle")],
    )
    graph = Graph.of(
        [node("a", "Input", shape=(8,)), Node("one", "block:b", repeat=2)], [Wire("a", "output", "one", "x")]
    )
    return QDocument(Document(Project(graph=graph).with_block("b", Block(inner))))


def test_a_block_in_numbers(block: QDocument, show: Show) -> None:
    """Fails if a block has no memory, or the page of the block counts what is never built."""
    panel = show(block, "one")
    assert facts(panel)["in"] == "8 vector"
    assert facts(panel)["values"] == "16"
    assert "weights 576 bytes" in facts(panel)["to train"]
    panel.show_selection("b", ())
    page = {word.text(): value.text() for word, value in panel.block.facts._labels if word.isVisible()}
    assert page["parameters"] == "72"


def test_many_tensors_are_cut_short(qapp: QApplication, show: Show) -> None:
    """Fails if the sixteen tensors of a transformer fill the page, or are nowhere to be found."""
    graph = Graph.of([node("a", "Input", shape=(7, 16)), node("enc", "TransformerEncoderLayer")], chain("a", "enc"))
    panel = show(QDocument(Document(Project(graph=graph))), "enc")
    assert "and 10 more" in facts(panel)["parameters"]
    assert "norm2.bias 16" in tips(panel)["parameters"]
