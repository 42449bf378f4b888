"""Random noise."""

from nodes.api import Built, Example, Float, Shape, layer, module
from nodes.api.shapes import floats


@layer(
    id="GaussianNoise",
    name="Gaussian noise",
    picture="noise",
    stem="noise",
    formula="training: out = x + std · noise, noise ~ N(0, 1);  afterwards: out = x",
    params=[
        Float("std", 0.1, low=0.0, high=1e3, step=0.05, card=True, label="deviation", help="How strong the noise is.")
    ],
    examples=[
        Example(inputs=[(84,)], output=(84,)),
        Example(inputs=[(1, 28, 28)], params={"std": 0.5}, output=(1, 28, 28)),
    ],
    words=["regularization", "overfitting", "denoising", "autoencoder", "random"],
)
def gaussian_noise(x: Shape, *, std: float) -> Built:
    """Adds random numbers to every value while training, so that small differences cannot be learned by heart. Does
    nothing when the trained network is used (Bishop 1995)."""
    return Built(module("modules.GaussianNoise", std), output=floats(x))
