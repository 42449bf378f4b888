"""The net step by step: with what recurrent layers carry from one step to the next, or by reading the window anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.training.writing.cells import by_cells, by_product, has_cells, has_product
from app.training.writing.traced_steps import QuickSteps
from app.training.writing.writer import Writer, device_of, scores_of
from nodes.api import NoData

CARRIES, READS = "carries", "reads"
AHEAD = (
    "This net looks ahead: its answer at a step depends on later ones, as where it reads both ways. What is not yet "
    "written cannot be read, so it cannot write. Make it read one way, or causal."
)
_TOLERANCE = 1e-3  # of scores, between one reading and the other


class Stepper(Protocol):
    """Reads on, some steps at a time, several texts of equal length side by side."""

    def read(self, tokens: Tensor) -> Tensor:
        """Read these (n, steps); gives the scores (n, classes) for what comes behind them."""
        ...

    def keep(self, index: Tensor) -> None:
        """Go on with these of the texts side by side, in this order."""
        ...


class CarriedState:
    """Each layer reads only what is new; what recurrent layers remember is handed on, and so is what convolutions along
    time that look back have read."""

    def __init__(self, writer: Writer, model: nn.Module) -> None:
        self._writer, self._model = writer, model
        self._states: dict[nn.Module, Any] = {}
        self._quick = QuickSteps(model, self._on, self._states)

    @contextmanager
    def attached(self) -> Iterator[CarriedState]:
        """Hand memories on within."""
        with ExitStack() as stack:
            for layer in self._model.modules():
                if isinstance(layer, nn.RNNBase):
                    before = layer.register_forward_pre_hook(self._before)
                    behind = layer.register_forward_hook(self._behind)
                    stack.callback(before.remove)
                    stack.callback(behind.remove)
                    if has_cells(layer):
                        stack.enter_context(by_cells(layer))
                elif isinstance(layer, nn.Conv1d):
                    if _reach(layer):
                        stack.callback(layer.register_forward_pre_hook(self._looking_back).remove)
                    if has_product(layer):
                        stack.enter_context(by_product(layer))
            yield self

    def _looking_back(self, layer: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
        """The zeros before what is new are what was there (n, channels, steps). Whether these are zeros that a causal
        convolution puts there shows when the net is tried."""
        assert isinstance(layer, nn.Conv1d)
        (x,) = given
        before = self._states.get(layer)
        if before is not None:
            x = torch.cat([before, x[:, :, _reach(layer) :]], 2)
        self._states[layer] = x[:, :, -_reach(layer) :]
        return (x,)

    def _before(self, layer: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...] | None:
        state = self._states.get(layer)
        return (given[0], state) if state is not None else None

    def _behind(self, layer: nn.Module, given: tuple[Any, ...], returned: Any) -> None:
        self._states[layer] = returned[1]

    def read(self, tokens: Tensor) -> Tensor:
        return self._quick.read(tokens)

    def _on(self, tokens: Tensor) -> Tensor:
        return scores_of(self._writer, self._model(tokens))[:, -1]

    def every(self, tokens: Tensor) -> Tensor:
        """The scores at each of the steps."""
        return scores_of(self._writer, self._model(tokens))

    def keep(self, index: Tensor) -> None:
        for layer, state in self._states.items():
            if isinstance(layer, nn.Conv1d):
                self._states[layer] = state.index_select(0, index)
                continue
            parts = state if isinstance(state, tuple) else (state,)
            kept = tuple(part.index_select(1, index).contiguous() for part in parts)
            self._states[layer] = kept if isinstance(state, tuple) else kept[0]


def _reach(layer: nn.Conv1d) -> int:
    """How many earlier steps a convolution reads that moves by single steps and is given its padding; 0 of others."""
    if layer.stride != (1,) or layer.padding != (0,):
        return 0
    return layer.dilation[0] * (layer.kernel_size[0] - 1)


class RereadingStepper:
    """All of the window is read anew for each step: for nets that carry nothing, such as a transformer."""

    def __init__(self, writer: Writer, model: nn.Module) -> None:
        self._writer, self._model = writer, model
        self._seen = torch.zeros(1, 0, dtype=torch.int64)

    @contextmanager
    def attached(self) -> Iterator[RereadingStepper]:
        """Nothing has to be prepared."""
        yield self

    def read(self, tokens: Tensor) -> Tensor:
        seen = self._seen.to(tokens.device).expand(len(tokens), -1) if len(self._seen) == 1 else self._seen
        self._seen = torch.cat([seen, tokens], 1)[:, -self._writer.window :]
        count = self._seen.shape[1]
        # What stands behind is not seen by a net that may be asked to write.
        filled = nn.functional.pad(self._seen, (0, self._writer.window - count))
        return scores_of(self._writer, self._model(filled))[:, count - 1]

    def keep(self, index: Tensor) -> None:
        self._seen = self._seen.expand(max(len(self._seen), int(index.max()) + 1), -1).index_select(0, index)


_known: WeakKeyDictionary[CompiledNet, str] = WeakKeyDictionary()  # whether a net carries, or why it cannot write


def stepper_of(writer: Writer, model: nn.Module) -> CarriedState | RereadingStepper:
    """The quickest way to write that gives the numbers of the whole window. A net is tried once: what it carries does
    not depend on its weights.

    Raises:
        NoData: if the net looks at what is to be written.
    """
    told = _known.get(writer.net)
    if told is None:
        told = _known[writer.net] = _tried(writer, model)
    if told not in (CARRIES, READS):
        raise NoData(told)
    return CarriedState(writer, model) if told == CARRIES else RereadingStepper(writer, model)


def _tried(writer: Writer, model: nn.Module) -> str:
    device = device_of(model)
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(len(writer.words), (1, writer.window), generator=generator).to(device)
    with evaluating(model), torch.no_grad():
        whole = scores_of(writer, model(tokens))
        if writer.window > 1:
            other = tokens.clone()
            half = writer.window // 2
            other[:, half:] = (other[:, half:] + 1) % len(writer.words)
            if not torch.allclose(scores_of(writer, model(other))[:, :half], whole[:, :half], atol=_TOLERANCE):
                return AHEAD
        carried = CarriedState(writer, model)
        try:
            with carried.attached():
                some = [carried.every(tokens[:, :1]), carried.every(tokens[:, 1:2]), carried.every(tokens[:, 2:])]
                same = torch.allclose(torch.cat(some, 1), whole, atol=_TOLERANCE)
        except (RuntimeError, IndexError):
            same = False  # a layer that wants all of the window at once
    return CARRIES if same and writer.window > 2 else READS
