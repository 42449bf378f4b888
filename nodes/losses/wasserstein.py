"""A loss that drives scores up or down."""

from nodes.api import Built, Choice, Curve, Example, Shape, expression, layer
from nodes.api.shapes import floats


@layer(
    id="WassersteinLoss",
    name="Wasserstein loss",
    curve=Curve([lambda x, s: x if s.get("wanted") == "low" else -x], -3, 3, "score", "loss"),
    role="loss",
    outputs=("loss",),
    formula="wanted high: loss = −mean(score);  wanted low: loss = mean(score)",
    params=[
        Choice(
            "wanted",
            "high",
            options=("high", "low"),
            card=True,
            help="Whether the scores should become high, as those of real samples, or low, as those of made ones.",
        )
    ],
    examples=[
        Example(inputs=[(1,)], outputs={"loss": ()}),
        Example(inputs=[()], params={"wanted": "low"}, outputs={"loss": ()}),
    ],
    words=["wgan", "critic", "gan", "judge", "earth mover", "mean score"],
)
def wasserstein(score: Shape, *, wanted: str) -> Built:
    """A judge's scores, high for real samples and low for made ones; the difference of their means is how far both are
    apart (Arjovsky et al. 2017). It has no end of its own, so the judge needs a gradient penalty or spectral norms."""
    floats(score, "score")
    return Built(expression(f"{'' if wanted == 'low' else '-'}{{score}}.mean()"), outputs={"loss": Shape(())})
