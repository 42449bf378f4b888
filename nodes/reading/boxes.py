"""Boxes around things in pictures, as COCO, YOLO, Pascal VOC and tables write them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from nodes.api.schema import Unreadable
from nodes.api.words import cut, quoted
from nodes.reading.annotated_pictures import (
    PictureFinder,
    lines_in,
    listed_parts,
    part_in,
    part_named,
    placed,
    stem_of,
    text_of,
)
from nodes.reading.annotation_rows import (
    PATHS,
    chosen,
    coco_images,
    coco_in,
    head_of,
    key_of,
    listed_in,
    needed,
    notes_in,
    rows_of,
)
from nodes.reading.box_cells import SIDES, box_column, with_sides
from nodes.reading.drawn_boxes import drawn_boxes, xml_root
from nodes.reading.listing import Listing, ending, natural, shown
from nodes.reading.pictures import PicturePreparation
from nodes.reading.via_boxes import via_boxes

if TYPE_CHECKING:
    from xml.etree import ElementTree

MOST = 50  # boxes of a picture, where nobody says how many
_LEAST = 0.1  # of a box that is cut off, so much must be seen
_LEFT = ("xmin", "x_min", "x1", "left")
_TOP = ("ymin", "y_min", "y1", "top")
_RIGHT = ("xmax", "x_max", "x2", "right")
_BOTTOM = ("ymax", "y_max", "y2", "bottom")
_KIND = ("class", "label", "name", "category", "class_name")
COLUMNS = (_LEFT, _TOP, _RIGHT, _BOTTOM, _KIND)
_PLAIN = ("path", "xmin", "ymin", "xmax", "ymax", "class")
Box = tuple[float, float, float, float, str]  # left, top, right, bottom and class


@dataclass
class BoxAnnotations:
    """The boxes of each picture, by its number in the listing. ``shares`` are those whose sides are shares of the
    picture and no dots; ``sizes`` are (width, height) of pictures, where a file says them; ``parts`` as PARTS counts,
    or -1; ``words`` are the classes."""

    rows: dict[int, list[Box]] = field(default_factory=dict)
    shares: set[int] = field(default_factory=set)
    sizes: dict[int, tuple[float, float]] = field(default_factory=dict)
    parts: dict[int, int] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    remarks: list[str] = field(default_factory=list)

    @property
    def most(self) -> int:
        """How many there are in one picture at most."""
        return max(map(len, self.rows.values()), default=0)


def boxes_of(found: Listing, only: str) -> BoxAnnotations:
    """The boxes that files of a listing tell of; ``only`` of that file, if it was chosen itself.

    Raises:
        NoData: if there are none.
        Unreadable: if a file that should tell of them is damaged.
    """
    names = PictureFinder(found)
    made = BoxAnnotations()
    for read in (_coco, _voc, _drawn, _yolo, _table):
        read(found, names, only, made)
        if any(made.rows.values()):
            break
    else:
        raise needed(
            found,
            "boxes",
            "Choose a folder with the pictures and a COCO file (instances.json), a folder labels (YOLO), XML files "
            "(Pascal VOC, CVAT), files of LabelMe or VIA, or a table with the columns path, xmin, ymin, xmax, ymax and "
            "class.",
        )
    used = {box[4] for rows in made.rows.values() for box in rows}
    made.words = tuple(made.words) or tuple(sorted(used, key=natural))
    return made


def _keep(found: Listing, made: BoxAnnotations, number: int, box: Box, where: str) -> None:
    """Take in a box, or write down why it is none."""
    left, top, right, bottom, _ = box
    if -1e7 < left < right < 1e7 and -1e7 < top < bottom < 1e7:
        made.rows[number].append(box)
    elif not all(math.isfinite(each) and abs(each) < 1e7 for each in box[:4]):
        found.skip(where, "has a box whose sides are no numbers.")
    else:
        found.skip(where, f"has a box without any area ({left:g}, {top:g}, {right:g}, {bottom:g}).")


def _coco(found: Listing, names: PictureFinder, only: str, made: BoxAnnotations) -> None:
    words: dict[Any, str] = {}
    crowds = 0
    for note, said in coco_in(found, only, "instances", "coco", holding="bbox"):
        path = found.path(note)
        part = part_named(path) if part_named(path) >= 0 else part_in(path)
        for each in listed_in(said, "categories"):
            if key_of(each.get("id")) is not None:
                words[each["id"]] = cut(str(each.get("name") or each["id"]), 60)
        places = {}
        images = coco_images(found, note, said)
        for key, image in images.items():
            number = names.find(image["file_name"], path, part)
            if number is None:
                found.skip(f"{path}: {image['file_name']}", "is not among the pictures.")
                continue
            places[key] = number
            made.rows.setdefault(number, [])
            made.parts[number] = part if part >= 0 else part_in(found.path(number))
            wide, high = _number(image.get("width")), _number(image.get("height"))
            if wide > 0 and high > 0:
                made.sizes[number] = wide, high
        for at, each in enumerate(said["annotations"], start=1):
            where = f"{path}, annotation {at:,}"
            key = key_of(each.get("image_id")) if isinstance(each, dict) else None
            number = places.get(key)
            if number is None:
                if key not in images:
                    found.skip(where, "has the id of no picture.")
                continue
            if each.get("iscrowd"):
                crowds += 1
                continue
            box, kind = each.get("bbox"), key_of(each.get("category_id"))
            if not isinstance(box, list) or len(box) != 4 or kind not in words:
                found.skip(where, "has no bbox of four numbers, or a category that is not listed.")
                continue
            left, top, wide, high = map(_number, box)
            _keep(found, made, number, (left, top, left + wide, top + high, words[kind]), where)
    if words and made.rows:
        made.words = tuple(dict.fromkeys(words[key] for key in sorted(words, key=lambda key: natural(str(key)))))
    if crowds:
        made.remarks.append(f"{crowds:,} crowds (iscrowd) are left out")
    if not only:
        _say_of_others(found, names, made, "is not among the images of the COCO file.")


def _say_of_others(
    found: Listing, names: PictureFinder, made: BoxAnnotations, reason: str, told: Collection[int] = ()
) -> None:
    """Write down the pictures that no file tells of, where they lie beside others: in a folder of their own they are
    rather masks, or another part. ``told`` are those of which something was said already."""
    folders = {found.path(number).rpartition("/")[0] for number in made.rows}
    for path, number in names.paths.items() if folders else ():
        if number not in made.rows and number not in told and path.rpartition("/")[0] in folders:
            found.skip(path, reason)


def _voc(found: Listing, names: PictureFinder, only: str, made: BoxAnnotations) -> None:
    told: set[int] = set()
    lists = listed_parts(found, "imagesets/main") or listed_parts(found, "annotations")
    for note in notes_in(found, only, "xml"):
        path = shown(found.path(note))
        try:
            tree = xml_of(text_of(found, note, 2**22), path)
        except Unreadable as reason:
            found.skip(path, str(reason).removeprefix(f"{path} "))
            spoilt = names.find(found.names[note].rpartition(".")[0], found.path(note), part_in(found.path(note)))
            told |= {spoilt} if spoilt is not None else set()
            continue
        if tree is None:
            continue
        stem = found.names[note].rpartition(".")[0]
        folder = found.path(note)
        number = names.find(tree.findtext("filename") or stem, folder, part_in(folder))
        number = names.find(stem, folder, part_in(folder)) if number is None else number
        if number is None:
            found.skip(path, "tells of a picture that is not there.")
            continue
        made.rows.setdefault(number, [])
        made.parts[number] = lists.get(stem_of(found.names[number]), part_in(found.path(number)))
        size = [_number(tree.findtext(f"size/{side}")) for side in ("width", "height")]
        if min(size) > 0:
            made.sizes[number] = size[0], size[1]
        for thing in tree.iter("object"):
            sides = [_number(thing.findtext(f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax")]
            word = cut((thing.findtext("name") or "").strip(), 60)
            if not word:
                found.skip(path, "has a box without a name.")
                continue
            # Pascal VOC counts dots from 1, and the last one belongs to the box.
            _keep(found, made, number, (sides[0] - 1, sides[1] - 1, sides[2], sides[3], word), path)
    if not only:
        alone = "has no XML file of its name. One without an object says that nothing is there."
        _say_of_others(found, names, made, alone, told)


def xml_of(text: str, path: str) -> ElementTree.Element | None:
    """The annotation of a Pascal VOC file; None if the file is of another kind. Nothing that is declared in it is
    expanded or fetched.

    Raises:
        Unreadable: if it is damaged, or declares entities, which such a file never needs.
    """
    tree = xml_root(text, path)
    return tree if tree.tag == "annotation" else None


def _drawn(found: Listing, names: PictureFinder, only: str, made: BoxAnnotations) -> None:
    odd = 0
    for told in chain(drawn_boxes(found, only), via_boxes(found, only)):
        beside = told.note.rpartition(".")[0].rpartition("/")[2]
        number = names.find(told.picture, told.note) if told.picture else None
        number = names.find(beside, told.note) if number is None else number
        if number is None:
            found.skip(told.note, f"tells of {cut(told.picture, 60) or 'a picture'}, which is not there.")
            continue
        made.rows.setdefault(number, [])
        made.parts[number] = part_in(found.path(number))
        if min(told.size) > 0:
            made.sizes[number] = told.size
        odd += told.odd
        for box in told.boxes:
            _keep(found, made, number, box, told.note)
    if odd:
        made.remarks.append(f"{odd:,} points and lines, or things without a name, are no boxes and left out")
    if not only:
        _say_of_others(found, names, made, "was not annotated: no file tells of it.")


def _yolo(found: Listing, names: PictureFinder, only: str, made: BoxAnnotations) -> None:
    words = yolo_words(found)
    tables: dict[tuple[str, str], int] = {}
    for note in notes_in(found, only, "txt"):
        folder, _, name = found.path(note).rpartition("/")
        tables[_without(folder, "labels"), name.rpartition(".")[0]] = note
    alone = 0
    told: Counter[int] = Counter()
    for path, number in names.paths.items():
        folder, _, name = path.rpartition("/")
        own = tables.get((_without(folder, "images"), name.rpartition(".")[0]))
        if own is None:
            alone += 1
            continue
        made.rows[number] = []
        made.parts[number] = part_in(path)
        made.shares.add(number)
        for at, line in enumerate(text_of(found, own, 2**22).splitlines(), start=1):
            cells = line.split()
            if not cells:
                continue
            where = f"{found.path(own)}, row {at:,}"
            values = [_number(cell) for cell in cells[1:]]
            if not re.fullmatch(r"[0-9]{1,5}", cells[0]) or len(values) < 4 or not all(-1 < v < 2 for v in values):
                found.skip(where, "is not a class and four shares of the picture: x, y, width, height.")
                continue
            if len(values) >= 6 and len(values) % 2 == 0:  # the outline of a thing
                sides = min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2])
            else:
                x, y, wide, high = values[:4]
                sides = x - wide / 2, y - high / 2, x + wide / 2, y + high / 2
            told[int(cells[0])] += 1
            _keep(found, made, number, (*sides, _word(words, int(cells[0]))), where)
    if not any(made.rows.values()):
        made.rows.clear()
        made.parts.clear()
        return
    made.words = tuple(dict.fromkeys(_word(words, at) for at in range(max(len(words), max(told, default=0) + 1))))
    if alone:
        for path, number in names.paths.items():
            if number not in made.rows:
                found.skip(path, "has no file of labels. An empty one says that nothing is there.")


def _without(folder: str, word: str) -> str:
    """A folder's path without the part that only says what lies in it."""
    parts = folder.split("/") if folder else []
    for at in range(len(parts) - 1, -1, -1):
        if parts[at].lower() == word:
            return "/".join(parts[:at] + parts[at + 1 :])
    return folder


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else str(at)


