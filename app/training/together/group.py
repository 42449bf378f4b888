"""The loop of several trainings that take their steps as one."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType

import torch
from torch import Tensor

from app.core import heap
from app.core.graph.recipe import VALIDATION_BATCHES
from app.training.continuation import keep_epoch, keep_within
from app.training.control import Control
from app.training.early_ends import StopRequested
from app.training.events import BatchDone, Cancelled, EpochDone, Event, Failed, Finished, Started
from app.training.folder import add_metrics
from app.training.loop import Standing
from app.training.metrics import TOGETHER, Averages
from app.training.position import TrainingPosition
from app.training.read_ahead import ahead, in_turn
from app.training.together.dropping import RandomStreams
from app.training.together.held_epochs import HeldEpochs, steps_within
from app.training.together.step import Batch, CannotJoin, JointStep, ShapedStep
from app.training.together.subnormals import SubnormalsAsZero
from app.training.together.weights import RowOptimizer, StackedWeights

SAVE_SECONDS = 5.0  # between two checkpoints: one of a small net takes as long as a third of its epoch
WORTH_A_THREAD = 65536  # numbers that are drawn for a step
TOGETHER_VALIDATED = 512  # samples: their time is that of the calls, not of the numbers
CHECK = 2e-4  # how far gradients may be from those of one net by itself, of their norm; single precision gives 1e-6

Masks = Sequence[Tensor]


@dataclass
class _Kept:
    """What a joint step has told and nobody has asked for yet."""

    batch: int
    samples: int
    losses: list[Tensor]  # by name, each (trainings,)
    read: dict[str, Tensor]


class Group:
    """Trains several runs as one; each ends as it would have by itself.

    Args:
        runs: that have equal keys (``fitness.key_of``), at their positions.
        states: torch's random state of each.
        control: for stop, pause and step of all.
        every_batch: tell each batch.

    Raises:
        CannotJoin: if torch cannot compute these nets for many at once, or not with the same numbers.
    """

    def __init__(
        self, runs: Sequence[Standing], states: Sequence[Tensor], control: Control, every_batch: bool = False
    ) -> None:
        self.runs, self.control, self.every_batch = list(runs), control, every_batch
        self._alive = list(range(len(runs)))
        self._lines: dict[int, list[Mapping[str, float]]] = {number: [] for number in self._alive}
        self._kept: list[_Kept] = []
        self._saved, self._rested = time.monotonic(), 0.0
        self._held = HeldEpochs()
        self._stand_together(states)
        self._check()

    # --- how they lie together ------------------------------------------------------------------------------------

    def _stand_together(self, states: Sequence[Tensor]) -> None:
        """Lay the weights of those that still train side by side. ``states`` are the random states of these."""
        self._rows_of = {number: row for row, number in enumerate(self._alive)}
        self._members = list(self._alive)  # the training of each row; it may be over by now
        runs = [self.runs[number] for number in self._members]
        first = runs[0]
        self._rows = StackedWeights([run.model for run in runs])
        names = first.trainer.objectives[0].losses
        self._step = JointStep(first.net, first.trainer.losses, names, self._rows, self._absent)
        self._streams = RandomStreams(states, [self._step.dropout_rates(run.model) for run in runs])
        self._optimize()
        recipes = [run.recipe for run in runs]
        of = self._column
        self._l1 = of([r.l1 for r in recipes]) if any(r.l1 for r in recipes) else None
        self._clip_value = (
            of([r.clip_value or math.inf for r in recipes]) if any(r.clip_value for r in recipes) else None
        )
        self._clip_norm = of([r.clip_norm or math.inf for r in recipes]) if any(r.clip_norm for r in recipes) else None

    def _absent(self, field: str, number: float) -> bool:
        """Whether a field of the data never holds a number, such as that of a label to be ignored."""
        samples = self.runs[0].samples
        values = samples.field(field) if samples.plain else None
        return values is not None and not bool((values == number).any())

    def _column(self, numbers: Sequence[float]) -> Tensor:
        return torch.tensor(numbers, dtype=self._rows.values.dtype, device=self._rows.values.device).unsqueeze(1)

    def _optimize(self) -> None:
        """An optimizer for all that are optimized alike now."""
        alike: dict[tuple[object, ...], list[int]] = {}
        for row, number in enumerate(self._members):
            alike.setdefault(self._settings(number), []).append(row)
        self._alike = {settings: [self._members[row] for row in rows] for settings, rows in alike.items()}
        self._optimizers = [
            RowOptimizer([self.runs[self._members[row]].trainer for row in rows], rows, self._rows)
            for rows in alike.values()
        ]

    def _settings(self, number: int) -> tuple[object, ...]:
        run = self.runs[number]
        optimizer = next(iter(run.trainer.optimizers.values()))
        settings = {name: value for name, value in optimizer.param_groups[0].items() if name != "params"}
        return (type(optimizer), run.recipe.optimizer, repr(settings))

    def _take_settings(self) -> None:
        """Follow the schedules."""
        for members, optimizer in zip(list(self._alike.values()), list(self._optimizers), strict=True):
            living = [number for number in members if number in self._alive]
            if len({self._settings(number) for number in living}) > 1:
                self._gather_states()
                self._optimize()
                return
            if living:
                optimizer.take_settings(self.runs[living[0]].trainer)

    def _check(self) -> None:
        """See that the joint step computes what each net would by itself, on the first batch.

        Raises:
            CannotJoin: if it does not.
        """
        run = self.runs[0]
        pieces = [each.pieces(each.position.epoch) for each in self.runs]
        place = min(run.position.batch, len(pieces[0]) - 1)
        batch, shared = self._batch([each[place] for each in pieces])
        if batch is None:
            raise CannotJoin("some of its samples cannot be read")
        form = self._step.form(batch, shared, True, self._uses([each[place] for each in pieces]))
        kept = {name: value.clone() for name, value in self._rows.fixed.items()}
        masks = form.masks[0]
        gradients, losses, _ = form(batch, masks)
        for name, value in kept.items():
            self._rows.fixed[name].copy_(value)
        worst = 0.0
        for row in range(min(2, len(self._members))):
            one = {name: value if shared else value[row] for name, value in batch.items()}
            alone, loss = self._step.alone(row, one, [mask[row] for mask in masks])
            there = torch.cat([each[row].reshape(-1) for each in gradients]).double()
            here = torch.cat([each.reshape(-1) for each in alone]).double()
            if here.isfinite().all():
                scale = max(float(here.norm()), 1e-12)
                worst = max(worst, float((here - there).norm()) / scale if there.isfinite().all() else math.inf)
                total = float(torch.stack(losses).sum(0)[row])
                worst = max(worst, abs(total - loss) / max(1.0, abs(loss)))
        if worst > CHECK:
            raise CannotJoin("its gradients come out otherwise when many are computed at once")

    # --- events ---------------------------------------------------------------------------------------------------

    def events(self) -> Iterator[tuple[int, Event]]:
        """Everything of all trainings, each event with the number of its training. The last of each is ``Finished``,
        ``Cancelled`` or ``Failed``."""
        memory = sum(run.memory.total for run in self.runs if run.memory is not None)
        with heap.kept(memory):
            yield from self._events()

    def _events(self) -> Iterator[tuple[int, Event]]:
        for number, run in enumerate(self.runs):
            yield (
                number,
                Started(
                    device=run.device.type,
                    samples=len(run.learn),
                    validation=len(run.validation),
                    batches=run.batches,
                    epochs=run.recipe.epochs,
                    parameters=sum(value.numel() for value in run.model.parameters()),
                    resumed_epoch=run.position.epoch,
                    test=run.test,
                ),
            )
        yield from self._end_those_at_their_end()
        try:
            while self._alive:
                self._gather()
                yield from self._epoch()
                yield from self._end_those_at_their_end()
                if time.monotonic() - self._saved > SAVE_SECONDS or self._held.full:
                    self._save()
        except StopRequested:
            self._save(durable=True)
            for number in self._alive:
                run = self.runs[number]
                yield number, Cancelled(run.position.epoch, str(run.out) if run.out else None)
        except GeneratorExit:
            self._save(durable=True)
            raise

    def _gather(self) -> None:
        """Once half of them are over, the others go on without computing for those."""
        if 2 * len(self._alive) > len(self._members):
            return
        self._gather_states()
        self._stand_together([self._streams.state(self._rows_of[number]) for number in self._alive])

    def _end_those_at_their_end(self) -> Iterator[tuple[int, Event]]:
        over = [n for n in self._alive if self.runs[n].position.batch == 0 and self._is_over(self.runs[n])]
        if over:
            self._gather_states()
        for number in over:
            run = self.runs[number]
            before = run.trainer.best_weights()
            self._write(number, durable=True, continue_with=before)
            best = run.position.epoch - run.trainer.epochs_since_best
            metrics = run.told[best].as_dict() if best in run.told else {}
            reason = run.recipe.stopping if run.position.epoch < run.recipe.epochs else "done"
            self._alive.remove(number)
            out = str(run.out) if run.out else None
            yield number, Finished(run.position.epoch, reason, MappingProxyType(metrics), out)

    def _is_over(self, run: Standing) -> bool:
        return run.position.epoch >= run.recipe.epochs or run.trainer.over

    def _epoch(self) -> Iterator[tuple[int, Event]]:
        """One epoch of those that are alive, or the rest of one."""
        start = time.perf_counter()
        self._rested = 0.0
        runs = {number: self.runs[number] for number in self._members}
        begun = {number: run.averages.samples for number, run in runs.items()}
        pieces: dict[object, Sequence[tuple[Tensor, int]]] = {}
        for run in runs.values():
            key = run.recipe.parts, run.position.epoch
            if key not in pieces:
                pieces[key] = run.pieces(run.position.epoch)
        orders = [pieces[run.recipe.parts, run.position.epoch] for run in runs.values()]
        for run in runs.values():
            run.model.train()
        always = any(run.trainer.changes_between_batches for run in runs.values())
        yield from self._learn(orders, runs[self._alive[0]].position.batch, always)
        if not self._alive:
            return
        yield from self._tell()
        trained = max(time.perf_counter() - start - self._rested, 1e-9)
        measured = self._validated()
        seconds = time.perf_counter() - start - self._rested
        gather = cache(self._gather_states)  # once for all
        for number in list(self._alive):
            run = self.runs[number]
            epoch, lr = run.position.epoch + 1, run.trainer.lr
            speed = (run.averages.samples - begun[number]) / trained
            metrics = MappingProxyType({**run.averages.numbers("train"), **measured.get(number, {})})
            if not math.isfinite(metrics.get("val_loss", 0.0)):
                yield self._diverged(number, epoch, run.batches, validation=True)
                continue
            run.trainer.after_epoch(metrics)
            done = EpochDone(epoch, run.recipe.epochs, metrics, seconds, speed, lr)
            run.told[epoch] = done
            run.averages = _averages(run)
            run.position = TrainingPosition(epoch)
            self._lines[number].append(done.as_dict())
            if self._held.wants(run):
                gather()
                self._held.hold(run, self._streams.state(self._rows_of[number]))
            self._held.hold_weights(run)
            yield number, done
        if self._alive:
            self._take_settings()

    def _learn(
        self, orders: Sequence[Sequence[tuple[Tensor, int]]], first: int, always: bool
    ) -> Iterator[tuple[int, Event]]:
        """The batches of an epoch from ``first`` on."""
        pieces = [[order[number] for order in orders] for number in range(len(orders[0]))]
        forms = {len(each[0][0]): self._form_of(each) for each in (pieces[first], pieces[-1])}
        many = sum(math.prod(shape) for form in forms.values() for shape, *_ in form.asked) * len(self._streams)
        apart = many >= WORTH_A_THREAD and (os.cpu_count() or 1) > 1
        drawing = partial(self._drawn, pieces, forms, apart)
        at, wanted = first, steps_within(self.runs[number] for number in self._alive)
        with contextlib.closing((ahead if apart else in_turn)(drawing, range(first, len(pieces)))) as drawn:
            try:
                while at < len(pieces):
                    if self.control.attention:
                        yield from self._tell()
                        self._obey()
                    if not self._alive:
                        return
                    self._one_step(at, pieces[at], always, next(drawn))
                    at += 1
                    for run in wanted.get(at, ()):
                        keep_within(run)
                    if self.every_batch or len(self._kept) == TOGETHER:
                        yield from self._tell()
            finally:
                drawn.close()  # first: nothing may draw any more
                self._streams.rewind(at)

    def _drawn(
        self, pieces: Sequence[Sequence[tuple[Tensor, int]]], forms: Mapping[int, ShapedStep], apart: bool, number: int
    ) -> Masks:
        """What the dropouts of a batch multiply by; drawn while the batch before it is computed, if ``apart``."""
        form = forms[len(pieces[number][0][0])]
        if not form.asked:
            return ()
        masks = form.masks[number % 2]
        if apart:
            torch.set_num_threads(1)  # in a thread of its own torch would take several
            self._streams.remember(number)
        self._streams.draw(masks, form.asked)
        return masks

    def _form_of(self, pieces: Sequence[tuple[Tensor, int]]) -> ShapedStep:
        batch, shared = self._batch(pieces)
        assert batch is not None, "samples that cannot be read are no case for a group"
        return self._step.form(batch, shared, True, self._uses(pieces))

    def _one_step(self, number: int, pieces: Sequence[tuple[Tensor, int]], always: bool, masks: Masks) -> None:
        batch, shared = self._batch(pieces)
        assert batch is not None, "samples that cannot be read are no case for a group"
        form = self._step.form(batch, shared, True)
        with SubnormalsAsZero():
            gradients, losses, read = form(batch, masks)
            self._rows.set_gradients(gradients)
            self._trim()
            for optimizer in self._optimizers:
                optimizer.step()
        if always:
            for member in self._alive:
                self.runs[member].trainer.between_batches()
            self._take_settings()
        reached = TrainingPosition(self.runs[self._alive[0]].position.epoch, number + 1)  # all stand at the same batch
        for member in self._alive:
            self.runs[member].position = reached
        self._kept.append(_Kept(number + 1, len(pieces[0][0]), losses, read))

    def _uses(self, pieces: Sequence[tuple[Tensor, int]]) -> int:
        """How often there will be a batch of this size: in each epoch all but the last are whole."""
        run = self.runs[self._members[0]]
        left = max(self.runs[number].recipe.epochs - self.runs[number].position.epoch for number in self._alive)
        whole = len(pieces[0][0]) == run.recipe.batch_size
        return left * (run.batches - 1 if whole else 1)

    @torch.no_grad()
    def _trim(self) -> None:
        """What the recipe does to gradients, for each training by itself."""
        gradients = self._rows.gradients
        if self._l1 is not None:
            gradients.addcmul_(self._rows.values.sign(), self._l1)
        if self._clip_value is not None:
            gradients.clamp_(-self._clip_value, self._clip_value)
        if self._clip_norm is not None:
            norms = torch.linalg.vector_norm(gradients, 2.0, 1, keepdim=True)
            gradients.mul_((self._clip_norm / (norms + 1e-6)).clamp(max=1.0))

    def _batch(self, pieces: Sequence[tuple[Tensor, int]]) -> tuple[Batch | None, bool]:
        """The batch of each training, and whether one serves all: then it has no dimension for the trainings."""
        samples = self.runs[self._members[0]].samples
        shared = all(piece[0] is pieces[0][0] for piece in pieces)
        if shared:
            batch: Batch = samples.at(*pieces[0])
            whole = len(next(iter(batch.values()), ())) == len(pieces[0][0])
            return (batch if whole else None), True
        if samples.plain:
            index = torch.cat([piece for piece, _ in pieces])
            batch = {name: value.view(len(pieces), -1, *value.shape[1:]) for name, value in samples.at(index).items()}
            return batch, False
        every = [samples.at(*piece) for piece in pieces]
        if any(len(next(iter(each.values()), ())) != len(piece[0]) for each, piece in zip(every, pieces)):
            return None, False
        return {name: torch.stack([each[name] for each in every]) for name in every[0]}, False

    def _tell(self) -> Iterator[tuple[int, Event]]:
        """Hand out what the last steps have told."""
        kept, self._kept = self._kept, []
        if not kept:
            return
        names = self.runs[self._members[0]].loss_names
        numbers = torch.stack([torch.stack(each.losses) for each in kept]).tolist()  # step, loss, row
        joined = {name: torch.cat([each.read[name] for each in kept], 1) for name in kept[0].read}
        for number in list(self._alive):
            run, row = self.runs[number], self._rows_of[number]
            for each, told in zip(kept, numbers):
                losses = {name: values[row] for name, values in zip(names, told)}
                total = sum(losses.values())
                run.averages.add_losses(losses, each.samples)
                epoch = run.position.epoch + 1
                if self.every_batch:
                    yield number, BatchDone(epoch, each.batch, run.batches, total, each.samples, losses)
                if not math.isfinite(total):
                    yield self._diverged(number, epoch, each.batch)
                    break
            else:
                if joined:
                    run.averages.add_read({name: value[row] for name, value in joined.items()})

    def _diverged(self, number: int, epoch: int, batch: int, validation: bool = False) -> tuple[int, Event]:
        """The end of a training whose loss is no number any more."""
        self._alive.remove(number)
        self._flush(number)
        where = f"epoch {epoch}" if validation else f"batch {batch} of epoch {epoch}"
        whose = "The loss of the validation data" if validation else "The loss"
        sentence = f"{whose} is no finite number any more since {where}: this training has diverged."
        return number, Failed(None, f"{sentence} A smaller learning rate may help.", useless=True)

    def _validated(self) -> dict[int, Mapping[str, float]]:
        """The numbers of the validation samples, by training; none where there are none."""
        runs = [self.runs[number] for number in self._members]
        if not len(runs[0].validation):
            return {}
        with contextlib.ExitStack() as averaged:
            for run in runs:
                averaged.enter_context(run.trainer.averaged())
            sums = {number: _averages(self.runs[number]) for number in self._alive}
            size = max(runs[0].recipe.batch_size * VALIDATION_BATCHES, TOGETHER_VALIDATED)
            alike = len({run.recipe.parts for run in runs}) == 1
            parts = (
                [list(runs[0].validation.split(size))] * len(runs)
                if alike
                else [list(run.validation.split(size)) for run in runs]
            )
            for place in range(len(parts[0])):
                pieces = [part[place] for part in parts]
                if runs[0].samples.plain and not alike:
                    index = torch.cat(pieces)
                    batch: Batch = {
                        name: value.view(len(pieces), -1, *value.shape[1:])
                        for name, value in runs[0].samples.at(index).items()
                    }
                elif alike:
                    batch = runs[0].samples.at(pieces[0])
                else:
                    every = [runs[0].samples.at(piece) for piece in pieces]
                    batch = {name: torch.stack([each[name] for each in every]) for name in every[0]}
                form = self._step.form(batch, alike, False, max(self.runs[n].recipe.epochs for n in self._alive))
                _, losses, read = form(batch)
                told = torch.stack(losses).tolist()
                for number, each in sums.items():
                    row = self._rows_of[number]
                    each.add_read({name: value[row] for name, value in read.items()})
                    values = {name: values[row] for name, values in zip(runs[0].loss_names, told)}
                    each.add_losses(values, len(pieces[0]))
            return {number: each.numbers("val") for number, each in sums.items()}

    def _obey(self) -> None:
        """Do what was asked for through the control; rest while it says so."""
        start = time.perf_counter()
        while True:
            orders = self.control.take()
            if orders.stop:
                raise StopRequested
            if orders.go:
                break
            self.control.wait()
        self._rested += time.perf_counter() - start

    def _gather_states(self) -> None:
        """Let the optimizers of the trainings know what those of the rows have gathered."""
        for optimizer in self._optimizers:
            optimizer.keep()

    # --- keeping --------------------------------------------------------------------------------------------------

    def _save(self, durable: bool = False) -> None:
        """Write where all stand."""
        self._gather_states()
        for number in self._alive:
            self._write(number, durable)
        self._saved = time.monotonic()

    def _write(self, number: int, durable: bool, continue_with: Mapping[str, Tensor] | None = None) -> None:
        run = self.runs[number]
        self._flush(number)
        if run.out is None:
            return
        with torch.random.fork_rng(devices=[]):  # a checkpoint keeps torch's own random state
            torch.set_rng_state(self._streams.state(self._rows_of[number]))
            run.save(durable=durable, continue_with=continue_with)
        if continue_with is None:
            keep_epoch(run)

    def _flush(self, number: int) -> None:
        """Write lines and held epochs: before the checkpoint, since a line that stands for more is dropped."""
        run = self.runs[number]
        lines, self._lines[number] = self._lines[number], []
        if run.out is not None:
            for line in lines:
                add_metrics(run.out, line)
            self._held.write(run)


def _averages(run: Standing) -> Averages:
    return Averages(run.trainer.metric_sums, run.trainer.metric_values)
