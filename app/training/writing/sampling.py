"""Writes a text with a net."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from app.core.compile.modes import evaluating
from app.training.writing.carrying import Stepper, stepper_of
from app.training.writing.writer import Writer, device_of

MOST = 100_000  # letters or words
OTHERS = 5  # candidates that are told beside the one that was written
WARMEST = 10.0


@dataclass(frozen=True, slots=True)
class Letter:
    """One step of what was written, as it stands in the text. ``probability`` is that of the net (at temperature 1);
    ``others`` are the likeliest candidates, itself among them, the likeliest first."""

    text: str
    probability: float
    others: tuple[tuple[str, float], ...]


def write(
    writer: Writer,
    model: nn.Module,
    *,
    prompt: str = "",
    length: int = 200,
    temperature: float = 1.0,
    seed: int = 0,
    beam: int = 1,
) -> Iterator[Letter]:
    """What the net writes behind the prompt, step by step; with a ``beam`` of several, the likeliest text that a search
    with so many finds. ``temperature`` divides the scores before one is drawn: 0 takes the likeliest each time.

    Raises:
        NoData: if the prompt holds what the net does not know, or it looks ahead.
    """
    numbers = writer.numbers(prompt)
    device = device_of(model)
    tokens = torch.tensor([numbers], device=device)
    stepper = stepper_of(writer, model)
    with stepper.attached():
        if beam > 1:
            yield from _searched(writer, model, stepper, tokens, length, beam)
            return
        generator = torch.Generator().manual_seed(seed)
        before: list[str] = [writer.spelled[numbers[-1]]] if prompt else []
        for _ in range(length):
            # Evaluation mode for each step alone: whoever asks may let others use the model between two steps.
            with evaluating(model), torch.no_grad():
                scores = _allowed(writer, stepper.read(tokens))[0].float().cpu()
            chosen = _drawn(scores, temperature, generator)
            yield _letter(writer, scores, chosen, before)
            before = [writer.spelled[chosen]]
            tokens = torch.tensor([[chosen]], device=device)


def _allowed(writer: Writer, scores: Tensor) -> Tensor:
    if writer.silent:
        scores = scores.clone()
        scores[:, writer.silent] = -torch.inf
    return scores


def _drawn(scores: Tensor, temperature: float, generator: torch.Generator) -> int:
    if temperature <= 0:
        return int(scores.argmax())
    chances = (scores.double() / temperature).softmax(0)
    return int(torch.multinomial(chances, 1, generator=generator))


def _letter(writer: Writer, scores: Tensor, chosen: int, before: list[str]) -> Letter:
    chances = scores.softmax(0)
    top = chances.topk(min(OTHERS, len(chances)))
    others = tuple(
        (writer.words[place], chance) for chance, place in zip(top.values.tolist(), top.indices.tolist()) if chance > 0
    )
    text = writer.pieces([*before, writer.spelled[chosen]])[-1]
    return Letter(text, float(chances[chosen]), others)


def _searched(
    writer: Writer, model: nn.Module, stepper: Stepper, tokens: Tensor, length: int, beam: int
) -> Iterator[Letter]:
    """Beam search: of all that the best texts can go on with, the best are kept at each step."""
    totals = torch.zeros(1, dtype=torch.float64)
    chosen: list[Tensor] = []  # the number that each kept text goes on with, step by step
    parents: list[Tensor] = []
    seen: list[Tensor] = []  # the scores they were chosen by
    with evaluating(model), torch.no_grad():
        for _ in range(length):
            scores = _allowed(writer, stepper.read(tokens)).float().cpu()
            known = totals[:, None] + scores.double().log_softmax(1)
            best = known.flatten().topk(min(beam, int(torch.isfinite(known).sum())))
            rows, numbers = best.indices // scores.shape[1], best.indices % scores.shape[1]
            totals = best.values
            chosen.append(numbers)
            parents.append(rows)
            seen.append(scores)
            stepper.keep(rows.to(tokens.device))
            tokens = numbers[:, None].to(tokens.device)
    row = 0
    found: list[tuple[Tensor, int]] = []
    for step in range(length - 1, -1, -1):
        parent = int(parents[step][row])
        found.append((seen[step][parent], int(chosen[step][row])))
        row = parent
    before: list[str] = []
    for scores, number in reversed(found):
        yield _letter(writer, scores, number, before)
        before = [writer.spelled[number]]
