"""Which block a selected node is an instance of: its name, the way inside, a copy of its own."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.core.commands import DuplicateAsOwn, RenameBlock
from app.core.commands.blocks import why_no_block_name
from app.core.graph.blocks import instances
from app.core.graph.model import Project
from app.ui.inspector.fields import NameField
from app.ui.labels import Tinted, icon_button
from app.ui.qdocument import QDocument

NAME_TIP = "The block's name; its class in the code is named after it. All its instances follow."


def use_words(project: Project, block: str) -> str:
    """How often a block stands in the drawing."""
    count = sum(1 for _ in instances(project, block))
    return {0: "Not used in the drawing", 1: "Used once in the drawing"}.get(count, f"Used {count:,} times")


class BlockRow(QWidget):
    """``enter_wanted`` carries the block that a person wants to see from inside, and the node that it is."""

    enter_wanted = Signal(str, str)

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__()
        self._qdocument = qdocument
        self._where = self._node = self._block = ""
        self.name = NameField("block", NAME_TIP, why_no_block_name)
        self.name.renamed.connect(self._rename)
        self._hint = Tinted("", "error", wrap=True)
        self._hint.hide()
        self.name.hinted.connect(self._show_hint)
        label = QLabel("block")
        label.setMinimumWidth(78)
        label.setBuddy(self.name)
        self.enter = icon_button("enter", "Go inside (double-click the block)", self._enter)
        self.own = icon_button("duplicate", "Make own copy: changing it then changes no other", self._own_copy)
        self._uses = Tinted("", "text.soft", wrap=True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 3, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for column, widget in enumerate((label, self.name, self.enter, self.own)):
            grid.addWidget(widget, 0, column)
        grid.addWidget(self._hint, 1, 1, 1, 3)
        grid.addWidget(self._uses, 2, 1, 1, 3)

    def show_instance(self, where: str, node: str, block: str) -> None:
        """Show the block of a node."""
        project = self._qdocument.project
        self._where, self._node, self._block = where, node, block
        self.name.show_name(block, frozenset(project.blocks) - {block})
        self._uses.setText(use_words(project, block))
        self.own.setEnabled(sum(1 for _ in instances(project, block)) > 1)

    def _show_hint(self, text: str) -> None:
        self._hint.setText(text)
        self._hint.setVisible(bool(text))

    def _enter(self) -> None:
        self.enter_wanted.emit(self._block, self._node)

    def _own_copy(self) -> None:
        self._qdocument.document.seal()
        self._qdocument.do(DuplicateAsOwn(self._where, self._node))

    def _rename(self, new: str) -> None:
        self._qdocument.document.seal()
        self._qdocument.do(RenameBlock(old=self._block, new=new))
