"""Blocks that run over time: a cell wired to itself, as a loop, against the same thing written by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from app.core.commands import Refused, Rename, UnpackBlock
from app.core.compile.nameless import nameless
from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.plan import make_plan
from app.core.compile.source import print_source
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.inference import infer
from app.core.storage.files import read_text
from app.core.storage.format import to_text
from nodes.api import Shape
from tests.support.drawings import chain, node

STEPS, LETTERS, UNITS, CLASSES = 5, 4, 8, 7


def decoder(true_values: str = "always", **changes: Any) -> Block:
    """A decoder with attention: a letter, the memory and its own state in; scores and the next state out."""
    nodes = {
        "token": node("token", "In", over_time="step by step", comes_from="scores", true_values=true_values),
        "memory": node("memory", "In"),
        "h": node("h", "In", over_time="from the last step", comes_from="h_next", size=(UNITS,)),
        "embed": node("embed", "Embedding", num_embeddings=CLASSES, embedding_dim=3),
        "attention": node("attention", "AdditiveAttention", units=5),
        "both": node("both", "Concat"),
        "cell": node("cell", "GRUCell", hidden_size=UNITS),
        "fc": node("fc", "Linear", out_features=CLASSES),
        "scores": node("scores", "Out"),
        "h_next": node("h_next", "Out"),
        "looked": node("looked", "Out"),
    }
    for name, params in changes.items():
        nodes[name] = replace(nodes[name], params={**nodes[name].params, **params})
    wires = [
        *chain("token", "embed", "both.xs"),
        Wire("both", "output", "cell", "x"),
        Wire("h", "output", "attention", "query"),
        Wire("memory", "output", "attention", "memory"),
        Wire("attention", "output", "both", "xs"),
        Wire("h", "output", "cell", "h_0"),
        Wire("cell", "h_1", "fc", "x"),
        Wire("fc", "output", "scores", "x"),
        Wire("cell", "h_1", "h_next", "x"),
        Wire("attention", "weights", "looked", "x"),
    ]
    return Block(Graph.of(nodes.values(), wires), (), "One step of a decoder.")


def drawing(block: Block, start: bool = True) -> Project:
    nodes = [
        node("previous", "Input", shape=(STEPS,), dtype="int", classes=CLASSES),
        node("letters", "Input", shape=(LETTERS, 6)),
        Node("decoder", "block:Decoder"),
        node("scores", "Output"),
        node("state", "Output"),
        node("looks", "Output"),
    ]
    wires = [
        Wire("previous", "output", "decoder", "token"),
        Wire("letters", "output", "decoder", "memory"),
        Wire("decoder", "scores", "scores", "x"),
        Wire("decoder", "h_next", "state", "x"),
        Wire("decoder", "looked", "looks", "x"),
    ]
    if start:
        nodes.append(node("begin", "Input", shape=(UNITS,)))
        wires.append(Wire("begin", "output", "decoder", "h"))
    return Project("Decoder", "", Graph.of(nodes, wires), {"Decoder": block})


def by_hand(model: Any, previous: Tensor, letters: Tensor, h: Tensor, own: bool) -> tuple[Tensor, Tensor, Tensor]:
    """The same with torch alone: Bahdanau's attention written out, and the cell by its formula."""
    cell = model.decoder
    scores, looked = [], []
    token = previous[:, 0]
    for step in range(previous.shape[1]):
        if step:
            token = scores[-1].argmax(1) if own else previous[:, step]
        hidden = torch.tanh(
            letters @ cell.attention.memory.weight.T
            + (h @ cell.attention.query.weight.T + cell.attention.query.bias)[:, None]
        )
        weights = torch.softmax((hidden @ cell.attention.score.weight.T)[..., 0], 1)
        mixed = (weights[..., None] * letters).sum(1)
        x = torch.cat([cell.embed.weight[token], mixed], 1)
        own_x = x @ cell.cell.weight_ih.T + cell.cell.bias_ih
        own_h = h @ cell.cell.weight_hh.T + cell.cell.bias_hh
        reset, update = (torch.sigmoid(own_x[:, :16] + own_h[:, :16])).chunk(2, 1)
        candidate = torch.tanh(own_x[:, 16:] + reset * own_h[:, 16:])
        h = (1 - update) * candidate + update * h
        scores.append(h @ cell.fc.weight.T + cell.fc.bias)
        looked.append(weights)
    return torch.stack(scores, 1), h, torch.stack(looked, 1)


