"""Where the parts of the panel "Look inside" stand: settings beside the pictures, or below them in a narrow panel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget

from app.ui import scale
from app.ui.insight.held_scales import PictureRow
from app.ui.layouts import ScrollArea, column, keep_width, row, turn

FORM_WIDTH, TOLD_WIDTH = 264, 300  # at 100 %, beside the pictures
NARROW = 700  # of the panel, below which everything stands in one column
LOW, PICTURES_LOW = 96, 170  # what settings and pictures are high at least, there
EDGE = 8  # between fields and the right edge, there
NOTE_SHARE = 0.7  # of what is seen of the panel, that a picture may take there for the sake of its note


class ViewLayout:
    """Moves the parts of ``panel`` when it becomes narrow or wide.

    In a wide panel the settings are a column at the left. In a narrow one they would push the pictures out of sight:
    there the choice of a view and its buttons are one line above the pictures, and the settings follow below.
    """

    def __init__(
        self,
        panel: QWidget,
        choice: QWidget,
        about: QWidget,
        words: QWidget,
        buttons: tuple[QPushButton, ...],
        side: QWidget,
        pictures: PictureRow,
        told: QWidget,
    ) -> None:
        self.narrow = False
        self._panel, self._choice, self._about, self._words = panel, choice, about, words
        self._side, self._pictures, self._told = side, pictures, told
        self.scroll = ScrollArea()
        self._buttons = QWidget()
        row(*((each, 1) for each in buttons[:-1]), buttons[-1], of=self._buttons, spacing=6)
        self._left, self._head = QWidget(), QWidget()
        self._column, self._top = column(of=self._left, spacing=4), row(of=self._head, spacing=6)
        parts = (self._head, self._left, side, (pictures, 1), told)
        self._all = row(*parts, of=panel, margins=(10, 6, 0, 6), spacing=8)
        self._place()

    def arrange(self, wanted: Sequence[tuple[int, int]]) -> None:
        """Fit to the width of the panel. ``wanted`` is how high each of the pictures has to be to be read, and how high
        for all that is said below it, in points."""
        room = _room(self._panel)
        narrow = room < scale.letters_px(NARROW)
        if narrow != self.narrow:
            self.narrow = narrow
            self._place()
        keep_width(self._left, None if narrow else scale.letters_px(FORM_WIDTH))
        self.scroll.setMinimumHeight(scale.letters_px(LOW) if narrow else 0)
        self._pictures.stack(narrow and self._pictures.least_width() > room)
        low = scale.letters_px(PICTURES_LOW)
        most = round(NOTE_SHARE * _seen(self._panel))
        heights = [max(low, readable, min(said, most)) for readable, said in wanted] or [low]
        low = max(sum(heights) if self._pictures.stacked else max(heights), self._pictures.minimumSizeHint().height())
        self._pictures.setMinimumHeight(low if narrow else 0)
        keep_width(self._told, None if narrow else scale.letters_px(TOLD_WIDTH))
        self._told.setMinimumHeight(scale.letters_px(LOW) if narrow else 0)

    def _place(self) -> None:
        """Put every part where it belongs now; the order in which the keyboard goes through them stays."""
        narrow = self.narrow
        if narrow:
            self._top.addWidget(self._choice, 1)
            self._top.addWidget(self._buttons)
        else:
            self._column.insertWidget(0, self._choice)
        self._column.insertWidget(0 if narrow else 1, self._about)
        self._column.addWidget(self.scroll, 1)
        self._column.addWidget(self._words)
        if not narrow:
            self._column.addWidget(self._buttons)
        self._head.setVisible(narrow)
        # Beside the pictures, these may end at the edge; below them fields and their buttons would.
        scale.set_margins(self._panel, (10, 6, EDGE if narrow else 0, 6))
        turn(self._all, narrow)
        parts = (self._pictures, self._told, self._side, self._left)
        for part in parts if narrow else (self._left, self._side, self._pictures, self._told):
            self._all.removeWidget(part)
            self._all.addWidget(part, 1 if part is self._pictures else 0)


def _room(panel: QWidget) -> int:
    """How wide the panel is seen: where several pictures make it wider than its place, it scrolls there."""
    view = _view(panel)
    return min(panel.width(), view.width()) if view is not None else panel.width()


def _seen(panel: QWidget) -> int:
    """How high the panel is seen."""
    view = _view(panel)
    return min(panel.height(), view.height()) if view is not None else panel.height()


def _view(panel: QWidget) -> QWidget | None:
    """What the panel scrolls in, if it does."""
    stage = panel.parentWidget()
    view = stage.parentWidget() if stage is not None else None
    return view if view is not None and isinstance(view.parentWidget(), QScrollArea) else None
