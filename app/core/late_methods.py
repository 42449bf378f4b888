"""The methods of dataclasses are made when they are first wanted. Python 3.11 and 3.12 only.

There, ``@dataclass`` translates the text of six methods for each class, 0.7 ms in all. Until the window is painted
that was a quarter of the time, for methods most of which nobody calls: who compares, prints or assigns to what a layer
declares? Python 3.13 translates them all at once and needs no help.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

OURS = ("app.", "nodes.")
_PARAMETERS = ("name", "args", "body", "globals", "locals", "return_type")  # of the function that is replaced


class LateMethod:
    # No docstring, and no __dict__: what wraps a method takes over both.
    # Stands in a class for a method of that class until somebody asks the class, or one of its objects, for it.
    __slots__ = ("__name__", "_made", "_make")

    def __init__(self, name: str, make: Callable[[], FunctionType]) -> None:
        self.__name__ = name
        self._make = make
        self._made: FunctionType | None = None

    def made(self, owner: type | None = None) -> FunctionType:
        """The method itself. From then on it stands in the class: ``owner``, or what that inherits from."""
        method = self._made or self._make()
        self._made = method  # two threads may make two, which are alike
        for each in owner.__mro__ if owner is not None else ():
            if each.__dict__.get(self.__name__) is self:
                method.__qualname__ = f"{each.__qualname__}.{self.__name__}"
                setattr(each, self.__name__, method)
        return method

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self.made(owner if owner is not None else type(instance)).__get__(instance, owner)

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Called by what wraps the method, as ``__repr__`` is wrapped."""
        return self.made()(*values, **named)


def install() -> bool:
    """From now on, for the classes of Netloom's own modules. False, and nothing changes, where the insides of Python's
    ``dataclasses`` are not the known ones."""
    at_once = getattr(dataclasses, "_create_fn", None)
    if not isinstance(at_once, FunctionType) or tuple(inspect.signature(at_once).parameters) != _PARAMETERS:
        return False

    def create(name: str, args: Any, body: Any, **rest: Any) -> Any:
        if not (rest.get("globals") or {}).get("__name__", "").startswith(OURS):
            return at_once(name, args, body, **rest)
        return LateMethod(name, lambda: at_once(name, args, body, **rest))

    dataclasses._create_fn = create  # type: ignore[attr-defined]
    return True
