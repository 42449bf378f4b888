"""A strip below the canvas that takes all pictures to an epoch of the run: strips, filters, maps and every view."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QSlider, QStyle, QStyleOptionSlider

from app.jobs.messages import Ended, Picture
from app.training.position import TrainingPosition, at_short, at_words, position_of
from app.ui import icons, scale, theme
from app.ui.base_window import BaseWindow
from app.ui.dialogs import choose_file
from app.ui.insight.unwritten import UnwrittenFilm, write_elsewhere
from app.ui.labels import TintedLabel, icon_button
from app.ui.latest_job import LatestJob
from app.ui.layouts import row

if TYPE_CHECKING:  # panels come when somebody looks at them
    from app.ui.insight.dream import DreamPanel
    from app.ui.insight.held_scales import HoldingPanel
    from app.ui.insight.views import ViewOf

LEAST = 2  # kept epochs, from which on there is something to go through
STEP_MS = 350  # of the film on the screen; a slow view takes the time it takes
NARROW = 520  # below that, the words have no room beside the slider
FILTERS = "Animated GIF (*.gif);;MP4 film (*.mp4)"


class JumpingSlider(QSlider):
    """Lies flat; its handle goes to where the mouse is pressed, and follows it from there. Qt's own goes one page
    towards the mouse, which in a hundred epochs is nowhere near it."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_SliderHandle
        handle = self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self)
        at = event.position().toPoint()
        if event.button() == Qt.MouseButton.LeftButton and not handle.contains(at):
            room = self.width() - handle.width()
            self.setValue(
                QStyle.sliderValueFromPosition(
                    self.minimum(), self.maximum(), at.x() - handle.width() // 2, room, option.upsideDown
                )
            )
        super().mousePressEvent(event)  # now on the handle, so that it can be dragged on


