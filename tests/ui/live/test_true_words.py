"""What the words beside pictures claim: photos by their name, samples of this drawing alone, weights as they came."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.core.commands import AddNodes, Connect, RemoveNodes, SetSetting
from app.core.compile.net import compile_net
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.training.importing import write_run
from app.ui.insight.activations import ActivationsPanel
from app.ui.insight.dream import DreamPanel
from app.ui.insight.filters import FiltersPanel
from app.ui.insight.subject_cache import SubjectCache, TrainedRun, UntrainedNet
from app.ui.insight.viewpanel import ViewPanel
from tests.support.drawings import chain, node
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import choose_in_dialog


@pytest.fixture
def show(qtbot: QtBot) -> Callable[[QWidget], None]:
    """Shows a panel as large as it is at the bottom of a laptop's screen."""

    def it(panel: QWidget) -> None:
        qtbot.addWidget(panel)
        panel.resize(1366, 200)
        panel.show()
        settle()

    return it


Show = Callable[[QWidget], None]


def test_a_chosen_photo_is_called_by_its_name(desk: Make, show: Show, tmp_path: Path) -> None:
    """Fails if the panel says noise while a photo is chosen, or names the photo when noise is chosen again."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    assert "beginning with noise" in panel.picture.sentence
    Image.fromarray(np.full((32, 32), 200, np.uint8)).save(tmp_path / "my cat.png")
    choose_in_dialog(panel.choose, tmp_path / "my cat.png")
    here.until(lambda: panel.begin_label.text() == "my cat.png")
    assert "beginning with my cat.png" in panel.picture.sentence
    assert "noise" not in panel.picture.sentence
    panel.steps.setValue(2)
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.picture.dreamt is not None and not here.session.slow.busy)
    assert panel.picture._title.endswith("begun with my cat.png")
    QTest.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    assert panel.picture._title.endswith("begun with my cat.png"), "the dream that is shown began with it"
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: not here.session.slow.busy)
    assert "cat" not in panel.picture._title
    here.qdocument.new(load("mlp_digits"))
    assert "beginning with noise" in panel.picture.sentence


@pytest.mark.parametrize("other", ["char_lstm", "autoencoder_digits"])
def test_a_photo_of_the_drawing_before_is_not_named(other: str, desk: Make, show: Show, tmp_path: Path) -> None:
    """Fails if a photo that was chosen for one drawing is named, or begins a dream, in the next one that is opened: in
    the panel of dreams, and in the one of all views."""
    here = desk("lenet_digits")
    here.load_torch()
    Image.fromarray(np.full((32, 32), 200, np.uint8)).save(tmp_path / "my cat.png")
    dreams, all_views = DreamPanel(here.session, here.qdocument), ViewPanel(here.session, here.qdocument)
    show(dreams)
    choose_in_dialog(dreams.choose, tmp_path / "my cat.png")
    here.until(lambda: dreams.begin_label.text() == "my cat.png")
    show(all_views)
    all_views.choose("dream")
    box = all_views.form.editors["image"].findChild(QLineEdit)
    box.setFocus()
    QTest.keyClicks(box, str(tmp_path / "my cat.png"))
    QTest.keyClick(box, Qt.Key.Key_Return)
    all_views.form.editors["steps"].edited.emit(7)
    here.until(lambda: dict(all_views.settings()) == {"image": str(tmp_path / "my cat.png"), "steps": 7})

    here.qdocument.new(load(other))
    assert "cat" not in dreams.picture.sentence + dreams.begin_label.text() + dreams.begin_label.toolTip()
    assert dreams.choose.text() == "Picture…"
    all_views.choose("dream")  # where another view fits the drawing, that one is shown first
    assert not all_views.form.editors["image"].findChild(QLineEdit).text()
    assert dict(all_views.settings()) == {"steps": 7}, "how it is made stays"


def test_a_dream_of_the_drawing_before_ends_with_it(desk: Make, show: Show) -> None:
    """Fails if a dream goes on, and is shown, after another drawing was opened."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    panel.steps.setValue(2000)
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.picture.dreamt is not None)
    here.qdocument.new(load("mlp_digits"))
    assert panel.picture.dreamt is None
    here.until(lambda: not here.session.slow.busy)
    settle()
    assert panel.picture.dreamt is None
    assert panel.picture.sentence.startswith("Press Dream")
    assert panel.start.text().strip() == "Dream"


