"""What a drawing amounts to, ready to be printed: steps in order, values resolved, blocks inside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

from app.core.checks.problems import NOTHING_DRAWN, Problem, RenameTo
from app.core.compile.games import for_games
from app.core.compile.planned import (
    Operand,
    Plan,
    PlanAugmentation,
    PlanInput,
    PlanLoss,
    PlannedGraph,
    PlannedStep,
    PlanOutput,
    PlanSource,
    Ref,
)
from app.core.compile.used_nodes import lenders, used_nodes
from app.core.graph.model import EMPTY, MAIN, Graph, Node, Project, Wiring, block_of
from app.core.graph.names import free_name, why_illegal
from app.core.graph.roles import in_role, role_of, type_role
from app.core.graph.seen import schema_now
from app.core.graph.shared_weights import weights_owner
from app.core.inference import GraphReport, Report, infer
from nodes.api import Layer, Shape
from nodes.api.augmentations import entered_by
from nodes.api.registry import find
from nodes.modules.sources import class_names

__all__ = [
    "ENTRIES",
    "NotReady",
    "Operand",
    "Plan",
    "PlanAugmentation",
    "PlanInput",
    "PlanLoss",
    "PlanOutput",
    "PlanSource",
    "PlannedGraph",
    "PlannedStep",
    "Ref",
    "class_name",
    "make_plan",
]

ENTRIES = ("source", "augmentation", "input")  # roles of nodes whose outputs are arguments of the model


class NotReady(ValueError):
    """The drawing cannot be compiled. ``problems`` says why; the text is one sentence a line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def make_plan(project: Project, report: Report | None = None) -> Plan:
    """The plan of a drawing.

    Raises:
        NotReady: if the drawing has problems, or nothing that could be compiled.
    """
    report = report if report is not None else infer(project)
    if problems := why_not_ready(project, report):
        raise NotReady(problems)
    return _Main(project, report).plan()


def why_not_ready(project: Project, report: Report) -> tuple[Problem, ...]:
    """Why a drawing cannot be compiled; empty if it can. Quick enough to be asked after every edit."""
    return report.problems or tuple(_bad_names(project)) or (() if _computes(report.main) else (NOTHING_DRAWN,))


def _computes(report: GraphReport) -> bool:
    """Whether the plan of the main graph has a step or a loss."""
    graph = report.graph
    if any(not node.bypassed for node in in_role(graph, "loss")):
        return True
    reached = used_nodes(report)
    wanted = reached | lenders(graph, reached)
    return any(not node.bypassed and node.name in wanted for node in in_role(graph, "layer"))


def _bad_names(project: Project) -> Iterator[Problem]:
    """Names that the printed file cannot have. Reading a file mends them, so only a drawing from elsewhere has any."""
    for where in (MAIN, *project.blocks):
        graph = project.graph_of(where)
        for name in graph.nodes:
            if why := why_illegal(name):
                if where == MAIN:
                    yield Problem(name, why, "name", (RenameTo(free_name(name, graph.nodes)),))
                else:
                    yield Problem("", why, "name")


def _arriving(wiring: Wiring) -> Mapping[str, Mapping[str, tuple[Ref, ...]]]:
    """What arrives at each input port of each node, in order. Kept with the wiring, which most edits leave alone."""
    kept: dict[str, dict[str, tuple[Ref, ...]]] | None = wiring.__dict__.get("_arriving")
    if kept is None:
        kept = {}
        for wire in wiring.wires:
            ports = kept.setdefault(wire.target, {})
            ports[wire.target_port] = (*ports.get(wire.target_port, ()), Ref(wire.source, wire.source_port))
        wiring.__dict__["_arriving"] = kept
    return kept


