"""Help pictures draw with plain numbers and roles of colours, for whatever settings a layer can have."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from inspect import signature
from math import isfinite
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nodes.api import Layer, Sheet
from nodes.api.registry import layers
from tests.nodes.strategies import settings_of

DRAWN = [layer for layer in layers().values() if layer.picture is not None]
PIECES = [name for name in vars(Sheet) if not name.startswith("_")]
ROLES = {"family", "pale", "accent", "ink", "soft", "line", "paper", "error"}
COLOURS = {"color", "fill", "edge", "on"}


class Notes:
    """A sheet that paints nothing: it looks at what it is told."""

    def __init__(self) -> None:
        self.count = 0

    def __getattr__(self, name: str) -> Callable[..., None]:
        assert name in PIECES, f"{name} is no piece of a sheet"
        declared = signature(getattr(Sheet, name))

        def look(*args: Any, **more: Any) -> None:
            self.count += 1
            told = declared.bind(self, *args, **more).arguments
            for argument, value in told.items():
                if argument in COLOURS:
                    check_colour(value)
                elif argument == "fills":
                    for row, column in itertools.product(range(told["rows"]), range(told["columns"])):
                        check_colour(fill_of(value, row, column))
                elif isinstance(value, int | float):
                    assert isfinite(value), (name, argument)

        return look


def fill_of(fills: Any, row: int, column: int) -> object:
    if isinstance(fills, Mapping):
        return fills.get((row, column))
    return fills(row, column) if callable(fills) else fills


def check_colour(value: object) -> None:
    assert value is None or value in ROLES or (isinstance(value, int | float) and isfinite(value)), value


@pytest.mark.parametrize("layer", DRAWN, ids=lambda layer: layer.id)
@given(data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_every_picture_draws_for_all_settings(layer: Layer, data: st.DataObject) -> None:
    """Fails if a picture breaks for settings that the layer allows, such as a window of one value, names a colour that
    no theme has, or draws nothing."""
    sheet, chosen = Notes(), data.draw(settings_of(layer))
    assert layer.picture is not None
    assert layer.picture(sheet, chosen).endswith(".")
    assert sheet.count >= 3
