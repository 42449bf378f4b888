"""What varies: a field for a setting and its values, and a chip for each that was added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCompleter, QWidget

from app.core.commands import Refused
from app.core.document import Change
from app.core.graph.model import Project
from app.core.paths import node_at
from app.core.variants.axes import SweepAxis
from app.core.variants.drawings import spoken
from app.core.variants.marks import MarkSetting, UnmarkSetting, is_there, marked, meant
from app.ui.flow import FlowLayout
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import button, eliding_button, emptied, icon_button, text_line
from app.ui.layouts import row
from app.ui.qdocument import QDocument
from app.ui.sweep import suggest
from nodes.api import quoted, sentence_case

VALUES_TIP = (
    "The values to try: one by one (0.1, 0.01), all whole numbers of a range (0..7), a range on a logarithmic scale "
    "(0.0001~0.1), or some of a range (0..0.5/3)"
)


class Chip(QWidget):
    """One setting that varies. A click on its words brings them back into the fields."""

    def __init__(self, name: str, words: str, edit: Callable[[], None], remove: Callable[[], None]) -> None:
        super().__init__()
        self.words = eliding_button(words, "Change these values", edit)
        self.remove = icon_button("close", f"Leave out {name}", remove, 20)
        row(self.words, self.remove, of=self, spacing=0)


class AxesForm:
    """The fields and chips, to be put into a panel. What varies is marked in the drawing: it is saved with it, and
    undone like any other edit. ``changed`` is called when something else varies, ``refused`` with a sentence. Other
    drawings that take part in a race are chips as well."""

    def __init__(self, qdocument: QDocument, changed: Callable[[], None], refused: Callable[[str], None]) -> None:
        self.others: list[tuple[str, Project]] = []
        self._qdocument, self._changed, self._refused = qdocument, changed, refused
        qdocument.changed.connect(self._on_document)
        self.chips = QWidget()
        self._flow = FlowLayout(self.chips)
        self.chips.hide()
        self.name = NameBox()
        self.name.setToolTip("The setting that varies: of the recipe, or of a layer")
        self.name.setAccessibleName("Setting that varies")
        self.name.opened.connect(self._offer)
        self.name.currentTextChanged.connect(self._named)
        self.values = text_line("0.1, 0.01 or 0..7", "Values to try", VALUES_TIP)
        self.values.setMaximumWidth(190)
        self.values.returnPressed.connect(self.add)
        self.plus = button("Vary", "Add this setting to what varies (Enter)", self.add)
        self._show_chips()

    @property
    def axes(self) -> tuple[SweepAxis, ...]:
        """What is marked to vary in the drawing."""
        return marked(self._qdocument.project)

    def _project(self) -> Project:
        return self._qdocument.project

    def _on_document(self, change: Change) -> None:
        if change.opened or change.before.varied != change.after.varied:
            self._show()

    def parts(self) -> Sequence[QWidget]:
        """What stands in the row, before the chips."""
        return self.name, self.values, self.plus

    def suggest(self, name: str) -> None:
        """Put a setting with values around what it has now into the fields."""
        self._offer()
        self.name.show_word(spoken(self._project(), name))
        self.values.setText(suggest.values(self._project(), name).replace(",", ", "))
        self.values.setFocus(Qt.FocusReason.OtherFocusReason)
        self.values.selectAll()

    def offer_first(self) -> None:
        """Offer what most people vary first, without taking the keys."""
        self._offer()
        self._named(self.name.currentText())

    def add(self) -> None:
        """Take what stands in the fields; a setting that varies already gets other values."""
        project, name = self._project(), self._chosen(self.name.currentText())
        command = MarkSetting(text=f"{name}={self.values.text()}".replace("×", "x"))
        try:
            command.apply(project)
        except Refused as refused:
            said = str(refused)
            layer, dot, _ = name.rpartition(".")
            known = not dot or node_at(project, layer) is not None  # else the sentence names the layer that is missing
            if known and not is_there(project, name):  # the command line would list what there is
                said = f"This drawing has no setting {quoted(name)}. Choose one of the list."
            elif said.startswith(name):
                said = sentence_case(spoken(project, name)) + said.removeprefix(name)
            self._refused(said)
            return
        self._qdocument.do_step(command)
        self.values.clear()

    def add_drawing(self, name: str, project: Project) -> None:
        """Let another drawing take part."""
        self.others = [(known, one) for known, one in self.others if known != name]
        self.others.append((name, project))
        self._show()

    def _unmark(self, name: str) -> None:
        self._qdocument.do_step(UnmarkSetting(name=name))

    def _remove(self, name: str) -> None:
        self.others = [(known, one) for known, one in self.others if known != name]
        self._show()

    def _edit(self, each: SweepAxis) -> None:
        self._offer()
        self.name.show_word(spoken(self._project(), each.name))
        self.values.setText(str(each).partition("=")[2].replace(",", ", "))
        self.values.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show(self) -> None:
        self._show_chips()
        self._changed()

    def _show_chips(self) -> None:
        emptied(self.chips)
        for each in self.axes:
            name = spoken(self._project(), each.name)
            words = f"{name}: {str(each).partition('=')[2].replace(',', ', ')}"
            self._flow.addWidget(Chip(name, words, partial(self._edit, each), partial(self._unmark, each.name)))
        for name, _ in self.others:
            self._flow.addWidget(Chip(name, f"against {name}", lambda: None, partial(self._remove, name)))
        self.chips.setVisible(bool(self.axes or self.others))

    def _offer(self) -> None:
        """Read the names anew: the drawing may be another one by now."""
        now = self.name.currentText()
        found = [spoken(self._project(), name) for name in suggest.names(self._project())]
        if [self.name.itemText(place) for place in range(self.name.count())] != found:
            self.name.offer(found)
            self.name.show_word(now or spoken(self._project(), "lr"))

    def _chosen(self, text: str) -> str:
        """The name of the setting that stands in the field, by its words or as the command line calls it."""
        return meant(tuple(suggest.names(self._project())), self._project(), text)

    def _named(self, name: str) -> None:
        if not self.values.isModified() or not self.values.text().strip():
            self.values.setText(suggest.values(self._project(), self._chosen(name)).replace(",", ", "))


class NameBox(CalmCombo):
    """A setting to be chosen or typed. ``opened`` tells that its list is about to be seen, or typed for."""

    opened = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(CalmCombo.InsertPolicy.NoInsert)
        self.setMinimumContentsLength(16)
        completer = self.completer()
        if completer is not None:
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)

    def offer(self, entries: Iterable[str | tuple[str, object]]) -> None:
        """As usual; what is typed stays."""
        now = self.currentText()
        super().offer(entries)
        with QSignalBlocker(self):
            self.setEditText(now)

    def show_word(self, word: str) -> None:
        with QSignalBlocker(self):
            place = self.findText(word)
            if place >= 0:
                self.setCurrentIndex(place)
            self.setEditText(word)

    def showPopup(self) -> None:
        self.opened.emit()
        super().showPopup()
