"""The dream panel: a picture that excites one unit more and more, and how much it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QImage, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from app.core.document import Change
from app.core.graph.roles import role_of
from app.core.paths import node_at, report_at
from app.insight.poke import words_of
from app.insight.view import data_enters
from app.insight.views import views
from app.ui import scale, theme
from app.ui.dialogs import choose_file, not_saved
from app.ui.insight import dream_record
from app.ui.insight.dream_fields import WHOLE, DreamFields
from app.ui.insight.dream_gallery import DreamGallery
from app.ui.insight.dream_picture import DreamPicture
from app.ui.insight.dream_wish import DreamOf, FilmOfDream
from app.ui.insight.panel import LookPanel, classifier
from app.ui.insight.saving import pictures_folder
from app.ui.insight.slow_origin import POKE_MS, LookedAt, looked_at
from app.ui.insight.slow_views import SlowRun, SlowViewState
from app.ui.insight.unwritten import saved_words, write_elsewhere
from app.ui.insight.views import ViewOf, ViewRequest
from app.ui.labels import button
from app.ui.layouts import column, keep_width, row, turn
from app.ui.pace import later
from app.ui.qdocument import QDocument
from app.ui.session import Session
from nodes.api import BadSetting

__all__ = ["WHOLE", "DreamPanel"]

FORM_WIDTH = 272
NARROW = 440  # of the panel: below that the picture stands below the fields
WELCOME = "Press Dream: beginning with {start}, a picture grows that {what} answers to most."
ROUND = 12  # steps until the newest weights are asked for, where a dream is kept going beside a training
NOTHING = "There is no layer that learns here. Add one, and you can see what it dreams of."
FILM = "A film that goes ever deeper into this picture: GIF or MP4"
FILM_KINDS = "Animated GIF (*.gif);;MP4 film (*.mp4)"
REST = "Rest, and go on later"
GO_ON = "Dream on from this picture, of what is wished for now"


class DreamPanel(LookPanel):
    """Chooses what to dream of, starts and stops it, and shows the picture as it grows.

    ``thumbnail`` carries a node and what it dreams of while it is kept dreaming, None when that ends.
    """

    thumbnail = Signal(str, object, str)

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(session, qdocument, parent)
        fields = self.fields = DreamFields()
        self.what, self.channel_label, self.channel = fields.what, fields.channel_label, fields.channel
        self.each, self.objective, self.steps, self.seed = fields.each, fields.objective, fields.steps, fields.seed
        self.begin_label, self.choose, self.keep = fields.begin_label, fields.choose, fields.keep
        self.start = button("Dream", "Climb to what excites this unit most", self.toggle, "dream")
        self.rest = button("Pause", REST, self.pause_or_go_on)
        self.save = button("Save…", "Save the picture as a PNG file that keeps its recipe", self.save_as)
        self.film = button("Film…", FILM, self.film_as)
        self.show_gallery = button("Gallery", "The dreams that were made", self.toggle_gallery)
        self.picture = DreamPicture()
        self.gallery = DreamGallery()
        self.record = dream_record.DreamRecord()
        self._began_with: tuple[str, int] | None = None
        self._began_from = ""  # the file that the dream began with; none: noise
        self._outdated = False  # what is being dreamt belongs to a drawing that is no longer open
        self._wish: DreamOf | None = None
        self._dreams_of = ""  # in words
        self._whole: DreamOf | None = None  # the wish as it is made from its beginning
        self._made_of: LookedAt | None = None  # what it began with
        self._anew = False  # as soon as the run has ended, from the beginning with the weights of another epoch
        self._by_hand = False  # the run was started by somebody, not because another epoch is looked at
        self._came = False  # whether a picture of the run has come
        self._refused = False  # the last run had nothing to dream of, in this net
        self._otherwise = False  # since it rests, something else is wished for
        self._goes_on = False  # as soon as the run has ended, with what is wished for then
        self._stopped = False
        self._kept_on = ""  # the node that shows a thumbnail
        self._film_run: SlowRun | None = None
        self._film_wish: FilmOfDream | None = None
        self._build()
        self._run: SlowRun | None = None
        session.torch_ready.connect(self._refresh)
        session.time.moved.connect(self._look_again)
        self._rested = later(self, self._look_again, POKE_MS)
        session.pokes.changed.connect(self._rested.start)
        qdocument.changed.connect(self._opened)
        fields.changed.connect(self._wished_otherwise)
        fields.checked.connect(self._refresh)
        fields.begun_otherwise.connect(self._refresh)
        self.keep.toggled.connect(self._keep_toggled)
        self.gallery.chosen.connect(self._show_kept)
        self.node_changed()

    def _build(self) -> None:
        buttons = row((self.start, 1), self.rest, self.save, spacing=6)
        self.fields.add_buttons(self.film, self.show_gallery)
        form = self._form = QWidget()
        scale.leave(form)  # how wide it is follows from the panel, too
        form.setFixedWidth(scale.letters_px(FORM_WIDTH))
        column(self.fields, buttons, 1, of=form, spacing=6)
        self._sight = QStackedWidget()
        # The gallery behind the picture must not make the panel higher than a low window has room for.
        self._sight.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._sight.addWidget(self.picture)
        self._sight.addWidget(self.gallery)
        self._layout = row(form, (self._sight, 1), of=self, margins=(10, 6, 10, 6), spacing=8)
        theme.notifier.changed.connect(self._arrange)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The picture beside the fields, or below them in a narrow panel."""
        if self.visibleRegion().isEmpty():
            return  # behind another tab it has a size that means nothing
        narrow = self.width() < scale.letters_px(NARROW)
        turn(self._layout, narrow)
        keep_width(self._form, None if narrow else scale.letters_px(FORM_WIDTH))

    # What to dream of

    def wanted(self) -> dict[str, ViewRequest | None]:
        return {}

    def take(self, key: str, content: object) -> None:
        raise AssertionError("the dream panel asks the looker for nothing")

    def usual_node(self) -> str:
        return super().usual_node() if self._home else classifier(self.qdocument) or super().usual_node()

    def node_changed(self) -> None:
        self.what.setText(self.node or "no layer")
        self.fields.of_channels(self._word_for(self.node), self._units())
        self._refresh()

    def _units(self) -> int:
        """How many channels, features or classes the node has; 0 if that is not known."""
        report = report_at(self.qdocument.document.report, self.node)
        shape = next(iter(report.outputs.values()), None) if report is not None else None
        if shape is None or not shape.sizes:
            return 0
        return shape.sizes[0] if shape.rank == 3 else shape.sizes[-1]

    def _word_for(self, node: str) -> str:
        """What one of the node's answers is called."""
        if node and node == classifier(self.qdocument):
            return "class"
        report = report_at(self.qdocument.document.report, node)
        shape = next(iter(report.outputs.values()), None) if report is not None else None
        return "channel" if shape is None or shape.rank == 3 else "unit" if shape.rank == 1 else "feature"

    def _unit(self) -> str:
        """What is dreamt of, in words."""
        if self.fields.sum:
            return self.fields.sum
        if self.each.isChecked():
            return f"each {self.channel_label.text()} of {self.node}"
        if self.channel.value() == WHOLE:
            return f"{self.node} as a whole"
        return f"{self.channel_label.text()} {self.channel.value()} of {self.node}"

    @Slot()
    def _refresh(self) -> None:
        dreaming, there, wrong = self.dreaming, self.picture.dreamt is not None, self.fields.wrong
        self.fields.enable()
        self.start.setText(" Stop" if dreaming else " Dream")
        self.start.setEnabled(dreaming or (bool(self.node) and not wrong))
        paused = self._run is not None and self._run.paused
        self.rest.setText("Go on" if paused or not dreaming else "Pause")
        self.rest.setToolTip(REST if dreaming else GO_ON)
        self.rest.setEnabled(dreaming or (there and not wrong))
        self.save.setEnabled(there)
        filming = self._film_run is not None
        self.film.setText("Stop film" if filming else "Film…")
        self.film.setToolTip("Make no film" if filming else FILM)
        self.film.setEnabled(filming or (there and not dreaming))
        if dreaming or there or self._began_with == (self.node, self.channel.value()):
            return  # a dream stays until the next one, and a sentence about one until something else is chosen
        self._began_with = None
        self.picture.say(self._welcome())

    def _welcome(self) -> str:
        """What a dream would show, or why there is none."""
        node = node_at(self.qdocument.project, self.node) if self.node else None
        if node is None:
            return NOTHING
        if role_of(node) in ("source", "input") and not self.fields.sum:
            return data_enters(self.node)
        return WELCOME.format(start=self.fields.start_words, what=self._unit())

    def _wished_otherwise(self) -> None:
        """Something else is to be dreamt of: a dream that is on goes on with that, from the picture it has; one that
        rests does so when somebody lets it go on."""
        if self._run is not None and self.dreaming and self.picture.dreamt is not None and not self.fields.wrong:
            if self._run.paused:
                self._otherwise = True
            else:
                self._goes_on = True
                self._run.stop()
        self._refresh()

    @Slot(object)
    def _opened(self, change: Change) -> None:
        """What was dreamt in another drawing is not kept, nor what is still being dreamt of it, nor the picture that it
        was to begin with, which may be none for this one."""
        if not change.opened:
            return
        self._began_with = None
        self._goes_on = self._anew = self._refused = False
        self._whole = None
        self._kept_on = ""
        self.picture.say("")
        self.fields.forget()
        if self._run is not None and self.dreaming:
            self._outdated = True
            self._run.stop()
        self._refresh()

    # Dreaming

    def toggle(self) -> None:
        """Start the dream, or stop it."""
        if self._run is not None and self.dreaming:
            self._stopped = True
            self._run.stop()
            return
        self._began_from = Path(self.fields.image).name if self.fields.image else ""
        self.record.begin()
        self._sight.setCurrentWidget(self.picture)
        self.picture.say("The dream begins…")
        self._begin()

    def pause_or_go_on(self) -> None:
        """Rest; go on after that; or dream on from the picture that is shown."""
        if self._run is not None and self.dreaming:
            if self._run.paused:
                self.fields.settle()  # a button that takes no focus leaves what is being typed as it is
            if self._run.paused and self._otherwise:
                self._goes_on = True
                self._run.stop()
            else:
                self._run.resume() if self._run.paused else self._run.pause()
            self._refresh()
        elif self.picture.dreamt is not None:
            self._begin(self.picture.dreamt)

    def _begin(self, after: SlowViewState | None = None) -> None:
        """Dream of what is wished for now, from a picture if there is one."""
        self._goes_on = self._stopped = self._otherwise = False
        self._began_with = (self.node, self.channel.value())
        settings = self.fields.wished()
        self._whole = DreamOf("dream", self.node, settings=tuple(settings.items()))
        if self.keep.isChecked() and self.session.busy:
            settings["steps"] = min(settings["steps"], ROUND)
        going_on = after.image if after is not None and len(after.shown.tiles.maps) == 1 else None
        if going_on is not None:
            settings |= {"image": "", "begin": "noise", "size": "net"}
        self._dreams_of = self._words_of_it()
        wish = DreamOf("dream", self.node, settings=tuple(settings.items()), going_on=going_on)
        self._start(wish, by_hand=True)

    def _start(self, wish: DreamOf, *, by_hand: bool) -> None:
        """Dream this with the weights that are looked at now."""
        self._made_of = looked_at(self.session)
        self._by_hand, self._anew, self._came, self._refused = by_hand, False, False, False
        self._wish = replace(wish, epoch=self.session.time.epoch, made={})
        self._run = self.session.slow.start(self._wish, self._on_grown, self._on_ended)
        self._refresh()

    def _look_again(self) -> None:
        """A dream that is shown follows the epoch that is looked at, and what is done to the net: it is dreamt once
        more from its beginning, with the same seed."""
        shown = self.dreaming or self._refused or self.picture.dreamt is not None
        other = self._whole is not None and self._made_of != looked_at(self.session)
        if not (shown and other and self.in_sight) or self._outdated:
            return
        if self._run is not None and self.dreaming:
            self._anew = True
            self._run.stop()
        else:
            self._dream_anew()

    def _dream_anew(self) -> None:
        self._goes_on = self._stopped = self._otherwise = False
        assert self._whole is not None, "something was dreamt of before"
        self._start(self._whole, by_hand=False)

    @property
    def at_work(self) -> bool:
        """Whether a dream is on that comes to an end and that somebody watches."""
        return self.dreaming and self.in_sight and not self.keep.isChecked()

    def ask(self) -> None:
        super().ask()
        if self.in_sight:
            self._rested.start()  # it may have stood behind another panel while the net became another

    def wish(self) -> ViewOf | None:
        """What is dreamt of, from its beginning, as it could be dreamt with other weights; None if that is nothing."""
        if self._whole is not None and (self.dreaming or self.picture.dreamt is not None):
            return self._whole
        if not self.node or self.fields.wrong:
            return None
        return DreamOf("dream", self.node, settings=tuple(self.fields.wished().items()))

    @property
    def dreaming(self) -> bool:
        """Whether a dream of this panel is on, or about to begin."""
        return self._run is not None and not self._run.done

    def _on_grown(self, dreamt: SlowViewState) -> None:
        if self._outdated or self._anew:
            return
        self._came = True
        self.picture.show_dream(dreamt, self._dreams_of)
        if self.keep.isChecked() and self._wish is not None:
            self._kept_on = (self._wish.node or "").split("/")[0]
            caption = dreamt.caption.removeprefix("with the ") or f"step {dreamt.step:,}"
            self.thumbnail.emit(self._kept_on, self.picture.thumbnail, f"dream, {caption}")
        self._refresh()

    def _words_of_it(self) -> str:
        node, channel = self._began_with or (self.node, self.channel.value())
        what = f"{node} as a whole" if channel == WHOLE else f"{self._word_for(node)} {channel} of {node}"
        if self.fields.sum or self.each.isChecked():
            what = self._unit()
        return f"{what}, begun with {self._began_from}" if self._began_from else what

    def _on_ended(self, sentence: str) -> None:
        outdated, self._outdated = self._outdated, False
        dreamt = self.picture.dreamt
        if outdated:
            pass
        elif self._anew:
            self._dream_anew()
            return
        elif sentence:
            self._refused = True
            self.picture.say(sentence)
        elif dreamt is None or self._wish is None:
            self._began_with = None
        else:
            if self._came:
                self.record.add(self._wish, dreamt)
            if self._goes_on or (self.keep.isChecked() and not self._stopped):
                self._begin(dreamt)
                return
            if dreamt.step and self._came and self._by_hand:
                dream_record.keep(dreamt, self.record.recipe())
                self.gallery.look_again()
        self._end_thumbnail()
        self._refresh()

    def _keep_toggled(self, kept: bool) -> None:
        if not kept:
            self._end_thumbnail()

    def _end_thumbnail(self) -> None:
        if self._kept_on:
            self.thumbnail.emit(self._kept_on, None, "")
            self._kept_on = ""

    # Saving

    def _recipe(self, dreamt: SlowViewState) -> dict[str, Any]:
        return self.record.recipe(self._wish, dreamt) if self.dreaming else self.record.recipe()

    def _name(self, ending: str) -> str:
        node, channel = self._began_with or (self.node, WHOLE)
        node = node.replace("/", "-")
        return f"dream-{node}.{ending}" if channel == WHOLE else f"dream-{node}-{channel}.{ending}"

    def save_as(self) -> None:
        """Ask for a file and write the picture there, enlarged with crisp dots."""
        if self.picture.dreamt is not None:
            self._ask_for_file(self._name("png"))

    def _ask_for_file(self, name: str) -> None:
        kinds, place = "PNG picture (*.png)", pictures_folder() / name
        choose_file(self, "Save the dream", place, kinds, self.save_to, saving=True, ending="png")

    def save_to(self, path: Path) -> bool:
        """Write the picture; False, and a sentence, if that fails."""
        dreamt = self.picture.dreamt
        if dreamt is None:
            return False
        try:
            target = dream_record.write(path, dreamt, self._recipe(dreamt))
        except OSError as error:
            not_saved(self, "The picture", path, error, lambda: self._ask_for_file(path.name))
            self.picture.note(f"Not saved: {error.strerror or error}.")
            return False
        self.picture.note(f"Saved as {target.name}")
        return True

    def film_as(self) -> None:
        """Ask for a file and make a film there that begins with this picture; or stop the one that is being made."""
        if self._film_run is not None:
            self._film_run.stop()
            return
        if self.picture.dreamt is None:
            return
        place = pictures_folder() / self._name("gif")
        choose_file(self, "Save a film", place, FILM_KINDS, self.film_to, saving=True, ending="gif")

    def film_to(self, path: Path) -> None:
        """Make a film and write it; the panel's note says how far it is."""
        dreamt = self.picture.dreamt
        if dreamt is None or self.dreaming or len(dreamt.shown.tiles.maps) != 1:
            self.picture.note("A film begins with one picture. Dream of one channel.")
            return
        settings, pokes = tuple(self.fields.wished().items()), self.session.pokes.now.pokes
        poked = f" The net in it is poked: {words_of(pokes, 2)}." if pokes else ""
        wish = self._film_wish = FilmOfDream(
            "dream",
            self.node,
            settings=settings,
            start=dreamt.image,
            path=path,
            recipe=self._recipe(dreamt),
            note=poked,
        )
        self.picture.note("The film begins…")
        self._film_run = self.session.slow.start(wish, self._film_grown, self._film_ended)
        if self._film_run.done:
            self._film_run = None
        self._refresh()

    def _film_grown(self, made: SlowViewState) -> None:
        words = f"Film: picture {made.step} of {made.steps}…" if made.step < made.steps else "Film: writing it…"
        self.picture.note(words)

    def _film_ended(self, sentence: str) -> None:
        wish, self._film_run = self._film_wish, None
        assert wish is not None, "it was begun with it"
        if wish.unwritten is not None:
            sentence = "The film is made, but not saved."
            write_elsewhere(self, wish.unwritten, self.picture.note)
        done = saved_words(wish.path, wish.note) if wish.written else "No film was made."
        self.picture.note(sentence or done)
        self._refresh()

    # What was made before

    def toggle_gallery(self) -> None:
        """Show the dreams that were made, or the picture again."""
        if self._sight.currentWidget() is self.gallery:
            self._sight.setCurrentWidget(self.picture)
        else:
            self._sight.setCurrentWidget(self.gallery)
            self.gallery.look()

    def _show_kept(self, path: Path) -> None:
        """A picture from the gallery, with its recipe in the fields as far as this drawing has its layer."""
        from app.insight.dream.recipes import in_words, read_recipe
        from app.insight.tiles import NoPicture

        self._sight.setCurrentWidget(self.picture)
        if self.dreaming:
            return
        try:
            stages = read_recipe(path).stages
            last = {name: value for name, value in stages[-1].items() if name not in ("node", "until")}
            found = views()["dream"].settings(last)
        except (NoPicture, BadSetting) as reason:
            self.picture.say(str(reason))
            return
        node, said = str(stages[-1]["node"]), f"Dream of {in_words(stages)}."
        if report_at(self.qdocument.document.report, node) is None:
            said += f" This drawing has no {node}, so it cannot be made again here."
        else:
            self.set_node(node, self._home)
            self.fields.take(found)
            said += " Its recipe is in the fields: press Dream to make it again."
        self._began_with = (self.node, self.channel.value())
        self.picture.show_kept(QImage(str(path)), said)
        self._refresh()
