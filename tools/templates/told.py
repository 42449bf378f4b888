"""Nets that put a picture into words, or answer what is asked about it."""

from __future__ import annotations

from typing import Any

from app.core.graph.model import Block, Project
from app.data.source_looks import looked_at
from tools.templates.sketch import End, Sketch

WORDS = 24  # that captions are written in, and two marks
UNITS = 96
FEATURES = 64


def _places(sketch: Sketch, picture: End, channels: int) -> End:
    """What is seen at each of 8 × 8 places, as a sequence."""
    x = picture
    for number, wide in enumerate((24, 32, channels), start=1):
        x = sketch.add(f"conv{number}", "Conv2d", x, out_channels=wide, kernel_size=3, padding="same", bias=False)
        x = sketch.add(f"relu{number}", "ReLU", sketch.add(f"norm{number}", "BatchNorm2d", x))
        if number < 3:
            x = sketch.add(f"pool{number}", "MaxPool2d", x)
    x = sketch.add("rows", "Reshape", x, shape=(channels, -1))
    x = sketch.add("places", "Permute", x, dims=(2, 1))
    return sketch.add("positions", "LearnedPositionalEncoding", x)


def _writer() -> Block:
    """One step: where to look, what was written last, and what comes next. In training it is told the truth."""
    sketch = Sketch()
    token = sketch.add("token", "In", over_time="step by step", comes_from="scores", true_values="in training")
    places = sketch.add("places", "In")
    state = sketch.add("state", "In", over_time="from the last step", comes_from="next_state", size=(UNITS,))
    kept = sketch.add("kept", "In", over_time="from the last step", comes_from="next_kept", size=(UNITS,))
    x = sketch.add("embed", "Embedding", token, num_embeddings=WORDS + 2, embedding_dim=32)
    look = sketch.add("attention", "AdditiveAttention", state, places, units=64)
    x = sketch.add("seen", "Concat", x, look)
    x = sketch.add("cell", "LSTMCell", x, state, kept, hidden_size=UNITS)
    both = sketch.add("said", "Concat", x, look)
    sketch.add("scores", "Out", sketch.add("fc", "Linear", both, out_features=WORDS + 2))
    sketch.add("next_state", "Out", x)
    sketch.add("next_kept", "Out", "cell.c_1")
    sketch.in_rows(6)
    return sketch.block("Writes one word, and looks at the picture before.")


def caption() -> Project:
    """Convolutions, and an LSTM that writes with attention, as Xu et al. 2015 do it."""
    sketch = Sketch({"Writer": _writer()})
    shapes = sketch.add("shapes", "ToldShapes")
    x = _places(sketch, f"{shapes}.image", 48)
    x = sketch.add("writer", "Writer", f"{shapes}.previous", x)
    sketch.add("loss", "CrossEntropyLoss", x, f"{shapes}.target", ignore_index=0)
    sketch.in_rows(7)
    recipe: dict[str, Any] = {"optimizer": "Adam", "lr": 0.003, "epochs": 7, "schedule": "cosine"}
    return looked_at(
        sketch.project(
            "Captions",
            "Convolutions see a picture of shapes, an LSTM with attention writes a sentence about it, word by word (Xu "
            "et al. 2015). Pictures and sentences are made up. Look inside, Captions, shows where it looks for each "
            "word; about 9 of 10 sentences come out right, none by chance.",
            batch_size=64,
            validation=0.1,
            clip_norm=5.0,
            metrics=("accuracy",),
            **recipe,
        )
    )


def vqa() -> Project:
    """A question looks twice over the places of a picture, as Yang et al. 2016 do it, and makes a map of all of them
    whose values, unlike shares, need not add up to 1: what has to be counted is at many places."""
    sketch = Sketch()
    shapes = sketch.add("shapes", "AskedShapes")
    places = _places(sketch, f"{shapes}.image", FEATURES)
    x = sketch.add("embed", "Embedding", f"{shapes}.question", num_embeddings=27, embedding_dim=32)
    x = sketch.add("gru", "GRU", x, hidden_size=FEATURES)
    question = sketch.add("question", "Select", x)
    first = sketch.add("look1", "AdditiveAttention", question, places, units=64)
    asked = sketch.add("asked", "Add", question, first)
    second = sketch.add("look2", "AdditiveAttention", asked, places, units=64)
    gate = sketch.add("gate", "Sigmoid", sketch.add("weigh", "Linear", question, out_features=FEATURES))
    x = sketch.add("weighed", "Multiply", places, sketch.add("every", "Unsqueeze", gate))
    x = sketch.add("relu4", "ReLU", sketch.add("count", "Linear", x, out_features=FEATURES))
    many = sketch.add("map", "Along", x, how="sum", dim=2)
    x = sketch.add("all", "Concat", asked, second, many)
    x = sketch.add("relu5", "ReLU", sketch.add("fc1", "Linear", x, out_features=128))
    x = sketch.add("fc2", "Linear", x, out_features=21)
    sketch.add("loss", "CrossEntropyLoss", x, f"{shapes}.answer")
    sketch.in_rows(8)
    return looked_at(
        sketch.project(
            "Questions about a picture",
            "Reads a picture of shapes and a question (how many circles are there?), looks twice where the question "
            "sends it, and answers (Yang et al. 2016). All of it is made up. 19 of 20 answers are right; without the "
            "picture 8 could be guessed. Look inside, Question about a picture: type one of your own.",
            optimizer="Adam",
            lr=0.002,
            epochs=12,
            schedule="cosine",
            batch_size=64,
            validation=0.15,
            clip_norm=5.0,
            metrics=("accuracy",),
        )
    )
