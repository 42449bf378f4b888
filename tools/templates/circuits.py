"""Small graphs of numbers, whose every value can be worked out with a pencil."""

from __future__ import annotations

from dataclasses import replace

from app.core.graph.frames import Frame
from app.core.graph.model import Project
from tools.templates.sketch import COLUMN, Sketch

ROW = 140


def sigmoid_circuit() -> Project:
    """The circuit with which lectures explain backpropagation: one neuron, taken apart into elementary steps."""
    sketch = Sketch()
    places: dict[str, tuple[float, float]] = {}

    def at(name: str, column: float, row: float) -> str:
        places[name] = (COLUMN * column, ROW * row)
        return name

    w0 = at(sketch.add("w0", "LearnableNumber", start=2.0), 0, 0)
    x0 = at(sketch.add("x0", "Constant", value=-1.0), 0, 1)
    w1 = at(sketch.add("w1", "LearnableNumber", start=-3.0), 0, 2)
    x1 = at(sketch.add("x1", "Constant", value=-2.0), 0, 3)
    w2 = at(sketch.add("w2", "LearnableNumber", start=-3.0), 2, 3)
    first = at(sketch.add("w0_x0", "Multiply", w0, x0), 1, 0.5)
    second = at(sketch.add("w1_x1", "Multiply", w1, x1), 1, 2.5)
    both = at(sketch.add("products", "Add", first, second), 2, 1.5)
    total = at(sketch.add("sum", "Add", both, w2), 3, 2)
    negative = at(sketch.add("negative", "Negate", total), 4, 2)
    power = at(sketch.add("exp", "Exp", negative), 0, 4.4)
    one = at(sketch.add("one", "Constant", value=1.0), 0, 5.4)
    more = at(sketch.add("plus_one", "Add", power, one), 1, 4.9)
    inverse = at(sketch.add("inverse", "Reciprocal", more), 2, 4.9)
    at(sketch.add("f", "Output", inverse), 3, 4.9)
    sketch.nodes = {name: replace(node, position=places[name]) for name, node in sketch.nodes.items()}
    project = sketch.project(
        "Sigmoid circuit",
        "One neuron, 1 / (1 + exp(−(w0·x0 + w1·x1 + w2))), taken apart into elementary steps, with the numbers of the "
        "lectures (Stanford CS231n, Karpathy 2015): it gives 0.73, and backpropagation finds 0.39 and −0.59 for the "
        "inputs. Look inside (Ctrl+9), Backpropagation step by step.",
        optimizer="SGD",
        lr=1.0,
    )
    note = Frame(
        "note1",
        "**Backpropagation by hand**\n\nValues go forward, gradients come back: each step multiplies what comes back "
        "by its own derivative. Look inside (Ctrl+9) → *Backpropagation step by step* walks through it.",
        True,
        "yellow",
        (COLUMN * 2.9, -0.3 * ROW),
        (COLUMN * 1.9, 150.0),
    )
    return replace(project, graph=replace(project.graph, frames={note.name: note}))
