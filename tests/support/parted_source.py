"""Data that brings its own parts, for tests."""

from __future__ import annotations

from typing import Any

from nodes.api import Field, Int, Schema, source


def describe(*, count: int) -> Schema:
    """Made for a test."""
    return Schema({"x": Field((3,)), "label": Field((), "int", 2)}, count, {"train": count - 20, "test": 20})


def load(*, count: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Numbers, the last twenty of them for a test."""
    import torch

    fields = {"x": torch.arange(3.0 * count).reshape(count, 3).sin(), "label": torch.arange(count) % 2}
    return fields, {"train": torch.arange(count - 20), "test": torch.arange(count - 20, count)}


PARTED = source(id="PartedByLoad", name="Parted", params=[Int("count", 100, low=40)], describe=describe, load=load)
