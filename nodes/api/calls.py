"""What a layer becomes: the torch call that is printed, and what is known about it beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from types import MappingProxyType
from typing import Any

from nodes.api.shapes import Shape


@dataclass(frozen=True, slots=True, repr=False)
class TensorValue:
    """Numbers that torch wants as a tensor: printed as ``torch.tensor([1.0, 2.0])``."""

    numbers: float | tuple[float, ...]

    def __repr__(self) -> str:
        return f"torch.tensor({list(self.numbers) if isinstance(self.numbers, tuple) else self.numbers})"


Value = int | float | bool | str | None | tuple[Any, ...] | TensorValue
PLAIN = ("{output} = {layer}({inputs})",)


@dataclass(frozen=True, slots=True)
class When:
    """A line of ``forward`` that is printed only if somebody reads the output ``port``."""

    port: str
    text: str


Line = str | When


@dataclass(frozen=True, slots=True)
class Call:
    """One layer as code: how it is made in ``__init__`` and how it is used in ``forward``.

    ``constructor`` is a dotted torch name (``nn.Linear``), a class of ``nodes.modules`` (``modules.Maxout``) whose
    source is printed along, or empty when the layer keeps nothing between calls. ``fill`` is the function of
    ``nn.init`` that gives the weights other start values, with its arguments as printed; ``frozen`` keeps training
    from changing them, and from moving the mean and variance of a layer that ``measures`` them. ``lr_factor`` is how
    many times as fast as the rest they learn. ``starts`` says that a way back of its own begins here: a loss may ask
    for the gradient by its value, and none goes further.
    ``forward`` holds lines with the holes ``{layer}``, ``{inputs}`` (all wired inputs), the name of each
    input port, and the name of each output port. ``{batch}`` is the number of samples, for a layer that reads no
    input. Only layer files write these lines; a drawing cannot.
    """

    constructor: str = ""
    args: tuple[Value | Call, ...] = ()
    kwargs: tuple[tuple[str, Value | Call], ...] = ()
    forward: tuple[Line, ...] = PLAIN
    fill: tuple[str, ...] = ()
    frozen: bool = False
    lr_factor: float = 1.0
    starts: bool = False

    @property
    def plain(self) -> bool:
        """Whether the layer is just called with what arrives, so that ``nn.Sequential`` can hold it."""
        return bool(self.constructor) and self.forward == PLAIN

    @property
    def measures(self) -> bool:
        """Whether the layer follows mean and variance of what it sees while training, besides its weights."""
        name, given = self.constructor.removeprefix("nn."), dict(self.kwargs)
        if name.startswith("InstanceNorm"):
            return given.get("track_running_stats") is True
        return "BatchNorm" in name and given.get("track_running_stats", True) is not False

    @property
    def counts(self) -> bool:
        """Whether ``forward`` asks for the number of samples."""
        return any("{batch}" in (line.text if isinstance(line, When) else line) for line in self.forward)

    def used_as(self, *lines: Line) -> Call:
        """The same layer, used by these lines in ``forward``."""
        return replace(self, forward=lines)

    def starting(self) -> Call:
        """The same layer, at which a way back of its own begins."""
        return replace(self, starts=True)

    def along_time(self) -> Call:
        """The same layer on a sequence, whose features torch wants before its steps."""
        return self.used_as("{output} = {layer}({x}.transpose(1, 2)).transpose(1, 2)")


def module(constructor: str, *args: Value | Call, **kwargs: Value | Call) -> Call:
    """A layer that is an ``nn.Module``: ``module("nn.Linear", 84, 10)``. Only what plays is made of other calls."""
    return Call(constructor, args, tuple(kwargs.items()))


def expression(text: str) -> Call:
    """A layer that is an expression over its ports: ``expression("{a} + {b}")``."""
    return Call(forward=("{output} = " + text,))


def brief(sides: tuple[int, ...]) -> int | tuple[int, ...]:
    """``(5, 5)`` as ``5``, the way people write a square window."""
    return sides[0] if len(set(sides)) == 1 else sides


def differing(**settings: tuple[Value, Value]) -> dict[str, Value]:
    """Of ``name=(value, torch's default)``, those that differ, so that printed calls stay short."""
    return {name: value for name, (value, usual) in settings.items() if value != usual}


def _frozen(pairs: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(pairs))


@dataclass(frozen=True, slots=True)
class Built:
    """What a layer is for given input shapes and settings.

    Args:
        call: the torch call.
        output: shape of the only output (sizes are enough for floats).
        outputs: shapes by port name, for layers with several outputs.
        weights: sizes of the trained tensors by torch's name, such as ``{"weight": (6, 1, 5, 5)}``.
        multiply_adds: multiplications with an addition for one sample.
        about: how much data a source has, in a few words.
    """

    call: Call
    output: Shape | tuple[int, ...] | None = None
    outputs: Mapping[str, Shape] = field(default_factory=dict)
    weights: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    multiply_adds: int = 0
    about: str = ""

    def __post_init__(self) -> None:
        outputs = dict(self.outputs)
        if self.output is not None:
            shape = self.output if isinstance(self.output, Shape) else Shape(self.output)
            object.__setattr__(self, "output", shape)
            outputs = {"output": shape, **outputs}
        object.__setattr__(self, "outputs", _frozen(outputs))
        object.__setattr__(self, "weights", _frozen(self.weights))

    @property
    def weight_count(self) -> int:
        """How many numbers training changes."""
        return sum(prod(sizes) for sizes in self.weights.values())
