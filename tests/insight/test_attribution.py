"""What a layer's answer depends on, and how a picture fools a net."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.insight.adversarial import attack
from app.insight.attribution import attribution
from app.insight.pictures import render
from app.insight.tiles import NoPicture
from tests.insight.conftest import Trained
from tests.support.drawings import block_net


@pytest.mark.parametrize(("name", "channel"), [("fc3", 3), ("fc3", 8), ("fc1", 5)])
def test_integrated_gradients_share_out_the_whole_answer(lenet: Trained, name: str, channel: int) -> None:
    """Fails if the parts do not add up to what the answer gained on the way from black (completeness)."""
    tiles = attribution(lenet.net, lenet.model, lenet.images, name, channel, sample=3)

    def answer(image: torch.Tensor) -> float:
        return float(lenet.net.capture(lenet.model, (image,), [name])[name][0, channel])

    gained = answer(lenet.images[3:4]) - answer(torch.zeros(1, 1, 32, 32))
    assert tiles.maps.sum() == pytest.approx(gained, abs=0.03 * max(1.0, abs(gained)))
    assert tiles.low == -tiles.high
    assert tiles.source is not None


def test_saliency_is_the_size_of_the_gradient(lenet: Trained) -> None:
    """Fails if captum is asked for something else, or for another class."""
    tiles = attribution(lenet.net, lenet.model, lenet.images, "fc3", 7, method="saliency", sample=2)
    image = lenet.images[2:3].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(lenet.model(image)[0, 7], image)
    assert np.allclose(tiles.maps, gradient[0].abs().numpy(), atol=1e-6)
    assert tiles.low == 0


def test_without_a_choice_it_explains_what_the_net_says(lenet: Trained) -> None:
    """Fails if the default is not the strongest class."""
    said = int(lenet.model(lenet.images[5:6]).argmax())
    tiles = attribution(lenet.net, lenet.model, lenet.images, sample=5)
    assert tiles.title == f"fc3: what speaks for class {said}"
    named = attribution(lenet.net, lenet.model, lenet.images, sample=5, labels=[f"no. {i}" for i in range(10)])
    assert named.title == f"fc3: what speaks for class no. {said}"


def test_maps_inside_blocks_and_colours_are_explained() -> None:
    """Fails if three channels of the picture are not added up, or only class scores work."""
    net = compile_net(block_net())
    model, images = net.model(seed=0).eval(), torch.rand(2, 3, 12, 12)
    tiles = attribution(net, model, images, "first/conv", 2, sample=1)
    assert tiles.maps.shape == (1, 12, 12)
    assert tiles.source is not None
    assert tiles.source.shape == (12, 12, 3)
    both = torch.stack([images[1], torch.zeros(3, 12, 12)])
    picture, black = net.capture(model, (both,), ["first/conv"])["first/conv"][:, 2].mean((1, 2))
    assert tiles.maps.sum() == pytest.approx(float(picture - black), abs=1e-3)
    assert render(tiles).shape[1] == 960


def test_explaining_leaves_no_trace(mlp: Trained, untouched_random_numbers: None) -> None:
    """Fails if captum leaves a hook, a gradient, another mode, or drew random numbers."""
    model = mlp.net.model(seed=0).train()
    images = mlp.images.clone()
    for method in ("integrated", "saliency"):
        attribution(mlp.net, model, images, method=method)  # type: ignore[arg-type]
    attack(mlp.net, model, images)
    assert all(module.training for module in model.modules())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in model.modules())
    assert torch.equal(images, mlp.images)
    assert not images.requires_grad


@pytest.mark.parametrize(
    ("name", "channel", "sentence"),
    [("fc3", 99, "no channel 99; it has 10"), ("loss", None, "loss is a loss"), ("conv9", None, "no layer conv9")],
)
def test_what_does_not_exist_is_said(lenet: Trained, name: str, channel: int | None, sentence: str) -> None:
    """Fails if captum's own words reach the student."""
    with pytest.raises(NoPicture, match=sentence):
        attribution(lenet.net, lenet.model, lenet.images, name, channel)


