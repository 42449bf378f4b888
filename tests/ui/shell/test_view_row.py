"""Several pictures of one view in a narrow window."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.insight.tiles import Tiles
from app.ui.insight.views import ColouredPicture
from tests.support.patience import settle
from tests.ui.shell.hands import Open

MAP = Tiles(np.zeros((1, 4, 4), np.float32), 0.0, 1.0, "viridis", "Four by four")


def _top(panel: QWidget, part: QWidget) -> int:
    return part.mapTo(panel, QPoint()).y()


def test_pictures_that_do_not_fit_side_by_side_stand_below_each_other(open_window: Open, qtbot: QtBot) -> None:
    """Fails if four pictures at half a screen make the panel wider than its window, which hides most of them at the
    right, or if they stay in a column when there is room again."""
    window = open_window()
    window.resize(683, 700)
    window.show_panel("views")
    settle()
    panel = window.views
    panel.pictures.show_pictures(tuple(ColouredPicture(MAP, None) for _ in range(4)), "")
    panel._arrange()
    settle()
    shown = panel.pictures.shown
    assert [_top(panel, each) for each in shown] == sorted({_top(panel, each) for each in shown})
    assert all(each.height() > 90 for each in shown)
    assert panel.width() < 700
    window.resize(1366, 700)
    qtbot.waitUntil(lambda: len({_top(panel, each) for each in panel.pictures.shown}) == 1)
