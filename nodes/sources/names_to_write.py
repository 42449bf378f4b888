"""Real names by origin, letter by letter, with the letter that comes next: what a net that writes names learns from."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from nodes.api import Field, Int, Schema, Script, source
from nodes.reading.made_up import listed_words, padded, printed
from nodes.reading.packaged_lists import ORIGIN, ORIGINS, looked_at, origins
from nodes.reading.text_sets import TextSettings
from nodes.reading.texts import END, PADDING, START

if TYPE_CHECKING:
    from torch import Tensor


def describe(*, longest: int) -> Schema:
    """Surnames of fourteen languages from the package Faker (MIT licence), each with its origin. The text begins with a
    start mark; next is the same one letter on, with an end mark, and 0 behind short names, which counts nowhere. Longer
    names and those of several languages are left out. pip install netloom[text] brings the package."""
    names, labels, letters = _named(longest)
    counts = tuple(labels.count(number) for number in range(len(ORIGINS)))
    # Each side has its own numbers: the end mark is never read, the start mark never written.
    return Schema(
        {
            "text": Field((longest + 1,), "int", (PADDING, START, *letters)),
            "next": Field((longest + 1,), "int", (PADDING, END, *letters)),
            "origin": Field((), "int", tuple(ORIGINS), counts),
        },
        samples=len(names),
        noun=("name", "names"),
        settled={"unit": "characters"},
    )


def load(*, longest: int) -> dict[str, Tensor]:
    """The numbers of the letters (n, longest + 1), those one letter on (n, longest + 1), and the origins (n,)."""
    import torch

    names, labels, letters = _named(longest)
    rows = list(map(list, names))
    return {
        "text": torch.tensor(padded([[START, *row] for row in rows], [PADDING, START, *letters], longest + 1, False)),
        "next": torch.tensor(padded([[*row, END] for row in rows], [PADDING, END, *letters], longest + 1, False)),
        "origin": torch.tensor(labels),
    }


def script(*, longest: int) -> Script:
    """The names as Faker has them, and their letters."""
    texts, _ = looked_at(ORIGIN, False, TextSettings("characters"))
    assert texts.script is not None
    _, _, letters = _named(longest)
    lines = [*printed(padded), *texts.script.lines, *listed_words("letters", letters)]
    lines += [
        f"chosen = [place for place, name in enumerate(texts) if len(name) <= {longest}]",
        "rows = [list(texts[place].lower()) for place in chosen]",
        f"read, told = [{PADDING!r}, {START!r}, *letters], [{PADDING!r}, {END!r}, *letters]",
    ]
    long = longest + 1
    return Script(
        tuple(lines),
        {
            "text": f"torch.tensor(padded([[{START!r}, *row] for row in rows], read, {long}, False))",
            "next": f"torch.tensor(padded([[*row, {END!r}] for row in rows], told, {long}, False))",
            "origin": "torch.tensor([labels[place] for place in chosen])",
        },
        texts.script.imports,
        texts.script.package,
    )


def _named(longest: int) -> tuple[list[str], list[int], list[str]]:
    texts, _ = looked_at(ORIGIN, False, TextSettings("characters"))  # which says what is missing
    return _as_installed(longest, texts.stamp)


@lru_cache(maxsize=4)
def _as_installed(longest: int, mark: str) -> tuple[list[str], list[int], list[str]]:
    names, labels = origins(False)
    kept = [(name.lower(), label) for name, label in zip(names, labels) if len(name) <= longest]
    letters = sorted({letter for name, _ in kept for letter in name})
    return [name for name, _ in kept], [label for _, label in kept], letters


NAMES_TO_WRITE = source(
    id="NamesToWrite",
    name="Names to write",
    params=[Int("longest", 14, low=8, high=40, card=True, help="How many letters a name has at most.")],
    fields=["text", "next", "origin"],
    describe=describe,
    load=load,
    script=script,
    packaged=True,
    words=["names", "letters", "characters", "faker", "generate", "language model", "origin", "text", "data"],
)
