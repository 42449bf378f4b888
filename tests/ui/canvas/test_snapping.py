"""What is dragged falls into line with its neighbours: real drags, then the document is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage

from app.core.graph.model import Graph, Project
from app.ui import theme
from app.ui.canvas.view import CanvasView
from tests.support.drawings import node
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import Hand

ALT = Qt.KeyboardModifier.AltModifier


def loose() -> Project:
    """Three layers without wires: ``a``, off the grid ``b`` to its right, ``tall`` below."""
    spots = {"a": ("ReLU", (0.0, 0.0)), "b": ("ReLU", (403.0, 7.0)), "tall": ("CrossEntropyLoss", (203.0, 300.0))}
    nodes = [node(name, type_) for name, (type_, _) in spots.items()]
    return Project(graph=Graph.of([replace(n, position=spots[n.name][1]) for n in nodes], []))


@pytest.fixture
def board(open_canvas: Open) -> CanvasView:
    return open_canvas(loose())


def place(canvas: CanvasView, name: str) -> tuple[float, float]:
    return canvas.qdocument.project.graph.nodes[name].position


def drag(canvas: CanvasView, name: str, dx: float, dy: float, keys: Qt.KeyboardModifier | None = None) -> None:
    hand = Hand(canvas)
    start = hand.middle(name)
    hand.drag(start, start + QPointF(dx, dy), keys=keys or Qt.KeyboardModifier.NoModifier)


def test_edges_come_into_line_with_a_neighbour_off_the_grid(board: CanvasView) -> None:
    """Would fail if only the grid counted, or the line were a few units off."""
    drag(board, "a", 60, 11)
    assert place(board, "a") == (60.0, 7.0)


def test_a_column_is_found_too(board: CanvasView) -> None:
    """Would fail if only heights were compared."""
    drag(board, "a", 398, 160)
    assert place(board, "a") == (403.0, 160.0)


def test_a_port_is_level_with_the_port_it_could_be_wired_to(board: CanvasView) -> None:
    """Would fail if a layer with two inputs could only be aligned by its edges."""
    second = board.scene.nodes["tall"].look.inputs[-1].name
    level = board.scene.nodes["tall"].input_at(second).y()
    own = board.scene.nodes["a"].output_at("output").y()
    assert level != board.scene.nodes["tall"].input_at(board.scene.nodes["tall"].look.inputs[0].name).y()
    drag(board, "a", -100, level - own + 4)
    assert place(board, "a")[1] + own == level


def test_far_from_everything_it_is_the_grid(board: CanvasView) -> None:
    """Would fail if a neighbour at the other end of the drawing pulled, or nothing did."""
    board.camera.y = -200
    drag(board, "a", 93, 173)
    assert place(board, "a") == (90.0, 170.0)


def test_alt_or_the_setting_lets_it_go_free(board: CanvasView) -> None:
    """Would fail if Alt or View > Snap did not switch everything off."""
    drag(board, "a", 61, 9, ALT)
    assert place(board, "a") == (61.0, 9.0)
    board.snaps = False
    drag(board, "a", 344, 2)
    assert place(board, "a") == (405.0, 11.0)


def test_what_is_dragged_along_is_no_neighbour(board: CanvasView) -> None:
    """Would fail if two selected layers pulled each other and could not be moved a little."""
    board.select(["a", "b"])
    drag(board, "a", 0, 30)
    assert place(board, "a") == (0.0, 30.0)
    assert place(board, "b") == (403.0, 37.0)


def test_a_guide_is_drawn_while_it_is_in_line_and_goes_at_the_end(board: CanvasView) -> None:
    """Would fail if no line showed why it snapped, or the line stayed."""
    hand = Hand(board)
    start = hand.middle("a")

    def guides() -> int:
        """Pixels in the colour of guides between the two nodes, level with the top of ``b``."""
        picture: QImage = board.grab().toImage()
        y = round(board.camera.to_view(QPointF(0, 7)).y())
        xs = range(round(board.camera.to_view(QPointF(270, 0)).x()), round(board.camera.to_view(QPointF(390, 0)).x()))
        tint = theme.color("accent")
        return max(sum(picture.pixelColor(x, y + off) == tint for x in xs) for off in (-1, 0, 1))

    hand.hold(start, start + QPointF(60, 11))
    assert guides() > 100
    hand.release(start + QPointF(60, 11))
    assert guides() == 0
    hand.hold(hand.middle("a"), hand.middle("a") + QPointF(0, 150))
    hand.key(Qt.Key.Key_Escape)
    assert guides() == 0


def test_a_straight_wire_comes_before_an_edge(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the nearest edge won over the wire of the dragged layer."""
    start = hand.middle("relu1")
    canvas.snaps = False
    hand.drag(start, start + QPointF(0, 206))  # conv1 has a line of weights below: its middle is lower
    canvas.snaps = True
    start = hand.middle("relu1")
    hand.drag(start, start + QPointF(0, -202))
    assert canvas.qdocument.project.graph.nodes["relu1"].position[1] == 0.0


def test_seen_from_afar_the_pull_is_wider(board: CanvasView) -> None:
    """Would fail if at half size a hand had to hit half a pixel."""
    board.camera.scale = 0.5
    drag(board, "a", 60, 7 + 13)
    assert place(board, "a")[1] == 7.0
