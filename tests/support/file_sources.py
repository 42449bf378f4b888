"""A source of files, looked at, loaded, and loaded once more by the lines that an exported program would have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from app.core.compile.plan import PlanSource
from app.data import catalog, printed_functions
from app.data.source_looks import schema_of
from nodes.api import Feed, Guess, Layer, Schema
from nodes.api.registry import find


def source_of(id: str) -> Layer:
    layer = find(id)
    assert layer is not None
    assert layer.source is not None
    return layer


def schema(id: str, path: Path, **settings: Any) -> Schema:
    """What the source says of a path. NoData with a sentence where it cannot be read."""
    layer = source_of(id)
    return schema_of(layer, layer.settings({"path": str(path), **settings}))


def feed(id: str, path: Path, **settings: Any) -> Feed:
    """The loaded data, checked against what was said of it beforehand."""
    layer = source_of(id)
    checked = layer.settings({"path": str(path), **settings})
    told = schema_of(layer, checked)
    made = catalog.load(PlanSource("here", id, checked, told.shapes))
    values = made.at(torch.arange(len_of(made)), None, list(told.fields))
    assert values.keys() == told.fields.keys()
    for name, field in told.fields.items():
        assert tuple(values[name].shape) == (told.samples, *field.sizes), name
        assert values[name].dtype == (torch.float32 if field.dtype == "float" else torch.int64), name
        if field.counts:
            assert torch.bincount(values[name], minlength=len(field.counts)).tolist() == list(field.counts)
            assert not field.words or len(field.words) == len(field.counts)
    assert {name: len(index) for name, index in made.parts.items()} == dict(told.parts)
    return made


def len_of(made: Feed) -> int:
    assert made.length is not None
    return made.length


def whole(made: Feed, name: str) -> Tensor:
    """All values of a field."""
    return made.at(torch.arange(len_of(made)), None, [name])[name]


def by_its_script(id: str, path: Path | None = None, **settings: Any) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The fields and the parts as the lines of a program of its own have them."""
    layer = source_of(id)
    checked = layer.settings({**({"path": str(path)} if path is not None else {}), **settings})
    shapes = schema_of(layer, checked).shapes
    script, function = printed_functions.script_of(PlanSource("here", id, checked, shapes))
    rows = ["import math", "import torch", "from torch.nn import functional", *script.imports]
    rows += [*function.imports, *function.rows] if function is not None else []
    text = "\n".join([*rows, *script.lines])
    assert "nodes" not in text.replace(str(path), "")
    names: dict[str, Any] = {}
    exec(text, names)
    parts = eval(script.parts, names) if script.parts else {}
    return {name: eval(expression, names) for name, expression in script.fields.items()}, parts


def check_script(id: str, path: Path, **settings: Any) -> Feed:
    """That a program of its own has the same data to the bit; also asked for sample by sample, in any order."""
    made = feed(id, path, **settings)
    fields, parts = by_its_script(id, path, **settings)
    assert fields.keys() == made.fields.keys()
    order = torch.randperm(len_of(made), generator=torch.Generator().manual_seed(1))
    for name, values in fields.items():
        assert values.dtype == whole(made, name).dtype, name
        assert torch.equal(values, whole(made, name)), name
        assert torch.equal(values[order], made.at(order, None, [name])[name]), name
        assert torch.equal(values[order[:1]], made.at(order[:1], None, [name])[name]), name
    assert parts.keys() == made.parts.keys()
    for part, index in made.parts.items():
        assert torch.equal(parts[part], torch.as_tensor(index)), part
    return made


def guess(told: Schema, setting: str) -> Guess:
    """What was decided about a setting."""
    return next(each for each in told.guesses if each.setting == setting)


def settings_of_choices(told: Schema) -> Sequence[tuple[str, Any]]:
    """Each other choice that is offered, as setting and value."""
    return [(each.setting, value) for each in told.guesses for _, value in each.choices if value != each.chosen]
