"""Reads files of weights: torch's ``.pt`` and ``.pth``, and safetensors. Nothing in a file is ever executed.

Files of public models have several hundred megabytes, so values are read when they are asked for, where the form of
the file allows it.
"""

from __future__ import annotations

import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from app.core.weights.matching import Sizes
from app.training.folder import WEIGHTS

# Where checkpoints of training programs keep the weights beside other things.
INSIDE = ("state_dict", "model_state_dict", "model", "net", "weights")
WRAPPED = "module."  # put before each name by DataParallel
_DAMAGED = (RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, OSError, struct.error)


class BadWeights(ValueError):
    """A file cannot be used as weights. The message is a sentence that names the file and the remedy."""


class WeightFile:
    """The tensors of a file by name, with their sizes, in the order of the file. Use it in a ``with``.

    Raises:
        BadWeights: on opening, if it holds no weights, or something that would have to be run to be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path / WEIGHTS if path.is_dir() else path
        self._files = ExitStack()
        self.sizes: Mapping[str, Sizes] = {}
        self._read: Callable[[str], Tensor] = self._nothing
        if not self.path.exists():
            what = f"{path} is a folder without {WEIGHTS}" if path.is_dir() else f"There is no file {path}"
            raise BadWeights(f"{what}. Name a file of weights (.pt, .pth, .safetensors) or the folder of a run.")
        if not self.path.is_file():  # a pipe or a device may never end
            raise BadWeights(f"{self.path} is a device or a pipe. Name a file of weights or the folder of a run.")
        (self._open_safetensors if self.path.suffix == ".safetensors" else self._open_torch)()

    def __enter__(self) -> WeightFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def tensor(self, name: str) -> Tensor:
        """The values of one tensor."""
        return self._read(name)

    def _nothing(self, name: str) -> Tensor:
        raise KeyError(name)

    def _open_safetensors(self) -> None:
        try:
            file = self._files.enter_context(safe_open(self.path, framework="pt"))
            names = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  no dict
        except SafetensorError:
            raise BadWeights(f"{self.path} is damaged or cut off, or is no safetensors file. Fetch it again.") from None
        except OSError as error:
            raise self._unreadable(error) from None
        if not names:
            raise BadWeights(f"{self.path} holds no weights.")
        self.sizes, self._read = names, file.get_tensor

    def _open_torch(self) -> None:
        content = self._loaded()
        tensors = _tensors(content)
        if not tensors:
            raise BadWeights(
                f"{self.path} is not a state dict: no weights by name are in it. Save them with "
                "torch.save(model.state_dict(), file)."
            )
        self.sizes = {name: tuple(value.shape) for name, value in tensors.items()}
        self._read = tensors.__getitem__

    def _loaded(self) -> Any:
        try:
            # Mapped into memory, values are read when they are copied; the form before torch 1.6 cannot be mapped.
            mapped = zipfile.is_zipfile(self.path)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about forms that it may not read; if so, it says that as an error
                return torch.load(self.path, map_location="cpu", weights_only=True, mmap=mapped)
        except pickle.UnpicklingError as error:
            if "weights_only" in str(error).lower() or "unsupported" in str(error).lower():
                raise BadWeights(
                    f"{self.path} holds more than weights, such as a whole model as a program object. Reading that "
                    "would run code from the file, so it was not opened. Save torch.save(model.state_dict(), file)."
                ) from None
            raise self._damaged() from None
        except (PermissionError, IsADirectoryError) as error:
            raise self._unreadable(error) from None
        except _DAMAGED:
            raise self._damaged() from None

    def _damaged(self) -> BadWeights:
        return BadWeights(f"{self.path} is damaged or cut off, or is no file of torch. Fetch it again.")

    def _unreadable(self, error: OSError) -> BadWeights:
        return BadWeights(f"{self.path} cannot be read: {error.strerror or error}.")


def _tensors(content: Any) -> dict[str, Tensor]:
    """The named tensors in what a file held, also one level inside a checkpoint."""
    if not isinstance(content, Mapping):
        return {}
    found = {name: value for name, value in content.items() if isinstance(name, str) and _usable(value)}
    if not found:
        for key in INSIDE:
            found = _tensors(content[key]) if isinstance(content.get(key), Mapping) else {}
            if found:
                break
    if found and all(name.startswith(WRAPPED) for name in found):
        return {name.removeprefix(WRAPPED): value for name, value in found.items()}
    return found


def _usable(value: object) -> bool:
    return isinstance(value, Tensor) and value.layout == torch.strided and not value.is_quantized and not value.is_meta
