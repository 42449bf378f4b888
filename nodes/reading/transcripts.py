"""Sounds and what is said in each: texts that stand in a table, or in a file beside each sound."""

from __future__ import annotations

import os
import time
from array import array
from collections import Counter
from dataclasses import dataclass
from typing import Any

from nodes.api.schema import PARTS, Field, Guess, NoData, Schema
from nodes.api.words import cut
from nodes.reading.classes import LabelsAndParts
from nodes.reading.label_tables import rows_of
from nodes.reading.listing import Listing, listing, shown
from nodes.reading.part_names import part_called
from nodes.reading.picture_sets import chosen_path, sentences
from nodes.reading.sound_sets import NOUN, looked_into, resolved
from nodes.reading.sounds import ENDINGS, SoundPreparation
from nodes.reading.texts import PADDING, shown_word, text_of
from nodes.reading.transcript_lists import listed_texts

TEXTS = ("text", "transcript", "transcription", "sentence", "words", "normalized_text", "utterance", "label")
MOST_LETTERS = 400  # of a text, where nobody says how many
_MOST_BYTES = 100_000  # of a file beside a sound


@dataclass(frozen=True)
class TranscribedSounds:
    """Sounds with their texts: those with a ``part_of`` above -2 in ``made`` are samples. ``letters`` are the classes,
    the first of which pads and is the blank of a CTC loss; ``length`` is that of the longest text,
    0 where none has one, as sounds that a net is to spell."""

    found: Listing
    made: LabelsAndParts
    texts: dict[int, str]
    letters: tuple[str, ...]
    length: int
    how: SoundPreparation
    guesses: tuple[Guess, ...]
    remarks: tuple[str, ...]

    def schema(self) -> Schema:
        """What the source offers."""
        shown_letters = (self.letters[0], *(shown_word(letter) for letter in self.letters[1:]))
        fields = {"wave": Field((1, self.how.count))}
        if self.length:
            fields["text"] = Field((self.length,), "int", shown_letters)
        return Schema(
            fields,
            self.made.samples,
            self.made.parts(),
            NOUN,
            guesses=self.guesses,
            remarks=self.remarks,
            skipped=tuple(self.found.skipped),
            skipped_count=self.found.skipped_count,
            stamp=self.found.stamp,
            settled={"rate": self.how.rate, "milliseconds": self.how.milliseconds},
        )

    def numbers(self, number: int) -> list[int]:
        """The letters of a sound by their numbers, with 0 behind them."""
        places = {letter: place for place, letter in enumerate(self.letters)}
        found = [places[letter] for letter in self.texts[number]]
        return found + [0] * (self.length - len(found))


