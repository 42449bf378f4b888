"""Follows numbers through a net, from any one to those it was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.core.compile.plan import Operand, PlanLoss, PlannedGraph, PlannedStep, Ref
from app.core.graph.loops import CARRIED, STEPS, states
from app.insight.anatomy import part
from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.loss_registry import LOSSES, REASONS
from app.insight.arithmetic.losses import LOSS, AskedLoss
from app.insight.arithmetic.number import Derivation, Number, NumberPlace, NumberTerm
from app.insight.arithmetic.registry import arithmetics
from app.insight.arithmetic.stage import GivenStage, Index, Stage
from app.insight.capture import Inputs, arguments, undisturbed, values_of
from app.insight.tiles import NoPicture
from nodes.api.registry import find

MOST_NAMED = 24  # values of a layer that are named where somebody asks for one that it lacks


@dataclass(frozen=True)
class _Where:
    """A step in its graph. ``owner`` has its module; ``outer`` is the block it stands in."""

    path: str
    step: PlannedStep
    graph: PlannedGraph
    owner: Any
    prefix: str


class NetArithmetic:
    """One net with the weights of a moment and one sample.

    Raises:
        NoPicture: if the inputs do not fit, or the model fails on them.
    """

    def __init__(self, net: CompiledNet, model: nn.Module, inputs: Inputs, *, sample: int = 0) -> None:
        self.net, self.model = net, model
        given = arguments(net, model, inputs, sample)
        self._fields: Mapping[str, Tensor] = inputs if isinstance(inputs, Mapping) else {}
        self._sample = sample
        self._captured = values_of(net, model, given, None)
        self._stages: dict[str, Stages] = {}

    def number(self, place: NumberPlace) -> Number:
        """The number at a place, and how it was made.

        Raises:
            NoPicture: if there is none, or nobody knows the arithmetic of the layer.
        """
        value = self.values(place.node, place.what)
        _check(place, value)
        with undisturbed(self.model):
            made = self._made(place)
        return Number(place, float(value[place.index]), made, tuple(value.shape))

    def values(self, node: str, what: str) -> np.ndarray:
        """All numbers of an output, a weight or an inner value, without the batch, float64.

        Raises:
            NoPicture: if the node has nothing of that name.
        """
        if (loss := self._loss_of(node)) is not None:
            stages = self._loss_stages(loss)
            if what not in stages:
                raise NoPicture(f"{node} has no value {what!r}. It has: {', '.join(stages)}.")
            return stages[what].values
        if (entry := self._entered(node, what)) is not None:
            return _plain(entry)
        where = self._where(node)
        weight = _weights(where).get(what)
        if weight is not None:
            return weight.detach().double().cpu().numpy()
        found = self._captured.get(self._key(where, what)) if what in where.step.outputs else None
        if found is not None:
            return _plain(found)
        with undisturbed(self.model):
            inner = self._layer(where).get(what) if where.step.inner is None and self._knows(where) else None
            if inner is not None:
                return inner.values
        there = self.parts(node)
        more = f" and {len(there) - MOST_NAMED} more" if len(there) > MOST_NAMED else ""
        raise NoPicture(f"{node} has no value {what!r}. It has: {', '.join(there[:MOST_NAMED])}{more}.")

    def parts(self, node: str) -> tuple[str, ...]:
        """What can be asked for: outputs, values on the way, and weights."""
        if (loss := self._loss_of(node)) is not None:
            return (LOSS, *(name for name in self._loss_stages(loss) if name != LOSS))
        if self._entered(node, "") is not None:
            return ("output",)
        where = self._where(node)
        names = [*where.step.outputs]
        if where.step.inner is None and self._knows(where):
            with undisturbed(self.model):
                names += self._layer(where)
        return tuple(dict.fromkeys([*names, *_weights(where)]))

    def first(self, node: str) -> str:
        """The output that is shown of a node."""
        if self._loss_of(node) is not None:
            return LOSS
        if self._entered(node, "") is not None:
            return "output"
        return next(iter(self._where(node).step.outputs))

    def called(self, node: str, what: str) -> str:
        """The name of what is asked for: of the first output, where none is named or it is called as usual."""
        first = self.first(node)
        return first if not what or (what == "output" and what not in self.parts(node)) else what

    # Finding

    def _where(self, path: str) -> _Where:
        graph, owner, prefix = self.net.plan.graph, self.model, ""
        *blocks, name = path.split("/")
        for block in blocks:
            step = next((each for each in graph.steps if each.name == block), None)
            if step is None or step.inner is None:
                part(self.net, path)  # says why
                raise NoPicture(f"The net has no layer {path}.")
            owner = getattr(owner, step.attribute)
            owner = owner[-1] if step.repeat > 1 else owner
            graph, prefix = step.inner, f"{prefix}{block}/"
        step = next((each for each in graph.steps if each.name == name), None)
        if step is None or not step.runs:
            part(self.net, path)
            raise NoPicture(f"{path} has no value: nobody reads it.")
        return _Where(path, step, graph, owner, prefix)

    def _graph_of(self, path: str) -> tuple[PlannedGraph, str, PlannedStep | None]:
        """The graph in which a path ends, its prefix, and the block whose it is."""
        graph, prefix, block = self.net.plan.graph, "", None
        for name in path.split("/")[:-1]:
            block = next((each for each in graph.steps if each.name == name and each.inner is not None), None)
            if block is None or block.inner is None:
                raise NoPicture(f"The net has no layer {path}.")
            graph, prefix = block.inner, f"{prefix}{name}/"
        return graph, prefix, block

    def _entered(self, path: str, what: str) -> Tensor | None:
        """The value of what is no step: a source, an input, the entry of a block, a muted layer."""
        graph, prefix, _ = self._graph_of(path)
        name = path.rpartition("/")[2]
        if any(step.name == name for step in graph.steps):
            return None
        muted = graph.passed.get(f"{name}.{what}", graph.passed.get(name))
        if muted is not None:
            return self._value(muted, graph, prefix)
        refs = [ref for ref in graph.arguments if ref.node == name]
        chosen = next((ref for ref in refs if ref.port == what), refs[0] if refs else None)
        return self._value(chosen, graph, prefix) if chosen is not None else None

    def _value(self, ref: Ref, graph: PlannedGraph, prefix: str) -> Tensor | None:
        step = next((each for each in graph.steps if each.name == ref.node), None)
        plain = ref.port == "output" or (step is not None and len(step.outputs) == 1)
        return self._captured.get(prefix + (ref.node if plain else f"{ref.node}.{ref.port}"))

    def _key(self, where: _Where, what: str) -> str:
        plain = what == "output" or len(where.step.outputs) == 1
        return where.path if plain else f"{where.path}.{what}"

    def _type(self, where: _Where) -> str:
        """The id of the layer of a step."""
        project = self.net.project
        if project is not None:
            drawn = project.graph_of(where.graph.where).nodes.get(where.step.name)
            if drawn is not None:
                return drawn.type
        call = where.step.call
        return call.constructor.rpartition(".")[2] if call is not None else ""

    def _knows(self, where: _Where) -> bool:
        return self._type(where) in arithmetics()

    # What is said of a place

    def _loss_of(self, node: str) -> PlanLoss | None:
        return next((loss for loss in self.net.plan.losses if loss.name == node), None)

    def _loss_stages(self, loss: PlanLoss) -> Stages:
        """How a loss comes about for the sample.

        Raises:
            NoPicture: if nobody knows its arithmetic, or the sample says nothing of what it reads.
        """
        if loss.name not in self._stages:
            work = LOSSES.get(loss.type)
            if work is None or any(operand.ahead for operand in loss.operands.values()):
                kind = find(loss.type)
                called = kind.name if kind is not None else loss.type
                why = REASONS.get(loss.type, "its arithmetic is not known here")
                raise NoPicture(f"{loss.name}: how {called} makes its number cannot be followed, for {why}.")
            arrived = {port: self._read(loss, operand) for port, operand in loss.operands.items()}
            read = {port: self._fields.get(operand.key) for port, operand in loss.operands.items()}
            whole = {port for port, value in read.items() if value is not None and not value.is_floating_point()}
            self._stages[loss.name] = work(AskedLoss(loss.name, loss.settings, arrived, frozenset(whole)))
        return self._stages[loss.name]

    def _read(self, loss: PlanLoss, operand: Operand) -> Stage:
        if operand.kind == "output":
            value = self._value(Ref(operand.node, operand.port), self.net.plan.graph, "")
            assert value is not None, "what a loss reads is an output of the model"
            return GivenStage(_plain(value), operand.node, operand.port)
        found = self._fields.get(operand.key)
        if found is None:
            raise NoPicture(
                f"{loss.name} compares with {operand.key}, of which this sample says nothing. Choose one of the data."
            )
        return GivenStage(_plain(found[self._sample : self._sample + 1]), "", "")

    def _made(self, place: NumberPlace) -> Derivation:
        loss = self._loss_of(place.node)
        if loss is not None:
            return self._loss_stages(loss)[place.what].made(place.index)
        graph, prefix, block = self._graph_of(place.node)
        name = place.node.rpartition("/")[2]
        if not any(step.name == name for step in graph.steps):
            return self._made_at_entry(place, graph, prefix, block, name)
        where = self._where(place.node)
        weight = _weights(where).get(place.what)
        if weight is not None:
            value = float(weight.detach()[place.index])
            learned = isinstance(weight, nn.Parameter)
            rule = (
                "It is a weight: training changes it." if learned else "It was measured, or is fixed; no sum makes it."
            )
            return Derivation("given", rule, value)
        if where.step.inner is not None:
            index = list(where.step.outputs).index(place.what)
            ref = where.step.inner.returns[index]
            at = place.index
            if where.step.loop and place.what not in states(where.step.loop):
                steps = self.values(place.node, place.what).shape[0]
                if at[0] + 1 < steps:
                    rule = f"The block gave it at step {at[0] + 1} of {steps}; inside, the last step is followed."
                    return Derivation("given", rule, float(self.values(place.node, place.what)[at]))
                at = at[1:]
            return self._moved(where.step.inner, f"{place.node}/", ref, at, "It comes out of the block: {place}.")
        if not self._knows(where):
            kind = find(self._type(where))
            called = kind.name if kind is not None else self._type(where)
            raise NoPicture(
                f"{place.node}: how {called} makes its numbers is not known here, as it is a layer of your own. "
                "Choose a number of a layer before or behind it."
            )
        return self._layer(where)[place.what].made(place.index)

    def _made_at_entry(
        self, place: NumberPlace, graph: PlannedGraph, prefix: str, block: PlannedStep | None, name: str
    ) -> Derivation:
        muted = graph.passed.get(f"{name}.{place.what}", graph.passed.get(name))
        if muted is not None:
            return self._moved(graph, prefix, muted, place.index, "It is muted and hands on what stood at {place}.")
        value = float(self.values(place.node, place.what)[place.index])
        if block is None:
            return Derivation("given", "It comes from the data: nothing in the net makes it.", value)
        if block.repeat > 1:
            rule = f"It comes from the copy before: of {block.repeat} copies the last one is followed."
            return Derivation("given", rule, value)
        outer_path = prefix.rstrip("/")
        outer, outer_prefix, _ = self._graph_of(outer_path)
        entry = next((each for each in block.loop if each.name == name), None)
        if entry is not None and entry.over_time == CARRIED:
            return Derivation(
                "given", "It comes back from the step before: of all steps the last one is followed.", value
            )
        refs, at = block.inputs[name], place.index
        if entry is not None and entry.over_time == STEPS:
            read = self._value(refs[0], outer, outer_prefix)
            at = (len(_plain(read)) - 1, *at) if read is not None else at
            if read is None or float(_plain(read)[at]) != value:
                return Derivation("given", "The block reads its own answer of the step before.", value)
        return self._moved(outer, outer_prefix, refs[0], at, "It enters the block: it stood at {place}.")

    def _moved(self, graph: PlannedGraph, prefix: str, ref: Ref, index: Index, rule: str) -> Derivation:
        value = self._value(ref, graph, prefix)
        assert value is not None, "a value that is read was captured"
        there = NumberPlace(f"{prefix}{ref.node}", ref.port, index)
        term = NumberTerm(float(_plain(value)[index]), there, there.name)
        return Derivation("moved", rule.format(place=there.name), term.value, (term,))

    # The arithmetic of a layer

    def _layer(self, where: _Where) -> Stages:
        if where.path not in self._stages:
            self._stages[where.path] = self._built(where)
        return self._stages[where.path]

    def _built(self, where: _Where) -> Stages:
        step = where.step
        arrived: dict[str, Sequence[Stage]] = {}
        inputs: dict[str, list[Tensor]] = {}
        for port, refs in step.inputs.items():
            tensors = []
            stages: list[Stage] = []
            for ref in refs:
                value = self._value(ref, where.graph, where.prefix)
                assert value is not None, "a value that is read was captured"
                tensors.append(value)
                stages.append(GivenStage(_plain(value), f"{where.prefix}{ref.node}", ref.port))
            arrived[port], inputs[port] = stages, tensors
        work = arithmetics()[self._type(where)]
        settings = self._settings(where)
        if step.repeat == 1:
            outputs = {port: self._captured[self._key(where, port)] for port in step.outputs}
            module = getattr(where.owner, step.attribute, None) if step.call and step.call.constructor else None
            return work(self._asked(where, where.owner, step, module, settings, arrived, inputs, outputs, ""))
        return self._copies(where, work, settings, arrived, inputs)

    def _copies(
        self,
        where: _Where,
        work: Any,
        settings: Mapping[str, Any],
        arrived: Mapping[str, Sequence[Stage]],
        inputs: Mapping[str, list[Tensor]],
    ) -> Stages:
        """A layer that is repeated: each copy reads what the one before gave."""
        step = where.step
        one = replace(step, repeat=1)
        modules = getattr(where.owner, step.attribute) if step.call and step.call.constructor else None
        port = next(iter(step.outputs))
        found: Stages = {}
        for copy in range(step.repeat):
            module = modules[copy] if modules is not None else None
            owner = SimpleNamespace(**{step.attribute: module})
            outputs = self.net.run_step(owner, one, inputs)  # type: ignore[arg-type]
            before = f"{copy}." if module is not None else ""
            stages = work(self._asked(where, owner, one, module, settings, arrived, inputs, outputs, before))
            last = copy == step.repeat - 1
            made = stages.pop(port)
            if not last:
                called = f"copy {copy + 1}"  # what its numbers lead to is its own, not that of the last copy
                found |= {
                    f"{called} {name}": one_of.named(where.path, f"{called} {name}") for name, one_of in stages.items()
                }
                made = _Named(made, where.path, f"copy {copy + 1}")
                found[f"copy {copy + 1}"] = made
                arrived = {name: [made] for name in arrived}
                inputs = {name: [outputs[port]] for name in inputs}
            else:
                found |= {**stages, port: made}
        return found

    def _asked(
        self,
        where: _Where,
        owner: Any,
        step: PlannedStep,
        module: nn.Module | None,
        settings: Mapping[str, Any],
        arrived: Mapping[str, Sequence[Stage]],
        inputs: Mapping[str, list[Tensor]],
        outputs: Mapping[str, Tensor],
        before: str,
    ) -> LayerCall:
        return LayerCall(
            where.path,
            settings,
            module,
            arrived,
            {port: _plain(value) for port, value in outputs.items()},
            lambda other: self.net.run_step(owner, step, other),
            inputs,
            before,
        )

    def _settings(self, where: _Where) -> Mapping[str, Any]:
        project = self.net.project
        drawn = project.graph_of(where.graph.where).nodes.get(where.step.name) if project is not None else None
        layer = find(self._type(where))
        if layer is None or drawn is None:
            return {}
        return layer.settings(drawn.params)


class _Named(Stage):
    """The answer of one copy of a layer that is repeated."""

    def __init__(self, of: Stage, node: str, what: str) -> None:
        self._of = of
        self.node, self.what = node, what

    @property
    def values(self) -> np.ndarray:
        return self._of.values

    def made(self, index: Index) -> Derivation:
        return self._of.made(index)


def _plain(value: Tensor) -> np.ndarray:
    """Without the batch of one."""
    return value.detach()[0].double().cpu().numpy()


def _weights(where: _Where) -> dict[str, Tensor]:
    """Weights and measured numbers of a layer, by their names in it."""
    call = where.step.call
    if call is None or not call.constructor:
        return {}
    module = getattr(where.owner, where.step.attribute, None)
    if not isinstance(module, nn.Module):
        return {}
    measured = {name: each for name, each in module.named_buffers() if not name.endswith("num_batches_tracked")}
    return {**dict(module.named_parameters()), **measured}


def _check(place: NumberPlace, values: np.ndarray) -> None:
    if len(place.index) != values.ndim:
        some = ", ".join("0" for _ in values.shape)
        raise NoPicture(
            f"{NumberPlace(place.node, place.what).name} has {values.ndim} axes of {_times(values.shape)}, so a number "
            f"of it is named by {values.ndim} numbers{f', such as {some}' if some else ''}."
        )
    for at, size in zip(place.index, values.shape):
        if not 0 <= at < size:
            raise NoPicture(
                f"{NumberPlace(place.node, place.what).name} has the sizes {_times(values.shape)}, so {at} is too far: "
                f"count from 0 to {size - 1}."
            )


def _times(sizes: Sequence[int]) -> str:
    return " × ".join(map(str, sizes)) or "a single number"


def strongest(values: np.ndarray, begin: Sequence[int] = ()) -> Index:
    """The place of the number that lies farthest from 0, among those whose place begins so.

    Raises:
        NoPicture: if none does.
    """
    if len(begin) > values.ndim or any(not 0 <= at < size for at, size in zip(begin, values.shape)):
        raise NoPicture(f"There are {_times(values.shape)} numbers, so there is none at {', '.join(map(str, begin))}.")
    rest = np.nan_to_num(np.abs(values[tuple(begin)]))
    found = np.unravel_index(int(rest.argmax()), rest.shape) if rest.ndim else ()
    return (*begin, *(int(each) for each in found))


def index_of(text: str) -> Index:
    """The numbers of a place as somebody types them: ``3,5,5``, with blanks or brackets as they like.

    Raises:
        NoPicture: for anything else.
    """
    parts = text.strip().strip("[]()").replace(",", " ").split()
    if not all(part.isdecimal() for part in parts):
        raise NoPicture(f"{text.strip()} names no number. Give its place in whole numbers from 0, such as 3,5,5.")
    return tuple(int(part) for part in parts)
