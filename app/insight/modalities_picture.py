"""How well a net answers with all of the senses that it joins, and with some of them alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.core.compile.decision import decision_of
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlannedStep
from app.insight.capture import device_of, undisturbed
from app.insight.generative import probe_of
from app.insight.part_predictions import parts_for
from app.insight.tiles import NoPicture, Tiles
from app.insight.unit_responses import counted
from app.insight.view import Subject
from app.training.refusal import CannotTrain
from nodes.api import NoData

JOINS = "modules.ModalityDropout"
MOST_CLASSES = 40  # that a table shows


@dataclass(frozen=True, eq=False)
class ModalityResults:
    """How a net answers with some of its senses. ``names`` say which, ``chosen`` are the classes that it chooses with
    them, (names, n), ``right`` the right ones, (n,). ``whole`` is how many samples the part has."""

    names: tuple[str, ...]
    chosen: np.ndarray
    right: np.ndarray
    words: tuple[str, ...]
    whole: int

    @property
    def accuracies(self) -> np.ndarray:
        """The share of right answers with each of ``names``."""
        return np.asarray((self.chosen == self.right).mean(1))

    @property
    def guessing(self) -> float:
        """The share of right answers of whoever always says the most frequent class."""
        return float(np.unique(self.right, return_counts=True)[1].max() / len(self.right))


def joining(net: CompiledNet) -> PlannedStep:
    """The layer in which senses are joined.

    Raises:
        NoPicture: if there is none.
    """
    found = [step for step in net.plan.graph.running if step.call is not None and step.call.constructor == JOINS]
    if not found or len(_senses(found[0])) < 2:
        raise NoPicture(
            "Nothing here joins several senses. Wire the lists of numbers that each of them ends in to a Modality "
            "dropout; the template Gestures by two senses does so."
        )
    return found[0]


def _senses(step: PlannedStep) -> list[tuple[str, str]]:
    """Node and port of what arrives where senses are joined."""
    return [(ref.node, ref.port) for refs in step.inputs.values() for ref in refs]


def senses_of(subject: Subject, part: str) -> ModalityResults:
    """The answers to a part with all senses, with each alone and, of three or more, without each; where a training
    waits, to as many samples as there is time for.

    Raises:
        NoPicture: if the net joins nothing or chooses no class, or there is no such part.
    """
    net, model = subject.net, subject.model
    senses = _senses(joining(net))
    decision = decision_of(net.plan)
    if decision is None or decision.channels or decision.soft or decision.threshold is not None:
        raise NoPicture("This view is about nets that choose one of several classes, by the largest score.")
    key = net.plan.outputs[decision.output].key
    probes = [probe_of(net, *sense) for sense in senses]
    left = {"all": frozenset[str]()}
    left |= {f"{sense[0]} alone": frozenset(probes) - {probe} for sense, probe in zip(senses, probes)}
    if len(senses) > 2:
        left |= {f"without {sense[0]}": frozenset({probe}) for sense, probe in zip(senses, probes)}
    nets = [net.with_changed_values(model, _silent(without)) for without in left.values()]
    chosen: list[list[np.ndarray]] = [[] for _ in nets]
    rights, parts, start = [], parts_for(net), time.perf_counter()
    try:
        index = parts.index(part) if subject.seconds is None else parts.mixed(part)
        for _, batch in parts.read(index):
            here = {name: value.to(device_of(model)) for name, value in batch.items()}
            for place, (changed, copy) in enumerate(nets):
                chosen[place].append(_choices(changed, copy, here, key))
            rights.append(here[decision.target].cpu().numpy())
            if subject.seconds is not None and time.perf_counter() - start > subject.seconds:
                break
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    if not rights:
        raise NoPicture("No sample of this part can be read.")
    answers = np.stack([np.concatenate(each) for each in chosen])
    return ModalityResults(tuple(left), answers, np.concatenate(rights), parts.words, len(index))


def _silent(without: frozenset[str]):  # type: ignore[no-untyped-def]
    """What makes zeros of what these give."""
    return lambda path, value: torch.zeros_like(value) if path in without else value


def _choices(net: CompiledNet, model: torch.nn.Module, batch: Mapping[str, Tensor], key: str) -> np.ndarray:
    with undisturbed(model):
        scores = net.outputs(model(*net.inputs_from(batch)))[key]
    if not bool(scores.isfinite().all()):
        raise NoPicture(
            "The scores are infinite or not numbers. Training has run away: use a smaller learning rate and train "
            "again."
        )
    return np.asarray(scores.argmax(-1).cpu().numpy())


def modalities_tiles(subject: Subject, part: str) -> tuple[Tiles, ...]:
    """Bars of the accuracies, and where there is room a table of the share of each class that is told right.

    Raises:
        NoPicture: as ``senses_of``.
    """
    found = senses_of(subject, part)
    shares = found.accuracies
    said = ", ".join(f"{name} {100 * share:.1f} %" for name, share in zip(found.names, shares))
    note = (
        f"Right answers: {said}; always saying the most frequent class {100 * found.guessing:.1f} %. A sense that is "
        "left out gives zeros where they are joined."
    )
    where = counted(len(found.right), found.whole, part)
    bars = Tiles(
        shares.astype(np.float32)[None, None],
        0.0,
        1.0,
        "viridis",
        f"Right answers with each sense, {where}",
        found.names,
        layout="bars",
        percent=True,
        note=note,
    )
    classes = np.unique(found.right)
    if len(classes) > MOST_CLASSES:
        return (bars,)
    of_class = np.stack([(found.chosen == found.right)[:, found.right == each].mean(1) for each in classes], 1)
    words = tuple(found.words[each] if 0 <= each < len(found.words) else str(each) for each in classes.tolist())
    table = Tiles(
        of_class.astype(np.float32)[None],
        0.0,
        1.0,
        "viridis",
        "Right answers by class",
        (*found.names, *words),
        layout="table",
        percent=True,
        x_label="right class",
        y_label="what is read",
    )
    return bars, table
