"""Dropout of whole channels."""

from nodes.api import Built, Example, Float, Shape, image, layer, module


@layer(
    id="Dropout2d",
    name="Dropout 2-D",
    picture="dropout_2d",
    formula="training: out[c] = x[c] · mask[c] / (1 − p);  afterwards: out = x",
    params=[
        Float(
            "p", 0.5, low=0.0, high=1.0, step=0.05, card=True, label="drop rate", help="Share of channels set to zero."
        )
    ],
    examples=[
        Example(inputs=[(16, 8, 8)], output=(16, 8, 8)),
        Example(inputs=[(3, 4, 5)], params={"p": 0.2}, output=(3, 4, 5)),
    ],
    words=["regularization", "overfitting", "spatial", "channels"],
)
def dropout2d(x: Shape, *, p: float) -> Built:
    """Sets whole channels of an image to zero while training. Neighbouring values of an image are so alike that single
    zeros would not matter. Does nothing when the trained network is used (Tompson et al. 2015)."""
    image(x)
    return Built(module("nn.Dropout2d", p), output=x)
