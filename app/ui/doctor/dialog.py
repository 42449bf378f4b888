"""The Doctor's page: facts in sections, what does not work in the colour of errors, and a button that copies it all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHeaderView, QTreeWidget, QTreeWidgetItem

from app.jobs.messages import Bundle, Ended, Picture
from app.training import machine
from app.training.machine import MachineSection
from app.ui import icons, theme
from app.ui.dialogs import AROUND
from app.ui.doctor import desk
from app.ui.labels import TintedLabel, button
from app.ui.layouts import column, row

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

# In the order in which somebody who helps would ask.
_ORDER = ("torch", "Computing", "Memory", "System", "Window", "Versions", "Places")


class DoctorDialog(QDialog):
    """Shows at once what the window knows; the rest comes from a job, because torch may take seconds to load."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Doctor")
        self.setAccessibleName("Doctor")
        self._window = window
        self._found: dict[str, MachineSection] = {each.title: each for each in desk.sections(window)}
        self.state = TintedLabel("", "text", wrap=True)
        self.tree = QTreeWidget(columnCount=2)
        self.tree.setHeaderHidden(True)
        self.tree.setWordWrap(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(14)
        self.tree.setEditTriggers(QTreeWidget.EditTrigger.NoEditTriggers)
        self.tree.setAccessibleName("What works on this machine")
        self.tree.setToolTip("What was found on this machine")
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(True)
        self.copy_button = button("Copy", "Copy everything as plain text, for a question about a problem", self.copy)
        self.close_button = button("Close", "Close this page", self.close)
        self.close_button.setDefault(True)
        buttons = row(self.copy_button, 1, self.close_button)
        column(self.state, (self.tree, 1), buttons, of=self, margins=AROUND, spacing=10)
        self.done_gathering = False
        window.session.device_changed.connect(self._ask_window)  # torch may be loaded while this page is open
        window.session.runner.start(_gathered, heard=self._hear, ended=self._end)
        self._show()
        self.resize(720, 620)
        self.tree.setFocus()

    @property
    def found(self) -> list[MachineSection]:
        """What is known so far, in order."""
        return [self._found[title] for title in _ORDER if title in self._found]

    @property
    def text(self) -> str:
        """Everything as plain text."""
        return machine.as_text(self.found)

    def copy(self) -> None:
        """Put everything on the clipboard."""
        QGuiApplication.clipboard().setText(self.text)
        self.state.setText("Copied. Paste it into your question.")

    def _hear(self, bundle: Bundle) -> None:
        for event in bundle.events:
            if isinstance(event, Picture) and isinstance(event.content, MachineSection):
                self._found[event.content.title] = event.content
        self._show()

    def _ask_window(self, _device: str) -> None:
        self._found |= {each.title: each for each in desk.sections(self._window)}
        self._show()

    def _end(self, _: Ended) -> None:
        self.done_gathering = True
        self._show()

    def _show(self) -> None:
        self.tree.clear()
        wrong = 0
        for section in self.found:
            head = QTreeWidgetItem(self.tree, [section.title])
            font = self.tree.font()
            font.setBold(True)
            head.setFont(0, font)
            head.setFirstColumnSpanned(True)
            for fact in section.facts:
                line = QTreeWidgetItem(head, [fact.name, fact.value])
                line.setTextAlignment(0, Qt.AlignmentFlag.AlignTop)
                line.setToolTip(1, fact.value)
                if not fact.fine:
                    wrong += 1
                    line.setIcon(0, icons.icon("error", "error"))
                    line.setForeground(1, theme.color("error"))
            head.setExpanded(True)
        if not self.done_gathering:
            self.state.setText("Looking at torch and the rest of this machine…")
        elif wrong:
            self.state.setText("1 thing does not work." if wrong == 1 else f"{wrong} things do not work.")
        else:
            self.state.setText("Everything that Netloom needs works here.")


def _gathered() -> Iterator[Picture]:
    for section in machine.sections():
        yield Picture(f"doctor {section.title}", section)
