"""Paints a scene: background, wires, nodes, outlines, in the detail that the zoom allows."""

from __future__ import annotations

from math import ceil
from time import perf_counter

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from app.core.graph.model import Wire
from app.ui import theme
from app.ui.canvas import geometry as g
from app.ui.canvas.camera import Camera
from app.ui.canvas.far import FarPicture
from app.ui.canvas.figures import NodeFigure, WireFigure
from app.ui.canvas.frames.paint import FramePainter
from app.ui.canvas.ink import LARGEST_PIXELS, READABLE, TEXT_PIXELS, Detail, Ink
from app.ui.canvas.node_picture import paint_badge
from app.ui.canvas.pictures import Pictures, Wanted, margin_pixels
from app.ui.canvas.scene import Scene
from app.ui.canvas.wire_numbers import paint_on_wires
from app.ui.canvas.wire_pictures import WirePictures

_DOTS_APART = 24.0
_WORDS_FROM = 0.6  # from this zoom on, shapes stand on wires
_BUDGET = 0.008  # seconds for new pictures in one frame while the view is being zoomed


class Highlight:
    """What stands out for a moment: selection, what the mouse is over, ports that a wire could reach."""

    def __init__(self) -> None:
        self.selected: dict[str, None] = {}
        self.wires: dict[Wire, None] = {}
        self.frames: dict[str, None] = {}
        self.frame: str | None = None
        self.node: str | None = None
        self.wire: Wire | None = None
        self.hidden_wire: Wire | None = None  # one whose end is being carried elsewhere
        self.inside: tuple[str, ...] = ()  # the way to the selected node inside of an expanded block
        self.hover_inside: tuple[str, ...] = ()

    def within(self, name: str) -> Highlight:
        """What stands out inside of the expanded block ``name``."""
        inner = Highlight()
        if self.inside[:1] == (name,):
            inner.inside = self.inside[1:]
            inner.selected = dict.fromkeys(inner.inside) if len(inner.inside) == 1 else {}
        if self.hover_inside[:1] == (name,):
            inner.hover_inside = self.hover_inside[1:]
            inner.node = inner.hover_inside[0] if len(inner.hover_inside) == 1 else None
        return inner


