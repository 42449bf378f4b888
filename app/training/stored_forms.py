"""Weights as they are stored, and as a layer uses them: small numbers with a scale, and weights made of several parts.

Public files keep int8, bool or fp8 numbers whose scale lies beside them, or the parts of a weight norm, a spectral
norm or a pruning. A layer needs their product.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import ceil, prod

import torch
from torch import Tensor

from app.core.compile import later
from app.core.weights.matching import Sizes

# Names of scales, and of what else lies beside numbers that were made smaller.
_SCALES = ("scale_weight", "weight_scale", "weight_scale_inv", "SCB", "weight.SCB", "weight.scale", "weight_scaler")
_ASIDE = ("scale_input", "input_scale", "weight_format", "weight.weight_format", "weight_shape")
_ZERO = "weight_zero_point"
_BLOCK = 128  # rows and columns behind one number of weight_scale_inv
_PLAIN = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128)
_TINY = 1e-12  # torch's own for norms


@dataclass(frozen=True)
class TensorSet:
    """Tensors by name: sizes and types, and values when they are asked for."""

    sizes: Mapping[str, Sizes]
    types: Mapping[str, torch.dtype]
    read: Callable[[str], Tensor]
    notes: tuple[str, ...] = ()
    in_order: bool = False  # in the order in which the layers work
    without_scale: frozenset[str] = field(default_factory=frozenset)


class NoFold(ValueError):
    """Parts do not make a weight."""


def as_used(stored: TensorSet) -> TensorSet:
    """The weights that layers use, in place of the parts and scales that are stored."""
    made: dict[str, tuple[Callable[[], Tensor], Sizes, tuple[str, ...]]] = {}
    notes: dict[str, list[str]] = {}
    for name, values, sizes, parts, how in [*_scaled(stored), *_folded(stored)]:
        made[name] = values, sizes, parts
        notes.setdefault(how, []).append(name)
    gone = {part for _, _, parts in made.values() for part in parts}
    for name in made:
        gone |= {_beside(name, word) for word in (*_ASIDE, _ZERO)}
    instead = {parts[0]: name for name, (_, _, parts) in made.items()}
    sizes_now: dict[str, Sizes] = {}
    for name, sizes in stored.sizes.items():
        if name in instead:
            sizes_now[instead[name]] = made[instead[name]][1]
        elif name not in gone:
            sizes_now[name] = sizes

    halves = _halves(sizes_now)
    if halves:
        notes["left out, because their weights are stored in parts that are not known"] = halves
        sizes_now = {name: sizes for name, sizes in sizes_now.items() if not _is_in(name, halves)}

    def read(name: str) -> Tensor:
        return made[name][0]() if name in made else stored.read(name)

    bare = frozenset(
        name
        for name in sizes_now
        if name not in made and not name.endswith("num_batches_tracked") and stored.types[name] not in _PLAIN
    )
    types = {name: torch.float32 if name in made else stored.types[name] for name in sizes_now}
    said = tuple(f"{how}: {_listed(names)}" for how, names in notes.items())
    return replace(stored, sizes=sizes_now, types=types, read=read, notes=said, without_scale=bare)


def _halves(names: Collection[str]) -> list[str]:
    """Layers of which parts are left that nobody could put together: what else they have is of no use alone."""
    found: dict[str, None] = {}
    for name in names:
        module, mark, _ = f".{name}".partition(".parametrizations.")
        base, _, part = name.rpartition("_")
        if mark:
            found[module.removeprefix(".")] = None
        elif base not in names and (part == "orig" or (part == "g" and f"{base}_v" in names)):
            found[name.rpartition(".")[0]] = None
    return list(found)


def _is_in(name: str, modules: Collection[str]) -> bool:
    module, mark, _ = f".{name}".partition(".parametrizations.")
    return (module.removeprefix(".") if mark else name.rpartition(".")[0]) in modules


_Made = tuple[str, Callable[[], Tensor], Sizes, tuple[str, ...], str]


def _beside(name: str, word: str) -> str:
    module, _, _ = name.rpartition(".")
    return f"{module}.{word}" if module else word


def _scaled(stored: TensorSet) -> Iterator[_Made]:
    for name, sizes in stored.sizes.items():
        if name.rpartition(".")[2] != "weight" or stored.types[name] in _PLAIN:
            continue
        scales = [word for word in _SCALES if _beside(name, word) in stored.sizes]
        if len(scales) != 1:
            continue
        scale = _beside(name, scales[0])
        zero = _beside(name, _ZERO) if _beside(name, _ZERO) in stored.sizes else None
        try:
            for part in (scale, zero):
                if part is not None:
                    later.load_meta_kernels()
                    _spread(torch.empty(stored.sizes[part], device="meta"), sizes, scales[0])
        except NoFold:
            continue

        def read(
            name: str = name, scale: str = scale, word: str = scales[0], sizes: Sizes = sizes, zero: str | None = zero
        ) -> Tensor:
            values = stored.read(name).to(torch.float32)
            if zero is not None:
                values = values - _spread(stored.read(zero).to(torch.float32), sizes, word)
            factor = stored.read(scale).to(torch.float32)
            if word.endswith("SCB"):
                factor = factor / 127
            return values * _spread(factor, sizes, word)

        yield name, read, sizes, (name, scale), "multiplied by the scale beside them"


def _spread(scale: Tensor, sizes: Sizes, word: str) -> Tensor:
    """The scale in a shape that multiplies a weight: one number for all, each row, or each block.

    Raises:
        NoFold: if it is not clear to what the numbers belong.
    """
    if scale.numel() == 1:
        return scale.reshape(())
    if len(sizes) > 0 and scale.numel() == sizes[0] and scale.shape[0] == sizes[0]:
        return scale.reshape(sizes[0], *[1] * (len(sizes) - 1))
    if len(sizes) != scale.ndim:
        raise NoFold
    for dim, (count, size) in enumerate(zip(scale.shape, sizes, strict=True)):
        if word == "weight_scale_inv" and count == ceil(size / _BLOCK):
            block = _BLOCK
        elif count and size % count == 0:
            block = size // count
        else:
            raise NoFold
        scale = scale.repeat_interleave(block, dim).narrow(dim, 0, size)
    return scale


def _folded(stored: TensorSet) -> Iterator[_Made]:
    names = stored.sizes
    for name in names:
        if name.endswith("_g"):
            base = name[:-2]
            yield from _weight_norm(stored, base, name, f"{base}_v")
        elif name.endswith("_orig"):
            base = name.removesuffix("_orig")
            mask, u, v = f"{base}_mask", f"{base}_u", f"{base}_v"
            if base in names or (mask in names and u in names):
                continue
            if mask in names and names[mask] == names[name]:
                yield base, _product(stored, name, mask), names[name], (name, mask), "pruned weights put together"
            elif u in names and v in names:
                yield from _spectral_norm(stored, base, name, u, v)
        elif ".parametrizations." in f".{name}":
            module, _, rest = f".{name}".rpartition(".parametrizations.")
            part, _, last = rest.rpartition(".")
            if not part or "." in part:
                continue
            base = f"{module}.{part}".removeprefix(".")
            own = name.removesuffix(last)
            beside = [other for other in names if other.startswith(own) and other != name]
            if last == "original0" and beside == [f"{own}original1"]:
                yield from _weight_norm(stored, base, name, f"{own}original1")
            elif last == "original" and sorted(beside) == [f"{own}0._u", f"{own}0._v"]:
                yield from _spectral_norm(stored, base, name, f"{own}0._u", f"{own}0._v")


def _product(stored: TensorSet, weight: str, mask: str) -> Callable[[], Tensor]:
    return lambda: stored.read(weight) * stored.read(mask).to(stored.types[weight])


def _weight_norm(stored: TensorSet, base: str, length: str, direction: str) -> Iterator[_Made]:
    g, v = stored.sizes[length], stored.sizes.get(direction)
    if base in stored.sizes or v is None:
        return
    over = tuple(range(len(v)))
    if g not in ((), (1,)) or len(v) <= 1:
        over = tuple(dim for dim, size in enumerate(g) if size == 1) if len(g) == len(v) else ()
        if not over or any(g[dim] not in (1, v[dim]) for dim in range(len(v))):
            return

    def read() -> Tensor:
        along = stored.read(direction).to(torch.float32)
        return along * (stored.read(length).to(torch.float32) / torch.linalg.vector_norm(along, dim=over, keepdim=True))

    yield base, read, v, (direction, length), "weight norm put together"


def _spectral_norm(stored: TensorSet, base: str, weight: str, left: str, right: str) -> Iterator[_Made]:
    sizes = stored.sizes[weight]
    rows, columns = prod(stored.sizes[left]), prod(stored.sizes[right])
    dims = [dim for dim, size in enumerate(sizes) if size == rows and prod(sizes) == rows * columns]
    if base in stored.sizes or not dims:
        return

    def read() -> Tensor:
        values = stored.read(weight).to(torch.float32)
        u, v = (stored.read(part).to(torch.float32) for part in (left, right))
        # Which dimension was made rows is not stored; the pair of vectors belongs to the one that it nearly solves.
        norms = [_along(values, dim) @ v for dim in dims[:2]]
        off = [float((u - product / product.norm().clamp_min(_TINY)).norm()) for product in norms]
        return values / torch.dot(u, norms[off.index(min(off))])

    yield base, read, sizes, (weight, left, right), "spectral norm put together"


def _along(values: Tensor, dim: int) -> Tensor:
    return values.movedim(dim, 0).flatten(1)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
