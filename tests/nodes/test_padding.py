"""Padding changes no number: each sample of a padded batch against the same sample alone, by plain torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.inference import infer
from tests.support.drawings import node

TIME, WORDS, LENGTHS = 9, 11, (9, 4, 1, 6)
Case = tuple[str, dict[str, Any]]
RECURRENT: list[Case] = [
    ("RNN", {"hidden_size": 5}),
    ("RNN", {"hidden_size": 5, "bidirectional": True, "num_layers": 2, "nonlinearity": "relu"}),
    ("GRU", {"hidden_size": 5, "num_layers": 2}),
    ("GRU", {"hidden_size": 5, "bidirectional": True, "last_step_only": True}),
    ("LSTM", {"hidden_size": 5, "last_step_only": True}),
    ("LSTM", {"hidden_size": 6, "bidirectional": True, "proj_size": 2, "num_layers": 2}),
    ("LSTM", {"hidden_size": 6, "bidirectional": True, "proj_size": 2, "last_step_only": True}),
]
ATTENTION: list[Case] = [
    ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 16, "dropout": 0.0}),
    ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 16, "dropout": 0.0, "causal": True}),
    ("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 16, "dropout": 0.0, "norm_first": True}),
    ("MultiheadAttention", {"num_heads": 2}),
    ("MultiheadAttention", {"num_heads": 2, "causal": True}),
    ("TransformerDecoderLayer", {"nhead": 2, "dim_feedforward": 16, "dropout": 0.0, "causal": True}),
    ("TransformerDecoderLayer", {"nhead": 2, "dim_feedforward": 16, "dropout": 0.0, "causal": False}),
    ("ScaledDotProductAttention", {}),
    ("ScaledDotProductAttention", {"causal": True}),
    ("MeanOverTime", {}),
]
# What attends by a query, so that padded steps get an answer like any other; and what else reads the text.
QUERIES = ("MultiheadAttention", "ScaledDotProductAttention")
ALSO = {"TransformerDecoderLayer": ("memory",), "ScaledDotProductAttention": ("key", "value")}


def drawing(case: Case, masked: bool = True, steps: int = TIME) -> Project:
    type_, settings = case
    port = "query" if type_ in QUERIES else "x"
    ends = {"RNN": ("h_n",), "GRU": ("h_n",), "LSTM": ("h_n", "c_n")}.get(type_, ())
    nodes = [
        node("text", "Input", shape=(steps,), dtype="int", classes=WORDS),
        node("embed", "Embedding", num_embeddings=WORDS, embedding_dim=8),
        node("it", type_, **settings),
        node("out", "Output"),
        *[node(f"out_{end}", "Output") for end in ends],
    ]
    wires = [
        Wire("text", "output", "embed", "x"),
        Wire("embed", "output", "it", port),
        Wire("it", "output", "out", "x"),
        *[Wire("it", end, f"out_{end}", "x") for end in ends],
        *[Wire("embed", "output", "it", other) for other in ALSO.get(type_, ())],
    ]
    if masked:
        nodes.append(node("keep", "PaddingMask"))
        wires += [Wire("text", "output", "keep", "x"), Wire("keep", "output", "it", "keep")]
        wires += [Wire("keep", "output", "it", "memory_keep")] if type_ == "TransformerDecoderLayer" else []
    return Project("Padded", "", Graph.of(nodes, wires))


_nets: dict[Any, CompiledNet] = {}


def net_of(case: Case, masked: bool = True, steps: int = TIME) -> CompiledNet:
    """Compiled once; only what is causal has the number of its steps in it."""
    key = repr((case, masked, steps if case[1].get("causal") else 0))
    if key not in _nets:
        _nets[key] = compile_net(drawing(case, masked, steps))
    return _nets[key]


def samples(before: bool) -> tuple[list[Tensor], Tensor]:
    generator = torch.Generator().manual_seed(2)
    texts = [torch.randint(1, WORDS, (length,), generator=generator) for length in LENGTHS]
    batch = torch.zeros(len(texts), TIME, dtype=torch.int64)
    for row, text in zip(batch, texts):
        row[TIME - len(text) :] = text if before else row[TIME - len(text) :]
        row[: len(text)] = text if not before else row[: len(text)]
    return texts, batch


def several(value: Any) -> tuple[Tensor, ...]:
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("case", "before"),
    [(case, before) for case in RECURRENT + ATTENTION for before in (False, True)],
    ids=lambda given: "-".join([given[0], *given[1]]) if isinstance(given, tuple) else "",
)
def test_a_sample_alone_and_in_a_padded_batch_is_the_same(case: Case, before: bool, training: bool) -> None:
    """Fails if padding reaches a memory, an attention or a mean; if a step stands at another place; or if training and
    evaluation differ at padded steps, as torch's own encoder layer does."""
    model: Any = net_of(case).model(4).train(training)
    texts, batch = samples(before)
    with torch.set_grad_enabled(training):
        together = several(model(batch))
    for number, text in enumerate(texts):
        alone: Any = net_of(case, masked=False, steps=len(text)).model(4).train(training)
        alone.load_state_dict(model.state_dict())
        with torch.set_grad_enabled(training):
            wanted = several(alone(text[None]))
        for place, (ours, theirs) in enumerate(zip(together, wanted, strict=True)):
            found = ours[number]
            if place == 0 and theirs.dim() == 3 and case[0] != "MeanOverTime":  # a sequence: the real steps, and zeros
                real = batch[number] != 0
                if case[0] not in QUERIES:  # whose padded queries look at the text all the same
                    assert not found[~real].any()
                found = found[real]
            assert torch.allclose(found, theirs[0], atol=1e-6), case
    if training:
        sum(each.sum() for each in together).backward()
        assert all(bool(each.grad.isfinite().all()) for each in model.parameters() if each.grad is not None)
        assert model.embed.weight.grad is not None


@pytest.mark.parametrize("case", RECURRENT + ATTENTION[:1] + ATTENTION[3:4] + ATTENTION[5:], ids=lambda case: case[0])
def test_a_text_without_a_word_is_no_reason_for_numbers_that_are_none(case: Case) -> None:
    """Fails if a sample that only pads gives something that is no number, or spoils others of the batch."""
    model: Any = net_of(case).model(4)
    _, batch = samples(False)
    wanted = several(model(batch))
    given = several(model(torch.cat([batch, torch.zeros(1, TIME, dtype=torch.int64)])))
    for ours, theirs in zip(given, wanted):
        assert bool(ours.isfinite().all())
        assert torch.allclose(ours[:-1], theirs, atol=1e-6)
    given[0].sum().backward()
    assert all(bool(each.grad.isfinite().all()) for each in model.parameters() if each.grad is not None)


def test_a_mask_of_another_length_is_a_sentence() -> None:
    """Fails if torch says it in the middle of a training."""
    project = drawing(RECURRENT[0])
    other = [
        node("other", "Input", shape=(4,), dtype="int", classes=WORDS),
        node("short", "PaddingMask"),
    ]
    wires = [wire for wire in project.graph.wires if wire.source != "keep"]
    wires += [Wire("other", "output", "short", "x"), Wire("short", "output", "it", "keep")]
    graph = Graph.of([*project.graph.nodes.values(), *other], wires)
    problems = infer(Project("", "", graph)).problems
    assert [each.node for each in problems] == ["it"]
    assert "a list of 9 numbers" in problems[0].sentence
