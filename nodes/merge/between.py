"""Points on the line between two samples."""

from nodes.api import Built, Example, Settings, Shape, ShapeError, Sheet, Values, layer, module
from nodes.api.saves import NOTHING
from nodes.api.shapes import describe, floats
from nodes.api.values import raw_if_any


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.segment((44, 66), (196, 34), "soft", 1.4)
    for (x, y), word in (((44, 66), "x"), ((196, 34), "other")):
        sheet.disc(x, y, 4, "family")
        sheet.text(x, y - 14, word, "ink")
    sheet.disc(148, 44, 5, "accent")
    return "While training, a point anywhere on the line between the two samples; afterwards the one in the middle."


@layer(
    id="Between",
    name="Points between",
    picture=_drawn,
    saves=NOTHING,
    values=lambda s, *xs: Values(min(x.low for x in xs), max(x.high for x in xs), raw_if_any(*xs)),
    stem="between",
    backward="nothing: it begins a way back of its own, up to which a loss can ask for the gradient",
    formula="out = (1 − share) · x + share · other, share ~ U(0, 1) for each sample",
    examples=[
        Example(inputs=[(2,), (2,)], output=(2,)),
        Example(inputs=[(1, 28, 28), (1, 28, 28)], output=(1, 28, 28)),
        Example(inputs=[(1, 28, 28), None], output=(1, 28, 28)),
    ],
    words=["wgan-gp", "gradient penalty", "lipschitz", "line between samples"],
)
def between(x: Shape, other: Shape | None = None) -> Built:
    """A random point between each real sample and a made one: where a judge's gradient penalty looks (Gulrajani et al.
    2017). Without a second wire it is the sample itself, as the R1 penalty wants it (Mescheder et al. 2018)."""
    if other is not None and floats(other, "other").sizes != floats(x, "x").sizes:
        raise ShapeError(
            f"Between two samples of different shape there is no line, but {describe(x)} and {describe(other)} arrive. "
            "Make both the same size.",
            port="other",
        )
    return Built(module("modules.Between").starting(), output=floats(x))
