"""Why a wire was refused stands where the hand let go, and goes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from app.core.commands import Disconnect
from app.ui.canvas import message
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.hand import Hand


@pytest.fixture
def refused(canvas: CanvasView, hand: Hand) -> CanvasView:
    """A canvas on which a wire has just been refused."""
    canvas.qdocument.document.do(Disconnect("", canvas.qdocument.project.graph.into("conv1")))
    hand.drag(hand.output("relu1"), hand.input("conv1"))
    assert canvas.saying.text
    return canvas


def test_the_sentence_is_seen_beside_the_pointer(refused: CanvasView) -> None:
    """Would fail if the sentence were kept but not painted."""
    said = refused.grab().toImage()
    refused.saying.end()
    assert refused.grab().toImage() != said


@pytest.mark.parametrize("how", ["press", "key", "wheel", "far", "undo"])
def test_it_goes_with_the_next_thing_that_is_done(refused: CanvasView, hand: Hand, how: str) -> None:
    """Would fail if the sentence stayed over what is done next."""
    place = refused.camera.to_scene(refused.saying.at)
    if how == "press":
        hand.click(place + QPointF(0, 200))
    elif how == "key":
        hand.key(Qt.Key.Key_Shift)
    elif how == "wheel":
        refused.zoom_in()
    elif how == "far":
        hand.move(place + QPointF(40, 0))
        assert refused.saying.text, "a hand that trembles wants to read on"
        hand.move(place + QPointF(400, 100))
    else:
        refused.qdocument.undo()
    assert refused.saying.text == ""


def test_it_goes_by_itself(refused: CanvasView, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    """Would fail if a refusal stayed on the screen for good."""
    monkeypatch.setattr(message, "_LEAST_MS", 1)
    monkeypatch.setattr(message, "_MS_PER_LETTER", 0)
    refused.saying.say(refused.saying.at, refused.saying.text)
    qtbot.waitUntil(lambda: refused.saying.text == "")
