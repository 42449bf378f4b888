"""The panel that asks the trained net, used with mouse, keys and clipboard; what it says compared with plain torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.core.starting.first_net import drawing_for
from app.core.storage.templates import load
from app.data.centring import centred
from app.data.source_looks import schema_of
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture
from app.insight.typed_samples import drawn_picture
from app.training.checkpoints import load_run
from app.training.typed_text import written_tokens
from app.training.writing.translating import answers, translator_of
from app.ui import theme
from app.ui.predict.panel import PredictPanel
from nodes.api.registry import find
from nodes.reading.pictures import PicturePreparation, prepare
from tests.support.patience import settle
from tests.training.test_translating import small
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, Desk

PanelAt = Callable[[Desk], PredictPanel]


@pytest.fixture
def panel_at(qtbot: QtBot) -> PanelAt:
    """The panel of a desk, as large as it is at the bottom of a laptop's screen."""

    def it(here: Desk) -> PredictPanel:
        panel = PredictPanel(here.session, here.qdocument)
        qtbot.addWidget(panel)
        panel.resize(1366, 200)
        panel.show()
        settle()
        return panel

    return it


def trained(here: Desk) -> Desk:
    here.load_torch()
    here.session.train()
    here.until_ended()
    return here


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def draw(panel: PredictPanel, *places: tuple[float, float]) -> None:
    """Draw a line through these places of the paper, each from 0 to 1."""
    paper = panel.pad.paper()
    points = [
        QPoint(round(paper.left() + x * paper.width()), round(paper.top() + y * paper.height())) for x, y in places
    ]
    QTest.mousePress(panel.pad, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(panel.pad, point)
    QTest.mouseRelease(panel.pad, Qt.MouseButton.LeftButton, pos=points[-1])


def model_of(here: Desk) -> torch.nn.Module:
    assert here.session.trained is not None
    return load_run(here.session.trained.run).model


def chances(model: torch.nn.Module, batch: torch.Tensor) -> list[float]:
    with torch.no_grad():
        found: list[float] = model(batch).double().softmax(1)[0].tolist()
    return found


def bars(panel: PredictPanel) -> list[float]:
    return [share for _, share, _ in panel.bars.rows if share is not None]


def stroke(path: Path, paper: int, ink: int) -> Path:
    picture = Image.new("L", (120, 90), paper)
    ImageDraw.Draw(picture).line((60, 8, 60, 82), fill=ink, width=14)
    picture.save(path)
    return path


def test_before_a_training_the_words_stand_in_the_middle(desk: Make, panel_at: PanelAt) -> None:
    """Fails if the empty panel asks for the room of the pad and the buttons, so that it is scrolled for nothing, or
    its words stand at the side while those of the other panels stand in the middle."""
    panel = panel_at(desk())
    for width in (1366, 500):
        panel.resize(width, 200)
        settle()
        assert panel.minimumSizeHint().height() <= 200
        assert panel.message.alignment() & Qt.AlignmentFlag.AlignHCenter
        train = panel.train.mapTo(panel, panel.train.rect().center())
        assert abs(train.x() - width / 2) <= 4
        assert panel.rect().contains(train)


def test_words_that_move_in_a_narrow_panel_have_the_colour_of_the_theme(desk: Make, panel_at: PanelAt) -> None:
    """Fails if words that come into another part of the panel take the colour of the theme that was there at first."""
    panel, app = panel_at(trained(desk())), QApplication.instance()
    try:
        for name, width in (("light", 683), ("dark", 1366)):
            theme.apply(app, name)
            settle()
            panel.resize(width, 200)
            settle()
            assert panel.how.palette().windowText().color() == theme.color("text.soft")
    finally:
        theme.apply(app, "dark")


@pytest.mark.parametrize("width", [1366, 683])
def test_the_buttons_and_the_answer_are_seen_without_scrolling(desk: Make, panel_at: PanelAt, width: int) -> None:
    """Fails if a button is cut or lies below the fold of a window on half a laptop's screen, or does nothing there."""
    panel = panel_at(trained(desk()))
    panel.resize(width, 200)
    settle()
    for each in (panel.clear, panel.paste_button, panel.open_file, panel.open_folder, panel.sample_button):
        place = each.geometry().translated(each.parentWidget().mapTo(panel, QPoint()))
        assert panel.rect().contains(place), each.text()
        assert each.visibleRegion().boundingRect().size() == each.size(), each.text()
        assert each.width() >= each.sizeHint().width(), each.text()
    assert panel.bars.visibleRegion().boundingRect().height() > 150
    draw(panel, (0.5, 0.1), (0.5, 0.9))
    assert not panel.pad.empty
    click(panel.clear)
    assert panel.pad.empty


def test_before_a_training_it_says_what_to_do(desk: Make, panel_at: PanelAt, qtbot: QtBot) -> None:
    """Fails if an untrained net is asked, or the panel is empty without a word."""
    here = desk(epochs=1)
    panel = panel_at(here)
    assert panel.train.isVisible()
    assert "Train this drawing first" in panel.message.text()
    with qtbot.waitSignal(panel.train_wanted):
        click(panel.train)


def test_the_validation_sample_and_a_drawing(desk: Make, panel_at: PanelAt) -> None:
    """Fails if the bars are not the probabilities of the trained model, or a drawing is prepared in another way than
    beside the pad is said."""
    here = trained(desk(epochs=2))
    panel = panel_at(here)
    here.until(lambda: len(bars(panel)) == 10)
    model = model_of(here)
    subject = here.session._kept.subject(here.session.trained)  # type: ignore[arg-type]
    known = subject.samples.fields["digits.image"]
    assert bars(panel) == pytest.approx(chances(model, known[:1]), abs=1e-5)
    assert panel.title.text().startswith("validation sample 1")
    draw(panel, (0.3, 0.2), (0.7, 0.2), (0.45, 0.8))
    here.until(lambda: panel.title.text().startswith("drawing"))
    picture, said = drawn_picture(panel.pad.ink(), (1, 8, 8), known)
    assert bars(panel) == pytest.approx(chances(model, picture[None]), abs=1e-5)
    assert panel.how.text() == said
    assert panel.bars.best == int(np.argmax(bars(panel)))
    click(panel.clear)
    here.until(lambda: panel.title.text().startswith("validation sample 1"))


def test_pictures_from_files_are_turned_where_the_data_are_the_other_way_round(
    desk: Make, panel_at: PanelAt, tmp_path: Path
) -> None:
    """Fails if a dark stroke on white paper goes to a net that knows bright strokes on black as it is, if nothing says
    so, or if that cannot be undone; or if one bad file keeps the others from being answered."""
    here = trained(desk(epochs=2))
    panel = panel_at(here)
    here.until(lambda: bars(panel))
    white, black = stroke(tmp_path / "a.png", 255, 0), stroke(tmp_path / "b.png", 0, 255)
    (tmp_path / "c.png").write_bytes(white.read_bytes()[:120])
    panel.take_paths([white, black, tmp_path / "c.png"])
    here.until(lambda: panel.list.count() == 3)
    model, how = model_of(here), PicturePreparation(8, 8, 1)
    dots = torch.from_numpy(prepare(str(white), how))
    here.until(lambda: panel.title.text().startswith("a.png"))
    assert bars(panel) == pytest.approx(chances(model, 1 - dots[None]), abs=1e-5)
    assert panel.invert.isChecked()
    assert "Inverted, as the training pictures are dark" in panel.said.text()
    click(panel.invert)
    here.until(lambda: bars(panel) == pytest.approx(chances(model, dots[None]), abs=1e-5))
    click(panel.invert)
    panel.list.setFocus()
    panel.list.setCurrentRow(0)
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    here.until(lambda: panel.title.text().startswith("b.png"))
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    here.until(lambda: "cut off" in panel.title.text())
    assert not panel.bars.rows
    panel.take_paths([black])
    here.until(lambda: panel.title.text().startswith("b.png"))
    assert not panel.invert.isChecked(), "it is as those of the training are"
    assert not panel.list.isVisible()
    assert bars(panel) == pytest.approx(chances(model, torch.from_numpy(prepare(str(black), how))[None]), abs=1e-5)


def test_a_picture_and_a_file_from_the_clipboard(desk: Make, panel_at: PanelAt, tmp_path: Path) -> None:
    """Fails if Ctrl+V takes no picture, or one that is not prepared as a file is."""
    here = trained(desk(epochs=1))
    panel = panel_at(here)
    here.until(lambda: bars(panel))
    path = stroke(tmp_path / "a.png", 0, 255)
    QGuiApplication.clipboard().setImage(QImage(str(path)))
    panel.pad.setFocus()
    QTest.keyClick(panel.pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    here.until(lambda: panel.title.text().startswith("pasted picture"))
    dots = torch.from_numpy(prepare(str(path), PicturePreparation(8, 8, 1)))
    assert bars(panel) == pytest.approx(chances(model_of(here), dots[None]), abs=1e-5)
    QGuiApplication.clipboard().setText("nothing to see")
    QTest.keyClick(panel.pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    here.until(lambda: "neither a picture nor a file" in panel.said.text())


def test_what_cannot_be_given_to_the_net_is_a_sentence(desk: Make, panel_at: PanelAt, tmp_path: Path) -> None:
    """Fails if a wrong file, one that is gone, or an empty folder says nothing of that, or other bars stay."""
    here = trained(desk(epochs=1))
    panel = panel_at(here)
    here.until(lambda: bars(panel))
    (tmp_path / "notes.txt").write_text("Hello")
    (tmp_path / "bare.txt").touch()
    (tmp_path / "bare" / "inner").mkdir(parents=True)
    (tmp_path / "bare" / ".DS_Store").write_text("x")
    for name, words in (
        ("notes.txt", "is nothing that this net reads"),
        ("gone.png", "There is nothing at"),
        ("bare", "bare is empty. Choose one that holds"),
        ("bare.txt", "bare.txt is empty (0 bytes)"),
    ):
        panel.take_paths([tmp_path / name])
        here.until(lambda words=words: words in panel.said.text())
        assert not panel.bars.rows


def test_it_answers_while_the_net_is_trained(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a drawing is answered only when the training is over, or with old weights."""
    here = desk(epochs=LONG)
    here.load_torch()
    panel = panel_at(here)
    here.session.train()
    here.until(lambda: here.session.state == "running")
    here.until(lambda: bars(panel))
    draw(panel, (0.5, 0.1), (0.5, 0.9))
    here.until(lambda: panel.title.text().startswith("drawing"))
    seen: set[tuple[float, ...]] = set()
    here.until(lambda: seen.add(tuple(bars(panel))) or len(seen) >= 3)
    assert "in epoch" in panel.said.text()
    here.session.stop()
    here.until_ended()
    model = model_of(here)
    here.until(lambda: "trained for" in panel.said.text())
    subject = here.session._kept.subject(here.session.trained)  # type: ignore[arg-type]
    picture, _ = drawn_picture(panel.pad.ink(), (1, 8, 8), subject.samples.fields["digits.image"])
    assert bars(panel) == pytest.approx(chances(model, picture[None]), abs=1e-5)


def test_a_row_is_typed_into_fields(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a field stands for another number than its name says, or its value does not reach the net."""
    layer = find("Iris")
    assert layer is not None
    project = drawing_for(layer, layer.defaults(), schema_of(layer, layer.defaults()), "iris").project
    here = trained(desk(project, epochs=2))
    panel = panel_at(here)
    here.until(lambda: len(bars(panel)) == 3)
    fields = list(panel.form.fields.values())
    row = [float(each.text()) for each in fields]
    model = model_of(here)
    assert bars(panel) == pytest.approx(chances(model, torch.tensor([row])), abs=1e-4)
    fields[2].setFocus()
    fields[2].selectAll()
    QTest.keyClicks(fields[2], "6.5")
    row[2] = 6.5
    here.until(lambda: bars(panel) == pytest.approx(chances(model, torch.tensor([row])), abs=1e-4))
    assert [word for word, _, _ in panel.bars.rows] == ["setosa", "versicolor", "virginica"]
    click(panel.sample_button)
    here.until(lambda: fields[2].text() != "6.5")


def test_another_drawing_is_not_answered_for(desk: Make, panel_at: PanelAt) -> None:
    """Fails if bars of the drawing before stay when another one is opened."""
    here = trained(desk(epochs=1))
    panel = panel_at(here)
    here.until(lambda: bars(panel))
    here.qdocument.new(load("moons"))
    here.until(lambda: panel.train.isVisible())
    assert not panel.bars.rows


def test_a_drawing_of_a_small_picture_is_centred_as_mnist_is() -> None:
    """Fails if a digit drawn small in a corner does not come out as MNIST would have it."""
    ink = np.zeros((280, 280), np.float32)
    ink[20:80, 30:60] = 1
    known = torch.zeros(4, 1, 28, 28)
    known[:, :, 4:24, 9:19] = 1
    picture, said = drawn_picture(ink, (1, 28, 28), known)
    assert np.allclose(picture[0].numpy(), centred(ink))
    assert "20 × 20 in 28 × 28" in said
    bright, said = drawn_picture(ink, (1, 28, 28), 1 - known)
    assert np.allclose(bright.numpy(), 1 - picture.numpy())
    assert "Dark on light" in said
    whole, _ = drawn_picture(ink, (3, 70, 140), None)
    assert whole.shape == (3, 70, 140)
    assert whole[1].sum().item() == pytest.approx(ink.sum() / 8)


def test_a_line_of_text_becomes_the_numbers_of_the_training() -> None:
    """Fails if a word gets another number than in the training, or an unknown one is passed over in silence."""
    from types import SimpleNamespace

    from nodes.api import Field, Schema, Shape

    words = ("<pad>", "<unk>", "good", "bad", "film", ".")
    settings = {"unit": "words", "lower": True, "padding": "before"}
    reads: Any = SimpleNamespace(
        fields={"text": Shape((6,), "int", 6)},
        shape=Shape((6,), "int", 6),
        trained=Schema({"text": Field((6,), "int", words)}, 3),
        own=SimpleNamespace(settings=settings),
    )
    numbers, said = written_tokens("Good gruesome film.", reads)
    assert numbers.tolist() == [0, 0, 2, 1, 4, 5]
    assert "gruesome" in said
    settings["padding"] = "behind"
    assert written_tokens("bad", reads)[0].tolist() == [3, 0, 0, 0, 0, 0]


def test_a_line_of_text_is_written(desk: Make, panel_at: PanelAt, tmp_path: Path) -> None:
    """Fails if what is written does not become the numbers that the training data has for the same words, or nobody
    can see what a sample of the data says."""
    for word, texts in (
        ("good", ("a fine film", "I like it", "so fine")),
        ("bad", ("a dull film", "I hate it", "dull")),
    ):
        for number, text in enumerate(texts * 4):
            (tmp_path / "texts" / word).mkdir(parents=True, exist_ok=True)
            (tmp_path / "texts" / word / f"{number}.txt").write_text(text)
    layer = find("Texts")
    assert layer is not None
    settings = layer.settings({**layer.defaults(), "path": str(tmp_path / "texts")})
    project = drawing_for(layer, settings, schema_of(layer, settings), "texts").project
    here = trained(desk(project, epochs=1))
    panel = panel_at(here)
    here.until(lambda: len(bars(panel)) == 2)
    said = panel.said.text().partition("“")[2].partition("”")[0]
    assert said in ("a fine film", "i like it", "so fine", "a dull film", "i hate it", "dull"), "what the sample says"
    panel.text.setFocus()
    QTest.keyClicks(panel.text, "I hate film")
    here.until(lambda: panel.title.text().startswith("text"))
    assert "“" not in panel.said.text()
    words = schema_of(layer, settings).fields["text"].words
    length = schema_of(layer, settings).fields["text"].sizes[0]
    known = [words.index(word) for word in ("i", "hate", "film")]
    batch = torch.tensor([[0] * (length - len(known)) + known])
    here.until(lambda: bars(panel) == pytest.approx(sorted_as(panel, chances(model_of(here), batch)), abs=1e-5))


def sorted_as(panel: PredictPanel, found: list[float]) -> list[float]:
    """The chances in the order of the bars: that of the classes."""
    assert [word for word, _, _ in panel.bars.rows] == ["bad", "good"]
    return found


def test_the_next_letter_is_told_behind_a_text(desk: Make, panel_at: PanelAt, tmp_path: Path) -> None:
    """Fails if a net that tells at each step what comes next says nothing of the end of a text."""
    (tmp_path / "long.txt").write_text("abcd " * 300)
    layer = find("TextFile")
    assert layer is not None
    settings = layer.settings({**layer.defaults(), "path": str(tmp_path / "long.txt"), "window": 16})
    project = drawing_for(layer, settings, schema_of(layer, settings), "long").project
    here = trained(desk(project, epochs=1))
    panel = panel_at(here)
    here.until(lambda: len(bars(panel)) == 5)
    panel.text.setFocus()
    QTest.keyClicks(panel.text, "abcd abcd abcd abcd abc")
    here.until(lambda: panel.title.text().startswith("text"))
    words = schema_of(layer, settings).fields["text"].words
    batch = torch.tensor([[words.index(letter) for letter in "abcd abcd abcd abcd abc"[-16:]]])
    with torch.no_grad():
        expected = model_of(here)(batch)[0, -1].double().softmax(0).tolist()
    here.until(lambda: bars(panel) == pytest.approx(expected, abs=1e-5))


def test_a_typed_line_is_translated(desk: Make, panel_at: PanelAt) -> None:
    """Of a net that reads one line and writes another. Fails if there is nowhere to type, the answer is not the one
    that the net writes freely, or a letter that it has never seen gets an answer all the same."""
    here = trained(desk(small("copying"), epochs=1))
    panel = panel_at(here)
    here.until(lambda: panel.text.isVisible())
    assert here.session.trained is not None
    loaded = load_run(here.session.trained.run)
    translator = translator_of(loaded.net)
    line = "".join([word for word in translator.read if len(word) == 1 and word.isalpha()][:3])
    panel.text.setFocus()
    QTest.keyClicks(panel.text, line)
    here.until(lambda: panel.title.text().startswith(f"{line}: "))
    (answer,) = answers(translator, loaded.model, translator.numbers(line)[None])
    here.until(lambda: bars(panel) == pytest.approx([math.exp(answer.log_probability)], abs=1e-5))
    assert panel.bars.rows[0][0] == (translator.said(answer.tokens) or "(nothing)")
    QTest.keyClicks(panel.text, "~")
    here.until(lambda: "never seen" in panel.title.text())
    assert bars(panel) == []


def test_a_drawing_is_shown_in_all_views(desk: Make, panel_at: PanelAt) -> None:
    """Fails if views go on with a sample of the data, get other pixels than the net answered for, or if a sample of
    the data, which they show anyway, is offered too."""
    here = trained(desk(epochs=2))
    panel = panel_at(here)
    here.until(lambda: panel.answer is not None and bool(panel.answer.predictions))
    assert panel.show_in_views.isHidden()
    draw(panel, (0.5, 0.2), (0.5, 0.8))
    here.until(lambda: not panel.show_in_views.isHidden())
    click(panel.show_in_views)
    chosen = here.session.chosen
    assert chosen is not None
    assert chosen.values is not None
    model = model_of(here)
    said = chances(model, chosen.values["digits.image"])
    assert bars(panel) == pytest.approx(said, abs=1e-6)
    assert chosen.values["digits.label"].tolist() == [int(np.argmax(said))]
    assert here.session.trained is not None
    run = load_run(here.session.trained.run)
    shown = load_samples(run.net, run.project.recipe).only(chosen)
    assert shown.count == 1
    assert shown.names == ("drawing",)
    for name, values in chosen.values.items():
        assert torch.equal(shown.fields[name], values)
    other = replace(chosen, number=-99, values={"digits.image": torch.zeros(1, 3, 4, 4)})
    with pytest.raises(NoPicture, match="reads other data"):
        load_samples(run.net, run.project.recipe).only(other)
