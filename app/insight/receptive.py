"""The receptive field: which places of the input one place of a layer can see, from kernels, strides, dilations and
padding, followed back through the plan of the net (blocks, branches and repeats too)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

from torch import nn

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanInput, PlannedGraph, PlannedStep, Ref
from app.core.graph.loops import STEPS
from app.insight.anatomy import part
from app.insight.tiles import NoPicture
from nodes.api import Shape

Span = tuple[int, int]  # the first and the last place along one axis, both included
Box = tuple[Span, ...] | None  # one for each axis of places; None is all there is

_AT_EACH_PLACE = ("torch.nn.modules.activation", "torch.nn.modules.dropout", "torch.nn.modules.batchnorm")
_OWN_AT_EACH_PLACE = ("StandardizeWith", "UnstandardizeWith", "Standardize", "Unstandardize", "HardThreshold",
                      "GaussianNoise", "LearnableNumber")  # fmt: skip
# What an expression is made of that mixes places, or moves them.
_MIXES = ("mean(", "sum(", "std(", "permute", "transpose", "reshape", "flatten", "squeeze", "expand", "attention", "[")
_PAD = re.compile(r"nn\.functional\.pad\(.*?, \(([-\d, ]+)\)")
_CAUSAL = re.compile(r"is_causal=True|generate_square_subsequent_mask")
_SLICE = re.compile(r"\{output\} = \{x\}\[([-\d:, ]+)\]$")


@dataclass(frozen=True)
class ReceptiveField:
    """What one place sees of an input.

    ``spans``: from the first to the last place along each axis, beyond the edges where there is padding; None where
    it is everything. ``inside``: the part that is in the input, its end before its beginning where nothing is: zeros
    that were put around on the way are no window to what would lie behind them. ``sides``: how many places the input
    has.
    """

    entry: PlanInput
    spans: tuple[Span, ...] | None
    inside: tuple[Span, ...]
    sides: tuple[int, ...]

    @property
    def size(self) -> tuple[int, ...]:
        """How many places along each axis, padding included."""
        if self.spans is None:
            return self.sides
        return tuple(last - first + 1 for first, last in self.spans)


def place_axes(shape: Shape) -> tuple[int, ...]:
    """Which axes of a value are places: rows and columns of an image, the time of a sequence or a text."""
    if shape.rank >= 3:
        return tuple(range(1, shape.rank))
    return (0,) if shape.rank == 2 or (shape.rank == 1 and shape.dtype == "int") else ()


def sides_of(shape: Shape) -> tuple[int, ...]:
    """How many places a value has along each axis of places."""
    return tuple(shape.sizes[axis] for axis in place_axes(shape))


def value_shape(net: CompiledNet, node: str) -> Shape:
    """The shape of the first output of a node.

    Raises:
        NoPicture: if the net has no such layer.
    """
    for entry in net.plan.inputs:
        if entry.node == node:
            return entry.shape
    return next(iter(part(net, node).step.outputs.values()))


def field_of(net: CompiledNet, model: nn.Module, node: str, place: Sequence[int], entry: PlanInput) -> ReceptiveField:
    """What the place ``place`` of the values of ``node`` sees of the input ``entry``.

    Raises:
        NoPicture: if the net has no such layer, or the layer does not read that input.
    """
    sides = sides_of(entry.shape)
    whole = tuple((0, side - 1) for side in sides)
    ref = Ref(entry.node, entry.port)
    box: Box = tuple((at, at) for at in place) if place else None
    if any(each.node == node for each in net.plan.inputs):
        if node != entry.node:
            raise NoPicture(f"{node} does not depend on {entry.variable}.")
        return ReceptiveField(entry, box, box or whole, sides)
    shapes = {Ref(each.node, each.port): each.shape for each in net.plan.inputs}
    part(net, node)
    found = _from_inside(net.plan.graph, node.split("/"), box, shapes, _Modules(model))
    if ref not in found:
        raise NoPicture(f"{node} does not depend on {entry.variable}, so it sees nothing of it.")
    spans = found[ref]
    if spans is None or len(spans) != len(sides):
        return ReceptiveField(entry, None, whole, sides)
    cut = _from_inside(net.plan.graph, node.split("/"), box, shapes, _Modules(model, clipped=True))
    inside = _clipped(cut.get(ref, ((1, 0),) * len(sides)), sides)
    return ReceptiveField(entry, spans, whole if inside is None else inside, sides)


def _clipped(box: Box, sides: Sequence[int]) -> Box:
    """The part of a box that is there."""
    if box is None or len(box) != len(sides):
        return box
    return tuple((max(0, first), min(side - 1, last)) for (first, last), side in zip(box, sides))


@dataclass(frozen=True)
class _Modules:
    """The modules of a graph, by the attribute of a step. ``clipped``: what lies outside of a value is not followed."""

    root: nn.Module
    clipped: bool = False

    def of(self, step: PlannedStep) -> nn.Module | None:
        if step.call is not None and not step.call.constructor:
            return None
        return getattr(self.root, step.attribute, None)

    def inside(self, step: PlannedStep) -> _Modules:
        module = self.of(step)
        assert module is not None
        return replace(self, root=module.get_submodule("0") if step.repeat > 1 else module)


Shapes = Mapping[Ref, Shape]


def _with_outputs(graph: PlannedGraph, shapes: Shapes) -> dict[Ref, Shape]:
    every = dict(shapes)
    for step in graph.steps:
        every |= {Ref(step.name, port): shape for port, shape in step.outputs.items()}
    return every


def _entry_shapes(step: PlannedStep, shapes: Shapes) -> dict[Ref, Shape]:
    """What arrives at a block, under the names it has inside."""
    assert step.inner is not None
    found = {}
    for argument, refs in zip(step.inner.arguments, step.inputs.values()):
        if refs and refs[0] in shapes:
            found[argument] = shapes[refs[0]]
    return found


def _from_inside(graph: PlannedGraph, path: list[str], box: Box, shapes: Shapes, modules: _Modules) -> dict[Ref, Box]:
    """What the layer of that path in ``graph`` sees of the arguments of the graph."""
    every = _with_outputs(graph, shapes)
    step = next(each for each in graph.steps if each.name == path[0])
    if len(path) == 1:
        return _back(graph, {Ref(step.name, next(iter(step.outputs))): box}, every, modules)
    assert step.inner is not None
    if step.loop:  # at which step of the sequence it is looked at is not said
        read = [ref for refs in step.inputs.values() for ref in refs]
        return _back(graph, dict.fromkeys(read), every, modules, before=step)
    inner_shapes = _entry_shapes(step, every)
    found = _from_inside(step.inner, path[1:], box, inner_shapes, modules.inside(step))
    for _ in range(step.repeat - 1):
        found = _through_block_once(step, next(iter(found.values()), None), inner_shapes, modules)
    return _back(graph, _outside(step, found), every, modules, before=step)


def _outside(step: PlannedStep, found: Mapping[Ref, Box]) -> dict[Ref, Box]:
    """Boxes at the arguments of a block as boxes of what is wired to it."""
    assert step.inner is not None
    result: dict[Ref, Box] = {}
    for argument, refs in zip(step.inner.arguments, step.inputs.values()):
        if argument in found:
            for ref in refs:
                result[ref] = _joined(result, ref, found[argument])
    return result


def _through_block_once(step: PlannedStep, box: Box, inner_shapes: Shapes, modules: _Modules) -> dict[Ref, Box]:
    assert step.inner is not None
    wanted = dict.fromkeys(step.inner.returns, box)
    return _back(step.inner, wanted, _with_outputs(step.inner, inner_shapes), modules.inside(step))


def _joined(found: Mapping[Ref, Box], ref: Ref, box: Box) -> Box:
    """The smallest box around what is known already and this one."""
    if ref not in found:
        return box
    other = found[ref]
    if box is None or other is None or len(box) != len(other):
        return None
    return tuple((min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(box, other))


def _back(
    graph: PlannedGraph, wanted: Mapping[Ref, Box], shapes: Shapes, modules: _Modules, before: PlannedStep | None = None
) -> dict[Ref, Box]:
    """From boxes of values of a graph to boxes of its arguments, each step once, the last one first."""
    boxes = dict(wanted)
    steps = list(graph.running)
    if before is not None:
        steps = steps[: next(index for index, step in enumerate(steps) if step.name == before.name)]
    for step in reversed(steps):
        outs = [boxes.pop(Ref(step.name, port)) for port in step.outputs if Ref(step.name, port) in boxes]
        if not outs:
            continue
        box = outs[0]
        for other in outs[1:]:
            box = _joined({Ref("", ""): box}, Ref("", ""), other)
        if modules.clipped:
            box = _clipped(box, sides_of(next(iter(step.outputs.values()))))
            if box is not None and any(last < first for first, last in box):
                continue
        for ref, seen in _through_step(step, box, shapes, modules).items():
            boxes[ref] = _joined(boxes, ref, seen)
    return boxes


def read_by(step: PlannedStep, owner: nn.Module, box: Box, shapes: Shapes) -> dict[Ref, Box]:
    """What these places of the values of a step read of each value that is wired to it, beyond the edges where there is
    padding. ``owner`` has its module, ``shapes`` are those of what arrives."""
    return _through_step(step, box, shapes, _Modules(owner))


def _through_step(step: PlannedStep, box: Box, shapes: Shapes, modules: _Modules) -> dict[Ref, Box]:
    boxes: dict[Ref, Box] = {}
    if step.loop:
        over_time = {entry.name for entry in step.loop if entry.over_time == STEPS}
        for port, refs in step.inputs.items():
            earlier: Box = ((0, box[0][1]),) if box is not None and len(box) == 1 and port in over_time else None
            for ref in refs:
                boxes[ref] = _joined(boxes, ref, earlier)
        return boxes
    if step.inner is not None:
        inner_shapes = _entry_shapes(step, shapes)
        found = _through_block_once(step, box, inner_shapes, modules)
        for _ in range(step.repeat - 1):
            found = _through_block_once(step, next(iter(found.values()), None), inner_shapes, modules)
        return _outside(step, found)
    out = next(iter(step.outputs.values()))
    for port, refs in step.inputs.items():
        for ref in refs:
            here = _through(step, modules.of(step), box, shapes.get(ref), out, port)
            boxes[ref] = _joined(boxes, ref, here)
    return boxes


def _through(
    step: PlannedStep, module: nn.Module | None, box: Box, arrives: Shape | None, out: Shape, port: str
) -> Box:
    """What a layer reads of one input for these places of its output."""
    if box is None or arrives is None:
        return None
    sides, given = sides_of(arrives), sides_of(out)
    if len(sides) != len(box) or len(given) != len(box) or not sides:
        return None
    text = "\n".join(str(line) for line in step.call.forward) if step.call is not None else ""
    if len(box) == 1 and port != "memory" and _CAUSAL.search(text):
        return ((0, box[0][1]),)
    if module is None:
        return _through_expression(text, box, sides, given, arrives.rank)
    found = _through_module(module, box, sides, given, arrives)
    margins = _PAD.search(text)
    return _moved(found, _before(margins.group(1), len(box))) if margins and found is not None else found


def _before(margins: str, axes: int) -> list[int]:
    """How many places were put before each of so many axes; ``margins`` as torch has them, the last axis first."""
    before = [int(part) for part in margins.replace(",", " ").split()][0::2][::-1]
    return ([0] * axes + before)[-axes:]


def _moved(box: tuple[Span, ...], before: Sequence[int]) -> Box:
    """Places before others were put in front."""
    return tuple((first - add, last - add) for (first, last), add in zip(box, before))


def _through_expression(
    text: str, box: tuple[Span, ...], sides: tuple[int, ...], given: tuple[int, ...], rank: int
) -> Box:
    if margins := _PAD.search(text):
        before = _before(margins.group(1), rank)
        return _around(text, _moved(box, before[:1] if rank == 2 else before[1:]), sides)
    if cut := _SLICE.search(text):
        return _before_slice(cut.group(1), box, sides)
    return box if sides == given and not any(word in text for word in _MIXES) else None


def _around(text: str, box: Box, sides: tuple[int, ...]) -> Box:
    """A border that holds values from within sees these."""
    if box is None or "circular" in text:
        return None
    if "reflect" not in text:
        return box
    return tuple(_mirrored(span, side) for span, side in zip(box, sides))


def _mirrored(span: Span, side: int) -> Span:
    first, last = span
    if first < 0:
        first, last = (-last, -first) if last < 0 else (0, max(last, -first))
    if last >= side:
        end = 2 * (side - 1)
        first, last = (end - last, end - first) if first >= side else (min(first, end - last), side - 1)
    return first, last


def _before_slice(index: str, box: tuple[Span, ...], sides: tuple[int, ...]) -> Box:
    """Places before ``x[:, :, 2:10]``; ``index`` is what stands in the brackets."""
    parts = [part.strip() for part in index.split(",")][1:]
    rank = len(sides) + 1
    parts += [":"] * (rank - len(parts))
    if len(parts) != rank or any(":" not in part for part in parts):
        return None
    axes = parts[1:] if rank > 2 else parts[:1]
    found = []
    for each, (first, last), side in zip(axes, box, sides):
        start, _, rest = each.partition(":")
        step = int(rest.partition(":")[2] or 1)
        begin = int(start or 0)
        begin = begin + side if begin < 0 else begin
        if step < 1:
            return None
        found.append((begin + first * step, begin + last * step))
    return tuple(found)


def _each(value: object, axes: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple) else (value,) * axes  # type: ignore[return-value]


def _through_module(
    module: nn.Module, box: tuple[Span, ...], sides: tuple[int, ...], given: tuple[int, ...], arrives: Shape
) -> Box:
    axes, name = len(box), type(module).__name__
    if name == "SeparableConv2d":
        module = module.depthwise  # type: ignore[assignment]
    if name == "LocallyConnected2d":
        module = module.expand  # type: ignore[assignment]
    if name.startswith("ConvTranspose"):
        return _through_transposed(module, box)
    if isinstance(module, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d):
        return tuple(
            (first * side // out, ceil((last + 1) * side / out) - 1)
            for (first, last), side, out in zip(box, sides, given)
        )
    if isinstance(module, nn.Upsample):
        return _through_upsample(module, box, sides, given)
    if isinstance(module, nn.PixelShuffle):
        return tuple((first // module.upscale_factor, last // module.upscale_factor) for first, last in box)
    if isinstance(module, nn.RNNBase):
        return None if module.bidirectional else ((0, box[0][1]),)
    if hasattr(module, "kernel_size") and hasattr(module, "padding"):
        return _through_window(module, box)
    if isinstance(module, nn.Softmax | nn.LogSoftmax):
        axis = (module.dim or 0) % (arrives.rank + 1) - 1
        return None if axis in place_axes(arrives) or sides != given else box
    if isinstance(module, nn.LayerNorm):
        return box if len(module.normalized_shape) <= arrives.rank - axes and axes == 1 else None
    if isinstance(module, nn.MultiheadAttention):
        return None
    plain = type(module).__module__ in _AT_EACH_PLACE or name in _OWN_AT_EACH_PLACE
    plain = plain or isinstance(module, nn.Linear | nn.Embedding | nn.Identity | nn.LocalResponseNorm)
    if isinstance(module, nn.Linear) and arrives.rank > 2:
        return None
    return box if plain and sides == given else None


def _through_window(module: nn.Module, box: tuple[Span, ...]) -> Box:
    axes = len(box)
    kernel = _each(module.kernel_size, axes)
    stride = _each(getattr(module, "stride", None) or kernel, axes)
    spread = _each(getattr(module, "dilation", 1), axes)
    if isinstance(module.padding, str):
        pad = tuple(gap * (size - 1) // 2 if module.padding == "same" else 0 for gap, size in zip(spread, kernel))
    else:
        pad = _each(module.padding, axes)
    return tuple(
        (first * step - add, last * step - add + (size - 1) * gap)
        for (first, last), size, step, gap, add in zip(box, kernel, stride, spread, pad)
    )


def _through_transposed(module: nn.Module, box: tuple[Span, ...]) -> Box:
    axes = len(box)
    found = []
    for (first, last), size, step, gap, add in zip(
        box,
        _each(module.kernel_size, axes),
        _each(module.stride, axes),
        _each(module.dilation, axes),
        _each(module.padding, axes),
    ):
        found.append((ceil((first + add - (size - 1) * gap) / step), floor((last + add) / step)))
    return tuple((min(first, last), max(first, last)) for first, last in found)


def _through_upsample(module: nn.Upsample, box: tuple[Span, ...], sides: Sequence[int], given: Sequence[int]) -> Box:
    found = []
    for (first, last), side, out in zip(box, sides, given):
        if module.mode.startswith("nearest"):
            found.append((first * side // out, last * side // out))
            continue
        if module.align_corners:
            ends = [at * (side - 1) / max(out - 1, 1) for at in (first, last)]
        else:
            ends = [(at + 0.5) * side / out - 0.5 for at in (first, last)]
        more = 1 if module.mode == "bicubic" else 0
        found.append((max(0, floor(ends[0])) - more, min(side - 1, floor(ends[1]) + 1 + more)))
    return tuple(found)
