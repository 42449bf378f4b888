"""Masks of time and frequency inside the net."""

from nodes.api import Built, Example, Int, Settings, Shape, ShapeError, Sheet, layer, module
from nodes.api.saves import NOTHING
from nodes.api.shapes import describe


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for row in range(6):
        for column in range(12):
            strength = 0.15 + 0.8 * ((row * 3 + column * column) % 7) / 7
            hidden = row == 2 or column in (5, 6)
            sheet.cell(36 + 14 * column, 8 + 14 * row, 14, 14, None if hidden else strength, 0.6)
    return "While training, a stretch of time and a band of frequencies are hidden. Afterwards nothing happens."


@layer(
    id="SpectrogramMask",
    name="Spectrogram mask",
    picture=_drawn,
    saves=NOTHING,
    values=lambda s, x: x,
    training_only=True,
    stem="mask",
    followed_by=["Standardize", "Conv2d"],
    formula="training: out = mean in a random stretch of frames and band of frequencies, else x;  afterwards: out = x",
    params=[
        Int("frames", 10, low=0, high=100_000, card=True, help="How many frames of time are hidden at most."),
        Int("bands", 8, low=0, high=100_000, card=True, help="How many bands of frequencies are hidden at most."),
    ],
    examples=[
        Example(inputs=[(1, 64, 101)], output=(1, 64, 101)),
        Example(inputs=[(2, 8, 21)], params={"frames": 100, "bands": 0}, output=(2, 8, 21)),
    ],
    words=["specaugment", "augment", "augmentation", "sound", "audio", "frequency", "time mask", "hide"],
)
def spectrogram_mask(x: Shape, *, frames: int, bands: int) -> Built:
    """Hides a random stretch of time and a random band of frequencies of each spectrogram while training, never more
    than half of either (Park et al. 2019). Stands behind the layer that makes the spectrogram. Does nothing when the
    trained network is used."""
    if x.dtype != "float" or x.rank != 3:
        raise ShapeError(
            f"This layer reads a spectrogram (channels, frequencies, time), but {describe(x)} arrives. Put it behind a "
            "Log-mel spectrogram."
        )
    return Built(module("modules.SpectrogramMask", frames, bands), output=x)
