"""Transfer in the window: what was learned elsewhere begins a run, and the lower part stays as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from safetensors.torch import load_file

from app.core.commands import SetRecipe, SetSetting
from app.core.compile.net import compile_net
from app.core.graph.model import MAIN, Block, Graph, Project
from app.core.storage import templates
from app.core.weights.freezing import freezable_up_to
from app.training.checkpoints import weights_at
from app.training.events import Finished
from app.training.loop import train
from app.ui.canvas.menu import menu_at
from app.ui.training import runs
from app.ui.window import MainWindow
from tests.support.drawings import chain, node
from tests.ui.shell.hands import Open, press, type_file


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A run of the drawing."""
    project = templates.load("lenet_digits")
    recipe = replace(project.recipe, epochs=1, batch_size=512, device="cpu")
    told = list(train(compile_net(replace(project, recipe=recipe)), recipe, out=tmp_path / "first"))
    assert isinstance(told[-1], Finished)
    return tmp_path / "first"


@pytest.fixture
def window(open_window: Open) -> MainWindow:
    made = open_window("lenet_digits")
    for setting, value in (("epochs", 1), ("batch_size", 512), ("device", "cpu")):
        made.qdocument.do(SetRecipe(setting=setting, value=value))
    return made


def frozen(window: MainWindow) -> list[str]:
    return [name for name, each in window.qdocument.project.graph.nodes.items() if each.params.get("frozen")]


def entry(window: MainWindow, name: str, words: str) -> Any:
    canvas = window.canvas
    box = canvas.scene.nodes[name].rect if hasattr(canvas.scene.nodes[name], "rect") else None
    at = canvas.camera.to_view(box.center()) if box is not None else QPointF(0, 0)
    menu = menu_at(canvas, at)
    return next((each for each in menu.actions() if each.text().startswith(words)), None)


