"""What comes into the drawing is seen, and the view moves no further than that takes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication

from app.core.checks.fixes import command_at
from app.core.commands import Connect, Disconnect, Rename, SetSetting
from app.core.graph.model import Graph, Project, Wire
from app.core.storage import format as form
from app.core.storage import templates
from app.ui.canvas.view import CanvasView
from nodes.api import InsertBefore
from tests.support.drawings import chain, node
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import Hand, in_a_row

CTRL = Qt.KeyboardModifier.ControlModifier


def seen(canvas: CanvasView, *names: str) -> bool:
    box = canvas.camera.rect_to_view(canvas.scene.bounds(names))
    return QRectF(canvas.rect()).contains(box)


def unflattened() -> Project:
    """An image that goes into a fully connected layer."""
    graph = Graph.of(
        [node("digits", "Digits", size="8×8"), node("fc1", "Linear", out_features=10)],
        [Wire("digits", "image", "fc1", "x")],
    )
    return in_a_row(Project(graph=graph))


def mend(canvas: CanvasView) -> None:
    """Press the fix of the first problem, as the list of problems does."""
    problem = canvas.qdocument.document.report.problems[0]
    fix = next(fix for fix in problem.fixes if isinstance(fix, InsertBefore))
    command = command_at(canvas.qdocument.project, "", problem.node, fix)
    assert command is not None
    assert canvas.qdocument.mend(command)


@pytest.mark.parametrize("away", [(5000.0, 0.0), (-5000.0, 0.0), (0.0, 4000.0), (0.0, -4000.0)])
def test_a_fix_shows_what_it_inserts(open_canvas: Open, away: tuple[float, float]) -> None:
    """Would fail if the layer that a fix inserts stood outside of what is seen."""
    canvas = open_canvas(unflattened())
    canvas.camera.x, canvas.camera.y = away
    before = set(canvas.scene.nodes)
    mend(canvas)
    (fresh,) = set(canvas.scene.nodes) - before
    assert seen(canvas, fresh)
    assert canvas.camera.scale == 1.0


def test_a_fix_that_is_seen_anyway_moves_nothing(open_canvas: Open) -> None:
    """Would fail if the drawing leapt although there was no need."""
    canvas = open_canvas(unflattened())
    place = canvas.camera.place
    mend(canvas)
    assert canvas.camera.place == place


def test_a_fix_shows_the_wire_that_it_draws(open_canvas: Open) -> None:
    """Would fail if only new layers were shown, and a wire were drawn far away."""
    project = in_a_row(
        Project(
            graph=Graph.of(
                [node("digits", "Digits"), node("flat", "Flatten"), node("fc1", "Linear"), node("loss", "MSELoss")],
                chain("digits.image", "flat", "fc1"),
            )
        )
    )
    canvas = open_canvas(project)
    canvas.camera.x = 9000.0
    assert canvas.qdocument.mend(Connect("", (Wire("fc1", "output", "loss", "prediction"),)))
    assert seen(canvas, "fc1", "loss")


def test_a_fix_elsewhere_is_gone_to(open_canvas: Open) -> None:
    """Would fail if a fix in the main drawing were out of sight for somebody who looks into a block."""
    project = templates.load("resnet18")
    canvas = open_canvas(project)
    canvas.where = next(iter(project.blocks))
    source = next(name for name in project.graph.nodes if project.graph.out_of(name))
    wire = project.graph.out_of(source)[0]
    canvas.qdocument.do(Disconnect("", (wire,)))
    assert canvas.qdocument.mend(Connect("", (wire,)))
    assert canvas.where == ""
    assert set(canvas.selected) & {wire.source, wire.target}


def test_other_edits_and_undo_do_not_move_the_view(open_canvas: Open) -> None:
    """Would fail if every edit of another panel took the view away from what somebody looks at."""
    canvas = open_canvas(unflattened())
    mend(canvas)
    canvas.camera.x = 5000.0
    place = canvas.camera.place
    canvas.qdocument.undo()
    canvas.qdocument.do(SetSetting("", ("fc1",), "out_features", 4))
    canvas.qdocument.do(Rename("", "fc1", "last"))
    assert canvas.camera.place == place


@pytest.mark.parametrize("name", ["lenet_digits", "googlenet", "char_lstm"])
def test_the_text_of_a_whole_drawing_is_pasted_and_seen(open_canvas: Open, name: str) -> None:
    """Would fail if the text of a file held no layers, lost a wire or a block, or were pasted out of sight."""
    project = templates.load(name)
    canvas = open_canvas(Project())
    QGuiApplication.clipboard().setText(form.to_text(project))
    Hand(canvas).key(Qt.Key.Key_V, CTRL)
    pasted = canvas.qdocument.project
    assert list(pasted.graph.nodes) == list(project.graph.nodes)
    assert pasted.graph.wires == project.graph.wires
    assert {n: b.graph.wires for n, b in pasted.blocks.items()} == {n: b.graph.wires for n, b in project.blocks.items()}
    assert seen(canvas, *pasted.graph.nodes)
    assert set(canvas.selected) == set(pasted.graph.nodes)
    canvas.qdocument.undo()
    assert not canvas.qdocument.project.graph.nodes


def test_a_text_without_places_is_arranged(open_canvas: Open) -> None:
    """Would fail if layers that a program wrote lay on one another."""
    canvas = open_canvas(Project())
    text = (
        '{"format": "netloom", "version": 1, "nodes": [{"name": "a", "type": "ReLU"}, {"name": "b", "type": "ReLU"}],'
        ' "wires": [{"from": "a.output", "to": "b.x"}]}'
    )
    QGuiApplication.clipboard().setText("\ufeff" + text)
    canvas.paste()
    one, other = (canvas.scene.nodes[name].rect for name in "ab")
    assert not one.intersects(other)


def test_an_unfinished_merge_is_not_pasted(open_canvas: Open) -> None:
    """Would fail if half of a text with the marks of git were pasted, or it were called no layers."""
    canvas = open_canvas(Project())
    heard: list[str] = []
    canvas.status.connect(heard.append)
    rows = form.to_text(templates.load("mlp_digits")).split("\n")
    rows[8:9] = ["<<<<<<< HEAD", rows[8], "=======", rows[8], ">>>>>>> other"]
    QGuiApplication.clipboard().setText("\n".join(rows))
    canvas.paste()
    assert not canvas.scene.nodes
    assert "merge" in heard[-1]
    assert "line 9" in heard[-1]


@pytest.mark.parametrize("selected", [(), ("fc1",)])
def test_undo_of_what_was_made_far_away_goes_back_to_the_drawing(
    open_canvas: Open, hand: Hand, selected: tuple[str, ...]
) -> None:
    """Would fail if undo of a paste left the view where nothing stands any more, or if it moved while something did."""
    canvas = open_canvas(unflattened())
    canvas.select(["fc1"])
    canvas.editing.copy()
    canvas.select(selected)
    canvas.camera.x, canvas.camera.y = 9000.0, 7000.0
    canvas.editing.paste()
    (fresh,) = canvas.selected
    canvas.editing.paste()
    place = canvas.camera.place
    canvas.qdocument.undo()
    assert canvas.camera.place == place
    assert seen(canvas, fresh)
    canvas.qdocument.undo()
    assert fresh not in canvas.scene.nodes
    assert seen(canvas, *(selected or canvas.scene.nodes))
