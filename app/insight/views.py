"""The views that the command line can write for a run: ``inspect RUN --view VIEW --node NAME -o OUT.png``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from app.insight.activations import activations
from app.insight.adversarial import EPSILON, attack
from app.insight.anatomy import classes
from app.insight.attribution import METHODS, attribution
from app.insight.filters import SHOWS, filters
from app.insight.tiles import NoPicture, Tiles
from app.training.batches import Samples, divide, joined, load
from app.training.checkpoints import LoadedRun
from app.training.refusal import CannotTrain
from nodes.api import NoData

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


# Samples that are drawn anew for each batch come in groups of as many, so that the window and a picture in a file show
# the same ones.
TOGETHER = 64


class Held:
    """Samples of a run that it was not trained on, and the words for their classes. Only those that are looked at are
    read."""

    def __init__(self, samples: Samples, index: Tensor, draws: bool, labels: tuple[str, ...]) -> None:
        self._samples = samples
        self._index = index
        self._draws = draws
        self.labels = labels
        self.count = len(index)

    def at(self, first: int, count: int) -> dict[str, Tensor]:
        """As many samples from the one with the number ``first`` on, by field: ``{"digits.image": (n, 1, 8, 8)}``."""
        return self._samples.at(self._index[first : first + count])

    def one(self, sample: int) -> dict[str, Tensor]:
        """A batch of one sample."""
        if not self._draws:
            return self.at(sample, 1)
        first = sample - sample % TOGETHER
        place = sample - first
        return {name: values[place : place + 1] for name, values in self.at(first, TOGETHER).items()}


def held_out(run: LoadedRun) -> Held:
    """The samples that the run kept out of training; all of them if it kept none.

    Raises:
        NoPicture: if the drawing has no data.
    """
    plan = run.net.plan
    try:
        load(plan)  # refuses what could not be trained
        data = joined(plan)
        recipe = run.project.recipe
        trained, kept = divide(plan, data, recipe.validation, recipe.seed)
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    words = next((feed.schema.words for feed in data.feeds.values() if feed.schema and feed.schema.words), ())
    return Held(Samples(data, torch.device("cpu")), kept if len(kept) else trained, data.draws, words)


def _filters(run: LoadedRun, node: str | None, options: Options) -> Tiles:
    show = options.get("show", "auto")
    if show not in SHOWS:
        raise NoPicture(f"Filters cannot be shown as {show!r}. Choose from {', '.join(SHOWS)}.")
    return filters(run.net, run.model, _named(run, node), show, weight=options.get("weight", ""))


def _activations(run: LoadedRun, node: str | None, options: Options) -> Tiles:
    held = held_out(run)
    one = held.one(_sample(held, options))
    return activations(run.net, run.model, one, _named(run, node), labels=held.labels)


def _attribution(run: LoadedRun, node: str | None, options: Options) -> Tiles:
    method = options.get("method", "integrated")
    if method not in METHODS:
        raise NoPicture(f"There is no attribution {method!r}. Choose from {', '.join(METHODS)}.")
    held = held_out(run)
    return attribution(
        run.net,
        run.model,
        held.one(_sample(held, options)),
        node,
        options.get("channel"),
        method=method,
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
        held.one(_sample(held, options)),
        label=options.get("channel"),
        epsilon=float(options.get("epsilon", EPSILON)),
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
