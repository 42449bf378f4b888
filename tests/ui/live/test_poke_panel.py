"""The panel that lays hands on a copy of the net, used with mouse and keys; what it says compared with plain torch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from sklearn.datasets import load_digits

from app.core.commands import RemoveNodes, Rename
from app.core.graph.model import MAIN
from app.core.storage.templates import load
from app.insight.poke import Prune, Unit, Weight
from app.insight.samples import load_samples
from app.insight.typed_samples import drawn_picture
from app.training.checkpoints import load_run
from app.ui.insight.viewpanel import ViewPanel
from app.ui.insight.views import StripPictures, StripsOf
from app.ui.poke.panel import PokePanel
from tests.support.drawings import small_net
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import Desk


@pytest.fixture
def panel_at(qtbot: QtBot) -> Callable[[Desk], PokePanel]:
    """The panel of a desk, as large as it is at the bottom of a laptop's screen."""

    def it(here: Desk) -> PokePanel:
        panel = PokePanel(here.session, here.qdocument)
        qtbot.addWidget(panel)
        panel.resize(1366, 220)
        panel.show()
        settle()
        return panel

    return it


PanelAt = Callable[[Desk], PokePanel]


@pytest.fixture
def here(desk: Make) -> Desk:
    """A small net for digits that was trained for an epoch."""
    one = desk(small_net(), epochs=1)
    one.load_torch()
    one.session.train()
    one.until_ended()
    return one


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def shown(here: Desk, panel: PokePanel) -> None:
    """Wait for what was asked last."""
    here.until(lambda: panel.answer is not None and not here.session.looker._fresh and here.session.looker._job is None)


def scores(here: Desk, change: Callable[[torch.nn.Module], object], x: torch.Tensor | None = None) -> np.ndarray:
    """Probabilities that the trained net gives for the sample after its weights were changed by hand."""
    assert here.session.trained is not None
    run = load_run(here.session.trained.run)
    model = copy.deepcopy(run.model).eval()
    with torch.no_grad():
        change(model)
        sample = load_samples(run.net, run.project.recipe).fields["digits.image"][:1] if x is None else x
        found: np.ndarray = model(sample).double().softmax(-1)[0].numpy()
    return found


def off(number: int) -> Callable[[torch.nn.Module], object]:
    def change(model: torch.nn.Module) -> None:
        model.get_parameter("conv1.weight")[number] = 0
        model.get_parameter("conv1.bias")[number] = 0

    return change