def test_a_net_without_classes_says_so() -> None:
    """Fails if an autoencoder is asked for the class it thinks of."""
    net = compile_net(load("autoencoder_digits"))
    model, images = net.model(seed=0), torch.rand(1, 1, 8, 8)
    with pytest.raises(NoPicture, match="no class scores"):
        attribution(net, model, images)
    with pytest.raises(NoPicture, match="no class scores"):
        attack(net, model, images)
    assert attribution(net, model, images, "encode", 3).maps.shape == (1, 8, 8)


def test_captum_waits_for_its_first_use() -> None:
    """Fails if everybody who looks inside waits 1.5 s for captum."""
    modules = "app.insight.attribution, app.insight.adversarial, app.insight.views"
    code = f"import sys, {modules}; print('captum' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2], capture_output=True)
    assert run.stdout.strip() == b"False"


# Adversarial pictures


def test_the_change_is_small_and_works_against_the_class(lenet: Trained) -> None:
    """Fails if a value moves too far or leaves 0..1, or the change helps the class it should work against."""
    fooled = 0
    for sample in range(12):
        made = attack(lenet.net, lenet.model, lenet.images, sample=sample, epsilon=0.15)
        assert np.abs(made.after - made.before).max() <= 0.15 + 1e-6
        assert made.after.min() >= 0
        assert made.after.max() <= 1
        assert np.array_equal(made.before, lenet.images[sample].numpy())
        with torch.no_grad():
            before, after = (
                lenet.model(torch.from_numpy(picture)[None]).softmax(1)[0] for picture in (made.before, made.after)
            )
        assert after[made.label] <= before[made.label]
        assert made.said_after == int(after.argmax())
        assert made.probability_after == pytest.approx(float(after.max()), abs=1e-5)
        fooled += made.fooled
    assert fooled >= 5


def test_the_surest_answer_can_be_attacked(lenet: Trained) -> None:
    """Fails if the gradient of a net that is sure (p = 1.0) rounds to zero, so that nothing moves."""
    model = lenet.net.model(seed=0)
    model.load_state_dict(lenet.model.state_dict())
    with torch.no_grad():
        for name in ("weight", "bias"):
            model.get_parameter(f"fc3.{name}").mul_(100.0)
    made = attack(lenet.net, model, lenet.images, sample=0)
    assert made.probability_before == 1.0
    assert np.abs(made.after - made.before).max() == pytest.approx(0.1, abs=1e-6)


def test_a_weak_gradient_counts_too(lenet: Trained) -> None:
    """Fails if places that change the answer by little (below captum's own limit of 1e-6) are left alone."""
    model = lenet.net.model(seed=0)
    model.load_state_dict(lenet.model.state_dict())
    with torch.no_grad():
        model.get_parameter("fc3.weight").mul_(1e-7)
    made = attack(lenet.net, model, lenet.images, sample=0)
    assert np.abs(made.after - made.before).max() == pytest.approx(0.1, abs=1e-6)


def test_the_net_is_attacked_at_rest(mlp: Trained) -> None:
    """Fails if Dropout is on meanwhile, so that the numbers shown are those of another net each time."""
    model = mlp.net.model(seed=0)
    model.load_state_dict(mlp.model.state_dict())
    resting = attack(mlp.net, model.eval(), mlp.images, sample=3)
    training = attack(mlp.net, model.train(), mlp.images, sample=3)
    assert np.array_equal(resting.after, training.after)
    assert resting.probability_after == training.probability_after


def test_the_sign_is_that_of_the_cross_entropy(lenet: Trained) -> None:
    """Fails if the attack is not the one of the paper."""
    made = attack(lenet.net, lenet.model, lenet.images, sample=5, label=9, epsilon=0.01)
    image = lenet.images[5:6].double().requires_grad_()
    model = lenet.net.model(seed=0).double()
    model.load_state_dict({name: value.double() for name, value in lenet.model.state_dict().items()})
    loss = torch.nn.functional.cross_entropy(model.eval()(image), torch.tensor([9]))
    (gradient,) = torch.autograd.grad(loss, image)
    expected = (image + 0.01 * gradient.sign()).clamp(0, 1)[0].detach().numpy()
    assert (np.abs(made.after - expected) < 1e-5).mean() > 0.995


