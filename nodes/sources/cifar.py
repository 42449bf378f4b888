"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009) as they are handed out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nodes.api import Choice, Feed, Field, File, NoData, Recognised, Schema, Script, source
from nodes.reading.arrays import (
    PICTURES,
    Classes,
    Pieces,
    classes_of,
    counts_of,
    parts_of,
    picture_form,
    scale_param,
    stamp_of,
)
from nodes.reading.cifar_files import Cifar, names_of, read
from nodes.reading.known_words import WORDS
from nodes.reading.pickles import SCRIPT


def describe(*, path: str, part: str, scale: str, incomplete: str) -> Schema:
    """CIFAR-10 or CIFAR-100: 60,000 colour pictures of 32×32, in the files that they are handed out in, binary or for
    Python, as a folder or as the .tar.gz. CIFAR-100 also has a coarse label, of 20 groups. Nothing in the files is
    run."""
    found = _found(path, part, incomplete, False)
    fields = {"image": Field((3, 32, 32))}
    fields |= {name: classes.field for name, classes in _labels(found).items()}
    _, guesses = _form(scale)
    counts = [(batch.part, len(batch.labels)) for batch in found.batches]
    return Schema(
        fields,
        samples=sum(count for _, count in counts),
        parts=counts_of(counts),
        noun=PICTURES,
        guesses=guesses,
        remarks=tuple(batch.missing for batch in found.batches if batch.missing),
        stamp=stamp_of(found.files),
    )


def load(*, path: str, part: str, scale: str, incomplete: str) -> Feed:
    """Bytes stay bytes, in memory, or in the file where that is plain; those of a batch become numbers.

    Raises:
        ValueError: if a file is damaged or wants to run something.
        NoData: if there are none.
    """
    import numpy

    found = _found(path, part, incomplete, True)
    fields: dict[str, Any] = {"image": Pieces([batch.pixels for batch in found.batches], _form(scale)[0])}
    for name, classes in _labels(found).items():
        fields[name] = classes.codes(numpy.concatenate([_stored(batch, name) for batch in found.batches]))
    names = [(batch.name, number) for batch in found.batches for number in range(len(batch.labels))]
    counts = [(batch.part, len(batch.labels)) for batch in found.batches]
    return Feed(fields, parts_of(counts)[0], name_of=lambda n: f"picture {names[n][1] + 1:,} of {names[n][0]}")


def script(*, path: str, part: str, scale: str, incomplete: str) -> Script:
    """The files read by numpy, or by an unpickler that hands on arrays alone."""
    found = _found(path, part, incomplete, False)
    where = names_of(Path(path))
    members = [where[batch.name] for batch in found.batches]
    lines, imports = [], ["import numpy"]
    if found.archive:
        imports.append("import tarfile")
        lines += [
            f"with tarfile.open({path!r}) as archive:",
            f"    contents = {{name: archive.extractfile(name).read() for name in {members!r}}}",
        ]
    else:
        imports.append("from pathlib import Path")
        lines.append(f"contents = {{name: Path(name).read_bytes() for name in {members!r}}}")
    if found.binary:
        labels = '("coarse", "u1"), ("label", "u1")' if found.hundred else '("label", "u1")'
        lines.append(f'kind = numpy.dtype([{labels}, ("pixels", "u1", (3, 32, 32))])')
        read_one = "numpy.frombuffer(contents[{}], kind, {})"
        made = {"pixels": '["pixels"]', "label": '["label"]', "coarse": '["coarse"]'}
    else:
        imports += ["import io", "import pickle"]
        lines += SCRIPT
        read_one = 'OnlyArrays(io.BytesIO(contents[{}]), encoding="bytes").load()'
        entry = '[b"fine_labels"]' if found.hundred else '[b"labels"]'
        made = {"pixels": '[b"data"].reshape(-1, 3, 32, 32)', "label": entry, "coarse": '[b"coarse_labels"]'}
    each = [read_one.format(repr(where[batch.name]), len(batch.labels)) for batch in found.batches]
    lines.append(f"batches = [{', '.join(each)}]")
    fields = {}
    for name in ("pixels", *_labels(found)):
        if found.binary:
            lines.append(f"{name} = numpy.concatenate([batch{made[name]} for batch in batches])")
        else:
            lengths = [len(batch.labels) for batch in found.batches]
            zipped = f"zip(batches, {lengths})"
            lines.append(
                f"{name} = numpy.concatenate([numpy.asarray(batch{made[name]})[:count] for batch, count in {zipped}])"
            )
    fields["image"] = _form(scale)[0].text("pixels")
    fields |= {name: classes.text(name) for name, classes in _labels(found).items()}
    counts = [(batch.part, len(batch.labels)) for batch in found.batches]
    return Script(tuple(lines), fields, tuple(imports), parts=parts_of(counts)[1])


def recognise(path: Path) -> Recognised | None:
    """A folder or a packed archive with files of CIFAR's names. The archive is known by its own name: looking into
    it takes seconds."""
    if path.is_file():
        named = "cifar" in path.name.lower() and path.name.lower().endswith((".tar.gz", ".tgz", ".tar"))
        return Recognised({"path": str(path)}, 0.9) if named else None
    names = {name.removesuffix(".bin") for name in names_of(path)} if path.is_dir() else set()
    sure = "data_batch_1" in names or ("train" in names and ({"meta", "fine_label_names.txt"} & names))
    return Recognised({"path": str(path)}, 0.95) if sure else None


def _form(scale: str) -> Any:
    import numpy

    return picture_form((3, 32, 32), numpy.dtype("u1"), "as stored", scale)


def _found(path: str, part: str, incomplete: str, pixels: bool) -> Cifar:
    found = read(Path(path), pixels)
    found.batches = [batch for batch in found.batches if part in ("all", batch.part)]
    if not found.batches:
        raise NoData(f"{path} has no file of the {part} part. Choose all parts.")
    if incomplete == "stop":
        for batch in found.batches:
            if batch.missing:
                raise NoData(
                    f'{batch.missing}. Get it again, or set incomplete to "use what is there".',
                    choices=(("use what is there", "incomplete", "use what is there"),),
                )
    return found


def _stored(batch: Any, name: str) -> Any:
    return batch.labels if name == "label" else batch.coarse


def _labels(found: Cifar) -> dict[str, Classes]:
    import numpy

    words = {"label": found.words or (() if found.hundred else WORDS["CIFAR-10"][1]), "coarse": found.coarse_words}
    made = {}
    for name, known in words.items():
        stored = [_stored(batch, name) for batch in found.batches]
        if all(each is not None for each in stored):
            values = numpy.concatenate(stored)
            made[name] = classes_of(values, known or tuple(map(str, range(100 if name == "label" else 20))))
    return made


CIFAR = source(
    id="CIFAR",
    name="CIFAR-10 and CIFAR-100",
    params=[
        File("path", card=True, label="folder or archive", help="The folder of the files, or cifar-10-….tar.gz."),
        Choice("part", "all", options=("all", "train", "test"), help="All parts that there are, or one."),
        scale_param(),
        Choice(
            "incomplete", "stop", options=("stop", "use what is there"), help="What is done where a file is cut off."
        ),
    ],
    fields=["image", "label", "coarse"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["cifar10", "cifar100", "data", "images", "objects"],
)
