"""The command palette: by keys and mouse in the real window, and its search by itself."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from app.core.commands import GroupNodes
from app.ui import theme
from app.ui.actions import specs
from app.ui.command_palette.fuzzy import fit
from app.ui.command_palette.offers import offers
from app.ui.command_palette.rows import spoken
from app.ui.docks import PANELS
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import press


def ask(qtbot: Any, window: MainWindow, text: str = "") -> None:
    press(qtbot, window, "Ctrl+P")
    assert window.command_box.isVisible()
    assert QApplication.focusWidget() is window.command_box.edit
    qtbot.keyClicks(window.command_box.edit, text)


def titles(window: MainWindow) -> list[str]:
    return [row.offer.title for row in window.command_box.rows]


def enter(qtbot: Any, window: MainWindow) -> None:
    qtbot.keyClick(window.command_box.edit, Qt.Key.Key_Return)


# The search


@pytest.mark.parametrize(
    ("wanted", "name", "places"),
    [
        ("tidy", "Tidy up", {0, 1, 2, 3}),
        ("up", "Tidy up", {5, 6}),
        ("frsel", "Frame selection", {0, 1, 6, 7, 8}),
        ("tu", "Tidy up", {0, 5}),
        ("dy", "Tidy up", {2, 3}),
        ("duplcate", "Duplicate", {0, 1, 2, 3, 5, 6, 7, 8}),
        ("up tid", "Tidy up", {0, 1, 2, 5, 6}),
        ("xyz", "Tidy up", None),
    ],
)
def test_letters_find_names(wanted: str, name: str, places: set[int] | None) -> None:
    """Fails if a beginning, initials or a left-out letter is not found, or the wrong letters are marked."""
    found = fit(wanted, name)
    assert (found and set(found.places)) == places


def test_better_fits_come_first() -> None:
    """Fails if letters that lie apart count as much as the beginning of the name."""
    names = ["Restart", "Step", "Stop training", "Histogram"]
    ranked = sorted(names, key=lambda name: -(hit.score if (hit := fit("st", name)) else -1))
    assert ranked[:2] == ["Step", "Stop training"]
    assert fit("file", "Save", "File menu") is not None
    assert fit("file", "Save", "File").score < fit("save", "Save", "File").score  # type: ignore[union-attr]


# What is offered


def test_every_action_is_offered_with_keys_and_path(window: MainWindow) -> None:
    """Fails if an action of the table, a panel or a theme cannot be found by name."""
    found = {offer.key: offer for offer in offers(window)}
    for spec in specs():
        if spec.name == "command_palette":
            continue
        offer = found[f"action {spec.name}"]
        assert offer.path, spec.name
        assert bool(offer.keys) == bool(spec.keys), spec.name
    for panel in PANELS:
        assert found[f"panel {panel.name}"].keys == panel.keys
    names = {offer.title for offer in found.values()}
    assert {"Dark", "Light", "Add Conv2d (Convolution 2-D)", "LeNet-5 on digits", "Set optimizer to SGD"} <= names
    assert len(found) == len(offers(window))


def test_blocks_are_offered_to_add_and_to_enter(window: MainWindow, qtbot: Any) -> None:
    """Fails if a block of the drawing cannot be found, or a block is offered inside itself."""
    window.qdocument.do(GroupNodes("", ("conv1", "relu1")))
    block = next(iter(window.qdocument.project.blocks))
    ask(qtbot, window, f"go into {block}")
    enter(qtbot, window)
    assert window.canvas.where == block
    names = {offer.title for offer in offers(window)}
    assert f"Add block {block}" not in names
    assert not any(title.startswith("Add Handwritten") or title == "Add Digits" for title in names)


# By hand


def test_a_layer_is_added_after_the_selected_one(window: MainWindow, qtbot: Any) -> None:
    """Fails if the way from the keys to the drawing is broken, or the layer is not wired."""
    window.canvas.select(("conv1",))
    window.canvas.setFocus()
    ask(qtbot, window, "add batchnorm2d")
    assert titles(window)[0].startswith("Add BatchNorm2d")
    enter(qtbot, window)
    assert not window.command_box.isVisible()
    graph = window.qdocument.project.graph
    added = next(name for name, node in graph.nodes.items() if node.type == "BatchNorm2d")
    assert graph.into(added)[0].source == "conv1"
    assert QApplication.focusWidget() is window.canvas


def test_an_action_runs_and_is_first_the_next_time(window: MainWindow, qtbot: Any) -> None:
    """Fails if nothing runs, or what was used last is not first and remembered for the next start."""
    before = theme.current().name
    ask(qtbot, window, "light")
    enter(qtbot, window)
    assert theme.current().name == "light" != before
    ask(qtbot, window)
    assert titles(window)[0] == "Light"
    assert window.command_box.rows[0].offer.checked
    assert window.settings.values.commands[0].endswith("Light")
    qtbot.keyClick(window.command_box.edit, Qt.Key.Key_Escape)


def test_what_cannot_be_done_says_why(window: MainWindow, qtbot: Any) -> None:
    """Fails if a grey line runs, disappears, or does not tell its reason."""
    ask(qtbot, window, "stop")
    offer = window.command_box.current
    assert offer is not None
    assert (offer.title, offer.enabled, offer.reason) == ("Stop", False, "No training is on.")
    assert "No training is on." in spoken(offer)
    enter(qtbot, window)
    assert window.command_box.isVisible()
    assert "No training is on." in window.command_box.hint.text()
    qtbot.keyClick(window.command_box.edit, Qt.Key.Key_Escape)


def test_a_number_sets_the_recipe_as_one_step(window: MainWindow, qtbot: Any) -> None:
    """Fails if a typed number is not taken, is no step of undo, or a value out of range changes something."""
    ask(qtbot, window, "epochs 7")
    assert titles(window)[0] == "Set epochs to 7"
    enter(qtbot, window)
    assert window.qdocument.project.recipe.epochs == 7
    assert window.qdocument.document.undo_title == "Set epochs"
    window.undo()
    assert window.qdocument.project.recipe.epochs == 30
    ask(qtbot, window, "epochs 0")
    assert not window.command_box.current.enabled  # type: ignore[union-attr]
    enter(qtbot, window)
    assert window.qdocument.project.recipe.epochs == 30
    qtbot.keyClick(window.command_box.edit, Qt.Key.Key_Escape)


def test_arrows_mouse_and_escape(window: MainWindow, qtbot: Any) -> None:
    """Fails if the arrows do not move, a click does not run, Escape does not close, or the keys are not given back."""
    window.layers.focus_search()
    ask(qtbot, window, "zoom")
    assert len(titles(window)) >= 2
    first = window.command_box.current
    qtbot.keyClick(window.command_box.edit, Qt.Key.Key_Down)
    assert window.command_box.current is not first
    qtbot.keyClick(window.command_box.edit, Qt.Key.Key_Up)
    assert window.command_box.current is first
    qtbot.keyClick(window.command_box.edit, Qt.Key.Key_Escape)
    assert not window.command_box.isVisible()
    assert QApplication.focusWidget() is window.layers.search
    scale = window.canvas.camera.scale
    ask(qtbot, window, "zoom in")
    box = window.command_box.list.visualRect(window.command_box.model.index(0, 0))
    qtbot.mouseClick(window.command_box.list.viewport(), Qt.MouseButton.LeftButton, pos=box.center())
    assert window.canvas.camera.scale > scale
    ask(qtbot, window)
    away = QPoint(5, window.canvas.height() - 5)
    qtbot.mouseMove(window.canvas, away)  # a box that lies under the mouse stays open
    qtbot.waitUntil(lambda: not window.command_box.underMouse())
    qtbot.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=away)
    window.canvas.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not window.command_box.isVisible()


def test_nothing_found_says_so(window: MainWindow, qtbot: Any) -> None:
    """Fails if a search without result leaves an empty box, or Enter does something."""
    before = window.qdocument.project
    ask(qtbot, window, "qqqq")
    assert "qqqq" in window.command_box.hint.text()
    enter(qtbot, window)
    assert window.qdocument.project is before
    qtbot.keyClick(window.command_box.edit, Qt.Key.Key_Escape)


@pytest.mark.parametrize("text", ["", "zoom in", "Set optimizer to SGD", "zzzq"])
def test_the_field_keeps_its_height(text: str, window: MainWindow, qtbot: Any) -> None:
    """Fails if the field is squashed so that the typed text is cut, because few lines were found or none."""
    ask(qtbot, window, text)
    settle()
    box = window.command_box
    assert box.edit.height() >= box.edit.sizeHint().height()
    assert box.list.isVisible() == bool(titles(window))
    if titles(window):
        enough = box.list.sizeHintForRow(0) * min(len(titles(window)), 3)
        assert box.list.viewport().height() >= enough
    else:
        assert box.hint.height() >= box.hint.heightForWidth(box.hint.width())
    box.edit.selectAll()
    qtbot.keyClicks(box.edit, "zoom in")
    assert box.list.isVisible()
    qtbot.keyClick(box.edit, Qt.Key.Key_Escape)


def test_it_stays_inside_a_small_window(window: MainWindow, qtbot: Any) -> None:
    """Fails if the box is larger than the window, so that the field or the list is cut off."""
    window.resize(window.minimumSizeHint())
    settle()
    ask(qtbot, window)
    assert window.rect().contains(window.command_box.geometry())
    qtbot.keyClick(window.command_box.edit, Qt.Key.Key_Escape)


def test_an_open_box_follows_the_theme(window: MainWindow, qtbot: Any) -> None:
    """Fails if the box keeps the ground of the theme in which it was opened."""
    ask(qtbot, window)
    box = window.command_box
    try:
        for name in ("light", "high_contrast", "dark"):
            window.choose_theme(name)
            assert box.grab().toImage().pixelColor(box.width() // 2, 4) == theme.color("panel")
    finally:
        window.choose_theme("dark")