def test_before_and_after_are_shown_with_what_the_net_said(lenet: Trained) -> None:
    """Fails if a reader cannot see what changed and what came of it."""
    made = attack(lenet.net, lenet.model, lenet.images, sample=8, epsilon=0.2)
    tiles = made.tiles([f"digit {i}" for i in range(10)])
    assert tiles.count == 3
    assert tiles.labels[0].startswith(f"before: digit {made.said_before} (")
    assert tiles.labels[2].startswith(f"after: digit {made.said_after} (")
    assert tiles.title.startswith("Fooled") == made.fooled
    assert render(tiles).shape[1] == 960


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"label": 10}, "no class 10"), ({"epsilon": 0.0}, "above 0"), ({"epsilon": float("nan")}, "above 0"),
     ({"sample": 5000}, "no sample 5000")],
)  # fmt: skip
def test_wrong_settings_are_said(lenet: Trained, settings: dict[str, float], sentence: str) -> None:
    """Fails if a wrong number is an error of torch."""
    with pytest.raises(NoPicture, match=sentence):
        attack(lenet.net, lenet.model, lenet.images, **settings)  # type: ignore[arg-type]


def test_a_net_without_numbers_is_not_attacked(lenet: Trained) -> None:
    """Fails if a picture is shown of a net that answers nothing but "not a number"."""
    model = copy.deepcopy(lenet.model)
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    with pytest.raises(NoPicture, match="infinite or not numbers"):
        attack(lenet.net, model, lenet.images)


def test_many_small_steps_are_those_of_projected_gradient_descent(lenet: Trained) -> None:
    """Fails if the steps do not come back into the room that epsilon leaves, or begin anywhere but at the picture."""
    image = lenet.images[5:6]
    wanted = lenet.model(image).argmax(1)
    moved = image.clone()
    for _ in range(10):
        moved = moved.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(torch.nn.functional.cross_entropy(lenet.model(moved), wanted), moved)
        moved = torch.max(torch.min(moved + 0.25 * 0.15 * gradient.sign(), image + 0.15), image - 0.15).clamp(0, 1)
    made = attack(lenet.net, lenet.model, lenet.images, sample=5, epsilon=0.15, method="pgd")
    assert (np.abs(made.after - moved[0].detach().numpy()) < 1e-5).mean() > 0.98
    assert np.abs(made.after - made.before).max() <= 0.15 + 1e-6
    once = attack(lenet.net, lenet.model, lenet.images, sample=5, epsilon=0.15)
    assert made.all_after[int(wanted)] <= once.all_after[int(wanted)]


def test_a_change_towards_a_class_makes_that_class_likelier(lenet: Trained) -> None:
    """Fails if the sign is turned, so that the class that should be reached is driven away."""
    for target in range(10):
        made = attack(lenet.net, lenet.model, lenet.images, sample=3, epsilon=0.2, target=target, method="pgd")
        with torch.no_grad():
            before, after = (
                lenet.model(torch.from_numpy(picture)[None]).log_softmax(1)[0, target]
                for picture in (made.before, made.after)
            )
        assert after >= before - 1e-6
    reached = attack(lenet.net, lenet.model, lenet.images, sample=3, epsilon=0.5, target=7, method="pgd")
    assert reached.said_after == 7
    with pytest.raises(NoPicture, match="but not both"):
        attack(lenet.net, lenet.model, lenet.images, label=1, target=2)
    with pytest.raises(NoPicture, match=r"no method 'magic'. Choose from fgsm, pgd"):
        attack(lenet.net, lenet.model, lenet.images, method="magic")  # type: ignore[arg-type]


def test_the_bars_are_what_the_net_says_of_each_picture(lenet: Trained) -> None:
    """Fails if the classes before are shown for after, or the bars have a scale of their own each."""
    made = attack(lenet.net, lenet.model, lenet.images, sample=8, epsilon=0.2)
    for tiles, picture in zip(made.bars([f"digit {i}" for i in range(10)]), (made.before, made.after), strict=True):
        with torch.no_grad():
            expected = lenet.model(torch.from_numpy(picture)[None]).softmax(1)[0].numpy()
        assert np.allclose(tiles.maps.reshape(-1), expected, atol=1e-5)
        assert (tiles.low, tiles.high, tiles.labels[3]) == (0.0, 1.0, "digit 3")
        assert f"Highest is digit {int(expected.argmax())}, " in tiles.note