def test_a_file_is_looked_into_before_anything_is_trained(trained: Path, window: MainWindow, qtbot: Any) -> None:
    """Fails if what fits is not shown, other weights begin the run, or a frozen layer changes."""
    window.qdocument.do(SetSetting("", ("fc2",), "out_features", 50))
    press(qtbot, window, "Ctrl+F5")
    type_file(qtbot, window, trained / "weights.safetensors")
    qtbot.waitUntil(lambda: window.transfer.dialog is not None)
    dialog = window.transfer.dialog
    assert dialog is not None
    assert "weights loaded: 6 tensors by name" in dialog.report.toPlainText()
    assert "not loaded: fc2: weight 50×120 (84×120 in the file)" in dialog.report.toPlainText()
    QTest.mouseClick(dialog.freeze_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    assert frozen(window) == ["conv1", "conv2", "fc1"]
    assert window.session.run is not None
    after, before_it = weights_at(window.session.run.folder, 1), weights_at(trained, 1)
    assert [n for n in before_it if n in after and bool(after[n].shape == before_it[n].shape)][:6] == list(before_it)[
        :6
    ]
    assert all(bool((after[name] == before_it[name]).all()) for name in list(before_it)[:6])


def test_a_run_begins_with_the_weights_of_another(trained: Path, window: MainWindow, qtbot: Any) -> None:
    """Fails if the run starts with weights of its own, or nobody says what was taken."""
    window.transfer.look(trained)
    qtbot.waitUntil(lambda: window.transfer.dialog is not None)
    assert window.transfer.dialog is not None
    QTest.keyClick(window.transfer.dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    assert window.session.run is not None
    one, other = weights_at(window.session.run.folder, 0), weights_at(trained, 1)
    assert all(bool((one[name] == other[name]).all()) for name in other)
    said = [each.sentence for each in window.training.story.findings if each.code == "weights"]
    assert said == ["Begun with 61,706 of 61,706 weights from first: conv1, conv2, fc1, fc2, fc3."]


def test_the_head_learns_where_all_weights_are_there(trained: Path, window: MainWindow, qtbot: Any) -> None:
    """Fails if a click freezes the whole net, so that nothing is trained, or the button does not say what stays."""
    window.transfer.look(trained)
    qtbot.waitUntil(lambda: window.transfer.dialog is not None)
    dialog = window.transfer.dialog
    assert dialog is not None
    assert dialog.freeze_button.text() == "Freeze all but fc3 and train"
    QTest.mouseClick(dialog.freeze_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    assert frozen(window) == ["conv1", "conv2", "fc1", "fc2"]
    assert window.session.run is not None
    one, other = weights_at(window.session.run.folder, 1), weights_at(trained, 1)
    same = {name for name in other if bool((one[name] == other[name]).all())}
    assert {name for name in other if name not in same} == {"fc3.weight", "fc3.bias"}


def test_a_file_is_looked_into_without_a_training(trained: Path, window: MainWindow, qtbot: Any) -> None:
    """Fails if whoever only wants to see the filters of a file has to train, an epoch is counted, the drawing is
    changed, or what is shown are other weights."""
    before = window.qdocument.project
    press(qtbot, window, "Ctrl+F5")
    type_file(qtbot, window, trained / "weights.safetensors")
    qtbot.waitUntil(lambda: window.transfer.dialog is not None)
    assert window.transfer.dialog is not None
    QTest.mouseClick(window.transfer.dialog.look_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.trained is not None)
    shown = window.session.trained
    assert shown is not None
    assert window.qdocument.project is before
    assert not window.session.busy
    assert not list(shown.run.glob("epoch*"))
    one, other = load_file(shown.run / "weights.safetensors"), weights_at(trained, 1)
    assert one.keys() == other.keys()
    assert all(bool((one[name] == other[name]).all()) for name in other)
    assert window.docks.docks["filters"].isVisible()


def test_weights_that_come_while_something_trains_are_said_to_be_kept(
    trained: Path, window: MainWindow, qtbot: Any
) -> None:
    """Fails if weights that were to be looked at end in silence because a training has begun meanwhile, replace its
    net, or are not where the sentence says."""
    window.qdocument.do(SetRecipe(setting="epochs", value=1000))
    window.transfer.look(trained)
    qtbot.waitUntil(lambda: window.transfer.dialog is not None)
    window.transfer.show_inside()
    window.session.train()
    assert window.session.busy
    qtbot.waitUntil(lambda: window.status.message.full_text == runs.KEPT_APART)
    assert window.session.busy
    window.session.stop()
    qtbot.waitUntil(lambda: not window.session.busy)
    assert window.session.run is not None
    kept = [each for each in runs.latest(None) if each.folder != window.session.run.folder]
    assert any(each.about.name == "first" for each in kept)


def test_a_file_of_no_use_is_said(tmp_path: Path, window: MainWindow, qtbot: Any) -> None:
    """Fails if a file without weights ends in silence or in a run."""
    (tmp_path / "text.pt").write_text("no weights")
    window.transfer.look(tmp_path / "text.pt")
    boxes: list[Any] = []
    qtbot.waitUntil(lambda: bool(boxes or boxes.extend(b for b in window.findChildren(type(_box())) if b.isVisible())))
    assert str(tmp_path / "text.pt") in boxes[0].text()
    assert window.session.run is None


def _box() -> Any:
    from PySide6.QtWidgets import QMessageBox

    return QMessageBox()


def test_one_click_freezes_the_lower_part_and_one_undo_takes_it_back(window: MainWindow, qtbot: Any) -> None:
    """Fails if a layer below is left out, one above is frozen, or undo needs more than one step."""
    canvas = window.canvas
    canvas.setFocus()
    canvas.select(("relu2",))
    press(qtbot, window, "Ctrl+Shift+L")
    assert frozen(window) == ["conv1", "conv2"]
    assert window.canvas.scene.nodes["conv1"].look.pale
    assert not window.canvas.scene.nodes["fc1"].look.pale
    canvas.select(("conv1",))
    press(qtbot, window, "Ctrl+Alt+L")
    assert frozen(window) == ["conv2"]
    window.undo()
    window.undo()
    assert frozen(window) == []


def test_the_menu_offers_what_would_change_something(window: MainWindow) -> None:
    """Fails if the menu of a layer offers to freeze what is frozen, or hides it where it can be done."""
    window.canvas.select(("conv2",))
    offered = entry(window, "conv2", "Freeze up to here")
    assert offered is not None
    assert entry(window, "conv2", "Unfreeze up to here") is None
    offered.trigger()
    assert frozen(window) == ["conv1", "conv2"]
    assert entry(window, "conv2", "Freeze up to here") is None
    assert entry(window, "conv2", "Unfreeze up to here") is not None
    assert entry(window, "digits", "Freeze up to here") is None


def test_a_block_that_is_used_above_as_well_is_left_as_it_is() -> None:
    """Fails if freezing the lower part freezes a layer of the upper one, which shares its block."""
    inside = Graph.of([node("x", "In"), node("fc", "Linear", out_features=4), node("y", "Out")], chain("x", "fc", "y"))
    nodes = [
        node("digits", "Digits"),
        node("one", "block:A"),
        node("two", "block:B"),
        node("head", "Linear", out_features=4),
        node("three", "block:B"),
    ]
    graph = Graph.of(nodes, chain("digits.image", "one", "two", "head", "three"))
    project = Project(graph=graph, blocks={"A": Block(inside), "B": Block(inside)})
    assert freezable_up_to(project, MAIN, ("head",)) == {"A": ("fc",), MAIN: ("head",)}
    assert freezable_up_to(project, MAIN, ("three",)) == {"A": ("fc",), "B": ("fc",), MAIN: ("head",)}
