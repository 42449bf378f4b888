"""The bars of an answer, in any width."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication

from app.ui import scale
from app.ui.predict.bars import Bars

CLASSES = [("6", 0.91), ("1", 0.081), ("0", 0.0004), ("aeroplane", 0.0086)]


@pytest.mark.parametrize("percent", [100, 200])
@pytest.mark.parametrize("width", [110, 150, 190, 260, 400])
def test_words_numbers_and_bars_stand_apart_in_any_width(
    qapp: QApplication, qtbot: Any, monkeypatch: pytest.MonkeyPatch, width: int, percent: int
) -> None:
    """Fails if, in a narrow panel, a number is written over the name of its class or cut, or a bar runs through
    letters: beside a bar of its least width there is no room for all three."""
    scale.apply(percent)
    try:
        bars = Bars()
        qtbot.addWidget(bars)
        bars.show_classes(sorted(CLASSES, key=lambda row: -row[1]), [word for word, _ in CLASSES])
        bars.resize(width * percent // 100, 400)
        bars.resize(bars.width(), bars.minimumHeight())
        bars.show()
        written: list[QRectF] = []
        filled: list[QRectF] = []
        draw, fill = QPainter.drawText, QPainter.fillRect

        def spy_text(painter: QPainter, *parts: Any) -> Any:
            place, flags, text = parts
            written.append(painter.boundingRect(place, flags.value, text))
            return draw(painter, *parts)

        def spy_fill(painter: QPainter, place: QRectF, colour: QColor) -> Any:
            filled.append(place)
            return fill(painter, place, colour)

        monkeypatch.setattr(QPainter, "drawText", spy_text)
        monkeypatch.setattr(QPainter, "fillRect", spy_fill)
        bars.grab()
        monkeypatch.undo()
    finally:
        scale.apply(100)
    assert len(written) == 2 * len(CLASSES)
    assert len(filled) == 2 * len(CLASSES)
    for place, first in enumerate(written):
        first = first.adjusted(0, 1, 0, -1)  # leading above and below the letters
        assert QRectF(bars.rect()).contains(first)
        assert not any(first.intersects(other) for other in written[place + 1 :])
        assert not any(first.intersects(bar) for bar in filled)
    assert all(bar.width() >= 0 for bar in filled)
