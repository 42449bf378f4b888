"""What the names of arrays say: which are inputs, which are targets, and of which part of the data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

PARTS = {
    "train": "train", "training": "train", "tr": "train", "trn": "train",
    "test": "test", "testing": "test", "te": "test", "tst": "test",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
}  # fmt: skip
INPUTS = "x images image imgs img data inputs input features pixels pictures samples signals arr0".split()
TARGETS = "y labels label targets target t classes class outputs output lbl arr1 answers".split()

_FILLING = ("set", "orig", "original")


@dataclass(frozen=True)
class Role:
    """``kind`` is input or target, ``part`` one of PARTS or empty."""

    kind: str
    part: str


def role_of(name: str) -> Role | None:
    """What ``X_train``, ``trainX``, ``test_labels``, ``x`` or ``arr_1`` is; None if the name says nothing."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.rpartition("/")[2])
    words = [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]
    if name.startswith("arr_"):
        words = [name.replace("_", "")]
    words = [part for word in words for part in _apart(word)]
    part = next((PARTS[word] for word in words if word in PARTS), "")
    rest = [word for word in words if word not in PARTS]
    rest = [word for word in rest if word not in _FILLING] or rest  # train_set_x
    group = name.rpartition("/")[0].lower().rpartition("/")[2]
    part = part or PARTS.get(group, "")
    if len(rest) != 1:
        return None
    if rest[0] in INPUTS:
        return Role("input", part)
    return Role("target", part) if rest[0] in TARGETS else None


def _apart(word: str) -> list[str]:
    """``xtrain`` as ``x`` and ``train``."""
    if word in PARTS or word in INPUTS or word in TARGETS:
        return [word]
    for part in PARTS:
        if word.startswith(part) and word[len(part) :] in (*INPUTS, *TARGETS):
            return [part, word[len(part) :]]
        if word.endswith(part) and word[: -len(part)] in (*INPUTS, *TARGETS):
            return [word[: -len(part)], part]
    return [word]


def paired(names: Iterable[str]) -> list[tuple[str, str, str]]:
    """Inputs, targets (or an empty text) and part of each part, in the order train, validation, test. Without one that
    is named as an input, the first name is taken."""
    every = list(names)
    roles = {name: role for name in every if (role := role_of(name)) is not None}
    found = []
    for part in ("train", "", "validation", "test"):
        inputs = [name for name, role in roles.items() if role == Role("input", part)]
        targets = [name for name, role in roles.items() if role == Role("target", part)]
        if inputs:
            found.append((inputs[0], targets[0] if targets else "", part))
    if found:
        return found
    targets = [name for name, role in roles.items() if role.kind == "target"]
    others = [name for name in every if name not in targets]
    return [(others[0], targets[0] if targets else "", "")] if others else [(every[0], "", "")]
