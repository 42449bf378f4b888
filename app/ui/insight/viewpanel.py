"""The panel that shows any view there is: which one, its settings, the sample, and the pictures with their scales."""

from __future__ import annotations

import html
import importlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.insight.view import View
from app.insight.views import views
from app.jobs.messages import Ended
from app.ui import scale, theme
from app.ui.dialogs import choose_file
from app.ui.insight.dream import pictures_folder
from app.ui.insight.holding import HoldingPanel
from app.ui.insight.panel import COMING
from app.ui.insight.samples_column import SamplesColumn
from app.ui.insight.slow import Grown, SlowRun
from app.ui.insight.views import Nothing, Request, SampleStrip, Shown, ViewOf
from app.ui.inspector.boxes import CalmCombo
from app.ui.inspector.editors import editor_for
from app.ui.labels import Tinted, button
from app.ui.qdocument import QDocument
from app.ui.session import Session
from nodes.api.params import BadSetting, File

FIRST = "attribution"  # the others of the first ones have panels of their own
FORM_WIDTH = 264
PIXELS = "pixels"  # the setting of what is painted on a sample
NARROW = 700  # of the panel: below that the pictures stand below the settings
LOW = 96  # and settings and pictures are at least as high there
_ANY = 16_777_215  # Qt's own limit of a size: none
ABOUT = {
    "scores": "the class scores",
    "fitting": "no layer selected",
    "net": "the whole network",
    "layer": "no layer",
}
NOTHING = "There is nothing here yet. Draw a network, and this view looks inside it."
PRESS = "Press Start. {help}"


