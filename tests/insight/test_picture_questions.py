"""Answers to questions about a picture and where the net looks, next to plain torch and counts by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from app.insight.part_predictions import parts_for
from app.insight.picture_questions import asked_of, guesses_of
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from app.insight.view_runner import views
from nodes.sources.asked_shapes import WORDS, answers_to
from tests.insight.test_captions import small
from tests.insight.test_generative import looked

READ, ANSWERS = ("<pad>", *WORDS), answers_to(4)


@pytest.fixture(scope="module")
def look() -> Look:
    return looked(small("vqa", "shapes", pictures=40, side=16, questions=3))


def pictures(look: Look, **settings: object) -> tuple[Tiles, ...]:
    return views()["asked"].pictures(look, settings)


def by_hand(look: Look, image: torch.Tensor, question: list[int]) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The probabilities of the answers, and the shares of both looks, of plain layers."""
    m: dict[str, nn.Module] = dict(look.model.named_modules())
    x = image
    for number in (1, 2, 3):
        x = m[f"norm{number}"](m[f"conv{number}"](x)).relu()
        x = nn.functional.max_pool2d(x, 2) if number < 3 else x
    memory = x.flatten(2)[0].T + m["positions"].weight
    state = m["gru"](m["embed"](torch.tensor([question])))[1][0, 0]
    shares, asked, seen = [], state, state
    for name in ("look1", "look2"):
        layer = m[name]
        scores = torch.tanh(layer.memory(memory) + layer.query(asked)) @ layer.score.weight[0]
        shares.append(scores.exp() / scores.exp().sum())
        seen = shares[-1] @ memory
        asked = asked + seen if name == "look1" else asked
    weighed = memory * m["weigh"](state).sigmoid()
    map_ = m["count"](weighed).relu().sum(1)
    scores = m["fc2"](m["fc1"](torch.cat([asked, seen, map_])).relu())
    return scores.softmax(0), shares


def test_the_answer_and_the_looks_are_those_of_the_net(look: Look) -> None:
    """Fails if the answer belongs to another question or picture, or a look is turned or of another attention."""
    chosen = replace(look, sample=5)
    image, own = chosen.batch["shapes.image"], chosen.batch["shapes.question"][0].tolist()
    typed = [0, *(READ.index(word) for word in "how many circles are there".split())]
    for question, numbers in (("", own), ("How many circles are there?", typed)):
        with torch.no_grad():
            chances, shares = by_hand(chosen, image, numbers)
        places, bars = pictures(chosen, question=question)
        best = int(chances.argmax())
        said = " ".join(READ[number] for number in numbers if number)
        assert places.title == f"{said}? {ANSWERS[best]}, {100 * float(chances[best]):.1f} %"
        order = chances.argsort(descending=True)[:8]
        assert bars.labels == tuple(ANSWERS[at] for at in order.tolist())
        assert np.allclose(bars.maps[0, 0], chances[order].numpy(), atol=1e-5)
        dots = places.maps.shape[1] // 16
        plain = image[0].permute(1, 2, 0).numpy()
        for lit, share in zip(places.maps[1:], shares, strict=True):
            light = (share / share.max()).reshape(4, 4).repeat_interleave(4, 0).repeat_interleave(4, 1)[..., None]
            assert np.allclose(lit[::dots, ::dots], (0.25 + 0.75 * plain) * (0.15 + 0.85 * light.numpy()), atol=1e-5)
        assert ("ight" in places.note.split("lit")[0]) == (not question)  # of a typed one nobody knows what is right


def test_baselines_are_counted_in_the_training_part(look: Look) -> None:
    """Fails if a guess has seen the answers of the samples that it is judged by, or counts other ones."""
    parts = parts_for(look.net)
    every: Counter[int] = Counter()
    each: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for _, batch in parts.read(parts.index("train")):
        for row, answer in zip(batch["shapes.question"].tolist(), batch["shapes.answer"].tolist()):
            every[answer] += 1
            each[tuple(row)][answer] += 1
    guesses = guesses_of(look.net, asked_of(look.net))
    assert every[guesses.usual] == max(every.values())
    assert set(guesses.by_question) == set(each)
    for row, answer in guesses.by_question.items():
        assert each[row][answer] == max(each[row].values())
    usual = known = right = count = 0
    for _, batch in parts.read(parts.index("validation")):
        with torch.no_grad():
            chosen = look.model(batch["shapes.image"], batch["shapes.question"]).argmax(1).tolist()
        for row, answer, said in zip(batch["shapes.question"].tolist(), batch["shapes.answer"].tolist(), chosen):
            usual += answer == guesses.usual
            known += answer == guesses.by_question.get(tuple(row), guesses.usual)
            right += answer == said
            count += 1
    note = pictures(look)[1].note
    assert note.startswith(f"Of {count} validation samples the net answers {shown(right / count)} rightly;")
    assert f"always saying {ANSWERS[guesses.usual]}" in note
    assert f"is right for {shown(usual / count)}" in note
    assert note.endswith(f"without the picture, for {shown(known / count)}.")


def shown(share: float) -> str:
    return f"{100 * share:.1f} %"


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("how many dogs are there", "never seen the word 'dogs'"),
        ("how many circle there is are is there", "6 words at most, and the question has 8"),
        ("what color is the circle", "Did you mean colour"),
    ],
)
def test_a_question_that_cannot_be_read_is_told(look: Look, question: str, words: str) -> None:
    """Fails if an unknown word is passed over, or a long question cut off in silence."""
    with pytest.raises(NoPicture, match=words):
        pictures(look, question=question)


def test_a_net_that_nobody_can_ask_says_so() -> None:
    """Fails if a net that reads no picture, or no question, ends in a traceback."""
    for name in ("lenet_digits", "memory_network", "perceptron"):
        with pytest.raises(NoPicture, match="Questions about a picture"):
            pictures(looked(name))
