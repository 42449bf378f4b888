"""A border."""

from nodes.api import (
    Built,
    Choice,
    Example,
    Fix,
    Float,
    Misfit,
    SetParam,
    Settings,
    Shape,
    Sheet,
    Sizes,
    expression,
    layer,
)
from nodes.api.saves import NOTHING
from nodes.api.shapes import describe


def _drawn(sheet: Sheet, settings: Settings) -> str:
    fills = lambda row, column: 0.5  # noqa: E731
    sheet.grid(36, 28, 3, 3, 15, fills)
    sheet.arrow((94, 50), (128, 50), "accent")
    sheet.grid(142, 12, 5, 5, 15, lambda row, column: 0.5 if 0 < row < 4 and 0 < column < 4 else None)
    return "A border is put around; what was inside stays as it is."


@layer(
    id="Pad",
    name="Pad",
    picture=_drawn,
    saves=NOTHING,
    formula="out = x with a border",
    params=[
        Sizes(
            "pad",
            (1, 1, 1, 1),
            low=0,
            high=4096,
            most=6,
            card=True,
            label="border",
            help="Places added before and behind each axis, last axis first: left, right, top, bottom of an image.",
        ),
        Choice(
            "mode",
            "constant",
            options=("constant", "reflect", "replicate", "circular"),
            help="What the border holds: one value, the mirrored inside, the values at the edge, or the other side.",
        ),
        Float("value", 0.0, help="The value of a constant border."),
    ],
    examples=[
        Example(inputs=[(3, 8, 6)], output=(3, 10, 8)),
        Example(inputs=[(3, 8, 6)], params={"pad": (2, 0), "value": 1.0}, output=(3, 8, 8)),
        Example(inputs=[(7, 5)], params={"pad": (0, 0, 3, 0)}, output=(10, 5)),
        Example(inputs=[(3, 8, 6)], params={"mode": "reflect"}, output=(3, 10, 8)),
        Example(inputs=[(7, 5)], params={"pad": (1, 1), "mode": "circular"}, output=(7, 7)),
    ],
    words=["border", "padding", "margin", "zero pad"],
)
def pad(x: Shape, *, pad: tuple[int, ...], mode: str, value: float) -> Built:
    """Adds a border around an image, or steps before and behind a sequence."""
    axes = len(pad) // 2
    if x.dtype != "float" or not x.rank:
        raise Misfit(f"A border goes around lists, sequences and images of numbers, but {describe(x)} arrives.")
    if len(pad) % 2 or axes > x.rank:
        wanted = min((len(pad) + 1) // 2, x.rank)
        whole = (*pad, 0)[: 2 * wanted]
        raise Misfit(
            f"The border needs two numbers for each axis, before and behind, and at most {2 * x.rank} because "
            f"{describe(x)} arrives, but it has {len(pad)}.",
            fixes=[SetParam("pad", whole)],
        )
    sizes = list(x.sizes)
    for place in range(axes):
        index = x.rank - 1 - place
        before, behind = pad[2 * place : 2 * place + 2]
        if mode in ("reflect", "circular"):
            most = x.sizes[index] - (1 if mode == "reflect" else 0)
            if max(before, behind) > most:
                # All axes at once, so that one click is enough.
                room = [side - (1 if mode == "reflect" else 0) for side in reversed(x.sizes)]
                held = tuple(min(number, room[n // 2]) for n, number in enumerate(pad))
                fixes: list[Fix] = [SetParam("pad", held), SetParam("mode", "replicate")]
                raise Misfit(
                    f"A border of {max(before, behind)} taken from the inside needs more than the {x.sizes[index]} "
                    f"places of {describe(x)}. Use {most} at most, or the mode replicate.",
                    fixes=fixes,
                )
        sizes[index] += before + behind
    if mode != "constant" and axes < x.rank - 1:
        # torch takes such borders only for all axes, or all but the channels.
        whole = (*pad, *[0] * (2 * (x.rank - 1 - axes)))
        raise Misfit(
            f"A border of the mode {mode} needs two numbers for each axis behind the channels, {2 * (x.rank - 1)} in "
            f"all because {describe(x)} arrives, but it has {len(pad)}. Use 0 where no border should be.",
            fixes=[SetParam("pad", whole)],
        )
    printed = f"nn.functional.pad({{x}}, {pad!r}"
    if mode != "constant":
        printed += f', mode="{mode}"'
    elif value:
        printed += f", value={value!r}"
    return Built(expression(f"{printed})"), output=tuple(sizes))
