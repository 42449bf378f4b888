"""Samples mixed with others, and their labels with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Example, Float, Settings, Shape, Sheet, augmentation
from nodes.api.shapes import floats

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(14, 27, 4, 4, 12, {(row, 1): "family" for row in range(4)})
    sheet.text(72, 51, "+", "ink", bold=True)
    sheet.grid(84, 27, 4, 4, 12, {(2, col): "family" for col in range(4)})
    sheet.arrow((138, 51), (162, 51), "accent")
    mixed = {(row, 1): 0.7 for row in range(4)} | {(2, col): 0.3 for col in range(4)} | {(2, 1): 1.0}
    sheet.grid(170, 27, 4, 4, 12, mixed)
    return "Two samples laid over each other; the label says how much of each there is."


@augmentation(
    id="Mixup",
    name="Mixup",
    reads=floats,
    picture=_drawn,
    params=[
        Float(
            "alpha",
            0.2,
            low=0.01,
            high=100.0,
            step=0.1,
            card=True,
            help="How evenly samples are mixed: small leaves most of them nearly as they are, 1 takes any share alike, "
            "large takes half and half.",
        ),
        Float(
            "p",
            1.0,
            low=0.0,
            high=1.0,
            step=0.1,
            label="probability",
            help="The share of samples that are mixed.",
        ),
    ],
    examples=[
        Example(
            inputs=[(1, 8, 8), Shape((), "int", classes=10)],
            outputs={"output": (1, 8, 8), "label": Shape((10,), classes=10)},
        ),
        Example(inputs=[(20, 3), (2,)], params={"alpha": 1.0}, outputs={"output": (20, 3), "label": (2,)}),
    ],
    words=["augment", "blend", "soft labels", "interpolate"],
    formula="x = λ·x₁ + (1−λ)·x₂,  y = λ·y₁ + (1−λ)·y₂,  λ ~ Beta(α, α)",
)
def mixup(values: Tensor, targets: Tensor, generator: Generator, *, alpha: float, p: float) -> tuple[Tensor, Tensor]:
    """Lays another sample of the batch over each sample, and mixes their labels in the same share, while training. A
    label becomes a probability for each class, which Cross-entropy reads; numbers are mixed as they are. Wire the data
    and the label through it. The check and the exported model see samples as they are, and whole labels."""
    import torch

    count = len(values)
    other = torch.randperm(count, generator=generator).to(values.device)
    # Beta(alpha, alpha); torch.distributions has it too, but takes no generator.
    share = torch._sample_dirichlet(torch.full((count, 2), alpha), generator)[:, 0]
    share = torch.where(torch.rand(count, generator=generator) < p, share, 1.0).to(values)
    mixed = []
    for each in (values, targets):
        own = share.view(-1, *[1] * (each.dim() - 1))
        mixed.append(own * each + (1 - own) * each[other])
    return mixed[0], mixed[1]
