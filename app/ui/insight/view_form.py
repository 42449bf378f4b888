"""The settings of a view, with an editor for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from html import escape
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QGridLayout, QSlider, QWidget

from app.insight.view import View
from app.ui.inspector.boxes import calm
from app.ui.inspector.editors import editor_for
from app.ui.labels import Remark, label_of
from nodes.api.params import Float

_PLACES = 200  # of a slider, from one end to the other


class ViewForm(QWidget):
    """An editor for each setting of a view, and a line for what is not taken."""

    def __init__(
        self,
        view: View,
        settings: dict[str, Any],
        changed: Callable[[str, Any], object],
        but: Collection[str] = (),
    ) -> None:
        """``changed`` is told the name of a setting and its new value. ``but`` names settings that stand elsewhere."""
        super().__init__()
        options = [param for param in view.options if param.name not in but]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self.editors = {param.name: editor_for(param) for param in options}
        self.hint = Remark("error")
        self.sliders: dict[str, QSlider] = {}
        row = 0
        for param in options:
            editor = self.editors[param.name]
            tip = f"<b>{escape(param.title)}</b><br>{escape(param.help)}"
            grid.addWidget(label_of(editor, param.title, tip), row, 0)
            grid.addWidget(editor, row, 1)
            editor.describe(tip, param.title)
            editor.show_value(settings.get(param.name, param.default))
            editor.edited.connect(partial(self._edited, param.name, changed))
            editor.hinted.connect(self.hint.say)
            row += 1
            if isinstance(param, Float) and param.slider:
                slider = self.sliders[param.name] = _slider(param, tip)
                slider.setValue(_place(param, settings.get(param.name, param.default)))
                slider.valueChanged.connect(partial(self._slid, param, changed))
                grid.addWidget(slider, row, 1)
                row += 1
        grid.addWidget(self.hint, row, 0, 1, 2)
        grid.setRowStretch(row + 1, 1)

    def put(self, settings: dict[str, Any], values: Mapping[str, Any]) -> None:
        """Set what the view has of these settings, without telling that somebody did; None is what is usual."""
        for name, editor in self.editors.items():
            if name in values:
                settings[name] = editor.param.default if values[name] is None else values[name]
                editor.show_value(settings[name])

    def _edited(self, name: str, changed: Callable[[str, Any], object], value: object) -> None:
        editor = self.editors[name]
        if not editor.refusal(value):
            value = editor.param.check(value)
            editor.show_value(value)
            self.hint.say("")
            self._show_place(name, value)
            changed(name, value)

    def _slid(self, param: Float, changed: Callable[[str, Any], object], place: int) -> None:
        value = round(param.low + (param.high - param.low) * place / _PLACES, 4)
        value = max(value, param.step / 10) if param.open_low else value
        self.editors[param.name].show_value(value)
        self.hint.say("")
        changed(param.name, value)

    def _show_place(self, name: str, value: Any) -> None:
        slider = self.sliders.get(name)
        if slider is not None:
            param = self.editors[name].param
            assert isinstance(param, Float), "only these have one"
            with QSignalBlocker(slider):
                slider.setValue(_place(param, value))


def _slider(param: Float, tip: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, _PLACES)
    slider.setPageStep(_PLACES // 10)
    slider.setToolTip(tip)
    slider.setAccessibleName(param.title)
    slider.setAccessibleDescription(param.help)
    calm(slider)
    return slider


def _place(param: Float, value: Any) -> int:
    """Where on the slider a value stands."""
    return round((float(value) - param.low) / (param.high - param.low) * _PLACES)
