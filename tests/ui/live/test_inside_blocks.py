"""Panels with pictures show layers inside of blocks, too."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core.commands import GroupNodes
from app.core.graph.model import MAIN, Project
from app.core.storage.templates import load
from app.ui.insight.activations import ActivationsPanel
from app.ui.insight.dream import DreamPanel
from app.ui.insight.filters import FiltersPanel
from tests.ui.live.conftest import Make


def grouped(*names: str) -> Project:
    return GroupNodes(MAIN, names, block="stage").apply(load("lenet_digits"))


def test_filters_and_answers_of_a_layer_inside_a_block(desk: Make, qtbot: QtBot) -> None:
    """Fails if the panels show another layer, or nothing, while a layer in an unfolded block is selected."""
    here = desk(grouped("conv1", "relu1", "pool1"))
    here.load_torch()
    for kind in (FiltersPanel, ActivationsPanel):
        panel = kind(here.session, here.qdocument)
        qtbot.addWidget(panel)
        panel.resize(1366, 200)
        panel.show()
        panel.set_node("stage/conv1")
        here.until(lambda panel=panel: panel.view.tiles and panel.view.tiles.title.startswith("stage/conv1"))


def test_where_all_that_learns_is_in_blocks_the_first_of_that_is_shown(desk: Make, qtbot: QtBot) -> None:
    """Fails if a drawing whose convolutions stand in a block is said to have nothing with weights."""
    names = ("conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "flatten", "fc1", "relu3", "fc2", "relu4", "fc3")
    here = desk(grouped(*names))
    here.load_torch()
    panel = FiltersPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1366, 200)
    panel.show()
    here.until(lambda: panel.view.tiles and panel.view.tiles.title.startswith("stage/conv1"))


def test_a_layer_inside_a_block_can_be_dreamt_of(desk: Make, qtbot: QtBot) -> None:
    """Fails if its channels are not known, or the dream does not find it."""
    here = desk(grouped("conv1", "relu1", "pool1"))
    here.load_torch()
    panel = DreamPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1366, 200)
    panel.show()
    panel.set_node("stage/conv1")
    assert panel.channel.maximum() == 5
    panel.steps.setValue(panel.steps.minimum())
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.picture.dreamt is not None)


def test_in_a_block_the_panels_show_a_layer_of_it(desk: Make, qtbot: QtBot) -> None:
    """Fails if a layer of the same name outside stands for the one inside while none is selected there."""
    here = desk(grouped("conv2", "relu2", "pool2"))
    for kind in (FiltersPanel, ActivationsPanel, DreamPanel):
        panel = kind(here.session, here.qdocument)
        qtbot.addWidget(panel)
        outside = panel.node
        assert not outside.startswith("stage/")
        panel.set_node("", home="stage")
        assert panel.node == "stage/conv2"
        panel.set_node("", home="")
        assert panel.node == outside
