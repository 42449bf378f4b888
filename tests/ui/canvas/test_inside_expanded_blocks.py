"""Inside of unfolded blocks: what mouse and keys do there, what is followed, and what is painted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest

from app.core.commands import MoveNodes, Refused, Rename, SetNodeField, SetSetting
from app.core.document import Change, Document
from app.core.graph.model import MAIN, Project
from app.ui.canvas.expanded_block import spot_of
from app.ui.canvas.expanding import toggle_expanded
from app.ui.canvas.menu import menu_at
from app.ui.canvas.presenter import Presenter
from app.ui.canvas.view import CanvasView
from tests.support.drawings import block_command, command
from tests.support.patience import settle
from tests.ui.canvas.expanded import fresh, nested, rows, told
from tests.ui.canvas.hand import Hand

Open = Callable[[Project], CanvasView]
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def blocks(open_canvas: Open) -> CanvasView:
    """The drawing with three instances of one block."""
    return open_canvas(rows())


# -- inside ------------------------------------------------------------------------------------------------------------


def open_second(canvas: CanvasView) -> Hand:
    canvas.select(("second",))
    canvas.toggle_expanded()
    canvas.select(())
    return Hand(canvas)


def middle_of(canvas: CanvasView, *path: str) -> QPointF:
    spot = spot_of(canvas.scene, path)
    assert spot is not None
    return spot.rect.topLeft() + QPointF(90, 14)


def test_a_click_selects_a_layer_inside(blocks: CanvasView) -> None:
    """Would fail if the click selected the box, or nobody were told which layer it is."""
    hand = open_second(blocks)
    heard: list[tuple[str, object]] = []
    blocks.inside_selected.connect(lambda where, path: heard.append((where, path)))
    hand.click(middle_of(blocks, "second", "conv"))
    assert heard == [("unit", ("second", "conv"))]
    assert blocks.selected == ()
    assert "Inside second: conv, Conv2d, gives 6×12×12" in blocks.accessibleDescription()
    names: list[object] = []
    blocks.selection_changed.connect(names.append)
    hand.key(Qt.Key.Key_Escape)
    assert blocks.selected == ("second",)
    hand.key(Qt.Key.Key_Escape)
    assert names == [("second",), ()]


def test_a_drag_inside_moves_the_box(blocks: CanvasView) -> None:
    """Would fail if the box could not be moved where it is full of layers, or the drag took two steps."""
    hand = open_second(blocks)
    step = blocks.qdocument.project
    start = middle_of(blocks, "second", "conv")
    hand.drag(start, start + QPointF(0, 200))
    assert blocks.qdocument.project.graph.nodes["second"].position[1] > step.graph.nodes["second"].position[1] + 150
    blocks.qdocument.undo()
    assert blocks.qdocument.project == step
    hand.hold(start, start + QPointF(0, 200))
    hand.key(Qt.Key.Key_Escape)
    assert blocks.qdocument.project == step
    assert not blocks.scene.lifted


def test_a_double_click_goes_to_the_layer(blocks: CanvasView) -> None:
    """Would fail if it led into the block without showing the layer that was clicked."""
    hand = open_second(blocks)
    place = hand.at(middle_of(blocks, "second", "norm"))
    QTest.mouseDClick(blocks, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert blocks.where == "unit"
    assert blocks.selected == ("norm",)


def test_each_instance_shows_its_own_settings_and_shapes(blocks: CanvasView) -> None:
    """Would fail if the inside showed what the block says and not what the instance makes of it."""
    blocks.select(("first", "second"))
    blocks.toggle_expanded()
    looks = {}
    for name in ("first", "second"):
        spot = spot_of(blocks.scene, (name, "conv"))
        assert spot is not None
        looks[name] = (spot.figure.look.card.split(" ")[0], spot.figure.look.outputs[0].label)
    assert looks == {"first": ("8", "8×12×12"), "second": ("6", "6×12×12")}
    blocks.qdocument.do(SetSetting(MAIN, ("second",), "filters", 5))
    spot = spot_of(blocks.scene, ("second", "conv"))
    assert spot is not None
    assert spot.figure.look.card.startswith("5 ")
    assert told(blocks.scene) == told(fresh(blocks.qdocument.document))


def test_keys_walk_inside_and_edit_there(blocks: CanvasView) -> None:
    """Would fail if the inside could not be reached, changed and left with the keyboard alone."""
    hand = open_second(blocks)
    words: list[str] = []
    blocks.status.connect(words.append)
    blocks.select(("second",))
    hand.key(Qt.Key.Key_Down, ALT)
    assert blocks.highlight.inside == ("second", "x")
    hand.key(Qt.Key.Key_Right)
    hand.key(Qt.Key.Key_Right)
    assert blocks.highlight.inside == ("second", "norm")
    hand.key(Qt.Key.Key_F)
    seen = spot_of(blocks.scene, ("second", "norm"))
    assert seen is not None
    away = blocks.camera.to_view(seen.rect.center()) - QPointF(blocks.width() / 2, blocks.height() / 2)
    assert away.manhattanLength() < 3
    hand.key(Qt.Key.Key_M)
    assert blocks.qdocument.project.blocks["unit"].graph.nodes["norm"].bypassed
    assert words == ["The block unit has changed, in all 3 places where it stands."]
    spot = spot_of(blocks.scene, ("second", "norm"))
    assert spot is not None
    assert spot.figure.look.bypassed
    hand.key(Qt.Key.Key_Delete, CTRL)
    assert "norm" not in blocks.qdocument.project.blocks["unit"].graph.nodes
    assert not blocks.qdocument.document.report.problems
    assert blocks.highlight.inside == ()
    blocks.expanded_blocks.select(("second", "conv"))
    hand.key(Qt.Key.Key_Return)
    assert (blocks.where, blocks.selected) == ("unit", ("conv",))
    blocks.leave()
    blocks.expanded_blocks.select(("second", "conv"))
    hand.key(Qt.Key.Key_Up, ALT)
    assert blocks.selected == ("second",)
    blocks.expanded_blocks.select(("second", "conv"))
    hand.key(Qt.Key.Key_B, CTRL)
    assert not blocks.scene.opened


def test_a_problem_inside_is_shown_and_mended_there(blocks: CanvasView) -> None:
    """Would fail if a layer in trouble looked well, or its remedy did not reach the block."""
    blocks.qdocument.do(SetSetting("unit", ("conv",), "kernel_size", (40, 40)))
    blocks.select(("first",))
    blocks.toggle_expanded()
    hand = Hand(blocks)
    spot = spot_of(blocks.scene, ("first", "conv"))
    assert spot is not None
    assert spot.figure.troubled
    hand.click(spot.figure.badge_at + spot.offset + QPointF(-3, 3))
    assert blocks.popups.card.isVisible()
    assert blocks.highlight.inside == ("first", "conv")
    QTest.mouseClick(blocks.popups.card.buttons[0], Qt.MouseButton.LeftButton)
    spot = spot_of(blocks.scene, ("first", "conv"))
    assert spot is not None
    assert not spot.figure.troubled


def test_the_menu_of_the_right_button_inside(blocks: CanvasView) -> None:
    """Would fail if the menu spoke of the box while the mouse is on a layer in it."""
    hand = open_second(blocks)
    menu = menu_at(blocks, QPointF(hand.at(middle_of(blocks, "second", "relu"))))
    assert blocks.highlight.inside == ("second", "relu")
    entries = {action.text().split("\t")[0]: action for action in menu.actions()}
    assert "Go to relu in unit" in entries
    entries["Fold second"].trigger()
    assert not blocks.scene.opened
    menu.deleteLater()


def test_hovering_and_tips_inside(blocks: CanvasView) -> None:
    """Would fail if the mouse were told of the box and not of the layer in it."""
    hand = open_second(blocks)
    hand.hover(middle_of(blocks, "second", "conv"))
    assert blocks.highlight.hover_inside == ("second", "conv")
    assert blocks.highlight.node is None
    tip = blocks.expanded_blocks.tip(middle_of(blocks, "second", "conv"))
    assert "<b>conv</b>" in tip
    assert "6×12×12" in tip
    toggle = blocks.scene.nodes["second"].toggle
    assert toggle is not None
    assert blocks.expanded_blocks.tip(toggle.center()).startswith("Fold")
    assert blocks.expanded_blocks.tip(QPointF(-1000, -1000)) == ""


def test_a_renamed_layer_inside_stays_selected(blocks: CanvasView) -> None:
    """Would fail if the inspector lost the layer whose name was just typed."""
    open_second(blocks)
    blocks.expanded_blocks.select(("second", "conv"))
    blocks.qdocument.do(Rename("unit", "conv", "edges"))
    assert blocks.highlight.inside == ("second", "edges")
    blocks.qdocument.do(Rename(MAIN, "second", "middle"))
    assert blocks.highlight.inside == ("middle", "edges")


def test_a_problem_elsewhere_leads_into_the_unfolded_block(blocks: CanvasView) -> None:
    """Would fail if the list of problems left the drawing although the layer is in sight."""
    open_second(blocks)
    blocks.reveal("second/norm")
    assert blocks.where == MAIN
    assert blocks.highlight.inside == ("second", "norm")
    blocks.reveal("first/norm")
    assert (blocks.where, blocks.selected) == ("unit", ("norm",))


# -- following and painting --------------------------------------------------------------------------------------------


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_insides_follow_random_edits_undo_and_redo(data: st.DataObject) -> None:
    """Would fail if the inside of a block stayed as it was when the block, its settings or its shapes changed."""
    document = Document(data.draw(st.sampled_from([rows(), nested()])))
    scene = fresh(document)
    presenter = Presenter(scene)

    def follow(change: Change) -> None:
        presenter.follow(change)

    document.subscribe(follow)
    for _ in range(data.draw(st.integers(2, 12))):
        project = document.project
        where = data.draw(st.sampled_from(["", *project.blocks]))
        names = [n for n, each in project.graph_of(where).nodes.items() if each.type.startswith("block:")]
        step = data.draw(st.sampled_from(["fold", "fold", "edit", "block", "move", "undo", "redo"]))
        try:
            if step == "fold" and names:
                name = data.draw(st.sampled_from(names))
                document.do(toggle_expanded(project, document.report, where, (name,)))
            elif step == "edit":
                document.do(data.draw(command(project)))
            elif step == "block":
                document.do(data.draw(block_command(project)))
            elif step == "move" and project.graph_of(where).nodes:
                name = data.draw(st.sampled_from(list(project.graph_of(where).nodes)))
                document.do(MoveNodes(where, {name: (data.draw(st.integers(-500, 500)), 40.0)}))
            elif step == "undo":
                document.undo()
            elif step == "redo":
                document.redo()
        except Refused:
            continue
        assert told(scene) == told(fresh(document))


def test_an_edit_inside_draws_only_what_it_touches(blocks: CanvasView) -> None:
    """Would fail if every change made all layers of all unfolded blocks anew."""
    blocks.select(("first", "second"))
    blocks.toggle_expanded()
    spot = spot_of(blocks.scene, ("second", "conv"))
    other = spot_of(blocks.scene, ("first", "norm"))
    assert spot is not None
    assert other is not None
    before = spot.figure, other.figure, other.figure.version
    blocks.qdocument.do(SetSetting(MAIN, ("second",), "filters", 7))
    again = spot_of(blocks.scene, ("second", "conv"))
    assert again is not None
    assert again.figure is before[0]
    assert before[1].version == before[2]


def painted(canvas: CanvasView) -> QImage:
    image = QImage(canvas.size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    canvas.render(painter, QPointF().toPoint())
    painter.end()
    return image


@pytest.mark.parametrize("scale", [1.0, 0.4, 0.1])
def test_the_inside_is_painted_at_every_zoom(blocks: CanvasView, scale: float) -> None:
    """Would fail if a level of detail forgot what stands inside of a block."""
    blocks.select(("second",))
    blocks.toggle_expanded()
    blocks.select(())
    blocks.camera.scale = scale
    spot = spot_of(blocks.scene, ("second", "conv"))
    assert spot is not None
    blocks.camera.look_at(spot.rect.center(), blocks.width(), blocks.height())
    blocks.update()
    settle()
    at = blocks.camera.to_view(spot.rect.topLeft() + QPointF(150, 4)).toPoint()
    seen = painted(blocks).pixelColor(at)
    assert seen == blocks.painter.ink.header("convolution")[0]


def test_a_muted_block_looks_muted_inside(blocks: CanvasView) -> None:
    """Would fail if layers that do nothing looked as if they worked, or ×2 were lost."""
    blocks.select(("first",))
    blocks.toggle_expanded()
    blocks.select(())
    spot = spot_of(blocks.scene, ("first", "conv"))
    assert spot is not None
    at = blocks.camera.to_view(spot.rect.topLeft() + QPointF(150, 4)).toPoint()
    clear = painted(blocks).pixelColor(at)
    blocks.qdocument.do(SetNodeField(MAIN, ("first",), "bypassed", True))
    assert painted(blocks).pixelColor(at) != clear
    blocks.qdocument.do(SetNodeField(MAIN, ("first",), "repeat", 2))
    assert blocks.scene.nodes["first"].look.repeat == 2
    assert blocks.scene.nodes["first"].inside is not None
