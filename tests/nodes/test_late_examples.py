"""What the start pays for sources: all are declared then, and none of their data is made up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from nodes.api import Int, source
from nodes.api.layer import Layer
from nodes.api.schema import Field, Schema

ROOT = Path(__file__).parents[2]
asked: list[int] = []


def describe(*, count: int) -> Schema:
    """Numbers that take their time."""
    asked.append(count)
    return Schema({"x": Field((count,))}, samples=count)


def load(*, count: int) -> dict[str, Any]:
    """As many numbers."""
    raise NotImplementedError


def made(**more: Any) -> Layer:
    asked.clear()
    params = [Int("count", 5, low=1, high=100, help="How many.")]
    examples = [{"count": 7}, {"count": 9}]
    return source(
        id="Slow", name="Slow", params=params, describe=describe, load=load, examples=examples, words=["slow"], **more
    )


def test_a_source_that_names_its_fields_is_not_asked_when_it_is_declared() -> None:
    """Fails if all examples are described at the start, or if one is described with other settings than its own."""
    layer = made(fields=["x"])
    assert asked == []
    assert [each if isinstance(each, str) else each.name for each in layer.outputs] == ["x"]
    assert len(layer.examples) == 3
    assert asked == []
    assert layer.examples[0].params == {}
    assert asked == [5]
    assert [each.params for each in layer.examples[1:]] == [{"count": 7}, {"count": 9}]
    assert asked == [5, 7, 9]
    assert [len(each.outputs) for each in layer.examples] == [1, 1, 1]


def test_one_that_does_not_name_them_is_asked_once() -> None:
    """Fails if its outputs are unknown, or if all its examples are described for their names alone."""
    layer = made()
    assert asked == [5]
    assert [each if isinstance(each, str) else each.name for each in layer.outputs] == ["x"]


def test_no_data_is_made_up_when_all_sources_are_declared() -> None:
    """Fails if the window waits at its start until stories are told; a tenth of a second, and 20 MB."""
    code = """
import sys
from nodes.api.registry import layers
known = layers()
print(len(known))
for module in list(sys.modules.values()):
    if module.__name__.startswith("nodes.sources.made_up") or module.__name__.endswith("skip_gram"):
        for name, value in vars(module).items():
            if hasattr(value, "cache_info") and value.cache_info().misses:
                print(module.__name__, name)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    count, *made_up = done.stdout.splitlines()
    assert int(count) > 90
    assert made_up == []
