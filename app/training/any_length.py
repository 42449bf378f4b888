"""Whether a net reads texts of another length than those of its training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from app.core.compile.modes import evaluating

if TYPE_CHECKING:
    from app.core.compile.net import CompiledNet
    from app.training.net_inputs import NetInputs

_TRIED = 2  # texts, so that a layer that takes two for one is found out


def reads_length(net: CompiledNet, model: nn.Module, reads: NetInputs, steps: int) -> bool:
    """Whether the net answers to texts of so many steps, and hears their first and their last one. It is tried: what is
    made for one length, such as a fully connected layer over all steps or a learned place for each of them, refuses
    another one, or leaves out what it has no weights for.
    """
    (field, *others) = reads.fields
    if others or reads.kind != "tokens" or steps < 1:
        return False
    if steps == reads.shape.sizes[0]:
        return True
    classes = reads.shape.classes or 0
    if classes < 2:
        return False
    device = next((each.device for each in model.parameters()), torch.device("cpu"))
    tokens = torch.randint(classes, (_TRIED, steps), generator=torch.Generator().manual_seed(steps))
    texts = [tokens]
    for place in {0, steps - 1}:
        other = tokens.clone()
        other[:, place] = (other[:, place] + 1 + classes // 2) % classes
        texts.append(other)
    key = f"{reads.own.node}.{field}"
    try:
        with evaluating(model), torch.no_grad():
            found = [list(net.outputs(model(*net.inputs_from({key: each.to(device)}))).values()) for each in texts]
    except (RuntimeError, IndexError, ValueError):
        return False
    if any(len(each) != _TRIED for answers in found for each in answers):
        return False
    return all(any(not torch.equal(one, other) for one, other in zip(found[0], each)) for each in found[1:])
