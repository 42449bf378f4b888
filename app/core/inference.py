"""What follows from a drawing: shapes on wires, problems with their fixes, weights and multiply-adds.

Only rules of the layer files are asked, never torch. A second call with the report of an earlier drawing
recomputes only what changed and what lies below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from app.core.any_length import with_one_length
from app.core.checks.bypassing import nothing_arrives, passed_on, unpassed
from app.core.checks.data import lacking_field, misplaced, source_report
from app.core.checks.label_wires import told_as_label
from app.core.checks.last_layer import last_layer_named
from app.core.checks.over_time import chosen_from, entering, leaving
from app.core.checks.problems import (
    AddOutput,
    AnyFix,
    Problem,
    RemoveNode,
    ResetParam,
    SetNode,
    WireInto,
    bad_exposed,
    bad_setting,
    bad_wire,
    circular,
    looping,
    nearest_names,
    same_value,
    unknown,
    unwired,
    why_no_source,
)
from app.core.checks.quick_fixes import fixes_of, similar_types
from app.core.checks.references import why_no_sharing, why_no_updates
from app.core.graph.blocks import too_large
from app.core.graph.loops import loop_of
from app.core.graph.model import BLOCK_PREFIX, EMPTY, MAIN, Graph, Node, Project, Wire, block_of
from app.core.graph.ports import input_ports, is_known, output_ports, passing
from app.core.graph.roles import in_role, role_of
from app.core.graph.seen import is_looked_at
from app.core.graph.topology import order
from app.core.reports import GraphReport, NodeReport, Report
from nodes.api import MAIN_ONLY, BadSetting, Layer, Shape, ShapeError, UseInstead, sentence_case, with_article
from nodes.api.layer import Port
from nodes.api.lengths import FixedLength
from nodes.api.registry import find
from nodes.api.shapes import describe
from nodes.api.words import cut, listed, quoted

__all__ = ["GraphReport", "NodeReport", "Report", "infer", "tried"]


def infer(
    project: Project,
    before: Report | None = None,
    project_before: Project | None = None,
) -> Report:
    """The report of ``project``. ``before`` must belong to ``project_before``; what is unchanged is taken from it.

    No file is opened here: what was seen of data that lies in files stands in ``project.schemas``.

    ``changed`` of the result names the nodes of the main graph whose report differs from the one in ``before``.
    """
    same_blocks = project_before is not None and project_before.blocks is project.blocks
    old = before.main if before is not None else None
    walk = _InferenceWalk(project, same_blocks)
    main = walk.graph(project.graph, {}, {}, MAIN, (), old)
    blocks = dict(walk.first_instances)
    for name, block in project.blocks.items():
        if name not in blocks:  # no instance says which shapes arrive
            blocks[name] = walk.graph(block.graph, None, {}, name, (name,), None)
    return Report(main, MappingProxyType(blocks), _changed(main, before.main if before is not None else GraphReport()))


def _changed(main: GraphReport, before: GraphReport) -> frozenset[str]:
    """The nodes whose report is not the one of before."""
    if main.order == before.order:  # as after most edits: hundreds of names need not be looked up
        both = zip(main.order, main.nodes.values(), before.nodes.values(), strict=True)
        return frozenset([name for name, report, old in both if report is not old])
    return frozenset(name for name, report in main.nodes.items() if before.nodes.get(name) is not report)


def tried(project: Project, where: str, node: Node, inputs: Mapping[str, tuple[Shape, ...]]) -> NodeReport:
    """The report that a node of the graph ``where`` would have if these shapes arrived."""
    return _InferenceWalk(project, False)._node(
        node, dict(inputs), [], False, None, where, (where,) if where != MAIN else ()
    )


class _InferenceWalk:
    """One pass over a project; keeps the first instance of each block, which the block's own view shows."""

    def __init__(self, project: Project, same_blocks: bool) -> None:
        self.project = project
        self.same_blocks = same_blocks
        self.first_instances: dict[str, GraphReport] = {}
        self.too_large = too_large(project)
        self._inner: dict[Any, GraphReport] = {}

    def graph(
        self,
        graph: Graph,
        arriving: Mapping[str, Shape] | None,
        settings: Mapping[tuple[str, str], Any],
        where: str,
        inside: tuple[str, ...],
        before: GraphReport | None,
    ) -> GraphReport:
        """The report of one graph. ``arriving``: shapes at a block's In nodes, None if unknown; ``settings``:
        values of exposed settings by (node, param); ``inside``: the blocks around it, outermost first."""
        names = order(graph)
        reports: dict[str, NodeReport] = {}
        stirred: set[str] | None = None  # the nodes that have to be looked at, if they are known
        loop_problems = looping(graph, names)
        # Only the settings of a few nodes differ after most edits; the others need not even be asked what arrives.
        old_graph = before.graph if before is not None and not settings else Graph()
        same_wiring = (
            before is not None
            and self.same_blocks
            and not loop_problems
            and old_graph.wiring is graph.wiring
            and old_graph.nodes.keys() == graph.nodes.keys()
        )
        if same_wiring and before is not None and before.order == names and not self.project.blocks:
            stirred = _stirred(graph, before)
            reports = dict(before.nodes)
        fresh: set[str] = set()  # nodes that are other ones than before, or are reported otherwise
        for name in names:
            if stirred is not None and name not in stirred:
                continue
            node = graph.nodes[name]
            old_node, old = old_graph.nodes.get(name), before.nodes.get(name) if before is not None else None
            holds = (
                old is not None
                and old_node is not None
                and not old.problems
                and name not in loop_problems
                and node.shares is None
                and (old.inputs or not is_looked_at(node))  # of a source nobody says whether it was looked at again
                and (not node.type.startswith(BLOCK_PREFIX) or (self.same_blocks and not self.too_large.nodes))
            )
            if same_wiring and holds and old_node is node and old is not None:
                if not fresh or fresh.isdisjoint(wire.source for wire in graph.into(name)):
                    reports[name] = old
                    self._kept(node, old)
                    continue
            if settings:
                for (target, param), value in settings.items():
                    if target == name:
                        node = node.with_param(param, value)
            inputs, wire_problems, waiting = self._arrived(graph, node, reports)
            if holds and old is not None and old_node is not None and not wire_problems:
                if old_node.same_meaning(node) and old.inputs == inputs and old.waiting == waiting:
                    reports[name] = old
                    self._kept(node, old)
                    continue
            fresh.add(name)
            report = self._node(node, inputs, wire_problems, waiting, arriving, where, inside)
            if name in loop_problems:
                report = replace(report, problems=(loop_problems[name], *report.problems), outputs=EMPTY, built=None)
            if old is not None and old == report:
                report = old
                if old_node is node:
                    fresh.discard(name)
            reports[name] = report
            if stirred is not None and name in fresh:
                stirred.update([wire.target for wire in graph.out_of(name)])
        self._check_shares(graph, reports)
        self._check_losses(graph, reports)
        self._check_labels(graph, reports)
        for name, stray in list(misplaced(graph, reports)) if where == MAIN else ():
            reports[name] = replace(reports[name], problems=(stray,))
        for name, bare in list(unpassed(self.project, graph, reports)):
            reports[name] = replace(reports[name], problems=(bare,))
        return GraphReport(graph, MappingProxyType(reports), names)

    def _kept(self, node: Node, report: NodeReport) -> None:
        """Take up the instances of blocks in a report that holds still, as if they had been walked through again."""
        if report.inner is None or len(self.first_instances) == len(self.project.blocks):
            return
        for name in report.inner.order:
            self._kept(report.inner.graph.nodes[name], report.inner.nodes[name])
        self.first_instances.setdefault(block_of(node.type) or "", report.inner)

    def _arrived(
        self, graph: Graph, node: Node, reports: Mapping[str, NodeReport]
    ) -> tuple[dict[str, tuple[Shape, ...]], list[Problem], bool]:
        """Shapes at the node's ports, problems of its wires, and whether something is still unknown."""
        ports = {port.name: port for port in self.inputs_of(node)}
        inputs: dict[str, tuple[Shape, ...]] = {}
        problems: list[Problem] = []
        waiting = False
        for wire in graph.into(node.name):
            known = reports.get(wire.source)
            found = self._wrong(graph, node, wire, ports, inputs, reports)
            if found is not None:
                problems.append(found)
                continue
            shape = known.outputs.get(wire.source_port) if known else None
            if shape is None:
                waiting = True
                continue
            inputs[wire.target_port] = (*inputs.get(wire.target_port, ()), shape)
        return inputs, problems, waiting

    def _wrong(
        self,
        graph: Graph,
        node: Node,
        wire: Wire,
        ports: Mapping[str, Port],
        inputs: Mapping[str, object],
        reports: Mapping[str, NodeReport],
    ) -> Problem | None:
        """What is wrong with a wire to ``node``, whose earlier wires have brought ``inputs``."""
        port, source = ports.get(wire.target_port), graph.nodes.get(wire.source)
        ends: list[Wire] = []
        if port is None and is_known(self.project, node):
            has = listed(ports) or "none"
            text = f"A wire ends at {quoted(wire.target_port)}, but {node.name} has no such input (it has: {has})."
            ends = self._other_ends(graph, node, wire)
        elif source is None or (is_known(self.project, source) and wire.source_port not in self.outputs_of(source)):
            text = f"A wire starts at {cut(wire.source)}.{cut(wire.source_port)}, which does not exist."
            outputs = self.outputs_of(source) if source is not None else ()
            ends = [replace(wire, source_port=name) for name in nearest_names(wire.source_port, outputs)]
        elif port is not None and not port.variadic and wire.target_port in inputs:
            text = f"Two wires end at the input {port.name}, but it takes one. Remove one of them."
            return bad_wire(node, wire, text, self._other_ends(graph, node, wire))
        elif why_no_source(source):
            text = why_no_source(source)
        elif lacking := lacking_field(source, wire.source_port, reports.get(wire.source)):
            text = lacking
        else:
            return None
        return bad_wire(node, wire, f"{text} Remove the wire{', or draw it to another port' if ends else ''}.", ends)

    def _other_ends(self, graph: Graph, node: Node, wire: Wire) -> list[Wire]:
        """The wire to inputs of the node that are free."""
        taken = {other.target_port for other in graph.into(node.name)}
        free = [port.name for port in self.inputs_of(node) if port.variadic or port.name not in taken]
        return [replace(wire, target_port=name) for name in nearest_names(wire.target_port, free)]

    def inputs_of(self, node: Node) -> tuple[Port, ...]:
        """The input ports of a node, layer or block instance."""
        return input_ports(self.project, node)

    def outputs_of(self, node: Node) -> tuple[str, ...]:
        """The output ports of a node, layer or block instance."""
        return output_ports(self.project, node)

    def _node(
        self,
        node: Node,
        inputs: dict[str, tuple[Shape, ...]],
        problems: list[Problem],
        waiting: bool,
        arriving: Mapping[str, Shape] | None,
        where: str,
        inside: tuple[str, ...],
    ) -> NodeReport:
        def report(*more: Problem, waits: bool = False) -> NodeReport:
            return NodeReport(inputs, problems=(*problems, *more), waiting=waits)

        block_name = block_of(node.type)
        layer = find(node.type) if block_name is None else None
        if block_name is not None and block_name not in self.project.blocks:
            sentence = f"There is no block named {quoted(block_name)} in this drawing."
            return report(unknown(node, sentence, similar_types(self.project, node.type, where != MAIN)))
        if block_name is None and layer is None:
            sentence = f"There is no layer type {quoted(node.type)}."
            return report(unknown(node, sentence, similar_types(self.project, node.type, where != MAIN)))
        if layer is not None and layer.role in ("block_in", "block_out") and where == MAIN:
            word = "Input" if layer.role == "block_in" else "Output"
            sentence = f"{layer.id} is a port of a block and has no use outside one. Use {word}."
            return report(unknown(node, sentence, (UseInstead(word),)))
        if layer is not None and where != MAIN and layer.role in MAIN_ONLY:
            port_type = {"source": "In", "input": "In", "output": "Out"}.get(layer.role)
            instead = (UseInstead(port_type),) if port_type is not None else ()
            return report(unknown(node, f"{layer.name} belongs in the main drawing, not inside a block.", instead))
        if block_name in inside:
            chain = listed((*inside[inside.index(block_name) :], block_name), " → ")
            sentence = f"The block {block_name} contains itself ({chain}). Remove this node."
            return report(Problem(node.name, sentence, "block", (RemoveNode(),)))
        too_many = self.too_large.why(where, node)
        if too_many is not None:
            return report(Problem(node.name, too_many, "block", (RemoveNode(),)))
        missing = [
            port.name for port in self.inputs_of(node) if not port.optional and port.name not in inputs and not waiting
        ]
        if missing and not problems:
            return report(unwired(node, missing, len(self.inputs_of(node)) > 1), *circular(self.project, node))
        if layer is not None and layer.role == "block_in":
            if node.bypassed:
                return self._bypassed(node, inputs, report, {})
            if node.repeat != 1:
                return _repeated(node, report(), layer)
            shape = (arriving or {}).get(node.name)
            return replace(report(waits=shape is None), outputs={"output": shape} if shape else EMPTY)
        if layer is not None:
            try:
                checked = layer.settings(node.params)
            except BadSetting as bad:
                return report(bad_setting(node, layer, str(bad)))
        if node.repeat < 1 or isinstance(node.repeat, bool):
            return report(
                Problem(
                    node.name,
                    f"It cannot be repeated {node.repeat} times. Use 1 or more.",
                    "repeat",
                    (SetNode("repeat", 1),),
                )
            )
        if waiting or problems:
            return report(waits=waiting)
        if node.bypassed:
            several = len(self.outputs_of(node)) > 1
            awake = (
                self._node(replace(node, bypassed=False), inputs, [], False, arriving, where, inside)
                if several
                else None
            )
            return self._bypassed(node, inputs, report, awake.outputs if awake is not None else {})
        try:
            if layer is not None and is_looked_at(node):
                done = source_report(self.project.schemas, node, layer, checked, report())
            elif layer is not None:
                built = layer.build(inputs, checked)
                done = NodeReport(
                    inputs, built.outputs, built, None, tuple(problems), False, built.weight_count, built.multiply_adds
                )
            else:
                assert block_name is not None
                done = self._instance(node, block_name, inputs, inside)
        except ShapeError as error:
            fixes: tuple[AnyFix, ...] = fixes_of(layer, node, inputs, error) if layer is not None else error.fixes
            if isinstance(error, FixedLength) and where == MAIN:
                fixes = (*fixes, *with_one_length(self.project.graph))
            if layer is not None and layer.role == "loss" and error.port:
                rewire = WireInto(error.port, instead=True)
                # What mends the wire that is there comes before another wire; another loss comes after it.
                mending = any(not isinstance(fix, UseInstead) for fix in fixes)
                fixes = (*fixes, rewire) if mending else (rewire, *fixes)
            return report(Problem(node.name, error.sentence, "shape", fixes, port=error.port))
        if node.repeat > 1 and not done.problems:
            done = _repeated(node, done, layer)
        return replace(done, parameters=0) if node.shares is not None else done

    def _bypassed(
        self, node: Node, inputs: Mapping[str, tuple[Shape, ...]], report: Any, awake: Mapping[str, Shape]
    ) -> NodeReport:
        """Data passes through."""
        if role_of(node) == "loss":
            return report()
        if not inputs:
            return report(nothing_arrives(node))
        outputs = passed_on(self.project, node, inputs, awake)
        entries = passing(self.project, node, tuple(inputs))
        return replace(report(), outputs=outputs, passes={port: entries[port] for port in outputs})

    def _instance(
        self, node: Node, block_name: str, inputs: Mapping[str, tuple[Shape, ...]], inside: tuple[str, ...]
    ) -> NodeReport:
        """A block used as a node."""
        block = self.project.blocks[block_name]
        bad = bad_exposed(self.project, node, block)
        if bad is not None:
            return NodeReport(inputs, problems=(bad,))
        settings = {(e.node, e.param): node.params[e.name] for e in block.exposed if e.name in node.params}
        shapes = {port: arrived[0] for port, arrived in inputs.items()}
        loop = loop_of(block.graph, settings)
        steps: tuple[int, ...] = (1,)
        if loop:
            shapes, steps = entering(node, block.graph, loop, shapes)
        # Most of a deep net are equal instances in a row. repr tells True from 1, which are equal and not the same.
        key = (inside, block_name, tuple(shapes.items()), repr(settings))
        inner = self._inner.get(key)
        if inner is None:
            inner = self.graph(block.graph, shapes, settings, block_name, (*inside, block_name), None)
            self._inner[key] = inner
        self.first_instances.setdefault(block_name, inner)
        outputs = {}
        for name in inner.order:
            if block.graph.nodes[name].type == "Out":
                wires = block.graph.into(name)
                shape = inner.shape(wires[0]) if wires else None
                if shape is not None:
                    outputs[name] = shape
        problems = tuple(replace(p, node=f"{node.name}/{p.node}") for p in inner.problems)
        if not outputs and not problems:
            problems = (
                Problem(
                    node.name,
                    f"The block {block_name} has no output. Open it and add a block output.",
                    "block",
                    (AddOutput(),),
                ),
            )
        if loop and not problems:
            outputs, loop = leaving(loop, outputs, shapes, steps), chosen_from(loop, outputs, shapes)
        adds = inner.multiply_adds * steps[0]
        return NodeReport(
            inputs, outputs, None, inner, problems, False, inner.parameters, adds, loop=loop, steps=steps[0]
        )

    def _check_shares(self, graph: Graph, reports: dict[str, NodeReport]) -> None:
        """Mark nodes that cannot use the weights they ask for."""
        for name, node in [item for item in graph.nodes.items() if item[1].shares is not None]:
            sentence = why_no_sharing(graph, node, reports)
            if sentence:
                problem = Problem(name, sentence, "shares", (SetNode("shares", None),))
                reports[name] = replace(reports[name], problems=(*reports[name].problems, problem))

    def _check_losses(self, graph: Graph, reports: dict[str, NodeReport]) -> None:
        """Mark losses that compare a value with itself, or that should train layers which do not exist or cannot
        learn."""
        for node in in_role(graph, "loss"):
            name, updates = node.name, node.params.get("updates")
            if updates is None or node.bypassed or reports[name].problems:
                continue
            same = same_value(node, graph.into(name))
            if same is not None:
                reports[name] = replace(reports[name], problems=(same,))
                continue
            if not updates or not isinstance(updates, tuple):
                continue
            sentence = why_no_updates(graph, updates, reports)
            if sentence:
                problem = Problem(name, sentence, "updates", (ResetParam("updates"),))
                reports[name] = replace(reports[name], problems=(problem,))

    def _check_labels(self, graph: Graph, reports: dict[str, NodeReport]) -> None:
        """Say of a label that it is one, where it was wired to what reads data, and which layer gives a loss too few
        numbers."""
        for name in [name for name in graph.nodes if reports[name].problems]:
            node, known = graph.nodes[name], reports[name]
            told = last_layer_named(self.project, graph, node, known.problems, reports)
            told = told_as_label(graph, node, told, lambda other: reports[other].outputs)
            if told != known.problems:
                reports[name] = replace(known, problems=told)


