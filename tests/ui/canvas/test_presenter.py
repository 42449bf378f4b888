"""The scene always equals the document, whatever was edited, undone or redone."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QImage

from app.core.checks.problems import Problem
from app.core.commands import Refused, Rename, SetSetting
from app.core.document import Change, Document
from app.core.graph.model import MAIN, Graph, Project, Wire
from app.ui.canvas.presenter import Presenter
from app.ui.canvas.scene import Scene
from app.ui.canvas.view import CanvasView
from app.ui.problems.entries import ProblemEntry
from tests.support.drawings import block_net, command, node, small_net
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import Hand, in_a_row


def told(scene: Scene) -> dict[str, object]:
    """Everything a scene says of its nodes, wires and frames, these in the order in which they are painted."""
    nodes = {n: (f.look, f.x, f.y, f.height, f.node) for n, f in scene.nodes.items()}
    wires = {w: (f.kind, f.text, f.fits, f.sentence) for w, f in scene.wires.items()}
    return {"nodes": nodes, "wires": wires, "frames": [figure.frame for figure in scene.frames]}


def fresh(document: Document, where: str = MAIN) -> Scene:
    scene = Scene()
    scene.load(document.project, where, document.graph_report(where))
    return scene


def check_places(scene: Scene) -> None:
    """Every wire ends at its ports, and everything is found where it stands."""
    for wire, figure in scene.wires.items():
        assert figure.start == scene.nodes[wire.source].output_at(wire.source_port)
        assert figure.end == scene.nodes[wire.target].input_at(wire.target_port)
        assert figure in scene.wires_in(figure.bounds)
    for figure in scene.nodes.values():
        assert figure in scene.nodes_in(figure.rect)
    assert len(scene._node_grid) == len(scene.nodes)
    assert len(scene._wire_grid) == len(scene.wires)


@pytest.mark.parametrize("make", [small_net, block_net])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_scene_follows_random_edits_undo_and_redo(make, data: st.DataObject) -> None:  # type: ignore[no-untyped-def]
    """Would fail if any fact were forgotten: a wire not removed, a shape not refreshed, a node left in the grid."""
    document = Document(make())
    wheres = [MAIN, *document.project.blocks]
    scenes = {where: fresh(document, where) for where in wheres}
    presenters = {where: Presenter(scene) for where, scene in scenes.items()}

    def follow(change: Change) -> None:
        for presenter in presenters.values():
            presenter.follow(change)

    document.subscribe(follow)
    for _ in range(data.draw(st.integers(1, 12))):
        step = data.draw(st.sampled_from(["edit", "edit", "edit", "undo", "redo"]))
        if step == "edit":
            try:
                document.do(data.draw(command(document.project)))
            except Refused:
                continue
        elif step == "undo":
            document.undo()
        else:
            document.redo()
        for where, scene in scenes.items():
            assert told(scene) == told(fresh(document, where))
            check_places(scene)


def test_one_edit_touches_only_what_follows_from_it(canvas: CanvasView) -> None:
    """Would fail if a change of one layer drew the whole drawing anew."""
    before = {name: figure.version for name, figure in canvas.scene.nodes.items()}
    canvas.qdocument.do(SetSetting("", ("conv1",), "out_channels", 5))
    after = {name: figure.version for name, figure in canvas.scene.nodes.items()}
    touched = {name for name in before if before[name] != after[name]}
    assert touched == {"conv1", "relu1", "flatten1", "fc1"}


def test_renamed_node_stays_selected_and_keeps_its_picture(canvas: CanvasView) -> None:
    """Would fail if renaming lost the selection or the live picture."""
    picture = QImage(30, 10, QImage.Format.Format_RGB32)
    picture.fill(0)
    canvas.set_strip("conv1", picture, "filters")
    canvas.select(["conv1"])
    canvas.qdocument.do(Rename("", "conv1", "first"))
    assert canvas.selected == ("first",)
    assert canvas.scene.nodes["first"].caption == "filters"
    check_places(canvas.scene)


def test_strip_makes_the_node_higher_and_removal_lower(canvas: CanvasView) -> None:
    """Would fail if the picture were painted over the text, or room stayed reserved."""
    before = canvas.scene.nodes["conv1"].height
    picture = QImage(60, 20, QImage.Format.Format_RGB32)
    picture.fill(0)
    canvas.set_strip("conv1", picture, "filters")
    assert canvas.scene.nodes["conv1"].height > before
    canvas.set_strip("conv1", None)
    assert canvas.scene.nodes["conv1"].height == before
    canvas.set_strip("not here", picture)


def test_opening_another_drawing_starts_over(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if nodes of the old drawing, its pictures, its selection, or the view of it stayed."""
    picture = QImage(30, 10, QImage.Format.Format_RGB32)
    picture.fill(0)
    for name in tuple(canvas.scene.nodes):
        canvas.set_strip(name, picture, "filters")
    canvas.select(["conv1"])
    canvas.qdocument.new(canvas.qdocument.project)
    assert all(figure.strip is None for figure in canvas.scene.nodes.values())
    canvas.qdocument.new(Project())
    assert not canvas.scene.nodes
    assert not canvas.scene.wires
    assert canvas.selected == ()


