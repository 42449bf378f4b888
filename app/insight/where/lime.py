"""LIME: a simple model of the net around one picture, over pieces of it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from app.insight.explanation import Explanation
from app.insight.tiles import NoPicture
from app.insight.where.method import PlaceMap


def pieces_of(picture: np.ndarray, about: int) -> np.ndarray:
    """About so many connected pieces of like colours, numbered from 0 without gaps: ``(height, width)``. Of a picture
    ``(channels, height, width)``, by SLIC (Achanta et al. 2012) of scikit-image; squares where that is not installed.
    """
    try:
        from skimage.segmentation import slic
    except ImportError:
        slic = None
    height, width = picture.shape[1:]
    if slic is None:
        side = max(1, round((height * width / about) ** 0.5))
        rows, columns = np.arange(height)[:, None] // side, np.arange(width)[None] // side
        found = rows * (columns.max() + 1) + columns
    else:
        # Colours are compared as Lab, from 0 to 100, and greys as they are, from 0 to 1.
        compactness = 10.0 if len(picture) == 3 else 0.1
        pixels = np.moveaxis(picture, 0, -1)
        found = slic(pixels, n_segments=about, compactness=compactness, channel_axis=-1, start_label=0)
    return np.unique(found, return_inverse=True)[1].reshape(height, width)


def lime(explained: Explanation, pieces: int = 40, samples: int = 300, seed: int = 0) -> PlaceMap:
    """How much each piece of the picture adds to the answer: pieces are covered at random, and a linear model with few
    pieces is fitted to the answers (Ribeiro, Singh and Guestrin 2016), by captum.

    Raises:
        NoPicture: if what is read is no picture.
    """
    from captum._utils.models.linear_model import SkLearnRidge
    from captum.attr import Lime

    picture = explained.picture
    if picture.dim() != 4:
        raise NoPicture("LIME covers pieces of a picture. Use saliency for lists of numbers.")
    parts = torch.from_numpy(pieces_of(picture[0].cpu().float().numpy(), pieces)).to(picture.device)
    mask = parts[None, None].expand_as(picture)

    def answers(pictures: Tensor) -> Tensor:
        return explained.plain_answers(pictures)

    with explained.undisturbed(), torch.no_grad():
        torch.manual_seed(seed)  # random numbers are as before behind ``undisturbed``
        found = Lime(answers, interpretable_model=SkLearnRidge(alpha=1.0)).attribute(
            picture, feature_mask=mask, baselines=float(picture.mean()), n_samples=samples, perturbations_per_eval=8
        )
    count = int(parts.max()) + 1
    says = (
        f"How much each of {count} pieces adds to the answer, by {samples} pictures with some of them covered: red "
        "pieces speak for it, blue ones against it."
    )
    return PlaceMap(found[0].mean(0, keepdim=True).detach(), True, says, "pieces that speak for {what}")
