"""The Text panel: what the net writes, live while it trains, and the film of what it wrote on the way."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QSlider, QWidget

from app.training.writing.film import FilmFrame
from app.ui import scale
from app.ui.insight.panel import LookPanel
from app.ui.insight.views import NothingToShow, ViewRequest
from app.ui.labels import TintedLabel, eliding_button, label_of, text_line
from app.ui.layouts import column, keep_width, row
from app.ui.qdocument import QDocument
from app.ui.session import Session
from app.ui.writing.page import TextPage
from app.ui.writing.request import TextOf, WritingState

NOTHING = (
    "Here a network writes: one that reads a text and tells at each letter or word which comes next. Open the template "
    "Character LSTM and train it."
)
COMING = "The text comes in a moment."
LEGEND = "The stronger the colour, the less likely the network held what stands there. Hover over it for the others."
NARROW = 700  # of the panel: below that the text stands above the settings
SIDE = 264
LENGTH = 300
_WARMEST = 20  # of the slider, in tenths


class TextPanel(LookPanel):
    """A prompt, a temperature and the film beside the text."""

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(session, qdocument, parent)
        self.written: WritingState | None = None
        self._seed = 0
        tip = "What stands there before the network writes on (Enter)"
        self.prompt = text_line("What stands there first", "Prompt", tip)
        self.prompt.editingFinished.connect(self.ask)
        self.temperature = _slider("Temperature", 0, _WARMEST, 10)
        self.temperature.setToolTip(
            "Low: it keeps to what is likely; 0 takes the likeliest each time. High: it dares more"
        )
        self.temperature.valueChanged.connect(self._warmed)
        self.warmth = QLabel()
        self.again = eliding_button("Write again", "Another draw with the same settings", self._draw_again)
        self.film = _slider("Film", 0, 0, 0)
        self.film.setToolTip(
            "What it wrote after 100, 300, 500 … steps of its training; at the right end, what it writes now"
        )
        self.film.valueChanged.connect(self._show)
        self.moment = TintedLabel("", "text.soft", wrap=True)
        self.page = TextPage()
        self.legend = TintedLabel(LEGEND, "text.soft", wrap=True)
        self.words = TintedLabel(NOTHING, "text.soft", wrap=True)
        self._build()
        session.torch_ready.connect(self.ask)
        session.model_ready.connect(self.ask)
        session.state_changed.connect(lambda _: self.ask())
        self._warmed(self.temperature.value(), ask=False)
        self._empty(NOTHING)

    def _build(self) -> None:
        self._side = QWidget()
        column(
            row(label_of(self.prompt, "Prompt"), (self.prompt, 1), spacing=8),
            row(label_of(self.temperature, "Temperature"), (self.temperature, 1), self.warmth, spacing=8),
            row(label_of(self.film, "Film"), (self.film, 1), spacing=8),
            row((self.moment, 1), self.again, spacing=8),
            1,
            of=self._side,
            spacing=4,
        )
        right = column(self.words, (self.page, 1), self.legend, spacing=4)
        self._layout = row(self._side, (right, 1), of=self, margins=(10, 6, 10, 6), spacing=10)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < scale.letters_px(NARROW)
        ways = QBoxLayout.Direction
        self._layout.setDirection(ways.BottomToTop if narrow else ways.LeftToRight)  # the text first
        keep_width(self._side, None if narrow else scale.letters_px(SIDE))
        self.page.setMinimumHeight(scale.letters_px(64) if narrow else 0)

    # What is asked for

    def wanted(self) -> dict[str, ViewRequest | None]:
        drawn = bool(self.qdocument.project.graph.nodes)
        return {"text": self.request() if drawn else None}

    def request(self) -> TextOf:
        """What is to be written now."""
        session = self.session
        folder = session.run.folder if session.run is not None and session.busy else None
        if folder is None and session.trained is not None:
            folder = session.trained.run
        warmth = self.temperature.value() / 10
        return TextOf(self.prompt.text(), warmth, LENGTH, self._seed, str(folder) if folder is not None else "")

    def ask(self) -> None:
        super().ask()
        if self._seen and self.written is None and self.words.text() == NOTHING and self.wanted()["text"] is not None:
            self.words.setText(COMING)

    def usual_node(self) -> str:
        return ""

    def node_changed(self) -> None:
        if not self.qdocument.project.graph.nodes:
            self._empty(NOTHING)
        self.ask()

    def forget(self) -> None:
        super().forget()
        self._seed = 0
        self._empty(NOTHING)

    def _draw_again(self) -> None:
        self._seed += 1
        self.film.setValue(self.film.maximum())
        self.ask()

    @Slot(int)
    def _warmed(self, tenths: int, ask: bool = True) -> None:
        self.warmth.setText("the likeliest" if not tenths else f"{tenths / 10:.1f}")
        if ask:
            self.film.setValue(self.film.maximum())
            self.ask()

    # What came

    def take(self, key: str, content: object) -> None:
        if isinstance(content, NothingToShow):
            self._empty(content.sentence)
        elif isinstance(content, WritingState):
            at_end = self.film.value() == self.film.maximum()
            self.written = content
            with QSignalBlocker(self.film):
                self.film.setRange(0, len(content.film))
                if at_end:
                    self.film.setValue(len(content.film))
            self._show()

    @property
    def frame(self) -> FilmFrame | None:
        """The moment that is shown."""
        if self.written is None:
            return None
        frames = (*self.written.film, self.written.now)
        return frames[min(self.film.value(), len(frames) - 1)]

    def _show(self) -> None:
        written, frame = self.written, self.frame
        if written is None or frame is None:
            return
        now = frame is written.now
        self.page.show_text(written.prompt if now else "", frame)
        if now:
            self.moment.setText(f"now, {written.caption}")
        else:
            self.moment.setText(f"after {frame.iteration:,} steps, in epoch {frame.epoch:,}")
        self.words.setText(written.bits)
        self.words.setVisible(bool(written.bits))
        self._shown(True)

    def _empty(self, sentence: str) -> None:
        self.written = None
        self.page.clear_text()
        self.words.setText(sentence)
        self.words.show()
        self._shown(False)

    def _shown(self, shown: bool) -> None:
        self.page.setVisible(shown)
        self.legend.setVisible(shown)
        # With a prompt that the network does not know, there is nothing to see, and another one can be written.
        self._side.setVisible(shown or bool(self.prompt.text()))


def _slider(name: str, low: int, high: int, value: int) -> QSlider:
    made = QSlider(Qt.Orientation.Horizontal)
    made.setRange(low, high)
    made.setValue(value)
    made.setPageStep(1)
    made.setAccessibleName(name)
    return made
