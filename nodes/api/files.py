"""The files of the folders of ``nodes``, where layers and what a recipe can choose are declared."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType


def files_of(folder: str) -> Iterator[ModuleType]:
    """The files of a folder of ``nodes``, loaded."""
    package = importlib.import_module(f"nodes.{folder}")
    for file in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"nodes.{folder}.{file.name}")
