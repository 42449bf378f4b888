"""netloom sample: what a trained net writes, against plain torch; and what cannot write."""

from __future__ import annotations

import json
from dataclasses import replace
from math import exp
from pathlib import Path
from typing import Any

import pytest
import torch

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.data.source_looks import looked_at
from app.training.checkpoints import load_run
from app.training.events import Finished
from app.training.loop import train
from app.training.writing.translating import answers, translator_of
from app.training.writing.writer import writer_of
from tests.support.drawings import chain, node
from tests.training.nets import FAST, linear_net

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a small net that has read the Zen of Python."""
    nodes = [
        node("book", "PackagedText", which="Zen of Python", window=10, step=2),
        node("embed", "Embedding", num_embeddings=45, embedding_dim=8),
        node("lstm", "LSTM", hidden_size=12),
        node("fc", "Linear", out_features=45),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [*chain("book.text", "embed", "lstm", "fc", "loss.prediction"), Wire("book", "next", "loss", "target")]
    project = looked_at(Project("Zen", "", Graph.of(nodes, wires), recipe=Recipe(epochs=2, validation=0.2, lr=0.01)))
    folder = tmp_path_factory.mktemp("zen") / "run"
    assert [*train(compile_net(project), project.recipe, out=folder)]
    return folder


def written(capsys: Capture, *arguments: str) -> Any:
    assert run(["sample", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_likeliest_letters_are_those_of_plain_torch(trained: Path, capsys: Capture) -> None:
    """Fails if the command writes something else than the net of the run says, or tells other chances."""
    told = written(capsys, str(trained), "--prompt", "Now is", "--length", "30", "--temperature", "0")
    loaded = load_run(trained)
    writer = writer_of(loaded.net)
    numbers = writer.numbers("Now is")
    for each in told["written"]:
        with torch.no_grad():
            chances = loaded.model(torch.tensor([numbers]))[0, -1].softmax(0)
        numbers.append(int(chances.argmax()))
        assert each["text"] == writer.spelled[numbers[-1]]
        assert each["probability"] == pytest.approx(float(chances.max()), abs=1e-5)
        assert len(each["candidates"]) == 5
    assert told["text"] == writer.text(numbers)
    assert told["unit"] == "characters"


def test_text_goes_to_the_output_and_what_is_known_of_it_beside(trained: Path, capsys: Capture) -> None:
    """Fails if the prompt is lost, a text is another with the same seed, or notes stand in the text."""
    texts = []
    for seed in ("1", "1", "2"):
        assert run(["sample", str(trained), "--prompt", "The ", "--length", "40", "--seed", seed]) == 0
        captured = capsys.readouterr()
        texts.append(captured.out)
        assert "bits per character" in captured.err
        assert "a count of triples needs" in captured.err
    assert texts[0] == texts[1] != texts[2]
    assert texts[0].startswith("The ")
    assert len(texts[0]) == 4 + 40 + 1
    narrow = written(capsys, str(trained), "--length", "12", "--temperature", "0")["written"]
    wide = written(capsys, str(trained), "--length", "12", "--beam", "6")["written"]
    logs = [sum(torch.tensor(each["probability"]).log() for each in text) for text in (narrow, wide)]
    assert logs[1] >= logs[0] - 1e-5


def test_what_cannot_write_is_a_sentence(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if an unknown letter, a folder that is no run or a net of pictures ends in a traceback."""
    assert run(["sample", str(trained), "--prompt", "ß"]) == 1
    said = capsys.readouterr().err
    assert "never seen the letter 'ß'" in said
    assert "note" not in said  # which would name the letter a second time
    assert run(["sample", str(trained), "--beam", "3", "--temperature", "0.5"]) == 2
    assert "Leave out --temperature" in capsys.readouterr().err
    assert run(["sample", str(tmp_path / "nothing")]) == 1
    assert "does not exist" in capsys.readouterr().err
    assert run(["sample", str(trained), "--temperature", "-1"]) == 2
    capsys.readouterr()
    project = linear_net()
    assert [*train(compile_net(project), replace(FAST, epochs=1), out=tmp_path / "digits")]
    assert run(["sample", str(tmp_path / "digits")]) == 1
    assert "reads no text, so it cannot write" in capsys.readouterr().err


def test_a_net_that_translates_writes_what_it_reads_in_other_words(tmp_path: Path, capsys: Capture) -> None:
    """Fails if the prompt is not read, the beam is left out, or what the command cannot do is done in silence."""
    project = load("translate_dates")
    pairs = project.graph.nodes["pairs"]
    few = replace(pairs, params={**pairs.params, "samples": 1500})
    project = replace(project, graph=project.graph.with_nodes(few), recipe=replace(project.recipe, epochs=1))
    events = [*train(compile_net(project), project.recipe, out=tmp_path / "dates")]
    assert isinstance(events[-1], Finished), events[-1]
    place = str(tmp_path / "dates")
    loaded = load_run(tmp_path / "dates")
    translator = translator_of(loaded.net)
    asked = translator.numbers("may 3, 1984")[None]
    for beam in (1, 5):
        told = written(capsys, place, "--prompt", "May 3, 1984", "--beam", str(beam))
        (wanted,) = answers(translator, loaded.model, asked, beam)
        assert told["text"] == translator.said(wanted.tokens) == "".join(told["written"])
        assert told["probability"] == pytest.approx(exp(wanted.log_probability))
        assert told["ended"] == wanted.ended
    assert run(["sample", place, "--prompt", "may 3, 1984"]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{translator.said(answers(translator, loaded.model, asked)[0].tokens)}\n"
    assert "probability" in captured.err
    for given, said in (
        ((), "There is nothing to read"),
        (("--prompt", "may ß"), "never seen the letter 'ß'"),
        (("--prompt", "may", "--temperature", "0.5"), "draws none"),
    ):
        assert run(["sample", place, *given]) == 1
        assert said in capsys.readouterr().err


def test_a_word_of_the_prompt_that_is_not_known_is_named(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a net of words reads a word that it has never seen as unknown without a word about it."""
    project = load("rnn_8000")
    few = {"which": "Zen of Python", "vocabulary": 40}
    book = replace(project.graph.nodes["book"], params={**project.graph.nodes["book"].params, **few})
    sizes = {"one_hot": {"num_classes": 40}, "fc": {"out_features": 40}}
    nodes = [replace(each, params={**each.params, **sizes.get(name, {})}) for name, each in project.graph.nodes.items()]
    graph = Graph.of([book if each.name == "book" else each for each in nodes], project.graph.wires)
    project = looked_at(replace(project, graph=graph, recipe=replace(project.recipe, epochs=1)))
    assert isinstance([*train(compile_net(project), project.recipe, out=tmp_path / "run")][-1], Finished)
    assert run(["sample", str(tmp_path / "run"), "--prompt", "is xyzzy better", "--length", "3", "--beam", "2"]) == 0
    captured = capsys.readouterr()
    assert "note: Not known from the training: xyzzy." in captured.err
    assert captured.out.startswith("is xyzzy better")
    assert captured.out[len("is xyzzy better")] in " .,!"
