"""How much of a gradient reaches the first layer, compared with plain torch; and the experiment of the lectures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.insight.gradient_flow import GradientFlow, flow_tiles, flows, spread_words
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture
from app.insight.view import Look, Subject
from app.insight.views import views
from tests.insight.conftest import Trained


def test_norms_are_those_of_plain_torch(lenet: Trained) -> None:
    """Fails if layers are in another order, biases count, or several starts are mixed up."""
    batch = {"digits.image": lenet.images[:16], "digits.label": lenet.labels[:16]}
    other = lenet.net.model(5)
    (found,) = flows(lenet.net, [lenet.model, other], batch)
    assert found.loss == "loss"
    assert found.names == tuple(f"{name}.weight" for name in ("conv1", "conv2", "fc1", "fc2", "fc3"))
    for row, model in zip(found.norms, (lenet.model, other)):
        weights = dict(model.named_parameters())
        made = nn.functional.cross_entropy(model.eval()(batch["digits.image"]), batch["digits.label"])
        expected = torch.autograd.grad(made, [weights[name] for name in found.names])
        assert np.allclose(row, [float(each.double().norm()) for each in expected], rtol=1e-4)
    assert all(value.grad is None for value in lenet.model.parameters())


def test_the_gradient_vanishes_in_sigmoids_and_not_in_relus() -> None:
    """Fails if the template does not show what it is there for: with every sigmoid a good part of the gradient is
    lost, in every start; with ReLU it is not."""
    project = load("vanishing_gradient")
    net = compile_net(project)
    samples = load_samples(net, project.recipe)
    found = {flow.loss: flow for flow in flows(net, [net.model(seed) for seed in range(5)], samples.several())}
    assert list(found) == [*(f"sigm_{depth}" for depth in range(1, 6)), *(f"relu_{depth}" for depth in range(1, 6))]
    assert [len(found[f"sigm_{depth}"].names) for depth in range(1, 6)] == [2, 3, 4, 5, 6]
    for depth in range(2, 6):
        assert (found[f"sigm_{depth}"].ratios < 0.3 * found[f"sigm_{depth - 1}"].ratios).all(), depth
    assert (found["sigm_5"].ratios < 1e-3).all()
    assert (found["relu_5"].ratios > 1e-2).all()


def test_the_view_says_it_in_bars_and_a_map() -> None:
    """Fails if the view looks at one sample alone, or its pictures say another number than the flows."""
    project = load("vanishing_gradient")
    net = compile_net(project)
    model = net.model(0)
    samples = load_samples(net, project.recipe)
    view = views()["gradient_flow"]
    bars, table = view.pictures(Look(Subject(net, model, samples)), {})
    found = flows(net, [model], samples.several())
    assert bars.labels == tuple(flow.loss for flow in found)
    assert np.allclose(bars.maps.reshape(-1), [np.log10(flow.ratios[0]) for flow in found], atol=1e-5)
    assert "of sigm_5" in bars.note
    assert table.maps.shape == (1, 10, 6)
    assert table.maps[0, 4, 5] == pytest.approx(np.log10(found[4].norms[0, -1]), abs=1e-5)
    mean, _ = view.pictures(Look(Subject(net, model, samples)), {"starts": 3})
    assert "The mean of 3 starts" in mean.note
    assert mean.maps[0, 0, 4] < -3


def test_a_gradient_of_nothing_is_a_picture_too() -> None:
    """Fails if a dead layer gives an infinite power of ten, which no picture can show."""
    dead = GradientFlow("loss", ("a.weight", "b.weight"), np.array([[0.0, 0.5]]))
    bars, table = flow_tiles([dead], "Now.")
    assert np.isfinite(bars.maps).all()
    assert np.isfinite(table.maps).all()
    assert "−30" in spread_words([dead]) or "to −" in spread_words([dead])


def test_a_single_layer_has_no_way_to_show() -> None:
    """Fails if a net of one layer gives an empty chart."""
    project = load("logistic_regression")
    net = compile_net(project)
    samples = load_samples(net, project.recipe)
    with pytest.raises(NoPicture, match="two or more layers"):
        flows(net, [net.model(0)], samples.several())
