"""The source that the README shows: rows of numbers from a file."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from unittest.mock import patch

from app.core.graph.model import Graph, Project, Wire
from nodes.api import Layer, registry
from tests.support.drawings import chain, node

README = Path(__file__).parents[2] / "README.md"


def example_text() -> str:
    """The file as the README shows it."""
    section = README.read_text(encoding="utf-8").partition("## Write a source in 25 lines")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


@contextmanager
def example_source(folder: Path) -> Iterator[Layer]:
    """The layer that this file declares, in the palette as long as the block runs."""
    file = folder / "number_rows.py"
    file.write_text(example_text(), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("nodes.sources.number_rows", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with among_ours(module.ROWS):
        yield module.ROWS


@contextmanager
def among_ours(layer: Layer) -> Iterator[None]:
    """A layer in the palette, as if its file lay in ``nodes``."""
    every = MappingProxyType({**registry.ours(), layer.id: layer})
    with patch.object(registry, "ours", lambda: every):
        registry.layers.cache_clear()
        yield
    registry.layers.cache_clear()


def write_rows(path: Path, rows: int = 60, columns: int = 3) -> Path:
    """A file of numbers, whose last column is the sum of the others."""
    numbers = [[((7 * row + 3 * column) % 10) / 10 for column in range(columns - 1)] for row in range(rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(",".join(f"{n}" for n in [*each, round(sum(each), 3)]) for each in numbers) + "\n")
    return path


def rows_net(path: Path | str) -> Project:
    """A net that learns from the file."""
    graph = Graph.of(
        [
            node("rows", "NumberRows", path=str(path)),
            node("fc1", "Linear", out_features=8),
            node("tanh1", "Tanh"),
            node("fc2", "Linear", out_features=1),
            node("loss", "MSELoss"),
        ],
        [*chain("rows.x", "fc1", "tanh1", "fc2", "loss.prediction"), Wire("rows", "y", "loss", "target")],
    )
    return Project("Rows", graph=graph)
