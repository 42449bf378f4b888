"""Where a memory network looks, against the softmax by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.insight.hops import hops_of
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.insight.views import views


def test_the_shares_are_those_of_the_net() -> None:
    """Fails if hops are mixed up, the scale is missing, or the table is turned: the whole net is computed here by hand,
    and must give the same answer with these shares."""
    project = load("memory_network")
    node = project.graph.nodes["stories"]
    small = replace(node, params={**node.params, "stories": 60})
    net = compile_net(replace(project, graph=project.graph.with_nodes(small)))
    model = net.model(3)
    samples = load_samples(net, project.recipe)
    batch = samples.one(4)
    story, question = batch["stories.story"], batch["stories.question"]
    weights = {name: value.detach().double() for name, value in model.named_parameters()}
    with torch.no_grad():
        for table in [model.ask, *(getattr(model, f"words{number}") for number in range(4))]:
            assert table.weight.shape == (26, 32)
    memory = [
        weights[f"words{number}.weight"][story[0]].mean(1) + weights[f"memory{number}.weight"] for number in range(4)
    ]
    state = weights["ask.weight"][question[0]].mean(0)
    expected = []
    for hop in range(3):
        scores = torch.stack([(state * line).sum() for line in memory[hop]]) / 32**0.5
        share = scores.exp() / scores.exp().sum()
        expected.append(share.numpy())
        state = state + sum(part * line for part, line in zip(share, memory[hop + 1]))
    scores = weights["fc.weight"] @ state + weights["fc.bias"]
    with torch.no_grad():
        assert torch.allclose(model(story, question)[0].double(), scores, atol=1e-4)
    found = hops_of(net, model, batch)
    assert found.names == ("hop1", "hop2", "hop3")
    assert np.allclose(found.shares, np.stack(expected), atol=1e-5)
    (table,) = views()["hops"].pictures(Look(Subject(net, model, samples), sample=4), {})
    assert np.allclose(table.maps[0], found.shares.T)
    words = net.plan.sources[0]
    assert table.labels[-3:] == found.names
    needed = batch["stories.needed"][0].bool().tolist()
    assert [label.startswith("→ ") for label in table.labels[:8]] == needed
    chance = float(scores.softmax(0).max())
    assert f"{100 * chance:.1f} %" in table.title
    assert table.title.startswith("where ")
    assert words.node == "stories"


def test_a_net_without_hops_says_so() -> None:
    """Fails if a net that has no such attention ends in a traceback."""
    net = compile_net(load("mlp_digits"))
    with pytest.raises(NoPicture, match="Memory network"):
        views()["hops"].pictures(Look(Subject(net, net.model(0), Samples({}, ()))), {})
