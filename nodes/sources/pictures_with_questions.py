"""Pictures with questions about them, and the answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api import Feed, Field, File, NoData, Recognised, Schema, Script, Text, cut, source
from nodes.reading.listing import shown
from nodes.reading.picture_scripts import literal
from nodes.reading.picture_sets import resolved
from nodes.reading.texts import PADDING
from nodes.reading.told_pictures import (
    arrangement,
    image_column,
    imports_of,
    looked,
    only_of,
    part_indices,
    parts_line,
    schema_of,
    script_head,
    times_of,
    told_listing,
)
from nodes.reading.told_settings import LONGEST, PICTURE_SETTINGS, VOCABULARY
from nodes.reading.told_signs import questions_at
from nodes.reading.told_texts import (
    Shown,
    Told,
    answer_of,
    answers_in,
    in_order_of,
    known_in,
    longest_of,
    numbered_words,
    questions_of,
    token_lines,
    words_in,
)

if TYPE_CHECKING:
    from nodes.reading.listing import Listing

NOUN = ("picture", "pictures")
WHAT = "pictures and questions about them"
_MOST_ANSWERS = 1000


def describe(
    *,
    path: str,
    words: str,
    answers: str,
    vocabulary: int,
    longest: Any,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    split: str,
) -> Schema:
    """Pictures of your own with questions about them and their answers: a table or JSON lines with image, question and
    answer. A question is its words as numbers, with 0 before short ones; an answer is a class. What is asked about one
    picture stays in one part."""
    settings = {
        "path": path,
        "words": words,
        "answers": answers,
        "vocabulary": vocabulary,
        "longest": longest,
        "size": size,
        "fit": fit,
        "colour": colour,
        "background": background,
        "split": split,
    }

    def say(found: Listing, began: float) -> Schema:
        made = _Made(found, path, (words, answers, vocabulary, longest), size, fit, colour, background, split)
        counts = [0] * len(made.classes)
        for answer in made.answers:
            counts[answer] += 1
        fields = {
            "question": Field((made.long,), "int", (PADDING, *made.known)),
            "answer": Field((), "int", tuple(made.classes), tuple(counts)),
        }
        return schema_of(
            found,
            made.arranged,
            made.how,
            began,
            fields,
            made.guesses,
            made.remarks,
            {"words": " ".join(made.known), "answers": " | ".join(made.classes), "longest": made.long, "unit": "words"},
            samples=len(made.answers),
            parts={name: len(each) for name, each in part_indices(made.told.parts).items()},
            noun=("question", "questions"),
            groups="picture",
        )

    return looked(__name__, settings, WHAT, say)


class _Made:
    """Pictures, questions and answers as they are read with these settings."""

    def __init__(
        self,
        found: Listing,
        path: str,
        given: tuple[str, str, int, Any],
        size: Any,
        fit: str,
        colour: str,
        background: str,
        split: str,
    ) -> None:
        words, answers, vocabulary, longest = given
        said = questions_of(found, only_of(path))
        self.arranged = arrangement(found, said.parts, split, NOUN)
        self.how, self.guesses = resolved(
            found, self.arranged, size=size, colour=colour, fit=fit, background=background
        )
        told = in_order_of(found, self.arranged, said)
        given_answers = [answer_of(texts[1]) for texts in told.texts]
        self.classes = answers_in(given_answers, told.parts, _MOST_ANSWERS, answers)
        place = {word: at for at, word in enumerate(self.classes)}
        kept = [at for at, answer in enumerate(given_answers) if answer in place]
        if not kept:
            raise NoData("None of the questions has an answer that is a class. Change the answers, or choose auto.")
        self.told = Told(
            told.numbers,
            [told.pictures[at] for at in kept],
            [told.texts[at] for at in kept],
            [told.parts[at] for at in kept],
        )
        self.answers = [place[given_answers[at]] for at in kept]
        asked = [words_in(texts[0]) for texts in self.told.texts]
        self.long, cut_off = longest_of(asked, longest)
        asked = [each[: self.long] for each in asked]
        self.known, rare = known_in(asked, self.told.parts, vocabulary, words)
        numbers = {word: at for at, word in enumerate(self.known, start=1)}
        self.tokens = [numbered_words(each, numbers) for each in asked]
        left = len(given_answers) - len(kept)
        self.remarks = [
            f"they are about {times_of(len(told.numbers), 'picture', 'pictures')}",
            *([f"{left:,} questions with rare answers are left out"] if left else []),
            *([f"{cut_off:,} questions have more than {self.long} words and are cut off there"] if cut_off else []),
            *([f"{rare:,} rare words are read as unknown"] if rare else []),
        ]


def before(told: list[list[int]], length: int) -> Any:
    """Lists of numbers as int64 (n, length), with 0 before short ones."""
    import numpy

    made = numpy.zeros((len(told), length), numpy.int64)
    for at, words in enumerate(told):
        made[at, length - len(words) :] = words
    return made


def load(
    *,
    path: str,
    words: str,
    answers: str,
    vocabulary: int,
    longest: Any,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    split: str,
) -> Feed:
    """The pictures, read when they are asked for, and the words of the questions as numbers."""
    import torch

    found = told_listing(path, WHAT, most=False)
    made = _Made(found, path, (words, answers, vocabulary, longest), size, fit, colour, background, split)
    told = made.told
    return Feed(
        {
            "image": Shown(image_column(found, made.arranged, made.how), torch.tensor(told.pictures)),
            "question": torch.from_numpy(before(made.tokens, made.long)),
            "answer": torch.tensor(made.answers),
        },
        part_indices(told.parts),
        groups=torch.tensor(told.pictures),
        name_of=lambda at: f"{shown(found.path(told.numbers[told.pictures[at]]))}: {cut(told.texts[at][0], 60)}",
    )


def script(
    *,
    path: str,
    words: str,
    answers: str,
    vocabulary: int,
    longest: Any,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    split: str,
) -> Script:
    """The same pictures, read with Pillow, and what is asked about them."""
    found = told_listing(path, WHAT, most=False)
    made = _Made(found, path, (words, answers, vocabulary, longest), size, fit, colour, background, split)
    told = made.told
    lines = script_head(found, made.how, [found.path(number) for number in told.numbers], before)
    lines += [*literal("pictures", told.pictures), *token_lines("asked", made.tokens)]
    lines += [*literal("answers", made.answers), *literal("words", list(made.classes))]
    lines += [
        "pictures = torch.tensor(pictures)  # which picture each question is about",
        "unreadable = [at for at, picture in enumerate(pictures.tolist()) if picture in unreadable]",
        *literal("parts", told.parts),
        "given = torch.tensor(parts)",
    ]
    fields = {
        "image": "torch.from_numpy(pixels).to(torch.float32).div_(255)[pictures]",
        "question": f"torch.from_numpy(before(asked, {made.long}))",
        "answer": "torch.tensor(answers)",
    }
    return Script(
        tuple(lines),
        fields,
        imports_of(found),
        "pillow",
        parts_line(told.parts),
        groups="pictures",
        unreadable="unreadable",
    )


def recognise(path: Path) -> Recognised | None:
    """Pictures beside a table or JSON lines of questions and answers about them."""
    return questions_at(path)


PICTURES_WITH_QUESTIONS = source(
    id="PicturesWithQuestions",
    name="Pictures with questions",
    params=[
        File(
            "path", card=True, help="A folder with pictures and a table of questions, a zip file of it, or the table."
        ),
        Text(
            "words",
            "auto",
            most=5_000_000,
            help="The words that are known, with blanks between them. auto takes those of what is learned.",
        ),
        Text(
            "answers",
            "auto",
            most=1_000_000,
            help="The answers that are classes, with | between them. auto takes the most frequent ones, 1,000 at most.",
        ),
        VOCABULARY,
        LONGEST,
        *PICTURE_SETTINGS,
    ],
    fields=["image", "question", "answer"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["vqa", "question answering", "visual question", "answers", "jsonl", "own", "data", "images"],
)
