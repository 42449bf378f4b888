"""A device beside the CPU, for machines without a GPU: torch believes in it, and its numbers lie in main memory.

Importing this gives torch a device ``elsewhere`` (by way of its key for devices of others) and makes the program take
it for the GPU that a recipe asks for. Like a GPU it refuses to compute with tensors of two devices, to hand its numbers
to numpy, and to differentiate recurrent layers that were computed in evaluation mode, as cuDNN does. What it cannot
show: speed, memory, other rounding, and whatever only a real driver does.

It belongs to the whole process and cannot be taken back, so import it only in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import _VF, Tensor
from torch.utils import backend_registration
from torch.utils._pytree import tree_flatten, tree_map

from app.training import loop

NAME = "elsewhere"
CPU = torch.device("cpu")

# A GPU has random numbers of its own; here they are those of the CPU.
_module = SimpleNamespace(
    is_available=lambda: True,
    current_device=lambda: 0,
    _is_in_bad_fork=lambda: False,
    manual_seed_all=lambda seed: None,
    get_rng_state=lambda device=None: torch.get_rng_state(),
    set_rng_state=lambda state, device=None: torch.set_rng_state(state),
)
backend_registration._setup_privateuseone_for_python_backend(NAME, backend_module=_module)
DEVICE = torch.device(NAME, 0)

_aten = torch.ops.aten
# What may read tensors of both sides: copies, lengths given by the CPU, and places in a tensor of the device.
_COPIES = {_aten.copy_.default, _aten._to_copy.default}
_LENGTHS = {
    _aten._ctc_loss.Tensor,
    _aten._ctc_loss_backward.Tensor,
    _aten._pack_padded_sequence.default,
    _aten._pack_padded_sequence_backward.default,
    _aten._pad_packed_sequence.default,
}
# What gives values of the device and lengths on the CPU, as a GPU does.
_PACKED = {_aten._pack_padded_sequence.default, _aten._pad_packed_sequence.default}
_PLACES = {
    _aten.index.Tensor,
    _aten.index_put.default,
    _aten.index_put_.default,
    _aten._index_put_impl_.default,
}
# Where even a single number has to lie with the others.
_JOINED = {_aten.cat.default, _aten.stack.default}


class Elsewhere(Tensor):
    """A tensor on the device. ``here`` holds its numbers."""

    here: Tensor

    @staticmethod
    def __new__(cls, here: Tensor) -> Elsewhere:
        made: Elsewhere = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]  # missing in torch's stubs
            cls,
            here.size(),
            strides=here.stride(),
            storage_offset=here.storage_offset(),
            dtype=here.dtype,
            device=DEVICE,
        )
        made.here = here
        return made

    def __tensor_flatten__(self) -> tuple[list[str], None]:
        return ["here"], None

    @staticmethod
    def __tensor_unflatten__(inner: dict[str, Tensor], *_: object) -> Elsewhere:
        return Elsewhere(inner["here"])

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _compute(func, args, kwargs or {})

    def __repr__(self, **_: object) -> str:  # type: ignore[override]
        return f"Elsewhere({self.here})"

    def tolist(self) -> Any:
        return self.here.tolist()

    def numpy(self, **_: object) -> Any:
        raise TypeError("A tensor of this device is no array. Copy it to the CPU first.")

    __array__ = numpy


def _compute(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    tensors = [value for value in tree_flatten((args, kwargs))[0] if isinstance(value, Tensor)]
    mine = [value for value in tensors if isinstance(value, Elsewhere)]
    # A single number may come from anywhere, as on a GPU.
    others = [value for value in tensors if not isinstance(value, Elsewhere) and (value.dim() or func in _JOINED)]
    allowed = func in _COPIES | _LENGTHS or (func in _PLACES and isinstance(args[0], Elsewhere))
    if mine and others and not allowed:
        raise RuntimeError(f"Expected all tensors to be on the same device, but {func} got two devices.")
    result = func(*tree_map(_here, args), **tree_map(_here, kwargs))
    if func is _aten._local_scalar_dense.default:
        return result
    if func in _PACKED and mine:
        values, lengths = result
        return Elsewhere(values), lengths
    wanted = kwargs.get("device")
    if wanted is not None:
        there = torch.device(wanted).type == NAME
    else:
        there = isinstance(args[0], Elsewhere) if func is _aten.copy_.default else bool(mine)
    known = {id(value.here): value for value in mine}  # what was changed in place is the tensor it was

    def back(value: Any) -> Any:
        if id(value) in known:
            return known[id(value)]
        return Elsewhere(value) if there and isinstance(value, Tensor) else value

    return tree_map(back, result)


def _here(value: Any) -> Any:
    if isinstance(value, Elsewhere):
        return value.here
    return CPU if isinstance(value, torch.device) else value


def _empty(size: Any, dtype: Any = None, memory_format: Any = None, **_: object) -> Elsewhere:
    return Elsewhere(torch.empty(size, dtype=dtype, memory_format=memory_format or torch.contiguous_format))


def _empty_strided(size: Any, stride: Any, dtype: Any = None, **_: object) -> Elsewhere:
    return Elsewhere(torch.empty_strided(size, stride, dtype=dtype))


def _copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    """For ``torch.tensor(..., device=...)``, which looks at no subclass."""
    _here(target).copy_(_here(source))
    return target


_LIBRARY = torch.library.Library("aten", "IMPL")
_LIBRARY.impl("empty.memory_format", _empty, "PrivateUse1")
_LIBRARY.impl("empty_strided", _empty_strided, "PrivateUse1")
_LIBRARY.impl("_copy_from", _copy_from, "PrivateUse1")


class _Sealed(torch.autograd.Function):
    """What was computed in evaluation mode, and keeps nothing for a derivative."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> Any:
        raise RuntimeError("cudnn RNN backward can only be called in training mode")


