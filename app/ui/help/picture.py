"""The widget that shows a help picture with its sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import scale, theme
from app.ui.help import HEIGHT, WIDTH
from app.ui.labels import TintedLabel
from app.ui.layouts import column
from nodes.api import BadSetting, Layer
from nodes.api.registry import find, ours

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
        with QPainter(self) as painter:
            paint(painter, QRectF(self.rect()), self.type, self.category, self.settings)


def paint(painter: QPainter, room: QRectF, node_type: str, category: str, settings: Mapping[str, Any]) -> str:
    """Paint the picture of a layer type into ``room``; gives the sentence that says what is seen."""
    return _paint(painter, room, node_type, category, _sound(find(node_type), settings))


def _paint(painter: QPainter, room: QRectF, node_type: str, category: str, sound: Mapping[str, Any]) -> str:
    # The pictures are loaded with the first one that is looked at, not with the window.
    from app.ui.help.catalog import picture_of
    from app.ui.help.sheet import PaintedSheet

    layer, sheet = find(node_type), PaintedSheet(painter, room, category)
    if layer is None or layer.id in ours():
        return picture_of(layer, category)(sheet, sound)
    try:
        return picture_of(layer, category)(sheet, sound)
    except Exception:  # the user's own drawing, which may contain any mistake
        return picture_of(None, category)(sheet, {})


class _Watched(Mapping[str, Any]):
    """Settings that remember which of them were looked at: a picture stays as it is while the others change."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self.seen: dict[str, str] = {}

    def __getitem__(self, name: str) -> Any:
        self.seen[name] = repr(self._settings.get(name))
        return self._settings[name]

    def __iter__(self) -> Iterator[str]:
        for name in self._settings:
            self.seen[name] = repr(self._settings[name])
            yield name

    def __len__(self) -> int:
        return len(self._settings)


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
        self.caption = TintedLabel("", "text.soft", wrap=True)
        column(self.drawn, self.caption, of=self, margins=(0, 2, 0, 2), spacing=3)
        self._kind = "", ""
        self._seen: Mapping[str, str] = {}

    def show_layer(self, node_type: str, category: str, settings: Mapping[str, Any]) -> None:
        """Explain this layer with these settings."""
        drawn = self.drawn
        drawn.type, drawn.category, drawn.settings = node_type, category, dict(settings)
        sound = _Watched(_sound(find(node_type), settings))
        kind = node_type, category
        if kind == self._kind and all(repr(sound.get(name)) == text for name, text in self._seen.items()):
            return
        # The sentence comes from the same function as the strokes; a sheet of one pixel is enough to hear it.
        paper = QImage(1, 1, QImage.Format.Format_ARGB32_Premultiplied)
        with QPainter(paper) as painter:
            sentence = _paint(painter, QRectF(0, 0, 1, 1), node_type, category, sound)
        self._kind, self._seen = kind, sound.seen
        self.caption.setText(sentence)
        drawn.setAccessibleName(f"Picture: {sentence}")
        drawn.setToolTip(sentence)
        drawn.update()