def yolo_words(found: Listing) -> list[str]:
    """The names of the classes: of data.yaml, or of classes.txt and its kin."""
    for note in notes_in(found, "", "yaml", "yml"):
        words = names_in_yaml(text_of(found, note, 2**20))
        if words:
            return words
    _, lines = lines_in(found, ("classes.txt", "obj.names", "labels.txt", "names.txt"))
    return [cut(line, 60) for line in lines]


def names_in_yaml(text: str) -> list[str]:
    """The list ``names`` of a data.yaml, in the three ways in which it is written; nothing is executed."""
    match = re.search(r"^names\s*:[ \t]*(.*)$", text, re.MULTILINE)
    if match is None:
        return []
    inline = match[1].partition(" #")[0].strip()
    if inline.startswith(("[", "{")):
        whole = text[match.start(1) :]
        closing = {"[": "]", "{": "}"}[inline[0]]
        entries = whole[1 : whole.find(closing)].split(",")
        pairs = [entry.partition(":") if inline[0] == "{" else ("", "", entry) for entry in entries]
        return [cut(word.strip().strip("'\""), 60) for _, _, word in pairs if word.strip()]
    words = []
    for line in text[match.end() :].splitlines():
        entry = re.match(r"\s*(?:-|[0-9]+\s*:)\s*(.+?)\s*$", line)
        if entry is not None:
            words.append(cut(entry[1].strip("'\""), 60))
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    return words


