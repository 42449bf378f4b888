"""Layouts in one line each: what stands in them, in order, and the room around it."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLayout, QScrollArea, QVBoxLayout, QWidget

# A number alone is a share of the empty room; a pair is a widget or layout with its share of the room that is left.
Piece = QWidget | QLayout | int | tuple[QWidget | QLayout, int]
Margins = tuple[int, int, int, int]
_NONE: Margins = (0, 0, 0, 0)
_ANY = 16_777_215  # Qt's own limit of a size: none
_Box = TypeVar("_Box", bound=QBoxLayout)


def column(*pieces: Piece, of: QWidget | None = None, margins: Margins = _NONE, spacing: int = -1) -> QVBoxLayout:
    """These below each other, in the widget ``of`` or to be put into another layout. Spacing -1 is the style's."""
    return _filled(QVBoxLayout(of) if of is not None else QVBoxLayout(), pieces, margins, spacing)


def row(*pieces: Piece, of: QWidget | None = None, margins: Margins = _NONE, spacing: int = -1) -> QHBoxLayout:
    """These beside each other; otherwise as ``column``."""
    return _filled(QHBoxLayout(of) if of is not None else QHBoxLayout(), pieces, margins, spacing)


def _filled(layout: _Box, pieces: tuple[Piece, ...], margins: Margins, spacing: int) -> _Box:
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for piece in pieces:
        if isinstance(piece, int):
            layout.addStretch(piece)
            continue
        part, share = piece if isinstance(piece, tuple) else (piece, 0)
        if isinstance(part, QWidget):
            layout.addWidget(part, share)
        else:
            layout.addLayout(part, share)
    return layout


def turn(box: QBoxLayout, narrow: bool) -> None:
    """What stands in this layout is below each other where it is ``narrow``, else beside each other."""
    box.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)


def seen_height(widget: QWidget) -> int:
    """How high what is seen of a widget can be at once: it may be higher than the area in which it is scrolled."""
    area = _area_around(widget)
    return widget.height() if area is None else min(widget.height(), area.viewport().height())


def whole_width(widget: QWidget) -> int:
    """The width that a widget has, or would have if no bar stood beside it: what fits without one needs none."""
    area = _area_around(widget)
    bar = area.verticalScrollBar() if area is not None else None
    return widget.width() + (bar.width() if bar is not None and bar.isVisible() else 0)


def _area_around(widget: QWidget) -> QScrollArea | None:
    at = widget.parentWidget()
    while at is not None and not isinstance(at, QScrollArea):
        at = at.parentWidget()
    return at


def keep_width(widget: QWidget, width: int | None) -> None:
    """Be so wide, in pixels, whatever room there is; None: as wide as the room."""
    widget.setMinimumWidth(width or 0)
    widget.setMaximumWidth(_ANY if width is None else width)


class ScrollArea(QScrollArea):
    """Its content, in full where there is room, else to be scrolled up and down."""

    def __init__(self, content: QWidget | None = None) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if content is not None:
            self.setWidget(content)
