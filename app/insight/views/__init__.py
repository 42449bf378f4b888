"""Every view, one file each. A file that lies here is in the window, in ``inspect`` and in its help."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from app.insight.view import View


@cache
def views() -> Mapping[str, View]:
    """All views by name, in the order of their titles.

    Raises:
        TypeError: if two files declare the same name.
    """
    found: dict[str, View] = {}
    for file in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{file.name}")
        for value in vars(module).values():
            if isinstance(value, View) and value.function.__module__ == module.__name__:
                if value.name in found:
                    raise TypeError(f"two files declare the view {value.name}")
                found[value.name] = value
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: item[1].title)))
