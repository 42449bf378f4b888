"""Keys on a real canvas; afterwards the document is asked."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.core.graph.model import Graph, Project, Wire
from app.ui.canvas.view import CanvasView
from tests.support.drawings import chain, node
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import EMPTY_SPOT, Hand, in_a_row

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_delete_and_undo_and_redo(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Delete left wires behind, or undo did not bring everything back."""
    before = canvas.qdocument.project
    canvas.select(["relu1", "flatten1"])
    hand.key(Qt.Key.Key_Delete)
    graph = canvas.qdocument.project.graph
    assert set(graph.nodes) == {"digits", "conv1", "fc1", "loss"}
    assert canvas.selected == ()
    hand.key(Qt.Key.Key_Z, CTRL)
    assert canvas.qdocument.project == before
    hand.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert canvas.qdocument.project.graph == graph


def test_delete_nodes_and_a_wire_elsewhere_is_one_step(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the wire and the node were removed in two steps, or the wire were forgotten."""
    before = canvas.qdocument.project
    canvas.select(["loss"])
    canvas.select_wire(Wire("conv1", "output", "relu1", "x"), adding=True)
    hand.key(Qt.Key.Key_Delete)
    graph = canvas.qdocument.project.graph
    assert "loss" not in graph.nodes
    assert not graph.out_of("conv1")
    hand.key(Qt.Key.Key_Z, CTRL)
    assert canvas.qdocument.project == before


def test_ctrl_delete_joins_the_neighbours(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the gap stayed open."""
    canvas.select(["relu1"])
    hand.key(Qt.Key.Key_Delete, CTRL)
    assert Wire("conv1", "output", "flatten1", "x") in canvas.qdocument.project.graph.wires


def test_copy_and_paste_into_another_drawing_with_inner_wires(
    open_canvas: Open, canvas: CanvasView, hand: Hand
) -> None:
    """Would fail if the clipboard held no text, inner wires were lost, or pasted nodes lay on top of each other."""
    canvas.select(["conv1", "relu1", "fc1"])
    hand.key(Qt.Key.Key_C, CTRL)
    assert "conv1" in QGuiApplication.clipboard().text()
    other = open_canvas(Project())
    other.setFocus()
    Hand(other).key(Qt.Key.Key_V, CTRL)
    graph = other.qdocument.project.graph
    assert set(graph.nodes) == {"conv1", "relu1", "fc1"}
    assert graph.wires == (Wire("conv1", "output", "relu1", "x"),)
    places = [graph.nodes[n].position for n in ("conv1", "relu1", "fc1")]
    assert [x - places[0][0] for x, _ in places] == [0.0, 240.0, 720.0]
    assert set(other.selected) == {"conv1", "relu1", "fc1"}


def test_paste_twice_gives_free_names_and_places(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a second paste refused because of a name, or hid the first."""
    canvas.select(["conv1"])
    canvas.copy()
    canvas.paste()
    canvas.paste()
    graph = canvas.qdocument.project.graph
    assert {"conv1", "conv2", "conv3"} <= set(graph.nodes)
    assert len({graph.nodes[name].position for name in ("conv1", "conv2", "conv3")}) == 3


def test_paste_of_something_else_says_so(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a foreign clipboard raised, or nothing were said."""
    heard: list[str] = []
    canvas.status.connect(heard.append)
    before = canvas.qdocument.project
    QGuiApplication.clipboard().setText("a shopping list")
    hand.key(Qt.Key.Key_V, CTRL)
    assert canvas.qdocument.project is before
    assert "clipboard" in heard[-1]


def test_cut_is_one_step(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if cut only copied, or its title said Remove."""
    canvas.select(["relu1"])
    hand.key(Qt.Key.Key_X, CTRL)
    assert "relu1" not in canvas.qdocument.project.graph.nodes
    assert canvas.qdocument.document.undo_title == "Cut relu1"


def test_duplicate_keeps_inner_wires_and_shares_weights_as_the_original(open_canvas: Open) -> None:
    """Would fail if inner wires were lost, or a copy no longer used the weights that its original uses."""
    from dataclasses import replace

    graph = Graph.of(
        [node("digits", "Digits"), node("a", "Conv2d", padding=1), replace(node("b", "Conv2d", padding=1), shares="a")],
        [*chain("digits.image", "a"), *chain("digits.image", "b")],
    )
    canvas = open_canvas(in_a_row(Project(graph=graph)))
    canvas.select(["digits", "b"])
    Hand(canvas).key(Qt.Key.Key_D, CTRL)
    nodes = canvas.qdocument.project.graph.nodes
    assert len(nodes) == 5
    copy = next(n for n in nodes.values() if n.name not in ("digits", "a", "b") and n.type == "Conv2d")
    assert copy.shares == "a"
    assert any(w.target == copy.name for w in canvas.qdocument.project.graph.wires)


def test_m_mutes_and_unmutes(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if M did nothing, or a second M muted again."""
    canvas.select(["relu1", "conv1"])
    hand.key(Qt.Key.Key_M)
    nodes = canvas.qdocument.project.graph.nodes
    assert nodes["relu1"].bypassed
    assert nodes["conv1"].bypassed
    assert canvas.scene.nodes["relu1"].look.bypassed
    hand.key(Qt.Key.Key_M)
    assert not canvas.qdocument.project.graph.nodes["relu1"].bypassed


def test_arrow_keys_walk_along_wires(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Right did not follow a wire, or Left did not lead back."""
    hand.key(Qt.Key.Key_Right)
    assert canvas.selected == ("digits",)
    hand.key(Qt.Key.Key_Right)
    hand.key(Qt.Key.Key_Right)
    assert canvas.selected == ("relu1",)
    hand.key(Qt.Key.Key_Left)
    assert canvas.selected == ("conv1",)


def test_arrow_keys_keep_the_node_in_view(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the selection walked out of the window."""
    canvas.select(["fc1"])
    hand.key(Qt.Key.Key_Right)
    box = canvas.camera.rect_to_view(canvas.scene.nodes["loss"].rect)
    assert canvas.rect().contains(box.toAlignedRect())


def test_ctrl_arrows_nudge_in_one_step(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if each nudge were a step of its own."""
    canvas.select(["conv1"])
    for _ in range(3):
        hand.key(Qt.Key.Key_Down, CTRL)
    assert canvas.qdocument.project.graph.nodes["conv1"].position == (240.0, 30.0)
    canvas.qdocument.undo()
    assert canvas.qdocument.project.graph.nodes["conv1"].position == (240.0, 0.0)


def test_tab_opens_the_search_box_and_enter_places(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Tab moved the focus away, or Enter placed another layer than the first found."""
    hand.key(Qt.Key.Key_Tab)
    assert canvas.popups.box.isVisible()
    hand.type("dropo")
    hand.key(Qt.Key.Key_Return)
    added = set(canvas.qdocument.project.graph.nodes) - {"digits", "conv1", "relu1", "flatten1", "fc1", "loss"}
    assert [canvas.qdocument.project.graph.nodes[name].type for name in added] == ["Dropout"]
    assert not canvas.popups.is_open
    assert canvas.hasFocus()


def test_escape_closes_the_search_box_and_adds_nothing(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Escape placed the layer, or the keys went on to the closed box."""
    before = canvas.qdocument.project
    hand.key(Qt.Key.Key_Tab)
    hand.type("conv")
    hand.key(Qt.Key.Key_Escape)
    assert not canvas.popups.is_open
    assert canvas.hasFocus()
    assert canvas.qdocument.project is before


def test_search_finds_by_word_and_says_when_nothing_is_found(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if only names were searched, or an empty list said nothing and Enter crashed."""
    hand.key(Qt.Key.Key_Tab)
    box = canvas.popups.box
    hand.type("mnist")
    assert box.list.item(0).data(Qt.ItemDataRole.UserRole) == "MNIST5k"
    box.edit.clear()
    hand.type("zzzz")
    assert box.list.item(0).text().startswith("Nothing")
    hand.key(Qt.Key.Key_Return)
    assert box.isVisible()


def test_search_box_waits_while_another_window_has_the_keys(
    canvas: CanvasView, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would fail if a look at another window, or the menu of the field, threw away what was typed."""
    hand.key(Qt.Key.Key_Tab)
    box = canvas.popups.box
    monkeypatch.setattr(box, "underMouse", lambda: False)
    reasons = Qt.FocusReason
    for reason, stays in (
        (reasons.ActiveWindowFocusReason, True),
        (reasons.PopupFocusReason, True),
        (reasons.MouseFocusReason, False),
    ):
        QApplication.sendEvent(box.edit, QFocusEvent(QEvent.Type.FocusOut, reason))
        assert box.isVisible() is stays


def test_double_click_on_empty_canvas_opens_the_search_box_there(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the node came somewhere else than under the mouse."""
    from PySide6.QtTest import QTest

    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, hand.at(EMPTY_SPOT))
    hand.type("relu")
    hand.key(Qt.Key.Key_Return)
    name = canvas.selected[0]
    assert (canvas.scene.nodes[name].rect.center() - EMPTY_SPOT).manhattanLength() < 20


def test_frame_keys(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if F showed something else than the selection, or Shift+F left something out."""
    canvas.select(["loss"])
    hand.key(Qt.Key.Key_F)
    middle = canvas.camera.to_view(canvas.scene.nodes["loss"].rect.center())
    assert (middle - QPointF(canvas.width() / 2, canvas.height() / 2)).manhattanLength() < 3
    hand.key(Qt.Key.Key_F, SHIFT)
    seen = canvas.camera.seen(canvas.width(), canvas.height())
    assert seen.contains(canvas.scene.bounds())


def test_select_all_and_escape(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Ctrl+A left one out or Escape kept some."""
    hand.key(Qt.Key.Key_A, CTRL)
    assert len(canvas.selected) == 6
    hand.key(Qt.Key.Key_Escape)
    assert canvas.selected == ()


def test_f1_asks_for_help_on_the_selected_layer(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if help were asked for the node's name instead of its layer type."""
    heard: list[str] = []
    canvas.open_help.connect(heard.append)
    canvas.select(["conv1"])
    hand.key(Qt.Key.Key_F1)
    assert heard == ["Conv2d"]


def test_a_screen_reader_hears_what_is_selected(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the description stayed the same whatever is selected."""
    canvas.select(["conv1"])
    assert "6 layers, 6 wires" in canvas.accessibleDescription()
    assert "conv1, Conv2d, gives 4×6×6" in canvas.accessibleDescription()


def test_wiring_without_a_mouse(open_canvas: Open) -> None:
    """Would fail if two layers could only be joined with the mouse, or the label went to the wrong input."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("flatten1", "Flatten"),
            node("fc1", "Linear", out_features=10),
            node("loss", "CrossEntropyLoss"),
        ]
    )
    canvas = open_canvas(in_a_row(Project(graph=graph)))
    hand = Hand(canvas)
    canvas.select(["digits", "flatten1", "fc1", "loss"])
    hand.key(Qt.Key.Key_C)
    canvas.select(["digits", "loss"])
    hand.key(Qt.Key.Key_C)
    assert Wire("digits", "label", "loss", "target") in canvas.qdocument.project.graph.wires
    assert not canvas.qdocument.document.report.problems


def test_wiring_in_a_circle_is_refused_with_its_reason(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if nothing were said."""
    before = canvas.qdocument.project
    canvas.select(["relu1", "conv1"])
    hand.key(Qt.Key.Key_C)
    assert canvas.qdocument.project is before
    assert "circle" in canvas.saying.text


def test_tab_with_a_selected_node_adds_after_it(canvas: CanvasView, hand: Hand, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Would fail if a drawing could not be made with the keyboard alone."""
    monkeypatch.setattr(type(canvas), "underMouse", lambda self: False)
    canvas.select(["conv1"])
    hand.key(Qt.Key.Key_Tab)
    hand.type("batch")
    hand.key(Qt.Key.Key_Return)
    name = canvas.selected[0]
    assert Wire("conv1", "output", name, "x") in canvas.qdocument.project.graph.wires


def test_tab_beside_a_resting_mouse_goes_on_with_the_chain(canvas: CanvasView, hand: Hand, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Would fail if a chain built with the keys piled up under a mouse that nobody moves."""
    monkeypatch.setattr(type(canvas), "underMouse", lambda self: True)
    monkeypatch.setattr(type(canvas), "pointer_or_middle", lambda self: EMPTY_SPOT)
    canvas.select([])
    for word in ("dropo", "relu", "batch"):
        hand.key(Qt.Key.Key_Tab)
        hand.type(word)
        hand.key(Qt.Key.Key_Return)
        assert canvas.hasFocus()
    nodes = list(canvas.scene.nodes.values())[-3:]
    assert [figure.y for figure in nodes] == [nodes[0].y] * 3
    assert nodes[0].x < nodes[1].x < nodes[2].x


def test_tidy_is_one_step_and_shows_everything(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if tidying needed more than one undo, or moved the drawing out of sight."""
    from app.core.commands import MoveNodes

    canvas.qdocument.do(MoveNodes("", {"conv1": (5000.0, 900.0), "fc1": (-3000.0, 20.0)}))
    before = canvas.qdocument.project
    hand.key(Qt.Key.Key_L, CTRL)
    graph = canvas.qdocument.project.graph
    assert all(graph.nodes[w.source].position[0] < graph.nodes[w.target].position[0] for w in graph.wires)
    assert canvas.camera.seen(canvas.width(), canvas.height()).contains(canvas.scene.bounds())
    assert "Tidy" in (canvas.qdocument.document.undo_title or "")
    canvas.qdocument.undo()
    assert canvas.qdocument.project == before


def test_keyboard_focus_is_shown_when_reached_by_keys(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if somebody without a mouse could not see where the keys go."""
    canvas.clearFocus()
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    assert canvas.focus_shown
    hand.click(EMPTY_SPOT)
    assert not canvas.focus_shown


def test_menu_of_the_right_button_acts_on_what_is_under_it(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the menu spoke of another node than the one that was clicked."""
    from app.ui.canvas.menu import menu_at

    menu = menu_at(canvas, QPointF(hand.at(hand.middle("relu1"))))
    assert canvas.selected == ("relu1",)
    entry = next(action for action in menu.actions() if action.text().startswith("Remove\t"))
    entry.trigger()
    assert "relu1" not in canvas.qdocument.project.graph.nodes
    menu.deleteLater()


def test_file_without_places_is_arranged_when_opened(canvas: CanvasView, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Would fail if a drawing written by a program opened as one heap, or counted as changed."""
    from app.core.storage.files import save_project
    from tests.support.drawings import small_net

    path = tmp_path / "heap.netloom"
    save_project(small_net(), path)
    canvas.qdocument.open(path)
    places = {n.position for n in canvas.qdocument.project.graph.nodes.values()}
    assert len(places) == 6
    assert canvas.qdocument.document.path == path
    assert not canvas.qdocument.document.dirty


def test_keys_that_need_a_selection_say_so(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Delete, or mute, did nothing and said nothing."""
    heard: list[str] = []
    canvas.status.connect(heard.append)
    before = canvas.qdocument.project
    canvas.select(())
    for ask in (canvas.delete_selection, canvas.remove_and_join, canvas.bypass_selection):
        count = len(heard)
        ask()
        assert len(heard) == count + 1
        assert heard[-1].startswith("Select ")
    assert canvas.qdocument.project is before
