"""What a net that reads text says of lines that somebody has written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.data.source_looks import looked_at
from app.training.checkpoints import load_run
from app.training.loop import train
from app.training.net_inputs import reads_of
from tests.support.drawings import chain, node
from tests.training.nets import FAST, linear_net

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a small net that has read made-up reviews, padded before them."""
    nodes = [
        node("reviews", "MadeUpReviews", sentences=120),
        node("embed", "Embedding", num_embeddings=200, embedding_dim=4),
        node("lstm", "LSTM", hidden_size=6, last_step_only=True),
        node("fc", "Linear", out_features=2),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [
        *chain("reviews.text", "embed", "lstm", "fc", "loss.prediction"),
        Wire("reviews", "label", "loss", "target"),
    ]
    project = looked_at(Project("Reviews", "", Graph.of(nodes, wires), recipe=Recipe(epochs=1, validation=0.2)))
    folder = tmp_path_factory.mktemp("reviews") / "run"
    assert [*train(compile_net(project), project.recipe, out=folder)]
    return folder


def test_each_line_of_a_file_and_a_text_are_answered(reviews: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if a net of texts that come from no file refuses them, pads a line at the wrong end, takes a capital for
    an unknown word, counts empty lines, or is silent about a word that it does not know."""
    loaded = load_run(reviews)
    schema = reads_of(loaded.net.plan).trained
    assert schema is not None
    words, length = schema.fields["text"].words, schema.fields["text"].sizes[0]
    known = [word for word in words if word.isalpha()][:4]
    path = tmp_path / "mine.txt"
    path.write_text(f"{' '.join(known[:3]).capitalize()}\n\nxyzzy {known[3]}\nxyzzy\n", encoding="utf-8")
    assert run(["predict", str(reviews), str(path), "--text", known[1], "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in told["predictions"]][1:] == [f"xyzzy {known[3]}", known[1]]
    assert "xyzzy" in told["predictions"][1]["note"]
    assert len(told["unreadable"]) == 1
    assert "xyzzy" in told["unreadable"][0]["sentence"]
    for tokens, said in zip((known[:3], known[3:], known[1:2]), told["predictions"], strict=True):
        numbers = torch.tensor([[0] * (length - len(tokens)) + [words.index(token) for token in tokens]])
        with torch.no_grad():
            loaded.model.eval()
            (scores,) = loaded.net.outputs(loaded.model(numbers)).values()
        chances = dict(zip(schema.fields["label"].words, scores[0].softmax(0).tolist()))
        assert {each["class"]: each["probability"] for each in said["classes"]} == pytest.approx(chances, abs=1e-6)


def test_a_note_says_what_it_is_about(reviews: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if somebody with many lines has to guess which one, or which file, a note is about."""
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text("the film was good\nthe xyzzy was good\n", encoding="utf-8")
    other.write_text("the film was plugh\n", encoding="utf-8")
    assert run(["predict", str(reviews), str(one)]) == 0
    assert capsys.readouterr().err == "note: the xyzzy was good: Not known from the training: xyzzy.\n"
    assert run(["predict", str(reviews), str(one), str(other)]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "note: one.txt, the xyzzy was good: Not known from the training: xyzzy.",
        "note: other.txt, the film was plugh: Not known from the training: plugh.",
    ]


def test_what_cannot_be_read_says_why(reviews: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if an empty file, a picture called .txt, nothing at all or a net of numbers ends in silence or a
    traceback."""
    empty, picture = tmp_path / "empty.txt", tmp_path / "picture.txt"
    empty.write_text("\n \n", encoding="utf-8")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    assert run(["predict", str(reviews), str(empty), str(picture)]) == 1
    said = capsys.readouterr().err
    assert "empty.txt is empty. Write a line for each text into it." in said
    assert "picture.txt is a picture, not plain text." in said
    assert run(["predict", str(reviews)]) == 2
    assert "--text" in capsys.readouterr().err
    folder = tmp_path / "numbers"
    assert [*train(compile_net(linear_net()), FAST, out=folder)]
    assert run(["predict", str(folder), "--text", "good"]) == 1
    assert "This net reads no text." in capsys.readouterr().err
