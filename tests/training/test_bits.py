"""Mixed precision: layers in 16 bits (bfloat16) on a GPU and on processors that have instructions for it, and 32 bits
elsewhere. torch computes with bfloat16 on every CPU, so that what a capable one does can be seen anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from app.core.checks.problems import SetTraining
from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.roles import plays
from app.core.storage import templates
from app.training import batches
from app.training.checkpoints import load_run
from app.training.events import BatchDone, Diagnosed, EpochDone, Failed, Finished
from app.training.loop import train
from app.training.script import print_script
from app.training.together.fitness import why_alone
from nodes.api import Example, Layer
from nodes.modules.has_bfloat16 import has_bfloat16
from tests.nodes.alone import drawing, samples
from tests.support.brief import brief
from tests.support.gan import gan
from tests.support.layer_examples import layer_examples
from tests.training.nets import FAST, compiled, digits_net, linear_net, moody_net, only, same_weights, trainable
from tests.training.test_gradient_penalty import wasserstein
from tests.training.test_script import by_script

MIXED = replace(FAST, precision="mixed")
CPU = torch.device("cpu")
X86, ARM = {"architecture": "x86_64"}, {"architecture": "aarch64"}


def a_processor_with(monkeypatch: pytest.MonkeyPatch, **able: Any) -> None:
    """From now on torch says this of the processor, and that there is oneDNN."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)


@pytest.fixture
def capable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor has instructions for bfloat16."""
    a_processor_with(monkeypatch, **X86, avx512_bf16=True)


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has none."""
    a_processor_with(monkeypatch, **X86, avx2=True, avx512_f=True, avx512_bf16=False, amx_bf16=False)


