"""Whose weights a layer uses: chosen in the inspector, explained, refused in sentences, taken back in one step."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from app.core.commands import Rename
from app.core.commands.base import Refused
from app.core.commands.sharing import ShareWeights, could_share, why_not_share
from app.core.compile.summary import summary_of
from app.core.document import Document
from app.core.graph.model import Graph, Project
from app.ui.qdocument import QDocument
from tests.support.drawings import chain, node
from tests.ui.shell.hands import Show


@pytest.fixture
def twins(qapp: QApplication) -> QDocument:
    """Two arms of a twin net, whose layers could share, and a layer of another size."""
    nodes = [
        node("a", "Input", shape=(1, 8, 8)),
        node("b", "Input", shape=(1, 8, 8)),
        node("conv1", "Conv2d", out_channels=4),
        node("conv2", "Conv2d", out_channels=4),
        node("wide", "Conv2d", out_channels=9),
        node("relu1", "ReLU"),
    ]
    wires = [*chain("a", "conv1", "relu1"), *chain("b", "conv2"), *chain("b", "wide")]
    return QDocument(Document(Project(graph=Graph.of(nodes, wires))))


def weights(document: QDocument) -> int:
    return summary_of(document.document.report.main).parameters


def test_choosing_another_layer_shares_its_weights(twins: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if the choice does not reach the drawing, its meaning is not said, or undo does not take it back."""
    panel = show(twins, "conv2")
    row = panel.nodes.shares
    assert [row.choice.itemText(i) for i in range(row.choice.count())] == ["its own", "conv1", "wide"]
    before, counted = twins.project, weights(twins)
    row.choice.setFocus()
    qtbot.keyClick(row.choice, Qt.Key.Key_Down)
    qtbot.keyClick(row.choice, Qt.Key.Key_Return)
    assert twins.project.graph.nodes["conv2"].shares == "conv1"
    assert "weights of conv1" in row.meaning.text()
    assert twins.document.undo_title == "Let conv2 use the weights of conv1"
    assert weights(twins) == counted - 40
    facts = {word.text(): value.text() for word, value in panel.nodes.facts._labels if word.isVisible()}
    assert facts["parameters"] == "those of conv1"
    panel.show_selection("", ("conv1",))
    assert "used by conv2" in row.meaning.text()
    assert [row.choice.itemText(i) for i in range(row.choice.count())] == ["its own", "wide"]
    twins.undo()
    assert twins.project == before


def test_layers_of_other_size_are_explained_and_mended(twins: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if weights that do not fit are shared without a word, or there is no way back."""
    panel = show(twins, "conv2")
    panel.nodes.shares.choice.setCurrentIndex(2)
    panel.nodes.shares.choice.activated.emit(2)
    problem = twins.document.report.problems[0]
    assert "cannot use the weights of wide: settings or input shapes differ" in problem.sentence
    buttons = panel.nodes._cards.findChildren(QPushButton)
    assert [button.text().strip() for button in buttons] == ["Use own weights"]
    qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    assert twins.project.graph.nodes["conv2"].shares is None
    assert panel.nodes.shares.choice.currentText() == "its own"


def test_there_is_no_row_where_nothing_can_be_shared(twins: QDocument, show: Show) -> None:
    """Fails if layers without weights, or several at once, show a choice that means nothing."""
    panel = show(twins, "relu1")
    assert not panel.nodes.shares.isVisible()
    panel.show_selection("", ("conv1", "conv2"))
    assert not panel.nodes.shares.isVisible()
    panel.show_selection("", ("conv1",))
    assert panel.nodes.shares.isVisible()


def test_the_row_follows_a_rename_and_a_broken_file(twins: QDocument, show: Show) -> None:
    """Fails if a new name is missing in the list, or a file that names a layer which is gone breaks the inspector."""
    panel = show(twins, "conv2")
    twins.do(ShareWeights("", "conv2", "conv1"))
    twins.do(Rename("", "conv1", "first"))
    assert panel.nodes.shares.choice.currentText() == "first"
    lost = Graph.of([node("a", "Input"), *[node("x", "Linear")]], chain("a", "x"))
    x = lost.nodes["x"]
    broken = lost.with_nodes(type(x)("x", "Linear", x.params, shares="nobody"))
    panel = show(QDocument(Document(Project(graph=broken))), "x")
    assert panel.nodes.shares.choice.currentText() == "nobody"
    assert panel.nodes._cards.isVisible()


@pytest.mark.parametrize(
    ("name", "owner", "words"),
    [
        ("conv1", "relu1", "which is a ReLU and not a Conv2d"),
        ("conv1", "conv1", "its own weights anyway"),
        ("conv1", "gone", "There is no layer named gone"),
        ("relu1", "relu2", "no weights that could be shared"),
    ],
)
def test_refusals_are_sentences(name: str, owner: str, words: str, twins: QDocument) -> None:
    """Fails if something senseless is shared, or refused without a reason."""
    graph = twins.project.graph.with_nodes(node("relu2", "ReLU"))
    why = why_not_share(graph, name, owner)
    assert why is not None
    assert words in why
    with pytest.raises(Refused, match=words):
        ShareWeights("", name, owner).apply(Project(graph=graph))


def test_no_circle_can_be_made(twins: QDocument) -> None:
    """Fails if two layers can end up using each other's weights, through a third too."""
    twins.do(ShareWeights("", "conv2", "conv1"))
    twins.do(ShareWeights("", "wide", "conv2"))
    assert list(could_share(twins.project.graph, "conv1")) == []
    assert "already" in (why_not_share(twins.project.graph, "conv1", "wide") or "")