class Painter:
    """Draws one scene through one camera. ``settled`` is false when a frame had to make do with old pictures."""

    def __init__(self, scene: Scene, camera: Camera, highlight: Highlight) -> None:
        self.scene = scene
        self.camera = camera
        self.highlight = highlight
        self.ink = Ink()
        self.pictures = Pictures(self.ink)
        self.far = FarPicture()
        self.curves: WirePictures | None = None  # where many frames of the same drawing are painted
        self.settled = True
        self._edge = 0  # pixels that the pictures of nodes have around them in this frame
        self._dots = QPixmap()
        self._row_for: tuple[float, ...] = ()

    def renew(self) -> None:
        """Take up the colours and fonts of the theme in use."""
        self.ink = Ink(self.ink.least)
        self.pictures = Pictures(self.ink)
        self._row_for = ()
        if self.curves is not None:
            self.curves.clear()

    def enlarge(self, least: float) -> None:
        """Let letters on nodes and in titles of frames have at least so many pixels of the screen; 0 for as usual."""
        self.ink.least = least
        self.scene.frames.enlarge(least)
        self.renew()

    def paint(self, painter: QPainter, size: QSize, area: QRectF, ratio: float, hurry: bool) -> None:
        """Draw what lies in ``area`` (pixels of the widget). In a ``hurry`` old pictures may be stretched."""
        camera, scene = self.camera, self.scene
        self._ground(painter, size, area, ratio)
        level = self.ink.level(camera.scale)
        seen = QRectF(camera.to_scene(area.topLeft()), camera.to_scene(area.bottomRight()))
        self.settled = True
        if self.curves is not None:
            self.curves.begin(painter, camera.scale)
        if level == Detail.FAR:
            self._frames.ground(painter, area, scene.offset, self.ink)
            with camera.in_scene(painter):
                self.far.paint(painter, scene, self.ink)
                self._lifted_wires(painter, level)
            self._far_lifted(painter)
            self._frames.labels(painter, area, scene.offset)
        else:
            self._contents(painter, seen, (camera.scale, ratio, level), hurry)
        self._outlines(painter, seen)

    def _contents(self, painter: QPainter, seen: QRectF, wanted: Wanted, hurry: bool) -> None:
        """Wires and nodes of the scene, with what stands inside of its expanded blocks."""
        scene, area = self.scene, self.camera.rect_to_view(seen)
        self._frames.ground(painter, area, scene.offset, self.ink)
        wires, lifted = scene.wires_in(seen), scene.lifted
        if lifted:
            wires = [w for w in wires if w.wire.source not in lifted and w.wire.target not in lifted]
        with self.camera.in_scene(painter):
            self._wires(painter, wires)
            self._lifted_wires(painter, wanted[2])
        self._frames.titles(painter, area, scene.offset)
        self._nodes(painter, scene.nodes_in(seen), wanted, hurry)
        if scene.on_wires and self.camera.scale >= _WORDS_FROM:
            with self.camera.in_scene(painter):
                paint_on_wires(painter, self.ink, self.camera.scale, wires, scene.on_wires)
        self._frames.labels(painter, area, scene.offset)

    @property
    def _frames(self) -> FramePainter:
        return FramePainter(self.scene.frames, self.camera)

    # -- background ------------------------------------------------------------------------------------------------

    def _ground(self, painter: QPainter, size: QSize, area: QRectF, ratio: float) -> None:
        """What everything else stands on: a quiet grid of dots that moves and grows with the drawing."""
        apart = _DOTS_APART * self.camera.scale
        while apart < 15:
            apart *= 4
        start = -(self.camera.x * self.camera.scale) % apart
        top = -(self.camera.y * self.camera.scale) % apart
        # One row is drawn and then copied: a thousand points each frame would cost more than the drawing. It reaches
        # down below the next where pixels of the widget are whole ones of the screen, so that nothing has to lie under
        # it. Below, because from one to the next it may be a pixel more: 15.4999 + 24 + … becomes 39.5.
        whole = ratio.is_integer()
        if not whole:
            painter.fillRect(area, self.ink.canvas)
        shift = round(start) if whole and apart % 2 == 0 else 0  # else each dot is rounded to another side
        row = self._row(size.width(), ceil(apart) + 1 if whole else 0, start if not shift else 0.0, apart, ratio)
        if whole:
            painter.fillRect(QRectF(0, 0, size.width(), round(top)), self.ink.canvas)
            painter.fillRect(QRectF(0, 0, shift, size.height()), self.ink.canvas)
        y, first, last = top, area.top() - ceil(apart) - 3, area.bottom()
        while y < size.height():
            if first <= y <= last + 1:
                painter.drawPixmap(QPointF(shift, round(y)), row)
            y += apart

    def _row(self, width: int, height: int, start: float, apart: float, ratio: float) -> QPixmap:
        """Dots on nothing, or with a ``height`` on ground; from ``start`` on, ``apart`` from each other."""
        wanted = (width, height, start, apart, ratio)
        if self._row_for != wanted:
            self._row_for = wanted
            row = QPixmap(round(width * ratio), max(1, round((height or 3) * ratio)))
            row.setDevicePixelRatio(ratio)
            row.fill(self.ink.canvas if height else Qt.GlobalColor.transparent)
            dot = 2.0 if apart > 18 else 1.5
            with QPainter(row) as pen:
                pen.setRenderHint(QPainter.RenderHint.Antialiasing, False)
                pen.setPen(Qt.PenStyle.NoPen)
                pen.setBrush(self.ink.dots)
                pen.drawRects([QRectF(round(start + i * apart), 0, dot, dot) for i in range(int(width / apart) + 1)])
            self._dots = row
        return self._dots

    # -- wires -----------------------------------------------------------------------------------------------------

    def _width(self) -> float:
        return max(2.2, 1.5 / self.camera.scale)

    def _wires(self, painter: QPainter, wires: list[WireFigure]) -> None:
        ink, highlight, scene, scale = self.ink, self.highlight, self.scene, self.camera.scale
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(wires) < 1500)
        painter.setBrush(ink.no_brush)
        width = self._width()
        hidden = scene.wires.get(highlight.hidden_wire) if highlight.hidden_wire is not None else None
        hovered = scene.wires.get(highlight.wire) if highlight.wire is not None else None
        for chosen in [scene.wires[wire] for wire in highlight.wires if wire in scene.wires]:
            painter.setPen(QPen(ink.selected, width + 4.0 / scale))
            painter.drawPath(chosen.path)
        by_pen: dict[tuple[str | None, bool], list[WireFigure]] = {}
        for figure in wires:
            by_pen.setdefault((figure.kind, figure.fits), []).append(figure)
        for (kind, fits), figures in by_pen.items():
            pen = ink.wire_pen(kind, fits, width)
            painter.setPen(pen)
            if hidden is not None:
                figures = [figure for figure in figures if figure is not hidden]
            if self.curves is not None:
                figures = self.curves.paint(painter, figures, pen, self.camera)
            for figure in figures:
                painter.drawPath(figure.path)
        if hovered is not None and hovered is not hidden:
            painter.setPen(ink.wire_pen(hovered.kind, hovered.fits, width + 1.2 / scale))
            painter.drawPath(hovered.path)
        if scale >= _WORDS_FROM:
            self._words(painter, [each for each in wires if (each.text or not each.fits) and each is not hidden])

    def _words(self, painter: QPainter, wires: list[WireFigure]) -> None:
        """The shapes on wires, where they have room between the two nodes."""
        ink, camera, curves = self.ink, self.camera, self.curves
        size = max(TEXT_PIXELS, min(LARGEST_PIXELS, round(READABLE / camera.scale)))
        size = max(size, ink.letters(camera.scale))
        grown, above = size / TEXT_PIXELS, size * 0.72
        for figure in wires:
            text, room, (x, y) = figure.text, figure.room, figure.middle
            if not figure.fits and room > 20:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ink.canvas)
                painter.drawEllipse(QPointF(x, y), 10, 10)
                paint_badge(painter, ink, QPointF(x, y), 7.5)
                continue
            wide = ink.width(text) * grown
            if not text or room < wide + 36:
                continue
            box = QRectF(x - wide / 2 - 5, y - above, wide + 10, size * 1.44)
            if curves is None or not curves.label(painter, box, (text, size), camera, self._label):
                self._label(painter, box, (text, size))

    def _label(self, painter: QPainter, box: QRectF, said: tuple[str, int]) -> None:
        """A text and the size of its letters, in a box."""
        text, size = said
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("wire.label.back"))
        painter.drawRoundedRect(box, 5, 5)
        painter.setFont(self.ink.text_fonts[size])
        painter.setPen(theme.color("wire.label.text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _lifted_wires(self, painter: QPainter, level: Detail) -> None:
        """Wires of nodes that are being dragged, drawn afresh each frame."""
        scene, ink = self.scene, self.ink
        if not scene.lifted:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, level != Detail.FAR)
        painter.setBrush(ink.no_brush)
        width = self._width()
        for figure in scene.wires_of(scene.lifted):
            wire = figure.wire
            start = scene.nodes[wire.source].output_at(wire.source_port)
            end = scene.nodes[wire.target].input_at(wire.target_port)
            if wire.source in scene.lifted:
                start += scene.offset
            if wire.target in scene.lifted:
                end += scene.offset
            painter.setPen(ink.wire_pen(figure.kind, figure.fits, width))
            painter.drawPath(g.curve(start, end))

    # -- nodes -----------------------------------------------------------------------------------------------------

    def _nodes(self, painter: QPainter, figures: list[NodeFigure], wanted: Wanted, hurry: bool) -> None:
        scene = self.scene
        lifted = [scene.nodes[name] for name in scene.lifted if name in scene.nodes]
        standing = [figure for figure in figures if figure.name not in scene.lifted] if lifted else figures
        deadline = perf_counter() + _BUDGET
        self._edge = margin_pixels(wanted[2], wanted[0])
        for figure in standing:
            may_draw = not hurry or perf_counter() < deadline
            draw = self._node if figure.inside is None else self._expanded
            draw(painter, figure, figure.x, figure.y, wanted, may_draw)
        dx, dy = scene.offset.x(), scene.offset.y()
        for figure in lifted:
            draw = self._node if figure.inside is None else self._expanded
            draw(painter, figure, figure.x + dx, figure.y + dy, wanted, True)

    def _expanded(
        self, painter: QPainter, figure: NodeFigure, at_x: float, at_y: float, wanted: Wanted, may_draw: bool
    ) -> None:
        """A block whose inside is shown: its box, and in it another scene through the same camera."""
        inside, camera = figure.inside, self.camera
        assert inside is not None
        scale, _, level = wanted
        frame = self.pictures.painter
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.translate((at_x - camera.x) * scale, (at_y - camera.y) * scale)
        if level == Detail.FULL:
            painter.scale(scale, scale)
            frame.frame(painter, figure)
        else:
            frame.small_box(painter, figure, scale)
        painter.restore()
        painter.save()
        if figure.look.bypassed:
            painter.setOpacity(0.45)  # nothing inside is at work
        inner = Camera()
        inner.scale = scale
        inner.x, inner.y = camera.x - at_x - inside.origin.x(), camera.y - at_y - inside.origin.y()
        seen = painter.clipBoundingRect() if painter.hasClipping() else QRectF()
        self._ends(painter, figure, QPointF(at_x - figure.x, at_y - figure.y))
        kept = self.scene, self.camera, self.highlight
        self.scene, self.camera, self.highlight = inside.scene, inner, self.highlight.within(figure.name)
        try:
            area = QRectF(inner.to_scene(seen.topLeft()), inner.to_scene(seen.bottomRight()))
            if seen.isEmpty():
                area = inside.scene.bounds()
            self._contents(painter, area, wanted, not may_draw)
            self._outlines(painter, area)
        finally:
            self.scene, self.camera, self.highlight = kept
        painter.restore()
        if level == Detail.FULL:  # ports and words on top of the ends of wires
            painter.save()
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
            painter.translate((at_x - camera.x) * scale, (at_y - camera.y) * scale)
            painter.scale(scale, scale)
            frame.full(painter, figure, scale)
            painter.restore()

    def _ends(self, painter: QPainter, figure: NodeFigure, moved: QPointF) -> None:
        """The short lines from the ports of an expanded block to the nodes inside that stand for them."""
        assert figure.inside is not None
        kinds = {(p.name, False): p.kind for p in figure.look.inputs} | {
            (p.name, True): p.kind for p in figure.look.outputs
        }
        with self.camera.in_scene(painter):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(self.ink.no_brush)
            for name, is_output, start, end in figure.inside.ends(figure):
                painter.setPen(self.ink.wire_pen(kinds.get((name, is_output)), True, self._width()))
                painter.drawPath(g.curve(start + moved, end + moved))

    def _node(
        self, painter: QPainter, figure: NodeFigure, at_x: float, at_y: float, wanted: Wanted, may_draw: bool
    ) -> None:
        scale, ratio, _ = wanted
        x, y = (at_x - self.camera.x) * scale, (at_y - self.camera.y) * scale
        picture, drawn_for = self.pictures.get(figure, wanted, may_draw)
        if picture is not None and drawn_for is wanted:
            edge = self._edge
            if ratio == 1.0:
                painter.drawPixmap(round(x) - edge, round(y) - edge, picture)
            else:
                painter.drawPixmap(QPointF(round(x * ratio) / ratio - edge, round(y * ratio) / ratio - edge), picture)
            return
        self.settled = False
        box = QRectF(x, y, figure.width * scale, figure.height * scale)
        if picture is not None and drawn_for is not None:
            painter.drawPixmap(box, picture, self.pictures.body_in(figure, drawn_for))
        else:
            painter.fillRect(box, self.ink.header(figure.look.category, figure.look.pale)[0])

    def _far_lifted(self, painter: QPainter) -> None:
        for name in self.scene.lifted:
            figure = self.scene.nodes.get(name)
            if figure is not None:
                box = self.camera.rect_to_view(figure.rect.translated(self.scene.offset))
                painter.fillRect(box, self.ink.header(figure.look.category, figure.look.pale)[0])

    def _outlines(self, painter: QPainter, seen: QRectF) -> None:
        """Lines around what is selected or under the mouse."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        scene, ink, highlight = self.scene, self.ink, self.highlight
        self._frames.outlines(painter, highlight.frames, highlight.frame, scene.offset, ink)
        if highlight.node is not None and highlight.node not in highlight.selected and highlight.node in scene.nodes:
            self._outline(painter, scene.nodes[highlight.node], ink.hover, 1.5, 0.5)
        wide = seen.adjusted(-20, -20, 20, 20)
        for name in highlight.selected:
            figure = scene.nodes.get(name)
            if figure is not None and (name in scene.lifted or wide.intersects(figure.rect)):
                self._outline(painter, figure, ink.selected, ink.outline, ink.outline / 2 + 1.0)

    def _outline(self, painter: QPainter, figure: NodeFigure, tint: QColor, width: float, away: float) -> None:
        rect = figure.rect.translated(self.scene.offset) if figure.name in self.scene.lifted else figure.rect
        box = self.camera.rect_to_view(rect).adjusted(-away, -away, away, away)
        radius = g.RADIUS * self.camera.scale + away
        painter.setPen(QPen(tint, width))
        painter.drawRoundedRect(box, radius, radius)
