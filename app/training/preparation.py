"""What has to be done with the training data before the first step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from app.core.checks.refusals import refusals
from app.core.checks.single_samples import COMPARES, compare_samples
from app.core.compile.decision import estimate_of
from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.training.batches import DeviceData
from app.training.refusal import CannotTrain
from nodes.api import Fix, InsertBefore, UseInstead
from nodes.api.registry import find

MOST_VALUES = 20_000_000  # that are measured (80 MB, for a moment twice); of more data every n-th sample is taken

# Gives the model's arguments for the samples of an index, batch by batch.
Inputs = Callable[[Tensor], Iterable[Sequence[Tensor]]]
# Gives the numbers that are to be told of the samples of an index, batch by batch.
Answers = Callable[[Tensor], Iterable[Tensor]]


class _Reached(Exception):
    """The module that is looked at has been given its input; nothing behind it has to be computed."""


def measures(model: nn.Module) -> bool:
    """Whether a layer takes numbers from the training data before the first step."""
    return bool(_measuring(model))


def fit(model: nn.Module, index: Tensor, inputs: Inputs, answers: Answers | None = None) -> None:
    """Let every module that measures the training data (Standardize) do so: its ``fit`` is called with what arrives
    there for the samples of ``index``, in the order of ``forward``, so that each sees what those before it give. One
    that is ``of_answers`` (Unstandardize) is called with the numbers that are to be told; without any it stays as it
    is.
    """
    for module in _measuring(model):
        step = _step(model, module, index, inputs, answers)
        values = _arriving(model, module, index[::step], inputs, answers) if step else None
        if values is not None:
            module.fit(values)  # type: ignore[operator]  # looked for above


def fit_to(net: CompiledNet, model: nn.Module, samples: DeviceData, learn: Tensor, size: int) -> None:
    """The same with the samples ``learn`` of the data, in batches of ``size``; those that cannot be read are left out.

    Raises:
        NoData: if none can be read.
    """
    told = answers_of(net)

    def read(index: Tensor) -> Iterator[Mapping[str, Tensor]]:
        yield from filter(None, map(samples.at, index.split(size)))

    if measures(model):
        samples.some(learn, 1)  # so that the first of those that follow can be read
        learn = samples.readable(learn)
    answers: Answers | None = (lambda index: (batch[told] for batch in read(index))) if told else None
    fit(model, learn, lambda index: map(net.inputs_from, read(index)), answers)


def _measuring(model: nn.Module) -> list[nn.Module]:
    return [module for module in model.modules() if callable(getattr(module, "fit", None))]


def answers_of(net: CompiledNet) -> str:
    """The field of a batch with the numbers that the net is to tell; empty where it tells none."""
    estimate = estimate_of(net.plan)
    return estimate.truth.key if estimate is not None and estimate.truth.kind == "field" else ""


def steps_of_fit(
    model: nn.Module, index: Tensor, inputs: Inputs, answers: Answers | None = None, without: bool = False
) -> list[int]:
    """Of every how many samples each module that measures takes one; 0 for one that is not used. ``without`` those that
    measure the answers."""
    found = _measuring(model)
    if without:
        found = [module for module in found if not getattr(module, "of_answers", False)]
    return [_step(model, module, index, inputs, answers) for module in found]


def _step(model: nn.Module, module: nn.Module, index: Tensor, inputs: Inputs, answers: Answers | None) -> int:
    values = _arriving(model, module, index[:1], inputs, answers)
    return max(1, -(-len(index) * values.numel() // MOST_VALUES)) if values is not None else 0


def _arriving(
    model: nn.Module, module: nn.Module, index: Tensor, inputs: Inputs, answers: Answers | None
) -> Tensor | None:
    """What ``module`` measures for these samples: what it reads in evaluation mode, or the answers. None if there is
    nothing, as it is not used.

    A module whose weights are shared is looked at where it is used first.
    """
    if getattr(module, "of_answers", False):
        told = list(answers(index)) if answers is not None else []
        return torch.cat(told) if told else None
    found: list[Tensor] = []

    def keep(_: nn.Module, arrived: tuple[Tensor, ...]) -> None:
        found.append(arrived[0].detach())
        raise _Reached

    # A hook rather than CompiledNet.capture: it can stop there, and it also finds modules in repeated blocks.
    hook = module.register_forward_pre_hook(keep)
    try:
        with evaluating(model), torch.no_grad():
            for batch in inputs(index):
                try:
                    model(*batch)
                except _Reached:
                    continue
    finally:
        hook.remove()
    return torch.cat(found) if found else None


def check_drawing(net: CompiledNet, recipe: Recipe) -> None:
    """Refuse what the drawing alone shows to be no training, in the words in which it is told before.

    Raises:
        CannotTrain: if there is such a thing.
    """
    if net.project is None or net.report is None:
        return
    for problem in refusals(replace(net.project, recipe=recipe), net.report):
        raise CannotTrain(problem.sentence, problem.node or None, problem.fixes)


def check_samples(net: CompiledNet, samples: int) -> None:
    """Refuse norms that compare the samples of a batch where there is one sample alone to train on.

    Raises:
        CannotTrain: if there is such a norm.
    """
    paths = compare_samples(net.report) if samples == 1 and net.report is not None else ()
    if paths:
        raise CannotTrain(f"{COMPARES}there is one sample to train on. Use more data, or hold out less.", paths[0])


def check_probabilities(net: CompiledNet, model: nn.Module, batch: Mapping[str, Tensor]) -> None:
    """Refuse a loss of probabilities, such as the binary cross-entropy, that reads others or is taught by others.

    torch would stop at the first such value, on a GPU in a way after which nothing can be computed there any more.

    Raises:
        CannotTrain: if there is one.
    """
    losses = [
        (loss, layer, port)
        for loss in net.plan.losses
        if (layer := find(loss.type)) is not None
        for port, wanted in layer.reads.items()
        if wanted == "probabilities"
    ]
    if not losses:
        return
    with evaluating(model), torch.no_grad():
        values = {**batch, **net.outputs(model(*net.inputs_from(batch)))}
    for loss, layer, port in losses:
        prediction = loss.operands[port]
        low, high = (value.item() for value in values[prediction.key].aminmax())
        if low < 0 or high > 1:
            other = find(layer.of_scores)
            fixes: list[Fix] = [InsertBefore("Sigmoid", port)]
            sentence = (
                f"It reads probabilities from 0 to 1, but {prediction.node} gives values from {low:.3g} to "
                f"{high:.3g}. Put a Sigmoid between them"
            )
            if other is not None:
                fixes.append(UseInstead(other.id))
                sentence += f", or use {other.name}"
            raise CannotTrain(f"{sentence}.", loss.name, tuple(fixes))
        target = loss.operands.get("target")
        if target is None or layer.reads.get("target") != "answers":
            continue
        low, high = (value.item() for value in values[target.key].aminmax())
        if low < 0 or high > 1:
            raise CannotTrain(
                f"Its targets must lie from 0 to 1, but {target.node} gives values from {low:.3g} to {high:.3g}. Use "
                "the mean squared error.",
                loss.name,
                (UseInstead("MSELoss"),),
            )
