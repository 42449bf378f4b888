"""Another source under a drawing that is there: the wires find their fields, and the sizes are made to fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.core.checks.fixes import ROOM, command_for
from app.core.checks.problems import Problem
from app.core.commands import (
    AddNodes,
    ChangeType,
    Command,
    EditAll,
    InsertOnWire,
    Refused,
    RemoveAndJoin,
    RemoveNodes,
    Rename,
    ResetSetting,
    SetNodeField,
    SetRecipe,
    SetSetting,
)
from app.core.commands.base import existing
from app.core.graph.model import MAIN, Graph, Node, Project, Wire, block_of
from app.core.graph.names import default_name
from app.core.graph.roles import role_of
from app.core.graph.seen import key_of
from app.core.graph.seen_schema import SeenSchema
from app.core.inference import infer
from app.core.starting.edit_words import words_of_edit
from app.core.starting.field_roles import are_labels, field_roles
from app.core.starting.same_size import as_before
from nodes.api import InsertBefore, Layer, Schema, SetParam, SetUpstream, Shape, listed
from nodes.api.augmentations import entered_by
from nodes.api.registry import find

_UNIT = "Unstandardize"  # gives the numbers of a net the unit of the answers
LABEL_LOSS = "BCEWithLogitsLoss"  # where a sample may have several labels
_ON_NUMBERS = ("MSELoss", "HalfSquaredError", "L1Loss", "HuberLoss")
IGNORED = "ignored"  # what sources call the class of dots that count for nothing
_ROUNDS = 12  # problems that are mended one after the other
_ADAPTERS = ("Flatten", "Reshape", "ToFloat", "Embedding", "OneHot", "GlobalAvgPool", "Linear", "Select")


@dataclass(frozen=True)
class ExchangeSource(Command):
    """Make a source one of another type, with settings of its own. ``outputs`` leads from its old outputs to the new
    ones; a wire from one that has no successor goes."""

    name: str = ""
    type: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    title = "Exchange {0.name}"

    def edit(self, graph: Graph, project: Project) -> Graph:
        old = existing(graph, self.name)
        if role_of(old) not in ("source", "input"):
            raise Refused(f"{self.name} is no source of data.")
        wires = []
        for wire in graph.wires:
            if wire.source != self.name:
                wires.append(wire)
            elif wire.source_port in self.outputs:
                wires.append(replace(wire, source_port=self.outputs[wire.source_port]))
        return graph.with_nodes(replace(old, type=self.type, params=dict(self.params))).with_wires(dict.fromkeys(wires))


@dataclass(frozen=True)
class SourceExchange:
    """An exchange that was tried. ``command`` is one step to undo; ``changes`` say in words what becomes other with it;
    ``left`` are the problems that it leaves. ``name`` is what the source is called afterwards, ``settings`` are those
    that it then has, and ``schema`` is what its data is with them."""

    command: Command
    changes: tuple[str, ...]
    left: tuple[Problem, ...]
    name: str
    settings: Mapping[str, Any]
    schema: Schema
    same_kind: bool = True  # whether what is read is of the kind that the net was made for

    @property
    def sentence(self) -> str:
        """What will change, in one line."""
        fitted = (
            f"The net is made to fit: {listed(self.changes, '; ', letters=120)}."
            if self.changes
            else "The net fits as it is."
        )
        if not self.left:
            return fitted
        more = f" and {len(self.left) - 1} more" if len(self.left) > 1 else ""
        return f"{fitted} What does not fit yet: {self.left[0]}{more}"


def taught(project: Project, node: Node, schema: Schema) -> Project:
    """The project that knows what the data of a node is."""
    key = key_of(node)
    return replace(project, schemas={**project.schemas, key: SeenSchema(schema)}) if key is not None else project


def exchange(
    project: Project,
    name: str,
    layer: Layer,
    settings: Mapping[str, Any],
    schema: Schema,
    before: Mapping[str, Shape] | None = None,
) -> SourceExchange:
    """The data of a source with these settings in the place of the source ``name`` of the main drawing, with everything
    that has to become other for the net to fit: the first layers, the number of outputs, the loss, what is measured.
    ``name`` may also be an Input; then the net is given a loss, too, in the place of its Output. ``before`` are the
    fields that the net was made for, if those are not what the source gives now. Where the net cannot be made to fit
    pictures of another size, such as a generator and its judge, the pictures are made to fit the net.
    """
    before = dict(infer(project).main.nodes[name].outputs) if before is None else before
    done = _tried(project, name, layer, settings, schema, before)
    prepared = as_before(layer, settings, schema, before) if done.left else None
    if prepared is None:
        return done
    other = _tried(project, name, layer, prepared.settings, prepared.schema, before)
    if len(other.left) >= len(done.left):
        return done
    return replace(other, changes=(prepared.words, *other.changes))


def _tried(
    project: Project,
    name: str,
    layer: Layer,
    settings: Mapping[str, Any],
    schema: Schema,
    before: Mapping[str, Shape],
) -> SourceExchange:
    old = project.graph.nodes[name]
    outputs = _successors(project, name, before, schema.shapes)
    fit = _Fit(taught(project, replace(old, type=layer.id, params=dict(settings)), schema))
    fit.do(ExchangeSource(MAIN, name, layer.id, dict(settings), outputs))
    if role_of(old) == "input":
        _put_loss(fit, name, schema.shapes)
    _mute_unfit(fit)
    for loss in _losses_on(fit.project, name):
        _fit_loss(fit, loss, schema.shapes, before, outputs)
        _fit_ignored(fit, loss, schema)
    _fit_grids(fit, name, schema.shapes)
    _fit_writers(fit, name, schema.shapes)
    _fit_readers(fit, name, schema.shapes, before, outputs)
    _mend(fit)
    new = name
    if layer.id != old.type:
        new = default_name(layer.id, [each for each in project.graph.nodes if each != name])
        fit.do(Rename(MAIN, name, new))
    words = layer.name[:1].lower() + layer.name[1:]
    command = EditAll(commands=tuple(fit.commands), text=f"Use {words} in place of {name}")
    kinds = [
        (before[old_port].kind, schema.shapes[port].kind) for old_port, port in outputs.items() if old_port in before
    ]
    reads = field_roles(schema.shapes).reads
    same = all(was == now for (was, now), port in zip(kinds, outputs.values()) if port in reads)
    return SourceExchange(command, tuple(fit.said), infer(fit.project).problems, new, settings, schema, same)


class _Fit:
    """The edits so far, the project as they leave it, and what they change in words."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.commands: list[Command] = []
        self.said: list[str] = []

    def do(self, command: Command | None, words: str = "") -> bool:
        """Take an edit along, if it can be done and changes something."""
        if command is None:
            return False
        try:
            after = command.apply(self.project)
        except Refused:
            return False
        if after == self.project:
            return False
        said = words or words_of_edit(self.project, command)
        self.project = after
        self.commands.append(command)
        if said:
            self.said.append(said)
        return True


