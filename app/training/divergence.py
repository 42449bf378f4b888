"""Why a loss is no longer a number: the learning rate where loss or weights have grown, else the layer that did it."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from app.core.checks.problems import AnyFix, FixElsewhere
from app.core.compile.objectives import objectives
from app.core.compile.plan import Plan, PlanLoss, PlannedGraph, PlannedStep
from app.training.events import Diagnosed
from app.training.loss_bounds import ROUNDING, SampleLosses, bounded, fallen_below
from app.training.origin import Origin, largest, layer_of
from app.training.position import TrainingPosition
from app.training.rates import Rate, blameless, rate_of, rounded
from app.training.replay import SWOLLEN, SeenStep, StepReplay, checked, replayed
from nodes.api import InsertBefore, SetParam

log = logging.getLogger(__name__)

GROWN = 10.0  # times the first loss
FAR = 1e4  # data beyond that is better brought to usual size
HUGE = 1e12  # a value of that size is far from all that is meant
LITTLE = 0.01  # a weight for a class that had none
_TOO_LARGE = f"larger than every number that it computes with ({torch.finfo(torch.float32).max:.2g})"

_LOGARITHMS = frozenset({"log", "log_", "log2", "log10"})
_ROOTS = frozenset({"sqrt", "sqrt_", "rsqrt", "pow", "pow_", "__pow__", "float_power"})
_DIVISIONS = frozenset(
    {"div", "div_", "true_divide", "__truediv__", "__rdiv__", "__rtruediv__", "reciprocal", "divide"}
)
_STEEP = frozenset({"pow", "sqrt", "rsqrt", "log", "log2", "log10", "reciprocal", "div", "std", "var"})
_EXPONENTIALS = frozenset({"exp", "exp_", "exp2", "expm1"})


@dataclass(frozen=True)
class LossRecord:
    """What the losses of a run told before one was no number: the very first (None: not known), the largest in size,
    the lowest, and the last complete epoch's."""

    first: float | None
    highest: float
    lowest: float
    last_epoch: float | None = None


@dataclass(frozen=True)
class Divergence:
    """A finding, and whether going on from what is kept would only end in it again."""

    finding: Diagnosed
    useless: bool


def reason(
    course: StepReplay, heard: LossRecord, position: TrainingPosition, *, validation: bool = False
) -> Divergence:
    """Why the loss of the step that ends at ``position`` is no number, or that of the validation data after it."""
    broken, rates = _broken_weights(course), _rates(course)
    seen: SeenStep | None = None
    try:
        seen = checked(course, position.epoch) if validation and broken is None else None
        seen = seen or replayed(course, position)
        return Divergence(*_judged(course, heard, position, rates, seen, broken, validation=validation))
    except Exception as error:  # a layer may refuse what is no number, and the run has to end with a sentence
        log.info("Why a loss is no number cannot be found out.", exc_info=error)
    return Divergence(*_judged(course, heard, position, rates, None, broken, validation=validation))


def _judged(
    course: StepReplay,
    heard: LossRecord,
    position: TrainingPosition,
    rates: Mapping[str, Rate],
    seen: SeenStep | None,
    broken: str | None,
    *,
    validation: bool,
) -> tuple[Diagnosed, bool]:
    plan = course.net.plan
    origin = seen.origin if seen is not None else None
    at = seen.position if seen is not None else position
    when = _when(at)
    if validation and origin is not None and broken is None:
        when = f"on the validation data after epoch {position.epoch + 1}"
    if origin is not None and origin.kind == "data":
        assert seen is not None
        return _of_data(course, origin, seen), True
    if origin is not None and origin.kind == "weights" and seen is not None and not seen.losses and not at.batch:
        if heard.first is None or not math.isfinite(heard.first):
            sentence = (
                f"The weights of {origin.node or 'the network'} are not numbers before the first step ({origin.name}), "
                "so the learning rate is not to blame. Train again from fresh weights, or load others."
            )
            return Diagnosed(origin.node, sentence, "nan"), True
    jump = seen.jump if seen is not None else None
    if jump is not None and jump.origin is not None and jump.origin.name.lower() in _STEEP and jump.origin.node:
        return _of_layer(course, jump.origin, jump, _when(jump.position), rates), True
    lowest = min([heard.lowest, *(seen.losses if seen is not None else ())])
    rounding = ROUNDING * max(1.0, abs(heard.first) if heard.first is not None else 0.0)
    if bounded(plan) and lowest < -rounding:
        some = course.some() if seen is not None else SampleLosses({}, {})
        below = fallen_below(plan, course.net.project, some, lowest, rounding)
        if below is not None:
            return below, True
    grown = _growth(heard, seen)
    if grown:
        guilty = _guilty(rates, seen)
        rate = rates[guilty]
        lower = rounded(rate.value / 10)
        node = origin.node if origin is not None and origin.kind != "weights" else None
        place = f", first in {node}" if node and node not in {loss.name for loss in plan.losses} else ""
        sentence = (
            f"The loss is no longer a number {when}{place}: {grown}. The {rate.words} is too high. Train again with "
            f"{lower:g}."
        )
        kept = heard.last_epoch
        sound = kept is not None and heard.first is not None and abs(kept) < GROWN * abs(heard.first)
        return Diagnosed(_loss_of(plan, guilty), sentence, "nan", (rate.lowered(lower),)), not sound
    if seen is not None and origin is not None and origin.node is not None:
        return _of_layer(course, origin, seen, when, rates), True
    return _unknown(plan, heard, broken, when, rates), True


