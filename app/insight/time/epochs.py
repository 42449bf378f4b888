"""The net of a run as it was at the end of an epoch that was kept, or within one."""

from __future__ import annotations

import copy
import json
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

from torch import nn

from app.core.compile.net import CompiledNet
from app.core.graph.same_net import renamed
from app.insight.view import Subject
from app.training.checkpoints import BadRun, LoadedRun, difference, kept_at, load_run, said_with_weights, weights_at
from app.training.folder import ORDER, WEIGHTS
from app.training.kept_runs import drawing_of
from app.training.position import At, at_words, position_of
from app.training.run_description import about
from app.training.snapshots import kept_points

# What is held ready while somebody goes through the epochs: reading a net again takes longer than a look at it.
MOST_BYTES = 256 * 1024 * 1024
MOST_NETS = 24


def epochs_of(run: LoadedRun) -> tuple[At, ...]:
    """The moments of a run that can be looked at, from the first on: those that were kept, and the epoch it stands
    at."""
    there = {each.at for each in kept_points(run.folder)}
    return tuple(sorted(there | ({run.epoch} if _stands_at(run, run.epoch) else set()), key=position_of))


def run_at(run: LoadedRun, at: At) -> LoadedRun:
    """A run as it was at the end of an epoch, or within one, with the drawing of then; 0 is its beginning.

    Raises:
        BadRun: if that was not kept, or cannot be read. The sentence says which were.
    """
    kept = {each.at for each in kept_points(run.folder)}
    if at not in kept and _stands_at(run, at):
        return run
    kept_at(run.folder, at)
    net, model = _net_at(run.net, run.model, run.folder, at)
    assert net.project is not None, "the drawing of a run is a project"
    return replace(run, project=net.project, net=net, model=model, epoch=position_of(at).epoch)


def _stands_at(run: LoadedRun, epoch: At) -> bool:
    """Whether the weights of the run itself are those of this epoch: a stop rule may have put better ones there."""
    return epoch == run.epoch and not about(run.folder).best


def caption(epoch: At) -> str:
    """How far the weights are trained, as pictures say it."""
    if not isinstance(epoch, int):
        return f"in {at_words(epoch)}"
    return f"at the end of epoch {epoch}" if epoch else "at the beginning, before the first step"


def _net_at(net: CompiledNet, model: nn.Module, run: Path, epoch: At) -> tuple[CompiledNet, nn.Module]:
    """The net at that epoch: this one with other weights, whatever its layers were called then; the net of its own
    drawing, where that was another one.

    Raises:
        BadRun: if it was not kept, or cannot be read.
    """
    folder = kept_at(run, epoch).folder
    project = drawing_of(folder)
    names = renamed(project, net.project) if project is not None and net.project is not None else None
    if names is not None:
        weights = dict(weights_at(run, epoch))
        if names:
            try:
                order = json.loads(said_with_weights(folder).get(ORDER, "[]"))
                weights = dict(zip(model.state_dict(), (weights[name] for name in order), strict=True))
            except (ValueError, KeyError, TypeError):
                weights = {}
        wanted = model.state_dict()
        if not difference(weights, wanted):
            made = copy.deepcopy(model)
            made.load_state_dict(weights)
            return net, made.eval()
    then = load_run(folder)
    return then.net, then.model


class KeptNets:
    """Gives the net at one epoch after the other, and holds those it gave last. For one thread at a time."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[Path, At, int], tuple[CompiledNet, nn.Module]] = OrderedDict()
        self._net: CompiledNet | None = None

    def subject(self, now: Subject, run: Path, epoch: At) -> Subject:
        """What ``now`` is of this run, as it was at the end of an epoch, or within one.

        Raises:
            BadRun: if that was not kept, or cannot be read.
        """
        if now.net is not self._net:
            self._made.clear()
            self._net = now.net
        try:
            stamp = (kept_at(run, epoch).folder / WEIGHTS).stat().st_mtime_ns
        except OSError:
            called = at_words(epoch)
            raise BadRun(f"{called[0].upper()}{called[1:]} of {run} is not there any more.") from None
        key = run, epoch, stamp
        if key not in self._made:
            self._made[key] = _net_at(now.net, now.model, run, epoch)
        self._made.move_to_end(key)
        self._thin()
        net, model = self._made[key]
        samples = now.samples
        if net is not now.net and net.project is not None:
            from app.insight.samples import load_samples

            samples = load_samples(net, net.project.recipe)
        return replace(now, net=net, model=model, samples=samples, caption=caption(epoch), updates=None, progress=None)

    def _thin(self) -> None:
        while len(self._made) > 1 and (
            len(self._made) > MOST_NETS or sum(map(_bytes, self._made.values())) > MOST_BYTES
        ):
            self._made.popitem(last=False)


def _bytes(made: tuple[CompiledNet, nn.Module]) -> int:
    return sum(value.nbytes for value in made[1].state_dict().values())
