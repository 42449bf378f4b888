"""Data on the device, cut into batches by index. No worker processes and no copying sample by sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from app.core.checks.problems import SetTraining
from app.core.compile.games import batches_of, played
from app.core.compile.objectives import samples_of_step
from app.core.compile.plan import Plan, Ref
from app.core.graph.recipe import Recipe
from app.data import catalog, folds, splits
from app.data.buckets import alike
from app.data.joined import JoinedFeed
from app.training.buckets import BatchTrimming, lengths_of
from app.training.refusal import CannotTrain
from nodes.api import NoData

# Of the free memory of a GPU; the rest is for weights, activations and gradients.
SHARE_FOR_DATA = 0.5


class DeviceData:
    """The data of a drawing, in batches on the device.

    Fields are named ``digits.image``. Those that lie in memory are held on ``device`` if they fit there, else each
    batch travels on its own, as do samples that are read or drawn when they are asked for.
    """

    def __init__(self, data: JoinedFeed, device: torch.device) -> None:
        self.device = device
        self._data = data
        held = data.held()
        size = sum(values.nbytes for values in held.values())
        fits = device.type == "cpu" or size < SHARE_FOR_DATA * torch.cuda.mem_get_info(device)[0]
        indexed = sum(feed.length is not None and len(feed.fields) for feed in data.feeds.values())
        self.home = device if fits and len(held) == indexed else torch.device("cpu")
        self._fields = {name: values.to(self.home) for name, values in held.items()}
        self._others = len(held) < len(data.names)
        self._trimming = BatchTrimming(data)
        self._plain = self.home == device and not self._others and not data.draws and not self._trimming

    def __len__(self) -> int:
        return self._data.length

    @property
    def lengths(self) -> Tensor | None:
        """As ``buckets.lengths_of``."""
        return lengths_of(self._data)

    @property
    def plain(self) -> bool:
        """Whether all samples lie on the device as they are, so that any number of them can be had at once."""
        return self._plain

    @property
    def reads(self) -> bool:
        """Whether a batch takes reading, which is worth a thread."""
        return self._data.reads

    @property
    def unreadable(self) -> Mapping[int, tuple[str, str]]:
        """The samples that were found to be unreadable, by number: their source, and why, in a sentence."""
        return self._data.unreadable

    @property
    def ordered(self) -> bool:
        """Whether the samples stand in the order of time."""
        return self._data.ordered

    def field(self, name: str) -> Tensor | None:
        """The values of a field for all samples, if they lie in memory."""
        return self._fields.get(name)

    def lost(self, index: Tensor) -> list[int]:
        """Those of these samples that cannot be read, as far as that is known."""
        return [number for number in index.tolist() if number in self.unreadable] if self.unreadable else []

    def readable(self, index: Tensor) -> Tensor:
        """Those of these samples of which it is not known that they cannot be read."""
        return self._data.readable(index)

    def some(self, index: Tensor, count: int) -> dict[str, Tensor]:
        """The first of these samples that can be read, at most ``count``.

        Raises:
            NoData: if none can be read.
        """
        while len(chosen := self._data.readable(index)[:count]):
            if batch := self.at(chosen):
                return batch
        raise NoData(self.none_left(index, "training"))

    def none_left(self, index: Tensor, part: str) -> str:
        """That no sample of a part can be read, in a sentence."""
        reason = next((self.unreadable[number][1] for number in self.lost(index)), "")
        return f"None of the {len(index):,} {part} samples can be read. {reason}".strip()

    def at(self, index: Tensor, seed: int | None = None) -> dict[str, Tensor]:
        """The batch of these samples, on the device. ``index`` must lie where the data is (``home``). Samples that
        cannot be read are left out in all fields, and written down in ``unreadable``; where none is left, there are no
        fields.

        ``seed`` (see ``seeds``) makes it a batch for training, which augmentations change, and whose sequences are as
        long as it needs (see ``buckets``); without one augmentations hand on what arrives, and all is of one length.

        Raises:
            NoData: if the data cannot be read.
        """
        # index_select is three times as fast as values[index] for a small batch (3 µs against 10 µs).
        if self._plain:
            return {name: values.index_select(0, index) for name, values in self._fields.items()}
        others, index, generator = self._data.read_what_can_be(index, None, seed, self._fields)
        if not len(index):
            return {}
        batch = {name: values.index_select(0, index) for name, values in self._fields.items()} | others
        if self.home != self.device or self._others:
            batch = {name: values.to(self.device, non_blocking=True) for name, values in batch.items()}
        if self._trimming and seed is not None:
            batch = self._trimming(batch, index)
        self._data.augment(batch, generator if seed is not None else None)
        return batch


def load(plan: Plan) -> JoinedFeed:
    """The data of all sources of a plan: fields such as ``digits.image``.

    Raises:
        CannotTrain: if there is no source, an input that no source feeds, or sources of different length.
        NoData: if a data set cannot be had.
    """
    fed = {source.node for source in plan.sources}
    read = [operand for loss in plan.losses for operand in loss.operands.values() if operand.kind == "field"]
    entering = [Ref(entry.node, entry.port) for entry in plan.inputs]
    entering += [Ref(operand.node, operand.port) for operand in read]
    entering += [ref for step in plan.augmentations for ref in step.passes.values()]
    bare = [node for node, _ in map(plan.origin, entering) if node not in fed]
    if bare:
        node = bare[0]
        raise CannotTrain(
            f"No data comes out of {node}: it only says what shape arrives. To train, put a source such as "
            "Handwritten digits in its place.",
            node,
        )
    if not plan.sources:
        raise CannotTrain("There is no data in this drawing. Add a source such as Handwritten digits and wire it.")
    check_games(plan)
    data = joined(plan, frozenset(read_keys(plan)))
    counted = [(node, feed.length) for node, feed in data.feeds.items() if feed.length is not None]
    for other, more in counted[1:]:
        first, count = counted[0]
        if more != count:
            raise CannotTrain(
                f"{first} has {count:,} samples and {other} has {more:,}. They are read side by side, so "
                "both need the same number. Use sources that belong together.",
                other,
            )
    return data


def joined(plan: Plan, wanted: frozenset[str] | None = None) -> JoinedFeed:
    """The data of all sources of a plan, also of one that could not be trained. ``wanted`` are the fields that will be
    asked for; None means all.

    Raises:
        NoData: if a data set cannot be had.
    """
    feeds = {}
    for source in plan.sources:
        try:
            feeds[source.node] = catalog.load(source)
        except NoData as reason:
            reason.node = source.node
            raise
    shapes = {f"{source.node}.{name}": shape for source in plan.sources for name, shape in source.fields.items()}
    found = JoinedFeed(feeds, shapes, plan.augmentations, wanted)
    game = played(plan.sources)
    if game is not None:
        found.length = batches_of(game, plan.recipe) * plan.recipe.step_size
    return found


def check_games(plan: Plan) -> None:
    """Refuse what cannot be learned from games.

    Raises:
        CannotTrain: if there is such a thing.
    """
    ahead = [loss for loss in plan.losses if any(operand.ahead for operand in loss.operands.values())]
    game = played(plan.sources)
    if game is None:
        if ahead:
            raise CannotTrain(
                "This loss learns from games, and there is none in the drawing. Add one, such as Cart and pole.",
                ahead[0].name,
            )
        return
    other = next((source for source in plan.sources if source.node != game.node), None)
    if other is not None:
        raise CannotTrain(
            f"{game.node} is played while the net learns, so no other data can be read beside it. Remove {other.node}.",
            other.node,
        )
    if plan.augmentations:
        step = plan.augmentations[0]
        raise CannotTrain("What a game shows is learned from as it is. Remove the augmentation.", step.node)
    states = {loss.name: o for loss in ahead for o in loss.operands.values() if o.ahead}
    entering = [f"{entry.node}.{entry.port}" for entry in plan.inputs]
    for name, operand in states.items():
        if entering != [f"{game.node}.state"] or operand.key != f"{game.node}.next_state":
            raise CannotTrain(
                f"The net has to read the state of {game.node} alone, and the loss its next_state: both are put into "
                "the same net.",
                name,
            )
        first = next(iter(plan.outputs), None)
        values = next((o for loss in ahead for port, o in loss.operands.items() if port == "values"), None)
        if first is not None and values is not None and values.key != first.key:
            raise CannotTrain("The values of the actions have to be the first answer of the net.", name)


def read_keys(plan: Plan) -> tuple[str, ...]:
    """The fields that the model, an augmentation or a loss reads, each once."""
    keys = [f"{entry.node}.{entry.port}" for entry in plan.inputs]
    keys += [operand.key for loss in plan.losses for operand in loss.operands.values() if operand.kind == "field"]
    keys += [f"{ref.node}.{ref.port}" for step in plan.augmentations for ref in step.passes.values()]
    return tuple(dict.fromkeys(keys))


def label_of(plan: Plan) -> str | None:
    """The first field of classes that a loss reads, such as ``digits.label``."""
    shapes = {f"{source.node}.{name}": shape for source in plan.sources for name, shape in source.fields.items()}
    read = [operand for loss in plan.losses for operand in loss.operands.values() if operand.kind == "field"]
    wanted = [f"{node}.{port}" for node, port in (plan.origin(Ref(each.node, each.port)) for each in read)]
    return next((key for key in wanted if key in shapes and shapes[key].kind == "label"), None)


class PartIndices(NamedTuple):
    """Indices of the samples in each part. Nobody looks at those of ``test`` until asked to."""

    training: Tensor
    validation: Tensor
    test: Tensor


def divide(plan: Plan, data: JoinedFeed, validation: float, seed: int, test: float = 0.0) -> PartIndices:
    """Which samples are in which part; every class in proportion, if a loss reads classes. ``validation`` and ``test``
    are shares; see ``splits.divide``. Where the recipe of the plan has folds, its part is held out; see
    ``folds.divide_fold``.

    Raises:
        CannotTrain: if there are too few samples.
    """
    if played(plan.sources) is not None:  # all that is played is learned from
        return PartIndices(
            torch.arange(data.length), torch.empty(0, dtype=torch.int64), torch.empty(0, dtype=torch.int64)
        )
    label, splitting = division(plan, data)
    recipe = plan.recipe
    if recipe.folds > 1:
        check_folds(recipe)
    try:
        if recipe.folds > 1:
            known = {"labels": data[label] if label else None, **splitting}
            shares = (recipe.folds, recipe.fold, data.length, test, seed)
            return PartIndices(*folds.divide_fold(splits.divide, *shares, known))
        return PartIndices(
            *splits.divide(data.length, validation, test, seed, data[label] if label else None, **splitting)
        )
    except ValueError as error:
        raise CannotTrain(str(error)) from None


def check_folds(recipe: Recipe) -> None:
    """Refuse a fold that there is not, and folds where nothing is to be held out.

    Raises:
        CannotTrain: if so.
    """
    if recipe.fold > recipe.folds:
        raise CannotTrain(
            f"There are {recipe.folds} folds, so there is no fold {recipe.fold}.", fixes=(SetTraining("fold", 1),)
        )
    if recipe.validation <= 0:
        raise CannotTrain(
            "A cross-validation holds a part out in every run, and this recipe holds out nothing. Set validation above "
            "0; how large it is makes no difference.",
            fixes=(SetTraining("validation", 0.2),),
        )


def division(plan: Plan, data: JoinedFeed) -> tuple[str | None, dict[str, Any]]:
    """What the division into parts depends on besides the shares and the seed: the field of the classes, and what the
    data says of its samples."""
    label = label_of(plan)
    if label is not None and data.feeds[label.partition(".")[0]].length is None:
        label = None
    said = {
        "groups": data.groups,
        "ordered": data.ordered or None,
        "overlap": data.overlap if data.ordered and data.overlap else None,
        "without": data.without,
        "parts": data.parts or None,
    }
    return label, {name: value for name, value in said.items() if value is not None}


def seeds(count: int, generator: torch.Generator) -> list[int]:
    """The seeds of as many batches, for what is drawn and augmented in each; from the generator of the epoch."""
    return [int(number) for number in torch.randint(2**62, (count,), generator=generator)]


def shuffled(
    learn: Tensor, seed: int, epoch: int, lengths: Tensor | None = None, size: int = 1
) -> tuple[Tensor, torch.Generator]:
    """The samples in the order in which an epoch (from 0) learns from them, and the generator for what else is drawn
    in it. It comes from the seed and the epoch alone, so that a continued run sees the rest of the same order. With
    ``lengths`` (see ``buckets.lengths_of``) those in each batch of ``size`` are alike."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    order = learn[torch.randperm(len(learn), generator=generator)]
    return order if lengths is None else alike(order, lengths, size, generator), generator


def samples_of(plan: Plan, recipe: Recipe, epoch: int, batch: int) -> tuple[int, ...]:
    """The numbers of the samples behind a step of a run with this recipe: number ``batch`` of ``epoch``, both from 1.
    Empty if there is no such batch.

    Raises:
        CannotTrain: as ``load`` and ``divide`` do.
        NoData: if a data set cannot be had.
    """
    data = load(plan)
    learn = divide(plan, data, recipe.validation, recipe.seed, recipe.test).training
    size = samples_of_step(plan, recipe)
    pieces = cut(shuffled(learn, recipe.seed, epoch - 1, lengths_of(data), size)[0], size)
    return tuple(pieces[batch - 1].tolist()) if 1 <= batch <= len(pieces) else ()


def cut(order: Tensor, size: int) -> Sequence[Tensor]:
    """``order`` in pieces of ``size``; a last piece of one sample joins the piece before it.

    A single sample has no deviation that batch norm could divide by, and its gradient is the noisiest of all.
    """
    count = len(order)
    if size > 1 and count > size and count % size == 1:
        pieces = list(order[:-1].split(size))
        pieces[-1] = order[-len(pieces[-1]) - 1 :]
        return pieces
    return order.split(size)
