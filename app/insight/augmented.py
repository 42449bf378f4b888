"""What an augmentation makes of one sample: the sample and several results, as the training would see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from app.core.checks.bypassing import without_unread
from app.core.compile.plan import NotReady, Plan, Ref, make_plan
from app.core.graph.model import MAIN, Graph, Node, Project, Wire
from app.core.graph.names import default_name
from app.core.inference import infer
from app.data.joined import JoinedFeed
from app.training import batches
from app.training.refusal import CannotTrain
from nodes.api import NoData, cut
from nodes.api.corrections import class_words
from nodes.api.words import per_cent

RESULTS = 8
_FAINT = 0.002  # of the range of a sample, in the mean
_MOST_PIXELS = 160  # of a side; a larger picture is made smaller for the strip
_MOST_POINTS = 200  # of a curve
_MOST_LINES = 3  # features of a series that are drawn


@dataclass(frozen=True)
class AugmentedSample:
    """One sample, and what an augmentation makes of it.

    ``pictures`` are (h, w) or (h, w, 3) in 0..1, or ``curves`` (lines, points) in 0..1; the first is the sample itself.
    ``labels`` are what the target says of each, where that is mixed too. ``source`` and ``sample`` say where it is
    from, ``behind`` which augmentations have acted before.
    """

    source: str
    sample: str
    pictures: tuple[np.ndarray, ...] = ()
    curves: tuple[np.ndarray, ...] = ()
    labels: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()

    @property
    def faint(self) -> bool:
        """Whether no result can be told from the sample, as where a sound of thousands of steps is moved by four."""
        first, *results = self.pictures or self.curves
        return all(np.nanmean(np.abs(each - first), dtype=float) < _FAINT for each in results)


def augmented(project: Project, name: str, sample: int = 0, seed: int = 0, results: int = RESULTS) -> AugmentedSample:
    """What the augmentation ``name`` gives for a sample: other random numbers with another ``seed``, another sample
    of those that are trained on with another number.

    Raises:
        NoData: with a sentence, if no samples arrive at it.
    """
    plan = _plan(project, name)
    step = next(each for each in plan.augmentations if each.node == name)
    origin = plan.origin(Ref(name, "output"))
    if origin.node not in {source.node for source in plan.sources}:
        raise NoData(f"{origin.node} only says what shape arrives. With a source in its place, samples are shown here.")
    data = batches.joined(plan)
    usable = _trained_on(project, plan, data)
    number, batch = _sample(data, usable, sample, mixes=any(each.target is not None for each in plan.augmentations))
    plain, made = dict(batch), []
    data.augment(plain, None)
    for place in range(results):
        changed = dict(batch)
        data.augment(changed, torch.Generator().manual_seed(seed * results + place))
        made.append(changed)
    everything = [plain[f"{origin.node}.{origin.port}"][0], *(each[step.key][0] for each in made)]
    feed = data.feeds[origin.node]
    words = _words(data, origin.node)
    shown: dict[str, Any] = {}
    if step.target is not None:
        shown["labels"] = tuple(_label(each[step.target_key][0], words) for each in (plain, *made))
    if everything[0].dim() == 3:
        shown["pictures"] = _pictures(everything)
    else:
        shown["curves"] = _curves(everything, project.graph.nodes[name].params)
    before = tuple(each.node for each in plan.augmentations if each.node != name)
    return AugmentedSample(origin.node, feed.name_of(number), behind=before, **shown)


def _plan(project: Project, name: str) -> Plan:
    """The plan of what leads to an augmentation, and nothing else."""
    graph = project.graph
    known = infer(project).main.nodes
    passes = {each: known[each].passes for each, node in graph.nodes.items() if node.bypassed}
    kept = without_unread(graph, passes, [name])
    end, last = default_name("Output", graph.nodes), default_name("ReLU", graph.nodes)
    nodes = [node for each, node in graph.nodes.items() if each in kept]
    nodes += [Node(last, "ReLU"), Node(end, "Output")]
    wires = [wire for wire in graph.wires if wire.source in kept and wire.target in kept]
    wires += [Wire(name, "output", last, "x"), Wire(last, "output", end, "x")]
    try:
        return make_plan(project.with_graph(MAIN, Graph.of(nodes, wires)))
    except NotReady as reason:
        problem = reason.problems[0]
        if not any(wire.target_port == "x" for wire in graph.into(name)):
            raise NoData(
                "No source is wired to it yet. With one, a sample and what becomes of it are shown here."
            ) from None
        told = problem.sentence if problem.node == name else f"{problem.node}: {problem.sentence}"
        raise NoData(told) from None


def _trained_on(project: Project, plan: Plan, data: JoinedFeed) -> Tensor:
    """The numbers of the samples that a training learns from, as far as the drawing says."""
    recipe = project.recipe
    try:
        whole = make_plan(project)  # its loss says by which label the data is divided
        label = batches.label_of(whole)
        divided = plan if label is None or label.partition(".")[0] not in data.feeds else whole
    except NotReady:
        divided = plan
    try:
        return batches.divide(divided, data, recipe.validation, recipe.seed, recipe.test).training
    except CannotTrain:
        return torch.arange(data.length)


def _sample(data: JoinedFeed, usable: Tensor, wanted: int, mixes: bool) -> tuple[int, dict[str, Tensor]]:
    """The number of the sample, and a batch that begins with it: alone, or with others from all over the data where
    samples are mixed."""
    count = len(usable)
    # From the middle in wide steps, as many data sets are sorted: the next one is of another kind, and each is shown.
    stride = next(each for each in range(max(1, round(count * 0.382)), count + 1) if gcd(each, count) == 1)
    wanted = count // 2 + wanted * stride
    for further in range(min(count, 20)):  # one that cannot be read is passed over
        places = [(wanted + further + part * max(1, count // RESULTS)) % count for part in range(RESULTS)]
        index = usable[torch.tensor(list(dict.fromkeys(places)) if mixes else places[:1])]
        batch, read, _ = data.read_what_can_be(index, None, None)
        if len(read) and int(read[0]) == int(index[0]):
            return int(read[0]), batch
    raise NoData("None of the samples that were tried can be read.")


def _words(data: JoinedFeed, source: str) -> tuple[str, ...]:
    schema = data.feeds[source].schema
    fields = schema.fields.values() if schema is not None else ()
    return next((class_words(field) for field in fields if field.classes), ())


def _label(target: Tensor, words: tuple[str, ...]) -> str:
    """A mixed target in a few words: ``cat 70 %, dog 30 %``."""
    if target.dim() != 1 or len(words) != len(target):
        return ", ".join(f"{value:.3g}" for value in target.flatten()[:3].tolist())
    shares, places = target.topk(min(2, len(target)))
    told = [
        f"{cut(words[place], 20)} {per_cent(share)}" if share < 0.995 else cut(words[place], 20)
        for share, place in zip(shares.tolist(), places.tolist(), strict=True)
        if share >= 0.005
    ]
    return ", ".join(told)


def _pictures(values: list[Tensor]) -> tuple[np.ndarray, ...]:
    """Pictures on the scale of the first of them, so that it is seen where one is brighter."""
    first = values[0]
    low, high = float(first.min()), float(first.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    span = high - low or 1.0
    found = []
    for each in values:
        colours = each if each.shape[0] == 3 else each[:1]
        height, width = colours.shape[1:]
        if max(height, width) > _MOST_PIXELS:
            less = _MOST_PIXELS / max(height, width)
            size = (max(1, round(height * less)), max(1, round(width * less)))
            colours = functional.adaptive_avg_pool2d(colours[None], size)[0]
        shown = ((colours.nan_to_num() - low) / span).clamp(0, 1).permute(1, 2, 0).numpy()
        found.append(shown if shown.shape[2] == 3 else shown[:, :, 0])
    return tuple(found)


def _curves(values: list[Tensor], settings: Mapping[str, Any]) -> tuple[np.ndarray, ...]:
    """The first lines of sequences, on one scale with some room above and below the first of them."""
    lines = []
    for each in values:
        line = each.nan_to_num().reshape(1, -1) if each.dim() < 2 else each.nan_to_num()
        if each.dim() == 2 and not _time_is_last(each, settings):
            line = line.T
        lines.append(_fewer(line[:_MOST_LINES]))
    low, high = float(lines[0].min()), float(lines[0].max())
    room = (high - low) * 0.15 or 1.0
    span = high - low + 2 * room
    return tuple(((line - low + room) / span).clamp(0, 1).numpy() for line in lines)


def _fewer(lines: Tensor) -> Tensor:
    """Long lines (n, steps) as the lowest and the highest value of each stretch, (n, at most _MOST_POINTS). Every so
    many steps alone would show a tone whose period fits as silence."""
    steps = lines.shape[1]
    if steps <= _MOST_POINTS:
        return lines
    each = -(-2 * steps // _MOST_POINTS)
    gap = -steps % each
    cut = torch.cat([lines, lines[:, -1:].expand(-1, gap)], 1).reshape(len(lines), -1, each)
    return torch.stack([cut.amin(2), cut.amax(2)], 2).flatten(1)


def _time_is_last(value: Tensor, settings: Mapping[str, Any]) -> bool:
    """As the augmentation says, else as its setting "auto" takes it: one or two rows that are longer are a sound."""
    time = settings.get("time", "auto")
    return bool(time == "last" or (time == "auto" and value.shape[0] <= 2 < value.shape[1]))
