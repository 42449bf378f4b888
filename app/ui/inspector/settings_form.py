"""The settings of one layer, or of several of the same type, as rows of label, editor and a way back to the default."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.core.commands import ResetSetting, SetSetting
from app.core.graph.blocks import param_of
from app.core.graph.model import Node, Project, block_of
from app.ui.inspector.editors import Editor, editor_for, sentence
from app.ui.labels import Tinted, icon_button
from app.ui.qdocument import QDocument
from nodes.api import BadSetting, Param
from nodes.api.registry import find

_UNSET = object()


def declared(project: Project, node: Node) -> Mapping[str, Param]:
    """The settings that a node has, by the name under which the drawing keeps them."""
    block_name = block_of(node.type)
    if block_name is None:
        layer = find(node.type)
        return {param.name: param for param in layer.params} if layer is not None else {}
    block = project.blocks.get(block_name)
    names = [exposed.name for exposed in block.exposed] if block is not None else []
    return {name: param for name in names if (param := param_of(project, node, name)) is not None}


def usual_value(project: Project, node: Node, name: str, param: Param) -> Any:
    """What a setting is while the node does not say: the default, or for a block what stands inside it."""
    block_name = block_of(node.type)
    block = project.blocks.get(block_name) if block_name is not None else None
    for exposed in block.exposed if block is not None else ():
        if exposed.name == name and block is not None and exposed.node in block.graph.nodes:
            return block.graph.nodes[exposed.node].params.get(exposed.param, param.default)
    return param.default


def shown(value: object) -> str:
    """A value of any kind in a sentence, short."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


class _Row:
    """One setting."""

    def __init__(self, form: SettingsForm, name: str, param: Param) -> None:
        self.form = form
        self.name = name
        self.param = param
        tip = f"<b>{html.escape(param.title)}</b> &nbsp;torch: {html.escape(param.name)}"
        if param.help:
            tip += "<br>" + html.escape(param.help)
        self.label = QLabel(param.title)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setToolTip(tip)
        self.label.setMinimumWidth(78)
        self.editor: Editor = editor_for(param)
        self.editor.describe(tip, param.title)
        self.label.setBuddy(self.editor)
        self.reset = icon_button(
            "undo", f"Set {param.title} back to {param.format(param.default) or 'the default'}", self._reset
        )
        keeps = self.reset.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(keeps)
        self.hint = Tinted("", "error", wrap=True)
        self.hint.hide()
        self.bad = self.differ = ""
        self.editor.edited.connect(self._edited)
        self.editor.hinted.connect(self._hinted)

    def show(self, values: Sequence[Any], usual: Any) -> None:
        """Show the values of the setting in all nodes; those that are not allowed are explained."""
        good, self.bad = [], ""
        for value in values:
            try:
                good.append(self.param.check(usual if value is _UNSET else value))
            except BadSetting as bad:
                self.bad = sentence(self.param, str(bad))
        if good:
            self.editor.show_value(good[0])
        else:
            self.editor.show_value(self.param.default)
        different = list(dict.fromkeys(good))
        self.differ = ""
        if len(different) > 1:
            listed = ", ".join(self.param.format(value) or "no" for value in different[:5])
            self.differ = f"They differ: {listed}{', …' if len(different) > 5 else ''}. A change sets all of them."
        self.reset.setVisible(bool(self.bad) or any(value is not _UNSET and value != usual for value in values))
        self._hinted("")

    def _edited(self, value: object) -> None:
        self.form.change(self.name, value)

    def _reset(self) -> None:
        self.form.reset(self.name)

    def _hinted(self, text: str) -> None:
        self.hint.set_role("error" if text or self.bad else "text.soft")
        text = text or self.bad or self.differ
        self.hint.setText(text)
        self.hint.setVisible(bool(text))


class SettingsForm(QWidget):
    """Rows for the settings of the nodes it was made for. ``refused`` carries a sentence about an edit not done."""

    refused = Signal(str)

    def __init__(self, qdocument: QDocument, params: Mapping[str, Param]) -> None:
        super().__init__()
        self._qdocument = qdocument
        self._where = ""
        self._names: tuple[str, ...] = ()
        self.params = dict(params)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(1, 1)
        self.rows: dict[str, _Row] = {}
        for index, (name, param) in enumerate(params.items()):
            row = _Row(self, name, param)
            self.rows[name] = row
            self._grid.addWidget(row.label, 2 * index, 0)
            self._grid.addWidget(row.editor, 2 * index, 1)
            self._grid.addWidget(row.reset, 2 * index, 2)
            self._grid.addWidget(row.hint, 2 * index + 1, 0, 1, 3)
        self._strangers: dict[str, tuple[QWidget, QWidget]] = {}

    def show_nodes(self, where: str, nodes: Sequence[Node]) -> None:
        """Show what these nodes are set to. Emits nothing."""
        self._where = where
        self._names = tuple(node.name for node in nodes)
        project = self._qdocument.project
        for name, row in self.rows.items():
            usual = usual_value(project, nodes[0], name, row.param)
            row.show([node.params.get(name, _UNSET) for node in nodes], usual)
        self._show_strangers(nodes)

    def _show_strangers(self, nodes: Sequence[Node]) -> None:
        """Settings from a file that this layer does not have, each with a button that removes it."""
        unknown = {name: node.params[name] for node in nodes for name in node.params if name not in self.params}
        for name in [name for name in self._strangers if name not in unknown]:
            for widget in self._strangers.pop(name):
                widget.hide()
                widget.deleteLater()
        for name, value in unknown.items():
            if name in self._strangers:
                continue
            text = Tinted(f"{name[:40]} = {shown(value)}: this layer has no such setting.", "error", wrap=True)
            remove = icon_button("remove", f"Remove the setting {name[:40]}", partial(self.reset, name))
            line = self._grid.rowCount()
            self._grid.addWidget(text, line, 0, 1, 2)
            self._grid.addWidget(remove, line, 2)
            self._strangers[name] = (text, remove)

    def change(self, name: str, value: object) -> None:
        """Give the setting a value in all nodes shown."""
        self._qdocument.do(SetSetting(self._where, self._names, name, value))

    def reset(self, name: str) -> None:
        """Give the setting its default in all nodes shown."""
        self._qdocument.document.seal()
        self._qdocument.do(ResetSetting(self._where, self._names, name))
