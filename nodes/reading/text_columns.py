"""Which columns of a table are texts: the one with the text and its label, or two that are pairs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_TEXTS = (
    "text", "texts", "sentence", "review", "comment", "content", "message", "body", "tweet", "document", "question",
    "headline", "title", "description", "utterance", "sms", "phrase",
)  # fmt: skip
_LABELS = (
    "label", "labels", "class", "target", "sentiment", "category", "intent", "emotion", "topic", "y", "spam", "rating",
    "stars", "score", "polarity", "language", "lang", "author", "genre",
)  # fmt: skip
_PARTS = ("split", "part", "set", "subset", "partition", "fold")
_SOURCES = ("source", "src", "input", "word", "spelling", "english", "en", "from", "question", "x")
_TARGETS = ("target", "tgt", "output", "phones", "phonemes", "pronunciation", "translation", "to", "answer", "y")
_CODES = ("eng", "fra", "fre", "de", "deu", "ger", "es", "spa", "it", "ita", "fr", "german", "french", "spanish", "ipa")
MOST_CLASSES = 1_000


@dataclass(frozen=True, slots=True)
class TextColumn:
    """One column: how long its cells are in words and letters, and how many different ones there are."""

    place: int
    name: str
    words: float
    letters: float
    distinct: int
    filled: int
    numbers: float

    @property
    def is_text(self) -> bool:
        """Whether its cells are sentences rather than names, numbers or classes."""
        return self.words >= 3 and self.numbers < 0.2 and self.distinct > 0.2 * self.filled


def looked(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[TextColumn, ...]:
    """Each column of a few rows."""
    return _looked(tuple(names), tuple(map(tuple, rows)))


_DATE = re.compile(  # several words, and no sentence
    r"\d{1,2} [A-Z][a-z]{2,8} \d{4}|[A-Z][a-z]{2,8} \d{1,2}, \d{4}|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}[ \d:.+-]*"
    r"([AaPp][Mm])?( [A-Z]{3,4}[+\-\d:]*)?"
    r"|[A-Z][a-z]{2},? [A-Z][a-z]{2} \d{1,2} [\d:]+ ([A-Z+\d]+ )?\d{4}"
)
_PLAIN_NAME = re.compile(r"(v|x|y|f|c|col|column|field|var)_?[0-9]+", re.IGNORECASE)


@lru_cache(maxsize=2)  # several sources ask about the same rows
def _looked(names: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> tuple[TextColumn, ...]:
    found = []
    for place, name in enumerate(names):
        cells = [cell for row in rows if place < len(row) and (cell := row[place].strip())]
        count = max(1, len(cells))
        numbers = sum(_number(cell) or _DATE.fullmatch(cell) is not None for cell in cells) / count
        words = sum(len(cell.split()) for cell in cells) / count
        found.append(TextColumn(place, name, words, sum(map(len, cells)) / count, len(set(cells)), len(cells), numbers))
    return tuple(found)


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return re.fullmatch(r"\d+([.,]\d+)? ?/ ?\d+", cell) is not None  # 7 / 10, as points of a quiz
    return True


def _is_sum(cell: str) -> bool:
    return re.search(r"\d\s*[+*×÷]\s*\d", cell) is not None and not any(letter.isalpha() for letter in cell)


def _called(name: str, known: Sequence[str]) -> int:
    """How likely a name is one of these: the place in the list, or its length if it is none."""
    word = name.strip().lower()
    if "#" in word:
        return len(known)  # the number of something
    parts = re.split(r"[_ .-]", word)
    meant = (word, parts[0], *((parts[-1],) if known is _LABELS else ()), re.sub(r"[_ ]?\d$", "", word))
    return next((rank for rank, each in enumerate(known) if each in meant), len(known))


def text_and_label(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[int | None, int | None]:
    """The column of the text and that of its label, as far as there are any."""
    columns = [each for each in looked(names, rows) if each.filled]
    texts = [
        each for each in columns if each.is_text or (_called(each.name, _TEXTS) < len(_TEXTS) and each.numbers < 0.5)
    ]
    text = min(texts, key=lambda each: (not each.is_text, _called(each.name, _TEXTS), -each.letters), default=None)
    others = [each for each in columns if each is not text and _called(each.name, _PARTS) == len(_PARTS)]
    named = [each for each in others if _called(each.name, _LABELS) < len(_LABELS)]
    few = [each for each in others if 2 <= each.distinct <= max(2, min(50, 0.5 * each.filled)) and each.words < 4]
    label = min(named, key=lambda each: _called(each.name, _LABELS), default=None)
    if label is None:
        label = min(few, key=lambda each: each.distinct, default=None)
    return (text.place if text is not None else None), (label.place if label is not None else None)


def labelled_columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    """The same, where a table is surely one of texts: few columns, one of sentences and one of classes."""
    text, label = text_and_label(names, rows)
    if text is None or label is None or len(rows) < 2:
        return None
    columns = looked(names, rows)
    filled = [each for each in columns if each.filled]
    sentence, kind = columns[text], columns[label]
    sure = sentence.is_text or _called(sentence.name, _TEXTS) < 4
    named = _called(sentence.name, _TEXTS) < len(_TEXTS)
    if not sure or (len(filled) > 6 and not named) or (len(filled) > 3 and not named and sentence.words < 6):
        return None
    if kind.words >= 4 or kind.distinct > max(2, 0.8 * kind.filled):
        return None
    return text, label


def paired_columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[tuple[int, int], bool] | None:
    """The columns of source and target, and whether this is surely a table of pairs. One of only two may be of numbers:
    beside sums (12+7 and 19), where both are named, and less surely than anything else beside words without a digit."""
    filled = [each for each in looked(names, rows) if each.filled]
    columns = [each for each in filled if each.numbers < 0.2 and each.distinct > 0.2 * each.filled]
    spelled = len(filled) == 2 and len(columns) == 1 and all(each.distinct > 0.1 * each.filled for each in filled)
    read = columns[0].place if spelled else 0
    columns = filled if spelled else columns
    if len(columns) < 2 or len(rows) < 2:
        return None
    source = min(columns, key=lambda each: (_called(each.name, _SOURCES), each.place))
    rest = [each for each in columns if each is not source]
    target = min(rest, key=lambda each: (_called(each.name, _TARGETS), each.place))
    named = _called(source.name, _SOURCES) < len(_SOURCES) and _called(target.name, _TARGETS) < len(_TARGETS)
    tongues = {each.name.strip().lower() for each in (source, target)} <= {*_CODES, "en", "english"}
    named = named or (tongues and min(source.words, target.words) > 1.5)
    plain = all(each.name.startswith("column ") for each in (source, target))
    # Among many columns without names, a user's name and what he writes are no pair.
    rest = [each for each in filled if each not in (source, target)]
    classes = any(each.distinct <= min(50, 0.1 * each.filled) and each.words < 2 for each in rest)  # AG News
    alike = plain and not classes and len(columns) <= 3 and len(filled) <= 4 and max(source.words, target.words) > 1.5
    meant = named and (source.name.strip().lower(), target.name.strip().lower()) != ("x", "y")
    if not spelled:
        return (source.place, target.place), (named or alike) and len(columns) <= 4
    sure = meant or any(_is_sum(cell) for cell in rows[0])
    digits = any(letter.isdigit() for row in rows if read < len(row) for letter in row[read])
    return ((source.place, target.place), sure) if sure or not digits else None


def part_column(names: Sequence[str]) -> int | None:
    """The column that says which part of the data a row is in."""
    return next((place for place, name in enumerate(names) if _called(name, _PARTS) < len(_PARTS)), None)


def names_columns(cells: Sequence[str]) -> bool:
    """Whether a row of words alone names columns: it holds a name that such tables have, and no sentence."""
    known = (*_TEXTS, *_LABELS, *_PARTS, *_SOURCES, *_TARGETS, "id", "index")
    sentences = any(len(cell.split()) > 3 or cell.strip()[-1:] in (".", "!", "?") for cell in cells)
    filled = [cell.strip() for cell in cells if cell.strip()]
    numbered = len(filled) > 1 and all(_PLAIN_NAME.fullmatch(cell) for cell in filled)  # v1, v2 of the spam collection
    called = any(_called(cell, known) < len(known) or cell.lower() in _CODES for cell in cells)
    return not sentences and (called or numbered)


MARK = "__label__"  # before each label in a file for fastText


def marked(line: str) -> tuple[list[str], str]:
    """The labels at the begin of a line as fastText writes them, and the text behind them."""
    labels = []
    rest = line.strip()
    while rest.startswith(MARK):
        word, _, rest = rest.partition(" ")
        labels.append(word.removeprefix(MARK).strip(","))
        rest = rest.lstrip(" ,")
    return labels, rest


def marks_labels(text: str) -> bool:
    """Whether the first lines of a file, of which the last may be cut off, are as fastText writes them."""
    lines = [line for line in text.split("\n")[:200] if line.strip()]
    return bool(lines) and sum(line.lstrip().startswith(MARK) for line in lines) >= 0.9 * len(lines)
