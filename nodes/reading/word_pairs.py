"""Pairs of near words of a long text, and words that are drawn, for as many as fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def plain_sentences(text: str) -> list[list[str]]:
    """The words of each sentence in small letters, without signs. The end of a line ends a sentence, too."""
    import re

    pieces = re.split(r"[.!?…\n]+", text.lower())
    found = [re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", piece) for piece in pieces]
    return [sentence for sentence in found if sentence]


def near_pairs(
    lines: list[list[str]], least: int, frequent: float, window: int, negatives: int, seed: int
) -> tuple[list[str], dict[str, torch.Tensor]]:
    """The words that occur at least so often, the frequent ones first; and their pairs, ``word``, ``context`` and
    ``label`` (n,): each word with those at most ``window`` places away in its line, label 1, and behind these for each
    its first word with ``negatives`` drawn by count to the power of 0.75, label 0.

    A word whose share of the text is f is left out with the chance 1 − √(frequent / f) (Mikolov et al. 2013), before
    places are counted; ``frequent`` 0 keeps all.
    """
    from collections import Counter

    import torch

    counts = Counter(word for line in lines for word in line)
    usual = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    words = [word for word, count in usual if count >= least]
    number = {word: at for at, word in enumerate(words)}
    codes = torch.tensor([number.get(word, -1) for line in lines for word in line])
    places = torch.tensor([at for at, line in enumerate(lines) for _ in line])
    generator = torch.Generator().manual_seed(seed)
    kept = codes >= 0
    if frequent > 0:
        share = torch.tensor([counts[word] for word in words]).double() / len(codes)
        chance = (frequent / share).sqrt().clamp(max=1)
        kept &= torch.rand(len(codes), generator=generator).double() < chance[codes.clamp(min=0)]
    codes, places = codes[kept], places[kept]
    first, second = [], []
    for distance in range(1, window + 1):
        near = places[:-distance] == places[distance:]
        one, other = codes[:-distance][near], codes[distance:][near]
        first += [one, other]
        second += [other, one]
    word, context = torch.cat(first), torch.cat(second)
    often = torch.bincount(context, minlength=len(words)).double() ** 0.75
    drawn = torch.multinomial(often, len(word) * negatives, replacement=True, generator=generator)
    return words, {
        "word": torch.cat([word, word.repeat_interleave(negatives)]),
        "context": torch.cat([context, drawn]),
        "label": torch.cat([torch.ones(len(word)), torch.zeros(len(drawn))]).long(),
    }
