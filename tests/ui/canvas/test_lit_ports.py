"""While a wire is drawn: what fits is lit, what does not is dimmed and says why. A real mouse, then the pixels."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from app.core.graph.model import Graph, Project, Wire
from app.core.graph.rules import Reason, why_not
from app.core.inference import infer
from app.ui import theme
from app.ui.canvas.tools import DrawWire
from app.ui.canvas.view import CanvasView
from tests.support.drawings import block_net, node
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import Hand, in_a_row


@pytest.fixture(params=theme.NAMES)
def themed(request: pytest.FixtureRequest, qapp: QApplication, open_canvas: Open) -> Iterator[CanvasView]:
    """Loose layers in each theme: an image, what can read it, and what cannot."""
    graph = Graph.of(
        [
            node("picture", "Input", shape=(3, 16, 16)),
            node("conv", "Conv2d"),
            node("fc", "Linear"),
            node("other", "Input", shape=(8,)),
        ]
    )
    canvas = open_canvas(in_a_row(Project(graph=graph)))
    theme.apply(qapp, request.param)
    yield canvas
    theme.apply(qapp, "dark")


def pixel(canvas: CanvasView, point: QPointF) -> QColor:
    return canvas.grab().toImage().pixelColor(canvas.camera.to_view(point).toPoint())


def near(one: QColor, other: QColor) -> bool:
    return all(abs(a - b) <= 12 for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


def test_ports_that_fit_are_lit_and_other_layers_dimmed(themed: CanvasView) -> None:
    """Would fail if in one of the themes it could not be seen where the wire may go."""
    hand = Hand(themed)
    header = QPointF(themed.scene.nodes["fc"].x + 100, 3)
    clear = pixel(themed, header)
    assert not near(pixel(themed, hand.input("conv")), theme.color("port.fits"))
    hand.hold(hand.output("picture"), QPointF(300, 250))
    assert near(pixel(themed, hand.input("conv")), theme.color("port.fits"))
    assert not near(pixel(themed, hand.input("fc")), theme.color("port.fits"))
    assert not near(pixel(themed, header), clear)
    themed.cancel_tool()
    assert near(pixel(themed, header), clear)


def words_of(canvas: CanvasView, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands in the bubble beside the pointer when the canvas is painted now."""
    from app.ui.canvas.tools import wire

    words: list[str] = []
    monkeypatch.setattr(wire, "paint_bubble", lambda _painter, _size, _at, text, _edge: words.append(text))
    canvas.grab()
    return words


def test_the_reason_stands_beside_the_pointer(themed: CanvasView, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would fail if a port were refused without a reason."""
    hand = Hand(themed)
    hand.hold(hand.output("picture"), hand.input("fc") + QPointF(4, 2))
    assert isinstance(themed.tool, DrawWire)
    (words,) = words_of(themed, monkeypatch)
    assert "flat list" in words
    assert "Let go" in words


def test_a_layer_without_inputs_says_so(themed: CanvasView, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would fail if the wire fell on a layer in silence, or something were asked or drawn."""
    hand = Hand(themed)
    before = themed.qdocument.project
    hand.hold(hand.output("picture"), hand.middle("other"))
    assert words_of(themed, monkeypatch) == ["other has no input."]
    hand.release(hand.middle("other"))
    assert themed.saying.text == "other has no input."
    assert themed.qdocument.project is before
    assert not themed.popups.is_open


def test_a_wire_that_does_not_fit_is_explained_on_click(themed: CanvasView) -> None:
    """Would fail if the wire were refused, or its remedy could not be reached from it."""
    hand = Hand(themed)
    hand.drag(hand.output("picture"), hand.input("fc"))
    wire = Wire("picture", "output", "fc", "x")
    assert wire in themed.qdocument.project.graph.wires
    assert themed.qdocument.document.undo_title is not None
    figure = themed.scene.wires[wire]
    assert not figure.fits
    places = [figure.path.pointAtPercent(share / 20) for share in range(1, 20)]
    scene = themed.scene
    hand.click(next(at for at in places if scene.node_at(at) is None and scene.port_at(at) is None))
    assert themed.popups.card.isVisible()
    themed.qdocument.undo()
    assert not themed.qdocument.project.graph.wires


def test_a_block_is_asked_too() -> None:
    """Would fail if every block were said to take every shape."""
    project = block_net(1)
    graph = project.graph.with_nodes(node("flat", "Input", shape=(8,)))
    project = project.with_graph("", graph)
    report = infer(project).main
    refusal = why_not(project, "", Wire("flat", "output", "first", "x"), report)
    assert refusal is not None
    assert refusal.reason is Reason.SHAPE
    assert refusal.sentence.startswith("first/conv: ")
    assert why_not(project, "", Wire("picture", "output", "second", "x"), report) is None
