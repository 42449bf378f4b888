"""The device that a recipe asks for, and with how many bits it computes there."""

from __future__ import annotations

import warnings

import torch

from app.core.checks.problems import SetTraining
from app.core.graph.recipe import Recipe
from app.training.refusal import CannotTrain
from nodes.modules.has_bfloat16 import has_bfloat16


def device_for(recipe: Recipe) -> torch.device:
    """The device that the recipe asks for; ``auto`` takes a GPU if one really computes.

    Raises:
        CannotTrain: if CUDA is asked for and there is none.
    """
    if recipe.device == "cpu":
        return torch.device("cpu")
    reason = _why_no_cuda()
    if reason is None:
        return torch.device("cuda")
    if recipe.device == "auto":
        return torch.device("cpu")
    sentence = f"The recipe asks for a GPU (cuda), but {reason} Or set the device to auto or cpu."
    raise CannotTrain(sentence, fixes=(SetTraining("device", "auto"),))


def computes_with_16_bits(recipe: Recipe, device: torch.device) -> bool:
    """Whether the printed step computes layers with 16 bits on this device; where it would not pay, it does not."""
    if recipe.precision == "mixed-fp16":
        return device.type == "cuda"
    return recipe.precision == "mixed" and has_bfloat16(device)


def _why_no_cuda() -> str | None:
    if not torch.backends.cuda.is_built():
        return "this torch was installed without CUDA. Install the CUDA build of torch (see pytorch.org)."
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's advice on old drivers and GPUs; the sentence below says it plainly
        if not torch.cuda.is_available():
            return "no NVIDIA GPU was found. Check the driver with nvidia-smi."
        try:
            # A GPU that is listed may still be too old for this torch, or full.
            torch.ones(1, device="cuda").add_(1).item()
        except RuntimeError as error:
            return f"the GPU does not compute ({' '.join(str(error).split())[:120]})."
    return None
