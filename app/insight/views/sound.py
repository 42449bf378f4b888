"""A sound of the data, to be seen and heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Sound",
    "A sound of the data: its wave and its spectrogram, to be played or saved as WAV.",
    about="net",
    sample=True,
    group="More",
)
def sound(look: Look) -> tuple[Tiles, ...]:
    """The wave, and how loud each pitch is."""
    from app.insight.sound_pictures import sound_pictures

    return sound_pictures(look)
