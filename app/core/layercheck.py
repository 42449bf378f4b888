"""May a layer of the user's own be used? What it promises is held against what it does, before and while it is used."""

from __future__ import annotations

import ast
import re
import string
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial, wraps
from pathlib import Path
from typing import Any, get_args

from nodes.api import (
    Assignments,
    BadSetting,
    Built,
    Call,
    Choice,
    File,
    Float,
    Int,
    Layer,
    Names,
    Numbers,
    Pair,
    Shape,
    ShapeError,
    Sizes,
    Switch,
    TensorValue,
    Triple,
    Values,
    When,
)
from nodes.api.given import Given
from nodes.api.layer import Linear
from nodes.api.registry import CATEGORIES
from nodes.api.saves import Extra, Saves
from nodes.api.values import Kind, Reads, ValuesTrait
from nodes.modules.sources import source_of

_KINDS = (Assignments, Choice, File, Float, Given, Int, Names, Numbers, Pair, Sizes, Switch, Triple)
_NOT_FOR_LAYERS = ("sources", "ports")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
_CONSTRUCTOR = re.compile(r"(nn|torch)(\.[A-Za-z_]\w*)+\Z")
_KNOWN_NAMES = frozenset("torch nn math range len zip enumerate int float min max sum abs tuple list reversed".split())


class LayerRefusal(ValueError):
    """A layer cannot be used. The message is a sentence for whoever wrote it; ``line`` is where, if that is known."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


def checked(layer: Layer, path: Path) -> Layer:
    """The layer, ready to be registered: with a function whose mistakes are sentences.

    Raises:
        LayerRefusal: if it is not in the form of ours, or does not do what its own examples promise.
    """
    line = line_of(layer)
    why = _why_not(layer)
    if why is not None:
        raise LayerRefusal(why, line)
    guarded = replace(
        layer, function=_guarded(layer, path), values=_unless_wrong(layer.values), saves=_or_nothing(layer.saves)
    )
    for number, example in enumerate(layer.examples, 1):
        try:
            settings = guarded.settings(example.params)
            built = guarded.build(guarded.wired(example), settings)
        except (BadSetting, ShapeError) as error:
            raise LayerRefusal(f"Example {number} of {layer.id} does not work: {error}", line) from None
        except Exception as error:  # such as shapes that are none
            raise LayerRefusal(f"Example {number} of {layer.id} does not work: {_words(error)}", line) from None
        wanted = dict(example.outputs) or ({"output": example.output} if example.output is not None else {})
        for port, given in wanted.items():
            shape = given if isinstance(given, Shape) else Shape(given)
            if built.outputs.get(port) != shape:
                raise LayerRefusal(
                    f"Example {number} of {layer.id} promises {port} = {shape}, but the rule gives "
                    f"{built.outputs.get(port)}.",
                    line,
                )
    return guarded


def line_of(layer: Layer) -> int | None:
    """Where a layer is declared."""
    code = getattr(layer.function, "__code__", None)
    return code.co_firstlineno if code is not None else None


def _why_not(layer: Layer) -> str | None:
    """What is wrong with a declaration, in a sentence, or None."""
    if not isinstance(layer.id, str) or not _ID.match(layer.id):
        return f"The id {layer.id!r} is not possible. Use letters, digits and _, beginning with a letter."
    if layer.role not in ("layer", "loss"):
        return f"{layer.id} has the role {layer.role}; a layer of your own is a layer or a loss."
    if layer.category not in CATEGORIES or layer.category in _NOT_FOR_LAYERS:
        usable = ", ".join(name for name in CATEGORIES if name not in _NOT_FOR_LAYERS)
        return f"{layer.id} names the category {layer.category!r}. Choose one of: {usable}."
    texts = [layer.name, layer.formula, *layer.words, *(t for p in layer.params for t in (p.name, p.label, p.help))]
    if not all(isinstance(text, str) for text in texts):
        return f"{layer.id} has a name, word, label or help that is no text."
    names = [param.name for param in layer.params]
    if len(set(names)) < len(names):
        return f"{layer.id} declares a setting twice, or one that every such layer has: {', '.join(names)}."
    strange = next((param.name for param in layer.params if type(param) not in _KINDS), None)
    if strange is not None:
        return f"The setting {strange} of {layer.id} is of a kind that Netloom does not know. Use those of nodes.api."
    if not layer.examples:
        return f"{layer.id} has no example. Add one, such as examples=[Example(inputs=[(8,)], output=(8,))]."
    strange_trait = _strange_trait(layer)
    if strange_trait:
        return f"The trait {strange_trait} of {layer.id} is none that Netloom knows. See the layers in nodes."
    if not layer.outputs or not layer.inputs:
        return f"{layer.id} needs at least one input and one output."
    return None


def _strange_trait(layer: Layer) -> str:
    """The optional trait of a declaration that means nothing; "" if all of them do."""
    ports = {port.name for port in layer.inputs}
    sound = {
        "picture": layer.picture is None or callable(layer.picture),
        "values": layer.values is None or callable(layer.values) or _are_values(layer.values),
        "saves": layer.saves is None or isinstance(layer.saves, Saves),
        "linear": layer.linear in get_args(Linear),
        "reads": set(layer.reads) <= ports and set(layer.reads.values()) <= set(get_args(Reads)),
        "gates": all(isinstance(name, str) for name in layer.gates),
        "of_scores": isinstance(layer.of_scores, str),
        "least": layer.least is None or isinstance(layer.least, int | float),
        "decides": layer.decides in ("", "largest") or isinstance(layer.decides, int | float),
    }
    return next((name for name, good in sound.items() if not good), "")


def _are_values(made: object) -> bool:
    if not isinstance(made, Values) or made.kind not in get_args(Kind):
        return False
    return all(isinstance(limit, int | float) for limit in (made.low, made.high))


def _or_nothing(saves: Saves | None) -> Saves | None:
    """What is saved; nothing besides input and output where the function that says it has a mistake in it."""
    if saves is None:
        return None

    def checked(said: Extra, *arguments: Any) -> int:
        try:
            return int(said(*arguments))
        except Exception:
            return 0

    extra, untouched = (partial(checked, said) if said is not None else None for said in (saves.extra, saves.untouched))
    return replace(saves, extra=extra, untouched=untouched)


def _unless_wrong(values: ValuesTrait | None) -> ValuesTrait | None:
    """What is said of the values; nothing where the function that says it has a mistake in it."""
    if values is None or isinstance(values, Values):
        return values

    @wraps(values)
    def checked(*arguments: Any) -> Values | None:
        try:
            made = values(*arguments)
        except Exception:
            return None
        return made if _are_values(made) else None

    return checked


def _guarded(layer: Layer, path: Path) -> Callable[..., Built]:
    """The layer's function, whose own mistakes become sentences at the node instead of ending the program."""

    def build(*shapes: Shape, **settings: Any) -> Built:
        try:
            built = layer.function(*shapes, **settings)
        except ShapeError:
            raise
        except Exception as error:
            line = line_in(error, path)
            where = f"{path.name}, line {line}" if line is not None else path.name
            raise ShapeError(f"The rule of {layer.id} failed ({where}): {_words(error)}") from None
        why = _why_no_result(layer, built)
        if why is not None:
            raise ShapeError(f"{why} Mend {path.name}.")
        return built

    return build


