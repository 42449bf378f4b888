"""The gradient at the picture, and means of it: saliency, SmoothGrad, integrated gradients."""

from __future__ import annotations

import torch

from app.insight.explanation import AT_ONCE, Explanation
from app.insight.where.method import SPEAKS, PlaceMap

# Values of small pictures that go through the net together; of 64 large ones the gradients alone would take gigabytes.
TOGETHER = 1_000_000


def saliency(explained: Explanation) -> PlaceMap:
    """The size of the gradient at the picture itself (Simonyan, Vedaldi and Zisserman 2014)."""
    with explained.undisturbed():
        found = explained.gradient(explained.picture)[0].abs()
    return PlaceMap(
        found, False, "Bright places change the answer most when they change a little.", "where {what} is sensitive"
    )


def smoothgrad(explained: Explanation, samples: int = 32, noise: float = 0.15, seed: int = 0) -> PlaceMap:
    """The size of the mean gradient over copies of the picture with noise (Smilkov et al. 2017). ``noise`` is its
    deviation as a share of the picture's range. The same seed gives the same map, however many go through at once."""
    picture = explained.picture
    span = float(picture.max() - picture.min()) or 1.0
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros_like(picture[0])
    with explained.undisturbed():
        for first in range(0, samples, AT_ONCE):
            count = min(AT_ONCE, samples - first)
            # Drawn one after the other, so that the split into batches changes nothing.
            drawn = torch.stack([torch.randn(picture.shape[1:], generator=generator) for _ in range(count)])
            total += explained.gradient(picture + noise * span * drawn.to(picture)).sum(0)
    says = f"The mean gradient of {samples} copies with noise: what is left does not hang on single pixels."
    return PlaceMap((total / samples).abs(), False, says, "where {what} is sensitive, without noise")


def integrated(explained: Explanation, steps: int = 64) -> PlaceMap:
    """Gradients summed on the way from a black picture to this one (Sundararajan, Taly and Yan 2017), computed by
    captum: they share out what the answer gained on the way."""
    from captum.attr import IntegratedGradients

    with explained.undisturbed():
        picture = explained.picture.detach().clone().requires_grad_()
        at_once = min(steps, max(AT_ONCE, TOGETHER // picture.numel()))
        found = IntegratedGradients(explained.answer).attribute(picture, n_steps=steps, internal_batch_size=at_once)
    return PlaceMap(found[0].detach(), True, f"Red places speak for {explained.what}, blue ones against it.", SPEAKS)
