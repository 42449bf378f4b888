"""A drawing as SVG, PDF or PNG, by the painter of the canvas: in full detail, without what only the editor shows.

Texts of SVG and PDF stay texts: they can be selected, found and read out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from math import ceil, floor, sqrt

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter, QPen

from app.ui import theme
from app.ui.canvas import geometry as g
from app.ui.canvas.camera import Camera
from app.ui.canvas.figures import NodeFigure, WireFigure
from app.ui.canvas.frames.figures import FrameFigure, FrameFigures
from app.ui.canvas.frames.paint import FramePainter
from app.ui.canvas.ink import Ink
from app.ui.canvas.node_picture import NodePainter
from app.ui.canvas.painter import Highlight, Painter
from app.ui.canvas.pictures import Wanted
from app.ui.canvas.scene import Scene

EDGE = 24.0  # room around the drawing, in its units
MOST_PIXELS = 60_000_000  # of a PNG: 240 MB while it is painted
MOST_SIDE = 32_000  # pixels; Qt's painter ends at 32,767
_LONGEST_PAGE = 14_400.0  # points; PDF knows no longer page
_POINTS = 0.75  # of one unit of the drawing: it is seen at 96 units to the inch
_PDF_DOTS = 1200
_DOTS_APART = 24.0
_FRAME_CORNER = 8.0
_CRISP = 6  # a picture of few large dots is enlarged so much before programs that would smooth it get it


@dataclass(frozen=True)
class PicturePart:
    """What of a scene is put into a picture: a rectangle in units of the drawing, and only some nodes and frames or
    all."""

    scene: Scene
    rect: QRectF
    names: frozenset[str] | None = None
    frames: frozenset[str] = frozenset()  # counts only where ``names`` does

    @property
    def size(self) -> QSize:
        """Width and height at 100 %."""
        return QSize(max(ceil(self.rect.width()), 1), max(ceil(self.rect.height()), 1))


def whole(scene: Scene, names: Collection[str] | None = None, frames: Collection[str] = ()) -> PicturePart:
    """The whole drawing, or some of its nodes and frames with the wires among them, with a little room around."""
    chosen = frozenset(names) if names is not None else None
    rect = scene.bounds(chosen) if chosen is None or chosen else QRectF()
    if chosen is not None:
        rect = rect.united(scene.frames.bounds(frames))
    for wire, figure in scene.wires.items():
        if chosen is None or (wire.source in chosen and wire.target in chosen):
            rect = rect.united(figure.path.boundingRect())
    if rect.isEmpty():
        rect = QRectF(0, 0, g.NODE_WIDTH, 2 * g.HEADER)
    return PicturePart(scene, rect.adjusted(-EDGE, -EDGE, EDGE, EDGE), chosen, frozenset(frames))


@dataclass(frozen=True)
class Style:
    """How it is painted. ``theme``: a theme's name, empty for the one on the screen; ``ground``: with background."""

    theme: str = ""
    ground: bool = True


class _NodePainter(NodePainter):
    """Nodes whose small pictures keep their dots: other programs would smooth them."""

    def _picture(self, painter: QPainter, figure: NodeFigure, room: QRectF) -> None:
        strip = figure.strip
        if strip is None or strip.isNull():
            return
        fit = min(room.width() / strip.width(), room.height() / strip.height())
        if fit <= 1.0:
            super()._picture(painter, figure, room)
            return
        box = QRectF(0, 0, strip.width() * fit, strip.height() * fit)
        box.moveCenter(room.center())
        size = strip.size() * _CRISP
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(box, strip.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio))


class _FramePainter(FramePainter):
    """Frames as Qt's writers can put them down."""

    def __init__(self, figures: FrameFigures, camera: Camera, area: QRectF) -> None:
        super().__init__(figures, camera)
        self._area = area

    def _frame(self, painter: QPainter, figure: FrameFigure, box: QRectF, offset: QPointF, ink: Ink) -> None:
        # PDF gives a border drawn together with its ground the alpha of the ground, so it is drawn once more.
        super()._frame(painter, figure, box, offset, ink)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color(f"frame.{figure.frame.color}"), 2.0 if ink.plain else 1.3))
        painter.drawRoundedRect(box, _FRAME_CORNER, _FRAME_CORNER)

    def _words(self, painter: QPainter, figure: FrameFigure, inside: QRectF) -> None:
        # SVG goes on with the clip of a note after it was taken back, and all that comes later would be cut away.
        super()._words(painter, figure, inside)
        painter.setClipRect(self._area)


