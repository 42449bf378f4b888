"""Which class and which part of the data each file of a listing belongs to: by its folder, its name, or a table."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nodes.api.params import Text
from nodes.api.schema import PARTS, Guess, NoData
from nodes.api.words import cut, listed
from nodes.reading import part_lists
from nodes.reading.class_words import count_classes, respelled
from nodes.reading.label_tables import EACH, NONE, LabelRow, labelled, rows_of
from nodes.reading.listing import Listing, natural, shown
from nodes.reading.name_classes import BY_NAME, choices_by_name, classes_by_name
from nodes.reading.part_names import part_called, parts_called

NO_CLASS = ("none",)
CLASSES = ("auto", "folders", "innermost folders", *BY_NAME, "table", "none")
SPLITS = ("auto", "parts", "classes", "ignored")
SPELLINGS = ("auto", "keep apart", "merge")
KINDS = ("auto", "classes", "numbers")
COLUMN = Text(
    "column",
    "auto",
    label="column of labels",
    help="Which column of a table says what a file is; auto takes one that is called so, none reads no label.",
)
_SIDE = re.compile(r"(train|test|val|valid)[ _-]?([A-Z])")  # of two domains, as CycleGAN's are handed out
_BESIDE = re.compile("_[^_].*_")  # a folder called so is kept out of the way of the others
_NO_NUMBERS = frozenset({"nan", "inf", "infinity", "na", "n/a", "null", "none"})
_LOOSE = 0.1  # of the files at most are no samples of a class of their own, where they lie beside class folders
_OFFERED = 60  # columns of a table that are offered as its label
_RATINGS = 30  # so many different whole numbers at most are taken for classes


@dataclass
class LabelsAndParts:
    """What belongs to what. ``label_of`` and ``part_of`` stand by the number of the file in its listing: the index into
    ``words`` and into PARTS, or -1; a file that is no sample has ``part_of`` -2. ``values`` are there in place of
    ``words`` where the labels are numbers. ``rows`` are folders with class and part, where those say it all; ``table``
    are the paths of tables, where they do.
    """

    label_of: array[int]
    part_of: array[int]
    words: tuple[str, ...] = ()
    values: array[float] | None = None
    counts: tuple[int, ...] = ()
    guesses: list[Guess] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    rows: list[tuple[str, int, int]] = field(default_factory=list)
    by: str = "none"
    heads: list[int] | None = None  # the first file of each sample, where a sample has several

    def counted(self) -> Iterable[int]:
        """The number of one file of each sample."""
        files = self.heads if self.heads is not None else range(len(self.part_of))
        return (number for number in files if self.part_of[number] > -2)

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return sum(1 for _ in self.counted())

    @property
    def labelled(self) -> bool:
        """Whether there is a class or a number for each sample."""
        return bool(self.words) or self.values is not None

    def parts(self) -> dict[str, int]:
        """How many samples each part has that the data brings."""
        counted = Counter(self.part_of[number] for number in self.counted())
        return {name: counted[index] for index, name in enumerate(PARTS) if counted[index]}

    def ordered(self, found: Listing, all_files: bool = False) -> list[int]:
        """The numbers of the files that are samples, or of all, in the order of their samples: as people count."""
        places = sorted(range(len(found.folders)), key=lambda place: natural(found.folders[place]))
        inside: dict[int, list[int]] = {place: [] for place in places}
        for number, part in enumerate(self.part_of):
            if all_files or part > -2:
                inside[found.folder_of[number]].append(number)
        return [number for place in places for number in sorted(inside[place], key=lambda n: natural(found.names[n]))]


def arranged(
    found: Listing,
    noun: tuple[str, str],
    *,
    classes: str,
    split: str,
    spelling: str,
    kind: str = "auto",
    column: str = "auto",
    clips: int = 0,
) -> LabelsAndParts:
    """Classes and parts of the files of a listing. What is left out is written down there.

    ``clips`` is how many of the innermost folders are samples themselves (1 where each holds the frames of a video);
    ``column`` is the one with the labels, where a table says them.

    Raises:
        NoData: if what was asked for is not there: no class folders, no table.
    """
    made = LabelsAndParts(array("i", bytes(4 * len(found))), array("b", bytes(len(found))))
    if clips:
        firsts: dict[int, int] = {}
        for number, place in enumerate(found.folder_of):
            firsts.setdefault(place, number)
        made.heads = list(firsts.values())
    if not len(found):
        others = f"{found.skipped_count:,} other file{' lies' if found.skipped_count == 1 else 's lie'} there"
        why = f" {others}; {found.skipped[0].name} {found.skipped[0].reason}" if found.skipped else ""
        raise NoData(
            f"There is no {noun[0]} in {shown(found.root.name)}.{why} Choose a folder or zip file that has some."
        )
    tree = _Tree(found, clips)
    tree.leave_noise(made, noun)
    parts = tree.parts(split, made, noun)
    table: list[LabelRow] = []
    if classes in ("auto", "table") and not clips:
        roots = [base for base, _ in tree.roots]
        asked = classes == "table"
        # Beside folders that are classes, a list says at most the parts.
        lists = asked or len({path[0] for path in tree.paths if path}) < 2
        table = rows_of(found, tree.base, roots, asked=asked, column=column, lists=lists)
    if classes == "table" and not table:
        raise NoData(
            f"There is no table in {shown(found.root.name)} that names its {noun[1]}, such as labels.csv with the "
            "columns file_name and label. Add one, or take the classes from folders."
        )
    if classes == "auto" and table and len(tree.tops) > 1 and not any(row.label or row.part for row in table):
        where, classes = cut(shown(table[0].table), 60), "folders"
        said = f"{where} names the {noun[1]}, but no column is a label: the folders are the classes."
        choices = ("the folders", "folders"), ("the table", "table"), ("no classes", "none")
        table, made.guesses = [], [*made.guesses, Guess("classes", said, choices, classes)]
    if table:
        _by_table(found, made, table, parts, noun, kind, classes, tree)
        if not parts and not clips and not any(row.part for row in table):
            part_lists.said_by_lists(found, made, tree.base, split, table=True)
    else:
        by = made.by = tree.by(classes, made, noun)
        _by_folder(found, made, tree, by, noun)
        if not parts and not clips and split != "classes" and not any(ask.setting == "split" for ask in made.guesses):
            part_lists.said_by_lists(found, made, tree.base, split)
    if made.words:
        respelled(made, spelling)
    if not made.samples:
        raise NoData(f"No {noun[0]} of {shown(found.root.name)} has a class. Choose where the classes come from.")
    count_classes(made, noun)
    return made


class _Tree:
    """The folders of a listing below those that only enclose the data.

    ``paths`` are the parts of each folder's path below ``base``, without the folder of a clip. After ``parts``,
    ``roots`` are the folders that hold the class folders, each with its part of the data or -1.
    """

    def __init__(self, found: Listing, clips: int) -> None:
        self.found = found
        every = [folder.split("/") if folder else [] for folder in found.folders]
        self.paths = [parts[: max(0, len(parts) - clips)] for parts in every]
        self.base = ""
        while True:
            tops = {parts[0] if parts else "" for parts in self.paths}
            if len(tops) != 1 or "" in tops:
                break
            (top,) = tops
            deeper = any(len(parts) > 1 for parts in self.paths)
            if any(len(parts) == 1 for parts in self.paths) and deeper and not self._few_beside():
                break  # pictures beside folders
            self.base = f"{self.base}/{top}" if self.base else top
            self.paths = [parts[1:] for parts in self.paths]
        sides = [_SIDE.fullmatch(path[0]) if path else None for path in self.paths]
        if self.paths and all(sides):  # trainA, trainB, testA, testB
            self.paths = [[side[1], side[2], *path[1:]] for side, path in zip(sides, self.paths) if side]
        self.part_of = [-1] * len(self.paths)
        self.roots: list[tuple[str, int]] = [(self.base, -1)]

    def _few_beside(self) -> bool:
        """Whether there are several folders in the one that holds all, and hardly a file beside them: Summary.txt."""
        files = Counter(len(self.paths[place]) for place in self.found.folder_of)
        inner = {parts[1] for parts in self.paths if len(parts) > 1}
        return len(inner) > 1 and files[1] <= _LOOSE * files.total()

    def leave_noise(self, made: LabelsAndParts, noun: tuple[str, str]) -> None:
        """Leave out a folder that is marked as something beside the classes, such as ``_background_noise_`` of Speech
        Commands, where there are others."""
        marked = [any(_BESIDE.fullmatch(name) for name in path) for path in self.paths]
        if all(marked):
            return
        for index in (index for index, noise in enumerate(marked) if noise):
            self.part_of[index] = -2
            name = shown(self.found.folders[index])
            count = sum(1 for place in self.found.folder_of if place == index)
            amount = f"1 {noun[0]} that stands" if count == 1 else f"{count:,} {noun[1]} that stand"
            self.found.skip(name, f"holds {amount} beside the classes, and is left alone.")
            self.found.skipped_count += count - 1
            made.remarks.append(f"the folder {cut(name, 40)} is no class and is left alone")

    def parts(self, split: str, made: LabelsAndParts, noun: tuple[str, str]) -> bool:
        """Find the parts that the data brings, and take their folders away from the paths."""
        tops: dict[str, list[int]] = {}
        for index, path in enumerate(self.paths):
            if self.part_of[index] > -2:
                tops.setdefault(path[0] if path else "", []).append(index)
        named = parts_called(tops)
        others = [top for top in tops if top not in named]
        inner = self._inner(tops)
        if not named and not inner:
            return False
        hold = [top for top in named if any(len(self.paths[index]) > 1 for index in tops[top])]
        if named:
            likely = not others or (len(set(named.values())) > 1 and bool(hold))
        else:
            likely = True
        chosen = split if split != "auto" else "parts" if likely else "classes"
        names = listed(sorted(named or {path[1] for path in self.paths if len(path) > 1}, key=natural))
        several = len(named or {1: 1, 2: 2}) > 1
        folders, are = ("The folders", "are") if several else ("The folder", "is")
        said = {
            "parts": "read as parts of the data" if several else "read as a part of the data",
            "classes": "read as classes" if several else "read as a class",
            "ignored": "no parts of the data, and no classes",
        }[chosen]
        choices = (("parts of the data", "parts"), ("classes", "classes"), ("one set", "ignored"))
        made.guesses.append(Guess("split", f"{folders} {names} {are} {said}.", choices, chosen))
        if chosen == "classes":
            return False
        if not named:
            self._take(1, chosen, part_called)
        else:
            left = []
            for top, indices in tops.items():
                for index in indices:
                    if top in named:
                        continue
                    left.append(index)
            self._take(0, chosen, lambda name: named.get(name, ""))
            for index in left:
                self.part_of[index] = -2
                if chosen == "parts":
                    where = self.found.folders[index] or "the folder itself"
                    self.found.skip(where, f"its {noun[1]} lie beside {names}, which are the parts of the data.")
                else:
                    self.part_of[index] = -1
        return chosen == "parts"

    def _inner(self, tops: Mapping[str, Sequence[int]]) -> bool:
        """Whether every class folder has the parts inside."""
        if len(tops) < 2 or any(len(path) < 2 for path in self.paths):
            return False
        inside = [{part_called(self.paths[index][1]) for index in indices} for indices in tops.values()]
        return all("" not in names for names in inside) and len(set().union(*inside)) > 1

    def _take(self, level: int, chosen: str, called: Callable[[str], str]) -> None:
        roots: dict[tuple[str, int], None] = {}
        for index, path in enumerate(self.paths):
            name = called(path[level]) if len(path) > level else ""
            if not name or self.part_of[index] == -2:
                continue
            part = PARTS.index(name)
            self.part_of[index] = part if chosen == "parts" else -1
            if level == 0:
                roots["/".join([*([self.base] if self.base else []), path[0]]), self.part_of[index]] = None
            again = level == 0 and len(path) > 1 and name in (part_called(path[1]), called(path[1]))  # train/train/cat
            self.paths[index] = [*path[:level], *path[level + 1 + again :]]
        if roots:
            self.roots = list(roots)
        # A folder that only encloses the pictures of each part, such as train/images.
        kept = [index for index, part in enumerate(self.part_of) if part > -2 and (part >= 0 or chosen == "ignored")]
        tops = {self.paths[index][0] if self.paths[index] else "" for index in kept}
        if len(tops) == 1 and "" not in tops:
            for index in kept:
                self.paths[index] = self.paths[index][1:]

    @property
    def tops(self) -> set[str]:
        """The outermost folders that may be classes."""
        return {path[0] for path, part in zip(self.paths, self.part_of) if path and part > -2}

    def by(self, classes: str, made: LabelsAndParts, noun: tuple[str, str]) -> str:
        """Where the classes come from."""
        tops = self.tops
        deep = any(len(path) > 1 for path, part in zip(self.paths, self.part_of) if part > -2)
        if classes in ("folders", "innermost folders") and not tops:
            if self.base:  # what seemed to enclose everything is the only class
                last = self.base.rpartition("/")[2]
                self.paths = [[last, *path] for path in self.paths]
                return classes
            raise NoData(
                f"{shown(self.found.root.name)} has no folders for classes. Put the {noun[1]} of each class into a "
                "folder of its own, or take the classes from the file names."
            )
        if classes != "auto":
            return classes
        chosen = "folders" if len(tops) > 1 else "none"
        choices = [("the folders", "folders"), *choices_by_name(self.found.names), ("no classes", "none")]
        if chosen == "none" and self.base:
            last = cut(shown(self.base.rpartition("/")[2]), 40)
            made.guesses.append(
                Guess("classes", f"The folder {last} holds everything, so it is no class.", tuple(choices), chosen)
            )
        elif chosen == "none":
            made.guesses.append(Guess("classes", f"The {noun[1]} have no classes.", tuple(choices[not tops :]), chosen))
        elif deep:
            apart = part_lists.without_classes(self.paths, self.part_of)
            kept = {path[0] for n, path in enumerate(self.paths) if path and self.part_of[n] > -2 and n not in apart}
            names = listed([cut(shown(top), 20) for top in sorted(kept, key=natural)], most=4)
            choices.insert(1, ("the innermost folders", "innermost folders"))
            made.guesses.append(
                Guess(
                    "classes",
                    f"The outer folders are the classes: {names}.",
                    tuple(choices),
                    chosen,
                )
            )
        return chosen


def _by_folder(found: Listing, made: LabelsAndParts, tree: _Tree, by: str, noun: tuple[str, str]) -> None:
    """Classes that are folders, or what the files are called, or none."""
    loose: list[int] = []
    words: dict[str, int] = {}
    label_of_folder = [-1] * len(found.folders)
    raw: list[str] = []
    told: dict[int, tuple[int, int]] = {}
    if by in ("folders", "innermost folders"):
        raw = labelled((path[0] if by == "folders" else path[-1]) if path else "" for path in tree.paths)
        apart = part_lists.without_classes(tree.paths, tree.part_of)
        raw = ["" if index in apart else word for index, word in enumerate(raw)]
        words = {
            word: n
            for n, word in enumerate(sorted({w for w, p in zip(raw, tree.part_of) if w and p > -2}, key=natural))
        }
        told = part_lists.listed_classes(found, apart, words, tree.part_of)
        for index, word in enumerate(raw):
            if tree.part_of[index] > -2:
                label_of_folder[index] = words.get(word, -1)
                if label_of_folder[index] < 0:
                    loose.append(index)
                    tree.part_of[index] = -2
    if by in BY_NAME:
        named = classes_by_name(found.names, by)
        known = {w for w, place in zip(named, found.folder_of) if tree.part_of[place] > -2}
        known = {word for word in known if not word.isdigit()} or known  # beside cat.1.jpg, 1.jpg says nothing
        words = {word: number for number, word in enumerate(sorted(known, key=natural))}
    for number, place in enumerate(found.folder_of):
        made.part_of[number] = tree.part_of[place]
        if by in BY_NAME:
            made.label_of[number] = words.get(named[number], -1)
            if made.label_of[number] < 0 and made.part_of[number] > -2:
                made.part_of[number] = -2
                found.skip(found.path(number), "has a number for a name, which says no class.")
        else:
            made.label_of[number] = label_of_folder[place]
    for number, (label, part) in told.items():
        made.label_of[number], made.part_of[number] = label, part
        made.by = "lists"
    for place in loose:
        count = sum(1 for number, each in enumerate(found.folder_of) if each == place and number not in told)
        if not count:
            continue
        where = found.folders[place] or "the folder itself"
        amount = f"1 {noun[0]} there lies" if count == 1 else f"{count:,} {noun[1]} there lie"
        found.skip(
            where,
            f"{amount} beside the class folders and has no class."
            if count == 1
            else f"{amount} beside the class folders and have no class.",
        )
        found.skipped_count += count - 1
    made.words = tuple(shown(word) for word in words)
    made.rows = [(folder, label_of_folder[i], tree.part_of[i]) for i, folder in enumerate(found.folders)]


def _by_table(
    found: Listing,
    made: LabelsAndParts,
    table: Sequence[LabelRow],
    parts: bool,
    noun: tuple[str, str],
    kind: str,
    classes: str,
    tree: _Tree,
) -> None:
    """Classes, or numbers, that a table says."""
    made.by = "table"
    if classes == "auto":  # no folder is a class here, whatever it is called
        made.guesses = [each for each in made.guesses if each.setting != "split" or each.chosen != "classes"]
    texts: dict[int, str] = {}
    said: dict[int, str] = {}
    twice = 0
    table, told = _with_numbers(found, table, kind)
    for row in table:
        if row.number in texts:
            twice += 1
            if texts[row.number] != row.label:
                found.skip(
                    row.where, f"names {cut(found.path(row.number), 60)} again, with another label; the first counts."
                )
            continue
        texts[row.number] = row.label
        if row.part:
            said[row.number] = row.part
    numbers = _numbers(texts.values())
    whole = numbers is not None and all(value.is_integer() for value in numbers)
    few = numbers is not None and len(set(numbers)) <= _RATINGS
    chosen = kind if kind != "auto" else "numbers" if numbers is not None and not (whole and few) else "classes"
    if kind == "numbers" and numbers is None:
        raise NoData("The labels are no numbers, so they can only be classes.")
    if numbers is not None:
        choices = (("classes", "classes"), ("numbers", "numbers"))
        what = "classes, which have no order" if chosen == "classes" else "numbers to predict"
        made.guesses.append(Guess("labels", f"The labels are numbers; they are read as {what}.", choices, chosen))
    order: Callable[[str], Any] = natural if numbers is None else lambda word: (float(word), word)  # -1 before 1
    words = {word: n for n, word in enumerate(sorted(set(texts.values()), key=order))}
    if chosen == "numbers":
        made.values = array("d", bytes(8 * len(found)))
    elif any(texts.values()):
        made.words = tuple(words)
    missing = 0
    for number, place in enumerate(found.folder_of):
        text = texts.get(number)
        if text is None:
            missing += 1
            if tree.part_of[place] > -2 and number not in told:
                found.skip(found.path(number), "does not stand in the table of labels.")
            made.part_of[number] = -2
            continue
        made.part_of[number] = tree.part_of[place]
        made.label_of[number] = words[text] if made.words else -1
        if made.values is not None:
            made.values[number] = float(text)
        part = part_called(said.get(number, ""))
        if part and not parts:
            made.part_of[number] = PARTS.index(part)
    if said and not parts and any(part == -1 for part in made.part_of):
        left = sum(1 for part in made.part_of if part == -1)
        if left < len(made.part_of) - missing:
            made.remarks.append(f"{left:,} rows of the table name no part of the data")
    if classes == "auto" and (path := table[0].table):
        sources = (("the table", "table"), ("the folders", "folders"), ("no classes", "none"))
        where = cut(shown(path), 60)
        known = made.words or made.values is not None
        why = f"The labels stand in {where}." if known else f"{where} names the {noun[1]}, but no column is a label."
        made.guesses.append(Guess("classes", why, sources, "table"))
    made.guesses += _columns_asked(table[0])
    if twice:
        made.remarks.append(f"{twice:,} rows of the table name a file that an earlier row names")


def _columns_asked(row: LabelRow) -> list[Guess]:
    """Which of several columns of a table is the label."""
    columns = row.columns
    several = len({*columns.others, *([columns.label] if columns.label else [])}) > 1
    if not several:
        return []
    where = cut(shown(row.table), 60)
    if columns.marked:
        said = f"Each of the {len(columns.marked):,} columns of {where} is a class."
    elif columns.label:
        said = f"The label is the column {cut(columns.label, 40)} of {where}."
    else:
        said = f"{len(columns.others):,} columns of {where} can be the label; none is read."
    choices = [(cut(name, 40), name) for name in dict.fromkeys((columns.label, *columns.others)) if name]
    choices = choices[:_OFFERED] + ([("each a class", EACH)] if columns.marked else []) + [("no label", NONE)]
    return [Guess("column", said, tuple(choices), columns.chosen)]


def _with_numbers(found: Listing, table: Sequence[LabelRow], kind: str) -> tuple[Sequence[LabelRow], set[int]]:
    """Without the rows that say nan or inf where the others say numbers: these are no class and no number. With the
    numbers of their files, of which it is said."""
    if kind == "classes":
        return table, set()
    bad = [row for row in table if row.label.strip().lower().lstrip("+-") in _NO_NUMBERS]
    rest = [row for row in table if row not in bad] if bad else table
    if not bad or not rest or _numbers(row.label for row in rest) is None:
        return table, set()
    for row in bad:
        found.skip(row.where, f"gives {cut(found.path(row.number), 60)} {row.label.strip()}, which is no number.")
    return rest, {row.number for row in bad}


def _numbers(texts: Iterable[str]) -> list[float] | None:
    try:
        values = [float(text) for text in texts]
    except ValueError:
        return None
    return values if all(abs(value) < 1e30 for value in values) else None