def test_a_channel_is_switched_off_taken_back_and_done_again(here: Desk, panel_at: PanelAt) -> None:
    """Fails if another channel goes, the bars are not those of the copy, or undo leaves something."""
    panel = panel_at(here)
    panel.set_node("conv1")
    shown(here, panel)
    assert panel.answer is not None
    plain = scores(here, lambda _: None)
    assert panel.answer.effect.after == pytest.approx(plain, abs=1e-6)
    panel.knobs.unit.setValue(1)
    click(panel.knobs.off)
    shown(here, panel)
    assert here.session.pokes.now.pokes == (Unit("conv1", (1,)),)
    assert panel.answer.effect.after == pytest.approx(scores(here, off(1)), abs=1e-6)
    assert panel.answer.effect.before == pytest.approx(plain, abs=1e-6)
    assert [panel.list.item(0).text(), panel.list.count()] == ["conv1:1 off", 1]
    QTest.keyClick(panel.list, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    shown(here, panel)
    assert panel.answer.effect.after == pytest.approx(plain, abs=1e-6)
    assert panel.list.count() == 0
    click(panel.redo)
    shown(here, panel)
    assert panel.answer.effect.after == pytest.approx(scores(here, off(1)), abs=1e-6)
    click(panel.reset)
    assert here.session.pokes.now.pokes == ()
    click(panel.undo)
    assert here.session.pokes.now.pokes == (Unit("conv1", (1,)),)
    panel.list.setCurrentRow(0)
    click(panel.take_back)
    shown(here, panel)
    assert panel.answer.effect.after == pytest.approx(plain, abs=1e-6)


def test_a_weight_is_typed_and_dragged_in_one_step(here: Desk, panel_at: PanelAt) -> None:
    """Fails if the field shows another weight than the chosen one, or each pixel of a drag is a step to undo."""
    panel = panel_at(here)
    panel.set_node("conv1")
    shown(here, panel)
    assert here.session.trained is not None
    weight = load_run(here.session.trained.run).model.get_parameter("conv1.weight").detach()
    panel.knobs.places[0].setValue(1)
    panel.knobs.places[2].setValue(2)
    shown(here, panel)
    assert panel.knobs.value.value() == pytest.approx(float(weight[1, 0, 2, 0]), rel=1e-5)
    field = panel.knobs.value.lineEdit()
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.75")
    QTest.keyClick(field, Qt.Key.Key_Return)
    shown(here, panel)
    assert here.session.pokes.now.pokes == (Weight("conv1", "weight", (1, 0, 2, 0), 0.75),)
    panel.setFocus()
    before = len(here.session.pokes._steps)
    QTest.mousePress(field, Qt.MouseButton.LeftButton, pos=QPoint(20, 8))
    for x in range(24, 90, 6):
        QTest.mouseMove(field, QPoint(x, 8))
    QTest.mouseRelease(field, Qt.MouseButton.LeftButton, pos=QPoint(84, 8))
    shown(here, panel)
    (poke,) = here.session.pokes.now.pokes
    assert isinstance(poke, Weight)
    assert poke.value > 0.75
    assert len(here.session.pokes._steps) == before + 1
    assert panel.answer is not None
    assert panel.answer.weight is not None
    assert panel.answer.weight[1] == pytest.approx(poke.value, rel=1e-6)


def test_the_input_is_painted_on_and_a_pixel_is_dragged(here: Desk, panel_at: PanelAt) -> None:
    """Fails if other pixels change, the net gets another picture than is shown, or the sample is not there again."""
    panel = panel_at(here)
    shown(here, panel)
    pad = panel.pixels
    panel.tool.setCurrentIndex(panel.tool.findData("value"))
    came = np.array(pad.values)
    paper = pad.paper()
    cell = paper.width() / came.shape[2]
    place = QPoint(round(paper.left() + 2.5 * cell), round(paper.top() + 4.5 * cell))
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseMove(pad, place - QPoint(0, 400))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=place - QPoint(0, 400))
    shown(here, panel)
    expected = came.copy()
    expected[0, 4, 2] = 1.0
    assert np.array_equal(pad.values, expected)  # type: ignore[arg-type]
    assert panel.answer is not None
    assert panel.answer.effect.after == pytest.approx(
        scores(here, lambda _: None, torch.from_numpy(expected)[None]), abs=1e-6
    )
    nodes = {each.node: each for each in panel.answer.effect.nodes}
    assert nodes["digits.image"].changed == (1 if came[0, 4, 2] != 1 else 0)
    assert here.session.chosen is not None
    click(panel.back)
    shown(here, panel)
    assert here.session.chosen is None
    assert np.array_equal(pad.values, came)  # type: ignore[arg-type]
    here.session.choose_sample(3)
    shown(here, panel)
    assert panel.pokes.now.drawn is None


