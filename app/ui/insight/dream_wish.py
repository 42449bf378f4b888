"""What the dream panel asks for: a dream that may go on with a picture, and a film into one. Carried out in jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.insight.view import Subject, ViewStep
from app.insight.views import views
from app.training.position import At, at_short
from app.ui.insight.unwritten import UnwrittenFilm
from app.ui.insight.views import ViewOf

if TYPE_CHECKING:
    import numpy as np

FRAMES, ZOOM, EACH = 60, 1.04, 6


@dataclass(frozen=True)
class DreamOf(ViewOf):
    """A dream. ``going_on`` is the picture that an earlier one had come to; ``made`` is told what it was made with.
    ``epoch`` is the kept moment whose weights dream, None for the newest."""

    epoch: At | None = None
    going_on: np.ndarray | None = field(default=None, compare=False, repr=False)
    made: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def steps(self, subject: Subject) -> Iterator[ViewStep]:
        from app.insight.dream.recipes import fingerprint
        from app.insight.dream.wish import dreamt

        # Of a copy that was poked the recipe does not tell all: it must not pass for the net itself.
        self.made["weights"] = "poked" if subject.untouched is not None else fingerprint(subject.model)
        of = str(subject.folder or "")
        self.made["of"] = f"{of}@{at_short(self.epoch)}" if of and self.epoch is not None else of
        settings = views()["dream"].settings(dict(self.settings))
        yield from dreamt(self._look(subject), settings, self.going_on)


@dataclass(frozen=True)
class FilmOfDream(ViewOf):
    """A film that goes ever deeper into a picture, written to ``path`` in the end; gives how far it is."""

    start: np.ndarray | None = field(default=None, compare=False, repr=False)
    path: Path = Path()
    recipe: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    note: str = ""
    ends: list[UnwrittenFilm | None] = field(default_factory=list, compare=False, repr=False)

    @property
    def written(self) -> bool:
        """Whether the file is there."""
        return self.ends == [None]

    @property
    def unwritten(self) -> UnwrittenFilm | None:
        """The film, if it is made and its file could not be written."""
        return self.ends[0] if self.ends else None

    def steps(self, subject: Subject) -> Iterator[ViewStep]:
        """
        Raises:
            NoPicture: if there can be no film of it.
        """
        import numpy as np

        from app.core.storage.files import write_atomic
        from app.insight.dream import films
        from app.insight.dream.recipes import DreamRecipe
        from app.insight.tiles import NoPicture, Tiles
        from app.insight.time.film import ENDINGS, why_no_mp4

        assert self.start is not None, "a film begins with a picture"
        ending = self.path.suffix.lower()
        if ending not in ENDINGS:
            raise NoPicture(f"A film is a .gif or an .mp4 file, not {ending or 'one without an ending'}.")
        missing = why_no_mp4() if ending == ".mp4" else None
        if missing is not None:
            raise NoPicture(missing)
        settings = views()["dream"].settings(dict(self.settings))
        made: list[np.ndarray] = []
        look = self._look(subject)
        for number, image in enumerate(films.zoom(look, settings, self.start, FRAMES, ZOOM, EACH), 1):
            made.append(films.frame_of(image))
            colours = "rgb" if image.ndim == 3 else "gray"
            tiles = Tiles(image[None].astype(np.float32), 0.0, 1.0, colours, "film")  # type: ignore[arg-type]
            yield ViewStep(number, FRAMES, (tiles,))
        recipe = (
            DreamRecipe(**self.recipe, film={"of": "zoom", "frames": FRAMES, "zoom": ZOOM}) if self.recipe else None
        )
        content = films.film_bytes(made, ending, comment=recipe.text() if recipe else "")
        try:
            write_atomic(self.path, content)
        except OSError as error:
            self.ends.append(UnwrittenFilm(self.path, content, error.strerror or str(error), self.note))
        else:
            self.ends.append(None)
