"""The loop of a sweep: a generator of events that knows neither window nor command line."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.plan import NotReady
from app.core.storage.files import save_project
from app.core.variants.drawings import Variant
from app.training.checkpoints import BadRun
from app.training.comparison import differences
from app.training.control import Control
from app.training.events import Cancelled, Event, Failed, Finished
from app.training.folder import DRAWING, WEIGHTS
from app.training.frozen_layers import frozen_by_chance
from app.training.kept_runs import drawing_of, past
from app.training.loop import Standing
from app.training.refusal import CannotTrain
from app.training.run_description import about, note_ended, note_started
from app.training.run_folders import remember
from app.training.sweeping.processes import Pool
from app.training.sweeping.side_by_side import abreast
from app.training.sweeping.sweep_events import SweepEnded, SweepEvent, SweepPlan, VariantAdded, VariantEvent
from app.training.together.fitness import key_of, likeness, why_alone
from app.training.together.group import Group
from app.training.together.standing import standing
from app.training.together.step import CannotJoin
from nodes.api import NoData
from nodes.api.words import listed

MOST_TOGETHER = 64  # beyond that the weights of all leave the caches, and a step costs as much as its parts
ROUNDING = (
    "Together they come to the same numbers as one after the other, up to rounding: about 1e-7 in a step, which grows "
    "over many steps as it does with any other order of adding up."
)
Source = Callable[[], Sequence[Variant]]  # the next ones to train; none at the end


ALONE = "no other variant has as many samples and the same layers"


@dataclass
class VariantJob:
    """A variant that is to be trained: where, whether it was begun, and why it cannot share its steps."""

    number: int
    variant: Variant
    folder: Path
    resume: bool = False
    net: CompiledNet | None = None
    why: str = ""


def sweep(
    source: Source,
    out: Path,
    control: Control,
    *,
    file: Path | None = None,
    every_batch: bool = False,
    in_step: bool = False,
    cores: int | None = None,
) -> Iterator[SweepEvent]:
    """Train variants, each into a run of its own in ``out``. What is there already is not trained again, and what was
    begun goes on.

    Args:
        source: gives the next variants, until it gives none. It may look at what came of those before.
        out: the folder of all runs.
        control: for stop, pause and step of all.
        file: the drawing's file, if it has one.
        every_batch: tell each batch.
        in_step: train all in this process, so that they can be stepped side by side; those that cannot share their
            steps take them in turn.
        cores: how many processes may compute at a time. Default: as many as there are cores.

    Raises:
        CannotTrain: if ``out`` holds runs of something else.
    """
    work = Sweep(out, control, file, every_batch, in_step, cores or _cores())
    try:
        while not control.stopped and (variants := source()):
            yield from work.train(variants)
        yield SweepEnded(control.stopped, MappingProxyType(dict(work.counts)))
    finally:
        work.close()


def _cores() -> int:
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # not on every system
        return max(1, os.cpu_count() or 1)


class Sweep:
    """The work of one sweep."""

    def __init__(
        self, out: Path, control: Control, file: Path | None, every_batch: bool, in_step: bool, cores: int
    ) -> None:
        self.out, self.control, self.file = out, control, file
        self.every_batch, self.in_step, self.cores = every_batch, in_step, cores
        self.pool = Pool(control, every_batch)
        self.counts: Counter[str] = Counter()
        self._number = 0
        self._looked = 0.0

    def close(self) -> None:
        """End the processes."""
        self.pool.close()

    def train(self, variants: Sequence[Variant]) -> Iterator[SweepEvent]:
        """Train these, and tell how it goes."""
        jobs: list[VariantJob] = []
        for variant in variants:
            number, self._number = self._number, self._number + 1
            job = VariantJob(number, variant, self.out / variant.folder)
            ending = self._earlier(job)
            yield VariantAdded(number, variant.name, variant.values, str(job.folder), bool(ending), variant.parent)
            if ending:
                for event in ending:
                    yield self.told(number, event)
                continue
            refusal = self._compiled(job)
            if refusal is not None:
                yield self.told(number, refusal)
            else:
                jobs.append(job)
        shared = [job for job in jobs if not job.why]
        apart = [job for job in jobs if job.why]
        groups = _groups(shared)
        lonely = [group[0] for group in groups if len(group) == 1]
        for job in lonely:
            job.why = ALONE
        apart += lonely
        groups = [group for group in groups if len(group) > 1]
        if jobs:
            said = [*self._sentences(groups, apart)]
            if any(job.variant.project.recipe.log != "none" for job in jobs):
                said.append("A sweep writes no files for TensorBoard. Train the best variant by itself to have them.")
            net = jobs[0].net
            if net is not None and (frozen := listed(frozen_by_chance(net), most=5)):
                said.append(
                    f"Every variant begins anew, not with what a run has learned, and what is frozen stays as it then "
                    f"is: {frozen}."
                )
            yield SweepPlan(sum(map(len, groups)), len(apart), tuple(said))
        if self.in_step:
            yield from abreast(self, groups, apart)
            return
        for job in apart:
            self._hand_over(job)
        for group in groups:
            yield from self._together(group)
        while self.pool.busy and not self.control.stopped:
            self.pool.employ(self.cores)
            yield from self._pooled(0.1)
        yield from self._ended_pool()

    # --- before ----------------------------------------------------------------------------------------------------

    def _earlier(self, job: VariantJob) -> list[Event]:
        """What was told of a variant that was trained to its end before; sets ``resume`` for one that was begun.

        Raises:
            CannotTrain: if its folder holds something else.
        """
        folder = job.folder
        if not (folder / WEIGHTS).is_file():
            return []
        drawing = drawing_of(folder)
        if drawing is None or differences(drawing, job.variant.project):
            raise CannotTrain(
                f"{folder} holds a run of another drawing or recipe, so this sweep cannot go on there. Choose another "
                "folder for it."
            )
        known = about(folder)
        if known.training:
            raise CannotTrain(f"{folder} is being trained by another program now. Stop it there first.")
        found = past(folder)
        epochs: list[Event] = list(found.epochs) if found is not None else []
        if known.ending == "failed":
            return [*epochs, Failed(known.node or None, known.sentence, useless=known.useless)]
        if known.ending == "finished" and found is not None:
            best = next((each for each in found.epochs if each.epoch == known.best), None)
            metrics = (best or found.epochs[-1]).as_dict() if found.epochs else {}
            return [*epochs, Finished(found.epoch, known.rule or "done", MappingProxyType(metrics), str(folder))]
        job.resume = True
        return []

    def _compiled(self, job: VariantJob) -> Failed | None:
        try:
            job.net = compile_net(job.variant.project)
            job.why = why_alone(job.net, job.variant.project.recipe)
        except NotReady as not_ready:
            return Failed(None, " ".join(str(not_ready).split()))
        except (CannotTrain, NoData) as refusal:
            return Failed(getattr(refusal, "node", None), str(refusal))
        except Exception as error:  # such as a layer that torch refuses to make
            return Failed(None, f"This variant cannot be made: {' '.join(str(error).split())[:300]}")
        return None

    def _sentences(self, groups: Sequence[Sequence[VariantJob]], apart: Sequence[VariantJob]) -> Iterator[str]:
        count = sum(map(len, groups))
        if count:
            in_groups = f" in {len(groups)} groups" if len(groups) > 1 else ""
            yield f"{count} variants train together in one process{in_groups}. {ROUNDING}"
        for why, some in Counter(job.why for job in apart).items():
            how = "in turn" if self.in_step else f"in processes of their own, {self.cores} at a time"
            whose = f"{some} variants train" if some > 1 else "1 variant trains"
            if some == 1 and not self.in_step:
                how = "in a process of its own"
            yield f"{whose} {how}, because {why}."

    # --- together --------------------------------------------------------------------------------------------------

    def _together(self, jobs: Sequence[VariantJob]) -> Iterator[SweepEvent]:
        """Train these as one, as far as they turn out to be alike; hand over the others."""
        for found in self.group(jobs, self.control):
            if self.control.stopped:
                return
            if isinstance(found, VariantEvent):
                yield found
            else:
                yield from self.noted(*found)
        alone = [job for job in jobs if job.why]
        if alone:
            yield SweepPlan(0, len(alone), tuple(self._sentences([], alone)))
        for job in alone:
            self._hand_over(job)

    def group(
        self, jobs: Sequence[VariantJob], control: Control
    ) -> Iterator[tuple[Group, list[VariantJob]] | VariantEvent]:
        """These as groups; those that turn out to be alone are told as such in ``why``."""
        for members in self._stood(jobs):
            if isinstance(members, VariantEvent):
                yield members
                continue
            runs = [run for _, run, _ in members]
            some = [job for job, *_ in members]
            try:
                if len(runs) == 1:
                    raise CannotJoin(ALONE)
                yield Group(runs, [state for *_, state in members], control, self.every_batch), some
            except CannotJoin as reason:
                for job in some:
                    job.why, job.resume = str(reason), (job.folder / WEIGHTS).is_file()

    def _stood(
        self, jobs: Sequence[VariantJob]
    ) -> Iterator[list[tuple[VariantJob, Standing, torch.Tensor]] | VariantEvent]:
        """Trainings at their positions that are alike, with torch's random state of each."""
        alike: list[tuple[object, list[tuple[VariantJob, Standing, torch.Tensor]]]] = []
        torch.set_num_threads(1)
        with torch.random.fork_rng(devices=[]):
            for job in jobs:
                assert job.net is not None
                try:
                    run = standing(job.net, job.variant.project.recipe, job.folder, self.control, resume=job.resume)
                except (CannotTrain, NoData, BadRun) as refusal:
                    yield self.told(job.number, Failed(getattr(refusal, "node", None), str(refusal)))
                    continue
                key = key_of(run)
                members = next((members for known, members in alike if known == key), None)
                if members is None:
                    alike.append((key, members := []))
                members.append((job, run, torch.get_rng_state()))
        yield from (members for _, members in alike)

    def noted(self, group: Group, jobs: Sequence[VariantJob]) -> Iterator[SweepEvent]:
        """The events of a group, while it is noted in each run how it goes."""
        with ExitStack() as undone:
            for job in jobs:
                note_started(job.folder, self.file)
                remember(job.folder)
            open_ones = {job.number: job for job in jobs}

            def left() -> None:  # nobody asked for the next event
                for job in open_ones.values():
                    note_ended(job.folder, Cancelled(0))

            undone.callback(left)
            events = group.events()
            undone.callback(events.close)  # type: ignore[attr-defined]  # a generator
            for place, event in events:
                job = jobs[place]
                if isinstance(event, Finished | Cancelled | Failed):
                    note_ended(job.folder, event)
                    open_ones.pop(job.number, None)
                yield self.told(job.number, event)
                if time.monotonic() - self._looked > 0.2:
                    self._looked = time.monotonic()
                    self.pool.employ(max(1, self.cores - 1))
                    yield from self._pooled()

    # --- apart -----------------------------------------------------------------------------------------------------

    def _hand_over(self, job: VariantJob) -> None:
        """Let a process train it."""
        job.folder.mkdir(parents=True, exist_ok=True)
        if not job.resume:
            save_project(job.variant.project, job.folder / DRAWING)
        self.pool.add(job.number, job.folder, job.resume, self.file)

    def _pooled(self, wait: float = 0.0) -> Iterator[SweepEvent]:
        for number, event in self.pool.heard(wait):
            yield self.told(number, event)

    def _ended_pool(self) -> Iterator[SweepEvent]:
        if not self.pool.busy:
            return
        self.pool.order("stop")
        while self.pool.busy:
            yield from self._pooled(0.1)

    def told(self, number: int, event: Event) -> VariantEvent:
        """An event of a variant."""
        if isinstance(event, Finished | Cancelled | Failed):
            self.counts[type(event).__name__.lower()] += 1
        return VariantEvent(number, event)


def _groups(jobs: Sequence[VariantJob]) -> list[list[VariantJob]]:
    """Those whose printed models are alike, as far as that can be seen before there is data."""
    alike: dict[object, list[VariantJob]] = {}
    for job in jobs:
        assert job.net is not None
        key = likeness(job.net)
        alike.setdefault(key, []).append(job)
    return [
        some[start : start + MOST_TOGETHER] for some in alike.values() for start in range(0, len(some), MOST_TOGETHER)
    ]
