"""Settings of sources that read texts word by word."""

from __future__ import annotations

from nodes.api.params import Int, Switch
from nodes.reading.texts import MOST_KNOWN

LOWER = Switch("lower", True, label="lower case", help="Whether capitals are read as small letters.")


def vocabulary_of(help: str, least: int) -> Int:
    """How many words are known at most."""
    return Int("vocabulary", "auto", low=least, high=MOST_KNOWN, words=("auto",), help=help)


def length_of(what: str, least: int, most: int, steps: str = "steps") -> Int:
    """How many steps ``what``, such as "each text has"."""
    help = f"How many {steps} {what}: longer ones are cut off, shorter ones padded with 0."
    return Int("length", "auto", low=least, high=most, words=("auto",), card=True, help=help)
