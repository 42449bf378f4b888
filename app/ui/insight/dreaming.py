"""Runs a dream beside the window, also while a training goes on: then with the weights of the moment it began."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from app.jobs.messages import Bundle, Ended, Picture
from app.jobs.runner import Job, Runner
from app.training.control import Control
from app.training.events import Probed
from app.ui.insight.kept import Held, Kept, Origin
from app.ui.insight.looker import Where
from app.ui.insight.views import Nothing

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class DreamWish:
    """What to dream of. ``channel`` None means the whole layer; ``image`` is a file to begin with, or none."""

    node: str
    channel: int | None = None
    steps: int = 128
    seed: int = 0
    image: str = ""


@dataclass(frozen=True, eq=False)
class Dreamt:
    """The picture so far: ``(h, w)`` or ``(h, w, 3)`` in 0..1, and what the unit answered at each step until now."""

    step: int
    steps: int
    image: np.ndarray
    scores: tuple[float, ...]
    caption: str


class Dreamer(QObject):
    """One dream at a time. ``grown`` carries each ``Dreamt``; ``ended`` a sentence, empty if all went well."""

    grown = Signal(object)
    ended = Signal(str)

    def __init__(self, runner: Runner, kept: Kept, where: Where, parent: QObject) -> None:
        super().__init__(parent)
        self._runner, self._kept, self._where = runner, kept, where
        self._job: Job | None = None
        self._control: Control | None = None
        self._copying: _Copy | None = None
        runner.bundle.connect(self._on_bundle)
        runner.ended.connect(self._on_ended)

    @property
    def busy(self) -> bool:
        """Whether a dream is on, or about to begin."""
        return self._job is not None or self._copying is not None

    def start(self, wish: DreamWish) -> None:
        """Begin. The answer is at least one ``grown`` or a sentence in ``ended``, and always one ``ended``."""
        if self.busy:
            return
        if self._control is not None:
            self._copying = _Copy(wish)
            self._control.ask(self._copying)
            return
        origin = self._where(wish.node)
        if isinstance(origin, Nothing):
            self.ended.emit(origin.sentence)
            return
        kept = self._kept
        self._job = self._runner.start(lambda: _dream_of_kept(kept, origin, wish))

    def stop(self) -> None:
        """End with the picture as it is."""
        if self._copying is not None:
            self._copying = None
            self.ended.emit("")
        elif self._job is not None:
            self._job.stop()

    def follow(self, control: Control) -> None:
        """A training is on: dream with its weights from now on."""
        self._control = control

    def unfollow(self) -> None:
        """The training is over. A dream that still waits for its weights gets the kept ones."""
        self._control = None
        if self._copying is not None:
            wish, self._copying = self._copying.wish, None
            self.start(wish)

    def hear(self, probed: Probed) -> None:
        """An answer of the training."""
        copying = self._copying
        if copying is None or probed.request is not copying:
            return
        self._copying = None
        if not copying.taken:
            self.ended.emit(probed.sentence)
            return
        self._job = self._runner.start(copying.dream)

    @Slot(object)
    def _on_bundle(self, bundle: Bundle) -> None:
        if self._job is None or bundle.job != self._job.number:
            return
        for event in bundle.events:
            if isinstance(event, Picture):
                self.grown.emit(event.content)

    @Slot(object)
    def _on_ended(self, ended: Ended) -> None:
        if self._job is None or ended.job != self._job.number:
            return
        self._job = None
        self.ended.emit(ended.sentence)


class _Copy:
    """A request to a training: a copy of the net as it is now. It stays in the jobs; the window only passes it on."""

    def __init__(self, wish: DreamWish) -> None:
        self.wish = wish
        self.taken: list[Any] = []

    def __call__(self, training: Any) -> None:
        import copy

        self.taken += [training.net, copy.deepcopy(training.model), f"with the weights of epoch {training.epoch + 1}"]

    def dream(self) -> Iterator[Picture]:
        """The dream of the copy."""
        net, model, caption = self.taken
        return _dream(net, model, self.wish, caption)


def _dream_of_kept(kept: Kept, origin: Origin, wish: DreamWish) -> Iterator[Picture]:
    try:
        subject = kept.subject(origin)
    except Held:
        raise ValueError("A training has just begun. Start the dream again.") from None
    yield from _dream(subject.net, subject.model, wish, subject.caption)


def _dream(net: Any, model: Any, wish: DreamWish, caption: str) -> Iterator[Picture]:
    from app.insight.dream import dream
    from app.insight.images import load_for

    image = load_for(net, wish.image) if wish.image else None
    scores: list[float] = []
    for step in dream(net, model, wish.node, wish.channel, image, steps=wish.steps, seed=wish.seed):
        scores.append(step.score)
        yield Picture("dream", Dreamt(step.step, step.steps, step.image, tuple(scores), caption))
