"""Blocks unfolded in their place: real clicks and keys, then questions to the document and to what is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest

from app.core.commands import MoveNodes, Refused, Rename, SetNodeField, SetSetting
from app.core.compile.plan import make_plan
from app.core.compile.source import print_source
from app.core.document import Change, Document
from app.core.graph.frames import Frame
from app.core.graph.model import MAIN, Block, Graph, Node, Project, Wire
from app.core.inference import infer
from app.core.storage import templates
from app.core.storage.files import open_project, save_project
from app.ui.canvas import inside
from app.ui.canvas.folding import folding
from app.ui.canvas.inside import spot_of
from app.ui.canvas.menu import menu_at
from app.ui.canvas.presenter import Presenter
from app.ui.canvas.scene import Scene
from app.ui.canvas.view import CanvasView
from tests.support.drawings import block_command, block_net, chain, command, node
from tests.ui.canvas.hand import Hand, in_a_row

Open = Callable[[Project], CanvasView]
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def rows() -> Project:
    """The drawing with blocks side by side, the nodes of its block too."""
    project = in_a_row(block_net(1))
    unit = project.blocks["unit"]
    return project.with_block("unit", replace(unit, graph=in_a_row(Project(graph=unit.graph)).graph))


def nested() -> Project:
    """A block with a block in it, twice in the drawing."""
    project = rows()
    graph = Graph.of(
        [
            Node("a", "In", position=(0, 0)),
            Node("one", "block:unit", position=(240, 0)),
            Node("two", "block:unit", position=(480, 0)),
            Node("b", "Out", position=(720, 0)),
        ],
        [Wire("a", "output", "one", "x"), Wire("one", "y", "two", "x"), Wire("two", "y", "b", "x")],
    )
    main = Graph.of(
        [
            node("picture", "Input", shape=(3, 12, 12)),
            Node("left", "block:stage", position=(240, 0)),
            Node("right", "block:stage", position=(480, 0)),
            replace(node("result", "Output"), position=(720, 0)),
        ],
        [Wire("picture", "output", "left", "a"), Wire("left", "b", "right", "a"), Wire("right", "b", "result", "x")],
    )
    return Project("Nested", graph=main, blocks={**project.blocks, "stage": Block(graph)})


def apart(canvas: CanvasView) -> bool:
    """Whether no node lies on another."""
    boxes = [figure.rect for figure in canvas.scene.nodes.values()]
    return not any(one.intersects(other) for one, other in combinations(boxes, 2))


def told(scene: Scene) -> dict[str, object]:
    """Everything a scene says of its nodes and wires, and of what is inside of them."""
    nodes = {
        n: (f.look, f.x, f.y, f.width, f.height, f.node, told(f.inside.scene) if f.inside is not None else None)
        for n, f in scene.nodes.items()
    }
    ports = {n: (f.inside.inputs, f.inside.outputs, f.inside.origin) for n, f in scene.opened.items() if f.inside}
    wires = {w: (f.kind, f.text, f.fits, f.sentence, f.start, f.end) for w, f in scene.wires.items()}
    return {"nodes": nodes, "wires": wires, "ports": ports}


def fresh(document: Document, where: str = MAIN) -> Scene:
    scene = Scene()
    scene.load(document.project, where, document.graph_report(where))
    return scene


@pytest.fixture
def blocks(open_canvas: Open) -> CanvasView:
    """The drawing with three instances of one block."""
    return open_canvas(rows())


# -- unfolding and folding ---------------------------------------------------------------------------------------------


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
    blocks.fold()
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
    blocks.fold()
    assert set(blocks.scene.opened) == {"first", "third"}
    assert apart(blocks)
    blocks.fold()
    assert blocks.qdocument.project == start


def test_without_a_block_it_is_said(blocks: CanvasView) -> None:
    """Would fail if the key did nothing in silence."""
    words: list[str] = []
    blocks.status.connect(words.append)
    blocks.select(("sum1",))
    blocks.fold()
    assert words == ["Select a block first, then unfold it."]


def test_unfolding_means_nothing_and_is_kept_in_the_file(blocks: CanvasView, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Would fail if a look inside changed the printed code, the report, or were forgotten when saved."""
    document = blocks.qdocument.document
    code, nodes = print_source(make_plan(document.project)).text, document.report.main.nodes
    blocks.select(("second",))
    blocks.fold()
    assert print_source(make_plan(document.project)).text == code
    assert document.report.main.nodes == nodes
    path = tmp_path / "open.netloom"
    save_project(document.project, path)
    opened = open_project(path)
    assert opened.project == document.project
    assert not opened.complaints
    assert opened.project.graph.nodes["second"].unfolded


