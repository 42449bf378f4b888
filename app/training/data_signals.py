"""What the doctor sees in the data of a training before its first step. Reads nothing that does not lie in memory, and
of large data only a part; what is learned from, and in which order, stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from app.core.checks.lint.last_function import before_loss
from app.core.checks.problems import TakeOut
from app.core.compile.games import played
from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanLoss, Ref
from app.core.expanded import top
from app.core.ranges import range_at
from app.training.batches import DeviceData
from app.training.events import Diagnosed
from nodes.api import InsertBefore
from nodes.api.registry import find
from nodes.api.words import listed, per_cent

MOST_VALUES = 5_000_000  # of all inputs together that are looked at
AT_ONCE = 1_024  # samples
LARGE = 20.0  # the mean size, or the spread, of inputs that are not normalised
FAR_MORE = 300  # weights for each sample
ENOUGH = 1_000  # samples; with so many the number of weights is no reason by itself
RARE, NEXT_TO = 5, 0.1  # samples of a class, and next to the mean of all classes
ALIKE = 0.05  # share of the validation samples that the training has too
DISTINCT = 0.5  # share of different samples; where they are fewer, equal ones say nothing
FEW = 64  # numbers of a sample by which it is first compared with others
SAYS_ALL = 0.995  # of the spread of the answer that one column explains
SAYS_NUMBER = 0.9999  # the same of an answer that is a number, of which a straight line may well say much
FEWEST = 50  # samples, of which a share can be told
OUTSIDE = 0.05  # share of targets that the last function cannot give
_WEIGHTED = ("nn.Linear", "nn.Conv1d", "nn.Conv2d", "nn.Conv3d")


@dataclass(frozen=True)
class DataFindings:
    """What is found. ``counts`` are the training samples by class of the only loss that has classes; none if there is
    no such loss."""

    findings: tuple[Diagnosed, ...] = ()
    counts: Sequence[int] = ()


def look_at_data(
    net: CompiledNet,
    model: nn.Module,
    samples: DeviceData,
    learn: Tensor,
    validation: Tensor,
    some: Mapping[str, Tensor],
) -> DataFindings:
    """Look at the samples of a training. ``some`` are a few of them, as a batch."""
    entries = [(f"{entry.node}.{entry.port}", entry.node) for entry in net.plan.inputs]
    found = [*_weights_by_samples(net, model, len(learn)), *_scale(net, some), *_unreached(net, model, some)]
    size = sum(some[key][0].numel() for key, _ in entries if key in some and len(some[key]))
    label = _label(net, some)
    counts: list[int] = []
    if played(net.plan.sources) is not None:
        # Of games that are played by chance, as no net has learned yet, a few steps say as much as many.
        for key, node in entries:
            found += _no_numbers(node, key, some[key]) if key in some else []
        return DataFindings(tuple(found))
    if samples.reads or not size:  # the classes of files may be known without reading any
        held = samples.field(label) if label is not None else None
        if label is None or held is None:
            return DataFindings(tuple(found))
        counts = _counts(net, label, held[learn.to(held.device)], some)
        return DataFindings((*found, *_rare(label, counts)), counts)
    most = max(AT_ONCE, MOST_VALUES // size)
    number = _number(net, samples)
    keys = [key for key, _ in entries] + [key for key in (label, number) if key is not None]
    seen, unseen = _Part(samples, learn[:most], keys), _Part(samples, validation[:most], keys)
    whole = len(learn) <= most
    if label is not None:
        counts = _counts(net, label, seen[label], some)
        found += _rare(label, counts) if whole else []
    for key, node in entries:
        if key not in seen:
            continue
        if not _all_numbers(samples.field(key)):
            found += _no_numbers(node, key, seen[key])
        if label is not None and some[key].dim() == 2 and some[key].is_floating_point():
            found += _tell_tale(node, seen[key], seen[label], len(counts))
        elif number is not None and some[key].dim() == 2 and some[key].is_floating_point():
            found += _tells_number(node, seen[key], seen[number])
    known = [key for key, _ in entries if key in seen]
    if whole and len(validation) and _maybe_in_both([(seen.few(key), unseen.few(key)) for key in known]):
        found += _in_both([node for _, node in entries], [(seen[key], unseen[key]) for key in known])
    return DataFindings(tuple(found), counts)


class _Part:
    """Samples of a part of the data, by field. They are gathered when somebody asks for them: to gather all takes
    longer than all that is asked, and a training of a single epoch would wait for it."""

    def __init__(self, samples: DeviceData, index: Tensor, keys: Sequence[str]) -> None:
        self._samples, self._index, self._keys = samples, index, keys
        self._found: dict[str, Tensor] = {}

    def __contains__(self, key: str) -> bool:
        return self._whole(key) is not None or key in self._gather()

    def __getitem__(self, key: str) -> Tensor:
        whole = self._whole(key)
        if whole is not None and key not in self._found:
            self._found[key] = whole.index_select(0, self._index.to(whole.device)).cpu()
        return self._found[key] if whole is not None else self._gather()[key]

    def few(self, key: str) -> Tensor:
        """Some numbers of each sample, the same of all: (samples, numbers)."""
        whole = self._whole(key)
        values = self[key] if whole is None else whole
        flat = values.flatten(1) if values.dim() > 1 else values[:, None]
        flat = flat[:, :: max(1, flat.shape[1] // FEW)]
        return flat if whole is None else flat.index_select(0, self._index.to(whole.device)).cpu()

    def _whole(self, key: str) -> Tensor | None:
        """The field of all samples, if they lie in memory as they are."""
        return self._samples.field(key) if self._samples.plain else None

    def _gather(self) -> dict[str, Tensor]:
        if not self._found:
            self._found = _gathered(self._samples, self._index, self._keys)
        return self._found


def _gathered(samples: DeviceData, index: Tensor, keys: Sequence[str]) -> dict[str, Tensor]:
    pieces: dict[str, list[Tensor]] = {}
    for piece in index.to(samples.home).split(AT_ONCE):
        batch = samples.at(piece)
        for key in keys:
            if key in batch:
                pieces.setdefault(key, []).append(batch[key].cpu())
    return {key: torch.cat(values) for key, values in pieces.items()}


def _label(net: CompiledNet, some: Mapping[str, Tensor]) -> str | None:
    """The field that says the class of each sample, if one loss reads one."""
    found = {loss.operands["target"].key for loss in net.plan.losses if "target" in loss.operands}
    fit = [key for key in found if any(_classes(loss, key, net, some) for loss in net.plan.losses)]
    return fit[0] if len(fit) == 1 else None


def _classes(loss: PlanLoss, key: str, net: CompiledNet, some: Mapping[str, Tensor]) -> int:
    """Among how many classes a loss decides; 0 if its target is not this field, with one class for each sample."""
    layer, target = find(loss.type), loss.operands.get("target")
    if layer is None or layer.decides != "largest" or target is None or target.key != key or target.kind != "field":
        return 0
    if key not in some or some[key].dim() != 1 or some[key].is_floating_point():
        return 0
    scores = next((o.shape for o in net.plan.outputs if o.key == loss.operands["prediction"].key), None)
    return int(scores.sizes[-1]) if scores is not None and scores.rank == 1 else 0


def _counts(net: CompiledNet, label: str, values: Tensor, some: Mapping[str, Tensor]) -> list[int]:
    """How many samples each class has."""
    classes = next(n for each in net.plan.losses if (n := _classes(each, label, net, some)))
    found: list[int] = torch.bincount(values[values >= 0], minlength=classes).tolist()
    return found


# --- what is found ---------------------------------------------------------------------------------------------------


def _weights_by_samples(net: CompiledNet, model: nn.Module, samples: int) -> Iterator[Diagnosed]:
    weights = sum(value.numel() for value in model.parameters() if value.requires_grad)
    sources = [source.node for source in net.plan.sources]
    if not samples or samples >= ENOUGH or weights < FAR_MORE * samples or len(sources) != 1:
        return
    yield Diagnosed(
        sources[0],
        f"{weights:,} parameters are to be learned from {samples:,} samples, "
        f"{weights / samples:,.0f} for each. So many can "
        "learn every sample by heart: watch the validation. Collect more samples, let a data augmentation change them, "
        "or make the layers smaller.",
        "few_samples",
        (),
        weights / samples,
    )


def _scale(net: CompiledNet, some: Mapping[str, Tensor]) -> Iterator[Diagnosed]:
    """What arrives at the first layers with weights, where it is far from the size that start weights are made for.
    Only layers that read the data as it is are looked at: nothing is computed for it."""
    came = {Ref(entry.node, entry.port): f"{entry.node}.{entry.port}" for entry in net.plan.inputs}
    for step in net.plan.graph.running:
        refs = [ref for given in step.inputs.values() for ref in given]
        key = came.get(refs[0]) if len(refs) == 1 else None
        if key is None or step.inner is not None:
            continue
        if _orders(net, step.name):
            came |= {Ref(step.name, port): key for port in step.outputs}
        value = some.get(key)
        if step.call is None or step.call.constructor not in _WEIGHTED or value is None:
            continue
        if not value.is_floating_point() or not bool(value.isfinite().all()):
            continue
        if float(value.abs().max()) <= LARGE:  # then so are the mean and the spread
            continue
        flat = value.double()
        size, spread = float(flat.abs().mean()), float(flat.std()) if flat.numel() > 1 else 0.0
        largest = float(flat.abs().max())
        if size <= LARGE and spread <= LARGE:
            continue
        yield Diagnosed(
            step.name,
            f"Numbers of up to {largest:,.4g} arrive at {step.name} (mean {float(flat.mean()):.3g}, deviation "
            f"{spread:.3g}), and layers begin with weights for numbers around 1. Put a Standardize before it.",
            "input_scale",
            (InsertBefore("Standardize", "x"),),
            max(size, spread),
        )


def _orders(net: CompiledNet, name: str) -> bool:
    """Whether a layer only orders values anew."""
    drawn = net.project.graph.nodes.get(name) if net.project is not None else None
    layer = find(drawn.type) if drawn is not None else None
    return layer is not None and layer.category == "reshape"


def _unreached(net: CompiledNet, model: nn.Module, some: Mapping[str, Tensor]) -> Iterator[Diagnosed]:
    """Targets that the last function before their loss cannot give."""
    layers = [find(loss.type) for loss in net.plan.losses]
    if net.project is None or not any(
        each is not None and each.reads.get("prediction") == "numbers" for each in layers
    ):
        return
    report = net.report
    assert report is not None
    level = top(net.project, report)
    read: dict[str, Tensor] | None = None
    for loss in net.plan.losses:
        layer, target = find(loss.type), loss.operands.get("target")
        if layer is None or layer.reads.get("prediction") != "numbers" or target is None:
            continue
        if loss.name not in level.graph.nodes or any(True for _ in before_loss(net.project, report, loss.name)):
            continue
        wire = level.graph.wire_at(loss.name, "prediction")
        known = range_at(level, wire) if wire is not None else None
        if known is None or known.by is None or (known.low == float("-inf") and known.high == float("inf")):
            continue
        if read is None:
            with evaluating(model), torch.no_grad():
                read = {**some, **net.outputs(model(*net.inputs_from(some)))}
        values = read.get(target.key)
        if values is None or not values.is_floating_point() or not values.numel():
            continue
        room = 1e-6 + 0.01 * float(values.abs().max())
        outside = float(((values < known.low - room) | (values > known.high + room)).float().mean())
        if outside < OUTSIDE:
            continue
        low, high = (float(value) for value in values.aminmax())
        ends = f"from {known.low:g} to {known.high:g}" if known.high < float("inf") else f"of {known.low:g} and above"
        yield Diagnosed(
            known.by.path,
            f"{known.by.path} gives only numbers {ends}, but the targets of {loss.name} lie between {low:.3g} and "
            f"{high:.3g}: {per_cent(outside)} of them cannot be reached. Remove it, or bring the targets into "
            "its range.",
            "unreachable",
            (TakeOut(),),
            outside,
        )


def _rare(label: str, counts: Sequence[int]) -> Iterator[Diagnosed]:
    present = [count for count in counts if count]
    if len(present) < 2:
        return
    mean = sum(present) / len(present)
    rare = [(place, count) for place, count in enumerate(counts) if 0 < count < RARE and count < NEXT_TO * mean]
    if not rare:
        return
    words = listed([f"class {place} ({count})" for place, count in rare], ", ", most=4)
    yield Diagnosed(
        label.partition(".")[0],
        f"Some classes have almost no training samples: {words}, where the mean is {mean:.0f}. The network will hardly "
        "ever name them. Collect more of them, or leave them out.",
        "rare_class",
        (),
        float(min(count for _, count in rare)),
    )


def _all_numbers(values: Tensor | None) -> bool:
    """Whether it is known of a whole field that there is nothing else in it."""
    return values is not None and (not values.is_floating_point() or bool(values.sum().isfinite()))


def _no_numbers(node: str, key: str, values: Tensor) -> Iterator[Diagnosed]:
    # A sum is finite if all is, unless it is very large.
    if not values.is_floating_point() or bool(values.sum().isfinite()) or bool(values.isfinite().all()):
        return
    ill = int((~values.isfinite()).flatten(1).any(1).sum()) if values.dim() > 1 else int((~values.isfinite()).sum())
    yield Diagnosed(
        node,
        f"{ill:,} of the training samples have values in {key.partition('.')[2]} that are "
        f"no numbers (NaN or infinity). "
        "The first batch with one of them ends the training. Fill them in, or leave those samples out.",
        "not_numbers",
        (),
        float(ill),
    )


def _tell_tale(node: str, values: Tensor, label: Tensor, classes: int) -> Iterator[Diagnosed]:
    """A column that is the answer in other words: within each class it hardly varies."""
    if values.shape[1] < 2 or len(values) < FEWEST or len(values.unique(dim=0)) < DISTINCT * len(values):
        return
    wide = values.double()
    if not bool(wide.isfinite().all()):
        return
    members = torch.nn.functional.one_hot(label.clamp(min=0), classes).double()
    count = members.sum(0).clamp(min=1)
    means = (members.T @ wide) / count[:, None]
    within = (wide - means[label.clamp(min=0)]).square().sum(0)
    every = (wide - wide.mean(0)).square().sum(0)
    explained = torch.where(every > 1e-12, 1 - within / every.clamp(min=1e-12), torch.zeros_like(every))
    # Classes whose means coincide would not be told apart by it.
    ordered = means.sort(0).values
    apart = (ordered[1:] - ordered[:-1]).amin(0) > 3 * (within / len(values)).sqrt()
    fit = (explained > SAYS_ALL) & apart
    if not bool(fit.any()):
        return
    column = int(explained.masked_fill(~fit, 0).argmax())
    yield _told_by(node, column, values.shape[1], "the class", float(explained[column]))


def _told_by(node: str, column: int, columns: int, answer: str, share: float) -> Diagnosed:
    return Diagnosed(
        node,
        f"Column {column + 1} of the {columns} features alone tells {answer}: it explains {per_cent(share, 1)} of it. "
        "If it is made from the answer, or known only afterwards, the network learns nothing else. Leave that "
        "column out.",
        "tell_tale",
        (),
        share,
    )


def _number(net: CompiledNet, samples: DeviceData) -> str | None:
    """The field that says the one number which each sample is to give, if there is one. In a series a value often says
    the next one: that is what is learned there."""
    found = {
        target.key
        for loss in net.plan.losses
        if (layer := find(loss.type)) is not None
        and layer.reads.get("prediction") == "numbers"
        and (target := loss.operands.get("target")) is not None
        and target.kind == "field"
    }
    if len(found) != 1 or samples.ordered:
        return None
    (key,) = found
    values = samples.field(key)
    one = values is not None and values.is_floating_point() and values.numel() == len(values)
    return key if one else None


def _tells_number(node: str, values: Tensor, target: Tensor) -> Iterator[Diagnosed]:
    """A column that is the answer but for a factor and a shift."""
    wide, answer = values.double(), target.double().flatten()
    if values.shape[1] < 2 or len(values) < FEWEST or not bool(wide.isfinite().all() & answer.isfinite().all()):
        return
    wide, answer = wide - wide.mean(0), answer - answer.mean()
    spread = wide.square().sum(0) * answer.square().sum()
    explained = torch.where(spread > 0, (wide.T @ answer).square() / spread.clamp(min=1e-300), torch.zeros_like(spread))
    column = int(explained.argmax())
    if float(explained[column]) >= SAYS_NUMBER:
        yield _told_by(node, column, values.shape[1], "the number", float(explained[column]))


def _maybe_in_both(parts: Sequence[tuple[Tensor, Tensor]]) -> bool:
    """Whether ``_in_both`` has anything to find, by a part of each sample: equal ones are equal there, too."""
    if not parts or not len(parts[0][1]):
        return False
    seen, unseen = _marks([part[0] for part in parts]), _marks([part[1] for part in parts])
    known = set(seen.tolist())  # for so few a set is quicker than torch.isin
    return sum(mark in known for mark in unseen.tolist()) >= max(3, ALIKE * len(unseen))


def _in_both(nodes: Sequence[str], parts: Sequence[tuple[Tensor, Tensor]]) -> Iterator[Diagnosed]:
    """Samples of the validation that the training has too. Where samples are few different ones by nature, as the rows
    of a truth table, nothing is said."""
    if not parts or sum(seen[0].numel() for seen, _ in parts) < 3:
        return
    seen, unseen = _marks([part[0] for part in parts]), _marks([part[1] for part in parts])
    total, checked = len(seen), len(unseen)
    suspected = torch.isin(unseen, seen).nonzero().flatten().tolist()
    if len(suspected) < max(3, ALIKE * checked) or len(seen.unique()) < DISTINCT * total:
        return
    places: dict[float, list[int]] = {}
    for place, mark in enumerate(seen.tolist()):
        places.setdefault(mark, []).append(place)
    both = sum(_is_among(parts, place, places[float(unseen[place])]) for place in suspected)
    if both < max(3, ALIKE * checked):
        return
    yield Diagnosed(
        nodes[0],
        f"{both:,} of the {checked:,} validation samples are in the training data too ({per_cent(both / checked)}), "
        "so the validation is better than the network. Remove samples that are there twice.",
        "leaked",
        (),
        both / checked,
    )


def _marks(values: Sequence[Tensor]) -> Tensor:
    """One number for each sample, the same for equal ones."""
    generator = torch.Generator().manual_seed(0)
    found = torch.zeros(len(values[0]), dtype=torch.float32)
    for value in values:
        flat = value.flatten(1).float() if value.dim() > 1 else value.float()[:, None]
        # Row by row in the same order, so that equal samples get equal numbers: a product of matrices may not.
        found = found + (flat * torch.rand(flat.shape[1], generator=generator)).sum(1)
    return found


def _is_among(parts: Sequence[tuple[Tensor, Tensor]], place: int, places: Sequence[int]) -> bool:
    return any(all(torch.equal(unseen[place], seen[other]) for seen, unseen in parts) for other in places)
