"""Sounds that are shown can be heard: in the Data panel, and beside any picture that carries one."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.core.storage.templates import load
from app.data.sound import Sound
from app.insight.sound_pictures import pictured
from app.ui.data.panel import DataPanel
from app.ui.insight.tilesview import TilesView
from nodes.sources import made_up_speech
from tests.support.patience import settle
from tests.ui.live.conftest import Make


def test_play_and_save_stand_beside_what_can_be_heard(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Fails if a picture without a sound has the buttons, a missing package says nothing, or another sound is played or
    saved."""
    view = TilesView()
    qtbot.addWidget(view)
    view.resize(500, 200)
    view.show()
    wave = np.sin(np.arange(4_000) / 7).astype(np.float32) * 0.5
    shown = pictured("wave", Sound(wave, 4_000))
    view.show_tiles(shown[1])
    assert view.hear is None or view.hear.isHidden()
    view.show_tiles(shown[0])
    settle()
    assert view.hear is not None
    assert view.hear.isVisible()
    assert view.rect().contains(view.hear.geometry())
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    QTest.mouseClick(view.hear.play, Qt.MouseButton.LeftButton)
    assert "pip install sounddevice" in view.hear.play.toolTip()
    played: list[tuple[Any, int]] = []
    device = SimpleNamespace(play=lambda values, rate: played.append((values, rate)))
    monkeypatch.setitem(sys.modules, "sounddevice", device)
    QTest.mouseClick(view.hear.play, Qt.MouseButton.LeftButton)
    ((values, rate),) = played
    assert rate == 4_000
    assert np.array_equal(values, wave)
    assert "pip install" not in view.hear.play.toolTip()
    assert view.hear.save_to(tmp_path / "kept.wav")
    assert soundfile.read(tmp_path / "kept.wav")[0] == pytest.approx(wave, abs=1e-4)
    assert not view.hear.save_to(tmp_path / "nowhere" / "kept.wav")
    (told,) = (box for box in view.findChildren(QMessageBox) if box.isVisible())
    assert f"could not be saved to {tmp_path / 'nowhere' / 'kept.wav'}" in told.text()
    told.close()
    view.say("nothing")
    assert view.hear.isHidden()


def test_the_sample_that_is_pointed_at_can_be_heard(desk: Make, qtbot: QtBot) -> None:
    """Fails if the strip stays away from sounds, shows another sample, or stands below data that is no sound."""
    project = load("speech_ctc")
    few = project.graph.nodes["speech"].with_param("samples", 12)
    here = desk(project.with_graph("", project.graph.with_nodes(few)))
    panel = DataPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(900, 420)
    panel.show()
    qtbot.waitExposed(panel)
    here.load_torch()
    page = panel.samples
    here.until(lambda: page.model.count and page.table.places_in_sight())
    assert page.sounds.isVisible()
    assert "Point at a sample" in page.sounds.wave.sentence
    here.until(lambda: not page.model.missing(page.table.places_in_sight()))
    at = page.table.visualRect(page.model.index_of(3)).center()
    QTest.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    here.until(lambda: page.sounds.wave.tiles is not None)
    tiles = page.sounds.wave.tiles
    assert tiles is not None
    assert tiles.sound is not None
    truth = made_up_speech.load(words=made_up_speech.WORDS, most=2, samples=12, seed=0)["wave"][3, 0].numpy()
    assert np.array_equal(tiles.sound.wave, truth)
    assert tiles.sound.rate == 8_000
