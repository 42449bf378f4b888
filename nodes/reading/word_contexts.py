"""Words and the words around them: sentences, windows, how often two words stand beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api.schema import Field, NoData
from nodes.reading.texts import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch

MOST_PAIRS = 5_000_000


def sentences_of(text: str, lower: bool) -> list[list[str]]:
    """The words of each sentence, with the sign that ends it."""
    return in_sentences(tokens_of(text.lower() if lower else text, "words"))


def in_sentences(words: Iterable[str]) -> list[list[str]]:
    """Words in a row as sentences, each with the sign that ends it, which is a word, too."""
    found: list[list[str]] = [[]]
    for word in words:
        if word in (".", "!", "?", "…") and not found[-1] and len(found) > 1:
            found[-2].append(word)  # "...": three signs at one end
            continue
        found[-1].append(word)
        if word in (".", "!", "?", "…"):
            found.append([])
    return [sentence for sentence in found if sentence]


def vocabulary_of(sentences: list[list[str]], least: int = 1) -> list[str]:
    """The different words that occur at least so often, in the order in which they come first."""
    counts: dict[str, int] = {}
    for sentence in sentences:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    return [word for word, count in counts.items() if count >= least]


def pairs_of(sentences: list[list[str]], number: dict[str, int], window: int) -> list[tuple[int, int]]:
    """The numbers of each word and of each that stands at most ``window`` places before or behind it in the same
    sentence. Words without a number are left out, but keep their place."""
    pairs = []
    for sentence in sentences:
        numbers = [number.get(word, -1) for word in sentence]
        for place, word in enumerate(numbers):
            near = numbers[max(0, place - window) : place] + numbers[place + 1 : place + window + 1]
            pairs += [(word, other) for other in near if word >= 0 and other >= 0]
    return pairs


def _count_of_pairs(sentences: list[list[str]], least: int, window: int) -> int:
    """How many pairs ``pairs_of`` would make, without making them."""
    known = set(vocabulary_of(sentences, least))
    count = 0
    for sentence in sentences:
        places = [place for place, word in enumerate(sentence) if word in known]
        start = 0
        for at, place in enumerate(places):
            while places[start] < place - window:
                start += 1
            count += 2 * (at - start)
    return count


def paired(sentences: list[list[str]], least: int, window: int) -> tuple[list[str], list[tuple[int, int]]]:
    """The words that occur ``least`` times or more and that another such one stands beside, as a word without a
    neighbour teaches nothing; and the pairs of their numbers."""
    words = vocabulary_of(sentences, least)
    pairs = pairs_of(sentences, {word: at for at, word in enumerate(words)}, window)
    met = sorted({word for pair in pairs for word in pair})
    place = {word: at for at, word in enumerate(met)}
    return [words[word] for word in met], [(place[word], place[other]) for word, other in pairs]


def checked_pairs(
    sentences: list[list[str]], least: int, window: int, negatives: int, fewer: str, longer: str
) -> tuple[list[str], list[tuple[int, int]]]:
    """The same, where it is something to learn from that can be held with ``negatives`` drawn words for each pair.
    ``fewer`` and ``longer`` say how there would be less or more text.

    Raises:
        NoData: if no two words stand beside each other, or there are too many pairs.
    """
    # Counted first: all the pairs of a large text do not fit into memory.
    count = _count_of_pairs(sentences, least, window) * (1 + negatives)
    if not count:
        raise NoData(
            f"No two words that occur {least} times or more stand beside each other. {longer}, or lower the number."
            if least > 1
            else f"No two words stand beside each other in a sentence. {longer}."
        )
    if count > MOST_PAIRS:
        raise NoData(
            f"These are {count:,} pairs, and {MOST_PAIRS:,} are as many as can be held here. "
            f"Choose a smaller window, fewer drawn words, or {fewer}."
        )
    return paired(sentences, least, window)


def pair_fields(words: list[str], pairs: int, negatives: int) -> dict[str, Field]:
    """What ``sampled`` gives: two words, and whether they were seen beside each other."""
    names = tuple(words)
    return {
        "word": Field((), "int", names),
        "context": Field((), "int", names),
        "label": Field((), "int", ("drawn", "seen"), (pairs * negatives, pairs)),
    }


def sampled(pairs: list[tuple[int, int]], words: int, negatives: int, seed: int) -> dict[str, torch.Tensor]:
    """Every pair with label 1, and behind them, for each, its first word with ``negatives`` that are drawn, with label
    0. A word is drawn as often as its count to the power of 0.75 (Mikolov et al. 2013)."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    seen = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2)
    often = torch.bincount(seen[:, 1], minlength=words).double() ** 0.75
    drawn = torch.multinomial(often, len(seen) * negatives, replacement=True, generator=generator)
    return {
        "word": torch.cat([seen[:, 0], seen[:, 0].repeat_interleave(negatives)]),
        "context": torch.cat([seen[:, 1], drawn]),
        "label": torch.cat([torch.ones(len(seen)), torch.zeros(len(drawn))]).long(),
    }


def counts_of(sentences: list[list[str]], window: int) -> tuple[list[str], list[list[int]]]:
    """The vocabulary, and for each of its words how often each word stands beside it: a symmetric table."""
    words = vocabulary_of(sentences)
    number = {word: at for at, word in enumerate(words)}
    table = [[0] * len(words) for _ in words]
    for word, other in pairs_of(sentences, number, window):
        table[word][other] += 1
    return words, table
