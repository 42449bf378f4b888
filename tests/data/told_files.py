"""What tests of sources of pictures that something is said about share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from app.data import printed_functions
from tests.data.test_pictures import source_of


def as_printed(path: Path, kind: str, **settings: Any) -> dict[str, torch.Tensor]:
    """The fields that the lines of a training script give."""
    script, _ = printed_functions.script_of(source_of(path, settings, kind))
    space: dict[str, Any] = {}
    exec("\n".join(("import math", "import torch", *script.imports, *script.lines)), space)
    return {name: eval(expression, space) for name, expression in script.fields.items()}


def same(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    """Whether both give the same bits."""
    return set(one) == set(other) and all(
        torch.equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in one
    )


def noisy(path: Path, wide: int = 20, high: int = 16) -> Path:
    """A picture of noise, no two alike."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = sum(path.name.encode())
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (high, wide, 3), np.uint8)).save(path)
    return path
