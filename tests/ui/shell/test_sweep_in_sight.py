"""What is seen of a sweep, from Start to the last variant, on small screens and while torch still loads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt

from app.core.storage import templates
from app.ui import scale
from app.ui.sweep.panel import SweepPanel
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open
from tests.ui.shell.sweeps import click, until_idle, vary, window_with_sweep


@pytest.fixture
def window(_no_runs: None, open_window: Open, qtbot: Any) -> Iterator[MainWindow]:
    yield from window_with_sweep(open_window, qtbot)


def rows_in_sight(panel: SweepPanel) -> list[int]:
    """The variants whose rows can be seen whole, by number."""
    seen = panel.table.viewport().visibleRegion().boundingRect()
    items = panel.table._items
    return [number for number, item in items.items() if seen.contains(panel.table.visualItemRect(item))]


def test_many_variants_are_seen_at_once_under_one_name(window: MainWindow, qtbot: Any) -> None:
    """Fails if on the smallest laptop, with its title bar, fewer than four variants stand in the table, the present
    value is not told, or a variant has another name in Runs."""
    window.resize(1366, 736)
    panel, rates = window.sweep, ("0.03", "0.01", "0.003", "0.001", "0.0003", "0.002")
    vary(panel, qtbot, "learning rate", ", ".join(rates))
    click(panel.start_button)
    until_idle(panel, qtbot)
    settle()
    items = {row.name: panel.table._items[row.number] for row in map(panel.desk.in_words, panel.desk.table.ranked())}
    assert len(rows_in_sight(panel)) >= 4
    assert panel.table.horizontalScrollBar().maximum() == 0
    titles = [panel.table.headerItem().text(place) for place in range(panel.table.columnCount())]
    told = {name: item.text(titles.index("What happened")) for name, item in items.items()}
    assert [name for name, words in told.items() if "as drawn" in words] == ["learning rate 0.002"]
    assert panel.line.isVisible()
    assert panel.line.text().startswith("Finished. Best: learning rate 0.")
    window.show_panel("run_list")
    settle()
    tree = window.run_list.list
    assert tree.sizeHintForColumn(0) <= tree.columnWidth(0)  # they begin alike, so are read whole
    called = {row.text(0) for row in window.run_list.rows()}
    assert called == {f"learning rate {rate}" for rate in rates} == set(items)


def test_half_a_screen_shows_the_table_in_full_width(window: MainWindow, qtbot: Any) -> None:
    """Fails if table and picture share half a screen, where neither is read, the table does not come first,
    or its rows stay below the fold when it has ended."""
    window.resize(683, 736)
    settle()
    panel = window.sweep
    vary(panel, qtbot, "lr", "0.01, 0.001")
    click(panel.start_button)
    until_idle(panel, qtbot)
    assert panel.table.isVisible()
    assert not any(picture.isVisible() for picture in panel.pictures.values())
    assert panel.table.width() > 0.9 * panel.width()
    qtbot.waitUntil(lambda: len(rows_in_sight(panel)) == 2)
    panel.show_what.setFocus()
    qtbot.keyClick(panel.show_what, Qt.Key.Key_Down)
    settle()
    assert panel.losses.isVisible()
    assert not panel.table.isVisible()
    window.resize(1366, 736)
    settle()
    assert panel.losses.isVisible()
    assert panel.table.isVisible()


def test_half_a_screen_shows_the_rows_of_two_settings(window: MainWindow, qtbot: Any) -> None:
    """Fails if on half a laptop's screen, with the usual height of the panels, the fields of a sweep over two settings
    leave less than four of its rows in sight when it has ended, or the buttons are pushed away while it is on."""
    window.resize(683, 768)
    settle()
    panel = window.sweep
    vary(panel, qtbot, "lr", "0.01, 0.001")
    vary(panel, qtbot, "fc1.out_features", "16, 32, 64")
    click(panel.start_button)
    assert panel.stop_button.visibleRegion().boundingRect().height() == panel.stop_button.height()
    until_idle(panel, qtbot)

    def in_sight() -> int:
        """Rows that are seen in their whole height; the last column may go on at the right."""
        seen = panel.table.viewport().visibleRegion().boundingRect()
        rects = [panel.table.visualItemRect(item) for item in panel.table._items.values()]
        return sum(seen.top() <= rect.top() and rect.bottom() <= seen.bottom() for rect in rects)

    qtbot.waitUntil(lambda: in_sight() >= 4)


@pytest.fixture
def large_letters(window: MainWindow) -> Iterator[None]:
    scale.apply(200)
    window.resize(1366, 768)
    settle()
    yield
    scale.apply(100)


@pytest.mark.usefixtures("large_letters")
def test_the_head_and_the_best_are_seen_first(window: MainWindow, qtbot: Any) -> None:
    """Fails if a panel that is lower than its table, as with large letters, shows the end of it after a sweep."""
    panel = window.sweep
    vary(panel, qtbot, "lr", "0.01, 0.001, 0.003, 0.0003")
    click(panel.start_button)
    until_idle(panel, qtbot)
    best = panel.desk.table.best
    assert best is not None
    head = panel.table.header().viewport()
    qtbot.waitUntil(lambda: head.visibleRegion().boundingRect().height() == head.height())
    qtbot.waitUntil(lambda: best.number in rows_in_sight(panel))


def test_start_waits_for_torch(window: MainWindow, qtbot: Any) -> None:
    """Fails if a Start that is pressed while torch still loads has to be pressed again, begins another drawing that was
    opened meanwhile, or waits without a word for what does not come."""
    panel, session = window.sweep, window.session
    vary(panel, qtbot, "lr", "0.01, 0.001")
    session._torch_loaded = False
    click(panel.start_button)
    assert "begins when it is there" in panel.words.text() or panel.desk.state != "idle"
    qtbot.waitUntil(lambda: len(panel.desk.table.rows) == 2)
    until_idle(panel, qtbot)
    session._torch_loaded, session._torch_failure = False, ""
    panel.desk.table.rows.clear()
    session.runner, real = _NeverRuns(), session.runner
    click(panel.start_button)
    session._torch_failure = "torch could not be loaded."
    session.said.emit("torch could not be loaded; why stands under Problems.")
    assert panel.line.full_text == session._torch_failure
    session._torch_failure = ""
    session._torch_job = None
    click(panel.start_button)
    window.qdocument.new(templates.load("moons"))
    session.runner, session._torch_job, session._torch_loaded = real, None, True
    session.torch_ready.emit()
    assert panel.desk.state == "idle"


class _NeverRuns:
    """In the place of a runner: its jobs do not begin."""

    def start(self, *_what: Any, **_how: Any) -> object:
        return object()