def _when(at: TrainingPosition) -> str:
    return f"in epoch {at.epoch + 1}, batch {at.batch + 1:,}"


# --- what grew -------------------------------------------------------------------------------------------------------


def _growth(heard: LossRecord, seen: SeenStep | None) -> str:
    """What has grown, in numbers; empty if nothing has."""
    parts = []
    losses = [heard.highest, *(abs(loss) for loss in (seen.losses if seen is not None else ()))]
    highest = max((abs(loss) for loss in losses if math.isfinite(loss)), default=0.0)
    first = heard.first
    if first is not None and math.isfinite(first) and highest > GROWN * max(abs(first), 1e-3):
        parts.append(f"the loss had grown from {first:.3g} to {highest:.3g}")
    if seen is not None and seen.start > 0 and math.isfinite(seen.end) and seen.end > SWOLLEN * max(seen.start, 1.0):
        parts.append(f"the largest weight had grown from {seen.start:.3g} to {seen.end:.3g}")
    return " and ".join(parts)


def _rates(course: StepReplay) -> dict[str, Rate]:
    """The learning rates of the objectives as they are now."""
    trainer = course.trainer
    return {
        each.name: rate_of(course.net.plan, each, course.recipe, trainer.optimizers[each.name].param_groups[0]["lr"])
        for each in trainer.objectives
    }


def _guilty(rates: Mapping[str, Rate], seen: SeenStep | None) -> str:
    """The objective whose own weights have grown most; of those that have grown alike, or where nothing was seen, that
    with the rate that is highest next to the usual one."""
    grown = seen.grown if seen is not None else {}
    return max(rates, key=lambda name: (grown.get(name, 0.0), rates[name].value / rates[name].usual))


# --- where it began --------------------------------------------------------------------------------------------------


def _of_data(course: StepReplay, origin: Origin, seen: SeenStep) -> Diagnosed:
    """Samples that hold what is no number."""
    values = course.batch_at(seen.samples)[origin.name]
    ill = ~values.flatten(1).isfinite() if values.ndim > 1 else ~values.isfinite().unsqueeze(1)
    rows = ill.any(1)
    first = int(rows.nonzero()[0])
    sample = int(seen.samples[first]) + 1
    others = int(rows.sum()) - 1
    more = (
        f", as do {others:,} others of its batch" if others > 1 else ", as does another of its batch" if others else ""
    )
    sentence = (
        f"The data holds values that are not numbers, so neither the network nor the learning rate is to blame: "
        f"{int(ill[first].sum()):,} of {ill.shape[1]:,} values of {origin.name} in sample {sample:,}{more}. Mend the "
        "data, or leave such samples out."
    )
    return Diagnosed(origin.node, sentence, "nan")


