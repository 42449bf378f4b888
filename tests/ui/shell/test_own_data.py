"""Data of one's own: dropped on the window, understood, put on the canvas and made to fit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton

from app.core.graph.model import MAIN
from app.core.graph.roles import role_of
from app.core.inference import infer
from app.core.storage.templates import load
from app.ui.window import MainWindow
from tests.data.test_idx import write_mnist
from tests.support import dropped_data
from tests.support.dropped_data import rows_source, write_rows
from tests.ui.shell.hands import Open, answer, question
from tests.ui.shell.test_file_drops import drop


@pytest.fixture(autouse=True)
def _rows() -> Iterator[None]:
    with rows_source():
        yield


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "flowers.rows", words=5)


def told(window: MainWindow, qtbot: Any, words: str) -> str:
    """The sentence of the card, once these words are in it."""
    card = window.data.card
    qtbot.waitUntil(lambda: card.isVisible() and words in card.sentence.text())
    return str(card.sentence.text())


def press(window: MainWindow, qtbot: Any, words: str) -> None:
    """Press a button of the card."""
    card = window.data.card
    every = [*card.buttons, *(each for row in card.facts.rows for each in row.buttons)]
    (found,) = [each for each in every if each.text().startswith(words)]
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def buttons(window: MainWindow) -> list[str]:
    return [each.text() for each in window.data.card.buttons]


def sources(window: MainWindow) -> list[str]:
    return [node.type for node in window.qdocument.project.graph.nodes.values() if role_of(node) == "source"]


def test_on_an_empty_canvas_a_whole_drawing_stands_at_once(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if the source does not come with a net that trains, or takes more than one step to undo."""
    window.files.show_project(None)
    assert drop(window.windowHandle(), rows)
    assert "60 rows in 3 classes: kind 0, kind 1, kind 2; 5 skipped." in told(window, qtbot, "3 classes")
    project = window.qdocument.project
    assert sources(window) == ["Rows"]
    assert infer(project).problems == ()
    assert any(node.type == "CrossEntropyLoss" for node in project.graph.nodes.values())
    assert len({node.position for node in project.graph.nodes.values()}) == len(project.graph.nodes)
    window.undo()
    assert not window.qdocument.project.graph.nodes
    assert window.qdocument.document.undo_title is None
    window.redo()
    assert sources(window) == ["Rows"]


