"""The fully connected layer."""

from nodes.api import RAW, Built, Example, Int, Settings, Shape, Sheet, Switch, differing, layer, module
from nodes.api.pictures import words_of
from nodes.api.shapes import flat


def _units(sheet: Sheet, left: float, inputs: int, right: float, outputs: int) -> None:
    ins = [(left, 14 + 72 * (place + 0.5) / inputs) for place in range(inputs)]
    outs = [(right, 14 + 72 * (place + 0.5) / outputs) for place in range(outputs)]
    for number, end in enumerate(outs):
        for start in ins:
            chosen = number == 0
            sheet.segment(start, end, "family" if chosen else "line", 1.8 if chosen else 0.9)
    for x, y in ins:
        sheet.disc(x, y, 7)
    for number, (x, y) in enumerate(outs):
        sheet.disc(x, y, 7, "family" if number == 0 else "pale")


def _drawn(sheet: Sheet, settings: Settings) -> str:
    _units(sheet, 60, 4, 170, 3)
    return f"Each of the {words_of(settings, 'out_features', 3)} outputs is a weighted sum of all inputs."


@layer(
    id="Linear",
    name="Fully connected",
    picture=_drawn,
    values=RAW,
    linear="sums",
    stem="fc",
    learns="weights",
    backward="the input gets Wᵀ · g, each weight what comes back at its output times its input, the bias g itself",
    formula="out = x · weightᵀ + bias",
    params=[
        Int("out_features", 10, low=1, label="outputs", card=True, help="How many sums to form."),
        Switch("bias", True, help="Adds one learned number to each sum."),
    ],
    examples=[
        Example(inputs=[(120,)], params={"out_features": 84}, output=(84,)),
        Example(inputs=[(7, 16)], params={"out_features": 4, "bias": False}, output=(7, 4)),
    ],
    words=["dense", "perceptron", "affine"],
)
def linear(x: Shape, *, out_features: int, bias: bool) -> Built:
    """Each output is a weighted sum of all inputs. The weights are learned. A sequence is treated step by step."""
    features = flat(x)
    weights: dict[str, tuple[int, ...]] = {"weight": (out_features, features)}
    if bias:
        weights["bias"] = (out_features,)
    steps = x.values // features
    return Built(
        module("nn.Linear", features, out_features, **differing(bias=(bias, True))),
        output=(*x.sizes[:-1], out_features),
        weights=weights,
        multiply_adds=steps * features * out_features,
    )
