"""Evaluation for a while: how a model is asked something in the middle of its training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(model: nn.Module, gradients: bool = False) -> Iterator[None]:
    """Evaluation mode inside; afterwards every module has its own mode again.

    ``gradients`` says that derivatives will be asked for. On a GPU recurrent layers give them in training mode only
    (cuDNN keeps nothing for them otherwise), so these stay in it, without the dropout between their layers, which is
    all that the mode changes in what they compute.
    """
    modes = [(module, module.training) for module in model.modules()]
    recurrent = [module for module, _ in modes if isinstance(module, nn.RNNBase)] if gradients else []
    dropouts = [module.dropout for module in recurrent]
    try:
        if any(training for _, training in modes):  # else not: setting 200 modules takes as long as some layers
            model.eval()
        for layer in recurrent:
            layer.training, layer.dropout = True, 0.0
        yield
    finally:
        for module, training in modes:
            if module.training != training:
                module.training = training
        for layer, dropout in zip(recurrent, dropouts):
            layer.dropout = dropout
