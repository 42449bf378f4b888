"""Slow views, each made in a job of its own; while a training goes on, with the weights of the moment it began. Where
somebody has laid hands on the net, they look at the copy as it was then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from app.core.graph.recipe import Recipe
from app.insight.poke import Poke, words_of
from app.insight.view import Samples, Subject
from app.insight.views import views
from app.jobs.messages import Bundle, Ended, Picture
from app.jobs.runner import Job, Runner, call
from app.training.events import Probed
from app.ui.insight.live_training import LiveTraining
from app.ui.insight.subject_cache import Origin, SubjectCache, TrainingRuns
from app.ui.insight.view_scheduler import Past, Where
from app.ui.insight.views import NothingToShow, ViewOf, ViewPictures

if TYPE_CHECKING:
    import numpy as np


FOLLOWED = 1 / 25  # seconds from one picture to the next of a view that is watched as it goes


@dataclass(frozen=True, eq=False)
class SlowViewState:
    """What can be seen of a slow view after ``step`` of ``steps``, and its score at each step until now."""

    step: int
    steps: int
    shown: ViewPictures
    scores: tuple[float, ...] = ()

    @property
    def image(self) -> np.ndarray:
        """The first map of the picture."""
        maps: np.ndarray = self.shown.tiles.maps
        return maps[0]

    @property
    def caption(self) -> str:
        """How far the weights are trained."""
        return self.shown.caption


class SlowViews(QObject):
    """Starts slow views; any number of them may be at work."""

    def __init__(self, runner: Runner, kept: SubjectCache, where: Where, parent: QObject) -> None:
        super().__init__(parent)
        self.runner, self.kept, self.where = runner, kept, where
        self.live: LiveTraining | None = None
        self.recipe = Recipe()  # of the training
        self.past: Callable[[], Past | None] = lambda: None  # as the looker's
        self.folder: Callable[[], Path | None] = lambda: None  # of the run
        self.pokes: Callable[[], tuple[Poke, ...]] = tuple  # what is done to the net that is looked at
        self._at_work: list[SlowRun] = []

    @property
    def busy(self) -> bool:
        """Whether any is at work, or about to begin."""
        return bool(self._at_work)

    def start(self, wish: ViewOf, grown: Callable[[SlowViewState], object], ended: Callable[[str], object]) -> SlowRun:
        """Begin. ``grown`` gets what can be seen so far, ``ended`` one sentence in the end, empty if all went well."""
        run = SlowRun(self, wish, grown, ended)
        self._at_work.append(run)
        run.begin()
        return run

    def follow(self, live: LiveTraining, recipe: Recipe) -> None:
        """A training is on: use its weights from now on."""
        self.live, self.recipe = live, recipe

    def unfollow(self) -> None:
        """The training is over. What still waits for its weights gets the kept ones."""
        self.live = None
        for run in tuple(self._at_work):
            run.training_ended()

    def remove(self, run: SlowRun) -> None:
        """This one has ended."""
        self._at_work.remove(run)


class SlowRun:
    """One slow view at work."""

    def __init__(
        self, views: SlowViews, wish: ViewOf, grown: Callable[[SlowViewState], object], ended: Callable[[str], object]
    ) -> None:
        self._views, self._wish = views, wish
        self._pokes = views.pokes()
        self._grown, self._ended = grown, ended
        self._copying: _Copy | None = None
        self._followed: _Copy | None = None  # of a training whose weights it goes on with
        self._job: Job | None = None
        self.done = False

    def begin(self) -> None:
        """Ask for the weights of the training that is on, or for the kept ones."""
        live = self._views.live
        if live is not None:
            self._copying = _Copy(self._views.recipe, self._views.past(), self._views.folder())
            live.ask(self._copying, self._on_copied)
            return
        origin = self._views.where(self._wish.node)
        if isinstance(origin, NothingToShow):
            self._end(origin.sentence)
            return
        kept, wish, pokes = self._views.kept, self._wish, self._pokes
        self._work(lambda: _of_kept(kept, origin, wish, pokes))

    def stop(self) -> None:
        """End with what can be seen now."""
        if self._copying is not None:
            self._end("")
        elif self._job is not None:
            self._job.stop()

    @property
    def paused(self) -> bool:
        """Whether it rests, or will after the step it is in."""
        return self._job is not None and self._job.paused

    def pause(self) -> None:
        """Rest until ``resume``, or ``stop``."""
        if self._job is not None:
            self._job.pause()

    def resume(self) -> None:
        """Go on after a pause."""
        if self._job is not None:
            self._job.resume()

    def training_ended(self) -> None:
        """If the weights have not come yet, they will not."""
        if self._copying is not None:
            self._copying = None
            self.begin()

    def _on_copied(self, probed: Probed) -> None:
        copying = self._copying
        if copying is None or probed.request is not copying:
            return
        self._copying = None
        if not copying.taken:
            self._end(probed.sentence)
            return
        wish, pokes = self._wish, self._pokes
        # A copy that was poked stays as it is: newer weights would undo what was done to them.
        goes_on = views()[wish.view].follows and self._views.past() is None and not pokes
        self._followed = copying if goes_on else None
        self._work(lambda: copying.work(wish, pokes))

    def _work(self, make: Callable[[], Iterator[Picture]]) -> None:
        self._job = self._views.runner.start(make, heard=self._on_bundle, ended=self._on_ended)

    def _on_bundle(self, bundle: Bundle) -> None:
        self._follow()
        for picture in bundle.pictures:
            call(self._grown, picture.content)

    def _follow(self) -> None:
        """Have a view that follows the training go on with the weights of now, once those before have come."""
        live, copied = self._views.live, self._followed
        if live is not None and copied is not None and not copied.fresh.asked:
            copied.fresh.asked = True
            live.ask(copied.fresh, lambda _: None)

    def _on_ended(self, ended: Ended) -> None:
        self._end(ended.sentence)

    def _end(self, sentence: str) -> None:
        self._copying = self._job = None
        self.done = True
        self._views.remove(self)
        call(self._ended, sentence)


class _Copy:
    """A request to a training: a copy of the net as it is now. It stays in the jobs; the window only passes it on."""

    def __init__(self, recipe: Recipe, past: Past | None, folder: Path | None) -> None:
        self._recipe, self._past, self._folder = recipe, past, folder
        self.taken: list[Any] = []
        self.fresh = _Fresh(self.taken)

    def __call__(self, training: Any) -> None:
        import copy

        if self._past is not None:
            from app.insight.time.epochs import KeptNets

            now = Subject(training.net, training.model, Samples({}, ()))
            then = KeptNets().subject(now, *self._past)
            self.taken += [then.net, then.model, then.caption]
            return
        self.taken += [
            training.net,
            copy.deepcopy(training.model),
            f"with the weights of epoch {training.epoch + 1}",
        ]

    def work(self, wish: ViewOf, pokes: tuple[Poke, ...] = ()) -> Iterator[Picture]:
        """The view of the copy, to which this was done."""
        from app.insight.samples import load_samples

        net, model, caption = self.taken
        if views()[wish.view].follows and self._past is None and not pokes:
            caption = "with the weights of the training as it goes on"
        samples = (
            load_samples(net, self._recipe)
            if views()[wish.view].sample or views()[wish.view].several
            else Samples({}, ())
        )
        yield from _steps(wish, Subject(net, model, samples, caption, self._folder), pokes)


class _Fresh:
    """A request to a training: the copy that was taken gets the weights of now. Another thread may be reading the copy;
    what it computes then is of weights in between, and right again with the next step."""

    def __init__(self, taken: list[Any]) -> None:
        self._taken = taken
        self.asked = False

    def __call__(self, training: Any) -> None:
        import torch

        self.asked = False
        _, model, _ = self._taken
        own, now = model.state_dict(), training.model.state_dict()
        if own.keys() == now.keys() and all(own[name].shape == now[name].shape for name in own):
            with torch.no_grad():
                for name, value in own.items():
                    value.copy_(now[name])


def _of_kept(kept: SubjectCache, origin: Origin, wish: ViewOf, pokes: tuple[Poke, ...]) -> Iterator[Picture]:
    try:
        subject = kept.subject(origin)
    except TrainingRuns:
        raise ValueError("A training has just begun. Start again.") from None
    yield from _steps(wish, subject, pokes)


def _steps(wish: ViewOf, subject: Subject, pokes: tuple[Poke, ...]) -> Iterator[Picture]:
    if pokes:
        from app.insight.tiles import NoPicture
        from app.ui.insight.hands_on import hands_on

        try:
            yield from _steps(wish, hands_on(subject, pokes), ())
        except NoPicture as reason:
            raise NoPicture(f"{reason} This is said of a poked copy: {words_of(pokes, 2)}.") from None
        return
    scores: list[float] = []
    pause = FOLLOWED if views()[wish.view].follows else 0.0
    for step in wish.steps(subject):
        time.sleep(pause)
        if step.score is not None:
            scores.append(step.score)
        yield Picture("view", SlowViewState(step.done, step.steps, wish.shown(step.pictures, subject), tuple(scores)))
