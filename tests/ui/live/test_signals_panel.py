"""The panel of signals and the strips that show them, live in a training."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.graph.model import Project
from app.insight.signal_values import Histogram, LayerSignal
from app.training.events import BatchDone
from app.ui import scale
from app.ui.canvas.view import CanvasView
from app.ui.insight.signal_history import FIELDS, MOST_MOMENTS, SignalCourse, band
from app.ui.insight.signal_table import HEADS, CellBar, along
from app.ui.insight.signals_panel import SignalsPanel
from app.ui.insight.strips import LiveStrips
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, Desk


def shown(qtbot: QtBot, here: Desk, width: int = 1366) -> SignalsPanel:
    panel = SignalsPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(width, 220)
    panel.show()
    settle()
    return panel


def cell(panel: SignalsPanel, layer: str, column: int) -> str:
    rows = [panel.table.topLevelItem(index) for index in range(panel.table.topLevelItemCount())]
    return next(row.text(column) for row in rows if row is not None and row.text(0) == layer)


def test_an_empty_drawing_says_what_would_stand_here(qtbot: QtBot, desk: Make) -> None:
    """Fails if the panel is blank before there is anything to measure."""
    panel = shown(qtbot, desk(Project()))
    assert "gradient" in panel.words.text()
    assert panel.table.isHidden()


def test_numbers_come_before_and_live_during_a_training(qtbot: QtBot, desk: Make) -> None:
    """Fails if the panel waits for a training, stands still in one, has no updates, or forgets the course behind it."""
    here = desk("mlp_digits", epochs=LONG)
    panel = shown(qtbot, here)
    here.load_torch()
    here.until(lambda: panel.layers)
    assert [layer.path for layer in panel.layers] == ["fc1", "relu1", "fc2"]
    assert cell(panel, "fc1", 2) == "after a step"
    assert "% dead" in cell(panel, "relu1", 4)
    before = cell(panel, "fc1", 1)
    here.session.train()
    here.until(lambda: len(panel.history.moments) >= 3 and cell(panel, "fc1", 2) != "after a step")
    assert cell(panel, "fc1", 1) != before
    moments = panel.history.moments
    assert all(one.progress < other.progress for one, other in pairwise(moments))
    assert "validation samples, in epoch" in panel.words.text()
    here.session.stop()
    here.until_ended()
    here.until(lambda: "trained" in panel.words.text())
    assert cell(panel, "fc1", 2) != "after a step", "the last step that was measured stays"
    assert len(panel.history.moments) >= 3
    last = panel.history.moments[-1].layers["fc1"]
    assert last == next(layer for layer in panel.layers if layer.path == "fc1"), "the course ends with what is shown"
    here.session.step(anew=True)
    here.until(lambda: here.session.state == "paused" and here.of(BatchDone))
    here.until(lambda: len(panel.history.moments) <= 2)
    assert panel.history.moments[-1].progress < 1, "another training has a course of its own"


def test_a_row_chosen_shows_the_course_of_its_layer(qtbot: QtBot, desk: Make) -> None:
    """Fails if a click on a row, or the layer selected on the canvas, does not choose what is drawn at the right."""
    here = desk("mlp_digits")
    here.load_torch()
    panel = shown(qtbot, here)
    here.until(lambda: panel.layers)
    assert panel.course.path == "fc1", "the first layer that learns"
    row = panel.table.topLevelItem(2)
    assert row is not None
    place = panel.table.visualItemRect(row).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, place.y()))
    assert panel.course.path == "fc2"
    assert "Gradient" in panel.course.accessibleDescription()
    panel.set_node("relu1")
    assert panel.course.path == "relu1"
    assert [field.title for field in panel.course.fields()] == ["Values"], "a function has no weights"
    told = panel.course.told(panel.course.fields()[0], 0.5)
    assert told.startswith("Values of relu1, from 0 to "), told


def test_a_narrow_panel_puts_the_course_below_the_table(qtbot: QtBot, desk: Make) -> None:
    """Fails if at half a screen's width table and course are squeezed side by side."""
    here = desk("mlp_digits")
    here.load_torch()
    panel = shown(qtbot, here, 660)
    here.until(lambda: panel.layers)
    settle()
    assert panel.course.y() > panel.table.y()
    assert panel.course.width() > 500


