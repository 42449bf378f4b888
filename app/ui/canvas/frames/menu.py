"""The menu of the right mouse button on a frame or a note."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, QUrl
from PySide6.QtGui import QAction, QActionGroup, QDesktopServices, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QMessageBox

from app.core.graph.frames import COLORS
from app.ui import icons, theme
from app.ui.canvas.frames.figures import FrameFigure

if TYPE_CHECKING:
    from app.ui.canvas.document_view import DocumentView

_MOST_LINKS = 6
_LONGEST = 60


def frame_entries(canvas: DocumentView, menu: QMenu, add: Callable[..., None], figure: FrameFigure) -> None:
    """What can be done with the frame ``figure``; it becomes the selection if it is not part of it."""
    if figure.name not in canvas.selected_frames:
        canvas.select((), (figure.name,))
    is_note = figure.frame.is_note
    add(
        "rename", "Change the words" if is_note else "Change the title", "F2", partial(canvas.framing.edit, figure.name)
    )
    menu.addMenu(_colors(canvas, menu, figure))
    if is_note:
        for address in figure.words(theme.current().name).links()[:_MOST_LINKS]:
            shown = address if len(address) <= _LONGEST else address[: _LONGEST - 1] + "…"
            add("export", f"Open {shown.replace('&', '&&')}", "", partial(ask_to_open, canvas, address))
    else:
        add("select-all", "Select with what stands in it", "", canvas.framing.select_contents)
    menu.addSeparator()
    add("cut", "Cut", "Ctrl+X", canvas.cut)
    add("copy", "Copy", "Ctrl+C", canvas.copy)
    add("duplicate", "Duplicate", "Ctrl+D", canvas.duplicate)
    menu.addSeparator()
    add("remove", "Remove the note" if is_note else "Remove the frame", "Del", canvas.delete_selection)


def _colors(canvas: DocumentView, menu: QMenu, figure: FrameFigure) -> QMenu:
    colors = QMenu("Colour", menu)
    group = QActionGroup(colors)
    for color in COLORS:
        entry = QAction(_swatch(color, color == figure.frame.color), color.capitalize(), colors)
        entry.setCheckable(True)
        entry.setChecked(color == figure.frame.color)
        entry.triggered.connect(lambda _checked=False, color=color: canvas.framing.recolour(color))
        group.addAction(entry)
        colors.addAction(entry)
    return colors


def _swatch(color: str, chosen: bool) -> QIcon:
    """The colour; the one in use has a mark, for an entry with a picture shows no tick."""
    picture = QPixmap(QSize(32, 32))
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(f"frame.{color}"))
        painter.drawRoundedRect(QRectF(3, 3, 26, 26), 6, 6)
        if chosen:
            icons.paint(painter, "ok", QRectF(6, 6, 20, 20), theme.text_on(theme.color(f"frame.{color}")))
    return QIcon(picture)


def ask_to_open(canvas: DocumentView, address: str) -> QMessageBox:
    """Open an address of a note in the browser, once the user has seen all of it and says so."""
    from app.ui import dialogs

    role = QMessageBox.ButtonRole
    return dialogs.ask(
        canvas,
        "Open an address",
        "This note leads out of Netloom. Open it in the browser?",
        address,
        [
            ("Open", role.AcceptRole, lambda: QDesktopServices.openUrl(QUrl(address))),
            ("Cancel", role.RejectRole, None),
        ],
    )
