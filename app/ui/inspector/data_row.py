"""What was understood of a source's data, in the inspector: the sentence, the guesses, what was skipped."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.core.commands import Command, SetSetting
from app.core.commands.columns import (
    as_told,
    choosable,
    forget_column,
    of_series,
    set_kind,
    set_role,
    set_series_role,
)
from app.core.graph.model import MAIN, Node
from app.core.graph.roles import role_of
from app.core.graph.seen import reads_files, schema_now
from app.core.starting.exchange import exchange
from app.data.source_looks import schema_of
from app.data.understanding import headline_of
from app.ui.data.facts import DataFacts
from app.ui.data.net_fitting import fitting, seen_of_source
from app.ui.data.points_pad import POINTS
from app.ui.inspector.columns_table import ColumnsTable
from app.ui.labels import Heading, TintedLabel, eliding_button
from app.ui.layouts import column
from app.ui.qdocument import QDocument
from nodes.api import Layer, Schema, TableColumn
from nodes.api.registry import find, layers


class DataRow(QWidget):
    """Hidden for what is no source. Each choice is a step to undo. ``paint_wanted`` carries the source whose points are
    to be painted."""

    paint_wanted = Signal(str)

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__()
        self._qdocument = qdocument
        self._name = ""
        self._command: Command | None = None
        self.sentence = TintedLabel("", "text", wrap=True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts = DataFacts()
        self.facts.chosen.connect(self._decide)
        self.columns = ColumnsTable()
        self.columns.role_chosen.connect(self._set_role)
        self.columns.kind_chosen.connect(self._set_kind)
        self.columns.forgotten.connect(self._forget)
        self._columns: tuple[TableColumn, ...] = ()
        self._of: object = None  # whose columns these are
        self.fit = eliding_button("Fit the net", "Make the net fit this data", self._fit, "fix")
        tip = "Other data in its place; the net is made to fit in the same step"
        self.other = eliding_button("Other data", tip, lambda: None)
        tip = "Paint its points with the mouse, in the panel Data"
        self.paint = eliding_button("Paint points", tip, lambda: self.paint_wanted.emit(self._name))
        self._menu = QMenu(self.other)
        self._menu.aboutToShow.connect(self._fill)
        self.other.setMenu(self._menu)
        column(
            Heading("Data"),
            self.columns,
            self.sentence,
            self.facts,
            self.fit,
            self.paint,
            self.other,
            of=self,
            margins=(0, 4, 0, 4),
            spacing=4,
        )
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
        self._show_columns(node, schema)
        sentence, remarks = headline_of(schema) if schema is not None else ("", ())
        self.sentence.setText(sentence)
        self.sentence.setVisible(schema is not None)
        self.facts.show_schema(schema, remarks)
        fit = fitting(project, node.name, schema)
        self._command = fit.command if fit is not None else None
        self.fit.setVisible(fit is not None)
        if fit is not None:
            self.fit.setToolTip(f"{fit.sentence} Undo takes it back.")
        self.paint.setVisible(node.type == POINTS)
        self.setVisible(schema is not None or bool(self._columns) or node.type == POINTS)

    def says_all_of(self, node: Node) -> bool:
        """Whether each column of the node's table stands in the table of columns, so that no line has to say it."""
        seen = seen_of_source(self._qdocument.project, node) if choosable(find(node.type)) else None
        schema = seen.schema if seen is not None else None
        return schema is not None and 0 < schema.column_count == len(schema.columns)

    def _show_columns(self, node: Node, schema: Schema | None) -> None:
        """Those of a table. Between a choice and the next look at the table it stands as it was told, so that nothing
        jumps and a second choice can follow at once."""
        layer = find(node.type)
        of = (node.name, node.type, *(node.params.get(path) for path in reads_files(node)))
        if schema is not None:
            self._columns = schema.columns if choosable(layer) else ()
        elif of != self._of:
            self._columns = ()
        self._of = of
        looked = schema_now(self._qdocument.project.schemas, node) is not None
        told = self._columns if looked else as_told(self._columns, node.params)
        self.columns.show_columns(told, kinds=not of_series(layer))

    def _table(self) -> Node | None:
        return self._qdocument.project.graph.nodes.get(self._name)

    def _set_role(self, name: str, role: str, more: bool) -> None:
        node = self._table()
        if node is not None:
            give = set_series_role if of_series(find(node.type)) else set_role
            self._qdocument.do_step(give(node, self.columns.model.columns, name, role, more))

    def _set_kind(self, name: str, kind: str) -> None:
        node = self._table()
        if node is not None:
            self._qdocument.do_step(set_kind(node, self.columns.model.columns, name, kind))

    def _forget(self, name: str) -> None:
        node = self._table()
        if node is not None:
            self._qdocument.do_step(forget_column(node, name))

    def _decide(self, setting: str, value: Any) -> None:
        self._qdocument.do_step(SetSetting(MAIN, (self._name,), setting, value))

    def _fill(self) -> None:
        """The sources that need no file; those of files come by dropping them, or through File > Open data."""
        self._menu.clear()
        node = self._qdocument.project.graph.nodes.get(self._name)
        for layer in layers().values():
            if layer.source is None or layer.source.paths or node is None or layer.id == node.type:
                continue
            entry = self._menu.addAction(layer.name.replace("&", "&&"))
            entry.setToolTip(layer.help)
            entry.triggered.connect(partial(self._exchange, layer))

    def _exchange(self, layer: Layer, _checked: bool = False) -> None:
        try:
            settings = layer.defaults()
            done = exchange(self._qdocument.project, self._name, layer, settings, schema_of(layer, settings))
        except ValueError as reason:
            self._qdocument.refused.emit(str(reason))
            return
        self._qdocument.do_step(done.command)

    def _fit(self) -> None:
        if self._command is not None:
            self._qdocument.do_step(self._command)
