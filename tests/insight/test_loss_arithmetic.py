"""The arithmetic of losses, next to torch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.storage.templates import load
from app.insight.arithmetic.net_arithmetic import NetArithmetic
from app.insight.arithmetic.notation import lines
from app.insight.arithmetic.number import NumberPlace
from app.insight.arithmetic.pictures import pictures
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture
from tests.support.drawings import chain, node


def classifier(loss: str, *before: Any, **settings: Any) -> tuple[CompiledNet, nn.Module, dict[str, torch.Tensor]]:
    """Digits in ten scores, compared with the label."""
    layers = [node("digits", "Digits", size="8×8"), node("flatten", "Flatten"), node("fc", "Linear", out_features=10)]
    layers += before
    names = [each.name for each in layers[1:]]
    wires = [*chain("digits.image", *names, "loss.prediction"), Wire("digits", "label", "loss", "target")]
    net = compile_net(Project(graph=Graph.of([*layers, node("loss", loss, **settings)], wires)))
    torch.manual_seed(0)
    batch = {"digits.image": torch.rand(3, 1, 8, 8), "digits.label": torch.tensor([3, 0, 7])}
    return net, net.model(seed=1).eval(), batch


def by_torch(net: CompiledNet, model: nn.Module, batch: dict[str, torch.Tensor], sample: int, name: str) -> float:
    one = {key: value[sample : sample + 1] for key, value in batch.items()}
    losses = net.losses()
    assert losses is not None
    with torch.no_grad():
        return float(net.loss_values(losses, model(*net.inputs_from(one)), one)[name])


WEIGHTS = tuple(0.5 + 0.25 * place for place in range(10))


@pytest.mark.parametrize(
    ("loss", "before", "settings"),
    [
        ("CrossEntropyLoss", (), {}),
        ("CrossEntropyLoss", (), {"weight": 0.3}),
        ("CrossEntropyLoss", (), {"label_smoothing": 0.1, "class_weights": WEIGHTS}),
        ("NLLLoss", (node("log", "LogSoftmax"),), {"class_weights": WEIGHTS}),
    ],
)
def test_the_loss_of_a_sample_is_the_sum_of_what_is_shown(loss: str, before: Any, settings: dict[str, Any]) -> None:
    """Fails if the wrong class is picked, a weight or the smoothing is left out, or the terms shown are not those that
    make the number."""
    net, model, batch = classifier(loss, *before, **settings)
    for sample in range(3):
        following = NetArithmetic(net, model, batch, sample=sample)
        number = following.number(NumberPlace("loss", "loss", ()))
        expected = by_torch(net, model, batch, sample, "loss")
        assert number.value == pytest.approx(expected, abs=1e-5)
        total = sum(term.product for term in number.made.terms) * number.made.share
        assert total == pytest.approx(expected, abs=1e-5)
        if not settings and loss == "CrossEntropyLoss":
            (term,) = number.made.terms
            label = int(batch["digits.label"][sample])
            assert term.place == NumberPlace("loss", "log softmax", (label,))
            before_it = following.number(term.place)
            with torch.no_grad():
                scores = functional.log_softmax(model(batch["digits.image"]), 1)
            assert before_it.value == pytest.approx(float(scores[sample, label]), abs=1e-5)
            assert before_it.made.terms[0].place == NumberPlace("fc", "output", (label,))
        assert "loss" in lines(number)[0]
        assert pictures(number)


@pytest.mark.parametrize(
    "template",
    [
        "autoencoder_digits",
        "localise",
        "variational_autoencoder",
        "segment",
        "char_rnn",
        "ensemble",
        "detect",
        "siamese",
    ],
)
def test_losses_of_numbers_pictures_and_sequences_are_those_of_torch(template: str) -> None:
    """Fails if places are mixed up where there are many, or a mean counts what it should not."""
    net = compile_net(load(template))
    model = net.model(seed=0).eval()
    batch = load_samples(net, net.plan.recipe).one(0)
    following = NetArithmetic(net, model, batch)
    for loss in net.plan.losses:
        found = following.values(loss.name, "loss")
        assert float(found) == pytest.approx(by_torch(net, model, dict(batch), 0, loss.name), abs=1e-5)
        for part in following.parts(loss.name)[1:]:
            value = following.values(loss.name, part)
            index = tuple(size - 1 for size in value.shape)
            assert following.number(NumberPlace(loss.name, part, index)).made.result == pytest.approx(
                float(value[index])
            )


@pytest.mark.parametrize(
    ("type_", "settings", "by_hand"),
    [
        ("MSELoss", {}, functional.mse_loss),
        ("L1Loss", {}, functional.l1_loss),
        ("HuberLoss", {"delta": 0.2}, lambda x, y: functional.huber_loss(x, y, delta=0.2)),
        ("BCELoss", {}, functional.binary_cross_entropy),
        (
            "BCEWithLogitsLoss",
            {"pos_weight": 3.0},
            lambda x, y: functional.binary_cross_entropy_with_logits(x, y, pos_weight=torch.tensor(3.0)),
        ),
    ],
)
def test_numbers_are_compared_as_torch_does(type_: str, settings: dict[str, Any], by_hand: Any) -> None:
    """Fails if a distance is squared where it should not be, or logarithms are those of something else."""
    layers = [node("digits", "Digits", size="8×8"), node("conv", "Conv2d", out_channels=1, kernel_size=3, padding=1)]
    layers.append(node("squash", "Sigmoid"))
    wires = [*chain("digits.image", "conv", "squash", "loss.prediction"), Wire("digits", "image", "loss", "target")]
    net = compile_net(Project(graph=Graph.of([*layers, node("loss", type_, **settings)], wires)))
    model = net.model(seed=0).eval()
    batch = {"digits.image": torch.rand(1, 1, 8, 8)}
    following = NetArithmetic(net, model, batch)
    number = following.number(NumberPlace("loss", "loss", ()))
    with torch.no_grad():
        expected = float(by_hand(model(batch["digits.image"]), batch["digits.image"]))
    assert number.value == pytest.approx(expected, abs=1e-5)
    assert len(number.made.terms) == 64
    where = number.made.terms[9].place
    assert where is not None
    assert following.number(where).made.lines


def test_a_sample_without_a_label_says_so() -> None:
    """Fails if a picture from a file gives a traceback, or the loss of some other label."""
    net, model, batch = classifier("CrossEntropyLoss")
    following = NetArithmetic(net, model, {"digits.image": batch["digits.image"]})
    with pytest.raises(NoPicture, match=r"compares with digits\.label, of which this sample says nothing"):
        following.number(NumberPlace("loss", "loss", ()))
