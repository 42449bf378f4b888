"""The strip that says what was understood of data, in a narrow window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.data import understanding
from app.ui.data import look_job
from app.ui.data.card import DataCard
from tests.data.table_files import write

OFFERS = [
    ("New drawing", "", lambda: None),
    ("Use in place of Handwritten digits", "", lambda: None),
    ("Put beside", "", lambda: None),
    ("Read as: Pairs of texts", "", lambda: None),
    ("Read as: Time series", "", lambda: None),
]


@pytest.mark.parametrize("width", [1366, 683, 400])
def test_the_words_of_the_buttons_are_whole(qtbot: Any, width: int) -> None:
    """Fails if a button is shortened, or lies beyond the edge, where a further row has room for it."""
    card = DataCard()
    qtbot.addWidget(card)
    card.resize(width, 300)
    card.tell("What was understood", "a.csv: 3 rows", None, "", OFFERS)
    qtbot.waitExposed(card)
    card.resize(width, 301)

    def whole() -> bool:
        right = max(each.mapTo(card, each.rect().topRight()).x() for each in card.buttons)
        need = sum(each.sizeHint().width() for each in card.buttons)
        wraps = len({each.y() for each in card.buttons}) > 1
        cut = any(each.width() < each.sizeHint().width() for each in card.buttons)
        return right < card.width() and not cut and wraps == (need > width)

    qtbot.waitUntil(whole)


def test_what_is_dropped_is_recognised_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if all sources are asked a second time what a path is, which takes as long again in a large folder."""
    path = write(tmp_path / "a.csv", "a,b\n" + "".join(f"{n},{n * 7 % 5}\n" for n in range(30)))
    asked: list[Path] = []
    usual = understanding._recognised

    def counting(given: Path) -> Any:
        asked.append(given)
        return usual(given)

    monkeypatch.setattr(understanding, "_recognised", counting)
    first, told = look_job.understanding(path, (path,), {})
    assert first.content == "Reading a.csv as Table…"
    found: Any = told.content
    assert found.best.layer.id == "Table"
    assert "TimeSeries" in [each.layer.id for each in found.others]
    assert asked == [path]
