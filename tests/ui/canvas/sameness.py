"""Whether a canvas shows its document: every figure of it next to those of a scene that was loaded from nothing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from app.core.document import Document
from app.core.graph.model import MAIN
from app.core.inference import infer
from app.core.paths import report_at
from app.ui.canvas import describing
from app.ui.canvas.expanded_block import spot_of
from app.ui.canvas.figures import NodeFigure, WireFigure
from app.ui.canvas.scene import Scene, values_at
from app.ui.canvas.view import CanvasView
from tests.support.patience import settle

Told = dict[str, object]
_SPOT, _FAR = 8, 60  # pixels; steps of 256 by which a spot may differ


def fresh(document: Document, where: str = MAIN, instance: str = "") -> Scene:
    """A scene loaded from the document as it is now, as the instance at the end of a path sees it."""
    scene = Scene()
    found = report_at(document.report, instance) if instance else None
    scene.values = values_at(document.project, instance.split("/") if instance else ())
    report = found.inner if found is not None else None
    scene.load(document.project, where, report if report is not None else document.graph_report(where))
    return scene


def told(scene: Scene, inner: bool = False) -> Told:
    """Everything that a scene says and shows: nodes from the back to the front, wires, frames, insides of blocks.

    How a wire goes around nodes may depend on what was edited before, so that nothing jumps; not so inside of a
    block, because the size of its box follows from it.
    """
    return {
        "where": (scene.where, scene.around, scene.values),
        "nodes": {figure.name: _node(figure) for figure in sorted(scene.nodes.values(), key=lambda each: each.order)},
        "order": [figure.name for figure in sorted(scene.nodes.values(), key=lambda each: each.order)],
        "wires": {wire: _wire(figure, inner) for wire, figure in scene.wires.items()},
        "frames": [(each.name, each.frame, each.rect) for each in scene.frames],
        "opened": set(scene.opened),
        "lifted": (scene.lifted, scene.frames.lifted, scene.offset),
    }


def _node(figure: NodeFigure) -> Told:
    inside = figure.inside
    return {
        "node": figure.node,
        "look": figure.look,
        "report": figure.report,
        "place": (figure.x, figure.y, figure.width, figure.height, figure.bounds),
        "ports": [(look, place) for look, place in figure.ports()],
        "badge": (figure.troubled, figure.badge_at),
        "toggle": figure.toggle,
        "box": (inside.width, inside.height, inside.origin, inside.inputs, inside.outputs) if inside else None,
        "inside": told(inside.scene, True) if inside else None,
    }


def _wire(figure: WireFigure, inner: bool) -> object:
    said = figure.wire, figure.kind, figure.text, figure.fits, figure.sentence, figure.start, figure.end
    return (*said, figure.lane, figure.bounds) if inner else said


def difference(one: object, other: object, at: str = "") -> str:
    """Where two accounts differ first, for a message that can be read."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys((*one, *other)):
            if key not in one or key not in other:
                return f"{at}/{key}: only {'in the account' if key in one else 'in the fresh one'}"
            if one[key] != other[key]:
                return difference(one[key], other[key], f"{at}/{key}")
    return f"{at}: {one!r} is not {other!r}"


def check_scene(scene: Scene) -> None:
    """Everything is found where it stands, and every wire ends at its ports."""
    for wire, line in scene.wires.items():
        assert line.start == scene.nodes[wire.source].output_at(wire.source_port)
        assert line.end == scene.nodes[wire.target].input_at(wire.target_port)
        assert line in scene.wires_in(line.bounds)
        assert line in scene.wires_of((wire.source,))
        assert line in scene.wires_of((wire.target,))
    for figure in scene.nodes.values():
        assert figure in scene.nodes_in(figure.rect)
        assert scene.node_at(figure.rect.center()) is not None
        assert (figure.inside is not None) == (figure.name in scene.opened)
        if figure.inside is not None:
            check_scene(figure.inside.scene)
    assert len(scene._node_grid) == len(scene.nodes)
    assert len(scene._wire_grid) == len(scene.wires)
    assert set(scene._lanes) == {wire for wire, line in scene.wires.items() if line.lane is not None}
    everything = scene.bounds().adjusted(-0.01, -0.01, 0.01, 0.01)  # sums of fractions
    assert all(everything.contains(figure.rect) for figure in scene.nodes.values())


def taken(scene: Scene) -> int:
    """How many nodes stand inside of unfolded blocks."""
    insides = [figure.inside for figure in scene.opened.values() if figure.inside is not None]
    return sum(inside.all_taken for inside in insides)


