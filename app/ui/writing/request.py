"""What the Text panel asks of a net, and what it gets back. Carried out in jobs, next to the net; no Qt."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.insight.view import Subject

if TYPE_CHECKING:
    from app.training.writing.film import FilmFrame


@dataclass(frozen=True, eq=False)
class WritingState:
    """What the net writes now, behind the ``prompt``, and the film of its run. ``bits`` is a sentence, empty while a
    training runs."""

    now: FilmFrame
    film: tuple[FilmFrame, ...]
    prompt: str
    caption: str
    bits: str = ""


@dataclass(frozen=True)
class TextOf:
    """A text that the net writes. ``folder`` is that of the run whose film is shown, empty for
    none."""

    prompt: str
    temperature: float
    length: int
    seed: int
    folder: str = ""
    node: str | None = None

    def look(self, subject: Subject) -> WritingState:
        """Write it. While a training waits for it, as much as there is time for."""
        from app.insight.tiles import NoPicture
        from app.training.folder import read_metrics
        from app.training.writing.bits_per_character import bits_of
        from app.training.writing.film import frame_of, read_film
        from app.training.writing.sampling import write
        from app.training.writing.writer import writer_of
        from nodes.api import NoData

        started = time.thread_time()
        letters = []
        bits = ""
        try:
            writer = writer_of(subject.net)
            options = {"prompt": self.prompt, "temperature": self.temperature, "length": self.length, "seed": self.seed}
            for letter in write(writer, subject.model, **options):  # type: ignore[arg-type]
                letters.append(letter)
                if subject.seconds is not None and time.thread_time() - started > subject.seconds:
                    break
            folder = Path(self.folder) if self.folder else None
            if folder is not None and subject.seconds is None:
                metrics = read_metrics(folder, last=True)
                bits = bits_of(subject.net, metrics[-1] if metrics else {}).sentence
            bits = f"{writer.unknown(self.prompt)} {bits}".strip()
        except NoData as reason:
            if not letters:
                raise NoPicture(str(reason)) from None
        now = frame_of(letters, -1, 0)
        film = read_film(folder) if folder is not None else ()
        return WritingState(now, film, self.prompt, subject.caption, bits)
