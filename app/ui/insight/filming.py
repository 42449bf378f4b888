"""A film of a view over the epochs of a run, made in a job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.insight.poke import Poke, words_of
from app.insight.view import Subject
from app.jobs.messages import Picture
from app.training.position import At
from app.ui.insight.unwritten import UnwrittenFilm, saved_words
from app.ui.insight.views import ViewOf


class FilmOf:
    """Makes the pictures and writes the file; on the way it gives words on how far it is."""

    def __init__(
        self,
        subject: Callable[[At], Subject],
        epochs: Sequence[At],
        wish: ViewOf,
        path: Path,
        pokes: tuple[Poke, ...] = (),
    ) -> None:
        self._subject, self._epochs, self._wish, self._path = subject, tuple(epochs), wish, path
        self._pokes = pokes  # what is done to the net of each epoch before it is looked at

    def __call__(self) -> Iterator[Picture]:
        """
        Raises:
            ValueError: with a sentence, if no epoch can be shown, or there can be no film of this kind.
        """
        from app.core.storage.files import write_atomic
        from app.insight.tiles import NoPicture
        from app.insight.time.film import ENDINGS, FilmMoment, film, some_of, why_no_mp4

        ending = self._path.suffix.lower()
        path = self._path if ending in ENDINGS else self._path.with_name(f"{self._path.name}.gif")
        missing = why_no_mp4() if path.suffix.lower() == ".mp4" else None
        if missing is not None:
            raise NoPicture(missing)
        epochs = some_of(self._epochs)
        moments: list[FilmMoment] = []
        why: NoPicture | None = None
        for place, epoch in enumerate(epochs, 1):
            yield Picture("film", f"Film: picture {place} of {len(epochs)}…")
            try:
                moments.append(FilmMoment(epoch, self._wish.pictures(self._at(epoch))))
            except NoPicture as reason:
                why = reason
        if not moments:
            assert why is not None, "every epoch gives a picture or a reason"
            raise why
        yield Picture("film", "Film: writing it…")
        content = film(moments, path.suffix.lower())
        poked = f" Each epoch of it is poked: {words_of(self._pokes, 2)}." if self._pokes else ""
        try:
            write_atomic(path, content)
        except OSError as error:
            yield Picture("unwritten", UnwrittenFilm(path, content, error.strerror or str(error), poked))
        else:
            yield Picture("film", saved_words(path, poked))

    def _at(self, epoch: At) -> Subject:
        subject = self._subject(epoch)
        if not self._pokes:
            return subject
        from app.ui.insight.hands_on import hands_on

        return hands_on(subject, self._pokes)
