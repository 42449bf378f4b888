"""What augmentations of sounds and series read."""

from __future__ import annotations

from nodes.api import Choice, Shape, ShapeError
from nodes.api.shapes import describe

TIME = Choice(
    "time",
    "auto",
    options=("auto", "first", "last"),
    label="time axis",
    help="Which axis of a sequence is the time: the first of (time, features), the last of a sound (channels, time). "
    "With auto, one or two rows that are longer are a sound. In a spectrogram it is the last one anyway.",
)


def series(x: Shape) -> None:
    """That ``x`` has a time axis: a list, a sequence or a spectrogram.

    Raises:
        ShapeError: if not.
    """
    if x.dtype != "float" or x.rank not in (1, 2, 3):
        raise ShapeError(
            f"This augmentation reads a sequence (time, features) or a spectrogram, but {describe(x)} arrives. Wire it "
            "to a sound or a time series."
        )


def with_features(x: Shape) -> None:
    """That ``x`` has an axis beside the time.

    Raises:
        ShapeError: if not.
    """
    if x.dtype != "float" or x.rank not in (2, 3):
        raise ShapeError(
            f"This augmentation reads a spectrogram (channels, frequencies, time) or a sequence, but {describe(x)} "
            "arrives. Wire it to data with several frequencies or features."
        )
