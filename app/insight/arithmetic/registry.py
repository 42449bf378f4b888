"""Which layers have an arithmetic: functions that give its stages, found in ``layers`` by the ids of the layers."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from app.insight.arithmetic import layers
from app.insight.arithmetic.layer_call import LayerCall, Stages

Arithmetic = Callable[[LayerCall], Stages]
_found: dict[str, Arithmetic] = {}


def arithmetic(*ids: str) -> Callable[[Arithmetic], Arithmetic]:
    """Declare the arithmetic of these layers: a function that gives a stage for each output port, and for inner values
    that a student may walk to, by name. The outputs come under the names of their ports."""

    def declare(function: Arithmetic) -> Arithmetic:
        for id in ids:
            if id in _found:
                raise TypeError(f"two functions declare the arithmetic of {id}")
            _found[id] = function
        return function

    return declare


@cache
def arithmetics() -> Mapping[str, Arithmetic]:
    """All of them, by layer id."""
    for file in pkgutil.iter_modules(layers.__path__):
        importlib.import_module(f"{layers.__name__}.{file.name}")
    return MappingProxyType(dict(_found))
