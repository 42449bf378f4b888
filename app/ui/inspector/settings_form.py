"""The settings of one layer, or those that several have in common: label, editor and a way back to the default."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from operator import is_
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app.core.commands import ExposeSetting, HideSetting, ResetSetting, SetSetting
from app.core.commands.settings import ResetSettings, SetEach
from app.core.graph.blocks import exposed_as, inside_of, param_of, value_of
from app.core.graph.model import Node, Project, block_of
from app.core.paths import first_path
from app.ui.icons import put
from app.ui.inspector.dragging import DragSteps
from app.ui.inspector.editors import Editor, editor_for, sentence
from app.ui.inspector.fields import NAME_WIDTH
from app.ui.inspector.given_editor import GivenEditor
from app.ui.inspector.vary_menu import VaryMenu
from app.ui.labels import TintedLabel, icon_button, name_by_tip
from app.ui.layouts import column
from app.ui.qdocument import QDocument
from app.ui.scale import set_least_width
from nodes.api import BadSetting, Param, ShapeError
from nodes.api.common import needs_value
from nodes.api.registry import find

_UNSET = object()


def declared(project: Project, node: Node) -> Mapping[str, Param]:
    """The settings that a node has, by the name under which the drawing keeps them.

    Those of a block are called as the block calls them, unless that is torch's name.
    """
    block_name = block_of(node.type)
    if block_name is None:
        layer = find(node.type)
        return {param.name: param for param in layer.params} if layer is not None else {}
    block = project.blocks.get(block_name)
    found: dict[str, Param] = {}
    for exposed in block.exposed if block is not None else ():
        param = param_of(project, node, exposed.name)
        if param is not None:
            found[exposed.name] = param if exposed.name == param.name else replace(param, label=_words(exposed.name))
    return found


def _words(name: str) -> str:
    return name.replace("_", " ")


def usual_value(project: Project, node: Node, name: str, param: Param) -> Any:
    """What a setting is while the node does not say: the default, or for a block what stands inside it."""
    inner = inside_of(project, node, name) if block_of(node.type) is not None else None
    return value_of(project, *inner) if inner is not None else param.default


def shown(value: object) -> str:
    """A value of any kind in a sentence, short."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


