"""Which picture is the mask of which: by the folders they lie in, or by what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from nodes.reading.annotated_pictures import is_picture
from nodes.reading.part_names import part_called

PICTURE_FOLDERS = frozenset(
    "images image imgs img pictures photos jpegimages x input inputs leftimg8bit".split()
)  # as they are called beside those of masks
MASK_FOLDERS = frozenset(
    "masks mask labels label annotations annotation segmentationclass segmentationclassaug segmentations segmentation "
    "gt groundtruth trimaps gtfine gtcoarse".split()
)
_MARKS = ("", "_mask", "_masks", "_seg", "_segmentation", "_label", "_labels", "_l", "_p", "_gt", "_annotation")
MARKS = (*_MARKS, *(f"_gt{kind}_label{ids}" for kind in ("Fine", "Coarse") for ids in ("Ids", "TrainIds")))
_SURE_MARKS = ("_mask", "_masks", "_segmentation", "_seg")  # behind a name, whatever the folder is called
_MASK_ENDS = re.compile(r"(.+?)[_\- ]?(?:masks?|annot|annotations?|gt|groundtruth|segmentations?)", re.IGNORECASE)
_PICTURE_ENDS = re.compile(r"(.+?)[_\- ]?(?:images?|imgs?|pictures|photos|inputs?)", re.IGNORECASE)


def _key(path: str) -> tuple[str, tuple[str, ...], str] | None:
    """Whether a picture is one (``x``) or a mask (``y``) by its folder, and what it has in common with its partner."""
    *folders, name = path.split("/")
    for at in range(len(folders) - 1, -1, -1):
        word = folders[at].lower().replace("_", "").replace("-", "")
        if word in PICTURE_FOLDERS or word in MASK_FOLDERS:
            first = at
            while word in MASK_FOLDERS and first and folders[first - 1].lower() in MASK_FOLDERS:
                first -= 1  # annotations/trimaps
            rest = (*folders[:first], *folders[at + 1 :])
            return "y" if word in MASK_FOLDERS else "x", rest, name.rpartition(".")[0].lower()
    return None


def _loose_key(path: str) -> tuple[str, tuple[str, ...], str] | None:
    """The same for folders that only end so beside a part of the data: ``train_masks`` beside ``train`` or
    ``train_images``."""
    *folders, name = path.split("/")
    for at in range(len(folders) - 1, -1, -1):
        for kind, ends in (("y", _MASK_ENDS), ("x", _PICTURE_ENDS)):
            match = ends.fullmatch(folders[at])
            if match is not None and part_called(match[1]):
                rest = (*folders[:at], match[1].lower(), *folders[at + 1 :])
                return kind, rest, name.rpartition(".")[0].lower()
    return None


def paired(paths: Iterable[str]) -> tuple[dict[str, str], list[str], list[str]]:
    """The mask of each picture, by paths; and the pictures and masks that are left alone. Where no folder is called as
    one of masks, names tell them: ``car_01_mask.gif`` is the mask of ``car_01.jpg``, beside it or elsewhere."""
    pictures: dict[tuple[Any, str], str] = {}
    masks: dict[tuple[Any, str], str] = {}
    others: list[str] = []
    for path in filter(is_picture, paths):
        known = _key(path)
        if known is None:
            others.append(path)
        else:
            (masks if known[0] == "y" else pictures).setdefault(known[1:], path)
    if not pictures:
        return _by_name([*masks.values(), *others])
    pairs: dict[str, str] = {}
    for (folders, stem), path in pictures.items():
        bare, marks = bare_name(stem), [mark.lower() for mark in MARKS]
        found = next(
            (masks[folders, word + m] for word in (stem, bare) for m in marks if (folders, word + m) in masks), ""
        )
        if found:
            pairs[path] = found
    used = set(pairs.values())
    return pairs, [p for p in pictures.values() if p not in pairs], [m for m in masks.values() if m not in used]


def _place_of(picture: str) -> tuple[str, ...]:
    """The folders of a picture as those of its mask are called without the word for masks."""
    known = _loose_key(picture)
    *folders, _ = picture.split("/")
    return known[1] if known is not None else (*folders[:-1], *(each.lower() for each in folders[-1:]))


def _by_name(paths: Sequence[str]) -> tuple[dict[str, str], list[str], list[str]]:
    """The same by the names of files, and of folders that only end as those of masks do. A picture without a mask is
    one of another use, unless most have one."""
    masks: dict[tuple[Any, str], list[str]] = {}
    pictures: dict[str, tuple[tuple[str, ...], str]] = {}
    for path in paths:
        *folders, name = path.split("/")
        stem = name.rpartition(".")[0].lower()
        known = _loose_key(path)
        mark = next((mark for mark in _SURE_MARKS if stem.endswith(mark) and len(stem) > len(mark)), "")
        if mark:
            for where in (known[1] if known is not None else tuple(folders), None):
                masks.setdefault((where, stem.removesuffix(mark)), []).append(path)
        elif known is not None and known[0] == "y":
            masks.setdefault((known[1], stem), []).append(path)
        else:
            pictures[path] = _place_of(path), stem
    pairs: dict[str, str] = {}
    for path, (folder, stem) in pictures.items():
        exact = tuple(path.split("/")[:-1])
        near = masks.get((exact, stem)) or masks.get((folder, stem)) or masks.get((None, stem), [])
        if len(near) == 1:
            pairs[path] = near[0]
    used = set(pairs.values())
    every = dict.fromkeys(path for found in masks.values() for path in found)
    return pairs, [path for path in pictures if path not in pairs], [mask for mask in every if mask not in used]


def partners_of(path: str, folders: Iterable[str]) -> list[str]:
    """Where the mask of a picture may lie, without its ending, if names tell it: beside it, or in one of these
    ``folders`` with the same parent."""
    place, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0]
    beside = [f"{place}/{stem}{mark}".lstrip("/") for mark in _SURE_MARKS]
    around = place.rpartition("/")[0]
    others = [each for each in folders if each != place and each.rpartition("/")[0] == around]
    marked = [f"{each}/{stem}{mark}" for each in others for mark in _SURE_MARKS]
    rest = _place_of(path)
    loose = [each for each in others if (own := _loose_key(f"{each}/{name}")) and own[0] == "y" and own[1] == rest]
    return [*beside, *marked, *(f"{each}/{stem}" for each in loose)]


def is_mask_by_name(path: str) -> bool:
    """Whether a picture is called as a mask."""
    stem = path.rpartition("/")[2].rpartition(".")[0].lower()
    known = _loose_key(path)
    return stem.endswith(_SURE_MARKS) or (known is not None and known[0] == "y")


def bare_name(stem: str) -> str:
    """The name of a picture without the word that only says that it is one."""
    return re.sub(r"_(leftImg8bit|image|img)$", "", stem, flags=re.IGNORECASE)


def is_paired(paths: Sequence[str], whole: bool) -> bool:
    """Whether these are pictures with masks: of those that were seen, most have one. ``whole`` says that all of them
    were seen."""
    pairs, alone, masks = paired(paths)
    if not pairs:
        return False
    least = 0.5 * min(len(pairs) + len(alone), len(pairs) + len(masks)) if whole else 1
    told = set(pairs) | set(pairs.values())
    others = sum(1 for path in paths if is_picture(path) and _key(path) is None and path not in told)
    return len(pairs) >= least and others <= len(pairs)
