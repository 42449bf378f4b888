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
TOGETHER = 16  # steps between which nothing else is done
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
        before = [writer.spelled[numbers[-1]]] if prompt else []
        if beam > 1:
            yield from _searched(writer, model, stepper, tokens, length, beam, before)
            return
        generator = torch.Generator().manual_seed(seed)
        left = length
        while left:
            seen, chosen = [], []
            # In evaluation mode for some steps at a time: between them, whoever asked may use the model otherwise.
            with evaluating(model), torch.no_grad():
                for _ in range(min(TOGETHER, left)):
                    scores = _allowed(writer, stepper.read(tokens))[0].float().cpu()
                    seen.append(scores)
                    chosen.append(drawn(scores, temperature, generator))
                    tokens = torch.tensor([[chosen[-1]]], device=device)
            left -= len(chosen)
            yield from _letters(writer, torch.stack(seen), chosen, before)
            before = [writer.spelled[chosen[-1]]]


def _allowed(writer: Writer, scores: Tensor) -> Tensor:
    if writer.silent:
        scores = scores.clone()
        scores[:, writer.silent] = -torch.inf
    return scores


def drawn(scores: Tensor, temperature: float, generator: torch.Generator) -> int:
    """One of the classes by their scores (classes,), divided by the temperature; the likeliest at 0."""
    if temperature <= 0:
        return int(scores.argmax())
    chances = (scores.double() / temperature).softmax(0)
    return int(torch.multinomial(chances, 1, generator=generator))


def _letters(writer: Writer, scores: Tensor, chosen: list[int], before: list[str]) -> Iterator[Letter]:
    """What was written, by the scores (n, classes) it was chosen by; ``before`` is what stands there already."""
    chances = scores.softmax(1)
    top = chances.topk(min(OTHERS, chances.shape[1]))
    own = chances.gather(1, torch.tensor(chosen)[:, None])[:, 0].tolist()
    spelled = [*before, *[writer.spelled[number] for number in chosen]]
    pieces = writer.pieces(spelled)[len(before) :]
    for piece, chance, values, places in zip(pieces, own, top.values.tolist(), top.indices.tolist()):
        others = tuple((writer.words[place], value) for value, place in zip(values, places) if value > 0)
        yield Letter(piece, chance, others)


def _searched(
    writer: Writer, model: nn.Module, stepper: Stepper, tokens: Tensor, length: int, beam: int, before: list[str]
) -> Iterator[Letter]:
    """Beam search: of all that the best texts can go on with, the best are kept at each step. ``before`` is what stands
    there already."""
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
    found.reverse()
    yield from _letters(writer, torch.stack([each for each, _ in found]), [number for _, number in found], before)
