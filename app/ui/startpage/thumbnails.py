"""Small pictures of drawings, painted by the painter of the canvas, and kept while theme and drawing stay the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPixmap

from app.core.graph.model import MAIN, Project
from app.core.inference import infer
from app.ui import theme
from app.ui.canvas import geometry as g
from app.ui.canvas.arranging import with_places
from app.ui.canvas.camera import Camera
from app.ui.canvas.painter import Highlight, Painter
from app.ui.canvas.scene import Scene

MOST_BYTES = 400_000  # of a file whose picture is worth the time; larger ones would make the page stutter
MOST_NODES = 400
_MOST_KEPT = 200
_LEAST = 0.035  # zoom at which a row of layers can still be told apart; longer drawings show their beginning
_EDGE = 10.0
_FADE = 0.2  # of the width

_kept: OrderedDict[Hashable, QPixmap] = OrderedDict()  # for all windows


def kept(key: Hashable, size: QSize, ratio: float) -> QPixmap | None:
    """The picture that was drawn for this key, this size and the theme in use, or None."""
    return _kept.get((key, size.width(), size.height(), ratio, theme.current().name))


def draw(key: Hashable, project: Project, size: QSize, ratio: float) -> QPixmap:
    """Draw the main graph of a project into ``size`` (logical pixels), ``ratio`` pixels of the screen for each.

    A drawing of more than ``MOST_NODES`` nodes gives an empty canvas.
    """
    picture = QPixmap(round(size.width() * ratio), round(size.height() * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(theme.color("canvas"))
    if 0 < len(project.graph.nodes) <= MOST_NODES:
        with QPainter(picture) as painter:
            _paint(painter, with_places(project), size, ratio)
    _kept[(key, size.width(), size.height(), ratio, theme.current().name)] = picture
    while len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return picture


def key_of(path: Path) -> Hashable:
    """A key that changes with the file.

    Raises:
        OSError: if there is no such file.
    """
    found = path.stat()
    return str(path), found.st_mtime_ns, found.st_size


def _paint(painter: QPainter, project: Project, size: QSize, ratio: float) -> None:
    scene, camera = Scene(), Camera()
    scene.load(project, MAIN, infer(project).main)
    wide, high = float(size.width()), float(size.height())
    bounds = scene.bounds()
    camera.frame(bounds, wide, high, margin=_EDGE, most=0.5)
    cut = camera.scale < _LEAST
    if cut:
        camera.scale = min(_LEAST, max((high - 2 * _EDGE) / max(bounds.height(), 1.0), camera.scale))
        camera.look_at(bounds.center(), wide, high)
        camera.x = bounds.left() - _EDGE / camera.scale
    area = QRectF(0, 0, wide, high)
    Painter(scene, camera, Highlight()).paint(painter, size, area, ratio, False)
    seen = (bounds.width()) * camera.scale + 2 * _EDGE
    if cut and seen > wide + g.NODE_WIDTH * camera.scale:
        # It goes on beyond the edge; a hard cut would look like a fault.
        left = wide * (1.0 - _FADE)
        fade = QLinearGradient(QPointF(left, 0), QPointF(wide, 0))
        ground = theme.color("canvas")
        clear = theme.faded("canvas", 0.0)
        fade.setColorAt(0.0, clear)
        fade.setColorAt(1.0, ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(QRectF(left, 0, wide - left, high), fade)
