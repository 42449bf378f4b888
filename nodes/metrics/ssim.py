"""The structural similarity of pictures."""

from __future__ import annotations

from nodes.api import Counted, metric
from nodes.metrics._span import SPAN

_SIDE = 11  # of the window, whose weights fall off with a deviation of 1.5 dots
_FIRST = (
    f"reach = min({_SIDE // 2}, *(size - 1 for size in truth.shape[-2:]))",
    "places = torch.arange(-reach, reach + 1, dtype=torch.double, device=truth.device)",
    "bell = torch.exp(-(places / 1.5).square() / 2)",
    "window = (bell.outer(bell) / bell.sum().square())[None, None]",
    'a, b = (torch.nn.functional.pad(each.double(), [reach] * 4, "reflect") for each in (prediction, truth))',
    "near = torch.conv2d(torch.stack([a, b, a * a, b * b, a * b]).flatten(0, 2).unsqueeze(1), window)",
    "a, b, aa, bb, ab = near.reshape(5, *truth.shape)",
)


@metric(id="ssim", name="SSIM", params=[SPAN], reads="pictures")
def ssim(*, data_range: float) -> Counted:
    """How alike pictures are to an eye: brightness, contrast and structure, compared in a small window around every dot
    (Wang et al. 2004). 1 is the same picture. The mean of all pictures, whose edges are mirrored outwards."""
    small, less = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    alike = f"(2 * a * b + {small!r}) * (2 * (ab - a * b) + {less!r})"
    whole = f"((a * a + b * b + {small!r}) * (aa - a * a + bb - b * b + {less!r}))"
    sums = {"alike": f"({alike} / {whole}).flatten(1).mean(1).sum()", "pictures": "len(truth)"}
    return Counted(sums, "{alike}.item() / {pictures}", first=_FIRST)
