"""The templates of words read sentences of many lengths: how much one is padded changes no answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.batches import load as load_data


@pytest.mark.parametrize(
    ("name", "source", "setting"),
    [
        ("sentiment_lstm", "reviews", {"sentences": 64}),
        ("sentiment_bag", "reviews", {"sentences": 64}),
        ("tagger_bilstm", "sentences", {"sentences": 64}),
        ("names_lstm", "names", {}),
    ],
)
def test_a_sentence_alone_is_answered_as_in_a_padded_batch(name: str, source: str, setting: dict[str, int]) -> None:
    """Fails if the mask is not wired to what reads the words, so that a sentence is answered otherwise for a longer one
    beside it."""
    project = load(name)
    own = project.graph.nodes[source]
    project = replace(project, graph=project.graph.with_nodes(replace(own, params={**own.params, **setting})))
    net = compile_net(project)
    model = net.model(3).eval()
    batch = load_data(net.plan)[f"{source}.text"][:64]
    assert (batch == 0).any()
    assert (batch != 0).all(1).any()
    with torch.no_grad():
        together = model(batch)
        for row, told in zip(batch, together, strict=True):
            real = row != 0
            alone = model(row[real][None])[0]
            assert torch.allclose(alone, told[real] if told.dim() == 2 else told, atol=1e-6)