def _why_no_result(layer: Layer, built: Any) -> str | None:
    if not isinstance(built, Built) or not isinstance(built.call, Call):
        return f"The rule of {layer.id} must give Built(call, output=...)."
    if tuple(built.outputs) != layer.outputs:
        return f"The rule of {layer.id} gives the outputs {', '.join(built.outputs)}, not {', '.join(layer.outputs)}."
    for port, shape in built.outputs.items():
        sizes = shape.sizes if isinstance(shape, Shape) else None
        if sizes is None or not all(type(size) is int and size > 0 for size in sizes):
            return f"The rule of {layer.id} gives {port} the sizes {sizes}; they must be whole numbers above 0."
    if not all(type(size) is int and size > 0 for sizes in built.weights.values() for size in sizes):
        return f"The rule of {layer.id} names weights with sizes that are not whole numbers above 0."
    call = built.call
    values = (*call.args, *(value for _, value in call.kwargs))
    if not all(_printable(value) for value in values):
        return f"The call of {layer.id} has an argument that cannot be printed as Python."
    lines = tuple(line.text if isinstance(line, When) else line for line in call.forward)
    ports = tuple(port.name for port in layer.inputs) + tuple(layer.outputs)
    return _why_no_call(layer.id, call.constructor, lines, ports)


def _printable(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_printable(part) for part in value)
    return value is None or isinstance(value, (bool, int, float, str, TensorValue))


@lru_cache(maxsize=1000)
def _why_no_call(id_: str, constructor: str, lines: tuple[str, ...], ports: tuple[str, ...]) -> str | None:
    """Why a call cannot be printed into a file that runs with torch alone, or None."""
    if constructor.startswith("modules."):
        try:
            source_of(constructor.removeprefix("modules."))
        except KeyError:
            return f"{id_} uses {constructor}, which is none of Netloom's modules."
    elif constructor and not _CONSTRUCTOR.match(constructor):
        return f"{id_} uses {constructor}; a layer of your own can use modules of torch alone, such as nn.Linear."
    holes = {"layer": "self.layer", "inputs": "x", "outputs": "x", "batch": "1", **dict.fromkeys(ports, "x")}
    try:
        tree = ast.parse("\n".join(_Filled(holes).format(line) for line in lines))
    except (SyntaxError, ValueError, KeyError, IndexError) as error:
        missing = f"{{{error.args[0]}}} stands for nothing" if isinstance(error, KeyError) else str(error)
        return f"What {id_} writes into forward is no Python ({missing})."
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            return f"What {id_} writes into forward imports something; it can use torch alone."
        if isinstance(node, ast.Name) and node.id not in _KNOWN_NAMES | bound | {"self", "x"}:
            return f"What {id_} writes into forward uses {node.id}, which the printed file does not have."
    return None


class _Filled(string.Formatter):
    """Fills the holes of a line; ``{xs: + }`` says what stands between several values."""

    def __init__(self, holes: Mapping[str, str]) -> None:
        self._holes = holes

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        if not isinstance(key, str):
            raise ValueError("a hole needs a name")
        return self._holes[key]

    def format_field(self, value: Any, format_spec: str) -> str:
        return f"{value}{format_spec}{value}" if format_spec else str(value)


def line_in(error: BaseException, path: Path) -> int | None:
    """The last line of this file that an error passed."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None


def _words(error: BaseException) -> str:
    """An error of Python as the end of a sentence."""
    text = " ".join(str(error).split())[:200].rstrip(".")
    return f"{type(error).__name__}: {text}." if text else f"{type(error).__name__}."
