"""Lines of a printed program that are too long: broken, and still the same program."""

from __future__ import annotations

import ast

import pytest

from app.core.compile.lines import WIDTH, broken

NAMES = [f"scores_of_branch_{number}" for number in range(9)]
LONG = ", ".join(NAMES)
SUM = " + ".join(f'values["{name}"]' for name in NAMES)


@pytest.mark.parametrize(
    "text",
    [
        f"    return {LONG}",
        f"    {LONG} = model(image)",
        f"    ({SUM}).backward()",
        f"    total = combined({LONG}, factor=0.5)  # of all branches",
        f"    x = call([{LONG}], {{{', '.join(f'{name!r}: {name}' for name in NAMES)}}})",
        "    return one, two",
    ],
)
def test_a_long_line_is_broken_into_the_same_program(text: str) -> None:
    """Fails if a statement of many values stays too long for the page, or means something else once it is broken."""
    rows = broken(text)
    assert all(len(row) <= WIDTH for row in rows), rows
    body = "def f():\n" + "\n".join(rows)
    assert ast.dump(ast.parse(body)) == ast.dump(ast.parse(f"def f():\n{text}"))
