"""How far a normal distribution is from the standard one."""

from nodes.api import Built, Curve, Example, Shape, ShapeError, expression, layer
from nodes.api.shapes import describe, floats


@layer(
    id="GaussianKLLoss",
    name="KL of a code",
    reads={"mean": "numbers", "log_variance": "numbers"},
    least=0.0,
    stem="kl",
    curve=Curve([lambda x, s: 0.5 * x * x], -3, 3, "mean, where the variance is 1", "loss"),
    role="loss",
    outputs=("loss",),
    formula="loss = ½ · Σ (mean² + variance − log variance − 1), mean over the batch",
    examples=[
        Example(inputs=[(16,), (16,)], outputs={"loss": ()}),
        Example(inputs=[(4, 7, 7), (4, 7, 7)], outputs={"loss": ()}),
    ],
    words=["kullback", "leibler", "variational", "vae", "prior", "latent", "code"],
)
def gaussian_kl(mean: Shape, log_variance: Shape) -> Built:
    """How far the normal distribution of a code lies from the one with mean 0 and variance 1. It keeps the codes of a
    variational autoencoder close together, so that new ones can be drawn (Kingma and Welling 2013)."""
    if floats(mean, "mean").sizes != floats(log_variance, "log_variance").sizes:
        raise ShapeError(
            f"Mean and logarithm of the variance belong together value by value, but {describe(mean)} and "
            f"{describe(log_variance)} arrive. Make both the same size."
        )
    call = expression("0.5 * ({mean}.square() + {log_variance}.exp() - {log_variance} - 1).sum() / len({mean})")
    return Built(call, outputs={"loss": Shape(())})