class _Values:
    """Follows values past muted nodes, and names them."""

    def __init__(self, graph: Graph, report: GraphReport) -> None:
        self.graph = graph
        self.report = report
        self.plain = not any(node.bypassed for node in graph.nodes.values())
        self._arriving = _arriving(graph.wiring)
        self._resolved: dict[Ref, Ref] = {}

    def at(self, name: str, port: str) -> tuple[Ref, ...]:
        """The values at an input port, in order."""
        there = self._arriving.get(name, EMPTY).get(port, ())
        return there if self.plain else tuple(self.resolved(ref) for ref in there)

    def resolved(self, ref: Ref) -> Ref:
        """The value that really stands at ``ref``: a muted node hands on what it lets through."""
        on_the_way = []
        while ref not in self._resolved and self.graph.nodes[ref.node].bypassed:
            on_the_way.append(ref)
            wire = self.report.handed_on(*ref)
            assert wire is not None, "inference reports what lets nothing through"
            ref = Ref(wire.source, wire.source_port)
        found = self._resolved.get(ref, ref)
        self._resolved |= dict.fromkeys(on_the_way, found)  # many may stand in a row
        return found

    def passed(self) -> dict[str, Ref]:
        """Which value each muted node hands on: under its name for the first, ``name.port`` for each of several."""
        result: dict[str, Ref] = {}
        if self.plain:
            return result
        for name, node in self.graph.nodes.items():
            outputs = self.report.nodes[name].outputs
            if node.bypassed and outputs:
                result[name] = self.resolved(Ref(name, next(iter(outputs))))
                result |= {f"{name}.{port}": self.resolved(Ref(name, port)) for port in outputs if len(outputs) > 1}
        return result


def _steps(
    graph: Graph, report: GraphReport, values: _Values, used: frozenset[str], project: Project
) -> list[PlannedStep]:
    """The steps for the nodes that are ``used``, and for those that lend them their weights."""
    steps = []
    wanted = used | lenders(graph, used)
    computing = {each for each in graph.types if type_role(each) == "layer"}
    for name in report.order:
        node, known = graph.nodes[name], report.nodes[name]
        if name not in wanted or node.bypassed or node.type not in computing:
            continue
        # After most edits nearly every report is the one of before, and so is its step.
        lasting = values.plain and node.shares is None and known.inner is None
        kept = known.__dict__.get("_step") if lasting else None
        if kept is not None and kept[0] is node and kept[1] is graph.wiring and kept[2].runs == (name in used):
            steps.append(kept[2])
            continue
        owner = weights_owner(graph, node)
        assert owner is not None, "inference reports broken sharing"
        inner = None
        block_name = block_of(node.type)
        if block_name is not None:
            assert known.inner is not None
            inner = _block(project, block_name, known.inner)
        ports = tuple(known.inputs)
        steps.append(
            PlannedStep(
                name=name,
                attribute=owner.name,
                owns=owner is node,
                call=known.built.call if known.built else None,
                inner=inner,
                repeat=node.repeat,
                inputs={port: values.at(name, port) for port in _port_order(node, project, ports)}
                if name in used
                else EMPTY,
                outputs=known.outputs,
                runs=name in used,
                loop=known.loop,
            )
        )
        if lasting:
            known.__dict__["_step"] = node, graph.wiring, steps[-1]
    return steps


def _port_order(node: Node, project: Project, ports: tuple[str, ...]) -> tuple[str, ...]:
    layer = find(node.type)
    if layer is not None:
        return tuple(port.name for port in layer.inputs if port.name in ports)
    block = project.blocks[block_of(node.type) or ""]
    return tuple(name for name, inner in block.graph.nodes.items() if inner.type == "In" and name in ports)


def _block(project: Project, block_name: str, report: GraphReport) -> PlannedGraph:
    """One instance of a block. ``report.graph`` is the block's graph; the report knows the instance's shapes.

    Instances that are alike share a report, and an edit elsewhere leaves it as it is, so the plan is kept with it.
    """
    blocks, planned = report.__dict__.get("_planned", (None, None))
    if blocks is not project.blocks or planned.where != block_name:
        planned = _planned_block(project, block_name, report)
        report.__dict__["_planned"] = project.blocks, planned
    return planned


def _planned_block(project: Project, block_name: str, report: GraphReport) -> PlannedGraph:
    graph = report.graph
    values = _Values(graph, report)
    ends = [name for name, node in graph.nodes.items() if node.type == "Out"]
    used = used_nodes(report, ("block_out",))
    arguments = tuple(Ref(name, "output") for name, node in graph.nodes.items() if node.type == "In")
    steps = _steps(graph, report, values, used, project)
    variables = {ref: ref.node for ref in arguments}
    _name_outputs(steps, variables, set(graph.nodes))
    returns = tuple(values.at(name, "x")[0] for name in ends)
    block = project.blocks[block_name]
    return PlannedGraph(
        block_name,
        arguments,
        tuple(steps),
        returns,
        tuple(ends),
        variables,
        values.passed(),
        block.note,
        block.exposed,
    )


def _name_outputs(steps: list[PlannedStep], variables: dict[Ref, str], taken: set[str]) -> None:
    for step in steps:
        for port in step.outputs:
            wanted = step.name if port == "output" or len(step.outputs) == 1 else f"{step.name}_{port}"
            while wanted in taken and wanted != step.name:
                wanted += "_"
            variables[Ref(step.name, port)] = wanted


