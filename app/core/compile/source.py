"""Prints a plan as the Python file that runs. With ``probes``, a second form that hands every value to a probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.compile.classes import BlockClass, PrintedClasses, read_values
from app.core.compile.filling import BLOCK, call_text, loss_rows, used_rows
from app.core.compile.lines import INDENT, broken, docstring, imports
from app.core.compile.loops import loop_rows
from app.core.compile.plan import Plan, PlannedGraph, PlannedStep, Ref
from app.core.compile.signatures import OURS, Required, Slot, signature
from app.core.compile.spelling import spelled
from app.core.compile.training import constructors, training_rows
from app.core.graph.model import MAIN
from nodes.api import Call, Shape
from nodes.modules.sources import source_of

INITIALISED = '''def initialised(layer, fill, **options):
    """Gives the weights of a layer other start values; its biases start at zero."""
    for name, weight in layer.named_parameters():
        if weight.dim() > 1:
            fill(weight, **options)
        elif "bias" in name:
            nn.init.zeros_(weight)
    return layer'''


GIVEN = '''def given(layer, numbers):
    """Gives the weights of a layer these values."""
    with torch.no_grad():
        for name, weight in layer.named_parameters():
            weight.copy_(torch.tensor(numbers[name]))
    return layer'''


@dataclass(frozen=True)
class PrintedSource:
    """A generated file. ``lines`` says for a line number (from 1) which graph and which of its nodes it belongs to."""

    text: str
    lines: Mapping[int, tuple[str, str]]
    main_class: str
    header: int  # lines before the first class: title and imports

    def lines_of(self, where: str, node: str) -> tuple[int, ...]:
        """The lines that a node stands on."""
        return tuple(number for number, place in self.lines.items() if place == (where, node))


def print_source(plan: Plan, *, probes: bool = False) -> PrintedSource:
    """The file for a plan. The class of the model takes its inputs and gives its outputs as the plan lists them.

    With ``probes`` each ``forward`` takes a ``probe`` first and passes every value through it:
    ``conv1 = probe("conv1", conv1)``.
    """
    return _SourcePrinter(plan, probes).source()


class _SourcePrinter:
    def __init__(self, plan: Plan, probes: bool) -> None:
        self.plan = plan
        self.probes = probes
        self.batch = "1"  # how the class that is printed counts its samples
        self.rows: list[str] = []
        self.lines: dict[int, tuple[str, str]] = {}
        self.variables: Mapping[Ref, str] = {}  # of the class that is printed
        self.read: frozenset[Ref] = frozenset()  # its values that somebody reads
        self.classes = PrintedClasses(plan)

    def source(self) -> PrintedSource:
        self._print_helpers()
        for each in self.classes.all:
            self._print_class(each)
        if self.plan.losses and not self.probes:
            self._print_losses()
            for text, place in training_rows(self.plan, self._used_by_model):
                self._row(text, place)
        header = [f'"""{plain(self.plan.title)}, drawn with Netloom."""', "", *imports(self.rows)]
        lines = {number + len(header): place for number, place in self.lines.items()}
        return PrintedSource("\n".join([*header, *self.rows]) + "\n", lines, self.plan.class_name, len(header))

    def _print_helpers(self) -> None:
        """What the classes below use: modules that torch lacks, and the function that gives weights other starts."""
        calls = [step.call for graph in self.plan.graph.walk() for step in graph.steps if step.call is not None]
        calls += [loss.call for loss in self.plan.losses]
        if self.plan.losses and not self.probes:
            calls += constructors(self.plan)
        for constructor in dict.fromkeys(call.constructor for call in calls):
            if constructor.startswith(OURS):
                self.rows += ["", "", *source_of(constructor.removeprefix(OURS)).splitlines()]
        if any(_given(call) for call in calls):
            self.rows += ["", "", *GIVEN.splitlines()]
        if any(call.fill and not _given(call) and not _fills_itself(call) for call in calls):
            self.rows += ["", "", *INITIALISED.splitlines()]

    # Text

    def _row(self, text: str = "", place: tuple[str, str] | None = None) -> None:
        for row in broken(text):
            self.rows.append(row)
            if place is not None:
                self.lines[len(self.rows)] = place

    def _print_class(self, made: BlockClass) -> None:
        graph = made.graph
        self.variables = spelled(graph)
        self.read = read_values(graph)
        self._row()
        self._row()
        self._row(f"class {made.name}(nn.Module):")
        self.rows += docstring(self._about(graph))
        self._row()
        owners = [step for step in graph.steps if step.owns and _has_module(step)]
        if owners:
            parameters = [name if usual is Required else f"{name}={usual!r}" for name, usual in made.parameters.items()]
            self._row(f"{INDENT}def __init__({', '.join(['self', *parameters])}):")
            self._row(f"{INDENT * 2}super().__init__()")
            for step in owners:
                self._row(f"{INDENT * 2}self.{step.attribute} = {self._made(step, made)}", (graph.where, step.name))
            self._row()
        self._print_train([step for step in owners if _stays(step)], graph.where)
        arguments = [*(["probe"] if self.probes else []), *(self.variables[ref] for ref in graph.arguments)]
        self._row(f"{INDENT}def forward({', '.join(['self', *arguments])}):")
        if self.probes:
            self._probe_arguments(graph)
        for step in graph.running:
            self._print_step(step, graph, made)
        returned = ", ".join(self.variables[ref] for ref in graph.returns)
        self._row(f"{INDENT * 2}return {returned}" if returned else f"{INDENT * 2}return ()")

    def _print_train(self, staying: Sequence[PlannedStep], where: str) -> None:
        """What keeps frozen layers from following the mean and variance of what they see. ``requires_grad_`` does not:
        those are no parameters, and ``train()`` of the whole model would set them moving."""
        if not staying or self.probes:
            return
        self._row(f"{INDENT}def train(self, mode=True):")
        self._row(f"{INDENT * 2}super().train(mode)")
        for step in staying:
            self._row(f"{INDENT * 2}self.{step.attribute}.eval()  # frozen", (where, step.name))
        self._row(f"{INDENT * 2}return self")
        self._row()

    def _about(self, graph: PlannedGraph) -> str:
        if graph.where != MAIN:
            return plain(graph.note, 300) if graph.note else f"The block {graph.where}."
        arrives = ", ".join(f"{i.variable} {_sizes(i.shape)}" for i in self.plan.inputs) or "nothing"
        leaves = ", ".join(f"{o.variable} {_sizes(o.shape)}" for o in self.plan.outputs) or "nothing"
        return f"Takes {arrives}; gives {leaves}. Sizes leave out the batch."

    def _probe_arguments(self, graph: PlannedGraph) -> None:
        for ref in graph.arguments:
            variable = self.variables[ref]
            name = ref.node if ref.port == "output" else f"{ref.node}.{ref.port}"
            self._row(f'{INDENT * 2}{variable} = probe("{name}", {variable})')

    def _made(self, step: PlannedStep, made: BlockClass) -> str:
        """The right-hand side in ``__init__``."""
        one = self._constructed(step, made)
        if step.repeat == 1:
            return one
        if step.inner is not None or (step.call is not None and step.call.plain):
            return f"nn.Sequential(*({one} for _ in range({step.repeat})))"
        return f"nn.ModuleList({one} for _ in range({step.repeat}))"

    def _constructed(self, step: PlannedStep, made: BlockClass) -> str:
        call = step.call
        constructor = self.classes.of(step.inner).name if step.inner is not None else call.constructor if call else ""
        parts = self._arguments(step, made)
        text = f"{constructor.removeprefix(OURS)}({', '.join(parts)})"
        if call is not None and _given(call):
            text = f"given({text}, {call.fill[1]})"
        elif call is not None and call.fill:
            fill = ", ".join((f"nn.init.{call.fill[0]}", *call.fill[1:]))
            text = f"{text}.initialised({fill})" if _fills_itself(call) else f"initialised({text}, {fill})"
        if call is not None and call.frozen:
            text += ".requires_grad_(False)"
        return f"{text}.eval()" if _stays(step) else text

    def _arguments(self, step: PlannedStep, made: BlockClass) -> list[str]:
        """What stands between the brackets: what the layer gives by position, the rest by name."""
        known = self.classes.signature(step)
        by_position: set[Slot] = set()
        if step.call is not None:
            names = list(signature(step.call.constructor))
            by_position = {names[place] if place < len(names) else place for place in range(len(step.call.args))}
        parts = []
        for slot, value in made.passed[step.name].items():
            hole = made.holes.get((step.name, slot))
            usual = known.get(str(slot), Required)
            if step.inner is not None and hole is None and type(value) is type(usual) and value == usual:
                continue  # the class has it as default
            text = hole if hole is not None else repr(value)
            parts.append(text if slot in by_position else f"{slot}={text}")
        return parts

    def _print_step(self, step: PlannedStep, graph: PlannedGraph, made: BlockClass) -> None:
        place = (graph.where, step.name)
        read = {port for port in step.outputs if self.probes or Ref(step.name, port) in self.read}
        names = {port: self.variables[Ref(step.name, port)] if port in read else "_" for port in step.outputs}
        arrived = {port: [self.variables[ref] for ref in refs] for port, refs in step.inputs.items()}
        self.batch = f"len({self.variables[graph.arguments[0]]})" if graph.arguments else "1"
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

    def _used_by_model(
        self, step: PlannedStep, names: Mapping[str, str], arrived: Mapping[str, list[str]], batch: str
    ) -> list[str]:
        """The lines that use a layer of the model from outside of it."""
        self.batch = batch
        return self._uses(step, names, arrived, "model")

    def _uses(
        self, step: PlannedStep, names: Mapping[str, str], arrived: Mapping[str, list[str]], owner: str = "self"
    ) -> list[str]:
        """The lines in ``forward``."""
        module = f"{owner}.{step.attribute}"
        if step.loop:
            return self._over_time(step, names, arrived, module, owner)
        if step.call is None and self.probes:
            return self._probed_block(step, names, arrived)
        lines = step.call.forward if step.call is not None else BLOCK
        return used_rows(step, lines, module, names, arrived, self.batch)

    def _over_time(
        self, step: PlannedStep, names: Mapping[str, str], arrived: Mapping[str, list[str]], module: str, owner: str
    ) -> list[str]:
        assert step.inner is not None
        if not self.probes:
            return loop_rows(step, names, arrived, lambda read: f"{module}({read})", owner)
        probed = f'{self.classes.of(step.inner).name}.forward({module}, probe.inside("{step.name}"), '
        return loop_rows(step, names, arrived, lambda read: f"{probed}{read})", owner)

    def _probed_block(self, step: PlannedStep, names: Mapping[str, str], arrived: Mapping[str, list[str]]) -> list[str]:
        assert step.inner is not None
        class_ = self.classes.of(step.inner).name
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
        arguments = dict.fromkeys(o.argument for loss in self.plan.losses for o in loss.operands.values())
        self._row()
        self._row()
        self._row("class Losses(nn.Module):")
        self.rows += docstring("What training makes small: each loss by its name.")
        self._row()
        modules = [loss for loss in self.plan.losses if loss.call.constructor]
        if modules:
            self._row(f"{INDENT}def __init__(self):")
            self._row(f"{INDENT * 2}super().__init__()")
            for loss in modules:
                self._row(f"{INDENT * 2}self.{loss.name} = {call_text(loss.call)}", (MAIN, loss.name))
            self._row()
        self._row(f"{INDENT}def forward({', '.join(['self', *arguments])}):")
        for loss in self.plan.losses:
            for row in loss_rows(loss, "self", {port: o.argument for port, o in loss.operands.items()}):
                self._row(INDENT * 2 + row, (MAIN, loss.name))
        entries = ", ".join(f'"{loss.name}": {loss.name}' for loss in self.plan.losses)
        self._row(f"{INDENT * 2}return {{{entries}}}")


def _given(call: Call) -> bool:
    """Whether somebody has set the weights by hand."""
    return call.fill[:1] == ("given",)


def _fills_itself(call: Call) -> bool:
    """Whether the layer is a module of ours whose weights have an unusual form, so that it brings its own way to give
    them other start values."""
    name = call.constructor.removeprefix(OURS)
    return call.constructor.startswith(OURS) and "def initialised(" in source_of(name)


def _stays(step: PlannedStep) -> bool:
    """Whether a layer stays in evaluation mode while others train."""
    return step.call is not None and step.call.frozen and step.call.measures


def _has_module(step: PlannedStep) -> bool:
    return step.inner is not None or bool(step.call and step.call.constructor)


def _sizes(shape: Shape) -> str:
    return shape.tuple_text if shape.sizes else str(shape)


def plain(text: str, most: int = 100) -> str:
    """Free text made safe inside a docstring: a title comes from a file, and a file may come from a stranger."""
    printable = "".join(c if c.isprintable() and c not in '"\\' else " " for c in text)
    return " ".join(printable.split())[:most] or "A network"
