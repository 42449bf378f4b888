"""A net that answers questions about stories by looking into them several times."""

from __future__ import annotations

from typing import Any

from app.core.graph.model import Project
from tools.templates.sketch import Sketch

HOPS = 3
WORDS, FEATURES, PLACES = 26, 32, 6


def memory_network() -> Project:
    """Three hops; what is shown by one table is looked for by the next one's neighbour, as in the paper."""
    sketch = Sketch()
    data = sketch.add("stories", "MadeUpStories")
    size: dict[str, Any] = {"num_embeddings": WORDS, "embedding_dim": FEATURES}
    asked = sketch.add("ask", "Embedding", "stories.question", **size)
    asked = sketch.add("asked", "Along", asked, how="mean", dim=1)
    state = sketch.add("question", "Unsqueeze", asked, dim=1)
    memories = []
    for number in range(HOPS + 1):
        words = sketch.add(f"words{number}", "Embedding", data, **size)
        lines = sketch.add(f"lines{number}", "Along", words, how="mean", dim=2)
        memories.append(sketch.add(f"memory{number}", "LearnedPositionalEncoding", lines))
    for number in range(HOPS):
        found = sketch.add(
            f"hop{number + 1}", "ScaledDotProductAttention", state, memories[number], memories[number + 1]
        )
        state = sketch.add(f"state{number + 1}", "Add", state, found)
    x = sketch.add("flatten", "Flatten", state)
    x = sketch.add("fc", "Linear", x, out_features=PLACES)
    sketch.add("loss", "CrossEntropyLoss", x, "stories.answer")
    return sketch.project(
        "Memory network",
        "Answers questions about made-up stories (where is the milk?) by looking into them three times (Sukhbaatar et "
        "al. 2015). One to three sentences are needed; Look inside, Hops through a story shows which it looked at.",
        optimizer="Adam",
        lr=0.01,
        epochs=18,
    )
