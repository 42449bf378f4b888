"""Ways back on which a ReLU lets only positive signals through: guided backpropagation and the deconvolution net."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from app.insight.explanation import Explanation
from app.insight.tiles import NoPicture
from app.insight.where.method import PlaceMap

RECTIFIERS: tuple[type[nn.Module], ...] = (nn.ReLU, nn.ReLU6)
OTHERS: tuple[type[nn.Module], ...] = (
    nn.LeakyReLU,
    nn.PReLU,
    nn.ELU,
    nn.SELU,
    nn.GELU,
    nn.SiLU,
    nn.Softplus,
    nn.Sigmoid,
    nn.Tanh,
)


class _Guided(torch.autograd.Function):
    """Back goes what is positive, where the value was positive, too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, top: float) -> Tensor:
        ctx.save_for_backward((x > 0) & (x < top))
        return x.clamp(0, top)

    @staticmethod
    def backward(ctx: Any, signal: Tensor) -> tuple[Tensor, None]:
        (open_,) = ctx.saved_tensors
        return signal.clamp(min=0) * open_, None


class _Deconvolved(torch.autograd.Function):
    """Back goes what is positive, wherever it comes from."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, top: float) -> Tensor:
        return x.clamp(0, top)

    @staticmethod
    def backward(ctx: Any, signal: Tensor) -> tuple[Tensor, None]:
        return signal.clamp(min=0), None


class _Rectifier(nn.Module):
    def __init__(self, function: Callable[[Tensor, float], Tensor], top: float) -> None:
        super().__init__()
        self._function, self._top = function, top

    def forward(self, x: Tensor) -> Tensor:
        return self._function(x, self._top)


def guided(explained: Explanation) -> PlaceMap:
    """Guided backpropagation (Springenberg et al. 2015)."""
    found, words = _back(explained, _Guided.apply)
    says = f"What excites the answer, seen through ReLUs that hold back whatever weakens it.{words}"
    return PlaceMap(found, True, says, "what excites {what}")


def deconvolution(explained: Explanation) -> PlaceMap:
    """The deconvolution net (Zeiler and Fergus 2014): the layers backwards, with ReLU on the way back and each maximum
    put back to where it came from, which is what the gradient of a max pooling does."""
    found, words = _back(explained, _Deconvolved.apply)
    return PlaceMap(
        found, True, f"The answer led back through the layers, with ReLU on the way back.{words}", "{what} led back"
    )


def _back(explained: Explanation, function: Callable[[Tensor, float], Tensor]) -> tuple[Tensor, str]:
    """The signal at the picture, and a word on functions that stay as they are.

    Raises:
        NoPicture: if the net has no ReLU: then this would be the plain gradient under another name.
    """
    model = copy.deepcopy(explained.model)
    others = sorted({type(each).__name__ for each in model.modules() if isinstance(each, OTHERS)})
    count = 0
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, RECTIFIERS):
                setattr(parent, name, _Rectifier(function, 6.0 if isinstance(child, nn.ReLU6) else float("inf")))
                count += 1
    if not count:
        had = f" ({', '.join(others)} stay as they are)" if others else ""
        raise NoPicture(f"This net has no ReLU, so there is nothing to guide{had}. Use saliency instead.")
    asked = replace(explained, model=model)
    with asked.undisturbed():
        found = asked.gradient(asked.picture)[0]
    return found, f" {', '.join(others)} let everything through as usual." if others else ""