def test_no_dream_is_promised_of_a_source(desk: Make, show: Show) -> None:
    """Fails if the panel promises a picture of the data itself, and only says after a press that there is none."""
    here = desk("lenet_digits")
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    panel.set_node("digits")
    assert panel.picture.sentence == (
        "digits is where data enters, so there is nothing learned in it. Choose a layer behind it."
    )
    panel.set_node("conv1")
    assert panel.picture.sentence.startswith("Press Dream")


def test_a_sample_of_the_drawing_before_is_not_named(desk: Make, show: Show) -> None:
    """Fails if names, number or picture of a sample stay after another drawing was opened, be it for a moment."""
    here = desk("lenet_digits")
    here.load_torch()
    panel, filters = (kind(here.session, here.qdocument) for kind in (ActivationsPanel, FiltersPanel))
    for each in (panel, filters):
        show(each)
    here.until(lambda: panel.view.tiles is not None and filters.view.tiles is not None and panel.samples.names)
    QTest.keyClick(panel.samples, Qt.Key.Key_End)
    assert here.session.sample == 63
    names = panel.samples.names
    words = [node("words", "Input", shape=(9,), dtype="int"), node("known", "Embedding", num_embeddings=50)]
    here.qdocument.new(Project(graph=Graph.of([*words, node("end", "Output")], chain("words", "known", "end"))))
    assert panel.view.tiles is None
    assert filters.view.tiles is None
    assert not panel.side.isVisible()
    assert not panel.samples.names
    assert here.session.sample == 0
    here.until(lambda: panel.view.tiles is not None and panel.side.isVisible())
    assert panel.samples.names == tuple(f"noise {number}" for number in range(1, 9))
    assert panel.legend.text() == "Sample 1 of 8: noise 1"
    QTest.keyClick(panel.samples, Qt.Key.Key_End)
    here.qdocument.new(load("lenet_digits"))
    here.until(lambda: panel.samples.names == names)
    assert panel.legend.text() == f"Sample 1 of 64: {names[0]}"


def test_the_samples_are_those_that_the_picture_is_of(desk: Make, show: Show) -> None:
    """Fails if digits are named where the layer answers to noise: the net that was trained on digits is not looked at
    any more once its layer was changed and the data taken away."""
    here = desk("lenet_digits", epochs=1)
    here.load_torch()
    here.session.train()
    here.until_ended()
    panel = ActivationsPanel(here.session, here.qdocument)
    show(panel)
    panel.set_node("conv1")
    here.until(lambda: panel.view.tiles is not None and len(panel.samples.names) == 64)
    here.qdocument.do(RemoveNodes("", ("digits", "loss")))
    here.qdocument.do(AddNodes("", (node("picture", "Input", shape=(1, 32, 32)),)))
    here.qdocument.do(Connect("", tuple(chain("picture", "conv1"))))
    here.qdocument.do(SetSetting("", ("conv1",), "out_channels", 3))
    here.until(lambda: panel.view.tiles is not None and len(panel.view.tiles.maps) == 3)
    here.until(lambda: panel.samples.names[:1] == ("noise 1",))


def caption(project: Project) -> str:
    """What is said of the weights of a drawing that was never trained."""
    return SubjectCache().subject(UntrainedNet(project)).caption


def _unit(layer: Node) -> Block:
    return Block(Graph.of([node("x", "In"), layer, node("y", "Out")], chain("x", layer.name, "y")))


def _in_row(*layers: Node, blocks: dict[str, Block] | None = None) -> Project:
    nodes = [node("picture", "Input", shape=(3, 8, 8)), *layers, node("end", "Output")]
    names = [f"{each.name}.y" if each.type.startswith("block:") else each.name for each in nodes[:-1]]
    wires = []
    for source, target in zip(names, [each.name for each in nodes[1:]]):
        wires += chain(source, target)
    return Project(graph=Graph.of(nodes, wires), blocks=blocks or {})