def batch() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(5)
    previous = torch.randint(CLASSES, (3, STEPS), generator=generator)
    return previous, torch.randn(3, LETTERS, 6, generator=generator), torch.randn(3, UNITS, generator=generator)


def made(project: Project) -> tuple[CompiledNet, Any]:
    torch.manual_seed(0)
    net = compile_net(project)
    return net, net.model()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("true_values", ["always", "in training", "never"])
def test_a_decoder_is_what_it_is_by_hand(true_values: str, training: bool) -> None:
    """Fails if a step reads another letter or state than it should, if what was looked at is not kept for each step,
    or if it runs free when it should be told the truth, or the other way round."""
    _, model = made(drawing(decoder(true_values)))
    model.train(training)
    previous, letters, begin = batch()
    own = true_values == "never" or (true_values == "in training" and not training)
    wanted = by_hand(model, previous, letters, begin, own)
    given = model(previous, letters, begin)
    for ours, theirs in zip(given, wanted, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)
    told = by_hand(model, previous, letters, begin, own=False)[0]
    assert own != torch.allclose(given[0], told, atol=1e-6), "the two ways must differ for this to say anything"
    given[0].sum().backward()
    assert model.decoder.embed.weight.grad is not None


def test_it_begins_with_zeros_and_is_read_as_plain_torch() -> None:
    """Fails if a state without a wire begins with something else, or the printed loop is not the one a reader would
    write."""
    project = drawing(decoder(), start=False)
    net, model = made(project)
    previous, letters, _ = batch()
    wanted = by_hand(model, previous, letters, torch.zeros(3, UNITS), own=False)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(model(previous, letters), wanted))
    rows = [line.strip() for line in net.source.text.splitlines()]
    first = rows.index("decoder_h_next = torch.zeros(len(previous), 8, device=previous.device)")
    assert rows[first + 1 : first + 8] == [
        "decoder_scores_steps = []",
        "decoder_looked_steps = []",
        "for step in range(previous.shape[1]):",
        "decoder_scores, decoder_h_next, decoder_looked = self.decoder(previous[:, step], letters, decoder_h_next)",
        "decoder_scores_steps.append(decoder_scores)",
        "decoder_looked_steps.append(decoder_looked)",
        "decoder_scores = torch.stack(decoder_scores_steps, dim=1)",
    ]


def test_what_is_read_at_every_step_is_not_overwritten_by_the_first() -> None:
    """Fails if a memory that only the decoder reads, and the decoder's answer that nobody else reads, stand in one
    variable."""
    block = decoder("never")
    graph = drawing(block, start=False).graph
    kept = [each for name, each in graph.nodes.items() if name not in ("state", "looks")]
    wires = [each for each in graph.wires if each.source in ("previous",) or each.target == "scores"]
    wires += [Wire("letters", "output", "turn", "x"), Wire("turn", "output", "decoder", "memory")]
    project = Project("Alone", "", Graph.of([*kept, node("turn", "Linear", out_features=6)], wires), {"Decoder": block})
    _, model = made(project)
    previous, letters, _ = batch()
    wanted = by_hand(model, previous, model.turn(letters), torch.zeros(3, UNITS), own=True)[0]
    assert torch.allclose(model(previous, letters), wanted, atol=1e-6)


def test_another_loop_is_another_net() -> None:
    """Fails if a run of a net that is told the truth goes on as one that runs free, or a rename makes another net."""
    plans = [make_plan(drawing(decoder(kind))) for kind in ("always", "in training", "never")]
    parts = [nameless(plan).layers for plan in plans]
    assert parts[0] != parts[1] != parts[2] != parts[0]
    renamed = Rename("Decoder", "h_next", "state").apply(drawing(decoder("never")))
    assert nameless(make_plan(renamed)).layers == parts[2]


