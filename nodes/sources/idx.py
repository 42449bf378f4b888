"""Files in the IDX format: MNIST, Fashion-MNIST, EMNIST, KMNIST and whatever else is stored that way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodes.api import Choice, Feed, Field, File, Guess, NoData, Recognised, Schema, Script, Text, source, times
from nodes.reading.arrays import (
    AUTO,
    PICTURES,
    ArrayForm,
    Classes,
    Pieces,
    classes_of,
    counts_of,
    head_of,
    parts_of,
    picture_form,
    scale_param,
    settled_scale,
    stamp_of,
)
from nodes.reading.idx_files import (
    KINDS,
    IdxFile,
    damaged_files,
    files_beside,
    idx_file,
    idx_files,
    stored_samples,
    values_of,
)
from nodes.reading.known_words import WORDS, known_by_labels, known_by_name
from nodes.reading.unpacking import reading_packed, recognising_packed

ORDER = ("train", "validation", "test", "")
NUMBERS = "numbers"
USE = (("use what is there", "incomplete", "use what is there"),)
SETS = tuple(name for name in WORDS if name not in ("CIFAR-10", "FER2013", "house numbers"))


@dataclass(frozen=True)
class FoundIdxFiles:
    """The files of one collection that are read, part by part, each with the labels beside it."""

    pairs: tuple[tuple[IdxFile, IdxFile | None, int], ...]  # pictures, labels, number of samples
    root: Path
    form: ArrayForm
    classes: Classes | None
    target: ArrayForm | None  # of labels that are no classes
    sizes: tuple[int, ...]
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]

    @property
    def counts(self) -> list[tuple[str, int]]:
        return [(pictures.part, count) for pictures, _, count in self.pairs]


@reading_packed
def describe(*, path: str, collection: str, part: str, upright: str, words: str, scale: str, incomplete: str) -> Schema:
    """Pictures and labels in the IDX format of MNIST, Fashion-MNIST, EMNIST and KMNIST, gzipped or not. Choose their
    folder, or one file of pictures; the labels are found beside it by their name."""
    import numpy

    found = _found(Path(path), collection, part, upright, words, scale, incomplete)
    fields = {"image": Field(found.form.sizes(found.sizes))}
    labels = found.pairs[0][1]
    if found.classes is not None:
        fields["label"] = found.classes.field
    elif found.target is not None and labels is not None:
        fields["label"] = Field(found.target.sizes(labels.sizes[1:]))
    files = [file.path for pictures, labels, _ in found.pairs for file in (pictures, labels) if file is not None]
    return Schema(
        fields,
        samples=sum(count for _, count in found.counts),
        parts=counts_of(found.counts),
        noun=PICTURES if len(fields["image"].sizes) > 2 else ("sample", "samples"),
        guesses=found.guesses,
        remarks=found.remarks,
        stamp=stamp_of(files),
        settled=settled_scale(scale, numpy.dtype(KINDS[found.pairs[0][0].code]), fields["image"].sizes),
    )


@reading_packed
def load(*, path: str, collection: str, part: str, upright: str, words: str, scale: str, incomplete: str) -> Feed:
    """Bytes stay bytes in memory, or in the file where it is not packed; those of a batch become numbers.

    Raises:
        ValueError: if a file is damaged or does not fit the others.
        NoData: if there is none.
    """
    import numpy
    import torch

    found = _found(Path(path), collection, part, upright, words, scale, incomplete)
    fields: dict[str, Any] = {
        "image": Pieces([values_of(pictures, count) for pictures, _, count in found.pairs], found.form)
    }
    pieces = [values_of(labels, count) for _, labels, count in found.pairs if labels is not None]
    if found.classes is not None:
        fields["label"] = found.classes.codes(numpy.concatenate([_first_column(piece) for piece in pieces]))
    elif found.target is not None:
        fields["label"] = torch.cat([found.target(piece) for piece in pieces])
    named = [(pictures.path.name, count) for pictures, _, count in found.pairs]

    def name_of(number: int) -> str:
        start = 0
        for name, count in named:
            if number < start + count:
                return f"picture {number - start + 1:,} of {name}"
            start += count
        raise IndexError(number)

    return Feed(fields, parts_of(found.counts)[0], name_of=name_of)


@reading_packed
def script(*, path: str, collection: str, part: str, upright: str, words: str, scale: str, incomplete: str) -> Script:
    """A reader of the format in ten lines, and the same conversions."""
    found = _found(Path(path), collection, part, upright, words, scale, incomplete)
    kinds = ", ".join(f'{code}: "{kind}"' for code, kind in KINDS.items())
    lines = [
        "def read_idx(path, count):",
        '    with open(path, "rb") as file:',
        '        packed = file.read(2) == b"\\x1f\\x8b"',
        '    with (gzip.open if packed else open)(path, "rb") as file:',
        "        head = file.read(4)",
        '        sizes = struct.unpack(f">{head[3]}I", file.read(4 * head[3]))',
        f"        kind = numpy.dtype({{{kinds}}}[head[2]])",
        "        values = file.read(count * math.prod(sizes[1:]) * kind.itemsize)",
        "    return numpy.frombuffer(values, kind).reshape(count, *sizes[1:])",
    ]

    def all_of(files: list[tuple[IdxFile, int]], cut: str = "") -> str:
        each = [f"read_idx({str(file.path)!r}, {count}){cut}" for file, count in files]
        return each[0] if len(each) == 1 else f"numpy.concatenate([{', '.join(each)}])"

    lines.append(f"pixels = {all_of([(pictures, count) for pictures, _, count in found.pairs])}")
    fields = {"image": found.form.text("pixels")}
    labels = [(labels, count) for _, labels, count in found.pairs if labels is not None]
    if found.classes is not None:
        lines.append(f"stored = {all_of(labels, '[:, 0]' if len(labels[0][0].sizes) > 1 else '')}")
        fields["label"] = found.classes.text("stored")
    elif found.target is not None:
        lines.append(f"stored = {all_of(labels)}")
        fields["label"] = found.target.text("stored")
    imports = ("import gzip", "import struct", "import numpy")
    return Script(tuple(lines), fields, imports, parts=parts_of(found.counts)[1])


@recognising_packed
def recognise(path: Path) -> Recognised | None:
    """A file with the first bytes of the format, or a folder that holds one."""
    if path.is_file():
        return Recognised({"path": str(path)}, 0.95) if head_of(path, 2) == b"\0\0" and idx_file(path) else None
    known = idx_files(path) if path.is_dir() else []
    return Recognised({"path": str(path)}, 0.95) if any(file.kind == "image" for file in known) else None


def _first_column(labels: Any) -> Any:
    """QMNIST stores the class and seven further numbers of each picture."""
    return labels[:, 0] if labels.ndim > 1 else labels


def _found(
    path: Path, collection: str, part: str, upright: str, words: str, scale: str, incomplete: str
) -> FoundIdxFiles:
    """What is read, and all that was decided.

    Raises:
        NoData: if there are no such files.
        ValueError: if they do not fit each other, or are cut off.
    """
    every = _all(path)
    names = list(dict.fromkeys(_name(file, path) for file in every if file.kind == "image"))
    chosen = collection or names[0]
    if chosen not in names:
        raise NoData(f"There is no collection {collection!r} in {path}. There are: {', '.join(names)}.")
    guesses = []
    if len(names) > 1:
        choices = tuple((name, name) for name in names)
        guesses.append(Guess("collection", f"Of {len(names)} collections, {chosen} is read.", choices, chosen))
    files = [file for file in every if _name(file, path) == chosen]
    pictures = sorted((file for file in files if file.kind == "image"), key=lambda file: ORDER.index(file.part))
    if path.is_file():
        pictures = [file for file in pictures if file.path == path]
    wanted = [file for file in pictures if part == "all" or file.part == part]
    if not wanted:
        raise NoData(f"{path} has no pictures of the {part} part. Choose all parts.")
    first = wanted[0]
    for other in wanted[1:]:
        if other.sizes[1:] != first.sizes[1:] or other.code != first.code:
            raise ValueError(
                f"The pictures of {other.path.name} are {times(other.sizes[1:])}, those of {first.path.name} "
                f"{times(first.sizes[1:])}. Choose one part."
            )
    labelled = [_labels(file, files) for file in wanted]
    remarks = []
    missing = [file.path.name for file, labels in zip(wanted, labelled) if labels is None]
    if missing:
        if len(missing) < len(wanted):
            remarks.append(f"{missing[0]} has no file of labels beside it, so no labels are read")
        labelled = [None] * len(wanted)
        for damaged in damaged_files(first.path.parent):
            sentence = f"{damaged.name} is cut off in its first bytes, so it is not known what it holds"
            if incomplete == "stop":
                raise NoData(f'{sentence}. Get it again, or set incomplete to "use what is there".', choices=USE)
            remarks.append(sentence)
    pairs = []
    for file, labels in zip(wanted, labelled):
        count, said = _count(file, labels, incomplete == "use what is there")
        remarks += said
        pairs.append((file, labels, count))
    form, guessed = _form(first, path, upright, scale)
    classes, target, more = _labelled(pairs, path, words)
    return FoundIdxFiles(
        tuple(pairs), path, form, classes, target, first.sizes[1:], (*guesses, *guessed, *more), tuple(remarks)
    )


def _all(path: Path) -> list[IdxFile]:
    if path.is_dir():
        every = idx_files(path)
        if not any(file.kind == "image" for file in every):
            raise NoData(f"The folder {path} holds no pictures in the IDX format, such as train-images-idx3-ubyte.gz.")
        return every
    this = idx_file(path)
    if this is None:
        with path.open("rb"):
            raise NoData(f"{path} is not in the IDX format. Such files begin with two zero bytes and their type.")
    this = IdxFile(this.path, this.code, this.sizes, this.name, this.part, "image")
    return [this, *(file for file in files_beside(path) if file.path != path and file.kind == "label")]


def _name(file: IdxFile, root: Path) -> str:
    """What a collection is called: by the names of its files, and the folder below the chosen one."""
    folder = "" if root.is_file() or file.path.parent == root else file.path.parent.relative_to(root).as_posix()
    return "/".join(each for each in (folder, file.name) if each) or "images"


def _labels(pictures: IdxFile, files: list[IdxFile]) -> IdxFile | None:
    if pictures.kind == "image" and "label" in pictures.path.name.lower():
        return None  # a file of labels that was chosen by itself
    fitting = [
        file
        for file in files
        if file.kind == "label" and file.part == pictures.part and file.path.parent == pictures.path.parent
    ]
    return fitting[0] if fitting else None


def _count(pictures: IdxFile, labels: IdxFile | None, use: bool) -> tuple[int, list[str]]:
    """How many samples are read of a pair of files.

    Raises:
        NoData: if one is cut off or they do not fit, unless what is there is to be used.
    """
    counts, said = [], []
    choice = 'Get it again, or set incomplete to "use what is there".'
    for file in (pictures, *((labels,) if labels is not None else ())):
        there = stored_samples(file)
        if there < file.sizes[0]:
            sentence = f"{file.path.name} is cut off: it promises {file.sizes[0]:,} samples and holds {there:,}"
            if not use or not there:
                raise NoData(f"{sentence}. {choice}", choices=USE if there else ())
            said.append(sentence)
        counts.append(there)
    if labels is not None and pictures.sizes[0] != labels.sizes[0]:
        sentence = (
            f"{pictures.path.name} has {pictures.sizes[0]:,} pictures and {labels.path.name} {labels.sizes[0]:,} labels"
        )
        if not use:
            raise NoData(f'{sentence}. Get both again, or set incomplete to "use what is there".', choices=USE)
        said.append(sentence)
    return min(counts), said


def _form(first: IdxFile, path: Path, upright: str, scale: str) -> tuple[ArrayForm, tuple[Guess, ...]]:
    import numpy

    stored = first.sizes[1:]
    form, guesses = picture_form(
        stored, numpy.dtype(KINDS[first.code]), "grey pictures" if len(stored) == 2 else AUTO, scale
    )
    guesses = tuple(guess for guess in guesses if guess.setting != "layout")
    lies = "emnist" in f"{path.name}/{first.path.name}".lower() and stored == (28, 28)
    if len(stored) == 2 and (upright == "turn" or (upright == AUTO and lies)):
        form = ArrayForm(form.dtype, form.grey, (0, 1, 3, 2), form.scale)
    if upright == AUTO and lies:
        choices = (("turn them upright", "turn"), ("as stored", "as stored"))
        guesses += (Guess("upright", "EMNIST stores its pictures lying; they are turned upright.", choices, "turn"),)
    return form, guesses


def _labelled(
    pairs: list[tuple[IdxFile, IdxFile | None, int]], path: Path, words: str
) -> tuple[Classes | None, ArrayForm | None, tuple[Guess, ...]]:
    """The labels as classes, or, where they are no single whole numbers, as targets."""
    import numpy

    read = [(labels, count) for _, labels, count in pairs if labels is not None]
    if not read:
        return None, None, ()
    sizes, kind = read[0][0].sizes[1:], numpy.dtype(KINDS[read[0][0].code])
    if kind.kind == "f" or (sizes and sizes != (8,)):
        return None, ArrayForm(), ()
    stored = numpy.concatenate([_first_column(values_of(labels, count)) for labels, count in read])
    names = "/".join([path.name, path.parent.name if path.is_file() else "", pairs[0][0].path.parent.name])
    known = known_by_labels(stored) or known_by_name(f"{pairs[0][0].path.name}/{names}")
    chosen = words if words != AUTO else known or NUMBERS
    first, of_set = WORDS.get(chosen, (0, ()))
    classes = classes_of(stored, of_set, first)
    if words == AUTO and known:
        if classes.words != of_set:
            return classes, None, ()
        choices = (*((name, name) for name in SETS), ("numbers", NUMBERS))
        return classes, None, (Guess("words", f"The classes are named as those of {chosen}.", choices, chosen),)
    return classes, None, ()


IDX = source(
    id="IDX",
    name="IDX files (MNIST)",
    params=[
        File("path", card=True, label="folder or file", help="The folder of the files, or one file of pictures."),
        Text("collection", help="Where there are several, such as emnist-letters; empty for the first."),
        Choice("part", "all", options=("all", "train", "validation", "test"), help="All parts that there are, or one."),
        Choice(
            "upright",
            AUTO,
            options=(AUTO, "turn", "as stored"),
            help="EMNIST stores its pictures with rows and columns exchanged.",
        ),
        Choice("words", AUTO, options=(AUTO, *SETS, NUMBERS), help="What the classes are called."),
        scale_param(),
        Choice(
            "incomplete",
            "stop",
            options=("stop", "use what is there"),
            help="What is done where a file is cut off, or has another number of labels than of pictures.",
        ),
    ],
    fields=["image", "label"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["mnist", "fashion", "emnist", "kmnist", "ubyte", "data", "images"],
)
