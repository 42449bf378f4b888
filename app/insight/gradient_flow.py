"""How a gradient shrinks or grows on its way back from each loss to the first layer that feeds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.capture import undisturbed
from app.insight.signal_values import number
from app.insight.tiles import NoPicture, Tiles
from app.training.signals import matrices

NONE = -30.0  # the power of ten that stands for a gradient of nothing


@dataclass(frozen=True)
class GradientFlow:
    """What came back from one loss. ``norms`` are those of the gradient by each weight matrix that the loss depends on,
    the first layer first: ``(starts, layers)``."""

    loss: str
    names: tuple[str, ...]
    norms: np.ndarray

    @property
    def powers(self) -> np.ndarray:
        """Their powers of ten, in the mean over the starts: ``(layers,)``."""
        return np.log10(np.maximum(self.norms, 10.0**NONE)).mean(0)

    @property
    def ratios(self) -> np.ndarray:
        """The first layer's norm next to the last one's, for each start."""
        result: np.ndarray = self.norms[:, 0] / np.maximum(self.norms[:, -1], 10.0**NONE)
        return result


def flows(net: CompiledNet, models: Sequence[nn.Module], batch: Mapping[str, Tensor]) -> tuple[GradientFlow, ...]:
    """The norms for these samples, in evaluation mode, for every loss by itself; one row for each model. No gradient is
    left behind.

    Raises:
        NoPicture: if there is no loss, or none that two layers with weights feed.
    """
    if not net.plan.losses:
        raise NoPicture("Without a loss there is no gradient. Add a loss such as Cross-entropy.")
    found: dict[str, list[dict[str, float]]] = {loss.name: [] for loss in net.plan.losses}
    for model in models:
        losses = net.losses()
        assert losses is not None, "the plan has losses"
        weights = {name: value for name, value in matrices(model) if value.requires_grad}
        device = next((value.device for value in weights.values()), torch.device("cpu"))
        here = {name: value.to(device) for name, value in batch.items()}
        try:
            arguments = net.inputs_from(here)
            with undisturbed(model, True), torch.backends.cudnn.flags(enabled=False), torch.enable_grad():
                made = net.loss_values(losses.to(device), model(*arguments), net.looking_ahead(model, here))
                for name, value in made.items():
                    gradients = torch.autograd.grad(
                        value.mean(), list(weights.values()), allow_unused=True, retain_graph=True
                    )
                    found[name].append(
                        {
                            weight: float(each.to_dense().double().norm() if each.is_sparse else each.double().norm())
                            for weight, each in zip(weights, gradients)
                            if each is not None
                        }
                    )
        except KeyError as missing:
            raise NoPicture(f"These samples lack something: {missing.args[0]}") from None
    result = []
    for name, rows in found.items():
        names = tuple(rows[0]) if rows else ()
        if len(names) > 1:
            result.append(GradientFlow(name, names, np.array([[row[weight] for weight in names] for row in rows])))
    if not result:
        raise NoPicture("A gradient has a way to go only where a loss is fed by two or more layers with weights.")
    return tuple(result)


def flow_tiles(found: Sequence[GradientFlow], starts: str) -> tuple[Tiles, ...]:
    """Bars of the powers of ten by which the gradient of the first layer is smaller or larger than that of the last,
    for each loss; and a map of all norms, a row for each loss."""
    powers = np.array([np.log10(np.maximum(flow.ratios, 10.0**NONE)).mean() for flow in found], np.float32)
    reach = max(float(np.abs(powers).max()), 1.0)
    worst = found[int(powers.argmin())]
    said = f"{worst.names[0].removesuffix('.weight')} gets {number(float(np.median(worst.ratios)))} of the gradient"
    note = f"−3 is a thousandth. {starts} Least: of {worst.loss}, {said} of {worst.names[-1].removesuffix('.weight')}."
    bars = Tiles(
        powers.reshape(1, 1, -1),
        -reach,
        reach,
        "diverging",
        "First layer's gradient next to the last one's, as a power of ten",
        tuple(flow.loss for flow in found),
        layout="bars",
        x_label="loss",
        note=note,
    )
    longest = max(len(flow.names) for flow in found)
    low, high = _ends(found)
    rows = np.full((len(found), longest), low, np.float32)
    for row, flow in zip(rows, found):
        row[longest - len(flow.names) :] = np.maximum(flow.powers, low)
    last = ", ".join(flow.loss for flow in found[:12]) + (" …" if len(found) > 12 else "")
    table = Tiles(
        rows[None],
        low,
        high,
        "viridis",
        "Norm of the gradient at each layer, as a power of ten",
        x_label="layers, the last one at the right",
        y_label="losses",
        note=f"From above: {last}. Dark at the left: nothing arrives there, or there is no such layer.",
    )
    return bars, table


def _ends(found: Sequence[GradientFlow]) -> tuple[float, float]:
    every = np.concatenate([flow.powers for flow in found])
    known = every[every > NONE]
    low, high = (float(known.min()), float(known.max())) if known.size else (NONE, 0.0)
    return low - 0.1, max(high, low + 1.0)


def spread_words(found: Sequence[GradientFlow]) -> str:
    """How far apart the starts are, for the loss with the least gradient."""
    worst = min(found, key=lambda flow: float(np.median(flow.ratios)))
    powers = [log10(max(ratio, 10.0**NONE)) for ratio in worst.ratios.tolist()]
    ends = f"{min(powers):.1f} to {max(powers):.1f}".replace("-", "−")
    return f"The mean of {len(powers)} starts, of {worst.loss} from {ends}."
