"""Sentences with a tag for each word that are made up by a small grammar, with words that can be several things."""

from __future__ import annotations

TAGS = ("determiner", "adjective", "noun", "verb", "auxiliary", "pronoun", "preposition", "adverb", "sign")


def tagged_sentences(count: int, seed: int) -> tuple[list[list[str]], list[list[str]]]:
    """So many sentences as words, no two alike, and the tag of each word. Words such as light, cold or her are told
    apart by what comes behind them (the light box, the light fell; saw her, saw her dog), others by what stands before
    (they fish, the fish)."""
    import random

    draw = random.Random(seed)
    determiners = ["the", "a", "this", "every", "her"]
    nouns = ["dog", "teacher", "box", "river", "child", "baker", "fish", "play", "watch", "saw", "light", "cold"]
    nouns += ["cook", "plant", "dance", "kind", "book", "bear"]
    adjectives = ["old", "green", "small", "quiet", "light", "cold", "kind", "plain"]
    verbs = ["saw", "watched", "found", "heard", "carried", "followed"]
    stems = ["fish", "play", "watch", "see", "cook", "plant", "dance", "book", "bear", "light", "find"]
    ends = ["fell", "slept", "laughed", "waited", "left"]
    some = {"determiner": determiners, "adjective": adjectives, "noun": nouns}
    sentences: list[list[str]] = []
    tags: list[list[str]] = []
    known: set[str] = set()
    tries = 0  # in a row that gave a sentence which is there already
    while len(sentences) < count:
        made: list[tuple[str, str]] = []

        def take(tag: str, word: str, made: list[tuple[str, str]] = made) -> None:
            made.append((word, tag))

        def thing(made: list[tuple[str, str]] = made) -> None:
            kinds = draw.choice([["determiner", "noun"], ["determiner", "adjective", "noun"]])
            before = ""
            for kind in kinds:
                before = draw.choice([word for word in some[kind] if word != before])
                made.append((before, kind))

        def someone(made: list[tuple[str, str]] = made) -> None:
            if draw.random() < 0.3:
                made.append((draw.choice(["they", "we", "she", "he"]), "pronoun"))
            else:
                thing()

        def reached(made: list[tuple[str, str]] = made) -> None:
            if draw.random() < 0.35:
                made.append((draw.choice(["her", "him", "it", "this"]), "pronoun"))
            else:
                thing()

        someone()
        form = draw.randrange(4)
        if form == 0:
            take("verb", draw.choice(ends))
        elif form == 1:
            take("verb", draw.choice(verbs))
            reached()
        elif form == 2:
            take("auxiliary", draw.choice(["can", "will", "must"]))
            take("verb", draw.choice(stems))
            reached()
        else:
            take("adverb", draw.choice(["often", "never", "quickly"]))
            take("verb", draw.choice(verbs))
            thing()
            take("preposition", draw.choice(["near", "with", "behind"]))
            reached()
        take("sign", ".")
        text = " ".join(word for word, _ in made)
        tries += 1
        if text in known and tries < 30:
            continue
        known.add(text)
        tries = 0
        sentences.append(text.split())
        tags.append([tag for _, tag in made])
    return sentences, tags