class _ExportPainter(Painter):
    """Paints straight onto the picture, with no pixels kept in between, and nothing that is only of the moment."""

    def __init__(self, part: PicturePart, area: QRectF, ground: bool) -> None:
        camera = Camera()
        camera.x, camera.y = part.rect.x(), part.rect.y()
        super().__init__(part.scene, camera, Highlight())
        self._part = part
        self._area = area
        self._with_ground = ground
        self._node_painter = self.pictures.painter = _NodePainter(self.ink)

    @property
    def _only(self) -> frozenset[str] | None:
        """The only nodes to paint; all inside of an expanded block."""
        return self._part.names if self.scene is self._part.scene else None

    @property
    def _frames(self) -> FramePainter:
        shown, names = self.scene.frames, self._part.frames
        if self._only is not None:
            shown = FrameFigures()
            shown.load({name: frame for name, frame in self.scene.frames.frames.items() if name in names})
        return _FramePainter(shown, self.camera, self._area)

    def _ground(self, painter: QPainter, size: QSize, area: QRectF, ratio: float) -> None:
        if not self._with_ground:
            return
        painter.fillRect(area, self.ink.canvas)
        # Each row of dots is one dashed line: a dot each would make files of megabytes.
        dot = 2.0
        pen = QPen(self.ink.dots, dot)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([1.0, _DOTS_APART / dot - 1.0])
        painter.setPen(pen)
        left, y = -self.camera.x % _DOTS_APART, -self.camera.y % _DOTS_APART
        while y < area.bottom():
            painter.drawLine(QPointF(left, y + dot / 2), QPointF(area.right(), y + dot / 2))
            y += _DOTS_APART

    def _wires(self, painter: QPainter, wires: list[WireFigure]) -> None:
        names = self._only
        if names is not None:
            wires = [each for each in wires if each.wire.source in names and each.wire.target in names]
        super()._wires(painter, wires)

    def _nodes(self, painter: QPainter, figures: list[NodeFigure], wanted: Wanted, hurry: bool) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        names = self._only
        super()._nodes(painter, [each for each in figures if names is None or each.name in names], wanted, False)

    def _node(
        self, painter: QPainter, figure: NodeFigure, at_x: float, at_y: float, wanted: Wanted, may_draw: bool
    ) -> None:
        painter.save()
        painter.translate(at_x - self.camera.x, at_y - self.camera.y)
        self._node_painter.frame(painter, figure)
        self._node_painter.full(painter, figure, 1.0)
        painter.restore()


@contextmanager
def _standing(scene: Scene) -> Iterator[None]:
    """The scene as the document says, also while somebody is dragging."""
    lifted, offset, frames = scene.lifted, scene.offset, scene.frames.lifted
    shown = {figure.name: figure.shown for figure in scene.frames}
    scene.lifted, scene.offset = frozenset(), QPointF()
    scene.frames.let_go()
    try:
        yield
    finally:
        scene.lifted, scene.offset, scene.frames.lifted = lifted, offset, frames
        for figure in scene.frames:
            figure.shown = shown[figure.name]


def paint(painter: QPainter, part: PicturePart, style: Style) -> None:
    """Draw a part of a drawing; its top left corner comes to the painter's origin, one unit is one unit."""
    with theme.borrowed(style.theme or theme.current().name), _standing(part.scene):
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        area = QRectF(QPointF(), QSizeF(part.size))
        if painter.hasClipping():  # a page of several
            area = area.intersected(painter.clipBoundingRect())
        painter.setClipRect(area)
        _ExportPainter(part, area, style.ground).paint(painter, part.size, area, 1.0, False)
        painter.restore()


# -- PNG -----------------------------------------------------------------------------------------------------------


def most_scale(part: PicturePart) -> float:
    """The largest scale at which a PNG of ``part`` stays within what can be painted and opened again."""
    width, height = part.size.width(), part.size.height()
    return min(MOST_SIDE / width, MOST_SIDE / height, sqrt(MOST_PIXELS / (width * height)))


def pixels(part: PicturePart, scale: float) -> QSize:
    """Width and height of a PNG in pixels."""
    return QSize(max(round(part.size.width() * scale), 1), max(round(part.size.height() * scale), 1))


