"""Sentences that are made up, about people who differ in two ways: what they are, and whether he or she is it."""

from __future__ import annotations

from nodes.reading.word_contexts import sentences_of


def kingdom_sentences(count: int, seed: int) -> list[str]:
    """So many sentences such as ``the queen wore her crown .``, with blanks between all words; the same seed gives the
    same ones. Who is meant is said by words for what somebody is (crown, school) and by words for he or she."""
    import random

    people = [
        (("king", "queen"), ("wore", "lifted"), ("crown", "throne", "sceptre")),
        (("prince", "princess"), ("rode", "fed"), ("pony", "swan", "falcon")),
        (("man", "woman"), ("drove", "parked"), ("car", "truck", "bus")),
        (("boy", "girl"), ("threw", "caught"), ("ball", "kite", "toy")),
        (("father", "mother"), ("cooked", "served"), ("soup", "supper", "bread")),
        (("uncle", "aunt"), ("wrapped", "brought"), ("present", "cake", "card")),
        (("actor", "actress"), ("rehearsed", "played"), ("scene", "role", "drama")),
        (("waiter", "waitress"), ("carried", "cleared"), ("tray", "glass", "plate")),
    ]
    own = [("he", "his", "him", "himself"), ("she", "her", "her", "herself")]
    signs = [("beard", "moustache", "tie"), ("dress", "skirt", "necklace")]
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        who, verbs, things = draw.choice(people)
        which = draw.randrange(2)
        name, (subject, whose, _, self_), sign = who[which], own[which], draw.choice(signs[which])
        verb, thing = draw.choice(verbs), draw.choice(things)
        made.append(
            draw.choice(
                [
                    f"the {name} {verb} the {thing} .",
                    f"the {name} {verb} {whose} {thing} .",
                    f"{subject} is the {name} with the {thing} .",
                    f"the {name} saw {self_} and {subject} laughed .",
                    f"the {name} combed {whose} {sign} .",
                    f"{whose} {sign} suits the {name} .",
                ]
            )
        )
    return made


MADE_UP = "made-up sentences"


def read_sentences(corpus: str, text: str, count: int, seed: int, lower: bool = True) -> list[list[str]]:
    """The words of the sentences that are made up, or of those of a text."""
    if corpus == MADE_UP:
        return [line.split() for line in kingdom_sentences(count, seed)]
    return sentences_of(text, lower)
