"""Blocks unfolded and folded in their place: real clicks and keys, then questions to the document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from app.core.commands import MoveNodes
from app.core.compile.plan import make_plan
from app.core.compile.source import print_source
from app.core.graph.frames import Frame
from app.core.graph.model import MAIN, Block, Graph, Node, Project
from app.core.inference import infer
from app.core.storage import templates
from app.core.storage.files import open_project, save_project
from app.ui.canvas import expanded_block
from app.ui.canvas.expanded_block import spot_of
from app.ui.canvas.expanding import toggle_expanded
from app.ui.canvas.scene import Scene
from app.ui.canvas.view import CanvasView
from tests.support.drawings import chain, node
from tests.ui.canvas.expanded import apart, fresh, nested, rows, told
from tests.ui.canvas.hand import Hand

Open = Callable[[Project], CanvasView]
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def blocks(open_canvas: Open) -> CanvasView:
    """The drawing with three instances of one block."""
    return open_canvas(rows())


# -- expanding and collapsing -------------------------------------------------------------------------------------


def test_ctrl_b_unfolds_in_place_and_the_neighbours_make_room(blocks: CanvasView) -> None:
    """Would fail if nothing opened, something were covered, it took two steps, or undo left something elsewhere."""
    start, hand = blocks.qdocument.project, Hand(blocks)
    hand.click(hand.middle("second"))
    hand.key(Qt.Key.Key_B, CTRL)
    figure = blocks.scene.nodes["second"]
    assert figure.inside is not None
    assert set(figure.inside.scene.nodes) == {"x", "conv", "norm", "relu", "y"}
    assert apart(blocks)
    order = sorted(blocks.scene.nodes, key=lambda name: blocks.scene.nodes[name].x)
    assert order == list(start.graph.nodes)
    assert blocks.qdocument.document.undo_title == "Unfold second"
    blocks.qdocument.undo()
    assert blocks.qdocument.project == start
    assert not blocks.scene.opened
    blocks.qdocument.redo()
    assert told(blocks.scene) == told(fresh(blocks.qdocument.document))


def test_folding_takes_the_room_back(blocks: CanvasView) -> None:
    """Would fail if the drawing became wider each time a block was looked into."""
    start, hand = blocks.qdocument.project, Hand(blocks)
    blocks.select(("second",))
    hand.key(Qt.Key.Key_B, CTRL)
    hand.key(Qt.Key.Key_B, CTRL)
    assert blocks.qdocument.document.undo_title == "Fold second"
    assert blocks.qdocument.project == start


def test_the_arrow_in_the_header_unfolds_and_folds(blocks: CanvasView) -> None:
    """Would fail if a click on the arrow moved the node, or only selected it."""
    hand, start = Hand(blocks), blocks.qdocument.project
    for opened in (True, False):
        toggle = blocks.scene.nodes["first"].toggle
        assert toggle is not None
        hand.click(toggle.center())
        assert ("first" in blocks.scene.opened) is opened
    assert blocks.qdocument.project == start
    assert blocks.scene.nodes["sum1"].toggle is None


def test_two_clicks_on_the_arrow_do_not_go_inside(blocks: CanvasView) -> None:
    """Would fail if somebody who clicks twice found himself in the block."""
    hand = Hand(blocks)
    toggle = blocks.scene.nodes["first"].toggle
    assert toggle is not None
    QTest.mouseDClick(blocks, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, hand.at(toggle.center()))
    assert blocks.where == MAIN


def test_the_wire_that_arrives_stays_level(blocks: CanvasView) -> None:
    """Would fail if the port of the box were elsewhere than the node inside that stands for it."""
    blocks.select(("second",))
    blocks.toggle_expanded()
    line = next(f for w, f in blocks.scene.wires.items() if w.target == "second")
    assert line.start.y() == line.end.y()
    box = blocks.scene.nodes["second"]
    spot = spot_of(blocks.scene, ("second", "x"))
    assert spot is not None
    assert box.input_at("x").y() == spot.rect.top() + spot.figure.level_of("output", True)
    assert box.rect.contains(spot.rect)


def test_several_blocks_in_one_step(blocks: CanvasView) -> None:
    """Would fail if one were covered by the other, or each needed its own undo."""
    start = blocks.qdocument.project
    blocks.select(("first", "third"))
    blocks.toggle_expanded()
    assert set(blocks.scene.opened) == {"first", "third"}
    assert apart(blocks)
    blocks.toggle_expanded()
    assert blocks.qdocument.project == start


def test_without_a_block_it_is_said(blocks: CanvasView) -> None:
    """Would fail if the key did nothing in silence."""
    words: list[str] = []
    blocks.status.connect(words.append)
    blocks.select(("sum1",))
    blocks.toggle_expanded()
    assert words == ["Select a block first, then unfold it."]


def test_unfolding_means_nothing_and_is_kept_in_the_file(blocks: CanvasView, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Would fail if a look inside changed the printed code, the report, or were forgotten when saved."""
    document = blocks.qdocument.document
    code, nodes = print_source(make_plan(document.project)).text, document.report.main.nodes
    blocks.select(("second",))
    blocks.toggle_expanded()
    assert print_source(make_plan(document.project)).text == code
    assert document.report.main.nodes == nodes
    path = tmp_path / "open.netloom"
    save_project(document.project, path)
    opened = open_project(path)
    assert opened.project == document.project
    assert not opened.complaints
    assert opened.project.graph.nodes["second"].expanded


