"""Finds data sets by the name that a source's layer file gives to ``source(...)``. One file of this folder for each."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any
from weakref import WeakValueDictionary

import app.data
from app.core.compile.plan import PlanSource
from app.data.dataset import Dataset, NoData, Script

Loader = Callable[..., Dataset]
Writer = Callable[..., Script]
_MARK = "__netloom_dataset__"
_SCRIPT = "__netloom_script__"


def dataset(name: str) -> Callable[[Loader], Loader]:
    """Declare a loader. Its keyword arguments are the settings of the layer whose ``source`` has this name."""

    def declare(loader: Loader) -> Loader:
        setattr(loader, _MARK, name)
        return loader

    return declare


def script(name: str) -> Callable[[Writer], Writer]:
    """Declare how a data set is loaded in a training script; with the same settings as its loader."""

    def declare(writer: Writer) -> Writer:
        setattr(writer, _SCRIPT, name)
        return writer

    return declare


@cache
def loaders() -> Mapping[str, Loader]:
    """Every declared loader by name.

    Raises:
        TypeError: if two files declare the same name.
    """
    return _declared(_MARK)


@cache
def scripts() -> Mapping[str, Writer]:
    """Every data set that a training script can load, by name."""
    return _declared(_SCRIPT)


def _declared(mark: str) -> Mapping[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for file in pkgutil.iter_modules(app.data.__path__):
        module = importlib.import_module(f"app.data.{file.name}")
        for value in vars(module).values():
            name = getattr(value, mark, None)
            if name is None or value.__module__ != module.__name__:
                continue
            if name in found:
                raise TypeError(f"two files declare the data set {name}")
            found[name] = value
    return MappingProxyType(found)


def load(source: PlanSource) -> Dataset:
    """The data of a source node. As long as somebody holds it, the same source gives the same object.

    Nobody keeps it for later: an open window in which nothing trains would hold all of a data set for a few samples.
    What is slow to read, a loader keeps by itself in its smallest form.

    Raises:
        NoData: if there is no such data set, or it cannot be read.
    """
    key = (source.dataset, tuple(sorted(source.settings.items())))
    found = _held.get(key)
    if found is None:
        loader = loaders().get(source.dataset)
        if loader is None:
            known = ", ".join(loaders())
            raise NoData(f"There is no data set {source.dataset!r} here. Use a source with one of these: {known}.")
        found = _held[key] = loader(**source.settings)
    return found


_held: WeakValueDictionary[tuple[str, tuple[tuple[str, Any], ...]], Dataset] = WeakValueDictionary()
