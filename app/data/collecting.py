"""Samples that somebody collects: a folder for each class, a file for each picture or sound. No other is touched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LONGEST = 60
_SPLITS = ("train", "training", "val", "valid", "validation", "test", "testing")
_STRANGE = '<>:"/\\|?*'
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}


def why_no_class(word: str) -> str:
    """Why a class cannot be called so, in a sentence with the remedy; empty if it can."""
    word = word.strip()
    if not word:
        return "Say which class it is first."
    if len(word) > LONGEST:
        return f"The name of a class may have {LONGEST} letters at most. Use a shorter one."
    strange = [letter for letter in word if letter in _STRANGE or not letter.isprintable()]
    if strange:
        return f"The name of a class becomes that of a folder, which cannot have {strange[0]!r} in it. Leave it out."
    if word.startswith(".") or word.endswith("."):
        return "The name of a class cannot begin or end with a dot, because that of a folder cannot."
    if word.casefold() in _SPLITS:
        return f"A folder {word} is read as a part of the data and not as a class. Use another word."
    if word.split(".")[0].casefold() in _DEVICES:
        return f"No folder can be called {word} on every computer. Use another word."
    return ""


def keep(folder: Path, word: str, pixels: np.ndarray, kind: str = "drawn") -> Path:
    """Write a picture (h, w) or (h, w, 3) uint8 as a new file, such as ``cat/drawn 7.png``. One without colours becomes
    a grey one, so that among drawn digits it does not make all of them coloured.

    Raises:
        ValueError: with a sentence, if the class cannot be called so or nothing can be written there.
    """
    from PIL import Image

    if pixels.ndim == 3 and (pixels == pixels[:, :, :1]).all():
        pixels = pixels[:, :, 0].copy()

    return _keep(folder, word, f"{kind} ", ".png", lambda file: Image.fromarray(pixels).save(file, "PNG"))


def keep_sound(folder: Path, word: str, heard: np.ndarray, rate: int) -> Path:
    """Write sound (samples,) from −1 to 1 as a new file, such as ``yes/recorded 3.wav``. Raises as ``keep`` does."""
    import soundfile

    return _keep(
        folder, word, "recorded ", ".wav", lambda file: soundfile.write(file, heard, rate, "PCM_16", format="WAV")
    )


def _keep(folder: Path, word: str, kind: str, ending: str, write: Callable[[IO[bytes]], object]) -> Path:
    why_not = why_no_class(word)
    if why_not:
        raise ValueError(why_not)
    place = Path(folder) / word.strip()
    try:
        place.mkdir(parents=True, exist_ok=True)
        taken = {entry.name for entry in place.iterdir()}
        number = 1 + sum(name.startswith(kind) for name in taken)
        while f"{kind}{number}{ending}" in taken:
            number += 1
        target = place / f"{kind}{number}{ending}"
        with target.open("x+b") as file:  # never over a file that is there
            write(file)
    except OSError as error:
        raise ValueError(
            f"Nothing can be written to {place}: {error.strerror or error}. Choose another folder."
        ) from None
    return target


def collected(folder: Path) -> dict[str, int]:
    """How many files each class has; none where the folder is not there."""
    found = {}
    try:
        with os.scandir(folder) as entries:
            classes = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
        for word in classes:
            with os.scandir(Path(folder) / word) as entries:
                found[word] = sum(entry.name.lower().endswith((".png", ".jpg", ".jpeg", ".wav")) for entry in entries)
    except OSError:
        return found
    return found
