"""Presentation: only the canvas and one panel, the curves at first, in large type on the whole screen."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QEvent, QObject, QRect, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent, QScreen
from PySide6.QtWidgets import QApplication, QCheckBox, QFrame, QToolButton, QWidget

from app.core.graph.roles import role_of
from app.ui import scale, theme
from app.ui.docks import PANELS
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import FactLine, button, name_after
from app.ui.layouts import row
from app.ui.pace import later

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

LARGER = 1.5  # than the interface is otherwise
LARGEST = 2.0
_CURVES_SHARE = 0.34  # of the height
LETTERS_SHARE = 0.02  # of the height of the screen: what is written on a layer is read from the last row
# What can stand below the canvas.
HALVES = (
    "training",
    "filters",
    "activations",
    "dream",
    "views",
    "signals",
    "samples",
    "results",
    "run_list",
    "predict",
    "text",
    "poke",
    "code",
    "problems",
)
LIGHT, DARK = "light", "dark"
_FILLING = Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen


@dataclass(frozen=True)
class _Before:
    """The window as it was, to be given back exactly."""

    state: Qt.WindowState
    geometry: QRect
    arrangement: bytes
    shown: tuple[QWidget, ...]
    theme: str
    factor: float
    focus: QWidget | None


class PresentationBar(QFrame):
    """One line in large type: the selected layer, how the training goes, what stands below, Train and the way back.

    Train and the way back are there at any width.
    """

    def __init__(self, window: BaseWindow) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        self.setAccessibleName("Presentation")
        self.layer = FactLine("text")
        self.training = FactLine("text.soft")
        titles = {panel.name: panel.title for panel in PANELS} | {"training": "Curves"}
        words = "What stands below the canvas"
        self.half = CalmCombo(words, words, ((titles[name], name) for name in HALVES))
        self.half.activated.connect(lambda _: window.presentation.show_half(self.half.currentData()))
        self.train, self.stop = QToolButton(), QToolButton()
        for tool, name in ((self.train, "train"), (self.stop, "stop")):
            action = window.actions_table[name]
            tool.setDefaultAction(action)
            tool.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            name_after(tool, action)
            tool.setIconSize(QSize(18, 18))
        self.train.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.light = QCheckBox("Light theme")
        self.light.setToolTip("Dark letters on a light ground, which most projectors show better")
        self.leave_button = button("Leave", "Back to the window as it was (F11 or Escape)", window.presentation.leave)
        parts = (self.training, self.half, self.train, self.stop, self.light, self.leave_button)
        row(self.layer, 1, *parts, of=self, margins=(14, 6, 14, 6), spacing=18)
        theme.notifier.changed.connect(self.dress)
        self.dress()

    def minimumSizeHint(self) -> QSize:
        needed = sum(part.sizeHint().width() + scale.px(18) for part in (self.train, self.leave_button)) + scale.px(28)
        return QSize(needed, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Where there is no room for all, leave out what can be had otherwise: the layer's name comes first."""
        style = Qt.ToolButtonStyle
        worded = self.train.toolButtonStyle() == style.ToolButtonTextBesideIcon
        word = self.train.fontMetrics().horizontalAdvance(self.train.text()) + 8
        room = self.width() - self.minimumSizeHint().width() - self.layer.sizeHint().width() - scale.px(2 * 18)
        if worded != (room >= (0 if worded else word)):
            self.train.setToolButtonStyle(style.ToolButtonIconOnly if worded else style.ToolButtonTextBesideIcon)
        room = self.width() - self.minimumSizeHint().width() - self.layer.sizeHint().width() - scale.px(2 * 18)
        for part in (self.half, self.training, self.stop, self.light):
            room -= part.sizeHint().width() + scale.px(18)
            part.setVisible(room >= 0)
        layout = self.layout()
        if layout is not None:
            layout.activate()  # now, so that the name is not cut to the room that it had before

    def dress(self) -> None:
        """The name of the layer larger than all else, and the box as the theme is, whoever chose it."""
        with QSignalBlocker(self.light):
            self.light.setChecked(theme.current().name == LIGHT)
        font = theme.base_font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        self.layer.setFont(font)
        theme.give_ground(self, theme.color("window"))


