"""The memory of looks, which stays for the next look and no longer."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.core import heap
from app.ui.insight import held_memory
from app.ui.insight.held_memory import HeldMemory
from tests.support.patience import PatientBot


def test_memory_stays_between_looks_and_goes_back_after_them(qtbot: PatientBot, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Fails if it is never handed back, or handed back while looks follow each other, or held twice."""
    monkeypatch.setattr(held_memory, "REST_MS", 50)
    owner = QObject()
    memory = HeldMemory(owner)
    before = len(heap._entered)
    memory.hold()
    memory.hold()
    assert len(heap._entered) == before + 1
    qtbot.waitUntil(lambda: not memory.held)
    assert len(heap._entered) == before
    memory.hold()
    memory.let_go()
    assert len(heap._entered) == before