def _of_layer(course: StepReplay, origin: Origin, seen: SeenStep, when: str, rates: Mapping[str, Rate]) -> Diagnosed:
    plan, node = course.net.plan, origin.node
    assert node is not None
    step = step_at(plan.graph, node)
    loss = next((loss for loss in plan.losses if loss.name == node), None)
    why, remedy = _why(origin, loss)
    what = "value" if origin.kind == "value" else "gradient"
    start = f"{node} is the first whose {what} is not a finite number, {when}: {why}."
    if origin.limited:
        start = f"{node} gives a gradient that is far too large, {when}: {why}."
    sentence = f"{start} Neither loss nor weights had grown before"
    fixes: tuple[AnyFix, ...] = ()
    far = max(rates.values(), key=lambda rate: rate.value / rate.usual)
    if far.too_large and remedy != "weighted" and not origin.limited:
        # One step of such a rate may do it, and before the first one nothing has grown.
        lower = rounded(far.value / 10)
        sentence += f", but the {far.words} is {far.value / far.usual:,.0f} times what is usual. Train with {lower:g}."
        fixes = (far.lowered(lower),)
    else:
        sentence += f", so {blameless(rates.values())} not to blame."
    if remedy == "weighted" and loss is not None:
        weights = tuple(weight or LITTLE for weight in loss.settings["class_weights"])
        sentence += f" Give every class a weight above 0, such as {LITTLE:g}."
        fixes += (SetParam("class_weights", weights),)
    elif remedy == "ignored":
        sentence += " Set the ignored class to −100, which is none, or use larger batches."
        fixes += (SetParam("ignore_index", -100),)
    elif remedy in _BEFORE and step is not None and step.call is not None and "x" in step.inputs:
        kind, words = _BEFORE[remedy]
        sentence += f" Put a {kind} before it, {words}."
        fixes += (InsertBefore(kind, "x"),)
    elif remedy == "scaled" and any(largest(each) > FAR for each in course.batch_at(seen.samples).values()):
        sentence, more = _scaled(plan, sentence)
        fixes += more
    return Diagnosed(node, sentence, "nan", fixes)


_BEFORE = {
    "positive": ("Softplus", "whose values are all above 0"),
    "small": ("Tanh", "whose values stay between −1 and 1"),
}


def _scaled(plan: Plan, sentence: str) -> tuple[str, tuple[AnyFix, ...]]:
    """The first layer that reads data, with a Standardize before it; nothing where the drawing has one."""
    sources = {source.node for source in plan.sources}
    if any(step.call is not None and "Standardize" in step.call.constructor for step in plan.graph.running):
        return sentence, ()
    for step in plan.graph.running:
        for port, refs in step.inputs.items():
            if refs and refs[0].node in sources and step.call is not None:
                sentence += f" Put a Standardize before {step.name}, which brings the data to usual size."
                return sentence, (FixElsewhere(step.name, InsertBefore("Standardize", port)),)
    return sentence, ()


def _why(origin: Origin, loss: PlanLoss | None) -> tuple[str, str]:
    """What happened in a function, and what would help: see ``_BEFORE``, ``scaled``, ``weighted``, or nothing."""
    name = origin.name.lower()
    values = [each for each in origin.arguments if each.is_floating_point() and each.numel()]
    low, high = _measures(values[:1])
    size = max((abs(value) for each in values for value in _measures([each])), default=0.0)
    gradient = origin.kind == "gradient"
    if name in _LOGARITHMS:
        if low < 0 and not gradient:
            return f"the logarithm of {_n(low)} does not exist", "positive"
        return f"it takes the logarithm of {_n(low)}, {_steep(low, gradient)}", "positive"
    if name in _ROOTS:
        if low < 0 and not gradient and not size > HUGE:
            return f"a root of {_n(low)}, or another power with a fraction, does not exist", "positive"
        near = min(_nearest_zero(values[:1]), math.inf)
        if near < 1e-3 and (gradient or near < 1e-12):
            done = _steep(near, gradient) if gradient else "and 1 divided by that is infinite"
            return f"it takes a root or power of {_n(near)}, {done}", "positive"
        if 1 < size <= HUGE:
            return f"a power of values up to {_n(size)} is {_TOO_LARGE}", "small"
    if name in _DIVISIONS:
        near = _nearest_zero(values[-1:])
        return f"it divides by {_n(near)}{f', {_steep(near, gradient)}' if gradient else ''}", "positive"
    if name in _EXPONENTIALS:
        return f"e to the power of {_n(high)} is {_TOO_LARGE}", "small"
    if name in ("std", "var", "norm", "linalg_vector_norm"):
        return "where all values are equal, or 0, the slope of a deviation or length is infinite", ""
    if loss is not None and 0.0 in loss.settings.get("class_weights", ()):
        return "all samples of this batch are of classes whose weight is 0, so it divides 0 by 0", "weighted"
    if loss is not None and _all_ignored(values, origin, loss):
        ignored = loss.settings["ignore_index"]
        return f"all answers of this batch are of class {ignored}, which is ignored, so it divides 0 by 0", "ignored"
    if size > HUGE:
        return f"it is given values up to {_n(size)}, and what it makes of them is {_TOO_LARGE}", "scaled"
    what = "the gradient that it hands back" if gradient else "what it gives"
    return f"{what} is not finite, though it is given values of at most {_n(size)}", ""


