"""A block unfolded in the window: the inspector and the other panels follow what is selected inside of it."""

from __future__ import annotations

from typing import Any

from app.core.graph.model import MAIN
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open, editor, press, type_over


def expanded(open_window: Open, qtbot: Any) -> MainWindow:
    """ResNet-18 with layer2_0 selected and unfolded by its key, and conv1 in it selected."""
    window: MainWindow = open_window("resnet18")
    window.canvas.setFocus()
    window.canvas.select(("layer2_0",))
    press(qtbot, window, "Ctrl+B")
    assert "layer2_0" in window.canvas.scene.opened
    window.canvas.expanded_blocks.select(("layer2_0", "conv1"))
    return window


def test_the_inspector_shows_and_changes_a_layer_inside(open_window: Open, qtbot: Any) -> None:
    """Fails if a layer inside cannot be edited where it is seen, or the edit goes to its namesake outside."""
    window = expanded(open_window, qtbot)
    outside = window.qdocument.project.graph.nodes["conv1"]
    page = window.inspector.nodes
    assert page.name.text() == "conv1"
    words = [value.text() for _, value in page.facts._labels]
    assert "128×28×28 image" in words  # what this instance gives, not what the first one does
    type_over(qtbot, editor(window.inspector, "groups").fields()[0], "2")
    project = window.qdocument.project
    assert project.blocks["basic_block_down"].graph.nodes["conv1"].params["groups"] == 2
    assert project.graph.nodes["conv1"] == outside
    assert window.canvas.where == MAIN
    assert window.canvas.highlight.inside == ("layer2_0", "conv1")


def test_a_name_typed_for_a_layer_inside_keeps_it_selected(open_window: Open, qtbot: Any) -> None:
    """Fails if the inspector goes to another page while somebody renames a layer."""
    window = expanded(open_window, qtbot)
    type_over(qtbot, window.inspector.nodes.name, "edges")
    press(qtbot, window, "Return")
    assert window.canvas.highlight.inside == ("layer2_0", "edges")
    assert window.inspector.nodes.name.text() == "edges"


def test_escape_leads_out_step_by_step(open_window: Open, qtbot: Any) -> None:
    """Fails if the inspector still shows the layer after it was left."""
    window = expanded(open_window, qtbot)
    window.canvas.setFocus()
    press(qtbot, window, "Escape")
    assert window.canvas.selected == ("layer2_0",)
    assert window.inspector.nodes.name.text() == "layer2_0"
    press(qtbot, window, "Ctrl+B")
    assert not window.canvas.scene.opened
    press(qtbot, window, "Ctrl+Z")
    assert "layer2_0" in window.canvas.scene.opened


def test_alt_and_arrows_reach_wires_in_the_window(open_window: Open, qtbot: Any) -> None:
    """Fails if a menu or a toolbar of the window takes the keys away from the canvas."""
    window: MainWindow = open_window("resnet18")
    window.canvas.setFocus()
    window.canvas.select(("conv1",))
    press(qtbot, window, "Alt+Right")
    assert [wire.target for wire in window.canvas.highlight.wires] == ["bn1"]
    press(qtbot, window, "Del")
    settle()
    assert not window.qdocument.project.graph.out_of("conv1")
    assert window.canvas.selected == ("conv1",)


def test_panels_with_pictures_follow_the_selection_into_blocks(open_window: Open, qtbot: Any) -> None:
    """Fails if a layer of an unfolded block, or of a block that was entered, is not the one that is looked at."""
    window = expanded(open_window, qtbot)
    assert {panel.node for panel in (window.filters, window.activations, window.dream)} == {"layer2_0/conv1"}
    window.canvas.enter("basic_block")
    window.canvas.select(["bn1"])
    assert window.activations.node == "layer1/bn1"
    window.canvas.select(())
    assert window.inspector.block._example.text().endswith("those of layer1.")
    window.canvas.leave()
    window.canvas.enter("basic_block", "layer4_1")
    assert window.inspector.block._example.text().endswith("those of layer4_1.")
    window.canvas.select(["bn1"])
    assert {panel.node for panel in (window.filters, window.activations, window.dream)} == {"layer4_1/bn1"}
    window.canvas.leave()
    window.canvas.select(["conv1"])
    assert window.filters.node == "conv1"
