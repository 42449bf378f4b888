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
        metrics=("mae",),
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


ROOM = 600  # words, so that other sentences, also those of a larger lexicon, need no other net


def sentiment_lstm() -> Project:
    """A cell that reads the words in their order."""
    sketch = Sketch()
    text = sketch.add("reviews", "MadeUpReviews")
    x = sketch.add("embedding", "Embedding", text, num_embeddings=ROOM, embedding_dim=16)
    x = sketch.masked(text, "lstm", "LSTM", x, hidden_size=32, last_step_only=True)
    x = sketch.add("fc", "Linear", x, out_features=2)
    sketch.add("loss", "CrossEntropyLoss", x, "reviews.label")
    return sketch.project(
        "Sentiment LSTM",
        "Tells praise from blame in made-up reviews, also where praise is denied (neither good nor clever): an LSTM "
        "reads the words in their order (Hochreiter and Schmidhuber 1997). Ask it in Predict, and compare it with the "
        "bag of words.",
        optimizer="Adam",
        lr=0.005,
        epochs=4,
    )


def sentiment_bag() -> Project:
    """The mean of the words, whatever their order."""
    sketch = Sketch()
    text = sketch.add("reviews", "MadeUpReviews")
    x = sketch.add("embedding", "Embedding", text, num_embeddings=ROOM, embedding_dim=16)
    x = sketch.masked(text, "mean", "MeanOverTime", x)
    x = sketch.add("fc1", "Linear", x, out_features=32)
    x = sketch.add("relu", "ReLU", x)
    x = sketch.add("fc2", "Linear", x, out_features=2)
    sketch.add("loss", "CrossEntropyLoss", x, "reviews.label")
    return sketch.project(
        "Sentiment bag of words",
        "The same reviews as a bag of words: the mean of all word vectors, whatever their order (Iyyer et al. 2015). "
        "It cannot tell good, not bad from bad, not good, and stays behind the LSTM by as many as there are of these.",
        optimizer="Adam",
        lr=0.005,
        epochs=6,
    )


def tagger_bilstm() -> Project:
    """Both directions at each word, and a tag for each."""
    sketch = Sketch()
    text = sketch.add("sentences", "MadeUpTags")
    x = sketch.add("embedding", "Embedding", text, num_embeddings=ROOM, embedding_dim=16)
    x = sketch.masked(text, "lstm", "LSTM", x, hidden_size=24, bidirectional=True)
    x = sketch.add("fc", "Linear", x, out_features=10)
    sketch.add("loss", "CrossEntropyLoss", x, "sentences.tags", ignore_index=0)
    return sketch.project(
        "Tagger with a trained BiLSTM",
        "Gives every word of made-up sentences its part of speech, reading from both ends (Graves and Schmidhuber "
        "2005). The light box and the light fell differ only by what comes behind: switch bidirectional off and see.",
        optimizer="Adam",
        lr=0.01,
        epochs=4,
    )