def test_a_crop_and_a_new_drawing_come_in(here: Desk, panel_at: PanelAt) -> None:
    """Fails if another part is enlarged, or a drawing is prepared otherwise than in Predict."""
    panel = panel_at(here)
    shown(here, panel)
    pad = panel.pixels
    assert pad.values is not None
    came = np.array(pad.values)
    panel.tool.setCurrentIndex(panel.tool.findData("crop"))
    paper = pad.paper()
    cell = paper.width() / came.shape[2]
    corners = [QPoint(round(1 + (c + 0.5) * cell), round(1 + (r + 0.5) * cell)) for r, c in ((2, 1), (5, 4))]
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=corners[0])
    QTest.mouseMove(pad, corners[1])
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=corners[1])
    shown(here, panel)
    part = Image.fromarray(came[0, 2:6, 1:5]).resize((8, 8), Image.Resampling.BILINEAR)
    assert panel.answer is not None
    assert panel.answer.picture is not None
    assert panel.answer.picture[0] == pytest.approx(np.asarray(part), abs=1e-5)
    panel.tool.setCurrentIndex(panel.tool.findData("draw"))
    settle()
    ink = panel.pad.paper()
    QTest.mousePress(panel.pad, Qt.MouseButton.LeftButton, pos=ink.center() - QPoint(0, ink.height() // 3))
    QTest.mouseMove(panel.pad, ink.center() + QPoint(0, ink.height() // 3))
    QTest.mouseRelease(panel.pad, Qt.MouseButton.LeftButton, pos=ink.center() + QPoint(0, ink.height() // 3))
    shown(here, panel)
    net = load_run(here.session.trained.run).net  # type: ignore[union-attr]
    known = load_samples(net, net.project.recipe).fields["digits.image"]  # type: ignore[union-attr]
    expected, _ = drawn_picture(panel.pad.ink(), (1, 8, 8), known)
    assert panel.answer.picture is not None
    here.until(lambda: np.allclose(panel.answer.picture, expected.numpy(), atol=1e-6))  # type: ignore[union-attr,arg-type]
    panel.pokes.undo()
    shown(here, panel)
    assert panel.answer.picture[0] == pytest.approx(np.asarray(part), abs=1e-5)


def test_another_picture_is_dropped_in(here: Desk, panel_at: PanelAt, tmp_path: Path) -> None:
    """Fails if a picture from a file comes in with other values than the data have, or in the place of every sample."""
    panel = panel_at(here)
    shown(here, panel)
    pixels = np.random.default_rng(0).integers(0, 255, (8, 8), np.uint8)
    file = tmp_path / "mine.png"
    Image.fromarray(pixels).save(file)
    panel.take_file(file)
    here.until(lambda: here.session.pokes.now.drawn is not None and not panel._job.on)
    shown(here, panel)
    assert panel.answer is not None
    assert panel.answer.picture == pytest.approx(pixels[None] / 255.0, abs=1e-6)
    assert panel.list.item(0).text() == "input: mine.png"
    panel.take_file(tmp_path / "missing.png")
    here.until(lambda: "There is no file" in panel.caption.text())


def test_everybody_looks_at_the_copy_until_all_is_taken_back(here: Desk, panel_at: PanelAt) -> None:
    """Fails if pictures on the canvas show the trained net while the panel speaks of the copy, or do not say by how
    much a layer changed."""
    panel = panel_at(here)
    panel.set_node("conv1")
    shown(here, panel)
    seen: list[object] = []
    paper = ((0, 0, 0), (255, 255, 255), (99, 99, 99))
    view = StripsOf(("conv1", "fc1"), frozenset(), 0, (120, 60), paper)
    here.session.looker.show("test", view, lambda _, content: seen.append(content))
    here.until(lambda: seen)
    first = seen[-1]
    assert isinstance(first, StripPictures)
    assert "changed" not in first.captions["conv1"]
    here.session.pokes.put(Prune(60.0))
    here.until(lambda: len(seen) > 1)
    second = seen[-1]
    assert isinstance(second, StripPictures)
    assert "changed by" in second.captions["conv1"]
    assert not np.array_equal(first.pictures["conv1"], second.pictures["conv1"])
    here.session.pokes.reset()
    here.until(lambda: len(seen) > 2)
    third = seen[-1]
    assert isinstance(third, StripPictures)
    assert np.array_equal(first.pictures["conv1"], third.pictures["conv1"])


def upright(points: np.ndarray) -> np.ndarray:
    """Components at one scale, and with the sign that makes their skew positive."""
    made: np.ndarray = points / points[:, 0].std()
    return made * np.sign((made**3).sum(0))


def test_a_slow_view_is_made_of_the_copy_and_goes_back(here: Desk, qtbot: QtBot) -> None:
    """Fails if a view that takes its time shows the trained net while a poke is on, does not say that it is poked,
    begins before it was started, or stays as it was when the poke is taken back."""
    views = ViewPanel(here.session, here.qdocument)
    qtbot.addWidget(views)
    views.resize(1366, 300)
    views.show()
    settle()
    views.choose("embedding")
    views.set_node("fc1")
    here.session.pokes.put(Unit("fc1", (0,)))
    assert not views.at_work, "a view that was never started begins with a poke"
    here.session.pokes.undo()
    click(views.start)

    def seen(poked: bool) -> tuple[np.ndarray, np.ndarray]:
        here.until(
            lambda: (
                not views.at_work
                and views.pictures.first.tiles is not None
                and ("poked: fc1:0 off" in views.pictures.first.caption) == poked
            )
        )
        tiles = views.pictures.first.tiles
        assert tiles is not None
        assert tiles.plot is not None
        return np.asarray(tiles.plot.points, dtype=float), tiles.plot.numbers

    before, numbers = seen(False)
    here.session.pokes.put(Unit("fc1", (0,)))
    after, _ = seen(True)
    assert here.session.trained is not None
    run = load_run(here.session.trained.run)
    pixels = torch.tensor(load_digits().images[numbers] / 16, dtype=torch.float32)[:, None]
    with torch.no_grad():
        answers = run.model.eval()(pixels).double().numpy()
    for points, off in ((before, None), (after, 0)):
        rows = answers.copy()
        if off is not None:
            rows[:, off] = 0
        left, sizes, _ = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
        expected = left[:, :2] * sizes[:2]
        np.testing.assert_allclose(upright(points), upright(expected), atol=1e-3)
    here.session.pokes.undo()
    assert np.array_equal(seen(False)[0], before)
    here.session.pokes.put(Unit("fc1"))
    here.until(lambda: "nothing to spread out" in views.pictures.first.sentence)
    assert views.pictures.first.sentence.endswith("This is said of a poked copy: fc1 off.")
    here.session.pokes.undo()
    assert np.array_equal(seen(False)[0], before)


def test_a_training_goes_on_untouched(desk: Make, panel_at: PanelAt) -> None:
    """Fails if pokes reach the weights that train, or nothing is seen of the copy while they move."""
    losses = []
    for poked in (False, True):
        here = desk(small_net(), epochs=2)
        here.load_torch()
        panel = panel_at(here)
        panel.set_node("conv1")
        if poked:
            here.session.pokes.put(Unit("conv1", (0,)))
            here.session.pokes.put(Prune(90.0))
        here.session.train()
        if poked:
            here.until(lambda: panel.answer is not None and "epoch" in panel.answer.caption)  # noqa: B023
            assert panel.answer is not None
            assert panel.answer.effect.nodes[1].changed
        here.until_ended()
        assert here.session.trained is not None
        weights = load_run(here.session.trained.run).model.state_dict()
        losses.append(torch.cat([value.flatten() for value in weights.values()]))
    assert torch.equal(*losses)


def test_pokes_follow_a_rename_and_end_with_their_layer(here: Desk, panel_at: PanelAt) -> None:
    """Fails if a poke of a layer that has another name or is gone keeps every picture from coming."""
    panel_at(here)
    here.session.pokes.put(Unit("conv1", (0,)))
    here.session.pokes.put(Unit("fc1", (2,), 0.0, 1.5))
    here.qdocument.do_step(Rename(old="conv1", new="edges"))
    assert here.session.pokes.now.pokes == (Unit("edges", (0,)), Unit("fc1", (2,), 0.0, 1.5))
    here.qdocument.do_step(RemoveNodes(MAIN, ("edges",)))
    assert here.session.pokes.now.pokes == (Unit("fc1", (2,), 0.0, 1.5),)


def test_a_row_of_numbers_is_typed(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a net that reads a few numbers has no way to change them, or shows noise where they are set by hand."""
    here = desk("perceptron")
    here.load_torch()
    panel = panel_at(here)
    shown(here, panel)
    assert list(panel.form.fields) == ["reasons 0", "reasons 1", "reasons 2"]
    assert [field.text() for field in panel.form.fields.values()] == ["1", "0", "0"]
    field = panel.form.fields["reasons 0"]
    field.selectAll()
    QTest.keyClicks(field, "0")
    here.until(lambda: panel.answer is not None and panel.answer.effect.after.tolist() == [0.0])
    assert panel.answer is not None
    assert panel.answer.effect.before.tolist() == [1.0]


def test_a_circuit_of_numbers_without_input_is_poked(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a drawing of constants is refused for want of a sample."""
    here = desk("sigmoid_circuit")
    here.load_torch()
    panel = panel_at(here)
    shown(here, panel)
    assert panel.answer is not None
    (before,) = panel.answer.effect.before.tolist()
    names = [each.node for each in panel.answer.effect.nodes]
    here.session.pokes.put(Unit(names[-1], (), 0.0, 0.125))
    here.until(lambda: panel.answer is not None and panel.answer.effect.after.tolist() == [0.125])
    assert panel.answer.effect.before.tolist() == [before]
    assert "no input" in panel.no_input.text()


@pytest.mark.parametrize(("name", "said"), [("forecast_lstm", "pictures and rows"), ("sentiment_lstm", "Texts are")])
def test_what_cannot_be_painted_is_called_what_it_is(desk: Make, panel_at: PanelAt, name: str, said: str) -> None:
    """Fails if a series is called a text, or a text has no word on where it is written."""
    here = desk(load(name))
    panel = panel_at(here)
    here.load_torch()
    here.until(lambda: panel.answer is not None)
    assert said in panel.no_input.text()
    assert panel.no_input.isVisible()


def test_pruning_by_keys_is_one_step_and_what_comes_then_another(here: Desk, panel_at: PanelAt) -> None:
    """Fails if every press of an arrow key is to be undone by itself, or undo takes back another series with it."""
    panel, pokes = panel_at(here), here.session.pokes
    panel.set_node("conv1")
    shown(here, panel)
    slider = panel.knobs.percent
    panel.activateWindow()
    slider.setFocus()
    here.until(slider.hasFocus)
    for _ in range(5):
        QTest.keyClick(slider, Qt.Key.Key_Right)
    assert pokes.now.pokes == (Prune(5.0),)
    panel.knobs.unit.setFocus()
    slider.setFocus()
    for _ in range(3):
        QTest.keyClick(slider, Qt.Key.Key_Right)
    assert pokes.now.pokes == (Prune(8.0),)
    pokes.undo()
    assert pokes.now.pokes == (Prune(5.0),)
    pokes.undo()
    assert pokes.now.pokes == ()
    pokes.redo()
    assert pokes.now.pokes == (Prune(5.0),)
    QTest.keyClick(slider, Qt.Key.Key_Right)
    pokes.undo()
    assert pokes.now.pokes == (Prune(5.0),)


def test_the_controls_are_in_sight_in_a_window_of_half_a_screen(here: Desk, panel_at: PanelAt) -> None:
    """Fails if what can be done begins below the fold of a narrow panel, is cut off at its side, or the answer is."""
    panel = panel_at(here)
    panel.resize(670, 205)
    here.until(lambda: panel.answer is not None)
    settle()
    off = panel.knobs.off
    for part in (off, panel.title, panel.pixels):
        assert part.visibleRegion().boundingRect() == part.rect(), part
    click(off)
    assert here.session.pokes.now.pokes
    panel.resize(460, 205)
    settle()
    assert panel.title.visibleRegion().boundingRect() == panel.title.rect()
    assert panel.bars.width() > 0.35 * panel.width(), "the buttons take the width of the answer"


def test_what_was_done_is_read_whole_in_a_narrow_list(here: Desk, panel_at: PanelAt) -> None:
    """Fails if a sentence about what was done ends at the edge of the list, to be scrolled sideways."""
    panel = panel_at(here)
    panel.set_node("conv1")
    shown(here, panel)
    slider = panel.knobs.percent
    slider.setFocus()
    for _ in range(5):
        QTest.keyClick(slider, Qt.Key.Key_Right)
    for width in (1366, 1100):
        panel.resize(width, 220)
        settle()
        entry = panel.list.visualItemRect(panel.list.item(0))
        words = panel.list.fontMetrics().horizontalAdvance(panel.list.item(0).text())
        assert entry.width() <= panel.list.viewport().width()
        lines = -(-words // entry.width())
        assert entry.height() >= lines * panel.list.fontMetrics().height()
        assert not panel.list.horizontalScrollBar().isVisible()
