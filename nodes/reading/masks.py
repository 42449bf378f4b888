"""Masks: pictures whose dots say of which class the dots of another picture are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from nodes.api.schema import Guess, NoData, Unreadable
from nodes.api.words import cut, listed
from nodes.reading.annotated_pictures import PictureFinder, called, lines_in
from nodes.reading.known_masks import is_trimap, known_names
from nodes.reading.listing import Listing, shown
from nodes.reading.mask_pairs import paired
from nodes.reading.pictures import formats, head, why_not

_OTHERS = re.compile(r"_gt(fine|coarse)_(color|instanceids|instancetrainids|labelids|labeltrainids)$")  # other forms
IGNORED = "ignored"  # the class of dots that count for nothing, as the borders of Pascal VOC
_NUMBERS = 64  # from this number on, values are grey levels and no numbers of classes
_FEW = 64  # so many grey levels or colours at most are classes
_LOOKED = 128  # dots a side that tell a photograph
_FLAT, _COVERED = 8, 0.25  # so many colours cover this share of a mask
_SCANNED = 160  # masks that are looked into for the values that there are
_TABLES = ("classes.txt", "class_names.txt", "labels.txt", "codes.txt", "labelmap.txt", "label_colors.txt", "names.txt")
AUTO, IN_ORDER, AS_NUMBERS = "auto", "in order", "class numbers"


def raw_mask(file: IO[bytes], name: str) -> tuple[Any, bool]:
    """The values of a mask, int32 (height, width), and whether these are colours (red · 65536 + green · 256 + blue).
    Of a palette they are the numbers of its entries; a JPEG, whose values are smeared, is split at the middle into 0
    and 255.

    Raises:
        Unreadable: if it cannot be read.
    """
    import numpy
    from PIL import Image

    try:
        head(file, name)
        file.seek(0)
        with Image.open(file, formats=formats(name)) as picture:
            return mask_values(picture, numpy)
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(f"{name} {why_not(error)}") from error


def mask_values(picture: Any, numpy: Any) -> Any:
    """The values of a Pillow picture as ``raw_mask`` gives them, and whether they are colours."""
    if picture.format in ("JPEG", "MPO"):
        return (numpy.asarray(picture.convert("L")) >= 128).astype(numpy.int32) * 255, False
    if picture.mode in ("LA", "La", "PA"):
        picture = picture.convert("L" if picture.mode != "PA" else "RGB")
    if picture.mode in ("1", "L", "P") or picture.mode.startswith("I"):
        return numpy.asarray(picture).astype(numpy.int32), False
    dots = numpy.asarray(picture.convert("RGB")).astype(numpy.int32)
    if (dots[..., 0] == dots[..., 1]).all() and (dots[..., 0] == dots[..., 2]).all():
        return numpy.ascontiguousarray(dots[..., 0]), False
    return dots[..., 0] * 65536 + dots[..., 1] * 256 + dots[..., 2], True


def is_photograph(file: IO[bytes]) -> bool:
    """Whether a picture is no mask, whatever it is called: it has more colours than classes can have, and the most
    frequent of them cover little of it. A mask that was smoothed has many, too, but only along its borders. What cannot
    be read is none."""
    import numpy
    from PIL import Image

    try:
        with Image.open(file) as picture:
            picture.draft("RGB", (_LOOKED, _LOOKED))  # of a JPEG, so that a large one is decoded fast
            dots = numpy.asarray(picture.convert("RGB").resize((_LOOKED, _LOOKED), Image.Resampling.NEAREST))
    except (OSError, ValueError, Image.DecompressionBombError):
        return False
    colours = dots.reshape(-1, 3).astype(numpy.int32) @ numpy.array([65536, 256, 1])
    counts = numpy.sort(numpy.unique(colours, return_counts=True)[1])
    return len(counts) > _FEW and int(counts[-_FLAT:].sum()) < _COVERED * len(colours)


def mask_alike(values: Any, height: int, width: int, fit: str, outside: int) -> Any:
    """Values of a mask made alike by the nearest dot, (height, width); ``outside`` stands beside what is padded."""
    import numpy
    from PIL import Image

    picture = Image.fromarray(values.astype(numpy.int32))
    inner = (width, height)
    box = (0.0, 0.0, float(picture.width), float(picture.height))
    if fit == "pad":
        share = min(width / picture.width, height / picture.height)
        inner = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    if fit == "crop":
        share = max(width / picture.width, height / picture.height)
        left = max(0.0, (picture.width - width / share) / 2)
        top = max(0.0, (picture.height - height / share) / 2)
        box = (left, top, picture.width - left, picture.height - top)
    made = numpy.asarray(picture.resize(inner, Image.Resampling.NEAREST, box)).astype(numpy.int16)
    if inner == (width, height):
        return made
    framed = numpy.full((height, width), outside, made.dtype)
    top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
    framed[top : top + inner[1], left : left + inner[0]] = made
    return framed


@dataclass(frozen=True)
class Legend:
    """Which values of masks are which class: ``codes`` in the order of ``words``; ``colours`` if they are colours."""

    codes: tuple[int, ...]
    words: tuple[str, ...]
    colours: bool

    @property
    def text(self) -> str:
        """The same as a setting holds it."""
        told = (f"#{code:06x}" if self.colours else str(code) for code in self.codes)
        return ", ".join(f"{code}={word}" for code, word in zip(told, self.words))

    @property
    def ignored(self) -> int | None:
        """The number of the class that counts for nothing."""
        return len(self.words) - 1 if self.words[-1] == IGNORED else None


def legend_of(text: str) -> Legend:
    """What a setting says.

    Raises:
        NoData: if it cannot be understood.
    """
    codes: list[int] = []
    words: list[str] = []
    colours = set()
    for at, entry in enumerate(text.split(",")):
        value, equals, word = (each.strip() for each in entry.partition("="))
        if not equals:
            value, word = str(at), value
        match = re.fullmatch(r"#([0-9a-fA-F]{6})|([0-9]{1,7})", value)
        if match is None or not word:
            raise NoData(
                f"The classes say {cut(entry.strip(), 40)!r}. Write a value and a name for each, such as 0=background, "
                "1=cat, or #ff0000=road for colours; or auto."
            )
        codes.append(int(match[1], 16) if match[1] else int(match[2]))
        colours.add(bool(match[1]))
        words.append(word)
    if len(set(codes)) < len(codes) or len(colours) > 1:
        raise NoData("The classes name a value twice, or both numbers and colours. Write each once; or auto.")
    order = sorted(range(len(codes)), key=lambda at: words[at] == IGNORED)
    return Legend(tuple(codes[at] for at in order), tuple(words[at] for at in order), colours == {True})


def named_values(found: Listing) -> tuple[str, list[tuple[int | None, str]]]:
    """What a text file beside the masks calls the classes: its path, and for each line the colour, if it gives one, and
    the name."""
    path, lines = lines_in(found, _TABLES)
    rows: list[tuple[int | None, str]] = []
    for line in lines:
        if line.startswith("#"):
            continue
        match = re.search(r"(?<![0-9])([0-9]{1,3})[\s,;]+([0-9]{1,3})[\s,;]+([0-9]{1,3})(?![0-9])", line)
        colour = None
        if match is not None and max(map(int, match.groups())) < 256:
            colour = int(match[1]) * 65536 + int(match[2]) * 256 + int(match[3])
            line = line[: match.start()] + line[match.end() :]
        word = re.sub(r"^[0-9]+\s*[:=,;\s]\s*", "", line.strip(" \t,;:")).strip(" \t,;:").replace("=", " ")
        rows.append((colour, cut(" ".join(word.replace(",", " ").split()), 40) or str(len(rows))))
    return path, rows


def looked_at(found: Listing, masks: Mapping[int, int]) -> tuple[set[int], bool, list[str]]:
    """The values in some of the masks (picture: mask, by number), always the same ones; whether they are colours; and
    what is wrong with masks that cannot be used."""
    import numpy

    seen: dict[bool, set[int]] = {False: set(), True: set()}
    bad: list[str] = []
    step = max(1, len(masks) // _SCANNED)
    for picture, mask in list(masks.items())[::step]:
        try:
            values, colours = checked_mask(found, picture, mask)
        except Unreadable as reason:
            bad.append(str(reason))
            continue
        seen[colours].update(numpy.unique(values).tolist())
    if seen[True]:
        return seen[True] | {value * 0x010101 for value in seen[False]}, True, bad
    if not seen[False]:
        raise NoData(f"None of the masks can be read. {bad[0] if bad else ''}".strip())
    return seen[False], False, bad


def checked_mask(found: Listing, picture: int, mask: int) -> tuple[Any, bool]:
    """What ``raw_mask`` gives, of a mask that is as large as its picture.

    Raises:
        Unreadable: if not, with both sizes.
    """
    name, other = shown(found.path(mask)), shown(found.path(picture))
    try:
        with found.open(mask) as file:
            values, colours = raw_mask(file, name)
        with found.open(picture) as file:
            size = head(file, other)
    except (OSError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"{name} {why_not(error)}") from error
    if values.shape != (size.height, size.width):
        raise Unreadable(
            f"{name} is {values.shape[0]}×{values.shape[1]}, and its picture {other} {size.height}×{size.width} "
            "(height × width). Make both of one size."
        )
    return values, colours


def resolved_legend(found: Listing, masks: Mapping[int, int], classes: str) -> tuple[Legend, list[Guess], list[str]]:
    """Which values are which classes, what was decided for it, and what is odd.

    Raises:
        NoData: if the masks say nothing, or too much.
    """
    if classes.strip() not in (AUTO, IN_ORDER, AS_NUMBERS):
        return legend_of(classes), [], []
    values, colours, bad = looked_at(found, masks)
    where, rows = named_values(found)
    known = False
    paths = [found.path(mask) for mask in masks.values()]
    if not rows and not colours and is_trimap(map(_place, paths), values):
        return _trimap()
    if not rows and not colours:
        root = "/".join(found.root.parts[-2:])
        where, words = known_names({f"{root}/{_place(path)}" for path in paths}, {*map(_mark, paths)}, values)
        rows, known = [(None, word) for word in words], bool(words)
    remarks = (
        [f"{len(bad):,} of the masks looked at cannot be used: {listed(bad, '; ', most=3, letters=160)}"] if bad else []
    )
    table = {colour: word for colour, word in rows if colour is not None}
    names = [word for _, word in rows]
    if colours:
        legend = _of_colours(values, table, names)
    else:
        legend = _of_numbers(values, names, classes.strip())
    if len(legend.words) > _FEW and not rows and (colours or classes.strip() == IN_ORDER or max(values) >= _NUMBERS):
        raise NoData(
            f"The masks have {len(values):,} different {'colours' if colours else 'grey levels'}, too many for "
            "classes. Save them as PNG without smoothing, or say in classes which values count, such as 0=background, "
            "255=cell."
        )
    said = called(f"{code} {word}" if str(code) != word else word for code, word in _shown(legend))
    guesses = []
    if not colours:
        choices = (("numbers of classes", AS_NUMBERS), ("one class for each value", IN_ORDER))
        codes = legend.codes[:-1] if legend.ignored is not None else legend.codes
        chosen = AS_NUMBERS if codes == tuple(range(len(codes))) else IN_ORDER
        guesses.append(Guess("classes", f"The values of the masks are read as the classes {said}.", choices, chosen))
    if where:
        remarks.append(f"the names of the classes {'are those of' if known else 'stand in'} {where}")
        unknown = len(values - set(legend.codes))
        if unknown:
            remarks.append(f"the masks have {unknown:,} values that {where} does not name")
    if legend.ignored is not None:
        remarks.append(f"dots of the value {legend.codes[-1]} are borders, of no class: they are ignored")
    return legend, guesses, remarks


def _place(path: str) -> str:
    return path.rpartition("/")[0]


def _mark(path: str) -> str:
    found = _OTHERS.search(path.lower().rpartition(".")[0])
    return found[0] if found is not None else ""


def _trimap() -> tuple[Legend, list[Guess], list[str]]:
    said = "2=background, 1=pet, 3={}"
    choices = (("ignore the border", said.format(IGNORED)), ("the border is a class", said.format("border")))
    what = "The values of the masks are read as those of the Oxford pets: 1 pet, 2 background, 3 a border of neither."
    return legend_of(choices[0][1]), [Guess("classes", what, choices, choices[0][1])], []


def _shown(legend: Legend) -> Iterable[tuple[str, str]]:
    for code, word in zip(legend.codes, legend.words):
        yield (f"#{code:06x}" if legend.colours else str(code)), word


def _of_colours(values: set[int], table: Mapping[int, str], names: Sequence[str]) -> Legend:
    if table:
        return Legend(tuple(table), tuple(table.values()), True)
    codes = sorted(values)  # black comes first, which is the background
    words = names if len(names) == len(codes) else [f"colour {code:06x}" if code else "background" for code in codes]
    return Legend(tuple(codes), tuple(words), True)


def _of_numbers(values: set[int], names: Sequence[str], classes: str) -> Legend:
    plain = values - {255}
    border = 255 in values and bool(plain - {0}) and max(plain) < _NUMBERS and classes != IN_ORDER and len(names) < 256
    counted = plain if border else values
    fits = max(counted) < max(_NUMBERS if not names else len(names), 2)
    if classes == AS_NUMBERS or (classes == AUTO and fits):
        codes = list(range(max(max(counted) + 1, len(names), 2)))
    else:
        codes = sorted(counted)
    if len(names) > max(codes):
        words = [names[code] for code in codes]
    elif len(names) == len(codes):
        words = list(names)
    elif codes == [0, 255]:
        words = ["background", "255"]
    else:
        words = [str(code) for code in codes]
    if border:
        codes, words = [*codes, 255], [*words, IGNORED]
    return Legend(tuple(codes), tuple(words), False)


def classes_in(values: Any, colours: bool, legend: Legend, name: str) -> Any:
    """The class of each dot, int16.

    Raises:
        Unreadable: for a value that no class has.
    """
    import numpy

    if colours != legend.colours:
        if colours:
            raise Unreadable(f"{name} has colours, and the classes are numbers. Save it as the other masks are.")
        values = values * 0x010101
    codes = numpy.array(legend.codes, numpy.int64)
    order = numpy.argsort(codes)
    at = numpy.searchsorted(codes, values, sorter=order).clip(0, len(codes) - 1)
    found = order[at]
    strange = codes[found] != values
    if strange.any():
        value = int(values[strange][0])
        told = f"#{value:06x}" if legend.colours else str(value)
        raise Unreadable(f"{name} has dots of the value {told}, which is no class. Add it to classes, as {told}=name.")
    return found.astype(numpy.int16)


def masks_of(found: Listing) -> dict[int, int]:
    """The mask of each picture, by number. What is left alone is written down.

    Raises:
        NoData: if there are no pairs.
    """
    names = PictureFinder(found).paths
    pairs, alone, masks = paired(names)
    if not pairs:
        have = f" There are {len(alone):,} pictures and {len(masks):,} masks, but no two of one name." if alone else ""
        raise NoData(
            f"There are no pictures with masks in {shown(found.root.name)}.{have} Put the pictures into a folder "
            "images and the masks, of the same names, into a folder masks beside it."
        )
    for path in alone:
        found.skip(path, "has no mask of its name.")
    others = [path for path in masks if _OTHERS.search(path.lower().rpartition(".")[0])]
    if others:
        found.skip(others[0], f"and {len(others) - 1:,} more say in another form what the masks say.")
    for path in set(masks) - set(others):
        found.skip(path, "is a mask without a picture of its name.")
    return {names[picture]: names[mask] for picture, mask in pairs.items()}