class TimeStrip(QFrame):
    """Hidden while a run has fewer than two kept epochs. At its right end stand the newest weights."""

    gone = Signal()

    def __init__(self, window: BaseWindow) -> None:
        super().__init__()
        self._window = window
        self._time = window.session.time
        self._job = LatestJob(window.session.runner, self, self._take, self._ended)
        self.setAccessibleName("Time")
        self.earlier_button = icon_button("chevron-left", "Earlier epoch (Alt+,)", self.earlier)
        self.play_button = icon_button("train", "Play the epochs (Ctrl+Alt+.)", self.play)
        self.later_button = icon_button("chevron-right", "Later epoch (Alt+.)", self.later)
        self.film_button = icon_button("export", "Save a film of the view over the epochs…", self.film)
        self.slider = JumpingSlider()
        self.slider.setAccessibleName("Epoch that is looked at")
        self.slider.setToolTip(
            "Every picture shows the run as it was at the end of this epoch, or at this step of a long one; at the "
            "right end, as it is now"
        )
        self.slider.setPageStep(1)
        self.slider.setMinimumWidth(60)
        self.title = TintedLabel("Epoch", "text.soft")
        self.words = TintedLabel("", "text")
        row(
            self.title, self.earlier_button, self.play_button, self.later_button, (self.slider, 1), self.words,
            self.film_button, of=self, margins=(10, 1, 8, 1), spacing=4,
        )  # fmt: skip
        self._playing = QTimer(self, interval=STEP_MS)
        self._playing.timeout.connect(self._next)
        self.slider.valueChanged.connect(self._slid)
        self._time.known.connect(self._show)
        self._time.moved.connect(self._show)
        theme.notifier.changed.connect(self._fit)
        self.hide()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @property
    def _narrow(self) -> bool:
        return self.width() < scale.letters_px(NARROW)

    def _fit(self) -> None:
        self.title.setVisible(not self._narrow)
        self._say()

    def _show(self) -> None:
        """Show where it stands."""
        epochs = self._time.epochs
        shown, was = len(epochs) >= LEAST, self.isVisible()
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, len(epochs))
            at = self._time.epoch
            self.slider.setValue(epochs.index(at) if at in epochs else len(epochs))
        self._say()
        self.earlier_button.setEnabled(self.slider.value() > 0)
        self.later_button.setEnabled(self.slider.value() < len(epochs))
        self.setVisible(shown)
        if not shown:
            self._rest()
        if was != shown:
            self.gone.emit()

    def _say(self) -> None:
        at, epochs = self._time.epoch, self._time.epochs
        last = position_of(epochs[-1]).epoch if epochs else 0
        if at is None:
            words, short = "newest weights", "newest"
        elif isinstance(at, TrainingPosition):
            words, short = at_words(at), at_short(at)
        elif at:
            words, short = f"epoch {at:,} of {last:,}", f"{at:,}"
        else:
            words, short = "0: before the first step", "0"
        self.words.setText(short if self._narrow else words)
        self.words.setToolTip(words)
        self.slider.setAccessibleDescription(words)

    def _slid(self, place: int) -> None:
        epochs = self._time.epochs
        self._time.choose(epochs[place] if place < len(epochs) else None)
        self._say()

    # What actions call

    def earlier(self) -> None:
        """Look at the kept epoch before."""
        self._go(-1)

    def later(self) -> None:
        """Look at the next kept epoch, or at the newest weights behind the last one."""
        self._go(1)

    def now(self) -> None:
        """Look at the newest weights."""
        self._rest()
        self._time.choose(None)
        self._say()

    def _go(self, steps: int) -> None:
        self._rest()
        if len(self._time.epochs) < LEAST:
            self._window.say(NOTHING)
            return
        self._time.go(steps)
        self._say()

    def play(self) -> None:
        """Go through all epochs, from the first on if the end is reached; or stop that."""
        if self._playing.isActive():
            self._rest()
            return
        if len(self._time.epochs) < LEAST:
            self._window.say(NOTHING)
            return
        if self._time.epoch is None:
            self._time.choose(self._time.epochs[0])
        self._playing.start()
        self._dress("pause", "Stop playing (Ctrl+Alt+.)")

    def _rest(self) -> None:
        if self._playing.isActive():
            self._playing.stop()
            self._dress("train", "Play the epochs (Ctrl+Alt+.)")

    def _dress(self, icon: str, tip: str) -> None:
        icons.put(self.play_button, icon, "text.soft")
        self.play_button.setToolTip(tip)
        self.play_button.setAccessibleName(tip)

    def _next(self) -> None:
        window = self._window
        at_work = any(window.has_panel(name) and getattr(window, name).at_work for name in ("views", "dream"))
        if window.session.looker.waits or at_work:
            return  # the picture before has not come yet: none is left out
        self._time.go(1)
        if self._time.epoch is None:
            self._rest()

    # A film in a file

    def film(self) -> None:
        """Ask for a file, and write the view that is in sight into it, at every kept epoch."""
        if self._job.on:
            self._job.stop()
            return
        panel = self._panel()
        wish = panel.wish() if panel is not None else None
        session, where = self._window.session, ""
        if session.busy:
            where = "A film is made when the training has ended."
        elif len(self._time.epochs) < LEAST:
            where = NOTHING
        elif wish is None:
            where = "Open Look inside, Filters, Activations or Dream first: what it shows becomes the film."
        if where:
            self._window.say(where)
            return
        assert wish is not None, "else it was said"
        from app.insight.views import views
        from app.ui.insight.saving import pictures_folder

        title = views()[wish.view].title
        name = f"{wish.view}-{wish.node.replace('/', '-')}.gif" if wish.node else f"{wish.view}.gif"
        choose_file(
            self,
            f"Save a film: {title}",
            pictures_folder() / name,
            FILTERS,
            lambda path: self._write(path, wish),
            saving=True,
            ending="gif",
        )

    def _panel(self) -> HoldingPanel | DreamPanel | None:
        """The panel whose view can be seen."""
        window = self._window
        names = [name for name in ("views", "filters", "activations", "dream") if window.has_panel(name)]
        made: list[HoldingPanel | DreamPanel] = [getattr(window, name) for name in names]
        return next((panel for panel in made if panel.in_sight), None)

    def _write(self, path: Path, wish: ViewOf) -> None:
        from app.ui.insight.filming import FilmOf

        session = self._window.session
        subjects = self._time.each(session.slow.kept, session.origin_of(wish.node))
        made = FilmOf(subjects, self._time.epochs, wish, path, session.pokes.now.pokes)
        self._job.start(made)
        self.film_button.setToolTip("Stop making the film")

    def _take(self, picture: Picture) -> None:
        if isinstance(picture.content, UnwrittenFilm):
            self._window.say("The film is made, but not saved.")
            write_elsewhere(self, picture.content, self._window.say)
        else:
            self._window.say(str(picture.content))

    def _ended(self, ended: Ended) -> None:
        self.film_button.setToolTip("Save a film of the view over the epochs…")
        if ended.outcome == "failed":
            self._window.say(ended.sentence)
        elif ended.outcome == "cancelled":
            self._window.say("No film was made.")


NOTHING = (
    "There are no epochs to go through yet: fewer than two were kept. Train, with snapshots above 0 in the recipe."
)
