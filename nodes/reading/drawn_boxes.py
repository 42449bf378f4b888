"""Boxes as the programs write them with which people draw them: LabelMe (a JSON file for each picture) and CVAT (one
XML file for all)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nodes.api.schema import Unreadable
from nodes.api.words import cut
from nodes.reading.annotated_pictures import text_of
from nodes.reading.annotation_rows import notes_in, parsed
from nodes.reading.listing import Listing, shown

if TYPE_CHECKING:
    from xml.etree import ElementTree

_OUTLINES = frozenset({"rectangle", "polygon", "circle", "linestrip", "mask"})


@dataclass
class DrawnBoxes:
    """What a file says of one picture: what the picture is called, its width and height (0 where nobody says it), and
    for each thing its four sides and its class. ``odd`` is what was drawn and is no box."""

    note: str
    picture: str
    size: tuple[float, float]
    boxes: list[tuple[float, float, float, float, str]] = field(default_factory=list)
    odd: int = 0


def drawn_boxes(found: Listing, only: str) -> Iterator[DrawnBoxes]:
    """What the files of both programs say, ``only`` that one if it was chosen itself.

    Raises:
        Unreadable: if one is damaged.
    """
    for note in notes_in(found, only, "json"):
        path = shown(found.path(note))
        text = text_of(found, note)
        if '"shapes"' in text:
            said = parsed(text, path)
            if isinstance(said, dict) and isinstance(said.get("shapes"), list):
                yield _of_labelme(said, path)
    for note in notes_in(found, only, "xml"):
        text = text_of(found, note)
        if "<annotations" in text and "<image" in text:
            yield from _of_cvat(xml_root(text, shown(found.path(note))), shown(found.path(note)))


def has_drawn(kind: str, begin: str) -> bool:
    """Whether a file with this ending begins as one of them does."""
    if kind == "json":
        return '"shapes"' in begin and ('"imagePath"' in begin or '"shape_type"' in begin)
    return kind == "xml" and "<annotations" in begin and "<image " in begin


def _of_labelme(said: dict[str, Any], path: str) -> DrawnBoxes:
    name = str(said.get("imagePath") or "").replace("\\", "/")
    made = DrawnBoxes(path, name, (number_in(said.get("imageWidth")), number_in(said.get("imageHeight"))))
    for shape in said["shapes"]:
        points = shape.get("points") if isinstance(shape, dict) else None
        kind = str(shape.get("shape_type", "polygon")) if isinstance(shape, dict) else ""
        places = [
            (number_in(each[0]), number_in(each[1]))
            for each in (points if isinstance(points, list) else ())
            if isinstance(each, list) and len(each) == 2
        ]
        word = cut(str(shape.get("label") or "").strip(), 60) if isinstance(shape, dict) else ""
        if kind not in _OUTLINES or len(places) < 2 or not word:
            made.odd += 1
            continue
        if kind == "circle":  # its middle and a point of its edge
            (x, y), edge = places[0], places[1]
            far = math.dist((x, y), edge)
            places = [(x - far, y - far), (x + far, y + far)]
        made.boxes.append((*around(places), word))
    return made


def _of_cvat(root: ElementTree.Element, path: str) -> Iterator[DrawnBoxes]:
    for image in root.iter("image") if root.tag == "annotations" else ():
        made = DrawnBoxes(
            path, image.get("name") or "", (number_in(image.get("width")), number_in(image.get("height")))
        )
        for thing in image:
            word = cut((thing.get("label") or "").strip(), 60)
            if thing.tag == "box" and word:
                sides = [number_in(thing.get(side)) for side in ("xtl", "ytl", "xbr", "ybr")]
                made.boxes.append((sides[0], sides[1], sides[2], sides[3], word))
            elif thing.tag == "polygon" and word:
                points = [each.split(",") for each in (thing.get("points") or "").split(";")]
                places = [(number_in(each[0]), number_in(each[1])) for each in points if len(each) == 2]
                made.boxes.append((*around(places), word)) if len(places) > 1 else None
            elif thing.tag not in ("tag", "attribute"):
                made.odd += 1
        yield made


def around(places: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """The sides of the box around points."""
    across, down = [x for x, _ in places], [y for _, y in places]
    return min(across), min(down), max(across), max(down)


def number_in(value: Any) -> float:
    """A number, nan where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def xml_root(text: str, path: str) -> ElementTree.Element:
    """The outermost element of XML. Nothing that is declared in it is expanded or fetched.

    Raises:
        Unreadable: if it is damaged, or declares entities, which such a file never needs.
    """
    from xml.etree import ElementTree  # half a megabyte; most boxes stand in files of another kind

    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise Unreadable(f"{path} is refused: it declares a document type or entities. Save it as plain Pascal VOC.")
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise Unreadable(f"{path} is no sound XML ({error}). Save it again.") from None
