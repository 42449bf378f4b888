"""What a net answers to a question about a picture, and where it looks for the answer."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from app.core.compile.decision import decision_of
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanSource
from app.insight.attention import attention_weights
from app.insight.capture import arguments, array, undisturbed
from app.insight.hops import said
from app.insight.judgement_pictures import word
from app.insight.numbers import percent
from app.insight.part_predictions import parts_for
from app.insight.places import in_colour, lit, places_of
from app.insight.tiles import NoPicture, Tiles
from app.insight.unit_responses import answers_over, counted
from app.insight.view import Look, Samples
from app.insight.word_vectors import words_of
from app.training.questions import question_numbers
from nodes.api import NoData
from nodes.reading.texts import PADDING

SHOWN = 8  # answers, the likeliest ones
_NOT_ASKED = (
    "This view is about nets that read a picture and a question about it, and choose an answer. The template Questions "
    "about a picture is one."
)


@dataclass(frozen=True)
class QuestionFields:
    """Which fields are the picture and the question (``shapes.question``), the words of questions, and how many words
    one has at most. ``label`` is the field of the right answer, ``scores`` what the net gives, ``answers`` the words
    for them."""

    picture: str
    question: str
    words: tuple[str, ...]
    length: int
    label: str
    scores: str
    answers: tuple[str, ...]

    def numbers(self, text: str, before: bool) -> Tensor:
        """The numbers of the words of a question (1, length), filled up with 0 before or behind them.

        Raises:
            NoPicture: for words that the net has never seen, and for a question that is too long.
        """
        try:
            return question_numbers(text, self.words, self.length, before)[None]
        except NoData as reason:
            raise NoPicture(str(reason)) from None


def asked_of(net: CompiledNet) -> QuestionFields:
    """How this net is asked.

    Raises:
        NoPicture: if it is not asked about pictures.
    """
    plan = net.plan
    decision = decision_of(plan)
    pictures = [each for each in plan.inputs if each.shape.kind == "image" and each.shape.sizes[0] in (1, 3)]
    texts = [each for each in plan.inputs if each.shape.dtype == "int" and each.shape.rank == 1]
    if len(plan.inputs) != 2 or not pictures or not texts:
        raise NoPicture(_NOT_ASKED)
    if decision is None or decision.channels or decision.threshold is not None or decision.soft:
        raise NoPicture(_NOT_ASKED)
    (picture,), (text,) = pictures, texts
    words = next((_words(source, text.port) for source in plan.sources if source.node == text.node), ())
    if not words:
        raise NoPicture(f"Nobody knows which words the numbers of {text.node} stand for. Wire data with words to it.")
    return QuestionFields(
        f"{picture.node}.{picture.port}",
        f"{text.node}.{text.port}",
        words,
        text.shape.sizes[0],
        decision.label,
        plan.outputs[decision.output].key,
        parts_for(net).words,
    )


def _words(source: PlanSource, field: str) -> tuple[str, ...]:
    return tuple(words_of(source, field))


def asked_pictures(look: Look, question: str, part: str) -> tuple[Tiles, ...]:
    """The picture lit where each attention looks, and the answers with their probabilities. An empty ``question`` is
    that of the sample.

    Raises:
        NoPicture: as ``asked_of`` and ``QuestionFields.numbers``.
    """
    asked = asked_of(look.net)
    batch = {name: values[:1] for name, values in look.batch.items()}
    if question.strip():
        others = look.subject.samples.several().get(asked.question)
        rows = others if others is not None else batch[asked.question]
        before = bool((rows[:, 0] == 0).any()) and asked.words[0] == PADDING
        batch[asked.question] = asked.numbers(question, before)
    told = said(asked.words, batch[asked.question][0].tolist())
    given = arguments(look.net, look.model, batch)
    with undisturbed(look.model), torch.no_grad():
        scores = look.net.outputs(look.model(*given))[asked.scores][0]
    chances = array(scores.double().softmax(0), "The answer")
    best = np.argsort(-chances, kind="stable")[:SHOWN]
    here = replace(look, subject=replace(look.subject, samples=Samples(batch, (told,))), sample=0)
    title = f"{told}? {word(asked.answers, int(best[0]))}, {percent(float(chances[best[0]]))}"
    right = "" if question.strip() else _right(asked, batch, int(best[0]))
    bars = Tiles(
        chances[best][None, None].astype(np.float32),
        0.0,
        1.0,
        "viridis",
        f"The {len(best)} likeliest of {len(chances)} answers",
        tuple(word(asked.answers, int(each)) for each in best),
        layout="bars",
        note=_compared(look, asked, part),
        percent=True,
    )
    return _looks(here, asked, title, right), bars


def _right(asked: QuestionFields, batch: Mapping[str, Tensor], chosen: int) -> str:
    if asked.label not in batch:
        return ""
    truth = int(batch[asked.label][0])
    return "That is right. " if truth == chosen else f"Right would be: {word(asked.answers, truth)}. "


def _looks(look: Look, asked: QuestionFields, title: str, right: str) -> Tiles:
    """The picture, and lit once for each attention over places of it that has one question."""
    picture = in_colour(look.batch[asked.picture])[0]
    maps, labels = [picture], ["picture"]
    for step in look.net.plan.graph.running:
        if step.call is None or "ttention" not in f"{step.call.constructor} {step.call.forward[0]}":
            continue
        grid = places_of(look.net, step.name)
        for found in attention_weights(look, step.name) if grid is not None else ():
            shares = array(found.values.nan_to_num().mean(0), f"The attention of {step.name}")
            if grid is not None and shares.shape == (1, grid[0] * grid[1]):
                maps.append(lit(picture, shares[0].reshape(grid)))
                labels.append(f"{step.name}, {percent(float(shares.max()))} at most")
    how = (
        "The picture lit where each attention looks, brightest at the place with the largest share."
        if len(maps) > 1
        else "The net has no attention over places of the picture, so nobody knows where it looks."
    )
    return Tiles(np.stack(maps), 0.0, 1.0, "rgb", title, tuple(labels), columns=len(maps), note=f"{right}{how}")


@dataclass(frozen=True)
class FrequentAnswers:
    """The most frequent answers of a training part: ``usual`` of all, ``by_question`` to each question."""

    usual: int
    by_question: Mapping[tuple[int, ...], int]

    def right(self, questions: Sequence[Sequence[int]], truths: Sequence[int]) -> tuple[int, int]:
        """For how many of these the most frequent answer is right, of all and of the same question."""
        by = self.by_question
        known = sum(by.get(tuple(row), self.usual) == truth for row, truth in zip(questions, truths))
        return sum(truth == self.usual for truth in truths), known


_guesses: weakref.WeakKeyDictionary[CompiledNet, FrequentAnswers] = weakref.WeakKeyDictionary()


def guesses_of(net: CompiledNet, asked: QuestionFields) -> FrequentAnswers:
    """What somebody would answer who sees no picture, but has seen the answers of the training part; of equally
    frequent ones that with the lowest number.

    Raises:
        NoPicture: if there is no data.
    """
    if net not in _guesses:
        parts = parts_for(net)
        every: Counter[int] = Counter()
        each: dict[tuple[int, ...], Counter[int]] = {}
        node, _, field = asked.question.partition(".")
        owner, _, answer = asked.label.partition(".")
        index = parts.index("train")
        feed = parts.data.feeds[node]
        if owner == node and feed.length == parts.data.length:  # without reading the pictures
            values = feed.at(index, None, [field, answer])
            batches = [{asked.question: values[field], asked.label: values[answer]}]
        else:
            batches = [dict(batch) for _, batch in parts.read(index)]
        for batch in batches:
            for row, truth in zip(batch[asked.question].tolist(), batch[asked.label].tolist()):
                every[truth] += 1
                each.setdefault(tuple(row), Counter())[truth] += 1
        best = {row: min(counts, key=lambda at: (-counts[at], at)) for row, counts in each.items()}
        _guesses[net] = FrequentAnswers(min(every, key=lambda at: (-every[at], at)), best)
    return _guesses[net]


def _compared(look: Look, asked: QuestionFields, part: str) -> str:
    """How many answers of a part are right, beside those of somebody who guesses."""
    guesses = guesses_of(look.net, asked)
    count = right = usual = known = whole = 0
    for numbers, values, every in answers_over(look.subject, part):
        truths = values[asked.label].tolist()
        chosen = values[asked.scores].argmax(1).tolist()
        guessed = guesses.right(values[asked.question].tolist(), truths)
        right += sum(one == other for one, other in zip(chosen, truths))
        usual, known, count, whole = usual + guessed[0], known + guessed[1], count + len(numbers), every
    most = word(asked.answers, guesses.usual)
    return (
        f"Of {counted(count, whole, part)} the net answers {percent(right / count)} rightly; always saying {most}, the "
        f"most frequent answer of the training, is right for {percent(usual / count)}; the most frequent answer to the "
        f"same question, without the picture, for {percent(known / count)}."
    )
