"""Pictures with questions about them, and the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nodes.api import Field, NoData, Text
from nodes.reading.annotation_settings import LONGEST, VOCABULARY, WORDS
from nodes.reading.annotation_signs import questions_at
from nodes.reading.annotation_texts import PictureTexts, ToldSamples, answer_of, answers_in, questions_of, token_lines
from nodes.reading.picture_scripts import literal
from nodes.reading.texts import PADDING
from nodes.reading.told_sentences import ToldSentences
from nodes.reading.told_source import Printed, told_source

_MOST_ANSWERS = 1000


class Questions(ToldSentences):
    """Pictures of your own with questions about them and their answers: a table or JSON lines with image, question and
    answer, or the two files of VQA. A question is its words as numbers, with 0 before short ones; an answer is a class.
    What is asked about one picture stays in one part."""

    what = "pictures and questions about them"
    noun = ("question", "questions")
    first = 1

    def said(self, only: str) -> PictureTexts:
        return questions_of(self.found, only)

    def kept(self, told: ToldSamples) -> tuple[ToldSamples, Sequence[str]]:
        given = [answer_of(texts[1]) for texts in told.texts]
        self._classes = answers_in(given, told.parts, _MOST_ANSWERS, self.given["answers"])
        place = {word: at for at, word in enumerate(self._classes)}
        kept = [at for at, answer in enumerate(given) if answer in place]
        if not kept:
            raise NoData("None of the questions has an answer that is a class. Change the answers, or choose auto.")
        self._answers = [place[given[at]] for at in kept]
        left = len(given) - len(kept)
        return told.of(kept), [f"{left:,} questions with rare answers are left out"] if left else []

    def fields(self) -> Mapping[str, Field]:
        counts = [0] * len(self._classes)
        for answer in self._answers:
            counts[answer] += 1
        return {
            "question": Field((self.long,), "int", (PADDING, *self.known)),
            "answer": Field((), "int", tuple(self._classes), tuple(counts)),
        }

    def settled(self) -> Mapping[str, Any]:
        words, *others = super().settled().items()
        return dict([words, ("answers", " | ".join(self._classes)), *others])

    def columns(self) -> Mapping[str, Any]:
        import torch

        return {
            "question": torch.from_numpy(before(self.tokens, self.long)),
            "answer": torch.tensor(self._answers),
        }

    def printed(self) -> Printed:
        lines = [*token_lines("asked", self.tokens), *literal("answers", self._answers)]
        lines += literal("words", list(self._classes))
        fields = {"question": f"torch.from_numpy(before(asked, {self.long}))", "answer": "torch.tensor(answers)"}
        return Printed((before,), lines, fields)


def before(told: list[list[int]], length: int) -> Any:
    """Lists of numbers as int64 (n, length), with 0 before short ones."""
    import numpy

    made = numpy.zeros((len(told), length), numpy.int64)
    for at, words in enumerate(told):
        made[at, length - len(words) :] = words
    return made


PICTURES_WITH_QUESTIONS = told_source(
    Questions,
    id="PicturesWithQuestions",
    name="Pictures with questions",
    path="A folder with pictures and a table of questions, a zip file of it, or the table.",
    settings=[
        WORDS,
        Text(
            "answers",
            "auto",
            most=1_000_000,
            help="The answers that are classes, with | between them. auto takes the most frequent ones, 1,000 at most.",
        ),
        VOCABULARY,
        LONGEST,
    ],
    fields=["question", "answer"],
    recognise=questions_at,
    stem="pictures",
    words=["vqa", "question answering", "visual question", "answers", "jsonl", "own", "data", "images"],
)
