"""Colours for printed Python. It knows what our printer writes, not the whole language."""

from __future__ import annotations

import keyword
import re

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.ui import theme

# One expression, one pass: what comes first in it wins, so that a number inside a string stays a string.
_TOKENS = re.compile(
    r"""
      (?P<string>\"{3}.*?(?:\"{3}|$)|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)
    | (?P<comment>\#.*)
    | \b(?:class|def)\s+(?P<definition>\w+)
    | (?P<number>\b\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?\b)
    | (?P<keyword>\b(?:{keywords}|self)\b)
    """.replace("{keywords}", "|".join(keyword.kwlist)),
    re.VERBOSE,
)
_OPENING = re.compile(r"\b(?:class|def)\b")


class PythonHighlighter(QSyntaxHighlighter):
    """Gives keywords, strings, numbers, comments and names that are defined the theme's colours."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self._choose_colors()
        theme.notifier.changed.connect(self._recolor)

    def _recolor(self) -> None:
        self._choose_colors()
        self.rehighlight()

    def _choose_colors(self) -> None:
        for part in ("string", "comment", "definition", "number", "keyword"):
            wanted = QTextCharFormat()
            wanted.setForeground(theme.color(f"code.{part}"))
            self._formats[part] = wanted

    def highlightBlock(self, text: str) -> None:
        for found in _TOKENS.finditer(text):
            part = found.lastgroup
            if part is None:
                continue
            start, end = found.span(part)
            self.setFormat(start, end - start, self._formats[part])
            if part == "definition":
                opening = _OPENING.match(text, found.start())
                if opening is not None:
                    self.setFormat(opening.start(), opening.end() - opening.start(), self._formats["keyword"])
