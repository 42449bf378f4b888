"""Words that a made-up voice says letter by letter, and their letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Field, Int, NoData, Schema, Script, Text, source
from nodes.reading.letter_sounds import LETTER_SOUNDS, LONGEST, RATE, spoken_words
from nodes.reading.made_up import listed_words, printed
from nodes.reading.texts import PADDING

if TYPE_CHECKING:
    from torch import Tensor

WORDS = "zero one two three four five six seven eight nine yes no up down left right stop go on off"


def describe(*, words: str, most: int, samples: int, seed: int) -> Schema:
    """Words that nobody has spoken: a seed makes up speakers, and each letter has a sound of its own, a vowel like
    those of a voice, a consonant often a noise. text is its letters as numbers; 0 pads it and is the blank of a CTC
    loss. Real speech with its texts is read by Sounds and texts."""
    said = _words(words)
    return Schema(
        {
            "wave": Field((1, _values(said, most))),
            "text": Field((_letters(said, most),), "int", _known(said, most)),
        },
        samples=samples,
        noun=("recording", "recordings"),
        settled={"rate": RATE},
    )


def load(*, words: str, most: int, samples: int, seed: int) -> dict[str, Tensor]:
    """Waves (n, 1, values) from -1 to 1, 8,000 values a second, with nothing but noise behind their end; letters
    (n, longest text)."""
    import torch

    said = _words(words)
    texts, waves = spoken_words(said, samples, most, seed, _values(said, most), LETTER_SOUNDS)
    number = {letter: at for at, letter in enumerate(_known(said, most))}
    letters = torch.zeros(samples, _letters(said, most), dtype=torch.int64)
    for row, text in enumerate(texts):
        letters[row, : len(text)] = torch.tensor([number[letter] for letter in text])
    return {"wave": torch.from_numpy(waves).unsqueeze(1), "text": letters}


def script(*, words: str, most: int, samples: int, seed: int) -> Script:
    """The function that speaks, and the sounds of the letters."""
    said = _words(words)
    lines = printed(spoken_words) + listed_words("words", said) + listed_words("letters", _known(said, most))
    lines += ["sounds = {  # formants in Hz, the middle of the noise in Hz, and how much of it is noise"]
    lines += [f"    {letter!r}: {LETTER_SOUNDS[letter]}," for letter in _known(said, 1)[1:]]
    lines += [
        "}",
        f"texts, waves = spoken_words(words, {samples}, {most}, {seed}, {_values(said, most)}, sounds)",
        f"spelt = torch.zeros({samples}, {_letters(said, most)}, dtype=torch.int64)",
        "for row, text in enumerate(texts):",
        "    spelt[row, : len(text)] = torch.tensor([letters.index(letter) for letter in text])",
    ]
    return Script(tuple(lines), {"wave": "torch.from_numpy(waves).unsqueeze(1)", "text": "spelt"})


def _words(words: str) -> list[str]:
    """The different words, in their order.

    Raises:
        NoData: if there are none, or they hold what is no letter.
    """
    found = list(dict.fromkeys(words.lower().split()))
    strange = sorted({letter for word in found for letter in word if letter not in LETTER_SOUNDS})
    if strange:
        raise NoData(f"The made-up voice knows the letters a to z alone, not {strange[0]}. Leave it out of the words.")
    if not found:
        raise NoData("There are no words to say. Write some, with blanks between them.")
    return found


def _letters(said: list[str], most: int) -> int:
    """How many letters the longest text can have."""
    return most * max(map(len, said)) + most - 1


def _values(said: list[str], most: int) -> int:
    """How many values the longest recording can have."""
    return 400 + int(RATE * LONGEST) * _letters(said, most)


def _known(said: list[str], most: int) -> tuple[str, ...]:
    blank = [" "] if most > 1 else []
    return (PADDING, *blank, *sorted({letter for word in said for letter in word}))


MADE_UP_SPEECH = source(
    id="MadeUpSpeech",
    name="Made-up speech",
    params=[
        Text("words", WORDS, card=True, help="What can be said: words of the letters a to z, with blanks between."),
        Int("most", 2, low=1, high=20, label="words at most", help="How many are said one after the other."),
        Int("samples", 1200, low=2, high=100_000, card=True, help="How many recordings there are."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same recordings."),
    ],
    fields=["wave", "text"],
    describe=describe,
    load=load,
    script=script,
    examples=[{"samples": 20, "most": 2}, {"words": "up down", "samples": 12, "most": 1}],
    words=["audio", "sound", "voice", "digits", "recognition", "transcription", "ctc", "toy", "data"],
)
