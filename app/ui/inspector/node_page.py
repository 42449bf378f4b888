"""What the inspector shows of one selected layer, or of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.core.checks.problems import Problem
from app.core.commands import Rename, SetNodeField
from app.core.graph.blocks import learns
from app.core.graph.model import MAIN, Graph, Node, block_of
from app.core.inference import GraphReport, NodeReport
from app.ui import theme
from app.ui.help.picture import HelpPicture
from app.ui.inspector.augmented_row import AugmentedRow
from app.ui.inspector.block_row import BlockRow
from app.ui.inspector.boxes import TriCheck
from app.ui.inspector.data_row import DataRow
from app.ui.inspector.dragging import DragSteps
from app.ui.inspector.facts import FactsTable, rows_of, size_words
from app.ui.inspector.fields import NameField, NoteField, named
from app.ui.inspector.get_row import GetRow
from app.ui.inspector.numbers import NumberEditor
from app.ui.inspector.page import FamilyTile, Page
from app.ui.inspector.settings_form import SettingsForm, declared
from app.ui.inspector.share_row import ShareRow
from app.ui.inspector.shared_settings import in_common
from app.ui.labels import Heading, Remark, TintedLabel, emptied
from app.ui.layouts import column, row
from app.ui.problems.card import ProblemCard
from app.ui.problems.entries import ProblemEntry, count_words
from app.ui.qdocument import QDocument
from nodes.api import Columns, Int, Param
from nodes.api.registry import find

MOST_REPEATS = 1000
MOST_TYPES = 5  # that a selection is said to hold
_NOT_REPEATED = ("source", "augmentation", "loss", "input", "output", "block_in", "block_out")
_NOT_MUTED = ("source", "input", "output", "block_in", "block_out")  # nothing passes through them


def type_words(node_type: str) -> tuple[str, str]:
    """The student's name of a layer type with torch's beside it, and its palette category."""
    block_name = block_of(node_type)
    if block_name is not None:
        return f"Block {block_name}", "block"
    layer = find(node_type)
    if layer is None:
        return f"Unknown layer {node_type}", "unknown"
    return (layer.name if layer.name == layer.id else f"{layer.name} · {layer.id}"), layer.category


def selection_words(nodes: Sequence[Node]) -> str:
    """How many layers of which types: ``3 layers: 2 Conv2d, 1 Linear``."""
    counts = Counter(block_of(node.type) or node.type for node in nodes).most_common()
    listed = [f"{count:,} {name}" for name, count in counts[:MOST_TYPES]]
    if len(counts) > MOST_TYPES:
        rest = sum(count for _, count in counts[MOST_TYPES:])
        listed.append("1 other" if rest == 1 else f"{rest:,} others")
    return f"{len(nodes):,} layers: {', '.join(listed)}"


def _folded(types: Iterable[str]) -> frozenset[str]:
    """The settings that every layer with weights has, and that few students need."""
    layers = [find(node_type) for node_type in types]
    return frozenset(name for layer in layers if layer is not None and "init" in layer.common for name in layer.common)


class NodePage(Page):
    """Name, problems, settings, results and help. ``enter_wanted`` carries a block that should be shown."""

    enter_wanted = Signal(str, str)

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__(qdocument)
        self._where = ""
        self._names: tuple[str, ...] = ()
        self._form: SettingsForm | None = None
        self._form_key: object = None
        self._room = 0  # how wide the panel is; 0 until it is known
        self._wide: tuple[float, int] = (0.0, 0)  # the room that number fields with arrows need, at which scale
        self._expanded = False
        self._problems: tuple[Problem, ...] = ()
        self._said: tuple[ProblemEntry, ...] = ()
        self._elsewhere = False  # whether the list of problems is in sight
        self._carded: object = None
        self._tile = FamilyTile("unknown")
        self.name = NameField()
        self.name.renamed.connect(self._rename)
        self.name.done.connect(self.named)
        self.several = TintedLabel("", "text", wrap=True)
        self.type = TintedLabel("", "text.soft", wrap=True)
        self.block = BlockRow(qdocument)
        self.block.enter_wanted.connect(self.enter_wanted)
        self._cards, self._settings = QWidget(), QWidget()
        column(of=self._cards, margins=(0, 4, 0, 2))
        column(of=self._settings, margins=(0, 3, 0, 3))
        self._state = Remark()
        self._make_repeat()
        self.shares = ShareRow(qdocument)
        self.get_data = GetRow(qdocument)
        self.data = DataRow(qdocument)
        self.augmented = AugmentedRow(qdocument)
        self._facts_title = Heading("Result")
        self.facts = FactsTable()
        self._help_title = Heading("What it does")
        self.help = TintedLabel("", "text", wrap=True)
        self.formula = TintedLabel("", "text.soft", wrap=True)
        for label in (self.help, self.formula):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.picture = HelpPicture()
        self._use_title = Heading("On the canvas")
        self.bypassed = TriCheck("muted, data passes through")
        self.bypassed.setToolTip("The layer stays on the canvas, but does nothing (M)")
        self.bypassed.decided.connect(lambda on: self._set("bypassed", on))
        tip = "What you want to remember about this layer"
        self.note = NoteField("Note on the layer", tip, 2, "What you want to remember")
        self.note.edited.connect(lambda text: self._set("note", text))
        self._note_label = named("note", self.note)
        note = row(self._note_label, (self.note, 1))
        note.setAlignment(self._note_label, Qt.AlignmentFlag.AlignTop)
        self.lay(
            self._tile.beside(self.name, self.several, self.name.hint, self.type),
            self.block,
            self._cards,
            self.get_data,
            self._state,
            # Above the settings: whether it stands there once, and with weights of its own, the rest is read by.
            row(self._repeat_label, (self._times, 1)),
            self.shares,
            self.data,
            self._settings,
            self.augmented,
            self._facts_title,
            self.facts,
            self._help_title,
            self.help,
            self.picture,
            self.formula,
            self._use_title,
            column(self.bypassed, note, spacing=5),
        )
        theme.notifier.changed.connect(self._dress)
        self._dress()

    def _make_repeat(self) -> None:
        self._times = NumberEditor(Int("repeat", 1, low=1, high=MOST_REPEATS, help="How often it stands in a row."))
        tip = "How many times the layer stands in a row, each time with weights of its own"
        self._times.describe(tip, "How often the layer stands in a row")
        self._times.edited.connect(lambda times: self._set("repeat", times))
        self.repeat = self._times.boxes[0]
        self._repeat_label = named("repeat", self.repeat, tip)
        self._repeat_drags = DragSteps(self._qdocument, self._times, self._repeat_label)

    def _dress(self) -> None:
        self.formula.setFont(theme.code_font())

    def show_nodes(self, where: str, names: Sequence[str], graph: Graph, report: GraphReport) -> None:
        """Show these nodes as they are now. What a person is typing stays; nothing is edited by showing."""
        self._where, self._names = where, tuple(names)
        nodes = [graph.nodes[name] for name in names]
        known = [report.nodes.get(name, NodeReport()) for name in names]
        types = {node.type for node in nodes}
        self._show_header(nodes, graph, types)
        problems = tuple(problem for each in known for problem in each.problems)
        self._problems = problems if len(nodes) == 1 else ()
        self._show_cards()
        self._show_state(nodes, known)
        self._show_settings(nodes, types)
        self.get_data.show_node(where, nodes[0] if len(nodes) == 1 else None)
        if len(nodes) == 1:
            self.shares.show_node(where, graph, nodes[0])
        else:
            self.shares.hide()
        self.data.show_node(where, nodes[0] if len(nodes) == 1 else None)
        self.augmented.show_node(where, nodes[0] if len(nodes) == 1 else None)
        self._show_results(nodes, known)
        self._show_help(nodes[0] if len(types) == 1 else None)
        self._show_use(nodes)

    def _show_header(self, nodes: Sequence[Node], graph: Graph, types: set[str]) -> None:
        one = len(nodes) == 1
        self.name.setVisible(one)
        self.several.setVisible(not one)
        if one:
            self.name.show_name(nodes[0].name, frozenset(graph.nodes) - {nodes[0].name})
        else:
            listed = ", ".join(node.name for node in nodes[:12]) + (", …" if len(nodes) > 12 else "")
            self.several.setText(selection_words(nodes))
            self.several.setToolTip(listed)
        block = block_of(nodes[0].type) if one else None
        known = block is not None and block in self._qdocument.project.blocks
        self.block.setVisible(known)
        if block is not None and known:
            self.block.show_instance(self._where, nodes[0].name, block)
        words, category = type_words(nodes[0].type)
        self._tile.setVisible(len(types) == 1)
        self.type.setText(words)
        self.type.setVisible(not known and len(types) == 1)
        self._tile.show_category(category)

    def show_said(self, entries: tuple[ProblemEntry, ...]) -> None:
        """Show what else is said of the one layer that is shown."""
        self._said = entries
        self._show_cards()

    def leave_to_list(self, elsewhere: bool) -> None:
        """Say in full what is wrong, or leave that to the list of problems while it is in sight."""
        self._elsewhere = elsewhere
        self._show_cards()

    def _show_cards(self) -> None:
        # What the list knows of them has the whole path of a layer in a block, so the sentence alone is compared.
        known = {problem.sentence for problem in self._problems}
        more = tuple(entry for entry in self._said if entry.problem.sentence not in known)
        # The words of a fix depend on the drawing too, but only on what the sentence already names.
        key = (self._where, self._names, self._problems, more, self._elsewhere)
        if key == self._carded:
            return
        self._carded = key
        cards = emptied(self._cards)
        entries = [(self._where, ProblemEntry("error", problem)) for problem in self._problems]
        entries += [(MAIN, entry) for entry in more]
        if self._elsewhere and entries:
            words = count_words(entry for _, entry in entries)
            cards.addWidget(TintedLabel(f"{words}, in the list of problems", "text.soft", wrap=True))
        for where, entry in entries if not self._elsewhere else ():
            cards.addWidget(ProblemCard(self._qdocument, where, entry, named=False))
        self._cards.setVisible(bool(entries))

    def _show_state(self, nodes: Sequence[Node], known: Sequence[NodeReport]) -> None:
        text = ""
        if len(nodes) == 1 and nodes[0].bypassed:
            text = "Muted: what arrives passes through unchanged."
        elif len(nodes) == 1 and known[0].waiting and not known[0].problems:
            text = "Its shape is not known yet, because something before it has a problem."
        elif len({node.type for node in nodes}) > 1 and not self._common(nodes):
            text = "These layers have no settings in common."
        self._state.say(text)

    def fit(self, room: int) -> None:
        """Be seen in a panel that is so wide; where the settings do not fit, their numbers do without arrows."""
        self._room = room
        if self._form is None or room == 0 or not self.isVisible():
            return
        need, (measured, wide) = self.minimumSizeHint().width(), self._wide
        if not self._form.tight and need > room:
            self._wide = theme.scale(), need
            self._form.set_tight(True)
        elif self._form.tight and (measured != theme.scale() or room >= wide):
            self._form.set_tight(False)  # after another scale, the next layout tells whether it can stay so

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit(self._room)
        return done

    def _show_settings(self, nodes: Sequence[Node], types: set[str]) -> None:
        params = self._common(nodes)
        if len(nodes) == 1 and self._where == MAIN and self.data.says_all_of(nodes[0]):
            params = {name: param for name, param in params.items() if not isinstance(param, Columns)}
        key = (frozenset(types), params)
        if key != self._form_key or self._form is None:
            self._form_key = key
            settings = emptied(self._settings)
            self._form = SettingsForm(self._qdocument, params, _folded(types), self._expanded)
            self._form.expanded.connect(self._remember_fold)
            settings.addWidget(self._form)
            self._wide = (0.0, 0)
        self._form.show_nodes(self._where, nodes, self._learning)
        self._settings.setVisible(bool(params) or (len(types) == 1 and any(node.params for node in nodes)))

    def _learning(self) -> list[str]:
        """The layers that a setting may name: those that learn something."""
        graph = self._qdocument.project.graph_of(self._where)
        return [name for name, node in graph.nodes.items() if learns(node)]

    def _common(self, nodes: Sequence[Node]) -> Mapping[str, Param]:
        """The settings that all of these nodes have."""
        kinds = {node.type: node for node in nodes}
        return in_common([declared(self._qdocument.project, node) for node in kinds.values()])

    def _remember_fold(self, is_open: bool) -> None:
        self._expanded = is_open

    def _show_results(self, nodes: Sequence[Node], known: Sequence[NodeReport]) -> None:
        if len(nodes) == 1:
            rows = rows_of(nodes[0], known[0], self._qdocument.project.recipe)
        else:
            weights = sum(report.parameters for report in known)
            rows = [
                ("parameters", f"{weights:,}" if weights else "none", f"{size_words(weights)}, all of these together"),
                ("multiply-adds", f"{sum(report.multiply_adds for report in known):,}", "For one sample, all together"),
            ]
        self.facts.show_rows(rows)
        self._facts_title.setVisible(bool(rows))

    def _show_help(self, node: Node | None) -> None:
        node_type = node.type if node is not None else ""
        layer = find(node_type)
        text = layer.help.replace("\n", " ") if layer is not None else ""
        block = self._qdocument.project.blocks.get(block_of(node_type) or "")
        if block is not None:
            text = block.note or "A drawing of its own, used here as one layer."
        self.help.setText(text)
        self.formula.setText(layer.formula if layer is not None else "")
        self._help_title.setVisible(bool(text))
        self.help.setVisible(bool(text))
        self.picture.setVisible(bool(text))
        if node is not None and text:
            self.picture.show_layer(node_type, type_words(node_type)[1], node.params)
        self.formula.setVisible(layer is not None and bool(layer.formula))

    def _show_use(self, nodes: Sequence[Node]) -> None:
        layers = [find(node.type) for node in nodes]
        repeatable = all(layer is None or layer.role not in _NOT_REPEATED for layer in layers)
        self.bypassed.show_values([node.bypassed for node in nodes])
        times = list(dict.fromkeys(min(max(1, node.repeat), MOST_REPEATS) for node in nodes))
        if len(times) > 1:
            self._times.show_different(times)
        else:
            self._times.show_value(times[0])
        passing = all(layer is None or layer.role not in _NOT_MUTED for layer in layers)
        mutable = passing or any(node.bypassed for node in nodes)
        self.bypassed.setVisible(mutable)
        shown = repeatable or any(node.repeat != 1 for node in nodes)
        self._times.setVisible(shown)
        self._repeat_label.setVisible(shown)
        self.note.setVisible(len(nodes) == 1)
        self._note_label.setVisible(len(nodes) == 1)
        self._use_title.setVisible(mutable or len(nodes) == 1)
        if len(nodes) == 1:
            self.note.show_text(nodes[0].note)

    def _rename(self, new: str) -> None:
        if len(self._names) == 1:
            old = self._names[0]
            if not self._qdocument.do_step(Rename(self._where, old, new)):
                graph = self._qdocument.project.graph_of(self._where)
                self.name.show_name(old, frozenset(graph.nodes) - {old})

    def _set(self, field: str, value: object) -> None:
        if self._names:
            self._qdocument.do(SetNodeField(self._where, self._names, field, value))
