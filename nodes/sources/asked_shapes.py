"""Pictures of shapes, each with a question and its answer."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nodes.api import Feed, Field, Float, Int, Schema, Script, source
from nodes.reading.drawn_shapes import COLOUR_LINES, COLOURS, FORMS, asked_scenes, drawn_scenes, drawn_shape
from nodes.reading.made_up import listed_words, padded, printed
from nodes.reading.texts import PADDING

if TYPE_CHECKING:
    from torch import Tensor

LONGEST = 6  # words of a question
_ASKING = ("what", "colour", "shape", "is", "the", "how", "many", "shapes", "are", "there", "where", "a")
_MANY = tuple(form + ("es" if form == "cross" else "s") for form in FORMS)
WORDS = tuple(sorted({*_ASKING, *_MANY, *FORMS, *COLOURS}))
NUMBERS = ("none", "one", "two", "three", "four", "five", "six")
PLACES = ("top left", "top right", "bottom left", "bottom right")


def answers_to(shapes: int) -> tuple[str, ...]:
    """What may be answered about pictures of so many shapes at most."""
    return (*COLOURS, *FORMS, *NUMBERS[: shapes + 1], *PLACES, "yes", "no")


def describe(*, pictures: int, questions: int, side: int, shapes: int, noise: float, seed: int) -> Schema:
    """Pictures of coloured shapes with a question each (what colour is the circle, how many red shapes are there, where
    is the cross) and its answer, made up with a seed. 0 stands before short questions."""
    return Schema(
        {
            "image": Field((3, side, side)),
            "question": Field((LONGEST,), "int", (PADDING, *WORDS)),
            "answer": Field((), "int", answers_to(shapes)),
        },
        samples=pictures * questions,
        noun=("question", "questions"),
        groups="picture",
        settled={"unit": "words"},
    )


class _Shown:
    """The picture of each question, held once however often it is asked about."""

    def __init__(self, pictures: Tensor, each: int) -> None:
        self._pictures, self._each = pictures, each

    def __len__(self) -> int:
        return len(self._pictures) * self._each

    def at(self, index: Tensor) -> Tensor:
        return self._pictures[index // self._each]


def load(*, pictures: int, questions: int, side: int, shapes: int, noise: float, seed: int) -> Feed:
    """The pictures (n, 3, side, side) from 0 to 1, the numbers of the words of the questions (n, 6), the answers. What
    is asked about one picture stays in one part."""
    import torch

    images, asked, answers = _made(pictures, questions, side, shapes, noise, seed)
    known = answers_to(shapes)
    fields = {
        "image": _Shown(torch.from_numpy(images), questions),
        "question": torch.tensor(padded(asked, [PADDING, *WORDS], LONGEST, True)),
        "answer": torch.tensor([known.index(answer) for answer in answers]),
    }
    return Feed(fields, groups=torch.arange(pictures).repeat_interleave(questions))


def script(*, pictures: int, questions: int, side: int, shapes: int, noise: float, seed: int) -> Script:
    """The same pictures, questions and answers."""
    lines = printed(drawn_shape, drawn_scenes, asked_scenes, padded)
    lines += listed_words("words", WORDS) + listed_words("known", answers_to(shapes))
    lines += [
        *COLOUR_LINES,
        f"made = asked_scenes({pictures}, {questions}, {shapes}, colours, {list(FORMS)}, {side}, {noise}, {seed})",
        "images, asked, answers = made",
    ]
    fields = {
        "image": f"torch.from_numpy(images).repeat_interleave({questions}, 0)",
        "question": f"torch.tensor(padded(asked, [{PADDING!r}, *words], {LONGEST}, True))",
        "answer": "torch.tensor([known.index(answer) for answer in answers])",
    }
    groups = f"torch.arange({pictures}).repeat_interleave({questions})"
    return Script(tuple(lines), fields, ("from typing import Any",), groups=groups)


@lru_cache(maxsize=2)
def _made(
    pictures: int, questions: int, side: int, shapes: int, noise: float, seed: int
) -> tuple[Any, list[list[str]], list[str]]:
    return asked_scenes(pictures, questions, shapes, COLOURS, list(FORMS), side, noise, seed)


ASKED_SHAPES = source(
    id="AskedShapes",
    name="Shapes with questions",
    params=[
        Int("pictures", 4000, low=20, high=100_000, card=True, help="How many pictures there are."),
        Int("questions", 5, low=1, high=20, card=True, help="How many questions there are about each."),
        Int("side", 32, low=16, high=128, card=True, help="Rows and columns of each."),
        Int("shapes", 4, low=2, high=6, card=True, help="How many shapes a picture has at most."),
        Float("noise", 0.03, low=0.0, high=1.0, step=0.01, help="Deviation of the noise on every dot."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same pictures."),
    ],
    fields=["image", "question", "answer"],
    describe=describe,
    load=load,
    script=script,
    examples=[{"pictures": 40, "questions": 1, "side": 20, "shapes": 2, "seed": 3}, {"pictures": 30, "shapes": 6}],
    words=["vqa", "question answering", "visual question", "attention", "counting", "clevr", "toy", "data"],
)
