"""Tasks of letters: sums, sorting, copying, brackets, dates in words."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from nodes.api import Choice, Field, Int, Schema, Script, source
from nodes.reading.made_up import listed_words, padded, printed
from nodes.reading.text_tasks import TASKS, text_tasks
from nodes.reading.texts import END, PADDING, START

if TYPE_CHECKING:
    from torch import Tensor


def describe(*, task: str, samples: int, size: int, seed: int) -> Schema:
    """Questions and answers as letters, made up by a seed: sums (37+5), letters to sort, to copy or to turn round,
    brackets that close or do not, dates in words (the third of may 1984). previous is the target one letter back,
    behind a start mark: what a decoder reads. The target ends with an end mark. 0 pads short lines."""
    return _described(task, samples, size, seed)


@lru_cache(maxsize=8)  # asked for at each edit of a drawing, and by each problem that data might solve
def _described(task: str, samples: int, size: int, seed: int) -> Schema:
    made, letters = _made(task, samples, size, seed)
    long = max(len(question) for question, _ in made), max(len(answer) for _, answer in made) + 1
    read, told = letters
    return Schema(
        {
            "source": Field((long[0],), "int", (PADDING, *read)),
            "previous": Field((long[1],), "int", (PADDING, START, *told)),
            "target": Field((long[1],), "int", (PADDING, END, *told)),
        },
        samples=len(made),
        noun=("task", "tasks"),
        settled={"unit": "characters"},
    )


def load(*, task: str, samples: int, size: int, seed: int) -> dict[str, Tensor]:
    """The numbers of the letters of questions (n, longest), and of answers one letter back and as they are
    (n, longest answer + 1)."""
    import torch

    made, (read, told) = _made(task, samples, size, seed)
    long = max(len(question) for question, _ in made), max(len(answer) for _, answer in made) + 1
    questions, answers = [list(question) for question, _ in made], [list(answer) for _, answer in made]
    return {
        "source": torch.tensor(padded(questions, [PADDING, *read], long[0], False)),
        "previous": torch.tensor(padded([[START, *row] for row in answers], [PADDING, START, *told], long[1], False)),
        "target": torch.tensor(padded([[*row, END] for row in answers], [PADDING, END, *told], long[1], False)),
    }


def script(*, task: str, samples: int, size: int, seed: int) -> Script:
    """The function that makes the tasks up, and their numbers."""
    made, (read, told) = _made(task, samples, size, seed)
    long = max(len(question) for question, _ in made), max(len(answer) for _, answer in made) + 1
    lines = printed(text_tasks, padded) + listed_words("read", read) + listed_words("told", told)
    lines += [
        f"made = text_tasks({task!r}, {samples}, {size}, {seed})",
        "questions = [list(question) for question, _ in made]",
        f"before = [[{START!r}, *answer] for _, answer in made]",
        f"answers = [[*answer, {END!r}] for _, answer in made]",
    ]
    return Script(
        tuple(lines),
        {
            "source": f"torch.tensor(padded(questions, [{PADDING!r}, *read], {long[0]}, False))",
            "previous": f"torch.tensor(padded(before, [{PADDING!r}, {START!r}, *told], {long[1]}, False))",
            "target": f"torch.tensor(padded(answers, [{PADDING!r}, {END!r}, *told], {long[1]}, False))",
        },
    )


@lru_cache(maxsize=4)
def _made(task: str, samples: int, size: int, seed: int) -> tuple[list[tuple[str, str]], tuple[list[str], list[str]]]:
    """The tasks, and the letters of questions and answers."""
    made = text_tasks(task, samples, size, seed)
    read = sorted({letter for question, _ in made for letter in question})
    told = sorted({letter for _, answer in made for letter in answer})
    return made, (read, told)


MADE_UP_TASKS = source(
    id="MadeUpTasks",
    name="Made-up tasks of letters",
    params=[
        Choice("task", TASKS[0], options=TASKS, card=True, help="What is asked."),
        Int("samples", 5000, low=2, high=500_000, card=True, help="How many tasks there are."),
        Int(
            "size", 3, low=1, high=40, card=True, help="How many digits, letters or brackets at most; dates have none."
        ),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same tasks."),
    ],
    describe=describe,
    load=load,
    script=script,
    fields=["source", "previous", "target"],
    examples=[{"task": task, "samples": 200, "size": size} for task, size in zip(TASKS, (2, 6, 1, 9, 8, 3))],
    words=[
        "arithmetic",
        "addition",
        "sort",
        "copy",
        "reverse",
        "brackets",
        "dates",
        "sequence to sequence",
        "translate",
        "toy",
        "data",
    ],
)
