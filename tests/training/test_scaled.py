"""Gradients in 16 bits with a scale (float16), rehearsed on the CPU, where torch has both as well."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from app.core.compile.net import CompiledNet
from app.training import batches
from app.training.checkpoints import BadRun, load_state
from app.training.control import Control
from app.training.events import BatchDone, Diagnosed, Finished
from app.training.loop import train
from app.training.restoring import restore
from app.training.trainer import Trainer
from tests.training.nets import FAST, compiled, moody_net, only, same_weights
from tests.training.test_script import gan

HALF = replace(FAST, precision="mixed-fp16", epochs=2)


def rehearsed(net: CompiledNet, scale: str = "") -> dict[str, Any]:
    """The printed functions as they work on a GPU, on the CPU."""
    text = net.source.text.replace('"cuda"', '"cpu"').replace("enabled=image.is_cuda", "enabled=True")
    text = text.replace('enabled=torch.device(device).type == "cpu"', f"enabled=True{scale}")
    names: dict[str, Any] = {"__name__": "step"}
    exec(text, names)
    return names


@pytest.mark.parametrize("more", [{}, {"clip_norm": 0.1}, {"clip_value": 0.01, "l1": 0.001}, {"accumulate": 2}])
def test_the_printed_step_is_torch_s_recipe_for_a_scaler(more: dict[str, Any]) -> None:
    """Fails if a step clips scaled gradients, forgets to update the scale, or computes with other bits."""
    recipe = HALF.with_settings(lr=0.05, momentum=0.9, batch_size=25, **more)
    net = compiled(moody_net()).with_recipe(recipe)
    names = rehearsed(net)
    assert "def training_step(model, losses, optimizers, batch, scaler):" in net.source.text
    fields = batches.load(net.plan)
    batch = {name: fields[name][:50] for name in ("digits.image", "digits.label")}
    ours, by_hand = net.model(0), net.model(0)
    for each in (ours, by_hand):
        each.get_submodule("drop1").eval()
    optimizers, scaler = names["make_optimizers"](ours), names["make_scaler"]("cpu")
    usual = torch.amp.GradScaler("cpu")
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.05, momentum=0.9)
    parts = [(0, 25), (25, 50)] if "accumulate" in more else [(0, 50)]
    for _ in range(4):
        names["training_step"](ours, net.losses(), optimizers, batch, scaler)
        optimizer.zero_grad()
        for start, end in parts:
            with torch.autocast("cpu", torch.float16):
                scores = by_hand(batch["digits.image"][start:end])
            assert scores.dtype == torch.float16
            loss = nn.functional.cross_entropy(scores.float(), batch["digits.label"][start:end]) / len(parts)
            if "l1" in more:
                loss = loss + 0.001 * sum(weight.abs().sum() for weight in by_hand.parameters())
            usual.scale(loss).backward()
        usual.unscale_(optimizer)
        if "clip_value" in more:
            nn.utils.clip_grad_value_(by_hand.parameters(), 0.01)
        if "clip_norm" in more:
            nn.utils.clip_grad_norm_(by_hand.parameters(), 0.1)
        usual.step(optimizer)
        usual.update()
    assert scaler.get_scale() == usual.get_scale()
    for (name, one), other in zip(ours.state_dict().items(), by_hand.state_dict().values()):
        assert torch.allclose(one.float(), other.float(), rtol=1e-5, atol=1e-6), name


def test_a_step_whose_gradients_overflow_changes_nothing_but_the_scale() -> None:
    """Fails if infinity reaches the weights, or the scale stays too large for good."""
    net = compiled(moody_net()).with_recipe(HALF)
    names = rehearsed(net, ", init_scale=2.0**60")
    fields = batches.load(net.plan)
    batch = {name: fields[name][:50] for name in ("digits.image", "digits.label")}
    model = net.model(0)
    optimizers, scaler = names["make_optimizers"](model), names["make_scaler"]("cpu")
    before = {name: value.clone() for name, value in model.named_parameters()}
    names["training_step"](model, net.losses(), optimizers, batch, scaler)
    assert all(torch.equal(value, before[name]) for name, value in model.named_parameters())
    assert scaler.get_scale() == 2.0**59
    for _ in range(60):
        names["training_step"](model, net.losses(), optimizers, batch, scaler)
    assert not all(torch.equal(value, before[name]) for name, value in model.named_parameters())
    assert all(bool(value.isfinite().all()) for value in model.parameters())


def scaling(net: CompiledNet) -> CompiledNet:
    """The net with a scale that works on the CPU and grows every third step."""
    net.functions["make_scaler"] = lambda device: torch.amp.GradScaler("cpu", init_scale=64.0, growth_interval=3)
    return net


@pytest.mark.parametrize("project", [moody_net, gan], ids=["one objective", "two"])
@pytest.mark.parametrize("after", [2, 8])
def test_a_continued_run_has_the_scale_of_before(project: Any, after: int, tmp_path: Path) -> None:
    """Fails if the scale or its count begins anew at a stop."""
    net = scaling(compiled(project()).with_recipe(HALF))
    whole, continued, control, count = net.model(0), net.model(0), Control(), 0
    assert isinstance(list(train(net, HALF, out=tmp_path / "whole", model=whole))[-1], Finished)
    for event in train(net, HALF, out=tmp_path / "a", control=control):
        if isinstance(event, BatchDone):
            count += 1
            if count == after:
                control.stop()
    assert load_state(tmp_path / "a").trainer.scaler["_growth_tracker"] == after % 3
    later = list(train(net, HALF, resume=tmp_path / "a", model=continued))
    assert isinstance(later[-1], Finished), later[-1]
    assert same_weights(whole, continued)
    scales = [load_state(tmp_path / name).trainer.scaler["scale"] for name in ("whole", "a")]
    assert scales[0] == scales[1] > 64.0


@pytest.mark.parametrize("saved", [{"scale": -1.0}, {"scale": float("inf")}, {"scale": 2.0, "_growth_tracker": -3}])
def test_a_damaged_scale_is_refused(saved: dict[str, Any], tmp_path: Path) -> None:
    """Fails if a file from a stranger puts a scale there that spoils every gradient."""
    net = scaling(compiled(moody_net()).with_recipe(HALF))
    list(train(net, HALF, out=tmp_path))
    state, model = load_state(tmp_path), net.model(0)
    losses = net.losses()
    assert losses is not None
    trainer = Trainer(net, model, losses, 6)
    wrong = replace(state, trainer=replace(state.trainer, scaler={**state.trainer.scaler, **saved}))
    with pytest.raises(BadRun, match="scale of the gradients"):
        restore(trainer, wrong, HALF)


def test_without_a_gpu_it_changes_nothing_and_it_is_said() -> None:
    """Fails if a training on the CPU computes with other numbers, or nobody says that there is no GPU."""
    net = compiled(moody_net())
    half, single = net.model(0), net.model(0)
    told = list(train(net, HALF, model=half))
    list(train(net, replace(HALF, precision="single"), model=single))
    assert same_weights(half, single)
    assert [each.code for each in only(told, Diagnosed) if each.code == "precision"] == ["precision"]
