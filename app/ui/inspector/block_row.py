"""Which block a selected node is an instance of: its name, the way inside, a copy of its own."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.core.commands import DuplicateAsOwn, RenameBlock
from app.core.commands.blocks import why_no_block_name
from app.core.graph.blocks import instances
from app.core.graph.model import Project
from app.ui.inspector.fields import NameField, named
from app.ui.labels import TintedLabel, icon_button
from app.ui.qdocument import QDocument

NAME_TIP = "The block's name; its class in the code is named after it. All its instances follow."


def use_words(project: Project, block: str) -> str:
    """How often a block stands in the drawing."""
    count = sum(1 for _ in instances(project, block))
    return {0: "Not used in the drawing", 1: "Used once in the drawing"}.get(count, f"Used {count:,} times")


class BlockName(NameField):
    """The name of a block, and ``uses``: how often it stands in the drawing."""

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__("block", NAME_TIP, why_no_block_name)
        self._qdocument = qdocument
        self._block = ""
        self.uses = TintedLabel("", "text.soft", wrap=True)
        self.renamed.connect(lambda new: qdocument.do_step(RenameBlock(old=self._block, new=new)))

    def show_block(self, block: str) -> None:
        """Show the name of this block."""
        project = self._qdocument.project
        self._block = block
        self.show_name(block, frozenset(project.blocks) - {block})
        self.uses.setText(use_words(project, block))


class BlockRow(QWidget):
    """``enter_wanted`` carries the block that a person wants to see from inside, and the node that it is."""

    enter_wanted = Signal(str, str)

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__()
        self._qdocument = qdocument
        self._where = self._node = self._block = ""
        self.name = BlockName(qdocument)
        self.enter = icon_button("enter", "Go inside (double-click the block)", self._enter)
        self.own = icon_button("duplicate", "Make own copy: changing it then changes no other", self._own_copy)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 3, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for column, widget in enumerate((named("block", self.name), self.name, self.enter, self.own)):
            grid.addWidget(widget, 0, column)
        grid.addWidget(self.name.hint, 1, 1, 1, 3)
        grid.addWidget(self.name.uses, 2, 1, 1, 3)

    def show_instance(self, where: str, node: str, block: str) -> None:
        """Show the block of a node."""
        self._where, self._node, self._block = where, node, block
        self.name.show_block(block)
        self.own.setEnabled(sum(1 for _ in instances(self._qdocument.project, block)) > 1)

    def _enter(self) -> None:
        self.enter_wanted.emit(self._block, self._node)

    def _own_copy(self) -> None:
        self._qdocument.do_step(DuplicateAsOwn(self._where, self._node))