def test_rows_stay_level_and_rows_below_go_down() -> None:
    """Would fail if a row were torn apart, or a wire that leads on ran back to the left."""
    project = templates.load("googlenet")
    canvas_nodes = project.graph.nodes
    after = toggle_expanded(project, infer(project), MAIN, ("inception4b",)).apply(project).graph.nodes
    moved = {
        n: (after[n].position[0] - o.position[0], after[n].position[1] - o.position[1]) for n, o in canvas_nodes.items()
    }
    assert moved["inception4a"] == (0, 0)
    for name in ("inception4c", "inception4d", "inception4e", "maxpool4", "aux2"):
        assert moved[name][0] > 0
        assert moved[name][1] == 0
    below = {moved[name] for name in ("inception5a", "avgpool", "fc", "scores")}
    assert len(below) == 1
    assert below.pop()[1] > 0


@pytest.mark.parametrize("name", ["googlenet", "resnet50", "resnet18"])
def test_every_block_of_a_template_can_be_unfolded_and_folded(name: str) -> None:
    """Would fail if blocks of real networks came to lie on their neighbours, or the way back were another."""
    project = start = templates.load(name)
    report = infer(project)
    names = [n for n, each in project.graph.nodes.items() if each.type.startswith("block:")]
    for each in names:
        project = toggle_expanded(project, report, MAIN, (each,)).apply(project)
        scene = Scene()
        scene.load(project, MAIN, report.main)
        boxes = [figure.rect for figure in scene.nodes.values()]
        assert not any(one.intersects(other) for one, other in combinations(boxes, 2)), each
    for each in reversed(names):
        project = toggle_expanded(project, report, MAIN, (each,)).apply(project)
    assert project == start


def test_a_frame_around_a_block_grows_with_it(open_canvas: Open) -> None:
    """Would fail if the block grew out of its frame, or a frame beside it stayed where the block is now."""
    project = rows()
    frames = [
        Frame("f", "mine", position=(450, -80), size=(280, 220)),
        Frame("g", "next", position=(940, -80), size=(260, 220)),
    ]
    project = replace(project, graph=project.graph.with_frames(*frames))
    canvas = open_canvas(project)
    canvas.select(("second",))
    canvas.toggle_expanded()
    graph = canvas.qdocument.project.graph
    rect = canvas.scene.nodes["second"].rect
    (left, top), (width, height) = graph.frames["f"].position, graph.frames["f"].size
    assert left < rect.left()
    assert top < rect.top()
    assert left + width > rect.right()
    assert top + height > rect.bottom()
    shift = graph.nodes["sum1"].position[0] - project.graph.nodes["sum1"].position[0]
    assert graph.frames["g"].position == (940 + shift, -80)
    canvas.toggle_expanded()
    assert canvas.qdocument.project == project


def test_unpacking_an_unfolded_block_leaves_no_gap(blocks: CanvasView) -> None:
    """Would fail if room were made twice."""
    start = blocks.qdocument.project
    blocks.select(("second",))
    blocks.unpack()
    plain = blocks.qdocument.project
    blocks.qdocument.undo()
    blocks.select(("second",))
    blocks.toggle_expanded()
    blocks.unpack()
    assert blocks.qdocument.project == plain
    blocks.qdocument.undo()
    blocks.qdocument.undo()
    assert blocks.qdocument.project == start


# -- blocks in blocks --------------------------------------------------------------------------------------------------


