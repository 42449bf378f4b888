"""Whether what a net reads fades on its way through the layers, so that the last ones are given the same for all."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.checks.problems import AnyFix, FixElsewhere, SeveralFixes
from app.core.compile.plan import PlannedGraph
from app.training.events import Diagnosed
from app.training.signals import RECTIFIERS, Signals
from nodes.api import SetParam

FADED = 0.01  # of the first layer's deviation between samples
STIFF = 0.5  # share of values at the ends: layers that are driven there give the same for all, too


def faded(graph: PlannedGraph, seen: Signals, guess: str = "") -> Iterator[Diagnosed]:
    """The finding, at the first layer from which samples hardly differ, for a net that has learned nothing. ``guess``
    is said of a net that guesses."""
    if len(seen.activations) < 2 or seen.activations[0].spread <= 0:
        return
    if any(each.saturated > STIFF for each in seen.activations):
        return
    start, end = seen.activations[0], seen.activations[-1]
    weak = next((each for each in seen.activations if each.spread < FADED * start.spread), None)
    if weak is None or end.spread >= FADED * start.spread:
        return
    share = end.spread / start.spread
    name = "Kaiming" if all(each.constructor in RECTIFIERS for each in seen.activations) else "Xavier"
    said = (
        f"What is read fades on its way: from sample to sample the values of {start.path} deviate by "
        f"{start.spread:.1e}, those of {end.path} by {end.spread:.1e}, so what stands behind them is given nearly the "
        f"same for all.{guess} Let the weights start by {name}'s rule, which keeps the deviation, or put layer norms "
        "between the layers."
    )
    layers = [s.name for s in graph.running if s.call and s.call.constructor in ("nn.Linear", "nn.Conv2d")]
    fixes: tuple[AnyFix, ...] = ()
    if len(layers) > 1:
        rule = tuple(FixElsewhere(layer, SetParam("init", f"{name} uniform")) for layer in layers)
        fixes = (SeveralFixes(rule, f"Start the {len(layers)} layers by {name}'s rule"),)
    yield Diagnosed(weak.path, said, "faded", fixes, share)
