"""Data as a student may bring it, for tests: in groups, in order, with classes of few samples, and with bad samples."""

from __future__ import annotations

from typing import Any

from app.core.graph.model import Graph, Project, Wire
from nodes.api import Choice, Each, Feed, Field, Int, Layer, Schema, Script, Unreadable, source
from tests.support.drawings import chain, node

WORDS = ("cat", "dog", "eel")
BAD: set[int] = set()  # samples of Broken that cannot be read
READ: list[int] = []  # samples of Broken that were read


def own_data(kind: str = "plain") -> Layer:
    """``plain``, ``grouped`` (groups of 1 to 5 samples), ``ordered``, ``overlapping`` (the same,
    each with the next two), ``rare`` (one sample of the third class)."""

    def describe(*, count: int, how: str) -> Schema:
        """Made for a test."""
        return Schema(
            {"x": Field((3,)), "label": Field((), "int", WORDS)},
            count,
            ordered=kind in ("ordered", "overlapping"),
            overlap=2 if kind == "overlapping" else 0,
            groups="patient" if kind == "grouped" else "",
        )

    def load(*, count: int, how: str) -> Feed:
        import torch

        labels = torch.arange(count) % 2
        if kind == "rare":
            labels[-1] = 2
        fields = {"x": torch.arange(3.0 * count).reshape(count, 3).sin(), "label": labels}
        groups = (torch.arange(count) * 7 % count) // 4 if kind == "grouped" else None
        return Feed(fields, groups=groups, name_of=lambda number: f"row {number + 1}")

    def script(*, count: int, how: str) -> Script:
        lines = [f"x = torch.arange(3.0 * {count}).reshape({count}, 3).sin()", f"labels = torch.arange({count}) % 2"]
        if kind == "rare":
            lines.append("labels[-1] = 2")
        if kind == "grouped":
            lines.append(f"groups = (torch.arange({count}) * 7 % {count}) // 4")
        return Script(tuple(lines), {"x": "x", "label": "labels"}, groups="groups" if kind == "grouped" else "")

    return source(
        id=f"Own{kind.capitalize()}",
        name="Own data",
        params=[Int("count", 103, low=2), Choice("how", "so", options=("so", "other"))],
        describe=describe,
        load=load,
        script=script,
    )


def broken_data() -> Layer:
    """Samples that are read one by one, some of which (BAD) cannot be; and a field in memory."""

    def describe(*, count: int) -> Schema:
        """Made for a test."""
        return Schema({"x": Field((3,)), "label": Field((), "int", WORDS[:2])}, count)

    def load(*, count: int) -> Feed:
        import torch

        def read(number: int) -> Any:
            READ.append(number)
            if number in BAD:
                raise Unreadable(f"cats/{number}.jpg is cut off.")
            return (torch.arange(3.0) + 3 * number).sin()

        fields = {"x": Each(count, read), "label": torch.arange(count) % 2}
        return Feed(fields, name_of=lambda number: f"cats/{number}.jpg")

    return source(id="Broken", name="Broken", params=[Int("count", 60, low=1)], describe=describe, load=load)


def own_net(type_id: str, *layers: tuple[str, str], classes: int = 3, **settings: Any) -> Project:
    """A small classifier of such data."""
    nodes = [node(name, kind) for name, kind in layers]
    way = ["data.x", *(each.name for each in nodes), "fc1", "loss.prediction"]
    last = [node("fc1", "Linear", out_features=classes), node("loss", "CrossEntropyLoss")]
    graph = Graph.of(
        [node("data", type_id, **settings), *nodes, *last],
        [*chain(*way), Wire("data", "label", "loss", "target")],
    )
    return Project("Own", graph=graph)
