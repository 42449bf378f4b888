"""What a net answers to a picture of which one window is another: only what the window reaches is worked out anew.

Behind a convolution of 3 × 3 a window has grown by a place on each side, so in the first layers, whose maps are the
largest, most values are those of the picture as it is. These are cut out around what changes, for several windows at
once in pieces of one size, go through the layer as small pictures, and what comes of it is put back. Layers inside of
blocks are gone through one by one. Where a window reaches too much of a map, or a layer mixes all places, the rest of
the net runs as a whole. Numbers differ by rounding alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, floor

import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlannedGraph, PlannedStep, Ref
from app.insight.receptive import read_by, sides_of
from nodes.api.calls import PLAIN

Span = tuple[int, int]  # the first place and the one behind the last
Box = tuple[Span, Span]  # rows and columns
Boxes = Sequence[Box]  # of one size, one for each window
Values = Mapping[Ref, tuple[Boxes, Tensor]]  # what has changed, and where it lies in the map

MOST = 0.6  # of the places of a map: where a window reaches more of them, the whole map costs less


@dataclass(frozen=True)
class _Reads:
    """Along one axis, the place ``i`` of a step reads the places from ``first + i * stride`` to ``last + i * stride``
    of a value with so many."""

    first: int
    last: int
    stride: int
    side: int

    def reached(self, span: Span, side: int) -> Span:
        """Which of ``side`` places read some of these."""
        begin = ceil((span[0] - self.last) / self.stride)
        end = floor((span[1] - 1 - self.first) / self.stride) + 1
        return max(0, begin), min(side, end)


@dataclass(frozen=True)
class _Placed:
    """A step, also one inside of blocks, whose refs are then those of the flat list of all steps; and what has its
    module as an attribute."""

    step: PlannedStep
    owner: nn.Module

    @cached_property
    def module(self) -> nn.Module | None:
        """What it calls, if it is no more than a call of a module with one value."""
        call, refs = self.step.call, [ref for arrived in self.step.inputs.values() for ref in arrived]
        plain = call is not None and call.constructor and tuple(call.forward) == PLAIN and self.step.repeat == 1
        return getattr(self.owner, self.step.attribute) if plain and len(refs) == len(self.step.outputs) == 1 else None

    def run(
        self, net: CompiledNet, arrived: Mapping[str, Sequence[Tensor]], count: int, free: bool = False
    ) -> dict[str, Tensor]:
        """Its values for these. ``free``: nobody reads what arrives any more, whose memory may be used."""
        if self.module is None:
            return net.run_step(self.owner, self.step, arrived, count)
        ((value,),), (port,) = arrived.values(), self.step.outputs
        in_place = _IN_PLACE.get(type(self.module)) if free else None
        return {port: in_place(value) if in_place is not None else self.module(value)}


_IN_PLACE: Mapping[type, Callable[[Tensor], Tensor]] = {
    nn.ReLU: torch.relu_,
    nn.ReLU6: lambda value: nn.functional.hardtanh(value, 0.0, 6.0, inplace=True),
}


@dataclass(frozen=True)
class _Local(_Placed):
    """A step that is worked out around a window: what it reads along both axes, and its own rows and columns."""

    reads: tuple[tuple[Ref, tuple[_Reads, _Reads]], ...]
    sides: tuple[int, int]

    def reached(self, changed: Mapping[Ref, Box]) -> Box | None:
        """Where its values change; None if none does."""
        boxes = [
            tuple(reads[axis].reached(changed[ref][axis], self.sides[axis]) for axis in (0, 1))
            for ref, reads in self.reads
            if ref in changed
        ]
        boxes = [box for box in boxes if all(begin < end for begin, end in box)]
        if not boxes:
            return None
        rows, columns = ((min(box[axis][0] for box in boxes), max(box[axis][1] for box in boxes)) for axis in (0, 1))
        return rows, columns

    def cuts(self, boxes: Boxes) -> Boxes:
        """What to cut out of each value it reads for these places, in pieces of one size. They begin at whole strides,
        so that windows lie in them as they do in the whole; those at an edge of the map end there."""
        sizes = []
        for axis in (0, 1):
            axes = [reads[axis] for _, reads in self.reads]
            stride, side = axes[0].stride, axes[0].side
            needed = []
            for box in boxes:
                begin, end = box[axis]
                first = max(0, min(floor(each.first / stride) for each in axes) + begin) * stride
                last = max(ceil((each.last + 1) / stride) for each in axes) + end - 1
                needed.append((first, min(side, last * stride)))
            size = max(end - begin for begin, end in needed)
            size = min(side, size + (side - size) % stride)
            sizes.append([(start, start + size) for start in (min(begin, side - size) for begin, _ in needed)])
        return list(zip(*sizes))

    @cached_property
    def at_each_place(self) -> bool:
        """Whether each place reads itself alone."""
        alone = [_Reads(0, 0, 1, side) for side in self.sides]
        return all(list(axes) == alone for _, axes in self.reads)

    @property
    def strides(self) -> tuple[int, int]:
        """How many places further its next place reads."""
        (_, (rows, columns)), *_ = self.reads
        return rows.stride, columns.stride


class LocalOcclusion:
    """Answers to pictures of which a window of this size is another than in ``picture``.

    Args:
        model: one whose activations leave what they read as it is.
        given: the model's arguments, a batch of one each.
        place: which of them is the picture.
        node: whose first output is asked for, a node of the main graph.
    """

    def __init__(
        self, net: CompiledNet, model: nn.Module, given: Sequence[Tensor], place: int, node: str, window: int
    ) -> None:
        self._net = net
        entry = net.plan.inputs[place]
        self._picture = Ref(entry.node, entry.port)
        steps = net.plan.graph.running
        found = next((step for step in steps if step.name == node), None)
        self._local: list[_Local] = []
        if found is None or net.changes_values or any(step.loop for step in steps):
            return
        self._shapes = {Ref(each.node, each.port): each.shape for each in net.plan.inputs}
        names: dict[Ref, Ref] = {}
        every = list(_flat(net.plan.graph, model, "", names))
        self._asked = _called(names, Ref(node, next(iter(found.outputs))))
        for each in every:
            self._shapes |= {Ref(each.step.name, port): shape for port, shape in each.step.outputs.items()}
        needed = _before(every, self._asked)
        middle: dict[Ref, Box] = {self._picture: _middle(entry.shape.sizes[1:], window)}
        self._later = list(needed)
        for placed in needed:
            local = self._local_step(placed)
            box = local.reached(middle) if local is not None else None
            if local is None or (box is not None and _share(box, local.sides) > MOST):
                break
            if box is not None:
                middle |= {Ref(placed.step.name, port): box for port in placed.step.outputs}
            self._local.append(local)
            self._later.pop(0)
        if self._local:
            plain = {Ref(each.node, each.port): value for each, value in zip(net.plan.inputs, given)}
            late = {Ref(placed.step.name, port) for placed in self._later for port in placed.step.outputs}
            self._late = {ref for placed in self._later for ref in _read_by(placed.step)} - late
            self._late |= {self._asked} - late
            cut = {ref for local in self._local for ref in _read_by(local.step)}
            self._last = _last_readers([*self._local, *self._later], {self._asked})
            self._plain = self._run(needed, plain, 1, self._late | cut)

    @property
    def worth_it(self) -> bool:
        """Whether some layers can be worked out around a window."""
        return bool(self._local)

    @property
    def well_known(self) -> bool:
        """Whether every layer that is worked out so is torch's or Netloom's own, which read what they say."""
        return all(_well_known(each.step, each.owner) for each in self._local)

    @property
    def unchanged(self) -> Tensor:
        """The value of the node for the picture as it is."""
        return self._plain[self._asked]

    def answers(self, windows: Sequence[tuple[int, int, Tensor]]) -> Tensor:
        """The values of the node for several pictures: in each of them ``(row, column, pixels)`` is another."""
        changed, count = self._around(windows), len(windows)
        values: dict[Ref, Tensor] = {}
        for ref in self._late & self._plain.keys():
            plain = self._plain[ref]
            if ref not in changed:
                values[ref] = plain.expand(count, *plain.shape[1:])
                continue
            layout = torch.channels_last if plain.dim() == 4 else torch.contiguous_format
            values[ref] = plain.repeat(count, *[1] * (plain.dim() - 1)).contiguous(memory_format=layout)
            for value, (rows, columns), new in zip(values[ref], *changed[ref]):
                value[:, slice(*rows), slice(*columns)] = new
        return self._run(self._later, values, count)[self._asked] if self._later else values[self._asked]

    def _around(self, windows: Sequence[tuple[int, int, Tensor]]) -> Values:
        """What changes in each value, with the batch of the windows."""
        height, width = windows[0][2].shape[-2:]
        where = [((row, row + height), (column, column + width)) for row, column, _ in windows]
        pixels = torch.stack([each.reshape(-1, height, width) for _, _, each in windows])
        changed: dict[Ref, tuple[Boxes, Tensor]] = {
            self._picture: (where, pixels.contiguous(memory_format=torch.channels_last))
        }
        for local in self._local:
            read = [ref for ref, _ in local.reads if ref in changed]
            if not read:
                continue
            if local.at_each_place and len({id(changed[ref][0]) for ref in read}) == 1:
                boxes = cuts = changed[read[0]][0]
            else:
                found = [local.reached({ref: changed[ref][0][at] for ref in read}) for at in range(len(windows))]
                if not any(found):
                    continue
                boxes = _of_one_size(found, local.sides)
                cuts = local.cuts(boxes)
            leaves = self._last.get(local.step.name, set()) - self._late
            arrived = {
                port: [self._cut(ref, cuts, changed) for ref in refs] for port, refs in local.step.inputs.items()
            }
            spans = [
                tuple((begin - cut[0] // stride, end - cut[0] // stride) for (begin, end), cut, stride in zip(*each))
                for each in zip(boxes, cuts, [local.strides] * len(windows))
            ]
            for port, value in local.run(self._net, arrived, len(windows), bool(leaves & changed.keys())).items():
                changed[Ref(local.step.name, port)] = boxes, _pieces(value, spans)
            for ref in leaves:
                changed.pop(ref, None)
        return changed

    def _cut(self, ref: Ref, cuts: Boxes, changed: Values) -> Tensor:
        if ref not in changed:
            return _pieces(self._plain[ref].expand(len(cuts), -1, -1, -1), cuts)
        boxes, new = changed[ref]
        if boxes is cuts or boxes == cuts:
            return new
        cut = _pieces(self._plain[ref].expand(len(cuts), -1, -1, -1), cuts, copied=True)
        for one, box, where, other in zip(cut, cuts, boxes, new):
            (top, bottom), (left, right) = ((max(a[0], b[0]), min(a[1], b[1])) for a, b in zip(box, where))
            if top < bottom and left < right:
                one[:, top - box[0][0] : bottom - box[0][0], left - box[1][0] : right - box[1][0]] = other[
                    :, top - where[0][0] : bottom - where[0][0], left - where[1][0] : right - where[1][0]
                ]
        return cut

    def _run(
        self, steps: Sequence[_Placed], values: Mapping[Ref, Tensor], count: int, keep: Set[Ref] = frozenset()
    ) -> dict[Ref, Tensor]:
        """These steps one after the other, as wholes. What nobody reads any more is let go, so that the next values
        take its memory, which is in the caches; but for those to ``keep``."""
        found, given = dict(values), values.keys()
        for placed in steps:
            arrived = {port: [found[ref] for ref in refs] for port, refs in placed.step.inputs.items()}
            leaves = self._last.get(placed.step.name, set()) - given - keep
            made = placed.run(self._net, arrived, count, bool(leaves))
            found |= {Ref(placed.step.name, port): value for port, value in made.items()}
            del arrived, made
            for ref in leaves:
                del found[ref]
        return found

    def _local_step(self, placed: _Placed) -> _Local | None:
        """How a step is worked out around a window; None if it is not."""
        step, owner = placed.step, placed.owner
        sides = {sides_of(shape) for shape in step.outputs.values()}
        refs = {ref for arrived in step.inputs.values() for ref in arrived}
        module = getattr(owner, step.attribute, None) if step.call is None or step.call.constructor else None
        if len(sides) != 1 or not refs or _wraps(module):
            return None
        (own,) = sides
        if len(own) != 2 or min(own) < 3:
            return None
        ends = [read_by(step, owner, ((at, at), (at, at)), self._shapes) for at in (0, 1)]
        far = read_by(step, owner, ((own[0] - 1,) * 2, (own[1] - 1,) * 2), self._shapes)
        reads = []
        for ref in sorted(refs):
            shape = self._shapes.get(ref)
            boxes = [found.get(ref) for found in (*ends, far)]
            if shape is None or len(sides_of(shape)) != 2 or any(box is None or len(box) != 2 for box in boxes):
                return None
            axes = [_reads([box[axis] for box in boxes if box], own[axis], sides_of(shape)[axis]) for axis in (0, 1)]
            if axes[0] is None or axes[1] is None:
                return None
            reads.append((ref, (axes[0], axes[1])))
        # What meets must lie alike in the cuts of all.
        if len({tuple((each.stride, each.side) for each in axes) for _, axes in reads}) > 1:
            return None
        return _Local(step, owner, tuple(reads), (own[0], own[1]))


def _reads(boxes: Sequence[Span], places: int, side: int) -> _Reads | None:
    """What the places of a step read along one axis, from what the first two and the last one read; None if it is not
    the same for all of them, only further on."""
    (first, last), (second, behind), far = boxes
    stride = second - first
    even = behind - last == stride and far == (first + (places - 1) * stride, last + (places - 1) * stride)
    return _Reads(first, last, stride, side) if stride >= 1 and even else None


def _wraps(module: nn.Module | None) -> bool:
    """Whether something in it reads across the edge, from the other side."""
    return module is not None and any(getattr(each, "padding_mode", "") == "circular" for each in module.modules())


def _flat(graph: PlannedGraph, owner: nn.Module, path: str, names: dict[Ref, Ref]) -> Iterator[_Placed]:
    """All steps in their order, those of blocks in the place of the block. ``names`` leads from refs of the graph to
    those of the list and is told what the outputs of blocks are."""
    for step in graph.running:
        inputs = {port: tuple(_called(names, ref, path) for ref in refs) for port, refs in step.inputs.items()}
        if step.inner is None or step.repeat > 1 or step.loop or any(len(refs) != 1 for refs in inputs.values()):
            placed = _Placed(replace(step, name=path + step.name, inputs=inputs), owner)
            if isinstance(placed.module, nn.Identity):  # such as a norm that was folded
                names[Ref(placed.step.name, next(iter(step.outputs)))] = next(iter(_read_by(placed.step)))
            else:
                yield placed
            continue
        inside = f"{path}{step.name}/"
        for argument, (ref,) in zip(step.inner.arguments, inputs.values()):
            names[Ref(inside + argument.node, argument.port)] = ref
        yield from _flat(step.inner, getattr(owner, step.attribute), inside, names)
        for port, ref in zip(step.outputs, step.inner.returns):
            names[Ref(path + step.name, port)] = _called(names, ref, inside)


def _called(names: Mapping[Ref, Ref], ref: Ref, path: str = "") -> Ref:
    """A ref of the graph at this path as one of the flat list."""
    whole = Ref(path + ref.node, ref.port)
    return names.get(whole, whole)


def _last_readers(steps: Sequence[_Placed], keep: Collection[Ref]) -> dict[str, set[Ref]]:
    """What is read for the last time by each step, by its name."""
    last: dict[Ref, str] = {}
    for placed in steps:
        last |= dict.fromkeys(_read_by(placed.step), placed.step.name)
    found: dict[str, set[Ref]] = {}
    for ref, name in last.items():
        if ref not in keep:
            found.setdefault(name, set()).add(ref)
    return found


def _read_by(step: PlannedStep) -> set[Ref]:
    return {ref for refs in step.inputs.values() for ref in refs}


_CALLED = re.compile(r"([\w.]+)\(")
_PLAIN_CALLS = {"nn.functional.pad"}
_OURS = {"torch", "nodes", "netloom_drawing"}  # the last one is what is printed of a drawing


def _well_known(step: PlannedStep, owner: nn.Module) -> bool:
    """Whether it is a layer of torch or Netloom, or no more than arithmetic."""
    module = getattr(owner, step.attribute, None) if step.call is None or step.call.constructor else None
    if module is not None:
        return all(type(each).__module__.partition(".")[0] in _OURS for each in module.modules())
    text = "\n".join(map(str, step.call.forward)) if step.call is not None else ""
    return set(_CALLED.findall(text)) <= _PLAIN_CALLS


def _of_one_size(found: Sequence[Box | None], sides: tuple[int, int]) -> Boxes:
    """Boxes around these, within a map of these sides; where nothing changes it is anywhere."""
    spans = []
    for axis in (0, 1):
        axes = [box[axis] if box is not None else (0, 0) for box in found]
        size = max(end - begin for begin, end in axes)
        spans.append([(start, start + size) for start in (min(begin, sides[axis] - size) for begin, _ in axes)])
    return list(zip(*spans))


def _pieces(values: Tensor, boxes: Sequence[tuple[Span, ...]], copied: bool = False) -> Tensor:
    """The pieces of a batch of maps that lie in these boxes, all of one size; ``copied`` to be written into."""
    (rows, columns), *_ = boxes
    height, width = rows[1] - rows[0], columns[1] - columns[0]
    if not copied and (height, width) == tuple(values.shape[2:]):
        return values
    size = len(boxes), values.shape[1], height, width
    made = torch.empty(size, dtype=values.dtype, device=values.device, memory_format=torch.channels_last)
    for piece, value, (down, across) in zip(made, values, boxes):
        piece.copy_(value[:, slice(*down), slice(*across)])
    return made


def _before(steps: Sequence[_Placed], asked: Ref) -> list[_Placed]:
    """The steps that a value comes from, in their order."""
    wanted, found = {asked.node}, []
    for placed in reversed(steps):
        if placed.step.name in wanted:
            wanted |= {ref.node for ref in _read_by(placed.step)}
            found.append(placed)
    return found[::-1]


def _middle(sides: Sequence[int], window: int) -> Box:
    height, width = sides
    rows, columns = ((side - window) // 2 for side in (height, width))
    return (rows, rows + window), (columns, columns + window)


def _share(box: Box, sides: tuple[int, int]) -> float:
    (top, bottom), (left, right) = box
    return (bottom - top) * (right - left) / (sides[0] * sides[1])
