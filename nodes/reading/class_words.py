"""Classes by their names: spellings of one class, how many files each has, and what is odd about them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from nodes.api.schema import Guess
from nodes.api.words import cut, listed

if TYPE_CHECKING:
    from nodes.reading.classes import LabelsAndParts

_WITH_MASKS = frozenset({"images", "image", "imgs", "img", "pictures"})  # folders beside one of _MASKS
_MASKS = frozenset({"masks", "mask", "annotations", "segmentations", "segmentation", "labels"})


def word_key(word: str) -> str:
    """What two spellings of one class have in common: ``cat`` and ``Cat ``."""
    import unicodedata  # a megabyte of tables

    return " ".join(re.split(r"[\s_\-]+", unicodedata.normalize("NFKC", word).strip())).casefold()


def respelled(made: LabelsAndParts, spelling: str) -> None:
    """Classes whose names differ only in capitals and spaces: told, and made one where that was chosen."""
    alike: dict[str, list[int]] = {}
    for index, word in enumerate(made.words):
        alike.setdefault(word_key(word), []).append(index)
    several = [group for group in alike.values() if len(group) > 1]
    if not several:
        made.words = tuple(word.strip() for word in made.words)
        return
    names = listed([" and ".join(repr(made.words[index]) for index in group) for group in several], most=3)
    chosen = spelling if spelling != "auto" else "keep apart"
    what = "are read as one class" if chosen == "merge" else "are different classes"
    choices = (("keep apart", "keep apart"), ("one class", "merge"))
    made.guesses.append(Guess("spelling", f"{names} {what}.", choices, chosen))
    if chosen != "merge":
        made.remarks.append(f"{names} may be meant as one class")
        return
    counted = Counter(made.label_of)
    new: dict[int, int] = {}
    words: list[str] = []
    for group in alike.values():
        best = max(group, key=lambda index: (counted[index], made.words[index] == made.words[index].strip(), -index))
        for index in group:
            new[index] = len(words)
        words.append(made.words[best].strip())
    made.words = tuple(words)
    for number, label in enumerate(made.label_of):
        if label >= 0:
            made.label_of[number] = new[label]
    made.rows = [(folder, new.get(label, -1), part) for folder, label, part in made.rows]


def count_classes(made: LabelsAndParts, noun: tuple[str, str]) -> None:
    """Count the classes, and say what is odd about them."""
    if not made.words:
        return
    counted = Counter((made.label_of[number], made.part_of[number]) for number in made.counted())
    total: Counter[int] = Counter()
    train: Counter[int] = Counter()
    for (label, part), count in counted.items():
        if part > -2 and label >= 0:
            total[label] += count
            if part <= 0:
                train[label] += count
    made.counts = tuple(total[index] for index in range(len(made.words)))
    single = [word for word, count in zip(made.words, made.counts) if count == 1]
    if single:
        names = listed([cut(word, 20) for word in single], most=4)
        made.remarks.append(
            f"the class {names} has only one {noun[0]}"
            if len(single) == 1
            else f"the classes {names} have only one {noun[0]} each"
        )
    if len(made.words) == 2:
        pictures, masks = sorted(made.words, key=lambda word: word_key(word) in _MASKS)
        if word_key(pictures) in _WITH_MASKS and word_key(masks) in _MASKS:
            made.remarks.append(
                f"the folders {pictures} and {masks} are read as two classes; pairs of a picture and its mask, as for "
                "segmentation, are read by the source Pictures with masks"
            )
    if len(made.words) == 1:
        made.remarks.append("there is only one class, so nothing can be told apart")
    if any(part == 0 for part in made.part_of):
        unseen = [word for index, word in enumerate(made.words) if not train[index]]
        if unseen:
            names = listed([cut(word, 20) for word in unseen], most=4)
            made.remarks.append(f"no {noun[0]} in train has the class {names}")
