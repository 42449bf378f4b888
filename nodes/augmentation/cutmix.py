"""Pictures with a part of others pasted in, and their labels mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Example, Float, Settings, Shape, Sheet, augmentation, image

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(14, 27, 4, 4, 12, {(row, 1): "family" for row in range(4)})
    sheet.text(72, 51, "+", "ink", bold=True)
    sheet.grid(84, 27, 4, 4, 12, {(2, col): "family" for col in range(4)})
    sheet.frame(108, 39, 24, 24)
    sheet.arrow((138, 51), (162, 51), "accent")
    mixed = {(row, 1): "family" for row in range(4)} | {(2, 2): "family", (2, 3): "family"}
    sheet.grid(170, 27, 4, 4, 12, mixed)
    sheet.frame(194, 39, 24, 24)
    return "A rectangle of another picture is pasted in; the label says how much of each there is."


@augmentation(
    id="CutMix",
    name="CutMix",
    reads=image,
    picture=_drawn,
    params=[
        Float(
            "alpha",
            1.0,
            low=0.01,
            high=100.0,
            step=0.1,
            card=True,
            help="How large the rectangles are: small takes nearly nothing or nearly all, 1 takes any share alike, "
            "large takes about half.",
        ),
        Float(
            "p",
            1.0,
            low=0.0,
            high=1.0,
            step=0.1,
            label="probability",
            help="The share of pictures into which something is pasted.",
        ),
    ],
    examples=[
        Example(
            inputs=[(1, 8, 8), Shape((), "int", classes=10)],
            outputs={"output": (1, 8, 8), "label": Shape((10,), classes=10)},
        ),
        Example(inputs=[(3, 6, 9), (2,)], outputs={"output": (3, 6, 9), "label": (2,)}),
    ],
    words=["augment", "paste", "soft labels", "cut mix"],
)
def cutmix(images: Tensor, targets: Tensor, generator: Generator, *, alpha: float, p: float) -> tuple[Tensor, Tensor]:
    """Pastes a rectangle of another picture of the batch into each picture, and mixes their labels by the area, while
    training. A label becomes a probability for each class, which Cross-entropy reads. Wire the data and the label
    through it. The check and the exported model see pictures as they are, and whole labels."""
    import torch

    count, _, height, width = images.shape
    other = torch.randperm(count, generator=generator).to(images.device)
    # Beta(alpha, alpha); torch.distributions has it too, but takes no generator.
    share = torch._sample_dirichlet(torch.full((count, 2), alpha), generator)[:, :1]
    drawn = torch.rand(3, count, 1, generator=generator)
    pasted = (drawn[0] < p)[:, :, None]
    for side, middle, axis in ((height, drawn[1], 2), (width, drawn[2], 1)):
        half = side * (1 - share).sqrt() / 2
        cells = torch.arange(side) + 0.5
        inside = (cells - middle * side).abs() < half
        pasted = pasted & inside.unsqueeze(axis)
    pasted = pasted.to(images.device)
    kept = 1 - pasted.to(images.dtype).mean((1, 2))  # what is left, where a rectangle lies partly outside
    kept = kept.view(-1, *[1] * (targets.dim() - 1)).to(targets.dtype)
    mixed = torch.where(pasted[:, None], images[other], images)
    return mixed, kept * targets + (1 - kept) * targets[other]
