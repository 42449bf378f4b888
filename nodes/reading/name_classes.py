"""Classes that the names of files say: ``cat.12.jpg`` is a cat, ``7_jackson_32.wav`` a seven."""

from __future__ import annotations

import re
from collections.abc import Sequence

FILE_NAMES, FIRST_WORD = "file names", "first word of names"
BY_NAME = (FILE_NAMES, FIRST_WORD)
_NUMBERED = re.compile(r"[\s._\-(]*[0-9]+[\s)]*$")
_BETWEEN = re.compile(r"[\s._\-]+")
_SOME = 200  # names that tell whether they have several words


def name_class(name: str) -> str:
    """The class that a file's name says: what stands before the number at its end. ``cat.12.jpg`` is a cat."""
    stem = name.rpartition(".")[0] or name
    return (_NUMBERED.sub("", stem) or stem).strip()


def first_word(name: str) -> str:
    """What stands before the first blank, point, stroke or line of a file's name."""
    stem = name.rpartition(".")[0] or name
    return _BETWEEN.split(stem.strip(), maxsplit=1)[0] or stem.strip()


def classes_by_name(names: Sequence[str], by: str) -> list[str]:
    """What each name says."""
    return [first_word(name) if by == FIRST_WORD else name_class(name) for name in names]


def choices_by_name(names: Sequence[str]) -> list[tuple[str, str]]:
    """What is offered: the first words apart, where names have several and these say fewer classes."""
    some = names[:_SOME]
    whole, firsts = set(map(name_class, some)), set(map(first_word, some))
    offered = [("the file names", FILE_NAMES)]
    if 1 < len(firsts) < min(len(whole), len(some)):
        offered.append(("their first words", FIRST_WORD))
    return offered
