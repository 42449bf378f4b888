"""The recipe as a small form: one editor for each setting, each edit a step of the drawing's undo."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from html import escape

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.core.commands import SetRecipe
from app.core.document import Change
from app.core.graph.recipe import Recipe, rate_curve
from app.core.graph.roles import plays
from app.core.live_settings import BETWEEN_EPOCHS, is_free
from app.ui.inspector.dragging import DragSteps
from app.ui.inspector.editors import Editor, editor_for
from app.ui.inspector.vary_menu import VaryMenu
from app.ui.labels import Remark, label_of
from app.ui.layouts import column, row
from app.ui.qdocument import QDocument
from app.ui.training.small_curve import SmallCurve
from nodes.api import Param, declared
from nodes.api.training import Declared

_RIGHT = "epochs"  # the first setting of the second column
_SCHEDULED = "warmup"  # the setting under which the rate is drawn
_ELSEWHERE = ("device",)  # stands in the toolbar
_KINDS: Mapping[str, Callable[[], Mapping[str, Declared]]] = {
    "optimizer": declared.optimizers,
    "schedule": declared.schedules,
    "stopping": declared.stop_rules,
    "policy": declared.policies,
    "replay": declared.replays,
    "target": declared.targets,
}
_NARROWEST = 78  # pixels of an editor: five digits and the arrows
_LIVE = "Changing it while the training is on takes effect with the next batch."
_NEXT = "Changing it while the training is on takes effect with the next epoch."
_LATER = "A training that is on keeps the value it was started with."


class RecipeForm(QWidget):
    """Shows the recipe of the open drawing and edits it."""

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__()
        self._qdocument = qdocument
        self.editors: dict[str, Editor] = {}
        self._labels: dict[str, QLabel] = {}
        self._cells: dict[str, QWidget] = {}  # that stand in the place of a label and hold it
        self._hints: dict[str, str] = {}
        self._drags: list[DragSteps] = []
        self._varies: list[VaryMenu] = []
        self._tips: dict[str, str] = {}
        grid = self._grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(4)
        self._placed: tuple[tuple[str, ...], bool, bool] | None = None
        self._single = False
        self.hint = Remark("error")
        self.rate = SmallCurve("Learning rate over the training")
        self.rate.setParent(self)  # it has no place in the grid while there is nothing to be drawn
        self.rate.hide()
        column(grid, self.hint, 1, of=self, spacing=4)
        qdocument.changed.connect(self._on_document)
        qdocument.refused.connect(self._refused)
        self.refresh()

    def _add(self, name: str, param: Param) -> None:
        tip = f"<b>{escape(param.title)}</b><br>{escape(param.help)}"
        live = is_free(self._qdocument.project.recipe, name)
        tip += f"<br>{(_NEXT if name in BETWEEN_EPOCHS else _LIVE) if live else _LATER}"
        self._tips[name] = tip
        editor = editor_for(param)
        editor.describe(tip, param.title)
        editor.setMinimumWidth(_NARROWEST)
        label = label_of(editor, param.title, tip)
        if name == "lr":  # something may stand between its label and its number
            cell = self._cells[name] = QWidget()
            row(label, 1, of=cell, spacing=2)
        self._drags.append(DragSteps(self._qdocument, editor, label))
        self._varies.append(VaryMenu((label, editor), param, lambda: name.rpartition(".")[2]))
        editor.edited.connect(lambda value, name=name: self._edit(name, value))
        editor.hinted.connect(lambda text, name=name: self._hinted(name, text))
        self.editors[name] = editor
        self._labels[name] = label

    def add_beside_lr(self, widget: QWidget) -> None:
        """Put something small beside the label of the learning rate."""
        layout = self._cells["lr"].layout()
        assert layout is not None
        layout.addWidget(widget)

    def add_below(self, widget: QWidget) -> None:
        """Put something under the settings."""
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(layout.count() - 1, widget)

    def arrange(self, single: bool) -> None:
        """All settings in a ``single`` column, for a narrow panel, or side by side in two."""
        self._single = single
        self._place(self._qdocument.project.recipe)

    def _place(self, recipe: Recipe) -> None:
        """Put those settings in their places that count now: each choice brings its own. Editors that were made stay,
        so that what is being typed is not lost; those that do not count are hidden."""
        every = recipe.settings(plays(self._qdocument.project))
        settings = {name: param for name, param in every if name not in _ELSEWHERE}
        rates = rate_curve(recipe)
        drawn = rates is not None and len({rate for _, rate in rates}) > 1
        self._show_rate(recipe, rates if drawn else None)
        wanted = (tuple(settings), self._single, drawn)
        if wanted == self._placed:
            return
        self._placed = wanted
        for name, param in settings.items():
            if name not in self.editors:
                self._add(name, param)
        for name in self.editors:
            for widget in self._row(name):
                self._grid.removeWidget(widget)
                if name not in settings:
                    widget.hide()
        self._grid.removeWidget(self.rate)
        names = list(settings)
        middle = names.index(_RIGHT)
        columns = [names] if self._single else [names[:middle], names[middle:]]
        for side, some in enumerate(columns):
            line = 0
            for name in some:
                for place, widget in enumerate(self._row(name)):
                    self._grid.addWidget(widget, line, 3 * side + place)
                    widget.show()  # not before it has its place, else it would be a window of its own for a moment
                line += 1
                if name == _SCHEDULED and drawn:
                    # About as high as two settings: beside it, those of the other column stand as close as elsewhere.
                    lines = 1 if self._single else 2
                    self._grid.addWidget(self.rate, line, 3 * side, lines, 2)
                    line += lines
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnMinimumWidth(2, 0 if self._single else 8)
        self._grid.setColumnStretch(4, 0 if self._single else 1)
        order = [self.editors[name] for name in names]
        for before, after in itertools.pairwise(order):
            QWidget.setTabOrder(before, after)

    def _row(self, name: str) -> tuple[QWidget, QWidget]:
        """Label and editor of a setting."""
        return self._cells.get(name, self._labels[name]), self.editors[name]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Rearranged while the panel around it comes into sight, it would keep its old places in its new size: Qt holds
        # the layout for one that is up to date.
        self._grid.invalidate()

    def refresh(self) -> None:
        """Show the recipe as it is now."""
        recipe = self._qdocument.project.recipe
        self._place(recipe)
        for name, _ in recipe.settings(plays=True):
            if name in self.editors:
                self.editors[name].show_value(recipe.value(name))
        for name, kind in _KINDS.items():
            if name in self.editors:
                self._describe_choice(name, kind()[recipe.value(name)])

    def _show_rate(self, recipe: Recipe, curve: Sequence[tuple[float, float]] | None) -> None:
        """The learning rate as it will become, where it does not stay as it is and can be known."""
        self.rate.setVisible(curve is not None)
        if curve is not None:
            rates = [rate for _, rate in curve]
            ends = "epoch 0", f"{recipe.epochs:,}"
            self.rate.show_points(curve, (f"{max(rates):.2g}", f"{min(rates):.2g}", *ends))

    def _describe_choice(self, name: str, chosen: Declared) -> None:
        """Let the tooltip of a choice tell of what is chosen, too."""
        about = f"<br><b>{escape(chosen.name)}</b>: {escape(' '.join(chosen.help.split()))}"
        self.editors[name].describe(self._tips[name] + about, self.editors[name].param.title)

    def _edit(self, name: str, value: object) -> None:
        self._qdocument.do(SetRecipe(setting=name, value=value))

    def _hinted(self, name: str, text: str) -> None:
        self._hints[name] = text
        self._show_hint()

    def _show_hint(self) -> None:
        self.hint.say(next(filter(None, self._hints.values()), ""))

    @Slot(str)
    def _refused(self, _: str) -> None:
        """Whatever was refused, the fields show what counts."""
        self.refresh()

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        if plays(change.before) != plays(change.after):
            self.refresh()
        if change.before.recipe != change.after.recipe or change.opened:
            self._hints.clear()
            self._show_hint()
            self.refresh()
