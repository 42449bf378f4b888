"""What a net answers to a picture of which one window is another: only what the window reaches is worked out anew.

Behind a convolution of 3 × 3 a window has grown by a place on each side, so in the first layers, whose maps are the
largest, most values are those of the picture as it is. These are cut out around what changes, go through the layer as
a small picture, and what comes of it is put back. Where a window reaches too much of a map, or a layer mixes all
places, the rest of the net runs as a whole, for several windows together. Numbers differ by rounding alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.core.compile.plan import Ref, Step
from app.insight.receptive import read_by, sides_of
from nodes.api import Shape

Span = tuple[int, int]  # the first place and the one behind the last
Box = tuple[Span, Span]  # rows and columns
Values = Mapping[Ref, tuple[Box, Tensor]]  # what has changed, and where it lies in the map

MOST = 0.3  # of the places of a map: where a window reaches more of them, the whole map costs less


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
class _Local:
    """A step that is worked out around a window: what it reads along both axes, and its own rows and columns."""

    step: Step
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

    def cuts(self, box: Box) -> tuple[dict[Ref, Box], tuple[int, int]]:
        """What to cut out of each value it reads, for these places, and which place the first one then stands for.
        Cuts begin at whole strides, so that windows lie in them as they do in the whole."""
        begins, ends = [], []
        for axis in (0, 1):
            begin = min(floor((reads[axis].first + box[axis][0] * reads[axis].stride) / reads[axis].stride)
                        for _, reads in self.reads)  # fmt: skip
            begins.append(max(0, begin))
            ends.append(max(ceil((reads[axis].last + (box[axis][1] - 1) * reads[axis].stride + 1) / reads[axis].stride)
                            for _, reads in self.reads))  # fmt: skip
        found: dict[Ref, Box] = {}
        for ref, reads in self.reads:
            rows, columns = (
                (begins[axis] * reads[axis].stride, min(reads[axis].side, ends[axis] * reads[axis].stride))
                for axis in (0, 1)
            )
            found[ref] = rows, columns
        return found, (begins[0], begins[1])


class Nearby:
    """Answers to pictures of which a window of this size is another than in ``picture``.

    Args:
        given: the model's arguments, a batch of one each.
        place: which of them is the picture.
        node: whose first output is asked for, a node of the main graph.
    """

    def __init__(
        self, net: CompiledNet, model: nn.Module, given: Sequence[Tensor], place: int, node: str, window: int
    ) -> None:
        self._net, self._model = net, model
        entry = net.plan.inputs[place]
        self._picture = Ref(entry.node, entry.port)
        steps = net.plan.graph.running
        found = next((step for step in steps if step.name == node), None)
        self._local: list[_Local] = []
        if found is None or net.changes_values or any(step.loop for step in steps):
            return
        self._asked = Ref(node, next(iter(found.outputs)))
        needed = _before(steps, self._asked)
        middle: dict[Ref, Box] = {self._picture: _middle(entry.shape.sizes[1:], window)}
        self._later = list(needed)
        for step in needed:
            local = self._local_step(step)
            box = local.reached(middle) if local is not None else None
            if local is None or (box is not None and _share(box, local.sides) > MOST):
                break
            if box is not None:
                middle |= {Ref(step.name, port): box for port in step.outputs}
            self._local.append(local)
            self._later.pop(0)
        if self._local:
            self._plain = {Ref(each.node, each.port): value for each, value in zip(net.plan.inputs, given)}
            self._plain |= self._run(needed, self._plain, 1)

    @property
    def worth_it(self) -> bool:
        """Whether some layers can be worked out around a window."""
        return bool(self._local)

    @property
    def unchanged(self) -> Tensor:
        """The value of the node for the picture as it is."""
        return self._plain[self._asked]

    def answers(self, windows: Sequence[tuple[int, int, Tensor]]) -> Tensor:
        """The values of the node for several pictures: in each of them ``(row, column, pixels)`` is another."""
        every = [self._around(row, column, pixels) for row, column, pixels in windows]
        count = len(every)
        read = {ref for step in self._later for refs in step.inputs.values() for ref in refs} | {self._asked}
        values: dict[Ref, Tensor] = {}
        for ref in read & self._plain.keys():
            if not any(ref in changed for changed in every):
                values[ref] = self._plain[ref].expand(count, *self._plain[ref].shape[1:])
                continue
            layout = torch.channels_last if self._plain[ref].dim() == 4 else torch.contiguous_format
            values[ref] = (
                self._plain[ref].repeat(count, *[1] * (self._plain[ref].dim() - 1)).contiguous(memory_format=layout)
            )
            for index, changed in enumerate(every):
                if ref in changed:
                    (rows, columns), new = changed[ref]
                    values[ref][index, :, slice(*rows), slice(*columns)] = new[0]
        return self._run(self._later, values, count)[self._asked] if self._later else values[self._asked]

    def _around(self, row: int, column: int, pixels: Tensor) -> Values:
        height, width = pixels.shape[-2:]
        changed: dict[Ref, tuple[Box, Tensor]] = {
            self._picture: (((row, row + height), (column, column + width)), pixels.reshape(1, -1, height, width))
        }
        for local in self._local:
            box = local.reached({ref: where for ref, (where, _) in changed.items()})
            if box is None:
                continue
            cuts, (first, left) = local.cuts(box)
            arrived = {
                port: [self._cut(ref, cuts[ref], changed) for ref in refs] for port, refs in local.step.inputs.items()
            }
            rows, columns = slice(box[0][0] - first, box[0][1] - first), slice(box[1][0] - left, box[1][1] - left)
            for port, value in self._net.run_step(self._model, local.step, arrived, 1).items():
                changed[Ref(local.step.name, port)] = box, value[:, :, rows, columns]
        return changed

    def _cut(self, ref: Ref, box: Box, changed: Values) -> Tensor:
        rows, columns = box
        cut = self._plain[ref][:, :, slice(*rows), slice(*columns)]
        if ref not in changed:
            return cut
        where, new = changed[ref]
        if where == box:
            return new
        cut = cut.clone()
        (top, bottom), (left, right) = ((max(a[0], b[0]), min(a[1], b[1])) for a, b in zip(box, where))
        if top < bottom and left < right:
            cut[:, :, top - rows[0] : bottom - rows[0], left - columns[0] : right - columns[0]] = new[
                :, :, top - where[0][0] : bottom - where[0][0], left - where[1][0] : right - where[1][0]
            ]
        return cut

    def _run(self, steps: Sequence[Step], values: Mapping[Ref, Tensor], count: int) -> dict[Ref, Tensor]:
        """These steps one after the other, as wholes."""
        found = dict(values)
        for step in steps:
            arrived = {port: [found[ref] for ref in refs] for port, refs in step.inputs.items()}
            made = self._net.run_step(self._model, step, arrived, count)
            found |= {Ref(step.name, port): value for port, value in made.items()}
        return found

    def _local_step(self, step: Step) -> _Local | None:
        """How a step is worked out around a window; None if it is not."""
        sides = {sides_of(shape) for shape in step.outputs.values()}
        refs = {ref for arrived in step.inputs.values() for ref in arrived}
        module = getattr(self._model, step.attribute, None) if step.call is None or step.call.constructor else None
        if len(sides) != 1 or not refs or _wraps(module):
            return None
        (own,) = sides
        if len(own) != 2 or min(own) < 3:
            return None
        ends = [read_by(self._net, self._model, step, ((at, at), (at, at))) for at in (0, 1)]
        far = read_by(self._net, self._model, step, ((own[0] - 1,) * 2, (own[1] - 1,) * 2))
        reads = []
        for ref in sorted(refs):
            shape = self._shape(ref)
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
        return _Local(step, tuple(reads), (own[0], own[1]))

    def _shape(self, ref: Ref) -> Shape | None:
        for entry in self._net.plan.inputs:
            if (entry.node, entry.port) == (ref.node, ref.port):
                return entry.shape
        step = next((each for each in self._net.plan.graph.steps if each.name == ref.node), None)
        return step.outputs.get(ref.port) if step is not None else None


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


def _before(steps: Sequence[Step], asked: Ref) -> list[Step]:
    """The steps that a value comes from, in their order."""
    wanted, found = {asked.node}, []
    for step in reversed(steps):
        if step.name in wanted:
            wanted |= {ref.node for refs in step.inputs.values() for ref in refs}
            found.append(step)
    return found[::-1]


def _middle(sides: Sequence[int], window: int) -> Box:
    height, width = sides
    rows, columns = ((side - window) // 2 for side in (height, width))
    return (rows, rows + window), (columns, columns + window)


def _share(box: Box, sides: tuple[int, int]) -> float:
    (top, bottom), (left, right) = box
    return (bottom - top) * (right - left) / (sides[0] * sides[1])
