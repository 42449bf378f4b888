"""A set of sounds as a whole: found, arranged, looked into, and loaded."""

from __future__ import annotations

import math
import time
from collections import Counter
from typing import Any

from nodes.api import Int
from nodes.api.schema import Guess, NoData, Unreadable
from nodes.api.words import listed, per_cent
from nodes.reading.classes import LabelsAndParts, arranged
from nodes.reading.listing import Listing, listing, shown
from nodes.reading.picture_sets import chosen_path
from nodes.reading.probing import head_of, probed
from nodes.reading.sounds import ENDINGS, SoundHeader, SoundPreparation, head, prepare, why_not

NOUN = ("sound", "sounds")
_SECONDS = 0.8  # for looking into more of them
_USUAL_RATE = 16_000  # that is enough for speech; higher ones are made lower unless somebody asks
_LONGEST = 10_000  # milliseconds
# The setting of every source of sounds from files.
RATE = Int(
    "rate",
    "auto",
    low=100,
    high=384_000,
    words=("auto",),
    card=True,
    label="values a second",
    help="All sounds are resampled to this rate. auto keeps theirs, but at most 16,000, enough for speech.",
)
_RATES = (8_000, 16_000, 22_050, 44_100)


def gathered(path: str, **how: str) -> tuple[Listing, LabelsAndParts]:
    """The sounds at a path with their classes and parts.

    Raises:
        NoData: if there are none, or not as the settings say.
    """
    try:
        import soundfile  # noqa: F401
    except (ImportError, OSError):
        raise NoData(
            "Sounds are read by the package soundfile, which is not installed. Run: pip install soundfile"
        ) from None
    found = listing(chosen_path(path, NOUN[1]), ENDINGS, NOUN[0], lists=True)
    return found, arranged(found, NOUN, **how)  # type: ignore[arg-type]


def resolved(
    found: Listing, made: LabelsAndParts, rate: int | str, milliseconds: int | str, incomplete: str
) -> tuple[SoundPreparation, list[Guess]]:
    """How the sounds are made alike, with what was decided for it. The same files always give the same answer.

    Raises:
        NoData: if no sound can be read.
    """
    guesses: list[Guess] = []
    heads = probed(found, made, lambda number: _head(found, number), NOUN) if "auto" in (rate, milliseconds) else []
    if rate == "auto":
        rates = Counter(each.rate for each in heads)
        usual = max(rates, key=lambda each: (rates[each], each))
        rate = min(usual, _USUAL_RATE)
        if len(rates) > 1 or rate != usual:
            have = f"have {usual:,}" if len(rates) == 1 else f"have {min(rates):,} to {max(rates):,}"
            sizes = sorted({int(rate), usual, *_RATES})
            choices = tuple((f"{each:,} a second", each) for each in sizes)
            said = f"The sounds {have} values a second; all are made {rate:,}."
            guesses.append(Guess("rate", said, choices, rate))
    if milliseconds == "auto":
        lengths = sorted(each.seconds for each in heads)
        usual_length = lengths[math.ceil(0.9 * len(lengths)) - 1]
        if lengths[-1] <= 1.1 * usual_length:
            usual_length = lengths[-1]
        milliseconds = min(_LONGEST, max(10, 10 * math.ceil(round(usual_length * 100, 3))))
        if lengths[0] != lengths[-1] or lengths[-1] * 1000 > milliseconds:
            sizes_of = sorted({milliseconds, 1_000, 2_000, 5_000, 10_000})
            choices = tuple((f"{each / 1000:g} s", each) for each in sizes_of)
            last = f"{lengths[0]:.2g} to {lengths[-1]:.3g} s"
            said = f"The sounds last {last}; each is cut or padded to {milliseconds / 1000:g} s."
            guesses.append(Guess("milliseconds", said, choices, milliseconds))
    return SoundPreparation(int(rate), int(milliseconds), incomplete == "use what is there"), guesses


def _head(found: Listing, number: int) -> SoundHeader | str:
    return head_of(found, number, head, why_not)


def looked_into(
    found: Listing, made: LabelsAndParts, how: SoundPreparation, began: float
) -> tuple[list[str], list[Guess]]:
    """What is odd about the sounds, as far as looking at their begins for a moment shows. ``began`` is when the look
    began; all of it together stays well below two seconds."""
    now = time.perf_counter()
    until = max(min(now + _SECONDS, began + 1.4), now + 0.2)
    known = set(found.asked)
    seen, bad, cut, longer = 0, [], [], 0
    rest = (number for number in range(len(found)) if number not in known)
    for numbers in (found.asked, rest):
        for number in numbers:
            if made.part_of[number] <= -2:
                continue
            if time.perf_counter() > until:
                break
            seen += 1
            read = _head(found, number)
            if not isinstance(read, SoundHeader):
                bad.append(read.partition(". ")[0].rstrip("."))
            elif read.missing:
                cut.append(f"{shown(found.path(number))} lacks {per_cent(read.missing)}")
            elif read.seconds > 1.01 * how.count / how.rate:
                longer += 1
    remarks, guesses = [], []
    if bad:
        amount = "1 sound cannot" if len(bad) == 1 else f"{len(bad):,} sounds cannot"
        are = "is" if len(bad) == 1 else "are"
        remarks.append(f"{amount} be read and {are} left out: {listed(sorted(bad), '; ', most=4, letters=120)}")
    if cut:
        one = len(cut) == 1
        doing = "used as far as they are there" if how.incomplete else "left out"
        doing = doing.replace("they are", "it is") if one else doing
        said = f"{'1 sound is' if one else f'{len(cut):,} sounds are'} cut off and {doing}"
        remarks.append(f"{said}: {listed(sorted(cut), '; ', most=4, letters=120)}")
        choices = (("leave out", "leave out"), ("use what is there", "use what is there"))
        guesses.append(Guess("incomplete", f"{said}.", choices, choices[int(how.incomplete)][1]))
    if longer:
        amount = "1 sound is" if longer == 1 else f"{longer:,} sounds are"
        remarks.append(f"{amount} longer than {how.count / how.rate:g} s and cut there")
    if seen < made.samples:
        remarks.append(f"{seen:,} of {made.samples:,} sounds were opened to see whether they can be read")
    return remarks, guesses


def read_wave(found: Listing, number: int, how: SoundPreparation) -> Any:
    """A sound of a set: float32 (1, values).

    Raises:
        Unreadable: if it cannot be read.
    """
    name = shown(found.path(number))
    try:
        file = found.open(number)
    except (OSError, ValueError) as error:
        raise Unreadable(f"{name} {why_not(error)}") from error
    with file:
        return prepare(file, how, name)
