"""Words that people have judged, which come inside of a package."""

from __future__ import annotations

from nodes.api import Choice, Feed, Int, Schema, Script, source
from nodes.reading.packaged_lists import SCORE, looked_at
from nodes.reading.text_scripts import texts_script
from nodes.reading.text_sets import TextSettings, feed_of, schema_of


def _asked(length: int | str, padding: str) -> TextSettings:
    return TextSettings("characters", "auto", length, padding, True, "every text")


def describe(*, length: int | str, padding: str) -> Schema:
    """7,520 words and signs such as :-), letter by letter, each with a score from −4, very bad, to 4, very good: the
    mean of what ten people said (Hutto and Gilbert 2014). They come with the package vaderSentiment (MIT licence),
    which pip install netloom[text] brings."""
    return schema_of(*looked_at(SCORE, True, _asked(length, padding)))


def load(*, length: int | str, padding: str) -> Feed:
    """The words as numbers, and their scores.

    Raises:
        NoData: if the package is not installed.
    """
    return feed_of(*looked_at(SCORE, True, _asked(length, padding)))


def script(*, length: int | str, padding: str) -> Script:
    """The same numbers."""
    return texts_script(*looked_at(SCORE, True, _asked(length, padding)))


PACKAGED_SCORES = source(
    id="PackagedScores",
    name="Word scores",
    params=[
        Int(
            "length",
            "auto",
            low=1,
            high=100,
            words=("auto",),
            card=True,
            help="How many letters each word has: longer ones are cut off, shorter ones padded with 0.",
        ),
        Choice(
            "padding",
            "before",
            options=("before", "behind"),
            help="Where a short word is padded. Before it, the last step of a recurrent layer is its last letter.",
        ),
    ],
    fields=["text", "label"],
    describe=describe,
    load=load,
    script=script,
    packaged=True,
    words=["sentiment", "vader", "praise", "polarity", "text", "data"],
)
