"""Pictures about which other files say something: masks, boxes, points, sentences or questions. What all of these have
in common: which pictures there are, their parts, and where they stand after they were made alike."""

from __future__ import annotations

import inspect
import re
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nodes.api.schema import PARTS, Field, Guess, NoData, Schema, Unreadable
from nodes.api.words import cut, listed
from nodes.reading.classes import LabelsAndParts
from nodes.reading.listing import Listing, TooMany, ending, listing, shown
from nodes.reading.part_names import part_called
from nodes.reading.picture_scripts import literal, root_of
from nodes.reading.picture_sets import in_order, looked_into, read_dots, sentences
from nodes.reading.pictures import ENDINGS, PicturePreparation, formats, head, made_alike
from nodes.reading.separate_process import MANY, apart, begun, looked_apart

NOTES = frozenset(
    {"txt", "json", "jsonl", "ndjson", "xml", "yaml", "yml", "csv", "tsv", "names"}
)  # files that say something
SPLITS = ("auto", "parts", "ignored")
MOST_NOTE = 2**30  # bytes of one such file
LARGE = 2**23  # bytes of all such files, from which on a look is made apart
PICTURES = ("picture", "pictures")


def told_listing(path: str, noun: str, most: bool = True) -> Listing:
    """The pictures and what lies beside them, at the path of a setting: a folder, a zip file, or a file that tells of
    pictures beside it.

    Raises:
        TooMany: if there are so many that a look should be made apart, unless ``most`` is False.
        NoData: if nothing is chosen, or nothing is there.
    """
    if not path:
        raise NoData(f"No folder is chosen. Choose a folder or zip file with {noun}.")
    place = Path(path).expanduser()
    root = home_of(place) if place.is_file() and ending(place.name) in NOTES else place
    many = 2 * MANY if most and apart() else None
    found = listing(
        root, ENDINGS | NOTES, "picture", many, empties=frozenset({"txt"})
    )  # an empty one: nothing is there
    found.tables.clear()  # they are among the files here
    return found


def home_of(note: Path) -> Path:
    """The folder whose pictures a file tells of: its own, or the one around a folder for such files."""
    aside = note.parent.name.lower() in ("annotations", "labels", "annotation", "captions", "questions")
    return note.parent.parent if aside else note.parent


def is_picture(name: str) -> bool:
    """Whether a file is one by its ending."""
    return ending(name) in ENDINGS


def stem_of(name: str) -> str:
    """A file's name without its ending, in small letters."""
    return name.rpartition(".")[0].lower()


def part_in(path: str) -> int:
    """Which of PARTS a path says by one of its folders, such as ``train`` or ``val2017``; -1 if none."""
    for word in path.split("/")[:-1]:
        part = part_called(re.sub(r"[0-9]+$", "", word))
        if part:
            return PARTS.index(part)
    return -1


def listed_parts(found: Listing, folder: str) -> dict[str, int]:
    """The part of each picture, by its name without ending in small letters, where lists of names say it: train.txt,
    val.txt and test.txt in a ``folder`` (the end of its path), or trainval.txt where there is no train.txt. Behind a
    name there may be more."""
    known: dict[str, int] = {}
    lists: dict[str, int] = {}
    for number in range(len(found)):
        place, _, name = found.path(number).lower().rpartition("/")
        if f"/{place}".endswith(f"/{folder}") and ending(name) == "txt":
            lists[name.rpartition(".")[0]] = number
    for word in ("train", "val", "test") if "train" in lists else ("trainval", "test"):
        part = PARTS.index(part_called("train" if word == "trainval" else word))
        for line in text_of(found, lists[word], 2**26).splitlines() if word in lists else ():
            name = line.split(maxsplit=1)[0] if line.strip() and not line.startswith("#") else ""
            stem = name.rpartition("/")[2].lower()
            if stem:
                known.setdefault(stem_of(stem) if is_picture(stem) else stem, part)
    return known


