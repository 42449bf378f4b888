"""The training panel: recipe at the left, curves as they grow, and in words how far it is and what was noticed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QStackedLayout, QWidget

from app.core.document import Change
from app.jobs.messages import Bundle
from app.training.events import BatchDone, Cancelled, Changed, Diagnosed, Edited, EpochDone, Failed, Finished, Started
from app.training.folder import read_changes, read_edits
from app.ui import scale, theme
from app.ui.insight.subject_cache import another_experiment
from app.ui.labels import FactLine, Remark, TintedLabel, button
from app.ui.layouts import ScrollArea, column, keep_width, row, seen_height, turn
from app.ui.pace import later
from app.ui.problems.entries import ProblemEntry
from app.ui.qdocument import QDocument
from app.ui.readiness import HeldTraining
from app.ui.session import Session
from app.ui.training import runs
from app.ui.training.branch_curves import CurvePlace, KeptOf, leave, place_of
from app.ui.training.edits import waiting_for_a_rest
from app.ui.training.findings import FindingsColumn
from app.ui.training.fix_offer import FixOffer
from app.ui.training.kept_place import KeptPlace
from app.ui.training.rate_finder import RateFinder
from app.ui.training.recipe_form import RecipeForm
from app.ui.training.retraining import Retraining
from app.ui.training.run_curves import WELCOME, RunCurves, welcome, words_of

RECIPE_WIDTH = 436
RECIPE_COLUMN = 232  # with the settings in one column
HEAD_REST = 300  # of the first row: the bar, Continue, and the beginning of where the run is kept
NARROW = 800  # of the panel: below that, what stands side by side stands one below the other
TIGHT = 520  # below that, the recipe stands in the place of the curves, and a button changes between them
LOW = 170  # and below this height there is no row for where the run is kept
MARKS_MS = 80  # behind the curves, so that what waits for the window does not wait for both
MOST_EARLIER = 3  # runs that stay behind the one that is shown
BAR_WIDTH, SHORT_BAR = 150, 72


class TrainingPanel(QWidget):
    """Follows one session. ``travel`` carries the path of a node that a finding is about, when it is clicked."""

    travel = Signal(str)
    place_asked = Signal(object, object)  # what is there (see ``CurvePlace``), and where on the screen

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._qdocument = session, qdocument
        self.story = RunCurves()
        self._earlier: list[RunCurves] = []  # those that were shown before, the latest first
        self._overlaid: list[tuple[str, RunCurves]] = []
        self._kept_marks = KeptOf()
        self._waiting_words = ""
        self._refusal: Failed | None = None
        self._elsewhere = ""  # where it is read why nothing was trained, if not here
        self._failure_holds = True  # whether it would fail again
        self._refused_edit = ""  # why the training cannot go on with the drawing as it is now
        self._went_on = ""  # what of the drawing before goes on, since it was edited
        self.curves: QWidget | None = None
        self.recipe = RecipeForm(qdocument)
        self.rate_finder = RateFinder(session, qdocument)
        self.recipe.add_beside_lr(self.rate_finder.search)
        self.recipe.add_below(self.rate_finder)
        self.rate_finder.grown.connect(self._show_rate_finder)
        self.words = FactLine()
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.kept = KeptPlace()
        self.note = Remark("warning")
        again = self._again = Retraining(session, qdocument, self)
        self.mending = FixOffer(qdocument, again)
        self.bar = QProgressBar(minimum=0, maximum=1000, textVisible=False)
        scale.leave(self.bar)
        self.bar.setAccessibleName("Share of the training that is done")
        self.train_on = button("Continue", "Go on with the last run where it stopped", session.train_on)
        self.train_on.hide()
        self.switch = button("Recipe", "Change between the recipe and the curves", self._arrange)
        self.switch.setCheckable(True)
        self.switch.hide()
        self.welcome = TintedLabel(WELCOME, "text.soft", wrap=True)
        self.welcome.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.findings = FindingsColumn(again)
        self.findings.linkActivated.connect(self.travel)
        self._redraw = later(self, self._draw_calmly)
        self._marking = later(self, self._mark_kept, MARKS_MS)
        self._stale = False
        self._with_recipe = True
        self._low = False
        self._build()
        session.state_changed.connect(self._on_state)
        session.progress.connect(self._on_progress)
        session.ended.connect(self._on_ended)
        session.released.connect(self._on_released)
        session.said.connect(self._on_said)
        session.differs_changed.connect(self._show_note)
        session.recalled.connect(self._on_recalled)
        session.edit_refused.connect(self._on_edit_refused)
        session.curves_ready.connect(self._on_curves)
        qdocument.changed.connect(self._on_document)
        self._show_words()

    def _build(self) -> None:
        form = self._form = ScrollArea(self.recipe)
        scale.leave(form)  # how wide it is follows from the panel, too
        beside = row((self.kept, 1), 0, self.train_on, self.bar, self.switch, spacing=10)
        self._head = row(self.words, (beside, 1), spacing=10)
        self._middle = QWidget()
        self._pages = QStackedLayout(self._middle)
        self._pages.addWidget(self.welcome)
        self._body = row((self._middle, 1), self.findings, spacing=8)
        right = column(self._head, self.note, self.mending, (self._body, 1), spacing=4)
        self._row = row(form, (right, 1), of=self, margins=(10, 6, 10, 6), spacing=14)
        theme.notifier.changed.connect(self._arrange)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        # What stands side by side would keep a panel that is scrolled as wide as that, and so for ever side by side.
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), scale.letters_px(NARROW) - 1), hint.height())

    def _arrange(self) -> None:
        """Side by side where there is room, one below the other in a narrow window or at a large scale."""
        narrow, tight = (self.width() < scale.letters_px(width) for width in (NARROW, TIGHT))
        self.recipe.arrange(narrow)
        self._place_form(narrow, tight)
        turn(self._body, narrow)
        self._arrange_head()
        self._say_welcome()
        self.mending.crowd(seen_height(self) < scale.px(LOW))
        self.findings.arrange(narrow)

    @Slot()
    def _show_rate_finder(self) -> None:
        """Bring what was found into view, below the settings."""
        self.recipe.adjustSize()
        self._form.ensureWidgetVisible(self.rate_finder)

    def _place_form(self, narrow: bool, tight: bool) -> None:
        """The recipe beside the curves, or in their place."""
        asked = self.switch.isChecked()
        self.switch.setVisible(tight and self._with_recipe)
        if tight == (self._body.indexOf(self._form) < 0):
            if tight:
                self._body.insertWidget(0, self._form, 1)
            else:
                self._row.insertWidget(0, self._form)
        width = scale.letters_px(RECIPE_COLUMN if narrow else RECIPE_WIDTH)
        keep_width(self._form, None if tight else width)
        self._form.setVisible(self._with_recipe and (asked or not tight))
        self._middle.setVisible(not (tight and asked and self._with_recipe))

    def _arrange_head(self) -> None:
        """The words have a row of their own, and more if need be, where they would be cut off beside the bar; in a low
        panel, where the curves need the height, they take several lines beside it."""
        beside = self._form.isVisibleTo(self) and self._row.indexOf(self._form) >= 0
        room = self.width() - (self._form.width() if beside else 0) - scale.px(HEAD_REST)
        crowded = self.fontMetrics().horizontalAdvance(self.words.full_text) > room
        # In a low panel the curves need the row: the tooltip of the words says where the run is kept, too.
        low = crowded and seen_height(self) < scale.px(LOW)
        tight = self.width() < scale.letters_px(TIGHT)
        below = crowded and (tight or not low)
        self.bar.setFixedSize(scale.px(SHORT_BAR if tight or low else BAR_WIDTH), scale.px(12))
        turn(self._head, below)
        self._head.setSpacing(scale.px(2 if below else 10))
        self._head.setStretch(0, 1 if low and not below else 0)
        self._head.setStretch(1, 0 if crowded else 1)
        self.words.wrap(crowded)
        self.kept.setVisible(not low)
        self._low = low
        self._show_bar()

    def _show_bar(self) -> None:
        """While there is something to tell; a full one takes no row of its own from the curves."""
        self.bar.setVisible(self.story.started is not None and not (self._low and self.story.ending is not None))

    @property
    def refused(self) -> str | None:
        """The layer for which the drawing was refused; empty where it is none in particular, None if it was not."""
        return (self._refusal.node or "") if self._refusal is not None else None

    def show_said(self, entries: Sequence[ProblemEntry], *, listed: bool, elsewhere: str) -> None:
        """Show of what the training said only what is still true of the drawing, each sentence once. ``listed``: all of
        it is read in the list of problems; ``elsewhere`` names the place for why nothing was trained, if not here."""
        told = {entry.problem.sentence for entry in entries if entry.kind == "finding" and not entry.failed}
        self._elsewhere, self._failure_holds = elsewhere, any(entry.failed for entry in entries)
        self.findings.show_findings([] if listed else [one for one in self.story.findings if one.sentence in told])
        self._show_words()

    def show_recipe(self, shown: bool) -> None:
        """Show the recipe beside the curves, or leave the room to them."""
        self._with_recipe = shown
        self._arrange()

    def _make_curves(self) -> None:
        """Make the plots; a training has loaded pyqtgraph beside the window before it says that it started."""
        if self.curves is None:
            from app.ui.training.curves import Curves

            self.curves = Curves()
            self.curves.save_wanted.connect(self._save_curves)
            self.curves.asked.connect(self._place_asked)
            self.curves.kept_chosen.connect(lambda epoch, where: self.place_asked.emit(CurvePlace(epoch), where))
            self._pages.addWidget(self.curves)

    def _place_asked(self, at: float, reach: float, where: object) -> None:
        self.place_asked.emit(place_of(self.story, at, reach), where)

    @Slot()
    def _save_curves(self) -> None:
        from app.ui.training import curve_files

        run, curves = self._session.run, self.curves
        assert curves is not None
        name = run.folder.name if run is not None else "curves"
        curve_files.ask(self, curves, f"{name}.png", self._session.said.emit)  # type: ignore[arg-type]

    # What the session says

    @Slot(str)
    def _on_state(self, state: str) -> None:
        if state == "starting":
            self._keep_earlier()
            self.story = RunCurves()
            self.findings.show_findings(())
            self._waiting_words = self._refused_edit = self._went_on = ""
            self._refusal = None
        elif state == "paused":
            self.story.rest()
            self._draw_soon()
        elif state == "running":
            self.story.run()
        self._show_words()
        self._show_continue()

    def _keep_earlier(self) -> None:
        """Let what is shown stay pale behind what comes."""
        if self.story.done:
            self._earlier = [self.story, *self._earlier][:MOST_EARLIER]

    def overlay(self, runs: Sequence[tuple[str, RunCurves]]) -> None:
        """Draw these runs, too, by their names."""
        self._overlaid = list(runs)
        if self._overlaid:
            self._make_curves()
            assert self.curves is not None
            self._pages.setCurrentWidget(self.curves)
        self._draw()

    @Slot(object)
    def _on_progress(self, bundle: Bundle) -> None:
        story = self.story
        for event in bundle.events:
            if isinstance(event, Started | BatchDone | Changed | Edited | EpochDone | Diagnosed):
                if isinstance(event, Started):
                    self._begin(event)
                story.hear(event)
                if isinstance(event, Diagnosed):
                    self._show_findings()
                elif isinstance(event, Edited):
                    self._went_on = "" if event.refused else event.sentence
                    self._show_note()
        if self._session.state == "paused":
            story.rest()
        self._draw_soon()

    def _begin(self, started: Started) -> None:
        self._make_curves()
        if self._session.run is not None and self._session.run.resumed and self._earlier:
            # The same run goes on, so its curves do too.
            before = self._earlier.pop(0)
            self.story.take_over(before, started.resumed_epoch, self._session.run.names)
        run = self._session.run
        self.story.folder = run.folder if run is not None else None
        if run is not None and run.left is not None:
            self._earlier = leave(self.story, self._earlier, *run.left)[:MOST_EARLIER]
        assert self.curves is not None
        self._pages.setCurrentWidget(self.curves)

    @Slot(object)
    def _on_ended(self, event: Finished | Cancelled | Failed) -> None:
        if isinstance(event, Failed) and (self.story.ending is not None or self.story.started is None):
            # An ending without a beginning: what was pressed could not even start. The story of the run before stays.
            self._refusal = event
        else:
            self.story.hear(event)
            self._show_findings()
        self._draw()
        self._show_continue()

    def _on_released(self) -> None:
        if isinstance(self._refusal, HeldTraining):
            self._refusal = None
            self._draw()

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        if change.opened and not self._session.busy:
            # These are the curves of another drawing.
            self.story, self._earlier, self._refusal, self._overlaid = RunCurves(), [], None, []
            self.findings.show_findings(())
            self._draw()
        elif self._refusal is not None and another_experiment(change):
            self._refusal = None
            self._draw()
        else:
            self.findings.renew()
        self._refused_edit = ""
        self._show_note()
        self._show_continue()

    @Slot(object)
    def _on_recalled(self, past: runs.KeptRun) -> None:
        """Tell of an earlier run, whose drawing was opened."""
        assert self._session.run is not None
        known = past.about
        failed = known.ending == "failed" and known.sentence
        failure = Failed(known.node or None, known.sentence, known.fixes, known.useless) if failed else None
        epochs = self._session.run.project.recipe.epochs
        self.story = RunCurves.recalled(past.epochs, epochs, failure, known.useless, known.rule, known.best)
        self.story.imported = past.imported
        self.story.changes = list(read_changes(past.folder))
        self.story.edits = list(read_edits(past.folder))
        self.story.folder = past.folder
        if known.parent:
            self._earlier = leave(self.story, self._earlier, Path(known.parent), known.left)[:MOST_EARLIER]
        self._draw()
        self._show_continue()
        if "pyqtgraph" in sys.modules:
            self._on_curves()

    @Slot()
    def _on_curves(self) -> None:
        if self.story.done:
            self._make_curves()
            assert self.curves is not None
            self._pages.setCurrentWidget(self.curves)
            self._draw()

    @Slot(str)
    def _on_said(self, text: str) -> None:
        self._waiting_words = text
        self._show_words()

    # Showing it

    def _draw_soon(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start(100 if self.curves is None else self.curves.pace.rest_ms)  # type: ignore[attr-defined]

    @Slot()
    def _draw_calmly(self) -> None:
        """As it is while a training runs: not all of it at once."""
        self._draw(calmly=self._session.state == "running")

    def _draw(self, calmly: bool = False) -> None:
        self._redraw.stop()
        self._show_words()
        self.bar.setValue(round(1000 * self.story.share))
        self._stale = not self.isVisible()
        if self.curves is not None and not self._stale:
            from app.ui.training.curves import EARLIER, LEFT, OverlaidRun

            labels = (LEFT, *EARLIER) if self.story.left is not None else EARLIER
            earlier = [OverlaidRun(label, story, True) for label, story in zip(labels, self._earlier, strict=False)]
            others = [OverlaidRun(label, story) for label, story in self._overlaid]
            self.curves.show_story(self.story, [*others, *earlier], calmly)  # type: ignore[attr-defined]
            if not calmly:
                self._mark_kept(calmly=False)
            elif not self._marking.isActive():
                self._marking.start()

    @Slot()
    def _mark_kept(self, calmly: bool = True) -> None:
        """Mark in the curves which epochs can be gone back to."""
        self._marking.stop()
        if self.curves is not None:
            self.curves.mark_kept(self._kept_marks.of(self.story), calmly)  # type: ignore[attr-defined]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._redraw.start(0)

    def _show_words(self) -> None:
        state, story = self._session.state, self.story
        if self._refusal is not None:
            text = "Nothing was trained."
        elif isinstance(story.ending, Failed):
            text = "The training failed."
        elif story.ending is not None:
            text = story.last_words()
        elif state == "idle":
            text = self._waiting_words
        else:
            text = story.words(state) or self._waiting_words or "Starting…"
        self.words.say(self._of_fold(text))
        # While it trains they keep a row of their own once they have it, or it would come and go.
        if not self.words.wordWrap() or story.ending is not None:
            self._arrange_head()
        self._show_bar()
        self._show_note()
        said = (text, self.kept.toolTip())  # there may be no room for the second
        self.words.setToolTip("".join(f"<p>{escape(words)}</p>" for words in said if words))
        self._say_welcome()

    def _of_fold(self, text: str) -> str:
        """The words with which part of a cross-validation they are about."""
        run = self._session.run
        if run is None or run.project.recipe.folds < 2 or self.story.started is None or self._refusal is not None:
            return text
        return f"Fold {run.project.recipe.fold} of {run.project.recipe.folds} · {text[:1].lower()}{text[1:]}"

    def _say_welcome(self) -> None:
        """What stands in the place of the curves while there are none; in a low panel the reason needs the room."""
        story, failed = self.story, self._failure is not None
        if (story.started is None or story.bare) and not self._overlaid:
            self._pages.setCurrentWidget(self.welcome)
            bare = "No batch was finished, so there are no curves."
            bare = "Train, and the curves grow here." if story.imported else bare
            words = bare if story.bare else welcome(failed, self._session.state)
            self.welcome.setText(words if not failed or seen_height(self) >= scale.px(LOW) else "")

    def _waiting(self) -> str:
        run = self._session.run
        return waiting_for_a_rest(run.project, self._qdocument.project) if run is not None else ""

    @Slot()
    def _show_note(self) -> None:
        session, text, failed = self._session, "", self._failure is not None
        if self._failure is not None and (self._failure_holds or self._refusal is not None):
            text = f"Why stands {self._elsewhere}." if self._elsewhere else words_of(self._failure)
        elif self._refused_edit and session.state == "paused" and session.edited:
            text = f"The training waits. {self._refused_edit}"
        elif session.edited:
            text = "Edited. Going on (F5) trains the drawing as it is now; layers that fit keep what they have learned."
        elif session.state == "running" and (waits := self._waiting()):
            text = f"Not yet: {waits}. Pause, then go on: the rest is trained so."
        elif session.busy and self._went_on and not session.differs:
            text = self._went_on
        elif session.busy and session.differs and session.edits.sent:
            text = "The training takes over the drawing as it is now …"
        elif session.busy and session.differs and not session.edits.on_the_way:
            text = "The drawing has changed since this training began or went on, and is trained as it was then."
        elif session.differs and session.trained is not None:
            text = "The drawing has changed since this run. Press Train to train it as it is now."
        self.note.set_role("error" if failed else "warning")
        self.note.say(text)
        # Its buttons stand where its sentence does.
        self.mending.offer(self._failure if not self._elsewhere else None, refused=self._refusal is not None)
        over = session.trained is not None and self.story.ending is not None and not session.busy and not failed
        self.kept.say(runs.shown(session.trained.run) if over and session.trained is not None else "")

    @Slot(str, str)
    def _on_edit_refused(self, _: str, sentence: str) -> None:
        self._refused_edit = sentence
        self._show_note()

    @property
    def _failure(self) -> Failed | None:
        """Why nothing, or no more, was trained."""
        ending = self.story.ending
        return self._refusal or (ending if isinstance(ending, Failed) else None)

    @Slot()
    def _show_continue(self) -> None:
        why_not = self._session.why_not_continue()
        self.train_on.setVisible(why_not is None and not self.story.useless)

    def _show_findings(self) -> None:
        """All but the one that ended the run: it stands above the curves."""
        ending = self.story.ending
        said = ending.sentence if isinstance(ending, Failed) else None
        self.findings.show_findings([each for each in self.story.findings if each.sentence != said])
