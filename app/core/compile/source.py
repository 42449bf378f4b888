"""Prints a plan as the Python file that runs. With ``probes``, a second form that hands every value to a probe."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.core.compile.plan import Plan, PlannedGraph, Ref, Step, class_name
from app.core.graph.model import MAIN
from nodes.api import Call, Shape, When
from nodes.api.calls import PLAIN, Line
from nodes.modules.sources import source_of

INDENT = "    "
OURS = "modules."  # constructors whose source is printed along
INITIALISED = '''def initialised(layer, fill, **options):
    """Gives the weights of a layer other start values; its biases start at zero."""
    for name, weight in layer.named_parameters():
        if weight.dim() > 1:
            fill(weight, **options)
        elif "bias" in name:
            nn.init.zeros_(weight)
    return layer'''


@dataclass(frozen=True)
class Source:
    """A generated file. ``lines`` says for a line number (from 1) which graph and which of its nodes it belongs to."""

    text: str
    lines: Mapping[int, tuple[str, str]]
    main_class: str

    def lines_of(self, where: str, node: str) -> tuple[int, ...]:
        """The lines that a node stands on."""
        return tuple(number for number, place in self.lines.items() if place == (where, node))


def print_source(plan: Plan, *, probes: bool = False) -> Source:
    """The file for a plan. The class of the model takes its inputs and gives its outputs as the plan lists them.

    With ``probes`` each ``forward`` takes a ``probe`` first and passes every value through it:
    ``conv1 = probe("conv1", conv1)``.
    """
    return _Printer(plan, probes).source()


@dataclass
class _Class:
    """One class to print: a representative graph and which of its numbers the instances set."""

    name: str
    graph: PlannedGraph
    parameters: list[str] = field(default_factory=list)
    holes: dict[tuple[str, object], str] = field(default_factory=dict)  # (step, argument) -> parameter
    same_shapes: bool = True


# Names of positional arguments, so that a number that differs between instances gets a name that says what it is.
_POSITIONAL: Mapping[str, tuple[str, ...]] = {
    "nn.Conv2d": ("in_channels", "out_channels", "kernel_size"),
    "nn.Linear": ("in_features", "out_features"),
    "nn.BatchNorm2d": ("num_features",),
    "nn.LSTM": ("input_size", "hidden_size"),
    "nn.MaxPool2d": ("kernel_size",),
    "nn.AvgPool2d": ("kernel_size",),
    "nn.Dropout": ("p",),
}


class _Printer:
    def __init__(self, plan: Plan, probes: bool) -> None:
        self.plan = plan
        self.probes = probes
        self.batch = "1"  # how the class that is printed counts its samples
        self.rows: list[str] = []
        self.lines: dict[int, tuple[str, str]] = {}
        self.classes: list[_Class] = []
        self.class_of: dict[int, tuple[str, tuple[tuple[str, Any], ...]]] = {}
        self.names = {plan.class_name, "Losses"} | {
            step.call.constructor.removeprefix(OURS) for g in plan.graph.walk() for step in g.steps if step.call
        }

    def source(self) -> Source:
        self._sort_into_classes()
        self._print_helpers()
        for each in self.classes:
            self._print_class(each)
        if self.plan.losses and not self.probes:
            self._print_losses()
        body = self.rows
        header = [f'"""{_plain(self.plan.title)}, drawn with Netloom."""', ""]
        if any(re.search(r"\bmath\.", row) for row in body):
            header += ["import math", ""]
        if any(re.search(r"\btorch\.", row) for row in body):
            header.append("import torch")
        header.append("from torch import nn")
        lines = {number + len(header): place for number, place in self.lines.items()}
        return Source("\n".join([*header, *body]) + "\n", lines, self.plan.class_name)

    def _print_helpers(self) -> None:
        """What the classes below use: modules that torch lacks, and the function that gives weights other starts."""
        calls = [step.call for graph in self.plan.graph.walk() for step in graph.steps if step.call is not None]
        calls += [loss.call for loss in self.plan.losses]
        for constructor in dict.fromkeys(call.constructor for call in calls):
            if constructor.startswith(OURS):
                self.rows += ["", "", *source_of(constructor.removeprefix(OURS)).splitlines()]
        if any(call.fill for call in calls):
            self.rows += ["", "", *INITIALISED.splitlines()]

    # Classes

    def _sort_into_classes(self) -> None:
        """One class for each form of each block, inner blocks first, and one for the drawing itself."""
        forms: dict[object, list[PlannedGraph]] = {}
        for graph in self.plan.graph.walk():
            if graph.where != MAIN:
                forms.setdefault(self._form(graph), []).append(graph)
        for instances in forms.values():
            self._add_class(instances)
        self.classes.append(_Class(self.plan.class_name, self.plan.graph))

    def _form(self, graph: PlannedGraph) -> object:
        """What must be equal for two instances to be one class: everything but the numbers in calls."""
        read = _read(graph)
        return (
            graph.where,
            graph.arguments,
            graph.returns,
            tuple(
                (
                    step.name,
                    step.attribute,
                    step.owns,
                    step.repeat,
                    tuple(step.inputs.items()),
                    tuple(step.outputs),
                    tuple(port for port in step.outputs if Ref(step.name, port) in read),
                    (
                        step.call.constructor,
                        len(step.call.args),
                        tuple(k for k, _ in step.call.kwargs),
                        step.call.forward,
                        step.call.fill,
                        step.call.frozen,
                    )
                    if step.call
                    else None,
                    self._form(step.inner) if step.inner else None,
                )
                for step in graph.steps
            ),
        )

    def _add_class(self, instances: list[PlannedGraph]) -> None:
        first = instances[0]
        name = self._free_class(class_name(first.where.replace("_", " "), "Block"))
        made = _Class(name, first)
        vectors: dict[tuple[Any, ...], str] = {}
        for position, step in enumerate(first.steps):
            if not step.owns:
                continue
            slots = self._slots(step)
            for slot in slots:
                values = tuple(self._slots(each.steps[position])[slot] for each in instances)
                if all(value == values[0] and type(value) is type(values[0]) for value in values):
                    continue
                if values not in vectors:
                    vectors[values] = self._parameter_name(made, step, slot)
                    made.parameters.append(vectors[values])
                made.holes[(step.name, slot)] = vectors[values]
        for index, each in enumerate(instances):
            arguments = tuple((name_, values[index]) for values, name_ in vectors.items())
            self.class_of[id(each)] = (name, arguments)
        made.same_shapes = all(
            [dict(s.outputs) for s in each.steps] == [dict(s.outputs) for s in first.steps] for each in instances
        )
        self.classes.append(made)

    def _slots(self, step: Step) -> dict[object, Any]:
        """The arguments of a step's constructor by position or keyword."""
        if step.inner is not None:
            return dict(self.class_of[id(step.inner)][1])
        call = step.call
        if call is None or not call.constructor:
            return {}
        return {**dict(enumerate(call.args)), **dict(call.kwargs)}

    def _parameter_name(self, made: _Class, step: Step, slot: object) -> str:
        if isinstance(slot, str):
            wanted = slot
        else:
            names = _POSITIONAL.get(step.call.constructor if step.call else "", ())
            wanted = names[slot] if isinstance(slot, int) and slot < len(names) else f"value{slot}"
        taken = {*made.parameters, *(s.name for s in made.graph.steps)}
        if wanted in taken:
            wanted = f"{step.name}_{wanted}"
        while wanted in taken:
            wanted += "_"
        return wanted

    def _free_class(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self.names:
            count += 1
            name = f"{wanted}{count}"
        self.names.add(name)
        return name

    # Text

    def _row(self, text: str = "", place: tuple[str, str] | None = None) -> None:
        self.rows.append(text)
        if place is not None:
            self.lines[len(self.rows)] = place

    def _print_class(self, made: _Class) -> None:
        graph = made.graph
        self._row()
        self._row()
        self._row(f"class {made.name}(nn.Module):")
        self._row(f'{INDENT}"""{self._about(graph)}"""')
        self._row()
        owners = [step for step in graph.steps if step.owns and _has_module(step)]
        if owners:
            parameters = "".join(f", {name}" for name in made.parameters)
            self._row(f"{INDENT}def __init__(self{parameters}):")
            self._row(f"{INDENT * 2}super().__init__()")
            for step in owners:
                self._row(f"{INDENT * 2}self.{step.attribute} = {self._made(step, made)}", (graph.where, step.name))
            self._row()
        arguments = [*(["probe"] if self.probes else []), *(graph.variables[ref] for ref in graph.arguments)]
        self._row(f"{INDENT}def forward({', '.join(['self', *arguments])}):")
        if self.probes:
            self._probe_arguments(graph)
        for step in graph.steps:
            self._print_step(step, graph, made)
        returned = ", ".join(graph.variables[ref] for ref in graph.returns)
        self._row(f"{INDENT * 2}return {returned}" if returned else f"{INDENT * 2}return ()")

    def _about(self, graph: PlannedGraph) -> str:
        if graph.where != MAIN:
            return f"The block {graph.where}."
        arrives = ", ".join(f"{i.variable} {_sizes(i.shape)}" for i in self.plan.inputs) or "nothing"
        leaves = ", ".join(f"{o.variable} {_sizes(o.shape)}" for o in self.plan.outputs) or "nothing"
        return f"Takes {arrives}; gives {leaves}. Sizes leave out the batch."

    def _probe_arguments(self, graph: PlannedGraph) -> None:
        for ref in graph.arguments:
            variable = graph.variables[ref]
            name = ref.node if ref.port == "output" else f"{ref.node}.{ref.port}"
            self._row(f'{INDENT * 2}{variable} = probe("{name}", {variable})')

    def _made(self, step: Step, made: _Class) -> str:
        """The right-hand side in ``__init__``."""
        one = self._constructed(step, made)
        if step.repeat == 1:
            return one
        if step.inner is not None or (step.call is not None and step.call.plain):
            return f"nn.Sequential(*({one} for _ in range({step.repeat})))"
        return f"nn.ModuleList({one} for _ in range({step.repeat}))"

    def _constructed(self, step: Step, made: _Class) -> str:
        if step.inner is not None:
            constructor = self.class_of[id(step.inner)][0]
        else:
            assert step.call is not None
            constructor = step.call.constructor.removeprefix(OURS)
        parts = []
        for slot, value in self._slots(step).items():
            text = made.holes.get((step.name, slot)) or repr(value)
            parts.append(text if isinstance(slot, int) else f"{slot}={text}")
        text = f"{constructor}({', '.join(parts)})"
        if step.call is not None and step.call.fill:
            fill, *options = step.call.fill
            text = f"initialised({', '.join([text, f'nn.init.{fill}', *options])})"
        return f"{text}.requires_grad_(False)" if step.call is not None and step.call.frozen else text

    def _print_step(self, step: Step, graph: PlannedGraph, made: _Class) -> None:
        place = (graph.where, step.name)
        read = {port for port in step.outputs if self.probes or Ref(step.name, port) in _read(graph)}
        names = {port: graph.variables[Ref(step.name, port)] if port in read else "_" for port in step.outputs}
        arrived = {port: [graph.variables[ref] for ref in refs] for port, refs in step.inputs.items()}
        self.batch = f"len({graph.variables[graph.arguments[0]]})" if graph.arguments else "1"
        rows = self._uses(step, names, arrived)
        shapes = ", ".join(_sizes(shape) for port, shape in step.outputs.items() if port in read)
        if made.same_shapes and not self.probes:
            rows[-1] += f"  # {shapes}"
        for row in rows:
            self._row(INDENT * 2 + row, place)
        if self.probes:
            for port, variable in names.items():
                name = step.name if port == "output" or len(names) == 1 else f"{step.name}.{port}"
                self._row(f'{INDENT * 2}{variable} = probe("{name}", {variable})', place)

    def _uses(self, step: Step, names: Mapping[str, str], arrived: Mapping[str, list[str]]) -> list[str]:
        """The lines in ``forward``."""
        module = f"self.{step.attribute}"
        call = step.call
        if call is None:
            if self.probes:
                return self._probed_block(step, names, arrived)
            call = Call("block")
            lines: Sequence[Line] = ("{outputs} = {layer}({inputs})",)
        else:
            lines = call.forward
        if step.repeat == 1 or (call.constructor and lines in (PLAIN, ("{outputs} = {layer}({inputs})",))):
            return _filled(lines, module, names, arrived, self.batch)
        # N unlike Sequential can hold: walk through them, each reading what the one before gave.
        variable = next(iter(names.values()))
        start = next(iter(arrived.values()))[0]
        within = {port: [variable] for port in arrived}
        loop = f"for layer in {module}:" if call.constructor else f"for _ in range({step.repeat}):"
        return [f"{variable} = {start}", loop, *(INDENT + row for row in _filled(lines, "layer", names, within))]

    def _probed_block(self, step: Step, names: Mapping[str, str], arrived: Mapping[str, list[str]]) -> list[str]:
        assert step.inner is not None
        class_ = self.class_of[id(step.inner)][0]
        inputs = ", ".join(value for values in arrived.values() for value in values)
        outputs = ", ".join(names.values())
        module = f"self.{step.attribute}"
        if step.repeat == 1:
            return [f'{outputs} = {class_}.forward({module}, probe.inside("{step.name}"), {inputs})']
        return [
            f"{outputs} = {inputs}",
            f"for layer in {module}:",
            f'{INDENT}{outputs} = {class_}.forward(layer, probe.inside("{step.name}"), {outputs})',
        ]

    def _print_losses(self) -> None:
        arguments = dict.fromkeys(o.variable for loss in self.plan.losses for o in loss.operands.values())
        self._row()
        self._row()
        self._row("class Losses(nn.Module):")
        self._row(f'{INDENT}"""What training makes small: each loss by its name."""')
        self._row()
        self._row(f"{INDENT}def __init__(self):")
        self._row(f"{INDENT * 2}super().__init__()")
        for loss in self.plan.losses:
            if loss.call.constructor:
                self._row(f"{INDENT * 2}self.{loss.name} = {_called(loss.call)}", (MAIN, loss.name))
        self._row()
        self._row(f"{INDENT}def forward({', '.join(['self', *arguments])}):")
        for loss in self.plan.losses:
            arrived = {port: [operand.variable] for port, operand in loss.operands.items()}
            for row in _filled(
                loss.call.forward, f"self.{loss.name}", {"loss": loss.name, "output": loss.name}, arrived
            ):
                self._row(INDENT * 2 + row, (MAIN, loss.name))
            weight = loss.settings.get("weight", 1.0)
            if weight != 1.0:
                self._row(f"{INDENT * 2}{loss.name} = {weight!r} * {loss.name}", (MAIN, loss.name))
        entries = ", ".join(f'"{loss.name}": {loss.name}' for loss in self.plan.losses)
        self._row(f"{INDENT * 2}return {{{entries}}}")


class _Joined(list[str]):
    """Values at a variadic port; the format spec is what stands between them: ``{xs: + }``."""

    def __format__(self, spec: str) -> str:
        return (spec or ", ").join(self)


class _Holes(dict[str, object]):
    """What goes into the holes of a line. An output that does not exist, as behind a repeated layer, is not kept."""

    def __missing__(self, name: str) -> str:
        return "_"


def _filled(
    lines: Sequence[Line], module: str, names: Mapping[str, str], arrived: Mapping[str, list[str]], batch: str = "1"
) -> list[str]:
    every = [value for values in arrived.values() for value in values]
    holes = _Holes({port: _Joined(values) for port, values in arrived.items()})
    holes |= {"layer": module, "inputs": ", ".join(every), "outputs": ", ".join(names.values()), "batch": batch}
    holes |= names
    printed = [line for line in lines if not isinstance(line, When) or names.get(line.port, "_") != "_"]
    texts = [(line.text if isinstance(line, When) else line).format_map(holes) for line in printed]
    return [re.sub(r"^(.*)\(_(?:, _)+\)(.* = )", r"\1_\2", text) for text in texts]  # nobody reads any of the tuple


def _read(graph: PlannedGraph) -> frozenset[Ref]:
    """The values of a graph that somebody reads."""
    return frozenset(ref for step in graph.steps for refs in step.inputs.values() for ref in refs) | set(graph.returns)


def _called(call: Call) -> str:
    parts = [*(repr(value) for value in call.args), *(f"{name}={value!r}" for name, value in call.kwargs)]
    return f"{call.constructor.removeprefix(OURS)}({', '.join(parts)})"


def _has_module(step: Step) -> bool:
    return step.inner is not None or bool(step.call and step.call.constructor)


def _sizes(shape: Shape) -> str:
    return shape.tuple_text if shape.sizes else str(shape)


def _plain(text: str) -> str:
    """Free text made safe inside a docstring: a title comes from a file, and a file may come from a stranger."""
    printable = "".join(c if c.isprintable() and c not in '"\\' else " " for c in text)
    return " ".join(printable.split())[:100] or "A network"
