"""What the panel asks for: the answers to the samples of a part, beside them what needs no net, and harder samples. No
Qt: it runs in jobs and in the thread of a training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs.messages import Picture

if TYPE_CHECKING:
    import numpy as np

    from app.insight.view import Subject
    from app.training.judging.judgement import Judgement

MOST_HARD = 100  # samples in the list of the hardest


@dataclass(frozen=True, eq=False)
class JudgementAnswer:
    """What came: the judgement, what is seen (``trained for 3 epochs``), the source of the samples, names by place of
    the hardest ones (``hard``), and their losses (epochs, samples) over the epochs ``epochs``."""

    judgement: Judgement
    caption: str
    source: str
    hard: np.ndarray
    names: tuple[str, ...]
    epochs: np.ndarray
    over_time: np.ndarray
    live: bool
    torn: str = ""


@dataclass(frozen=True)
class JudgeOf:
    """Ask for the answers to the samples of a part. ``folder`` is that of the run; ``node`` is None, since it is about
    the net as a whole. ``round`` counts the nets that were looked at."""

    part: str
    folder: Path | None = None
    round: int = 0
    node: str | None = None

    def look(self, subject: Subject) -> JudgementAnswer:
        """
        Raises:
            NoPicture: if there is nothing to judge.
        """
        import numpy as np

        from app.insight.part_predictions import judged, parts_for
        from app.training.judging.own_losses import read_history

        found = judged(subject, self.part)
        parts, answers = parts_for(subject.net), found.answers
        folder = subject.folder or self.folder
        history = read_history(folder) if self.part == "train" and folder is not None else None
        over_time = history.of(answers.numbers) if history is not None else np.empty((0, answers.count))
        hard = found.hardest(MOST_HARD, over_time)
        found.intervals, found.classes, found.reliability, found.answering  # noqa: B018  here, and not in the window
        source = next((name for name, feed in parts.data.feeds.items() if feed.length is not None), "")
        grouped = parts.data.groups is not None or parts.data.ordered
        return JudgementAnswer(
            found,
            subject.caption,
            source,
            hard,
            tuple(parts.name_of(int(answers.numbers[place])) for place in hard),
            history.epochs if history is not None else np.empty(0, np.int64),
            over_time[:, hard],
            subject.seconds is not None and subject.progress is not None,
            "Samples that belong together are taken for independent; the true intervals are wider." if grouped else "",
        )


def compare(find: Callable[[], Subject], part: str, folder: Path | None) -> Iterator[Picture]:
    """What one would get without a net, on the same part. ``find`` gives the net that is beside it."""
    from app.insight.part_predictions import parts_for
    from app.training.judging.baselines import BaselineSamples, baselines
    from app.training.refusal import CannotTrain
    from nodes.api import NoData

    net = find().net
    parts = parts_for(net)
    try:
        learn, judged = (
            BaselineSamples(parts.samples, parts.index("train")),
            BaselineSamples(parts.samples, parts.index(part)),
        )
        yield Picture("baselines", baselines(net, learn, judged, parts.size, folder))
    except (CannotTrain, NoData) as reason:
        raise ValueError(str(reason)) from None


def make_harder(find: Callable[[], Subject], part: str) -> Iterator[Picture]:
    """The answers to samples with more and more noise, and turned further and further: a list that grows."""
    from app.insight.part_predictions import parts_for
    from app.training.judging.robustness import RobustnessPoint, harder, kinds_of
    from app.training.refusal import CannotTrain
    from nodes.api import NoData

    subject = find()
    if not kinds_of(subject.net):
        raise ValueError("Nothing that enters this net can be made harder, or no answer of it is measured.")
    found: list[RobustnessPoint] = []
    try:
        for each in harder(subject.net, subject.model, parts_for(subject.net), part):
            found.append(each)
            yield Picture("harder", tuple(found))
    except (CannotTrain, NoData) as reason:
        raise ValueError(str(reason)) from None


def word(words: tuple[str, ...], place: int) -> str:
    """What a class is called; a dash for none."""
    return words[place] if 0 <= place < len(words) else "–" if place < 0 else str(place)
