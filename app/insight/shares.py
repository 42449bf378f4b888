"""Class scores as per cent: read as they are where they are probabilities, made so where the loss says how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from app.core.compile.named_scores import named_scores
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlannedStep, Ref
from app.insight.anatomy import classes, only_input, shape_of
from nodes.api.registry import find
from nodes.api.values import Reads

Made = Literal["as they are", "softmax", "exp"]


@dataclass(frozen=True, slots=True)
class ProbabilityForm:
    """How the values of a node become probabilities."""

    made: Made

    def of(self, values: Tensor) -> Tensor:
        """Probabilities from values whose last axis is the classes."""
        match self.made:
            case "softmax":
                return values.softmax(-1)
            case "exp":
                return values.exp()
        return values

    @property
    def words(self) -> str:
        """The function that makes them, by its name; empty where there is none."""
        return "" if self.made == "as they are" else self.made


def shares_of(net: CompiledNet, node: str) -> ProbabilityForm | None:
    """How the answer of ``node`` to one sample is read as probabilities of classes; None where nothing says that it is.

    A Softmax gives probabilities, a LogSoftmax their logarithms. What cross-entropy reads, or a Softmax, are scores
    whose softmax they are. A hinge loss makes no probabilities of its scores.
    """
    step = _step(net, node)
    if step is None or len(step.outputs) != 1:
        return None
    shape = next(iter(step.outputs.values()))
    if shape.dtype != "float" or shape.rank != 1 or shape.values < 2:
        return None
    kind = _kind(step)
    if kind is not None:
        return ProbabilityForm("as they are" if kind == "Softmax" else "exp")
    readers = (each for each in net.plan.graph.running if any(node == ref.node for ref in _read(each)))
    if any(_kind(each) is not None for each in readers):
        return ProbabilityForm("softmax")
    named = named_scores(net.plan)
    if named is not None and named.node == node and named.made:
        return ProbabilityForm(named.made)
    found = classes(net)
    scored = found is not None and found.node == node and "softmax_scores" in _read_by_losses(net, node)
    return ProbabilityForm("softmax") if scored else None


def class_scores(net: CompiledNet, node: str) -> bool:
    """Whether each value of a node belongs to one class: it gives the scores that a loss compares with labels, or what
    layers that keep their number make of them, or what a Softmax makes these of."""
    found = classes(net)
    if found is None:
        return False
    known = _step(net, found.node)
    while known is not None and _kind(known) is not None:  # the scores before a Softmax are the classes' as well
        ref = only_input(known)
        if node == known.name or (ref is not None and node == ref.node):
            return True
        known = _step(net, ref.node) if ref is not None else None
    name: str | None = node
    while name is not None:
        if name == found.node:
            return True
        step = _step(net, name)
        ref = only_input(step) if step is not None and step.call is not None else None
        same = ref is not None and step is not None and shape_of(net, net.plan.graph, ref) in step.outputs.values()
        name = ref.node if ref is not None and same else None
    return False


def _read_by_losses(net: CompiledNet, node: str) -> set[Reads]:
    """What the losses that read this node are made to read."""
    wanted = ((loss, layer.reads) for loss in net.plan.losses if (layer := find(loss.type)) is not None)
    return {reads[port] for loss, reads in wanted for port in reads if loss.operands[port].node == node}


def _step(net: CompiledNet, name: str) -> PlannedStep | None:
    return next((step for step in net.plan.graph.steps if step.name == name), None)


def _read(step: PlannedStep) -> list[Ref]:
    return [ref for arrived in step.inputs.values() for ref in arrived]


def _kind(step: PlannedStep) -> str | None:
    """``Softmax`` or ``LogSoftmax`` if the layer is one of them."""
    kind = step.call.constructor.rpartition(".")[2] if step.call is not None else ""
    return kind if kind in ("Softmax", "LogSoftmax") else None


def shares(net: CompiledNet, node: str, values: Tensor) -> tuple[ProbabilityForm, tuple[float, ...]] | None:
    """The probabilities of one sample's ``values`` (classes,), and how they were made; None where there are none."""
    found = shares_of(net, node)
    if found is None:
        return None
    made = found.of(torch.as_tensor(values, dtype=torch.float64).reshape(-1))
    good = bool(torch.isfinite(made).all()) and bool((made >= 0).all()) and bool((made <= 1 + 1e-6).all())
    return (found, tuple(made.tolist())) if good else None
