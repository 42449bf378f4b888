"""The middle of an image."""

from nodes.api import (
    Built,
    Example,
    Pair,
    SetParam,
    Settings,
    Shape,
    ShapeError,
    Sheet,
    expression,
    image,
    layer,
    times,
)
from nodes.api.shapes import describe
from nodes.api.values import same


def _drawn(sheet: Sheet, settings: Settings) -> str:
    inside = lambda row, column: 0 < row < 4 and 0 < column < 4  # noqa: E731
    sheet.grid(34, 12, 5, 5, 15, lambda row, column: 0.6 if inside(row, column) else "pale")
    sheet.frame(49, 27, 45, 45)
    sheet.arrow((120, 50), (148, 50), "accent")
    sheet.grid(162, 28, 3, 3, 15, 0.6)
    return "The middle stays; as much is cut off on each side."


@layer(
    id="Crop",
    name="Crop",
    picture=_drawn,
    values=lambda s, x, like=None: same(s, x),
    formula="out = x[:, top : top + height, left : left + width]",
    params=[
        Pair(
            "size",
            24,
            low=1,
            high=100_000,
            card=True,
            help="Height and width of what stays; where an image is wired to like, its size counts instead.",
        )
    ],
    examples=[
        Example(inputs=[(3, 32, 32)], output=(3, 24, 24)),
        Example(inputs=[(3, 8, 7)], params={"size": (4, 2)}, output=(3, 4, 2)),
        Example(inputs=[(3, 9, 9), (5, 6, 7)], output=(3, 6, 7)),
    ],
    words=["center crop", "cut", "middle", "u-net", "slice"],
)
def crop(x: Shape, like: Shape | None = None, *, size: tuple[int, int]) -> Built:
    """Cuts the middle out of an image. With another image at like it takes that one's size, as the bridges of the first
    U-Net do (Ronneberger et al. 2015)."""
    channels, height, width = image(x)
    if like is not None and like.rank != 3:
        raise ShapeError(
            f"The image whose size is wanted belongs to like, but {describe(like)} arrives there.", port="like"
        )
    rows, columns = like.sizes[1:] if like is not None else size
    if rows > height or columns > width:
        fits = (min(rows, height), min(columns, width))
        raise ShapeError(
            f"{times((rows, columns))} places cannot be cut out of {describe(x)}. "
            + (f"Use {times(fits)}." if like is None else "Wire a larger image to x, or a smaller one to like."),
            fixes=[SetParam("size", fits)] if like is None else [],
        )
    top, left = (height - rows) // 2, (width - columns) // 2
    return Built(
        expression(f"{{x}}[:, :, {top}:{top + rows}, {left}:{left + columns}]"), output=(channels, rows, columns)
    )
