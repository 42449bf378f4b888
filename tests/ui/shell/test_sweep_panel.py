"""The panel of sweeps and races: from a setting's menu to a table, pictures and the best as a drawing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu

from app.core.commands import Rename, SetRecipe
from app.core.graph.model import Block, Graph, Node, Project
from app.core.storage import templates
from app.core.variants.axes import axis
from app.core.variants.marks import MarkSetting, varied_at
from app.training.checkpoints import load_run
from app.training.sweeping.results import DIVERGED, DONE, VariantResult
from app.training.sweeping.variant_outcome import happened
from app.ui.canvas.tooltips import of_node
from app.ui.sweep import suggest
from app.ui.sweep.axes_form import Chip
from app.ui.sweep.pictures import HeatMap, ParallelCoordinates, apart
from app.ui.sweep.rows_table import RowsTable
from app.ui.sweep.strip import RaceStrip
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open
from tests.ui.shell.sweeps import click, until_idle, vary, window_with_sweep


@pytest.fixture
def window(_no_runs: None, open_window: Open, qtbot: Any) -> Iterator[MainWindow]:
    yield from window_with_sweep(open_window, qtbot)


def test_a_sweep_is_marked_trained_and_its_best_opened(window: MainWindow, qtbot: Any) -> None:
    """Fails if a variant is missing in table or folder, the best is another one, or it does not open."""
    panel = window.sweep
    vary(panel, qtbot, "lr", "0.01, 0.0001")
    vary(panel, qtbot, "fc1.out_features", "8, 64")
    assert "4 variants" in panel.words.text()
    assert not panel.ranking.isVisible()
    click(panel.start_button)
    until_idle(panel, qtbot)
    ranked = "Ranked by validation accuracy, higher is better."
    assert panel.table.headerItem().toolTip(2) == ranked  # over the results
    assert panel.table.headerItem().text(2) == "Result"
    window.actions_table["large_panel"].trigger()
    qtbot.waitUntil(lambda: panel.ranking.isVisible() and panel.ranking.text() == ranked)
    rows = panel.desk.table.ranked()
    assert len(rows) == panel.table.topLevelItemCount() == 4
    assert {row.state for row in rows} == {DONE}
    for row in rows:
        run = load_run(Path(row.folder))
        assert run.project.recipe.lr == row.values["lr"]
        assert run.model.fc1.out_features == row.values["fc1.out_features"]
        assert row.result == run.metrics[-1]["val_accuracy"]
    assert rows[0].result == max(row.result or 0 for row in rows)
    assert panel.table.topLevelItem(0).number == rows[0].number  # sorted by result
    click(panel.open_button)
    assert window.qdocument.project.recipe.lr == rows[0].values["lr"]
    assert window.session.run is not None
    assert window.session.run.folder == Path(rows[0].folder)
    window.show_panel("run_list")
    settle()
    listed = {row.run.past.folder for row in window.run_list.rows()}
    assert {Path(row.folder) for row in rows} & listed


def test_the_menu_of_a_setting_leads_there(window: MainWindow, qtbot: Any) -> None:
    """Of a layer's number and of the recipe. Fails if the entry is missing, or names another setting."""
    window.canvas.select(["fc1"])
    settle()
    assert window.inspector.nodes._form is not None
    row = window.inspector.nodes._form.rows["out_features"]
    training = window.training.findChildren(QLabel)
    rate = next(label for label in training if label.text() == "learning rate")
    for widget, name, words in ((row.label, "fc1.out_features", "fc1 outputs"), (rate, "lr", "learning rate")):
        place = widget.mapToGlobal(QPoint(4, 4))
        QApplication.sendEvent(widget, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(4, 4), place))
        menu = next(each for each in QApplication.topLevelWidgets() if isinstance(each, QMenu) and each.isVisible())
        next(action for action in menu.actions() if action.text() == "Vary…").trigger()
        menu.close()
        settle()
        assert window.sweep.form.name.currentText() == words
        assert axis(f"{name}={window.sweep.form.values.text()}").points()
        assert window.sweep.isVisible()