def why_too_large(part: PicturePart, scale: float) -> str | None:
    """The sentence that says that a PNG would be too large, and what would do; None if it would not."""
    most = most_scale(part)
    if scale <= most:
        return None
    size = pixels(part, scale)
    return (
        f"At {percent(scale)} the picture would have {size.width():,} × {size.height():,} pixels, too many to be "
        f"painted. Use at most {percent(floor(most * 1000) / 1000)}, or SVG or PDF, which know no such limit."
    )


def percent(scale: float) -> str:
    """``0.275`` as ``27.5 %``."""
    return f"{scale * 100:.3g} %" if scale < 10 else f"{scale * 100:.0f} %"


def to_image(part: PicturePart, scale: float, style: Style) -> QImage:
    """The picture as pixels. Without background what is left free is transparent.

    Raises:
        ValueError: with a sentence, if it would be too large.
    """
    reason = why_too_large(part, scale)
    if reason is not None:
        raise ValueError(reason)
    image = QImage(pixels(part, scale), QImage.Format.Format_ARGB32_Premultiplied)
    if image.isNull():
        raise ValueError("There is not enough memory for this picture. Use a smaller scale, or SVG or PDF.")
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        painter.scale(image.width() / part.size.width(), image.height() / part.size.height())
        paint(painter, part, style)
    dots = round(96 / 0.0254 * scale)  # so that other programs show it as large as the canvas does at 100 %
    image.setDotsPerMeterX(dots)
    image.setDotsPerMeterY(dots)
    return image


def to_png(part: PicturePart, scale: float, style: Style) -> bytes:
    """The picture as a PNG file.

    Raises:
        ValueError: with a sentence, if it would be too large.
    """
    image = to_image(part, scale, style)
    return _bytes(lambda buffer: image.save(buffer, "PNG"))  # type: ignore[call-overload]


# -- SVG and PDF ---------------------------------------------------------------------------------------------------


def to_svg(part: PicturePart, style: Style, title: str) -> bytes:
    """The picture as an SVG file; at 100 % one unit of it is one pixel."""
    from PySide6.QtSvg import QSvgGenerator

    def write(buffer: QBuffer) -> None:
        generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
        generator.setOutputDevice(buffer)
        generator.setResolution(96)
        generator.setSize(part.size)
        generator.setViewBox(QRect(0, 0, part.size.width(), part.size.height()))
        generator.setTitle("".join(char for char in title if char.isprintable()))
        generator.setDescription("Drawn with Netloom")
        with QPainter(generator) as painter:
            paint(painter, part, style)

    return _with_fallback(_bytes(write))


def to_pdf(part: PicturePart, style: Style, title: str) -> bytes:
    """The picture as a PDF file of one page that is as large as the drawing."""
    points = QSizeF(part.size.width() * _POINTS, part.size.height() * _POINTS)
    shrink = min(1.0, _LONGEST_PAGE / max(points.width(), points.height()))

    def write(buffer: QBuffer) -> None:
        writer = QPdfWriter(buffer)
        writer.setTitle(title)
        writer.setCreator("Netloom")
        writer.setResolution(_PDF_DOTS if shrink == 1.0 else 2 * _PDF_DOTS)
        # A page that is wider than high would otherwise be turned and cut.
        page = QPageSize(points * shrink, QPageSize.Unit.Point, "Drawing", QPageSize.SizeMatchPolicy.ExactMatch)
        layout = QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF())
        layout.setMode(QPageLayout.Mode.FullPageMode)
        writer.setPageLayout(layout)
        with QPainter(writer) as painter:
            unit = writer.resolution() / 72.0 * _POINTS * shrink
            painter.scale(unit, unit)
            paint(painter, part, style)

    return _bytes(write)


def _with_fallback(svg: bytes) -> bytes:
    """The file with fonts that other programs find: "Sans Serif" is a word of this system, not a family."""
    from PySide6.QtGui import QFontInfo, QGuiApplication

    family = QGuiApplication.font().family()
    real = QFontInfo(QGuiApplication.font()).family()
    wanted = escape(f"{real}, sans-serif")
    return svg.replace(f'font-family="{escape(family)}"'.encode(), f'font-family="{wanted}"'.encode())


def _bytes(write: Callable[[QBuffer], object]) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    write(buffer)
    buffer.close()
    return bytes(data.data())
