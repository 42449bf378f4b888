"""What a training run tells: frozen values with plain numbers inside, so that they may cross threads. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.core.problems import AnyFix


@dataclass(frozen=True, slots=True)
class Started:
    """The first event. ``samples`` and ``validation`` count what is learned from and what is held out.

    ``batches`` are those of one epoch. ``resumed_epoch`` is the number of epochs that were complete already.
    """

    device: str
    samples: int
    validation: int
    batches: int
    epochs: int
    weights: int
    resumed_epoch: int = 0


@dataclass(frozen=True, slots=True)
class BatchDone:
    """One step. ``epoch`` and ``batch`` count from 1; ``loss`` is that of this batch alone."""

    epoch: int
    batch: int
    batches: int
    loss: float
    samples: int


@dataclass(frozen=True, slots=True)
class EpochDone:
    """All training data was seen once more.

    ``train_loss`` and ``train_accuracy`` are averages over the epoch, while the weights were changing (and Dropout was
    on); ``val_loss`` and ``val_accuracy`` belong to the weights at its end. Accuracies run from 0 to 1 and are None
    where there are no classes; values of held-out data are None where nothing is held out. ``seconds`` covers the
    whole epoch, ``samples_per_second`` the training alone.
    """

    epoch: int
    epochs: int
    train_loss: float
    train_accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None
    seconds: float
    samples_per_second: float
    lr: float


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

    ``fixes`` are what the sentence recommends, each an edit of the drawing or of the recipe, at ``node``.
    """

    node: str | None
    sentence: str
    code: str
    fixes: tuple[AnyFix, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """All epochs are done. ``metrics`` are those of the last one; ``run`` is the folder, if there is one."""

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


Event = Started | BatchDone | EpochDone | Probed | Diagnosed | Finished | Cancelled | Failed
