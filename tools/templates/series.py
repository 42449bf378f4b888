"""Nets that read numbers in time: a forecast, and three cells that are asked how far back they remember."""

from __future__ import annotations

from app.core.graph.model import Project
from tools.templates.sketch import Sketch


def forecast_lstm() -> Project:
    """A window goes in, twelve values come out."""
    sketch = Sketch()
    series = sketch.add("series", "MadeUpSeries")
    x = sketch.add("lstm", "LSTM", series, hidden_size=32, last_step_only=True)
    x = sketch.add("fc", "Linear", x, out_features=12)
    sketch.add("loss", "MSELoss", x, "series.target")
    sketch.in_rows(4)
    return sketch.project(
        "Forecast LSTM",
        "Predicts the next twelve values of a made-up series with a season (Hochreiter and Schmidhuber 1997). Look "
        "inside, Forecast draws them beside the truth and two naive forecasts, and says whether the net beats these.",
        optimizer="Adam",
        lr=0.005,
        epochs=15,
        validation=0.2,
        metrics=("mae",),
    )


def echo() -> Project:
    """The same task for three cells, each with as many numbers of memory."""
    sketch = Sketch()
    data = sketch.add("numbers", "MadeUpEcho", samples=6000)
    for cell in ("RNN", "GRU", "LSTM"):
        name = cell.lower()
        x = sketch.add(name, cell, data, hidden_size=16, last_step_only=True)
        x = sketch.add(f"told_{name}", "Linear", x, out_features=1)
        sketch.add(f"loss_{name}", "MSELoss", x, "numbers.target")
    return sketch.project(
        "How far back it remembers",
        "A plain RNN, a GRU and an LSTM have to tell at the end of forty random numbers the one that was marked "
        "(Bengio et al. 1994). Look inside, Memory of recurrent nets draws how well each remembers so many steps back, "
        "and how the gradient fades on its way there. After ten seconds the GRU and the LSTM know it from forty steps "
        "ago; the plain RNN loses it on the way, with some seeds after five steps, with others after thirty.",
        optimizer="Adam",
        lr=0.006,
        epochs=15,
        metrics=("mae",),
        batch_size=128,
        clip_norm=1.0,
    )
