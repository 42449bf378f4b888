"""Numbers on the wires of a real canvas: those of torch for the chosen sample, painted, and gone when switched off."""

from __future__ import annotations

import pytest
import torch
from pytestqt.qtbot import QtBot

from app.core.commands import GroupNodes
from app.core.compile.net import compile_net
from app.core.graph.model import MAIN, Wire
from app.insight.on_wires import short
from app.insight.poke import Unit
from app.insight.samples import load_samples
from app.ui.canvas.view import CanvasView
from app.ui.insight import wires as wires_module
from app.ui.insight.wires import LARGE, LiveWires
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import Desk


def with_canvas(qtbot: QtBot, here: Desk) -> tuple[CanvasView, LiveWires, list[str]]:
    canvas = CanvasView(here.qdocument)
    qtbot.addWidget(canvas)
    canvas.resize(1000, 400)
    canvas.show()
    settle()
    canvas.frame_all()
    said: list[str] = []
    return canvas, LiveWires(here.session, here.qdocument, canvas, said.append), said


def expected(here: Desk, sample: int) -> list[str]:
    """The scores of the fresh net for a sample, and the gradient of cross-entropy by them."""
    project = here.qdocument.project
    net = compile_net(project)
    model = net.model(project.recipe.seed).eval()
    fields = load_samples(net, project.recipe).fields
    with torch.no_grad():
        scores = model(fields["points.point"][sample : sample + 1]).double()[0]
    slope = scores.softmax(0)
    slope[int(fields["points.label"][sample])] -= 1
    return [*map(short, scores.tolist()), *map(short, slope.tolist())]


def test_wires_show_what_goes_over_them(qtbot: QtBot, desk: Make) -> None:
    """Fails if numbers are of another sample or net, stay when switched off, or are not painted."""
    here = desk("moons")
    canvas, wires, said = with_canvas(qtbot, here)
    here.load_torch()
    here.until(lambda: here.session.torch_loaded)
    assert not canvas.scene.on_wires
    before = canvas.grab().toImage()
    wires.toggle()
    assert "gradient of the loss" in said[0]
    last = Wire("fc2", "output", "loss", "prediction")
    here.until(lambda: last in canvas.scene.on_wires)
    values, gradient = canvas.scene.on_wires[last]
    assert [*values, *gradient] == expected(here, 0)
    settle()
    assert canvas.grab().toImage() != before
    here.session.choose_sample(3)
    here.until(lambda: [*map(str, sum(canvas.scene.on_wires.get(last, ((), ())), ()))] == expected(here, 3))
    here.session.pokes.put(Unit("fc2", (), 0.0, 0.5))
    here.until(lambda: canvas.scene.on_wires.get(last) == (("0.5", "0.5"), ()))
    wires.toggle()
    assert not canvas.scene.on_wires


def test_a_large_drawing_is_told(qtbot: QtBot, desk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if nothing happens and nobody says why."""
    monkeypatch.setattr(wires_module, "MOST_WIRES", 3)
    here = desk("moons")
    canvas, wires, said = with_canvas(qtbot, here)
    here.load_torch()
    here.until(lambda: here.session.torch_loaded)
    wires.toggle()
    assert said == [LARGE.format(count=len(here.qdocument.project.graph.wires), most=3)]
    assert not canvas.scene.on_wires


def test_wires_inside_a_block_have_their_own(qtbot: QtBot, desk: Make) -> None:
    """Fails if a block that was entered shows the numbers of the drawing around, or none."""
    here = desk("moons")
    canvas, wires, _ = with_canvas(qtbot, here)
    here.load_torch()
    here.until(lambda: here.session.torch_loaded)
    wires.toggle()
    outside = Wire("fc1", "output", "tanh1", "x")
    here.until(lambda: outside in canvas.scene.on_wires)
    before = canvas.scene.on_wires[outside]
    here.qdocument.do_step(GroupNodes(MAIN, ("fc1", "tanh1"), "hidden"))
    settle()
    (instance,) = (name for name, node in here.qdocument.project.graph.nodes.items() if node.type.endswith("hidden"))
    canvas.enter("hidden", instance)
    here.until(lambda: outside in canvas.scene.on_wires)
    assert canvas.scene.on_wires[outside] == before
    canvas.leave()
    here.until(lambda: Wire("fc2", "output", "loss", "prediction") in canvas.scene.on_wires)
    assert outside not in canvas.scene.on_wires