def _successors(project: Project, name: str, before: Mapping[str, Shape], after: Mapping[str, Shape]) -> dict[str, str]:
    """Which field stands for each of the old ones: what was learned for what was learned, what was read for what was
    read, of the same kind where there is one."""
    old, new = field_roles(before), field_roles(after)
    used = dict.fromkeys(wire.source_port for wire in project.graph.out_of(name))
    found: dict[str, str] = {}
    free = list(new.reads)
    for port in used:
        is_target = port == old.target or (port not in old.reads and _into_a_target(project, name, port))
        if is_target:
            if new.target is not None:
                found[port] = port if port in new.others else new.target
            continue
        kind = before[port].kind if port in before else ""
        fitting = [each for each in free if each == port and after[each].kind == kind]
        fitting = fitting or [each for each in free if after[each].kind == kind] or free or list(new.reads)
        if fitting:
            found[port] = fitting[0]
            free = [each for each in free if each != fitting[0]]
    return found


def _into_a_target(project: Project, name: str, port: str) -> bool:
    wires = [wire for wire in project.graph.out_of(name) if wire.source_port == port]
    return bool(wires) and all(_is_target(project, wire.target, wire.target_port) for wire in wires)


def _is_target(project: Project, node: str, port: str) -> bool:
    return role_of(project.graph.nodes[node]) == "loss" and port == "target"


