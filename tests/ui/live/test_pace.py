"""What a training pays for being looked at: pictures and curves come the less often the more they cost."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from app.core.graph.recipe import Recipe
from app.training.events import BatchDone, Probed
from app.ui.insight.view_scheduler import LIVE_MS, LIVE_SHARE, SHOWN_MS, ViewScheduler, _LazySamples
from app.ui.insight.views import ViewOf
from app.ui.pace import OF_LAST, Pace
from app.ui.training.curves import REDRAW_MS, REDRAW_SHARE, SLOWEST_MS, Curves, ahead
from app.ui.training.run_curves import RunCurves
from tests.support.epochs import epoch_done
from tests.support.patience import settle
from tests.ui.live.conftest import Make


@pytest.mark.parametrize("seconds", [0.001, 0.004, 0.02, 0.3])
@pytest.mark.parametrize("share", [0.02, 0.05])
def test_all_times_together_take_their_share(seconds: float, share: float) -> None:
    """Fails if what costs more is done as often as what costs little."""
    pace = Pace(share, 100)
    for _ in range(5):
        pace.took(seconds)
    rest = pace.rest_ms / 1000
    assert rest >= 0.1
    assert seconds / (seconds + rest) <= 1.001 * share
    assert rest == pytest.approx(max(0.1, seconds / share - seconds), abs=0.001)  # and not more seldom than that


def test_one_slow_time_does_not_count_and_several_do() -> None:
    """Fails if a moment in which the machine was busy makes a picture stand still, or if a net that has become slower
    is looked at as often as before; or if something else is judged by what was done before."""
    pace = Pace(0.02, 100)
    assert pace.rest_ms == 100
    for seconds in (0.001, 4.0, 0.001):
        pace.took(seconds)
    assert pace.rest_ms == 100
    for _ in range(3):
        pace.took(0.1)
    assert pace.rest_ms == 4900
    pace.forget()
    assert pace.rest_ms == 100


def test_curves_do_not_stand_still_however_long_they_take() -> None:
    """Fails if a slow machine would show a new point every minute only."""
    pace = Pace(0.05, 100, 600)
    pace.took(10.0)
    assert pace.rest_ms == 600


def burn(seconds: float) -> None:
    """Work in this thread for so long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


class Training:
    """Answers the looker at once, as if the look had taken ``seconds`` of the training."""

    paused = False

    def __init__(self, seconds: float, had: float = 1.0) -> None:
        self.seconds, self.had = seconds, had
        self.asked: list[tuple[Any, Any]] = []

    def ask(self, look: Any, answered: Any) -> None:
        self.asked.append((look, answered))

    def answer(self) -> None:
        look, answered = self.asked.pop()
        look.seconds, look.had = self.seconds, self.had
        answered(Probed(look, dict.fromkeys(look.views, "a picture")))


@pytest.mark.parametrize(
    ("look", "shown", "had"),
    [(0.0, 0.0, 1.0), (0.04, 0.0, 1.0), (0.0, 0.04, 1.0), (0.03, 0.05, 1.0), (0.01, 0.0, 0.25)],
)
def test_pictures_take_their_share_of_a_training(desk: Make, look: float, shown: float, had: float) -> None:
    """Fails if only what the training does for a picture is counted, and not what the window does to show it; if a dear
    picture comes as often as a cheap one; or as often, where other programs leave the training a part of a core."""
    here = desk("mlp_digits")
    looker = ViewScheduler(here.session.runner, SimpleNamespace(), lambda _: None, here.session)  # type: ignore[arg-type]
    training = Training(look, had)
    looker.follow(training, Recipe())  # type: ignore[arg-type]
    looker.show("one", ViewOf("filters", "linear1", 0), lambda _key, _content: burn(shown))
    for _ in range(OF_LAST):
        here.until(lambda: training.asked)
        training.answer()
        here.until(lambda: looker._look is None and looker._next.isActive())
        rest = (looker._next.interval() + SHOWN_MS) / 1000
        looker._next.start(0)  # as if it had passed
    least = max(LIVE_MS / 1000, 0.98 * (look / had + shown) / LIVE_SHARE)
    assert least <= rest + 0.001
    assert rest <= least + 0.03 / LIVE_SHARE  # what else the window did meanwhile
    looker.close()


