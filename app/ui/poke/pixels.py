"""The input as squares that can be painted on, dragged up and down, or cropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui import scale, theme

if TYPE_CHECKING:
    import numpy as np

Tool = Literal["paint", "value", "crop"]
TOOLS: dict[Tool, tuple[str, str]] = {
    "paint": ("Paint", "Left button: bright. Right button: dark."),
    "value": ("Value", "Press on a pixel and drag up or down: its value changes."),
    "crop": ("Crop", "Drag a frame: what is in it becomes the picture."),
}
WHOLE_RANGE = 160  # pixels of the mouse from the least value to the greatest
NOTHING = "No picture goes in."


class PixelPad(QWidget):
    """Shows ``values`` (channels, h, w). ``edited`` has an array with what was done, while the mouse is moved;
    ``finished`` tells that it was let go."""

    edited = Signal(object, str)
    finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tool: Tool = "paint"
        self.brush = 2  # pixels of the picture
        self.values: np.ndarray | None = None
        self._low, self._high = 0.0, 1.0
        self._held: tuple[int, int] | None = None  # row and column where the button went down
        self._from = QPoint()
        self._first: np.ndarray | None = None
        self._bright = True
        self._frame: QRect | None = None
        self.setMinimumSize(96, 96)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Input of the network")
        self.setAccessibleDescription("Paint on it, drag a pixel's value, or crop it")
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(scale.px(170), scale.px(170))

    def show_values(self, values: np.ndarray | None) -> None:
        """Show this picture (channels, h, w), or none. While somebody draws, the picture is the one that is drawn."""
        if self._held is not None:
            return
        self.values = values
        if values is not None:
            least, most = float(values.min()), float(values.max())
            usual = least >= 0 and most <= 1
            self._low, self._high = (0.0, 1.0) if usual else (least, most if most > least else least + 1)
        self.update()

    # Where

    def paper(self) -> QRectF:
        """Where the picture lies."""
        if self.values is None:
            return QRectF()
        _, high, wide = self.values.shape
        zoom = min((self.width() - 2) / wide, (self.height() - 2) / high)
        return QRectF(1, 1, zoom * wide, zoom * high)

    def pixel_at(self, place: QPointF, *, inside: bool = True) -> tuple[int, int] | None:
        """Row and column of the pixel at a place; None beside the picture, or the nearest one."""
        if self.values is None:
            return None
        paper, (_, high, wide) = self.paper(), self.values.shape
        if inside and not paper.contains(place):
            return None
        row = int((place.y() - paper.top()) / paper.height() * high)
        column = int((place.x() - paper.left()) / paper.width() * wide)
        return min(max(row, 0), high - 1), min(max(column, 0), wide - 1)

    # The mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.pixel_at(event.position())
        if at is None or self.values is None or event.button() == Qt.MouseButton.MiddleButton:
            return
        self._held, self._from = at, event.position().toPoint()
        self._first = self.values.copy()
        self._bright = event.button() == Qt.MouseButton.LeftButton
        if self.tool == "paint":
            self._paint(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is None:
            at = self.pixel_at(event.position())
            if at is not None and self.values is not None:
                said = ", ".join(f"{value:.3g}" for value in self.values[:, at[0], at[1]].tolist())
                QToolTip.showText(event.globalPosition().toPoint(), f"row {at[0]}, column {at[1]}: {said}", self)
            return
        at = self.pixel_at(event.position(), inside=False)
        assert at is not None
        if self.tool == "paint":
            self._paint(at)
        elif self.tool == "value":
            self._drag(self._from.y() - event.position().y())
        else:
            self._frame = QRect(self._from, event.position().toPoint()).normalized()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held is None:
            return
        begun, self._held = self._held, None
        if self.tool == "crop" and self._frame is not None:
            ended = self.pixel_at(event.position(), inside=False)
            self._frame = None
            self._crop(begun, ended or begun)
        self.finished.emit()
        self.update()

    def _paint(self, at: tuple[int, int]) -> None:
        """Squares of the brush along the way from the last place."""
        assert self.values is not None
        assert self._held is not None
        made = self.values.copy()
        (row, column), (to_row, to_column) = self._held, at
        steps = max(abs(to_row - row), abs(to_column - column), 1)
        for step in range(steps + 1):
            y, x = round(row + (to_row - row) * step / steps), round(column + (to_column - column) * step / steps)
            made[:, y : y + self.brush, x : x + self.brush] = self._high if self._bright else self._low
        self._held = at
        self._put(made, "painted on")

    def _drag(self, up: float) -> None:
        assert self._first is not None
        assert self._held is not None
        made = self._first.copy()
        row, column = self._held
        reach = self._high - self._low
        values = made[:, row, column] + up / WHOLE_RANGE * reach
        made[:, row, column] = values.clip(self._low, self._high)
        self._put(made, f"pixel {row}, {column} = {float(made[0, row, column]):.3g}")

    def _crop(self, one: tuple[int, int], other: tuple[int, int]) -> None:
        """What lies in the frame, enlarged to the whole; a frame of less than two pixels is a slip of the hand."""
        assert self.values is not None
        top, bottom = sorted((one[0], other[0]))
        left, right = sorted((one[1], other[1]))
        if bottom - top < 1 or right - left < 1:
            return
        self._put(
            enlarged(self.values, top, left, bottom + 1, right + 1), f"rows {top}–{bottom}, columns {left}–{right}"
        )

    def _put(self, values: np.ndarray, said: str) -> None:
        self.values = values
        self.edited.emit(values, said)
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            if self.values is None:
                painter.setPen(theme.color("text.soft"))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.rect(), flags, NOTHING)
                return
            from app.ui.insight.maps import to_bytes, to_image

            shown = (self.values - self._low) / (self._high - self._low)
            pixels = to_bytes(shown[0] if len(shown) == 1 else shown.transpose(1, 2, 0))
            paper = self.paper()
            painter.drawImage(paper, to_image(pixels))
            painter.setPen(QPen(theme.color("border"), scale.px(1)))
            painter.drawRect(paper)
            if self._frame is not None:
                painter.setPen(QPen(QColor(theme.color("accent")), scale.px(2)))
                painter.drawRect(self._frame)


def enlarged(values: np.ndarray, top: int, left: int, bottom: int, right: int) -> np.ndarray:
    """A part of a picture (channels, h, w) in the size of the whole, smooth where it becomes larger."""
    import numpy as np
    import torch
    from torch.nn.functional import interpolate

    part = torch.from_numpy(np.ascontiguousarray(values[:, top:bottom, left:right]))[None]
    made: np.ndarray = interpolate(part, size=values.shape[1:], mode="bilinear", align_corners=False)[0].numpy()
    return made
