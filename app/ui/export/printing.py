"""The drawing on paper: on one page while it can be read there, else on several side by side."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QPageLayout, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrintPreviewDialog
from PySide6.QtWidgets import QWidget

from app.ui import theme
from app.ui.export.render import PicturePart, Style, paint

_LEAST = 0.42  # of the size at 100 %: letters of 12 units are 3.8 points then, the smallest that can be read on paper
_MOST_PAGES = 60
_FOOT = 22.0  # units at the bottom of a page, for title and number
_UNIT = 96.0  # units of the drawing to the inch
PAPER = Style(theme="light", ground=False)


class PrintedPages:
    """How a part of a drawing is spread over pages of a size. ``scale``: inches on paper for 1/96 inch of drawing."""

    def __init__(self, part: PicturePart, page: QSizeF) -> None:
        """``page`` is what can be printed on, in units of the drawing at 100 %."""
        size = QSizeF(part.size)
        room = QSizeF(page.width(), max(page.height() - _FOOT, 1.0))
        self.part = part
        self.room = room
        self.scale = min(1.0, room.width() / size.width(), room.height() / size.height())
        if self.scale < _LEAST:
            self.scale = _LEAST
            while self._count(size) > _MOST_PAGES:
                self.scale *= 0.9
        self.columns = max(1, ceil(size.width() * self.scale / room.width() - 0.001))
        self.rows = max(1, ceil(size.height() * self.scale / room.height() - 0.001))

    def _count(self, size: QSizeF) -> int:
        across = ceil(size.width() * self.scale / self.room.width())
        return across * ceil(size.height() * self.scale / self.room.height())

    def __len__(self) -> int:
        return self.columns * self.rows

    def windows(self) -> Iterator[QRectF]:
        """What stands on each page, row by row, in units of the part."""
        width, height = self.room.width() / self.scale, self.room.height() / self.scale
        for row in range(self.rows):
            for column in range(self.columns):
                yield QRectF(column * width, row * height, width, height)


def print_on(printer: QPrinter, part: PicturePart, title: str) -> int:
    """Put a drawing on paper, in light colours; gives the number of pages."""
    dots = printer.resolution() / _UNIT
    page = printer.pageLayout().paintRectPixels(printer.resolution())
    sheets = PrintedPages(part, QSizeF(page.width() / dots, page.height() / dots))
    with QPainter(printer) as painter:
        for number, window in enumerate(sheets.windows()):
            if number:
                printer.newPage()
            painter.save()
            painter.scale(dots, dots)
            painter.setClipRect(QRectF(0, 0, sheets.room.width(), sheets.room.height()))
            if len(sheets) == 1:  # in the middle of its page
                painter.translate((sheets.room.width() - part.size.width() * sheets.scale) / 2, 0)
            painter.scale(sheets.scale, sheets.scale)
            painter.translate(-window.topLeft())
            paint(painter, part, PAPER)
            painter.restore()
            _foot(painter, sheets, dots, f"{title}   {number + 1} / {len(sheets)}" if len(sheets) > 1 else title)
    return len(sheets)


def _foot(painter: QPainter, sheets: PrintedPages, dots: float, text: str) -> None:
    painter.save()
    painter.scale(dots, dots)
    font = QFont(painter.font())
    font.setPixelSize(12)
    painter.setFont(font)
    painter.setPen(theme.load("light").color("text.soft"))
    line = QRectF(0, sheets.room.height(), sheets.room.width(), _FOOT)
    painter.drawText(line, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, text)
    painter.restore()


class _Preview(QPrintPreviewDialog):
    """Qt's preview, which does not own its printer: this keeps it as long as the preview lives."""

    def __init__(self, printer: QPrinter, parent: QWidget) -> None:
        super().__init__(printer, parent)
        self._printer = printer


def preview(parent: QWidget, part: PicturePart, title: str) -> QPrintPreviewDialog:
    """A window that shows the pages and prints them; it is not open yet."""
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setDocName(title)
    printer.setCreator("Netloom")
    wide = part.size.width() > part.size.height()
    printer.setPageOrientation(QPageLayout.Orientation.Landscape if wide else QPageLayout.Orientation.Portrait)
    dialog = _Preview(printer, parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(f"Print {title}")
    dialog.paintRequested.connect(lambda wanted: print_on(wanted, part, title))
    dialog.resize(min(1000, parent.width()), min(720, parent.height()))
    return dialog
