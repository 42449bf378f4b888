"""The way back of a max pooling."""

from nodes.api import (
    Built,
    Example,
    Pair,
    SetParam,
    Settings,
    Shape,
    ShapeError,
    Sheet,
    brief,
    expression,
    image,
    layer,
    times,
)
from nodes.api.saves import Saves
from nodes.api.shapes import describe
from nodes.api.values import pooled


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(34, 26, 2, 2, 24, lambda row, column: 0.3 + 0.2 * (2 * row + column))
    sheet.arrow((96, 50), (134, 50), "accent")
    spots = {(0, 1): 0.3, (1, 2): 0.5, (3, 0): 0.7, (2, 3): 0.9}
    sheet.grid(146, 12, 4, 4, 19, spots)
    return "Each value returns to the place where the largest stood; all others become 0."


@layer(
    id="MaxUnpool2d",
    name="Max unpooling",
    picture=_drawn,
    saves=Saves(extra=lambda arrived, left, settings: 8 * arrived[0].values),
    values=lambda s, x, like: pooled(s, x),
    stem="unpool",
    formula="out[c, p] = x[c, i, j] where p is the place of the largest value of like in window i, j; else 0",
    params=[
        Pair(
            "kernel_size",
            2,
            low=1,
            high=1024,
            label="window",
            card=True,
            help="The window of the max pooling whose way back this is; its windows lie side by side.",
        )
    ],
    examples=[
        Example(inputs=[(16, 4, 4), (16, 8, 8)], output=(16, 8, 8)),
        Example(inputs=[(2, 2, 3), (2, 7, 9)], params={"kernel_size": 3}, output=(2, 7, 9)),
    ],
    words=["unpooling", "deconvolution", "decoder", "segnet", "switches", "zeiler"],
)
def max_unpool2d(x: Shape, like: Shape, *, kernel_size: tuple[int, int]) -> Built:
    """Puts each value back to the place that won in a max pooling. Wire to like what went into that pooling: it says
    where the largest values stood, and how large the result is (Zeiler et al. 2011)."""
    channels, *sides = image(x)
    if like.rank != 3 or like.dtype != "float":
        raise ShapeError(
            f"The image that was pooled belongs to like, but {describe(like)} arrives there. Wire the input of the "
            "max pooling to it.",
            port="like",
        )
    before = like.sizes
    wanted = (before[0], before[1] // kernel_size[0], before[2] // kernel_size[1])
    if wanted != x.sizes:
        window = tuple(side // small for side, small in zip(before[1:], sides) if small)
        fits = (
            before[0] == channels
            and len(window) == 2
            and all(size >= 1 and side // size == small for size, side, small in zip(window, before[1:], sides))
        )
        raise ShapeError(
            f"With windows of {times(kernel_size)}, an image {like.tuple_text} is pooled to {wanted}, but "
            f"{describe(x)} arrives. Use the window of the pooling, and wire what went into it to like.",
            fixes=[SetParam("kernel_size", window)] if fits else [],
        )
    size = brief(kernel_size)
    won = f"nn.functional.max_pool2d({{like}}, {size}, return_indices=True)[1]"
    call = expression(f"nn.functional.max_unpool2d({{x}}, {won}, {size}, output_size={{like}}.shape[2:])")
    return Built(call, output=before)