def table_columns(heads: Sequence[str]) -> list[str]:
    """Which columns are the path, the four sides and the class; nothing if these are not all there."""
    found = [chosen(heads, PATHS), *(chosen(heads, names) for names in COLUMNS)]
    return found if all(found) and len(set(found)) == 6 else []


def _table(found: Listing, names: PictureFinder, only: str, made: BoxAnnotations) -> None:
    for note in notes_in(found, only, "csv", "tsv", "txt"):
        heads, _ = head_of(text_of(found, note))
        plain = not table_columns(heads) and is_plain(heads)
        columns = list(_PLAIN) if plain else table_columns(heads)
        cell = "" if columns else box_column(heads)
        if cell:
            columns = [chosen(heads, PATHS), *SIDES, "class"]
            made.remarks.append(
                f"The numbers in {quoted(cell, 40)} are read as left, top, width and height. If they are two corners, "
                "write them into the columns xmin, ymin, xmax and ymax"
            )
        if not columns:
            continue
        path = found.path(note)
        part = part_named(path) if part_named(path) >= 0 else part_in(path)
        missing: Counter[str] = Counter()
        mine: set[int] = set()
        for where, row in rows_of(found, note, _PLAIN if plain else ()):
            row = with_sides(row, cell, _KIND) if cell else row
            name, *cells, word = (row.get(column, "") for column in columns)
            number = names.find(name, path, part) if name else None
            if number is None:
                missing[name] += 1
                if missing[name] == 1:
                    found.skip(where, f"names {cut(name, 60) or 'no picture'}, which is not there.")
                continue
            mine.add(number)
            made.rows.setdefault(number, [])
            made.parts[number] = part if part >= 0 else part_in(found.path(number))
            wide, high = _number(row.get("width")), _number(row.get("height"))
            if wide > 0 and high > 0:
                made.sizes[number] = wide, high
            if not any(cells):
                continue  # a picture without anything
            if not word:
                found.skip(where, "has a box without a class.")
                continue
            sides = [_number(cell) for cell in cells]
            _keep(found, made, number, (sides[0], sides[1], sides[2], sides[3], cut(word, 60)), where)
        rows = [box for number in mine for box in made.rows[number]]
        if rows and all(0 <= side <= 1.001 for box in rows for side in box[:4]):
            made.shares |= mine
    for path, number in names.paths.items() if made.rows else ():
        if number not in made.rows:
            found.skip(path, "does not stand in the table of boxes.")