def part_named(name: str) -> int:
    """Which of PARTS a file says by a word of its name, such as ``instances_train2017.json``; -1 if none."""
    for word in re.split(r"[^A-Za-z]+", name.rpartition("/")[2].rpartition(".")[0]):
        if part := part_called(word):
            return PARTS.index(part)
    return -1


class PictureFinder:
    """Finds the pictures of a listing by what other files call them."""

    def __init__(self, found: Listing) -> None:
        self.paths: dict[str, int] = {}
        self._by_name: dict[str, list[int]] = {}
        for number in range(len(found)):
            if is_picture(found.names[number]):
                path = found.path(number)
                self.paths[path] = number
                for word in (found.names[number], found.names[number].rpartition(".")[0]):
                    self._by_name.setdefault(word.lower(), []).append(number)
        self._found = found

    def find(self, called: str, beside: str = "", part: int = -1) -> int | None:
        """The number of the file that is called so in a file ``beside`` it, of this part where there are several of one
        name; None if there is none, or nobody can say which."""
        name = called.strip().replace("\\", "/").removeprefix("./")
        folder = beside.rpartition("/")[0]
        around = folder.rpartition("/")[0]
        for place in dict.fromkeys((folder, around, "")):
            number = self.paths.get(f"{place}/{name}" if place else name)
            if number is not None:
                return number
        last = name.rpartition("/")[2].lower()
        likely = self._by_name.get(last, [])
        if len(likely) > 1 and "/" in name:
            likely = [each for each in likely if self._found.path(each).lower().endswith("/" + name.lower())] or likely
        if len(likely) > 1 and part >= 0:
            likely = [each for each in likely if part_in(self._found.path(each)) == part]
        if len(likely) > 1 and folder:
            likely = [each for each in likely if self._found.path(each).startswith(f"{folder}/")]
        return likely[0] if len(likely) == 1 else None


def arrangement(found: Listing, parts: dict[int, int], split: str, noun: tuple[str, str]) -> LabelsAndParts:
    """The files of a listing of which those in ``parts`` are pictures that something is said about, each with its part
    or -1. Files of no part beside those of one are left out and named.

    Raises:
        NoData: if there are none.
    """
    made = LabelsAndParts(array("i", [-1]) * len(found), array("b", [-2]) * len(found))
    said = {part for part in parts.values() if part >= 0}
    usable = bool(said - {PARTS.index("test")}) and len(said) + (-1 in parts.values()) > 1
    chosen = split if split != "auto" else "parts" if usable else "ignored"
    if said and usable:
        words = listed([PARTS[part] for part in sorted(said)])
        what = "are parts of the data" if chosen == "parts" else "are one set"
        choices = (("parts of the data", "parts"), ("one set", "ignored"))
        made.guesses.append(Guess("split", f"The {noun[1]} for {words} {what}.", choices, chosen))
    for number, part in parts.items():
        made.part_of[number] = part if chosen == "parts" else -1
        if chosen == "parts" and part < 0:
            made.part_of[number] = -2
            found.skip(found.path(number), "lies beside the parts of the data, in none of them.")
    if not made.samples:
        raise NoData(f"No {noun[0]} is left in {shown(found.root.name)}. {first_skipped(found)}".strip())
    return made


def first_skipped(found: Listing) -> str:
    """What was left out first, as a sentence."""
    return f"{found.skipped[0].name}: {found.skipped[0].sentence}" if found.skipped else ""


def text_of(found: Listing, number: int, most: int = MOST_NOTE) -> str:
    """A file that says something, as text.

    Raises:
        Unreadable: if it cannot be read, is too large or no text.
    """
    name = shown(found.path(number))
    if found.sizes[number] > most:
        raise Unreadable(f"{name} has {found.sizes[number] / 2**20:,.0f} MB; at most {most // 2**20:,} are read.")
    try:
        with found.open(number) as file:
            content = file.read()
    except (OSError, ValueError) as error:
        raise Unreadable(f"{name} cannot be read: {error}.") from error
    try:
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeError:
        return content.decode("cp1252", "replace")


