"""Lists of files that say which part of the data each belongs to, beside folders that are the classes:
``validation_list.txt`` and ``testing_list.txt`` of Speech Commands, ``meta/train.txt`` and ``meta/test.txt`` of
Food-101."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from nodes.api.schema import Guess
from nodes.api.words import cut, listed
from nodes.reading.label_tables import FileNames
from nodes.reading.listing import Listing, ending, shown
from nodes.reading.part_names import part_called

_LIST = re.compile(r"[\s_\-]*(list|files?|split)$")
_MANY = 0.4  # of the names in a list have to be there, or so many of the files in it: of some, only a few classes are
_FEW = 0.02  # kept
_LONGEST = 1000  # letters of a line; no path is longer
_MOST = 5_000_000  # lines


@dataclass(frozen=True)
class PartList:
    """What one list says: the numbers of its files, and how many of its names are not there."""

    path: str
    part: str
    numbers: tuple[int, ...]
    gone: int


def part_lists(found: Listing, base: str) -> list[PartList]:
    """The lists among the files of a listing, whose classes lie in ``base``. Nothing where two lists say the same part,
    as those of several folds do (nobody can tell which one is meant), or none says what is held out."""
    called = {path: part_called(_LIST.sub("", _stem(path))) for path in found.tables if ending(path) == "txt"}
    if not any(called.values()):
        return []
    names = FileNames(found)
    read = [made for path, part in sorted(called.items()) if part and (made := _read(found, path, part, base, names))]
    said = {each.part for each in read}
    return read if len(said) == len(read) and said - {"train"} else []


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0].lower()


def _read(found: Listing, path: str, part: str, base: str, names: FileNames) -> PartList | None:
    here = path.rpartition("/")[0]
    numbers: dict[int, None] = {}
    gone = 0
    try:
        with io.TextIOWrapper(found.open_table(path), encoding="utf-8-sig", errors="replace") as lines:
            for place, line in enumerate(lines):
                name = line.strip().replace("\\", "/").removeprefix("./")
                if len(name) > _LONGEST or place > _MOST:
                    return None
                if not name:
                    continue
                number = names.find(name, base, short=True)
                if number is None:
                    first = re.split(r"[\s,;]", name, maxsplit=1)[0]  # behind it stands a class, as in "a/1.png 3"
                    number = names.find(first, base, short=True) if first else None
                    number = names.find(first, here, short=True) if number is None and first else number
                if number is None:
                    gone += 1
                else:
                    numbers[number] = None
    except (OSError, ValueError):
        return None
    enough = len(numbers) >= _MANY * (len(numbers) + gone) or len(numbers) >= _FEW * len(found)
    return PartList(path, part, tuple(numbers), gone) if numbers and enough else None


def question(lists: list[PartList], split: str) -> Guess:
    """Whether lists say the parts of the data; ``split`` is the setting of the source."""
    where = listed([cut(shown(each.path), 60) for each in lists], most=4)
    say = "says" if len(lists) == 1 else "say"
    chosen = "ignored" if split == "ignored" else "parts"
    counts = listed([f"{len(each.numbers):,} for {each.part}" for each in lists], most=4)
    others = "" if any(each.part == "train" for each in lists) else ", all others for training"
    said = f"{where} {say} the parts of the data: {counts}{others}."
    if chosen == "ignored":
        said = f"{where} {say} parts of the data, which are not used."
    return Guess("split", said, (("parts of the data", "parts"), ("one set", "ignored")), chosen)


def given(lists: list[PartList]) -> tuple[Mapping[int, str], list[str]]:
    """The part of each file that a list names, and what is odd about the lists. A file in several lists belongs to the
    last of training, validation and test that names it, so that nothing is tested on that was learned."""
    found: dict[int, str] = {}
    twice = 0
    for part in ("train", "validation", "test"):
        for each in lists:
            if each.part == part:
                twice += sum(number in found for number in each.numbers)
                found |= dict.fromkeys(each.numbers, part)
    remarks = []
    if twice:
        many = "1 file stands" if twice == 1 else f"{twice:,} files stand"
        remarks.append(f"{many} in several of the lists of parts; the later part has it")
    for each in lists:
        if each.gone:
            where = cut(shown(each.path), 60)
            one = each.gone == 1
            remarks.append(
                f"{each.gone:,} file{'' if one else 's'} that {where} names {'is' if one else 'are'} not there"
            )
    return found, remarks
