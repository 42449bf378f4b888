"""Nets that read text: a character model, a tagger and a transformer."""

from __future__ import annotations

from typing import Any

from app.core.graph.model import Project
from app.data.source_looks import looked_at
from tools.templates.sketch import Sketch

CHARACTERS = 65  # in the King James Bible, as in the plays of Shakespeare that the character model was shown with
WORDS = 8000


def _book(sketch: Sketch, **settings: Any) -> str:
    """The first letters of the Bible in windows, each with the same window one step on."""
    return sketch.add(
        "book", "PackagedText", **{"which": "King James Bible", "letters": 500_000, "window": 50, **settings}
    )


def _learning(sketch: Sketch, x: str, title: str, about: str, **recipe: Any) -> Project:
    """With what comes next as the target."""
    sketch.add("loss", "CrossEntropyLoss", x, "book.next")
    usual = {"lr": 0.003, "epochs": 12, "batch_size": 50, "validation": 0.1, "clip_norm": 5.0}
    project = sketch.project(title, about, **{**usual, "metrics": ("accuracy", "perplexity"), **recipe})
    return looked_at(project)


def char_rnn() -> Project:
    """A plain recurrent layer."""
    sketch = Sketch()
    x = sketch.add("one_hot", "OneHot", _book(sketch), num_classes=CHARACTERS)
    x = sketch.add("rnn", "RNN", x, hidden_size=256)
    x = sketch.add("fc", "Linear", x, out_features=CHARACTERS)
    return _learning(
        sketch,
        x,
        "Character RNN",
        "Reads the Bible letter by letter and tells at each which one comes next (Karpathy 2015). While it trains, it "
        "writes: look at the panel Text. A plain recurrent layer learns words and forgets sentences.",
        lr=0.001,
    )


def char_lstm() -> Project:
    """The sizes of Karpathy's char-rnn as it comes."""
    sketch = Sketch()
    x = sketch.add("one_hot", "OneHot", _book(sketch), num_classes=CHARACTERS)
    x = sketch.add("lstm", "LSTM", x, hidden_size=128, num_layers=2)
    x = sketch.add("fc", "Linear", x, out_features=CHARACTERS)
    return _learning(
        sketch,
        x,
        "Character LSTM",
        "Reads the Bible letter by letter and tells at each which one comes next (Graves 2013; sizes of Karpathy "
        "2015). While it trains, it writes: look at the panel Text. It comes to 2.0 bits for each letter, where a "
        "count of triples needs 2.5. A processor that has instructions for bfloat16 computes its layers with 16 bits "
        "(precision in the recipe), which takes two thirds of the time.",
        # With 16 bits 12 epochs come to 2.01 and 1.94 bits (seeds 0 and 1) in 75 s of a core, with 32 to 1.99 and 1.94
        # in 120 s.
        precision="mixed",
    )


def char_gru() -> Project:
    """A gated recurrent unit of about as many weights."""
    sketch = Sketch()
    x = sketch.add("one_hot", "OneHot", _book(sketch), num_classes=CHARACTERS)
    x = sketch.add("gru", "GRU", x, hidden_size=224)
    x = sketch.add("fc", "Linear", x, out_features=CHARACTERS)
    return _learning(
        sketch,
        x,
        "Character GRU",
        "Reads the Bible letter by letter and tells at each which one comes next, with gates (Cho et al. 2014). "
        "While it trains, it writes: look at the panel Text.",
    )


def char_transformer() -> Project:
    """A very small GPT."""
    sketch = Sketch()
    x = sketch.add("embed", "Embedding", _book(sketch), num_embeddings=CHARACTERS, embedding_dim=96)
    x = sketch.add("place", "LearnedPositionalEncoding", x)
    x = sketch.add(
        "layers", "TransformerEncoderLayer", x, repeat=2, nhead=4, dim_feedforward=256, dropout=0.0, causal=True,
        norm_first=True, activation="gelu",
    )  # fmt: skip
    x = sketch.add("norm", "LayerNorm", x)
    x = sketch.add("fc", "Linear", x, out_features=CHARACTERS)
    return _learning(
        sketch,
        x,
        "Character transformer",
        "A small GPT: every letter looks at all letters before it and tells which one comes next (Vaswani et al. 2017, "
        "Radford et al. 2018). While it trains, it writes: look at the panel Text.",
        lr=0.002,
    )


def rnn_8000() -> Project:
    """The net that lectures count: 8,000 words in, 100 hidden units, 8,000 words out, no biases."""
    sketch = Sketch()
    book = _book(sketch, unit="words", vocabulary=WORDS, letters=1_000_000, window=20, lower=True)
    x = sketch.add("one_hot", "OneHot", book, num_classes=WORDS)
    x = sketch.add("rnn", "RNN", x, hidden_size=100, bias=False)
    x = sketch.add("fc", "Linear", x, out_features=WORDS, bias=False)
    return _learning(
        sketch,
        x,
        "RNN of 8,000 words",
        "The recurrent net that lectures count: 8,000 words in, 100 hidden units, 8,000 words out, no biases, which "
        "makes 8,000 · 100 + 100 · 100 + 100 · 8,000 = 1,610,000 weights. It learns which word of the Bible follows "
        "(Elman 1990). In two minutes of one core it comes to 131 words between which it hesitates (perplexity); who "
        "only counts how often each word occurs, to 293. What it writes has the sound of the Bible and no sense.",
        epochs=3,
        batch_size=32,
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