def lines_in(found: Listing, names: Iterable[str]) -> tuple[str, list[str]]:
    """The path and the lines of the first text file of one of these names, the outermost first; nothing if there is
    none."""
    wanted = {name: rank for rank, name in enumerate(names)}
    likely = [n for n in range(len(found)) if found.names[n].lower() in wanted and not is_picture(found.names[n])]
    likely.sort(key=lambda n: (found.path(n).count("/"), wanted[found.names[n].lower()], found.path(n)))
    for number in likely:
        lines = [line.strip() for line in text_of(found, number, 2**20).splitlines()]
        lines = [line for line in lines if line]
        if lines:
            return found.path(number), lines
    return "", []


def placed(wide: float, high: float, height: int, width: int, fit: str) -> tuple[float, float, float, float]:
    """How a place in a picture of this size comes to stand in one that was made alike: ``x * kx + x0``,
    ``y * ky + y0``, as (kx, ky, x0, y0), in dots."""
    if fit == "squeeze":
        return width / wide, height / high, 0.0, 0.0
    if fit == "crop":
        share = max(width / wide, height / high)
        left = max(0.0, (wide - width / share) / 2)
        top = max(0.0, (high - height / share) / 2)
        return share, share, -left * share, -top * share
    share = min(width / wide, height / high)
    inner = max(1, round(wide * share)), max(1, round(high * share))
    return inner[0] / wide, inner[1] / high, float((width - inner[0]) // 2), float((height - inner[1]) // 2)


def size_of(found: Listing, number: int) -> tuple[float, float]:
    """Width and height of a picture as its head says; (1, 1) of one that cannot be read: it is left out, with the
    reason, where it is read itself."""
    try:
        with found.open(number) as file:
            known = head(file, shown(found.path(number)))
    except (OSError, ValueError):
        return 1.0, 1.0
    return float(known.width), float(known.height)


def ordered(found: Listing, made: LabelsAndParts) -> tuple[list[int], dict[int, int]]:
    """The pictures in the order of their samples, and the place of each among them."""
    numbers, _ = in_order(found, made)
    return numbers, {number: place for place, number in enumerate(numbers)}


def image_column(found: Listing, made: LabelsAndParts, how: PicturePreparation) -> Any:
    """The pictures that are samples, decoded when they are asked for and kept on the disk for the next time."""
    from nodes.reading.cache import Decoded
    from nodes.reading.cached_pictures import Kept

    numbers, places = in_order(found, made)
    sizes = (how.channels, how.height, how.width)
    decoded = Decoded(f"told {found.stamp} {how}", len(found), how.channels * how.height * how.width)
    return Kept(
        sizes,
        places,
        lambda n: read_dots(found, numbers[n], how),
        decoded,
        rewritten=lambda n: found.rewritten(numbers[n]),
    )


def part_indices(given: Sequence[int]) -> dict[str, Any]:
    """The samples of each part that the data brings, by the part of each sample."""
    import torch

    parts = torch.tensor(given)
    return {name: (parts == index).nonzero()[:, 0] for index, name in enumerate(PARTS) if index in set(given)}


IMPORTS = ("from pathlib import Path", "from typing import Any", "import numpy", "from PIL import Image")


def script_head(
    found: Listing, how: PicturePreparation, paths: Sequence[str], *functions: Callable[..., Any]
) -> list[str]:
    """Lines that read the pictures at these paths: ``pixels`` (n, channels, height, width) in bytes, and
    ``unreadable``, the numbers of those that could not be read."""
    lines: list[str] = []
    for function in (made_alike, *functions):
        lines += [*inspect.getsource(function).rstrip().splitlines(), "", ""]
    archive = found.archive is not None
    lines += [f"root = {root_of(found)}", *(["archive = zipfile.ZipFile(root)"] if archive else [])]
    lines += literal("files", list(paths))
    lines += literal("formats", list(formats(".tga" if any(ending(path) == "tga" for path in paths) else "")))
    settings = (how.height, how.width, how.channels, how.fit, how.background)
    lines += [
        f"pixels = numpy.zeros((len(files), {how.channels}, {how.height}, {how.width}), numpy.uint8)",
        "unreadable = []  # the numbers of those that are left out",
        "for number, file in enumerate(files):",
        "    try:",
        f"        pixels[number] = made_alike(Image.open({opened_in(found)}, formats=formats), *{settings})",
        "    except Exception as error:",
        '        print(f"{file} is left out: {error}")',
        "        unreadable.append(number)",
    ]
    return lines


def opened_in(found: Listing) -> str:
    """How the lines open a file."""
    return "io.BytesIO(archive.read(file))" if found.archive is not None else "root / file"


def imports_of(found: Listing) -> tuple[str, ...]:
    """What the lines of ``script_head`` need."""
    return (*IMPORTS, "import io", "import zipfile") if found.archive is not None else IMPORTS


def parts_line(given: Sequence[int]) -> str:
    """The parts, as an expression of ``parts``, a list with the part of each sample."""
    names = [f'"{name}": (given == {at}).nonzero()[:, 0]' for at, name in enumerate(PARTS) if at in set(given)]
    return "{" + ", ".join(names) + "}" if names else ""


def called(words: Iterable[str]) -> str:
    """Names in a sentence, the first few."""
    return listed([cut(word, 60) for word in words], most=4)


def times_of(count: int, one: str, several: str) -> str:
    """A number of things: ``1 box``, ``2,000 boxes``."""
    return f"{count:,} {one if count == 1 else several}"


def only_of(path: str) -> str:
    """The file that is meant alone, as a path in the listing; nothing where a folder or zip file is chosen."""
    place = Path(path).expanduser()
    if not (place.is_file() and ending(place.name) in NOTES):
        return ""
    return place.relative_to(home_of(place)).as_posix()


def looked(module: str, settings: Mapping[str, Any], what: str, say: Callable[[Listing, float], Schema]) -> Schema:
    """What a source says of the listing at the path of its settings, of very many files in a process of its own.
    ``say`` is given the listing and when the look began.

    Raises:
        NoData: with a sentence, where the files do not hold what is asked.
    """
    began = begun()
    try:
        found = told_listing(settings["path"], what)
        if apart() and sum(found.sizes[n] for n in range(len(found)) if ending(found.names[n]) in NOTES) > LARGE:
            raise TooMany
    except TooMany:
        schema = looked_apart(module, settings, began)
        if schema is not None:
            return schema
        found = told_listing(settings["path"], what, most=False)
    try:
        return say(found, began)
    except Unreadable as reason:
        raise NoData(str(reason)) from None


def schema_of(
    found: Listing,
    made: LabelsAndParts,
    how: PicturePreparation,
    began: float,
    fields: Mapping[str, Field],
    guesses: Sequence[Guess],
    remarks: Sequence[str],
    settled: Mapping[str, Any],
    **others: Any,
) -> Schema:
    """What is known of pictures with what is said about them; ``fields`` are those beside the image."""
    more = looked_into(found, made, began)
    told = {
        "samples": made.samples,
        "parts": made.parts(),
        "noun": PICTURES,
        **others,
    }
    return Schema(
        {"image": Field((how.channels, how.height, how.width)), **fields},
        guesses=(*made.guesses, *guesses),
        remarks=sentences((*made.remarks, *remarks, *more)),
        skipped=tuple(found.skipped),
        skipped_count=found.skipped_count,
        stamp=found.stamp,
        settled={"size": (how.height, how.width), "colour": "RGB" if how.channels == 3 else "grey", **settled},
        **told,
    )
