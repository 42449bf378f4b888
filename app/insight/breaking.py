"""How narrow words can be written, if they may be broken into lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

MOST_LINES = 3  # of a word below a map
MOST_READ = 64  # so many maps are read one by one; of more, a word that does not fit in one line says nothing


def unbroken(text: str) -> str:
    """The same with a number and its unit held together (U+00A0 between them)."""
    for unit in ("%", "dB"):
        text = text.replace(f" {unit}", f"\u00a0{unit}")
    return text


def narrowest(words: Iterable[str], lines: int, width: Callable[[str], float]) -> float:
    """The least width in which each of these words takes no more than so many lines, broken at plain spaces; 0 of none.

    A space that does not break (U+00A0) stays, and so does that between a number and its unit.
    """
    return max((_narrowest(unbroken(word).split(" "), lines, width) for word in set(words)), default=0.0)


def _narrowest(parts: Sequence[str], lines: int, width: Callable[[str], float]) -> float:
    best = width(" ".join(parts))
    if lines == 1:
        return best
    for cut in range(1, len(parts)):
        first = width(" ".join(parts[:cut]))
        if first < best:
            best = min(best, max(first, _narrowest(parts[cut:], lines - 1, width)))
    return best