def test_settings_go_by_the_words_beside_their_fields(window: MainWindow, qtbot: Any) -> None:
    """Fails if a student who types "Learning Rate" is refused, reads "lr" in the list, on a chip, in the undo menu or
    in a refusal, or is told all names of torch for one that does not exist."""
    panel = window.sweep
    panel.form.offer_first()
    listed = [panel.form.name.itemText(place) for place in range(panel.form.name.count())]
    assert listed[:2] == ["optimizer", "learning rate"]
    assert "fc1 outputs" in listed
    vary(panel, qtbot, "Learning Rate", "0.01, 0.001")
    assert window.qdocument.project.varied == ("lr=0.01,0.001",)
    assert window.qdocument.document.undo_title == "Vary learning rate"
    assert [chip.words.text().strip() for chip in panel.findChildren(Chip)] == ["learning rate: 0.01, 0.001"]
    vary(panel, qtbot, "batch size", "abc")
    assert panel.words.text() == "Batch size must be a whole number from 1 to 1,000,000, but it is 'abc'."
    for wrong in ("nonsense", "fc1.nonsense"):
        vary(panel, qtbot, wrong, "1, 2")
        assert panel.words.text() == f"This drawing has no setting '{wrong}'. Choose one of the list."


def test_a_layer_that_varies_wears_a_sign(window: MainWindow) -> None:
    """Fails if nothing on the canvas tells that a setting of a layer is marked to vary, the sign stays once it is not,
    or other layers wear one."""
    scene, qdocument = window.canvas.scene, window.qdocument
    before = scene.nodes["fc1"].version
    qdocument.do(MarkSetting(text="fc1.out_features=16,32"))
    assert {name: figure.look.varied for name, figure in scene.nodes.items() if figure.look.varied} == {
        "fc1": ("outputs: 16, 32",)
    }
    assert scene.nodes["fc1"].version > before  # it is drawn anew
    assert "Varies in a sweep" in of_node(scene.nodes["fc1"])
    assert "outputs: 16, 32" in of_node(scene.nodes["fc1"])
    qdocument.do(Rename("", "fc1", "wide"))
    assert scene.nodes["wide"].look.varied == ("outputs: 16, 32",)
    qdocument.undo()
    qdocument.undo()
    assert not any(figure.look.varied for figure in scene.nodes.values())
    assert "Varies" not in of_node(scene.nodes["fc1"])


def test_a_block_that_holds_what_varies_wears_the_sign_too() -> None:
    """Fails if a mark inside of a block cannot be seen from outside, or is seen at the wrong layer inside."""
    inner = Graph.of([Node("in", "In"), Node("lin", "Linear"), Node("out", "Out")], [])
    graph = Graph.of([Node("one", "block:cell")], [])
    project = Project(graph=graph, blocks={"cell": Block(inner)}, varied=("one/lin.out_features=4,8",))
    assert [str(each) for each in varied_at(project, "", "one")] == ["one/lin.out_features=4,8"]
    assert [str(each) for each in varied_at(project, "cell", "lin")] == ["one/lin.out_features=4,8"]
    assert not varied_at(project, "cell", "in")


def test_a_race_is_paused_and_stepped_together(window: MainWindow, qtbot: Any) -> None:
    """Fails if a runner gets ahead of the others, a step is more than one batch of each, the table says that those who
    rest are waiting or training, what goes on wears the sign of a pause, or the keys are lost when all is stopped."""
    window.qdocument.do(SetRecipe(setting="epochs", value=100_000))
    panel, desk = window.sweep, window.sweep.desk
    vary(panel, qtbot, "lr", "0.01, 0.001, 0.0001")
    panel.race.setChecked(True)
    click(panel.start_button)
    # What is done once, such as tracing, is over then: it would look like rest.
    qtbot.waitUntil(lambda: len(desk.losses) == 3 and len(desk.losses[0]) > 20)
    click(panel.pause_button)
    assert desk.state == "paused"
    assert panel.pause_button.accessibleName() == "Go on"
    assert panel.pause_button.property("netloom_icon") == panel.start_button.property("netloom_icon")

    def states() -> set[str]:
        column = panel.table.headerItem()
        at = [column.text(place) for place in range(column.columnCount())].index("State")
        items = [panel.table.topLevelItem(place) for place in range(panel.table.topLevelItemCount())]
        return {item.text(at) for item in items if item is not None}

    def at_rest() -> bool:
        before = {number: len(course) for number, course in desk.losses.items()}
        qtbot.wait(300)
        return before == {number: len(course) for number, course in desk.losses.items()}

    qtbot.waitUntil(at_rest)
    before = {number: len(course) for number, course in desk.losses.items()}
    assert len(set(before.values())) == 1
    click(panel.step_button)
    qtbot.waitUntil(lambda: all(len(desk.losses[number]) > count for number, count in before.items()))
    assert at_rest()
    qtbot.waitUntil(lambda: states() == {"paused"})
    assert {number: len(course) - before[number] for number, course in desk.losses.items()} == {0: 1, 1: 1, 2: 1}
    strip = window.findChild(RaceStrip)
    assert strip is not None
    qtbot.waitUntil(strip.isVisible)
    assert len(strip._runners) == 3
    assert not window.session.busy
    window.train()
    settle()
    assert not window.session.busy  # held as long as the race is on
    click(panel.stop_button)
    until_idle(panel, qtbot)
    assert panel.again_button.isVisible()
    assert window.focusWidget() is panel.again_button


