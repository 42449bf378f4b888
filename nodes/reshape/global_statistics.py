"""Mean and deviation of everything."""

from nodes.api import Built, Example, Misfit, Settings, Shape, Sheet, expression, layer
from nodes.api.saves import INPUTS
from nodes.api.shapes import describe, floats


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(24, 12, 4, 5, 18, lambda row, column: 0.2 + 0.18 * ((row * 3 + column * 2) % 5))
    sheet.text(69, 94, "time")
    for row, word in enumerate(("mean", "deviation")):
        sheet.arrow((118, 34 + 34 * row), (142, 34 + 34 * row), "accent")
        sheet.grid(148, 26 + 34 * row, 1, 4, 16, lambda r, c: 0.4 + 0.15 * c)
        sheet.text(180, 18 + 34 * row, word, "ink")
    return "For each feature the mean over time and how far the values lie from it."


@layer(
    id="GlobalStatistics",
    name="Global statistics",
    picture=_drawn,
    saves=INPUTS,
    followed_by=["Linear"],
    stem="statistics",
    formula="out = [mean over t, deviation over t] for each feature",
    examples=[
        Example(inputs=[(7, 5)], output=(10,)),
        Example(inputs=[(16, 8, 6)], output=(32,)),
        Example(inputs=[(4, 3, 8, 6)], output=(8,)),
    ],
    words=["mean", "deviation", "std", "statistics pooling", "x-vector", "global pooling"],
)
def global_statistics(x: Shape) -> Built:
    """Mean and deviation of each feature over all steps of a sequence, or of each channel over all places of an image.
    So voices of any length become a list of one length (Snyder et al. 2018)."""
    if floats(x).rank < 2:
        raise Misfit(
            f"Mean and deviation are taken over time or space, but {describe(x)} arrives. Wire it to a sequence or an "
            "image."
        )
    over = "1" if x.rank == 2 else str(tuple(range(2, x.rank + 1)))
    features = x.sizes[1] if x.rank == 2 else x.sizes[0]
    return Built(
        expression(f"torch.cat([{{x}}.mean({over}), {{x}}.std({over}, correction=0)], dim=1)"),
        output=(2 * features,),
        multiply_adds=x.values,
    )
