"""The curves: what is drawn of many points, other runs behind them, scale, smoothing, band, zoom, cursor and files."""

from __future__ import annotations

import csv
import io
from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.commands import SetRecipe
from app.training.events import BatchDone, EpochDone
from app.ui.training import curve_files
from app.ui.training.curve_axis import log_ticks
from app.ui.training.curve_points import (
    MOST_BANDS,
    MOST_POINTS,
    CurveStretches,
    RunningMean,
    band,
    smoothed,
    thinned,
    values_of,
    within,
)
from app.ui.training.curves import EARLIER, Curves, OverlaidRun
from app.ui.training.panel import MOST_EARLIER, TrainingPanel
from app.ui.training.run_curves import RunCurves
from tests.support.epochs import epoch_done
from tests.support.patience import settle
from tests.ui.live.conftest import Make


def story(epochs: int = 5, batches: int = 40, scale: float = 1.0, validation: bool = True) -> RunCurves:
    """A run with losses that are easy to compute again."""
    made = RunCurves()
    for epoch in range(1, epochs + 1):
        for batch in range(1, batches + 1):
            place = epoch - 1 + batch / batches
            made.hear(BatchDone(epoch, batch, batches, scale * (2.0 / (1 + place) + 0.1 * np.sin(97 * place)), 10.0))
        values = {"train_loss": scale * 2.0 / (1 + epoch), "train_accuracy": 1 - 0.5 / epoch}
        if validation:
            values |= {"val_loss": scale * 2.2 / (1 + epoch), "val_accuracy": 1 - 0.6 / epoch}
        made.hear(epoch_done(epoch, epochs, **values))
    return made


@pytest.mark.parametrize("batches", [0, 3, 40])
def test_the_highest_epoch_is_in_sight_and_a_wild_one_presses_nothing(curves: Curves, batches: int) -> None:
    """Fails if the first epoch, or one that stands out, is cut off; or a training that went off flattens the rest."""
    made = story(epochs=60, batches=batches)
    made.hear(epoch_done(61, 100, train_loss=0.1, val_loss=2.5, train_accuracy=0.9, val_accuracy=0.5))
    curves.show_story(made)
    low, high = curves.loss._box.viewRange()[1]
    assert low <= 0
    assert 2.5 < high < 4
    made.hear(epoch_done(62, 100, train_loss=0.1, val_loss=2500.0, train_accuracy=0.9, val_accuracy=0.5))
    curves.show_story(made)
    assert curves.loss._box.viewRange()[1][1] < 12


@pytest.fixture
def curves(qtbot: QtBot) -> Curves:
    made = Curves()
    qtbot.addWidget(made)
    made.resize(1000, 260)
    made.show()
    settle()
    return made


def points(curves: Curves, name: str, plot: str = "loss") -> tuple[np.ndarray, np.ndarray]:
    return getattr(curves, plot)._raw[name]  # type: ignore[no-any-return]


def drawn(curves: Curves, name: str, plot: str = "loss") -> np.ndarray:
    """What pyqtgraph was given."""
    found = getattr(curves, plot)._curves[name].getOriginalDataset()[1]
    return np.array([]) if found is None else np.asarray(found)


def choose(curves: Curves, *ways: Any) -> None:
    """Use entries of the menu as the mouse does."""
    for action in ways:
        action.trigger()
    settle()


def test_running_means_are_those_of_numpy() -> None:
    """Fails if a mean looks into the future, counts what is no number, or differs when the curve grows bit by bit."""
    values = np.random.default_rng(0).normal(size=300)
    values[[7, 8, 100]] = np.nan
    for count in (1, 2, 10, 299, 1000):
        windows = [values[max(0, end - count) : end] for end in range(1, 301)]
        expected = [np.nanmean(each) if np.isfinite(each).any() else np.nan for each in windows]
        assert np.allclose(smoothed(values, count), expected, equal_nan=True)
        growing, owner = RunningMean(), object()
        for end in (0, 1, 5, 120, 300):
            assert np.allclose(growing.of(owner, values[:end], count), expected[:end], equal_nan=True)
        other = growing.of(object(), values[:3] * 2, count)
        assert np.allclose(other, smoothed(values[:3] * 2, count), equal_nan=True)


def test_a_band_holds_every_batch() -> None:
    """Fails if a value lies outside of it, or the band is wider than its values."""
    x, y = np.arange(1, 1002) / 10, np.random.default_rng(1).normal(size=1001)
    y[500] = np.inf
    middle, low, high = band(x, y, 50)
    assert len(middle) == 50
    starts = np.linspace(0, 1001, 50, endpoint=False).astype(int)
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else 1001
        inside = y[start:end][np.isfinite(y[start:end])]
        assert (low[index], high[index]) == (inside.min(), inside.max())
        assert x[start] <= middle[index] <= x[end - 1]
    assert not len(band(x[:7], y[:7])[0])