class Versions:
    """Remembers what each version of a picture stood for: a picture that has changed must have a new one."""

    def __init__(self) -> None:
        self._near: dict[tuple[int, int], tuple[NodeFigure, object]] = {}
        self._far: dict[tuple[int, int], object] = {}

    def check(self, scene: Scene) -> None:
        """Compare with what was seen under the same versions before."""
        afar = self._afar(scene)
        assert self._far.setdefault((id(scene), scene.version), afar) == afar, "seen from afar it is another"
        self._check_nodes(scene)

    def _check_nodes(self, scene: Scene) -> None:
        for figure in scene.nodes.values():
            strip = figure.strip.cacheKey() if figure.strip is not None else None
            shows = figure.look, figure.caption, strip, figure.said, figure.width, figure.height
            # The figure is kept, so that its address is not given to another one.
            known = self._near.setdefault((id(figure), figure.version), (figure, shows))
            assert known[1] == shows, f"the picture of {figure.name} is an old one"
            if figure.inside is not None:
                self._check_nodes(figure.inside.scene)

    def _afar(self, scene: Scene) -> object:
        boxes = [(f.name, f.rect, f.look.category, f.look.bypassed, f.badge) for f in scene.nodes.values()]
        lines = {wire: (f.start, f.end, f.lane, f.kind, f.fits) for wire, f in scene.wires.items()}
        inner = {name: self._afar(f.inside.scene) for name, f in scene.opened.items() if f.inside is not None}
        return boxes, lines, inner


def check_canvas(canvas: CanvasView) -> None:
    """The canvas shows its document, and nothing stands out that is not there."""
    document, scene, highlight = canvas.qdocument.document, canvas.scene, canvas.highlight
    assert scene.project is document.project
    report = infer(document.project)
    entered = report_at(report, canvas.instance) if canvas.instance else None
    assert scene.report == (entered.inner if entered is not None else report.of(canvas.where))
    other = fresh(document, canvas.where, canvas.instance)
    for name, figure in scene.nodes.items():  # what a training shows is not in the document
        copy = other.nodes.get(name)
        if copy is not None and (figure.strip is not None or figure.said):
            copy.strip, copy.caption, copy.said = figure.strip, figure.caption, figure.said
            other.resized(copy)
    one, two = told(scene), told(other)
    assert one == two, difference(one, two)
    assert scene.room.left + taken(scene) == other.room.left + taken(other)
    check_scene(scene)
    assert set(highlight.selected) <= set(scene.nodes)
    assert set(highlight.frames) <= set(scene.frames.by_name)
    assert set(highlight.wires) <= set(scene.wires)
    assert highlight.node is None or highlight.node in scene.nodes
    assert highlight.wire is None or highlight.wire in scene.wires
    assert highlight.frame is None or highlight.frame in scene.frames
    assert highlight.hidden_wire is None
    for path in (highlight.inside, highlight.hover_inside):
        assert not path or spot_of(scene, path) is not None
    assert not (highlight.inside and highlight.selected)
    words = describing.of_canvas(scene, highlight)
    assert canvas.accessibleDescription().startswith(words)


def screen_of(canvas: CanvasView) -> QImage:
    """What is on the screen when a zoom has come to rest; during one, a slow machine shows stretched pictures."""
    if canvas._quick.isActive():
        canvas._quick.stop()
        canvas.update()
    settle()
    return canvas.screen().grabWindow(canvas.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)


def check_screen(canvas: CanvasView) -> None:
    """What was painted bit by bit looks like what is painted at once: no area was forgotten.

    Where the dashes of a wire begin depends on what is painted, so little spots are compared and not points.
    """
    seen = _spots(screen_of(canvas))
    canvas.update()
    away = np.abs(seen - _spots(screen_of(canvas))).max(axis=2)
    wrong = np.argwhere(away > _FAR)
    assert not len(wrong), f"not painted again: {[(int(x) * _SPOT, int(y) * _SPOT) for y, x in wrong[:12]]}"


def _spots(picture: QImage) -> np.ndarray:
    """Mean colours of little squares."""
    size = picture.size() / _SPOT
    small = picture.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    small = small.convertToFormat(QImage.Format.Format_RGB32)
    points = np.frombuffer(small.constBits(), np.uint8).reshape(small.height(), small.bytesPerLine() // 4, 4)
    return points[:, : small.width(), :3].astype(int)