def test_a_hidden_panel_asks_for_nothing(qtbot: QtBot, desk: Make) -> None:
    """Fails if a panel behind another tab goes on costing the training its time."""
    here = desk("mlp_digits")
    here.load_torch()
    panel = shown(qtbot, here)
    here.until(lambda: panel.layers)
    panel.hide()
    assert not here.session.looker._views


def test_the_strips_show_gradients_and_signals_where_that_is_chosen(qtbot: QtBot, desk: Make) -> None:
    """Fails if the canvas goes on showing answers, or keeps the picture of another kind."""
    here = desk("lenet_digits")
    canvas = CanvasView(here.qdocument)
    qtbot.addWidget(canvas)
    canvas.resize(1000, 500)
    canvas.show()
    settle()
    canvas.frame_all()
    strips = LiveStrips(here.session, here.qdocument, canvas)
    here.load_torch()

    def caption(name: str) -> str:
        return canvas.scene.nodes[name].caption

    def picture(name: str) -> QImage | None:
        return canvas.scene.nodes[name].strip

    here.until(lambda: picture("conv1") is not None and picture("digits") is not None)
    assert caption("conv1") == "filters"
    strips.choose("gradients")
    assert picture("conv1") is None, "nothing of another kind is left"
    here.until(lambda: picture("conv1") is not None and picture("fc3") is not None)
    assert caption("conv1").startswith("gradient, norm ")
    assert caption("fc3").startswith("gradient, norm ")
    strips.choose("signals")
    here.until(lambda: picture("conv1") is not None and picture("relu1") is not None)
    assert caption("conv1").startswith("gradient ")
    assert caption("relu1").endswith("% dead")
    assert picture("pool1") is None, "a pooling has none of these numbers"
    strips.choose("answers")
    here.until(lambda: picture("conv1") is not None and caption("conv1") == "filters")


def test_the_course_is_thinned_and_never_goes_back() -> None:
    """Fails if a long training fills the memory, or a step that is taken again stands twice."""
    history = SignalCourse()
    layer = LayerSignal("fc1", gradient=0.5)
    for index in range(5 * MOST_MOMENTS):
        history.add(index / 10, [layer])
    assert MOST_MOMENTS / 2 <= len(history.moments) <= MOST_MOMENTS + 1
    assert history.moments[0].progress == 0
    assert history.moments[-1].progress == (5 * MOST_MOMENTS - 1) / 10
    history.add(3.0, [layer])
    assert history.moments[-1].progress == 3.0
    assert all(moment.progress < 3.0 for moment in history.moments[:-1])
    assert len(history.course("fc1", FIELDS[0].value or float)) == len(history.moments)
    assert history.course("fc2", lambda each: each.gradient) == []


def test_bands_stand_on_one_axis() -> None:
    """Fails if a narrow histogram is stretched to the height of a wide one, or lies upside down."""
    narrow = Histogram(-1.0, 1.0, (*[0] * 20, 10, *[0] * 20))
    wide = Histogram(-4.0, 4.0, (*[0] * 40, 10))
    pixels, low, high = band([narrow, wide])
    assert (low, high) == (-4.0, 4.0)
    assert pixels.shape[1] == 2
    rows = pixels.shape[0]
    assert abs(int(pixels[:, 0].argmax()) - rows / 2) <= 2, "0 is in the middle"
    assert int(pixels[:, 1].argmax()) <= 2, "the highest value is at the top"
    assert pixels.max() == 1.0


def test_the_bar_of_an_update_goes_by_powers_of_ten() -> None:
    """Fails if the line at a thousandth is not in the middle between a millionth and one."""
    assert along(1e-3) == 0.5
    assert along(0.0) == 0.0
    assert along(5.0) == 1.0
    assert CellBar(0.5).mark is None


def test_headings_are_read_whole(qtbot: QtBot, qapp: QApplication, desk: Make) -> None:
    """Fails if a heading of the table is cut, also after the interface has become larger or smaller."""
    here = desk("mlp_digits")
    table = shown(qtbot, here).table
    try:
        for percent in (100, 200, 75):
            scale.apply(percent)
            settle()
            head = table.header()
            for column, words in enumerate(HEADS):
                assert table.columnWidth(column) >= head.sectionSizeHint(column), (percent, words)
        assert table.columnWidth(2) < 250, "and it becomes narrow again"
    finally:
        scale.apply(100)
