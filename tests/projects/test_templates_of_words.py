"""Templates about words and time learn what they are there for, in the few steps that a test can take."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.batches import load as load_data

# How many steps of how large batches, and the share of the first loss that must be left at most.
STEPS = {
    "skipgram": (100, 1000, 0.7),
    "sentiment_lstm": (150, 64, 0.5),
    "tagger_bilstm": (40, 64, 0.35),
    "memory_network": (60, 64, 0.97),
    "forecast_lstm": (40, 64, 0.6),
    "names_lstm": (40, 64, 0.75),
    "names_writer": (40, 64, 0.8),
    "translate_dates": (40, 64, 0.8),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_template_learns(name: str) -> None:
    """Fails if what is drawn cannot learn from its data: labels beside the wrong samples, a dead layer, a rate that is
    far off."""
    count, size, left = STEPS[name]
    project = load(name)
    if name == "skipgram":  # fewer pairs are read quicker
        few = replace(project.graph.nodes["text"], params={**project.graph.nodes["text"].params, "sentences": 300})
        project = replace(project, graph=project.graph.with_nodes(few))
    net = compile_net(project)
    model, losses, fields = net.model(0).train(), net.losses(), load_data(net.plan)
    assert losses is not None
    optimizer = torch.optim.Adam(model.parameters(), lr=project.recipe.lr)
    generator = torch.Generator().manual_seed(1)
    values = {key: fields[key] for key in fields.names}
    length = len(next(iter(values.values())))
    seen = []
    for _ in range(count):
        chosen = torch.randint(length, (size,), generator=generator)
        batch = {key: value[chosen] for key, value in values.items()}
        (loss,) = net.loss_values(losses, model(*net.inputs_from(batch)), batch).values()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(loss.item())
    assert sum(seen[-5:]) / 5 < left * seen[0], (seen[0], seen[-5:])


def test_the_order_of_words_decides_for_one_net_and_not_for_the_other() -> None:
    """Fails if the bag of words reads the order, or the LSTM does not: then both templates would show nothing."""
    told = {}
    for name in ("sentiment_lstm", "sentiment_bag"):
        project = load(name)
        few = replace(project.graph.nodes["reviews"], params={**project.graph.nodes["reviews"].params, "sentences": 64})
        net = compile_net(replace(project, graph=project.graph.with_nodes(few)))
        model = net.model(1).eval()
        text = load_data(net.plan)["reviews.text"]
        with torch.no_grad():
            told[name] = float((model(text) - model(text.flip(1))).abs().max())
    assert told["sentiment_bag"] < 1e-6
    assert told["sentiment_lstm"] > 1e-3
