"""Texts of other lengths than those of the training, against plain torch."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.storage.templates import load
from app.data.source_looks import looked_at
from app.insight.samples import load_samples
from app.insight.view import Look, Subject
from app.insight.views import views
from app.insight.word_vectors import words_of
from app.training.any_length import reads_length
from app.training.net_inputs import NetInputs, reads_of
from app.training.prediction import answered
from app.training.typed_text import written_tokens
from tests.support.drawings import chain, node

WINDOW = 10


def net_of(*layers: tuple[str, dict[str, Any]], last: str = "fc") -> tuple[CompiledNet, torch.nn.Module, NetInputs]:
    """A net that reads windows of a text that comes with every Python, and tells the next letter."""
    nodes = [
        node("book", "PackagedText", which="Zen of Python", window=WINDOW, step=7),
        node("embed", "Embedding", num_embeddings=60, embedding_dim=6),
        *(node(f"layer{place}", type_, **params) for place, (type_, params) in enumerate(layers)),
        node("fc", "Linear", out_features=60),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [*chain("book.text", *(each.name for each in nodes[1:-1]), "loss.prediction")]
    wires.append(Wire("book", "next", "loss", "target"))
    net = compile_net(looked_at(Project("Any", "", Graph.of(nodes, wires))))
    return net, net.model(1).eval(), reads_of(net.plan)


@pytest.mark.parametrize("text", ["Now", "Although never is often better than right now"])
def test_a_line_of_any_length_is_read_as_it_stands(text: str) -> None:
    """Fails if a net of recurrent layers is given filling it was never trained on, or a part of a longer line."""
    net, model, reads = net_of(("LSTM", {"hidden_size": 8}))
    tokens, said = written_tokens(text, reads, partial(reads_length, net, model, reads))
    words = words_of(net.plan.sources[0], "text")
    assert [words[number] for number in tokens.tolist()] == list(text)
    assert ("All 45 are read" in said) == (len(text) > WINDOW)
    (told,) = answered(net, model, reads, [("it", {"text": tokens})])
    with torch.no_grad():
        chances = model(tokens[None])[0, -1].double().softmax(0)
    best = int(chances.argmax())
    assert told.classes[0][0] == words[best]
    assert told.classes[0][1] == pytest.approx(float(chances[best]))


@pytest.mark.parametrize(
    ("layers", "shorter", "longer"),
    [
        ([("GRU", {"hidden_size": 5})], True, True),
        ([("LearnedPositionalEncoding", {}), ("LSTM", {"hidden_size": 5})], False, False),
        ([("CausalConv1d", {"out_channels": 4, "kernel_size": 3}), ("Tanh", {})], True, True),
    ],
)
def test_which_nets_read_other_lengths(layers: list[tuple[str, dict[str, Any]]], shorter: bool, longer: bool) -> None:
    """Fails if a net is given a length that it refuses, or one that reads any length is held to that of its
    training."""
    net, model, reads = net_of(*layers)
    assert reads_length(net, model, reads, 4) == shorter
    assert reads_length(net, model, reads, WINDOW + 5) == longer
    assert reads_length(net, model, reads, WINDOW)


def test_a_longer_sentence_is_heard_to_its_end() -> None:
    """Fails if the last words of a sentence that is longer than those of the training are cut off, or a short one is
    not filled up as those of the training were."""
    project = load("sentiment_lstm")
    project = project.with_graph("", project.graph.with_nodes(replace(
        project.graph.nodes["reviews"], params={"sentences": 300},
    )))  # fmt: skip
    net = compile_net(project)
    model, reads = net.model(2).eval(), reads_of(net.plan)
    words = words_of(net.plan.sources[0], "text")
    length = reads.shape.sizes[0]
    long = " ".join(["the film was good and"] * 4 + ["bad"])
    look = Look(Subject(net, model, load_samples(net, project.recipe)), sample=0)
    table, _, course = views()["sentence"].pictures(look, {"sentence": long})
    codes = torch.tensor([[words.index(word) for word in long.split()]])
    assert codes.shape[1] > length
    assert list(table.labels[1:]) == long.split()
    with torch.no_grad():
        chances = model(codes)[0].softmax(0)
    assert f"{100 * float(chances.max()):.1f} %" in table.title
    assert course.maps.shape[2] == codes.shape[1]
    tokens, _ = written_tokens("good", reads, partial(reads_length, net, model, reads))
    assert tokens.tolist() == [0] * (length - 1) + [words.index("good")]
