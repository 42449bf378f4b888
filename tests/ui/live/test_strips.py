"""Small pictures inside the nodes of a real canvas, and what went wrong pinned to its node."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.core.commands import RemoveNodes, SetSetting
from app.core.graph.model import MAIN
from app.training.events import BatchDone
from app.ui.canvas.view import CanvasView
from app.ui.insight.strips import LiveStrips
from app.ui.insight.views import StripPictures, ViewOf, ViewPictures
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, Desk


def with_canvas(qtbot: QtBot, here: Desk) -> tuple[CanvasView, LiveStrips]:
    canvas = CanvasView(here.qdocument)
    qtbot.addWidget(canvas)
    canvas.resize(1000, 500)
    canvas.show()
    settle()
    canvas.frame_all()
    return canvas, LiveStrips(here.session, here.qdocument, canvas)


def strip(canvas: CanvasView, name: str) -> QImage | None:
    return canvas.scene.nodes[name].strip


def test_strips_come_before_and_live_during_a_training(qtbot: QtBot, desk: Make) -> None:
    """Fails if nodes stay empty, if a flatten or a loss gets a picture too, or if pictures stand still."""
    here = desk("lenet_digits", epochs=LONG)
    canvas, _ = with_canvas(qtbot, here)
    here.load_torch()
    here.until(lambda: strip(canvas, "conv1") is not None and strip(canvas, "fc3") is not None)
    assert strip(canvas, "digits") is not None
    assert strip(canvas, "flatten") is None
    assert strip(canvas, "loss") is None
    before = strip(canvas, "conv1")
    here.session.train()
    here.until(lambda: here.of(BatchDone) and strip(canvas, "conv1") != before)
    here.session.stop()
    here.until_ended()
    assert canvas.scene.nodes["fc3"].caption.startswith("highest: ")


def test_a_single_number_is_written_into_its_node(qtbot: QtBot, desk: Make) -> None:
    """Fails if a node that gives one number shows a bar of it, which is as high as the strip whatever the number is, or
    two numbers look alike."""
    here = desk("sigmoid_circuit")
    canvas, strips = with_canvas(qtbot, here)
    told: list[StripPictures] = []
    take = strips._on_seen
    strips._on_seen = lambda key, content: (told.append(content), take(key, content))  # type: ignore[method-assign,assignment]
    here.load_torch()
    strips.choose("gradients")
    strips.choose("answers")
    here.until(lambda: strip(canvas, "inverse") is not None and bool(told))
    numbers = {each: told[-1].numbers[each] for each in ("products", "sum", "exp", "plus_one", "inverse")}
    assert [float(text.replace("−", "-")) for text in numbers.values()] == pytest.approx(
        [4, 1, 0.3679, 1.3679, 0.7311], abs=5e-3
    )
    pictures = [strip(canvas, name) for name in numbers]
    assert all(one != other for place, one in enumerate(pictures) for other in pictures[:place])


def test_an_edit_takes_the_old_picture_away(qtbot: QtBot, desk: Make) -> None:
    """Fails if a layer with other settings goes on showing what the old one answered."""
    here = desk("lenet_digits")
    canvas, _ = with_canvas(qtbot, here)
    here.load_torch()
    here.until(lambda: strip(canvas, "conv1") is not None)
    old = strip(canvas, "conv1")
    here.qdocument.do(SetSetting(MAIN, ("conv1",), "out_channels", 3))
    assert strip(canvas, "conv1") is None
    here.until(lambda: strip(canvas, "conv1") is not None)
    assert strip(canvas, "conv1") != old
    here.qdocument.do(RemoveNodes(MAIN, ("conv1",)))
    here.qdocument.undo()
    here.until(lambda: strip(canvas, "conv1") is not None)


def test_a_layer_that_is_frozen_goes_on_showing_what_it_has_learned(qtbot: QtBot, desk: Make) -> None:
    """Fails if freezing a trained layer, or another rate of its own, takes its picture away."""
    here = desk("lenet_digits", epochs=1)
    canvas, strips = with_canvas(qtbot, here)
    here.load_torch()
    here.session.train()
    here.until_ended()
    here.until(lambda: strip(canvas, "conv1") is not None and strip(canvas, "conv2") is not None)
    for setting, value in (("frozen", True), ("lr_factor", 5.0), ("frozen", False)):
        here.qdocument.do(SetSetting(MAIN, ("conv1",), setting, value))
        assert strip(canvas, "conv1") is not None
        assert {"conv1", "conv2"} <= set(strips.nodes_in_view())
    here.qdocument.do(SetSetting(MAIN, ("conv1",), "out_channels", 3))
    assert strip(canvas, "conv1") is None
    assert "conv1" not in strips.nodes_in_view()


@pytest.mark.parametrize("training", [False, True])
def test_the_same_drawing_opened_again_has_its_pictures(training: bool, qtbot: QtBot, desk: Make) -> None:
    """Fails if nodes stay empty for good, because the drawing that was opened is just like the one before."""
    here = desk("lenet_digits", epochs=LONG)
    canvas, _ = with_canvas(qtbot, here)
    here.load_torch()
    here.until(lambda: strip(canvas, "conv1") is not None)
    if training:
        here.session.step()
        here.until(lambda: here.session.state == "paused" and here.of(BatchDone))
        here.until_at_rest()
        here.qtbot.wait(700)  # the pictures of the batch
    here.qdocument.new(here.qdocument.project)
    assert strip(canvas, "conv1") is None
    here.until(lambda: strip(canvas, "conv1") is not None and strip(canvas, "fc3") is not None)
    if training:
        here.session.stop()
        here.until_ended()


def test_what_was_trained_is_not_shown_in_the_drawing_opened_next(qtbot: QtBot, desk: Make) -> None:
    """Fails if the template, opened anew after a training, goes on showing what the run before has learned."""
    here = desk("lenet_digits", epochs=1)
    heard: list[object] = []
    here.load_torch()
    here.session.train()
    here.until_ended()
    here.session.looker.show("filters", ViewOf("filters", "conv1"), lambda _, content: heard.append(content))
    here.until(lambda: heard)
    assert isinstance(heard[-1], ViewPictures)
    assert heard[-1].caption == "trained for 1 epoch"
    here.qdocument.new(here.qdocument.project)
    here.until(lambda: len(heard) > 1)
    assert isinstance(heard[-1], ViewPictures)
    assert heard[-1].caption == "not trained yet: random weights"


def test_nothing_is_shown_behind_a_layer_that_does_not_fit(qtbot: QtBot, desk: Make) -> None:
    """Fails if layers that nothing arrives at any more go on showing what the net answered before."""
    here = desk("lenet_digits")
    canvas, _ = with_canvas(qtbot, here)
    here.load_torch()
    here.until(lambda: strip(canvas, "fc3") is not None and strip(canvas, "digits") is not None)
    here.qdocument.do(RemoveNodes(MAIN, ("conv1",)))
    assert strip(canvas, "fc3") is None
    assert strip(canvas, "digits") is not None
    here.qdocument.undo()
    here.until(lambda: strip(canvas, "fc3") is not None)


def test_only_nodes_in_view_are_asked_for(qtbot: QtBot, desk: Make) -> None:
    """Fails if nodes that nobody sees cost the training its time, or if those come into view and stay empty."""
    here = desk("lenet_digits")
    canvas, strips = with_canvas(qtbot, here)
    assert "conv1" in strips.nodes_in_view()
    canvas.pan_by(5000, 0)
    assert strips.nodes_in_view() == []
    here.load_torch()
    here.qtbot.wait(400)
    assert strip(canvas, "conv1") is None
    canvas.frame_all()
    here.until(lambda: strip(canvas, "conv1") is not None)


def test_a_large_net_is_not_built_only_to_be_looked_at(
    qtbot: QtBot, desk: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if every edit of a network of hundred million weights makes all of them anew for a few small pictures."""
    monkeypatch.setattr("app.ui.insight.strips.MOST_WEIGHTS", 1000)
    here = desk("lenet_digits", epochs=LONG)
    canvas, strips = with_canvas(qtbot, here)
    assert strips.nodes_in_view() == []
    here.session.train()
    here.until(lambda: strip(canvas, "conv1") is not None)
    here.session.stop()
    here.until_ended()


def test_painted_pixels_can_be_followed_through_the_nodes(qtbot: QtBot, desk: Make) -> None:
    """Fails if nodes do not show how far a painted pixel reaches, if they go on showing another one's path, or if they
    do not go back to what they showed before."""
    here = desk("lenet_digits")
    canvas, strips = with_canvas(qtbot, here)
    modes: list[str] = []
    strips.mode_changed.connect(modes.append)
    here.load_torch()
    here.until(lambda: strip(canvas, "conv1") is not None)
    strips.follow((("pixels", "10,12"),))
    here.until(lambda: canvas.scene.nodes["conv1"].caption.startswith("5×5 change"))
    assert canvas.scene.nodes["fc3"].caption.startswith("changed by ")
    strips.follow((("pixels", "10,12 10,15"),))
    here.until(lambda: canvas.scene.nodes["conv1"].caption.startswith("5×8 change"))
    strips.follow(None)
    assert (modes, strips.mode) == (["path", "answers"], "answers")
    here.until(lambda: strip(canvas, "conv1") is not None and canvas.scene.nodes["conv1"].caption == "filters")
    strips.choose("path")
    strips.follow((("pixels", "3,3"),))
    strips.follow(None)
    assert strips.mode == "path"  # somebody has chosen it
