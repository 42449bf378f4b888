"""From what is wished for to what is climbed: a node and channels, or the terms of ``--objective``, in a given net."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.anatomy import classes, only_input, part, probe_name
from app.insight.dream import objective as parts
from app.insight.dream.grammar import ObjectiveTerm, parse
from app.insight.dream.objective import DreamObjective
from app.insight.shares import class_scores
from app.insight.tiles import NoPicture
from nodes.api import cut
from nodes.api.params import BadSetting

# They cut off what is below zero; the value before tells how far it is from waking.
_SILENT = frozenset({"ReLU", "ReLU6", "Threshold", "Hardswish", "Hardsigmoid", "Hardtanh", "Softshrink", "Hardshrink"})
# Their answer hardly moves once it is near its end, however much the picture would have to say.
_FULL = frozenset(
    {"Softmax", "LogSoftmax", "Softmin", "Sigmoid", "LogSigmoid", "Tanh", "ReLU6", "Hardsigmoid", "Hardtanh"}
)


@dataclass(frozen=True)
class DreamGoal:
    """``shown`` is the answer that is told as the score, ``climbed`` what is raised for it, ``waking`` what to raise
    first where ``climbed`` does not move at all. ``what`` says in words what answers; ``note`` what was done in place
    of what was asked."""

    shown: DreamObjective
    climbed: DreamObjective
    waking: DreamObjective | None
    what: str
    note: str = ""

    @property
    def nodes(self) -> frozenset[str]:
        """All whose values are needed."""
        return self.shown.nodes | self.climbed.nodes


class DreamGoals:
    """Makes goals for one net. ``values`` gives the values of nodes for the picture that the dream begins with."""

    def __init__(
        self,
        net: CompiledNet,
        values: Callable[[Sequence[str]], Mapping[str, Tensor]],
        words: Sequence[str] = (),
        guide: Callable[[str, str], Tensor] | None = None,
    ) -> None:
        self.net, self.values, self.words, self.guide = net, values, words, guide

    def of_node(self, node: str, channels: Sequence[int | None]) -> DreamGoal:
        """The goal of a node: as a whole (None), of a channel, or of one channel for each picture."""
        part(self.net, node)  # says why, if it is none that a picture could excite
        probe = probe_name(self.net, node)
        if channels[0] is None:
            return self._whole(node, probe)
        numbers = [each for each in channels if each is not None]
        self._count(node, probe, numbers)
        what = f"{node}, channel {numbers[0]}," if len(numbers) == 1 else node
        return self._units(node, probe, numbers, what)

    def _whole(self, node: str, probe: str) -> DreamGoal:
        shown = parts.layer(probe)
        before = self._before(node)
        return DreamGoal(shown, shown, parts.layer(before) if before and self._type(node) in _SILENT else None, node)

    def _units(self, node: str, probe: str, numbers: Sequence[int], what: str) -> DreamGoal:
        shown = parts.each_unit(probe, numbers)
        kind, before = self._type(node), self._before(node)
        read, note = probe, ""
        if before and kind in _FULL:
            read = before
            note = f"{node} hardly moves near its end, so what it reads is raised: {before}."
        climbed = parts.each_unit(read, numbers)
        if self._is_scores(node):
            climbed = climbed + -1.0 * parts.each_rivals(read, numbers)
        waking = parts.each_unit(before, numbers) if before and kind in _SILENT else None
        return DreamGoal(shown, climbed, waking, what, note)

    def of_terms(self, text: str) -> DreamGoal:
        """The goal of an objective in words.

        Raises:
            NoPicture: for words that cannot be read, or that name what is not there.
        """
        try:
            terms = parse(text)
        except BadSetting as bad:
            raise NoPicture(str(bad)) from None
        shown: DreamObjective | None = None
        climbed: DreamObjective | None = None
        waking: DreamObjective | None = None
        notes: list[str] = []
        for term in terms:
            goal = self._of_term(term)
            # What belongs to a class alone is raised; lowering a class needs no rivals.
            up = goal.climbed if term.weight > 0 else goal.shown
            shown = _sum(shown, term.weight * goal.shown)
            climbed = _sum(climbed, term.weight * up)
            if goal.waking is not None:
                waking = _sum(waking, term.weight * goal.waking)
            if goal.note and term.weight > 0:
                notes.append(goal.note)
        assert shown is not None
        assert climbed is not None
        return DreamGoal(shown, climbed, waking, cut(text.strip(), 60), " ".join(dict.fromkeys(notes)))

    def _of_term(self, term: ObjectiveTerm) -> DreamGoal:
        node = term.node
        part(self.net, node)
        probe = probe_name(self.net, node)
        if term.picture:
            if self.guide is None:
                raise NoPicture("There is no way to read a picture here.")
            liken = {"~": parts.guided, "=": parts.content, "#": parts.style}[term.sign]
            found = liken(probe, self.guide(probe, term.picture))
            return DreamGoal(found, found, None, str(term))
        if term.mix:
            self._count(node, probe, [channel for channel, _ in term.mix])
            found = parts.direction(probe, dict(term.mix))
            before = self._before(node)
            waking = parts.direction(before, dict(term.mix)) if before and self._type(node) in _SILENT else None
            return DreamGoal(found, found, waking, str(term))
        if term.channel is None:
            return self._whole(node, probe)
        channel = term.channel if isinstance(term.channel, int) else self._class(node, term.channel)
        self._count(node, probe, [channel])
        if term.place is None:
            return self._units(node, probe, [channel], str(term))
        value = self.values([probe])[probe]
        if value.dim() != 4:
            raise NoPicture(f"{node} gives no maps, so its answers have no place. Leave out @ and what follows.")
        row, column = term.place
        height, width = value.shape[-2:]
        if row >= height or column >= width:
            raise NoPicture(
                f"{node} gives maps of {height}×{width} here, so there is no place {row},{column}; "
                f"the last is {height - 1},{width - 1}."
            )
        found = parts.neuron(probe, channel, row, column)
        before = self._before(node)
        waking = parts.neuron(before, channel, row, column) if before and self._type(node) in _SILENT else None
        return DreamGoal(found, found, waking, str(term))

    def _count(self, node: str, probe: str, channels: Sequence[int]) -> None:
        """Says so if there is no such channel."""
        count = parts.channel_count(self.values([probe])[probe])
        for channel in channels:
            if not 0 <= channel < count:
                raise NoPicture(f"{node} has no channel {channel}; it has {count}, numbered from 0 to {count - 1}.")

    def _class(self, node: str, word: str) -> int:
        if not self._is_scores(node):
            raise NoPicture(
                f"The answers of {node} are no classes, so {cut(word, 40)} says nothing there. Give a number."
            )
        if not self.words:
            raise NoPicture(f"The classes of {node} have no words. Give the number of {cut(word, 40)}, counted from 0.")
        wanted = word.strip().casefold()
        for index, known in enumerate(self.words):
            if known.casefold() == wanted:
                return index
        for index, known in enumerate(self.words):
            if wanted in (one.strip().casefold() for one in known.split(",")):
                return index
        close = difflib.get_close_matches(wanted, [known.casefold() for known in self.words], 3, 0.5)
        near = ", ".join(close or self.words[:5])
        raise NoPicture(
            f"There is no class {cut(word, 40)}. There {'is' if len(close) == 1 else 'are'}, for example: {near}."
        )

    def _is_scores(self, node: str) -> bool:
        scores = classes(self.net)
        return scores is not None and (node == scores.node or class_scores(self.net, node))

    def _type(self, node: str) -> str:
        return part(self.net, node).type

    def _before(self, node: str) -> str | None:
        """The probe's name of what an activation reads; None for anything else."""
        found = part(self.net, node)
        ref = only_input(found.step)
        if found.type not in _SILENT | _FULL or ref is None:
            return None
        inside = node.rpartition("/")[0]
        name = f"{inside}/{ref.node}" if inside else ref.node
        for each in (name, f"{name}.{ref.port}"):
            try:
                self.values([each])
            except NoPicture:
                continue
            return each
        return None


def _sum(one: DreamObjective | None, other: DreamObjective) -> DreamObjective:
    return other if one is None else one + other


def guide_of(
    net: CompiledNet,
    model: nn.Module,
    values: Callable[[nn.Module, Tensor, Sequence[str]], Mapping[str, Tensor]],
    pictures: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> Callable[[str, str], Tensor]:
    """Reads a picture and gives what a node finds in it. ``pictures`` are some by name that are no files."""
    import torch

    from app.insight.capture import device_of
    from app.insight.images import load_for

    def read(probe: str, path: str) -> Tensor:
        given = pictures.get(path)
        pixels = torch.from_numpy(given if given is not None else load_for(net, path))[None].to(device_of(model))
        return values(model, pixels, [probe])[probe].detach()

    return read