class _Name(QLabel):
    """The name of a setting, on one line where there is room; beside a wide editor it goes on below, never cut off."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setWordWrap(True)

    def sizeHint(self) -> QSize:
        """As wide as the whole name: by itself Qt asks for a block of about the shape of a page."""
        hint = super().sizeHint()
        return QSize(max(hint.width(), self.fontMetrics().horizontalAdvance(self.text()) + 2), hint.height())

    def minimumSizeHint(self) -> QSize:
        """As wide as the longest word: Qt goes on from the smallest width that was set when it was first asked."""
        words = max(map(self.fontMetrics().horizontalAdvance, self.text().split()), default=0)
        return QSize(words + 2, super().minimumSizeHint().height())


class _SettingRow:
    """One setting."""

    def __init__(self, form: SettingsForm, name: str, param: Param) -> None:
        self.form = form
        self.name = name
        self.param = param
        tip = f"<b>{escape(param.title)}</b> &nbsp;torch: {escape(param.name)}"
        if param.help:
            tip += "<br>" + escape(param.help)
        self.label = _Name(param.title)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setToolTip(tip)
        self.label.setMinimumWidth(NAME_WIDTH)
        self.editor: Editor = editor_for(param)
        self.editor.describe(tip, param.title)
        self.label.setBuddy(self.editor)
        self.drags = DragSteps(form.qdocument, self.editor, self.label)
        self.varies = VaryMenu((self.label, self.editor), param, lambda: form.path_of(name))
        self.expose = icon_button("expose", "", lambda: form.expose(name, self.expose.isChecked()), 20)
        self.expose.setCheckable(True)
        self.expose.hide()
        self.reset = icon_button("undo", "Reset", partial(form.reset, name), 20)
        self.hint = TintedLabel("", "error", wrap=True)
        self.hint.hide()
        self.bad = self.differ = ""
        self.changed = False
        self.folded = False
        self.tight = self._inside = False
        self._shown: tuple[object, ...] = ()
        self.editor.edited.connect(self._edited)
        self.editor.hinted.connect(self._touched)

    def place(self, grid: QGridLayout, line: int) -> None:
        """Put everything into two lines of a grid."""
        for place, widget in enumerate((self.label, self.editor, self.expose, self.reset)):
            grid.addWidget(widget, line, place)
        under: QWidget = self.hint
        if isinstance(self.editor, GivenEditor):
            under = QWidget()
            column(self.editor.below, self.hint, of=under, spacing=4)
        grid.addWidget(under, line + 1, 0, 1, 4)

    def shows(self, key: object, params: Sequence[Param]) -> bool:
        """Whether ``remember`` was told exactly this, and nobody has touched the field since."""
        before = self._shown
        return len(before) == len(params) + 1 and before[0] == key and all(map(is_, before[1:], params))

    def remember(self, key: object, params: Sequence[Param]) -> None:
        """Take down what has just been shown."""
        self._shown = (key, *params)

    def show(self, values: Sequence[Any], usuals: Sequence[Any], params: Sequence[Param]) -> None:
        """Show the values of the setting in all nodes, each of which has its own usual value and its own limits.
        Those that are not allowed are explained."""
        good, self.bad = [], ""
        for value, usual, param in zip(values, usuals, params, strict=True):
            try:
                good.append(param.check(usual if value is _UNSET else value))
            except BadSetting as bad:
                self.bad = sentence(self.param, str(bad))
        different = list(dict.fromkeys(good))
        fitting = [value for value in different if _takes(self.param, value)]
        if len(different) > 1 or len(fitting) < len(different):
            self.editor.show_different(fitting or [self.param.default])
        else:
            self.editor.show_value(good[0] if good else self.param.default)
        self.differ = ""
        if len(different) > 1:
            listed = ", ".join(_differing(self.param, value) for value in different[:5])
            self.differ = f"{listed}{', …' if len(different) > 5 else ''}: a change sets all."
        self.changed = bool(self.bad) or any(v is not _UNSET and v != u for v, u in zip(values, usuals, strict=True))
        self.reset.setVisible(self.changed)
        same = all(usual == usuals[0] for usual in usuals)
        tip = f"Set {self.param.title} back to {_shown_as(self.param, usuals[0]) if same else 'each default'}"
        name_by_tip(self.reset, tip)
        self._hinted("")

    def show_exposed(self, block: str, name: str | None) -> None:
        """Offer to expose the setting of a node inside ``block``; ``name`` is how it is exposed already."""
        self.expose.setVisible(bool(block))
        self._inside = bool(block)
        self.editor.set_narrow(self._inside or self.tight)
        self.expose.setChecked(name is not None)
        put(self.expose, "expose", "accent" if name is not None else "text.soft")
        tip = f"Expose: each {block} may have its own {self.param.title}"
        if name is not None:
            tip = f"Exposed as {name}: each {block} may have its own. Click to keep one value for all"
        name_by_tip(self.expose, tip)

    def set_tight(self, tight: bool) -> None:
        """Let the field be narrower, because the panel is, and the name only as wide as its longest word."""
        self.tight = tight
        set_least_width(self.label, 0 if tight else NAME_WIDTH)
        self.editor.set_narrow(self._inside or tight)

    def set_shown(self, shown: bool) -> None:
        """Show the row, or fold it away."""
        self.folded = not shown
        keeps = self.reset.sizePolicy()
        keeps.setRetainSizeWhenHidden(shown)  # the field does not jump when the button comes and goes
        self.reset.setSizePolicy(keeps)
        self.label.setVisible(shown)
        self.editor.setVisible(shown)
        if isinstance(self.editor, GivenEditor):
            self.editor.show_below(shown)
        if not shown:
            self.expose.hide()
            self.reset.hide()
            self.hint.hide()

    def _edited(self, value: object) -> None:
        self._shown = ()
        self.form.change(self.name, value)

    def _touched(self, hint: str) -> None:
        self._shown = ()
        self._hinted(hint)

    def _hinted(self, text: str) -> None:
        self.hint.set_role("error" if text or self.bad else "text.soft")
        text = text or self.bad or self.differ
        self.hint.setText(text)
        self.hint.setVisible(bool(text) and not self.folded)


def _differing(param: Param, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return param.format(value) or "none"


def _takes(param: Param, value: Any) -> bool:
    try:
        return bool(param.check(value) == value)
    except BadSetting:
        return False


def _shown_as(param: Param, value: Any) -> str:
    try:
        return param.format(param.check(value)) or "the default"
    except BadSetting:
        return "the default"


def _summary(row: _SettingRow, values: Sequence[Any]) -> str:
    if row.differ:
        return f"{row.param.title} differs"
    return row.param.format(values[0]) if values[0] is not _UNSET else ""


class FoldedSettings(QToolButton):
    """Says in a few words what is folded away, if it is not as usual. ``turned`` tells whether it is open now."""

    turned = Signal(bool)

    def __init__(self, title: str, short: str, about: str, is_open: bool) -> None:
        super().__init__()
        self._title = title
        self._short = short
        self._about = about
        self.is_open = is_open
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(12, 12))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setStyleSheet("QToolButton { padding: 2px 0; text-align: left; }")
        self.clicked.connect(self._turn)
        self.show_summary(())

    def show_summary(self, words: Sequence[str]) -> None:
        """Show what differs from the usual."""
        self.setText(f"{self._short}: {', '.join(words)}" if words and not self.is_open else self._title)
        put(self, "chevron-down" if self.is_open else "chevron-right", "text.soft")
        tip = f"{'Hide' if self.is_open else 'Show'} {self._about}"
        self.setToolTip(tip)
        self.setAccessibleName(self.text())
        self.setAccessibleDescription(tip)

    def _turn(self) -> None:
        self.is_open = not self.is_open
        self.turned.emit(self.is_open)


class SettingsForm(QWidget):
    """Rows for the settings of the nodes it was made for; ``folded`` names those below the heading Start weights.

    ``expanded`` tells that the heading was opened or closed.
    """

    expanded = Signal(bool)

    def __init__(
        self, qdocument: QDocument, params: Mapping[str, Param], folded: Collection[str] = (), is_open: bool = False
    ) -> None:
        super().__init__()
        self.qdocument = qdocument
        self._where = ""
        self._names: tuple[str, ...] = ()
        self._candidates: Callable[[], Sequence[str]] = tuple
        self.params = dict(params)
        self._folded = [name for name in params if name in folded]
        self._grid = QGridLayout()
        self.reset_all = QToolButton()
        self.reset_all.setText("Reset all")
        self.reset_all.setToolTip("Set all of these settings back to their defaults")
        self.reset_all.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.reset_all.setAutoRaise(True)
        self.reset_all.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        put(self.reset_all, "undo", "text.soft")
        self.reset_all.clicked.connect(self._reset_all)
        column(self._grid, self.reset_all, of=self, spacing=5).setAlignment(self.reset_all, Qt.AlignmentFlag.AlignRight)
        self._grid.setHorizontalSpacing(5)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(1, 1)
        self.rows: dict[str, _SettingRow] = {}
        self.fold = FoldedSettings(
            "Start weights", "Start", "how the weights start, and whether training changes them", is_open
        )
        self.fold.setVisible(bool(self._folded))
        self.fold.turned.connect(self._fold)
        shown_first = [name for name in params if name not in self._folded]
        for index, name in enumerate((*shown_first, *self._folded)):
            self.rows[name] = row = _SettingRow(self, name, params[name])
            row.place(self._grid, 2 * index + (1 if name in self._folded else 0))
        self._grid.addWidget(self.fold, 2 * len(shown_first), 0, 1, 4)
        self._strangers: dict[str, tuple[QWidget, QWidget]] = {}

    def path_of(self, name: str) -> str | None:
        """What a setting is called in a sweep: ``fc1.out_features``; None for several layers, or where none is used."""
        way = first_path(self.qdocument.document.report, self._where)
        if len(self._names) != 1 or way is None:
            return None
        return f"{way}/{self._names[0]}.{name}".lstrip("/")

    def show_nodes(self, where: str, nodes: Sequence[Node], candidates: Callable[[], Sequence[str]] = tuple) -> None:
        """Show what these nodes are set to. Emits nothing. ``candidates`` tells the layers that a setting may name."""
        self._where = where
        self._names, self._candidates = tuple(node.name for node in nodes), candidates
        project = self.qdocument.project
        summary = []
        by_type = {node.type: declared(project, node) for node in nodes}
        own = [by_type[node.type] for node in nodes]
        for name, row in self.rows.items():
            params = [each.get(name, row.param) for each in own]
            usuals = [usual_value(project, node, name, param) for node, param in zip(nodes, params, strict=True)]
            values = [node.params.get(name, _UNSET) for node in nodes]
            row.editor.offer(candidates)
            folded = name in self._folded and not self.fold.is_open
            exposed = exposed_as(project, where, nodes[0].name, name) if len(nodes) == 1 else None
            exposed_name = exposed.name if exposed is not None else None
            # Most edits leave most rows as they are. repr tells True from 1, which are equal and not the same.
            key = (where, self._names, repr((values, usuals)), folded, exposed_name)
            if not row.shows(key, params):
                row.folded = folded
                row.show(values, usuals, params)
                row.show_exposed(where if len(nodes) == 1 else "", exposed_name)
                row.set_shown(not folded)
                row.remember(key, params)
            if name in self._folded and row.changed:
                summary.append(row.bad or _summary(row, values))
        self._show_need(nodes)
        self.fold.show_summary([text for text in summary if text])
        self.reset_all.setVisible(sum(row.changed for row in self.rows.values()) > 1)
        self._show_strangers(nodes if len({node.type for node in nodes}) == 1 else ())

    def _show_need(self, nodes: Sequence[Node]) -> None:
        """The start value counts only for some of the rules, the numbers for one."""
        self._show_given(nodes)
        row = self.rows.get("init_value")
        if row is not None and "init_value" in self._folded:
            used = any(needs_value(str(node.params.get("init", ""))) for node in nodes)
            row.editor.setEnabled(used)
            row.label.setEnabled(used)

    def _show_given(self, nodes: Sequence[Node]) -> None:
        """Weights by hand have their row where they count; the table knows the shapes of one layer."""
        row = self.rows.get("given")
        if row is None or "given" not in self._folded or not isinstance(row.editor, GivenEditor):
            return
        used = all(node.params.get("init") == "given" for node in nodes)
        row.editor.fit(self._weight_shapes(nodes[0]) if used and len(nodes) == 1 else {})
        row.set_shown(used and self.fold.is_open)

    def _weight_shapes(self, node: Node) -> Mapping[str, tuple[int, ...]]:
        """The weights of a layer by torch's names, whatever numbers stand there; none where its input is not known."""
        report = self.qdocument.document.report.of(self._where).nodes.get(node.name)
        layer = find(node.type)
        if report is None or layer is None or not report.inputs:
            return {}
        try:
            settings = layer.settings({k: v for k, v in node.params.items() if k not in ("given", "init")})
            return layer.build(report.inputs, settings).weights
        except (BadSetting, ShapeError):
            return {}

    def _fold(self, is_open: bool) -> None:
        self.expanded.emit(is_open)
        graph = self.qdocument.project.graph_of(self._where)
        self.show_nodes(self._where, [graph.nodes[name] for name in self._names], self._candidates)

    def _show_strangers(self, nodes: Sequence[Node]) -> None:
        """Settings from a file that this layer does not have, each with a button that removes it."""
        unknown: dict[str, object] = {}
        for node in nodes:
            known = declared(self.qdocument.project, node)  # also what is set elsewhere, such as in a table of columns
            unknown |= {name: value for name, value in node.params.items() if name not in known}
        for name in [name for name in self._strangers if name not in unknown]:
            for widget in self._strangers.pop(name):
                widget.hide()
                widget.deleteLater()
        for name, value in unknown.items():
            if name in self._strangers:
                continue
            text = TintedLabel(f"{name[:40]} = {shown(value)}: this layer has no such setting.", "error", wrap=True)
            remove = icon_button("remove", f"Remove the setting {name[:40]}", partial(self.reset, name))
            line = self._grid.rowCount()
            self._grid.addWidget(text, line, 0, 1, 2)
            self._grid.addWidget(remove, line, 3)
            self._strangers[name] = (text, remove)

    @property
    def tight(self) -> bool:
        """Whether number fields do without their arrows, because the panel has no room for both."""
        return any(row.tight for row in self.rows.values())

    def set_tight(self, tight: bool) -> None:
        """Show number fields without arrows, or with them."""
        for row in self.rows.values():
            row.set_tight(tight)

    def change(self, name: str, value: object) -> None:
        """Give the setting a value in all nodes shown. Of several sides, None leaves each node its own."""
        if isinstance(value, tuple) and None in value:
            graph = self.qdocument.project.graph_of(self._where)
            each = {node: self._filled(graph.nodes[node], name, value) for node in self._names}
            self.qdocument.do(SetEach(self._where, name, each))
        else:
            self.qdocument.do(SetSetting(self._where, self._names, name, value))

    def _filled(self, node: Node, name: str, sides: tuple[Any, ...]) -> tuple[Any, ...]:
        project = self.qdocument.project
        param = declared(project, node).get(name, self.params[name])
        own = param.check(node.params.get(name, usual_value(project, node, name, param)))
        return tuple(mine if side is None else side for side, mine in zip(sides, own, strict=True))

    def _reset_all(self) -> None:
        changed = tuple(name for name, row in self.rows.items() if row.changed)
        self.qdocument.do_step(ResetSettings(self._where, self._names, changed))

    def reset(self, name: str) -> None:
        """Give the setting its default in all nodes shown."""
        self.qdocument.do_step(ResetSetting(self._where, self._names, name))

    def expose(self, name: str, on: bool) -> None:
        """Let instances of the block around set this setting, or no longer."""
        command = ExposeSetting if on else HideSetting
        if not self.qdocument.do_step(command(self._where, self._names[0], name)):
            known = exposed_as(self.qdocument.project, self._where, self._names[0], name)
            self.rows[name].show_exposed(self._where, known.name if known is not None else None)
