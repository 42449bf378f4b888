"""The views that the command line can write for a run: ``inspect RUN --view VIEW --node NAME -o OUT.png``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from app.data import catalog
from app.data.dataset import NoData
from app.insight.activations import activations
from app.insight.adversarial import EPSILON, attack
from app.insight.anatomy import classes
from app.insight.attribution import METHODS, attribution
from app.insight.filters import SHOWS, filters
from app.insight.tiles import NoPicture, Tiles
from app.training.batches import divide, load
from app.training.checkpoints import LoadedRun
from app.training.refusal import CannotTrain

Options = Mapping[str, Any]
View = Callable[[LoadedRun, str | None, Options], Tiles]

# What may stand in the options of each view; one that a view does not have is told and not passed over.
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "filters": ("show", "weight"),
    "activations": ("sample",),
    "attribution": ("sample", "channel", "method"),
    "adversarial": ("sample", "channel", "epsilon"),
}
KNOWN = frozenset(name for names in OPTIONS.values() for name in names)


@dataclass(frozen=True)
class Held:
    """Samples of a run that it was not trained on, by field, and the words for their classes."""

    batch: Mapping[str, Tensor]
    labels: tuple[str, ...]
    count: int


def held_out(run: LoadedRun) -> Held:
    """The samples that the run kept out of training; all of them if it kept none.

    Raises:
        NoPicture: if the drawing has no data.
    """
    plan = run.net.plan
    try:
        fields = load(plan)
        recipe = run.project.recipe
        trained, kept = divide(plan, fields, recipe.validation, recipe.seed)
        words = next((data.classes for each in plan.sources if (data := catalog.load(each)).classes), ())
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    chosen = kept if len(kept) else trained
    return Held({name: values[chosen] for name, values in fields.items()}, words, len(chosen))


def _filters(run: LoadedRun, node: str | None, options: Options) -> Tiles:
    show = options.get("show", "auto")
    if show not in SHOWS:
        raise NoPicture(f"Filters cannot be shown as {show!r}. Choose from {', '.join(SHOWS)}.")
    return filters(run.net, run.model, _named(run, node), show, weight=options.get("weight", ""))


def _activations(run: LoadedRun, node: str | None, options: Options) -> Tiles:
    held = held_out(run)
    sample = _sample(held, options)
    return activations(run.net, run.model, held.batch, _named(run, node), sample=sample, labels=held.labels)


def _attribution(run: LoadedRun, node: str | None, options: Options) -> Tiles:
    method = options.get("method", "integrated")
    if method not in METHODS:
        raise NoPicture(f"There is no attribution {method!r}. Choose from {', '.join(METHODS)}.")
    held = held_out(run)
    return attribution(
        run.net,
        run.model,
        held.batch,
        node,
        options.get("channel"),
        method=method,
        sample=_sample(held, options),
        labels=held.labels,
    )


def _adversarial(run: LoadedRun, node: str | None, options: Options) -> Tiles:
    scores = classes(run.net)
    if node is not None and scores is not None and node != scores.node:
        raise NoPicture(f"Only class scores can be turned, and {node} does not give them. Use {scores.node}.")
    held = held_out(run)
    made = attack(
        run.net,
        run.model,
        held.batch,
        label=options.get("channel"),
        epsilon=float(options.get("epsilon", EPSILON)),
        sample=_sample(held, options),
    )
    return made.tiles(held.labels)


def _named(run: LoadedRun, node: str | None) -> str:
    if node:
        return node
    names = ", ".join(step.name for step in run.net.plan.graph.steps[:12])
    raise NoPicture(f"Name the layer to look at. There are: {names}.")


def _sample(held: Held, options: Options) -> int:
    sample = int(options.get("sample", 0))
    if not 0 <= sample < held.count:
        raise NoPicture(
            f"There is no held-out sample {sample}; there are {held.count}, numbered from 0 to {held.count - 1}."
        )
    return sample


VIEWS: Mapping[str, View] = {
    "filters": _filters,
    "activations": _activations,
    "attribution": _attribution,
    "adversarial": _adversarial,
}


def check(view: str, options: Options) -> None:
    """Whether there is this view, and whether it has these options.

    Raises:
        NoPicture: if not, with those that there are.
    """
    if view not in VIEWS:
        raise NoPicture(f"There is no view {view!r}. Choose from {', '.join(VIEWS)}.")
    unknown = sorted(set(options) - KNOWN)
    if unknown:
        raise NoPicture(f"There is no option {unknown[0]!r} for a view. There are: {', '.join(sorted(KNOWN))}.")
    strange = sorted(set(options) - set(OPTIONS[view]))
    if strange:
        others = " and ".join(name for name, has in OPTIONS.items() if strange[0] in has)
        raise NoPicture(
            f"The view {view} has no option {strange[0]}; that is for {others}. It has: {', '.join(OPTIONS[view])}."
        )


def look(run: LoadedRun, view: str, node: str | None = None, options: Options | None = None) -> Tiles:
    """What a view shows of a run.

    Raises:
        NoPicture: for a view or an option that does not exist, or a node that this view cannot show.
    """
    options = options or {}
    check(view, options)
    return VIEWS[view](run, node, options)
