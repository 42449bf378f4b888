"""The window and ``check`` say the same of a drawing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app.cli import drawings, readiness
from app.core.checks.problems import SetTraining
from app.core.commands import SetNodeField, SetRecipe
from app.core.graph.model import Project
from app.core.machine import Room
from app.core.storage import templates
from app.core.storage.files import save_project
from app.ui import memory as memory_facts
from app.ui.loading import NO_CUDA
from app.ui.problems.card import ProblemCard
from app.ui.window import MainWindow
from tests.support.patience import settle


def test_check_says_what_the_window_says(window: MainWindow, tmp_path: Path, capsys: Any) -> None:
    """Fails if the command line and the window do not have the same problems and notes of a drawing."""
    path = tmp_path / "it.netloom"
    drawn = [templates.load(name) for name in ("lenet_digits", "alexnet", "char_lstm", "autoencoder_digits")]
    muted = [
        SetNodeField("", (name,), "muted", True).apply(project)
        for project in drawn
        for name in project.graph.nodes
        if name in ("loss", "relu1", "conv2")
    ]
    for project in (*drawn, *muted, Project()):
        window.qdocument.new(project)
        save_project(project, path)
        capsys.readouterr()
        drawings.check(str(path), as_json=True)
        said = json.loads(capsys.readouterr().out)
        shown = {(e.kind, e.problem.node, e.problem.sentence) for e in window.listing.entries}
        told = {("error", entry["node"], entry["sentence"]) for entry in said["problems"]}
        told |= {("warning", entry["node"], entry["sentence"]) for entry in said.get("notes", ())}
        assert shown == told


def test_memory_that_is_too_small_is_a_note_in_both(
    window: MainWindow, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if only the window tells of it, in other words, or no button sets the batch size that it names."""
    room = Room(64 * 2**20, 2**30)
    for module in (memory_facts, readiness):
        monkeypatch.setattr(module, "main_memory", lambda: room)
    project = templates.load("lenet_digits")
    project = replace(project, recipe=replace(project.recipe, batch_size=100_000, device="cpu"))
    window.qdocument.new(project)
    window.memory.refresh()
    (entry,) = window.listing.entries
    assert entry.kind == "warning"
    path = tmp_path / "it.netloom"
    save_project(project, path)
    assert drawings.check(str(path), as_json=False) == 0
    assert f"Note: {entry.problem.sentence}" in capsys.readouterr().out
    (fix,) = entry.problem.fixes
    window.show_panel("problems")
    settle()
    (card,) = [card for card in window.problems.findChildren(ProblemCard) if card.isVisible()]
    (button,) = [button for button in card.findChildren(QPushButton) if button.isVisible()]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert f"batch size of {window.qdocument.project.recipe.batch_size:,}" in entry.problem.sentence
    assert fix.value == window.qdocument.project.recipe.batch_size
    window.memory.refresh()
    assert not window.listing.entries


def test_a_gpu_that_is_not_there_is_told_before_the_training(window: MainWindow, qtbot: Any) -> None:
    """Fails if the window knows of it, and lists it only once Train has failed."""
    window.session.load_torch()
    qtbot.waitUntil(lambda: window.session.torch_loaded)
    if window.session.device.startswith("CUDA"):
        window.session._devices |= {NO_CUDA: "There is none."}  # as where there is none
    window.qdocument.do(SetRecipe(setting="device", value="cuda"))
    (entry,) = window.listing.entries
    assert entry.kind == "error"
    assert entry.problem.fixes == (SetTraining("device", "auto"),)
    window.qdocument.do(SetRecipe(setting="device", value="auto"))
    assert not window.listing.entries
