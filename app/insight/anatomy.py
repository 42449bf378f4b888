"""Questions about the parts of a compiled net: which layer a name means, where its weights lie, what its values are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn

from app.core.compile.named_scores import named_scores
from app.core.compile.net import CompiledNet
from app.core.compile.plan import Operand, PlanInput, PlannedGraph, PlannedStep, Ref
from app.insight.tiles import NoPicture
from app.insight.view import data_enters
from nodes.api import Shape


@dataclass(frozen=True, slots=True)
class LayerPart:
    """A layer in its graph. ``address`` is where its module lives in the model: ``block1.conv2``."""

    path: str
    step: PlannedStep
    graph: PlannedGraph
    address: str

    @property
    def type(self) -> str:
        """The torch name of the layer without its package, such as ``Conv2d``; empty for blocks and expressions."""
        call = self.step.call
        return call.constructor.rpartition(".")[2] if call is not None else ""


def part(net: CompiledNet, path: str) -> LayerPart:
    """The layer or block of that path.

    Raises:
        NoPicture: if the net has none, with a word on what it is instead.
    """
    graph, address, step = net.plan.graph, "", None
    passed = graph.passed
    for name in path.split("/"):
        if step is not None:
            if step.inner is None:
                raise NoPicture(f"{path}: {step.name} is a layer, so there is nothing inside it.")
            graph = step.inner
            passed = graph.passed
            address += ".0" if step.repeat > 1 else ""
        step = next((each for each in graph.steps if each.name == name), None)
        if step is None:
            raise NoPicture(_why_missing(net, path, name, name in passed))
        address = f"{address}.{step.attribute}".lstrip(".")
    assert step is not None
    return LayerPart(path, step, graph, address)


def _why_missing(net: CompiledNet, path: str, name: str, bypassed: bool) -> str:
    if bypassed:
        return f"{path} is muted: it hands on what arrives and does nothing itself. Unmute it to look inside."
    plan = net.plan
    if name in {source.node for source in plan.sources} or name in {entry.node for entry in plan.inputs}:
        return data_enters(path)
    if name in {loss.name for loss in plan.losses}:
        return f"{path} is a loss: it only compares, so there is no picture of it. Choose a layer before it."
    if name in plan.unused:
        return f"{path} leads to no loss and no output, so it is not part of the net. Wire it, or choose another layer."
    known = ", ".join(step.name for step in plan.graph.steps[:12])
    return f"The net has no layer {path}. It has {known or 'none'}."


def probe_name(net: CompiledNet, path: str) -> str:
    """How ``CompiledNet.capture`` calls the value of a node: as the node, or its first output if there are several.

    Raises:
        NoPicture: if the node has no value when the net runs.
    """
    if path in net.plan.graph.passed or any(entry.node == path for entry in net.plan.inputs):
        return path
    return value_name(net, path, next(iter(part(net, path).step.outputs)))


def value_name(net: CompiledNet, path: str, port: str) -> str:
    """How ``CompiledNet.capture`` calls what leaves a node at one of its outputs.

    Raises:
        NoPicture: if there is no such node.
    """
    outputs = part(net, path).step.outputs
    return path if port == "output" or len(outputs) == 1 else f"{path}.{port}"


def own_weights(model: nn.Module, where: LayerPart) -> dict[str, Tensor]:
    """The weights of a layer by torch's names, such as ``weight`` and ``bias``; of the first copy if it is repeated.
    Empty for a layer that learns nothing."""
    if where.step.call is not None and not where.step.call.constructor:
        return {}
    try:
        module = model.get_submodule(where.address)
    except AttributeError:
        return {}
    if where.step.repeat > 1:
        module = module.get_submodule("0")
    return {name: value.detach() for name, value in module.named_parameters(recurse=where.step.inner is None)}


def learning_layers(net: CompiledNet, model: nn.Module) -> list[str]:
    """Names of layers of the main graph that have weights of their own, in order."""
    return [step.name for step in net.plan.graph.steps if own_weights(model, part(net, step.name))]


def set_by_hand(net: CompiledNet) -> bool:
    """Whether somebody has said which numbers some weights start with. What leads nowhere is not asked."""
    return any(_given(step) for graph in net.plan.graph.walk() for step in graph.steps if step.owns)


def chosen_at_random(net: CompiledNet, model: nn.Module) -> bool:
    """Whether chance has chosen some weights of a fresh model. ``weight`` and ``bias`` of a norm start at 1 and 0."""
    return any(_drawn(model, where) for where in _parts(net.plan.graph, ""))


def _parts(graph: PlannedGraph, inside: str, path: str = "") -> Iterator[LayerPart]:
    """Every layer that owns its module, those of blocks too; of a block that is repeated, those of the first copy."""
    for step in graph.steps:
        if not step.owns:
            continue
        address = f"{inside}.{step.attribute}".lstrip(".")
        if step.inner is not None:
            yield from _parts(step.inner, address + (".0" if step.repeat > 1 else ""), f"{path}{step.name}/")
        else:
            yield LayerPart(f"{path}{step.name}", step, graph, address)


def _given(step: PlannedStep) -> bool:
    call = step.call
    return call is not None and (
        call.constructor == "modules.LearnableNumber" or call.fill[:1] in (("constant_",), ("given",))
    )


def _drawn(model: nn.Module, where: LayerPart) -> bool:
    if where.step.call is not None and where.step.call.fill[:1] == ("given",):
        return False
    for value in own_weights(model, where).values():
        # A single number says nothing of where it came from, but a layer of one weight draws it like any other.
        if value.numel() > 1 and bool(value.min() < value.max()):
            return True
        if value.numel() == 1 and value.dim() > 1 and not _given(where.step):
            return True
    return False


def shape_of(net: CompiledNet, graph: PlannedGraph, ref: Ref) -> Shape | None:
    """The shape of a value, where it is known: everywhere but at the entry of a block."""
    for step in graph.steps:
        if step.name == ref.node:
            return step.outputs.get(ref.port)
    if graph is net.plan.graph:
        return next((entry.shape for entry in net.plan.inputs if (entry.node, entry.port) == tuple(ref)), None)
    return None


def only_input(step: PlannedStep) -> Ref | None:
    """The value that a layer with a single input reads."""
    refs = [ref for arrived in step.inputs.values() for ref in arrived]
    return refs[0] if len(refs) == 1 else None


def behind_flatten(
    net: CompiledNet, model: nn.Module, graph: PlannedGraph, ref: Ref | None
) -> tuple[Ref, Shape] | None:
    """The image whose values, in one row, stand at ``ref``: looks back past layers that learn nothing and keep the
    number of values, such as Dropout and ReLU. None if what stands there was no image."""
    row = None
    while ref is not None:
        shape = shape_of(net, graph, ref)
        if shape is None or shape.dtype != "float" or (row is not None and shape.values != row):
            return None
        if shape.rank == 3:
            return ref, shape
        row = shape.values
        step = next((each for each in graph.steps if each.name == ref.node), None)
        if step is None or step.inner is not None or _learns(model, step, net, graph):
            return None
        ref = only_input(step)
    return None


def _learns(model: nn.Module, step: PlannedStep, net: CompiledNet, graph: PlannedGraph) -> bool:
    if step.call is None or not step.call.constructor:
        return False
    # Inside a block the module's address is not known here; a layer with a module is taken for one that learns.
    return graph is not net.plan.graph or bool(own_weights(model, part(net, step.name)))


def reads_colours(net: CompiledNet, model: nn.Module, where: LayerPart) -> bool:
    """Whether a layer reads the net's own input and that is an image of three colours."""
    ref = only_input(where.step)
    while ref is not None:
        shape = shape_of(net, where.graph, ref)
        if shape is None or shape.rank != 3 or shape.sizes[0] != 3:
            return False
        step = next((each for each in where.graph.steps if each.name == ref.node), None)
        if step is None:
            return where.graph is net.plan.graph
        if step.inner is not None or _learns(model, step, net, where.graph):
            return False
        ref = only_input(step)
    return False


