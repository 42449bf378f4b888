"""Views about words in the window, with what is typed there; their answers compared with those of the functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.insight.word_vectors import analogy, vectors_of
from app.ui.insight.viewpanel import ViewPanel
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import Desk

PanelAt = Callable[[Desk], ViewPanel]


@pytest.fixture
def panel_at(qtbot: QtBot) -> PanelAt:
    def it(here: Desk) -> ViewPanel:
        panel = ViewPanel(here.session, here.qdocument)
        qtbot.addWidget(panel)
        panel.resize(1366, 200)
        panel.show()
        settle()
        return panel

    return it


def pick(panel: ViewPanel, title: str) -> None:
    panel.choice.setFocus()
    QTest.keyClick(panel.choice, Qt.Key.Key_Home)
    for _ in range(panel.choice.count()):  # the keys leave headings out
        if panel.choice.currentText() != title:
            QTest.keyClick(panel.choice, Qt.Key.Key_Down)
    assert panel.choice.currentText() == title


def write(panel: ViewPanel, name: str, text: str) -> None:
    """Type a line into a setting."""
    box: Any = panel.form.editors[name].fields()[0]  # type: ignore[attr-defined]
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


def test_words_are_typed_and_answered(desk: Make, panel_at: PanelAt) -> None:
    """Fails if words that are typed do not count, a text that is typed is not counted anew, or a word that is not known
    gives no sentence."""
    here = desk("word_vectors_svd")
    here.load_torch()
    panel = panel_at(here)
    pick(panel, "Words beside words")
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.layout == "table")
    write(panel, "text", "a b a .")
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.size == (3, 3))
    assert panel.view.tiles is not None
    assert panel.view.tiles.maps[0].tolist() == [[0, 2, 1], [2, 0, 0], [1, 0, 0]]
    pick(panel, "Analogy of words")
    write(panel, "words", "like deep enjoy")
    net = compile_net(here.qdocument.project)
    best = analogy(vectors_of(net, net.model(0)), ["like", "deep", "enjoy"], 8)
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.labels == tuple(word for word, _ in best))
    assert panel.view.tiles is not None
    assert np.allclose(panel.view.tiles.maps.ravel(), [score for _, score in best], atol=1e-5)
    assert [each.tiles.layout for each in panel.pictures.shown if each.tiles is not None] == ["bars", "points"]
    write(panel, "words", "like deep nothing")
    here.until(lambda: "'nothing' is not known" in panel.view.sentence)


def test_a_sentence_is_typed_and_one_word_changed(desk: Make, panel_at: PanelAt) -> None:
    """Fails if what is typed does not reach the net, or the other sentence is not compared with it."""
    here = desk("sentiment_lstm")
    here.load_torch()
    panel = panel_at(here)
    pick(panel, "Sentence, word by word")
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.layout == "table")
    write(panel, "sentence", "the film was good")
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.labels[-4:] == ("the", "film", "was", "good"))
    write(panel, "instead", "the film was bad")
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.labels[-1] == "good → bad")
    assert panel.view.tiles is not None
    assert (panel.view.tiles.maps[0, 0, :3] == 0).all()
    assert panel.view.tiles.maps[0, 0, 3] > 0


def test_what_was_typed_stays_for_the_same_data_alone(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a sentence about films stands beside a net that reads names, or is gone where another net reads the
    same reviews, to be compared."""
    here = desk("sentiment_lstm")
    here.load_torch()
    panel = panel_at(here)
    pick(panel, "Sentence, word by word")
    write(panel, "instead", "the film was bad")
    here.qdocument.new(load("sentiment_bag"))
    pick(panel, "Sentence, word by word")
    assert dict(panel.settings()) == {"instead": "the film was bad"}
    here.qdocument.new(load("echo"))
    pick(panel, "Sentence, word by word")
    assert not dict(panel.settings())
    box: Any = panel.form.editors["instead"].fields()[0]  # type: ignore[attr-defined]
    assert box.text() == ""


def test_what_is_only_counted_is_not_said_to_be_untrained(desk: Make, panel_at: PanelAt) -> None:
    """Fails if "random weights" stands beside counts and their decomposition, in which no weight has a part."""
    here = desk("word_vectors_svd")
    here.load_torch()
    panel = panel_at(here)
    pick(panel, "Words beside words")
    here.until(lambda: bool(panel.pictures.shown) and panel.pictures.shown[0].tiles is not None)
    assert panel.pictures.shown[0].caption == ""
    pick(panel, "Map of words")
    here.until(lambda: "Map of" in getattr(panel.pictures.shown[0].tiles, "title", ""))
    assert panel.pictures.shown[0].caption == ""
    here.qdocument.new(load("skipgram"))
    here.until(lambda: "principal" in getattr(panel.pictures.shown[0].tiles, "note", ""))
    assert "not trained yet" in panel.pictures.shown[0].caption
