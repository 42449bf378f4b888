"""Pictures with a mask each: what covers every dot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api import Feed, Field, File, Recognised, Schema, Script, Text, source
from nodes.reading.listing import shown
from nodes.reading.masks import (
    Legend,
    checked_mask,
    classes_in,
    mask_alike,
    mask_values,
    masks_of,
    resolved_legend,
)
from nodes.reading.picture_scripts import literal
from nodes.reading.picture_sets import resolved
from nodes.reading.pictures import Preparation
from nodes.reading.told_pictures import (
    arrangement,
    image_column,
    imports_of,
    looked,
    opened_in,
    ordered,
    part_in,
    part_indices,
    parts_line,
    schema_of,
    script_head,
    told_listing,
)
from nodes.reading.told_settings import PICTURE_SETTINGS
from nodes.reading.told_signs import masks_at

if TYPE_CHECKING:
    from nodes.api import Guess
    from nodes.reading.classes import Arrangement
    from nodes.reading.listing import Listing

NOUN = ("picture", "pictures")
WHAT = "pictures and their masks"


def describe(*, path: str, size: Any, classes: str, fit: str, colour: str, background: str, split: str) -> Schema:
    """Pictures of your own with a mask each, for segmentation: a folder images and beside it masks, of the same names.
    A dot of a mask says the class of the dot of its picture: by number, palette, 0 and 255, or colour. classes.txt may
    name them. Folders train, val and test are the parts of the data. Values of pictures run from 0 to 1."""
    settings = {
        "path": path,
        "size": size,
        "classes": classes,
        "fit": fit,
        "colour": colour,
        "background": background,
        "split": split,
    }

    def say(found: Listing, began: float) -> Schema:
        _, made, how, legend, guesses, remarks = _understood(found, size, classes, fit, colour, background, split)
        fields = {"mask": Field((how.height, how.width), "int", legend.words)}
        return schema_of(found, made, how, began, fields, guesses, remarks, {"classes": legend.text})

    return looked(__name__, settings, WHAT, say)


def _understood(
    found: Listing, size: Any, classes: str, fit: str, colour: str, background: str, split: str
) -> tuple[dict[int, int], Arrangement, Preparation, Legend, list[Guess], list[str]]:
    masks = masks_of(found)
    made = arrangement(found, {number: part_in(found.path(number)) for number in masks}, split, NOUN)
    how, guesses = resolved(found, made, size=size, colour=colour, fit=fit, background=background)
    legend, more, remarks = resolved_legend(found, masks, classes)
    return masks, made, how, legend, [*guesses, *more], remarks


class _Classes:
    """Masks as numbers of classes, as torch counts them."""

    def __init__(self, kept: Any) -> None:
        self._kept = kept

    def __len__(self) -> int:
        return len(self._kept)

    def at(self, index: Any) -> Any:
        return self._kept.at(index).long()


def load(*, path: str, size: Any, classes: str, fit: str, colour: str, background: str, split: str) -> Feed:
    """Pictures and masks, decoded when they are asked for and kept on the disk of this computer for the next time."""
    from nodes.reading.cache import Decoded
    from nodes.reading.kept import Kept

    found = told_listing(path, WHAT, most=False)
    masks, made, how, legend, _, _ = _understood(found, size, classes, fit, colour, background, split)
    numbers, _ = ordered(found, made)

    def read(at: int) -> Any:
        mask = masks[numbers[at]]
        values, colours = checked_mask(found, numbers[at], mask)
        told = classes_in(values, colours, legend, shown(found.path(mask)))
        return mask_alike(told, how.height, how.width, how.fit, legend.ignored or 0)

    decoded = Decoded(f"masks {found.stamp} {how} {legend.text}", len(numbers), 2 * how.height * how.width)
    kept = Kept(
        (how.height, how.width),
        range(len(numbers)),
        read,
        decoded,
        "int16",
        rewritten=lambda at: found.rewritten(masks[numbers[at]]),
    )
    given = [made.part_of[number] for number in numbers]
    return Feed(
        {"image": image_column(found, made, how), "mask": _Classes(kept)},
        part_indices(given),
        name_of=lambda at: shown(found.path(numbers[at])),
    )


def script(*, path: str, size: Any, classes: str, fit: str, colour: str, background: str, split: str) -> Script:
    """The same pictures and masks, read with Pillow."""
    found = told_listing(path, WHAT, most=False)
    masks, made, how, legend, _, _ = _understood(found, size, classes, fit, colour, background, split)
    numbers, _ = ordered(found, made)
    given = [made.part_of[number] for number in numbers]
    lines = script_head(found, how, [found.path(number) for number in numbers], mask_values, mask_alike)
    lines += literal("masks", [found.path(masks[number]) for number in numbers])
    lines += literal("codes", list(legend.codes))
    value = "values" if not legend.colours else "values if colours else values * 0x010101"
    lines += [
        "codes = numpy.array(codes)  # the value of each class",
        "order = numpy.argsort(codes)",
        f"classes = numpy.zeros((len(masks), {how.height}, {how.width}), numpy.int64)",
        "for number, file in enumerate(masks):",
        "    try:",
        f"        values, colours = mask_values(Image.open({opened_in(found)}, formats=formats), numpy)",
        f"        values = {value}",
        "        found = order[numpy.searchsorted(codes, values, sorter=order).clip(0, len(codes) - 1)]",
        "        if (codes[found] != values).any():",
        '            raise ValueError("it has values of no class")',
        f"        classes[number] = mask_alike(found, {how.height}, {how.width}, {how.fit!r}, {legend.ignored or 0})",
        "    except Exception as error:",
        '        print(f"{file} is left out: {error}")',
        "        unreadable.append(number)",
    ]
    lines += [*literal("parts", given), "given = torch.tensor(parts)"]
    fields = {
        "image": "torch.from_numpy(pixels).to(torch.float32).div_(255)",
        "mask": "torch.from_numpy(classes)",
    }
    return Script(tuple(lines), fields, imports_of(found), "pillow", parts_line(given), unreadable="unreadable")


def recognise(path: Path) -> Recognised | None:
    """A folder or zip file with a folder of pictures and one of masks of the same names."""
    return masks_at(path)


PICTURES_WITH_MASKS = source(
    id="PicturesWithMasks",
    name="Pictures with masks",
    params=[
        File("path", card=True, help="A folder with images and masks, or a zip file of it."),
        Text(
            "classes",
            "auto",
            most=20_000,
            help="Which value of a mask is which class: 0=background, 1=cat, or #ff0000=road for colours; a class "
            "that is called ignored counts for nothing. auto looks at the masks; in order makes a class of each value.",
        ),
        *PICTURE_SETTINGS,
    ],
    fields=["image", "mask"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["segmentation", "masks", "semantic", "voc", "camvid", "u-net", "own", "data", "images", "folder", "png"],
)
