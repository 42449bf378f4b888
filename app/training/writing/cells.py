"""Layers that read a single step as cells do. On a CPU that takes a third of the time of the whole layer: a recurrent
one prepares its weights anew for each call, as if a long text came, and a convolution looks for the best way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

_CELLS: dict[str, Callable[..., Any]] = {
    "LSTM": torch.lstm_cell,
    "GRU": torch.gru_cell,
    "RNN_TANH": torch.rnn_tanh_cell,
    "RNN_RELU": torch.rnn_relu_cell,
}


def has_cells(layer: nn.RNNBase) -> bool:
    """Whether the steps of a layer can be taken by cells: it reads one way, and its outputs are what it carries."""
    return layer.mode in _CELLS and not layer.bidirectional and not layer.proj_size


@contextmanager
def by_cells(layer: nn.RNNBase) -> Iterator[None]:
    """Within, a single step on the CPU that continues from a state is taken by cells, where nothing is learned from
    it. The numbers are those of the layer to the rounding of float32."""
    whole, time = layer.forward, 1 if layer.batch_first else 0

    def forward(given: Any, state: Any = None) -> Any:
        if state is None or not _plain(given) or given.shape[time] != 1 or layer.training:
            return whole(given, state)
        return _step(layer, given, state)

    with _instead(layer, forward):
        yield


def has_product(layer: nn.Conv1d) -> bool:
    """Whether one step of what a convolution gives is a product of matrices."""
    return layer.groups == 1 and layer.stride == (1,) and layer.padding == (0,)


@contextmanager
def by_product(layer: nn.Conv1d) -> Iterator[None]:
    """The same for a convolution along time that is given as much as it needs for a single step."""
    whole, apart = layer.forward, layer.dilation[0]
    needed = apart * (layer.kernel_size[0] - 1) + 1

    def forward(given: Tensor) -> Tensor:
        if not _plain(given) or given.shape[2] != needed:
            return whole(given)
        read = given[:, :, ::apart] if apart > 1 else given
        return nn.functional.linear(read.flatten(1), layer.weight.flatten(1), layer.bias).unsqueeze(2)

    with _instead(layer, forward):
        yield


@contextmanager
def _instead(layer: nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    layer.__dict__["forward"] = forward
    try:
        yield
    finally:
        layer.__dict__.pop("forward", None)  # the class has its own


def _plain(given: Any) -> bool:
    """A batch on the CPU that nothing is learned from."""
    return (
        isinstance(given, Tensor)
        and given.ndim == 3
        and given.dtype == torch.float32
        and given.device.type == "cpu"
        and not torch.is_grad_enabled()
    )


def _step(layer: nn.RNNBase, given: Tensor, state: Any) -> tuple[Tensor, Any]:
    """One step of a batch: what the layer gives, and what it carries."""
    cell, time = _CELLS[layer.mode], 1 if layer.batch_first else 0
    now = given.squeeze(time)
    carries_two = isinstance(state, tuple)
    kept: list[Any] = []
    for place, weights in enumerate(layer.all_weights):
        before = (state[0][place], state[1][place]) if carries_two else state[place]
        found = cell(now, before, *weights)
        kept.append(found)
        now = found[0] if carries_two else found
    if carries_two:
        return now.unsqueeze(time), tuple(torch.stack(part) for part in zip(*kept, strict=True))
    return now.unsqueeze(time), torch.stack(kept)
