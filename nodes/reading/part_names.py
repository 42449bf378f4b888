"""Which part of the data a name means: of a folder, of a file, or of a word in a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_PART_NAMES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
_SET = re.compile(r"[\s_\-]*(set|data)?[\s_\-]*[0-9]?$")  # training_set, test1


def part_called(name: str) -> str:
    """Which of PARTS a folder's name, or a word in a table, means; empty if none."""
    return _PART_NAMES.get(_SET.sub("", name.strip().lower()), "")


def parts_called(names: Iterable[str]) -> dict[str, str]:
    """Which of PARTS each of the folders beside each other means, those that mean none left out. Where several say the
    same beside the word for a part, as ``seg_train`` and ``seg_test``, they are parts; ``bullet_train`` alone
    is none."""
    found: dict[str, str] = {}
    beside: dict[str, dict[str, str]] = {}
    for name in names:
        if part := part_called(name):
            found[name] = part
            continue
        words = re.split(r"[\s_\-.]+", name.strip().lower())
        for word, rest in ((words[0], words[1:]), (words[-1], words[:-1])):
            if rest and (part := part_called(word)):
                beside.setdefault(" ".join(rest), {})[name] = part
    for alike in beside.values():
        if len(set(alike.values())) > 1:
            found |= alike
    return found


def for_training(stems: Sequence[str]) -> str:
    """Of the names of the tables that a contest hands out together (train, test, sample_submission), the one for
    training; empty where they are no such tables."""
    parts = parts_called(stems)
    wanted = [each for each in stems if parts.get(each) == "train"]
    apart = all(each in parts or "submission" in each.lower() for each in stems)
    return wanted[0] if len(wanted) == 1 and apart else ""