def _put_loss(fit: _Fit, source: str, after: Mapping[str, Shape]) -> None:
    """A loss in the place of the Output, where the drawing has none and the data has something to learn."""
    graph, target = fit.project.graph, field_roles(after).target
    roles = {node.name: role_of(node) for node in graph.nodes.values()}
    ends = [name for name, role in roles.items() if role == "output" and graph.into(name)]
    if target is None or len(ends) != 1 or "loss" in roles.values():
        return
    wire, goal = graph.into(ends[0])[0], after[target]
    type_ = "CrossEntropyLoss" if goal.dtype == "int" and (goal.classes or 0) > 1 else "MSELoss"
    type_ = LABEL_LOSS if are_labels(goal) else type_
    layer = find(type_)
    assert layer is not None
    position = graph.nodes[ends[0]].position
    fit.do(RemoveNodes(MAIN, (ends[0],)))
    loss = Node(default_name(type_, fit.project.graph.nodes), type_, layer.defaults(), position)
    wires = (
        Wire(wire.source, wire.source_port, loss.name, layer.inputs[0].name),
        Wire(source, target, loss.name, "target"),
    )
    fit.do(AddNodes(MAIN, (loss,), wires), f"{layer.name} takes the place of {ends[0]}")


def _mute_unfit(fit: _Fit) -> None:
    """Augmentations that cannot change the new data rest, those of pictures before rows of numbers: what made the data
    fit them would be a layer of the net already."""
    for name in [name for name, node in fit.project.graph.nodes.items() if role_of(node) == "augmentation"]:
        problems = infer(fit.project).main.nodes[name].problems
        if any(problem.code == "shape" for problem in problems):
            words = f"{name} is muted, as it cannot read this data"
            fit.do(SetNodeField(MAIN, (name,), "bypassed", True), words)


def _losses_on(project: Project, name: str) -> Iterator[str]:
    """The losses that compare with a field of the source, as it is or mixed."""
    for loss, node in project.graph.nodes.items():
        for wire in project.graph.into(loss) if role_of(node) == "loss" else ():
            if wire.target_port == "target" and _unmixed(project, wire).source == name:
                yield loss


def _unmixed(project: Project, wire: Wire) -> Wire:
    """The wire that brings what augmentations make this one of."""
    while role_of(project.graph.nodes[wire.source]) == "augmentation":
        port = entered_by(wire.source_port)
        before = project.graph.wire_at(wire.source, port)
        if before is None:
            return wire
        wire = before
    return wire


def _fit_loss(
    fit: _Fit,
    loss: str,
    after: Mapping[str, Shape],
    before: Mapping[str, Shape],
    outputs: Mapping[str, str],
) -> None:
    """The kind of loss, as many outputs as there are classes or numbers, and what is measured."""
    wire = fit.project.graph.arriving(loss, "target")[0]
    wire = _unmixed(fit.project, wire)
    goal = after.get(wire.source_port)
    layer = find(fit.project.graph.nodes[loss].type)
    if goal is None or layer is None:
        return
    classes = goal.classes if goal.dtype == "int" and (goal.classes or 0) > 1 else None
    reads = layer.reads.get(layer.inputs[0].name, "")
    on_classes = reads in ("softmax_scores", "log_probabilities")
    was = next((before[port] for port, to in outputs.items() if to == wire.source_port and port in before), None)
    if are_labels(goal) and (was is None or was.rank == 0 or was.dtype == "float"):  # else a class for each step
        _fit_labels(fit, loss, layer.inputs[0].name, reads, goal)
        return
    if classes is not None and reads == "numbers" and not (was is not None and was.dtype == "int"):
        fit.do(ChangeType(MAIN, loss, "CrossEntropyLoss"))
        fit.do(SetRecipe(setting="metrics", value=("accuracy",)), "accuracy is measured")
        _drop_unit(fit, loss)
    elif classes is not None and reads in ("sigmoid_scores", "probabilities") and classes > 2:
        fit.do(ChangeType(MAIN, loss, "CrossEntropyLoss"))
    elif goal.dtype == "float" and (on_classes or (reads != "numbers" and was is not None and was.dtype == "int")):
        fit.do(ChangeType(MAIN, loss, "MSELoss"))
        fit.do(SetRecipe(setting="metrics", value=("mae", "r2")), "the mean absolute error is measured")
        if goal.rank <= 1:
            _put_unit(fit, loss)
    elif _of_any_size(fit.project, wire) and layer.id in _ON_NUMBERS and goal.dtype == "float" and goal.rank <= 1:
        _put_unit(fit, loss)
    elif on_classes and fit.project.graph.nodes[loss].params.get("class_weights"):
        fit.do(ResetSetting(MAIN, (loss,), "class_weights"), f"the class weights of {loss} are taken back")
    node = fit.project.graph.nodes[loss]
    if goal.dtype == "float" and goal.rank == 3 and was is not None and was.rank == 3 and was.sizes[0] != goal.sizes[0]:
        port = next((each.target_port for each in fit.project.graph.into(loss) if each.target_port != "target"), "")
        fit.do(command_for(fit.project, MAIN, loss, SetUpstream("out_channels", goal.sizes[0], port=port)))
    binary = node.type in ("BCEWithLogitsLoss", "BCELoss", "HingeLoss")
    if binary or (goal.rank > 1 and (classes is None or not on_classes)):  # a class for each dot is fitted, too
        return
    if node.type != "CrossEntropyLoss" and classes is not None and not on_classes:
        return
    wanted = classes if classes is not None else goal.values
    port = next((each.target_port for each in fit.project.graph.into(loss) if each.target_port != "target"), "")
    for setting in ("out_features", "out_channels"):
        if fit.do(command_for(fit.project, MAIN, loss, SetUpstream(setting, wanted, port=port))):
            break


