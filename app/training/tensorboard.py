"""Writes what a training tells for TensorBoard, as far as that is installed: it is an optional package."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.core.checks.problems import SetTraining
from app.core.graph.recipe import Recipe
from app.core.live_settings import change_words
from app.training.events import BatchDone, Changed, Edited, EpochDone, Event, Failed
from app.training.folder import BOARD

ABSENT = (
    "TensorBoard is not installed, so its files cannot be written. Install it with pip install tensorboard, or set log "
    "to none."
)


def logged(events: Iterator[Event], recipe: Recipe, folder: Path) -> Generator[Event]:
    """The events of a training. Where the recipe asks for it, its numbers are written for TensorBoard into the folder
    ``tensorboard`` of the run: ``batch/loss`` by batch, ``loss/train``, ``accuracy/val``, ``lr`` and so on by epoch.
    ``events`` must not have begun."""
    if recipe.log != "tensorboard":
        yield from events
        return
    if find_spec("tensorboard") is None:
        yield Failed(None, ABSENT, (SetTraining("log", "none"),))
        return
    from torch.utils.tensorboard import SummaryWriter

    made: list[Any] = []

    def writer() -> Any:  # made with the first number: a training that is refused leaves nothing behind
        if not made:
            made.append(SummaryWriter(str(folder / BOARD)))
        return made[0]

    try:
        with closing(events) as running:  # type: ignore[type-var]  # a generator, as every training is
            for event in running:
                if isinstance(event, BatchDone | EpochDone | Changed | Edited):
                    _write(writer(), event)
                yield event
    finally:
        for each in made:
            each.close()


def _write(writer: Any, event: BatchDone | EpochDone | Changed | Edited) -> None:
    match event:
        case BatchDone():
            writer.add_scalar("batch/loss", event.loss, (event.epoch - 1) * event.batches + event.batch)
        case EpochDone():
            for name, value in event.metrics.items():
                part, _, metric = name.partition("_")
                writer.add_scalar(f"{metric}/{part}", value, event.epoch)
            writer.add_scalar("lr", event.lr, event.epoch)
            writer.flush()
        case Changed():
            writer.add_text("changes", change_words(event.setting, event.before, event.value), event.epoch)
        case Edited() if not event.refused:
            writer.add_text("changes", event.sentence, event.epoch)
