"""The recipe of a dream, kept in its own picture: what it takes to make it again.

A PNG file keeps it as a text chunk, a GIF file as its comment, an MP4 film not at all. A stranger's file is only read
as plain data: names, numbers and paths, which are checked like what is typed.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.insight.tiles import NoPicture
from nodes.api import cut

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

KEY = "netloom dream"
FORMAT = 1
_MOST_BYTES = 100_000  # of a recipe; ours have a few hundred
_MOST_STAGES = 64


@dataclass(frozen=True)
class DreamRecipe:
    """What a dream was made of. ``stages`` are settings of the view ``dream``, each with its ``node``: a dream whose
    wish was changed on the way has several, and each goes on with the picture of the one before. ``weights`` is a
    short sum of the weights, ``of`` the run or drawing as it was named."""

    stages: tuple[Mapping[str, Any], ...]
    of: str = ""
    weights: str = ""
    film: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """As it is kept."""
        said: dict[str, Any] = {"format": FORMAT, "of": self.of, "weights": self.weights}
        said["stages"] = [dict(stage) for stage in self.stages]
        if self.film:
            said["film"] = dict(self.film)
        return json.dumps(said, ensure_ascii=True)


def fingerprint(model: nn.Module) -> str:
    """A short sum of all weights: the same for the same weights."""
    found = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().flatten().view(_bytes()).numpy().tobytes())
    return found.hexdigest()[:16]


def _bytes() -> Any:
    import torch

    return torch.uint8


def with_recipe(pixels: np.ndarray, recipe: DreamRecipe | None) -> bytes:
    """What a PNG file of ``(h, w)`` or ``(h, w, 3)`` uint8 pixels with its recipe holds."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    if recipe is not None:
        about.add_text(KEY, recipe.text())
    content = io.BytesIO()
    # Of a large picture the last per cent of compression would take longer than the picture is worth waiting for.
    Image.fromarray(pixels).save(content, format="PNG", pnginfo=about, compress_level=6 if pixels.size < 2**22 else 2)
    return content.getvalue()


def read_recipe(path: Path | str) -> DreamRecipe:
    """The recipe in a picture or film that a dream was saved as.

    Raises:
        NoPicture: if the file cannot be read, or has none.
    """
    from PIL import Image, UnidentifiedImageError

    name = Path(path).name
    place = Path(path)
    if place.exists() and not place.is_file():
        raise NoPicture(f"{path} is no file. Name a picture that a dream was saved as.")
    try:
        with Image.open(place) as file:
            kept = file.info.get(KEY) or file.info.get("comment")
    except FileNotFoundError:
        raise NoPicture(f"There is no file {path}.") from None
    except UnidentifiedImageError:
        raise NoPicture(
            f"{name} is no picture, so no recipe of a dream is kept in it. Name a PNG or GIF file."
        ) from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NoPicture(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    if isinstance(kept, bytes):
        kept = kept.decode("utf-8", "replace")
    recipe = _read(kept) if isinstance(kept, str) and len(kept) <= _MOST_BYTES else None
    if recipe is None:
        raise NoPicture(f"{name} keeps no recipe of a dream. Only files that Netloom saved as dreams do.")
    return recipe


def _read(text: str) -> DreamRecipe | None:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        return None
    stages, film = said.get("stages"), said.get("film", {})
    if not isinstance(stages, list) or not 1 <= len(stages) <= _MOST_STAGES or not isinstance(film, dict):
        return None
    if not all(_plain(stage) and isinstance(stage.get("node"), str) for stage in stages) or not _plain(film):
        return None
    words = said.get("of", ""), said.get("weights", "")
    if not all(isinstance(word, str) for word in words):
        return None
    return DreamRecipe(tuple(stages), cut(words[0], 4000), cut(words[1], 64), film)


def _plain(said: object) -> bool:
    return isinstance(said, dict) and all(
        isinstance(key, str) and isinstance(value, str | int | float | bool) for key, value in said.items()
    )


def in_words(stages: Iterable[Mapping[str, Any]]) -> str:
    """What a dream was of, in a few words."""
    said: list[str] = []
    for stage in stages:
        channel = stage.get("channel", "all")
        node = str(stage["node"])
        words = str(stage.get("objective") or (node if channel == "all" else f"{node}:{channel}"))
        if not said or said[-1] != words:
            said.append(words)
    return cut(", then ".join(said), 80)
