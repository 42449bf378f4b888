"""What a plan of a drawing is made of: steps in order, what enters and leaves, losses, sources and augmentations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from app.core.graph.loops import LoopInput
from app.core.graph.model import Exposed
from app.core.graph.recipe import Recipe
from nodes.api import Call, Schema, Shape
from nodes.api.augmentations import TARGET


class Ref(NamedTuple):
    """A value: one output port of a node."""

    node: str
    port: str


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One layer or block in ``forward``. ``attribute`` is where its module lives, another node's if it shares.

    ``runs`` is False for one that nobody reads, and that is there for its weights, which another layer uses. ``loop``
    are the inputs of a block that is used once for each step of a sequence.
    """

    name: str
    attribute: str
    owns: bool
    call: Call | None
    inner: PlannedGraph | None
    repeat: int
    inputs: Mapping[str, tuple[Ref, ...]]
    outputs: Mapping[str, Shape]
    runs: bool = True
    loop: tuple[LoopInput, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedGraph:
    """Steps of the main graph (``where`` is MAIN) or of one instance of a block.

    ``note`` and ``exposed`` are the block's; they name things in the printed code and change nothing it computes.
    """

    where: str
    arguments: tuple[Ref, ...]
    steps: tuple[PlannedStep, ...]
    returns: tuple[Ref, ...]
    return_ports: tuple[str, ...]
    variables: Mapping[Ref, str]
    passed: Mapping[str, Ref] = field(default_factory=dict)
    note: str = field(default="", compare=False)
    exposed: tuple[Exposed, ...] = field(default=(), compare=False)

    @property
    def running(self) -> tuple[PlannedStep, ...]:
        """The steps of ``forward``."""
        return tuple(step for step in self.steps if step.runs)

    def walk(self) -> Iterator[PlannedGraph]:
        """This graph and all block instances inside, inner ones first."""
        for step in self.steps:
            if step.inner is not None:
                yield from step.inner.walk()
        yield self


@dataclass(frozen=True, slots=True)
class PlanInput:
    """One argument of the model's ``forward``: a field of a source, or an Input node."""

    variable: str
    node: str
    port: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class PlanOutput:
    """One value the model returns. ``classes`` is what an Output says that its values are called."""

    node: str
    port: str
    variable: str
    shape: Shape
    classes: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """``fc3.output``, as ``CompiledNet.outputs`` names it."""
        return f"{self.node}.{self.port}"


@dataclass(frozen=True, slots=True)
class Operand:
    """What a loss reads: a value of the model, or a field straight from a source.

    One that looks ``ahead`` is a field of states that came next; the loss is given what these are worth: their
    "largest" value, or with "double" that of the action which the net itself would take.
    """

    kind: Literal["output", "field"]
    node: str
    port: str
    variable: str
    ahead: Literal["", "largest", "double"] = ""

    @property
    def argument(self) -> str:
        """What the losses call it."""
        return f"{self.variable}_value" if self.ahead else self.variable

    @property
    def read(self) -> str:
        """The key of what the losses are given: its own, or that of what the states are worth."""
        return f"{self.key} ahead" if self.ahead else self.key

    @property
    def key(self) -> str:
        """``digits.label`` or ``fc3.output``."""
        return f"{self.node}.{self.port}"


@dataclass(frozen=True, slots=True)
class PlanLoss:
    """One loss node: its call, and what stands at its ports."""

    name: str
    type: str
    call: Call
    operands: Mapping[str, Operand]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PlanSource:
    """One source node: of which type, with which settings, offering which fields."""

    node: str
    type: str
    settings: Mapping[str, Any]
    fields: Mapping[str, Shape]
    seen: Schema | None = field(default=None, compare=False)  # what the drawing was checked with, where it reads files


@dataclass(frozen=True, slots=True)
class PlanAugmentation:
    """One augmentation: what it reads, a field of a source or what another one before it gives, and gives in its
    place while training.

    One that mixes samples reads a ``target`` too. Its ``classes`` are how many that has where it arrives as whole
    labels, which become one-hot; 0 if it is handed on as it is.
    """

    node: str
    type: str
    settings: Mapping[str, Any]
    reads: Ref
    shape: Shape
    target: Ref | None = None
    classes: int = 0

    @property
    def key(self) -> str:
        """``shift1.output``, the field of a batch that holds what it gives."""
        return f"{self.node}.output"

    @property
    def target_key(self) -> str:
        """``mixup1.label``, the field that holds the target it gives."""
        return f"{self.node}.{TARGET}"

    @property
    def passes(self) -> Mapping[Ref, Ref]:
        """What each value that it gives is made of."""
        found = {Ref(self.node, "output"): self.reads}
        return found if self.target is None else found | {Ref(self.node, TARGET): self.target}


@dataclass(frozen=True)
class Plan:
    """Everything the printer and the trainer need. ``unused`` are layers that lead to no loss and no output.

    ``augmentations`` stand in the order in which they act. To the model, what one gives is one of its inputs.
    """

    title: str
    class_name: str
    graph: PlannedGraph
    inputs: tuple[PlanInput, ...]
    outputs: tuple[PlanOutput, ...]
    losses: tuple[PlanLoss, ...]
    sources: tuple[PlanSource, ...]
    unused: tuple[str, ...]
    augmentations: tuple[PlanAugmentation, ...] = ()
    recipe: Recipe = field(default_factory=Recipe)

    def origin(self, ref: Ref) -> Ref:
        """The field of a source, or the input, that augmentations make this value of; itself if none do."""
        made = {given: read for step in self.augmentations for given, read in step.passes.items()}
        while ref in made:
            ref = made[ref]
        return ref