def test_the_next_dialog_begins_where_data_was_found(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if whoever has ten tables in a folder has to go there ten times."""
    window.files.show_project(None)
    assert drop(window.windowHandle(), rows)
    told(window, qtbot, "3 classes")
    for ask in (window.data.open, window.data.open_folder):
        ask()
        (dialog,) = [each for each in window.findChildren(QFileDialog) if each.isVisible()]
        assert Path(dialog.directory().path()) == rows.parent
        dialog.reject()


def test_a_guess_is_one_click_and_the_net_another(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if a choice changes no setting, leaves the sentence as it was, or the net cannot be made to fit it."""
    window.files.show_project(None)
    drop(window.windowHandle(), rows)
    told(window, qtbot, "3 classes")
    (node,) = [n for n in window.qdocument.project.graph.nodes.values() if n.type == "Rows"]
    press(window, qtbot, "number")
    assert window.qdocument.project.graph.nodes[node.name].params["last"] == "number"
    qtbot.waitUntil(lambda: "classes" not in window.data.card.sentence.text())
    qtbot.waitUntil(lambda: "Fit the net" in buttons(window))
    assert infer(window.qdocument.project).problems
    press(window, qtbot, "Fit the net")
    assert infer(window.qdocument.project).problems == ()
    assert any(each.type == "MSELoss" for each in window.qdocument.project.graph.nodes.values())
    assert "Fit the net" not in buttons(window)
    window.undo()
    assert any(each.type == "CrossEntropyLoss" for each in window.qdocument.project.graph.nodes.values())


def test_in_place_of_the_source_that_is_there(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if an exchange leaves the old number of classes, or is more than one step."""
    window.files.open_template("moons")
    before = window.qdocument.project
    drop(window.windowHandle(), rows)
    told(window, qtbot, "3 classes")
    assert window.qdocument.project.graph == before.graph, "nothing changes before somebody says so"
    assert "fc2: outputs 3 instead of 2" in window.data.card.note.text()
    press(window, qtbot, "Use in place of Teaching points")
    after = window.qdocument.project
    assert sources(window) == ["Rows"]
    assert after.graph.nodes["fc2"].params["out_features"] == 3
    assert infer(after).problems == ()
    window.undo()
    assert window.qdocument.project.graph == before.graph
    qtbot.waitUntil(lambda: "Use in place of Teaching points" in buttons(window))


def test_escape_on_the_canvas_closes_the_card_last(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if the key that the cross names does nothing while the drawing has the focus, or if it takes the card away
    before it has unselected, or changes the drawing."""
    assert drop(window.windowHandle(), rows)
    told(window, qtbot, "3 classes")
    before, canvas = window.qdocument.project, window.canvas
    canvas.select((next(iter(before.graph.nodes)),))
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not canvas.selected
    assert window.data.card.isVisible()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not window.data.card.isVisible()
    assert window.qdocument.project is before
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert window.qdocument.project is before


def test_beside_and_as_a_drawing_of_its_own(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if the source covers another layer, or a new drawing throws unsaved work away unasked."""
    drop(window.windowHandle(), rows)
    told(window, qtbot, "3 classes")
    assert buttons(window)[0] == "New drawing", "a net for pictures does not suit rows of numbers"
    press(window, qtbot, "Put beside")
    assert sorted(sources(window)) == ["Digits", "Rows"]
    (node,) = [n for n in window.qdocument.project.graph.nodes.values() if n.type == "Rows"]
    figure = window.canvas.scene.nodes[node.name]
    assert not any(each.rect.intersects(figure.rect) for n, each in window.canvas.scene.nodes.items() if n != node.name)
    drop(window.windowHandle(), rows)
    qtbot.waitUntil(lambda: "New drawing" in buttons(window))
    press(window, qtbot, "New drawing")
    answer(qtbot, window, "Do not save")
    assert sources(window) == ["Rows"]
    assert infer(window.qdocument.project).problems == ()


def test_several_files_wait_for_their_turn(window: MainWindow, qtbot: Any, rows: Path, tmp_path: Path) -> None:
    """Fails if the second of two dropped files is lost."""
    second = write_rows(tmp_path / "more.rows", classes=2)
    drop(window.windowHandle(), rows, second)
    told(window, qtbot, "flowers.rows")
    press(window, qtbot, "Next: more.rows")
    told(window, qtbot, "more.rows: 60 rows in 2 classes")


def test_what_nothing_reads_is_told(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if an empty folder, a strange file, or one that has gone ends in silence, or changes the drawing."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.xyz").write_bytes(b"\x00\x01")
    (tmp_path / "bad.rows").write_text("no number\n")
    before = window.qdocument.project
    for name, words in (
        ("empty", "is empty"),
        ("notes.xyz", "nothing that Netloom reads"),
        ("gone.rows", "There is nothing at"),
        ("bad.rows", "holds no row of numbers"),
    ):
        drop(window.windowHandle(), tmp_path / name)
        told(window, qtbot, words)
        assert window.qdocument.project is before
    qtbot.keyClick(window.data.card, Qt.Key.Key_Escape)
    assert not window.data.card.isVisible()


def test_a_slow_look_shows_itself_and_can_be_cancelled(
    window: MainWindow, qtbot: Any, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the window waits for a slow disk, does not say meanwhile what the file is taken for, or takes up what
    was cancelled."""
    go_on, looked = threading.Event(), threading.Event()
    plain = dropped_data._rows

    def slowly(path: str) -> Any:
        go_on.wait(30)
        looked.set()
        return plain(path)

    monkeypatch.setattr(dropped_data, "_rows", slowly)
    before = window.qdocument.project
    drop(window.windowHandle(), rows)
    told(window, qtbot, "Reading flowers.rows as ")
    assert buttons(window) == ["Cancel"]
    press(window, qtbot, "Cancel")
    assert not window.data.card.isVisible()
    go_on.set()
    qtbot.waitUntil(looked.is_set)
    qtbot.waitUntil(lambda: not window.session.runner.busy)
    assert not window.data.card.isVisible()
    assert window.qdocument.project is before


def test_what_was_skipped_can_be_read(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if of five rows that were left out some are never named."""
    window.files.show_project(None)
    drop(window.windowHandle(), rows)
    told(window, qtbot, "5 skipped")
    (every,) = [b for b in window.data.card.facts.findChildren(QPushButton) if b.text().startswith("All that")]
    qtbot.mouseClick(every, Qt.MouseButton.LeftButton)
    from PySide6.QtWidgets import QDialog, QPlainTextEdit

    (dialog,) = [each for each in window.findChildren(QDialog) if each.windowTitle() == "Skipped"]
    text = dialog.findChildren(QPlainTextEdit)[0].toPlainText()
    assert [line for line in text.splitlines() if "It holds a word." in line][-1].startswith("row 65")
    dialog.close()


def test_the_card_keeps_no_window_from_being_small(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if what is said of data makes the window wider or higher."""
    size = window.minimumSizeHint()
    drop(window.windowHandle(), rows)
    told(window, qtbot, "3 classes")
    assert window.minimumSizeHint().width() <= size.width()
    assert window.data.card.area.minimumSizeHint().height() <= window.height() / 3
    assert window.canvas.where == MAIN


def test_a_card_of_few_words_is_not_scrolled(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a scroll bar stands beside words that are all seen."""
    window.resize(1366, 736)
    assert drop(window.windowHandle(), write_rows(tmp_path / "flowers.rows"))
    told(window, qtbot, "3 classes")
    area = window.data.card.area
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() == 0)


def test_weights_keep_their_sentence(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if weights are taken for data."""
    file = tmp_path / "resnet.bin"
    file.write_bytes(b"x")
    drop(window.windowHandle(), file)
    assert "import-weights" in question(window).informativeText()
    answer(qtbot, window, "Close")


def test_the_inspector_offers_the_same_choices(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if a guess cannot be changed once the card is closed, or what was skipped is forgotten."""
    window.files.show_project(None)
    drop(window.windowHandle(), rows)
    told(window, qtbot, "3 classes")
    press(window, qtbot, "Done")
    (node,) = [n for n in window.qdocument.project.graph.nodes.values() if n.type == "Rows"]
    window.travel(node.name)
    shown = window.inspector.nodes.data
    assert "60 rows in 3 classes" in shown.sentence.text()
    assert shown.fit.isHidden()
    (row,) = shown.facts.rows
    (number,) = [each for each in row.buttons if each.text() == "number"]
    qtbot.mouseClick(number, Qt.MouseButton.LeftButton)
    assert window.qdocument.project.graph.nodes[node.name].params["last"] == "number"
    qtbot.waitUntil(lambda: "classes" not in shown.sentence.text() and not shown.fit.isHidden())
    qtbot.mouseClick(shown.fit, Qt.MouseButton.LeftButton)
    assert infer(window.qdocument.project).problems == ()
    window.travel(next(n.name for n in window.qdocument.project.graph.nodes.values() if n.type.endswith("Loss")))
    assert shown.isHidden()


def test_the_start_page_and_the_menu_lead_to_own_data(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if the start page offers no way to own data, or lies over what was understood of it."""
    window.start.show()
    page = window.start.page
    assert page is not None
    qtbot.mouseClick(page.own, Qt.MouseButton.LeftButton)
    (menu,) = [each for each in page.findChildren(QMenu) if each.isVisible()]
    file, _ = menu.actions()
    menu.close()
    file.trigger()
    (dialog,) = [each for each in window.findChildren(QFileDialog) if each.isVisible()]
    dialog.fileSelected.emit(str(rows))
    dialog.close()
    told(window, qtbot, "3 classes")
    assert not window.start.shown


def test_data_chosen_on_the_start_page_does_not_wait_behind_a_drawing_nobody_asked_for(
    open_window: Open, qtbot: Any, rows: Path
) -> None:
    """Fails if Train, pressed next, trains the drawing that a window begins with and not a net for the data; if it is
    lost, or goes although somebody had opened it, changed it, or looked at it."""
    window = open_window(None)
    first = window.qdocument.project
    window.start.show()
    assert drop(window.windowHandle(), rows)
    told(window, qtbot, "3 classes")
    qtbot.waitUntil(lambda: sources(window) == ["Rows"])
    window.undo()
    assert window.qdocument.project.graph == first.graph
    window.data.dismiss()
    window.start.leave()
    assert drop(window.windowHandle(), rows)  # it is seen now, and may be wanted
    told(window, qtbot, "3 classes")
    assert sources(window) == ["Digits"]
    chosen = open_window("lenet_digits")
    chosen.start.show()
    assert drop(chosen.windowHandle(), rows)
    told(chosen, qtbot, "3 classes")
    assert sources(chosen) == ["Digits"]


def test_other_data_from_the_inspector_in_one_step(window: MainWindow, qtbot: Any) -> None:
    """Fails if the net keeps the outputs of the data that was there before, or undo leaves half of it."""
    before = window.qdocument.project.graph
    window.travel("digits")
    menu = window.inspector.nodes.data.other.menu()
    menu.aboutToShow.emit()
    (points,) = [each for each in menu.actions() if each.text() == "Teaching points"]
    points.trigger()
    after = window.qdocument.project
    assert sources(window) == ["TeachingPoints"]
    assert after.graph.nodes["fc3"].params["out_features"] == 2
    assert infer(after).problems == ()
    window.undo()
    assert window.qdocument.project.graph == before


def finding(window: MainWindow, qtbot: Any, words: str) -> str:
    """What the look through all samples has found, once these words are in it."""
    through = window.data.card.through
    window.session.load_torch()
    qtbot.waitUntil(lambda: words in " ".join([*through.sentences, through.words.text()]))
    return " ".join(through.sentences)


def test_all_samples_are_looked_through_and_what_is_odd_is_told(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if what only a look through every sample finds stays unsaid: one value in a column, the same row in two
    parts, a class with one sample."""
    path = write_rows(tmp_path / "odd.rows")
    lines = [line.split() for line in path.read_text().splitlines()]
    rows = [" ".join(["7", *line[1:]]) for line in lines] + [" ".join(["7", *lines[0][1:]])] * 30 + ["7 3 3 3 9"]
    path.write_text("\n".join(rows) + "\n")
    window.files.show_project(None)
    drop(window.windowHandle(), path)
    told(window, qtbot, "4 classes")
    said = finding(window, qtbot, "same value")
    assert "identical rows in train and validation" in said
    assert "The class kind 9 has one row alone" in said
    assert "x has the same value in every row in feature 1" in said
    assert not window.data.card.through.bar.isVisible()


def test_a_look_through_can_be_stopped_and_begun_again(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if Stop does not end the look, or it cannot be had afterwards."""
    window.files.show_project(None)
    drop(window.windowHandle(), rows)
    told(window, qtbot, "3 classes")
    through = window.data.card.through
    (name,) = [n.name for n in window.qdocument.project.graph.nodes.values() if n.type == "Rows"]
    node = window.qdocument.project.graph.nodes[name]
    known = window.session.examined
    look = known.of(node)
    assert look is not None
    assert look.on, "it waits for torch, which nobody has loaded in this window"
    qtbot.mouseClick(through.stop, Qt.MouseButton.LeftButton)
    assert "Stopped" in through.words.text()
    window.session.load_torch()
    qtbot.waitUntil(lambda: window.session.torch_loaded)
    look = known.of(node)
    assert look is not None
    assert look.stopped
    qtbot.mouseClick(through.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: getattr(known.of(node), "found", None) is not None)
    look = known.of(node)
    assert look is not None
    assert look.found is not None
    assert look.found.samples == 60


def test_a_training_has_the_computer_for_itself(window: MainWindow, qtbot: Any, rows: Path) -> None:
    """Fails if a look through the data goes on beside a training, or is lost by it."""
    window.files.show_project(None)
    drop(window.windowHandle(), rows)
    told(window, qtbot, "3 classes")
    known = window.session.examined
    known.hold(True)
    assert "training" in window.data.card.through.words.text()
    window.session.load_torch()
    qtbot.waitUntil(lambda: window.session.torch_loaded)
    (node,) = [n for n in window.qdocument.project.graph.nodes.values() if n.type == "Rows"]
    look = known.of(node)
    assert look is not None
    assert (look.on, look.done) == (True, 0)
    known.hold(False)
    qtbot.waitUntil(lambda: getattr(known.of(node), "found", None) is not None)


def test_what_makes_data_readable_stands_beside_the_refusal(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a file that was cut off is a dead end in the window, though a setting would read what is there."""
    write_mnist(tmp_path)
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-1000])
    window.files.show_project(None)
    drop(window.windowHandle(), tmp_path)
    told(window, qtbot, "promises 40 samples and holds 38")
    assert sources(window) == []
    assert buttons(window) == ["Use what is there", "Close"]
    press(window, qtbot, "Use what is there")
    told(window, qtbot, "38 for train")
    assert sources(window) == ["IDX"]
    (node,) = [n for n in window.qdocument.project.graph.nodes.values() if n.type == "IDX"]
    assert node.params["incomplete"] == "use what is there"
    assert infer(window.qdocument.project).problems == ()


def test_what_stands_can_be_read_as_something_else(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the source that was chosen for a file is final once it stands on the empty canvas."""
    path = tmp_path / "weather.csv"
    path.write_text("wind,temp\n" + "".join(f"{at * 7 % 11}.5,{at * 0.25}\n" for at in range(60)))
    window.files.show_project(None)
    drop(window.windowHandle(), path)
    told(window, qtbot, "table1: 60 rows, 2 columns; the target is temp (a number).")
    press(window, qtbot, "Read as: Time series")
    told(window, qtbot, "weather.csv: 36 windows, 2 columns")
    qtbot.waitUntil(lambda: "Use in place of Table" in buttons(window))
    press(window, qtbot, "Use in place of Table")
    qtbot.waitUntil(lambda: sources(window) == ["TimeSeries"])
    window.undo()
    assert sources(window) == ["Table"]


def test_a_series_in_place_of_another_keeps_its_horizon(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a net that tells twelve steps ahead tells one as soon as the series is one's own, a drawing of its own
    takes over what another net was made for, or numbers of any size are to come out of a net that gives small ones."""
    window.files.show_project(load("forecast_lstm"))
    series = tmp_path / "sales.csv"
    series.write_text(
        "day,sales\n" + "".join(f"2021-{1 + day // 28:02}-{1 + day % 28:02},{day % 7}.5\n" for day in range(200))
    )
    drop(window.windowHandle(), series)
    told(window, qtbot, "the target is sales")
    assert "outputs 1" not in window.data.card.note.text()
    assert window.data._found is not None
    assert window.data._found.best.settings["horizon"] == 1
    press(window, qtbot, "Use in place of")
    (source,) = [node for node in window.qdocument.project.graph.nodes.values() if role_of(node) == "source"]
    assert (source.type, source.params["window"], source.params["horizon"]) == ("TimeSeries", 48, 12)
    assert infer(window.qdocument.project).problems == ()
    assert infer(window.qdocument.project).main.nodes["fc"].outputs["output"].sizes == (12,)
    (unit,) = [node.name for node in window.qdocument.project.graph.nodes.values() if node.type == "Unstandardize"]
    assert [wire.source for wire in window.qdocument.project.graph.into("loss")].count(unit) == 1


def test_why_no_net_is_proposed_is_said(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a table of targets alone leaves an empty canvas without a word of what is missing."""
    path = tmp_path / "prices.csv"
    path.write_text("price\n" + "".join(f"{n * 7 % 11}.5\n" for n in range(40)))
    window.files.show_project(None)
    drop(window.windowHandle(), path)
    told(window, qtbot, "the target is price")
    qtbot.waitUntil(lambda: "nothing but target" in window.data.card.note.text())
    assert not window.qdocument.project.graph.nodes


def test_a_label_that_was_chosen_gets_a_net(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if pictures whose label is chosen in the card keep a net that does not read it, or undo loses that."""
    for number in range(12):
        Image.new("RGB", (12, 12), (20 * number, 90, 40)).save(tmp_path / f"{number}.png")
    rows = "".join(f"{n}.png,{2 * (n % 2) - 1},{2 * (n % 3 // 2) - 1}\n" for n in range(12))
    (tmp_path / "marks.csv").write_text(f"file,smiling,young\n{rows}")
    window.files.show_project(None)
    assert drop(window.windowHandle(), tmp_path)
    told(window, qtbot, "12 pictures.")
    before = dict(window.qdocument.project.graph.nodes)
    press(window, qtbot, "smiling")
    told(window, qtbot, "2 classes")
    assert "Nothing in the drawing reads the label yet." in window.data.card.note.text()
    press(window, qtbot, "Net for the label")
    graph = window.qdocument.project.graph
    (data,) = [node for node in graph.nodes.values() if node.type == "Pictures"]
    assert data.params["column"] == "smiling"
    assert any(wire.source_port == "label" for wire in graph.out_of(data.name))
    assert infer(window.qdocument.project).problems == ()
    assert "Net for the label" not in buttons(window)
    window.undo()
    window.undo()
    assert dict(window.qdocument.project.graph.nodes) == before
