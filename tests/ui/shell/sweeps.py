"""A window with the Sweep panel in front, and what a hand does there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.core.commands import SetRecipe
from app.ui.sweep.panel import SweepPanel
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open, type_over


def window_with_sweep(open_window: Open, qtbot: Any) -> Iterator[MainWindow]:
    """A window with a small net and the Sweep panel in front; what trains there is stopped at the end."""
    made = open_window("mlp_digits")
    made.resize(1366, 768)
    for setting, value in (("epochs", 2), ("batch_size", 256), ("device", "cpu")):
        made.qdocument.do(SetRecipe(setting=setting, value=value))
    made.session.load_torch()
    qtbot.waitUntil(lambda: made.session.torch_loaded)
    made.show_panel("sweep")
    settle()
    yield made
    made.sweep.desk.stop()
    qtbot.waitUntil(lambda: made.sweep.desk.state == "idle")


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
    settle()


def vary(panel: SweepPanel, qtbot: Any, name: str, values: str) -> None:
    """Type a setting and its values, and press Vary."""
    panel.form.name.setEditText(name)
    type_over(qtbot, panel.form.values, values)
    click(panel.form.plus)


def until_idle(panel: SweepPanel, qtbot: Any) -> None:
    """Wait until nothing trains, and show what came out."""
    qtbot.waitUntil(lambda: panel.desk.state == "idle")
    panel._refresh()
