"""Arrays as NumPy, MATLAB and HDF5 store them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodes.api import (
    Choice,
    Feed,
    Field,
    File,
    Guess,
    NoData,
    Recognised,
    Schema,
    Script,
    Text,
    listed,
    sentence_case,
    source,
    times,
)
from nodes.reading.array_folders import is_store, store_at
from nodes.reading.array_targets import classes_in, labels_in, labels_of, targets_of
from nodes.reading.arrays import (
    AUTO,
    LAYOUTS,
    ArrayForm,
    Classes,
    Pieces,
    classes_of,
    counts_of,
    parts_of,
    picture_form,
    scale_param,
    settled_scale,
    stamp_of,
)
from nodes.reading.folder_names import names_in
from nodes.reading.roles import paired, role_of
from nodes.reading.stores import Store, Stored, opened

TOKENS = 1_000_000


@dataclass(frozen=True)
class FoundArrays:
    """What is read: the arrays of each part with where their samples lie, and how inputs and targets become fields."""

    store: Store
    pairs: tuple[tuple[Stored, Stored | None, str, int], ...]  # inputs, targets, part, samples
    last: bool  # samples lie along the last axis
    sizes: tuple[int, ...]
    form: ArrayForm
    tokens: int
    classes: Classes | None
    target: ArrayForm | None
    target_sizes: tuple[int, ...]
    ten_is_zero: bool
    one_hot: bool
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]

    @property
    def counts(self) -> list[tuple[str, int]]:
        return [(part, count) for _, _, part, count in self.pairs]

    @property
    def groups(self) -> list[Stored]:
        """What holds the samples of each part together; empty where nothing does."""
        names = [f"{part}/{self.store.groups}".lstrip("/") for _, _, part, _ in self.pairs] if self.store.groups else []
        return [self.store.arrays[name] for name in names]


def describe(
    *, path: str, inputs: str, targets: str, axis: str, layout: str, scale: str, kind: str, values: str, zero: str
) -> Schema:
    """Arrays in .npy and .npz (NumPy), .mat (MATLAB, also 7.3) and .h5 files, or a folder of such files: one for each
    class or each part. Also numbers in X_train.txt and y_train.txt, and labelled series in .ts and _TRAIN.tsv. What x
    and y are is told from the names, such as x_train and y_test, and can be chosen. Nothing in a file is run."""
    found = _found(Path(path), inputs, targets, axis, layout, scale, kind, values, zero)
    sizes = found.form.sizes(found.sizes)
    names = found.store.names.get(last_word(found.pairs[0][0].name), ())
    names = names if sizes and len(names) == sizes[-1] else ()
    fields = {"x": Field(found.sizes, "int", found.tokens) if found.tokens else Field(sizes, names=names)}
    if found.classes is not None:
        fields["y"] = found.classes.field
    elif found.target is not None:
        labels = found.target.dtype == "int"
        fields["y"] = Field(found.target_sizes, found.target.dtype, 2 if labels else ())
    pictures = len(fields["x"].sizes) == 3 and fields["x"].sizes[0] in (1, 3, 4)
    return Schema(
        fields,
        samples=sum(count for _, count in found.counts),
        parts=counts_of(found.counts),
        noun=("picture", "pictures") if pictures else ("sample", "samples"),
        guesses=found.guesses,
        remarks=found.remarks,
        skipped=found.store.skipped,
        groups=found.store.groups,
        stamp=stamp_of(found.store.files),
        settled=settled_scale(scale, found.pairs[0][0].dtype, fields["x"].sizes),
    )


def load(
    *, path: str, inputs: str, targets: str, axis: str, layout: str, scale: str, kind: str, values: str, zero: str
) -> Feed:
    """Arrays stay as they are stored: .npy in its file, others in memory. Those of a batch become numbers.

    Raises:
        ValueError: if a file is damaged, or arrays do not fit each other.
        NoData: if there is nothing that can be read.
    """
    import numpy
    import torch

    found = _found(Path(path), inputs, targets, axis, layout, scale, kind, values, zero)
    pieces = [_rows(array.read(), found.last) for array, _, _, _ in found.pairs]
    names = [(array.name, count) for array, _, _, count in found.pairs]

    def name_of(number: int) -> str:
        start = 0
        for name, count in names:
            if number < start + count:
                return f"number {number - start:,} of {name}"
            start += count
        raise IndexError(number)

    def called(number: int) -> str:
        return f"{sentence_case(name_of(number))} in {Path(path).name}"

    fields: dict[str, Any] = {"x": Pieces(pieces, found.form, called)}
    stored = [(target.read(), count) for _, target, _, count in found.pairs if target is not None]
    if found.classes is not None:
        labels = numpy.concatenate([labels_of(each, found.one_hot, found.ten_is_zero) for each, _ in stored])
        fields["y"] = found.classes.codes(labels)
    elif found.target is not None:
        fields["y"] = torch.cat([found.target(targets_of(each, count)) for each, count in stored])
        if not fields["y"].isfinite().all():
            fields["y"] = Pieces(
                [fields["y"].numpy()], found.target, lambda n: f"The target of {name_of(n)} in {Path(path).name}"
            )
    groups = [group.read() for group in found.groups]
    return Feed(
        fields,
        parts_of(found.counts)[0],
        groups=torch.from_numpy(numpy.concatenate(groups).astype("int64")) if groups else None,
        name_of=name_of,
    )


def script(
    *, path: str, inputs: str, targets: str, axis: str, layout: str, scale: str, kind: str, values: str, zero: str
) -> Script:
    """The same arrays, read by the packages themselves."""
    found = _found(Path(path), inputs, targets, axis, layout, scale, kind, values, zero)

    def joined(each: list[str]) -> str:
        return each[0] if len(each) == 1 else f"numpy.concatenate([{', '.join(each)}])"

    moved = "numpy.moveaxis({}, -1, 0)" if found.last else "{}"
    lines = [*found.store.lines, f"x = {joined([moved.format(array.text) for array, _, _, _ in found.pairs])}"]
    fields = {"x": found.form.text("x")}
    stored = [(target, count) for _, target, _, count in found.pairs if target is not None]
    if found.classes is not None:
        taken = ".argmax(1)" if found.one_hot else ".reshape(-1)"
        lines.append(f"y = {joined([target.text + taken for target, _ in stored])}")
        if found.ten_is_zero:
            lines.append("y = y % 10")
        fields["y"] = found.classes.text("y")
    elif found.target is not None:
        shaped = [f"{target.text}.reshape({(count, *found.target_sizes)})" for target, count in stored]
        lines.append(f"y = {joined(shaped)}")
        fields["y"] = found.target.text("y")
    groups = [f"torch.from_numpy({group.text})" for group in found.groups]
    if groups:
        lines.append(f"groups = torch.cat([{', '.join(groups)}])")
    package = "h5py" if "import h5py" in found.store.imports else ""
    parts = parts_of(found.counts)[1]
    return Script(tuple(lines), fields, found.store.imports, package, parts, "groups" if groups else "")


def recognise(path: Path) -> Recognised | None:
    """Files by their first bytes; a folder by files that belong together."""
    if is_store(path):
        return Recognised({"path": str(path)}, 0.96)
    if path.is_dir():
        some = [name for name, is_folder in names_in(path) if name.endswith(".npy") and not is_folder][:200]
        return Recognised({"path": str(path)}, 0.7) if any(role_of(name[:-4]) for name in some) else None
    try:
        with path.open("rb") as file:
            head = file.read(128)
    except OSError:
        return None
    known = head.startswith((b"\x93NUMPY", b"MATLAB 5.0", b"MATLAB 7.3", b"\x89HDF"))
    known = known or (head.startswith(b"PK") and path.suffix.lower() == ".npz")
    return Recognised({"path": str(path)}, 0.95) if known else None


def _found(
    path: Path, inputs: str, targets: str, axis: str, layout: str, scale: str, kind: str, values: str, zero: str
) -> FoundArrays:
    store = store_at(path, (inputs, targets))
    if path.suffix.lower() == ".npy" and path.is_file():
        store = _beside(path, store)
    guesses: list[Guess] = []
    chosen = _chosen(store, path, inputs, targets, guesses)
    pairs, last = _along(chosen, axis, store.matlab, guesses)
    first = pairs[0][0]
    sizes = first.shape[:-1] if last else first.shape[1:]
    for other, _, _, _ in pairs[1:]:
        theirs = other.shape[:-1] if last else other.shape[1:]
        if theirs != sizes or other.dtype != first.dtype:
            raise ValueError(
                f"The samples of {other.name} are {times(theirs)} of {other.dtype}, those of {first.name} "
                f"{times(sizes)} of {first.dtype}. Name one of them in inputs."
            )
    form, said = picture_form(sizes, first.dtype, layout, scale)
    tokens = 0
    if first.dtype.kind in "iu" and first.dtype != "uint8" and len(sizes) <= 1:
        if values == "tokens":
            form, said = ArrayForm("int"), ()
            tokens = _tokens(pairs, last)
        elif values == AUTO:
            choices = (("numbers", "numbers"), ("tokens, for an embedding", "tokens"))
            guesses.append(
                Guess("values", f"The whole numbers of {first.name} are read as numbers.", choices, "numbers")
            )
    elif values == "tokens":
        raise NoData(f"{first.name} is {times(sizes)} of {first.dtype}, which are no tokens. Set values to numbers.")
    guesses += said
    used = {array.name for pair in pairs for array in pair[:2] if array is not None}
    hidden = [x for x, y, _ in paired(store.arrays) if not y and x not in used] if not inputs and not targets else []
    asked = {name for name in store.arrays if last_word(name) in (store.groups, *(word for _, word in store.asks))}
    others = [name for name in store.arrays if name not in used and name not in hidden and name not in asked]
    others = [] if store.pairs else others
    remarks = list(store.remarks)
    remarks += [f"Also in there: {listed(others[:5])}{' and more' if len(others) > 5 else ''}"] if others else []
    remarks += [f"The array {name} has no labels, so it is left out: it is for Predict" for name in hidden]
    read = [(target.read(), count) for _, target, _, count in pairs if target is not None]
    if not read:
        return FoundArrays(
            store, tuple(pairs), last, sizes, form, tokens, None, None, (), False, False, tuple(guesses), tuple(remarks)
        )
    name = next(target.name for _, target, _, _ in pairs if target is not None)
    one_hot, as_classes = classes_in(read, name, kind, guesses)
    if not as_classes:
        shape = targets_of(*read[0]).shape[1:]
        for each, count in read:
            if each.dtype.kind not in "biuf":
                raise NoData(f"{name} holds texts. Set kind to classes.")
            if targets_of(each, count).shape[1:] != shape:
                raise ValueError("The targets of the parts have different sizes. Name one of them in targets.")
        several = labels_in([targets_of(each, count) for each, count in read], name, kind, guesses)
        return FoundArrays(
            store,
            tuple(pairs),
            last,
            sizes,
            form,
            tokens,
            None,
            ArrayForm("int" if several else "float"),
            shape,
            False,
            False,
            tuple(guesses),
            tuple(remarks),
        )
    import numpy

    labels = numpy.concatenate([labels_of(each, one_hot, False) for each, _ in read])
    ten = bool(store.matlab and labels.dtype.kind in "iuf" and set(numpy.unique(labels)) == set(range(1, 11)))
    if zero == AUTO and ten:
        choices = (("10 is the digit 0", "10 is 0"), ("ten is a class of its own", "as stored"))
        guesses.append(Guess("zero", "Label 10 is read as the digit 0, as MATLAB counts from 1.", choices, "10 is 0"))
    ten = (ten and zero == AUTO) or (zero == "10 is 0" and labels.dtype.kind in "iuf")
    classes = classes_of(labels % 10 if ten else labels, store.words, 1)
    return FoundArrays(
        store, tuple(pairs), last, sizes, form, tokens, classes, None, (), ten, one_hot, tuple(guesses), tuple(remarks)
    )


def _beside(path: Path, store: Store) -> Store:
    """A file called ``x_train.npy`` brings ``y_train.npy`` and ``x_test.npy`` along; one of another name is alone."""
    role = role_of(path.stem)
    if role is None:
        return store
    every = []
    for each in [path.parent / name for name, _ in names_in(path.parent) if name.endswith(".npy")][:200]:
        other = role_of(each.stem)
        if each == path or (other is not None and (other.kind != role.kind or other.part != role.part)):
            every.append(each)
    arrays: dict[str, Stored] = {}
    files: list[Path] = []
    for file in every:
        try:
            one = opened(file)
        except ValueError:
            if file == path:
                raise
            continue
        arrays |= one.arrays
        files.append(file)
    return Store(arrays, tuple(files))


def _chosen(
    store: Store, path: Path, inputs: str, targets: str, guesses: list[Guess]
) -> list[tuple[Stored, Stored | None, str]]:
    """Inputs and targets of each part, by their names or by the settings."""
    arrays = store.arrays
    for setting, name in (("inputs", inputs), ("targets", targets)):
        if name and name not in arrays and name not in ("none", *(word for _, word in store.asks)):
            raise NoData(f"{path.name} has no array {name!r} for {setting}. There are: {', '.join(list(arrays)[:20])}.")
    if store.asks:
        chosen = inputs or store.asks[0][1]
        label = next((label for label, word in store.asks if word == chosen), chosen)
        guesses.append(Guess("inputs", f"The inputs are {label}.", store.asks, chosen))
        others = [word for _, word in store.asks if word != chosen]
        guessed, inputs = paired([name for name in arrays if last_word(name) not in others]), ""
    else:
        guessed = list(store.pairs) or paired(arrays)
    if (store.asks or store.pairs) and not inputs and targets in ("", "none"):
        named = [(x, "" if targets else y, part) for x, y, part in guessed]
    elif inputs or targets:
        first = inputs or guessed[0][0]
        other = targets or next((y for x, y, _ in guessed if x == first), "")
        named = [(first, "" if other in ("none", first) else other, "")]
    else:
        named = guessed
        nameless = len(arrays) == 2 and not named[0][1]
        if nameless:
            named = _by_shape(arrays) or named
        if len(arrays) > 2 * len(named) or nameless:
            choices = tuple((name, name) for name in list(arrays)[:10])
            guesses.append(Guess("inputs", f"The inputs are {named[0][0]}.", choices, named[0][0]))
            none = (("no targets", "none"),)
            said = f"The targets are {named[0][1]}." if named[0][1] else "No array is read as targets."
            guesses.append(Guess("targets", said, (*none, *choices), named[0][1] or "none"))
    if any(y for _, y, _ in named):
        named = [entry for entry in named if entry[1]]  # without the test part of a contest, whose labels are hidden
    return [(arrays[x], arrays[y] if y else None, part) for x, y, part in named]


def last_word(name: str) -> str:
    """Of the name of an array what stands behind its part, as ``x`` of ``train/x``."""
    return name.rpartition("/")[2]


def _by_shape(arrays: Mapping[str, Stored]) -> list[tuple[str, str, str]]:
    """Which of two arrays whose names say nothing is the target: the one with a single value for each row of the other.
    Nothing if that is neither."""
    first, second = arrays
    for x, y in ((first, second), (second, first)):
        rows, single = arrays[x].shape, arrays[y].shape
        if len(rows) > 1 and rows[1:] != (1,) and single in ((rows[0],), (rows[0], 1)):
            return [(x, y, "")]
    return []


def _along(
    chosen: list[tuple[Stored, Stored | None, str]], axis: str, matlab: bool, guesses: list[Guess]
) -> tuple[list[tuple[Stored, Stored | None, str, int]], bool]:
    """How many samples each part has, and whether they lie along the last axis.

    Raises:
        NoData: if inputs and targets are of different number.
    """
    first, target, _ = chosen[0]
    last = axis == "last"
    if axis == AUTO and first.shape[0] != first.shape[-1]:
        if target is not None:
            last = first.shape[0] not in target.shape and first.shape[-1] in target.shape
            last = last and (matlab or len(first.shape) == 4)  # in numpy, other lengths are rather a mistake
        else:
            last = matlab and len(first.shape) == 4 and first.shape[2] in (1, 3, 4)
        if last:
            choices = (("along the last axis", "last"), ("along the first axis", "first"))
            said = f"{first.name} is {times(first.shape)}: its samples are read along the last axis."
            guesses.append(Guess("axis", said, choices, "last"))
    pairs = []
    for array, labels, part in chosen:
        count = array.shape[-1 if last else 0]
        if labels is not None and count != labels.shape[0] and (1, count) != labels.shape:
            ways: tuple[tuple[str, str, str], ...] = ((f"read {array.name} alone", "targets", "none"),)
            if axis == AUTO and array.shape[-1] in (labels.shape[0], labels.shape[-1]):
                ways = (("samples along the last axis", "axis", "last"), *ways)
            raise NoData(
                f"{array.name} has {count:,} samples ({times(array.shape)}) and {labels.name} {labels.shape[0]:,} "
                f"({times(labels.shape)}). Choose arrays that belong together, or the axis of the samples.",
                choices=ways,
            )
        pairs.append((array, labels, part, count))
    return pairs, last


def _tokens(pairs: list[tuple[Stored, Stored | None, str, int]], last: bool) -> int:
    """How many different tokens there may be: from 0 to the highest."""
    import numpy

    lowest = highest = 0
    for array, _, _, _ in pairs:
        read = _rows(array.read(), last)
        for start in range(0, len(read), 65_536):
            piece = numpy.asarray(read[numpy.arange(start, min(start + 65_536, len(read)))])
            lowest, highest = min(lowest, int(piece.min())), max(highest, int(piece.max()))
    if lowest < 0 or highest >= TOKENS:
        raise NoData(
            f"Tokens go from 0 to {TOKENS - 1:,}, but there are {lowest:,} to {highest:,}. Read them as numbers."
        )
    return highest + 1


def _rows(values: Any, last: bool) -> Any:
    import numpy

    return numpy.moveaxis(values, -1, 0) if last else values


ARRAYS = source(
    id="ArrayFiles",
    name="Arrays (npz, npy, mat)",
    params=[
        File("path", card=True, label="file or folder", help="A .npz, .npy, .mat, .h5 or .ts file, or a folder."),
        Text("inputs", help="The array that the net reads; empty: by the names."),
        Text("targets", help='The array of what it should tell, or "none"; empty: by the names.'),
        Choice(
            "axis", AUTO, options=(AUTO, "first", "last"), label="axis of samples", help="MATLAB often has it last."
        ),
        Choice("layout", AUTO, options=LAYOUTS, help="Where the colours of pictures are."),
        scale_param(),
        Choice("kind", AUTO, options=(AUTO, "classes", "numbers"), label="kind of targets", help="What targets are."),
        Choice(
            "values",
            AUTO,
            options=(AUTO, "numbers", "tokens"),
            label="kind of inputs",
            help="Whole numbers may be tokens, which go into an embedding.",
        ),
        Choice("zero", AUTO, options=(AUTO, "10 is 0", "as stored"), help="MATLAB often stores the digit 0 as 10."),
    ],
    fields=["x", "y"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    stem="arrays",
    words=["numpy", "npz", "npy", "matlab", "mat", "hdf5", "svhn", "data"],
)
