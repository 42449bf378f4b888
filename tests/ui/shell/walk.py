"""Walks over everything that is seen in a window, and names what runs off it, is cut, or lies on something else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenuBar,
    QScrollArea,
    QScrollBar,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QWidget,
)

from app.ui.canvas.view import CanvasView
from app.ui.labels import ElidedLabel, FactLine, FittedLabel
from app.ui.status import StatusFacts
from app.ui.window import MainWindow

_DOTS = "…"
_SLACK = 2  # pixels: hints are rounded


def faults(window: MainWindow) -> list[str]:
    """What cannot be seen whole, each as a line that names the widget and its place; empty if all is well."""
    page = window.start.page if window.start.shown else None  # it lies over everything else
    seen = [widget for widget in _parts(page or window) if _in_sight(widget)]
    found: list[str] = []
    for widget in seen:
        found += [f"{_name(widget)} {_at(window, widget)}: {words}" for words in _faults_of(window, widget)]
    return [*found, *_overlaps(window, seen), *_missing(window)]


def _parts(parent: QWidget) -> Iterator[QWidget]:
    """All visible widgets below ``parent`` that a student takes for one; the inside of Qt's own is Qt's affair."""
    for child in parent.children():
        if not isinstance(child, QWidget) or child.isWindow() or not child.isVisible():
            continue
        yield child
        if not isinstance(child, (CanvasView, QTabBar, QMenuBar, QComboBox, QScrollBar)):
            yield from _parts(child)


def _in_sight(widget: QWidget) -> bool:
    """Whether any of it shows: not behind another tab, and not scrolled away in a list that goes on below."""
    return not widget.visibleRegion().isEmpty() and widget.width() > 0 and widget.height() > 0


def _at(window: MainWindow, widget: QWidget) -> str:
    place = _place(window, widget)
    return f"({place.x()}, {place.y()}, {place.width()}×{place.height()})"


def _place(window: MainWindow, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def _name(widget: QWidget) -> str:
    chain: list[str] = []
    at: QWidget | None = widget
    while at is not None and not isinstance(at, QMainWindow) and len(chain) < 3:
        text = getattr(at, "text", "")
        said = at.accessibleName() or at.objectName() or (text() if callable(text) else text)
        chain.append(type(at).__name__ + (f" “{str(said)[:40]}”" if said else ""))
        at = at.parentWidget()
    return " in ".join(chain)


def _viewport_of(widget: QWidget) -> tuple[QWidget, QScrollArea] | None:
    """The nearest view that scrolls ``widget``."""
    at = widget.parentWidget()
    while at is not None:
        parent = at.parentWidget()
        if isinstance(parent, QScrollArea) and parent.viewport() is at:
            return at, parent
        at = parent
    return None


def _faults_of(window: MainWindow, widget: QWidget) -> Iterator[str]:
    place = _place(window, widget)
    scrolled = _viewport_of(widget)
    if scrolled is None:
        if not window.rect().contains(place):
            yield f"runs off the window of {window.width()}×{window.height()}"
    else:
        view = _place(window, scrolled[0])
        if place.left() < view.left() or place.right() > view.right():
            yield f"runs off its panel, which ends at {view.right()}"
    if isinstance(widget, QScrollArea) and widget.horizontalScrollBar().maximum() > 0:
        yield "has to be scrolled sideways"
    if isinstance(widget, QLabel):
        yield from _cut_label(widget)
    elif isinstance(widget, QAbstractButton):
        yield from _cut_button(widget)
    elif isinstance(widget, QComboBox):
        yield from _cut_choice(widget)
    elif isinstance(widget, QLineEdit):
        yield from _cut_field(widget)
    elif isinstance(widget, QTabBar):
        yield from _cut_tabs(widget)
    elif isinstance(widget, QMenuBar):
        yield from _cut_menus(widget)


def _cut_label(label: QLabel) -> Iterator[str]:
    if isinstance(label, FittedLabel) and isinstance(label.parentWidget(), StatusFacts):
        return  # it says elsewhere what it leaves out; see `_missing`
    if isinstance(label, (ElidedLabel, FactLine)) and label.text().endswith(_DOTS):
        yield f"is cut to “{label.text()}”"
    if not label.text():
        return
    if label.wordWrap():
        needed = label.heightForWidth(label.width())
        if needed > label.height() + _SLACK:
            yield f"is cut: {label.height()} of {needed} pixels high"
    elif label.sizeHint().width() > label.width() + _SLACK:
        yield f"is cut: {label.width()} of {label.sizeHint().width()} pixels wide"
    if not label.wordWrap() and label.fontMetrics().height() > label.height() + _SLACK:
        yield f"is cut: {label.height()} of {label.fontMetrics().height()} pixels high"


def _cut_button(made: QAbstractButton) -> Iterator[str]:
    if not made.text() or made.objectName().startswith("qt_"):
        return
    wanted = made.sizeHint()
    if wanted.width() > made.width() + _SLACK and _words_need(made) > made.width() + _SLACK:
        yield f"is cut: {made.width()} of {wanted.width()} pixels wide"
    if made.fontMetrics().height() > made.height() + _SLACK:
        yield f"is cut: {made.height()} of {made.fontMetrics().height()} pixels high"


def _words_need(made: QAbstractButton) -> int:
    """The least width of a button with its words; one that shows only its icon needs no more than that."""
    style = getattr(made, "toolButtonStyle", lambda: None)()
    if style == Qt.ToolButtonStyle.ToolButtonIconOnly and not made.icon().isNull():
        return made.iconSize().width()
    icon = made.iconSize().width() if not made.icon().isNull() else 0
    return made.fontMetrics().horizontalAdvance(made.text().replace("&", "")) + icon


def _cut_choice(box: QComboBox) -> Iterator[str]:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    room = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, box).width()
    needed = box.fontMetrics().horizontalAdvance(box.currentText())
    if needed > room + _SLACK:
        yield f"shows “{box.currentText()}” in {room} of {needed} pixels"


def _cut_field(field: QLineEdit) -> Iterator[str]:
    """Numbers must be whole; words may be longer than any field."""
    text = field.text() or field.placeholderText()
    if not any(sign.isdigit() for sign in text) and field.text():
        return
    margins = field.textMargins()
    room = field.contentsRect().width() - margins.left() - margins.right() - 4
    needed = field.fontMetrics().horizontalAdvance(text)
    if needed > room + _SLACK and field.objectName() == "qt_spinbox_lineedit":
        yield f"shows “{text}” in {room} of {needed} pixels"


def _cut_tabs(bar: QTabBar) -> Iterator[str]:
    for index in range(bar.count()):
        place = bar.tabRect(index)
        if index == bar.currentIndex() and not bar.rect().contains(place):
            yield f"the tab in front, {bar.tabText(index)}, runs off"
        if bar.fontMetrics().horizontalAdvance(bar.tabText(index)) > place.width():
            yield f"tab {bar.tabText(index)} is cut to {place.width()} pixels"


def _cut_menus(bar: QMenuBar) -> Iterator[str]:
    for action in bar.actions():
        if action.isVisible() and not bar.rect().contains(bar.actionGeometry(action)):
            yield f"{action.text()} runs off"
        elif action.isVisible() and bar.actionGeometry(action).isEmpty():
            yield f"{action.text()} is not there"


def _overlaps(window: MainWindow, seen: list[QWidget]) -> Iterator[str]:
    """Pairs that stand on each other: siblings whose visible parts share pixels."""
    by_parent: dict[QWidget, list[QWidget]] = {}
    for widget in seen:
        parent = widget.parentWidget()
        if parent is not None and not isinstance(parent, (QAbstractScrollArea, QLineEdit)):
            by_parent.setdefault(parent, []).append(widget)
    for siblings in by_parent.values():
        for first, second in combinations(siblings, 2):
            shared = first.geometry().intersected(second.geometry())
            if _lies_over(first) or _lies_over(second) or shared.isEmpty():
                continue
            yield f"{_name(first)} and {_name(second)} share {shared.width()}×{shared.height()} pixels"


def _lies_over(widget: QWidget) -> bool:
    """Whether it is made to lie over what is there: the start page, Qt's own bands and buttons."""
    return widget.property("lies_over") is True or widget.objectName().startswith("qt_")


def _missing(window: MainWindow) -> Iterator[str]:
    """What must be in sight at any size."""
    if window.start.shown:
        return
    if window.presentation.on:
        bar = window.presentation.bar
        assert bar is not None
        wanted: list[tuple[str, QWidget]] = [("Train", bar.train), ("the way out", bar.leave_button)]
    else:
        wanted = [("the device", window.controls.device), ("the number of problems", window.status.problems)]
        for name in ("train", "pause", "step", "stop"):
            tool = window.toolbar.widgetForAction(window.actions_table[name])
            assert isinstance(tool, QWidget)
            wanted.append((name, tool))
    for name, widget in wanted:
        if widget.visibleRegion().boundingRect().size() != widget.size():
            yield f"{name} cannot be seen whole"
    if window.canvas.visibleRegion().isEmpty():
        yield "the drawing cannot be seen"
