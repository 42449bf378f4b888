"""The step that was taken last, weight by weight, while a training goes on; compared with the optimizer's own rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from app.training import last_step
from app.training.control import Control
from app.training.last_step import LastStep
from app.training.loop import train


def steps_of(optimizer: str, steps: int) -> tuple[list[LastStep], Any]:
    """The steps of a training that somebody follows, and the view of the last one."""
    own = (("SGD.momentum", 0.0),) if optimizer == "SGD" else ()
    recipe = Recipe(optimizer=optimizer, lr=0.05, epochs=steps, batch_size=1024, own=own)
    net = compile_net(load("mlp_digits"))
    samples = load_samples(net, recipe)
    control, found, seen = Control(), [], []

    def look(training: Any) -> None:
        updates = training.updates
        subject = Subject(training.net, training.model, samples, updates=updates)
        seen.append(views()["last_step"].pictures(Look(subject), {}))
        found.extend([updates.followed.last] if updates.followed.last is not None else [])

    control.ask(look)
    for event in train(net, recipe, control=control):
        if type(event).__name__ == "Probed":
            control.ask(look)
    return found, seen


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_a_step_of_the_training_is_told(optimizer: str) -> None:
    """Fails if the old weights are those after the step, the gradient is that of another step, or the rate is not that
    of the optimizer."""
    found, seen = steps_of(optimizer, 5)
    assert "would do" in seen[0][0].title  # the first look comes before the first step
    assert seen[1][0].title == "Step 1 of the training"
    assert found, seen
    numbers = [step.number for step in found]
    assert numbers == sorted(numbers)
    for step in found:
        assert set(step.old) == {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}
        assert set(step.rates.values()) == {0.05}
        assert set(step.optimizers.values()) == {optimizer}
        for name, old in step.old.items():
            moved = step.new[name] - old
            if optimizer == "SGD":
                torch.testing.assert_close(moved, -0.05 * step.gradients[name], rtol=1e-3, atol=1e-6)
            else:
                assert float(moved.abs().max()) <= 0.05 * 1.5
                assert bool(moved.any())
    (tiles,) = seen[-1]
    last = found[-1]
    assert tiles.labels[:4] == ("old weight", "gradient", "learning rate", "new weight")
    name = tiles.labels[4].partition("[")[0]
    at = np.unravel_index(int(last.gradients[name].abs().argmax()), last.gradients[name].shape)
    assert tiles.maps[0, :, 0] == pytest.approx(
        [last.old[name][at].item(), last.gradients[name][at].item(), 0.05, last.new[name][at].item()], rel=1e-5
    )
    wanted = "new weight = " if optimizer == "SGD" else "Adam moves it by"
    assert any(wanted in line for line in tiles.text)


@pytest.mark.parametrize("small", [True, False])
def test_nobody_looks_and_nothing_more_is_kept(small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if weights are copied at every step although nobody looks, a large net is copied at all, or the first step
    of a small one is not there for whoever looks after it."""
    if not small:
        monkeypatch.setattr(last_step, "SMALL", 100)
    net = compile_net(load("mlp_digits"))
    control, kept = Control(), []
    control.ask(lambda training: kept.append(training.updates.followed))
    list(train(net, Recipe(epochs=1, batch_size=512), control=control))
    assert (kept[0].last is not None) == small
    assert not small or kept[0].last.number == 1


def test_where_nothing_trains_a_step_on_some_samples_is_told() -> None:
    """Fails if it is not the step of plain torch, or a net that nothing trains ends in an error."""
    project = load("logistic_regression")
    net = compile_net(project)
    model = net.model(0)
    samples = load_samples(net, project.recipe)
    (tiles,) = views()["last_step"].pictures(Look(Subject(net, model, samples)), {})
    images = samples.fields["digits.image"]
    loss = torch.nn.functional.cross_entropy(model.eval()(images), samples.fields["digits.label"])
    weights = dict(model.named_parameters())
    for place, label in enumerate(tiles.labels[4:]):
        name, _, rest = label.partition("[")
        at = tuple(int(each) for each in rest.strip("]").split(","))
        (gradient,) = torch.autograd.grad(loss, weights[name], retain_graph=True)
        assert tiles.maps[0, :2, place] == pytest.approx([weights[name][at].item(), gradient[at].item()], rel=1e-4)
        assert gradient[at].abs().item() == pytest.approx(gradient.abs().max().item())
    circuit = compile_net(load("sigmoid_circuit"))
    with pytest.raises(NoPicture, match="Without a loss"):
        views()["last_step"].pictures(Look(Subject(circuit, circuit.model(0), Samples({}, ()))), {})
