"""The preview of augmentations in the inspector: real clicks and keys, then what is seen."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from app.core.commands import AddNodes, SetSetting
from app.core.graph.model import Graph, Project, Wire
from app.insight import augmented as made
from app.insight.augmented import AugmentedSample
from app.ui.inspector.augmented_row import AugmentedRow
from app.ui.window import MainWindow
from tests.support.drawings import chain, node
from tests.training.mixed_nets import mixed
from tests.ui.shell.hands import Open

LEFT = Qt.MouseButton.LeftButton
FLIP = Graph.of([node("digits", "Digits"), node("flip", "RandomFlip", p=1.0)], chain("digits.image", "flip"))


def opened(open_window: Open, project: Project, name: str) -> tuple[MainWindow, AugmentedRow]:
    window = open_window()
    window.qdocument.new(project)
    window.inspector.show_selection("", [name])
    return window, window.inspector.nodes.augmented


def shown(row: AugmentedRow) -> AugmentedSample:
    assert row.strip.shown is not None
    return row.strip.shown


def test_a_selected_augmentation_shows_a_sample_and_results(open_window: Open, qtbot: Any) -> None:
    """Fails if nothing is shown before a training, or it is not said where the sample is from."""
    window, row = opened(open_window, Project(graph=FLIP), "flip")
    qtbot.waitUntil(row.strip.isVisible, timeout=20_000)
    assert len(shown(row).pictures) == 9
    assert row.said.text().startswith("digits, sample ")
    assert row.strip.accessibleName() == "The sample and 8 results"
    assert np.array_equal(shown(row).pictures[1], shown(row).pictures[0][:, ::-1])
    window.inspector.show_selection("", ["digits"])
    assert not row.isVisible()


def test_a_setting_renews_it(open_window: Open, qtbot: Any) -> None:
    """Fails if the results are still those of the setting before."""
    window, row = opened(open_window, Project(graph=FLIP), "flip")
    qtbot.waitUntil(row.strip.isVisible, timeout=20_000)
    before = shown(row)
    window.qdocument.do(SetSetting("", ("flip",), "direction", "up and down"))
    qtbot.waitUntil(lambda: shown(row) is not before, timeout=20_000)
    assert np.array_equal(shown(row).pictures[1], shown(row).pictures[0][::-1])


def test_a_typed_number_renews_it(open_window: Open, qtbot: Any) -> None:
    """Fails if what is typed into a field is not seen in the results: nothing is flipped with a probability of 0."""
    window, row = opened(open_window, Project(graph=FLIP), "flip")
    qtbot.waitUntil(row.strip.isVisible, timeout=20_000)
    field = next(
        each for each in window.inspector.nodes.findChildren(QLineEdit) if each.text() == "1" and each.isVisible()
    )
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, "0")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.qdocument.project.graph.nodes["flip"].params["p"] == 0.0
    qtbot.waitUntil(lambda: np.array_equal(shown(row).pictures[1], shown(row).pictures[0]), timeout=20_000)


def test_what_changes_nothing_is_not_read_again(open_window: Open, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if each edit elsewhere in the drawing reads samples again, or a run of edits reads them for each."""
    calls: list[tuple[Any, ...]] = []
    real = made.augmented
    monkeypatch.setattr(made, "augmented", lambda *given: calls.append(given) or real(*given))
    window, row = opened(open_window, Project(graph=FLIP), "flip")
    qtbot.waitUntil(row.strip.isVisible, timeout=20_000)
    assert len(calls) == 1
    window.qdocument.do(AddNodes("", (node("other", "Linear"),), ()))
    for p in (0.1, 0.2, 0.3, 0.4):
        window.qdocument.do(SetSetting("", ("flip",), "p", p))
    before = shown(row)
    qtbot.waitUntil(lambda: shown(row) is not before, timeout=20_000)
    assert len(calls) == 2
    assert calls[1][0].graph.nodes["flip"].params["p"] == 0.4


