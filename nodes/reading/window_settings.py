"""Settings of sources that cut one long text into windows."""

from __future__ import annotations

from nodes.api.params import Int, Switch
from nodes.reading.texts import MOST_KNOWN

WINDOWS = (
    Int(
        "vocabulary",
        "auto",
        low=2,
        high=MOST_KNOWN,
        words=("auto",),
        help="How many different characters or words are kept at most; the rarer ones become <unk>.",
    ),
    Int("window", 64, low=1, high=100_000, card=True, help="How many steps a sample has."),
    Int(
        "step",
        0,
        low=0,
        high=100_000,
        zero="as window",
        help="How far apart the begins of two windows are. Smaller ones than the window make them overlap.",
    ),
    Switch("lower", False, label="lower case", help="Whether capitals are read as small letters."),
)
