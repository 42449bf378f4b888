"""The widget that shows a help picture with its sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.ui import scale, theme
from app.ui.help import HEIGHT, WIDTH
from app.ui.labels import Tinted
from nodes.api import BadSetting, Layer
from nodes.api.registry import find

WIDEST = 420


class _Drawn(QWidget):
    """As wide as there is room, as high as the sheet needs."""

    def __init__(self) -> None:
        super().__init__()
        self.type, self.category = "", ""
        self.settings: Mapping[str, Any] = {}
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.notifier.changed.connect(self.update)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(min(width, scale.px(WIDEST)) * HEIGHT / WIDTH)

    def sizeHint(self) -> QSize:
        return QSize(scale.px(WIDTH), scale.px(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            paint(painter, QRectF(self.rect()), self.type, self.category, self.settings)
        finally:
            painter.end()


def paint(painter: QPainter, room: QRectF, node_type: str, category: str, settings: Mapping[str, Any]) -> str:
    """Paint the picture of a layer type into ``room``; gives the sentence that says what is seen."""
    # The pictures are loaded with the first one that is looked at, not with the window.
    from app.ui.help.catalog import picture_of
    from app.ui.help.sheet import Sheet

    layer = find(node_type)
    return picture_of(layer, category)(Sheet(painter, room, category), _sound(layer, settings))


def _sound(layer: Layer | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that the layer can take, and the usual values for the others: they may come from a bad file."""
    if layer is None:
        return {}
    known = layer.defaults()
    for name, value in settings.items():
        param = layer.param(name)
        if param is not None:
            with contextlib.suppress(BadSetting):
                known[name] = param.check(value)
    return known


class HelpPicture(QWidget):
    """A picture and its sentence, which is also what a screen reader says."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = _Drawn()
        self.caption = Tinted("", "text.soft", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(3)
        column.addWidget(self.drawn)
        column.addWidget(self.caption)
        self._key: object = None

    def show_layer(self, node_type: str, category: str, settings: Mapping[str, Any]) -> None:
        """Explain this layer with these settings."""
        key = (node_type, category, repr(sorted(settings.items(), key=lambda entry: entry[0])))
        if key == self._key:
            return
        self._key = key
        drawn = self.drawn
        drawn.type, drawn.category, drawn.settings = node_type, category, dict(settings)
        # The sentence comes from the same function as the strokes; a sheet of one pixel is enough to hear it.
        paper = QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)
        painter = QPainter(paper)
        try:
            sentence = paint(painter, QRectF(0, 0, 1, 1), node_type, category, settings)
        finally:
            painter.end()
        self.caption.setText(sentence)
        drawn.setAccessibleName(f"Picture: {sentence}")
        drawn.setToolTip(sentence)
        drawn.update()
