"""The curves of a long run: what stands in them can still be seen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.training.events import BatchDone, Started
from app.ui import theme
from app.ui.training.curve_points import thinned
from app.ui.training.curves import Curves
from app.ui.training.run_curves import RunCurves
from tests.support.epochs import epoch_done
from tests.support.patience import settle


def long_story(epochs: int, batches: int = 45) -> RunCurves:
    """A run whose batches are noisy, and whose validation loss stays a little above that of the training."""
    story, noise = RunCurves(), np.random.default_rng(0)
    story.hear(Started("cpu", 1437, 360, batches, epochs, 61706))
    for epoch in range(1, epochs + 1):
        losses = (0.02 + 1.8 * np.exp(-4 * epoch / epochs)) * np.exp(noise.normal(0, 0.6, batches))
        for batch, loss in enumerate(losses, 1):
            story.hear(BatchDone(epoch, batch, batches, float(loss), 32))
        mean = float(losses.mean())
        story.hear(
            epoch_done(epoch, epochs, train_loss=mean, train_accuracy=0.9, val_loss=1.2 * mean, val_accuracy=0.88)
        )
    return story


@pytest.mark.parametrize("name", theme.NAMES)
def test_both_curves_of_a_long_run_can_be_seen(name: str, qtbot: QtBot, qapp: QApplication) -> None:
    """Fails if the marks of hundreds of epochs, or the losses of all batches, hide the curve of the training."""
    theme.apply(qapp, name)
    curves = Curves()
    qtbot.addWidget(curves)
    curves.resize(900, 180)
    curves.show()
    curves.show_story(long_story(600))
    settle()
    view = curves.loss.view
    picture = view.grab().toImage()
    left, right = (
        view.mapFromScene(view.getPlotItem().getViewBox().mapViewToScene(QPointF(epoch, 0))).x() for epoch in (5, 150)
    )
    seen = {}
    for role in ("plot.train", "plot.validation"):
        ink = theme.color(role).rgb()
        columns = [x for x in range(left, right) if any(picture.pixel(x, y) == ink for y in range(picture.height()))]
        seen[role] = len(columns) / (right - left)
    assert min(seen.values()) > 0.8, seen
    assert f"color:{theme.color('plot.train').name()}" in curves.loss._label.text()


def test_a_single_epoch_of_many_is_seen(qtbot: QtBot) -> None:
    """Fails if the first epoch of a long run is a curve of one point, which is nothing."""
    curves = Curves()
    qtbot.addWidget(curves)
    story = long_story(1)
    story.started = Started("cpu", 1437, 360, 45, 600, 61706)
    curves.show_story(story)
    assert curves.loss._curves["train"].opts["symbol"] == "o"
    curves.show_story(long_story(30))
    assert curves.accuracy._curves["validation"].opts["symbol"] == "s", "a short run has a mark for each epoch"


def test_thinning_keeps_peaks() -> None:
    """Fails if a long run's curve is drawn from every hundredth batch, so that the one wild loss is not seen."""
    x = [index / 1000 for index in range(100_000)]
    y = [1.0] * 100_000
    y[34_567], y[67_890] = 9.0, -3.0
    few_x, few_y = thinned(x, y)
    assert len(few_x) <= 1400
    assert few_y.max() == 9.0
    assert few_y.min() == -3.0
    assert np.all(np.diff(few_x) >= 0)
    assert few_x[few_y.argmax()] == 34.567
    short = thinned([1.0, 2.0], [3.0, float("nan")])
    assert short[0].tolist() == [1.0, 2.0]
