"""Evaluation for a while."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from app.core.compile.modes import evaluating


def some_model() -> nn.Module:
    """A part that trains, one that does not, and a recurrent layer with dropout."""
    model = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(4), nn.GRU(4, 3, num_layers=2, dropout=0.5))
    model.train()
    model[1].eval()
    return model


@pytest.mark.parametrize("gradients", [False, True])
def test_modes_are_as_before(gradients: bool) -> None:
    """Fails if somebody who looks at a net changes how it trains on, also when looking ends with an error."""
    model = some_model()
    during = []

    def look() -> None:
        with evaluating(model, gradients):
            during.extend(module.training for module in model)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        look()
    assert during == [False, False, gradients]
    assert [module.training for module in model] == [True, False, True]
    assert model[2].dropout == 0.5


def test_a_recurrent_layer_that_is_differentiated_says_the_same() -> None:
    """Fails if dropout between the layers acts while derivatives are asked for."""
    layer = nn.LSTM(4, 3, num_layers=2, dropout=0.9)
    x = torch.randn(5, 2, 4)
    wanted = layer.eval()(x)[0]
    with evaluating(layer, gradients=True):
        assert layer.training
        assert torch.equal(layer(x)[0], wanted)
    assert not layer.training
