"""By which signs a folder or file is one of pictures with boxes, points, sentences or questions: a few names and the
begins of a few files."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path

from nodes.api.schema import Recognised, Unreadable
from nodes.reading.annotated_pictures import NOTES, home_of, is_picture
from nodes.reading.annotation_rows import PATHS, chosen, head_of, table_rows
from nodes.reading.annotation_texts import ANSWERS, CAPTIONS, QUESTIONS
from nodes.reading.archives import is_zip
from nodes.reading.box_cells import box_column
from nodes.reading.boxes import is_plain, looks_like_yolo, table_columns
from nodes.reading.drawn_boxes import has_drawn
from nodes.reading.folder_names import shared
from nodes.reading.listing import ending
from nodes.reading.mask_pairs import (
    MARKS,
    MASK_FOLDERS,
    PICTURE_FOLDERS,
    bare_name,
    is_mask_by_name,
    is_paired,
    partners_of,
)
from nodes.reading.masks import is_photograph
from nodes.reading.picture_signs import names_at
from nodes.reading.pictures import ENDINGS
from nodes.reading.points import point_columns
from nodes.reading.via_boxes import has_via

_BEGIN = 65_536  # bytes of a file
_FEW = 6  # files of one ending that are looked into
_AMONG = 20_000  # files of a folder that are looked through for one that says something
_ASIDE = frozenset(
    {"split", "part", "set", "subset", "id", "sentid", "imgid", "comment_number", "width", "height", "url"}
)
_YOLO = re.compile(r"[0-9]{1,5}(\s+-?[0-9]*\.?[0-9]+(e-?[0-9]+)?){4,}\s*$", re.IGNORECASE)
SURE = 0.96  # more than folders of pictures, or tables, are for what they are
Sign = Callable[[str, str], bool]  # of the name of a file and its begin


def told_at(path: Path, sign: Sign, *endings: str, fits: Callable[[Path], bool] | None = None) -> Recognised | None:
    """Whether files of these endings have a sign, and there are pictures beside them, at a folder, a zip file or such a
    file itself. ``fits`` may ask for more."""
    if shared(_is_one_file, path):
        if ending(path.name) not in endings or not sign(path.name, _begin(path)):
            return None
        return Recognised({"path": str(path)}, SURE) if _pictures_beside(path) else None
    every = names_at(path)
    if not any(map(is_picture, every)) or (fits is not None and not fits(path)):
        return None
    found = any(sign(name, begin) for name, begin in shared(_begins, path) if ending(name) in endings)
    return Recognised({"path": str(path)}, SURE) if found else None


def _is_one_file(path: Path) -> bool:
    """Whether it is a single file: neither a folder nor a zip file of one. Asked once for all kinds of signs."""
    return path.is_file() and not is_zip(path)


def with_partners(
    path: Path,
    pictures: Container[str],
    others: Container[str],
    endings: Container[str],
    marks: Sequence[str] = ("",),
) -> list[str]:
    """The names that are seen at a path, and of a few pictures in a folder called as one of ``pictures`` the files of
    the same name, with one of ``marks`` behind it, in a folder called as one of ``others``: of a large folder only some
    names are seen, in any order."""
    names = list(names_at(path))
    seen = {(word, ending(name)) for name in names for word in name.split("/")[:-1] if word.lower() in others}
    seen = {(word, kind) for word, kind in seen if kind in endings}
    # Of a large folder beside it, whatever stands between, such as annotations/trimaps.
    flat = {(_place(name), ending(name)) for name in names if _place(name).lower().split("/")[-1] in others}
    flat = {(folder, kind) for folder, kind in flat if kind in endings}
    packed: Container[str] = ()
    if path.is_file():
        with suppress(OSError, zipfile.BadZipFile, ValueError, NotImplementedError), zipfile.ZipFile(path) as file:
            packed = frozenset(file.namelist())
    step = max(1, len(names) // 16)
    for name in [each for each in names if is_picture(each)][::step]:
        *folders, last = name.split("/")
        at = next((at for at in range(len(folders) - 1, -1, -1) if folders[at].lower() in pictures), None)
        if at is None:
            continue
        likely = {("/".join([*folders[:at], word, *folders[at + 1 :]]), kind) for word, kind in seen} | flat
        stems = dict.fromkeys((last.rpartition(".")[0], bare_name(last.rpartition(".")[0])))
        nears = [f"{folder}/{stem}{mark}.{kind}" for folder, kind in likely for stem in stems for mark in marks]
        names += [near for near in nears if near in packed or (not path.is_file() and (path / near).is_file())]
    return list(dict.fromkeys(names))


def masks_at(path: Path) -> Recognised | None:
    """Whether a path holds pictures with masks."""
    if shared(_is_one_file, path):
        return None
    names = names_at(path)
    if named := _named_masks(path, names):
        if _photographs(path, named):
            return None
        return Recognised({"path": str(path)}, SURE + 0.01)
    if len({_place(name) for name in names if is_picture(name)}) < 2:
        return None
    more = with_partners(path, PICTURE_FOLDERS, MASK_FOLDERS, ENDINGS, MARKS)
    return Recognised({"path": str(path)}, SURE + 0.01) if is_paired(more, len(more) < 64) else None


def _named_masks(path: Path, names: Sequence[str]) -> list[str]:
    """Some masks, if most pictures have a mask that names tell, as ``train_masks/car_01_mask.gif`` that of
    ``train/car_01.jpg``. Of large folders only some names are seen, so its mask is looked for."""
    seen = [name for name in names if is_picture(name)]
    pictures = [name for name in seen if not is_mask_by_name(name)]
    if len(pictures) == len(seen) or not pictures:
        return []
    folders = {_place(name) for name in seen}
    kinds = {ending(name) for name in seen if is_mask_by_name(name)}
    packed: Container[str] = ()
    if path.is_file():
        with suppress(OSError, zipfile.BadZipFile, ValueError, NotImplementedError), zipfile.ZipFile(path) as file:
            packed = frozenset(file.namelist())
    some = pictures[:: max(1, len(pictures) // 16)]
    found = []
    for name in some:
        nears = (f"{near}.{kind}" for near in partners_of(name, folders) for kind in kinds)
        found += [n for n in nears if n in packed or (not path.is_file() and (path / n).is_file())][:1]
    return found[:: max(1, len(found) // _FEW)] if len(found) >= 0.8 * len(some) else []


def _photographs(path: Path, names: Sequence[str]) -> bool:
    """Whether most of these pictures are photographs, as ``face_mask.jpg`` of somebody who wears one. What lies in a
    folder for masks is meant as one, and refused with what helps."""
    if any(word.lower() in MASK_FOLDERS for name in names for word in name.split("/")[:-1]):
        return False
    told = 0
    with suppress(OSError, zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError), ExitStack() as stack:
        packed = stack.enter_context(zipfile.ZipFile(path)) if path.is_file() else None
        for name in names:
            with packed.open(name) if packed is not None else (path / name).open("rb") as file:
                told += is_photograph(file)
    return told > len(names) / 2


def _place(name: str) -> str:
    return name.rpartition("/")[0]


def _looks_like_yolo(path: Path) -> bool:
    return looks_like_yolo(with_partners(path, ("images",), ("labels",), ("txt",)))


def _pictures_beside(note: Path) -> bool:
    return any(map(is_picture, names_at(home_of(note))))


def _begin(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_BEGIN).decode("utf-8-sig", "replace")
    except OSError:
        return ""


def _begins(path: Path) -> tuple[tuple[str, str], ...]:
    return tuple(_some_begins(path))


def _among_pictures(path: Path) -> list[str]:
    """Files that may say something in the outermost folder, where they lie among many pictures: of these only some
    names are looked at, in the order of the disk."""
    found: list[str] = []
    with suppress(OSError), os.scandir(path) as entries:
        for entry in islice(entries, _AMONG):
            if ending(entry.name) in NOTES and not entry.name.startswith("."):
                found.append(entry.name)
                if len(found) == 4 * _FEW:
                    break
    return sorted(found)


def _some_begins(path: Path) -> Iterator[tuple[str, str]]:
    """The begins of a few files of each ending that may say something, those whose names say more than others first."""
    seen: dict[str, int] = {}
    notes = list(dict.fromkeys([*(name for name in names_at(path) if ending(name) in NOTES), *_among_pictures(path)]))
    notes.sort(
        key=lambda name: (not re.search("instances|keypoints|captions|coco|boxes|train", name.lower()), name.count("/"))
    )
    packed = None
    with suppress(OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        packed = zipfile.ZipFile(path) if path.is_file() else None
    for name in notes:
        kind = ending(name)
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] > _FEW:
            continue
        if packed is None:
            yield name, _begin(path / name)
            continue
        begin = b""
        # Whatever is wrong inside of a zip file of a stranger: it is no sign.
        with suppress(Exception), packed.open(name) as file:
            begin = file.read(_BEGIN)
        yield name, begin.decode("utf-8-sig", "replace")
    if packed is not None:
        packed.close()


def boxes_at(path: Path) -> Recognised | None:
    """Whether a path holds pictures with boxes."""
    found = told_at(path, _has_boxes, "json", "xml", "csv", "tsv")
    return found or told_at(path, _is_yolo, "txt", fits=_looks_like_yolo)


def _has_boxes(name: str, begin: str) -> bool:
    kind = ending(name)
    if has_drawn(kind, begin) or has_via(kind, begin):
        return True
    if kind == "json":
        word = name.rpartition("/")[2].lower()
        if "caption" in word or "keypoint" in word or "panoptic" in word:
            return False
        coco = '"images"' in begin or '"annotations"' in begin
        return coco and ('"bbox"' in begin or "instances" in word or ".coco." in word) and '"keypoints"' not in begin
    if kind == "xml":
        return "<annotation" in begin and "<bndbox" in begin
    heads, _ = head_of(begin)
    return bool(table_columns(heads)) or is_plain(heads) or bool(box_column(heads))


def _is_yolo(name: str, begin: str) -> bool:
    lines = [line.strip() for line in begin.splitlines()[:20] if line.strip()]
    return bool(lines) and all(_YOLO.match(line) for line in lines)


def first_entry(name: str, begin: str) -> list[str]:
    """The names of what a row says: of a table, of JSON lines, of a JSON list. In small letters."""
    kind = ending(name)
    if kind in ("jsonl", "ndjson"):
        with suppress(ValueError, RecursionError):
            row = json.loads(begin.partition("\n")[0])
            return [str(each).lower() for each in row] if isinstance(row, dict) else []
        return []
    if kind == "json":
        return [word.lower() for word in re.findall(r'"(\w+)"\s*:', begin[:4000])]
    return head_of(begin)[0]


def captions_at(path: Path) -> Recognised | None:
    """Whether a path holds pictures with sentences about them."""
    return told_at(path, _has_captions, "json", "csv", "tsv", "txt", "jsonl", "ndjson")


def _has_captions(name: str, begin: str) -> bool:
    word = name.rpartition("/")[2].lower()
    if ending(name) == "json" and '"images"' in begin:
        return '"caption"' in begin or "caption" in word
    if ending(name) == "txt" and re.match(r"[^\t#\n]+#[0-9]+\t\S", begin):
        return True
    names = first_entry(name, begin)
    column = chosen(names, CAPTIONS)
    if not column or not chosen(names, PATHS) or chosen(names, QUESTIONS):
        return False
    rows = _first_rows(name, begin)
    texts = [str(row.get(column, "")) for row in rows]
    long = sorted(len(text.split()) for text in texts)
    if not long or long[len(long) // 2] < 2:
        return False
    if ending(name) != "json" and set(names) - {*PATHS, *CAPTIONS, *_ASIDE}:
        return False  # a table of other things too, of which a text is one
    if column.startswith("caption"):
        return True
    # What is called so may as well be a class of several words.
    return long[len(long) // 2] >= 3 and len(set(texts)) >= 0.5 * len(texts)


def _first_rows(name: str, begin: str) -> list[dict[str, object]]:
    """The first rows of what is read; the last one may be cut off, and is left out of many."""
    kind = ending(name)
    rows: list[dict[str, object]] = []
    if kind in ("jsonl", "ndjson"):
        for line in begin.splitlines()[:50]:
            with suppress(ValueError, RecursionError):
                row = json.loads(line)
                rows += [{str(key).lower(): value for key, value in row.items()}] if isinstance(row, dict) else []
    elif kind == "json":
        found = re.findall(r'"(\w+)"\s*:\s*"((?:[^"\\]|\\.)*)"', begin)
        rows = [{key.lower(): value} for key, value in found[:200]]
        column = next((key for row in rows for key in row if key in CAPTIONS), "")
        rows = [row for row in rows if column in row]
    else:
        with suppress(Unreadable):
            rows.extend(dict(row) for _, row in islice(table_rows(begin, name), 50))
    return rows


def questions_at(path: Path) -> Recognised | None:
    """Whether a path holds pictures with questions and answers about them."""
    return told_at(path, _has_questions, "json", "csv", "tsv", "jsonl", "ndjson")


def _has_questions(name: str, begin: str) -> bool:
    if ending(name) == "json" and '"question_id"' in begin and re.search('"(question|multiple_choice_answer)"', begin):
        return True  # one of the two files of VQA
    names = first_entry(name, begin)
    return all(chosen(names, each) for each in (PATHS, QUESTIONS, ANSWERS))


def points_at(path: Path) -> Recognised | None:
    """Whether a path holds pictures with points in them."""
    return told_at(path, _has_points, "json", "csv", "tsv")


def _has_points(name: str, begin: str) -> bool:
    if ending(name) == "json":
        word = name.rpartition("/")[2].lower()
        coco = '"images"' in begin or '"annotations"' in begin
        return coco and ('"keypoints"' in begin or "keypoints" in word)
    return bool(point_columns(head_of(begin)[0])[1])
