"""How far back recurrent nets remember: how much of a marked number they still tell, and how the gradient fades."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanLoss
from app.insight.capture import device_of, undisturbed
from app.insight.part_predictions import parts_for
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import PART_WORDS, Subject
from app.training.refusal import CannotTrain
from nodes.api import NoData

BACK = "back"  # the field that says how many steps ago what is asked for came
FADED = -12.0  # the power of ten that stands for a gradient of nothing


@dataclass(frozen=True)
class RecallCurve:
    """Of each loss by name, R² at each distance (losses, steps), not a number where no sample has it; and the gradient
    of what is told by the input so many steps back, the mean of its size (losses, steps)."""

    names: tuple[str, ...]
    recalled: np.ndarray
    gradients: np.ndarray
    samples: int


def recalled(subject: Subject, part: str) -> RecallCurve:
    """Measured on a part of the data; where a training waits, on as much of it as there is time for. R² is 1 − mean of
    (told − right)² / variance of what is right at that distance.

    Raises:
        NoPicture: if the data does not say how far back the answer lies, or nothing is told of it.
    """
    net, model = subject.net, subject.model
    pairs = list(_told(net))
    field = next(
        (f"{each.node}.{BACK}" for each in net.plan.sources if BACK in each.fields and "input" in each.fields), None
    )
    if field is None or not pairs:
        raise NoPicture(
            "This view is about recurrent nets that repeat a number from so many steps back. Take the source Echo of a "
            "number, as the template How far back it remembers does."
        )
    entry = f"{field.partition('.')[0]}.input"
    told: dict[str, list[Tensor]] = {loss.name: [] for loss, *_ in pairs}
    right: list[Tensor] = []
    back: list[Tensor] = []
    sums: dict[str, Tensor] = {}
    device = device_of(model)
    parts, start = parts_for(net), time.perf_counter()
    try:
        # The gradient of a GPU's recurrent layers is computed in training mode alone, so cuDNN is left out.
        with undisturbed(model, True), torch.backends.cudnn.flags(enabled=False):
            for _, read in parts.read(parts.index(part) if subject.seconds is None else parts.mixed(part)):
                batch = {key: value.to(device) for key, value in read.items()}
                batch[entry] = batch[entry].detach().requires_grad_()
                outputs = net.outputs(model(*net.inputs_from(batch)))
                for loss, prediction, _ in pairs:
                    value = outputs[prediction]
                    (slope,) = torch.autograd.grad(value.sum(), batch[entry], retain_graph=True)
                    size = slope.norm(dim=2).flip(1).sum(0).double().cpu()
                    sums[loss.name] = sums.get(loss.name, torch.zeros_like(size)) + size
                    told[loss.name].append(value.detach().flatten(1)[:, 0].cpu())
                right.append(read[pairs[0][2]].flatten(1)[:, 0])
                back.append(read[field])
                if subject.seconds is not None and time.perf_counter() - start > subject.seconds:
                    break
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    if not right:
        raise NoPicture(f"There is no {PART_WORDS[part]} part. Choose another one.")
    truth, distance = torch.cat(right).double(), torch.cat(back)
    steps = len(next(iter(sums.values())))
    curves = [_r_squared(torch.cat(told[name]).double(), truth, distance, steps) for name in told]
    return RecallCurve(
        tuple(told), np.stack(curves), np.stack([(sums[name] / len(truth)).numpy() for name in told]), len(truth)
    )


def _r_squared(told: Tensor, truth: Tensor, distance: Tensor, steps: int) -> np.ndarray:
    found = np.full(steps, np.nan)
    for back in range(steps):
        chosen = distance == back
        spread = float((truth[chosen] - truth[chosen].mean()).pow(2).sum()) if bool(chosen.any()) else 0.0
        if spread > 0:
            found[back] = 1 - float((told[chosen] - truth[chosen]).pow(2).sum()) / spread
    return found


def _told(net: CompiledNet) -> Iterator[tuple[PlanLoss, str, str]]:
    """The losses that compare what is told with the target, with the keys of both."""
    for loss in net.plan.losses:
        wires: Mapping[str, object] = loss.operands
        if {"prediction", "target"} <= wires.keys():
            target = loss.operands["target"].key
            if target.endswith(".target"):
                yield loss, loss.operands["prediction"].key, target


def recall_pictures(found: RecallCurve, part: str) -> tuple[Tiles, ...]:
    """Both as curves over the steps back."""
    names = tuple(name.removeprefix("loss_") for name in found.names)
    shown = np.maximum(found.recalled, 0).astype(np.float32)  # worse than the mean is nothing remembered
    means = [f"{name} {np.nanmean(row):.2f}" for name, row in zip(names, shown)]
    memory = Tiles(
        shown[None],
        0.0,
        1.0,
        "viridis",
        "How much is remembered so many steps back",
        names,
        layout="lines",
        x_label="steps back",
        note=f"R² over {found.samples:,} {PART_WORDS[part]} samples: 1 is all, 0 no more than the mean. In the mean: "
        f"{', '.join(means)}.",
    )
    powers = np.log10(np.maximum(found.gradients, 10.0**FADED)).astype(np.float32)
    low, high = float(powers.min()), float(powers.max())
    faded = Tiles(
        powers[None],
        low,
        high if high > low else low + 1,
        "viridis",
        "Gradient of what is told, by the input so many steps back",
        names,
        layout="lines",
        x_label="steps back",
        y_label="power of ten",
        note="Each step down is ten times less: what lies there hardly changes the answer, and is hardly learned from.",
    )
    return memory, faded
