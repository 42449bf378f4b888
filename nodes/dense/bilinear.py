"""The bilinear layer."""

from nodes.api import RAW, Built, Example, Int, Settings, Shape, ShapeError, Sheet, Switch, differing, layer, module
from nodes.api.shapes import describe, flat


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for place in range(3):
        sheet.disc(66 + 26 * place, 12, 7)
        sheet.disc(34, 38 + 24 * place, 7)
    sheet.grid(54, 28, 3, 3, 24, lambda row, column: 0.2 + 0.12 * ((2 * row + column) % 5))
    sheet.arrow((132, 64), (174, 64), "accent")
    sheet.disc(186, 64, 9, "family")
    return "Each pair of an input of the one and an input of the other has a weight; all together give one output."


@layer(
    id="Bilinear",
    name="Bilinear",
    picture=_drawn,
    values=RAW,
    learns="weights",
    formula="out[o] = bias[o] + Σ input1[i] · weight[o, i, j] · input2[j]",
    params=[
        Int("out_features", 10, low=1, label="outputs", card=True, help="How many sums to form."),
        Switch("bias", True, help="Adds one learned number to each sum."),
    ],
    examples=[
        Example(inputs=[(20,), (30,)], params={"out_features": 40}, output=(40,)),
        Example(inputs=[(7, 4), (7, 3)], params={"out_features": 2, "bias": False}, output=(7, 2)),
    ],
    words=["dense", "product", "two inputs", "relation"],
)
def bilinear(input1: Shape, input2: Shape, *, out_features: int, bias: bool) -> Built:
    """Each output is a weighted sum of all products of a number from the first input with one from the second. It
    learns how well two things go together."""
    first, second = flat(input1, "input1"), flat(input2, "input2")
    if input1.sizes[:-1] != input2.sizes[:-1]:
        raise ShapeError(
            f"Bilinear pairs its two inputs step by step, but {describe(input1)} and {describe(input2)} arrive. "
            "Wire it to two lists, or to two sequences of the same length."
        )
    weights: dict[str, tuple[int, ...]] = {"weight": (out_features, first, second)}
    if bias:
        weights["bias"] = (out_features,)
    steps = input1.values // first
    # torch takes numbers with the bits of the weight alone, also under autocast, where other layers give 16 bits.
    arriving = (f"{{{port}}}.type_as({{layer}}.weight)" for port in ("input1", "input2"))
    made = module("nn.Bilinear", first, second, out_features, **differing(bias=(bias, True)))
    return Built(
        made.used_as(f"{{output}} = {{layer}}({', '.join(arriving)})"),
        output=(*input1.sizes[:-1], out_features),
        weights=weights,
        multiply_adds=steps * out_features * first * (second + 1),
    )
