"""Real names, which come inside of packages."""

from __future__ import annotations

from nodes.api import Choice, Feed, Int, Schema, Script, Switch, source
from nodes.reading.buckets import BUCKETS
from nodes.reading.packaged_lists import FIRST_NAMES, ORIGIN, SURNAMES, looked_at
from nodes.reading.text_scripts import texts_script
from nodes.reading.text_sets import TextSettings, feed_of, schema_of


def _asked(length: int | str, padding: str, buckets: int, lower: bool) -> TextSettings:
    return TextSettings("characters", "auto", length, padding, lower, "every text", buckets=buckets)


def describe(*, which: str, length: int | str, padding: str, buckets: int, lower: bool, accents: bool) -> Schema:
    """Real names, letter by letter. First names, female or male (5,163), and 88,799 surnames are those of the census of
    the United States of 1990, from the package names (MIT licence). Names by origin are surnames of fourteen
    languages from the package Faker (MIT licence); those of several languages are left out. A name becomes a row of
    numbers, one for each letter; 0 pads short ones. pip install netloom[text] brings both packages."""
    return schema_of(*looked_at(which, accents, _asked(length, padding, buckets, lower)))


def load(*, which: str, length: int | str, padding: str, buckets: int, lower: bool, accents: bool) -> Feed:
    """The names as numbers.

    Raises:
        NoData: if the package is not installed.
    """
    return feed_of(*looked_at(which, accents, _asked(length, padding, buckets, lower)))


def script(*, which: str, length: int | str, padding: str, buckets: int, lower: bool, accents: bool) -> Script:
    """The same numbers, with the vocabulary as it stands."""
    return texts_script(*looked_at(which, accents, _asked(length, padding, buckets, lower)))


PACKAGED_NAMES = source(
    id="PackagedNames",
    name="Names",
    params=[
        Choice("which", ORIGIN, options=(ORIGIN, FIRST_NAMES, SURNAMES), card=True, help="Which names."),
        Int(
            "length",
            "auto",
            low=1,
            high=100,
            words=("auto",),
            card=True,
            help="How many letters each name has: longer ones are cut off, shorter ones padded with 0.",
        ),
        Choice(
            "padding",
            "before",
            options=("before", "behind"),
            help="Where a short name is padded. Before it, the last step of a recurrent layer is its last letter.",
        ),
        BUCKETS,
        Switch("lower", True, label="lower case", help="Whether capitals are read as small letters."),
        Switch("accents", False, help="Whether é stays é in names by origin, which gives many of them away."),
    ],
    fields=["text", "label"],
    describe=describe,
    load=load,
    script=script,
    packaged=True,
    words=["census", "origin", "language", "female", "male", "letters", "characters", "faker", "text", "data"],
)
