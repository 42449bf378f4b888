"""The words of a note: Markdown made into text. Nothing is loaded, run or opened: notes come from strangers."""

from __future__ import annotations

from urllib.parse import urlsplit

from PySide6.QtCore import QUrl
from PySide6.QtGui import QAbstractTextDocumentLayout, QPainter, QTextCursor, QTextDocument, QTextFormat

from app.ui import theme
from app.ui.canvas.ink import TITLE_PIXELS, font

_SHOWN = QTextDocument.MarkdownFeature.MarkdownDialectGitHub
_PLAIN = QTextDocument.MarkdownFeature.MarkdownNoHTML
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
        self.setTextWidth(width)

    def loadResource(self, _kind: int, _name: QUrl | str) -> object:
        """Nothing, wherever it may be: no picture of a note is read from a disk or from the network."""
        return None

    def _describe_pictures(self) -> None:
        """Put words in the place of pictures."""
        found = []
        block = self.begin()
        while block.isValid():
            pieces = block.begin()
            while not pieces.atEnd():
                piece = pieces.fragment()
                if piece.charFormat().isImageFormat():
                    found.append((piece.position(), piece.length(), piece.charFormat().toImageFormat()))
                pieces += 1
            block = block.next()
        for position, length, picture in reversed(found):
            words = picture.property(QTextFormat.Property.ImageAltText) or picture.name()
            cursor = QTextCursor(self)
            cursor.setPosition(position)
            cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(f"[picture: {words}]", QTextCursor(self).charFormat())

    def links(self) -> list[str]:
        """The addresses that the words lead to, each once, in order; only those a browser or a mail program opens."""
        found: dict[str, None] = {}
        block = self.begin()
        while block.isValid():
            pieces = block.begin()
            while not pieces.atEnd():
                address = pieces.fragment().charFormat().anchorHref()
                if address and may_open(address):
                    found[address] = None
                pieces += 1
            block = block.next()
        return list(found)

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
