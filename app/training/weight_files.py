"""Reads files of weights: torch's ``.pt`` and ``.pth``, safetensors, and ``.npz`` of NumPy. Nothing is ever executed.

Files of public models have several hundred megabytes, so values are read when they are asked for, where the form of
the file allows it.
"""

from __future__ import annotations

import json
import pickle
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from app.training import inert_unpickling, stored_forms, weight_file_kinds
from app.training.folder import ORDER, WEIGHTS
from app.training.stored_forms import TensorSet

_DAMAGED = (
    RuntimeError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    OSError,
    MemoryError,
    struct.error,
)
_DEEPEST = 6  # levels of a checkpoint
_MOST_SETS = 200


class BadWeights(ValueError):
    """A file cannot be used as weights. The message is a sentence that names the file and the remedy."""


class WeightFile:
    """All sets of tensors in a file, by the keys under which they lie; the key of the outermost is empty.

    Use it in a ``with``.

    Raises:
        BadWeights: on opening, if it holds no weights, or something that would have to be run to be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path / WEIGHTS if path.is_dir() else path
        self._files = ExitStack()
        if not self.path.exists():
            what = f"{path} is a folder without {WEIGHTS}" if path.is_dir() else f"There is no file {path}"
            raise BadWeights(f"{what}. Name a file of weights (.pt, .pth, .safetensors, .npz) or the folder of a run.")
        if not self.path.is_file():  # a pipe or a device may never end
            raise BadWeights(f"{self.path} is a device or a pipe. Name a file of weights or the folder of a run.")
        try:
            form = weight_file_kinds.form_of(self.path)
        except weight_file_kinds.NotWeights as strange:
            raise BadWeights(f"{self.path} {strange}") from None
        except OSError as error:
            raise self._unreadable(error) from None
        opened = {"safetensors": self._open_safetensors, "arrays": self._open_arrays}
        stored = opened.get(form, self._open_torch)()
        self.sets: Mapping[str, TensorSet] = {key: stored_forms.as_used(each) for key, each in stored.items()}

    def __enter__(self) -> WeightFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def _open_safetensors(self) -> dict[str, TensorSet]:
        try:
            file = self._files.enter_context(safe_open(self.path, framework="pt"))
            names = list(file.keys())
            order = _order((file.metadata() or {}).get(ORDER), names)
            slices = {name: file.get_slice(name) for name in order or names}
            sizes = {name: tuple(each.get_shape()) for name, each in slices.items()}
            types = {name: _TYPES.get(each.get_dtype(), torch.uint8) for name, each in slices.items()}
        except SafetensorError:
            raise BadWeights(f"{self.path} is damaged or cut off, or is no safetensors file. Fetch it again.") from None
        except OSError as error:
            raise self._unreadable(error) from None
        if not names:
            raise BadWeights(f"{self.path} holds no weights.")
        return {"": TensorSet(sizes, types, file.get_tensor, in_order=order is not None)}

    def _open_torch(self) -> dict[str, TensorSet]:
        try:
            content = inert_unpickling.read(self.path)
        except inert_unpickling.RefusedObject as refused:
            raise BadWeights(
                f"{self.path} holds more than weights: {refused.what[:120]}. Reading that could run code from the "
                "file, so it was not opened. Where it was made, save torch.save(model.state_dict(), file)."
            ) from None
        except (PermissionError, IsADirectoryError) as error:
            raise self._unreadable(error) from None
        except (pickle.UnpicklingError, *_DAMAGED):
            raise BadWeights(f"{self.path} is damaged or cut off, or is no file of torch. Fetch it again.") from None
        sets = dict(_sets(content, "", 0))
        if not sets:
            raise BadWeights(
                f"{self.path} is not a state dict: no weights by name are in it. Save them with "
                "torch.save(model.state_dict(), file)."
            )
        return {key: _as_set(tensors) for key, tensors in sets.items()}

    def _open_arrays(self) -> dict[str, TensorSet]:
        """Arrays by name; those that are no numbers, such as words, are left out."""
        try:
            file = self._files.enter_context(numpy.load(self.path, allow_pickle=False))
            found = {}
            for name in file.files:
                try:
                    values = file[name]
                except ValueError as refused:  # objects of Python, or cut off
                    if "allow_pickle" not in str(refused):
                        raise
                    continue
                if values.dtype in (numpy.longdouble, numpy.clongdouble):  # which torch does not have
                    values = values.astype(numpy.float64 if values.dtype.kind == "f" else numpy.complex128)
                if values.dtype.kind in "fiubc":
                    found[name] = torch.from_numpy(values.astype(values.dtype.newbyteorder("="), order="C"))
        except OSError as error:
            raise self._unreadable(error) from None
        except (zipfile.BadZipFile, zlib.error, *_DAMAGED):
            raise BadWeights(f"{self.path} is damaged or cut off, or is no file of NumPy. Fetch it again.") from None
        if not found:
            raise BadWeights(f"{self.path} holds no arrays of numbers. Save them with numpy.savez(file, **weights).")
        return {"": _as_set(found)}

    def _unreadable(self, error: OSError) -> BadWeights:
        return BadWeights(f"{self.path} cannot be read: {error.strerror or error}.")


_TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "C64": torch.complex64,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "BOOL": torch.bool,
    "U8": torch.uint8,
    "U16": torch.uint16,
    "U32": torch.uint32,
    "U64": torch.uint64,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "F8_E4M3FNUZ": torch.float8_e4m3fnuz,
    "F8_E5M2FNUZ": torch.float8_e5m2fnuz,
    "F8_E8M0": torch.float8_e8m0fnu,
}


def _order(text: str | None, names: list[str]) -> list[str] | None:
    """The order that our own files give, None if there is none or it is not that of these tensors."""
    try:
        order = json.loads(text or "null")
    except (ValueError, RecursionError):
        return None
    if not isinstance(order, list) or not all(isinstance(name, str) for name in order):
        return None
    return order if len(order) == len(names) and set(order) == set(names) else None


def _sets(content: Any, key: str, depth: int) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """The mappings of names to tensors in what a file held, however deep; and several beside each other as one."""
    if isinstance(content, list | tuple) and depth < _DEEPEST and len(content) <= 16:
        content = {str(place): each for place, each in enumerate(content) if isinstance(each, Mapping)}
    if not isinstance(content, Mapping) or depth > _DEEPEST:
        return
    own: dict[str, Tensor] = {}
    below: dict[str, dict[str, Tensor]] = {}
    for name, value in content.items():
        if not isinstance(name, str):
            continue
        tensor = value if isinstance(value, Tensor) else inert_unpickling.as_tensor(value)
        if tensor is not None and _usable(tensor):
            own[name] = tensor
        elif len(below) < _MOST_SETS:
            below |= dict(_sets(value, f"{key}.{name}" if key else name, depth + 1))
    if own:
        yield key, own
    yield from below.items()


def _usable(value: Tensor) -> bool:
    return value.layout == torch.strided and not value.is_meta


def _as_set(tensors: Mapping[str, Tensor]) -> TensorSet:
    def read(name: str) -> Tensor:
        value = tensors[name].detach()
        return value.dequantize() if value.is_quantized else value

    types = {name: torch.float32 if value.is_quantized else value.dtype for name, value in tensors.items()}
    return TensorSet({name: tuple(value.shape) for name, value in tensors.items()}, types, read)