def test_the_painting_of_curves_is_counted(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if curves whose painting is slow are painted as often as others; painting is most of what they cost."""
    curves = Curves()
    qtbot.addWidget(curves)
    curves.resize(600, 200)
    with qtbot.waitExposed(curves):
        curves.show()
    story = RunCurves()
    usual = type(curves.loss.view).__mro__[1].paintEvent

    def slow(self: Any, event: Any) -> None:
        burn(0.02)
        usual(self, event)

    monkeypatch.setattr(type(curves.loss.view).__mro__[1], "paintEvent", slow)
    for _ in range(4):
        curves.show_story(story)
        before = curves.loss.view.painted
        curves.loss.view.viewport().repaint()
        assert curves.loss.view.painted >= before + 0.02
    curves.show_story(story)
    assert curves.pace.rest_ms >= min(SLOWEST_MS, 0.95 * 20 / REDRAW_SHARE)
    assert curves.pace.rest_ms > REDRAW_MS


def test_the_plots_of_a_running_training_are_drawn_one_after_the_other(qtbot: Any) -> None:
    """Fails if both plots hold up the window together at the end of an epoch, if the right one never follows, if a
    plot is painted twice for one drawing, or if curves without numbers take their part of each painting."""
    curves = Curves()
    qtbot.addWidget(curves)
    curves.resize(800, 200)
    with qtbot.waitExposed(curves):
        curves.show()
    views = curves.loss.view, curves.accuracy.view
    story = RunCurves()
    for epoch in range(1, 4):
        story.hear(BatchDone(epoch, 1, 1, 1.0 / epoch, 8.0))
        story.hear(epoch_done(epoch, 9, train_loss=1.0 / epoch, train_accuracy=0.2 * epoch))
        if epoch < 3:
            curves.show_story(story)
            settle()
    shown = [
        {name for name, curve in plot._curves.items() if curve.isVisible()} for plot in (curves.loss, curves.accuracy)
    ]
    assert shown == [{"batch", "train"}, {"train"}]
    pictures = [view.grab().toImage() for view in views]
    seen: list[Any] = []
    for view in views:
        view.scene().changed.connect(lambda _, which=view: seen.append(which))
    curves.show_story(story, calmly=True)
    assert list(curves.loss._raw["train"][0]) == [1, 2, 3]
    assert list(curves.accuracy._raw["train"][0]) == [1, 2]
    qtbot.waitUntil(lambda: list(curves.accuracy._raw["train"][0]) == [1, 2, 3])
    qtbot.waitUntil(lambda: all(view.grab().toImage() != was for view, was in zip(views, pictures, strict=True)))
    settle()
    assert [seen.count(view) for view in views] == [1, 1]
    story.hear(epoch_done(4, 9, train_loss=0.2, train_accuracy=0.9))
    curves.show_story(story, calmly=True)
    curves.show_story(story)  # as at the end of a training
    assert list(curves.accuracy._raw["train"][0]) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("reached", "epochs", "end"), [(1, 60, 1), (19, 60, 19), (21, 60, 22), (57, 60, 60), (57, 58, 58), (60, 60, 60)]
)
def test_plots_of_a_running_training_grow_by_a_tenth(reached: int, epochs: int, end: int) -> None:
    """Fails if the axes are painted anew for each of many epochs, or room is left for epochs that never come."""
    assert ahead(reached, epochs) == end


def test_what_a_training_has_of_a_processor_is_measured() -> None:
    """Fails if a training that computes all the time is taken for one that waits for the processor, or the other way
    round."""
    samples = _LazySamples(Recipe())
    assert samples.had() == 1.0
    samples.looked()
    time.sleep(0.2)  # as if another program had the core
    assert samples.had() < 0.2
    samples._ended = time.perf_counter() - 0.1, time.thread_time() - 0.1
    assert samples.had() > 0.9
