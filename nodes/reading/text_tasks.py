"""Small tasks whose question and answer are lines of letters, made up by a seed."""

from __future__ import annotations

TASKS = ("addition", "sorting", "copying", "reversing", "brackets", "dates")


def text_tasks(task: str, count: int, size: int, seed: int) -> list[tuple[str, str]]:
    """So many questions with their answers. ``size`` is how many digits a number has at most, or how many letters or
    brackets a line.

    addition: ``37+5`` and ``42``. sorting: ``bcab`` and ``abbc``. copying: a line and the same. reversing: a line and
    it from behind. brackets: a line of brackets and ``yes`` where each is closed by its own kind, else ``no``, half of
    them each. dates: ``the third of may 1984`` and ``1984-05-03``.
    """
    import datetime
    import random

    draw = random.Random(seed)
    ordinals = (
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third "
        "twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first"
    ).split()
    months = ("january february march april may june july august september october november december").split()
    made: list[tuple[str, str]] = []
    known: set[str] = set()
    tries = 0  # in a row that gave a question which is there already; of short ones there are no others in the end
    while len(made) < count:
        if task == "addition":
            first, second = (draw.randrange(10 ** draw.randint(1, size)) for _ in range(2))
            line, answer = f"{first}+{second}", str(first + second)
        elif task in ("sorting", "copying", "reversing"):
            line = "".join(draw.choice("abcdefghij") for _ in range(draw.randint(1, size)))
            answers = {"sorting": "".join(sorted(line)), "copying": line, "reversing": line[::-1]}
            answer = answers[task]
        elif task == "brackets":
            line, opened = "", ""
            for left in range(2 * draw.randint(1, max(size // 2, 1)), 0, -1):
                if opened and (len(opened) == left or draw.random() < 0.5):
                    line, opened = line + {"(": ")", "[": "]", "{": "}"}[opened[-1]], opened[:-1]
                else:
                    opened += draw.choice("([{")
                    line += opened[-1]
            answer = "yes"
            if len(made) % 2:
                place = draw.randrange(len(line))
                other = draw.choice([sign for sign in "([{)]}" if sign != line[place]])
                line = line[:place] + other + line[place + 1 :]
                answer = "no"  # one sign is another: no line of one length is closed in two ways that differ so
        else:
            day = datetime.date(1900, 1, 1) + datetime.timedelta(draw.randrange(73_000))
            name, which = months[day.month - 1], ordinals[day.day - 1]
            ways = [
                f"the {which} of {name} {day.year}",
                f"{name} {day.day}, {day.year}",
                f"{day.day} {name} {day.year}",
                f"{name} the {which}, {day.year}",
            ]
            line, answer = draw.choice(ways), day.isoformat()
        tries += 1
        if line in known and tries < 30:
            continue
        known.add(line)
        tries = 0
        made.append((line, answer))
    return made
