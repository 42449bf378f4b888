"""The rows of a table in the ways in which JSON writes one. Each function is also printed into exported programs."""

from __future__ import annotations


def json_rows(whole: object) -> object:
    """The list of objects in what a JSON file holds: the only list of objects in an object, or a table that is written
    by columns or by the numbers of its rows (``DataFrame.to_json``, also with ``orient="list"``, ``"index"`` or
    ``"split"``)."""
    if not isinstance(whole, dict):
        return whole
    lists = [value for value in whole.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
    if len(lists) == 1:
        return lists[0]
    names, cells = whole.get("columns"), whole.get("data")
    if isinstance(names, list) and isinstance(cells, list) and cells and all(isinstance(row, list) for row in cells):
        return [dict(zip(map(str, names), row)) for row in cells]
    values = list(whole.values())
    if len(values) > 1 and all(isinstance(value, list) and len(value) == len(values[0]) > 1 for value in values):
        return [dict(zip(whole, row)) for row in zip(*values)]
    if len(values) > 1 and all(isinstance(value, dict) and value.keys() == values[0].keys() for value in values):
        if len(values[0]) < len(values):
            return values
        if len(values[0]) > 1:
            return [{name: column[row] for name, column in whole.items()} for row in values[0]]
    return [whole]


def flat_row(entry: dict[str, object], before: tuple[str, ...] = (), deep: int = 4) -> dict[tuple[str, ...], object]:
    """A row whose objects in objects are cells of their own, by the names that lead to each."""
    row: dict[tuple[str, ...], object] = {}
    for name, value in entry.items():
        if isinstance(value, dict) and value and deep:
            row |= flat_row(value, (*before, name), deep - 1)
        else:
            row[*before, name] = value
    return row


def flat_rows(entries: list[dict[str, object]]) -> list[dict[str, object]]:
    """Rows whose objects in objects are columns of their own: ``user.age``. Beside a name that has the dot itself,
    such a column is called ``user.age (2)``."""
    rows = [flat_row(entry) for entry in entries]
    names: dict[tuple[str, ...], str] = {}
    taken: set[str] = set()
    for path in sorted({path: 0 for row in rows for path in row}, key=len):
        name, again = ".".join(path), 1
        while (f"{name} ({again})" if again > 1 else name) in taken:
            again += 1
        names[path] = f"{name} ({again})" if again > 1 else name
        taken.add(names[path])
    return [{names[path]: value for path, value in row.items()} for row in rows]