def test_rows_stay_level_and_rows_below_go_down() -> None:
    """Would fail if a row were torn apart, or a wire that leads on ran back to the left."""
    project = templates.load("googlenet")
    canvas_nodes = project.graph.nodes
    after = folding(project, infer(project), MAIN, ("inception4b",)).apply(project).graph.nodes
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
        project = folding(project, report, MAIN, (each,)).apply(project)
        scene = Scene()
        scene.load(project, MAIN, report.main)
        boxes = [figure.rect for figure in scene.nodes.values()]
        assert not any(one.intersects(other) for one, other in combinations(boxes, 2)), each
    for each in reversed(names):
        project = folding(project, report, MAIN, (each,)).apply(project)
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
    canvas.fold()
    graph = canvas.qdocument.project.graph
    rect = canvas.scene.nodes["second"].rect
    (left, top), (width, height) = graph.frames["f"].position, graph.frames["f"].size
    assert left < rect.left()
    assert top < rect.top()
    assert left + width > rect.right()
    assert top + height > rect.bottom()
    shift = graph.nodes["sum1"].position[0] - project.graph.nodes["sum1"].position[0]
    assert graph.frames["g"].position == (940 + shift, -80)
    canvas.fold()
    assert canvas.qdocument.project == project


def test_unpacking_an_unfolded_block_leaves_no_gap(blocks: CanvasView) -> None:
    """Would fail if room were made twice."""
    start = blocks.qdocument.project
    blocks.select(("second",))
    blocks.unpack()
    plain = blocks.qdocument.project
    blocks.qdocument.undo()
    blocks.select(("second",))
    blocks.fold()
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
    canvas.fold()
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
    canvas.fold()
    canvas.indoors.select(("left", "two"))
    canvas.fold()
    assert {name for name, f in canvas.scene.opened.items() if f.inside and "two" in f.inside.scene.opened} == {
        "left",
        "right",
    }
    assert apart(canvas)


def test_a_block_that_contains_itself_ends(open_canvas: Open) -> None:
    """Would fail if a broken file made the program run out of memory."""
    unit = Graph.of(
        [node("x", "In"), Node("again", "block:unit", unfolded=True), node("y", "Out")], chain("x", "again", "y")
    )
    project = Project(graph=Graph.of([Node("it", "block:unit", unfolded=True)]), blocks={"unit": Block(unit)})
    canvas = open_canvas(project)
    inner = canvas.scene.nodes["it"].inside
    assert inner is not None
    assert inner.scene.nodes["again"].inside is None


