"""A film that is made and could not be written to its place: it is kept, so that nobody has to wait for it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.core.storage.files import write_atomic
from app.ui.dialogs import choose_file, not_saved
from app.ui.insight.saving import pictures_folder


@dataclass(frozen=True)
class UnwrittenFilm:
    """What its file was to hold, and why it could not be written. ``note`` is said of it once it is."""

    path: Path
    content: bytes
    reason: str
    note: str = ""


def write_elsewhere(parent: QWidget, film: UnwrittenFilm, said: Callable[[str], object]) -> None:
    """Say why the film is not there, and offer another place as often as that fails."""
    ending = film.path.suffix  # what the file holds is that kind, whatever name it gets now

    def write(path: Path) -> None:
        path = path if path.suffix.lower() == ending.lower() else path.with_name(f"{path.name}{ending}")
        try:
            write_atomic(path, film.content)
        except OSError as error:
            write_elsewhere(parent, replace(film, path=path, reason=error.strerror or str(error)), said)
        else:
            said(saved_words(path, film.note))

    def ask() -> None:
        place, kinds = pictures_folder() / film.path.name, f"Film (*{ending})"
        choose_file(parent, "Save the film elsewhere", place, kinds, write, saving=True, ending=ending[1:])

    not_saved(parent, "The film", film.path, film.reason, ask)


def saved_words(path: Path, note: str = "") -> str:
    """What is said of a film that is there."""
    return f"The film was saved as {path.name}.{note}"
