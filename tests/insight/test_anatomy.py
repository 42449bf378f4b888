"""Where the values and weights of a node are found."""

from __future__ import annotations

import torch

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.insight.anatomy import own_weights, part, probe_name
from tests.support.drawings import chain, node


def test_a_layer_with_several_outputs_is_known_by_its_first() -> None:
    """Fails if what an LSTM answers cannot be looked at because it also has states."""
    graph = Graph.of(
        [
            node("x", "Input", shape=(7, 5)),
            node("lstm", "LSTM", hidden_size=6),
            node("answer", "Output"),
            node("state", "Output"),
        ],
        [*chain("x", "lstm", "answer"), *chain("lstm.h_n", "state")],
    )
    net = compile_net(Project(graph=graph))
    name = probe_name(net, "lstm")
    captured = net.capture(net.model(), [torch.randn(2, 7, 5)], [name])
    assert tuple(captured[name].shape) == (2, 7, 6)


def test_numbers_have_weights_and_constants_have_none() -> None:
    """Fails if a constant, which is no module, cannot be asked for weights."""
    graph = Graph.of(
        [node("w", "LearnableNumber"), node("c", "Constant"), node("y", "Add"), node("out", "Output")],
        [*chain("w", "y.xs"), *chain("c", "y.xs"), *chain("y", "out")],
    )
    net = compile_net(Project(graph=graph))
    model = net.model()
    assert list(own_weights(model, part(net, "w"))) == ["value"]
    assert own_weights(model, part(net, "c")) == {}
