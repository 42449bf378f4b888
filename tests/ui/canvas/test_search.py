"""The search box: what it offers first, what it finds, and what Enter does."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from app.core.commands import AddNodes, Disconnect, GroupNodes, MoveNodes, SetRecipe
from app.core.graph.model import Graph, Node, Project, Wire
from app.core.inference import infer
from app.ui.canvas import ranking
from app.ui.canvas.placing import Situation
from app.ui.canvas.search import _LINE, _TITLE, SearchBox
from app.ui.canvas.view import CanvasView
from app.ui.palette.search import abbreviates, misspells
from tests.support.counting import calls_in
from tests.support.drawings import chain, node
from tests.support.patience import move_mouse
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import EMPTY_SPOT, Hand, in_a_row


def listed(box: SearchBox) -> list[str]:
    """Ids of the lines, and titles of groups with a # before them."""
    found = []
    for row in range(box.list.count()):
        item = box.list.item(row)
        title = item.data(_TITLE)
        found.append(f"# {title}" if title else item.data(Qt.ItemDataRole.UserRole))
    return found


def likely(box: SearchBox) -> list[str]:
    lines = listed(box)
    assert lines[0].startswith("# Likely next"), lines[:3]
    return lines[1 : next(i for i, line in enumerate(lines[1:], 1) if line.startswith("#"))]