def _stirred(graph: Graph, before: GraphReport) -> set[str]:
    """The nodes whose report may be another than ``before``, where the wires are the same, but for those below them:
    what somebody has changed, and what is never taken over unseen."""
    old = before.graph.nodes
    stirred = {name for name, node in graph.nodes.items() if node is not old[name] or node.shares is not None}
    return stirred.union([name for name, known in before.nodes.items() if known.problems or not known.inputs])


def _repeated(node: Node, done: NodeReport, layer: Layer | None) -> NodeReport:
    """The report of N equal layers in a row."""
    if layer is not None and layer.role != "layer":
        problem = Problem(
            node.name,
            f"{sentence_case(with_article(layer.name))} cannot be repeated. Set repeat to 1.",
            "repeat",
            (SetNode("repeat", 1),),
        )
        return replace(done, problems=(problem,), outputs=EMPTY, built=None)
    arrived = [shape for shapes in done.inputs.values() for shape in shapes]
    first = next(iter(done.outputs))  # of several outputs, only the first leads from one repetition to the next
    left = [done.outputs[first]]
    if len(arrived) != 1 or (layer is None and len(done.outputs) != 1):
        sentence = "Only a layer with one input and one output can be repeated in a row. Set repeat to 1."
    elif arrived[0] != left[0]:
        sentence = (
            f"To repeat it {node.repeat} times, what it gives must have the shape of what it takes, but "
            f"{describe(arrived[0])} arrives and {describe(left[0])} leaves. "
            "Change its settings so that both agree, or set repeat to 1."
        )
    else:
        return replace(
            done,
            outputs=MappingProxyType({first: left[0]}),
            parameters=done.parameters * node.repeat,
            multiply_adds=done.multiply_adds * node.repeat,
        )
    return replace(
        done, problems=(Problem(node.name, sentence, "repeat", (SetNode("repeat", 1),)),), outputs=EMPTY, built=None
    )
