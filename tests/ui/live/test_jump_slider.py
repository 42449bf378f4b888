"""The slider of the epochs under the mouse."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.ui.insight.time_strip import JumpingSlider


def test_a_press_brings_the_handle_and_a_drag_goes_on_from_there(qtbot: Any) -> None:
    """Fails if a press moves the handle by a page only, beside the mouse, or cannot be dragged on at once."""
    slider = JumpingSlider()
    qtbot.addWidget(slider)
    slider.setRange(0, 100)
    slider.setPageStep(1)
    slider.resize(320, 24)
    slider.show()
    for share in (0.25, 0.8, 0.5):
        QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(320 * share), 12))
        assert abs(slider.value() - 100 * share) <= 4
        QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(320 * share), 12))
        assert abs(slider.value() - 100 * share) <= 4
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(60, 12))
    QTest.mouseMove(slider, QPoint(240, 12))
    assert abs(slider.value() - 75) <= 4
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(240, 12))
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(319, 12))
    assert slider.value() == 100
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(319, 12))
