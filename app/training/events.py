"""What a training run tells: frozen values with plain numbers inside, so that they may cross threads. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from types import MappingProxyType

from app.core.checks.problems import AnyFix

UNREADABLE = "unreadable"  # among the numbers of an epoch, where there is something to count


@dataclass(frozen=True, slots=True)
class Started:
    """The first event. ``samples`` and ``validation`` count what is learned from and what is held out, ``test`` what
    nobody looks at until asked to.

    ``batches`` are those of one epoch. ``resumed_epoch`` is the number of epochs that were complete already.
    ``measures`` names what each epoch will tell besides its loss, None if that is not known.
    """

    device: str
    samples: int
    validation: int
    batches: int
    epochs: int
    parameters: int
    resumed_epoch: int = 0
    test: int = 0
    measures: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class BatchDone:
    """One step. ``epoch`` and ``batch`` count from 1; ``loss`` is that of this batch alone, and ``losses`` what each
    loss contributes to it, by name."""

    epoch: int
    batch: int
    batches: int
    loss: float
    samples: int
    losses: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class PartDone:
    """One of several steps of a turn, of the objective ``name``; only told where somebody steps through a training.
    ``batch`` is the turn that it belongs to, ``step`` its number of ``steps``, both from 1; ``following`` has the next
    step. The last one of a turn is told as the batch."""

    epoch: int
    batch: int
    batches: int
    name: str
    step: int
    steps: int
    following: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A setting has another value from the next batch on, which is number ``batch`` of ``epoch`` (both from 1).
    ``setting`` is one of the recipe, or the drop rate of a layer (``dropout1.p``)."""

    epoch: int
    batch: int
    setting: str
    before: float
    value: float

    def as_dict(self) -> dict[str, float | str]:
        """All of it side by side."""
        return {name: getattr(self, name) for name in ("epoch", "batch", "setting", "before", "value")}


@dataclass(frozen=True, slots=True)
class Edited:
    """Another drawing is trained from the next batch on, which is number ``batch`` of ``epoch`` (both from 1).
    ``sentence`` says which layers go on with what they have learned. ``batches``, ``epochs`` and ``parameters`` are as
    in ``Started``. One that was ``refused`` is not trained, and the sentence says why; the training rests."""

    epoch: int
    batch: int
    sentence: str
    batches: int = 0
    epochs: int = 0
    parameters: int = 0
    refused: bool = False
    node: str | None = None
    project: object = None  # the drawing


@dataclass(frozen=True, slots=True)
class EpochDone:
    """All training data was seen once more.

    ``metrics`` are whatever was measured, by name: ``train_loss`` and ``val_loss``, where there are several losses also
    ``train_loss.fool`` for each, and ``train_accuracy``, ``val_f1`` and so on for the metrics of the recipe. Those of
    ``train`` are averages over the epoch, while the weights were changing (and Dropout was on); those of ``val`` belong
    to validation data and the weights at its end, and are missing where there is none. ``seconds`` covers the whole
    epoch, ``samples_per_second`` the training alone, ``lr`` the learning rate at its end. ``unreadable`` is the number
    of training samples that could not be read and were left out.
    """

    epoch: int
    epochs: int
    metrics: Mapping[str, float]
    seconds: float
    samples_per_second: float
    lr: float
    unreadable: int = 0

    @property
    def train_loss(self) -> float:
        """What was made small."""
        return self.metrics.get("train_loss", nan)

    @property
    def val_loss(self) -> float | None:
        """The same on validation data, if there is any."""
        return self.metrics.get("val_loss")

    @property
    def train_accuracy(self) -> float | None:
        """Share of right answers from 0 to 1, where it is measured."""
        return self.metrics.get("train_accuracy")

    @property
    def val_accuracy(self) -> float | None:
        """The same on validation data."""
        return self.metrics.get("val_accuracy")

    def as_dict(self) -> dict[str, float]:
        """All numbers side by side."""
        clock = {"seconds": self.seconds, "samples_per_second": self.samples_per_second, "lr": self.lr}
        lost = {UNREADABLE: self.unreadable} if self.unreadable else {}
        return {"epoch": self.epoch, "epochs": self.epochs, **self.metrics, **lost, **clock}


@dataclass(frozen=True, slots=True)
class Probed:
    """Something the window asked for, made between two batches.

    If it could not be made, ``picture`` is None and ``sentence`` says why.
    """

    request: object
    picture: object
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A finding about the run. ``code`` is a stable word for its kind; ``node`` is None if it concerns the whole.

    ``fixes`` are what the sentence recommends, each an edit of the drawing or of the recipe, at ``node``. ``number`` is
    the one that shows it, where there is a single one.
    """

    node: str | None
    sentence: str
    code: str
    fixes: tuple[AnyFix, ...] = ()
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """All epochs are done, or a stop rule (``reason``) has ended it before. ``metrics`` are those of the epoch whose
    weights are kept; ``run`` is the folder, if there is one."""

    epoch: int
    reason: str = "done"
    metrics: Mapping[str, float | int | None] = field(default_factory=lambda: MappingProxyType({}))
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Stopped on request after ``epoch`` complete epochs. The run can be continued from its folder."""

    epoch: int
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not start, or could not go on. ``node`` is the path of the layer in which it happened, if known.

    ``fixes`` are as in ``Diagnosed``. ``useless``: to go on from what the run has kept would end in the same way.
    """

    node: str | None
    sentence: str
    fixes: tuple[AnyFix, ...] = ()
    useless: bool = False


Event = (
    Started | BatchDone | PartDone | Changed | Edited | EpochDone | Probed | Diagnosed | Finished | Cancelled | Failed
)
