"""What the net of a plan reads, and new samples prepared exactly as those that it was trained on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from app.core.compile.plan import Plan, PlanSource, Ref
from app.data.catalog import usual_type
from app.data.refusals import check_there, waits
from app.data.source_looks import as_before, no_data, renumbered, schema_of
from app.data.understanding import read_within
from nodes.api import Feed, Layer, NoData, Schema, Shape, Unreadable, cut, listed, times
from nodes.api.corrections import class_words, without_corrections
from nodes.api.registry import find

if TYPE_CHECKING:
    from PIL.Image import Image

    from nodes.reading.pictures import PicturePreparation

Values = Mapping[str, Tensor]  # of one sample, by field


class OddSample(dict[str, Tensor]):
    """The values of a sample about which something is odd, though it can be used; ``note`` says what."""

    def __init__(self, values: Values, note: str) -> None:
        super().__init__(values)
        self.note = note


Sample = tuple[str, Values | str]  # its name, and its values or why it cannot be read
Kind = Literal["picture", "asked", "tokens", "numbers", "other"]


@dataclass(frozen=True)
class NetInputs:
    """What the net of a plan reads: ``fields`` of its one source ``own``, by name; an Input to which no data is wired
    stands for a source. ``trained`` is what the data of the training was, where that is known. ``writes`` tells that
    the net writes a sentence about a picture; it reads its own words itself, so they are none of the fields."""

    plan: Plan
    own: PlanSource
    layer: Layer
    trained: Schema | None
    fields: Mapping[str, Shape]
    writes: bool = False

    @property
    def kind(self) -> Kind:
        """What one sample is, where it is one thing that somebody can draw, write or type; ``asked`` is a picture with
        a question about it."""
        if self.question:
            return "asked"
        if len(self.fields) > 1:
            return "other"
        (shape,) = self.fields.values()
        if _one_picture(shape):
            return "picture"
        if shape.rank == 1:
            return "tokens" if shape.dtype == "int" else "numbers"
        return "other"

    @property
    def question(self) -> str:
        """The field of the words that are read beside the one picture; empty where there is none."""
        pictures = [name for name, shape in self.fields.items() if _one_picture(shape)]
        texts = [name for name in self.fields if name not in pictures]
        if len(pictures) != 1 or len(texts) != 1 or self.trained is None:
            return ""
        known, shape = self.trained.fields.get(texts[0]), self.fields[texts[0]]
        words = known is not None and bool(class_words(known))
        return texts[0] if words and shape.rank == 1 and shape.dtype == "int" else ""

    @property
    def pictures(self) -> Mapping[str, Shape]:
        """The one field of a picture, by name; none where there is no such field, or something else is read beside it
        that is no question."""
        asked = self.question
        found = {name: shape for name, shape in self.fields.items() if name != asked}
        return found if len(found) == 1 and all(map(_one_picture, found.values())) else {}

    @property
    def shape(self) -> Shape:
        """The shape of the first field."""
        return next(iter(self.fields.values()))


def reads_of(plan: Plan) -> NetInputs:
    """What the net of a plan reads.

    Raises:
        NoData: if it reads several sources, or an Input of something else than a picture or a row of numbers.
    """
    from app.training.writing.translating import picture_told

    own = _source(plan)
    layer = find(own.type)
    assert layer is not None
    fields, told = _read_fields(plan, own), picture_told(plan)
    if told:
        fields = {told: fields[told]}
    return NetInputs(plan, own, layer, _trained(own, layer), fields, bool(told))


def samples_at(reads: NetInputs, path: Path, question: bool = False) -> Iterator[Sample]:
    """The samples of a file, or of all that lies in a folder. With ``question``, of a net that is asked about pictures,
    these are the pictures alone: what is asked about them stands elsewhere.

    Raises:
        NoData: if nothing there can be given to the net, with what it reads.
    """
    path = Path(os.path.abspath(path))
    check_there(path)
    pictures = _pictures(path, reads.pictures) if question or not reads.question else []
    if pictures:
        yield from _of_pictures(path, pictures, reads.pictures, reads.own)
    elif reads.question and _pictures(path, reads.pictures) and not holds_data(reads, path):
        raise NoData(f"{path.name} is a picture, and this net also reads a question about it. Give --text with one.")
    elif path.is_file() and _made_of_texts(reads, path):
        from app.training.typed_text import written_lines

        yield from written_lines(path, reads)
    else:
        yield from _of_data(path, reads.layer, reads.own, reads.trained, reads.fields)


def holds_data(reads: NetInputs, path: Path) -> bool:
    """Whether the source that the net was trained on knows what lies there."""
    made = reads.layer.source
    return made is not None and made.recognise is not None and made.recognise(path) is not None


def _made_of_texts(reads: NetInputs, path: Path) -> bool:
    """Whether the net reads texts of data that come from no file, such as packaged names, or from files of another
    form, as sentences with tags: then each line of a plain text is one."""
    from app.training.typed_text import reads_text

    made = reads.layer.source
    if made is None or not reads_text(reads):
        return False
    other = path.suffix.lower() == ".txt" and made.recognise is not None and made.recognise(path) is None
    return not made.paths or other


def _source(plan: Plan) -> PlanSource:
    """The one source that the model reads, or an Input in its place."""
    nodes = [plan.origin(Ref(entry.node, entry.port)).node for entry in plan.inputs]
    found = [source for source in plan.sources if source.node in nodes]
    if not found and len(plan.inputs) == 1:
        (entry,) = plan.inputs
        if entry.shape.dtype == "float" and (entry.shape.rank == 1 or _one_picture(entry.shape)):
            return PlanSource(entry.node, "Input", {}, {entry.port: entry.shape})
        given = f"{times(entry.shape.sizes) or 'one value'} of {entry.shape.dtype}"
        raise NoData(
            f"No data is wired to {entry.node}, and it reads {given}. Pictures or rows of numbers can be given."
        )
    if len(found) != 1 or not set(nodes) <= {found[0].node}:
        raise NoData("The net of this run reads several sources, or none, so a file alone is not enough for it.")
    return found[0]


def _one_picture(shape: Shape) -> bool:
    return shape.rank == 3 and shape.dtype == "float" and shape.sizes[0] in (1, 3)


def _read_fields(plan: Plan, own: PlanSource) -> dict[str, Shape]:
    """The fields of the source that reach the model, by name."""
    ports = [plan.origin(Ref(entry.node, entry.port)).port for entry in plan.inputs]
    return {port: own.fields[port] for port in dict.fromkeys(ports)}


def _trained(own: PlanSource, layer: Layer) -> Schema | None:
    """What the data of the training was; None where nobody remembers."""
    if own.seen is not None or layer.source is None:
        return own.seen
    try:
        return schema_of(layer, own.settings)
    except NoData:
        return None


# Pictures


def _pictures(path: Path, read: Mapping[str, Shape]) -> list[Path]:
    """The files of pictures, where the net reads one picture of each sample; none else."""
    from nodes.reading.listing import begins, ending, hidden, natural
    from nodes.reading.pictures import ENDINGS, begins_as_picture

    if len(read) != 1 or not all(map(_one_picture, read.values())):
        return []
    if path.is_file():
        known = path.suffix.lower().lstrip(".") in ENDINGS or begins(path, begins_as_picture)
        return [path] if known else []
    found = []

    def is_picture(folder: str, name: str) -> bool:
        return ending(name) in ENDINGS or (not ending(name) and begins(Path(folder, name), begins_as_picture))

    for folder, inner, names in os.walk(path):
        inner[:] = sorted((each for each in inner if not hidden(each)), key=natural)
        found += [
            Path(folder, name)
            for name in sorted(names, key=natural)
            if not hidden(name) and not waits(Path(folder, name)) and is_picture(folder, name)
        ]
    return found


def sample_of(reads: NetInputs, picture: Image, name: str) -> Sample:
    """A picture that is in memory, such as a pasted one, as a sample.

    Raises:
        NoData: if the net reads no pictures.
    """
    from nodes.reading.pictures import prepared

    if not reads.pictures:
        raise NoData(f"This net reads no pictures. It reads {times(reads.shape.sizes)} {reads.shape.dtype} values.")
    ((field, shape),) = reads.pictures.items()
    try:
        return name, {field: torch.from_numpy(prepared(picture, _preparation(shape, reads.own)))}
    except (Unreadable, OSError) as reason:
        return name, str(reason)


def _preparation(shape: Shape, own: PlanSource) -> PicturePreparation:
    from nodes.reading.pictures import PicturePreparation

    channels, height, width = shape.sizes
    kept = {name: own.settings[name] for name in ("fit", "background") if name in own.settings}
    return PicturePreparation(height, width, channels, **kept)


def _of_pictures(
    path: Path, files: Sequence[Path], read: Mapping[str, Shape], own: PlanSource
) -> Iterator[tuple[str, Values | str]]:
    from nodes.reading.pictures import prepare

    ((field, shape),) = read.items()
    how = _preparation(shape, own)
    for file in files:
        name = str(file.relative_to(path)) if file != path else file.name
        try:
            yield name, {field: torch.from_numpy(prepare(str(file), how, name))}
        except Unreadable as reason:
            yield name, str(reason)
        except OSError as error:
            yield name, f"{name} cannot be read: {error.strerror or error}."


# Tables, arrays and whatever else a source reads


def _of_data(
    path: Path, layer: Layer, own: PlanSource, trained: Schema | None, read: Mapping[str, Shape]
) -> Iterator[tuple[str, Values | str]]:
    made = layer.source
    if made is None:
        (shape,) = read.values()
        wanted = "pictures" if _one_picture(shape) else f"{times(shape.sizes)} numbers"
        raise NoData(f"{_unread(path)} It reads {wanted}, and no data is wired to {own.node}.")
    path = read_within(path, layer)
    if not made.paths or (made.recognise is not None and made.recognise(path) is None):
        forms = listed([f"{name} ({times(shape.sizes) or 'one value'})" for name, shape in read.items()])
        raise NoData(f"{_unread(path)} It reads {forms}, as {layer.name} gives it.")
    feed, places = _loaded(path, layer, own, trained, read)
    for number in range(feed.length or 0):
        name = feed.name_of(number)
        index = torch.tensor([number])
        try:
            values = feed.at(index, None, list(read))
        except (Unreadable, OSError) as reason:
            yield name, str(reason)
            continue
        given = {field: _aligned(usual_type(values[field][0], read[field]), places[field]) for field in read}
        strange = next(
            (field for field, found in given.items() if found.dtype == torch.int64 and (found < 0).any()), ""
        )
        if strange:
            yield name, f"{name} has a {strange} that the net was not trained on."
        else:
            yield name, OddSample(given, feed.notes[number]) if number in feed.notes else given


def _unread(path: Path) -> str:
    """That the net reads nothing of what lies there, or that nothing does."""
    from nodes.reading.listing import hidden

    if path.is_dir() and all(hidden(name) for _, _, names in os.walk(path) for name in names):
        return f"The folder {path} is empty. Choose one that holds what this net reads."
    if path.is_file() and not path.stat().st_size:
        return f"{path} is empty (0 bytes). Choose one that holds what this net reads."
    return f"{path} is nothing that this net reads."


_OF_LABELS = ("classes", "split", "labels")  # settings that say where these are, and what they mean
Places = Mapping[str, list[int] | None]


def _loaded(
    path: Path, layer: Layer, own: PlanSource, trained: Schema | None, read: Mapping[str, Shape]
) -> tuple[Feed, Places]:
    """The data at a path with the settings of the training, and where its columns stand. What was guessed there is
    settled; data without what was learned, as a table that lacks that column, is read without a target.

    Raises:
        NoData: if no way of reading gives the fields of the training.
    """
    made = layer.source
    assert made is not None
    assert made.load is not None
    plain = without_corrections(own.settings)
    if made.again is not None and trained is not None:
        # How the file is written is looked at anew, unless somebody has said so; what its columns mean is not.
        settings = {**plain, made.paths[0]: str(path)}
        try:
            prepared_feed = made.again(trained.settled, tuple(read), **settings)
        except Exception as error:
            raise no_data(error, layer, settings) from error
        if prepared_feed is not None:
            return prepared_feed, dict.fromkeys(read)
    before = as_before(plain, trained)
    # Where its labels stand is no part of how it is prepared: a sound alone has no table beside it.
    tries = [before, {**before, **{name: plain[name] for name in _OF_LABELS if name in plain}}, plain]
    if "target" in plain:
        learned = trained.fields.get("target") if trained is not None else None
        if learned is not None and learned.names and plain["target"] == "auto":
            tries.insert(0, {**plain, "target": ", ".join(learned.names)})
        tries.append({**plain, "target": "none"})
    reasons = []
    for wanted in tries:
        settings = {**wanted, made.paths[0]: str(path)}
        try:
            settings = layer.settings(settings)
            schema = schema_of(layer, settings)
            places = {name: _columns(path, name, read[name], schema, trained) for name in read}
            given = made.load(**settings)
        except Exception as error:
            reasons.append(no_data(error, layer, settings))
            continue
        feed = given if isinstance(given, Feed) else Feed(*given) if isinstance(given, tuple) else Feed(given)
        return feed, places
    raise reasons[0 if "target" in plain else 1]


def _columns(path: Path, name: str, shape: Shape, now: Schema, trained: Schema | None) -> list[int] | None:
    """Where the numbers of the training stand in a field of other data, -1 for those of a category that it lacks; of
    classes and words, the numbers that they had there. None where both are alike.

    Raises:
        NoData: if it lacks others.
    """
    found = now.fields.get(name)
    if found is None:
        raise NoData(f"{path} has no {name}, which the net reads.")
    before = trained.fields[name].names if trained is not None and name in trained.fields else ()
    if before and found.names and before != found.names:
        places = {word: place for place, word in enumerate(found.names)}
        groups = {word.partition(": ")[0] for word in found.names if ": " in word}
        lacking = [w for w in before if w not in places and w.partition(": ")[0] not in groups]
        if lacking:
            raise NoData(f"{path} has no column {cut(lacking[0])}, which the net was trained on. Add it.")
        return [places.get(word, -1) for word in before]
    if found.sizes != shape.sizes or found.dtype != shape.dtype:
        was, wanted = times(found.sizes) or "one value", times(shape.sizes) or "one value"
        raise NoData(f"{name} of {path} is {was} of {found.dtype}, and the net reads {wanted} of {shape.dtype}.")
    if found.dtype == "int" and found.classes and trained is not None and name in trained.fields:
        words, known = class_words(found), class_words(trained.fields[name])
        return renumbered(words, known) if words != known else None
    return None


def _aligned(values: Tensor, places: list[int] | None) -> Tensor:
    if places is None:
        return values
    index = torch.tensor(places)
    if values.dtype == torch.int64:
        return index[values]
    return torch.where(index >= 0, values[..., index.clamp(min=0)], torch.zeros((), dtype=values.dtype))
