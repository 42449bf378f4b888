"""Small rules of English for sentences that are put together from parts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_VOWELS = "aeiou"
_SPELLED = "AEFHILMNORSX"  # letters whose names begin with a vowel: an LSTM, an RNN
_CONSONANT_SOUND = ("uni", "use", "one", "eu")


def article(text: str) -> str:
    """``a`` or ``an``, as it is spoken before ``text``: an 8×8 kernel, an 11×11 image, an LSTM, a 5×5 kernel."""
    number = re.match(r"[\d,]*\d", text)
    if number is not None:
        digits = number[0].replace(",", "")
        # Eight, eighty, eight hundred; eleven and eighteen, also of thousands and millions.
        eleven = digits[:2] in ("11", "18") and len(digits) % 3 == 2
        return "an" if digits[0] == "8" or eleven else "a"
    word = re.match(r"[A-Za-z]+", text)
    if word is None:
        return "a"
    if len(word[0]) <= 4 and word[0].isupper() and not any(letter in "AEIOU" for letter in word[0]):
        return "an" if word[0][0] in _SPELLED else "a"  # nobody can say it as a word, so it is spelled
    spoken = word[0].lower()
    return "an" if spoken[0] in _VOWELS and not spoken.startswith(_CONSONANT_SOUND) else "a"


def with_article(text: str) -> str:
    """``text`` with its article: ``an 8×8 image``."""
    return f"{article(text)} {text}"


def cut(text: str, most: int = 60) -> str:
    """``text`` with at most so many letters. Whatever a file brings goes through this, or through ``quoted``, before
    it stands in a sentence: it may be a stranger's, and a name of 10,000 letters hides what the sentence says."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def quoted(value: Any, most: int = 60) -> str:
    """A value of a file as it is written, with its quotes, cut."""
    try:
        return cut(repr(value[: most + 1] if isinstance(value, str) else value), most)
    except (ValueError, RecursionError):  # a number of thousands of digits has no decimal form
        return "a value too large to be written"


def listed(names: Iterable[str], between: str = ", ", most: int = 12, letters: int = 60) -> str:
    """Names side by side, of very many the first, each cut: ``a, b, c and 2,988 more``."""
    every = list(names)
    shown = every if len(every) <= most + 1 else every[:most]
    more = f" and {len(every) - most:,} more" if len(every) > most + 1 else ""
    return between.join(cut(name, letters) for name in shown) + more


def per_cent(share: float, decimals: int = 0) -> str:
    """A share of 1 as a sentence says it: ``98 %``, with so many decimals ``98.3 %``."""
    return f"{100 * share:.{decimals}f} %"


def figure(value: float, digits: int = 3) -> str:
    """A number as a sentence says it: ``0.123``, ``−4``, ``65,500``, and beyond a million ``8.01e9``."""
    text = f"{value:z.{digits}g}"
    if 1000 <= abs(float(text)) < 1e6:
        text = f"{float(text):,.0f}"
    return re.sub(r"e([+-])0*", lambda found: "e" + found[1].strip("+"), text).replace("-", "−")


def sentence_case(text: str) -> str:
    """``text`` as the begin of a sentence; a name with capitals of its own, such as mAP, stays as it is."""
    first = text.split(" ", 1)[0]
    return text if first[1:] != first[1:].lower() else text[:1].upper() + text[1:]