def _all_ignored(values: list[Tensor], origin: Origin, loss: PlanLoss) -> bool:
    """Whether nothing is left that a loss counts: the target among its arguments is of one class, which is ignored."""
    ignored = loss.settings.get("ignore_index", -100)
    targets = [each for each in origin.arguments if not each.is_floating_point() and each.numel()]
    return bool(values) and ignored != -100 and any(bool((each == ignored).all()) for each in targets)


def _steep(value: float, gradient: bool) -> str:
    if not gradient:
        return "which is minus infinite"
    return "where its slope is infinite" if value == 0 else "where its slope is far too steep"


def _measures(tensors: list[Tensor]) -> tuple[float, float]:
    """Lowest and highest finite value."""
    finite = [each.detach()[each.detach().isfinite()] for each in tensors]
    finite = [each for each in finite if each.numel()]
    return min((float(each.min()) for each in finite), default=0.0), max(
        (float(each.max()) for each in finite), default=0.0
    )


def _nearest_zero(tensors: list[Tensor]) -> float:
    return min((float(each.detach().abs().min()) for each in tensors), default=0.0)


def _n(value: float) -> str:
    text = f"{value:.3g}"
    return f"−{text[1:]}" if text.startswith("-") else text


# --- without a replay ------------------------------------------------------------------------------------------------


def _broken_weights(course: StepReplay) -> str | None:
    """The name of the first weight that is not finite."""
    for name, value in course.model.named_parameters():
        if not bool(value.detach().isfinite().all()):
            return name
    return None


def _unknown(plan: Plan, heard: LossRecord, broken: str | None, when: str, rates: Mapping[str, Rate]) -> Diagnosed:
    """Nothing has grown, and where it began cannot be found out: what the weights tell, and layers that can do it."""
    risky = risky_layers(plan.graph)
    node = layer_of(plan.graph, broken) if broken is not None else None
    first = f" {node} is the first layer whose weights are not numbers." if node else ""
    if heard.first is not None and not math.isfinite(heard.first):
        sentence = (
            "The loss is not a number from the very first batch on, before anything was learned, so the learning rate "
            f"is not to blame.{first}"
        )
    else:
        sentence = (
            f"The loss is no longer a number {when}.{first} Neither loss nor weights had grown before, so "
            f"{blameless(rates.values())} hardly to blame."
        )
    if risky:
        few = " and ".join(risky[:3])
        return Diagnosed(risky[0], f"{sentence} Look at {few}: a logarithm, root or division of 0 does that.", "nan")
    return Diagnosed(node or _loss_of(plan), f"{sentence} Look for a division by 0, or values without limit.", "nan")


def risky_layers(graph: PlannedGraph, prefix: str = "") -> list[str]:
    """The paths of layers with a logarithm, root, division or exponential."""
    found = []
    for step in graph.running:
        if step.inner is not None:
            found += risky_layers(step.inner, f"{prefix}{step.name}/")
        elif step.call is not None and any(word in str(step.call) for word in ("torch.log", "torch.exp", "**", "1 / ")):
            found.append(prefix + step.name)
    return found


def step_at(graph: PlannedGraph, path: str) -> PlannedStep | None:
    """The step of a layer by its path."""
    inside: PlannedGraph | None = graph
    found: PlannedStep | None = None
    for name in path.split("/"):
        found = next((step for step in inside.steps if step.name == name), None) if inside is not None else None
        inside = found.inner if found is not None else None
    return found


def _loss_of(plan: Plan, objective: str = "") -> str | None:
    """The first loss of an objective, or of all."""
    served = next((each.losses[0] for each in objectives(plan) if each.name == objective), None)
    return served or (plan.losses[0].name if plan.losses else None)
