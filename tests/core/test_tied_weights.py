"""An embedding whose table also gives the scores, and convolutions that see no later step."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from app.core.commands.sharing import ShareWeights, could_share
from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.core.inference import infer
from tests.support.drawings import chain, node


def tied(features: int = 8) -> Project:
    nodes = [
        node("text", "Input", shape=(6,), dtype="int", classes=11),
        node("embed", "Embedding", num_embeddings=11, embedding_dim=features),
        node("gru", "GRU", hidden_size=8),
        node("scores", "Unembedding", num_embeddings=11),
        node("out", "Output"),
    ]
    return Project("Tied", "", Graph.of(nodes, chain("text", "embed", "gru", "scores", "out")))


def test_one_table_reads_and_writes() -> None:
    """Fails if the scores are of another table, the table learns from one side alone, or counts twice."""
    project = tied()
    assert list(could_share(project.graph, "scores")) == ["embed"]
    shared = ShareWeights("", "scores", "embed").apply(project)
    assert not infer(shared).problems
    assert infer(project).main.nodes["scores"].parameters == 88
    assert infer(shared).main.nodes["scores"].parameters == 0
    model: Any = compile_net(shared).model(2)
    assert [name for name, _ in model.named_parameters() if name.endswith("embed.weight")] == ["embed.weight"]
    assert not hasattr(model, "scores")
    text = torch.randint(11, (3, 6), generator=torch.Generator().manual_seed(1))
    table = model.embed.weight
    answers, _ = model.gru(table[text])
    assert torch.allclose(model(text), torch.einsum("btf,wf->btw", answers, table))
    model(text).sum().backward()
    alone = nn.Embedding(11, 8)
    alone.load_state_dict({"weight": table.detach()})
    out, _ = model.gru(alone(text))
    (out @ alone.weight.T).sum().backward()
    assert alone.weight.grad is not None
    assert torch.allclose(table.grad, alone.weight.grad, atol=1e-5)


def test_tables_of_other_sizes_are_not_shared() -> None:
    """Fails if torch says it in the middle of a training, or an embedding may use the weights of its opposite."""
    problems = infer(ShareWeights("", "scores", "embed").apply(tied(features=5))).problems
    assert [each.node for each in problems] == ["scores"]
    assert "settings or input shapes differ" in problems[0].sentence
    assert list(could_share(tied().graph, "embed")) == []


@pytest.mark.parametrize("settings", [{}, {"kernel_size": 3, "dilation": 2}, {"kernel_size": 1}, {"groups": 2}])
def test_a_causal_convolution_sees_no_later_step(settings: dict[str, Any]) -> None:
    """Fails if it looks ahead, is a step late, or differs from the sum by its formula."""
    nodes = [node("x", "Input", shape=(9, 4)), node("conv", "CausalConv1d", out_channels=6, **settings)]
    net = compile_net(Project("Causal", "", Graph.of([*nodes, node("out", "Output")], chain("x", "conv", "out"))))
    model: Any = net.model(3)
    kernel, gap = settings.get("kernel_size", 2), settings.get("dilation", 1)
    x = torch.randn(2, 9, 4, generator=torch.Generator().manual_seed(0))
    wanted = torch.zeros(2, 9, 6) + model.conv.bias
    weight, groups = model.conv.weight, settings.get("groups", 1)
    for time in range(9):
        for tap in range(kernel):
            at = time - (kernel - 1 - tap) * gap
            if at < 0:
                continue
            for group in range(groups):
                ins, outs = 4 // groups, 6 // groups
                part = x[:, at, group * ins : (group + 1) * ins] @ weight[group * outs : (group + 1) * outs, :, tap].T
                wanted[:, time, group * outs : (group + 1) * outs] += part
    assert torch.allclose(model(x), wanted, atol=1e-6)
    later = x.clone()
    later[:, 5:] += 1
    assert torch.equal(model(later)[:, :5], model(x)[:, :5])
    assert not torch.allclose(model(later)[:, 5], model(x)[:, 5])
