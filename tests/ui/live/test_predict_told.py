"""The panel Predict asks nets that read more than a picture about a lone one; what it says next to plain torch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.training.checkpoints import load_run
from app.training.writing.translating import answers, captioner_of
from app.ui.predict.panel import PredictPanel
from nodes.sources.asked_shapes import WORDS, answers_to
from tests.cli.test_predict_told import picture_at
from tests.insight.test_captions import small
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import Desk


def panel_of(here: Desk, qtbot: QtBot) -> PredictPanel:
    here.load_torch()
    here.session.train()
    here.until_ended()
    panel = PredictPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1366, 200)
    panel.show()
    settle()
    return panel


def test_a_typed_question_is_asked_about_a_file(desk: Make, qtbot: QtBot, tmp_path: Path) -> None:
    """Fails if there is no line for a question, it is asked about another picture than the file, the answer is that
    to the question of the data, or a strange word is met with silence."""
    here = desk(small("vqa", "shapes", pictures=40, side=16), epochs=1)
    panel = panel_of(here, qtbot)
    here.until(lambda: "It is asked" in panel.said.text())
    assert panel.question.isVisible()
    image = picture_at(tmp_path / "a.png", 0)
    panel.take_paths([tmp_path / "a.png"])
    here.until(lambda: panel.title.text().startswith("a.png"))
    QTest.keyClicks(panel.question, "Is there a red circle?")
    here.until(lambda: "is there a red circle?" in panel.said.text())
    run = load_run(here.session.trained.run)  # type: ignore[union-attr]
    numbers = torch.tensor([[0] + [1 + WORDS.index(word) for word in "is there a red circle".split()]])
    with torch.no_grad():
        given = run.net.inputs_from({"shapes.image": image, "shapes.question": numbers})
        chances = run.model.eval()(*given)[0].double().softmax(0)
    word = answers_to(4)[int(chances.argmax())]
    assert panel.title.text().startswith(f"a.png: {word}, ")
    assert panel.bars.rows[0][1] == pytest.approx(float(chances.max()), abs=1e-5)
    QTest.keyClicks(panel.question, " elephant")
    here.until(lambda: "never seen the word 'elephant'" in panel.said.text())


def test_a_lone_picture_is_told_in_a_sentence(desk: Make, qtbot: QtBot, tmp_path: Path) -> None:
    """Fails if a net of captions refuses a picture without words, or tells of another one."""
    here = desk(small("caption", "shapes", pictures=40, side=16), epochs=1)
    panel = panel_of(here, qtbot)
    image = picture_at(tmp_path / "a.png", 0)
    panel.take_paths([tmp_path / "a.png"])
    here.until(lambda: panel.title.text().startswith("a.png"))
    run = load_run(here.session.trained.run)  # type: ignore[union-attr]
    captioner = captioner_of(run.net)
    (right,) = answers(captioner, run.model, image, 8)
    assert f"“{captioner.said(right.tokens) or '(nothing)'}”" in panel.title.text()
    assert panel.bars.rows[0][1] == pytest.approx(float(torch.tensor(right.log_probability).exp()), abs=1e-5)
