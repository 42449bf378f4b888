"""Attention: what may look at what, and that trained and finished networks say the same."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from tests.nodes.nets import net_of

SMALL = {"nhead": 2, "dim_feedforward": 16, "dropout": 0.0}
CAUSAL: dict[str, tuple[tuple[str, dict[str, Any]], tuple[str, ...]]] = {
    "bare": (("ScaledDotProductAttention", {"causal": True}), ("query", "key", "value")),
    "heads": (("MultiheadAttention", {"num_heads": 2, "causal": True}), ("query",)),
    "encoder": (("TransformerEncoderLayer", {**SMALL, "causal": True}), ("x",)),
    "encoder, norm first": (("TransformerEncoderLayer", {**SMALL, "causal": True, "norm_first": True}), ("x",)),
    "decoder": (("TransformerDecoderLayer", SMALL), ("x",)),
}


@pytest.mark.parametrize("name", CAUSAL)
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("training", [True, False], ids=["training", "finished"])
def test_a_causal_layer_does_not_see_what_comes_later(name: str, causal: bool, training: bool) -> None:
    """Fails if a step that is to be predicted can be looked up, or the option hides what it should not."""
    (kind, settings), ports = CAUSAL[name]
    ways = [f"x it.{port}" for port in ports]
    nodes: dict[str, Any] = {"x": "(7, 8)", "it": (kind, {**settings, "causal": causal}), "out": "Output"}
    if kind == "TransformerDecoderLayer":
        nodes["memory"] = "(5, 8)"
        ways.append("memory it.memory")
    net = net_of(nodes, *ways, "it out")
    model = net.model(seed=0).train(training)
    x = torch.randn(3, 7, 8)
    changed = x.clone()
    changed[:, 4:] = torch.randn(3, 3, 8)
    more = [torch.randn(3, 5, 8)] if "memory" in nodes else []
    with torch.set_grad_enabled(training):
        first, second = model(x, *more), model(changed, *more)
    assert torch.allclose(first[:, :4], second[:, :4], atol=1e-6) == causal
    assert not torch.allclose(first[:, 4:], second[:, 4:], atol=1e-3)


@pytest.mark.parametrize("name", ["encoder", "encoder, norm first", "decoder", "heads"])
@pytest.mark.parametrize("causal", [True, False])
def test_a_finished_network_says_what_it_said_in_training(name: str, causal: bool) -> None:
    """Fails if torch's faster way of a finished network computes something else with our masks."""
    (kind, settings), ports = CAUSAL[name]
    nodes: dict[str, Any] = {"x": "(7, 8)", "it": (kind, {**settings, "causal": causal}), "out": "Output"}
    ways = [f"x it.{port}" for port in ports] + (["x it.memory"] if name == "decoder" else [])
    model = net_of(nodes, *ways, "it out").model(seed=0)
    x = torch.randn(3, 7, 8)
    slow = model.train()(x).detach()
    with torch.no_grad():
        torch.testing.assert_close(model.eval()(x), slow, rtol=1e-4, atol=1e-5)


def test_scaled_dot_products_by_hand() -> None:
    """Fails if queries, keys and values change places."""
    nodes: dict[str, Any] = {"q": "(4, 6)", "k": "(5, 6)", "v": "(5, 3)", "it": "ScaledDotProductAttention"}
    net = net_of(nodes | {"out": "Output"}, "q it.query", "k it.key", "v it.value", "it out")
    q, k, v = torch.randn(2, 4, 6), torch.randn(2, 5, 6), torch.randn(2, 5, 3)
    by_hand = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(6), dim=-1) @ v
    torch.testing.assert_close(net.model()(q, k, v), by_hand)


def test_a_sequence_looks_at_another_one() -> None:
    """Fails if key and value are exchanged, or the key does not stand for the value that is not wired."""
    nodes: dict[str, Any] = {"q": "(4, 8)", "k": "(5, 6)", "v": "(5, 3)", "out": "Output"}
    nodes["it"] = ("MultiheadAttention", {"num_heads": 2})
    net = net_of(nodes, "q it.query", "k it.key", "v it.value", "it out")
    model = net.model(seed=0)
    q, k, v = torch.randn(2, 4, 8), torch.randn(2, 5, 6), torch.randn(2, 5, 3)
    torch.testing.assert_close(model(q, k, v), model.it(q, k, v)[0])
    del nodes["v"]
    net = net_of(nodes, "q it.query", "k it.key", "it out")
    model = net.model(seed=0)
    torch.testing.assert_close(model(q, k), model.it(q, k, k)[0])


def test_the_printed_lines_are_those_of_torchs_pages() -> None:
    """Fails if a plain encoder layer is printed with more than it needs."""
    nodes: dict[str, Any] = {"x": "(7, 8)", "it": ("TransformerEncoderLayer", SMALL), "out": "Output"}
    text = net_of(nodes, "x it out").source.text
    assert "nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, dropout=0.0, batch_first=True)" in text
    assert "x = self.it(x)  # (7, 8)" in text
