"""Nets that learn what words mean from the words around them."""

from __future__ import annotations

from app.core.graph.model import Project
from tools.templates.sketch import Sketch

KNOWN = 1000  # words that a table has room for, so that another text can be typed without another net


def word_vectors_svd() -> Project:
    """The table of counts as a product of two narrow ones, learned; the singular value decomposition is the best one
    there is, and the view shows it."""
    sketch = Sketch()
    text = sketch.add("text", "WordCounts")
    word = sketch.add("word", "Embedding", text, num_embeddings=KNOWN, embedding_dim=2)
    other = sketch.add("other", "Embedding", "text.other", num_embeddings=KNOWN, embedding_dim=2)
    count = sketch.add("product", "Dot", word, other)
    sketch.add("loss", "MSELoss", count, "text.count")
    sketch.in_rows(5)
    return sketch.project(
        "Word vectors from counts",
        "Counts which words stand beside each other in a text that you type, and squeezes the table into two numbers "
        "for each word. Look inside shows the counts, their singular value decomposition and a map of the words "
        "(Deerwester et al. 1990); the net learns the same by gradient descent and can only come near it.",
        optimizer="Adam",
        lr=0.03,
        epochs=400,
        batch_size=64,
        validation=0.0,
    )


def skipgram() -> Project:
    """Two tables and a dot product, told apart from drawn words."""
    sketch = Sketch()
    text = sketch.add("text", "SkipGram")
    word = sketch.add("word", "Embedding", text, num_embeddings=KNOWN, embedding_dim=16)
    context = sketch.add("context", "Embedding", "text.context", num_embeddings=KNOWN, embedding_dim=16)
    score = sketch.add("score", "Dot", word, context)
    sketch.add("loss", "BCEWithLogitsLoss", score, "text.label")
    sketch.in_rows(5)
    return sketch.project(
        "Skip-gram word vectors",
        "Learns from 2,000 made-up sentences which words stand near each other, against words that are drawn "
        "(Mikolov et al. 2013). Afterwards man is to woman as king is to queen: ask Look inside, Analogy of words, "
        "or netloom words.",
        optimizer="Adam",
        lr=0.01,
        epochs=10,
        batch_size=256,
    )
