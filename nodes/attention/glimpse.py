"""A piece of an image, at a place that the net chooses."""

from collections.abc import Sequence

from nodes.api import Built, Example, Float, Int, Settings, SetUpstream, Shape, ShapeError, Sheet, image, layer, module
from nodes.api.pictures import side
from nodes.api.saves import FLOAT, Saves
from nodes.api.shapes import describe, floats


def _drawn(sheet: Sheet, settings: Settings) -> str:
    cells = side(settings, "size", 12, 6)
    ink = lambda row, column: 0.7 if (row + column) % 3 == 0 and 1 < row < 6 and 3 < column < 8 else "pale"  # noqa: E731
    sheet.grid(30, 14, 8, 9, 9, ink)
    sheet.frame(54, 26, 50, 50)
    sheet.disc(79, 51, 2.5, "accent")
    sheet.arrow((118, 50), (146, 50), "accent")
    cell = 60 / cells
    sheet.grid(158, 20, cells, cells, cell, lambda row, column: 0.15 + 0.5 * ((row + column) % 3 == 0))
    return "A window reads few values, however large it is. Its middle and its size arrive with each image."


def _saved(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """Of each axis the distances, the deviations and the filters, and the image once it was read along one axis."""
    channels, height, width = arrived[0].sizes
    size: int = settings["size"]
    return FLOAT * (4 * size * (height + width) + channels * size * width)


@layer(
    id="Glimpse",
    name="Glimpse",
    picture=_drawn,
    outputs=("output", "window"),
    saves=Saves(inputs=True, extra=_saved),
    followed_by=["Flatten", "Conv2d"],
    formula="out[c] = Rows · x[c] · Columnsᵀ;  Rows[i, a] ∝ e^(−(a − µᵢ)² / 2σ²), µᵢ = middle + (i − (N − 1)/2) · δ, "
    "σ = δ/2, δ = longer side · share · e^z / N",
    params=[
        Int("size", 12, low=1, high=512, card=True, help="Rows and columns of values that are read, however large."),
        Float(
            "share",
            1.0,
            low=0.0,
            high=8.0,
            step=0.1,
            open_low=True,
            card=True,
            help="How much of the longer side a window has whose third number is 0.",
        ),
    ],
    examples=[
        Example(inputs=[(1, 28, 28), (3,)], outputs={"output": (1, 12, 12), "window": (4,)}),
        Example(
            inputs=[(3, 9, 14), (3,)], params={"size": 4, "share": 0.5}, outputs={"output": (3, 4, 4), "window": (4,)}
        ),
    ],
    words=["read window", "patch", "zoom", "look", "eye", "saccade", "fovea", "draw", "gaussian filters", "where"],
)
def glimpse(x: Shape, where: Shape, *, size: int, share: float) -> Built:
    """Reads a window of an image with a grid of Gaussian filters, so that gradients tell where to look (the reading of
    DRAW, Gregor et al. 2015). where holds three numbers: x and y of the middle, from −1 (left, top) to 1, and the
    logarithm of how much larger the window is than its usual share. A Tanh before it keeps them in bounds. The more is
    read, the coarser it is. window says the same as middle, width and height in shares of the image."""
    channels, height, width = image(x)
    if floats(where, "where").sizes != (3,):
        raise ShapeError(
            f"A glimpse is told by three numbers where to look: x, y and how much, but {describe(where)} arrives at "
            "where. Put a Linear layer with three outputs before it.",
            fixes=[SetUpstream("out_features", 3, port="where")] if where.rank == 1 else [],
            port="where",
        )
    call = module("modules.Glimpse", size, share) if share != 1 else module("modules.Glimpse", size)
    return Built(
        call.used_as("{output}, {window} = {layer}({x}, {where})"),
        outputs={"output": Shape((channels, size, size)), "window": Shape((4,))},
        multiply_adds=channels * size * width * (height + size),
    )