def _fit_labels(fit: _Fit, loss: str, port: str, reads: str, goal: Shape) -> None:
    """A score for each label, and a loss on such scores."""
    if reads not in ("sigmoid_scores", "probabilities"):
        fit.do(ChangeType(MAIN, loss, LABEL_LOSS))
        _drop_unit(fit, loss)
    fit.do(command_for(fit.project, MAIN, loss, SetUpstream("out_features", goal.values, port=port)))


def _of_any_size(project: Project, wire: Wire) -> bool:
    """Whether the numbers of this wire are read from files, and not made up to suit a net."""
    layer = find(project.graph.nodes[wire.source].type)
    return layer is not None and layer.source is not None and layer.source.looked_at


def _fit_ignored(fit: _Fit, loss: str, schema: Schema) -> None:
    """A loss on the class of every dot or step leaves out the one that the data calls ignored, and pads of a text."""
    wire = fit.project.graph.arriving(loss, "target")[0]
    field = schema.fields.get(_unmixed(fit.project, wire).source_port)
    before = fit.project.graph.nodes[loss].params.get("ignore_index")
    if field is None or before is None or not field.sizes or not field.words:
        return
    if IGNORED in field.words:
        fit.do(SetSetting(MAIN, (loss,), "ignore_index", field.words.index(IGNORED)))
    elif before > 0 and before >= len(field.words) - 1 and len(field.sizes) > 1:  # the border of other data
        fit.do(ResetSetting(MAIN, (loss,), "ignore_index"), f"{loss} counts every class")


def _fit_grids(fit: _Fit, name: str, after: Mapping[str, Shape]) -> None:
    """Before a grid of boxes, as many channels as the boxes and the classes of what is there ask for."""
    for wire in fit.project.graph.out_of(name):
        classes = after[wire.source_port].classes
        scores = fit.project.graph.arriving(wire.target, "scores")
        if wire.target_port != "true_kinds" or not scores or not classes:
            continue
        grid = fit.project.graph.nodes[scores[0].source]
        boxes = grid.params.get("boxes")
        if isinstance(boxes, int):
            wanted = SetUpstream("out_channels", 5 * boxes + classes - 1, port="x")
            fit.do(command_for(fit.project, MAIN, grid.name, wanted))


def _fit_writers(fit: _Fit, name: str, after: Mapping[str, Shape]) -> None:
    """In a block that reads tokens step by step and writes what comes next, as many words as there are now."""
    for wire in fit.project.graph.out_of(name):
        words, type_ = after[wire.source_port].classes, block_of(fit.project.graph.nodes[wire.target].type) or ""
        block = fit.project.blocks.get(type_)
        entry = block.graph.nodes.get(wire.target_port) if block is not None else None
        if block is None or entry is None or not words or after[wire.source_port].dtype != "int":
            continue
        for reader in [block.graph.nodes[each.target] for each in block.graph.out_of(entry.name)]:
            if "num_embeddings" in reader.params:
                fit.do(SetSetting(type_, (reader.name,), "num_embeddings", words))
        for last in block.graph.into(str(entry.params.get("comes_from", ""))):
            if "out_features" in block.graph.nodes[last.source].params:
                fit.do(SetSetting(type_, (last.source,), "out_features", words))


def _drop_unit(fit: _Fit, loss: str) -> None:
    """No layer that gives numbers their unit stands before a loss on classes."""
    for wire in fit.project.graph.into(loss):
        if fit.project.graph.nodes[wire.source].type == _UNIT:
            fit.do(RemoveAndJoin(MAIN, (wire.source,)), f"{wire.source} is left out")