def is_plain(heads: Sequence[str]) -> bool:
    """Whether the first line of a table is a row already: a picture, four numbers and a class."""
    return (
        len(heads) == 6
        and ("." in heads[0])
        and all(not cell or math.isfinite(_number(cell)) for cell in heads[1:5])
        and any(heads[1:5])
    )


def _number(value: Any) -> float:
    """A number; nan if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def placed_boxes(
    rows: Sequence[Box], numbers: Mapping[str, int], wide: float, high: float, how: PicturePreparation, most: int
) -> tuple[Any, Any]:
    """The boxes of a picture of this size as they stand in it after it was made alike: middle, width and height as
    shares, float32 (most, 4), and what they are, int64 (most,), counted from 1. Of more, the largest stay; those
    that are cut off nearly whole go."""
    import numpy

    kx, ky, x0, y0 = placed(wide, high, how.height, how.width, how.fit)
    kept = []
    for left, top, right, bottom, word in rows:
        sides = (
            (left * kx + x0) / how.width,
            (top * ky + y0) / how.height,
            (right * kx + x0) / how.width,
            (bottom * ky + y0) / how.height,
        )
        whole = (sides[2] - sides[0]) * (sides[3] - sides[1])
        left, top, right, bottom = (min(max(side, 0.0), 1.0) for side in sides)
        seen = (right - left) * (bottom - top)
        if right > left and bottom > top and seen >= _LEAST * whole:
            kept.append((seen, (left + right) / 2, (top + bottom) / 2, right - left, bottom - top, numbers[word]))
    if len(kept) > most:
        kept = sorted(kept, key=lambda each: -each[0])[:most]
    boxes, kinds = numpy.zeros((most, 4), numpy.float32), numpy.zeros(most, numpy.int64)
    for at, (_, *box, kind) in enumerate(kept):
        boxes[at], kinds[at] = box, kind
    return boxes, kinds


def looks_like_yolo(names: Sequence[str]) -> bool:
    """Whether these paths are pictures and texts of the same names, in images and labels or beside one another, as YOLO
    keeps them."""
    from nodes.reading.annotated_pictures import is_picture

    pictures = {
        (_without(folder, "images"), name.rpartition(".")[0])
        for folder, _, name in (path.rpartition("/") for path in names if is_picture(path))
    }
    texts = {
        (_without(folder, "labels"), name.rpartition(".")[0])
        for folder, _, name in (path.rpartition("/") for path in names if ending(path) == "txt")
    }
    return bool(pictures & texts)