def test_entering_a_block_and_coming_back(open_canvas: Open) -> None:
    """Would fail if double-click did not enter, edits inside went to the main drawing, or the way back were missing."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QToolButton

    project = in_a_row(block_net())
    canvas = open_canvas(project)
    heard: list[str] = []
    canvas.where_changed.connect(heard.append)
    instance = next(n for n in project.graph.nodes.values() if n.type.startswith("block:"))
    block = instance.type.removeprefix("block:")
    canvas.frame_all()
    hand = Hand(canvas)
    QTest.mouseDClick(
        canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, hand.at(hand.middle(instance.name))
    )
    assert canvas.where == block
    assert set(canvas.scene.nodes) == set(project.blocks[block].graph.nodes)
    name = canvas.add_layer("ReLU")
    assert name in canvas.qdocument.project.blocks[block].graph.nodes
    assert canvas.crumbs.isVisible()
    QTest.mouseClick(canvas.crumbs.findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert canvas.where == MAIN
    assert heard == [block, MAIN]
    assert not canvas.crumbs.isVisible()


def test_block_that_is_undone_away_leads_back_to_the_drawing(open_canvas: Open) -> None:
    """Would fail if the canvas went on showing a block that no longer exists."""
    from app.core.commands import SetBlock
    from app.core.graph.model import Block

    canvas = open_canvas(small_net())
    canvas.qdocument.do(SetBlock(name="part", block=Block()))
    canvas.where = "part"
    canvas.qdocument.undo()
    assert canvas.where == MAIN
    assert set(canvas.scene.nodes) == set(small_net().graph.nodes)


def test_a_whole_drawing_stays_in_view_until_somebody_moves_the_view(canvas: CanvasView) -> None:
    """Fails if pictures that appear push the lowest nodes out of the window, or if the view jumps under a hand."""
    picture = QImage(120, 60, QImage.Format.Format_RGB32)
    canvas.frame_all()
    for name in canvas.scene.nodes:
        canvas.set_strip(name, picture, "filters")
    bounds = canvas.camera.rect_to_view(canvas.scene.bounds())
    assert bounds.top() >= 0
    assert bounds.bottom() <= canvas.height()
    canvas.resize(700, 400)
    bounds = canvas.camera.rect_to_view(canvas.scene.bounds())
    assert bounds.right() <= canvas.width()
    canvas.pan_by(30, 0)
    scale = canvas.camera.scale
    for name in canvas.scene.nodes:
        canvas.set_strip(name, None)
    assert canvas.camera.scale == scale


def test_only_the_wire_that_does_not_fit_is_marked() -> None:
    """Fails if a loss that refuses its target marks the scores too, or one that refuses the scores the label."""
    nodes = [
        node("scores", "Input", shape=(10,)),
        node("picture", "Input", shape=(1, 8, 8)),
        node("label", "Input", shape=(), dtype="int", classes=10),
        node("loss", "CrossEntropyLoss"),
    ]
    for prediction, target, wrong in (("scores", "picture", "target"), ("label", "label", "prediction")):
        wires = [Wire(prediction, "output", "loss", "prediction"), Wire(target, "output", "loss", "target")]
        scene = fresh(Document(Project(graph=Graph.of(nodes, wires))))
        assert [wire.target_port for wire, figure in scene.wires.items() if not figure.fits] == [wrong]


def test_what_comes_to_be_said_of_a_selected_node_is_spoken(open_canvas: Open) -> None:
    """Fails if a screen reader goes on telling what was said of the node before a training found something."""
    canvas = open_canvas(small_net())
    canvas.select(("conv1",))
    canvas.show_said({"conv1": (ProblemEntry("finding", Problem("conv1", "It learns nothing.", "found")),)})
    assert "It learns nothing." in canvas.accessibleDescription()
    canvas.show_said({})
    assert "It learns nothing." not in canvas.accessibleDescription()