def test_again_and_next_sample(open_window: Open, qtbot: Any) -> None:
    """Fails if Again shows another sample or the same results, or Next sample keeps the sample."""
    graph = Graph.of([node("digits", "Digits"), node("turn", "RandomRotate")], chain("digits.image", "turn"))
    _, row = opened(open_window, Project(graph=graph), "turn")
    qtbot.waitUntil(row.strip.isVisible, timeout=20_000)
    first = shown(row)
    qtbot.mouseClick(row.again, LEFT)
    qtbot.waitUntil(lambda: shown(row) is not first, timeout=20_000)
    second = shown(row)
    assert second.sample == first.sample
    assert not np.array_equal(second.pictures[1], first.pictures[1])
    row.other.setFocus()
    qtbot.keyClick(row.other, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown(row) is not second, timeout=20_000)
    assert shown(row).sample != first.sample


def test_without_a_source_a_sentence_says_what_to_do(open_window: Open, qtbot: Any) -> None:
    """Fails if an unwired augmentation shows nothing, or the preview stays away once a source is wired."""
    bare = Graph.of([node("digits", "Digits"), node("flip", "RandomFlip")])
    window, row = opened(open_window, Project(graph=bare), "flip")
    qtbot.waitUntil(lambda: "No source is wired" in row.said.text(), timeout=20_000)
    assert row.isVisible()
    assert not row.strip.isVisible()
    assert not row.again.isVisible()
    window.qdocument.do(AddNodes("", (), (Wire("digits", "image", "flip", "x"),)))
    qtbot.waitUntil(row.strip.isVisible, timeout=20_000)
    assert row.again.isVisible()


def test_another_augmentation_shows_its_own(open_window: Open, qtbot: Any) -> None:
    """Fails if the results of the augmentation before stay under the name of another one."""
    window, row = opened(open_window, mixed("Mixup", "CutMix"), "mix1")
    qtbot.waitUntil(row.strip.isVisible, timeout=20_000)
    assert shown(row).labels
    window.inspector.show_selection("", ["mix2"])
    assert not row.strip.isVisible()
    qtbot.waitUntil(row.strip.isVisible, timeout=20_000)
    assert shown(row).behind == ("mix1",)
    assert "behind mix1" in row.said.text()


def test_nothing_lies_outside_and_all_cells_are_apart(open_window: Open, qtbot: Any) -> None:
    """Fails if results lie over each other or below the strip, in a narrow panel or a wide one."""
    _, row = opened(open_window, mixed("Mixup"), "mix1")
    qtbot.waitUntil(row.strip.isVisible, timeout=20_000)
    for width in (96, 240, 600, 900):
        row.strip.resize(width, row.strip.heightForWidth(width))
        cells = [row.strip.cell(place) for place in range(9)]
        assert all(row.strip.rect().toRectF().contains(cell) for cell in cells)
        assert not any(one.intersects(other) for at, one in enumerate(cells) for other in cells[:at])


def test_the_row_brings_no_torch() -> None:
    """Fails if the window waits for torch because of the preview."""
    code = "import sys, app.ui.inspector.augmented_row; print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr


def test_what_changes_next_to_nothing_says_so(open_window: Open, qtbot: Any) -> None:
    """Fails if a sound of thousands of steps that is moved by four looks as if it was moved, or the remark stays when
    it is moved by hundreds."""
    graph = Graph.of([node("speech", "MadeUpSpeech"), node("shift", "TimeShift")], chain("speech.wave", "shift"))
    window, row = opened(open_window, Project(graph=graph), "shift")
    qtbot.waitUntil(lambda: "raise its settings" in row.said.text(), timeout=20_000)
    window.qdocument.do(SetSetting("", ("shift",), "steps", 500))
    qtbot.waitUntil(lambda: "raise its settings" not in row.said.text(), timeout=20_000)
    assert row.said.text().endswith("the others: in training.")