def test_shapes_work_and_weights_are_those_of_all_steps() -> None:
    """Fails if what leaves is said to be one step, a state a sequence, or the work that of a single step."""
    project = drawing(decoder())
    known = infer(project).main.nodes["decoder"]
    assert known.outputs == {
        "scores": Shape((STEPS, CLASSES)),
        "h_next": Shape((UNITS,)),
        "looked": Shape((STEPS, LETTERS)),
    }
    assert known.inner is not None
    assert known.multiply_adds == STEPS * known.inner.multiply_adds > 0
    _, model = made(project)
    assert known.parameters == sum(each.numel() for each in model.parameters())


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (decoder(h={"comes_from": "nobody"}), "the block has no such output"),
        (decoder(h={"comes_from": ""}), "Write an output of the block into comes from"),
        (decoder(h={"comes_from": "scores"}), "What comes back at h must be as what it begins with"),
        (decoder(token={"over_time": "all at once"}), "Nobody says how many steps there are"),
        (decoder(memory={"over_time": "step by step"}), "the same number of steps, but there are 5 at token and 4"),
        (decoder("never", token={"comes_from": ""}), "nobody says at which output"),
        (decoder("never", token={"comes_from": "h_next"}), "cannot be read at token in place of"),
    ],
)
def test_what_does_not_fit_is_a_sentence_at_the_block(block: Block, said: str) -> None:
    """Fails if a loop that cannot be is compiled, or named without the place."""
    problems = infer(drawing(block)).problems
    assert problems, said
    assert problems[0].node == "decoder"
    assert said in problems[0].sentence


def test_nothing_to_begin_with_and_nothing_to_step_through() -> None:
    """Fails if a missing start or a single number where steps are needed ends in a traceback."""
    without = drawing(decoder(h={"size": ()}), start=False)
    assert "has nothing to begin with" in infer(without).problems[0].sentence
    single = drawing(decoder())
    label = node("previous", "Input", shape=(), dtype="int", classes=CLASSES)
    graph = single.graph.with_nodes(label)
    assert "which has no steps" in infer(single.with_graph("", graph)).problems[0].sentence
    again = single.with_graph("", single.graph.with_nodes(Node("decoder", "block:Decoder", repeat=2)))
    assert "cannot be repeated" in infer(again).problems[0].sentence


def test_a_renamed_output_is_still_what_comes_back() -> None:
    """Fails if the loop is torn by a rename, or the net is taken for another one."""
    before = drawing(decoder("in training"))
    after = Rename("Decoder", "h_next", "state").apply(before)
    after = Rename("Decoder", "scores", "said").apply(after)
    assert not infer(after).problems
    assert after.blocks["Decoder"].graph.nodes["h"].params["comes_from"] == "state"
    assert after.blocks["Decoder"].graph.nodes["token"].params["comes_from"] == "said"


def test_it_is_not_unpacked_and_is_kept_in_its_file() -> None:
    """Fails if the layers of a cell are put where they would be used once, or a saved loop is read as none."""
    project = drawing(decoder("never"))
    with pytest.raises(Refused, match="used once for each step"):
        UnpackBlock("", "decoder").apply(project)
    back = read_text(to_text(project).encode(), "a").project
    assert print_source(make_plan(back)).text == print_source(make_plan(project)).text


def test_values_of_every_layer_can_be_looked_at() -> None:
    """Fails if the second form of the file, which hands every value to a probe, has no loop."""
    net, model = made(drawing(decoder("in training")))
    previous, letters, begin = batch()
    model.eval()
    plain = model(previous, letters, begin)
    seen = net.capture(model, (previous, letters, begin), ["decoder.scores", "decoder/fc", "decoder.h_next"])
    assert torch.allclose(seen["decoder.scores"], plain[0])
    assert torch.allclose(seen["decoder/fc"], plain[0][:, -1]), "inside, the last step is seen"
    assert torch.allclose(seen["decoder.h_next"], plain[1])
