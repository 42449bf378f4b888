"""What follows from a layer, as rows of a word and its value: shapes in and out, parameters, multiply-adds."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from app.core.any_length import steps_counted_at
from app.core.graph.model import Node
from app.core.graph.recipe import Recipe
from app.core.graph.roles import role_of
from app.core.inference import NodeReport
from app.core.memory import of_node, size_text
from app.ui.labels import TintedLabel
from nodes.api import Shape
from nodes.api.shapes import times

MOST_WEIGHTS = 2  # tensors that are listed in full; a transformer layer has sixteen
BYTES_PER_WEIGHT = 4  # float32, which is what torch makes unless told otherwise


def shape_words(shape: Shape) -> str:
    """A shape with the word for its kind: ``6×28×28 image``; of a sequence it says which number is which."""
    if not shape.sizes:
        return f"{shape}, {shape.classes} classes" if shape.classes else str(shape)
    if shape.kind == "sequence":
        return f"{shape} sequence (time × features)"
    return f"{shape} {shape.kind}"


def size_words(weights: int) -> str:
    """How much memory so many weights take: ``0.24 MiB``."""
    size = weights * BYTES_PER_WEIGHT
    for limit, unit in ((2**30, "GiB"), (2**20, "MiB")):
        if size >= limit / 100:
            return f"{size / limit:.2f} {unit}"
    if 0 < size < 2**10 / 10:
        return f"{size} bytes"
    return f"{size / 2**10:.1f} KiB" if size else "0 MiB"


def count_words(number: int) -> str:
    """A large number short: ``0.8 M``, ``4.1 G``; small ones in full."""
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if number >= limit / 10:
            return f"{number / limit:.1f} {unit}"
    return f"{number:,}"


def rows_of(node: Node, report: NodeReport, recipe: Recipe) -> list[tuple[str, str, str]]:
    """Word, value and tooltip of everything that is known of one layer."""
    batch = recipe.batch_size
    rows = []
    single = sum(len(shapes) for shapes in report.inputs.values()) == 1
    for port, shapes in report.inputs.items():
        for shape in shapes:
            tip = f"What arrives at {port}, without the batch. {_with_batch(shape, batch)}"
            rows.append(("in" if single else port, shape_words(shape), tip))
    for port, shape in report.outputs.items():
        word = "out" if len(report.outputs) == 1 else port
        tip = f"What leaves at {port}, without the batch. {_with_batch(shape, batch)}"
        rows.append((word, shape_words(shape), tip))
    if report.built is not None and report.built.about:
        rows.append(("data", report.built.about, "How many samples there are, before any are held out"))
    if (report.built is not None or report.inner is not None) and role_of(node) == "layer":
        values = sum(shape.values for shape in report.outputs.values()) * node.repeat
        steps = steps_counted_at(report)
        counted = f" for {steps}" if steps else ""
        rows.append(("values", f"{values:,}{counted}", "Numbers that leave here, for one sample"))
        rows.append(("parameters", *_weights(node, report)))
        if report.multiply_adds:
            tip = "Multiplications with an addition, for one sample"
            rows.append(("multiply-adds", f"{report.multiply_adds:,}{counted}", tip))
        rows.append(("to train", *_memory(node, report, recipe)))
    return rows


def _with_batch(shape: Shape, batch: int) -> str:
    """``With a batch of 32: 32×6×28×28.``"""
    return f"With a batch of {batch:,}: {times((batch, *shape.sides))}."


def _weights(node: Node, report: NodeReport) -> tuple[str, str]:
    if node.shares is not None:
        return f"those of {node.shares}", "This layer has no weights of its own; it uses those of another"
    if not report.parameters:
        return "none", "Nothing is learned here"
    parts = report.built.weights if report.built is not None else {}
    named = [f"{name} {times(sizes) if sizes else '1'}" for name, sizes in parts.items()]
    shown = named[:MOST_WEIGHTS] + ([f"and {len(named) - MOST_WEIGHTS} more"] if len(named) > MOST_WEIGHTS else [])
    repeated = f", {node.repeat:,} times" if node.repeat > 1 else ""
    listed = f" ({', '.join(shown)}{repeated})" if shown else ""
    tip = " + ".join(named) + repeated
    return f"{report.parameters:,}{listed}", f"{tip}, {size_words(report.parameters)}".removeprefix(", ")


def _memory(node: Node, report: NodeReport, recipe: Recipe) -> tuple[str, str]:
    """What this layer adds to the memory of a training."""
    memory = of_node(node, report, recipe)
    samples = "1 sample" if memory.batch == 1 else f"{memory.batch:,} samples"
    parts = [
        (memory.weights, "weights"),
        (memory.gradients, "gradients"),
        (memory.optimizer, recipe.optimizer),
        (memory.values, f"values of {samples}"),
    ]
    there = [(size, what) for size, what in parts if size]
    # One part alone is the sum: its size is not said twice.
    words = ", ".join(f"{what} {size_text(size)}" if len(there) > 1 else what for size, what in there)
    tip = (
        "Memory that this layer takes in a training: its weights, a gradient for each, what the optimizer remembers, "
        "and the values that it makes of a batch"
    )
    return (f"{size_text(memory.total)}: {words}" if words else "nothing of its own"), tip


class FactsTable(QWidget):
    """Two columns of text that can be selected and copied."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._labels: list[tuple[TintedLabel, TintedLabel]] = []

    def show_rows(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Show these rows; labels are used again, because this happens with every edit."""
        while len(self._labels) < len(rows):
            word, value = TintedLabel("", "text.soft"), TintedLabel("", "text", wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            line = len(self._labels)
            self._grid.addWidget(word, line, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, line, 1)
            self._labels.append((word, value))
        for index, (word, value) in enumerate(self._labels):
            used = index < len(rows)
            if used:
                texts = rows[index]
                word.setText(texts[0])
                value.setText(texts[1])
                word.setToolTip(texts[2])
                value.setToolTip(texts[2])
                value.setAccessibleName(f"{texts[0]}: {texts[1]}")
            word.setVisible(used)
            value.setVisible(used)