def grown(y: np.ndarray, pieces: list[int]) -> tuple[CurveStretches, np.ndarray]:
    """A curve that was taken in piece by piece."""
    made, x = CurveStretches(), np.arange(1, len(y) + 1) / 1000
    for end in pieces:
        made.of("run", x[:end], y[:end])
    return made, x


@pytest.mark.parametrize("count", [3, 1199, 1201, 5000, 123_456, 1_000_000])
def test_a_curve_that_grows_keeps_every_peak_in_few_points(count: int) -> None:
    """Fails if a peak is lost when stretches are joined, a value is drawn at another place, or the end is missing."""
    y = np.random.default_rng(count).normal(size=count)
    y[count // 4], y[-1 - count // 5] = 50, -50
    pieces = sorted({*np.linspace(1, count, 40).astype(int).tolist(), count // 2, count})
    made, x = grown(y, pieces)
    across, values = made.points(x, y)
    assert len(values) <= MOST_POINTS + 10
    assert {50.0, -50.0} <= set(values.tolist())
    assert (np.diff(across) >= 0).all()
    assert across[-1] == x[-1]
    places = np.searchsorted(x, across)
    np.testing.assert_array_equal(y[places], values)
    once, _ = grown(y, [count])
    assert {50.0, -50.0} <= set(once.points(x, y)[1].tolist())
    if count > 2 * MOST_POINTS:
        middle, low, high = made.band()
        assert (low.min(), high.max(), len(middle)) == (-50, 50, MOST_BANDS)
        assert (low <= high).all()


def test_another_run_and_values_that_are_no_numbers_begin_anew() -> None:
    """Fails if points of the run before stay, or NaN hides the highest value of its stretch."""
    y = np.random.default_rng(1).normal(size=9_000)
    y[4000:4003] = np.nan, 9.0, np.inf
    made, x = grown(y, [3_000, 9_000])
    values = made.points(x, y)[1]
    assert 9.0 in values
    assert not np.isinf(values).any()
    other = np.zeros(6_000)
    made.of("another", x[:6_000], other)
    assert set(made.points(x[:6_000], other)[1].tolist()) == {0.0}


def test_a_story_can_grow_after_it_was_drawn(qtbot: QtBot) -> None:
    """Fails if the curves hold on to the memory of the losses, so that the next batch cannot be added."""
    curves = Curves()
    qtbot.addWidget(curves)
    run = RunCurves()
    for smooth, banded in ((1, False), (10, False), (10, True)):
        curves.menu.options = replace(curves.menu.options, smooth=smooth, band=banded)
        for _ in range(3):
            for _ in range(1500):
                run.steps.append(len(run.steps) / 100)
                run.losses.append(1.0)
            run.position = run.steps[-1]
            curves.show_story(run)
    assert len(run.losses) == 13_500


def test_a_million_points_are_few_and_keep_their_peaks() -> None:
    """Fails if as many points are painted as there are batches, or the highest and the lowest are lost."""
    y = np.random.default_rng(2).normal(size=1_000_000)
    y[123_456], y[777_777] = 50.0, -50.0
    x = array("d", np.arange(1, 1_000_001) / 1000)
    few_x, few_y = thinned(x, array("d", y))
    assert len(few_x) <= 3 * 1200
    assert few_y.max() == 50.0
    assert few_y.min() == -50.0
    assert few_x[few_y.argmax()] == 123.457
    x.append(1001.0)  # nobody may hold on to its memory
    part = within(values_of(x), 10.0, 10.5)
    assert x[part.start] <= 10.0
    assert x[part.stop - 1] >= 10.5
    assert part.stop - part.start < 600


@pytest.mark.parametrize(("low", "high"), [(-6, 2), (-1, 1.2), (0.1, 0.4), (0.30, 0.31), (-30, 0)])
def test_numbers_of_a_logarithmic_axis(low: float, high: float) -> None:
    """Fails if there are none or hundreds, or one lies outside."""
    found = log_ticks(low, high, 6)
    assert 1 < len(found) <= 14
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in found)
    assert found == sorted(set(found))


def test_logarithmic_scale(curves: Curves) -> None:
    """Fails if curves and axis do not agree, a loss of 0 breaks it, or the cursor tells logarithms."""
    run = story()
    run.done[-1] = epoch_done(5, 5, train_loss=0.0, val_loss=0.4, train_accuracy=1.0, val_accuracy=0.9)
    curves.show_story(run)
    before = points(curves, "validation")[1].copy()
    choose(curves, curves.menu.logarithmic)
    assert np.allclose(drawn(curves, "validation"), np.log10(before))
    assert np.isnan(drawn(curves, "train")[-1])
    (left, right), (low, high) = curves.loss._box.viewRange()
    assert (left, right) == (0, 5)
    assert low < np.log10(before.min()) < np.log10(before.max()) < high
    assert curves.loss._left.tickStrings([-1.0, 0.0], 1.0, 1.0) == ["0.1", "1"]
    assert "validation 0.4" in curves.loss.values_at(5.0)
    assert np.allclose(drawn(curves, "validation", "accuracy"), points(curves, "validation", "accuracy")[1])
    choose(curves, curves.menu.logarithmic)
    assert np.allclose(drawn(curves, "validation"), before)
    assert curves.loss._left.tickStrings([0.0, 1.0], 1.0, 1.0) == ["0", "1"]


def test_smoothing_and_band(curves: Curves) -> None:
    """Fails if they draw anything but the means and extremes of the batches, or the legend does not say so."""
    run = story()
    curves.show_story(run)
    choose(curves, curves.menu.smooth[10])
    losses = np.array(run.losses)
    assert np.allclose(points(curves, "batch")[1][50], losses[41:51].mean())
    assert "mean&nbsp;of&nbsp;10&nbsp;batches" in curves.loss.legend.text()
    choose(curves, curves.menu.smooth[1], curves.menu.band)
    assert not len(points(curves, "batch")[0])
    _, low, high = band(np.array(run.steps), losses)
    assert np.array_equal(points(curves, "low")[1], low)
    assert np.array_equal(points(curves, "high")[1], high)
    assert (low.min(), high.max()) == (losses.min(), losses.max())
    assert curves.loss._band.isVisible()
    assert "lowest&nbsp;to&nbsp;highest" in curves.loss.legend.text()
    choose(curves, curves.menu.band)
    assert not curves.loss._band.isVisible()
    assert np.allclose(points(curves, "batch")[1], losses)


def test_wheel_zooms_and_double_click_shows_all(curves: Curves) -> None:
    """Fails if the wheel does nothing, a training that goes on throws somebody out of the part he looks at, the part
    has fewer of its batches than the screen can show, or nothing leads back."""
    run = story(epochs=10, batches=1000)
    curves.show_story(run)
    settle()
    whole = curves.loss.seen
    assert whole == (0.0, 10.0)
    viewport = curves.loss.view.viewport()
    at = QPointF(viewport.rect().center())
    for _ in range(25):
        wheel = QWheelEvent(
            at,
            QPointF(viewport.mapToGlobal(at.toPoint())),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(viewport, wheel)
    settle()
    low, high = curves.loss.seen
    assert 0 < low < high < 10
    inside = (np.array(run.steps) >= low) & (np.array(run.steps) <= high)
    assert inside.sum() < 1200
    _, y = points(curves, "batch")
    assert set(np.array(run.losses)[inside]) <= set(y)
    run.hear(BatchDone(11, 1, 1000, 0.3, 1.0))
    run.hear(epoch_done(11, 20, train_loss=0.2, val_loss=0.2, train_accuracy=0.9, val_accuracy=0.9))
    curves.show_story(run)
    settle()
    assert curves.loss.seen == (low, high)
    QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at.toPoint())
    settle()
    assert curves.loss.seen == (0.0, 11.0)
    assert points(curves, "batch")[0][-1] > 10


def test_the_cursor_tells_every_curve(curves: Curves) -> None:
    """Fails if a curve that is drawn at the place of the mouse is not told, or told with another number."""
    others = [OverlaidRun("wide", story(scale=2)), OverlaidRun(EARLIER[0], story(scale=3), True)]
    run = story()
    curves.show_story(run, others)
    text = curves.loss.values_at(3.02)
    for name, value in (("training", 0.5), ("validation", 0.55), ("wide, validation", 1.1), ("run before", 1.65)):
        assert name in text
        assert f"{value:g}" in text
    nearest = int(np.abs(np.array(run.steps) - 3.02).argmin())
    told = float(text.split("batch ")[1].split(",")[0])
    assert told == pytest.approx(run.losses[nearest], rel=0.01)
    settle()
    place = curves.loss._box.mapViewToScene(QPointF(3.0, 0.5))
    QTest.mouseMove(curves.loss.view.viewport(), curves.loss.view.mapFromScene(place))
    settle()
    if curves.loss._cursor.isVisible():
        assert curves.loss._cursor.value() == pytest.approx(3.0, abs=0.1)


def test_runs_without_validation_are_laid_over_too(curves: Curves) -> None:
    """Fails if a run that held nothing out has no curve among the others, or the legend takes one for validation."""
    curves.show_story(story(), [OverlaidRun("all data", story(validation=False))])
    assert np.allclose(points(curves, "other0")[1], [2.0 / (1 + epoch) for epoch in range(1, 6)])
    assert "all&nbsp;data,&nbsp;training" in curves.loss.legend.text()
    curves.show_story(story(), [])
    assert not len(points(curves, "other0")[0])
    assert "all&nbsp;data" not in curves.loss.legend.text()


def test_what_is_not_drawn_of_another_run_takes_no_room(curves: Curves) -> None:
    """Fails if the axes are made for the training loss of a run of which only the validation is drawn."""
    other = RunCurves()
    for epoch in (1, 2):
        other.hear(epoch_done(epoch, 2, train_loss=9.0, train_accuracy=0.1, val_loss=0.5, val_accuracy=0.9))
    curves.show_story(RunCurves(), [OverlaidRun("other", other)])
    settle()
    assert curves.loss._box.viewRange()[1][1] < 1
    curves.show_story(other, [])
    settle()
    assert curves.loss._box.viewRange()[1][1] > 9, "of a run that was brought back there are no batches"
    curves.show_story(RunCurves(), [OverlaidRun("other", other)])
    settle()
    assert curves.accuracy._box.viewRange()[1][0] >= 80


def test_a_name_is_no_markup(curves: Curves) -> None:
    """Fails if a name with < in it breaks the legend."""
    curves.show_story(story(), [OverlaidRun("<b>lr</b> < 1", story())])
    assert "&lt;b&gt;lr" in curves.loss.legend.text()


def test_files_hold_what_is_seen(curves: Curves, tmp_path: Path) -> None:
    """Fails if a number is missing in the table, or a picture is empty, of another size, or with pixels for curves."""
    run, other = story(), story(3, scale=2)
    curves.show_story(run, [OverlaidRun("other", other)])
    settle()
    for name in ("a.png", "a.svg", "a.csv"):
        curve_files.save(tmp_path / name, curves)
    table = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    batches = [float(row["batch_loss"]) for row in table if row["run"] == "this run" and row["batch_loss"]]
    assert batches == list(run.losses)
    for name, each in (("this run", run), ("other", other)):
        lines = [row for row in table if row["run"] == name and not row["batch_loss"]]
        assert [float(row["val_loss"]) for row in lines] == [done.val_loss for done in each.done]
        assert [float(row["train_accuracy"]) for row in lines] == [done.train_accuracy for done in each.done]
    image = QImage(str(tmp_path / "a.png"))
    assert image.size() == curves.size() * 2
    svg = (tmp_path / "a.svg").read_text()
    assert svg.count("<polyline") >= 5, "three curves of loss, one of the other run, and those at the right"
    assert curves.ways.isVisible()
    view = curves.loss.view.viewport()
    QTest.mouseMove(view, view.rect().center() - QPoint(5, 5))
    QTest.mouseMove(view, view.rect().center())
    curve_files.save(tmp_path / "b.png", curves)
    assert QImage(str(tmp_path / "b.png")) == image, "the line at the mouse is no part of a picture"
    with pytest.raises(ValueError, match="ending"):
        curve_files.save(tmp_path / "a.txt", curves)


def test_the_runs_before_stay_pale(qtbot: QtBot, desk: Make) -> None:
    """Fails if a training hides the curves of the three before it, keeps more, or mixes their order up."""
    here = desk("mlp_digits", epochs=2, batch_size=256)
    panel = TrainingPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1366, 220)
    panel.show()
    told: list[list[float]] = []
    for _ in range(MOST_EARLIER + 2):
        here.events.clear()
        here.session.train()
        here.until_ended()
        losses = [done.val_loss for done in here.of(EpochDone)]
        told.insert(0, [loss for loss in losses if loss is not None])
        here.qdocument.do(SetRecipe(setting="seed", value=here.qdocument.project.recipe.seed + 1))
    assert len({tuple(losses) for losses in told}) == MOST_EARLIER + 2
    shown = panel.curves
    assert isinstance(shown, Curves)
    assert np.allclose(points(shown, "validation")[1], told[0])
    for name, losses in zip(("earlier", "earlier2", "earlier3"), told[1:], strict=False):
        assert np.allclose(points(shown, name)[1], losses)
    for words in EARLIER:
        assert words.replace(" ", "&nbsp;") in shown.loss.legend.text()
