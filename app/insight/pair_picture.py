"""The points of a generator beside real ones, over the surface of the judge that tells them apart."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from app.core.compile.generating import Generator
from app.insight.capture import array, device_of
from app.insight.generative import generator_in, leading_to, made_of_noise, probe_of
from app.insight.part_predictions import parts_for
from app.insight.plot import Plot, PlotLine, class_inks, legend_of, on_ground, span
from app.insight.space.surface import plane
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from app.training.refusal import CannotTrain
from nodes.api import NoData

STEPS = 81  # along each axis of the surface
MOST_ARROWS = 60
ARROW = 0.2  # how long the longest is, as a share of the plane
HEAD = 0.3  # of its length


def pair_picture(look: Look, count: int, seed: int, arrows: bool) -> Tiles:
    """The judge's probability that a place is real, and both kinds of points.

    Raises:
        NoPicture: if there is no generator, or its samples are no points of a plane, or nothing judges them.
    """
    generator = generator_in(look.net)
    if generator is None:
        raise NoPicture(
            "There is no source of noise here whose values become samples. The template Generator and judge in the "
            "plane does it."
        )
    if generator.shape.sizes != (2,):
        raise NoPicture(
            f"{generator.made.node} makes {generator.shape}, and a plane has room for points of two numbers."
        )
    judge = judge_of(look, generator)
    made = made_of_noise(look.net, look.model, generator, count, seed)
    real = _real(look, generator.real, count)
    both = torch.cat([made, real]).cpu().numpy()
    spans = span(both[:, 0], 0.15), span(both[:, 1], 0.15)
    places = torch.from_numpy(plane(spans, STEPS).astype(np.float32))
    with torch.no_grad():
        ground = array(
            torch.sigmoid(judged(look, generator, judge, places)).reshape(STEPS, STEPS), "What the judge says"
        )
    inks = class_inks(2)
    points = np.concatenate([real.numpy(), made.cpu().numpy()]).astype(np.float32)
    plot = Plot(
        *spans,
        x_label="first number",
        y_label="second number",
        points=points,
        inks=np.repeat(inks, [len(real), len(made)], 0),
        legend=legend_of(("real", "made"), inks),
        lines=_arrows(look, generator, judge, made, spans) if arrows else (),
        ground=True,
        equal=True,
    )
    share = float(torch.sigmoid(judged(look, generator, judge, made)).mean())
    note = (
        "Colour: how likely the judge takes a place for real. It takes the made points for real with "
        f"{100 * share:.0f} % on average."
    )
    return on_ground(plot, ground, 0.0, 1.0, "viridis", f"{generator.made.node} and {judge}", note)


def judge_of(look: Look, generator: Generator) -> str:
    """The layer that gives the judge's score of real samples.

    Raises:
        NoPicture: if nothing judges them.
    """
    real = generator.real.partition(".")[0]
    for loss in look.net.plan.losses:
        for operand in loss.operands.values():
            if operand.kind != "output":
                continue
            before = leading_to(look.net, operand.node)
            if real in before and not before & set(generator.noise):
                return operand.node
    raise NoPicture("No loss here judges real samples alone, so there is no judge to show.")


def judged(look: Look, generator: Generator, judge: str, samples: Tensor) -> Tensor:
    """The scores of the judge (n,) for samples in the place of real ones; gradients reach the samples."""
    net, model = look.net, look.model
    given = []
    for entry in net.plan.inputs:
        if f"{entry.node}.{entry.port}" == generator.real:
            given.append(samples.to(device_of(model)))
        else:
            kind = torch.int64 if entry.shape.dtype == "int" else torch.float32
            given.append(torch.zeros((len(samples), *entry.shape.sizes), dtype=kind, device=device_of(model)))
    port = next(iter(next(step for step in net.plan.graph.steps if step.name == judge).outputs))
    name = probe_of(net, judge, port)
    return net.capture(model, given, [name], grad=samples.requires_grad)[name].reshape(len(samples), -1)[:, 0]


def _real(look: Look, key: str, count: int) -> Tensor:
    """Some samples of the training part."""
    try:
        parts = parts_for(look.net)
        found = [batch[key] for _, batch in parts.read(parts.mixed("train")[:count]) if key in batch]
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    if not found:
        raise NoPicture("No real samples are at hand, so there is nothing to compare with.")
    return torch.cat(found).float().cpu()


def _arrows(
    look: Look, generator: Generator, judge: str, made: Tensor, spans: tuple[tuple[float, float], tuple[float, float]]
) -> tuple[PlotLine, ...]:
    """The way that the judge's gradient sends some of the made points."""
    some = made[:MOST_ARROWS].detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(judged(look, generator, judge, some).sum(), some)
    steps = slope.cpu().numpy()
    longest = float(np.hypot(*steps.T).max(initial=0.0))
    if not longest:
        return ()
    reach = ARROW * min(high - low for low, high in spans) / longest
    starts = some.detach().cpu().numpy()
    return tuple(
        PlotLine("gradient" if at == 0 else "", _arrow(start, reach * step), (220, 50, 120))
        for at, (start, step) in enumerate(zip(starts, steps))
    )


def _arrow(start: np.ndarray, way: np.ndarray) -> np.ndarray:
    """From the start to the tip, and the head as one line with it: (5, 2)."""
    tip, across = start + way, np.array([-way[1], way[0]])
    back = tip - HEAD * way
    return np.stack([start, tip, back + HEAD / 2 * across, tip, back - HEAD / 2 * across])
