"""How many bits a net that writes needs for each letter of the validation data, beside a count of triples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

import torch

from app.training import batches
from app.training.writing.counting import MOST_WORDS, bits_of_triples
from app.training.writing.writer import Writer, writer_of

if TYPE_CHECKING:
    from app.core.compile.net import CompiledNet
    from app.training.checkpoints import LoadedRun

MOST_WINDOWS = 200_000  # that are counted


@dataclass(frozen=True, slots=True)
class BitsPerCharacter:
    """Bits for each letter (or word, or value): of the net, and of a 3-gram model on the same split; None where it is
    not known."""

    net: float | None
    triples: float | None
    unit: str = "characters"

    @property
    def sentence(self) -> str:
        """Both in a sentence; empty where nothing is known."""
        one = self.unit.removesuffix("s")
        if self.net is None:
            return ""
        told = f"{self.net:.2f} bits per {one} on the validation data"
        return f"{told}; a count of triples needs {self.triples:.2f}." if self.triples is not None else f"{told}."


def bits_of(net: CompiledNet, metrics: Mapping[str, Any]) -> BitsPerCharacter:
    """Those of a net whose last epoch gave these numbers.

    Raises:
        NoData: if it does not write.
    """
    writer = writer_of(net)
    said = "values" if all(word.isdecimal() for word in writer.words) else writer.unit  # as of a sound
    return BitsPerCharacter(_bits(net, metrics), triples_of(writer), said)


def bits_of_run(run: LoadedRun) -> BitsPerCharacter:
    """The same of a run, whose counts are kept in memory while its folder is looked at."""
    return bits_of(run.net, run.metrics[-1] if run.metrics else {})


def _bits(net: CompiledNet, metrics: Mapping[str, Any]) -> float | None:
    """What cross-entropy says, in bits; it is the mean over all steps."""
    told = metrics.get("val_loss")
    plain = len(net.plan.losses) == 1 and net.plan.losses[0].type == "CrossEntropyLoss"
    smooth = plain and net.plan.losses[0].settings.get("label_smoothing", 0.0)
    return float(told) / log(2) if plain and not smooth and isinstance(told, int | float) else None


_counted: dict[tuple[Any, ...], float | None] = {}


def triples_of(writer: Writer) -> float | None:
    """What triples of the training part know of the validation part of the same split; None where there are too many
    different words, no validation part, or no windows.

    Raises:
        NoData: if the data cannot be had.
    """
    recipe = writer.net.plan.recipe
    assert recipe is not None
    key = (writer.own.type, repr(sorted(writer.own.settings.items())), recipe.validation, recipe.test, recipe.seed)
    if key not in _counted:
        _counted[key] = _triples(writer)
    return _counted[key]


def _triples(writer: Writer) -> float | None:
    if len(writer.words) > MOST_WORDS:
        return None
    plan, recipe = writer.net.plan, writer.net.plan.recipe
    assert recipe is not None
    target = next(
        (
            operand
            for loss in plan.losses
            for operand in loss.operands.values()
            if operand.kind == "field" and operand.node == writer.own.node
        ),
        None,
    )
    if target is None:
        return None
    data = batches.load(plan)
    learn, validation, _ = batches.divide(plan, data, recipe.validation, recipe.seed, recipe.test)
    if not len(validation) or not len(learn):
        return None
    feed = data.feeds[writer.own.node]
    both = []
    for part in (learn[:MOST_WINDOWS], validation[:MOST_WINDOWS]):
        read = feed.at(part.cpu(), None, [writer.field, target.port])
        now, then = read[writer.field], read[target.port]
        if then.shape != now.shape or not torch.equal(now[:, 1:], then[:, :-1]):
            return None  # what is to be told is not what comes next
        both.append(torch.cat([now, then[:, -1:]], 1))
    return bits_of_triples(both[0], both[1], len(writer.words))
