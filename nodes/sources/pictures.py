"""Pictures in a folder or zip file: the most usual way in which people have data of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api import Choice, Feed, Field, File, Recognised, Schema, Script, source
from nodes.reading import picture_settings
from nodes.reading.classes import CLASSES, COLUMN, KINDS, LabelsAndParts
from nodes.reading.hub_pictures import reading_hub, recognising_hub
from nodes.reading.listing import shown
from nodes.reading.picture_scripts import script_of
from nodes.reading.picture_sets import (
    chosen_path,
    gathered,
    in_order,
    looked_into,
    parts_of,
    read_dots,
    resolved,
    schema_of,
)
from nodes.reading.picture_signs import pictures_at
from nodes.reading.pictures import FITS
from nodes.reading.separate_process import begun, gathered_or_told

if TYPE_CHECKING:
    from nodes.reading.listing import Listing
    from nodes.reading.pictures import PicturePreparation

NOUN = ("picture", "pictures")


@reading_hub
def describe(
    *,
    path: str,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    classes: str,
    split: str,
    spelling: str,
    labels: str,
    column: str,
) -> Schema:
    """Pictures of your own, from a folder or a zip file. Those of each class lie in a folder with its name, or a table
    beside them (labels.csv) says what they are. Folders called train, val and test are the parts of the data. Values
    run from 0 to 1."""
    began = begun()
    settings = {
        "path": path,
        "size": size,
        "fit": fit,
        "colour": colour,
        "background": background,
        "classes": classes,
        "split": split,
        "spelling": spelling,
        "labels": labels,
        "column": column,
    }
    seen = gathered_or_told(
        lambda most: _gathered(path, classes, split, spelling, labels, column, most), __name__, settings, began
    )
    if isinstance(seen, Schema):
        return seen
    found, made = seen
    how, guesses = resolved(found, made, size=size, colour=colour, fit=fit, background=background)
    remarks = looked_into(found, made, began)
    return schema_of(found, made, how, NOUN, _fields(made, how), guesses, remarks)


@reading_hub
def load(
    *,
    path: str,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    classes: str,
    split: str,
    spelling: str,
    labels: str,
    column: str,
) -> Feed:
    """The pictures, decoded when they are asked for and kept on the disk of this computer for the next time."""
    import torch

    from nodes.reading.cache import Decoded
    from nodes.reading.cached_pictures import Kept

    found, made = _gathered(path, classes, split, spelling, labels, column)
    how, _ = resolved(found, made, size=size, colour=colour, fit=fit, background=background)
    numbers, places = in_order(found, made)
    sizes = (how.channels, how.height, how.width)
    decoded = Decoded(f"{found.stamp} {how}", len(found), how.channels * how.height * how.width)
    kept = Kept(
        sizes,
        places,
        lambda n: read_dots(found, numbers[n], how),
        decoded,
        rewritten=lambda n: found.rewritten(numbers[n]),
    )
    fields: dict[str, Any] = {"image": kept}
    if made.values is not None:
        fields["label"] = torch.tensor([[made.values[number]] for number in numbers], dtype=torch.float32)
    elif made.words:
        fields["label"] = torch.tensor([made.label_of[number] for number in numbers], dtype=torch.int64)
    return Feed(fields, parts_of(made, numbers), name_of=lambda n: shown(found.path(numbers[n])))


@reading_hub
def script(
    *,
    path: str,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    classes: str,
    split: str,
    spelling: str,
    labels: str,
    column: str,
) -> Script:
    """The same pictures, read with Pillow."""
    found, made = _gathered(path, classes, split, spelling, labels, column)
    how, _ = resolved(found, made, size=size, colour=colour, fit=fit, background=background)
    return script_of(found, made, how)


def _gathered(
    path: str, classes: str, split: str, spelling: str, labels: str, column: str, most: int | None = None
) -> tuple[Listing, LabelsAndParts]:
    where = chosen_path(path, NOUN[1])
    return gathered(where, NOUN, most=most, classes=classes, split=split, spelling=spelling, kind=labels, column=column)


def _fields(made: LabelsAndParts, how: PicturePreparation) -> dict[str, Field]:
    fields = {"image": Field((how.channels, how.height, how.width))}
    if made.values is not None:
        fields["label"] = Field((1,))
    elif made.words:
        fields["label"] = Field((), "int", made.words, made.counts)
    return fields


@recognising_hub
def recognise(path: Path) -> Recognised | None:
    """A folder or zip file that holds pictures for the most part; less surely a single picture."""
    return pictures_at(path)


PICTURES = source(
    id="Pictures",
    name="Pictures",
    params=[
        File(
            "path",
            card=True,
            help="A folder of pictures, one folder for each class, a zip file of it, or Parquet files that "
            "hold pictures.",
        ),
        picture_settings.size("pictures", 2048),
        Choice(
            "fit",
            "crop",
            options=FITS,
            help="What happens to pictures of another shape: crop cuts off what is too much, squeeze distorts, pad "
            "adds a border of the background.",
        ),
        picture_settings.colour("pictures"),
        picture_settings.BACKGROUND,
        Choice(
            "classes",
            "auto",
            options=CLASSES,
            help="Where the class of a picture stands: in the name of its folder, in its own name before a number "
            "(cat_12.jpg), in a table beside it, or nowhere.",
        ),
        picture_settings.SPLIT,
        picture_settings.spelling("cat"),
        Choice("labels", "auto", options=KINDS, help="Whether numbers in a table are classes or values to predict."),
        COLUMN,
    ],
    fields=["image", "label"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["images", "photos", "folder", "jpeg", "png", "zip", "own", "data", "imagefolder"],
)
