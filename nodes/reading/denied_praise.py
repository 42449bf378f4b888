"""Reviews of one sentence that are made up: praise and blame, and both denied."""

from __future__ import annotations

from functools import cache

from nodes.reading.bundled import DATA_EXTRA, file_of

FORMS = ("plain", "denied", "order")
GOOD = (
    "good great clever moving funny brilliant charming gripping honest warm lively beautiful fresh witty thoughtful "
    "touching bright elegant original exciting"
).split()
BAD = (
    "bad awful stupid boring dull clumsy shallow lame false cold lifeless ugly stale silly careless empty dark crude "
    "weak tedious"
).split()
_ADJECTIVES = ("ful", "ous", "less", "ive", "able", "ible", "ic")
_SCORED = 1.5  # of at most 4: words that nobody takes for the other side
_MOST = 120  # of each side


def reviews(
    count: int, seed: int, good: list[str], bad: list[str], forms: list[str]
) -> tuple[list[list[str]], list[int]]:
    """So many sentences as words, half of them praise, no two alike, and for each 1 if it is praise, else 0. In the
    form "order" the same words are praise in one order and blame in the other."""
    import random

    draw = random.Random(seed)
    sentences: list[list[str]] = []
    labels: list[int] = []
    known: set[str] = set()
    tries = 0  # in a row that gave a sentence which is there already; with few words there are no others in the end
    while len(sentences) < count:
        number = len(sentences)
        praise = number % 2
        form = forms[(number // 2) % len(forms)]
        kind, other = (good, bad) if praise else (bad, good)
        thing = draw.choice(["film", "story", "music", "book", "play", "acting", "plot", "ending"])
        begin = draw.choice([f"the {thing} was", f"i found the {thing}", f"we thought the {thing} was"])
        one, two = draw.sample(kind, 2)
        no, neither = draw.sample(other, 2)
        if form == "plain":
            text = draw.choice([f"{begin} {one}", f"{begin} {one} and {two}", f"{begin} really {one}"])
        elif form == "denied":
            text = draw.choice(
                [
                    f"{begin} not {no}",
                    f"{begin} neither {no} nor {neither}",
                    f"{begin} not at all {no}",
                    f"{begin} never {no} or {neither}",
                ]
            )
        else:
            text = draw.choice(
                [
                    f"{begin} {one} , not {no}",
                    f"{begin} not {no} but {one}",
                    f"{begin} {one} and not {no}",
                    f"{begin} anything but {no} , it was {one}",
                ]
            )
        tries += 1
        if text in known and tries < 30:
            continue
        known.add(text)
        tries = 0
        sentences.append([*text.split(), "."])
        labels.append(praise)
    return sentences, labels


@cache
def scored_words() -> tuple[list[str], list[str]]:
    """Adjectives of the lexicon of vaderSentiment (Hutto and Gilbert 2014), those that people found good and bad.

    Raises:
        NoData: if the package is not installed.
    """
    file = file_of("vaderSentiment", "vader_lexicon.txt", "This lexicon comes", DATA_EXTRA)
    good: dict[str, float] = {}
    bad: dict[str, float] = {}
    for line in file.read_text("utf-8").splitlines():
        word, score, *_ = line.split("\t")
        if word.isalpha() and word.islower() and 4 <= len(word) <= 12 and word.endswith(_ADJECTIVES):
            if abs(float(score)) >= _SCORED:
                (good if float(score) > 0 else bad)[word] = abs(float(score))
    best = [sorted(sorted(side, key=lambda word: (-side[word], word))[:_MOST]) for side in (good, bad)]
    return best[0], best[1]
