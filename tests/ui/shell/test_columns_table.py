"""The columns of a table, chosen in the inspector: one click or key each, and what the data then is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QScrollArea, QWidget

from app.core.graph.model import Graph, Node, Project
from app.core.graph.seen import seen_of
from app.core.storage.files import save_project
from app.ui.inspector.columns_table import CATEGORY, CELLS, FEATURE, IGNORE, MORE, NAME, NUMBER, TARGET, ColumnsTable
from app.ui.window import MainWindow
from nodes.api import Schema
from tests.support.patience import settle
from tests.ui.shell.hands import Open

HEAD = "id,age,city,stars,label\n"


def write(path: Path) -> Path:
    lines = [f"{at},{at % 37}.5,{'ABC'[at % 3]}town,{at % 5 + 1},{'yes' if at % 2 else 'no'}\n" for at in range(60)]
    path.write_text(HEAD + "".join(lines))
    return path


@pytest.fixture
def window(open_window: Open, tmp_path: Path) -> MainWindow:
    rows = Node("rows", "Table", {"path": str(write(tmp_path / "a.csv"))})
    save_project(Project(graph=Graph().with_nodes(rows)), tmp_path / "a.netloom")
    return open_window(tmp_path / "a.netloom")


def shown(window: MainWindow, qtbot: Any) -> ColumnsTable:
    """The table in the inspector, once the file was looked at."""
    window.canvas.select(["rows"])
    table = window.inspector.nodes.data.columns
    qtbot.waitUntil(lambda: table.isVisible() and len(table.model.columns) == 5 and schema(window) is not None)
    return table


def schema(window: MainWindow) -> Schema | None:
    project = window.qdocument.project
    seen = seen_of(project.schemas, project.graph.nodes["rows"])
    return seen.schema if seen is not None else None


def params(window: MainWindow) -> dict[str, Any]:
    return dict(window.qdocument.project.graph.nodes["rows"].params)


def click(table: ColumnsTable, row: int, place: int, keys: Any = Qt.KeyboardModifier.NoModifier) -> None:
    index = table.model.index(row, place)
    table.view.scrollTo(index)
    settle()
    spot = table.view.visualRect(index).center()
    QTest.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, keys, spot)


def marks(table: ColumnsTable, row: int) -> list[int]:
    return [place for place in range(FEATURE, MORE + 1) if table.model.chosen(row, place)]


def choose(table: ColumnsTable, qtbot: Any, row: int, words: str) -> None:
    """An entry of the menu with everything else."""
    click(table, row, MORE)
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    (entry,) = [each for each in menu.actions() if each.text() == words]
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)


def test_target_ignored_and_kind_are_one_click_each(window: MainWindow, qtbot: Any) -> None:
    """Fails if a click changes nothing of the data, more than its column, or takes more than one step to undo."""
    table = shown(window, qtbot)
    assert [marks(table, row) for row in range(5)] == [
        [IGNORE, NUMBER], [FEATURE, NUMBER], [FEATURE, CATEGORY], [FEATURE, NUMBER], [TARGET, CATEGORY],
    ]  # fmt: skip
    click(table, 2, TARGET)
    assert params(window)["target"] == "city"
    qtbot.waitUntil(lambda: (now := schema(window)) is not None and now.words == ("Atown", "Btown", "Ctown"))
    assert marks(table, 4) == [FEATURE, CATEGORY]
    click(table, 1, IGNORE)
    qtbot.waitUntil(lambda: (now := schema(window)) is not None and "age" not in now.fields["features"].names)
    assert marks(table, 1) == [IGNORE, NUMBER]
    click(table, 3, CATEGORY)
    qtbot.waitUntil(lambda: (now := schema(window)) is not None and "stars: 5" in now.fields["features"].names)
    assert marks(table, 2) == [TARGET, CATEGORY]
    assert marks(table, 0) == [IGNORE, NUMBER]
    for left in ({"target": "city", "roles": ("age=ignore",)}, {"target": "city"}, {}):
        window.undo()
        now = {name: value for name, value in params(window).items() if name in ("target", "roles", "kinds")}
        now = {name: value for name, value in now.items() if value not in ((), "auto")}
        assert now == left


def test_what_is_in_force_is_no_step(window: MainWindow, qtbot: Any) -> None:
    """Fails if a click on a chosen circle, or on a name, is a step, or shows something else."""
    table = shown(window, qtbot)
    for place in (NAME, FEATURE, NUMBER):
        click(table, 1, place)
    assert window.qdocument.document.undo_title is None
    assert "age goes in; number: 0.5, 1.5, 2.5, 3.5" in table.words.text()


def test_several_targets_with_the_key(window: MainWindow, qtbot: Any) -> None:
    """Fails if Ctrl takes the place of the target before, or a second one cannot be given up again."""
    table = shown(window, qtbot)
    click(table, 1, TARGET)
    click(table, 3, TARGET, Qt.KeyboardModifier.ControlModifier)
    assert params(window)["target"] == "age,stars"
    qtbot.waitUntil(lambda: (now := schema(window)) is not None and now.fields["target"].names == ("age", "stars"))
    click(table, 1, TARGET, Qt.KeyboardModifier.ControlModifier)
    assert params(window)["target"] == "stars"


def test_the_guessed_target_stays_when_another_column_is_chosen(window: MainWindow, qtbot: Any) -> None:
    """Fails if making a column a feature lets the guess make it the target, or giving up the target finds another."""
    table = shown(window, qtbot)
    click(table, 4, FEATURE)
    assert params(window)["target"] == "none"
    qtbot.waitUntil(lambda: (now := schema(window)) is not None and "target" not in now.fields)
    assert TARGET not in [mark for row in range(5) for mark in marks(table, row)]
    click(table, 1, TARGET)
    click(table, 0, FEATURE)
    qtbot.waitUntil(lambda: (now := schema(window)) is not None and "id" in now.fields["features"].names)
    assert marks(table, 1) == [TARGET, NUMBER]
    click(table, 0, CATEGORY)
    assert set(params(window)["roles"]) == {"label=feature", "id=feature"}


def test_the_keyboard_chooses_and_keeps_its_place(window: MainWindow, qtbot: Any) -> None:
    """Fails if arrows and the space bar cannot do what the mouse does, or the place is lost at each choice."""
    table = shown(window, qtbot)
    table.view.setFocus()
    table.view.setCurrentIndex(table.model.index(0, NAME))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Space):
        QTest.keyClick(table.view, key)
    assert "age=ignore" in params(window)["roles"]
    qtbot.waitUntil(lambda: (now := schema(window)) is not None and "age" not in now.fields["features"].names)
    assert table.view.hasFocus()
    assert (table.view.currentIndex().row(), table.view.currentIndex().column()) == (1, IGNORE)
    QTest.keyClick(table.view, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is not table.view


def test_everything_else_is_in_the_menu(window: MainWindow, qtbot: Any) -> None:
    """Fails if a group or an ordered category cannot be chosen, or what was chosen cannot be left to the guess."""
    table = shown(window, qtbot)

    choose(table, qtbot, 2, "group")
    qtbot.waitUntil(lambda: (now := schema(window)) is not None and now.groups == "city")
    assert marks(table, 2) == [CATEGORY, MORE]
    choose(table, qtbot, 3, "ordered category")
    assert params(window)["kinds"] == ("stars=ordered category",)
    choose(table, qtbot, 2, "As guessed")
    qtbot.waitUntil(lambda: (now := schema(window)) is not None and not now.groups)
    assert marks(table, 2) == [FEATURE, CATEGORY]


def test_the_century_of_short_years_is_in_the_menu(open_window: Open, tmp_path: Path, qtbot: Any) -> None:
    """Fails if nobody can say that 45 is 2045, or where that was said is not seen."""
    lines = [f"{1 + at % 28:02}.05.{30 + at % 60},{at},{at % 7},{at % 5},{'ab'[at % 2]}\n" for at in range(60)]
    (tmp_path / "b.csv").write_text("due,x,y1,z,kind\n" + "".join(lines))
    rows = Node("rows", "Table", {"path": str(tmp_path / "b.csv")})
    save_project(Project(graph=Graph().with_nodes(rows)), tmp_path / "b.netloom")
    window = open_window(tmp_path / "b.netloom")
    table = shown(window, qtbot)
    choose(table, qtbot, 0, "date, until 2069")
    assert params(window)["kinds"] == ("due=date, until 2069",)
    qtbot.waitUntil(lambda: table.model.columns[0].kind == "date, until 2069")
    assert marks(table, 0) == [FEATURE, MORE]


def test_while_the_file_is_looked_at_the_table_stands_still(window: MainWindow, qtbot: Any) -> None:
    """Fails if the table vanishes, or forgets a click, before the next look is done; or where that look fails."""
    table = shown(window, qtbot)
    for place in (FEATURE, IGNORE):  # said so: left to the guess, it would go in after all where nothing else does
        click(table, 0, place)
    click(table, 1, IGNORE)
    assert table.isVisible()
    assert marks(table, 1) == [IGNORE, NUMBER]
    click(table, 2, IGNORE)
    click(table, 3, IGNORE)
    click(table, 4, IGNORE)
    assert marks(table, 4) == [IGNORE, CATEGORY]
    qtbot.waitUntil(lambda: bool(window.qdocument.document.report.problems))
    assert table.isVisible()
    click(table, 4, TARGET)
    click(table, 1, FEATURE)
    qtbot.waitUntil(
        lambda: (
            (now := schema(window)) is not None
            and "features" in now.fields
            and now.fields["features"].names == ("age",)
        )
    )


def test_the_first_cells_stand_beside_where_there_is_room(window: MainWindow, qtbot: Any) -> None:
    """Fails if a wide table does not show what stands in the first rows, or a narrow one lets it crowd out the name."""
    table = shown(window, qtbot)
    assert table.view.isColumnHidden(CELLS)
    narrow = table.view.columnWidth(NAME)
    table.view.setMinimumWidth(600)
    qtbot.waitUntil(lambda: not table.view.isColumnHidden(CELLS))
    assert table.model.index(2, CELLS).data() == "Atown, Btown, Ctown, Atown"
    assert table.view.columnWidth(CELLS) > 100
    table.view.setMinimumWidth(0)
    qtbot.waitUntil(lambda: table.view.isColumnHidden(CELLS) and table.view.columnWidth(NAME) == narrow)


def test_other_sources_have_no_table(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the columns of one source are shown for another one, or for several layers."""
    rows = Node("rows", "Table", {"path": str(write(tmp_path / "a.csv"))})
    both = Graph().with_nodes(rows, Node("digits", "Digits", position=(0.0, 300.0)))
    save_project(Project(graph=both), tmp_path / "b.netloom")
    window = open_window(tmp_path / "b.netloom")
    table = shown(window, qtbot)
    for names in (["digits"], ["digits", "rows"], []):
        window.canvas.select(names)
        qtbot.waitUntil(lambda: not table.isVisible())
        window.canvas.select(["rows"])
        qtbot.waitUntil(table.isVisible)


