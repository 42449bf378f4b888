"""Sequence to sequence: one net with attention for dates and for the sounds of words."""

from __future__ import annotations

from typing import Any

from app.core.graph.model import Block, Project, Wire
from app.data.source_looks import looked_at
from tools.templates.sketch import Sketch


def _decoder(symbols: int, embedded: int, units: int, attended: int) -> Block:
    """One step: where to look, what was written last, and what comes next. In training it is told the truth."""
    sketch = Sketch()
    token = sketch.add("token", "In", over_time="step by step", comes_from="scores", true_values="in training")
    memory, keep = sketch.add("memory", "In"), sketch.add("keep", "In")
    state = sketch.add("state", "In", over_time="from the last step", comes_from="next_state", size=(units,))
    x = sketch.add("embed", "Embedding", token, num_embeddings=symbols, embedding_dim=embedded)
    look = sketch.add("attention", "AdditiveAttention", state, memory, keep, units=attended)
    x = sketch.add("seen", "Concat", x, look)
    x = sketch.add("cell", "GRUCell", x, state, hidden_size=units)
    both = sketch.add("said", "Concat", x, look)
    both = sketch.add("fc", "Linear", both, out_features=symbols)
    sketch.add("scores", "Out", both)
    sketch.add("next_state", "Out", x)
    sketch.in_rows(6)
    return sketch.block("Writes one symbol, and looks back at what was read.")


def _net(source: str, letters: int, symbols: int, units: int, settings: dict[str, Any], **recipe: Any) -> Project:
    """What is read, both ways, as the memory of what writes."""
    sketch = Sketch({"Decoder": _decoder(symbols, units // 2, units, units)})
    data = sketch.add("pairs", source, **settings)
    keep = sketch.add("keep", "PaddingMask", data)
    x = sketch.add("embed", "Embedding", data, num_embeddings=letters, embedding_dim=units // 2)
    x = sketch.add("encoder", "GRU", x, hidden_size=units // 2, bidirectional=True)
    sketch.wires.append(Wire(keep, "output", "encoder", "keep"))
    x = sketch.add("decoder", "Decoder", "pairs.previous", x, keep)
    sketch.add("loss", "CrossEntropyLoss", x, "pairs.target", ignore_index=0)
    return looked_at(sketch.project(**recipe))


def translate_dates() -> Project:
    """Dates in words as dates in figures."""
    return _net(
        "MadeUpTasks",
        37,
        13,
        64,
        {"task": "dates", "samples": 5000},
        title="Translation of dates",
        about="Reads a made-up date (the third of may 1984) and writes 1984-05-03, looking back with attention "
        "(Bahdanau et al. 2014). It is told the truth in training and runs free on held-out dates: all of them "
        "come out right. Look inside: Attention, Translated.",
        optimizer="Adam",
        lr=0.005,
        epochs=4,
        batch_size=64,
        validation=0.1,
        clip_norm=5.0,
        metrics=("accuracy",),
    )


def letters_to_sounds() -> Project:
    """Words as they are spoken."""
    return _net(
        "Pronunciations",
        31,
        43,
        96,
        {"pairs": 25_000, "padding": "behind"},
        title="Letters to sounds",
        about="Reads an English word letter by letter and writes how it sounds, looking back with attention (Bahdanau "
        "et al. 2014). Of 100 held-out words 51 come out right, and 13 % of the sounds are wrong, with a beam of 4. "
        "Look inside: Attention, Translated.",
        optimizer="Adam",
        lr=0.004,
        epochs=7,
        schedule="cosine",
        batch_size=64,
        validation=0.1,
        clip_norm=5.0,
        metrics=("accuracy",),
    )
