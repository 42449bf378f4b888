"""What the inspector shows while nothing is selected: the drawing as a whole."""

from __future__ import annotations

from app.core.any_length import steps_counted
from app.core.commands import SetTitle
from app.core.compile.summary import summary_of
from app.core.graph.model import Project
from app.core.graph.roles import role_of
from app.core.inference import Report
from app.ui.inspector.facts import FactsTable, shape_words, size_words
from app.ui.inspector.fields import NoteField, TextField, named
from app.ui.inspector.page import Page
from app.ui.labels import Heading, TintedLabel
from app.ui.problems.entries import count_words
from app.ui.qdocument import QDocument


class DrawingPage(Page):
    """Title, a few words about the drawing, and its totals."""

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__(qdocument)
        self._rows: list[tuple[str, str, str]] = []
        self._memory: tuple[str, str, str] | None = None
        self._count = "none"
        self._elsewhere = False  # whether the list of problems is in sight
        self.title = TextField("Title of the drawing", "The title of the drawing; the printed class is named after it")
        self.title.textEdited.connect(self._edit)
        self.title.returnPressed.connect(self.named)
        self.about = NoteField("About the drawing", "What this drawing is, in a sentence or two", 4)
        self.about.edited.connect(self._edit)
        self.facts = FactsTable()
        self.finding = TintedLabel("", "error", wrap=True)
        self.finding.hide()
        more = TintedLabel("Select a layer to see and change its settings.", "text.soft", wrap=True)
        more.setContentsMargins(0, 6, 0, 0)
        self.lay(
            named("Title", self.title),
            self.title,
            named("About", self.about),
            self.about,
            Heading("The whole drawing"),
            self.facts,
            self.finding,
            more,
        )

    def show_drawing(self, project: Project, report: Report) -> None:
        """Show the drawing as it is now."""
        self.title.show_text(project.title)
        self.about.show_text(project.about)
        self._rows = _totals(project, report)
        self._show_rows()

    def show_memory(self, text: str, tip: str, sentence: str) -> None:
        """Show whether a training fits in memory; ``sentence`` says what would help if it does not."""
        self._memory = ("to train", text, tip) if text else None
        self.finding.setText(sentence)
        self._show_rows()

    def show_count(self, words: str) -> None:
        """Show how much stands in the list of problems."""
        self._count = words if words != count_words(()) else "none"
        self._show_rows()

    def leave_to_list(self, elsewhere: bool) -> None:
        """Say in full what is wrong, or leave that to the list of problems while it is in sight."""
        self._elsewhere = elsewhere
        self._show_rows()

    def _show_rows(self) -> None:
        self.finding.setVisible(bool(self.finding.text()) and not self._elsewhere)
        memory = [self._memory] if self._memory is not None else []
        self.facts.show_rows([*self._rows, *memory, ("problems", self._count, "Listed in the Problems panel")])

    def _edit(self) -> None:
        self._qdocument.do(SetTitle(text=self.title.text(), about=self.about.toPlainText()))


def _totals(project: Project, report: Report) -> list[tuple[str, str, str]]:
    graph, main = project.graph, report.main
    rows = [("layers", f"{len(graph.nodes):,}", "Boxes on the canvas, data and loss among them")]
    for node in graph.nodes.values():
        if role_of(node) in ("source", "input") and node.name in main.nodes:
            shapes = ", ".join(shape_words(shape) for shape in main.nodes[node.name].outputs.values())
            if shapes:
                rows.append((node.name, shapes, f"What {node.name} feeds in, without the batch"))
    total = summary_of(report.main)
    rows.append(
        ("parameters", f"{total.parameters:,}", "Numbers that training changes; muted and unused layers left out")
    )
    rows.append(("memory", size_words(total.parameters), "The weights alone, four bytes each"))
    steps = steps_counted(main)
    counted = f"{total.multiply_adds:,}" + (f" for {steps}" if steps else "")
    rows.append(("multiply-adds", counted, "Multiplications with an addition, for one sample"))
    return rows
