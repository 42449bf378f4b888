"""Tables written as real files, for the tests of what reads them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import torch

from app.core.compile.plan import PlanSource
from app.data import catalog, printed_functions
from app.data.source_looks import schema_of
from nodes.api import Feed, Guess, Layer, NoData, Schema
from nodes.api.registry import find

COLOURS = ("blue", "green", "red")


def table(name: str = "Table") -> Layer:
    """The source that reads tables."""
    layer = find(name)
    assert layer is not None
    return layer


def described(path: Path, source: str = "Table", **settings: Any) -> Schema:
    """What the source says of a file."""
    layer = table(source)
    assert layer.source is not None
    return layer.source.describe(**layer.settings({**layer.defaults(), "path": str(path), **settings}))


def plan(path: Path, source: str = "Table", **settings: Any) -> PlanSource:
    """The source as a drawing has it."""
    layer = table(source)
    checked = layer.settings({**layer.defaults(), "path": str(path), **settings})
    return PlanSource("rows", source, checked, described(path, source, **settings).shapes)


def loaded(path: Path, source: str = "Table", **settings: Any) -> Feed:
    """The samples of a file, as a training has them: what was said of them is checked."""
    return catalog.load(plan(path, source, **settings))


def excel(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    """An Excel file with these cells: numbers, words, truth values, and None for an empty cell."""
    names = list(sheets)
    with zipfile.ZipFile(path, "w") as book:
        parts = "".join(
            f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.spreadsheetml.worksheet+xml"/>'
            for at in range(1, len(names) + 1)
        )
        book.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            f'spreadsheetml.sheet.main+xml"/>{parts}</Types>',
        )
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        head = (
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        )
        book.writestr(
            "_rels/.rels",
            f'{head}<Relationship Id="r1" Type="{kind}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        related = "".join(
            f'<Relationship Id="r{at}" Type="{kind}/worksheet" Target="worksheets/sheet{at}.xml"/>'
            for at in range(1, len(names) + 1)
        )
        book.writestr("xl/_rels/workbook.xml.rels", f"{head}{related}</Relationships>")
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        listed = "".join(f'<sheet name="{escape(n)}" sheetId="{at}" r:id="r{at}"/>' for at, n in enumerate(names, 1))
        book.writestr(
            "xl/workbook.xml",
            f'<?xml version="1.0"?><workbook xmlns="{main}" xmlns:r="{kind}"><sheets>{listed}</sheets></workbook>',
        )
        for at, name in enumerate(names, 1):
            rows = "".join(
                f'<row r="{number}">{"".join(_cell(number, column, value) for column, value in enumerate(row))}</row>'
                for number, row in enumerate(sheets[name], 1)
            )
            book.writestr(
                f"xl/worksheets/sheet{at}.xml",
                f'<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
            )
    return path


@dataclass(frozen=True)
class Formula:
    """A cell of an Excel file with a formula and without its value, as programs write it that cannot calculate."""

    text: str


def _cell(row: int, column: int, value: Any) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if value is None:
        return ""
    if isinstance(value, Formula):
        return f'<c r="{place}"><f>{escape(value.text)}</f><v></v></c>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def rows(count: int = 40) -> str:
    """A number, a colour, and a class that neither tells."""
    return "".join(f"{at * 0.5},{COLOURS[at % 3]},{'cat' if at * 7 % 5 < 2 else 'dog'}\n" for at in range(count))


def plain(tmp_path: Path) -> Path:
    return write(tmp_path / "plain.csv", "size,colour,label\n" + rows())


def guess_of(schema: Schema, setting: str, word: str = "") -> Guess:
    """The one question about a setting, or about a column of it."""
    (found,) = (each for each in schema.guesses if each.setting == setting and word in each.sentence)
    return found


def refusal(path: Path, **settings: object) -> str:
    layer = table()
    with pytest.raises(NoData) as reason:
        schema_of(layer, layer.settings({**layer.defaults(), "path": str(path), **settings}))
    assert str(reason.value).endswith(".")
    return str(reason.value)


def same_by_script(path: Path, **settings: object) -> None:
    """What a program of its own reads is what a training has, to the bit."""
    source = plan(path, **settings)
    feed = loaded(path, **settings)
    script, _ = printed_functions.script_of(source)
    names: dict[str, object] = {}
    exec("\n".join(["import torch", *script.imports, *script.lines]), names)
    ours = feed.at(torch.arange(feed.length or 0), None, list(source.fields))
    assert script.fields.keys() == ours.keys() == source.fields.keys()
    for name, text in script.fields.items():
        theirs = eval(text, names)
        assert theirs.dtype == ours[name].dtype
        assert torch.equal(theirs, ours[name])
    if feed.parts:
        theirs = eval(script.parts, names)
        assert theirs.keys() == feed.parts.keys()
        assert all(torch.equal(theirs[name], index) for name, index in feed.parts.items())
    if feed.groups is not None:
        assert torch.equal(eval(script.groups, names), feed.groups)