def test_two_drawings_race_on_the_same_batches(window: MainWindow, qtbot: Any) -> None:
    """Fails if the other drawing trains with a seed, a batch size or a length of its own, or is not told as such."""
    panel = window.sweep
    panel.form.add_drawing("plain", templates.load("logistic_regression"))
    panel.race.setChecked(True)
    click(panel.start_button)
    until_idle(panel, qtbot)
    rows = panel.desk.table.rows
    assert {row.state for row in rows.values()} == {DONE}
    assert rows[1].values == {"drawing": "plain"}
    runs = [load_run(Path(rows[number].folder)) for number in (0, 1)]
    assert runs[0].project.recipe.batch_size == runs[1].project.recipe.batch_size
    assert runs[0].project.recipe.seed == runs[1].project.recipe.seed
    assert not hasattr(runs[1].model, "relu1")
    assert len(panel.desk.losses[0]) == len(panel.desk.losses[1])
    panel.show_what.setCurrentText("Loss")
    settle()
    assert {panel.table.topLevelItem(place).text(0) for place in range(2)} == {"as drawn", "plain"}


def test_a_race_on_other_data_says_so(window: MainWindow, qtbot: Any) -> None:
    """Fails if numbers of other data stand below each other without a word, or if the part that is held out for the
    test differs between two runners."""
    panel = window.sweep
    window.qdocument.do(SetRecipe(setting="test", value=0.1))
    panel.form.add_drawing("moons", templates.load("moons"))
    panel.race.setChecked(True)
    click(panel.start_button)
    until_idle(panel, qtbot)
    items = [panel.table.topLevelItem(place) for place in range(2)]
    column = [panel.table.headerItem().text(place) for place in range(panel.table.columnCount())].index("What happened")
    said = {item.text(0): item.text(column) for item in items}
    assert "cannot be compared one to one" not in said["as drawn"]
    assert "the drawing learns from Handwritten digits (size 8×8), drawing moons from Teaching points" in said["moons"]
    assert "for the test" not in said["moons"]
    assert panel.line.text() == "Finished. Cannot be compared one to one, as the data is other: drawing moons."
    assert not any("★" in item.text(1) for item in items), "there is none to compare one with"
    panel.table.setFixedHeight(60)  # lower than a row
    settle()
    assert panel.table.verticalScrollBar().maximum() > panel.table.topLevelItemCount(), "rows are read to their end"
    assert {
        runs.project.recipe.test for runs in (load_run(Path(r.folder)) for r in panel.desk.table.rows.values())
    } == {0.1}


def test_what_cannot_be_is_said(window: MainWindow, qtbot: Any) -> None:
    """Fails if a wrong setting becomes a chip, nothing is said, or nine runners race."""
    panel = window.sweep
    vary(panel, qtbot, "fc7.out_features", "1, 2")
    assert "no layer" in panel.words.text()
    assert not panel.form.axes
    panel.form.values.clear()
    click(panel.start_button)
    assert "Nothing varies" in panel.words.text()
    vary(panel, qtbot, "seed", "0..8")
    panel.race.setChecked(True)
    click(panel.start_button)
    assert "2 to 8" in panel.words.text()
    assert panel.desk.state == "idle"


def test_marks_belong_to_the_drawing(window: MainWindow, qtbot: Any) -> None:
    """Fails if what varies is not in the drawing and its undo, or the chips stay behind the drawing."""
    panel = window.sweep
    vary(panel, qtbot, "lr", "0.01, 0.001")
    vary(panel, qtbot, "fc1.out_features", "8, 16")
    assert window.qdocument.project.varied == ("lr=0.01,0.001", "fc1.out_features=8,16")
    assert [each.name for each in panel.form.axes] == ["lr", "fc1.out_features"]
    chips = panel.form.chips.findChildren(Chip)
    click(chips[0].remove)
    assert window.qdocument.project.varied == ("fc1.out_features=8,16",)
    window.qdocument.undo()
    settle()
    assert len([chip for chip in panel.form.chips.findChildren(Chip) if not chip.isHidden()]) == 2
    assert "4 variants" in panel.words.text()


