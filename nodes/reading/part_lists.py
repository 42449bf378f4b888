"""Lists of files that say which part of the data each belongs to, beside folders that are the classes:
``validation_list.txt`` and ``testing_list.txt`` of Speech Commands, ``meta/train.txt`` and ``meta/test.txt`` of
Food-101."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodes.api.schema import PARTS, Guess
from nodes.api.words import cut, listed
from nodes.reading.label_tables import FileNames
from nodes.reading.listing import Listing, ending, shown
from nodes.reading.part_names import part_called

if TYPE_CHECKING:
    from nodes.reading.classes import LabelsAndParts

_ENCLOSING = frozenset("images image imgs img pictures photos data files sounds audio wavs".split())
_LIST = re.compile(r"[\s_\-]*(list|files?|split)$")
_MANY = 0.4  # of the names in a list have to be there, or so many of the files in it: of some, only a few classes are
_FEW = 0.02  # kept
_NUMBERED = {  # lists with a number for the part behind each file
    "list_eval_partition": {"0": "train", "1": "validation", "2": "test"},
    "train_test_split": {"1": "train", "0": "test"},
}
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
    names = FileNames(found)
    read = [made for path, part in sorted(called.items()) if part and (made := _read(found, path, part, base, names))]
    if not read:
        return numbered_parts(found, base)
    said = {each.part for each in read}
    return read if len(said) == len(read) and said - {"train"} else []


def numbered_parts(found: Listing, base: str) -> list[PartList]:
    """The parts that a list says by a number behind each file: ``list_eval_partition`` of CelebA (0 training, 1
    validation, 2 test), ``train_test_split.txt`` of CUB (1 training, 0 test), whose files are numbered in
    ``images.txt``. Nothing where there is no such list, or it says one part alone."""
    for path in sorted(found.tables):
        stem = _stem(path)
        if stem not in _NUMBERED or ending(path) not in ("txt", "csv"):
            continue
        here = path.rpartition("/")[0]
        ids: dict[str, str] = {}
        if stem == "train_test_split":
            images = f"{here}/images.txt" if here else "images.txt"
            ids = dict(_two_cells(found, images))
            if ids:
                found.is_used(images)
        names, of_part = FileNames(found), _NUMBERED[stem]
        numbers: dict[str, dict[int, None]] = {}
        gone: Counter[str] = Counter()
        for name, cell in _two_cells(found, path):
            part = of_part.get(cell)
            if part is None:
                continue  # the header
            number = names.find(ids.get(name, name), base, short=True)
            if number is None:
                gone[part] += 1
            else:
                numbers.setdefault(part, {})[number] = None
        if len(numbers) > 1 and "train" in numbers and sum(map(len, numbers.values())) >= _MANY * len(found):
            return [PartList(path, part, tuple(numbers[part]), gone[part]) for part in PARTS if part in numbers]
    return []


def _two_cells(found: Listing, path: str) -> list[tuple[str, str]]:
    """The lines of a list with two cells each; none where it cannot be read."""
    rows = []
    try:
        with io.TextIOWrapper(found.open_table(path), encoding="utf-8-sig", errors="replace") as lines:
            for line, _ in zip(lines, range(_MOST)):
                cells = re.split(r"[\s,;]+", line.strip()[:_LONGEST])
                if len(cells) == 2:
                    rows.append((cells[0], cells[1]))
    except (OSError, ValueError, KeyError):
        return []
    return rows


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
    paths = list(dict.fromkeys(each.path for each in lists))
    where = listed([cut(shown(path), 60) for path in paths], most=4)
    say = "says" if len(paths) == 1 else "say"
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


def said_by_lists(found: Listing, made: LabelsAndParts, base: str, split: str, table: bool = False) -> None:
    """Take the parts of the data from lists, where there are some; beside a ``table`` of labels from numbered ones."""
    lists = numbered_parts(found, base) if table else part_lists(found, base)
    if not lists:
        return
    for each in lists:
        found.is_used(each.path)
    made.guesses.append(question(lists, split))
    if split == "ignored":
        return
    part_of, remarks = given(lists)
    made.remarks += remarks
    whole = any(each.part == "train" for each in lists)
    for number, part in enumerate(made.part_of):
        if part > -2:
            said = part_of.get(number, "" if whole else "train")
            made.part_of[number] = PARTS.index(said) if said else -2
            if not said:
                found.skip(found.path(number), "stands in none of the lists of parts.")
    made.by = made.by if table else "lists"


def without_classes(paths: Sequence[Sequence[str]], part_of: Sequence[int]) -> set[int]:
    """The folders of a part that is held out whose files lie all together, where those for training lie in class
    folders: ``val/images`` beside ``train/n01443537/images``. ``paths`` are those of the folders below their part."""
    classes = {path[0] for path, part in zip(paths, part_of) if part == 0 and path}
    return {
        index
        for index, (path, part) in enumerate(zip(paths, part_of))
        if part > 0 and classes and (not path or (path[0].lower() in _ENCLOSING and path[0] not in classes))
    }


def listed_classes(
    found: Listing, folders: Collection[int], words: Mapping[str, int], part_of: Sequence[int]
) -> dict[int, tuple[int, int]]:
    """The class and the part of files in such ``folders`` as a list beside them says, as ``val_annotations.txt`` of
    Tiny ImageNet: the name of a file and its class in each line."""
    made: dict[int, tuple[int, int]] = {}
    names = FileNames(found) if folders else None
    for index in folders:
        folder = found.folders[index]
        for path in found.tables if names is not None else ():
            place = path.rpartition("/")[0]
            if ending(path) != "txt" or not place or not f"{folder}/".startswith(f"{place}/"):
                continue
            own: dict[int, tuple[int, int]] = {}
            try:
                with io.TextIOWrapper(found.open_table(path), encoding="utf-8-sig", errors="replace") as lines:
                    for line in lines:
                        cells = re.split(r"[\s,;]+", line.strip()[:_LONGEST], maxsplit=2)
                        number = names.find(cells[0], folder, short=True) if len(cells) > 1 and names else None
                        if number is not None and found.folder_of[number] == index and cells[1] in words:
                            own[number] = words[cells[1]], part_of[index]
            except (OSError, ValueError):
                continue
            if own:
                found.is_used(path)
                made |= own
    return made
