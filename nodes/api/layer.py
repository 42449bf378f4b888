"""The decorator that turns a function into a layer of the palette."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from nodes.api.calls import Built
from nodes.api.common import common_params, with_common
from nodes.api.curves import Curve
from nodes.api.given import Given
from nodes.api.lengths import VARIANTS, FixedLength, of_any_length
from nodes.api.params import BadSetting, Param
from nodes.api.pictures import Draw
from nodes.api.saves import Saves
from nodes.api.shape_error import ShapeError
from nodes.api.shapes import Shape
from nodes.api.values import Reads, ValuesTrait
from nodes.api.words import quoted

if TYPE_CHECKING:
    from nodes.api.sources import Source

Role = Literal["layer", "source", "augmentation", "loss", "input", "output", "block_in", "block_out"]
# Roles of nodes that stand in the main drawing alone, never inside a block.
MAIN_ONLY: tuple[Role, ...] = ("source", "augmentation", "loss", "input", "output")
Linear = Literal["", "sums", "values", "features"]
Decides = float | Literal["", "largest"]
ShapeLike = Shape | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Port:
    """A place where a wire ends. A variadic port takes many wires, in order."""

    name: str
    variadic: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs, settings and the output a layer must give for them; shown to students and run by the tests.

    ``inputs`` are in the order of the ports; None leaves an optional port without a wire.
    """

    inputs: Sequence[ShapeLike | None] = ()
    output: ShapeLike | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, ShapeLike] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer type: everything the palette, the inspector, the checker, the printer and the tests know of it.

    ``kept`` are settings without a field in the inspector, which a node has only where they are not as usual.

    ``source`` is there for one that offers data, ``transform`` for an augmentation: its function of tensors.
    """

    id: str
    name: str
    category: str
    role: Role
    params: tuple[Param, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[str, ...]
    help: str
    formula: str
    examples: Sequence[Example]
    function: Callable[..., Built]
    words: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    stem: str = ""
    followed_by: tuple[str, ...] = ()
    picture: Draw | None = None
    curve: Curve | None = None
    saves: Saves | None = None
    values: ValuesTrait | None = None
    linear: Linear = ""
    training_only: bool = False
    reads: Mapping[str, Reads] = field(default_factory=dict)
    of_scores: str = ""
    least: float | None = None
    decides: Decides = ""
    gates: tuple[str, ...] = ()
    backward: str = ""
    shares_with: str = ""
    ahead: str = ""
    source: Source | None = None
    kept: tuple[Param, ...] = ()
    transform: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "_params", {p.name: p for p in (*self.params, *self.kept)})

    def param(self, name: str) -> Param | None:
        """The setting of that name, if the layer has it."""
        found: Param | None = self.__dict__["_params"].get(name)
        return found

    def port(self, name: str) -> Port | None:
        """The input port of that name, if the layer has it."""
        return next((port for port in self.inputs if port.name == name), None)

    def defaults(self) -> dict[str, Any]:
        """A fresh node's settings."""
        return {param.name: param.default for param in self.params if not self.is_rare(param)}

    def is_rare(self, param: Param) -> bool:
        """Whether a node has a setting only where it is not as usual. Most ports of blocks only say where a wire
        enters."""
        return isinstance(param, Given) or param in self.kept or self.role == "block_in"

    def settings(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """``raw`` checked, in declared order, with defaults for what is missing.

        Raises:
            BadSetting: for a value out of its kind or limits, or a setting the layer does not have.
        """
        known: dict[str, Param] = self.__dict__["_params"]
        for name in raw:
            if name not in known:
                raise BadSetting(f"{self.id} has no setting {quoted(name)}. Remove it; it has {self._param_list()}.")
        checked = {name: param.check(raw[name]) if name in raw else param.default for name, param in known.items()}
        unsaid = [each.name for each in known.values() if self.is_rare(each) and checked[each.name] == each.default]
        return {name: value for name, value in checked.items() if name not in unsaid}

    def _param_list(self) -> str:
        return ", ".join(param.name for param in self.params) or "none"

    def build(self, inputs: Mapping[str, Sequence[Shape]], settings: Mapping[str, Any]) -> Built:
        """What the layer is for the shapes at its ports and checked settings.

        Raises:
            ShapeError: if they do not go together.
            FixedLength: if they do so at one length alone, and what arrives may have any.
        """
        built = self._built(inputs, settings)
        if not any(shape.variants for arrived in inputs.values() for shape in arrived):
            return built
        others = []
        for number in range(VARIANTS):
            arrived = {port: [shape.variant(number) for shape in shapes] for port, shapes in inputs.items()}
            try:
                others.append(self._built(arrived, settings))
            except ShapeError as error:
                raise FixedLength.of(inputs, error.port) from None
        return of_any_length(built, others, inputs)

    def _built(self, inputs: Mapping[str, Sequence[Shape]], settings: Mapping[str, Any]) -> Built:
        shapes: list[Shape | None] = []
        for port in self.inputs:
            arrived = inputs.get(port.name, ())
            shapes.extend(arrived if port.variadic else [arrived[0] if arrived else None])
        own = {name: value for name, value in settings.items() if name not in self.common}
        return with_common(self.function(*shapes, **own), settings, self.common)

    def wired(self, example: Example) -> dict[str, list[Shape]]:
        """The shapes of an example by port; optional ports that it leaves out are not there."""
        given = [Shape(shape) if isinstance(shape, tuple) else shape for shape in example.inputs]
        result: dict[str, list[Shape]] = {}
        for place, port in enumerate(self.inputs):
            shapes = given[place:] if port.variadic else given[place : place + 1]
            if arrived := [shape for shape in shapes if shape is not None]:
                result[port.name] = arrived
        return result

    def card(self, settings: Mapping[str, Any]) -> str:
        """The settings that matter in one short line: ``32 · 5×5``."""
        shown = (param.format(settings[param.name]) for param in self.params if param.card and param.name in settings)
        return " · ".join(text for text in shown if text)


def layer(
    *,
    id: str,
    name: str,
    params: Sequence[Param] = (),
    examples: Sequence[Example] = (),
    role: Role = "layer",
    outputs: Sequence[str] = ("output",),
    formula: str = "",
    words: Sequence[str] = (),
    learns: Literal["", "weights", "scale"] = "",
    category: str = "",
    stem: str = "",
    followed_by: Sequence[str] = (),
    picture: Draw | None = None,
    curve: Curve | None = None,
    saves: Saves | None = None,
    values: ValuesTrait | None = None,
    linear: Linear = "",
    training_only: bool = False,
    reads: Reads | Mapping[str, Reads] = MappingProxyType({}),
    of_scores: str = "",
    least: float | None = None,
    decides: Decides = "",
    gates: Sequence[str] = (),
    backward: str = "",
    shares_with: str = "",
    ahead: str = "",
) -> Callable[[Callable[..., Built]], Layer]:
    """Declare a layer.

    The function's positional arguments are its input ports (``*xs`` takes many wires, a default of None makes a
    port optional), its keyword-only arguments are its settings, and its docstring is the help a student reads.
    The folder of the file is the palette category, unless ``category`` names another; a layer of the user's own
    stands under "yours" otherwise. ``words`` are further words the search should find.

    ``learns="weights"`` adds the settings ``init``, ``init_value``, ``frozen`` and ``lr_factor``, ``learns="scale"`` (a
    number for each channel, whose start values nobody chooses) only the last two; a loss gets ``weight`` and
    ``updates``. The function does not see these: they mean the same for every layer.

    Further traits, each optional: ``stem`` is what fresh nodes are called (``fc`` gives ``fc1``, ``fc2``),
    ``followed_by`` names the layers that usually come next, the most usual first, ``picture`` draws what explains the
    layer in the help (see ``nodes.api.pictures``), and ``curve`` is plotted there instead. ``saves`` says what
    stays in memory until the way back (see ``nodes.api.saves``), where the layer saves something else than is usual in
    its category.

    ``shares_with`` is another type whose weights it can use besides those of its own.

    ``gates`` names the parts of a recurrent layer's weights, in torch's order. ``backward`` says in half a sentence
    what becomes of the gradient on its way back through the layer.

    The warnings about a drawing are made from these: ``values`` says what leaves at the first output (see
    ``nodes.api.values``): the same whatever arrives, or a function of the settings and, if it has further arguments, of
    the values that arrive, one for each wire in the order of the ports. ``linear`` is for what stands around fully
    connected layers: "sums" is one itself, "values" only moves values or leaves some out, "features" does so and keeps
    those of a step side by side. ``training_only`` layers hand on what arrives once the network is used.

    Of a loss: ``reads`` is what must arrive, at its first port or by port; ``of_scores`` the loss that does the same
    with raw scores; ``least`` the smallest value that it can have; ``decides`` how its first input is an answer: the
    class with the "largest" score, or yes if the single score lies above this number. ``ahead`` is a port at which the
    state that came next arrives: what the loss is given there is what that state is worth to the slow copy of the net,
    the largest of its values, or with the setting ``double`` that of the action which the net itself would take.
    """
    common = common_params(learns, role)

    def declare(function: Callable[..., Built]) -> Layer:
        ports, keywords = [], []
        for argument in inspect.signature(function).parameters.values():
            if argument.kind is argument.KEYWORD_ONLY:
                keywords.append(argument.name)
            else:
                many = argument.kind is argument.VAR_POSITIONAL
                ports.append(Port(argument.name, many, argument.default is None))
        declared_names = [param.name for param in params]
        if sorted(declared_names) != sorted(keywords):
            raise TypeError(f"{id}: settings {declared_names} and keyword-only arguments {keywords} differ")
        return declared(
            function,
            where=function,
            id=id,
            name=name,
            role=role,
            params=(*params, *common),
            common=tuple(param.name for param in common),
            inputs=tuple(ports),
            outputs=outputs,
            help_text=inspect.cleandoc(function.__doc__ or ""),
            formula=formula,
            examples=examples,
            words=words,
            category=category,
            stem=stem,
            followed_by=tuple(followed_by),
            picture=picture,
            curve=curve,
            saves=saves,
            values=values,
            linear=linear,
            training_only=training_only,
            reads={ports[0].name: reads} if isinstance(reads, str) else dict(reads),
            of_scores=of_scores,
            least=least,
            decides=decides,
            gates=tuple(gates),
            shares_with=shares_with,
            ahead=ahead,
            backward=backward,
        )

    return declare


def declared(
    function: Callable[..., Built],
    *,
    where: Callable[..., Any],
    id: str,
    name: str,
    role: Role,
    params: Sequence[Param],
    help_text: str,
    inputs: Sequence[Port] = (),
    outputs: Sequence[str] = ("output",),
    common: Sequence[str] = (),
    examples: Sequence[Example] = (),
    formula: str = "",
    words: Sequence[str] = (),
    category: str = "",
    **traits: Any,
) -> Layer:
    """The layer whose shapes ``function`` works out. ``where`` is a function of the file that declares it, ``traits``
    are the optional fields of ``Layer``.

    Raises:
        TypeError: if the help is missing, or a default is not in its normal form.
    """
    for param in params:
        if param.check(param.default) != param.default:
            raise TypeError(f"{id}: the default of {param.name} is not in its normal form")
    if not help_text:
        raise TypeError(f"{id}: the docstring is the help a student reads; it is missing")
    function.__module__ = where.__module__
    return Layer(
        id=id,
        name=name,
        category=category or where.__module__.split(".")[-2],
        role=role,
        params=tuple(params),
        common=tuple(common),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        help=help_text,
        formula=formula,
        examples=tuple(examples) if isinstance(examples, list) else examples,
        function=function,
        words=tuple(words),
        **traits,
    )