def test_children_of_the_better_ones(window: MainWindow, qtbot: Any) -> None:
    """Fails if the evolution trains fewer, its picture shows other tries than the table, or clicks mean others."""
    panel = window.sweep
    window.qdocument.do(SetRecipe(setting="epochs", value=1))
    vary(panel, qtbot, "lr", "0.0001~0.1")
    vary(panel, qtbot, "fc1.out_features", "4, 8, 16, 32")
    panel.way.setCurrentIndex(panel.way.findData("evolution"))
    panel.tries.setValue(6)
    assert "6 variants" in panel.words.text()
    click(panel.start_button)
    assert panel.show_what.currentText() == "Path"
    until_idle(panel, qtbot)
    rows = panel.desk.table.rows
    assert len(rows) == 6
    assert any(row.parent is not None for row in rows.values())
    picture = panel.path
    panel.resize(1200, 300)
    settle()
    picture.grab()
    assert set(picture.dots) == set(rows)
    assert [row.number for row in picture.best] == [row.number for row in panel.desk.table.ranked()[:5]]
    assert picture.dots[picture.best[0].number].y() == min(dot.y() for dot in picture.dots.values())
    last = picture.best[-1]
    QTest.mouseClick(picture, Qt.MouseButton.LeftButton, pos=picture.dots[last.number].toPoint())
    settle()
    assert panel.table.selected == last.number
    click(panel.open_button)
    assert window.qdocument.project.recipe.lr == last.values["learning rate"]
    assert window.qdocument.project.varied == ("lr=0.0001~0.1", "fc1.out_features=4,8,16,32")


def rows_of(values: list[tuple[float, int, float | None]]) -> list[VariantResult]:
    made = []
    for number, (lr, seed, result) in enumerate(values):
        state = DONE if result is not None else DIVERGED
        metrics = {"val_accuracy": result} if result is not None else {}
        row = VariantResult(
            number, f"lr={lr:g}, seed={seed}", {"lr": lr, "seed": seed}, "", state, 5, 5, metrics, "val_accuracy"
        )
        made.append(replace(row, sentence="" if result is not None else "It has diverged."))
    return made


def test_pictures_show_every_row_where_it_belongs(qtbot: Any) -> None:
    """Fails if a click on a line or a field means another variant, or a diverged one is drawn as a result."""
    rows = rows_of([(0.1, 0, None), (0.01, 0, 0.9), (0.01, 1, 0.8), (0.001, 0, 0.5), (0.001, 1, 0.4)])
    for picture in (ParallelCoordinates(), HeatMap()):
        qtbot.addWidget(picture)
        picture.resize(500, 300)
        picture.show_rows(rows, None)
        picture.show()
        picture.grab()
        chosen: list[int] = []
        picture.chosen.connect(chosen.append)
        if isinstance(picture, ParallelCoordinates):
            assert sorted(number for number, _ in picture._spots) == [1, 2, 3, 4]
            number, line = picture._spots[0]
            middle = (line.at(0) + line.at(1)) / 2
            assert number == 4  # the worst is drawn first, so that the best lies above
        else:
            assert picture.two == ("lr", "seed")
            assert len(picture._cells) == 5
            box, number, words = picture._cells[1]
            assert words == "90.0 %"
            middle = QPointF(box.center())
        QTest.mouseClick(picture, Qt.MouseButton.LeftButton, pos=middle.toPoint())
        assert chosen == [number]


def test_words_along_an_axis_do_not_lie_over_each_other() -> None:
    """Fails if 0.1 and 0.05 are written into each other, or an end of the axis is what goes."""
    marks = [(0.0, "0.0001"), (0.33, "0.001"), (0.43, "0.002"), (0.9, "0.05"), (1.0, "0.1")]
    assert sorted(apart(marks, 0.15)) == [(0.0, "0.0001"), (0.43, "0.002"), (1.0, "0.1")]
    assert sorted(apart(marks, 0.05)) == marks
    assert apart([(0.5, "3")], 0.15) == [(0.5, "3")]
    assert apart([], 0.15) == []


