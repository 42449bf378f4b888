"""Arrays of one file of which a net reads several, such as a picture and a motion, or two pictures to compare."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodes.api import Choice, Feed, Field, File, Guess, NoData, Recognised, Schema, Script, Text, listed
from nodes.reading.array_targets import classes_in, labels_of, targets_of
from nodes.reading.arrays import AUTO, ArrayForm, Classes, Pieces, classes_of, picture_form, scale_param, stamp_of
from nodes.reading.one_look import looked_source
from nodes.reading.roles import role_of
from nodes.reading.stores import Store, Stored, opened

READS = ("x", "x2", "x3")
_HEADS = (b"PK", b"MATLAB 5.0", b"MATLAB 7.3", b"\x89HDF")


@dataclass(frozen=True)
class JoinedArrays:
    """The arrays that are read, each with how it becomes a field, and the target as classes or as numbers."""

    store: Store
    reads: tuple[tuple[Stored, ArrayForm], ...]
    target: Stored | None
    classes: Classes | None
    one_hot: bool
    count: int
    guesses: tuple[Guess, ...]
    left: tuple[str, ...]
    file: str


def look(*, path: str, inputs: str, targets: str, kind: str, scale: str) -> JoinedArrays:
    """A .npz (NumPy), .mat (MATLAB) or .h5 file with up to three arrays that a net reads side by side, x, x2 and x3 in
    the order of their names in inputs, and one that it should tell, y. Each has an entry for each sample. Nothing in a
    file is run."""
    return _found(Path(path), inputs, targets, kind, scale)


def schema_of(found: JoinedArrays) -> Schema:
    """What was understood of the arrays."""
    fields = {name: Field(form.sizes(array.shape[1:])) for name, (array, form) in zip(READS, found.reads)}
    if found.classes is not None:
        fields["y"] = found.classes.field
    elif found.target is not None:
        fields["y"] = Field(tuple(targets_of(found.target.read(), found.count).shape[1:]))
    read = [f"{array.name} as {name}" for name, (array, _) in zip(READS, found.reads)]
    beside = [f"Also in there: {listed(found.left[:5])}"] if found.left else []
    return Schema(
        fields,
        samples=found.count,
        noun=("sample", "samples"),
        guesses=found.guesses,
        remarks=(f"a net reads {listed(read, ' and ')}", *beside),
        skipped=found.store.skipped,
        stamp=stamp_of(found.store.files),
    )


def feed_of(found: JoinedArrays) -> Feed:
    """The arrays as they are stored; those of a batch become numbers.

    Raises:
        ValueError: if the file is damaged, or an array holds no numbers.
        NoData: if arrays are missing, or have another number of samples than the rest.
    """

    def column(array: Stored, form: ArrayForm) -> Pieces:
        return Pieces([array.read()], form, lambda at: f"Number {at:,} of {array.name} in {found.file}")

    fields: dict[str, Any] = {name: column(*read) for name, read in zip(READS, found.reads)}
    if found.target is not None and found.classes is not None:
        fields["y"] = found.classes.codes(labels_of(found.target.read(), found.one_hot, False))
    elif found.target is not None:
        told, name = targets_of(found.target.read(), found.count), found.target.name
        fields["y"] = Pieces([told], ArrayForm(), lambda at: f"Number {at:,} of {name} in {found.file}")
    return Feed(fields)


def script_of(found: JoinedArrays) -> Script:
    """The same arrays, read by the packages themselves."""
    lines = [*found.store.lines, *(f"{name} = {array.text}" for name, (array, _) in zip(READS, found.reads))]
    fields = {name: form.text(name) for name, (_, form) in zip(READS, found.reads)}
    if found.target is not None and found.classes is not None:
        lines.append(f"y = {found.target.text}{'.argmax(1)' if found.one_hot else '.reshape(-1)'}")
        fields["y"] = found.classes.text("y")
    elif found.target is not None:
        shape = targets_of(found.target.read(), found.count).shape
        lines.append(f"y = {found.target.text}.reshape({tuple(shape)})")
        fields["y"] = ArrayForm().text("y")
    return Script(tuple(lines), fields, found.store.imports, "h5py" if "import h5py" in found.store.imports else "")


def recognise(path: Path) -> Recognised | None:
    """A file with two or three arrays to read and one value to tell for each sample, and no others."""
    try:
        with path.open("rb") as file:
            if not file.read(128).startswith(_HEADS) or path.suffix.lower() in (".zip", ".npy"):
                return None
        arrays = opened(path).arrays
    except (OSError, ValueError):
        return None
    single = [name for name, array in arrays.items() if _is_single(array)]
    same = len({array.shape[0] for array in arrays.values()}) == 1
    parts = any(role.part for role in map(role_of, arrays) if role is not None)
    wide = [array for array in arrays.values() if not _is_single(array) and array.dtype.kind in "biuf"]
    fits = same and not parts and len(single) == 1 and len(wide) in (2, 3) and len(wide) + 1 == len(arrays)
    return Recognised({"path": str(path)}, 0.96) if fits else None


def _is_single(array: Stored) -> bool:
    return array.shape[1:] in ((), (1,))


def _found(path: Path, inputs: str, targets: str, kind: str, scale: str) -> JoinedArrays:
    store = opened(path)
    count, _ = Counter(array.shape[0] for array in store.arrays.values()).most_common(1)[0]
    guesses: list[Guess] = []
    told = _told(store, path, targets, inputs.replace(",", " ").split(), count, guesses)
    names = _read(store, path, inputs, told, count, guesses)
    reads = []
    for name in names:
        array = store.arrays[name]
        try:
            form, said = picture_form(array.shape[1:], array.dtype, AUTO, scale)
        except ValueError as reason:
            raise NoData(f"{name} in {path.name} cannot be read. {reason}") from None
        reads.append((array, form))
        guesses += [each for each in said if each.setting == "scale" and scale == AUTO]
    target, classes, one_hot = store.arrays.get(told), None, False
    if target is not None:
        asked: list[Guess] = []
        one_hot, as_classes = classes_in([(target.read(), count)], told, kind, asked)
        guesses += asked
        if as_classes:
            classes = classes_of(labels_of(target.read(), one_hot, False))
        elif target.dtype.kind not in "biuf":
            raise NoData(f"{told} holds texts. Set kind to classes.")
    left = tuple(name for name in store.arrays if name not in (*names, told))
    unique = {guess.setting: guess for guess in reversed(guesses)}
    return JoinedArrays(
        store, tuple(reads), target, classes, one_hot, count, tuple(reversed(unique.values())), left, path.name
    )


def _told(store: Store, path: Path, targets: str, inputs: list[str], count: int, guesses: list[Guess]) -> str:
    """The name of the array that should be told; empty for none."""
    if targets == "none":
        return ""
    if targets:
        return _known(store, path, targets, "targets", count)
    free = {name: each for name, each in store.arrays.items() if name not in inputs and each.shape[0] == count}
    roles = [name for name in free if (role := role_of(name)) is not None and role.kind == "target"]
    single = [name for name, array in free.items() if _is_single(array)]
    told = next(iter([*roles, *single[-1:]]), "")
    choices = (("no targets", "none"), *((name, name) for name in list(free)[:10]))
    said = f"The targets are {told}." if told else "No array is read as targets."
    guesses.append(Guess("targets", said, choices, told or "none"))
    return told


def _read(store: Store, path: Path, inputs: str, told: str, count: int, guesses: list[Guess]) -> list[str]:
    """The names of the arrays that are read, in their order."""
    names = [_known(store, path, each, "inputs", count) for each in inputs.replace(",", " ").split()]
    if not names:
        names = [name for name, array in store.arrays.items() if array.shape[0] == count and name != told]
        names = [name for name in names if store.arrays[name].dtype.kind in "biuf"][: len(READS)]
        whole = " ".join(names)
        choices = ((listed(names, " and "), whole), *((name, name) for name in names))
        guesses.append(Guess("inputs", f"The inputs are {listed(names, ' and ')}.", choices, whole))
    if not names:
        raise NoData(f"{path.name} holds no array of numbers besides the targets. Set targets to none, or add one.")
    if len(names) > len(READS):
        raise NoData(f"{len(names)} arrays are named in inputs, but at most {len(READS)} are read. Name fewer.")
    return names


def _known(store: Store, path: Path, name: str, setting: str, count: int) -> str:
    if name not in store.arrays:
        raise NoData(f"{path.name} has no array {name!r} for {setting}. There are: {listed(list(store.arrays)[:20])}.")
    here = store.arrays[name].shape[0]
    if here != count:
        raise NoData(
            f"{name} in {path.name} has {here:,} samples, and others have {count:,}. Take it out of {setting}, or save "
            "as many of each."
        )
    return name


ARRAYS_TOGETHER = looked_source(
    look,
    id="ArraysTogether",
    name="Several arrays side by side",
    params=[
        File("path", card=True, help="A .npz, .mat or .h5 file whose arrays have an entry for each sample."),
        Text("inputs", help="The arrays that the net reads, up to three, with blanks between; empty: all but targets."),
        Text("targets", help='The array of what it should tell, or "none"; empty: by the names and sizes.'),
        Choice("kind", AUTO, options=(AUTO, "classes", "numbers"), label="kind of targets", help="What targets are."),
        scale_param(),
    ],
    fields=[*READS, "y"],
    schema_of=schema_of,
    feed_of=feed_of,
    script_of=script_of,
    recognise=recognise,
    stem="arrays",
    words=["several", "sensors", "fusion", "pairs", "two inputs", "numpy", "npz", "mat", "hdf5", "own", "data"],
)
