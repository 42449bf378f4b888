"""Local response normalization."""

from nodes.api import Built, Example, Float, Int, Settings, Shape, Sheet, differing, image, layer, module
from nodes.api.pictures import words_of
from nodes.api.saves import Saves, times


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for channel in range(7):
        near = abs(channel - 3) <= 1
        fill = "family" if channel == 3 else "pale" if near else None
        sheet.box(24 + 28 * channel, 34, 24, 34, fill)
    sheet.frame(78, 30, 84, 42)
    sheet.text(120, 88, f"channels, {words_of(settings, 'size', 5)} around each")
    return "A value is divided by how strong its neighbours in other channels are at the same pixel."


@layer(
    id="LocalResponseNorm",
    name="Local response norm",
    picture=_drawn,
    saves=Saves(inputs=True, extra=times(3)),
    stem="lrn",
    formula="out[c] = x[c] / (k + α/n · Σ x[c′]²)^β over the n channels c′ around c",
    params=[
        Int("size", 5, low=1, high=1024, label="neighbours", card=True, help="How many neighbouring channels compete."),
        Float("alpha", 1e-4, low=0.0, high=100.0, step=1e-4, help="How strong the neighbours' part is."),
        Float("beta", 0.75, low=0.0, high=10.0, step=0.05, help="The power to which the sum is raised."),
        Float("k", 1.0, low=0.0, high=1e3, step=0.5, open_low=True, help="Keeps the division away from zero."),
    ],
    examples=[
        Example(inputs=[(96, 27, 27)], output=(96, 27, 27)),
        Example(inputs=[(4, 3, 5)], params={"size": 2, "k": 2.0}, output=(4, 3, 5)),
    ],
    words=["lrn", "alexnet", "lateral inhibition", "normalisation"],
)
def local_response_norm(x: Shape, *, size: int, alpha: float, beta: float, k: float) -> Built:
    """Makes a value smaller where neighbouring channels answer strongly at the same place, so that channels compete.
    Known from AlexNet (Krizhevsky et al. 2012); today batch norm is used instead."""
    image(x)
    options = differing(alpha=(alpha, 1e-4), beta=(beta, 0.75), k=(k, 1.0))
    return Built(module("nn.LocalResponseNorm", size, **options), output=x, multiply_adds=x.values * (size + 1))
