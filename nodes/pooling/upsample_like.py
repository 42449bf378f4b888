"""The size of another image."""

from nodes.api import Built, Choice, Example, Settings, Shape, ShapeError, Sheet, expression, image, layer
from nodes.api.saves import NOTHING
from nodes.api.shapes import describe
from nodes.api.values import pooled


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(26, 36, 2, 2, 14, lambda row, column: 0.2 + 0.25 * (2 * row + column))
    sheet.grid(80, 22, 3, 3, 18, "pale")
    sheet.text(107, 90, "like")
    sheet.arrow((142, 50), (164, 50), "accent")
    sheet.grid(172, 22, 3, 3, 18, lambda row, column: 0.2 + 0.25 * (2 * (2 * row // 3) + 2 * column // 3))
    return "The image gets the height and width of the other one; its values are repeated or blended."


@layer(
    id="UpsampleLike",
    name="Upsample like",
    picture=_drawn,
    saves=NOTHING,
    values=lambda s, x, like: pooled(s, x),
    followed_by=["Concat", "Add", "Conv2d"],
    stem="upsample",
    formula="nearest: out[c, i, j] = x[c, ⌊i·h / H⌋, ⌊j·w / W⌋];  bilinear: a weighted mean of the four nearest",
    params=[
        Choice(
            "mode",
            "nearest",
            options=("nearest", "bilinear"),
            help="Repeats each value, or passes smoothly from one to the next.",
        ),
    ],
    examples=[
        Example(inputs=[(16, 7, 7), (8, 14, 14)], output=(16, 14, 14)),
        Example(inputs=[(3, 4, 5), (1, 9, 6)], params={"mode": "bilinear"}, output=(3, 9, 6)),
    ],
    words=["resize", "enlarge", "interpolate", "u-net", "decoder", "skip"],
)
def upsample_like(x: Shape, like: Shape, *, mode: str) -> Built:
    """Brings an image to the height and width of another one, whatever they are, so that both can be joined. The way up
    in nets such as U-Net needs it where sizes are odd."""
    channels = image(x)[0]
    if like.rank != 3:
        raise ShapeError(
            f"The image whose size is wanted belongs to like, but {describe(like)} arrives there.", port="like"
        )
    printed = f'nn.functional.interpolate({{x}}, size={{like}}.shape[2:], mode="{mode}")'
    return Built(expression(printed), output=(channels, *like.sizes[1:]))