def picture_input(net: CompiledNet) -> PlanInput:
    """The input that is a picture, or else the first one that holds numbers and not classes or words.

    Raises:
        NoPicture: if there is none.
    """
    numbers = [entry for entry in net.plan.inputs if entry.shape.dtype == "float" and entry.shape.rank]
    if not numbers:
        raise NoPicture("This net reads no picture and no list of numbers, so there is nothing that could be changed.")
    return next((entry for entry in numbers if entry.shape.rank == 3), numbers[0])


@dataclass(frozen=True, slots=True)
class ClassScores:
    """Where the net gives its class scores: the value the cross-entropy reads, or that arrives at an Output which names
    its classes; and how many classes there are."""

    node: str
    port: str
    count: int

    @property
    def key(self) -> str:
        """As ``CompiledNet.outputs`` names it."""
        return f"{self.node}.{self.port}"


@dataclass(frozen=True)
class ComparedField:
    """A loss that compares an answer of the net with a field of its data: both operands, and their shapes."""

    answer: Operand
    truth: Operand
    given: Shape
    wanted: Shape


def compared_with_data(net: CompiledNet) -> Iterator[ComparedField]:
    """The losses that compare an answer with the data as it is read, in the order of the plan."""
    outputs = {each.key: each.shape for each in net.plan.outputs}
    fields = {(each.node, port): shape for each in net.plan.sources for port, shape in each.fields.items()}
    for loss in net.plan.losses:
        answer, truth = loss.operands.get("prediction"), loss.operands.get("target")
        if answer is None or truth is None or answer.kind != "output" or truth.kind != "field":
            continue
        if answer.key in outputs and (truth.node, truth.port) in fields:
            yield ComparedField(answer, truth, outputs[answer.key], fields[truth.node, truth.port])


def classes(net: CompiledNet) -> ClassScores | None:
    """The class scores of the net, if it has a loss that compares scores with labels, or an Output that names them."""
    for each in compared_with_data(net):
        scores, label = each.given, each.wanted
        # A single number is no score for each class.
        if label.dtype == "int" and not label.sizes and scores.rank == 1 and scores.values > 1:
            return ClassScores(each.answer.node, each.answer.port, scores.sizes[-1])
    named = named_scores(net.plan)
    return ClassScores(named.node, named.port, named.count) if named is not None else None


def class_words(net: CompiledNet) -> tuple[str, ...]:
    """What the drawing itself calls its classes, where it says that."""
    named = named_scores(net.plan)
    found = classes(net)
    return named.names.words if named is not None and found is not None and found.node == named.node else ()


def pictured_as(net: CompiledNet, model: nn.Module, node: str) -> Shape | None:
    """The image that a list of numbers stands for: a loss compares it, or what only activations make of it, with the
    values of an image. So the answer of an autoencoder is drawn as the picture it is meant to be."""
    graph = net.plan.graph
    for loss in net.plan.losses:
        prediction, target = loss.operands.get("prediction"), loss.operands.get("target")
        if prediction is None or target is None or prediction.kind != "output":
            continue
        seen = behind_flatten(net, model, graph, Ref(target.node, target.port))
        ref: Ref | None = Ref(prediction.node, prediction.port)
        while seen is not None and ref is not None:
            if ref.node == node:
                return seen[1]
            step = next((each for each in graph.steps if each.name == ref.node), None)
            stop = step is None or step.inner is not None or _learns(model, step, net, graph)
            ref = None if stop or step is None else only_input(step)
    return None
