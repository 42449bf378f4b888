"""Reads what torch.save wrote without running anything in it: what is no weight becomes a stand-in that does nothing.

torch itself reads only tensors and plain values in this way. Checkpoints also hold numbers and arrays of NumPy, the
options of the program, and paths; they do not make a file dangerous. None of these classes is used to read them.
"""

from __future__ import annotations

import math
import pickle
import re
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

_REFUSED = re.compile(r"(?:Unsupported (?:global: GLOBAL|class)|unsupported GLOBAL) ([\w.<>]+)")
_ALSO_REFUSED = re.compile(r"GLOBAL ([\w.<>]+)|class(?:/function)? ([\w.<>]+)")
_MOST_KINDS = 200  # of harmless things in one file

# Data without behaviour. Modules have other names in other versions of NumPy and Python.
_ARRAYS = re.compile(r"numpy\.(_?core)\.(multiarray|numeric)\.(_reconstruct|scalar|_frombuffer)")
_PLAIN = re.compile(
    r"numpy\.(ndarray|dtype|matrix|bool_?|str_|bytes_|void|(u?int|float|complex)[\dcp]*_?|longlong|datetime64)"
    r"|numpy\.dtypes\.\w+DType|numpy\.dtype\[\w+\]"
    r"|argparse\.Namespace|types\.SimpleNamespace"
    r"|pathlib(\._local)?\.(Pure)?(Posix|Windows)?Path"
    r"|datetime\.(datetime|date|time|timedelta|timezone)|decimal\.Decimal|fractions\.Fraction|uuid\.UUID"
    r"|((builtins|__builtin__)\.)?(range|xrange|slice|complex|bytearray|set|frozenset|object)"
    r"|((builtins|__builtin__)\.)?(bool|int|float|str|bytes|list|tuple|dict)"
)


class RefusedObject(ValueError):
    """A file holds something that would have to be run to be read. ``what`` is its name."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class InertObject:
    """Stands in for a thing in a file. It keeps what it was made of, and does nothing."""

    def __new__(cls, *given: Any, **_: Any) -> InertObject:
        made = super().__new__(cls)
        made.given, made.state = given, None
        return made

    def __init__(self, *_: Any, **__: Any) -> None: ...

    given: tuple[Any, ...]
    state: Any

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __hash__(self) -> int:
        return id(self)


def _mapping(*_: Any) -> OrderedDict[Any, Any]:
    """A mapping without what would make its defaults."""
    return OrderedDict()


def _row(items: Any = (), *_: Any) -> list[Any]:
    """A queue, such as the losses seen last, as a list."""
    return list(items) if isinstance(items, list | tuple) else []


# What is filled after it was made needs a stand-in that can be filled.
_STANDING_IN: dict[str, Callable[..., Any]] = {"collections.defaultdict": _mapping, "collections.deque": _row}


def read(path: Path) -> Any:
    """What a file of torch holds, with Inert for what is harmless and not used.

    Raises:
        Refused: if it holds anything else than weights and harmless values.
        pickle.UnpicklingError and the errors of torch.load: if it is damaged.
    """
    allowed: list[Any] = []
    names: set[str] = set()
    # Mapped into memory, values are read when they are copied; the form before torch 1.6 cannot be mapped.
    mapped = zipfile.is_zipfile(path)
    while True:
        try:
            with warnings.catch_warnings(), torch.serialization.safe_globals(allowed):
                warnings.simplefilter("ignore")  # about forms that it may not read; if so, it says that as an error
                if path.suffix.lower() != ".safetensors":
                    return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
                with open(path, "rb") as file:  # by that ending torch would take the path for the other form
                    return torch.load(file, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            found = _REFUSED.search(str(error))
            if "Unsupported operand" in str(error):
                raise RefusedObject("a pickle of another protocol than torch reads safely") from None
            if found is None:
                if "weights_only" in str(error).lower() or "unsupported" in str(error).lower():
                    other = _ALSO_REFUSED.search(str(error).partition("WeightsUnpickler error:")[2])
                    raise RefusedObject((other[1] or other[2]) if other else "an object of a program") from None
                raise
            name = found[1].rstrip(".")
            harmless = name in _STANDING_IN or _ARRAYS.fullmatch(name) or _PLAIN.fullmatch(name)
            if not harmless or name in names or len(names) > _MOST_KINDS:
                raise RefusedObject(name) from None
            names.add(name)
            allowed.append((_STANDING_IN.get(name, InertObject), name if "." in name else f"builtins.{name}"))


def as_tensor(thing: object) -> Tensor | None:
    """The numbers of an array of NumPy, None if ``thing`` is no such array or its bytes do not make one."""
    if not isinstance(thing, InertObject) or not isinstance(thing.state, tuple) or len(thing.state) != 5:
        return None
    _, shape, kind, by_columns, raw = thing.state
    if (
        not isinstance(kind, InertObject)
        or not kind.given
        or not isinstance(raw, bytes)
        or not isinstance(shape, tuple)
    ):
        return None
    code = kind.given[0]
    if not isinstance(code, str) or not re.fullmatch(r"[fiub][1248]", code):
        return None
    order = kind.state[1] if isinstance(kind.state, tuple) and len(kind.state) > 1 else "<"
    if not all(type(size) is int and size >= 0 for size in shape):
        return None
    dtype = np.dtype(code).newbyteorder(">" if order == ">" else "<")
    if math.prod(shape) * dtype.itemsize != len(raw):
        return None
    values = np.frombuffer(raw, dtype).reshape(shape, order="F" if by_columns else "C")
    try:
        return torch.from_numpy(np.ascontiguousarray(values.astype(dtype.newbyteorder("="))))
    except TypeError:
        return None
