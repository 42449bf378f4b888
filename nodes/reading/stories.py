"""Stories that are made up: who went where, who took what, who gave it to whom; and questions about them."""

from __future__ import annotations

from typing import Any

FACTS = ("one", "two", "three")
PLACES = ("kitchen", "garden", "office", "bathroom", "hallway", "bedroom")


def stories(count: int, sentences: int, facts: list[str], seed: int) -> list[dict[str, Any]]:
    """So many stories: ``story`` (the words of each sentence), ``question`` (words), ``answer``, and ``needed``, the
    places of the sentences that answer it.

    One fact: where is mary? Two: where is the milk? The one who has it, or had it last, went somewhere. Three: where
    was the milk before the garden? Who took it, where it was before, and where it went.
    """
    import random

    draw = random.Random(seed)
    people, things = ["mary", "john", "sandra", "daniel"], ["milk", "apple", "ball"]
    places = ["kitchen", "garden", "office", "bathroom", "hallway", "bedroom"]
    made: list[dict[str, Any]] = []
    while len(made) < count:
        kind = facts[len(made) % len(facts)]
        story: list[list[str]] = []
        where: dict[str, str] = {}  # of each person
        came: dict[str, int] = {}  # the sentence that says so
        holds: dict[str, str] = {}  # who has each thing
        took: dict[str, list[int]] = {thing: [] for thing in things}
        # Where each has been, and which sentence says so.
        lies: dict[str, list[tuple[str, int]]] = {thing: [] for thing in things}
        last: dict[str, int] = {}  # the last sentence that says who has a thing, or that it was left
        while len(story) < sentences:
            at, person = len(story), draw.choice(people)
            act = draw.random()
            mine = [thing for thing in things if holds.get(thing) == person]
            free = [t for t in things if t not in holds and (not lies[t] or lies[t][-1][0] == where.get(person))]
            if person in where and free and act < 0.3:
                thing = draw.choice(free)
                holds[thing], last[thing] = person, at
                took[thing].append(at)
                if not lies[thing]:
                    lies[thing].append((where[person], came[person]))
                story.append([person, draw.choice(["took", "got"]), "the", thing])
            elif mine and act < 0.38:
                thing = draw.choice(mine)
                del holds[thing]
                last[thing] = at
                story.append([person, draw.choice(["dropped", "left"]), "the", thing])
            else:
                place = draw.choice([each for each in places if each != where.get(person)])
                where[person], came[person] = place, at
                for thing in mine:
                    lies[thing].append((place, at))
                story.append([person, draw.choice(["went", "moved"]), "to", "the", place])
        if kind == "one":
            person = draw.choice(sorted(where))
            one = {"question": ["where", "is", person], "answer": where[person], "needed": [came[person]]}
        elif kind == "two":
            known = [thing for thing in things if lies[thing]]
            if not known:
                continue
            thing = draw.choice(known)
            place, by = lies[thing][-1]
            one = {"question": ["where", "is", "the", thing], "answer": place, "needed": sorted({last[thing], by})}
        else:
            moved = [thing for thing in things if len(lies[thing]) > 1 and len(took[thing]) == 1]
            if not moved:
                continue
            thing = draw.choice(moved)
            steps = lies[thing]
            now = steps[-1][0]
            if [place for place, _ in steps].count(now) > 1:
                continue
            (before, first), (_, then) = steps[-2], steps[-1]
            one = {
                "question": ["where", "was", "the", thing, "before", "the", now],
                "answer": before,
                "needed": sorted({first, then, *took[thing]}),
            }
        made.append({"story": story, **one})
    return made