@pytest.mark.parametrize(
    ("able", "pays"),
    [
        ({**X86, "avx512_bf16": True, "amx_bf16": False}, True),
        ({**X86, "avx512_bf16": False, "amx_bf16": True}, True),
        ({**X86, "avx2": True, "avx512_bf16": False, "amx_bf16": False}, False),
        ({**X86, "avx_ne_convert": True, "avx512_fp16": True}, False),
        ({**ARM, "bf16": True}, True),
        ({**ARM, "neon": True, "bf16": False}, False),
        ({"architecture": "ppc64le"}, False),
    ],
)
def test_which_processors_compute_with_bfloat16(
    able: dict[str, Any], pays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a processor that would only do as if, slowly, is taken for one with instructions, or the reverse."""
    a_processor_with(monkeypatch, **able)
    assert has_bfloat16(CPU) is pays
    assert has_bfloat16(torch.device("cuda"))
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not has_bfloat16(CPU)


def test_an_older_torch_that_does_not_say_keeps_all_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if an exported program ends there, which needs nothing but some torch."""
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert not has_bfloat16(CPU)


def test_fewer_bits_are_those_of_autocast(capable: None) -> None:
    """Fails if the printed step does not compute layers with 16 bits, or the loss with them."""
    net = compiled(moody_net()).with_recipe(MIXED)
    text = net.source.text
    assert "with torch.autocast(image.device.type, torch.bfloat16, enabled=has_bfloat16(image.device)):" in text
    fields = batches.load(net.plan)
    batch = {name: fields[name][:50] for name in ("digits.image", "digits.label")}
    models = [net.model(0), net.model(0), net.model(0)]
    for each in models:
        each.get_submodule("drop1").eval()
    ours, by_hand, full = models
    call = net.functions
    values, read = call["training_step"](ours, net.losses(), call["make_optimizers"](ours), batch)
    assert read["scores"].dtype == values["loss"].dtype == torch.float32
    with torch.autocast("cpu", torch.bfloat16):
        scores = by_hand(batch["digits.image"])
    assert scores.dtype == torch.bfloat16
    nn.functional.cross_entropy(scores.float(), batch["digits.label"]).backward()
    assert torch.equal(read["scores"], scores.float())
    for one, other in zip(ours.parameters(), by_hand.parameters(), strict=True):
        assert one.grad is not None
        assert other.grad is not None
        assert one.grad.dtype == torch.float32
        assert torch.equal(one.grad, other.grad)
    assert not torch.equal(read["scores"], full(batch["digits.image"]))


def test_a_capable_processor_takes_them_and_nothing_is_said(capable: None) -> None:
    """Fails if a training there stays with 32 bits, if validation does not keep them, or somebody is told of it."""
    net = compiled(moody_net())
    mixed, single = net.model(0), net.model(0)
    events = list(train(net, MIXED, model=mixed))
    list(train(net, FAST, model=single))
    assert not same_weights(mixed, single)
    assert [each for each in only(events, Diagnosed) if each.code == "precision"] == []
    fields = batches.load(net.plan)
    _, held_out, _ = batches.divide(net.plan, fields, MIXED.validation, MIXED.seed)
    mixed.eval()
    with torch.no_grad():
        scores = mixed(fields["digits.image"][held_out])
    assert scores.dtype == torch.float32
    loss = nn.functional.cross_entropy(scores, fields["digits.label"][held_out]).item()
    assert only(events, EpochDone)[-1].metrics["val_loss"] == pytest.approx(loss, rel=1e-5)


def test_elsewhere_nothing_changes_and_it_is_said(old: None) -> None:
    """Fails if a training on an older CPU computes differently, or leaves a student in the belief that it does."""
    net = compiled(moody_net())
    mixed, single = net.model(0), net.model(0)
    events = list(train(net, MIXED, model=mixed))
    list(train(net, FAST, model=single))
    assert same_weights(mixed, single)
    (said,) = [each for each in only(events, Diagnosed) if each.code == "precision"]
    assert "no instructions for bfloat16" in said.sentence
    assert said.fixes == ()  # a button to train again would come to the same weights
    assert isinstance(events[-1], Finished)


@pytest.mark.parametrize(("bits", "offered"), [(True, "mixed"), (False, "single")])
def test_float16_without_a_gpu_offers_what_there_is(bits: bool, offered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a student with a capable processor is told to do without."""
    a_processor_with(monkeypatch, **X86, avx512_bf16=bits)
    events = list(train(compiled(linear_net()), replace(FAST, precision="mixed-fp16", epochs=1)))
    (said,) = [each for each in only(events, Diagnosed) if each.code == "precision"]
    assert said.fixes == (SetTraining("precision", offered),)


@pytest.mark.parametrize("able", [True, False])
def test_trainings_with_fewer_bits_do_not_share_their_steps(able: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if nets side by side, which are computed with 32 bits, take in one that asks for 16 and gets them."""
    a_processor_with(monkeypatch, **X86, avx512_bf16=able)
    net = compiled(linear_net())
    assert why_alone(net, FAST) == ""
    assert why_alone(net, MIXED) == ("it computes with mixed precision" if able else "")


STEPS: Mapping[str, Any] = {
    "accumulated": (moody_net, {"batch_size": 67, "accumulate": 3, "clip_norm": 0.5, "l1": 0.001}),
    "adversarial": (moody_net, {"adversarial": 0.1}),
    "several objectives": (gan, {"batch_size": 128}),
    "slope of a judge": (wasserstein, {"batch_size": 128}),
    "recurrent": (
        lambda: digits_net(
            ("rows", "Reshape", {"shape": (8, 8)}),
            ("lstm", "LSTM", {"hidden_size": 6, "num_layers": 2, "dropout": 0.3}),
            ("flatten", "Flatten"),
            ("fc1", "Linear", {"out_features": 10}),
        ),
        {},
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_other_steps_have_them_too(name: str, capable: None) -> None:
    """Fails if a step of another kind ends, computes with 32 bits, learns otherwise than with them by more than
    rounding, or if the exported program comes to other weights."""
    make, settings = STEPS[name]
    net = compiled(make())
    told, models = [], []
    for recipe in (replace(FAST, epochs=1, lr=0.02), replace(MIXED, epochs=1, lr=0.02)):
        models.append(net.model(0))
        events = list(train(net, recipe.with_settings(**settings), model=models[-1]))
        assert isinstance(events[-1], Finished), events[-1]
        told.append([event.losses for event in only(events, BatchDone)])
    assert not same_weights(*models)
    for single, mixed in zip(*told, strict=True):
        assert mixed == pytest.approx(single, rel=0.03, abs=0.02)
    if name != "several objectives":
        script = print_script(net, replace(MIXED, epochs=1, lr=0.02).with_settings(**settings))
        assert same_weights(by_script(script), models[1])


def test_what_is_kept_answers_with_all_bits(capable: None, tmp_path: Any) -> None:
    """Fails if weights are kept, or nets opened again answer, with 16 bits."""
    net = compiled(linear_net())
    list(train(net, replace(MIXED, epochs=1), out=tmp_path))
    model = load_run(tmp_path).model
    assert {value.dtype for value in model.parameters()} == {torch.float32}
    assert model(torch.rand(2, 1, 8, 8)).dtype == torch.float32


# Every layer, and every template


# These round and compare, or draw random numbers with the bits of what arrives, so that a little makes a difference.
UNLIKE = {"FractionalMaxPool2d", "NonMaximumSuppression", "HardThreshold", "Glimpse"}


def answers(net: CompiledNet, given: list[Tensor], mixed: bool) -> list[Tensor]:
    torch.manual_seed(2)
    model = net.model(0).train()
    with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
        made = model(*given)
    values = list(made) if isinstance(made, tuple) else [made]
    loss = sum((value.float().square().mean() for value in values), torch.tensor(0.0))
    if loss.requires_grad:
        loss.backward()
    return [value.detach().float() for value in values]


@pytest.mark.parametrize(("layer", "example"), list(layer_examples()))
def test_layers(layer: Layer, example: Example) -> None:
    """Fails if a layer stops where autocast has made what arrives 16 bits, all of it or every other input, or gives
    something else than rounding explains."""
    inputs = layer.wired(example)
    net = compile_net(drawing(layer, inputs, layer.settings(example.params)))
    torch.manual_seed(1)
    batch = [each.requires_grad_() if each.is_floating_point() else each for each in samples(inputs, 4, "cpu")]
    single = answers(net, batch, mixed=False)
    for fewer in ((0, 0), (1, 1), (1, 0), (0, 1)):
        low = [
            each.bfloat16() if each.is_floating_point() and fewer[place % 2] else each
            for place, each in enumerate(batch)
        ]
        for one, other in zip(single, answers(net, low, mixed=True), strict=True):
            assert one.shape == other.shape
            if layer.id not in UNLIKE and one.numel() and bool(one.isfinite().all()):
                assert (one - other).abs().max() <= 0.05 * max(1.0, one.abs().max().item())


@pytest.mark.slow
@pytest.mark.parametrize("name", trainable())
def test_templates(name: str, capable: None) -> None:
    """Fails if a drawing that ships cannot be trained with mixed precision, or its first losses are others."""
    project = templates.load(name)
    net = compile_net(project)
    recipe = replace(brief(project, 100_000_000), validation=0.0)
    told = []
    for precision in ("single", "mixed"):
        found: list[Mapping[str, float]] = []
        for event in train(net, replace(recipe, precision=precision)):
            assert not isinstance(event, Failed), event.sentence
            if isinstance(event, BatchDone):
                found.append(event.losses)
            if len(found) == 2:
                break
        told.append(found)
    if plays(project):  # another move makes another game
        return
    assert len(told[0]) > 0
    for single, mixed in zip(*told, strict=True):
        assert mixed == pytest.approx(single, rel=0.02, abs=0.02)


class Stubborn(nn.Linear):
    """A layer of one's own that takes numbers with the bits of its weights alone, as torch's dot does."""

    def forward(self, x: Tensor) -> Tensor:
        low = super().forward(x)
        assert self.bias is not None
        same: Tensor = torch.dot(low[0], self.bias)
        return low + 0 * same


def stubborn(net: CompiledNet) -> nn.Module:
    model = net.model(0)
    model.fc1 = Stubborn(64, 10)
    return model


def test_a_layer_that_takes_no_fewer_bits_says_what_helps(capable: None) -> None:
    """Fails if torch's words about types are all that a student is told."""
    net = compiled(linear_net())
    assert isinstance(list(train(net, replace(FAST, epochs=1), model=stubborn(net)))[-1], Finished)
    *_, end = train(net, replace(MIXED, epochs=1), model=stubborn(net))
    assert isinstance(end, Failed)
    assert end.node == "fc1"
    assert "cannot be computed with mixed precision" in end.sentence
    assert end.fixes == (SetTraining("precision", "single"),)


def test_where_all_bits_are_kept_they_are_not_what_is_to_blame(old: None) -> None:
    """Fails if a layer that mixes types by itself is said to fail for a precision that changes nothing there."""

    class Mixing(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.double())

    net = compiled(linear_net())
    for precision in ("single", "mixed", "mixed-fp16"):
        model = net.model(0)
        model.fc1 = Mixing(64, 10)
        *_, end = train(net, replace(FAST, epochs=1, precision=precision), model=model)
        assert isinstance(end, Failed)
        assert "same dtype" in end.sentence
        assert "precision" not in end.sentence
        assert end.fixes == ()