def test_a_million_nodes_inside_stay_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would fail if a small file with blocks in blocks were drawn whole."""
    monkeypatch.setattr(inside, "MOST_NODES", 100)
    blocks: dict[str, Block] = {}
    last = "ReLU"
    for level in range(6):
        nodes = [Node(f"n{i}", last, unfolded=last != "ReLU", position=(i * 300, 0)) for i in range(10)]
        blocks[f"b{level}"] = Block(Graph.of(nodes))
        last = f"block:b{level}"
    scene = Scene()
    scene.load(Project(graph=Graph.of([Node("top", last, unfolded=True)]), blocks=blocks), MAIN, infer(Project()).main)

    def count(part: Scene) -> int:
        return sum(1 + (count(f.inside.scene) if f.inside is not None else 0) for f in part.nodes.values())

    assert count(scene) <= 101


# -- inside ------------------------------------------------------------------------------------------------------------


def open_second(canvas: CanvasView) -> Hand:
    canvas.select(("second",))
    canvas.fold()
    canvas.select(())
    return Hand(canvas)


def middle_of(canvas: CanvasView, *path: str) -> QPointF:
    spot = spot_of(canvas.scene, path)
    assert spot is not None
    return spot.rect.topLeft() + QPointF(90, 14)


def test_a_click_selects_a_layer_inside(blocks: CanvasView) -> None:
    """Would fail if the click selected the box, or nobody were told which layer it is."""
    hand = open_second(blocks)
    heard: list[tuple[str, object]] = []
    blocks.inside_selected.connect(lambda where, path: heard.append((where, path)))
    hand.click(middle_of(blocks, "second", "conv"))
    assert heard == [("unit", ("second", "conv"))]
    assert blocks.selected == ()
    assert "Inside second: conv, Conv2d, gives 6×12×12" in blocks.accessibleDescription()
    names: list[object] = []
    blocks.selection_changed.connect(names.append)
    hand.key(Qt.Key.Key_Escape)
    assert blocks.selected == ("second",)
    hand.key(Qt.Key.Key_Escape)
    assert names == [("second",), ()]


def test_a_drag_inside_moves_the_box(blocks: CanvasView) -> None:
    """Would fail if the box could not be moved where it is full of layers, or the drag took two steps."""
    hand = open_second(blocks)
    step = blocks.qdocument.project
    start = middle_of(blocks, "second", "conv")
    hand.drag(start, start + QPointF(0, 200))
    assert blocks.qdocument.project.graph.nodes["second"].position[1] > step.graph.nodes["second"].position[1] + 150
    blocks.qdocument.undo()
    assert blocks.qdocument.project == step
    hand.hold(start, start + QPointF(0, 200))
    hand.key(Qt.Key.Key_Escape)
    assert blocks.qdocument.project == step
    assert not blocks.scene.lifted


def test_a_double_click_goes_to_the_layer(blocks: CanvasView) -> None:
    """Would fail if it led into the block without showing the layer that was clicked."""
    hand = open_second(blocks)
    place = hand.at(middle_of(blocks, "second", "norm"))
    QTest.mouseDClick(blocks, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert blocks.where == "unit"
    assert blocks.selected == ("norm",)


def test_each_instance_shows_its_own_settings_and_shapes(blocks: CanvasView) -> None:
    """Would fail if the inside showed what the block says and not what the instance makes of it."""
    blocks.select(("first", "second"))
    blocks.fold()
    looks = {}
    for name in ("first", "second"):
        spot = spot_of(blocks.scene, (name, "conv"))
        assert spot is not None
        looks[name] = (spot.figure.look.card.split(" ")[0], spot.figure.look.outputs[0].label)
    assert looks == {"first": ("8", "8×12×12"), "second": ("6", "6×12×12")}
    blocks.qdocument.do(SetSetting(MAIN, ("second",), "filters", 5))
    spot = spot_of(blocks.scene, ("second", "conv"))
    assert spot is not None
    assert spot.figure.look.card.startswith("5 ")
    assert told(blocks.scene) == told(fresh(blocks.qdocument.document))


def test_keys_walk_inside_and_edit_there(blocks: CanvasView) -> None:
    """Would fail if the inside could not be reached, changed and left with the keyboard alone."""
    hand = open_second(blocks)
    words: list[str] = []
    blocks.status.connect(words.append)
    blocks.select(("second",))
    hand.key(Qt.Key.Key_Down, ALT)
    assert blocks.highlight.inside == ("second", "x")
    hand.key(Qt.Key.Key_Right)
    hand.key(Qt.Key.Key_Right)
    assert blocks.highlight.inside == ("second", "norm")
    hand.key(Qt.Key.Key_M)
    assert blocks.qdocument.project.blocks["unit"].graph.nodes["norm"].muted
    assert words == ["The block unit has changed, in all 3 places where it stands."]
    spot = spot_of(blocks.scene, ("second", "norm"))
    assert spot is not None
    assert spot.figure.look.muted
    hand.key(Qt.Key.Key_Delete, CTRL)
    assert "norm" not in blocks.qdocument.project.blocks["unit"].graph.nodes
    assert not blocks.qdocument.document.report.problems
    assert blocks.highlight.inside == ()
    blocks.indoors.select(("second", "conv"))
    hand.key(Qt.Key.Key_Return)
    assert (blocks.where, blocks.selected) == ("unit", ("conv",))
    blocks.leave()
    blocks.indoors.select(("second", "conv"))
    hand.key(Qt.Key.Key_Up, ALT)
    assert blocks.selected == ("second",)
    blocks.indoors.select(("second", "conv"))
    hand.key(Qt.Key.Key_B, CTRL)
    assert not blocks.scene.opened


def test_a_problem_inside_is_shown_and_mended_there(blocks: CanvasView) -> None:
    """Would fail if a layer in trouble looked well, or its remedy did not reach the block."""
    blocks.qdocument.do(SetSetting("unit", ("conv",), "kernel_size", (40, 40)))
    blocks.select(("first",))
    blocks.fold()
    hand = Hand(blocks)
    spot = spot_of(blocks.scene, ("first", "conv"))
    assert spot is not None
    assert spot.figure.troubled
    hand.click(spot.figure.badge_at + spot.offset + QPointF(-3, 3))
    assert blocks.popups.card.isVisible()
    assert blocks.highlight.inside == ("first", "conv")
    QTest.mouseClick(blocks.popups.card.buttons[0], Qt.MouseButton.LeftButton)
    spot = spot_of(blocks.scene, ("first", "conv"))
    assert spot is not None
    assert not spot.figure.troubled


def test_the_menu_of_the_right_button_inside(blocks: CanvasView) -> None:
    """Would fail if the menu spoke of the box while the mouse is on a layer in it."""
    hand = open_second(blocks)
    menu = menu_at(blocks, QPointF(hand.at(middle_of(blocks, "second", "relu"))))
    assert blocks.highlight.inside == ("second", "relu")
    entries = {action.text().split("\t")[0]: action for action in menu.actions()}
    assert "Go to relu in unit" in entries
    entries["Fold second"].trigger()
    assert not blocks.scene.opened
    menu.deleteLater()


def test_hovering_and_tips_inside(blocks: CanvasView) -> None:
    """Would fail if the mouse were told of the box and not of the layer in it."""
    hand = open_second(blocks)
    hand.hover(middle_of(blocks, "second", "conv"))
    assert blocks.highlight.hover_inside == ("second", "conv")
    assert blocks.highlight.node is None
    tip = blocks.indoors.tip(middle_of(blocks, "second", "conv"))
    assert "<b>conv</b>" in tip
    assert "6×12×12" in tip
    toggle = blocks.scene.nodes["second"].toggle
    assert toggle is not None
    assert blocks.indoors.tip(toggle.center()).startswith("Fold")
    assert blocks.indoors.tip(QPointF(-1000, -1000)) == ""


def test_a_renamed_layer_inside_stays_selected(blocks: CanvasView) -> None:
    """Would fail if the inspector lost the layer whose name was just typed."""
    open_second(blocks)
    blocks.indoors.select(("second", "conv"))
    blocks.qdocument.do(Rename("unit", "conv", "edges"))
    assert blocks.highlight.inside == ("second", "edges")
    blocks.qdocument.do(Rename(MAIN, "second", "middle"))
    assert blocks.highlight.inside == ("middle", "edges")


def test_a_problem_elsewhere_leads_into_the_unfolded_block(blocks: CanvasView) -> None:
    """Would fail if the list of problems left the drawing although the layer is in sight."""
    open_second(blocks)
    blocks.reveal("second/norm")
    assert blocks.where == MAIN
    assert blocks.highlight.inside == ("second", "norm")
    blocks.reveal("first/norm")
    assert (blocks.where, blocks.selected) == ("unit", ("norm",))


# -- following and painting --------------------------------------------------------------------------------------------


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_insides_follow_random_edits_undo_and_redo(data: st.DataObject) -> None:
    """Would fail if the inside of a block stayed as it was when the block, its settings or its shapes changed."""
    document = Document(data.draw(st.sampled_from([rows(), nested()])))
    scene = fresh(document)
    presenter = Presenter(scene)

    def follow(change: Change) -> None:
        presenter.follow(change)

    document.subscribe(follow)
    for _ in range(data.draw(st.integers(2, 12))):
        project = document.project
        where = data.draw(st.sampled_from(["", *project.blocks]))
        names = [n for n, each in project.graph_of(where).nodes.items() if each.type.startswith("block:")]
        step = data.draw(st.sampled_from(["fold", "fold", "edit", "block", "move", "undo", "redo"]))
        try:
            if step == "fold" and names:
                name = data.draw(st.sampled_from(names))
                document.do(folding(project, document.report, where, (name,)))
            elif step == "edit":
                document.do(data.draw(command(project)))
            elif step == "block":
                document.do(data.draw(block_command(project)))
            elif step == "move" and project.graph_of(where).nodes:
                name = data.draw(st.sampled_from(list(project.graph_of(where).nodes)))
                document.do(MoveNodes(where, {name: (data.draw(st.integers(-500, 500)), 40.0)}))
            elif step == "undo":
                document.undo()
            elif step == "redo":
                document.redo()
        except Refused:
            continue
        assert told(scene) == told(fresh(document))


def test_an_edit_inside_draws_only_what_it_touches(blocks: CanvasView) -> None:
    """Would fail if every change made all layers of all unfolded blocks anew."""
    blocks.select(("first", "second"))
    blocks.fold()
    spot = spot_of(blocks.scene, ("second", "conv"))
    other = spot_of(blocks.scene, ("first", "norm"))
    assert spot is not None
    assert other is not None
    before = spot.figure, other.figure, other.figure.version
    blocks.qdocument.do(SetSetting(MAIN, ("second",), "filters", 7))
    again = spot_of(blocks.scene, ("second", "conv"))
    assert again is not None
    assert again.figure is before[0]
    assert before[1].version == before[2]


def painted(canvas: CanvasView) -> QImage:
    image = QImage(canvas.size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    canvas.render(painter, QPointF().toPoint())
    painter.end()
    return image


@pytest.mark.parametrize("scale", [1.0, 0.4, 0.1])
def test_the_inside_is_painted_at_every_zoom(blocks: CanvasView, scale: float) -> None:
    """Would fail if a level of detail forgot what stands inside of a block."""
    blocks.select(("second",))
    blocks.fold()
    blocks.select(())
    blocks.camera.scale = scale
    spot = spot_of(blocks.scene, ("second", "conv"))
    assert spot is not None
    blocks.camera.look_at(spot.rect.center(), blocks.width(), blocks.height())
    blocks.update()
    QTest.qWait(250)
    at = blocks.camera.to_view(spot.rect.topLeft() + QPointF(150, 4)).toPoint()
    seen = painted(blocks).pixelColor(at)
    assert seen == blocks.painter.ink.header("convolution")[0]


def test_a_muted_block_looks_muted_inside(blocks: CanvasView) -> None:
    """Would fail if layers that do nothing looked as if they worked, or ×2 were lost."""
    blocks.select(("first",))
    blocks.fold()
    blocks.select(())
    spot = spot_of(blocks.scene, ("first", "conv"))
    assert spot is not None
    at = blocks.camera.to_view(spot.rect.topLeft() + QPointF(150, 4)).toPoint()
    clear = painted(blocks).pixelColor(at)
    blocks.qdocument.do(SetNodeField(MAIN, ("first",), "muted", True))
    assert painted(blocks).pixelColor(at) != clear
    blocks.qdocument.do(SetNodeField(MAIN, ("first",), "repeat", 2))
    assert blocks.scene.nodes["first"].look.repeat == 2
    assert blocks.scene.nodes["first"].inside is not None