def test_wire_from_a_convolution_offers_activation_pooling_and_norm_first(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a student had to search the whole list for what nearly always comes next."""
    hand.drag(hand.output("conv1"), EMPTY_SPOT)
    box = canvas.popups.box
    assert {"ReLU", "MaxPool2d", "BatchNorm2d"} <= set(likely(box)[:4])
    assert "usual after a convolution" in listed(box)[0]
    assert box.list.currentItem().data(Qt.ItemDataRole.UserRole) == likely(box)[0]


def test_what_does_not_fit_comes_last_with_the_reason_and_may_still_be_placed(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a layer vanished without a word, or a refusal had no way on."""
    hand.drag(hand.output("conv1"), EMPTY_SPOT)
    box = canvas.popups.box
    lines = listed(box)
    border = lines.index("# Does not fit here")
    assert lines.index("Linear") > border
    assert lines.index("Softmax") < border
    item = next(box.list.item(i) for i in range(box.list.count()) if lines[i] == "Linear")
    assert "Flatten" in item.data(_LINE).unfit
    assert "Flatten" in item.data(Qt.ItemDataRole.AccessibleTextRole)
    hand.type("linear")
    hand.key(Qt.Key.Key_Return)
    assert Wire("conv1", "output", canvas.selected[0], "x") in canvas.qdocument.project.graph.wires
    assert canvas.scene.nodes[canvas.selected[0]].troubled


def test_a_match_that_does_not_fit_stands_below_worse_ones_that_do(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Enter took a layer that does not fit while another match does."""
    hand.drag(hand.output("conv1"), EMPTY_SPOT)
    hand.type("norm")
    lines = listed(canvas.popups.box)
    assert lines[0] == "BatchNorm2d"
    assert lines.index("BatchNorm1d") > lines.index("# Does not fit here") > lines.index("InstanceNorm2d")


def test_wire_onto_an_input_offers_what_leads_there(open_canvas: Open) -> None:
    """Would fail if the box knew only what follows."""
    project = Project(graph=Graph.of([node("digits", "Digits"), node("fc", "Linear")]))
    canvas = open_canvas(in_a_row(project))
    hand = Hand(canvas)
    hand.drag(hand.input("fc"), EMPTY_SPOT)
    box = canvas.popups.box
    assert {"Flatten", "ReLU"} <= set(likely(box))
    assert "usual before fc" in listed(box)[0]
    assert "CrossEntropyLoss" not in listed(box)


def test_after_the_scores_the_loss_comes_first_with_both_wires(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the last layer were followed by an activation, or the label had to be wired by hand."""
    canvas.select(["loss"])
    hand.key(Qt.Key.Key_Delete)
    hand.drag(hand.output("fc1"), EMPTY_SPOT)
    assert likely(canvas.popups.box)[:2] == ["CrossEntropyLoss", "Softmax"]
    hand.key(Qt.Key.Key_Return)
    wires = canvas.qdocument.project.graph.wires
    assert Wire("fc1", "output", "loss", "prediction") in wires
    assert Wire("digits", "label", "loss", "target") in wires
    assert not canvas.qdocument.document.report.problems


def test_empty_drawing_offers_data_first(open_canvas: Open) -> None:
    """Would fail if a beginner were offered a convolution with nothing to read."""
    canvas = open_canvas(Project())
    hand = Hand(canvas)
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(300, 300))
    assert likely(canvas.popups.box)[0] == "Digits"
    hand.key(Qt.Key.Key_Return)
    assert [each.type for each in canvas.qdocument.project.graph.nodes.values()] == ["Digits"]


def test_without_a_selection_the_loose_end_says_what_is_needed(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the box forgot the drawing as soon as nothing is selected."""
    canvas.qdocument.do(Disconnect("", (Wire("relu1", "output", "flatten1", "x"),)))
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, hand.at(EMPTY_SPOT))
    assert listed(canvas.popups.box)[0].endswith("relu1")
    assert "MaxPool2d" in likely(canvas.popups.box)


def test_tab_with_a_selected_layer_places_wired_behind_it(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if what is selected did not count, or the new layer had to be wired by hand."""
    canvas.select(["relu1"])
    move_mouse(canvas, hand.at(EMPTY_SPOT))
    canvas.setFocus()
    hand.key(Qt.Key.Key_Tab)
    box = canvas.popups.box
    assert "relu1" in box.hint.text()
    assert "MaxPool2d" in likely(box)
    hand.type("max pool")
    hand.key(Qt.Key.Key_Return)
    name = canvas.selected[0]
    assert any(w.source == "relu1" and w.target == name for w in canvas.qdocument.project.graph.wires)
    canvas.qdocument.undo()
    assert name not in canvas.qdocument.project.graph.nodes


def test_insert_on_a_wire_offers_what_is_usual_between(canvas: CanvasView) -> None:
    """Would fail if a loss or a source were offered between two layers."""
    found = ranking.between(canvas.situation, Wire("conv1", "output", "relu1", "x"))
    ids = {offer.type_id for offer in found}
    assert "BatchNorm2d" in {offer.type_id for offer in found if offer.usual}
    assert not ids & {"CrossEntropyLoss", "Digits", "Output"}


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("conv2d", "Conv2d"),
        ("relu", "ReLU"),
        ("mxpl", "MaxPool2d"),
        ("bnorm", "BatchNorm2d"),
        ("softmxa", "Softmax"),
        ("flaten", "Flatten"),
        ("dropuot", "Dropout"),
        ("dense", "Linear"),
        ("max pool", "MaxPool2d"),
        ("mnist", "MNIST5k"),
        ("two moons", "TeachingPoints"),
        ("step function", "HardThreshold"),
        ("tranformer enc", "TransformerEncoderLayer"),
    ],
)
def test_letters_left_out_and_slips_are_forgiven(typed: str, first: str) -> None:
    """Would fail if a slip of the finger found nothing, or a whole name came behind a vague one."""
    found = ranking.answer(ranking.offers(Project(), ""), typed)
    assert found.fitting[0].type_id == first


@pytest.mark.parametrize("typed", ["zzzz", "xq", "qqqqqqqq", "conv zebra"])
def test_nonsense_finds_nothing(typed: str) -> None:
    """Would fail if forgiving meant that everything answers everything."""
    assert ranking.answer(ranking.offers(Project(), ""), typed) == ranking.RankedOffers()