def test_the_inspector_never_scrolls_sideways(window: MainWindow, qtbot: Any) -> None:
    """Fails if a question with several buttons makes the page wider than the panel."""
    table = shown(window, qtbot)
    page: QWidget | None = table
    while page is not None and not isinstance(page, QScrollArea):
        page = page.parentWidget()
    assert isinstance(page, QScrollArea)
    assert any(len(row.buttons) == 3 for row in window.inspector.nodes.data.facts.rows)
    settle()
    assert page.horizontalScrollBar().maximum() == 0
    for row in window.inspector.nodes.data.facts.rows:
        for button in row.buttons:
            left = button.mapTo(page.viewport(), QPoint(0, 0)).x()
            assert left >= 0
            assert left + button.width() <= page.viewport().width()


def test_the_columns_of_a_series_are_chosen_by_clicks(open_window: Open, tmp_path: Path, qtbot: Any) -> None:
    """Fails if a series in time has no table of columns, one of its marks does not do what it says, or a click changes
    more than its column."""
    lines = [f"2024-01-{1 + at % 28:02d},{at},{at * 0.5},{at % 7 + 0.25},{at % 5 + 0.5}\n" for at in range(28)]
    (tmp_path / "s.csv").write_text("day,hour,wind,rain,temp\n" + "".join(lines))
    node = Node("rows", "TimeSeries", {"path": str(tmp_path / "s.csv"), "window": 4})
    save_project(Project(graph=Graph().with_nodes(node)), tmp_path / "s.netloom")
    window = open_window(tmp_path / "s.netloom")
    table = shown(window, qtbot)
    assert all(table.view.isColumnHidden(place) for place in (NUMBER, CATEGORY))
    before = [marks(table, row)[:1] for row in range(5)]
    assert before == [[MORE], [FEATURE], [FEATURE], [FEATURE], [TARGET]]

    def seen_as(inputs: tuple[str, ...], aims: tuple[str, ...]) -> None:
        def there() -> bool:
            now = schema(window)
            fields = now.fields if now is not None else {}
            return bool(fields) and fields["input"].names == inputs and now is not None and now.aims == aims

        qtbot.waitUntil(there)

    click(table, 1, IGNORE)
    assert params(window) | {"inputs": "wind,rain,temp", "target": "temp", "time": "day"} == params(window)
    seen_as(("wind", "rain", "temp"), ("temp",))
    click(table, 2, TARGET)
    assert params(window)["target"] == "wind"
    seen_as(("rain", "temp", "wind"), ("wind",))
    click(table, 4, TARGET, Qt.KeyboardModifier.ControlModifier)
    assert params(window)["target"] == "wind,temp"
    window.undo()
    assert params(window)["target"] == "wind"
    click(table, 2, IGNORE)
    assert params(window)["target"] == "auto"
    assert params(window)["inputs"] == "rain,temp"


def test_what_the_table_of_columns_says_is_no_unknown_setting(window: MainWindow, qtbot: Any) -> None:
    """Fails if roles and kinds, which are chosen in the table, are called settings that the layer does not have."""
    table = shown(window, qtbot)
    click(table, 1, IGNORE)
    qtbot.waitUntil(lambda: bool(params(window).get("roles")))
    settle()
    said = [label.text() for label in window.inspector.findChildren(QLabel) if label.isVisible()]
    assert not [text for text in said if "no such setting" in text]
