"""Which steps of a text are real and which only pad it."""

from nodes.api import Built, Example, Int, Settings, Shape, ShapeError, Sheet, expression, layer
from nodes.api.saves import NOTHING
from nodes.api.shapes import describe


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for step, word in enumerate("4 9 2 0 0".split()):
        real = word != "0"
        sheet.box(40 + 34 * step, 18, 30, 24, "family" if real else "pale")
        sheet.text(55 + 34 * step, 30, word, "ink")
        sheet.arrow((55 + 34 * step, 44), (55 + 34 * step, 58), "accent")
        sheet.text(55 + 34 * step, 70, "1" if real else "0", "ink", bold=True)
    return "1 where a step is real, 0 where it only pads the text."


@layer(
    id="PaddingMask",
    name="Padding mask",
    picture=_drawn,
    saves=NOTHING,
    stem="keep",
    formula="keep[t] = 1 if x[t] ≠ padding, else 0",
    params=[Int("padding", 0, low=0, high=10_000_000, label="padding", help="The number that pads.")],
    examples=[
        Example(inputs=[Shape((12,), "int", classes=30)], output=(12,)),
        Example(inputs=[Shape((5,), "int")], params={"padding": 3}, output=(5,)),
    ],
    words=["mask", "lengths", "packing", "pad", "keep", "variable length"],
)
def padding_mask(x: Shape, *, padding: int) -> Built:
    """Tells the steps of a text that are real (1) from those that only pad it (0). Wire it to keep of a recurrent
    layer, an attention or a mean over time: padding then changes no number."""
    if x.dtype != "int" or x.rank != 1:
        raise ShapeError(f"This layer reads a text of whole numbers, but {describe(x)} arrives. Wire it to the data.")
    return Built(expression(f"({{x}} != {padding}).float()"), output=x.sizes)
