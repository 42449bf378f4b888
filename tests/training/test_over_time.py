"""A net with a decoder that runs over time, trained: on made-up tasks, told the truth or running free."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.core.compile.net import compile_net
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.graph.recipe import Recipe
from app.training.checkpoints import load_run
from app.training.events import EpochDone, Finished
from app.training.loop import train
from tests.support.drawings import node

WORDS, UNITS = 12, 12  # two marks and ten letters


def copying(true_values: str = "always") -> Project:
    """Letters are read by one GRU and written by a cell that is wired to itself."""
    inside = [
        node("token", "In", over_time="step by step", comes_from="scores", true_values=true_values),
        node("h", "In", over_time="from the last step", comes_from="h_next", size=(UNITS,)),
        node("embed", "Embedding", num_embeddings=WORDS, embedding_dim=6),
        node("cell", "GRUCell", hidden_size=UNITS),
        node("fc", "Linear", out_features=WORDS),
        node("scores", "Out"),
        node("h_next", "Out"),
    ]
    inner = [
        Wire("token", "output", "embed", "x"),
        Wire("embed", "output", "cell", "x"),
        Wire("h", "output", "cell", "h_0"),
        Wire("cell", "h_1", "fc", "x"),
        Wire("fc", "output", "scores", "x"),
        Wire("cell", "h_1", "h_next", "x"),
    ]
    nodes = [
        node("pairs", "MadeUpTasks", task="copying", samples=260, size=4),
        node("embed", "Embedding", num_embeddings=11, embedding_dim=6),
        node("encoder", "GRU", hidden_size=UNITS, last_step_only=True),
        Node("decoder", "block:Decoder"),
        node("loss", "CrossEntropyLoss"),
    ]
    wires = [
        Wire("pairs", "source", "embed", "x"),
        Wire("embed", "output", "encoder", "x"),
        Wire("encoder", "output", "decoder", "h"),
        Wire("pairs", "previous", "decoder", "token"),
        Wire("decoder", "scores", "loss", "prediction"),
        Wire("pairs", "target", "loss", "target"),
    ]
    recipe = Recipe(epochs=4, batch_size=16, lr=0.01, validation=0.2)
    return Project("Copies", "", Graph.of(nodes, wires), {"Decoder": Block(Graph.of(inside, inner))}, recipe)


@pytest.mark.parametrize("true_values", ["always", "in training", "never"])
def test_it_learns_and_is_kept_with_its_run(true_values: str, tmp_path: Path) -> None:
    """Fails if a loop cannot be trained, traced or loaded again, or what is measured is not what the kept net says."""
    project = copying(true_values)
    net = compile_net(project)
    events = [*train(net, project.recipe, out=tmp_path / "run")]
    assert isinstance(events[-1], Finished)
    losses = [event.train_loss for event in events if isinstance(event, EpochDone)]
    assert losses[-1] < 0.8 * losses[0]
    run = load_run(tmp_path / "run")
    model: Any = run.model
    from app.training import batches

    data = batches.load(run.net.plan)
    _, validation, _ = batches.divide(run.net.plan, data, 0.2, project.recipe.seed, 0.0)
    fields = data.feeds["pairs"].at(validation, None, ["source", "previous", "target"])
    with torch.no_grad():
        h = model.encoder(model.embed(fields["source"]))[0][:, -1]
        token, scores = fields["previous"][:, 0], []
        for step in range(fields["previous"].shape[1]):
            if step:
                told = true_values == "always"
                token = fields["previous"][:, step] if told else scores[-1].argmax(1)
            h = model.decoder.cell(model.decoder.embed(token), h)
            scores.append(model.decoder.fc(h))
        wanted = torch.nn.functional.cross_entropy(torch.stack(scores, 2), fields["target"])
    last = [event for event in events if isinstance(event, EpochDone)][-1]
    assert last.val_loss == pytest.approx(float(wanted), abs=1e-5)


def test_a_continued_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    """Fails if a decoder in a loop is not continued to the weights of a training without a break."""
    project = copying("in training")
    whole, half = project.recipe, replace(project.recipe, epochs=2)
    net = compile_net(project)
    assert isinstance([*train(net, whole, out=tmp_path / "whole")][-1], Finished)
    assert isinstance([*train(net, half, out=tmp_path / "half")][-1], Finished)
    assert isinstance([*train(net, whole, resume=tmp_path / "half")][-1], Finished)
    one, other = (load_run(tmp_path / name).model.state_dict() for name in ("whole", "half"))
    assert all(torch.equal(one[name], other[name]) for name in one)
