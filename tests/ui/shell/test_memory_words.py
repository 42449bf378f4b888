"""Will it fit in memory: what status bar and inspector say, and when they say it anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.core.commands import SetRecipe, SetSetting
from app.core.graph.recipe import Recipe
from app.core.machine import FreeMemory
from app.core.memory import Memory, estimate
from app.ui import memory as module
from app.ui.memory import verdict
from app.ui.window import MainWindow

GB, MB = 2**30, 2**20


def room(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(module, "main_memory", lambda: FreeMemory(free, 16 * GB))


def test_the_status_bar_says_whether_it_fits(window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: Any) -> None:
    """Fails if the answer does not follow the batch size, or does not say what would help."""
    room(monkeypatch, 15 * GB)
    status, page = window.status, window.inspector.drawing
    window.qdocument.do(SetRecipe(setting="batch_size", value=64))
    needed = estimate(window.qdocument.project, window.qdocument.document.report).total
    qtbot.waitUntil(lambda: status.memory.full_text == f"fits: {needed / MB:.0f} MiB of 15 GiB ·")
    assert "values of 64 samples" in status.memory.toolTip()
    assert "what Adam remembers" in status.memory.toolTip()
    assert not page.finding.isVisible()
    window.qdocument.do(SetRecipe(setting="batch_size", value=1_000_000))
    qtbot.waitUntil(lambda: status.memory.full_text.startswith("will not fit: "))
    assert "of 15 GiB; batch size" in status.memory.full_text
    assert page.finding.isVisible()
    assert "Use a batch size of" in page.finding.text()
    helps = int(page.finding.text().rsplit(" ", 1)[-1].rstrip(".").replace(",", ""))
    window.qdocument.do(SetRecipe(setting="batch_size", value=helps))
    qtbot.waitUntil(lambda: status.memory.full_text.startswith("fits: "))
    assert not page.finding.isVisible()


def test_it_follows_edits_and_undo(window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: Any) -> None:
    """Fails if a wider layer changes nothing, or the answer stays when the edit is taken back."""
    room(monkeypatch, 15 * GB)
    window.memory.refresh()
    before = window.status.memory.full_text
    window.qdocument.do(SetSetting("", ("fc1",), "out_features", 60_000))
    qtbot.waitUntil(lambda: window.status.memory.full_text != before)
    window.qdocument.undo()
    qtbot.waitUntil(lambda: window.status.memory.full_text == before)


def test_the_gpu_has_its_own_memory(window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: Any) -> None:
    """Fails if the main memory is compared where the GPU computes, or a GPU that is not known yet counts as full."""
    room(monkeypatch, 15 * GB)
    window.qdocument.do(SetRecipe(setting="device", value="cuda"))
    qtbot.waitUntil(lambda: window.status.memory.full_text.startswith("training takes "))
    monkeypatch.setattr(module, "gpu_memory", lambda: FreeMemory(80 * GB, 80 * GB))
    window.session._devices = {"cuda": "CUDA: Test", "auto": "CUDA: Test", "cpu": "CPU"}
    window.session.device_changed.emit("CUDA: Test")
    qtbot.waitUntil(lambda: "of 80 GiB" in window.status.memory.full_text)
    assert "The GPU has" in window.status.memory.toolTip()
    window.qdocument.do(SetRecipe(setting="device", value="cpu"))
    qtbot.waitUntil(lambda: "of 15 GiB" in window.status.memory.full_text)


def test_a_training_that_is_on_does_not_count_twice(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    """Fails if the memory that a training has taken makes it look as if there were no room for it."""
    room(monkeypatch, 15 * GB)
    window.memory.refresh()
    room(monkeypatch, MB)
    monkeypatch.setattr(window.session, "_state", "running")
    window.memory.refresh()
    assert "of 15 GiB" in window.status.memory.full_text
    monkeypatch.setattr(window.session, "_state", "idle")
    window.memory.refresh()
    assert window.status.memory.full_text.startswith("will not fit: ")


def test_words_for_all_that_can_be() -> None:
    """Fails if there is a case without words, or with words that say nothing."""
    memory = Memory(GB, GB, 2 * GB, GB, 8)
    fits = verdict(memory, FreeMemory(15 * GB, 16 * GB), Recipe(), "this computer")
    assert (fits.short, fits.fits) == ("fits: 12 of 15 GiB", True)
    tight = verdict(memory, FreeMemory(8 * GB, 16 * GB), Recipe(), "this computer")
    assert tight.short == "will not fit: 12 of 8.0 GiB; batch size 2 would"
    assert "this computer has 8.0 GiB free" in tight.sentence
    never = verdict(memory, FreeMemory(3 * GB, 16 * GB), Recipe(), "the GPU")
    assert never.short.endswith("use smaller layers")
    assert "Even one sample" in never.sentence
    unknown = verdict(memory, None, Recipe(), "the GPU")
    assert (unknown.short, unknown.fits) == ("training takes 12 GiB", True)
    assert verdict(Memory(0, 0, 0, 0, 8), None, Recipe(), "the GPU").short == ""
    assert "1 sample on" in verdict(replace(memory, batch=1), None, Recipe(), "the GPU").tip


def test_the_bar_can_be_narrow(window: MainWindow) -> None:
    """Fails if what stands in the status bar keeps the window from being as narrow as a small screen."""
    window.status.show_memory("will not fit: " + "1,000 of 15 GiB " * 20, "tip", False)
    assert window.status.minimumSizeHint().width() < 700
    assert window.status.memory.full_text.startswith("will not fit")