def spoken_texts(
    path: str, rate: int | str, milliseconds: int | str, length: int | str, lower: bool, incomplete: str
) -> TranscribedSounds:
    """The sounds at a path that have a text.

    Raises:
        NoData: if there are none, with the remedy.
    """
    began = time.perf_counter()
    try:
        import soundfile  # noqa: F401
    except (ImportError, OSError):
        raise NoData(
            "Sounds are read by the package soundfile, which is not installed. Run: pip install soundfile"
        ) from None
    found = listing(chosen_path(path, NOUN[1]), ENDINGS, NOUN[0], lists=True)
    made = LabelsAndParts(array("i", bytes(4 * len(found))), array("b", bytes(len(found))))
    if not len(found):
        raise NoData(f"There is no sound in {shown(found.root.name)}. Choose a folder or zip file that has some.")
    raw, parts, where = _texts(found)
    any_text = any(text.strip() for text in raw.values())
    texts = {}
    most = MOST_LETTERS if length == "auto" else int(length)
    for number in range(len(found)):
        text = " ".join(raw.get(number, "").split())
        texts[number] = text.lower() if lower else text
        first = found.path(number).partition("/")[0] if "/" in found.path(number) else ""
        part = part_called(parts.get(number, "")) or part_called(first)
        made.part_of[number] = PARTS.index(part) if part else -1
        if any_text and (not text or len(text) > most):
            made.part_of[number] = -2
            why = f"has a text of {len(text):,} letters, more than {most:,}." if text else "has no text."
            found.skip(found.path(number), why)
    kept = [number for number in range(len(found)) if made.part_of[number] > -2]
    if not kept:
        raise NoData(f"All texts in {shown(found.root.name)} have more than {most:,} letters. Allow longer ones.")
    counts = Counter(letter for number in kept for letter in texts[number])
    how, guesses = resolved(found, made, rate, _whole(found, made, milliseconds), incomplete)
    guesses = [each for each in guesses if each.setting != "milliseconds" or milliseconds == "auto"]
    remarks, more = looked_into(found, made, how, began)
    rare = sum(count < 3 for count in counts.values())
    said = [f"The texts stand in {where}. They have {len(counts):,} different letters and signs"]
    if not any_text:
        said = [
            "No sound has a text. Put a table with the columns file and text there, or a text file of the same name "
            "beside each sound"
        ]
    said += [f"{rare:,} of these {'is' if rare == 1 else 'are'} there less than three times"] if rare else []
    longest = max(len(texts[number]) for number in kept)
    longest = most if longest and length != "auto" else longest
    return TranscribedSounds(
        found, made, texts, (PADDING, *sorted(counts)), longest, how, (*guesses, *more), sentences([*said, *remarks])
    )


def _whole(found: Listing, made: LabelsAndParts, milliseconds: int | str) -> int | str:
    """How long all sounds are made: as the longest of those that are looked into, for what is cut off is not heard."""
    if milliseconds != "auto":
        return milliseconds
    from math import ceil

    from nodes.reading.probing import head_of, probed
    from nodes.reading.sounds import head, why_not

    heads = probed(found, made, lambda number: head_of(found, number, head, why_not), NOUN)
    return min(30_000, max(10, 10 * ceil(round(max(each.seconds for each in heads) * 100, 3))))


def _texts(found: Listing) -> tuple[dict[int, str], dict[int, str], str]:
    """The text of each sound by its number, the part of the data that a table names, and where that stands."""
    tops = sorted(set(found.folders))
    rows = rows_of(found, os.path.commonpath(tops) if all(tops) else "", tops, asked=False, labels=TEXTS)
    rows = [row for row in rows if row.label.strip()]
    if rows:
        texts: dict[int, str] = {}
        for row in rows:
            if row.number in texts:
                found.skip(row.where, f"names {cut(found.path(row.number), 60)} again; the first counts.")
            texts.setdefault(row.number, row.label)
        return texts, {row.number: row.part for row in rows if row.part}, f"the table {cut(shown(rows[0].table), 60)}"
    listed, where = listed_texts(found)
    if listed:
        return listed, {}, where
    beside = {number: _beside(found, number) for number in range(len(found))}
    # They were listed as something else that lies there.
    used = {f"{found.path(number).rpartition('.')[0]}.txt" for number, text in beside.items() if text.strip()}
    found.skipped[:] = [each for each in found.skipped if each.name not in used]
    found.skipped_count -= len(used)
    return beside, {}, "a file beside each sound"


def _beside(found: Listing, number: int) -> str:
    """What a text file of the same name says; nothing where there is none."""
    name = found.path(number).rpartition(".")[0] + ".txt"
    try:
        if found.archive is not None:
            with found.archive.open(name) as packed:
                return text_of(packed.read(_MOST_BYTES))
        with open(os.path.join(found.root, name), "rb") as file:
            return text_of(file.read(_MOST_BYTES))
    except (OSError, KeyError, ValueError):
        return ""


def numbers_of(spoken: TranscribedSounds, numbers: list[int]) -> Any:
    """The letters of these sounds, (n, length) of int64."""
    import torch

    return torch.tensor([spoken.numbers(number) for number in numbers])