class _Main:
    """The plan of the main graph."""

    def __init__(self, project: Project, report: Report) -> None:
        self.project = project
        self.graph = project.graph
        self.report = report.main
        self.values = _Values(self.graph, self.report)

    def plan(self) -> Plan:
        # What is no step of the net: a few of hundreds of nodes, asked for after every edit.
        ends = {each: layer for each in self.graph.types if (layer := find(each)) is not None and layer.role != "layer"}
        layers = {name: ends[node.type] for name, node in self.graph.nodes.items() if node.type in ends}
        reached = used_nodes(self.report)
        wanted = reached | lenders(self.graph, reached)
        steps = _steps(self.graph, self.report, self.values, reached, self.project)
        entries = self._entries(layers, wanted)
        variables = self._variables(entries, steps)
        _name_outputs(steps, variables, set(self.graph.nodes))
        losses = [
            (name, layer)
            for name, layer in layers.items()
            if layer.role == "loss" and not self.graph.nodes[name].bypassed
        ]
        returned = self._returned(losses, steps, entries)
        named = self._named(layers)
        used = {ref for step in steps for refs in step.inputs.values() for ref in refs} | set(returned)
        arguments = tuple(ref for ref in entries if ref in used)
        if not arguments and any(step.call is not None and step.call.counts for step in steps):
            arguments = tuple(entries[:1])  # read for the number of samples alone
        planned = PlannedGraph(
            MAIN,
            arguments,
            tuple(steps),
            tuple(returned),
            tuple(ref.port for ref in returned),
            variables,
            self.values.passed() | self._standing_for(arguments),
        )
        sources = tuple(self._source(n, la) for n, la in layers.items() if la.source is not None)
        return Plan(
            title=self.project.title,
            class_name=class_name(self.project.title, "Net"),
            graph=planned,
            inputs=tuple(PlanInput(variables[r], r.node, r.port, self._shape(r)) for r in arguments),
            outputs=tuple(PlanOutput(r.node, r.port, variables[r], self._shape(r), named.get(r, "")) for r in returned),
            losses=tuple(self._loss(name, layer, set(returned), variables) for name, layer in losses),
            sources=sources,
            unused=tuple(n for n in self.report.order if n not in wanted and role_of(self.graph.nodes[n]) == "layer"),
            augmentations=tuple(self._augmentations(layers, wanted)),
            recipe=for_games(self.project.recipe, sources),
        )

    def _named(self, layers: Mapping[str, Layer]) -> dict[Ref, str]:
        """What Outputs say that the classes are called whose scores arrive there."""
        said = {
            name: str(self.graph.nodes[name].params.get("classes", ""))
            for name, layer in layers.items()
            if layer.role == "output" and not self.graph.nodes[name].bypassed
        }
        return {self.values.at(name, "x")[0]: classes for name, classes in said.items() if classes.strip()}

    def _shape(self, ref: Ref) -> Shape:
        return self.report.nodes[ref.node].outputs[ref.port]

    def _entries(self, layers: Mapping[str, Layer], wanted: frozenset[str]) -> list[Ref]:
        """Where data enters: every field of the sources, and every Input node."""
        return [
            Ref(name, port)
            for name, layer in layers.items()
            if layer.role == "source" or (layer.role in ENTRIES and name in wanted)
            if not self.graph.nodes[name].bypassed
            for port in layer.outputs
            if port in self.report.nodes[name].outputs
        ]

    def _augmentations(self, layers: Mapping[str, Layer], wanted: frozenset[str]) -> Iterator[PlanAugmentation]:
        """Those that lead to the net or to a loss, each behind what it reads."""
        for name in self.report.order:
            layer, node = layers.get(name), self.graph.nodes[name]
            if layer is not None and layer.role == "augmentation" and name in wanted and not node.bypassed:
                reads, *targets = (self.values.at(name, port.name)[0] for port in layer.inputs)
                target = targets[0] if targets else None
                shape = self._shape(target) if target is not None else None
                yield PlanAugmentation(
                    name,
                    node.type,
                    layer.settings(node.params),
                    reads,
                    self._shape(Ref(name, "output")),
                    target,
                    (shape.classes or 0) if shape is not None and shape.dtype == "int" else 0,
                )

    def _standing_for(self, arguments: tuple[Ref, ...]) -> dict[str, Ref]:
        """Which argument of the model shows what a source offers, where it goes through an augmentation: in evaluation
        that hands on what arrives."""
        found: dict[str, Ref] = {}
        read = {ref.node for ref in arguments}
        for ref in arguments:
            last = ref
            while role_of(self.graph.nodes[ref.node]) == "augmentation":
                (ref,) = self.values.at(ref.node, entered_by(ref.port))
                if ref.node not in read:
                    found.setdefault(ref.node, last)
        return found

    def _variables(self, entries: list[Ref], steps: list[PlannedStep]) -> dict[Ref, str]:
        """A field is called by its own name (``image``) if that is free, else ``digits_image``. So is what an
        augmentation gives, if nothing else that is made of the field comes in, nor the field itself."""
        variables: dict[Ref, str] = {}
        ends = [node.name for node in in_role(self.graph, "loss", "output")]
        read = {ref for step in steps for refs in step.inputs.values() for ref in refs}
        read |= {self.values.resolved(Ref(w.source, w.source_port)) for name in ends for w in self.graph.into(name)}
        fields = {ref: self._field(ref) for ref in entries}
        several = Counter(fields[ref] for ref in entries if ref in read)
        ports = [ref.port for ref in entries if fields[ref] == ref]
        taken = set(self.graph.nodes)
        for ref in entries:
            field = fields[ref]
            made = field != ref
            alone = ref in read and several[field] == 1
            if role_of(self.graph.nodes[field.node]) == "input" or (made and not alone):
                variables[ref] = field.node if alone else ref.node
                continue
            if field in variables:
                variables[ref] = variables[field]
                continue
            wanted = (
                field.port if ports.count(field.port) == 1 and field.port not in taken else f"{field.node}_{field.port}"
            )
            while wanted in taken:
                wanted += "_"
            variables[ref] = variables[field] = wanted
            taken.add(wanted)
        return variables

    def _field(self, ref: Ref) -> Ref:
        """The field of a source, or the input, that augmentations make this value of."""
        while role_of(self.graph.nodes[ref.node]) == "augmentation":
            (ref,) = self.values.at(ref.node, entered_by(ref.port))
        return ref

    def _returned(self, losses: list[tuple[str, Layer]], steps: list[PlannedStep], entries: list[Ref]) -> list[Ref]:
        """What the model gives back: values that losses read, then those of Output nodes, else all loose ends."""
        from_model = {Ref(step.name, port) for step in steps if step.runs for port in step.outputs}
        refs: dict[Ref, None] = {}
        for name, layer in losses:
            for port in layer.inputs:
                refs.update(dict.fromkeys(r for r in self.values.at(name, port.name) if r in from_model))
        for node in in_role(self.graph, "output"):
            if not node.bypassed:
                refs.update(dict.fromkeys(self.values.at(node.name, "x")))
        if not refs and not losses:
            read = {ref for step in steps for arrived in step.inputs.values() for ref in arrived}
            refs = dict.fromkeys(
                Ref(step.name, port) for step in steps for port in step.outputs if Ref(step.name, port) not in read
            )
        return list(refs)

    def _loss(self, name: str, layer: Layer, returned: set[Ref], variables: Mapping[Ref, str]) -> PlanLoss:
        built = self.report.nodes[name].built
        assert built is not None
        operands = {}
        node = self.graph.nodes[name]
        for port in layer.inputs:
            arrived = self.values.at(name, port.name)
            if arrived:
                ref = arrived[0]
                kind: Literal["output", "field"] = "output" if ref in returned else "field"
                ahead: Literal["", "largest", "double"] = ""
                if port.name == layer.ahead:
                    ahead = "double" if node.params.get("double") else "largest"
                operands[port.name] = Operand(kind, ref.node, ref.port, variables[ref], ahead)
        return PlanLoss(name, node.type, built.call, operands, layer.settings(node.params))

    def _source(self, name: str, layer: Layer) -> PlanSource:
        known, node = self.report.nodes[name], self.graph.nodes[name]
        assert known.built is not None
        seen = schema_now(self.project.schemas, node)
        return PlanSource(name, layer.id, layer.settings(node.params), known.outputs, seen)


def class_name(title: str, fallback: str) -> str:
    """A class name from free text: ``LeNet-5 on digits`` becomes ``LeNet5OnDigits``."""
    words = re.findall(r"[A-Za-z0-9]+", title)[:8]
    name = "".join(word[0].upper() + word[1:] for word in words)[:48]
    if not name or not name[0].isalpha():
        name = fallback + name
    ours = class_names() | {"Losses", "Module", "None", "True", "False"}
    return name if why_illegal(name) is None and name not in ours else name + "Net"
