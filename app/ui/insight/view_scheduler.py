"""Fetches what panels want to see: from the training between two batches, or from the nets that are kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Slot

from app.core.graph.recipe import Recipe
from app.insight.poke import Poke
from app.insight.view import Subject
from app.jobs.messages import Bundle, Ended, Picture
from app.jobs.runner import Job, Runner, call
from app.training.events import Probed
from app.training.position import At
from app.ui.insight.held_memory import HeldMemory
from app.ui.insight.live_training import LiveTraining
from app.ui.insight.subject_cache import Origin, SubjectCache, TrainingRuns
from app.ui.insight.views import NothingToShow, ViewRequest, look_all
from app.ui.pace import Pace, later

if TYPE_CHECKING:
    from app.insight.time.epochs import KeptNets
    from app.insight.view import Samples

# Pictures of a training that runs. Faster, nobody could follow them; and all of them together may take this share of
# the time: to be made between two batches, and to be shown, because the training waits for what the window does.
LIVE_MS = 500
LIVE_SHARE = 0.0125
SHOWN_MS = 80  # after which what has come is painted
LEAST_HAD = 0.1  # share of a processor that a training is taken to have at least, however busy the machine is
LOOK_SECONDS = 0.08  # that a look at many samples may take, while the training waits for it
# After an edit, so that typing a number does not build a net for each digit.
EDIT_MS = 250

Where = Callable[[str | None], Origin | NothingToShow]
Take = Callable[[str, object], object]  # key; what the request gave, or NothingToShow
Past = tuple[Path, At]  # the folder of a run, and when it is looked at


class ViewScheduler(QObject):
    """Each panel registers under a key what it wants to see, and is given every new picture of that.

    A panel that is not visible should ask for nothing (``show(key, None)``), because pictures of a running training
    cost that training time. All panels together are served by one request.
    """

    def __init__(self, runner: Runner, kept: SubjectCache, where: Where, parent: QObject) -> None:
        super().__init__(parent)
        self._runner, self._kept, self._where = runner, kept, where
        self._views: dict[str, ViewRequest] = {}
        self._takers: dict[str, Take] = {}
        self._fresh: set[str] = set()  # keys whose latest request has not been answered yet
        self._job: Job | None = None
        self._stale: Job | None = None  # one whose pictures are of a drawing that is no longer open
        self._live: LiveTraining | None = None
        self._look: _Look | None = None
        self._samples: _LazySamples | None = None
        self._pace = Pace(LIVE_SHARE, LIVE_MS - SHOWN_MS)
        self.past: Callable[[], Past | None] = lambda: None  # what says which kept epoch is looked at, if one is
        self.folder: Callable[[], Path | None] = lambda: None  # that of the run, whose other epochs can be compared
        self._pokes: tuple[Poke, ...] = ()
        self._closed = False
        self.memory = HeldMemory(self)
        self._next = later(self, self._go)

    def show(self, key: str, view: ViewRequest | None, take: Take) -> None:
        """Show this under ``key`` from now on, or nothing more; ``take`` is given the key and each picture."""
        if view is None:
            self._views.pop(key, None)
            self._takers.pop(key, None)
            self._fresh.discard(key)
            return
        self._takers[key] = take
        if self._views.get(key) != view:
            self._views[key] = view
            self._fresh.add(key)
            # Not at once, because clicking through nodes, or the end of a training, changes several views together.
            self._soon(20)

    def poke(self, pokes: tuple[Poke, ...]) -> None:
        """From now on all look at a copy of the net to which this was done."""
        if pokes != self._pokes:
            self._pokes = pokes
            self.refresh()

    def refresh(self, delay_ms: int = 0) -> None:
        """Everything may look different now."""
        self._fresh |= self._views.keys()
        self._soon(delay_ms)

    def follow(self, live: LiveTraining, recipe: Recipe) -> None:
        """Ask this training from now on."""
        self._live = live
        self._samples = _LazySamples(recipe)
        self._look = None
        self._pace.forget()
        self.refresh()

    def unfollow(self) -> None:
        """The training is over; ask the kept nets."""
        self._live = self._samples = self._look = None
        self.refresh()

    def refresh_after_edit(self) -> None:
        """The drawing has changed; look again when it has rested for a moment."""
        self._fresh |= self._views.keys()
        self._next.start(EDIT_MS)

    def forget(self) -> None:
        """Another drawing is open: what is still being made of the last one is not shown."""
        self._stale = self._job

    def close(self) -> None:
        """Ask for nothing more, whatever still comes of what was asked before."""
        self._closed = True
        self._views.clear()
        self._takers.clear()
        self._fresh.clear()
        self._next.stop()
        self.memory.let_go()

    def _soon(self, delay_ms: int) -> None:
        if not self._closed and (not self._next.isActive() or self._next.remainingTime() > delay_ms):
            self._next.start(delay_ms)

    @property
    def waits(self) -> bool:
        """Whether something that was asked for has not come yet."""
        return bool(self._fresh) or self._job is not None or self._look is not None

    @Slot()
    def _go(self) -> None:
        if self._live is not None:
            self._ask_training()
        elif self._job is None and self._fresh:
            self._ask_kept()

    def subject(self, node: str | None = None) -> Callable[[], Subject]:
        """What gives the net that is looked at while nothing trains, with its weights and samples: for jobs. It raises
        a ValueError with a sentence if there is none."""
        origin = self._where(node)
        return partial(_subject, self._kept, origin)

    # From a training

    def _ask_training(self) -> None:
        assert self._live is not None
        assert self._samples is not None
        if self._look is not None or not self._views:
            return  # its answer starts the next one
        past = self.past()
        if (self._live.paused or past is not None) and not self._fresh:
            return  # nothing has changed, or will: what has been is not trained any more
        self._fresh.clear()
        self._look = _Look(dict(self._views), self._samples, past, self._pokes, self.folder())
        self._live.ask(self._look, self._on_answer)

    def _on_answer(self, probed: Probed) -> None:
        """An answer of the training."""
        look = self._look
        if look is None or probed.request is not look:
            return
        self._look = None
        started = time.thread_time()
        if probed.picture is None:
            for key, view in look.views.items():
                self._tell(key, view, NothingToShow(probed.sentence))
        else:
            picture: Any = probed.picture
            for key, content in picture.items():
                self._tell(key, look.views[key], content)
        QTimer.singleShot(SHOWN_MS, self, partial(self._shown, look, started))
        if self._fresh:
            self._soon(0)

    def _shown(self, look: _Look, started: float) -> None:
        """What a look has brought is painted; ``started`` is when the window began with it, by the clock of its
        thread."""
        self._pace.took(look.seconds / max(look.had, LEAST_HAD) + time.thread_time() - started)
        if self._look is None:
            self._soon(0 if self._fresh else self._pace.rest_ms)

    # From what is kept

    def _ask_kept(self) -> None:
        groups: dict[int, tuple[Origin, dict[str, ViewRequest]]] = {}
        for key in sorted(self._fresh):
            view = self._views[key]
            origin = self._where(view.node)
            if isinstance(origin, NothingToShow):
                self._tell(key, view, origin)
            else:
                groups.setdefault(id(origin), (origin, {}))[1][key] = view
        self._fresh.clear()
        if groups:
            kept, wanted, pokes = self._kept, tuple(groups.values()), self._pokes
            self.memory.hold()
            self._job = self._runner.start(
                lambda: _look_at(kept, wanted, pokes), heard=self._on_bundle, ended=self._on_ended
            )

    def _on_bundle(self, bundle: Bundle) -> None:
        for picture in bundle.pictures if self._job is not self._stale else ():
            self._tell(str(picture.key), *picture.content)

    def _on_ended(self, ended: Ended) -> None:
        stale, self._job, self._stale = self._job is self._stale, None, None
        if not self._closed:
            self.memory.hold()
        if ended.outcome == "failed" and not stale:
            for key, view in tuple(self._views.items()):
                self._tell(key, view, NothingToShow(ended.sentence))
        if self._fresh:
            self._soon(0)

    def _tell(self, key: str, view: ViewRequest, content: object) -> None:
        if self._views.get(key) == view:  # else the panel has moved on
            call(self._takers[key], key, content)


def _subject(kept: SubjectCache, origin: Origin | NothingToShow) -> Subject:
    if isinstance(origin, NothingToShow):
        raise ValueError(origin.sentence)
    return kept.subject(origin)


class _LazySamples:
    """The samples of a run, loaded when the first picture is made. Used in the training's thread only."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._loaded: Samples | None = None
        self._nets: KeptNets | None = None
        self._ended: tuple[float, float] | None = None  # when the last look was over, by the clock and by the processor

    def had(self) -> float:
        """How much of a processor the training had since the last look, from 0 to 1. Beside busy programs it is little,
        and the same look takes more of that little."""
        if self._ended is None:
            return 1.0
        passed, worked = time.perf_counter() - self._ended[0], time.thread_time() - self._ended[1]
        return min(1.0, worked / passed) if passed > 0 else 1.0

    def looked(self) -> None:
        """A look is over."""
        self._ended = time.perf_counter(), time.thread_time()

    def then(self, now: Subject, past: Past) -> Subject:
        """What is trained, as it was at the end of an epoch that was kept."""
        if self._nets is None:
            from app.insight.time.epochs import KeptNets

            self._nets = KeptNets()
        return self._nets.subject(now, *past)

    def of(self, net: Any) -> Samples:
        if self._loaded is None:
            from app.insight.samples import load_samples

            self._loaded = load_samples(net, self._recipe)
        return self._loaded


