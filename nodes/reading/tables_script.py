"""The lines by which a program of its own reads a table: what was decided stands there as it is."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from nodes.api.sources import Script
from nodes.reading import tables_matrices, tables_pictures
from nodes.reading.json_rows import flat_row, flat_rows, json_rows
from nodes.reading.tables import CleanedTable
from nodes.reading.tables_columns import MISSING
from nodes.reading.tables_dates import moment_lines
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_excel import ALIKE, sheets_read
from nodes.reading.tables_files import SPLIT, parts_of_table, parts_said
from nodes.reading.tables_frame import TableRows
from nodes.reading.tables_log import log_lines
from nodes.reading.tables_numbers import LARGEST


class FileOfRows(Protocol):
    """A file with the rows that were read of it."""

    @property
    def path(self) -> Path: ...

    @property
    def rows(self) -> TableRows: ...


def rows_lines(table: FileOfRows) -> tuple[list[str], list[str], str]:
    """Lines that make ``table`` of the file, all its cells as they stand there, the imports, and the package."""
    lines, imports, package = _all_rows_lines(table)
    if table.rows.out:
        lines.append(f"table = table.filter(~pl.int_range(pl.len()).is_in({list(table.rows.out)!r}))")
    return lines, imports, package


def _all_rows_lines(table: FileOfRows) -> tuple[list[str], list[str], str]:
    """Lines that make ``table`` of the file, all its cells as they stand there, the imports, and the package."""
    rows, path = table.rows, repr(str(table.path))
    names = list(rows.names)
    imports = ["import polars as pl"]
    package = "polars"
    if rows.kind == "excel":
        imports.insert(0, "import fastexcel")
        if rows.sheet == ALIKE:
            lines = [
                f"book, tables = fastexcel.read_excel({path}), []",
                f"for name, above in {sheets_read(table.path, rows)!r}:",
                '    sheet = book.load_sheet(name, header_row=None, dtypes="string").to_polars().cast(pl.String)',
                '    sheet = sheet.filter(pl.any_horizontal(pl.all().fill_null("") != "")).slice(above)',
                f"    sheet.columns = {[name for name in names if name != rows.sheets]!r}",
                *([f"    sheet = sheet.with_columns(pl.lit(name).alias({rows.sheets!r}))"] if rows.sheets else []),
                "    tables.append(sheet)",
                "table = pl.concat(tables)",
            ]
            return lines, imports, "polars fastexcel"
        lines = [
            f'sheet = fastexcel.read_excel({path}).load_sheet({rows.sheet!r}, header_row=None, dtypes="string")',
            "table = sheet.to_polars().cast(pl.String)",
            'table = table.filter(pl.any_horizontal(pl.all().fill_null("") != ""))'
            + (f".slice({rows.at})" if rows.at else ""),
            f"table.columns = {names!r}",
        ]
        return lines, imports, "polars fastexcel"
    if rows.kind == "log":
        return log_lines(table.path, names), ["import re", *imports], package
    if rows.kind == "parquet":
        lines = [f"table = pl.read_parquet({path}, glob=False)"]
        if table.path.is_dir():
            lines = [
                f"folder = {path}",
                f"parts = {[part.name for part in parts_of_table(table.path)]!r}",
                'tables = [pl.read_parquet(f"{folder}/{part}", glob=False) for part in parts]',
                *_said(table.path),
                'table = pl.concat(tables, how="vertical_relaxed")',
            ]
        lines += [
            "made = []",
            "for series in table.get_columns():",
            "    if series.dtype.is_numeric():",
            "        made.append(series.cast(pl.Float64))",
            "    elif series.dtype == pl.Date or isinstance(series.dtype, pl.Datetime):",
            '        made.append(series.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S"))',
            "    elif series.dtype in (pl.Boolean, pl.String, pl.Categorical, pl.Enum):",
            "        made.append(series.cast(pl.String))",
            "table = pl.DataFrame(made)",
            f"table.columns = {names!r}",
        ]
        return lines, imports, package
    if rows.kind == "json":
        imports.insert(0, "import json")
        typed = [name for name in names if rows.frame.schema[name].is_numeric()]
        printed = [
            line
            for made in (json_rows, flat_row, flat_rows)
            for line in (*inspect.getsource(made).splitlines(), "", "")
        ]
        lines = [
            *printed,
            f'with open({path}, encoding="utf-8-sig") as file:',
            "    text = file.read()",
            "try:",
            "    entries = json_rows(json.loads(text))",
            "except ValueError:",
            "    entries = []",
            '    for line in text.split("\\n"):',
            "        try:",
            "            entries.append(json.loads(line))",
            "        except ValueError:",
            "            continue",
            "entries = flat_rows([entry for entry in entries if isinstance(entry, dict)])",
            "",
            "",
            "def spelled(value):",
            '    """A value of JSON as a word."""',
            "    if value is None or isinstance(value, str):",
            "        return value",
            "    if isinstance(value, bool):",
            "        return str(value).lower()",
            '    return f"{value:g}" if isinstance(value, float) else str(value)',
            "",
            "",
            "columns = {}",
            f"for name in {names!r}:",
            "    values = [entry.get(name) for entry in entries]",
            f"    if name in {typed!r}:",
            "        columns[name] = pl.Series([None if v is None else float(v) for v in values], dtype=pl.Float64)",
            "    else:",
            "        columns[name] = pl.Series([spelled(v) for v in values], dtype=pl.String)",
            "table = pl.DataFrame(columns)",
        ]
        return lines, imports, package
    dialect = rows.dialect
    assert dialect is not None
    skip = dialect.titles + int(dialect.header)
    if rows.regular:
        lines = [
            f"table = pl.read_csv({path}, has_header=False, infer_schema=False, separator={dialect.separator!r}, "
            f"skip_lines={skip})",
            f"table.columns = {names!r}",
        ]
        return lines, imports, package
    imports.insert(0, "import csv")
    width = dialect.width
    errors = ', errors="replace"' if dialect.encoding == "cp1252" else ""
    lined = '(" ".join(line.split()) + "\\n" for line in file)' if dialect.separator == " " else "file"
    lines = [
        f'with open({path}, encoding={dialect.encoding!r}, newline=""{errors}) as file:',
        f"    rows = list(csv.reader({lined}, delimiter={dialect.separator!r}))",
        f'rows = [row for row in rows if len(row) > 1 or "".join(row).strip()][{skip}:]',
    ]
    if any(guess.setting == "uneven" and guess.chosen == "fill" for guess in rows.guesses):
        lines.append(f'rows = [[*row, *[""] * {width}][:{width}] for row in rows]')
    else:
        lines.append(
            f"rows = [row[:{width}] for row in rows if len(row) == {width} or (len(row) == {width + 1} and not "
            f"row[{width}].strip())]"
        )
    lines.append(f'table = pl.DataFrame(rows, schema=dict.fromkeys({names!r}, pl.String), orient="row")')
    return lines, imports, package


def values_lines(table: CleanedTable, columns: Sequence[ExaminedColumn]) -> list[str]:
    """Lines that make ``values`` of ``table``: numbers, days, ranks and words of these columns."""
    schema = table.rows.frame.schema
    text = [column.name for column in columns if not schema[column.name].is_numeric()]
    lines = []
    if text:
        lines += [
            f"missing = {list(MISSING)!r}",
            f"for name in {text!r}:",
            "    cells = pl.col(name).str.strip_chars()",
            "    table = table.with_columns(pl.when(~cells.is_in(missing)).then(cells).alias(name))",
        ]
    lines.append("values = table.select(")
    for column in columns:
        lines.append(f"    {_value(column, schema[column.name].is_numeric())},")
    lines.append(")")
    return lines


def _value(column: ExaminedColumn, typed: bool) -> str:
    name = repr(column.name)
    cells = f"pl.col({name})"
    if column.kind == "number":
        if not typed:
            for pattern, other in column.steps:
                cells += f".str.replace_all({pattern!r}, {other!r})"
            cells += ".cast(pl.Float64, strict=False)"
        return f"pl.when({cells}.abs() <= {LARGEST!r}).then({cells}).alias({name})"
    if column.format:
        return f'({moment_lines(cells, column.format)}.dt.timestamp("us") / 86_400_000_000.0).alias({name})'
    if typed:
        cells += '.cast(pl.String).str.replace(r"\\.0$", "")'
    if column.merged:
        cells += f".replace({dict(column.merged)!r})"
    if column.kind == "ordered category":
        ranks = {word: float(rank) for rank, word in enumerate(column.words)}
        cells += f".replace_strict({ranks!r}, default=None, return_dtype=pl.Float64)"
    return f"{cells}.alias({name})"


def feature_lines(columns: Sequence[ExaminedColumn]) -> list[str]:
    """Lines that make ``features``, a tensor (rows, numbers), of ``values``."""
    lines = ["chosen = []"]
    for column in columns:
        cells = f"pl.col({column.name!r})"
        if column.kind == "category":
            filled = f"{cells}.fill_null({column.words[int(column.fill)]!r})" if column.fill is not None else cells
            lines.append(f"for word in {list(column.words)!r}:")
            lines.append(f"    chosen.append(({filled} == word).fill_null(False).cast(pl.Float32))")
        else:
            lines.append(f"chosen.append({cells}.fill_null({column.fill or 0.0!r}).cast(pl.Float32))")
        if column.marked:
            lines.append(f"chosen.append({cells}.is_null().cast(pl.Float32))")
    lines += [
        "chosen = [each.alias(str(at)) for at, each in enumerate(chosen)]",
        'features = torch.from_numpy(values.select(chosen).to_numpy(order="c", writable=True))',
    ]
    return lines


def script_of(table: CleanedTable) -> Script:
    """The lines that load the same tensors."""
    lines, imports, package = rows_lines(table)
    part = table.of_role("part")
    group = table.of_role("group")
    used = [column for column in table.columns if column.role in ("feature", "target") or column is group]
    reads = table.pictures is not None or table.matrices is not None
    text = [column for column in table.columns if column.role == "image path" and reads]
    lines += values_lines(table, [*used, *text])
    if table.samples is not None:
        asked = table.of_role("image path")
        if reads and asked is not None:
            imports.append("from pathlib import Path")
            lines += [
                f"folder, cells = Path({str(table.path.parent)!r}), table[{asked.name!r}].to_list()",
                'there = [cell is not None and (folder / cell.replace("\\\\", "/")).is_file() for cell in cells]',
                "table, values = table.filter(pl.Series(there)), values.filter(pl.Series(there))",
            ]
        needed = [column.name for column in (*table.targets, *(table.features if table.leaves_out else ()))]
        if needed:
            lines.append(f"kept = values.select(pl.all_horizontal(pl.col({needed!r}).is_not_null())).to_series()")
            lines.append("table, values = table.filter(kept), values.filter(kept)")
    fields = {}
    if table.features:
        lines += feature_lines(table.features)
        fields["features"] = "features"
    if table.targets:
        lines += _target_lines(table)
        fields["target"] = "target"
    named = table.of_role("image path")
    if table.pictures is not None and named is not None:
        imports += [each for each in tables_pictures.IMPORTS if each not in imports]
        lines += tables_pictures.lines_of(table.path, named.name, table.pictures)
        fields["image"] = "pictures"
    if table.matrices is not None and named is not None:
        imports += [each for each in tables_matrices.IMPORTS if each not in imports]
        lines += tables_matrices.lines_of(table.path, named.name, table.matrices)
        fields["image"] = "matrices"
    parts = ""
    if part is not None and len(_schema_parts(table)) > 1:
        lines += [
            f'words = [str(word or "").strip().lower() for word in table[{part.name!r}].to_list()]',
            'known = dict.fromkeys(["test", "testing"], "test")',
            'known |= dict.fromkeys(["val", "valid", "validation", "dev"], "validation")',
            'marks = [known.get(word, "train") for word in words]',
            f"parts = {{name: torch.tensor([at for at, mark in enumerate(marks) if mark == name]) for name in "
            f"{_schema_parts(table)!r}}}",
        ]
        parts = "parts"
    groups = ""
    if group is not None:
        cells = f"values[{group.name!r}]"
        if group.kind in ("category", "text") and not table.as_written:
            cells += '.str.to_lowercase().str.replace_all(r"\\s+", " ")'
        cells += '.rank("dense").fill_null(0).cast(pl.Int64)'
        lines.append(f"groups = torch.tensor({cells}.to_list())")
        groups = "groups"
    return Script(tuple(lines), fields, tuple(imports), package, parts, groups)


def _schema_parts(table: CleanedTable) -> list[str]:
    from nodes.reading.tables import schema_of

    return list(schema_of(table).parts)


def _target_lines(table: CleanedTable) -> list[str]:
    names = [column.name for column in table.targets]
    if not table.classes:
        chosen = f"values.select({names!r}).cast(pl.Float32)"
        kind = ".long()" if table.targets[0].label else ""
        return [f'target = torch.from_numpy({chosen}.to_numpy(order="c", writable=True)){kind}']
    (name,) = names
    if table.targets[0].kind == "ordered category":
        return [f"target = torch.tensor(values[{name!r}].cast(pl.Int64).to_list())"]
    return [
        f"classes = {list(table.classes)!r}",
        f"codes = values[{name!r}].cast(pl.Enum(classes)).to_physical().cast(pl.Int64)",
        "target = torch.tensor(codes.to_list())",
    ]


def _said(folder: Path) -> list[str]:
    """A line that gives each of the Parquet files of a folder a column with the part that it is called as."""
    said = parts_said(parts_of_table(folder))
    made = f"tables = [t.with_columns(pl.lit(p).alias({SPLIT!r})) for t, p in zip(tables, {said!r})]"
    return [f"if {SPLIT!r} not in tables[0].columns:", f"    {made}"] if said else []