def test_nested_blocks_unfold_in_each_other(open_canvas: Open) -> None:
    """Would fail if the outer box stayed too small, its neighbours in place, or it took more than one step."""
    canvas = open_canvas(nested())
    hand = Hand(canvas)
    canvas.select(("left",))
    canvas.toggle_expanded()
    outer = canvas.scene.nodes["left"].rect
    step = canvas.qdocument.project
    spot = spot_of(canvas.scene, ("left", "one"))
    assert spot is not None
    assert spot.figure.toggle is not None
    hand.click(spot.figure.toggle.translated(spot.offset).center())
    conv = spot_of(canvas.scene, ("left", "one", "conv"))
    assert conv is not None
    figure = canvas.scene.nodes["left"]
    assert figure.width > outer.width()
    assert figure.rect.contains(conv.rect)
    assert apart(canvas)
    assert canvas.highlight.inside == ("left", "one")
    assert told(canvas.scene) == told(fresh(canvas.qdocument.document))
    canvas.qdocument.undo()
    assert canvas.qdocument.project == step


def test_both_instances_grow_when_a_block_inside_is_unfolded(open_canvas: Open) -> None:
    """Would fail if the second instance came to lie on its neighbour when the block they share became wider."""
    canvas = open_canvas(nested())
    canvas.select(("left", "right"))
    canvas.toggle_expanded()
    canvas.expanded_blocks.select(("left", "two"))
    canvas.toggle_expanded()
    assert {name for name, f in canvas.scene.opened.items() if f.inside and "two" in f.inside.scene.opened} == {
        "left",
        "right",
    }
    assert apart(canvas)


def test_what_makes_a_block_larger_makes_room_around_it(open_canvas: Open) -> None:
    """Would fail if a layer that was moved inside of a block pushed the box over its neighbours, or for two undos."""
    canvas = open_canvas(nested())
    canvas.select(("left", "right"))
    canvas.toggle_expanded()
    start, wide = canvas.qdocument.project, canvas.scene.nodes["left"].width
    canvas.enter("stage")
    hand = Hand(canvas)
    canvas.frame_all()
    hand.drag(hand.middle("b"), hand.middle("b") + QPointF(200, 60))
    canvas.leave()
    assert canvas.scene.nodes["left"].width > wide
    assert apart(canvas)
    canvas.qdocument.undo()
    assert canvas.qdocument.project == start


@pytest.mark.parametrize("gate", ["do", "do_step", "apply_fix"])
def test_an_edit_from_another_panel_makes_room_too(open_canvas: Open, gate: str) -> None:
    """Would fail if only the canvas made room: a fix in the Problems list pushed a box over its neighbours."""
    canvas = open_canvas(nested())
    canvas.select(("left", "right"))
    canvas.toggle_expanded()
    start, wide = canvas.qdocument.project, canvas.scene.nodes["left"].width
    x, y = start.blocks["stage"].graph.nodes["b"].position
    assert getattr(canvas.qdocument, gate)(MoveNodes("stage", {"b": (x + 200, y + 60)}))
    assert canvas.scene.nodes["left"].width > wide
    assert apart(canvas)
    canvas.qdocument.undo()
    assert canvas.qdocument.project == start


def test_a_block_that_contains_itself_ends(open_canvas: Open) -> None:
    """Would fail if a broken file made the program run out of memory."""
    unit = Graph.of(
        [node("x", "In"), Node("again", "block:unit", expanded=True), node("y", "Out")], chain("x", "again", "y")
    )
    project = Project(graph=Graph.of([Node("it", "block:unit", expanded=True)]), blocks={"unit": Block(unit)})
    canvas = open_canvas(project)
    inner = canvas.scene.nodes["it"].inside
    assert inner is not None
    assert inner.scene.nodes["again"].inside is None


def test_a_million_nodes_inside_stay_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would fail if a small file with blocks in blocks were drawn whole."""
    monkeypatch.setattr(expanded_block, "MOST_NODES", 100)
    blocks: dict[str, Block] = {}
    last = "ReLU"
    for level in range(6):
        nodes = [Node(f"n{i}", last, expanded=last != "ReLU", position=(i * 300, 0)) for i in range(10)]
        blocks[f"b{level}"] = Block(Graph.of(nodes))
        last = f"block:b{level}"
    scene = Scene()
    scene.load(Project(graph=Graph.of([Node("top", last, expanded=True)]), blocks=blocks), MAIN, infer(Project()).main)

    def count(part: Scene) -> int:
        return sum(1 + (count(f.inside.scene) if f.inside is not None else 0) for f in part.nodes.values())

    assert count(scene) <= 101
