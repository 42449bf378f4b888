"""What the inspector shows inside a block while nothing is selected: the block as a whole."""

from __future__ import annotations

from functools import partial
from itertools import islice

from PySide6.QtWidgets import QGridLayout, QWidget

from app.core.commands import HideSetting, RenameSetting, SetBlockNote
from app.core.compile.summary import summary_of
from app.core.graph.blocks import instances
from app.core.graph.model import Block, Exposed
from app.core.graph.ports import ports_of
from app.core.inference import GraphReport
from app.ui.inspector.block_row import BlockName
from app.ui.inspector.facts import FactsTable, shape_words
from app.ui.inspector.fields import NameField, NoteField, named
from app.ui.inspector.page import FamilyTile, Page
from app.ui.labels import Heading, Remark, TintedLabel, emptied, icon_button
from app.ui.qdocument import QDocument
from nodes.api import Shape


class BlockPage(Page):
    """Name and description of a block, its ports, and the settings that each instance may have its own."""

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__(qdocument)
        self._where = ""
        self._shown: object = None
        self.name = BlockName(qdocument)
        self.name.done.connect(self.named)
        self._example = Remark()
        self.note = NoteField("About the block", "What this block does, in a sentence or two", 3)
        self.note.edited.connect(lambda text: self._qdocument.do(SetBlockNote(self._where, text)))
        self._settings = QWidget()
        grid = QGridLayout(self._settings)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.rows: dict[str, NameField] = {}
        self._none = TintedLabel(
            "None yet. Select a layer in here and expose one of its settings: each instance may then have its own.",
            "text.soft",
            wrap=True,
        )
        self.facts = FactsTable()
        self.lay(
            FamilyTile("block").beside(self.name, self.name.hint, self.name.uses, self._example),
            named("About", self.note),
            self.note,
            Heading("Settings of each instance"),
            self._settings,
            self._none,
            Heading("The whole block"),
            self.facts,
        )

    def show_block(self, where: str, block: Block, report: GraphReport, way: str) -> None:
        """Show the block as it is now, as the instance at the end of ``way`` sees it."""
        self._where = where
        self.name.show_block(where)
        several = len(list(islice(instances(self._qdocument.project, where), 2))) > 1
        self._example.say(f"Shapes and pictures in here are those of {way}." if way and several else "")
        self.note.show_text(block.note)
        self._show_settings(block)
        self.facts.show_rows(_rows(block, report))

    def _show_settings(self, block: Block) -> None:
        key = (self._where, block.exposed)
        if key == self._shown:
            return
        self._shown = key
        grid = emptied(self._settings)
        self.rows.clear()
        assert isinstance(grid, QGridLayout)
        names = frozenset(entry.name for entry in block.exposed)
        for line, entry in enumerate(block.exposed):
            if entry.name not in self.rows:
                field = NameField("setting", "What instances call this setting")
                field.show_name(entry.name, names - {entry.name})
                field.done.connect(self.named)
                field.renamed.connect(partial(self._rename_setting, entry.name))
                self.rows[entry.name] = field
                grid.addWidget(field, 2 * line, 0)
                grid.addWidget(field.hint, 2 * line + 1, 0, 1, 3)
            meant = f"of {entry.node}" if entry.name == entry.param else f"{entry.param} of {entry.node}"
            grid.addWidget(TintedLabel(meant, "text.soft", wrap=True), 2 * line, 1)
            tip = f"Hide {entry.param} of {entry.node}: the block keeps one value for all"
            grid.addWidget(icon_button("close", tip, partial(self._hide, entry)), 2 * line, 2)
        self._settings.setVisible(bool(block.exposed))
        self._none.setVisible(not block.exposed)

    def _rename_setting(self, old: str, new: str) -> None:
        self._qdocument.do_step(RenameSetting(self._where, old, new))

    def _hide(self, entry: Exposed) -> None:
        self._qdocument.do_step(HideSetting(self._where, entry.node, entry.param))


def _rows(block: Block, report: GraphReport) -> list[tuple[str, str, str]]:
    """Word, value and tooltip of what is known of a block; shapes are those of the instance that is looked into."""
    rows = []
    for name in ports_of(block, "In"):
        rows.append(_port(name, report.nodes[name].outputs.get("output") if name in report.nodes else None, "enters"))
    for name in ports_of(block, "Out"):
        wires = block.graph.into(name)
        rows.append(_port(name, report.shape(wires[0]) if wires else None, "leaves"))
    inside = [node for node in block.graph.nodes.values() if node.type not in ("In", "Out")]
    rows.append(("layers", f"{len(inside):,}", "Boxes in this block; blocks inside count as one"))
    total = summary_of(report)
    rows.append(("parameters", f"{total.parameters:,}", "Numbers that training changes, in one instance"))
    rows.append(("multiply-adds", f"{total.multiply_adds:,}", "Multiplications with an addition, for one sample"))
    return rows


def _port(name: str, shape: Shape | None, verb: str) -> tuple[str, str, str]:
    words = shape_words(shape) if shape is not None else "not known yet"
    return name, words, f"What {verb} at {name}, in the instance that is looked into"
