"""States that come in and go out of recurrent layers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from app.core.checks.fixes import command_for
from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.core.inference import infer
from tests.nodes.nets import forward_of, net_of
from tests.support.drawings import chain, node

BOTH = {"hidden_size": 6, "num_layers": 2, "bidirectional": True}


def test_states_nobody_reads_are_not_printed() -> None:
    """Fails if the code of a plain LSTM is cluttered with states."""
    net = net_of({"x": "(7, 5)", "lstm": ("LSTM", {"hidden_size": 6}), "out": "Output"}, "x lstm out")
    assert "x, _ = self.lstm(x)  # (7, 6)\n" in forward_of(net)
    net = net_of({"x": "(7, 5)", "gru": ("GRU", {"hidden_size": 6}), "out": "Output"}, "x gru.x", "gru.h_n out")
    assert "_, x = self.gru(x)\n" in forward_of(net)


def test_an_old_drawing_still_means_the_same() -> None:
    """Fails if the ports x and output of the LSTM are renamed: files of earlier versions name them."""
    net = net_of(
        {"x": "(7, 5)", "lstm": ("LSTM", {"last_step_only": True}), "out": "Output"}, "x lstm.x", "lstm.output out"
    )
    assert [entry.key for entry in net.plan.outputs] == ["lstm.output"]


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("last", [False, True], ids=["every step", "last step"])
def test_states_and_answers_are_those_of_torch(kind: str, last: bool) -> None:
    """Fails if layers and batch change places, or a state is that of another direction."""
    states = ["h", "c"] if kind == "LSTM" else ["h"]
    nodes = {"x": "(7, 5)", **{f"start_{s}": "(4, 6)" for s in states}, "it": (kind, {**BOTH, "last_step_only": last})}
    ends = {"answer": "output", **{f"end_{s}": f"{s}_n" for s in states}}
    nodes |= dict.fromkeys(ends, "Output")
    net = net_of(
        nodes, "x it.x", *(f"start_{s} it.{s}_0" for s in states), *(f"it.{port} {end}" for end, port in ends.items())
    )
    model = net.model(seed=0)
    x, starts = torch.randn(3, 7, 5), [torch.randn(3, 4, 6) for _ in states]
    given = net.outputs(model(x, *starts))
    turned = [start.transpose(0, 1).contiguous() for start in starts]
    answer, end = model.it(x, tuple(turned) if kind == "LSTM" else turned[0])
    if last:
        answer = torch.cat([answer[:, -1, :6], answer[:, 0, 6:]], dim=1)
        # The end of the last layer, both ways, is what the last step alone says.
        torch.testing.assert_close(given["it.output"], given["it.h_n"][:, 2:].flatten(1))
    torch.testing.assert_close(given["it.output"], answer)
    for state, value in zip(states, end if kind == "LSTM" else [end]):
        torch.testing.assert_close(given[f"it.{state}_n"], value.transpose(0, 1))


@pytest.mark.parametrize("wired", ["h_0", "c_0"])
def test_a_state_that_is_not_wired_starts_at_zero(wired: str) -> None:
    """Fails if one of the two states of an LSTM cannot be given alone."""
    net = net_of(
        {"x": "(7, 5)", "start": "(1, 6)", "it": ("LSTM", {"hidden_size": 6}), "out": "Output"},
        "x it.x", f"start it.{wired}", "it out",
    )  # fmt: skip
    model = net.model(seed=0)
    x, start = torch.randn(3, 7, 5), torch.randn(3, 1, 6)
    states = [start.transpose(0, 1), torch.zeros(1, 3, 6)]
    torch.testing.assert_close(model(x, start), model.it(x, tuple(states if wired == "h_0" else states[::-1]))[0])


def test_an_encoder_hands_its_state_to_a_decoder() -> None:
    """Fails if a state that leaves one layer does not fit into the next, or no gradient flows through it."""
    net = net_of(
        {"question": "(9, 5)", "answer": "(7, 5)", "reads": ("LSTM", BOTH), "writes": ("LSTM", BOTH), "out": "Output"},
        "question reads.x", "answer writes.x", "reads.h_n writes.h_0", "reads.c_n writes.c_0", "writes out",
    )  # fmt: skip
    model = net.model(seed=0)
    model(torch.randn(2, 9, 5), torch.randn(2, 7, 5)).sum().backward()
    assert all(weight.grad is not None for weight in model.reads.parameters())
    captured = net.capture(model, [torch.randn(2, 9, 5), torch.randn(2, 7, 5)])
    assert tuple(captured["reads.c_n"].shape) == (2, 4, 6)
    assert tuple(captured["reads"].shape) == (2, 9, 12)


def test_only_the_first_output_leads_through_repetitions() -> None:
    """Fails if a stack of equal layers hands on their states."""
    deep = replace(node("deep", "GRU", hidden_size=6), repeat=3)
    graph = Graph.of([node("x", "Input", shape=(7, 6)), deep, node("out", "Output")], chain("x", "deep", "out"))
    net = compile_net(Project(graph=graph))
    model, x = net.model(seed=0), torch.randn(2, 7, 6)
    by_hand = x
    for layer in model.deep:
        by_hand, _ = layer(by_hand)
    torch.testing.assert_close(model(x), by_hand)


def test_dropout_of_a_single_layer_is_not_printed() -> None:
    """Fails if torch warns of a dropout that has no place."""
    net = net_of({"x": "(7, 5)", "it": ("GRU", {"dropout": 0.5}), "out": "Output"}, "x it out")
    net.model()
    assert "dropout" not in net.source.text
    net = net_of({"x": "(7, 5)", "it": ("GRU", {"dropout": 0.5, "num_layers": 2}), "out": "Output"}, "x it out")
    assert "num_layers=2, dropout=0.5" in net.source.text


@pytest.mark.parametrize(
    ("state", "settings"),
    [((6,), {}), ((6, 1), {}), ((1, 8), {}), ((2, 6), {}), ((4, 6), {"bidirectional": True})],
    ids=str,
)
def test_a_wrong_state_is_refused_with_a_remedy(state: tuple[int, ...], settings: dict[str, bool]) -> None:
    """Fails if a click on the first remedy leaves the drawing with a problem."""
    graph = Graph.of(
        [
            node("x", "Input", shape=(7, 5)),
            node("start", "Input", shape=state),
            node("it", "GRU", hidden_size=6, **settings),
            node("out", "Output"),
        ],
        [*chain("x", "it.x"), *chain("start", "it.h_0"), *chain("it", "out")],
    )
    project = Project(graph=graph)
    (problem,) = infer(project).problems
    assert "The state h_0 to start from has one row for each layer and direction" in problem.sentence
    commands = [command for fix in problem.fixes if (command := command_for(project, "", "it", fix)) is not None]
    fix_applied = commands[0].apply(project)
    assert infer(fix_applied).problems == ()
    compile_net(fix_applied)


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU", "projection"])
def test_parameters_are_those_of_torch(kind: str, layers: int, ways: int, bias: bool) -> None:
    """Fails if a bias or a projection is printed but not counted, or counted for another layer or direction."""
    settings = {"hidden_size": 6, "num_layers": layers, "bidirectional": ways == 2, "bias": bias}
    more = {"proj_size": 4} if kind == "projection" else {}
    kind = "LSTM" if more else kind
    net = net_of({"x": "(7, 5)", "it": (kind, settings | more), "out": "Output"}, "x it out")
    by_hand = getattr(torch.nn, kind)(5, 6, layers, bias=bias, bidirectional=ways == 2, batch_first=True, **more)
    model = net.model(seed=0)
    model.it.load_state_dict(by_hand.state_dict())
    x = torch.randn(3, 7, 5)
    torch.testing.assert_close(model(x), by_hand(x)[0], rtol=0, atol=0)
    assert net.project is not None
    counted = infer(net.project).main.nodes["it"].parameters
    assert counted == sum(parameter.numel() for parameter in by_hand.parameters())


def test_the_recurrent_net_of_the_lecture_has_its_number_of_parameters() -> None:
    """Fails if a layer without biases still has some: 8,000 words in, 100 units, 8,000 words out."""
    net = net_of(
        {
            "x": "(5, 8000)",
            "memory": ("RNN", {"hidden_size": 100, "bias": False}),
            "words": ("Linear", {"out_features": 8_000, "bias": False}),
            "out": "Output",
        },
        "x memory words out",
    )
    assert sum(parameter.numel() for parameter in net.model().parameters()) == 1_610_000
    assert net.project is not None
    assert infer(net.project).main.parameters == 1_610_000


@pytest.mark.parametrize("wired", [("h_0",), ("c_0",), ("h_0", "c_0")], ids=str)
def test_states_of_a_projection_have_two_sizes(wired: tuple[str, ...]) -> None:
    """Fails if the state that is not wired starts with the size of the other one."""
    sizes = {"h_0": "(2, 3)", "c_0": "(2, 6)"}
    settings = {"hidden_size": 6, "proj_size": 3, "bidirectional": True, "last_step_only": True}
    nodes = {"x": "(7, 5)", **{port: sizes[port] for port in wired}, "it": ("LSTM", settings), "out": "Output"}
    net = net_of(nodes, "x it.x", *(f"{port} it.{port}" for port in wired), "it out")
    model = net.model(seed=0)
    x, given = torch.randn(4, 7, 5), {"h_0": torch.zeros(2, 4, 3), "c_0": torch.zeros(2, 4, 6)}
    given |= {port: torch.randn_like(given[port]) for port in wired}
    answer, _ = model.it(x, (given["h_0"], given["c_0"]))
    by_hand = torch.cat([answer[:, -1, :3], answer[:, 0, 3:]], dim=1)
    torch.testing.assert_close(model(x, *(given[port].transpose(0, 1) for port in wired)), by_hand)


@pytest.mark.parametrize("size", [6, 9])
def test_a_projection_that_shortens_nothing_is_refused_with_a_remedy(size: int) -> None:
    """Fails if torch would be the first to refuse it, or a click on a remedy leaves the drawing with a problem."""
    graph = Graph.of(
        [
            node("x", "Input", shape=(7, 5)),
            node("it", "LSTM", hidden_size=6, proj_size=size),
            node("out", "Output"),
        ],
        chain("x", "it", "out"),
    )
    project = Project(graph=graph)
    (problem,) = infer(project).problems
    assert "needs more units than that" in problem.sentence
    for fix in problem.fixes:
        command = command_for(project, "", "it", fix)
        assert command is not None
        compile_net(command.apply(project)).model()