class ViewPanel(HoldingPanel):
    """Knows no view: everything it offers is declared in ``app/insight/views``. ``painted`` carries the settings of a
    view once somebody has painted on its sample, and None when another view is shown."""

    painted = Signal(object)

    def __init__(self, session: Session, qdocument: QDocument) -> None:
        super().__init__(session, qdocument)
        self._settings: dict[str, dict[str, Any]] = {}
        self._run: SlowRun | None = None
        self._loading = False
        self._following = False  # whether the canvas shows where painted pixels arrive
        self._outdated = False  # what is being made belongs to a view or drawing that is no longer shown
        self.choice = CalmCombo()
        self.choice.setAccessibleName("View")
        self.choice.setToolTip("What to look at")
        for index, each in enumerate(views().values()):
            self.choice.addItem(each.title, each.name)
            self.choice.setItemData(index, each.help, Qt.ItemDataRole.ToolTipRole)
        self.choice.setCurrentIndex(max(self.choice.findData(FIRST), 0))
        self.what = Tinted("", "text.soft")
        self.what.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.form = QWidget()
        self.side = SamplesColumn(session)
        self.start = button("Start", "Make the pictures of this view", self.toggle, "dream")
        self.save = button("Save…", "Save what is shown: as a picture, or its numbers", self.save_as)
        self.words = Tinted("", "text.soft")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._build()
        self.pictures.painted.connect(self._painted)
        self.choice.currentIndexChanged.connect(self._chosen)
        session.sample_changed.connect(lambda _: self.ask())
        session.torch_ready.connect(self.ask)
        self._begun = False
        self.pictures.say(COMING)

    def _build(self) -> None:
        self._scroll = QScrollArea()
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setMinimumHeight(0)
        self._scroll.setWidget(self.form)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.start, 1)
        buttons.addWidget(self.save)
        left = self._left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.choice)
        column.addWidget(self.what)
        column.addWidget(self._scroll, 1)
        column.addWidget(self.words)
        column.addLayout(buttons)
        layout = self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        layout.setContentsMargins(10, 6, 0, 6)
        layout.setSpacing(8)
        layout.addWidget(left)
        layout.addWidget(self.side)
        layout.addWidget(self.pictures, 1)
        theme.notifier.changed.connect(self._arrange)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The pictures beside the settings, or below them in a narrow panel."""
        narrow = self.width() < scale.letters_px(NARROW)
        ways = QBoxLayout.Direction
        self._layout.setDirection(ways.TopToBottom if narrow else ways.LeftToRight)
        self._left.setMinimumWidth(0 if narrow else scale.letters_px(FORM_WIDTH))
        self._left.setMaximumWidth(_ANY if narrow else scale.letters_px(FORM_WIDTH))
        self._scroll.setMinimumHeight(scale.letters_px(LOW) if narrow else 0)
        self.pictures.setMinimumHeight(scale.letters_px(LOW) if narrow else 0)

    # Which view, and its settings

    @property
    def shown_view(self) -> View:
        """The view that is chosen."""
        return views()[self.choice.currentData()]

    def view_name(self) -> str:
        name: str = self.choice.currentData()
        return name

    def choose(self, name: str) -> None:
        """Show the view of this name."""
        self.choice.setCurrentIndex(self.choice.findData(name))

    def settings(self) -> tuple[tuple[str, Any], ...]:
        """The settings of the view that are not as they are by default."""
        return tuple(sorted(self._settings.get(self.view_name(), {}).items()))

    def _chosen(self) -> None:
        """Another view: its editors, its sample, and no picture of the one before."""
        self._begun = True
        if self._following:
            self._following = False
            self.painted.emit(None)
        view = self.shown_view
        self.choice.setToolTip(view.help)
        self._stop_outdated()
        self.form = _Form(view, self._settings.setdefault(view.name, {}), self._changed)
        self._scroll.setWidget(self.form)
        self.start.setVisible(view.slow)
        self.words.setText("")
        self.pictures.say(PRESS.format(help=view.help) if view.slow else COMING)
        if not view.sample:
            self.side.hide()
        self.node_changed()

    def _changed(self, name: str, value: object) -> None:
        param = next(each for each in self.shown_view.options if each.name == name)
        settings = self._settings[self.view_name()]
        settings[name] = value
        if value == param.default:
            del settings[name]
        if self._following:
            self.painted.emit(self.settings())
        self.ask()

    def _painted(self, places: list[tuple[int, int]], away: bool) -> None:
        """Pixels that were painted on the sample are a setting, so that they can be read, typed and taken back."""
        param = next((each for each in self.shown_view.options if each.name == PIXELS), None)
        if param is None or not isinstance(self.form, _Form):
            return
        old = dict.fromkeys(str(self._settings[self.view_name()].get(PIXELS, "")).replace(";", " ").split())
        words = [f"{row},{column}" for row, column in places]
        new = [word for word in old if word not in words] if away else list(old | dict.fromkeys(words))
        try:
            text = param.check(" ".join(new))
        except BadSetting:
            self.words.setText("No more pixels can be painted")
            return
        self.form.editors[PIXELS].show_value(text)
        self._following = True
        self._changed(PIXELS, text)

    # What a view needs to have loaded, which no training should wait for

    def ask(self) -> None:
        """Ask for the pictures, once what makes them is loaded."""
        view, session = self.shown_view, self.session
        if self.in_sight and not self._begun:
            self._chosen()  # the editors are made when somebody sees them first: most starts do without
            return
        if self.in_sight and session.torch_loaded and not view.loaded and not self._loading:
            self._loading = True
            session.runner.start(partial(_load, view.imports), ended=self._loaded)
        super().ask()

    def _loaded(self, ended: Ended) -> None:
        self._loading = False
        if ended.outcome == "failed":
            self.pictures.say(ended.sentence)
        else:
            self.ask()

    # What it is about

    @property
    def node(self) -> str:
        about = self.shown_view.about if self.choice.count() else "layer"
        if about == "layer":
            return super().node
        return "" if about == "net" else self.selected

    def wanted(self) -> dict[str, Request | None]:
        view, node = self.shown_view, self.node
        drawn = bool(self.qdocument.project.graph.nodes) and (bool(node) or view.about != "layer")
        quick = drawn and not view.slow and view.loaded
        return {
            "view": self.view_of(node, self.settings()) if quick else None,
            "view samples": SampleStrip(node or None) if drawn and view.sample else None,
        }

    def wish(self) -> ViewOf | None:
        drawn = bool(self.qdocument.project.graph.nodes) and (bool(self.node) or self.shown_view.about != "layer")
        return self.view_of(self.node, self.settings()) if drawn else None

    def node_changed(self) -> None:
        self.what.setText(self.node or ABOUT[self.shown_view.about])
        if not any(self.wanted().values()) and not self.shown_view.slow:
            self.pictures.say(NOTHING)
        super().node_changed()
        self._refresh()

    def forget(self) -> None:
        super().forget()
        self.side.forget()
        self._forget_files()
        self._stop_outdated()
        self.words.setText("")
        if self.shown_view.slow:
            self.pictures.say(PRESS.format(help=self.shown_view.help))

    def _forget_files(self) -> None:
        """Pictures that were chosen for the drawing before are chosen no more; how a view works stays as it is set."""
        for view in views().values():
            settings = self._settings.get(view.name, {})
            for param in view.options:
                if isinstance(param, File) and settings.pop(param.name, None) is not None and view is self.shown_view:
                    assert isinstance(self.form, _Form), "settings are made in a form"
                    self.form.editors[param.name].show_value(param.default)

    def take(self, key: str, content: object) -> None:
        if key == "view samples":
            self.side.take(content)
        elif isinstance(content, Shown):
            self.show_picture(content)
        elif isinstance(content, Nothing):
            self.pictures.say(content.sentence)
        self._refresh()

    def _refresh(self) -> None:
        self.start.setText(" Stop" if self.at_work else " Start")
        self.start.setEnabled(self.at_work or bool(self.node) or self.shown_view.about != "layer")
        self.save.setEnabled(self.pictures.first.tiles is not None)

    # Views that take their time

    @property
    def at_work(self) -> bool:
        """Whether a slow view is being made."""
        return self._run is not None and not self._run.done

    def toggle(self) -> None:
        """Start the view, or stop it."""
        if self._run is not None and self.at_work:
            self._run.stop()
            return
        self._outdated = False
        self.words.setText("")
        self.pictures.say("It begins…")
        self._run = self.session.slow.start(self.view_of(self.node, self.settings()), self._grown, self._ended)
        self._refresh()

    def _grown(self, grown: Grown) -> None:
        if self._outdated:
            return
        score = f" · score {grown.scores[-1]:.3g}" if grown.scores else ""
        self.words.setText(f"step {grown.step:,} of {grown.steps:,}{score}")
        self.show_picture(grown.shown)
        self._refresh()

    def _ended(self, sentence: str) -> None:
        if not self._outdated:
            if sentence:
                self.pictures.say(sentence)
            elif self.pictures.first.tiles is None:
                self.pictures.say(PRESS.format(help=self.shown_view.help))
        self._refresh()

    def _stop_outdated(self) -> None:
        if self._run is not None and self.at_work:
            self._outdated = True
            self._run.stop()

    # Saving

    def save_as(self) -> None:
        """Ask for a file and write the pictures there."""
        if self.pictures.first.tiles is None:
            return
        node = self.node.replace("/", "-")
        name = f"{self.view_name()}-{node}.png" if node else f"{self.view_name()}.png"
        place = pictures_folder() / name
        kinds = ["PNG picture (*.png)", "Numbers for numpy (*.npz)"]
        if any(each.tiles is not None and each.tiles.layout != "grid" for each in self.pictures.shown):
            kinds.insert(1, "SVG drawing (*.svg)")
        choose_file(self, "Save the picture", place, ";;".join(kinds), self.save_to, saving=True, ending="png")

    def save_to(self, path: Path) -> bool:
        """Write the pictures as PNG, or by the ending as SVG, or their numbers as NPZ; False, and a sentence beside the
        button, if that fails."""
        shown = [each.tiles for each in self.pictures.shown if each.tiles is not None]
        if not shown:
            return False
        from app.core.storage.files import write_atomic
        from app.insight.saved import ENDINGS, saved
        from app.insight.tiles import NoPicture

        target = path if path.suffix.lower() in ENDINGS else path.with_name(path.name + ".png")
        try:
            content = saved(shown, target.suffix)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(target, content)
        except NoPicture as reason:
            self.words.setText("Not saved: no lines here.")
            self.words.setToolTip(str(reason))
            return False
        except OSError as error:
            self.words.setText(f"Not saved: {error.strerror or error}.")
            self.words.setToolTip(f"The picture could not be saved to {target}: {error.strerror or error}.")
            return False
        self.words.setText(f"Saved as {target.name}")
        return True


def _load(names: tuple[str, ...]) -> Iterator[object]:
    for name in names:
        importlib.import_module(name)
    yield from ()


class _Form(QWidget):
    """An editor for each setting of a view, and a line for what is not taken."""

    def __init__(self, view: View, settings: dict[str, Any], changed: Any) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self.editors = {param.name: editor_for(param) for param in view.options}
        self.hint = Tinted("", "error", wrap=True)
        self.hint.hide()
        for row, param in enumerate(view.options):
            editor = self.editors[param.name]
            tip = f"<b>{html.escape(param.title)}</b><br>{html.escape(param.help)}"
            label = QLabel(param.title)
            label.setToolTip(tip)
            grid.addWidget(label, row, 0)
            grid.addWidget(editor, row, 1)
            label.setBuddy(editor)
            editor.describe(tip, param.title)
            editor.show_value(settings.get(param.name, param.default))
            editor.edited.connect(partial(self._edited, param.name, changed))
            editor.hinted.connect(self._hinted)
        grid.addWidget(self.hint, len(view.options), 0, 1, 2)
        grid.setRowStretch(len(view.options) + 1, 1)

    def _edited(self, name: str, changed: Any, value: object) -> None:
        editor = self.editors[name]
        if not editor.refusal(value):
            value = editor.param.check(value)
            editor.show_value(value)
            self._hinted("")
            changed(name, value)

    def _hinted(self, text: str) -> None:
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
