"""Python's pickles read without running anything of them: numbers, texts, lists, dictionaries and numpy arrays alone.

An array in a pickle is a call of numpy's with a state. Neither is carried out: both become objects of this file, of
which arrays are made afterwards, of the few types that are listed here.
"""

from __future__ import annotations

import io
import math
import pickle
from collections.abc import Callable, Mapping
from typing import Any

# What writers of arrays name: numpy 1 and 2, Python 2 and 3, protocols 0 to 5.
ALLOWED = (
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
)
TYPES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
MOST_BYTES = 4 * 2**30


class PickleRefused(ValueError):
    """A pickle that is no plain data. The message is a sentence without the file's name."""


def plain(data: bytes) -> Any:
    """The value in a pickle; texts that Python 2 wrote become ``str``.

    Raises:
        Refused: if it is no pickle, is cut off, or wants anything but arrays.
    """
    try:
        return _finished(_Reader(io.BytesIO(data), encoding="bytes").load(), 0)
    except PickleRefused:
        raise
    except MemoryError:
        raise PickleRefused("It asks for more memory than there is.") from None
    except RecursionError:
        raise PickleRefused("Its values are nested too deeply.") from None
    except (EOFError, pickle.UnpicklingError) as error:
        raise PickleRefused(f"It is cut off or damaged ({_brief(error)}).") from None
    except Exception as error:
        raise PickleRefused(f"It is no pickle of arrays ({_brief(error)}).") from None


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__


class _Type:
    """A numpy type as a pickle describes it: its name, and the byte order, which arrives later."""

    def __init__(self, *arguments: Any) -> None:
        self.name = _text(arguments[0]) if arguments else ""
        self.order = "<"

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 4 or any(each is not None for each in state[2:4]):
            raise PickleRefused("It holds an array of a type that is no plain number.")
        self.order = _text(state[1])

    def plain(self) -> str:
        if self.name not in TYPES or self.order not in ("<", ">", "|", "="):
            raise PickleRefused(f"It holds an array of {self.name[:20] or 'nothing'}, and not of plain numbers.")
        return ("<" if self.order in ("=", "|") else self.order) + self.name


class _Array:
    """An array as a pickle describes it."""

    def __init__(self, *_: Any) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def plain(self) -> Any:
        if not isinstance(self.state, tuple) or len(self.state) != 5:
            raise PickleRefused("It holds an array without values.")
        _, shape, kind, fortran, data = self.state
        return _array(data, kind, shape, "F" if fortran else "C")


class _Buffer:
    """An array as protocol 5 describes it."""

    def __init__(self, data: Any = b"", kind: Any = None, shape: Any = (), order: Any = "C", *_: Any) -> None:
        self.arguments = (data, kind, shape, _text(order))

    def plain(self) -> Any:
        return _array(*self.arguments)


def _array(data: Any, kind: Any, shape: Any, order: str) -> Any:
    import numpy

    if isinstance(data, str):
        data = data.encode("latin1")
    if not isinstance(kind, _Type) or not isinstance(data, bytes | bytearray):
        raise PickleRefused("It holds an array of objects, and not of plain numbers.")
    if not isinstance(shape, tuple) or not all(isinstance(side, int) and side >= 0 for side in shape):
        raise PickleRefused("It holds an array without a shape.")
    wanted = math.prod(shape) * int(kind.name[1:]) if kind.plain() else 0
    if wanted != len(data):
        raise PickleRefused(f"An array promises {wanted:,} bytes and has {len(data):,}.")
    return numpy.frombuffer(data, kind.plain()).reshape(shape, order="F" if order == "F" else "C")


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or _text(encoding) not in ("latin1", "latin-1", "utf-8", "ascii"):
        raise PickleRefused("It holds bytes in an encoding that no array has.")
    return text.encode(_text(encoding))


def _text(value: Any) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _reconstruct(*_: Any) -> _Array:
    return _Array()


_MADE: Mapping[str, Callable[..., Any]] = {
    "_reconstruct": _reconstruct,
    "_frombuffer": _Buffer,
    "ndarray": _Array,
    "dtype": _Type,
    "encode": _encode,
}


# The one in Python: that in C takes the numbers of its notes for the size of a table, so that ten bytes of a stranger
# ask for 64 GB.
class _Reader(pickle._Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise PickleRefused(
                f"It wants to run {module[:40]}.{name[:40]}, and only numpy arrays are read. Do not trust it."
            )
        return _MADE[name]

    def persistent_load(self, pid: Any) -> Any:
        raise PickleRefused("It refers to another file.")

    def get_extension(self, code: int) -> Any:
        raise PickleRefused("It refers to a class by a number.")


def _finished(value: Any, depth: int) -> Any:
    """What was read with the arrays in the place of their descriptions."""
    if depth > 20:
        raise PickleRefused("Its values are nested too deeply.")
    if isinstance(value, _Array | _Buffer):
        return value.plain()
    if isinstance(value, dict):
        return {
            _text(key) if isinstance(key, bytes) else key: _finished(each, depth + 1) for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_finished(each, depth + 1) for each in value]
    if isinstance(value, bytes):
        return value.decode("latin1")
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    raise PickleRefused("It holds something else than numbers, texts and arrays.")


# The same for a program of its own: it hands these few names to numpy, and nothing else to anybody.
SCRIPT = (
    "class OnlyArrays(pickle.Unpickler):",
    "    def find_class(self, module, name):",
    '        known = {"_reconstruct", "_frombuffer", "ndarray", "dtype", "encode"}',
    '        if name not in known or module.partition(".")[0] not in ("numpy", "_codecs"):',
    '            raise pickle.UnpicklingError(f"It wants to run {module}.{name}.")',
    "        return super().find_class(module, name)",
)
