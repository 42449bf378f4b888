"""The status bar: what the drawing amounts to, whether it can run, and how the training goes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QStatusBar, QToolButton, QWidget

from app.core.any_length import steps_counted
from app.core.document import Document
from app.core.graph.roles import in_role, role_of
from app.core.inference import GraphReport
from app.ui import scale, theme
from app.ui.canvas.node_words import plural
from app.ui.inspector.facts import count_words, size_words
from app.ui.labels import ElidedLabel, FactLine, ShrinkingLabel
from app.ui.layouts import row
from app.ui.pace import later
from app.ui.problems import entries as listed
from nodes.api.registry import find

MESSAGE_MS = 8000
_LIST = "Show the list of problems, findings and notes"


def _unit_of(report: GraphReport) -> str:
    """What one pass through the net answers: a step of a game, an image, or a sample of whatever else enters, such as a
    whole text, or an image with words."""
    graph, kinds = report.graph, set()
    for wire in (wire for node in in_role(graph, "source", "input") for wire in graph.out_of(node.name)):
        before = find(graph.nodes[wire.source].type)
        if role_of(graph.nodes[wire.target]) == "loss":
            continue
        if before is not None and before.source is not None and before.source.plays:
            return "step"
        shape = report.nodes[wire.source].outputs.get(wire.source_port) if wire.source in report.nodes else None
        kinds |= {shape.kind} if shape is not None else set()
    return "image" if "image" in kinds and "tokens" not in kinds else "sample"


class StatusFacts(QWidget):
    """``61,706 parameters · 0.24 MiB · 0.4 M multiply-adds per image · fits: 20 MiB of 15 GiB · no problems ·
    epoch 3/20 · 9,400 img/s``."""

    problems_wanted = Signal()

    def __init__(self, bar: QStatusBar) -> None:
        super().__init__()
        self.totals = ShrinkingLabel("text.soft")
        self.totals.setToolTip(
            "Numbers that training changes, their memory, and the work for one sample. Muted layers and branches that "
            "lead nowhere do not count."
        )
        self.memory = ShrinkingLabel("text.soft")
        self.problems = QToolButton(autoRaise=True)
        self.problems.setStyleSheet(
            "QToolButton { border: 1px solid transparent; padding: 0; margin: 0; }"
            "QToolButton:focus { border-color: palette(link); }"
        )
        self.problems.setToolTip(_LIST)
        self.problems.setAccessibleDescription(_LIST)
        self.problems.clicked.connect(self.problems_wanted)
        self.training = FactLine("text.soft")
        self.message = ElidedLabel("", "text")
        self.message.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        facts = (self.totals, self.memory, self.problems, self.training)
        row(*facts, (self.message, 1), of=self, margins=(8, 0, 8, 0), spacing=4).insertSpacing(len(facts), 16)
        bar.setSizeGripEnabled(False)
        bar.addWidget(self, 1)
        self._worst: listed.Kind | None = None
        self._blank = False  # to have drawn nothing yet is no mistake
        self._unit = "sample"
        self._timer = later(self, self._end_message)
        theme.notifier.changed.connect(self._dress)

    def show_document(self, document: Document) -> None:
        """Show the totals of the drawing as it is now."""
        from app.core.compile.summary import totals_of

        main = document.report.main
        self._unit = _unit_of(main)
        total, steps = totals_of(main), steps_counted(main)
        parts = [
            plural(total.parameters, "parameter"),
            size_words(total.parameters),
            f"{count_words(total.multiply_adds)} multiply-adds per {self._unit}" + (f" of {steps}" if steps else ""),
        ]
        self.totals.say(" · ".join(parts) + " ·")

    def show_problems(self, entries: tuple[listed.ProblemEntry, ...]) -> None:
        """Show how many problems, findings and notes there are."""
        self._blank = [entry.problem.code for entry in entries] == ["empty"]
        words = "nothing drawn yet" if self._blank else listed.count_words(entries)
        self._worst = listed.worst(entries)
        self.problems.setText(words)
        self.problems.setAccessibleName(words)
        self._dress()
        self._make_room()

    def show_memory(self, text: str, tip: str, fits: bool) -> None:
        """Show whether a training fits in memory, nothing for an empty text."""
        self.memory.set_role("text.soft" if fits else "error")
        self.memory.say(f"{text} ·" if text else "")
        self.memory.setToolTip(tip)
        self.memory.setAccessibleName(text)

    def show_training(self, text: str) -> None:
        """Show how the training goes, nothing for an empty text."""
        self.training.say(f"· {text}" if text else "")
        self._make_room()

    def say(self, text: str) -> None:
        """Show a sentence at the right for a while. An empty text ends it."""
        self.message.say(text)
        self._timer.start(MESSAGE_MS)
        self._make_room()

    def _end_message(self) -> None:
        self.message.say("")
        self._make_room()

    def _make_room(self) -> None:
        """Where there is no room for all, the sentence and what came of the training are what somebody waits for: the
        totals take what is left, and stand back altogether beside a sentence that needs it."""
        words = self.message.full_text
        needed = self.message.fontMetrics().horizontalAdvance(words) + 2 if words else 0
        facts = (self.totals, self.memory, self.problems, self.training)
        taken = sum(fact.sizeHint().width() + 4 for fact in facts) + scale.px(36)  # with the gap before the sentence
        for fact in (self.totals, self.memory):
            stands_back = bool(words) and needed + taken > self.width()
            fact.setMaximumWidth(0 if stands_back else 16_777_215)
            taken -= fact.sizeHint().width() + 4 if stands_back else 0
        if words:
            return
        for fact in (self.memory, self.totals):
            over = taken - self.width()
            if over > 0:
                wish, first = fact.sizeHint().width(), fact.full_text.partition(" · ")[0]
                whole = fact.fontMetrics().horizontalAdvance(f"{first} · …")  # less would be half a number
                room = wish - over if wish - over >= whole else 0
                fact.setMaximumWidth(room)
                taken -= wish - room

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    @property
    def unit(self) -> str:
        """What one pass answers: step, image or sample."""
        return self._unit

    def _dress(self) -> None:
        palette = self.problems.palette()
        said: str = listed.TINTS[self._worst] if self._worst is not None else "ok"
        ink = theme.color("text.soft" if self._blank else said)
        for role in (QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
            palette.setColor(role, ink)
        self.problems.setPalette(palette)
