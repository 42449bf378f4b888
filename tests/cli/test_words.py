"""The command words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from app.cli.main import run
from app.training.checkpoints import load_run

Capture = pytest.CaptureFixture[str]


def test_it_answers_by_what_a_run_has_learned(tmp_path: Path, capsys: Capture) -> None:
    """Fails if the command looks at other weights than those of the run, by another formula, or words of the question
    are answers."""
    folder = str(tmp_path / "run")
    line = ["train", "skipgram", "--epochs", "1", "--set", "batch_size=4096", "--out", folder]
    assert run(line) == 0
    capsys.readouterr()
    assert run(["words", folder, "--analogy", "man", "woman", "king", "--count", "5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert run(["words", folder, "--nearest", "king", "--json", "--count", "100"]) == 0
    near = json.loads(capsys.readouterr().out)
    loaded = load_run(tmp_path / "run")
    words = [near["word"], *(each["word"] for each in near["nearest"])]
    assert len(words) == near["words"] == told["words"]
    schema = loaded.net.plan.sources[0]
    from app.insight.word_vectors import words_of

    places = {word: at for at, word in enumerate(words_of(schema, "word"))}
    table = loaded.model.word.weight.detach()[: len(places)].double()
    man, woman, king = (table[places[word]] for word in ("man", "woman", "king"))
    sought = woman - man + king
    scores = table @ sought / sought.norm()
    for word in ("man", "woman", "king"):
        scores[places[word]] = -torch.inf
    best = [list(places)[at] for at in scores.topk(5).indices.tolist()]
    assert [each["word"] for each in told["answers"]] == best
    assert [each["score"] for each in told["answers"]] == pytest.approx(scores.topk(5).values.tolist())
    cosines = torch.nn.functional.cosine_similarity(table, king[None])
    for each in near["nearest"]:
        assert each["cosine"] == pytest.approx(float(cosines[places[each["word"]]]))
    assert run(["words", folder, "--analogy", "man", "woman", "king"]) == 0
    assert f"man is to woman as king is to {best[0]}, by how far a word goes along" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        (["words", "word_vectors_svd"], 2, "either --nearest"),
        (["words", "word_vectors_svd", "--analogy", "a", "b"], 2, "requires 3 arguments. See netloom words --help"),
        (["words", "word_vectors_svd", "--nearest", "like", "--analogy", "a", "b", "c"], 2, "either --nearest"),
        (["words", "word_vectors_svd", "--nearest", "lik"], 1, "for example: like"),
        (["words", "word_vectors_svd", "--nearest", "xyz"], 1, "for example: I, like, deep, learning, NLP."),
        (["words", "word_vectors_svd", "--nearest", "like", "--by", "feeling"], 2, "--by must be"),
        (["words", "mlp_digits", "--nearest", "like"], 1, "No Embedding"),
        (["words", "nothing_of_that_name", "--nearest", "like"], 1, "no file"),
    ],
)
def test_what_cannot_be_answered_is_said(line: list[str], status: int, said: str, capsys: Capture) -> None:
    """Fails if a wrong line ends in a traceback, or in silence."""
    assert run(line) == status
    assert said in capsys.readouterr().err


def test_a_drawing_is_answered_by_its_counts(capsys: Capture) -> None:
    """Fails if counts need a training, or the number of words told is not what was asked for."""
    assert run(["words", "word_vectors_svd", "--nearest", "like", "--count", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "decomposition of the counts" in lines[0]


def test_a_text_of_ones_own_is_counted(capsys: Capture) -> None:
    """Fails if the text that is given on the command line is not the one whose words are counted, or its window is
    that of the drawing: cats and dogs stand in the same places."""
    text = "cats eat fish. dogs eat fish. birds drink water."
    line = ["words", "mlp_digits", "--nearest", "cats", "--text", text, "--window", "2", "--json", "--numbers", "3"]
    assert run(line) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["nearest"][0] == {"word": "dogs", "cosine": pytest.approx(1)}
    assert told["words"] == 8
    assert "window 2" in told["vectors"]
