"""A pad to draw on with the mouse or a pen, or to paste a picture on; and what a net would see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import scale, theme

if TYPE_CHECKING:
    import numpy as np

PIXELS = 280  # of the pad's side: ten for each of MNIST's
BRUSHES = {"fine": 14, "middle": 22, "thick": 32}  # pixels of the pad
CENTRED = (
    "Centred and scaled as MNIST is: what is drawn fills a box of 20 × 20, and its centre of mass lies in the middle "
    "of 28 × 28."
)
AS_IT_IS = "A picture that was pasted or photographed is kept as it is, neither centred nor scaled."
HINT = "Draw here"


class DrawingPad(QWidget):
    """White ink on black, as handwritten digits are. ``changed`` tells of each stroke while it is drawn, ``finished``
    that the mouse was let go. A picture that was pasted stands there until something is drawn, or it is cleared."""

    changed = Signal()
    finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._ink = QImage(PIXELS, PIXELS, QImage.Format.Format_Grayscale8)
        self._ink.fill(0)
        self._pasted: QImage | None = None
        self._last: QPointF | None = None
        self._drawn = False
        self.brush = BRUSHES["middle"]
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Drawing pad")
        self.setAccessibleDescription("Draw with the mouse or a pen. Delete clears it, Ctrl+V takes a picture.")
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setSizePolicy(policy)
        self.setMinimumSize(84, 84)
        theme.notifier.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(scale.px(180), scale.px(180))

    # What is there

    @property
    def empty(self) -> bool:
        """Whether nothing is drawn and nothing was pasted."""
        return not self._drawn and self._pasted is None

    @property
    def pasted(self) -> bool:
        """Whether what is there is a picture from elsewhere."""
        return self._pasted is not None

    def clear(self) -> None:
        """Begin anew."""
        self._ink.fill(0)
        self._pasted, self._drawn = None, False
        self.update()
        self.changed.emit()

    def paste(self, image: QImage) -> None:
        """Show this picture in place of what was drawn."""
        self._ink.fill(0)
        self._drawn = False
        self._pasted = image.convertToFormat(QImage.Format.Format_RGB32)
        self.update()
        self.changed.emit()

    def ink(self) -> np.ndarray:
        """What is drawn (PIXELS, PIXELS), 0 for nothing and 1 for full ink."""
        import numpy as np

        image = self._ink
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return rows[:, : image.width()].astype(np.float32) / 255

    def as_mnist(self) -> np.ndarray:
        """What is drawn as a digit of MNIST: (28, 28) from 0 to 1."""
        from app.data.centring import centred

        return centred(self.ink())

    def pixels(self) -> np.ndarray:
        """What is to be kept: a drawing as a digit of MNIST, (28, 28) uint8; a pasted picture as it came, (h, w, 3)."""
        import numpy as np

        if self._pasted is None:
            return np.round(self.as_mnist() * 255).astype(np.uint8)
        image = self._pasted
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
        return np.ascontiguousarray(rows[:, : image.width(), 2::-1])

    # Drawing

    def paper(self) -> QRect:
        """Where the pad's paper lies."""
        side = min(self.width(), self.height()) - 2
        place = QRect(0, 0, side, side)
        place.moveTopLeft(QPoint(1, 1))
        return place

    def _at(self, place: QPointF) -> QPointF:
        paper = self.paper()
        return QPointF(
            (place.x() - paper.left()) * PIXELS / paper.width(), (place.y() - paper.top()) * PIXELS / paper.width()
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.paper().contains(event.position().toPoint()):
            self._pasted = None
            self._last = self._at(event.position())
            self._stroke(self._last)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self._stroke(self._at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._last is not None and event.button() == Qt.MouseButton.LeftButton:
            self._last = None
            self.finished.emit()

    def _stroke(self, to: QPointF) -> None:
        assert self._last is not None
        with QPainter(self._ink) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(QColor(Qt.GlobalColor.white), self.brush)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            if to == self._last:
                painter.drawPoint(to)
            else:
                painter.drawLine(self._last, to)
        self._last, self._drawn = to, True
        self.update()
        self.changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paper = self.paper()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.fillRect(paper, Qt.GlobalColor.black)
            if self._pasted is not None:
                size = self._pasted.size().scaled(paper.size(), Qt.AspectRatioMode.KeepAspectRatio)
                place = QRect(0, 0, size.width(), size.height())
                place.moveCenter(paper.center())
                painter.drawImage(place, self._pasted)
            else:
                painter.drawImage(paper, self._ink)
            if self.empty:
                painter.setPen(QColor("#b8b8b8"))  # on black in every theme
                painter.drawText(paper, Qt.AlignmentFlag.AlignCenter, HINT)
            painter.setPen(QPen(theme.color("focus" if self.hasFocus() else "border"), scale.px(2)))
            painter.drawRect(paper)


class PixelPreview(QWidget):
    """A small picture as a net gets it, each pixel a square."""

    def __init__(self, side: int = 60) -> None:
        super().__init__()
        self._pixels: object | None = None
        self.setFixedSize(side, side)
        self.setAccessibleName("As a network sees it")
        self.setToolTip(CENTRED)
        theme.notifier.changed.connect(self.update)

    def show_pixels(self, pixels: object | None) -> None:
        """Show a picture (h, w) or (h, w, 3) uint8, or nothing."""
        self._pixels = pixels
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme.color("field"))
            if self._pixels is not None:
                from app.ui.data.sample_table import paint_pixels

                paint_pixels(painter, self.rect(), self._pixels)
            painter.setPen(theme.color("border"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