def _put_unit(fit: _Fit, loss: str) -> None:
    """The numbers of the net get the unit of the answers."""
    layer = find(_UNIT)
    wire = fit.project.graph.wire_at(loss, "prediction")
    assert layer is not None
    if wire is None or fit.project.graph.nodes[wire.source].type == _UNIT:
        return
    place = fit.project.graph.nodes[loss].position
    fresh = Node(default_name(_UNIT, fit.project.graph.nodes), _UNIT, layer.defaults(), place)
    fit.do(InsertOnWire(MAIN, fresh, wire, make_room=ROOM), f"{layer.name} gives the numbers their unit")


def _fit_readers(
    fit: _Fit, name: str, after: Mapping[str, Shape], before: Mapping[str, Shape], outputs: Mapping[str, str]
) -> None:
    """The layers that read the data: tables of words as long as there are words, shapes that named the old sizes, and
    rows of unknown size brought to a usual one."""
    for old, new in outputs.items():
        shape, was = after[new], before.get(old)
        for wire in [each for each in fit.project.graph.out_of(name) if each.source_port == new]:
            reader = fit.project.graph.nodes[wire.target]
            if role_of(reader) == "loss":
                continue
            if shape.dtype == "int" and shape.classes:
                for setting in ("num_embeddings", "num_classes"):
                    if setting in reader.params and reader.params[setting] != shape.classes:
                        fit.do(SetSetting(MAIN, (reader.name,), setting, shape.classes))
            layer = find(reader.type)
            rows = shape.dtype == "float" and 1 <= shape.rank <= 2
            if rows and layer is not None and layer.role != "augmentation" and not _evened(fit.project, reader.name):
                _put_standardize(fit, reader, wire)
        if was is not None and was.sizes != shape.sizes and was.dtype == shape.dtype == "float":
            _give_sizes_again(fit, was, shape)


def _evened(project: Project, reader: str) -> bool:
    """Whether numbers that this layer reads come to a normalization before anything learns from them, as those of a
    sound do behind its spectrogram."""
    learned = infer(project).main.nodes
    waiting, seen = [reader], {reader}
    while waiting:
        name = waiting.pop()
        layer = find(project.graph.nodes[name].type)
        if layer is None or layer.role == "loss":
            return False
        if layer.category == "normalization":
            continue
        found = learned.get(name)
        ways = {wire.target for wire in project.graph.out_of(name)}
        if found is None or found.parameters or not ways:
            return False
        waiting.extend(ways - seen)
        seen |= ways
    return True


def _put_standardize(fit: _Fit, reader: Node, wire: Wire) -> None:
    layer = find("Standardize")
    assert layer is not None
    fresh = Node(default_name("Standardize", fit.project.graph.nodes), "Standardize", layer.defaults(), reader.position)
    words = f"{layer.name} comes before {reader.name}, as the numbers may be of any size"
    fit.do(InsertOnWire(MAIN, fresh, wire, make_room=ROOM), words)


def _give_sizes_again(fit: _Fit, was: Shape, shape: Shape) -> None:
    """Layers that end in the very sizes of the data, as those of an autoencoder do, end in the new ones."""
    for node in list(fit.project.graph.nodes.values()):
        if node.type != "Reshape" or node.params.get("shape") != was.sizes:
            continue
        fit.do(SetSetting(MAIN, (node.name,), "shape", shape.sizes))
        fit.do(command_for(fit.project, MAIN, node.name, SetUpstream("out_features", shape.values, port="x")))


def _mend(fit: _Fit) -> None:
    """What the problems of the drawing themselves offer, as long as each leaves fewer of them."""
    for _ in range(_ROUNDS):
        problems = infer(fit.project).problems
        better = next((command for problem in problems for command in _helping(fit.project, problem)), None)
        if better is None or not fit.do(better):
            return


def _helping(project: Project, problem: Problem) -> Iterator[Command]:
    """Edits of sizes that a problem offers and that rid the drawing of it."""
    sentence, node = problem.sentence, problem.node
    if "/" in node:
        return
    for fix in problem.fixes:
        sizes = isinstance(fix, SetParam | SetUpstream) or (isinstance(fix, InsertBefore) and fix.type in _ADAPTERS)
        command = command_for(project, MAIN, node, fix) if sizes else None
        if command is None:
            continue
        try:
            left = infer(command.apply(project)).problems
        except Refused:
            continue
        if not any((each.node, each.sentence) == (node, sentence) for each in left):
            yield command
