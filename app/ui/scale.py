"""How large the interface is shown: type, spacing, icons and every size in pixels, changed while the window is open.

The style sheet and the font come from the theme. Sizes that widgets set for themselves are written for 100 %; they are
found and brought along here, once for each widget before it is first shown, and again when the scale changes.
"""

from __future__ import annotations

from typing import Any

import shiboken6
from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QBoxLayout,
    QComboBox,
    QDialog,
    QDockWidget,
    QGridLayout,
    QLayout,
    QLineEdit,
    QMainWindow,
    QMessageBox,
    QTabBar,
    QToolBar,
    QToolButton,
    QTreeView,
    QWidget,
)

from app.ui import theme

PERCENTS = (75, 100, 125, 150, 175, 200)
_ENDLESS = 16777215  # QWIDGETSIZE_MAX
_SMALL_ICON = 16  # what the style takes for lists that say nothing
_BESIDE_NUMBER = 3  # Qt leaves two pixels before the number in a box, at any scale
_BASE, _APPLIED, _OWN = "netloom_base", "netloom_applied", "netloom_own_sizes"


def leave(widget: QWidget) -> None:
    """Leave the sizes of this widget alone: they follow from its font, or from the scale already."""
    widget.setProperty(_OWN, True)


def px(length: float) -> int:
    """A length written for 100 % in pixels of the interface as it is shown now."""
    return max(1, round(length * theme.scale()))


def letters_px(length: float) -> int:
    """The same for the width of something that holds letters, which do not become as small as all else."""
    return max(1, round(length * theme.letter_scale()))


def set_least_width(widget: QWidget, width: int) -> None:
    """Let a widget that may be on the screen already not become narrower than this; written for 100 %."""
    widget.setMinimumWidth(width)
    _sizes.fit(widget)


def set_margins(widget: QWidget, margins: tuple[int, int, int, int]) -> None:
    """Leave so much room around what stands in a widget that may be on the screen already; written for 100 %."""
    layout = widget.layout()
    assert layout is not None
    layout.setContentsMargins(*margins)
    _sizes.fit(widget)


def show_at(app: QApplication, factor: float, theme_name: str | None = None) -> None:
    """Show the whole program at this scale from now on; 1 is 100 %. With another theme at once if one is given."""
    _sizes.bring(app, factor)
    theme.apply(app, theme_name or theme.current().name, factor)


