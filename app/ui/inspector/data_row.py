"""What was understood of a source's data, in the inspector: the sentence, the guesses, what was skipped."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.core.commands import Command, SetSetting
from app.core.graph.blocks import role_of
from app.core.graph.model import MAIN, Node
from app.data.understanding import sentence_of
from app.ui.data.facts import DataFacts
from app.ui.data.fitting import fitting, seen_of_source
from app.ui.labels import Heading, Shortening, Tinted, button
from app.ui.layouts import column
from app.ui.qdocument import QDocument


class DataRow(QWidget):
    """Hidden for what is no source. Each choice is a step to undo."""

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__()
        self._qdocument = qdocument
        self._name = ""
        self._command: Command | None = None
        self.sentence = Tinted("", "text", wrap=True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts = DataFacts()
        self.facts.chosen.connect(self._decide)
        self.fit = button("Fit the net", "", self._fit, "fix", Shortening)
        column(Heading("Data"), self.sentence, self.facts, self.fit, of=self, margins=(0, 4, 0, 4), spacing=4)
        self.hide()

    def show_node(self, where: str, node: Node | None) -> None:
        """Show what is known of the data of a node; nothing for None."""
        if node is None or where != MAIN or role_of(node) != "source":
            self.hide()
            return
        project = self._qdocument.project
        seen = seen_of_source(project, node)
        schema = seen.schema if seen is not None else None
        self._name = node.name
        self.sentence.setText(sentence_of(schema) if schema is not None else "")
        self.sentence.setVisible(schema is not None)
        self.facts.show_schema(schema)
        fit = fitting(project, node.name, schema)
        self._command = fit.command if fit is not None else None
        self.fit.setVisible(fit is not None)
        if fit is not None:
            self.fit.setToolTip(f"{fit.sentence} Undo takes it back.")
        self.setVisible(schema is not None)

    def _decide(self, setting: str, value: Any) -> None:
        self._qdocument.do_step(SetSetting(MAIN, (self._name,), setting, value))

    def _fit(self) -> None:
        if self._command is not None:
            self._qdocument.do_step(self._command)
