"""What a net with a CTC loss spells: greedily, and by a search whose probabilities torch confirms."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.writing.spelling import likeliest, searched, speller_of
from nodes.api import NoData


def scores_of(path: str, letters: str = "-abc", sure: float = 0.9) -> np.ndarray:
    """Log-probabilities that have this path as the likeliest one."""
    chances = np.full((len(path), len(letters)), (1 - sure) / (len(letters) - 1))
    for step, letter in enumerate(path):
        chances[step, letters.index(letter)] = sure
    return np.log(chances)


@pytest.mark.parametrize("path", ["--aa-ab-b", "cccc", "a-a", "----", "abab", "-c"])
def test_greedy_takes_out_repeats_and_blanks(path: str) -> None:
    """Fails if a letter that is there twice, with a blank between, counts once, or repeats count twice."""
    wanted = [letter for letter, _ in groupby(path) if letter != "-"]
    found = likeliest(scores_of(path), 0)
    assert ["-abc"[number] for number in found.letters] == wanted
    assert [path[step] for step in found.steps] == wanted


@pytest.mark.parametrize("blank", [0, 3])
def test_probabilities_of_a_search_that_keeps_all_are_those_of_torch(blank: int) -> None:
    """Fails if paths of one text are not added up, as with a double letter. torch's loss is the negative logarithm."""
    generator = torch.Generator().manual_seed(blank)
    scores = torch.randn(6, 4, generator=generator, dtype=torch.float64).log_softmax(1)
    found = searched(scores.numpy(), blank, 10_000)
    assert sum(each.probability for each in found) == pytest.approx(1, abs=1e-9)
    assert [each.probability for each in found] == sorted((each.probability for each in found), reverse=True)
    for each in [*found[:20], *(text for text in found if len(set(text.letters)) < len(text.letters))]:
        told = torch.nn.functional.ctc_loss(
            scores[:, None], torch.tensor([each.letters], dtype=torch.int64).reshape(1, -1), torch.tensor([6]),
            torch.tensor([len(each.letters)]), blank=blank, reduction="none",
        )  # fmt: skip
        assert each.probability == pytest.approx(float(torch.exp(-told[0])), rel=1e-9)


def test_a_search_finds_what_the_likeliest_path_misses() -> None:
    """Fails if the search is the greedy path: two steps of 0.4 a and 0.6 blank say a, in more ways than nothing."""
    scores = np.log(np.array([[0.6, 0.4], [0.6, 0.4]]))
    assert likeliest(scores, 0).letters == ()
    assert searched(scores, 0, 4)[0].letters == (1,)
    assert searched(scores, 0, 4)[0].probability == pytest.approx(1 - 0.36)


def test_the_words_of_the_template_and_of_a_net_that_does_not_spell() -> None:
    """Fails if letters are spelt by numbers or with blanks between them, or another net gets no sentence."""
    speller = speller_of(compile_net(load("speech_ctc")).plan)
    numbers = [speller.words.index(letter) for letter in "go on"]
    assert speller.said(numbers) == "go on"
    assert speller.shown(numbers[2]) == "_"
    assert speller.blank == 0
    with pytest.raises(NoData, match="CTC loss"):
        speller_of(compile_net(load("lenet_digits")).plan)
