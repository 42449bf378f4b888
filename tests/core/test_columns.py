"""What is said of the columns of a table: which settings a choice changes, and which it leaves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.commands import Command
from app.core.commands.columns import as_told, choosable, forget_column, set_kind, set_role, target_columns, target_text
from app.core.graph.model import Graph, Node, Project
from nodes.api import TableColumn
from nodes.api.registry import layers

COLUMNS = tuple(
    TableColumn(name, role, kind)
    for name, role, kind in (
        ("a=b", "feature", "number"), ("c, d", "target", "category"), ("e", "ignore", "number"), ("f", "text", "text"),
    )
)  # fmt: skip


def after(command: Command, **params: Any) -> dict[str, Any]:
    project = Project(graph=Graph().with_nodes(Node("rows", "Table", params)))
    return dict(command.apply(project).graph.nodes["rows"].params)


def rows(**params: Any) -> Node:
    return Node("rows", "Table", params)


def test_a_role_takes_the_place_of_the_one_before() -> None:
    """Fails if a column has two roles, another column loses its own, or the guessed target is left to a new guess."""
    said = {"roles": ("e=feature", "a=b=group")}
    found = after(set_role(rows(**said), COLUMNS, "e", "ignore"), **said)
    assert set(found["roles"]) == {"a=b=group", "e=ignore"}
    assert found["target"] == "c, d"
    found = after(set_role(rows(), COLUMNS, "c, d", "feature"))
    assert found == {"roles": ("c, d=feature",), "target": "none"}
    found = after(set_role(rows(roles=("a=b=ignore", "e=target")), COLUMNS, "a=b", "target"))
    assert found == {"roles": (), "target": "a=b"}
    found = after(set_role(rows(), COLUMNS, "e", "target", more=True))
    assert found["target"] == '"c, d",e'


def test_a_kind_keeps_what_the_column_is_for() -> None:
    """Fails if a column that is left out goes in because its kind was said, or a text stays left out as a number."""
    assert after(set_kind(rows(), COLUMNS, "e", "category")) == {"roles": ("e=ignore",), "kinds": ("e=category",)}
    assert after(set_kind(rows(), COLUMNS, "f", "category")) == {"roles": (), "kinds": ("f=category",)}
    assert after(set_kind(rows(), COLUMNS, "c, d", "number")) == {"roles": (), "kinds": ("c, d=number",)}
    said = {"roles": ("e=ignore",), "kinds": ("e=category", "a=b=date")}
    assert after(forget_column(rows(**said), "e"), **said) == {"roles": (), "kinds": ("a=b=date",)}


def test_what_was_told_counts_until_the_next_look() -> None:
    """Fails if a choice does not show at once, or shows for another column."""
    told = as_told(COLUMNS, {"target": '"c, d", e', "roles": ("f=ignore",), "kinds": ("a=b=category",)})
    assert [(each.role, each.kind) for each in told] == [
        ("feature", "category"), ("target", "category"), ("target", "number"), ("ignore", "text"),
    ]  # fmt: skip
    assert [each.role for each in as_told(COLUMNS, {"target": "none"})] == ["feature", "feature", "ignore", "text"]
    assert as_told(COLUMNS, {}) == COLUMNS


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1), unique=True))
def test_every_name_of_a_target_can_be_written(names: list[str]) -> None:
    """Fails if commas, quotation marks or the words auto and none in names make another target of it."""
    columns = [TableColumn(name, "feature", "number") for name in dict.fromkeys([*names, "auto", "none", 'a"b', "c,d"])]
    for chosen in ([each.name for each in columns[:1]], [each.name for each in columns], ["auto"], ["none"], ["c,d"]):
        text = target_text(chosen)
        assert text not in ("auto", "none")
        assert target_columns(text, columns) == tuple(chosen)
    assert target_text([]) == "none"


@pytest.mark.parametrize("id", ["Table", "TimeSeries", "Digits", "Linear"])
def test_only_sources_with_columns_have_them(id: str) -> None:
    """Fails if a source without the settings gets a table whose clicks change nothing."""
    assert choosable(layers()[id]) == (id in ("Table", "TimeSeries"))
    assert not choosable(None)
