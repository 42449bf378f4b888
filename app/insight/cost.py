"""What each layer costs: the time it takes, multiply-adds, memory and parameters."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import numpy as np
import torch

from app.core.compile.summary import summary_of
from app.core.inference import infer
from app.insight.capture import arguments, device_of, undisturbed
from app.insight.numbers import NumberFormat
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from nodes.api import cut

BYTES = 4
REPEATS = 7
LONGEST = 2.0  # seconds that the repeats may take together
MOST_BARS = 24
KINDS = ("time", "multiply-adds", "memory", "parameters")


@dataclass(frozen=True)
class Cost:
    """Of one layer, or of a block with all that is in it: milliseconds for the batch, multiply-adds and bytes of its
    output for one sample, and parameters."""

    path: str
    milliseconds: float
    multiply_adds: int
    memory: int
    parameters: int


def costs(look: Look, batch: int, inside: bool) -> tuple[list[Cost], float]:
    """The costs of all layers in the order in which they are used, and the milliseconds of a whole forward pass. The
    layers of blocks are added up, or stand by themselves if they are looked ``inside``.

    Raises:
        NoPicture: if the net was not made of a drawing, or refuses the sample.
    """
    net, model = look.net, look.model
    if net.project is None:
        raise NoPicture("This net was not made of a drawing, so its layers cannot be counted.")
    one = arguments(net, model, look.batch)
    given = tuple(value.expand(batch, *value.shape[1:]).contiguous() for value in one)
    quick = look.subject.seconds is not None
    taken: dict[str, list[float]] = {}
    whole: list[float] = []
    begun = time.perf_counter()
    with undisturbed(model), torch.no_grad():
        try:
            for turn in range(1 if quick else REPEATS + 1):
                start = time.perf_counter()
                model(*given)
                _wait(model)
                middle = time.perf_counter()
                seconds = net.timed(model, given)
                if turn or quick:  # the first pass makes room and chooses algorithms
                    whole.append(middle - start)
                    for path, each in seconds.items():
                        taken.setdefault(path, []).append(each)
                if whole and time.perf_counter() - begun > LONGEST:
                    break
        except RuntimeError as error:
            place, sentence = net.explain(error)
            raise NoPicture(f"{place}: {sentence}" if place else sentence) from error
    middle_of = {path: 1000 * statistics.median(each) for path, each in taken.items()}
    summary = summary_of(infer(net.project).main)
    found: dict[str, Cost] = {}
    for row in summary.layers:
        path = row.path if inside else row.path.split("/")[0]
        old = found.get(path, Cost(path, 0.0, 0, 0, 0))
        found[path] = Cost(
            path,
            old.milliseconds + middle_of.get(row.path, 0.0),
            old.multiply_adds + row.multiply_adds,
            old.memory + BYTES * row.values,
            old.parameters + row.parameters,
        )
    return list(found.values()), 1000 * statistics.median(whole)


def _wait(model: torch.nn.Module) -> None:
    if device_of(model).type == "cuda":
        torch.cuda.synchronize()


def cost_pictures(look: Look, what: str, batch: int, inside: bool) -> tuple[Tiles, ...]:
    """Bars for each layer, of one kind of cost or of all four. Of many layers the dearest are shown, in their order."""
    found, whole = costs(look, batch, inside)
    kinds = KINDS if what == "all" else (what,)
    return tuple(_bars(found, kind, whole, batch) for kind in kinds)


def _bars(found: list[Cost], kind: str, whole: float, batch: int) -> Tiles:
    values = np.array([_of(each, kind) for each in found], np.float64)
    total = float(values.sum())
    kept = np.arange(len(values))
    if len(values) > MOST_BARS:
        kept = np.sort(np.argsort(-values, kind="stable")[:MOST_BARS])
    shown = values[kept].astype(np.float32)
    shares = tuple((values / total)[kept].tolist()) if total else ()
    left_out = f"Shown are the {MOST_BARS} dearest of {len(values)} layers." if len(values) > MOST_BARS else ""
    dearest = sorted(range(len(values)), key=lambda each: -values[each])[:3]
    most = ", ".join(f"{found[each].path} {_said(values[each], kind)}" for each in dearest if values[each])
    of = {"multiply-adds": ", for one sample", "memory": ", of the values that one sample makes"}.get(kind, "")
    note = f"In all {_said(total, kind)}{of}. Most: {most or 'nothing'}."
    if kind == "time":
        per = f" for {batch} samples" if batch > 1 else ""
        note += (
            f" Measured one layer after the other, the middle of several; a whole pass takes {_said(whole, kind)}{per}."
        )
    title = {
        "time": f"Time in ms{f' for {batch} samples' if batch > 1 else ''}",
        "multiply-adds": "Multiply-adds",
        "memory": "Memory in bytes",
        "parameters": "Parameters",
    }
    return Tiles(
        shown.reshape(1, 1, -1), 0.0, max(float(shown.max()), 1e-9), "viridis", title[kind],
        tuple(cut(found[each].path, 24) for each in kept), layout="bars", x_label="layer", shares=shares,
        shares_from="share", note=f"{note} {left_out}".strip(), left_out=left_out,
    )  # fmt: skip


def _of(cost: Cost, kind: str) -> float:
    names = {"time": "milliseconds", "multiply-adds": "multiply_adds", "memory": "memory", "parameters": "parameters"}
    return float(getattr(cost, names[kind]))


def _said(value: float, kind: str) -> str:
    if kind == "time":
        return f"{NumberFormat([value])(value)} ms"
    if kind == "memory":
        return f"{value / 2**20:,.1f} MB" if value >= 2**20 else f"{value / 1024:,.1f} KB"
    return f"{value:,.0f}"
