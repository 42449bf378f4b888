"""Where a name comes from, and names that were never there."""

from __future__ import annotations

from app.core.graph.model import Project
from app.data.source_looks import looked_at
from tools.templates.sketch import Sketch

ORIGINS, LETTERS, WRITTEN = 14, 36, 33


def names_lstm() -> Project:
    """Letters in their order, and at the last one an origin."""
    sketch = Sketch()
    names = sketch.add("names", "PackagedNames")
    x = sketch.add("embedding", "Embedding", names, num_embeddings=LETTERS, embedding_dim=24)
    x = sketch.masked(names, "lstm", "LSTM", x, hidden_size=64, last_step_only=True)
    x = sketch.add("dropout", "Dropout", x, p=0.2)
    x = sketch.add("fc", "Linear", x, out_features=ORIGINS)
    sketch.add("loss", "CrossEntropyLoss", x, "names.label")
    project = sketch.project(
        "Origin of a name",
        "Tells of a surname, letter by letter, from which of fourteen languages it comes (Hochreiter and Schmidhuber "
        "1997). Type a name of your own in Predict.",
        optimizer="Adam",
        lr=0.005,
        epochs=8,
    )
    return looked_at(project, None)


def names_writer() -> Project:
    """The origin is the memory that the cell begins with; then it tells the next letter at each."""
    sketch = Sketch()
    names = sketch.add("names", "NamesToWrite")
    first = sketch.add("origin", "Embedding", "names.origin", num_embeddings=ORIGINS, embedding_dim=96)
    first = sketch.add("begin", "Unsqueeze", first, dim=1)
    x = sketch.add("letters", "Embedding", names, num_embeddings=WRITTEN, embedding_dim=24)
    x = sketch.add("gru", "GRU", x, first, hidden_size=96)
    x = sketch.add("fc", "Linear", x, out_features=WRITTEN)
    sketch.add("loss", "CrossEntropyLoss", x, "names.next", ignore_index=0)
    project = sketch.project(
        "Writer of names",
        "Learns at each letter of a surname which one comes next, beginning with its origin (Graves 2013). Look "
        "inside, Names that it writes draws fresh ones of the origin that you choose.",
        optimizer="Adam",
        lr=0.005,
        epochs=10,
    )
    return looked_at(project, None)
