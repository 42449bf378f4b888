"""Data and augmentations as lines of a program of its own: the functions of their files, as they stand there."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.core.compile.plan import PlanAugmentation, PlanSource
from nodes.api import NoData, Script
from nodes.api.corrections import without_corrections
from nodes.api.registry import find


@dataclass(frozen=True)
class PrintedFunction:
    """A function as text, under a name of its own, and the imports that it needs at the top of the program."""

    name: str
    rows: tuple[str, ...]
    imports: tuple[str, ...]


@cache
def printed(function: Callable[..., Any], name: str) -> PrintedFunction:
    """``function`` as it stands in its file, without decorators and types, called ``name``. Imports at its begin stand
    at the top of the program instead.

    Raises:
        NoData: if it needs something else of its file or of Netloom, so that it could not stand alone.
    """
    text = textwrap.dedent(inspect.getsource(function))
    tree = ast.parse(text)
    made = tree.body[0]
    assert isinstance(made, ast.FunctionDef)
    arguments = made.args
    needed = [each.id for each in ast.walk(ast.Module(made.body, [])) if isinstance(each, ast.Name)]
    needed = [name for name in needed if name in function.__globals__ and name not in function.__code__.co_varnames]
    ours = [each for each in ast.walk(made) if isinstance(each, ast.ImportFrom) and each.module is not None]
    needed += [each.names[0].name for each in ours if str(each.module).partition(".")[0] in ("nodes", "app")]
    if needed:
        raise NoData(
            f"This data cannot be loaded by a program of its own: {function.__name__} needs {needed[0]} of its file."
        )
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        argument.annotation = None
    body = list(made.body)
    lines = text.splitlines()
    rows = [f"def {name}({ast.unparse(arguments)}):"]
    if ast.get_docstring(made) is not None:
        first = body.pop(0)
        rows += lines[first.lineno - 1 : first.end_lineno]
    imports = []
    while body and isinstance(body[0], ast.Import | ast.ImportFrom):
        imports.append(ast.unparse(body.pop(0)))
    start = body[0].lineno - 1 if body else len(lines)
    rows += lines[start : made.end_lineno]
    while len(rows) > 1 and not rows[-1].strip():
        rows.pop()
    return PrintedFunction(name, tuple(rows), tuple(imports))


def word(type_id: str) -> str:
    """``TeachingPoints`` as a function is named: ``teaching_points``."""
    letters = [f"_{letter.lower()}" if letter.isupper() else letter for letter in type_id]
    return "".join(letters).strip("_")


def script_of(source: PlanSource, parts: bool = False) -> tuple[Script, PrintedFunction | None]:
    """How a source is loaded in a program of its own: its lines, and the function that they call. For data that is
    drawn anew there are no lines, and the function is called for each batch. ``parts`` says that it brings its own.

    Raises:
        NoData: if there is no such source.
    """
    layer = find(source.type)
    if layer is None or layer.source is None:
        raise NoData(f"There is no data {source.type!r} here.")
    settings = without_corrections(source.settings)
    if layer.source.script is not None:
        return layer.source.script(**settings), None
    if layer.source.draw is not None:
        return Script((), {}), printed(layer.source.draw, f"draw_{word(source.type)}")
    assert layer.source.load is not None
    function = printed(layer.source.load, f"load_{word(source.type)}")
    kept = f"{source.node}_data"
    fields = {}
    for name, shape in source.fields.items():
        kind = "float32" if shape.dtype == "float" else "int64"
        fields[name] = f'torch.as_tensor({kept}["{name}"], dtype=torch.{kind})'
    named = f"{source.node}_parts" if parts else ""
    gives = f"{kept}, {named}" if parts else kept
    return Script((f"{gives} = {call(function, settings=settings)}",), fields, parts=named), function


def transform_of(step: PlanAugmentation) -> PrintedFunction:
    """The function of an augmentation."""
    layer = find(step.type)
    assert layer is not None
    assert layer.transform is not None, "the plan has augmentations alone"
    return printed(layer.transform, word(step.type))


def call(function: PrintedFunction, *arguments: str, settings: Mapping[str, Any]) -> str:
    """A call of a printed function, with the settings of a node."""
    named = [f"{name}={_text(value)}" for name, value in settings.items()]
    return f"{function.name}({', '.join([*arguments, *named])})"


def _text(value: Any) -> str:
    text = repr(value)
    return f'"{text[1:-1]}"' if isinstance(value, str) and text[0] == "'" and '"' not in text else text


def about(source: PlanSource, samples: int | None) -> str:
    """What a source offers, as a sentence for the program."""
    layer = find(source.type)
    fields = []
    for name, shape in source.fields.items():
        sizes = f" {shape.tuple_text}" if shape.sizes else ""
        fields.append(name + sizes + (f" of {shape.classes} classes" if shape.classes else ""))
    count = f"{samples:,} samples" if samples is not None else "drawn anew for each batch"
    return f"{layer.name if layer is not None else source.node}, {count}: {' and '.join(fields)}."
