"""Nets that read text: a character model, a tagger and a transformer."""

from __future__ import annotations

from typing import Any

from app.core.graph.model import Project
from tools.templates.sketch import Sketch

CHARACTERS = 65  # in the plays of Shakespeare that the character model was shown with


def char_lstm() -> Project:
    """The sizes of Karpathy's char-rnn as it comes."""
    sketch = Sketch()
    x = sketch.add("text", "Input", shape=(50,), dtype="int")
    x = sketch.add("one_hot", "OneHot", x, num_classes=CHARACTERS)
    x = sketch.add("lstm", "LSTM", x, hidden_size=128, num_layers=2)
    sketch.add("next_character", "Output", sketch.add("fc", "Linear", x, out_features=CHARACTERS))
    return sketch.project(
        "Character LSTM",
        "Reads text letter by letter and tells at each which one comes next (Graves 2013; sizes of Karpathy 2015).",
    )


def bilstm_tagger() -> Project:
    """The sizes of Lample et al. 2016 without their conditional random field."""
    sketch = Sketch()
    x = sketch.add("words", "Input", shape=(40,), dtype="int")
    x = sketch.add("embedding", "Embedding", x, num_embeddings=10_000, embedding_dim=100)
    x = sketch.add("dropout", "Dropout", x, p=0.5)
    x = sketch.add("lstm", "LSTM", x, hidden_size=100, bidirectional=True)
    sketch.add("tags", "Output", sketch.add("fc", "Linear", x, out_features=9))
    return sketch.project(
        "Bidirectional LSTM tagger",
        "Gives every word of a sentence one of nine tags, reading it from both ends (Graves and Schmidhuber 2005; "
        "sizes of Lample et al. 2016).",
    )


def transformer() -> Project:
    """Encoder and decoder as in the paper, an eighth as wide."""
    sketch = Sketch()
    size: dict[str, Any] = {"nhead": 4, "dim_feedforward": 512}
    x = sketch.add("sentence", "Input", shape=(32,), dtype="int")
    x = sketch.add("embed", "Embedding", x, num_embeddings=8000, embedding_dim=128)
    x = sketch.add("place", "PositionalEncoding", x)
    memory = sketch.add("encoder", "TransformerEncoderLayer", x, repeat=2, **size)
    y = sketch.add("translation", "Input", shape=(32,), dtype="int", note="What is translated so far.")
    y = sketch.add("embed_out", "Embedding", y, num_embeddings=8000, embedding_dim=128)
    y = sketch.add("place_out", "PositionalEncoding", y)
    for number in (1, 2):
        y = sketch.add(f"decoder{number}", "TransformerDecoderLayer", y, memory, **size)
    sketch.add("next_word", "Output", sketch.add("fc", "Linear", y, out_features=8000))
    return sketch.project(
        "Transformer",
        "Translates a sentence: every word looks at all others (Vaswani et al. 2017), with two layers on each side "
        "and 128 numbers for a word.",
    )