class Presentation(QObject):
    """Goes into the presentation of one window and back. Nothing of it is remembered but the choice of the theme."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._before: _Before | None = None
        self._returning: _Before | None = None
        self._worn = ""  # the theme that was put on for the presentation
        self._settling = later(self, self._settle)
        self.bar: PresentationBar | None = None

    @property
    def on(self) -> bool:
        """Whether the window is presenting now."""
        return self._before is not None

    def toggle(self) -> None:
        """Present, or go back."""
        if self.on:
            self.leave()
        else:
            self.enter()

    def enter(self) -> None:
        """Only canvas and one panel below, the curves at first, large, on the whole screen."""
        window = self._window
        if self.on:
            return
        window.start.leave()
        parts = (window.menuBar(), window.toolbar, window.statusBar())
        self._before = _Before(
            window.windowState(),
            window.geometry(),
            window.docks.saved(),
            tuple(part for part in parts if not part.isHidden()),
            theme.current().name,
            theme.scale(),
            QApplication.focusWidget(),
        )
        window.docks.kept = self._before.arrangement
        window.actions_table["present"].setChecked(True)
        for part in parts:
            part.hide()
        window.training.show_recipe(False)
        self._show_bar()
        self.show_half("training")
        window.showFullScreen()
        light = window.settings.values.light_presentation
        self._dress(LIGHT if light else self._before.theme, _factor(theme.scale(), window.screen()))
        self._share()
        window.installEventFilter(self)
        window.canvas.installEventFilter(self)
        window.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        window.canvas.enlarge(LETTERS_SHARE * window.screen().size().height())

    def show_half(self, name: str) -> None:
        """Show this panel, one of ``HALVES``, below the canvas and no other."""
        window = self._window
        for each, dock in window.docks.docks.items():
            dock.setVisible(each == name)
        if self.bar is not None:
            self.bar.half.setCurrentIndex(HALVES.index(name))
        self._share()
        window.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _share(self) -> None:
        shown = [dock for dock in self._window.docks.docks.values() if not dock.isHidden()]
        high = round(_CURVES_SHARE * self._window.height())
        self._window.resizeDocks(shown, [high] * len(shown), Qt.Orientation.Vertical)

    def leave(self) -> None:
        """Give the window back exactly as it was."""
        before, self._before = self._before, None
        if before is None:
            return
        window = self._window
        window.actions_table["present"].setChecked(False)
        window.canvas.removeEventFilter(self)
        window.canvas.enlarge(0)
        if self.bar is not None:
            self.bar.hide()
        window.training.show_recipe(True)
        for part in before.shown:
            part.show()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            chosen = window.settings.values.theme  # a theme picked from the palette meanwhile is meant to stay
            kept = before.theme if chosen not in theme.NAMES or chosen == before.theme else chosen
            worn = theme.current().name
            scale.show_at(app, before.factor, kept if worn in (self._worn, before.theme) else worn)
        window.setWindowState(before.state)
        if not before.state & _FILLING:
            window.setGeometry(before.geometry)
        window.docks.restore(before.arrangement)
        # Bars and separators come back to their size a moment later, and a window manager may take longer still.
        self._returning = before
        self._settling.start(0)

    def _show_bar(self) -> None:
        window = self._window
        if self.bar is None:
            self.bar = PresentationBar(window)
            middle = window.centralWidget()
            column = middle.layout() if middle is not None else None
            assert column is not None
            column.addWidget(self.bar)
            self.bar.light.toggled.connect(self._choose_light)
            window.canvas.selection_changed.connect(lambda _names: self._say())
            window.qdocument.changed.connect(lambda _change: self._say())
            window.session.progress.connect(lambda _bundle: self._say())
            window.session.state_changed.connect(lambda _state: self._say())
        self.bar.show()
        self._say()

    def _choose_light(self, light: bool) -> None:
        self._window.settings.change(light_presentation=light)
        if self._before is not None:
            otherwise = self._before.theme if self._before.theme != LIGHT else DARK
            self._dress(LIGHT if light else otherwise, theme.scale())

    def _dress(self, name: str, factor: float) -> None:
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            return
        self._worn = name
        if (name, factor) != (theme.current().name, theme.scale()):
            scale.show_at(app, factor, name)

    def _say(self) -> None:
        """Name what is selected, and how the training goes."""
        if not self.on or self.bar is None:
            return
        canvas, document = self._window.canvas, self._window.qdocument.document
        words = document.project.title or "Untitled"
        if len(canvas.selected) == 1 and canvas.selected[0] in canvas.scene.nodes:
            figure = canvas.scene.nodes[canvas.selected[0]]
            from app.ui.inspector.node_page import type_words  # a panel, which the start need not wait for

            kind, _ = type_words(figure.node.type)
            shapes = ", ".join(port.label for port in figure.look.outputs if port.label)
            shapes = "" if role_of(figure.node) == "loss" else shapes  # what leaves it is one number, called loss
            words = " · ".join(part for part in (figure.name, kind, shapes) if part)
        elif canvas.selected:
            words = f"{len(canvas.selected)} layers"
        self.bar.layer.say(words)
        self.bar.layer.setToolTip(words)
        self.bar.training.say(self._window.status.training.full_text.removeprefix("· "))
        self.bar.fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._window:
            self._window_event(kind)
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            canvas = self._window.canvas
            if self.on and (watched is not canvas or (canvas.tool is None and not canvas.popups.is_open)):
                self.leave()
                return True
        return False

    def _window_event(self, kind: QEvent.Type) -> None:
        if kind == QEvent.Type.Close:
            self.leave()  # so that what is remembered at the end is the window as it was
        if kind == QEvent.Type.Resize and self._returning is not None:
            self._settling.start(0)

    def _settle(self) -> None:
        """Give the panels their sizes once the window has its own again."""
        returning, docks = self._returning, self._window.docks
        if returning is None:
            return
        docks.restore(returning.arrangement)
        focus = returning.focus
        # A field of the inspector may have been made anew meanwhile.
        there = focus is not None and shiboken6.isValid(focus) and focus.isVisible()
        (focus if focus is not None and there else self._window.canvas).setFocus(Qt.FocusReason.OtherFocusReason)
        if returning.state & _FILLING or self._window.geometry() == returning.geometry:
            self._returning = None
            docks.kept = b""
            docks.refresh_heads()
            docks.adapt()
            if not self.on:
                self._window.removeEventFilter(self)


def _factor(usual: float, screen: QScreen) -> float:
    """How large a presentation is on this screen where the interface is else ``usual``: letters in the
    bar and beside the curves are read from the last row, too."""
    letters = theme.base_font(1.0).pointSizeF() * screen.logicalDotsPerInch() / 72
    needed = ceil(LETTERS_SHARE * screen.size().height()) + 0.5  # letters have whole pixels, rounded either way
    return max(min(LARGEST, LARGER * usual), usual, needed / letters)
