"""Writes the pictures of a view to a file that somebody has chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


def kinds_of(shown: Sequence[Tiles]) -> str:
    """The kinds of files that these pictures can become, as a file dialog lists them."""
    kinds = ["PNG picture (*.png)", "Numbers for numpy (*.npz)"]
    if any(tiles.layout != "grid" for tiles in shown):
        kinds.insert(1, "SVG drawing (*.svg)")
    if any(tiles.number is not None or tiles.text for tiles in shown):
        kinds.append("Text (*.txt)")
    return ";;".join(kinds)


def pictures_folder() -> Path:
    """Where the dialogs begin: in the folder for pictures, if there is one."""
    place = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation))
    return place if place.is_dir() else Path.home()


def write(shown: Sequence[Tiles], path: Path) -> tuple[bool, str, str]:
    """Write the pictures as PNG, or by the ending in another form. Whether that was done, a few words, and a sentence
    about what these pictures are not.

    Raises:
        OSError: if the file cannot be written.
    """
    from app.core.storage.files import write_atomic
    from app.insight.saved_pictures import ENDINGS, saved
    from app.insight.tiles import NoPicture

    target = path if path.suffix.lower() in ENDINGS else path.with_name(path.name + ".png")
    try:
        content = saved(shown, target.suffix)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, content)
    except NoPicture as reason:
        missing = "text" if target.suffix.lower() == ".txt" else "lines"
        return False, f"Not saved: no {missing} here.", str(reason)
    return True, f"Saved as {target.name}", ""
