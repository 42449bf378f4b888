"""Pairs of texts that are made up by a rule, for nets that read one sequence and write another."""

from __future__ import annotations

from typing import Any

from nodes.api import Choice, Field, Int, Schema, source

_DIGITS = tuple("0123456789")
_LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
_MARKS = ("<pad>", "<unk>", "<start>", "<end>")
KINDS = ("dates in words", "sums", "sorting", "copying", "reversing")
DATE = 33  # letters of the longest date: "twenty-second of september 1977", and some more
# What stands on both sides, by the kind.
_SIDES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dates in words": ((" ", "-", *_DIGITS, *"abcdefghijlmnoprstuvwxy"), ("-", *_DIGITS)),
    "sums": (("+", *_DIGITS), _DIGITS),
    "sorting": (_LETTERS, _LETTERS),
    "copying": (_LETTERS, _LETTERS),
    "reversing": (_LETTERS, _LETTERS),
}


def describe(*, kind: str, pairs: int, length: int, seed: int) -> Schema:
    """Made-up pairs, letter by letter, in which the target follows from the source by a rule: a date in words and in
    numbers, a sum and its value, letters and the same letters sorted, copied or reversed. previous is the target one
    step back, behind a start mark: what a decoder reads while it learns to say the next one. The same seed gives the
    same pairs, and no two pairs are alike."""
    reads, writes = _SIDES[kind]
    longest = {"dates in words": (DATE, 10), "sums": (2 * length + 1, length + 1)}.get(kind, (length, length))
    target = Field((longest[1] + 1,), "int", (*_MARKS, *writes))
    return Schema(
        {"source": Field((longest[0],), "int", (*_MARKS[:2], *reads)), "previous": target, "target": target},
        samples=pairs,
        noun=("pair", "pairs"),
        settled={"source_unit": "characters", "target_unit": "characters"},
    )


def load(*, kind: str, pairs: int, length: int, seed: int) -> dict[str, Any]:
    """The pairs, drawn one after the other; those that were drawn before are left out while there are others."""
    import random

    import torch

    letters = "abcdefghijklmnopqrstuvwxyz"
    chance = random.Random(seed)
    months = "january february march april may june july august september october november december".split()
    ordinals = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth".split()
    ordinals += "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split()
    ordinals += [f"twenty-{word}" for word in ordinals[:9]] + ["thirtieth", "thirty-first"]
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    def drawn():
        if kind == "dates in words":
            month, year = chance.randrange(12), chance.randrange(1900, 2030)
            day = chance.randrange(days[month])
            forms = (
                f"{ordinals[day]} of {months[month]} {year}",
                f"{months[month]} {day + 1} {year}",
                f"{day + 1} {months[month][:3]} {year}",
            )
            return chance.choice(forms), f"{year}-{month + 1:02}-{day + 1:02}"
        if kind == "sums":
            one, other = (chance.randrange(10 ** chance.randint(1, length)) for _ in range(2))
            return f"{one}+{other}", str(one + other)
        word = "".join(chance.choice(letters) for _ in range(chance.randint(1, length)))
        return word, {"sorting": "".join(sorted(word)), "copying": word}.get(kind, word[::-1])

    made, seen, tries = [], set(), 0
    while len(made) < pairs:
        pair = drawn()
        tries += 1
        if pair in seen and tries < 20 * pairs:
            continue
        seen.add(pair)
        made.append(pair)
    reads, writes = (
        (" -0123456789abcdefghijlmnoprstuvwxy", "-0123456789") if kind == "dates in words" else (letters, letters)
    )
    if kind == "sums":
        reads, writes = "+0123456789", "0123456789"
    longest = {"dates in words": (33, 10), "sums": (2 * length + 1, length + 1)}.get(kind, (length, length))
    source = torch.zeros(pairs, longest[0], dtype=torch.int64)
    target = torch.zeros(pairs, longest[1] + 1, dtype=torch.int64)
    for row, (text, answer) in enumerate(made):
        read = [reads.index(letter) + 2 for letter in text]
        said = [*(writes.index(letter) + 4 for letter in answer), 3]
        source[row, longest[0] - len(read) :] = torch.tensor(read)
        target[row, : len(said)] = torch.tensor(said)
    previous = torch.full_like(target, 2)
    previous[:, 1:] = target[:, :-1]
    return {"source": source, "previous": previous, "target": target}


MADE_UP_PAIRS = source(
    id="MadeUpPairs",
    name="Made-up pairs",
    params=[
        Choice("kind", KINDS[0], options=KINDS, card=True, help="By which rule the target follows from the source."),
        Int("pairs", 5_000, low=4, high=1_000_000, card=True, help="How many there are."),
        Int("length", 8, low=1, high=18, help="How many letters, or digits of a number, there are at most."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same pairs."),
    ],
    describe=describe,
    load=load,
    examples=[
        {"kind": "sums", "pairs": 2_000, "length": 3},
        {"kind": "sorting", "pairs": 2_000, "seed": 4},
        {"kind": "copying", "pairs": 2_000, "length": 5},
        {"kind": "reversing", "pairs": 2_000},
    ],
    words=["sequence to sequence", "encoder", "decoder", "translation", "dates", "arithmetic", "sort", "copy", "toy"],
)