def _as_one(name: str) -> Callable[..., Any]:
    """A recurrent layer in one piece, as cuDNN computes it. torch would take it to pieces that only CUDA has."""
    plain = getattr(_VF, name)

    def run(x: Tensor, *given: Any) -> Any:
        if not isinstance(x, Elsewhere):
            return plain(x, *given)
        counts = given[: isinstance(given[2], list)]  # of packed steps how many there are, which lie on the CPU
        hidden, weights, *settings = given[len(counts) :]
        if not all(isinstance(value, Elsewhere) for value in tree_flatten((hidden, weights))[0]):
            raise RuntimeError("Input and parameter tensors are not at the same device.")
        training = settings[3]
        there, *others = tree_map(lambda value: value.cpu(), (x, hidden, weights))
        found = plain(there, *counts, *others, *settings)
        moved = [value.to(DEVICE) for value in found]
        return tuple(moved if training else [_Sealed.apply(value) for value in moved])

    return run


def _cell(name: str) -> Callable[..., Any]:
    """One step of a recurrent layer, which torch would give to a kernel that only CUDA has."""
    plain = getattr(_VF, name)

    def run(*given: Any) -> Any:
        mine = [isinstance(value, Elsewhere) for value in tree_flatten(given)[0] if isinstance(value, Tensor)]
        if not any(mine):
            return plain(*given)
        if not all(mine):
            raise RuntimeError("Input and parameter tensors are not at the same device.")
        found = plain(*tree_map(lambda value: value.cpu() if isinstance(value, Tensor) else value, given))
        return tree_map(lambda value: value.to(DEVICE), found)

    return run


for _name in ("lstm_cell", "gru_cell"):
    setattr(_VF, _name, _cell(_name))
for _name in ("lstm", "gru", "rnn_tanh", "rnn_relu"):
    setattr(_VF, _name, _as_one(_name))

torch.cuda.mem_get_info = lambda device=None: (8 << 30, 8 << 30)
torch.cuda.get_rng_state = lambda device="cuda": torch.get_rng_state()
torch.cuda.set_rng_state = lambda state, device="cuda": torch.set_rng_state(state)
torch.cuda.is_initialized = lambda: True
loop.device_for = lambda recipe: CPU if recipe.device == "cpu" else DEVICE
