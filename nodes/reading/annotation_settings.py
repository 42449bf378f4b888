"""The settings that all sources of pictures have about which other files say something."""

from __future__ import annotations

from nodes.api import Choice, Int, Text
from nodes.api.params import Param
from nodes.reading.annotated_pictures import SPLITS
from nodes.reading.picture_settings import BACKGROUND, colour, size
from nodes.reading.pictures import FITS

FIT = Choice(
    "fit",
    "squeeze",
    options=FITS,
    help="What happens to pictures of another shape: squeeze distorts, crop cuts off what is too much, pad adds a "
    "border of the background.",
)
SPLIT = Choice(
    "split",
    "auto",
    options=SPLITS,
    label="train, val, test",
    help="Whether folders and files with such names are parts of the data.",
)
PICTURE_SETTINGS: tuple[Param, ...] = (size("pictures", 2048), FIT, colour("pictures"), BACKGROUND, SPLIT)
WORDS = Text(
    "words",
    "auto",
    most=5_000_000,
    help="The words that are known, with blanks between them. auto takes those of what is learned.",
)
VOCABULARY = Int(
    "vocabulary",
    5_000,
    low=2,
    high=1_000_000,
    label="most words",
    help="How many words are known at most, the most frequent in what is learned; others are unknown.",
)
LONGEST = Int(
    "longest",
    "auto",
    low=1,
    high=1000,
    words=("auto",),
    label="words of each",
    help="How many words of a sentence are read at most; auto takes those of the longest one, but no more than 24.",
)
