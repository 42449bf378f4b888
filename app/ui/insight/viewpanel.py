"""The panel that shows any view there is: which one, its settings, the sample, and the pictures with their scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.insight.view import View
from app.insight.views import views
from app.jobs.messages import Ended
from app.training.position import TrainingPosition, at_words
from app.ui import theme
from app.ui.dialogs import choose_file, not_saved
from app.ui.insight.brush import with_pixels
from app.ui.insight.held_scales import HoldingPanel
from app.ui.insight.number_words import NumberWords
from app.ui.insight.panel import COMING, in_order
from app.ui.insight.samples_column import SamplesColumn
from app.ui.insight.saving import kinds_of, pictures_folder, write
from app.ui.insight.slow_origin import POKE_MS, LookedAt, looked_at
from app.ui.insight.slow_views import SlowRun, SlowViewState
from app.ui.insight.view_choice import FIRST, ViewChoice
from app.ui.insight.view_form import ViewForm
from app.ui.insight.view_layout import ViewLayout
from app.ui.insight.views import NothingToShow, SampleStrip, ViewOf, ViewPictures, ViewRequest
from app.ui.labels import TintedLabel, button
from app.ui.pace import later
from app.ui.qdocument import QDocument
from app.ui.session import Session
from nodes.api.params import BadSetting, File, Text

if TYPE_CHECKING:
    from app.insight.arithmetic.number import Number, NumberPlace
    from app.insight.tiles import Tiles

NUMBERS = "numbers"
OTHER = "other_sample"  # that of a view that compares
STEP = "step"  # the setting of a view that shows one step after the other
PIXELS = "pixels"  # the setting of what is painted on a sample
ABOUT = {
    "scores": "the class scores, or the code",
    "fitting": "no layer selected",
    "net": "the whole network",
    "layer": "no layer",
}
NOTHING = "There is nothing here yet. Draw a network, and this view looks inside it."
PRESS = "Press Start. {help}"


class ViewPanel(HoldingPanel):
    """Knows no view: everything it offers is declared in ``app/insight/views``.

    ``at_work_on`` is sent with the node that a walk has come to, ``reached`` with all that it has reached. ``painted``
    carries the settings of a view once somebody has painted on its sample, and None when another view is shown.
    """

    painted = Signal(object)

    at_work_on = Signal(str)
    reached = Signal(object)

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(session, qdocument, parent)
        self._settings: dict[str, dict[str, Any]] = {}
        self._run: SlowRun | None = None
        self._round = 0  # counts the slow views that were started
        self._refused = False  # the last one had no picture to give, of this net
        self._made_of: LookedAt | None = None  # what the last one began with
        self._sources = self._source_types()
        self._loading = False
        self._worked = ""  # the node that was told of last
        self._way: list[NumberPlace] = []  # from number to number, where one is followed back; the last is shown
        self._following = False  # whether the canvas shows where painted pixels arrive
        self._outdated = False  # what is being made belongs to a view or drawing that is no longer shown
        self.choice = ViewChoice()
        self.choice.setCurrentIndex(max(self.choice.findData(FIRST), 0))
        self.what = TintedLabel("", "text.soft")
        self.what.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.form = QWidget()
        self.side = SamplesColumn(session)
        self.start = button("Start", "Make the pictures of this view", self.toggle, "dream")
        self.back = button("Back", "The step before (Page up)", lambda: self.step(-1))
        self.next = button("Next", "The next step (Page down)", lambda: self.step(1))
        for press, key in ((self.back, Qt.Key.Key_PageUp), (self.next, Qt.Key.Key_PageDown)):
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(press.click)
        self.pin = button("Pin", "Keep this sample, layer and epoch, to compare others with them", self.freeze)
        self.save = button("Save…", "Save what is shown: as a picture, or its numbers", self.save_as)
        self.words = TintedLabel("", "text.soft")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.told = NumberWords()
        self._build()
        self.pointed.connect(self.show_number)
        self.told.walked.connect(self.show_number)
        self.told.went_back.connect(self._go_back)
        self.pictures.painted.connect(self._painted)
        self.choice.currentIndexChanged.connect(self._chosen)
        session.sample_changed.connect(lambda _: self.ask())
        session.torch_ready.connect(self.ask)
        session.time.moved.connect(self._look_again)
        # Not while a knob is turned: each time the view would begin from its first step.
        self._rested = later(self, self._look_again, POKE_MS)
        session.pokes.changed.connect(self._rested.start)
        self._begun = False
        self.pictures.say(COMING)

    def _build(self) -> None:
        buttons = self.start, self.back, self.next, self.pin, self.save
        self._layout = ViewLayout(
            self, self.choice, self.what, self.words, buttons, self.side, self.pictures, self.told
        )
        self._layout.scroll.setWidget(self.form)
        theme.notifier.changed.connect(self._theme_changed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _theme_changed(self) -> None:
        if not self.testAttribute(Qt.WidgetAttribute.WA_PendingResizeEvent):  # else it is arranged when it is seen
            self._arrange()

    def _arrange(self) -> None:
        """The settings beside the pictures, or below them in a narrow panel."""
        self.side.arrange()
        shown = self.pictures.shown
        self._layout.arrange([(each.readable_height(), each.height_for_note()) for each in shown])

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
        self.choice.choose(name)

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
        self.form = ViewForm(view, self._settings.setdefault(view.name, {}), self._changed)
        self._layout.scroll.setWidget(self.form)
        self.start.setVisible(view.slow)
        self.reached.emit(None)
        for each in (self.back, self.next):
            each.setVisible(self._walks)
        self.pin.setVisible(OTHER in {param.name for param in view.options})
        self.words.setText("")
        self.told.show_number(None)
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
        if self._way:  # another number of the layer that is followed
            number = self._settings[NUMBERS]
            self._way[-1] = replace(self._way[-1], what=number.get("value", "") or "output")
        if self._following:
            self.painted.emit(self.settings())
        self.ask()

    # From step to step

    @property
    def _walks(self) -> bool:
        """Whether the view shows one step after the other."""
        return any(param.name == STEP for param in self.shown_view.options)

    def step(self, by: int) -> None:
        """Show the next step of a walk, or with -1 the one before; from the whole walk on the first or the last."""
        tiles = self.pictures.first.tiles
        if not self._walks or tiles is None or not tiles.step[1]:
            return
        _, count = tiles.step
        set_to = self._settings[self.view_name()].get(STEP)
        wanted = set_to + by if isinstance(set_to, int) else 1 if by > 0 else count
        wanted = max(1, min(wanted, count))
        assert isinstance(self.form, ViewForm), "settings are made in a form"
        self.form.editors[STEP].show_value(wanted)
        self._changed(STEP, wanted)

    # One that stays, to compare others with

    def freeze(self) -> None:
        """Compare, from now on, whatever is looked at with what is looked at now: the newest weights, too, are pinned
        by their epoch, because they soon are those of another one."""
        at = self.session.time.kept_now()
        pinned: dict[str, Any] = {"layer": self.node, "other_epoch": at, "step": None}
        if isinstance(at, TrainingPosition):
            pinned |= {"other_epoch": at.epoch + 1, "step": at.batch}
        pinned[OTHER] = self.session.sample if self.session.chosen is None else None
        assert isinstance(self.form, ViewForm), "settings are made in a form"
        self.form.put(self._settings[self.view_name()], pinned)
        self.words.setText(f"Pinned: {at_words(at)}" if at is not None else "Pinned; no epoch was kept")
        self.ask()

    # From number to number

    def show_number(self, place: NumberPlace) -> None:
        """Show how the number at this place was made; one that is pointed at while another is shown, as the next of the
        way back."""
        number = self.told.number
        if self.view_name() == NUMBERS and number is not None:
            self._way = [*(self._way or [number.place]), place]
        else:
            self._way = [place]
        self._go()

    def _go_back(self, remaining: int) -> None:
        del self._way[max(remaining, 1) :]
        self._go()

    def _go(self) -> None:
        """Show the last number of the way."""
        place = self._way[-1]
        way, self._way = self._way, []  # choosing the view is nobody's edit
        if self.view_name() != NUMBERS or not self._begun:
            self.choose(NUMBERS)
            self._chosen()
        assert isinstance(self.form, ViewForm), "settings are made in a form"
        named = {"unit": ", ".join(map(str, place.index)), "value": place.what}
        self.form.put(self._settings[NUMBERS], named)
        self._way = way
        self.node_changed()

    def set_node(self, name: str, home: str = "") -> None:
        if (name, home) != (self._selected, self._home) and self._way:
            self._way = []
            self._settings.pop(NUMBERS, None)
            if self.view_name() == NUMBERS:
                self._settings[NUMBERS] = {}
                self._chosen()
        super().set_node(name, home)

    def _painted(self, places: list[tuple[int, int]], away: bool) -> None:
        """Pixels that were painted on the sample are a setting, so that they can be read, typed and taken back."""
        param = next((each for each in self.shown_view.options if each.name == PIXELS), None)
        if param is None or not isinstance(self.form, ViewForm):
            return
        text = with_pixels(str(self._settings[self.view_name()].get(PIXELS, "")), places, away)
        try:
            text = param.check(text)
        except BadSetting:
            self.words.setText("No more pixels can be painted")
            return
        self.form.editors[PIXELS].show_value(text)
        self._following = self.view_name() == "path"
        self._changed(PIXELS, text)

    # What a view needs to have loaded, which no training should wait for

    def ask(self) -> None:
        """Ask for the pictures, once what makes them is loaded."""
        if self.in_sight:
            self.choice.fit(self.qdocument.document)
        view, session = self.shown_view, self.session
        if self.in_sight and not self._begun:
            self._chosen()  # the editors are made when somebody sees them first: most starts do without
            return
        if self.in_sight and session.torch_loaded and not view.loaded and not self._loading:
            self._loading = True
            session.runner.start(view.load, ended=self._loaded)
        super().ask()
        if self.in_sight and view.slow:
            self._rested.start()  # it may have stood behind another panel while the net became another

    def _loaded(self, ended: Ended) -> None:
        self._loading = False
        if ended.outcome == "failed":
            self.pictures.say(ended.sentence)
        else:
            self.ask()

    # What it is about

    @property
    def node(self) -> str:
        if self._way and self.choice.count() and self.view_name() == NUMBERS:
            return self._way[-1].node
        about = self.shown_view.about if self.choice.count() else "layer"
        if about == "layer":
            return super().node
        return "" if about == "net" else self.selected

    def wanted(self) -> dict[str, ViewRequest | None]:
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
        self.choice.another_drawing()
        self._way = []
        self._settings.pop(NUMBERS, None)
        if self._begun and self.view_name() == NUMBERS:
            self._chosen()
        self.told.show_number(None)
        self.side.forget()
        self._forget_given()
        self._stop_outdated()
        self.words.setText("")
        if self.shown_view.slow:
            self.pictures.say(PRESS.format(help=self.shown_view.help))

    def _forget_given(self) -> None:
        """Pictures that were chosen for the drawing before are chosen no more, and what was typed, such as a sentence,
        stands no more where other data is read; how a view works stays as it is set."""
        before, self._sources = self._sources, self._source_types()
        given = (File, Text) if before != self._sources else (File,)
        for view in views().values():
            settings = self._settings.get(view.name, {})
            for param in view.options:
                if isinstance(param, given) and settings.pop(param.name, None) is not None and view is self.shown_view:
                    assert isinstance(self.form, ViewForm), "settings are made in a form"
                    self.form.editors[param.name].show_value(param.default)

    def _source_types(self) -> set[str]:
        """The sources of the drawing, by type."""
        return {layer.id for _, layer in in_order(self.qdocument) if layer.source is not None}

    def take(self, key: str, content: object) -> None:
        if key == "view samples":
            self.side.take(content)
        elif isinstance(content, ViewPictures):
            self.show_picture(content)
            self._arrange()
            self._tell(content.tiles.number, content.tiles.text)
            if content.tiles.at_work and content.tiles.at_work != self._worked:
                self.at_work_on.emit(content.tiles.at_work)
            self._worked = content.tiles.at_work
            if self._walks:
                self.reached.emit(content.tiles.reached if content.tiles.at_work else None)
        elif isinstance(content, NothingToShow):
            self.pictures.say(content.sentence)
            self._tell(None)
        self._arrange()
        self._refresh()

    def _tell(self, number: Number | None, lines: Sequence[str] = ()) -> None:
        """The words beside the pictures: lines, or those of a number with the way that led to it."""
        if number is None and lines:
            self.told.show_lines(lines)
            return
        if self._way and number is not None:
            self._way[-1] = number.place
        self.told.show_number(number, self._way or ((number.place,) if number is not None else ()))

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
        self.pictures.say("It begins…")
        self._begin()

    def _begin(self) -> None:
        self._outdated = self._refused = False
        self.words.setText("")
        self._made_of = looked_at(self.session)
        self._round += 1  # what still comes of the one before is not shown
        heard = (partial(self._grown, self._round), partial(self._ended, self._round))
        self._run = self.session.slow.start(self.view_of(self.node, self.settings()), *heard)
        self._refresh()

    def _look_again(self) -> None:
        """A slow view that was started follows the epoch that is looked at, and what is done to the net, as the quick
        ones do."""
        shown = self.at_work or self._refused or self.pictures.first.tiles is not None
        other = self._run is not None and self._made_of != looked_at(self.session)
        if self.shown_view.slow and other and shown and not self._outdated and self.in_sight:
            self._stop_outdated()
            self._begin()

    def _grown(self, made: int, grown: SlowViewState) -> None:
        if self._outdated or made != self._round:
            return
        score = f" · score {grown.scores[-1]:.3g}" if grown.scores else ""
        self.words.setText(f"step {grown.step:,} of {grown.steps:,}{score}")
        self.show_picture(grown.shown)
        self._arrange()
        self._refresh()

    def _ended(self, made: int, sentence: str) -> None:
        if not self._outdated and made == self._round:
            self._refused = bool(sentence)
            if sentence:
                self.pictures.say(sentence)
            elif self.pictures.first.tiles is None:
                self.pictures.say(PRESS.format(help=self.shown_view.help))
        self._refresh()

    def _stop_outdated(self) -> None:
        self._refused = False
        if self._run is not None and self.at_work:
            self._outdated = True
            self._run.stop()

    # Saving

    def save_as(self) -> None:
        """Ask for a file and write the pictures there."""
        if self.pictures.first.tiles is None:
            return
        node = self.node.replace("/", "-")
        self._ask_for_file(f"{self.view_name()}-{node}.png" if node else f"{self.view_name()}.png")

    def _ask_for_file(self, name: str) -> None:
        kinds, place = kinds_of(self._tiles_shown()), pictures_folder() / name
        choose_file(self, "Save the picture", place, kinds, self.save_to, saving=True, ending="png")

    def save_to(self, path: Path) -> bool:
        """Write the pictures as PNG, or by the ending as SVG, text, or their numbers as NPZ; False, and a sentence, if
        that fails."""
        shown = self._tiles_shown()
        if not shown:
            return False
        try:
            done, words, sentence = write(shown, path)
        except OSError as error:
            not_saved(self, "The picture", path, error, lambda: self._ask_for_file(path.name))
            done, words, sentence = False, f"Not saved: {error.strerror or error}.", ""
        self.words.setText(words)
        self.words.setToolTip(sentence)
        return done

    def _tiles_shown(self) -> list[Tiles]:
        return [each.tiles for each in self.pictures.shown if each.tiles is not None]
