"""Pairs of handwritten digits: two of one kind, or not?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nodes.api import Choice, Field, Int, Schema, Script, source
from nodes.reading.digit_pairs import digit_pairs
from nodes.reading.made_up import printed
from nodes.sources import digits

if TYPE_CHECKING:
    from torch import Tensor

KINDS = ("different", "same")
UNSEEN = {"none": [], "8 and 9": [8, 9], "7 to 9": [7, 8, 9], "5 to 9": [5, 6, 7, 8, 9]}


def describe(*, pairs: int, unseen: str, size: str, seed: int) -> Schema:
    """Two of the handwritten digits that come with scikit-learn (Alpaydin and Kaynak 1998), and whether both are the
    same digit, half of the time. Pairs for validation are of pictures that training does not see; those for the test
    are of digits of which it sees no picture at all. Values from 0 to 1."""
    images = digits.describe(size=size).fields["image"]
    counts = _counts(pairs, unseen)
    return Schema(
        {"first": images, "second": images, "same": Field((), "int", KINDS)},
        samples=sum(counts.values()),
        parts=counts,
        noun=("pair", "pairs"),
    )


def load(*, pairs: int, unseen: str, size: str, seed: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """All of them in memory, and the numbers of those of each part.

    Raises:
        NoData: if scikit-learn is not installed.
    """
    import torch

    known = digits.load(size=size)
    counts = _counts(pairs, unseen)
    drawn = digit_pairs(known["label"].numpy(), counts, UNSEEN[unseen], seed)
    first, second, same = (torch.from_numpy(each) for each in drawn)
    images = known["image"]
    numbers = torch.arange(len(same)).split(list(counts.values()))
    return {"first": images[first], "second": images[second], "same": same}, dict(zip(counts, numbers))


def script(*, pairs: int, unseen: str, size: str, seed: int) -> Script:
    """The same draws from the same pictures."""
    plain = digits.script(size=size)
    counts = _counts(pairs, unseen)
    lines = [
        *printed(digit_pairs),
        *plain.lines,
        f"counts = {counts}",
        f"first, second, same = digit_pairs(labels, counts, {UNSEEN[unseen]}, {seed})",
        "numbers = torch.arange(len(same)).split(list(counts.values()))",
    ]
    fields = {"first": "images[first]", "second": "images[second]", "same": "torch.from_numpy(same)"}
    return Script(tuple(lines), fields, plain.imports, package=plain.package, parts="dict(zip(counts, numbers))")


def _counts(pairs: int, unseen: str) -> dict[str, int]:
    held: dict[str, Any] = {"validation": max(pairs // 6, 2)}
    if UNSEEN[unseen]:
        held["test"] = held["validation"]
    return {"train": pairs, **held}


DIGIT_PAIRS = source(
    id="DigitPairs",
    name="Pairs of digits",
    params=[
        Int(
            "pairs",
            3000,
            low=20,
            high=100_000,
            card=True,
            help="How many pairs there are to learn from; validation and test have a sixth of it each.",
        ),
        Choice(
            "unseen",
            "8 and 9",
            options=tuple(UNSEEN),
            card=True,
            help="The digits that are in the test alone: whoever tells them apart has learned what makes digits alike, "
            "not the digits. With none there is no such test.",
        ),
        Choice("size", "8×8", options=("8×8", "16×16", "32×32"), help="As of the source Handwritten digits."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed draws the same pairs."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[
        {"pairs": 40, "unseen": "none", "size": "16×16", "seed": 3},
        {"pairs": 60, "unseen": "5 to 9"},
    ],
    needs=["sklearn"],
    words=["siamese", "verification", "similarity", "same or different", "faces", "signature", "data"],
)