def test_near_is_near_and_far_is_far() -> None:
    """Would fail if two letters stood for a whole name, or three wrong letters were a slip."""
    assert abbreviates("mxpl", "max pooling")
    assert not abbreviates("mp", "max pooling")
    assert not abbreviates("axp", "max pooling")
    assert misspells("convoluton", "convolution")
    assert misspells("recieve", "receive")
    assert not misspells("rel", "relu")
    assert not misspells("pool", "norm")


def test_arrows_skip_titles_and_stop_at_the_ends(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a title could be chosen, and Enter did nothing."""
    hand.drag(hand.output("conv1"), EMPTY_SPOT)
    box = canvas.popups.box
    seen = set()
    for _ in range(box.list.count() + 3):
        seen.add(box.list.currentRow())
        hand.key(Qt.Key.Key_Down)
    titles = {row for row in range(box.list.count()) if box.list.item(row).data(_TITLE)}
    assert seen == set(range(box.list.count())) - titles
    for _ in range(box.list.count() + 3):
        hand.key(Qt.Key.Key_Up)
    assert box.list.currentRow() == 1


def test_blocks_of_the_drawing_are_offered_and_joined(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a student's own block could only be copied."""
    canvas.qdocument.do(GroupNodes("", ("conv1", "relu1"), block="unit"))
    hand.drag(hand.output("digits", "image"), QPointF(700, 330))
    hand.type("unit")
    assert listed(canvas.popups.box)[0] == "block:unit"
    hand.key(Qt.Key.Key_Return)
    name = canvas.selected[0]
    assert canvas.qdocument.project.graph.nodes[name].type == "block:unit"
    assert any(w.source == "digits" and w.target == name for w in canvas.qdocument.project.graph.wires)


def test_offers_stay_quick_in_a_large_drawing(canvas: CanvasView) -> None:
    """Would fail if the box worked out the whole drawing for each layer it offers."""
    many = [node(f"n{i}", "ReLU") for i in range(2000)]
    graph = canvas.qdocument.project.graph
    wires = (*graph.wires, *chain("conv1", *(n.name for n in many)))
    project = Project(graph=graph.with_nodes(*many).with_wires(wires))
    situation = Situation(project, infer(project), "")
    small = Situation(canvas.qdocument.project, infer(canvas.qdocument.project), "")
    effort = calls_in(lambda: ranking.behind(situation, "n5"))
    assert effort < 2 * calls_in(lambda: ranking.behind(small, "relu1"))
    assert any(offer.usual for offer in ranking.behind(situation, "n5"))


@pytest.mark.parametrize("opened", ["at a port", "on a wire", "behind the selected"])
def test_the_box_goes_with_what_its_words_name(canvas: CanvasView, hand: Hand, opened: str) -> None:
    """Fails if undo by the mouse takes away the layer that is to be joined, and the box still places one, without a
    wire; or if the box closes while what it names is still there."""
    qdocument = canvas.qdocument
    qdocument.do(
        AddNodes("", (Node("tail", "ReLU", position=(480.0, 200.0)),), (Wire("conv1", "output", "tail", "x"),))
    )
    before = dict(qdocument.project.graph.nodes)
    if opened == "at a port":
        hand.drag(hand.output("tail"), QPointF(700, 300))
    elif opened == "on a wire":
        canvas.popups.search(QPointF(300, 300), on=Wire("conv1", "output", "tail", "x"))
    else:
        canvas.select(["tail"])
        canvas.setFocus()
        hand.key(Qt.Key.Key_Tab)
    box = canvas.popups.box
    assert box.isVisible()
    qdocument.do(SetRecipe(setting="epochs", value=3))
    qdocument.do(MoveNodes("", {"relu1": (480.0, -40.0)}))
    assert box.isVisible()
    for _ in range(3):
        qdocument.undo()
    assert not box.isVisible()
    assert canvas.hasFocus()
    hand.key(Qt.Key.Key_Return)
    assert set(qdocument.project.graph.nodes) == set(before) - {"tail"}
