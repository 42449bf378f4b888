"""How far back nets remember, against plain torch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.insight.recall import recalled
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from app.training import batches


def test_curves_are_those_of_plain_torch() -> None:
    """Fails if distances are counted from the wrong end, nets are mixed up, or samples of the training are measured."""
    project = load("echo")
    data = project.graph.nodes["numbers"]
    few = replace(data, params={**data.params, "samples": 300, "steps": 6})
    project = replace(project, graph=project.graph.with_nodes(few))
    net = compile_net(project)
    model = net.model(1)
    found = recalled(Subject(net, model, Samples({}, ())), "validation")
    joined = batches.joined(net.plan)
    recipe = project.recipe
    _, kept, _ = batches.divide(net.plan, joined, recipe.validation, recipe.seed, recipe.test)
    fields = dict(batches.DeviceData(joined, torch.device("cpu")).at(kept))
    given = fields["numbers.input"].clone().requires_grad_()
    marks = given[..., 1].detach()
    back = 5 - marks.argmax(1)
    assert torch.equal(back, fields["numbers.back"])
    assert found.samples == len(kept)
    assert found.names == ("loss_rnn", "loss_gru", "loss_lstm")
    for place, cell in enumerate(("rnn", "gru", "lstm")):
        output = getattr(model, cell)(given)[0][:, -1]
        told = getattr(model, f"told_{cell}")(output)
        (slope,) = torch.autograd.grad(told.sum(), given)
        size = slope.norm(dim=2).mean(0)
        assert np.allclose(found.gradients[place], [float(size[5 - steps]) for steps in range(6)], rtol=1e-4)
        for steps in range(6):
            chosen = back == steps
            right, said = fields["numbers.target"][chosen, 0], told.detach()[chosen, 0]
            expected = 1 - ((said - right) ** 2).mean() / right.var(correction=0)
            assert found.recalled[place, steps] == pytest.approx(float(expected), rel=1e-4)


def test_a_plain_net_forgets_what_a_gated_one_keeps() -> None:
    """Fails if the template does not show what it is there for: before any training, the gradient of the plain cell
    fades over forty steps far more than that of the first step."""
    project = load("echo")
    net = compile_net(project)
    model = net.model(project.recipe.seed)
    memory, faded = views()["memory_curve"].pictures(Look(Subject(net, model, Samples({}, ()))), {})
    assert memory.labels == faded.labels == ("rnn", "gru", "lstm")
    assert memory.maps.shape == (1, 3, 40)
    rnn = faded.maps[0, 0]
    assert rnn[39] < rnn[0] - 3


def test_a_net_that_repeats_nothing_says_so() -> None:
    """Fails if a net without such data ends in a traceback."""
    net = compile_net(load("mlp_digits"))
    with pytest.raises(NoPicture, match="Echo of a number"):
        views()["memory_curve"].pictures(Look(Subject(net, net.model(0), Samples({}, ()))), {})
