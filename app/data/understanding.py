"""What a file or folder of the user is: the sources that can read it, and what they say of it in a sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.data.answered_guesses import with_answered
from app.data.refusals import check_there, of_run, why_not
from app.data.source_looks import schema_of
from nodes.api import Field, Layer, NoData, Schema, cut
from nodes.api.registry import layers
from nodes.api.words import listed, sentence_case
from nodes.reading.folder_names import names_in, one_look
from nodes.reading.listing import hidden, tells_of_others
from nodes.reading.part_names import for_training

_HEADLINE = 120  # letters of a sentence that has room above the canvas
_MOST_BESIDE = 200  # files of a folder that are looked at, where the folder itself is no data
LENGTHS = ("window", "horizon")  # settings that a net is made for, and that another source can have, too
OF_UNIT = ("unit", "vocabulary", "lower")  # what a step of a text is
_PASSED = " it cannot be read: "  # in the remark why a source that was surer is not taken
_LARGE = 1_000_000  # bytes of a file, which are told
_TEXTS = ("TextFile", "TextWordPairs")  # sources that read any text
_LARGER = 10  # times, so large are data beside a text that tells of them
_TELLING = 50_000  # bytes of such texts at most: a longer one is read for itself, whatever lies beside it
_DEEPEST = 100  # folders in folders
_SURE = 0.6  # from here on, a file is taken for what a source says it is


@dataclass(frozen=True)
class UnderstoodSource:
    """A source with the settings by which it reads a path. ``schema`` is what it says; ``trouble`` why it cannot, and
    ``choices`` the settings with which it could: a label, the setting and its value. ``beside`` says which other files
    of a folder it leaves alone."""

    layer: Layer
    settings: Mapping[str, Any]
    sure: float
    schema: Schema | None = None
    trouble: str = ""
    choices: tuple[tuple[str, str, Any], ...] = ()
    beside: str = ""

    @property
    def sentence(self) -> str:
        """What was understood, as one line."""
        return sentence_of(self.schema) if self.schema is not None else self.trouble


def candidates(path: Path) -> list[UnderstoodSource]:
    """The sources that say they can read a path, the surest first; nothing of the data is looked at.

    Raises:
        NoData: if the path is gone, may not be read or is an empty file.
    """
    path = Path(os.path.abspath(path))  # the drawing that is made of it may lie anywhere
    check_there(path)
    if path.is_file() and not path.stat().st_size:
        raise NoData(why_not(path))
    with one_look():
        return _recognised(path) or (_inside(path) if path.is_dir() else [])


def _recognised(path: Path) -> list[UnderstoodSource]:
    found = []
    for layer in layers().values():
        if layer.source is None or layer.source.recognise is None:
            continue
        recognised = layer.source.recognise(path)
        if recognised is not None:
            settings = layer.settings({**layer.defaults(), **recognised.settings})
            found.append(UnderstoodSource(layer, settings, recognised.sure))
    return sorted(found, key=lambda each: -each.sure)


def _inside(folder: Path) -> list[UnderstoodSource]:
    """Of a folder that is no data by itself, the one file in it that is.

    Raises:
        NoData: if there are several, or it is the folder of a run.
    """
    if trained := of_run(folder):
        raise NoData(trained)
    names = [name for name, is_folder in names_in(folder)[:_MOST_BESIDE] if not hidden(name) and not is_folder]
    files = [folder / name for name in names if (folder / name).is_file()]
    readable = [(each, found) for each in files if (found := _recognised(each)) and found[0].sure >= _SURE]
    readable = [each for each in readable if not tells_of_others(each[0].name)] or readable
    if readable and _only_tells(readable, files, folder):
        return []
    if len(readable) > 1 and (known := _of_contest(folder, readable, files)):
        return known
    if len(readable) > 1:
        named = listed([each.name for each, _ in readable], most=5)
        raise NoData(f"The folder {folder.name} holds {len(readable)} files that can be read: {named}. Choose one.")
    if readable:
        return _named_apart(folder, *readable[0], files)
    folders = [folder / name for name, is_folder in names_in(folder)[:_MOST_BESIDE] if is_folder and not hidden(name)]
    if len(folders) != 1 or len(folder.parts) > _DEEPEST:
        return []
    found = _recognised(folders[0])
    return _named_apart(folder, folders[0], found, files) if found else _inside(folders[0])


def _only_tells(readable: Sequence[tuple[Path, list[UnderstoodSource]]], files: Sequence[Path], folder: Path) -> bool:
    """Whether what can be read of a folder are only small texts that tell of the others: the names of classes beside
    much larger files, or beside folders of files."""
    if any(found[0].layer.id not in _TEXTS for _, found in readable):
        return False
    told = {path for path, _ in readable}
    try:
        own = sum(path.stat().st_size for path in told)
        others = sum(path.stat().st_size for path in files if path not in told)
        beside = [
            folder / name for name, is_folder in names_in(folder)[:_MOST_BESIDE] if is_folder and not hidden(name)
        ]
        others += sum(
            (each / name).stat().st_size
            for each in beside
            for name, is_folder in names_in(each)[:_MOST_BESIDE]
            if not is_folder
        )
    except OSError:
        return False
    return own <= _TELLING and others > _LARGER * own


def _named_apart(
    folder: Path, path: Path, found: Sequence[UnderstoodSource], files: Sequence[Path]
) -> list[UnderstoodSource]:
    """Sources that read one file of a folder, which say that the others are not read."""
    others = [each for each in files if each != path]
    if not others:
        return list(found)
    left = listed([each.name for each in others], most=4)
    many = "is" if len(others) == 1 else "are"
    said = f"Of the folder {cut(folder.name, 40)}, {path.name} is read; {left} {many} not"
    return [replace(each, beside=said) for each in found]


def _of_contest(
    folder: Path, readable: Sequence[tuple[Path, list[UnderstoodSource]]], files: Sequence[Path]
) -> list[UnderstoodSource]:
    """Of a folder as contests hand it out, with a table for training, one for the test without what is asked for, and
    a sample of an answer: the first of these. Nothing where it is another folder. ``files`` are all that lie there, the
    others of which are named as well."""
    stem = for_training([each.stem for each, _ in readable])
    if not stem:
        return []
    ((path, found),) = [(each, found) for each, found in readable if each.stem == stem]
    return _named_apart(folder, path, found, files)


def read_within(path: Path, layer: Layer) -> Path:
    """What a source reads of a folder that is no data by itself, as where the data of a training were chosen: the only
    table in it, or a zip file beside a description. The path itself where there is nothing of the kind."""
    source = layer.source
    if source is None or source.recognise is None or not path.is_dir() or source.recognise(path) is not None:
        return path
    with suppress(NoData):
        for found in candidates(path):
            if found.layer is layer:
                return Path(next(str(found.settings[name]) for name in source.paths))
    return path


def first_sentence(found: UnderstoodSource) -> str:
    """What a path is taken for, before its data is read: ``Reading rows.parquet (154 MB) as Table…`` Of a folder, the
    largest of the first files that lie in it is named, which is what takes time."""
    assert found.layer.source is not None
    path = Path(next((str(found.settings[name]) for name in found.layer.source.paths if found.settings[name]), ""))
    told = path.name or str(path)
    try:
        if path.is_dir():
            files = [path / name for name, is_folder in names_in(path)[:_MOST_BESIDE] if not is_folder]
            sizes = {each.name: each.stat().st_size for each in files}
            largest = max(sizes, key=lambda name: sizes[name], default="")
            size, named = sizes.get(largest, 0), f"{cut(largest, 40)}, "
        else:
            size, named = path.stat().st_size, ""
    except OSError:
        size, named = 0, ""
    much = f" ({named}{size / 1e6:,.0f} MB)" if size >= _LARGE else ""
    return f"Reading {cut(told, 60)}{much} as {found.layer.name}…"


def understand(path: Path, known: Sequence[UnderstoodSource] | None = None) -> Iterator[UnderstoodSource]:
    """Each candidate looked at, the surest first; one that can be read comes before those that cannot. ``known`` are
    the candidates, where somebody has asked for them already.

    Raises:
        NoData: if nothing can read the path, with what it is and what can be read.
    """
    tried = candidates(path) if known is None else known
    if not tried:
        raise NoData(why_not(path))
    passed, choices = "", False
    for each in tried:
        if choices and each.sure < _SURE:
            return  # one choice makes readable what it most likely is
        looked = looked_at(each)
        if looked.schema is None:
            choices = choices or bool(looked.choices)
            if each.sure >= _SURE:
                passed = passed or f"As {each.layer.name}{_PASSED}{looked.trouble}"
        elif passed:  # what was surer is not given up in silence
            schema = replace(looked.schema, remarks=(passed, *looked.schema.remarks))
            looked = replace(looked, schema=schema)
        yield looked


def looked_at(found: UnderstoodSource) -> UnderstoodSource:
    """The same with its schema, or with the reason why there is none. What was asked in the schema that it has, which
    was seen with other settings, can still be answered otherwise."""
    try:
        schema = schema_of(found.layer, found.settings)
        if found.beside and found.beside not in schema.remarks:
            schema = replace(schema, remarks=(*schema.remarks, found.beside))
        if found.schema is not None:
            schema = with_answered(found.layer, found.settings, schema, (found.schema,))
    except NoData as reason:
        return replace(found, schema=None, trouble=str(reason), choices=reason.choices)
    return replace(found, schema=schema, trouble="", choices=())


def as_drawn(found: UnderstoodSource, drawn: Mapping[str, Any]) -> UnderstoodSource | None:
    """The same with what a net is made for in a source of a drawing, ``drawn`` being its settings: lengths, such as the
    horizon of a forecast, and whether a text is read by words, where nobody has chosen that. None where there is
    nothing of the kind, it is the same, or the data is too short for it."""
    same = {name: drawn[name] for name in LENGTHS if name in drawn and name in found.settings}
    if found.settings.get("unit") == "auto" and drawn.get("unit", "auto") != "auto":
        same |= {name: drawn[name] for name in OF_UNIT if name in drawn and name in found.settings}
    if found.schema is None or all(found.settings[name] == value for name, value in same.items()):
        return None
    asked = looked_at(replace(found, settings=found.layer.settings({**found.settings, **same})))
    if asked.schema is None:
        return None
    passed = tuple(each for each in found.schema.remarks if _PASSED in each)
    return replace(asked, schema=replace(asked.schema, remarks=(*passed, *asked.schema.remarks)))


def sentence_of(schema: Schema) -> str:
    """What data is, in one line: how much, how many classes, what was left out, what is odd.

    ``1,204 pictures in 5 classes; 3 skipped. 40 identical pictures in training and test.``
    ``1,000 rows, 12 columns; the target is price (a number).``
    """
    said = schema.about
    # A list of numbers that stand for words is what a text is made of, and no class of it.
    known = next((each for each in schema.fields.values() if each.classes and len(each.sizes) != 1), None)
    amount, _, rest = said.partition(" (")
    rest = f" ({rest}" if rest else ""
    if schema.column_count:
        said = f"{amount}, {schema.column_count:,} column{'' if schema.column_count == 1 else 's'}{rest}"
        if schema.aims:
            many = "target is" if len(schema.aims) == 1 else "targets are"
            labels = any(each.names == schema.aims and each.classes for each in schema.fields.values())
            what = "a number" if len(schema.aims) == 1 else "yes or no each" if labels else "numbers"
            what = _classes(known) if known is not None else what
            said += f"; the {many} {listed([cut(name, 40) for name in schema.aims], most=4)} ({what})"
    elif known is not None and schema.samples is not None:
        said = f"{amount} in {_classes(known)}{rest}"
    if schema.skipped_count:
        said += f"; {schema.skipped_count:,} skipped"
    return " ".join(sentence_case(_ended(each)) for each in (said, *schema.remarks))


def _classes(known: Field) -> str:
    count = len(known.classes) if isinstance(known.classes, tuple) else known.classes
    few = f": {listed([cut(word, 20) for word in known.words])}" if 0 < len(known.words) <= 5 else ""
    return f"{count:,} class{'' if count == 1 else 'es'}{few}"


def headline_of(schema: Schema) -> tuple[str, tuple[str, ...]]:
    """The same where there is little room: what is odd follows by itself if it is long."""
    whole = sentence_of(schema)
    if len(whole) <= _HEADLINE:
        return whole, ()
    return sentence_of(replace(schema, remarks=())), tuple(sentence_case(_ended(each)) for each in schema.remarks)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
