"""The examples of all layers, for tests that go through every one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nodes.api.registry import layers

MOST_WEIGHTS = 1_000_000  # larger ones take too long


def layer_examples() -> Iterator[Any]:
    """Parameters of a test: a layer and one of its examples."""
    for layer in layers().values():
        for index, example in enumerate(layer.examples if layer.role == "layer" else ()):
            if layer.build(layer.wired(example), layer.settings(example.params)).weight_count < MOST_WEIGHTS:
                yield pytest.param(layer, example, id=f"{layer.id}-{index}")
