"""The recipe as a small form: one editor for each setting, each edit a step of the drawing's undo."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.core.commands import SetRecipe
from app.core.document import Change
from app.core.graph.recipe import SETTINGS
from app.ui.inspector.dragging import DragSteps
from app.ui.inspector.editors import Editor, editor_for
from app.ui.labels import Tinted
from app.ui.qdocument import QDocument
from nodes.api import Param

# Side by side, so that the whole recipe fits into a panel of two hundred pixels. The device stands in the toolbar.
_COLUMNS = (("optimizer", "lr", "momentum", "weight_decay"), ("epochs", "batch_size", "validation", "seed"))
_NARROWEST = 78  # pixels of an editor: five digits and the arrows
_LIVE = "Changing it while the training is on takes effect with the next batch."
_LATER = "A training that is on keeps the value it was started with."


class RecipeForm(QWidget):
    """Shows the recipe of the open drawing and edits it."""

    def __init__(self, qdocument: QDocument) -> None:
        super().__init__()
        self._qdocument = qdocument
        self.editors: dict[str, Editor] = {}
        self._labels: dict[str, QLabel] = {}
        self._hints: dict[str, str] = {}
        self._drags: list[DragSteps] = []
        grid = self._grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(4)
        settings = {param.name: param for param in SETTINGS}
        for column, names in enumerate(_COLUMNS):
            for row, name in enumerate(names):
                self._add(grid, settings[name], row, 3 * column)
            grid.setColumnStretch(3 * column + 1, 1)
        grid.setColumnMinimumWidth(2, 8)
        self._single = False
        self.hint = Tinted("", "error", wrap=True)
        self.hint.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(grid)
        layout.addWidget(self.hint)
        layout.addStretch(1)
        qdocument.changed.connect(self._on_document)
        qdocument.refused.connect(self._refused)
        self.refresh()

    def _add(self, grid: QGridLayout, param: Param, row: int, column: int) -> None:
        tip = f"<b>{html.escape(param.title)}</b><br>{html.escape(param.help)}"
        tip += f"<br>{_LIVE if param.name == 'lr' else _LATER}"
        label = QLabel(param.title)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setToolTip(tip)
        editor = editor_for(param)
        editor.describe(tip, param.title)
        editor.setMinimumWidth(_NARROWEST)
        label.setBuddy(editor)
        self._drags.append(DragSteps(self._qdocument, editor, label))
        editor.edited.connect(lambda value, name=param.name: self._edit(name, value))
        editor.hinted.connect(lambda text, name=param.name: self._hinted(name, text))
        self.editors[param.name] = editor
        self._labels[param.name] = label
        grid.addWidget(label, row, column)
        grid.addWidget(editor, row, column + 1)

    def arrange(self, single: bool) -> None:
        """All settings in a ``single`` column, for a narrow panel, or side by side in two."""
        if single == self._single:
            return
        self._single = single
        for column, names in enumerate(_COLUMNS):
            for row, name in enumerate(names):
                place = (row + column * len(_COLUMNS[0]), 0) if single else (row, 3 * column)
                self._grid.addWidget(self._labels[name], *place)
                self._grid.addWidget(self.editors[name], place[0], place[1] + 1)
        self._grid.setColumnMinimumWidth(2, 0 if single else 8)
        self._grid.setColumnStretch(4, 0 if single else 1)

    def refresh(self) -> None:
        """Show the recipe as it is now."""
        recipe = self._qdocument.project.recipe
        for name, editor in self.editors.items():
            editor.show_value(getattr(recipe, name))
        uses_momentum = recipe.optimizer == "SGD"
        self._labels["momentum"].setEnabled(uses_momentum)
        self.editors["momentum"].setEnabled(uses_momentum)

    def _edit(self, name: str, value: object) -> None:
        self._qdocument.do(SetRecipe(setting=name, value=value))

    def _hinted(self, name: str, text: str) -> None:
        self._hints[name] = text
        self._show_hint()

    def _show_hint(self) -> None:
        text = next(filter(None, self._hints.values()), "")
        self.hint.setText(text)
        self.hint.setVisible(bool(text))

    @Slot(str)
    def _refused(self, _: str) -> None:
        """Whatever was refused, the fields show what counts."""
        self.refresh()

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        if change.before.recipe != change.after.recipe or change.opened:
            self._hints.clear()
            self._show_hint()
            self.refresh()
