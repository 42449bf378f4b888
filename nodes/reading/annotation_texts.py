"""Sentences about pictures, and questions with answers: as COCO, Flickr8k, tables and JSON lines write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nodes.api.schema import PARTS, NoData, Unreadable
from nodes.api.words import cut
from nodes.reading.annotated_pictures import PictureFinder, is_picture, ordered, part_in, part_named, text_of, times_of
from nodes.reading.annotation_rows import (
    PATHS,
    Row,
    chosen,
    coco_images,
    coco_in,
    key_of,
    listed_in,
    needed,
    notes_in,
    parsed_lean,
    rows_of,
)
from nodes.reading.classes import LabelsAndParts
from nodes.reading.listing import Listing, ending, shown
from nodes.reading.part_names import part_called
from nodes.reading.texts import UNKNOWN, WORD

CAPTIONS = ("caption", "captions", "text", "sentence", "description", "comment", "raw", "title")
QUESTIONS = ("question", "questions", "query")
ANSWERS = ("answer", "answers", "multiple_choice_answer", "label")
_SPLIT = ("split", "part", "set", "subset")
_FLICKR = re.compile(r"^([^\t#]+)#[0-9]+\t(.+)$")  # picture.jpg#0, a tab and the sentence
_TOKEN = re.compile(WORD)
AUTO = "auto"
_BEGIN = 2**16  # bytes of a file, in which its first entry stands
_USUAL = 24  # words of a sentence, where nobody says how many


@dataclass
class PictureTexts:
    """What is said about pictures: for each sample the number of its picture in the listing, and its texts. ``parts``
    are those of the pictures, as PARTS counts, or -1."""

    rows: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    parts: dict[int, int] = field(default_factory=dict)
    places: dict[tuple[str, str, str], tuple[int | None, int]] = field(default_factory=dict)  # of names that were found


def words_in(text: str) -> list[str]:
    """The words of a sentence in small letters, without its signs."""
    return [word for word in _TOKEN.findall(text.lower()) if word[0].isalnum() or len(word) > 1]


def captions_of(found: Listing, only: str) -> PictureTexts:
    """The sentences that files of a listing say about its pictures.

    Raises:
        NoData: if there are none.
        Unreadable: if a file that should say them is damaged.
    """
    names, said = PictureFinder(found), PictureTexts()
    for note, content in coco_in(found, only, "captions", holding="caption"):
        path = found.path(note)
        images = coco_images(found, note, content)
        for at, each in enumerate(content["annotations"], start=1):
            key = each.get("image_id") if isinstance(each, dict) else None
            image = images.get(key) if isinstance(key, int | str) else None
            text = each.get("caption") if image is not None else None
            where = f"{path}, annotation {at:,}"
            if image is None or not isinstance(text, str):
                found.skip(where, "has no caption, or the id of no picture.")
                continue
            _take(found, names, said, where, path, image["file_name"], (text,), "")
    if not said.rows:
        _from_tables(found, names, only, said, (CAPTIONS,))
    if not said.rows:
        raise needed(
            found,
            "sentences about pictures",
            "Choose a folder with pictures and a table with the columns image and caption (captions.txt), file_name "
            "and text (metadata.csv), or a COCO file of captions.",
        )
    return said


def questions_of(found: Listing, only: str) -> PictureTexts:
    """The questions about pictures of a listing, each with its answer.

    Raises:
        NoData: if there are none.
        Unreadable: if a file that should hold them is damaged.
    """
    names, said = PictureFinder(found), PictureTexts()
    _of_vqa(found, names, only, said)
    if not said.rows:
        _from_tables(found, names, only, said, (QUESTIONS, ANSWERS))
    if not said.rows:
        raise needed(
            found,
            "questions about pictures",
            "Choose a folder with pictures and a table or JSON lines with image, question and answer, or the two files "
            "of VQA, questions and annotations.",
        )
    return said


def _of_vqa(found: Listing, names: PictureFinder, only: str, said: PictureTexts) -> None:
    """Questions and answers as VQA keeps them: in two files that share question_id, about pictures whose names end with
    image_id. ``only`` may be either of the two."""
    asked: list[tuple[str, Row]] = []
    answers: dict[Any, tuple[str, str]] = {}
    for note in notes_in(found, "", "json"):
        if not _has_ids(found, note):
            continue
        path = found.path(note)
        content = parsed_lean(text_of(found, note), shown(path))
        if isinstance(content, dict):
            asked += [(path, each) for each in listed_in(content, "questions") if "question_id" in each]
            for each in listed_in(content, "annotations"):
                answer = _text(each.get("multiple_choice_answer"))
                if answer and key_of(each.get("question_id")) is not None:
                    answers[each["question_id"]] = path, answer
    by_id: dict[int, int] = {}
    for number in names.paths.values() if asked else ():
        if digits := re.search(r"[0-9]+$", found.names[number].rpartition(".")[0]):
            by_id.setdefault(int(digits[0]), number)
    unanswered: Counter[str] = Counter()
    lost: dict[str, list[Any]] = {}
    for path, each in asked:
        beside, answer = answers.get(key_of(each["question_id"]), ("", ""))
        if only and only not in (path, beside):
            continue
        text, image = _text(each.get("question")), key_of(each.get("image_id"))
        shown_in = by_id.get(image) if isinstance(image, int) else None
        if not answer or not text:
            unanswered[path] += 1
        elif shown_in is None:
            lost.setdefault(path, []).append(image)
        else:
            part = part_named(path)
            said.rows.append((shown_in, (text, answer)))
            said.parts.setdefault(shown_in, part if part >= 0 else part_in(found.path(shown_in)))
    for path, count in unanswered.items():
        found.skip(path, f"has {times_of(count, 'question', 'questions')} without an answer in a file of annotations.")
    for path, images in lost.items():
        many = times_of(len(images), "question", "questions")
        found.skip(path, f"has {many} about pictures that are not there, such as one whose name ends with {images[0]}.")


def _has_ids(found: Listing, note: int) -> bool:
    """Whether a file begins as one of the two of VQA."""
    try:
        with found.open(note) as file:
            return b'"question_id"' in file.read(_BEGIN)
    except (OSError, ValueError):
        return False


def _from_tables(
    found: Listing, names: PictureFinder, only: str, said: PictureTexts, wanted: Sequence[Sequence[str]]
) -> None:
    for note in notes_in(found, only, "csv", "tsv", "txt", "jsonl", "ndjson", "json"):
        path = found.path(note)
        columns: list[str] = []
        try:
            for where, row in _flickr(found, note) or rows_of(found, note):
                if not columns:
                    columns = [chosen(list(row), PATHS), *(chosen(list(row), each) for each in wanted)]
                    if not all(columns):
                        break
                texts = tuple(_text(row.get(name)) for name in columns[1:])
                split = next((str(row[name]) for name in _SPLIT if row.get(name)), "")
                if not all(texts):
                    found.skip(where, f"has no {columns[1:][texts.index('')]}.")
                    continue
                _take(found, names, said, where, path, str(row.get(columns[0], "")), texts, split)
        except Unreadable:
            if only:
                raise


def _flickr(found: Listing, note: int) -> list[tuple[str, Row]]:
    """The rows of a file as Flickr8k.token.txt; nothing if it is another one."""
    if ending(found.names[note]) not in ("txt", "token"):
        return []
    lines = text_of(found, note).splitlines()
    if not lines or _FLICKR.match(lines[0]) is None:
        return []
    rows = []
    for at, line in enumerate(lines, start=1):
        match = _FLICKR.match(line)
        if match is not None:
            rows.append((f"{found.path(note)}, row {at:,}", {"image": match[1], "caption": match[2]}))
    return rows


def _text(value: Any) -> str:
    """A cell as text; of several answers the most frequent."""
    if isinstance(value, list):
        texts = [_text(each.get("answer") if isinstance(each, dict) else each) for each in value]
        return Counter(texts).most_common(1)[0][0] if texts else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split()) if value is not None and not isinstance(value, dict) else ""


def _take(
    found: Listing,
    names: PictureFinder,
    said: PictureTexts,
    where: str,
    beside: str,
    name: str,
    texts: tuple[str, ...],
    split: str,
) -> None:
    key = beside, name, split
    if key not in said.places:
        said.places[key] = _found(names, beside, name, split)
    number, told = said.places[key]
    if number is None:
        found.skip(where, f"names {cut(name, 60) or 'no picture'}, which is not there.")
        return
    said.rows.append((number, texts))
    said.parts.setdefault(number, told if told >= 0 else part_in(found.path(number)))


def _found(names: PictureFinder, beside: str, name: str, split: str) -> tuple[int | None, int]:
    """The number of a picture that a file names, and the part that the file says or -1."""
    part = part_called(split)
    told = PARTS.index(part) if part else part_named(beside)
    told = told if told >= 0 else part_in(beside)
    number = names.find(name, beside, told) if name else None
    if number is None and name and not is_picture(name):
        likely = (names.find(f"{name}.{ending}", beside, told) for ending in ("jpg", "png", "jpeg"))
        number = next((each for each in likely if each is not None), None)
    return number, told


@dataclass(frozen=True)
class ToldSamples:
    """Samples in their order: ``pictures`` are the places of their pictures among those of the set, ``texts`` what is
    said, ``parts`` the part of each or -1; ``numbers`` are the pictures in the listing."""

    numbers: list[int]
    pictures: list[int]
    texts: list[tuple[str, ...]]
    parts: list[int]

    def of(self, kept: Sequence[int]) -> ToldSamples:
        """Some of the samples, about the same pictures."""
        return ToldSamples(
            self.numbers,
            [self.pictures[at] for at in kept],
            [self.texts[at] for at in kept],
            [self.parts[at] for at in kept],
        )


def in_order_of(found: Listing, made: LabelsAndParts, said: PictureTexts) -> ToldSamples:
    """What is said about the pictures of an arrangement, in the order of these."""
    numbers, place = ordered(found, made)
    rows = [(place[number], texts) for number, texts in said.rows if number in place]
    rows.sort(key=lambda row: row[0])
    parts = [made.part_of[numbers[at]] for at, _ in rows]
    return ToldSamples(numbers, [at for at, _ in rows], [texts for _, texts in rows], parts)


def known_in(texts: Sequence[Sequence[str]], parts: Sequence[int], most: int, given: str) -> tuple[list[str], int]:
    """The words that are known, the most frequent of what is learned first, and how many others there are. ``given``
    are the words of a setting.

    Raises:
        NoData: if there is no word.
    """
    if given.strip() != AUTO:
        return list(dict.fromkeys(given.split())), 0
    counts = Counter(word for words, part in zip(texts, parts) if part <= 0 for word in words)
    every = {word for words in texts for word in words}
    if not counts:
        raise NoData("There is no word to be learned in what is said about the pictures for training.")
    known = [word for word, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0]))][:most]
    rare = len(every) - len(known)
    return ([UNKNOWN, *known] if rare else known), rare


def numbered_words(words: Sequence[str], known: Mapping[str, int]) -> list[int]:
    """Words as numbers; one that is not known is unknown, or left out where nothing stands for that."""
    other = known.get(UNKNOWN)
    numbers = (known.get(word, other) for word in words)
    return [number for number in numbers if number is not None]


def longest_of(texts: Sequence[Sequence[str]], asked: Any) -> tuple[int, int]:
    """How many words are read of each at most, and how many samples are longer."""
    most = max(1, min(_USUAL, max(map(len, texts), default=1))) if asked == AUTO else int(asked)
    return most, sum(1 for words in texts if len(words) > most)


def answers_in(answers: Sequence[str], parts: Sequence[int], most: int, given: str) -> list[str]:
    """The answers that are classes: the most frequent of what is learned, in the order of the alphabet."""
    if given.strip() != AUTO:
        return [each.strip() for each in given.split("|") if each.strip()]
    counts = Counter(answer for answer, part in zip(answers, parts) if part <= 0)
    return sorted(word for word, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:most])


def answer_of(text: str) -> str:
    """An answer as a class: in small letters, without a point at its end."""
    return cut(" ".join(text.lower().strip(" .!").replace("|", " ").split()), 60)


class PictureColumn:
    """The picture of each sample, read once for all that is said about it in a batch."""

    def __init__(self, kept: Any, pictures: Any) -> None:
        self._kept, self._pictures = kept, pictures

    def __len__(self) -> int:
        return len(self._pictures)

    def at(self, index: Any) -> Any:
        """Samples (n, ...) in this order.

        Raises:
            Unreadable: if the picture of one of them cannot be read, with all samples of it.
        """
        import torch

        places, back = torch.unique(self._pictures[index], return_inverse=True)
        try:
            return self._kept.at(places)[back]
        except Unreadable as reason:
            bad = {n: reason.samples[p] for n in index.tolist() if (p := int(self._pictures[n])) in reason.samples}
            raise Unreadable(str(reason), bad) from None


def token_lines(name: str, told: Sequence[Sequence[int]]) -> Iterator[str]:
    """A list of lists of numbers as lines of a program, one for each sample."""
    yield f"{name} = ["
    for row in told:
        yield f"    {list(row)!r},"
    yield "]"
