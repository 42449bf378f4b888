"""What the thread of a sweep runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.graph.model import Project
from app.core.variants.axes import SweepAxis
from app.core.variants.drawings import Variant
from app.training.control import Control
from app.training.sweeping.results import SweepTable
from app.training.sweeping.sweep_events import SweepEvent, VariantAdded, VariantEvent
from app.ui.loading import load_for_training
from nodes.api import NoData


@dataclass(frozen=True)
class SweepRequest:
    """A sweep that was asked for: its variants, or what varies where they are chosen by results: ``by_results`` is
    ``evolution`` or ``optuna`` then. ``race``: side by side, batch by batch."""

    project: Project
    axes: tuple[SweepAxis, ...]
    variants: tuple[Variant, ...]
    folder: Path
    file: Path | None = None
    race: bool = False
    by_results: str = ""
    tries: int = 0


def run_sweep(wish: SweepRequest, control: Control) -> Iterator[object]:
    """The whole sweep, in its thread. What it refuses is raised as a sentence."""
    yield from load_for_training()
    import torch

    from app.training.refusal import CannotTrain
    from app.training.sweeping.evolution import Evolution
    from app.training.sweeping.search import Unavailable, optuna_source
    from app.training.sweeping.sweep import sweep

    pending = [wish.variants]
    table = SweepTable()

    def once() -> Sequence[Variant]:
        return pending.pop() if pending else ()

    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        source: Callable[[], Sequence[Variant]] = once
        if wish.by_results == "evolution":
            source = Evolution(wish.project, wish.axes, wish.tries, 0, table)
        elif wish.by_results == "optuna":
            source = optuna_source(wish.project, wish.axes, wish.tries, 0, table)
        race = wish.race
        for event in sweep(source, wish.folder, control, file=wish.file, every_batch=race, in_step=race):
            _follow(table, event)
            yield event
    except (CannotTrain, NoData, Unavailable) as refusal:
        raise ValueError(str(refusal)) from None
    finally:
        torch.set_num_threads(usual)


def _follow(table: SweepTable, event: SweepEvent) -> None:
    if isinstance(event, VariantAdded | VariantEvent):
        table.hear(event)