class _Sizes(QObject):
    """Brings the sizes of all widgets along, of later ones too. It watches only while the scale is not 100 %."""

    def __init__(self) -> None:
        super().__init__()
        self._factor = 1.0
        self._watching = False

    def bring(self, app: QApplication, factor: float) -> None:
        if factor == self._factor:  # what is set in pixels of this scale must not grow by it once more
            return
        self._factor = factor
        for widget in app.allWidgets():
            if shiboken6.isValid(widget):
                self.fit(widget)
        if (factor != 1.0) != self._watching:
            self._watching = factor != 1.0
            app.installEventFilter(self) if self._watching else app.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # To ask for the type takes longest, and all events of the program come by here; this one is of no other class.
        if type(event) is QEvent and event.type() == QEvent.Type.Polish and isinstance(watched, QWidget):
            self.fit(watched)
            if isinstance(watched, QDialog) and not isinstance(watched, QMessageBox):
                self._enlarge(watched)
        return False

    def _enlarge(self, dialog: QDialog) -> None:
        """A dialog with a size of its own gets more room, as far as the screen has it."""
        room = dialog.screen().availableSize() - QSize(40, 60)
        dialog.resize((dialog.size() * self._factor).boundedTo(room))

    def fit(self, widget: QWidget) -> None:
        """Give one widget the sizes of the present scale."""
        if widget.objectName() == "qt_spinbox_lineedit" and isinstance(widget, QLineEdit):
            widget.setTextMargins(round(_BESIDE_NUMBER * (self._factor - 1)), 0, 0, 0)
        if widget.objectName().startswith("qt_") or isinstance(widget, (QMainWindow, QMessageBox)):
            return
        layout = widget.layout()
        if isinstance(layout, (QBoxLayout, QGridLayout)):
            self._fit_layout(layout)
        if widget.property(_OWN) is True:
            return
        # What holds letters does not become smaller than they do.
        icons_only = isinstance(widget, (QAbstractButton, QAbstractItemView, QToolBar, QTabBar))
        factor = self._factor if icons_only else theme.letter_scale(self._factor)
        self._set(widget, _sizes_of(widget), _give_sizes, factor)

    def _fit_layout(self, layout: QLayout) -> None:
        margins = layout.contentsMargins()
        now = [margins.left(), margins.top(), margins.right(), margins.bottom()]
        if isinstance(layout, QGridLayout):
            now += [layout.horizontalSpacing(), layout.verticalSpacing()]
        else:
            now += [layout.spacing(), -1]
        self._set(layout, now, _give_spacing, self._factor)
        # Not by itemAt: PySide keeps what it gives for a gap after Qt has deleted it, and takes a later widget that is
        # put at the same place in memory for it.
        for inner in layout.children():
            if isinstance(inner, (QBoxLayout, QGridLayout)):
                self._fit_layout(inner)

    def _set(self, target: QObject, now: list[int], give: Any, factor: float) -> None:
        """Give the target its sizes at 100 % times the factor. What somebody set since the last time is such a size."""
        base, applied = target.property(_BASE), target.property(_APPLIED)
        if not isinstance(base, list) or len(base) != len(now):
            base, applied = list(now), list(now)
        base = [old if seen == was else seen for old, was, seen in zip(base, applied, now, strict=True)]
        wanted = [each if each in (-1, 0, _ENDLESS) else max(1, round(each * factor)) for each in base]
        if wanted != now:
            give(target, wanted)
        if wanted != base or target.property(_BASE) is not None:
            target.setProperty(_BASE, base)
            target.setProperty(_APPLIED, wanted)


def _sizes_of(widget: QWidget) -> list[int]:
    """Smallest and largest size, size of icons, indentation; -1 for what the widget does not have."""
    least, most = widget.minimumSize(), widget.maximumSize()
    result = [least.width(), least.height(), most.width(), most.height()]
    if widget.isWindow() or isinstance(widget, QDockWidget):
        result = [-1, -1, -1, -1]  # Qt sets these from the layout
    icon = QSize(-1, -1)
    in_toolbar = isinstance(widget, QToolButton) and isinstance(widget.parentWidget(), QToolBar)
    if isinstance(widget, (QAbstractButton, QToolBar, QComboBox, QAbstractItemView, QTabBar)) and not in_toolbar:
        icon = widget.iconSize() if widget.iconSize().isValid() else QSize(_SMALL_ICON, _SMALL_ICON)
    return [*result, icon.width(), icon.height(), widget.indentation() if isinstance(widget, QTreeView) else -1]


def _give_sizes(widget: QWidget, sizes: list[int]) -> None:
    if sizes[0] >= 0:
        widget.setMaximumSize(sizes[2], sizes[3])
        widget.setMinimumSize(sizes[0], sizes[1])
    if sizes[4] > 0 and isinstance(widget, (QAbstractButton, QToolBar, QComboBox, QAbstractItemView, QTabBar)):
        widget.setIconSize(QSize(sizes[4], sizes[5]))
    if sizes[6] >= 0 and isinstance(widget, QTreeView):
        widget.setIndentation(sizes[6])


def _give_spacing(layout: QLayout, sizes: list[int]) -> None:
    layout.setContentsMargins(*sizes[:4])
    if isinstance(layout, QGridLayout):
        layout.setHorizontalSpacing(sizes[4])
        layout.setVerticalSpacing(sizes[5])
    elif isinstance(layout, QBoxLayout):
        layout.setSpacing(sizes[4])


_sizes = _Sizes()


def apply(percent: int) -> None:
    """Show every window at this scale."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        show_at(app, percent / 100)
