"""The mean of the steps of a sequence."""

from nodes.api import Built, Example, Settings, Shape, Sheet, expression, layer
from nodes.api.saves import INPUTS
from nodes.api.shapes import kept_steps, sequence
from nodes.api.values import RAW, Values, pooled


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for step in range(5):
        sheet.box(30 + 26 * step, 34, 22, 32, 0.3 if step < 3 else "pale")
    sheet.arrow((166, 50), (196, 50), "accent")
    sheet.box(200, 34, 22, 32, 0.3)
    return "The mean of all steps; of those that keep says are real, where it is wired."


def _averaged(settings: Settings, x: Values, keep: Values | None = None) -> Values:
    """Weights that are not negative and add up to less than 1 lead towards 0; others lead anywhere."""
    return pooled(settings, x) if keep is None or keep.low >= 0 else RAW


@layer(
    id="MeanOverTime",
    name="Mean over time",
    picture=_drawn,
    saves=INPUTS,
    values=_averaged,
    followed_by=["Linear", "Dropout"],
    stem="mean",
    formula="out = Σ keep[t] · x[t] / Σ keep[t]",
    examples=[
        Example(inputs=[(20, 16)], output=(16,)),
        Example(inputs=[(20, 16), (20,)], output=(16,)),
    ],
    words=["average", "pooling", "bag of words", "mask", "sequence", "padding"],
)
def mean_over_time(x: Shape, keep: Shape | None = None) -> Built:
    """Averages each feature of a sequence over its steps. With keep, steps that only pad the sequence do not count."""
    time, features = sequence(x)
    kept_steps(keep, time)
    if keep is None:
        return Built(expression("{x}.mean(dim=1)"), output=(features,))
    total = "({x} * {keep}[:, :, None]).sum(dim=1)"
    return Built(expression(f"{total} / {{keep}}.sum(dim=1, keepdim=True).clamp(min=1)"), output=(features,))