CONSTANT = {"init": "constant", "init_value": 0.5}


@pytest.mark.parametrize(
    ("project", "words"),
    [
        (_in_row(node("conv1", "Conv2d")), "random weights"),
        (_in_row(node("conv1", "Conv2d", **CONSTANT)), "weights as set"),
        (_in_row(node("conv1", "Conv2d", **CONSTANT), node("norm1", "BatchNorm2d")), "weights as set"),
        (_in_row(node("conv1", "Conv2d", **CONSTANT), node("conv2", "Conv2d")), "random weights, some as set"),
        (_in_row(node("norm1", "BatchNorm2d"), node("act1", "PReLU")), "every weight where it starts"),
        (_in_row(node("relu1", "ReLU")), "nothing here learns"),
        (_in_row(Node("b", "block:u"), blocks={"u": _unit(node("conv", "Conv2d"))}), "random weights"),
        (_in_row(Node("b", "block:u"), blocks={"u": _unit(node("conv", "Conv2d", **CONSTANT))}), "weights as set"),
        (_in_row(node("flatten", "Flatten"), node("fc1", "Linear", out_features=1)), "random weights"),
    ],
)
def test_only_what_chance_chose_is_called_random(project: Project, words: str) -> None:
    """Fails if numbers that somebody set, or that always start so, are called random, or random ones are not."""
    assert caption(project) == f"not trained yet: {words}"


def test_one_weight_that_chance_chose_is_random_and_one_that_was_set_is_not() -> None:
    """Fails if a layer of a single weight is taken for one that somebody set, or the other way round."""
    one = [node("x", "Input", shape=(1,)), node("fc1", "Linear", out_features=1, bias=False), node("end", "Output")]
    assert caption(Project(graph=Graph.of(one, chain("x", "fc1", "end")))).endswith(": random weights")
    number = [node("w", "LearnableNumber", start=2.0), node("x", "Input", shape=()), node("times", "Multiply")]
    wires = [Wire("w", "output", "times", "xs"), Wire("x", "output", "times", "xs"), *chain("times", "end")]
    assert caption(Project(graph=Graph.of([*number, node("end", "Output")], wires))).endswith(": weights as set")


def test_what_leads_nowhere_is_not_asked() -> None:
    """Fails if a layer beside the net decides what is said of the net's weights."""
    project = _in_row(node("conv1", "Conv2d"))
    aside = node("aside", "Conv2d", **CONSTANT)
    graph = Graph.of([*project.graph.nodes.values(), aside], [*project.graph.wires, *chain("picture", "aside")])
    assert caption(Project(graph=graph)).endswith(": random weights")


def test_weights_from_a_file_are_not_called_trained(tmp_path: Path) -> None:
    """Fails if what was loaded from a file is said to be trained for 0 epochs."""
    project = load("mlp_digits")
    net = compile_net(project)
    write_run(tmp_path / "run", net, net.model(seed=0), Recipe())
    subject = SubjectCache().subject(TrainedRun(project, tmp_path / "run", 0))
    assert subject.caption == "weights from a file, not trained here"


def test_constants_alone_show_their_values(desk: Make, show: Show) -> None:
    """Fails if a drawing without any input shows an error, or nothing, where it could show numbers."""
    nodes = [node("two", "Constant", value=2.0), node("three", "Constant", value=3.0), node("product", "Multiply")]
    wires = [Wire(name, "output", "product", "xs") for name in ("two", "three")]
    graph = Graph.of([*nodes, node("end", "Output")], [*wires, *chain("product", "end")])
    here = desk(Project(graph=graph))
    here.load_torch()
    panel = ActivationsPanel(here.session, here.qdocument)
    show(panel)
    assert panel.node == "product", "with nothing selected, the last layer"
    here.until(lambda: panel.view.tiles is not None)
    assert panel.view.tiles is not None
    assert panel.view.tiles.maps.item() == 6.0
    assert panel.view.caption == "not trained yet: nothing here learns"
    assert not panel.side.isVisible()
