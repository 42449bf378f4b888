"""What every wire carries for one sample: values on the way forward, gradients on the way back.

The way back is walked as it is taught: step by step from the end, each layer alone, with what comes back at its
outputs. So each wire has a gradient of its own, also where a value goes to several layers, and so has what nothing
trains, such as a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlannedGraph, PlannedStep, Ref
from app.core.compile.uncompiled import led_back
from app.core.graph.model import Graph, Wire
from app.insight.anatomy import part
from app.insight.capture import Inputs, arguments, device_of, undisturbed, values_of
from app.insight.tiles import NoPicture

_Found = TypeVar("_Found")
FEW = 4  # numbers that are written out; of more of them the norm is told
NO_LOSS = (
    "There is no loss, and the answer is no single number, so no gradient comes back. Add a loss such as Cross-entropy."
)


@dataclass(frozen=True, eq=False)
class WireValue:
    """A value of one sample, without its batch, and the gradient that comes back to it: of the same form, None if
    none does. ``local`` is, of a wire to a layer that gives a single number, the derivative of that number by this
    value: the gradient is the one times the other."""

    value: np.ndarray
    gradient: np.ndarray | None = None
    local: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class WeightMoved:
    """A weight of a step, by its name in the ``state_dict`` of the model, and the gradient by it, if it has one."""

    name: str
    value: np.ndarray
    gradient: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class WireValues:
    """One sample on its way through a graph and back.

    Attributes:
        wires: by wire of the drawing. Where one value goes to several layers, each wire has its own gradient.
        values: by output port, ``conv1.output``: the gradient is the sum over its wires. That of a loss is called
            ``loss``.
        weights: by node, those of its own layer.
        order: the nodes in the order in which they are worked out; losses come last.
        of: what the gradients belong to, in words: ``the loss``.
        note: why there are no gradients; empty if there are.
    """

    wires: Mapping[Wire, WireValue]
    values: Mapping[str, WireValue]
    weights: Mapping[str, tuple[WeightMoved, ...]]
    order: tuple[str, ...]
    of: str = ""
    note: str = ""


def wire_values(
    net: CompiledNet, model: nn.Module, inputs: Inputs, *, sample: int = 0, inside: str = "", gradients: bool = True
) -> WireValues:
    """Values and gradients by wire of the main graph, or of the block whose path is ``inside``, in evaluation mode.

    Args:
        net: the drawing.
        model: its weights; no gradient is left in it.
        inputs: as for ``capture.arguments``; the losses find their fields there, if it is a batch by field.
        sample: the row that is looked at.
        inside: the path of a block that is not repeated.
        gradients: whether the way back is walked.

    Raises:
        NoPicture: if the inputs do not fit, the model fails on them, or ``inside`` is no such block.
    """
    return _walked(net, model, inputs, sample, lambda way: way.walked(inside, gradients))


def wire_values_everywhere(
    net: CompiledNet, model: nn.Module, inputs: Inputs, *, sample: int = 0
) -> dict[str, WireValues]:
    """The same of the main graph, by an empty path, and by its path of each block that runs once, whatever it stands
    in; the whole way is walked once.

    Raises:
        NoPicture: as ``wire_values``.
    """
    return _walked(net, model, inputs, sample, lambda way: way.everywhere())


def _walked(net: CompiledNet, model: nn.Module, inputs: Inputs, sample: int, look: Callable[[_Way], _Found]) -> _Found:
    given = arguments(net, model, inputs, sample)
    captured = values_of(net, model, given, None)
    fields = _fields(net, inputs, sample, device_of(model))
    for entry, value in zip(net.plan.inputs, given):
        fields.setdefault(f"{entry.node}.{entry.port}", value)
    way = _Way(net, model, captured, fields)
    with undisturbed(model, True), torch.backends.cudnn.flags(enabled=False):
        try:
            return look(way)
        except RuntimeError as error:
            place, sentence = net.explain(error)
            raise NoPicture(f"{place}: {sentence}" if place else sentence) from error


def _fields(net: CompiledNet, inputs: Inputs, sample: int, device: torch.device) -> dict[str, Tensor]:
    if not isinstance(inputs, Mapping):
        return {}
    return {name: value[sample : sample + 1].to(device) for name, value in inputs.items() if len(value) > sample}


@dataclass
class _Walk:
    """What has come back so far in one graph."""

    back: dict[Ref, Tensor] = field(default_factory=dict)  # the sum over the ways, by value
    wires: dict[tuple[Ref, str, str, int], Tensor] = field(default_factory=dict)  # by value, node, port and place
    weights: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    local: dict[tuple[Ref, str, str, int], Tensor] = field(default_factory=dict)

    def comes(self, ref: Ref, node: str, port: str, place: int, gradient: Tensor) -> None:
        self.back[ref] = self.back[ref] + gradient if ref in self.back else gradient
        self.wires[ref, node, port, place] = gradient


@dataclass(frozen=True, eq=False)
class _Level:
    """One graph, what has come back in it, the module that has its layers, and the begin of their paths."""

    graph: PlannedGraph
    walk: _Walk
    owner: nn.Module
    prefix: str
    drawn: Graph | None


class _Way:
    def __init__(
        self, net: CompiledNet, model: nn.Module, captured: Mapping[str, Tensor], fields: Mapping[str, Tensor]
    ) -> None:
        self.net, self.model, self.captured, self.fields = net, model, captured, fields
        self.lost: dict[str, Tensor] = {}  # the value of each loss

    def walked(self, inside: str, gradients: bool) -> WireValues:
        level, of, note = self._main(gradients)
        for name in filter(None, inside.split("/")):
            level = self._into(level, name, bool(of))
        return self._told(level, of, note)

    def everywhere(self) -> dict[str, WireValues]:
        level, of, note = self._main(True)
        found: dict[str, WireValues] = {}

        def look(level: _Level) -> None:
            found[level.prefix.rstrip("/")] = self._told(level, of, note)
            for step in level.graph.running:
                if step.inner is not None and step.repeat == 1 and not step.loop:
                    look(self._into(level, step.name, bool(of)))

        look(level)
        return found

    def _main(self, gradients: bool) -> tuple[_Level, str, str]:
        """The main graph, walked back; what the gradients belong to, and why there are none."""
        project = self.net.project
        level = _Level(self.net.plan.graph, _Walk(), self.model, "", project.graph if project is not None else None)
        of, note = self._begun(level.walk) if gradients else ("", "")
        if of:
            self._back(level.graph, level.walk, level.owner, "")
        return level, of, note

    def _into(self, outer: _Level, name: str, back: bool) -> _Level:
        """The graph of a block that stands in this one, walked back from what comes back to its outputs.

        Raises:
            NoPicture: if there is none, or it is repeated.
        """
        path = f"{outer.prefix}{name}"
        where = part(self.net, path)
        inner, project = where.step.inner, self.net.project
        if inner is None:
            raise NoPicture(f"{path} is a layer, so there are no wires inside it.")
        if where.step.repeat > 1:
            raise NoPicture(f"{path} is repeated, so each of its wires carries several values.")
        walk = _Walk()
        for ref, port in zip(inner.returns, inner.return_ports):
            came = outer.walk.back.get(Ref(name, port))
            if came is not None:
                walk.comes(ref, port, "x", 0, came)
        owner = self.model.get_submodule(where.address)
        if back:
            self._back(inner, walk, owner, f"{path}/")
        drawn = project.blocks[inner.where].graph if project is not None else None
        return _Level(inner, walk, owner, f"{path}/", drawn)

    # The way back

    def _begun(self, walk: _Walk) -> tuple[str, str]:
        """Let the gradients begin: at the losses, or at an answer that is a single number. What they belong to, and
        why there are none."""
        plan = self.net.plan
        losses = self.net.losses()
        if losses is None:
            answers = [Ref(output.node, output.port) for output in plan.outputs]
            if not answers or any(output.shape.values != 1 or output.shape.dtype != "float" for output in plan.outputs):
                return "", NO_LOSS
            for ref in answers:
                walk.back[ref] = torch.ones_like(self._value(ref, ""))
            return f"the answer of {' and '.join(ref.node for ref in answers)}", ""
        for loss in plan.losses:
            leaves: dict[str, Tensor] = {}
            for operand in loss.operands.values():
                value = self._operand(operand.kind == "output", Ref(operand.node, operand.port))
                if value is None:
                    return "", f"The loss reads {operand.key}, and this sample does not have it."
                leaves[operand.key] = _leaf(value)
        made = self._losses(losses.to(device_of(self.model)))
        for name, (value, leaves) in made.items():
            wanted = {key: leaf for key, leaf in leaves.items() if leaf.requires_grad}
            found = torch.autograd.grad(value.sum(), list(wanted.values()), allow_unused=True) if wanted else ()
            given = dict(zip(wanted, found))
            loss = next(each for each in plan.losses if each.name == name)
            told: set[str] = set()
            for port, operand in loss.operands.items():
                gradient = given.get(operand.key)
                if gradient is not None and operand.key not in told:
                    walk.comes(Ref(operand.node, operand.port), name, port, 0, gradient)
                told.add(operand.key)
            walk.back[Ref(name, "loss")] = torch.ones(1)
            self.lost[name] = value.detach()
        return "the loss" if len(made) == 1 else f"the sum of {len(made)} losses", ""

    def _losses(self, losses: nn.Module) -> dict[str, tuple[Tensor, dict[str, Tensor]]]:
        """The value of each loss, and the leaves that it was made of."""
        plan = self.net.plan
        made = {}
        for loss in plan.losses:
            keys = {o.key: o for each in plan.losses for o in each.operands.values()}
            leaves: dict[str, Tensor] = {}
            for key, operand in keys.items():
                value = self._operand(operand.kind == "output", Ref(operand.node, operand.port))
                assert value is not None, "was looked for before"
                leaves[key] = _leaf(value)
            returned = tuple(
                leaves.get(output.key, self._value(Ref(output.node, output.port), "")) for output in plan.outputs
            )
            with torch.enable_grad():
                fields = self.net.looking_ahead(self.model, {**self.fields, **leaves})
                made[loss.name] = self.net.loss_values(losses, returned, fields)[loss.name], leaves
        return made

    def _operand(self, computed: bool, ref: Ref) -> Tensor | None:
        if computed:
            return self._value(ref, "")
        return self.fields.get(f"{ref.node}.{ref.port}")

    def _back(self, graph: PlannedGraph, walk: _Walk, owner: nn.Module, prefix: str) -> None:
        """From the end to the begin, each step alone."""
        for step in reversed(graph.running):
            came = {port: walk.back[Ref(step.name, port)] for port in step.outputs if Ref(step.name, port) in walk.back}
            if came:
                self._through(step, graph, walk, owner, prefix, came)

    def _through(
        self,
        step: PlannedStep,
        graph: PlannedGraph,
        walk: _Walk,
        owner: nn.Module,
        prefix: str,
        came: Mapping[str, Tensor],
    ) -> None:
        leaves = {port: [_leaf(self._value(ref, prefix, graph)) for ref in refs] for port, refs in step.inputs.items()}
        weights = _weights(owner, step)
        with torch.enable_grad():
            given = self.net.run_step(owner, step, leaves)
        outputs = [(given[port], came[port]) for port in came if port in given and given[port].requires_grad]
        places = [(port, place) for port, many in leaves.items() for place in range(len(many))]
        asked = [leaves[port][place] for port, place in places]
        wanted = [each for each in (*asked, *weights.values()) if each.requires_grad]
        if not outputs or not wanted:
            return
        values, incoming = zip(*outputs)
        single = len(values) == 1 and values[0].numel() == 1
        begin = tuple(torch.ones_like(each) for each in incoming) if single else incoming
        found = led_back(values, wanted, begin)
        local = {id(each): gradient for each, gradient in zip(wanted, found) if gradient is not None}
        # Of a single number the derivatives themselves are told: what comes back is multiplied by them.
        by = {key: each * float(incoming[0]) for key, each in local.items()} if single else local
        for (port, place), leaf in zip(places, asked):
            if id(leaf) in by:
                ref = step.inputs[port][place]
                walk.comes(ref, step.name, port, place, by[id(leaf)])
                if single:
                    walk.local[ref, step.name, port, place] = local[id(leaf)]
        walk.weights[step.name] = {name: by[id(each)] for name, each in weights.items() if id(each) in by}

    # What was found

    def _told(self, level: _Level, of: str, note: str) -> WireValues:
        graph, walk, owner, prefix, drawn = level.graph, level.walk, level.owner, level.prefix, level.drawn
        values: dict[str, WireValue] = {}
        numbers = _Doubles()
        for ref in _all_refs(graph):
            value = self._found(ref, prefix, graph)
            if value is not None:
                values[f"{ref.node}.{ref.port}"] = numbers.carried(value, walk.back.get(ref))
        if not prefix:
            for name, value in self.lost.items():
                values[f"{name}.loss"] = WireValue(value.reshape(()).double().cpu().numpy(), np.array(1.0))
            for key, value in self.fields.items():
                values.setdefault(key, numbers.carried(value, walk.back.get(Ref(*_split(key)))))
        wires = self._by_wire(graph, walk, prefix, drawn, bool(of), numbers) if drawn is not None else {}
        weights = {
            step.name: tuple(
                WeightMoved(name, each.detach().double().cpu().numpy(), _numbers(came.get(name)))
                for name, each in _weights(owner, step).items()
            )
            for step in graph.running
            for came in (walk.weights.get(step.name, {}),)
        }
        order = [*dict.fromkeys(ref.node for ref in graph.arguments), *(step.name for step in graph.running)]
        if not prefix:
            order += [loss.name for loss in self.net.plan.losses]
        return WireValues(wires, values, {n: w for n, w in weights.items() if w}, tuple(order), of, note)

    def _by_wire(
        self, graph: PlannedGraph, walk: _Walk, prefix: str, drawn: Graph, back: bool, numbers: _Doubles
    ) -> dict[Wire, WireValue]:
        """What each wire of the drawing carries. A wire to a muted layer carries on what comes back behind it."""
        found: dict[Wire, WireValue] = {}
        for name in drawn.nodes:
            places: dict[str, int] = {}
            for wire in drawn.into(name):
                place = places.get(wire.target_port, 0)
                places[wire.target_port] = place + 1
                ref = graph.passed.get(f"{wire.source}.{wire.source_port}", graph.passed.get(wire.source))
                ref = ref if ref is not None else Ref(wire.source, wire.source_port)
                value = self._found(ref, prefix, graph)
                if value is None and not prefix:
                    value = self.fields.get(f"{ref.node}.{ref.port}")
                if value is None:
                    continue
                gradient = walk.wires.get((ref, name, wire.target_port, place))
                if gradient is None and back and drawn.nodes[name].bypassed:
                    gradient = self._behind(walk, ref, drawn, name)
                if gradient is None and not self.net.plan.losses and not prefix:
                    gradient = self._at_answer(ref, drawn, name, walk)
                local = walk.local.get((ref, name, wire.target_port, place))
                found[wire] = numbers.carried(value, gradient, local)
        return found

    def _behind(self, walk: _Walk, ref: Ref, drawn: Graph, muted: str) -> Tensor | None:
        """What comes back through a muted layer: the sum over the wires behind it."""
        total = None
        for wire in drawn.out_of(muted):
            if drawn.nodes[wire.target].bypassed:
                came = self._behind(walk, ref, drawn, wire.target)
            else:
                came = next(
                    (
                        g
                        for (r, n, port, _), g in walk.wires.items()
                        if (r, n, port) == (ref, wire.target, wire.target_port)
                    ),
                    None,
                )
            if came is not None:
                total = came if total is None else total + came
        return total

    def _at_answer(self, ref: Ref, drawn: Graph, name: str, walk: _Walk) -> Tensor | None:
        if drawn.nodes[name].type != "Output" or ref not in walk.back:
            return None
        return torch.ones_like(walk.back[ref])

    def _found(self, ref: Ref, prefix: str, graph: PlannedGraph | None = None) -> Tensor | None:
        graph = graph or self.net.plan.graph
        step = next((each for each in graph.steps if each.name == ref.node), None)
        plain = ref.port == "output" or (step is not None and len(step.outputs) == 1)
        return self.captured.get(prefix + (ref.node if plain else f"{ref.node}.{ref.port}"))

    def _value(self, ref: Ref, prefix: str, graph: PlannedGraph | None = None) -> Tensor:
        found = self._found(ref, prefix, graph)
        if found is None:
            raise NoPicture(f"{prefix}{ref.node} has no value for this sample.")
        return found


def _split(key: str) -> tuple[str, str]:
    node, _, port = key.partition(".")
    return node, port


def _all_refs(graph: PlannedGraph) -> Sequence[Ref]:
    return [*graph.arguments, *(Ref(step.name, port) for step in graph.running for port in step.outputs)]


def _leaf(value: Tensor) -> Tensor:
    return value.detach().clone().requires_grad_() if value.is_floating_point() else value.detach()


def _weights(owner: nn.Module, step: PlannedStep) -> dict[str, nn.Parameter]:
    """The weights that a step uses, by name below ``owner``; those of another layer, where it shares."""
    if step.call is not None and not step.call.constructor:
        return {}
    module = getattr(owner, step.attribute, None)
    if not isinstance(module, nn.Module):
        return {}
    return {f"{step.attribute}.{name}": each for name, each in module.named_parameters()}


def _numbers(value: Tensor | None) -> np.ndarray | None:
    return value.detach().double().cpu().numpy() if value is not None else None


class _Doubles:
    """What tensors hold, without the batch. A value that goes on several wires is copied once."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, bool], tuple[Tensor, np.ndarray]] = {}

    def carried(self, value: Tensor, gradient: Tensor | None, local: Tensor | None = None) -> WireValue:
        rank = value.dim()
        return WireValue(
            self._of(value, rank > 0),
            self._of(gradient, rank > 0 and gradient.dim() == rank) if gradient is not None else None,
            self._of(local, rank > 0 and local.dim() == rank) if local is not None else None,
        )

    def _of(self, tensor: Tensor, batched: bool) -> np.ndarray:
        key = id(tensor), batched
        if key not in self._made:  # the tensor is held, or another one might get its number
            made = (tensor[0] if batched else tensor).detach().double().cpu().numpy()
            self._made[key] = tensor, made
        return self._made[key][1]


def words(numbers: np.ndarray | None) -> str:
    """A value as a wire shows it: up to four numbers with two decimals as lectures write them, else the norm."""
    if numbers is None:
        return ""
    if not np.isfinite(numbers).all():
        return "not finite"
    if numbers.size > FEW:
        return f"norm {two(float(np.linalg.norm(numbers)))}"
    texts = [two(float(each)) for each in numbers.reshape(-1)]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def two(value: float) -> str:
    """Two decimals, or two digits where these would say nothing: ``0.39``, ``−0.0012``, ``1.3e5``."""
    if value == 0:
        return "0.00"
    plain = 0.01 <= abs(value) < 10_000
    text = f"{value:.2f}" if plain else f"{value:.2g}" if abs(value) >= 1e-4 and abs(value) < 1 else f"{value:.1e}"
    mantissa, _, power = text.partition("e")
    return (f"{mantissa}e{int(power)}" if power else mantissa).replace("-", "−")