class _Look:
    """One request to a training: all pictures that are wanted now."""

    def __init__(
        self,
        views: dict[str, ViewRequest],
        samples: _LazySamples,
        past: Past | None = None,
        pokes: tuple[Poke, ...] = (),
        folder: Path | None = None,
    ) -> None:
        self.views = views
        self.past = past
        self._pokes = pokes
        self._folder = folder
        self.seconds, self.had = 0.0, 1.0
        self._samples = samples

    def __call__(self, training: Any) -> dict[str, object]:
        caption = f"in epoch {training.epoch + 1}"
        self.had = self._samples.had()
        samples = self._samples.of(training.net)
        subject = Subject(
            training.net,
            training.model,
            samples,
            caption,
            self._folder,
            seconds=LOOK_SECONDS,
            updates=training.updates,
            progress=training.progress,
        )
        # Neither the loading of samples, which happens once, nor a moment in which the machine had other things to do
        # says anything of the next look.
        started = time.thread_time()
        if self.past is not None:
            subject = self._samples.then(subject, self.past)
        seen = _seen(self.views, subject, self._pokes)
        self.seconds = time.thread_time() - started
        self._samples.looked()
        return seen


def _seen(views: dict[str, ViewRequest], subject: Subject, pokes: tuple[Poke, ...]) -> dict[str, object]:
    if not pokes:
        return look_all(views, subject)
    from app.ui.insight.hands_on import look_at_poked

    return look_at_poked(views, subject, pokes, look_all)


def _look_at(
    kept: SubjectCache, wanted: tuple[tuple[Origin, dict[str, ViewRequest]], ...], pokes: tuple[Poke, ...]
) -> Iterator[Picture]:
    for origin, views in wanted:
        try:
            subject = kept.subject(origin)
        except TrainingRuns:
            return  # a training has begun and will be asked instead
        except ValueError as reason:
            for key, view in views.items():
                yield Picture(key, (view, NothingToShow(str(reason))))
            continue
        for key, content in _seen(views, subject, pokes).items():
            yield Picture(key, (views[key], content))
