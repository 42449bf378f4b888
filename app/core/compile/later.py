"""Parts of torch that come when they are needed, and not with ``import torch``. Loads no torch.

``torch._meta_registrations`` holds the Python kernels for the meta device, where tensors have a shape and no numbers:
700 of them, and for that most of torch's operators a second time in Python. The others are whole packages that nothing
here uses. Together they take 32 MB and a third of the time of the import, and none computes a number of a net.

A part comes when somebody takes something from it or imports something below it. The meta device asks nobody by
name: ``load_meta_kernels`` and ``meta_device`` are for whoever uses it, ``load_all`` for files of which nobody knows
what they do.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

META_KERNELS = "torch._meta_registrations"
PARTS = (
    META_KERNELS,
    "torch.ao",
    "torch.distributions",
    "torch.export",
    "torch.masked",
    "torch.nn.intrinsic",
    "torch.nn.qat",
    "torch.nn.quantizable",
    "torch.nn.quantized",
    "torch.profiler",
    "torch.quantization",
    "torch.utils.data",
    "unittest.mock",  # which brings asyncio
)
# What the kernels are made of. torch takes these for granted, as in ``torch.broadcast_shapes``, without an import.
_MADE_OF = ("torch._refs", "torch._decomp")
_BELOW = tuple(f"{part}." for part in PARTS)

_lock = threading.RLock()
_all_wanted = False


class _Later(ModuleType):
    """Stands for a part until something in it is wanted, and is that part from then on."""

    def __getattr__(self, name: str) -> Any:
        # What all modules are asked for, as by ``inspect``, wants nothing of this one. Its path is asked for by who
        # imports something below it.
        special = name.startswith("__") and name.endswith("__")
        if not special or name == "__all__" or (name == "__path__" and "_waits" in self.__dict__):
            _load(self)
        return ModuleType.__getattribute__(self, name)

    def __dir__(self) -> list[str]:
        _load(self)
        return list(self.__dict__)


class _LaterLoader(Loader):
    """Makes what stands for a part, and runs nothing."""

    def __init__(self, real: Loader) -> None:
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Later(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__.pop("__path__", None)
        module.__dict__["_waits"] = True


class _ThereLoader(Loader):
    """Gives a module that is there already, as it is."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _Finder(MetaPathFinder):
    """Finds what stands for a part while torch is imported. Later, what is below a part came with that part, which was
    asked for its path; it must not be run again."""

    def __init__(self) -> None:
        self.importing = True

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not self.importing:
            there = sys.modules.get(name) if name.startswith(_BELOW) else None
            return ModuleSpec(name, _ThereLoader(there)) if there is not None else None
        spec = PathFinder.find_spec(name, path, target) if name in PARTS else None
        if spec is not None and spec.loader is not None:
            spec.loader = _LaterLoader(spec.loader)
        return spec


@contextmanager
def left_out() -> Iterator[None]:
    """An ``import torch`` inside leaves the parts out, where it is the first and nobody has called ``load_all``. What a
    torch does not have is not missed."""
    if _all_wanted or "torch" in sys.modules:
        yield
        return
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        finder.importing = False
    if isinstance(sys.modules.get(META_KERNELS), _Later):
        importlib.import_module("torch._prims")  # 6 MB; in torch 2.13 a generator of random numbers needs it
        for name in _MADE_OF:
            if name not in sys.modules:
                setattr(sys.modules["torch"], name.partition(".")[2], _MadeOf(name))


class _MadeOf(ModuleType):
    """Stands on torch for what the kernels are made of, and is no module that could be imported."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        load_meta_kernels()
        return getattr(importlib.import_module(self.__name__), name)


def load_meta_kernels() -> None:
    """Have the kernels for the meta device, if they were left out. From any thread; 0.2 s the first time."""
    _load(sys.modules.get(META_KERNELS))


@contextmanager
def meta_device() -> Iterator[None]:
    """What is made inside has shapes and no numbers."""
    load_meta_kernels()
    import torch

    with torch.device("meta"):
        yield


def load_all() -> None:
    """Have all parts, if they were left out; from now on none are left out. From any thread."""
    global _all_wanted
    _all_wanted = True
    for name in PARTS:
        _load(sys.modules.get(name))


def _load(module: ModuleType | None) -> None:
    with _lock:
        spec = module.__spec__ if isinstance(module, _Later) else None
        loader = spec.loader if spec is not None else None
        if module is None or spec is None or not isinstance(loader, _LaterLoader):
            return  # it is there, or on its way in this thread
        spec.loader = module.__loader__ = loader.real
        module.__dict__.pop("_waits", None)
        if spec.submodule_search_locations is not None:
            module.__path__ = spec.submodule_search_locations
        try:
            loader.real.exec_module(module)
        finally:
            module.__class__ = ModuleType
