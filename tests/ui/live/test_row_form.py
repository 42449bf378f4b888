"""The fields in which a row is typed for a net, and the bars of what it says."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.ui.predict.bars import Bars
from app.ui.predict.row_form import RowForm


def test_a_date_is_typed_and_shown_as_one(qtbot: QtBot) -> None:
    """Fails if somebody has to type days since 1970, or half a date is taken for another day."""
    form = RowForm()
    qtbot.addWidget(form)
    form.ask_for(("day", "size"), {"day": "%d.%m.%Y"})
    form.show_values({"day": 19_000.0, "size": 2.5})
    assert form.fields["day"].text() == "2022-01-08"
    edited = []
    form.edited.connect(lambda: edited.append(form.values()))
    form.show()
    field = form.fields["day"]
    field.clear()
    qtbot.keyClicks(field, "2022-01-1")
    assert edited[-1] == {"day": 19_001.0 - 8, "size": 2.5}  # the first of January
    assert edited[0] == {"day": 19_000.0, "size": 2.5}
    qtbot.keyClicks(field, "0")
    assert edited[-1] == {"day": 19_002.0, "size": 2.5}
    field.clear()
    qtbot.keyClicks(field, "09.01.2022")
    assert edited[-1] == {"day": 19_001.0, "size": 2.5}
    form.ask_for(("day", "size"), {})
    form.show_values({"day": 19_000.0, "size": 2.5})
    assert form.fields["day"].text() == "19000"


def test_the_bars_show_steps_in_their_order(qtbot: QtBot) -> None:
    """Fails if the likeliest step comes first, or a word is not beside the one that went in."""
    bars = Bars()
    qtbot.addWidget(bars)
    bars.show_steps((("the", "DET", 0.6), ("cat", "NOUN", 0.9), ("\n", "STOP", 0.5)))
    assert [row[0] for row in bars.rows] == ["the → DET", "cat → NOUN", "'\\n' → STOP"]
    assert [row[1] for row in bars.rows] == [0.6, 0.9, 0.5]
    assert bars.accessibleName().startswith("the → DET 60")
