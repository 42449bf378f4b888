"""Lines of a training program whose batches hold samples of like length, each padded to its own longest."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from app.core.compile.lines import INDENT
from app.data import buckets, printed_functions
from nodes.api import Script
from nodes.reading.buckets import in_buckets

LENGTHS = f"{INDENT}lengths = sum(longest for _, longest, _ in trims)"


def functions() -> list[printed_functions.PrintedFunction]:
    """What such a program calls, whole."""
    made = (in_buckets, buckets.alike, buckets.trimmed)
    return [printed_functions.printed(function, function.__name__) for function in made]


def trims(node: str, script: Script, read: Collection[str], more: bool) -> Iterator[str]:
    """How far the samples of a source are padded; of the fields those that are ``read``. ``more`` says that there are
    several sources, whose trims stand in one list."""
    if not script.lengths:
        return
    yield f"{INDENT}# Samples of like length share a bucket, and are padded to the longest of it alone."
    yield f"{INDENT}lengths = ["
    for each in script.lengths:
        named = [f'"{key}"' for name in each.fields if (key := f"{node}.{name}") in read]
        yield f"{INDENT * 2}([{', '.join(named)}], {each.steps}, {each.before}),"
    yield f"{INDENT}]"
    yield f"{INDENT}trims {'+=' if more else '='} in_buckets(lengths, {script.buckets})"
