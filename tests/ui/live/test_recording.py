"""The buttons that ask a camera and a microphone, with stand-ins for the packages that speak to them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core.graph.model import Project
from app.ui.data.collect_page import CollectPage
from tests.ui.live.conftest import Make
from tests.ui.live.desk import Desk


@pytest.fixture
def page(desk: Make, qtbot: QtBot, tmp_path: Path) -> tuple[Desk, CollectPage]:
    here = desk(Project())
    made = CollectPage(here.session.runner, here.qdocument)
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    qtbot.waitExposed(made)
    made.set_folder(tmp_path / "own")
    return here, made


def test_a_second_of_sound_is_kept_as_its_class(
    page: tuple[Desk, CollectPage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Fails if it is recorded without a class, is lost, or a missing package says nothing."""
    here, made = page
    QTest.mouseClick(made.microphone, Qt.MouseButton.LeftButton)
    assert "which class" in made.said.text()
    QTest.keyClicks(made.word, "yes")
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    QTest.mouseClick(made.microphone, Qt.MouseButton.LeftButton)
    here.until(lambda: "pip install sounddevice" in made.said.text() and made.microphone.isEnabled())
    heard = np.full((16_000, 1), 0.25, np.float32)
    device = SimpleNamespace(rec=lambda *_, **__: heard, wait=lambda: None)
    monkeypatch.setitem(sys.modules, "sounddevice", device)
    QTest.mouseClick(made.microphone, Qt.MouseButton.LeftButton)
    here.until(lambda: "recorded 1" in made.said.text())
    values, rate = soundfile.read(tmp_path / "own" / "yes" / "recorded 1.wav")
    assert (len(values), rate) == (16_000, 16_000)
    assert values.mean() == pytest.approx(0.25, abs=1e-3)


def test_what_the_camera_sees_comes_onto_the_pad(
    page: tuple[Desk, CollectPage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the picture is not shown, or is turned or coloured otherwise."""
    here, made = page
    monkeypatch.setitem(sys.modules, "cv2", None)
    QTest.mouseClick(made.camera, Qt.MouseButton.LeftButton)
    here.until(lambda: "pip install opencv" in made.said.text())
    frame = np.zeros((5, 7, 3), np.uint8)
    frame[0, 6] = (0, 0, 255)  # red, which is last there
    camera = SimpleNamespace(isOpened=lambda: True, read=lambda: (True, frame), release=lambda: None)
    monkeypatch.setitem(sys.modules, "cv2", SimpleNamespace(VideoCapture=lambda _: camera))
    QTest.mouseClick(made.camera, Qt.MouseButton.LeftButton)
    here.until(lambda: made.pad.pasted)
    pixels = made.pad.pixels()
    assert pixels.shape == (5, 7, 3)
    assert pixels[0, 6].tolist() == [255, 0, 0]
    assert int(pixels.sum()) == 255
