"""Pictures with a mask each: what covers every dot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nodes.api import Field, Text
from nodes.reading.annotated_pictures import listed_parts, opened_in, part_in, stem_of
from nodes.reading.annotation_signs import masks_at
from nodes.reading.listing import shown
from nodes.reading.masks import checked_mask, classes_in, mask_alike, mask_values, masks_of, resolved_legend
from nodes.reading.picture_scripts import literal
from nodes.reading.told_source import Printed, ToldPictures, told_source


class Masks(ToldPictures):
    """Pictures of your own with a mask each, for segmentation: a folder images and beside it masks, of the same names.
    A dot of a mask says the class of the dot of its picture: by number, palette, 0 and 255, or colour. classes.txt may
    name them. Pascal VOC, Cityscapes and the Oxford pets are read as they are handed out. Folders train, val and test,
    or the lists of VOC, are the parts of the data. Values of pictures run from 0 to 1."""

    what = "pictures and their masks"

    def read(self, only: str) -> dict[int, int]:
        found = self.found
        self._masks = masks_of(found)
        lists = listed_parts(found, "imagesets/segmentation") or listed_parts(found, "annotations")
        return {number: lists.get(stem_of(found.names[number]), part_in(found.path(number))) for number in self._masks}

    def settle(self) -> None:
        self._legend, guesses, self.remarks = resolved_legend(self.found, self._masks, self.given["classes"])
        self.guesses += guesses

    def fields(self) -> Mapping[str, Field]:
        return {"mask": Field((self.how.height, self.how.width), "int", self._legend.words)}

    def settled(self) -> Mapping[str, Any]:
        return {"classes": self._legend.text}

    def columns(self) -> Mapping[str, Any]:
        from nodes.reading.cache import Decoded
        from nodes.reading.cached_pictures import Kept

        how, count = self.how, len(self.numbers)
        size = how.height, how.width
        decoded = Decoded(f"masks {self.found.stamp} {how} {self._legend.text}", count, 2 * how.height * how.width)
        kept = Kept(size, range(count), self._mask, decoded, "int16", rewritten=self._rewritten)
        return {"mask": _Classes(kept)}

    def _mask(self, at: int) -> Any:
        number = self.numbers[at]
        mask = self._masks[number]
        values, colours = checked_mask(self.found, number, mask)
        told = classes_in(values, colours, self._legend, shown(self.found.path(mask)))
        return mask_alike(told, self.how.height, self.how.width, self.how.fit, self._legend.ignored or 0)

    def _rewritten(self, at: int) -> bool:
        return self.found.rewritten(self._masks[self.numbers[at]])

    def printed(self) -> Printed:
        how, legend = self.how, self._legend
        size = f"{how.height}, {how.width}"
        lines = literal("masks", [self.found.path(self._masks[number]) for number in self.numbers])
        lines += literal("codes", list(legend.codes))
        value = "values" if not legend.colours else "values if colours else values * 0x010101"
        lines += [
            "codes = numpy.array(codes)  # the value of each class",
            "order = numpy.argsort(codes)",
            f"classes = numpy.zeros((len(masks), {size}), numpy.int64)",
            "for number, file in enumerate(masks):",
            "    try:",
            f"        with Image.open({opened_in(self.found)}, formats=formats) as picture:",
            "            values, colours = mask_values(picture, numpy)",
            f"        values = {value}",
            "        found = order[numpy.searchsorted(codes, values, sorter=order).clip(0, len(codes) - 1)]",
            "        if (codes[found] != values).any():",
            '            raise ValueError("it has values of no class")',
            f"        classes[number] = mask_alike(found, {size}, {how.fit!r}, {legend.ignored or 0})",
            "    except Exception as error:",
            '        print(f"{file} is left out: {error}")',
            "        unreadable.append(number)",
        ]
        return Printed((mask_values, mask_alike), lines, {"mask": "torch.from_numpy(classes)"})


class _Classes:
    """Masks as numbers of classes, as torch counts them."""

    def __init__(self, kept: Any) -> None:
        self._kept = kept

    def __len__(self) -> int:
        return len(self._kept)

    def at(self, index: Any) -> Any:
        return self._kept.at(index).long()


PICTURES_WITH_MASKS = told_source(
    Masks,
    id="PicturesWithMasks",
    name="Pictures with masks",
    path="A folder with images and masks, or a zip file of it.",
    settings=[
        Text(
            "classes",
            "auto",
            most=20_000,
            help="Which value of a mask is which class: 0=background, 1=cat, or #ff0000=road for colours; a class "
            "that is called ignored counts for nothing. auto looks at the masks; in order makes a class of each value.",
        ),
    ],
    fields=["mask"],
    recognise=masks_at,
    stem="pictures",
    words=[
        "segmentation",
        "masks",
        "semantic",
        "voc",
        "cityscapes",
        "pets",
        "camvid",
        "u-net",
        "own",
        "data",
        "images",
        "folder",
        "png",
    ],
)
