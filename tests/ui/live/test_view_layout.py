"""Where the parts of the panel "Look inside" stand at the widths that it can have."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.ui import scale
from app.ui.insight.picture_note import foot_height
from app.ui.insight.viewpanel import ViewPanel
from app.ui.layouts import column
from tests.support.patience import settle
from tests.ui.live.conftest import Make


def _top(panel: QWidget, part: QWidget) -> int:
    return part.mapTo(panel, QPoint()).y()


def test_a_narrow_panel_shows_the_picture_before_the_settings(qtbot: QtBot, desk: Make) -> None:
    """Fails if settings push the picture out of sight at half a screen, if the view can then not be chosen or started
    without scrolling, or if a wide panel does not get its column of settings back."""
    here = desk()
    panel = ViewPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(600, 500)
    panel.show()
    settle()
    panel.choose("embedding")
    settle()
    picture, form = panel.pictures.first, panel.form
    assert panel.start.isVisible()
    assert _top(panel, panel.choice) < _top(panel, picture) < _top(panel, form)
    assert abs(_top(panel, panel.start) - _top(panel, panel.choice)) < panel.choice.height()
    assert picture.width() > 500
    panel.resize(1300, 220)
    settle()
    assert picture.mapTo(panel, QPoint()).x() > form.mapTo(panel, QPoint()).x() + form.width() / 2
    assert _top(panel, panel.choice) < _top(panel, form) < _top(panel, panel.start)
    panel.choice.setFocus()
    QTest.keyClick(panel.choice, Qt.Key.Key_End)
    assert panel.form.isVisible()


def test_a_narrow_panel_says_all_that_is_said_below_a_picture(qtbot: QtBot, desk: Make) -> None:
    """Fails if what is said below a picture ends with dots while the panel has room for it."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = ViewPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(600, 600)
    panel.show()
    settle()
    panel.choose("receptive")
    here.qtbot.waitUntil(lambda: panel.pictures.first.tiles is not None, timeout=20_000)
    panel.set_node("conv2")
    here.qtbot.waitUntil(lambda: len(panel.pictures.shown) == 2, timeout=20_000)
    settle()
    for each in panel.pictures.shown:
        assert each.tiles is not None
        metrics = QFontMetrics(each.font())
        wide = each.width() - 16
        whole = metrics.boundingRect(0, 0, wide, 9999, Qt.TextFlag.TextWordWrap, each.tiles.note).height()
        assert foot_height(each.tiles.note, wide, each.height() - 12, metrics) >= whole - 2


def test_long_maps_stand_below_each_other_in_a_narrow_panel(qtbot: QtBot, desk: Make) -> None:
    """Fails if a sound and its letters over time are squeezed into columns in which they are a few dots high."""
    here = desk("speech_ctc")
    here.load_torch()
    panel = ViewPanel(here.session, here.qdocument)
    area, stage = QScrollArea(), QWidget()  # as the window holds it
    qtbot.addWidget(area)
    column((panel, 1), of=stage)
    area.setWidget(stage)
    area.setWidgetResizable(True)
    area.resize(660, 500)
    area.show()
    settle()
    panel.choose("alignment")
    here.qtbot.waitUntil(lambda: len(panel.pictures.shown) == 3, timeout=30_000)
    settle()
    heard, curve, letters = panel.pictures.shown
    assert heard.tiles is not None
    assert heard.tiles.maps.shape[2] > 2.5 * heard.tiles.maps.shape[1]
    assert _top(panel, heard) < _top(panel, curve) < _top(panel, letters)
    assert min(each.width() for each in panel.pictures.shown) > 500


def test_fields_of_a_narrow_panel_end_before_its_edge(qtbot: QtBot, desk: Make) -> None:
    """Fails if fields touch the right edge of a narrow panel, also after it was wide and at another scale."""
    here = desk()
    panel = ViewPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.show()
    try:
        for percent in (100, 200, 100):
            scale.apply(percent)
            for width in (1500, 650):
                panel.resize(width, 700)
                settle()
            ends = [panel.start.isVisible() and panel.start, panel.choice, *panel.form.editors.values()]
            for part in [each for each in ends if each and each.isVisible()]:
                right = part.mapTo(panel, part.rect().topRight()).x() + 1
                assert scale.px(6) <= panel.width() - right, (percent, part)
    finally:
        scale.apply(100)
