"""Where samples come from when they are asked for: memory, a map of a file, many small files, or a draw.

Nothing here holds more than what was asked for, apart from what a source holds itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from nodes.api.schema import PARTS, Schema, Unreadable

if TYPE_CHECKING:
    from torch import Generator, Tensor


class Column(Protocol):
    """The values of one field, one entry for each sample. One whose attribute ``in_memory`` is true is asked from the
    thread that trains, any other from one that reads ahead."""

    def __len__(self) -> int: ...

    def at(self, index: Tensor) -> Tensor:
        """The values of these samples, in this order: (n, ...)."""
        ...


class Mapped:
    """A column that is read from an array when it is asked for, such as ``numpy.load(file, mmap_mode="r")``: only the
    samples of a batch are read into memory.

    ``convert`` makes of them, (n, ...), what the schema promises, such as ``lambda pixels: pixels.float() / 255``.
    """

    def __init__(self, values: Any, convert: Callable[[Tensor], Tensor] | None = None) -> None:
        self._values = values
        self._convert = convert

    @property
    def arrays(self) -> tuple[Any, ...]:
        """What it is read from."""
        return (self._values,)

    def __len__(self) -> int:
        return len(self._values)

    def at(self, index: Tensor) -> Tensor:
        values = _tensor(self._values[index.numpy()])
        return self._convert(values) if self._convert is not None else values


class Each:
    """A column whose samples are read one by one when they are asked for, as from a file each.

    ``read`` gives the values of the sample with that number, as a tensor or an array, and raises ``Unreadable`` where
    that cannot be read. It is called from several threads at once.
    """

    def __init__(self, count: int, read: Callable[[int], Any], threads: int | None = None) -> None:
        self._count = count
        self._read = read
        self._threads = threads if threads is not None else min(8, os.cpu_count() or 1)

    def __len__(self) -> int:
        return self._count

    def at(self, index: Tensor) -> Tensor:
        import torch

        numbers = index.tolist()
        missing: dict[int, str] = {}

        def read_one(number: int) -> Any:
            try:
                return _tensor(self._read(number))
            except Unreadable as reason:
                missing[number] = str(reason)
                return None

        if self._threads > 1 and len(numbers) > 1:
            from concurrent.futures import ThreadPoolExecutor

            # Threads of this batch alone: they take half a millisecond, and none is left when the data is let go.
            with ThreadPoolExecutor(min(self._threads, len(numbers)), "samples") as pool:
                read = list(pool.map(read_one, numbers))
        else:
            read = [read_one(number) for number in numbers]
        if missing:
            first = next(number for number in numbers if number in missing)
            raise Unreadable(missing[first], missing)
        values = [each for each in read if each is not None]
        for number, each in zip(numbers, values):
            if each.shape != values[0].shape or each.dtype != values[0].dtype:
                raise ValueError(
                    f"Sample {number:,} is {tuple(each.shape)} of {each.dtype}, and sample {numbers[0]:,} is "
                    f"{tuple(values[0].shape)} of {values[0].dtype}."
                )
        return torch.stack(values)


class Trim(NamedTuple):
    """How far the sequences of ``fields`` are padded for each sample (n,), where samples of like length are trained
    together; ``before`` says where the padding stands."""

    fields: tuple[str, ...]
    sizes: Tensor
    before: bool


class Feed:
    """The samples of one source, by index.

    Args:
        fields: a column by the name of each output: a tensor that holds all of it, an array that may be a map of a
            file, or a ``Column``. All are equally long. Tensors are shared by everyone who loads the same data, so
            nobody may write into them.
        parts: the indices of the samples in each part that the data brings itself, by the names of PARTS. Samples of
            ``test`` are never trained on.
        groups: a whole number for each sample (n,); those of one group are never in two parts.
        name_of: what a sample is called, such as its file's name below the folder, or ``row 17``.

    Raises:
        ValueError: for columns of different length, or a part that does not exist.
    """

    length: int | None
    excluded: Tensor | None = None  # the numbers of samples that the student has left out, sorted
    relabelled: Mapping[str, tuple[Tensor, Tensor]] = MappingProxyType({})  # by field: numbers and classes
    files: tuple[tuple[str, int, int], ...] = ()  # that it is read from: path, size and time when it was loaded
    folders: tuple[str, ...] = ()  # that its files lie in
    notes: Mapping[int, str] = MappingProxyType(
        {}
    )  # by number of a sample: what is odd about it, though it can be used
    trims: tuple[Trim, ...] = ()  # where samples of like length are trained together
    remarks: tuple[str, ...] = ()  # what to tell whoever trains on it
    schema: Schema | None = None  # what was said of it beforehand; whoever loads it writes it down here

    def __init__(
        self,
        fields: Mapping[str, Any],
        parts: Mapping[str, Any] | None = None,
        *,
        groups: Any = None,
        name_of: Callable[[int], str] | None = None,
    ) -> None:
        self.groups = groups
        self._name_of = name_of
        self.fields: Mapping[str, Any] = {name: _column(values) for name, values in fields.items()}
        lengths = {len(column) for column in self.fields.values()}
        if len(lengths) != 1:
            raise ValueError(f"The fields of a data set must be equally long, but have {sorted(lengths)} samples.")
        (self.length,) = lengths
        self.parts = dict(parts or {})
        for name in self.parts:
            if name not in PARTS:
                raise ValueError(f"Data has the parts {', '.join(PARTS)}, not {name}.")

    def name_of(self, number: int) -> str:
        """What the sample with this number is called."""
        return self._name_of(number) if self._name_of is not None else f"sample {number + 1:,}"

    @property
    def mapped_files(self) -> tuple[str, ...]:
        """The files that are mapped into memory: whoever reads such a map behind the end of its file is ended by the
        system, so they are asked for before each batch."""
        arrays = (array for column in self.fields.values() for array in getattr(column, "arrays", ()))
        return tuple(dict.fromkeys(name for array in arrays if (name := _file_of(array))))

    def at(self, index: Tensor, generator: Generator | None, names: Sequence[str]) -> Mapping[str, Tensor]:
        """The fields ``names`` of these samples, each (n, ...). Where they are drawn, ``generator`` makes them."""
        chosen = {name: self.fields[name] for name in names if name in self.fields}
        return {
            name: column.at(index) if hasattr(column, "at") else column.index_select(0, index)
            for name, column in chosen.items()
        }


class Drawn(Feed):
    """Samples without an end, drawn anew for each batch: ``draw(count, generator)`` gives the fields of as many.

    The same generator gives the same samples. It is one of the CPU, so that they are the same on every device.
    """

    def __init__(self, draw: Callable[[int, Generator], Mapping[str, Tensor]]) -> None:
        self.fields = {}
        self.length = None
        self.parts = {}
        self.groups = None
        self._name_of = None
        self._draw = draw

    def at(self, index: Tensor, generator: Generator | None, names: Sequence[str]) -> Mapping[str, Tensor]:
        assert generator is not None, "what is drawn needs numbers to draw from"
        return self._draw(len(index), generator)


def _column(values: Any) -> Any:
    """A tensor or column as it is, an array in memory as a tensor, any other as one that is read bit by bit."""
    if hasattr(values, "at") or hasattr(values, "index_select"):
        return values
    if type(values).__name__ == "ndarray":  # and not a memmap, which only looks like one
        return _tensor(values)
    return Mapped(values)


def _file_of(array: Any) -> str:
    """The file that an array is a map of, also as a part of it or in another form; empty if it lies in memory."""
    while array is not None:
        if getattr(array, "filename", None):
            return os.path.abspath(array.filename)
        array = getattr(array, "base", None)
    return ""


def _tensor(values: Any) -> Tensor:
    """An array as a tensor, in the byte order of this machine, which is the only one that torch reads."""
    import numpy
    import torch

    if isinstance(values, torch.Tensor):
        return values
    array = numpy.asarray(values)
    return torch.as_tensor(numpy.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")))