def test_what_happened_is_true() -> None:
    """Fails if another one is called the best, or distances are those to another."""
    rows = rows_of([(0.1, 0, None), (0.01, 0, 0.95), (0.001, 0, 0.6)])
    courses = {1: [(1.0, 0.5), (2.0, 0.95)], 2: [(1.0, 0.2), (2.0, 0.6)]}
    told = happened(rows, courses)
    assert told[0] == "It has diverged."
    assert told[1].startswith("best")
    assert "in epoch 2" in told[1]
    assert told[2] == "35.0 points behind the best"


def test_equals_are_not_behind(qtbot: Any) -> None:
    """Fails if one that is just as good is said to be 0.0 points behind, or stands above the one that wears the star,
    whichever way they are sorted."""
    rows = rows_of([(0.1, 0, 0.6), (0.01, 0, 0.95), (0.001, 0, 0.95), (0.001, 1, 0.9497)])
    told = happened(rows, {})
    assert told[1] == "best"
    assert told[2] == "as good as the best"
    assert told[3] == "less than 0.1 points behind the best"
    table = RowsTable()
    qtbot.addWidget(table)
    table.show_rows(rows[::-1], {}, {}, told, rows[1])
    assert [table.topLevelItem(place).number for place in range(4)] == [1, 2, 3, 0]
    titles = [table.headerItem().text(place) for place in range(table.columnCount())]
    table.sortByColumn(titles.index("Result"), Qt.SortOrder.AscendingOrder)
    assert [table.topLevelItem(place).number for place in range(4)] == [0, 3, 1, 2]


@pytest.mark.parametrize("template", ["mlp_digits", "lenet_digits", "moons", "char_lstm"])
def test_every_setting_that_is_offered_has_values_that_fit(template: str) -> None:
    """Fails if a suggestion is refused when it is taken."""
    from app.core.variants.drawings import with_values

    project = templates.load(template)
    for name in suggest.names(project):
        text = suggest.values(project, name)
        if not text:
            continue
        for value in axis(f"{name}={text}").points():
            with_values(project, {name: value})


def test_what_happened_is_read_whole(qtbot: Any) -> None:
    """Fails if a sentence of the table is cut, stands out of sight on a small screen, a list of all that differs
    between two drawings leaves no room for other rows, or a column that somebody has made wider does not stay so."""
    table = RowsTable()
    qtbot.addWidget(table)
    table.resize(800, 160)  # of a window of 1366 pixels, beside the curves
    table.show()
    words = {
        0: "best; accuracy 93.1 % in epoch 2",
        1: "16.4 points behind learning rate 0.02; ended early, after 12 of 200 epochs; "
        "13 points better on what it has seen",
    }
    rows = [
        VariantResult(
            number, f"learning rate {lr}", {"learning rate": lr}, "", DONE, 6, 6, {"val_accuracy": 0.9}, "val_accuracy"
        )
        for number, lr in enumerate((0.02, 0.0002))
    ]
    table.show_rows(rows, {0: "learning rate 0.002 → 0.02", 1: "learning rate 0.002 → 0.0002"}, {}, words)
    settle()
    titles = [table.headerItem().text(place) for place in range(table.columnCount())]
    at = titles.index("What happened")
    assert table.horizontalScrollBar().maximum() == 0
    for place in range(2):
        item = table.topLevelItem(place)
        for column, title in enumerate(titles):
            if table.isColumnHidden(column):
                continue
            box, text = table.visualItemRect(item), item.text(column)
            width = table.columnWidth(column) - 8
            drawn = table.fontMetrics().boundingRect(0, 0, width, 9999, Qt.TextFlag.TextWordWrap, text)
            assert drawn.width() <= width, (title, text)
            assert drawn.height() <= box.height(), (title, text)
    lines = sorted(table.visualItemRect(table.topLevelItem(place)).height() for place in range(2))
    assert lines[0] < 2 * table.fontMetrics().height() < lines[1]
    rows = [replace(row, values={"drawing": row.name}) for row in rows]
    table.show_rows(rows, {0: "learning rate 0.002 → 0.02", 1: "added conv1 (Conv2d); " * 9}, {}, {0: words[0]})
    settle()
    assert all(table.visualItemRect(table.topLevelItem(place)).height() < 60 for place in range(2))
    table.setColumnWidth(at, 700)
    table.resize(820, 160)
    settle()
    assert table.columnWidth(at) == 700
