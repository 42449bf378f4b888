"""Values inside a net for given inputs, without leaving a trace: mode, random numbers and gradients stay as before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.insight.tiles import NoPicture, finite

Inputs = Tensor | Sequence[Tensor] | Mapping[str, Tensor]


def device_of(model: nn.Module) -> torch.device:
    """Where the model lives; the CPU for one without weights."""
    first = next(model.parameters(), None)
    return first.device if first is not None else torch.device("cpu")


@contextmanager
def undisturbed(model: nn.Module, gradients: bool = False) -> Iterator[None]:
    """Evaluation mode inside; afterwards each module's own mode and torch's random numbers are as before.
    ``gradients`` says that derivatives will be asked for.

    Call it in the thread that trains, between two batches: random numbers belong to the whole process.
    """
    device = device_of(model)
    on_gpu = device.type != "cpu"
    with torch.random.fork_rng(devices=[device] if on_gpu else []), evaluating(model, gradients):
        yield


def arguments(net: CompiledNet, model: nn.Module, inputs: Inputs, sample: int | None = None) -> tuple[Tensor, ...]:
    """What the model takes, on its device.

    ``inputs``: one tensor, the tensors in order, or a batch by field (``{"digits.image": ...}``), which may hold more
    than is needed. ``sample`` picks one sample, kept as a batch of one.

    Raises:
        NoPicture: if something is missing, or does not have the shape the drawing says. A text may be of any length.
    """
    if isinstance(inputs, Mapping):
        try:
            given = net.inputs_from(inputs)
        except KeyError as missing:
            raise NoPicture(str(missing.args[0])) from None
    else:
        given = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    wanted = net.plan.inputs
    if len(given) != len(wanted):
        raise NoPicture(f"The net reads {len(wanted)} inputs, but {len(given)} were given.")
    device = device_of(model)
    result = []
    for tensor, entry in zip(given, wanted):
        sizes = tuple(tensor.shape[1:])
        is_text = entry.shape.kind == "tokens" and len(sizes) == entry.shape.rank == 1  # its length the model judges
        if sizes != entry.shape.sizes and not is_text:
            raise NoPicture(f"{entry.variable} must be {entry.shape.tuple_text} for each sample, but it is {sizes}.")
        if sample is not None:
            if not 0 <= sample < len(tensor):
                raise NoPicture(f"There is no sample {sample}; there are {len(tensor)}, counted from 0.")
            tensor = tensor[sample : sample + 1]
        result.append(tensor.detach().to(device))
    return tuple(result)


def values_of(
    net: CompiledNet, model: nn.Module, given: Sequence[Tensor], nodes: Sequence[str] | None
) -> dict[str, Tensor]:
    """The values of these nodes, with the batch.

    Raises:
        NoPicture: for a node that has no value in this net, or inputs that the model refuses.
    """
    with undisturbed(model):
        try:
            return net.capture(model, given, nodes)
        except KeyError as missing:
            raise NoPicture(str(missing.args[0])) from None
        except RuntimeError as error:
            place, sentence = net.explain(error)
            raise NoPicture(f"{place}: {sentence}" if place else sentence) from error


def array(value: Tensor, what: str) -> np.ndarray:
    """A copy as float32 for the window, which gets no tensors.

    Raises:
        NoPicture: if values are infinite or not numbers.
    """
    return finite(value.detach().to("cpu", torch.float32).numpy().copy(), what)
