"""The panel in which a net writes: live in a training, with a prompt, a temperature and its film, by mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app.core.graph.model import Graph, Project, Wire
from app.data.source_looks import looked_at
from app.training.checkpoints import load_run
from app.training.writing import film
from app.training.writing.sampling import write
from app.training.writing.writer import writer_of
from app.ui.writing.page import shade
from app.ui.writing.panel import NOTHING, TextPanel
from tests.support.drawings import chain, node
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, Desk


def writing(window: int = 10) -> Project:
    """A small net that learns the Zen of Python, which comes with every Python."""
    nodes = [
        node("book", "PackagedText", which="Zen of Python", window=window, step=2),
        node("embed", "Embedding", num_embeddings=45, embedding_dim=8),
        node("gru", "GRU", hidden_size=12),
        node("fc", "Linear", out_features=45),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [*chain("book.text", "embed", "gru", "fc", "loss.prediction"), Wire("book", "next", "loss", "target")]
    return looked_at(Project("Zen", "", Graph.of(nodes, wires)))


def shown(qtbot: QtBot, here: Desk, width: int = 1366) -> TextPanel:
    panel = TextPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(width, 260)
    panel.show()
    settle()
    return panel


def test_what_cannot_write_says_why_and_an_empty_panel_what_it_is_for(qtbot: QtBot, desk: Make) -> None:
    """Fails if the panel is blank, or a net of pictures ends in a traceback."""
    panel = shown(qtbot, desk(Project()))
    assert panel.words.text() == NOTHING
    assert panel.page.isHidden()
    here = desk("mlp_digits")
    here.load_torch()
    panel = shown(qtbot, here)
    here.until(lambda: "reads no text" in panel.words.text())
    assert panel.page.isHidden()


def test_it_writes_live_and_keeps_the_film(qtbot: QtBot, desk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if nothing is written while it trains, the film does not grow, or the slider shows another moment."""
    monkeypatch.setattr(film, "FIRST", (3, 6, 9))
    monkeypatch.setattr(film, "LENGTH", {"characters": 20, "words": 5})
    here = desk(writing(), epochs=LONG, batch_size=16)
    here.load_torch()
    panel = shown(qtbot, here)
    assert panel.words.text() != NOTHING, "who has a net that writes is not told to open one"
    here.until(lambda: panel.written is not None and panel.written.now.text)
    assert panel.film.maximum() == 0
    here.session.train()
    here.until(lambda: panel.film.maximum() >= 3)
    assert "in epoch" in panel.moment.text()
    assert panel.frame is not None
    assert panel.written is not None
    assert panel.frame is panel.written.now, "the right end is what it writes now, however long the film becomes"
    panel.film.setFocus()
    QTest.keyClick(panel.film, Qt.Key.Key_Home)
    assert panel.moment.text() == "after 3 steps, in epoch 1"
    assert panel.page.toPlainText() == panel.written.film[0].text
    QTest.keyClick(panel.film, Qt.Key.Key_Right)
    assert panel.moment.text().startswith("after 6 steps")
    here.session.stop()
    here.until_ended()
    here.until(lambda: "bits per character" in panel.words.text())
    assert "a count of triples needs" in panel.words.text()


def test_prompt_and_temperature_are_those_of_the_sampler(qtbot: QtBot, desk: Make) -> None:
    """Fails if what the panel shows is not what the trained net writes with that prompt and temperature, or an unknown
    letter leaves no way back."""
    here = desk(writing(), epochs=1, batch_size=16)
    here.load_torch()
    here.session.train()
    here.until_ended()
    panel = shown(qtbot, here)
    here.until(lambda: panel.written is not None)
    assert here.session.trained is not None
    run = load_run(here.session.trained.run)
    QTest.keyClicks(panel.prompt, "Now")
    QTest.keyClick(panel.prompt, Qt.Key.Key_Return)
    panel.temperature.setFocus()
    QTest.keyClick(panel.temperature, Qt.Key.Key_Home)
    assert panel.warmth.text() == "the likeliest"
    wanted = list(write(writer_of(run.net), run.model, prompt="Now", length=300, temperature=0.0))
    here.until(lambda: panel.page.toPlainText() == "Now" + "".join(each.text for each in wanted))
    first = panel.written
    QTest.keyClick(panel.temperature, Qt.Key.Key_End)
    here.until(lambda: panel.written is not first)
    before = panel.page.toPlainText()
    QTest.mouseClick(panel.again, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.page.toPlainText() != before)
    panel.prompt.insert("é")  # QTest has no key for it
    QTest.keyClick(panel.prompt, Qt.Key.Key_Return)
    here.until(lambda: "never seen the letter" in panel.words.text())
    assert panel.prompt.isVisible()
    QTest.keyClick(panel.prompt, Qt.Key.Key_Backspace)
    QTest.keyClick(panel.prompt, Qt.Key.Key_Return)
    here.until(lambda: panel.page.toPlainText().startswith("Now"))


def test_a_letter_tells_its_chance_and_the_others(qtbot: QtBot, desk: Make) -> None:
    """Fails if hovering tells of the letter beside, the candidates are lost, or colours do not follow the chances."""
    here = desk(writing())
    here.load_torch()
    panel = shown(qtbot, here)
    here.until(lambda: panel.written is not None)
    frame, page = panel.frame, panel.page
    assert frame is not None
    number = next(n for n, piece in enumerate(frame.pieces) if n > 3 and piece.isalpha())
    cursor = page.textCursor()
    cursor.setPosition(number)
    left = page.cursorRect(cursor)
    cursor.setPosition(number + 1)
    point = QPoint((left.x() + page.cursorRect(cursor).x()) // 2 + 1, left.center().y())
    assert page.piece_at(point) == number
    help_ = QHelpEvent(QEvent.Type.ToolTip, point, page.viewport().mapToGlobal(point))
    QApplication.sendEvent(page.viewport(), help_)
    here.until(QToolTip.isVisible)
    said = QToolTip.text()
    assert said.startswith(f"“{frame.pieces[number]}”: {100 * frame.probabilities[number]:.1f} %")
    assert len(said.splitlines()) == 7
    assert page.piece_at(QPoint(page.viewport().width() - 3, page.viewport().height() - 3)) is None
    cursor.setPosition(number)
    cursor.setPosition(number + 1, cursor.MoveMode.KeepAnchor)
    assert cursor.charFormat().background().color() == shade(frame.probabilities[number])
    assert shade(0.0).alpha() > shade(0.5).alpha() > shade(1.0).alpha() == 0
    QToolTip.hideText()


def test_in_a_narrow_panel_the_text_stands_above(qtbot: QtBot, desk: Make) -> None:
    """Fails if half a window leaves no room for the text."""
    here = desk(writing())
    here.load_torch()
    panel = shown(qtbot, here, width=500)
    here.until(lambda: panel.written is not None)
    settle()
    assert panel.page.mapTo(panel, QPoint()).y() < panel.prompt.mapTo(panel, QPoint()).y()
    assert panel.page.width() > 400
