"""The settings of a view, an editor for each."""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.insight.view import View
from app.ui.inspector.editors import editor_for
from app.ui.labels import Tinted


class ViewForm(QWidget):
    """An editor for each setting of a view, and a line for what is not taken."""

    def __init__(self, view: View, settings: dict[str, Any], changed: Any) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self.editors = {param.name: editor_for(param) for param in view.options}
        self.hint = Tinted("", "error", wrap=True)
        self.hint.hide()
        for row, param in enumerate(view.options):
            editor = self.editors[param.name]
            tip = f"<b>{html.escape(param.title)}</b><br>{html.escape(param.help)}"
            label = QLabel(param.title)
            label.setToolTip(tip)
            grid.addWidget(label, row, 0)
            grid.addWidget(editor, row, 1)
            label.setBuddy(editor)
            editor.describe(tip, param.title)
            editor.show_value(settings.get(param.name, param.default))
            editor.edited.connect(partial(self._edited, param.name, changed))
            editor.hinted.connect(self._hinted)
        grid.addWidget(self.hint, len(view.options), 0, 1, 2)
        grid.setRowStretch(len(view.options) + 1, 1)

    def put(self, settings: dict[str, Any], values: Mapping[str, Any]) -> None:
        """Set what the view has of these settings, without telling that somebody did; None is what is usual."""
        for name, editor in self.editors.items():
            if name in values:
                settings[name] = editor.param.default if values[name] is None else values[name]
                editor.show_value(settings[name])

    def _edited(self, name: str, changed: Any, value: object) -> None:
        editor = self.editors[name]
        if not editor.refusal(value):
            value = editor.param.check(value)
            editor.show_value(value)
            self._hinted("")
            changed(name, value)

    def _hinted(self, text: str) -> None:
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
