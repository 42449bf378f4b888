"""The words of a note: Markdown made into text. Nothing is loaded, run or opened: notes come from strangers."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QPainter,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFragment,
)

from app.ui import theme
from app.ui.canvas.ink import TITLE_PIXELS, font

_SHOWN = QTextDocument.MarkdownFeature.MarkdownDialectGitHub
_PLAIN = QTextDocument.MarkdownFeature.MarkdownNoHTML
_HEADINGS = {1: 19, 2: 16, 3: 14}  # pixels by level
_INDENT = 14.0
_MAY_OPEN = ("http", "https", "mailto")


class NoteText(QTextDocument):
    """The words of one note at a width. HTML in them is shown as it is written, pictures by their description."""

    def __init__(self, text: str, width: float) -> None:
        super().__init__()
        self.setUndoRedoEnabled(False)
        self.setDocumentMargin(0)
        self.setDefaultFont(font(TITLE_PIXELS))
        self.setMarkdown(text, _SHOWN | _PLAIN)
        self._describe_pictures()
        self._calm_headings()
        self.setIndentWidth(_INDENT)
        self.setTextWidth(width)

    def loadResource(self, _kind: int, _name: QUrl | str) -> object:
        """Nothing, wherever it may be: no picture of a note is read from a disk or from the network."""
        return None

    def _describe_pictures(self) -> None:
        """Put words in the place of pictures."""
        for _, piece in reversed(list(self._pieces())):
            if piece.charFormat().isImageFormat():
                picture = piece.charFormat().toImageFormat()
                words = picture.property(QTextFormat.Property.ImageAltText) or picture.name()
                self._marked(piece).insertText(f"[picture: {words}]", QTextCharFormat())

    def _pieces(self) -> Iterator[tuple[QTextBlock, QTextFragment]]:
        block = self.begin()
        while block.isValid():
            pieces = block.begin()
            while not pieces.atEnd():
                yield block, pieces.fragment()
                pieces += 1
            block = block.next()

    def _calm_headings(self) -> None:
        """Headings a little larger than the words, not several times."""
        for block, piece in list(self._pieces()):
            level = block.blockFormat().headingLevel()
            if level:
                letters = piece.charFormat()
                letters.clearProperty(QTextFormat.Property.FontSizeAdjustment)
                letters.setProperty(QTextFormat.Property.FontPixelSize, _HEADINGS.get(level, TITLE_PIXELS))
                self._marked(piece).setCharFormat(letters)

    def _marked(self, piece: QTextFragment) -> QTextCursor:
        cursor = QTextCursor(self)
        cursor.setPosition(piece.position())
        cursor.setPosition(piece.position() + piece.length(), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def first_line(self) -> str:
        """The first words, without the marks of Markdown."""
        block = self.begin()
        while block.isValid() and not block.text().strip():
            block = block.next()
        return block.text().strip()

    def links(self) -> list[str]:
        """The addresses that the words lead to, each once, in order; only those a browser or a mail program opens."""
        found = (piece.charFormat().anchorHref() for _, piece in self._pieces())
        return list(dict.fromkeys(address for address in found if address and may_open(address)))

    def paint(self, painter: QPainter) -> None:
        """Draw the words at the origin, in the colours of the theme in use."""
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette.setColor(context.palette.ColorRole.Text, theme.color("node.text"))
        context.clip = painter.clipBoundingRect()
        self.documentLayout().draw(painter, context)


def may_open(address: str) -> bool:
    """Whether an address is one of those that a click may open: never a file or a program."""
    try:
        return urlsplit(address).scheme.lower() in _MAY_OPEN
    except ValueError:
        return False
