"""The training loop: a generator of events that knows neither window nor command line.

Where several processes train together (``processes``), each runs this loop in step with the others: all know the whole
batch and compute their rows of it (``joint``), so that losses, metrics and random numbers are the same in all of them.
The first one alone writes.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor, nn

from app.core import heap
from app.core.checks.single_samples import compare_samples
from app.core.compile.measuring import told_of_epochs
from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.core.compile.objectives import samples_of_step
from app.core.graph.recipe import VALIDATION_BATCHES, Recipe
from app.training import batches, checkpoints
from app.training.best_epochs import BestEpochs
from app.training.buckets import check_buckets
from app.training.changeable_run import change
from app.training.checkpoints import BadRun, State, in_main_memory, kept_at
from app.training.continuation import continue_from, keep_epoch, keep_within
from app.training.control import Control
from app.training.controllable_run import obey, probe
from app.training.device_placement import placed
from app.training.diagnosis import Diagnosis
from app.training.early_ends import DoctorGaveUp, StopRequested, failed, keeping, refused
from app.training.events import (
    Cancelled,
    Diagnosed,
    EpochDone,
    Event,
    Failed,
    Finished,
    Started,
)
from app.training.examining import why_ill
from app.training.folder import add_metrics
from app.training.judging.own_losses import OwnLosses
from app.training.memory_check import needed, too_large
from app.training.metrics import Averages
from app.training.opened_run import opening_remarks
from app.training.origin import refuses
from app.training.periodic_examination import PeriodicExamination
from app.training.playing import nothing_of, playing
from app.training.position import TrainingPosition
from app.training.preparation import check_drawing, check_probabilities, check_samples, fit_to
from app.training.processes import Processes, one_wishes_to_end
from app.training.recipe import device_for
from app.training.refusal import CannotTrain
from app.training.resume import reading_as
from app.training.sample_reader import SampleReader, count_of
from app.training.snapshots import removing_aside, within
from app.training.stepwise_run import ObjectiveTurn, steps_singly
from app.training.trainer import Trainer
from app.training.waiting_losses import WaitingLosses
from app.training.watched_numbers import unknown_watched
from app.training.writing.film import Film
from nodes.api import NoData

log = logging.getLogger(__name__)

# A GPU works ahead of Python. Asking it for a loss makes Python wait and the GPU idle, so losses are asked for
# together, twenty times a second. A CPU does not work ahead; there every loss is told at once.
ASK_SECONDS = 0.05
LOOKED_AT = 64  # samples that the doctor tries


def train(
    net: CompiledNet,
    recipe: Recipe,
    *,
    out: Path | None = None,
    resume: Path | None = None,
    control: Control | None = None,
    model: nn.Module | None = None,
    processes: Processes | None = None,
    at: int | None = None,
    branch: bool = False,
) -> Iterator[Event]:
    """Train a net as the recipe says. The last event is ``Finished``, ``Cancelled`` or ``Failed``; nothing is raised
    for what the user can mend.

    Not asking for the next event stops it: closing the generator keeps the position, as ``control.stop()`` does.

    Args:
        net: the compiled drawing; compiled from a Project if there is a folder.
        recipe: how to train.
        out: the run's folder (see checkpoints.py), written after each epoch and at a stop. Without it nothing is kept.
        resume: the folder of a run to continue, on the CPU to exactly the weights of a run without a break. Without
            ``out`` the same folder is written.
        control: for stop, pause, step, another learning rate, and requests.
        model: the module to train, for whoever wants to keep hold of it. Default: ``net.model(recipe.seed)``.
        processes: those that train together, each of which calls this.
        at: continue from the end of this epoch of ``resume``, which must have been kept; ``out`` is a branch then.
        branch: ``out`` is another run from here on, and may have another optimizer.
    """
    out = out if out is not None else resume
    branch = branch or at is not None
    try:
        start = Path(resume) if resume is not None else None
        if start is not None and at is not None:
            start = kept_at(start, at).folder
        net = net if start is None else reading_as(net, start)
        run = _Run(net, recipe, out, control or Control(), model, processes)
        if resume is not None and start is not None:
            continue_from(run, Path(resume), start, branch)
        else:
            run.start()
    except (CannotTrain, NoData, BadRun) as refusal:
        yield refused(refusal)
        return
    except Exception as error:
        yield failed(net, error, out)
        return
    try:
        with heap.kept(run.memory.total if run.memory is not None else 0), removing_aside():
            yield from run.events()
    except GeneratorExit:
        run.save(durable=True)
        raise
    except (CannotTrain, NoData, BadRun) as refusal:
        yield from keeping(run.waiting_told(), run.save)
        yield refused(refusal)
    except Exception as error:
        yield failed(run.net, error, out)


def check_ready(net: CompiledNet, recipe: Recipe) -> None:
    """Do all that comes before the first step, and keep nothing of it.

    Raises:
        CannotTrain: if a training would refuse to begin.
        NoData: if a data set cannot be had.
    """
    try:
        _Run(net, recipe, None, Control(), None).start()
    except (CannotTrain, NoData):
        raise
    except Exception as error:  # it ends a training as a sentence, too
        node, sentence = net.explain(error)
        raise CannotTrain(sentence, node) from error


def begun(net: CompiledNet, recipe: Recipe, model: nn.Module) -> _Run:
    """A training that stands at its beginning, for whoever takes its steps himself. Nothing of it is kept.

    Raises:
        CannotTrain: if a training would refuse to begin.
        NoData: if a data set cannot be had.
    """
    run = _Run(net, recipe, None, Control(), model)
    run.start()
    return run


class _Run:
    """One training: model, data, optimizers and position."""

    def __init__(
        self,
        net: CompiledNet,
        recipe: Recipe,
        out: Path | None,
        control: Control,
        model: nn.Module | None,
        processes: Processes | None = None,
    ) -> None:
        self.net = net = net.with_recipe(recipe)
        self.recipe = recipe = net.plan.recipe
        self.processes = processes
        writes = processes is None or processes.first
        self.out = Path(out) if out is not None and writes else None
        self.control = control
        check_drawing(net, recipe)
        if not net.plan.losses:
            raise CannotTrain(
                "This drawing has no loss, so there is nothing to make small. Add a loss such as Cross-entropy and "
                "wire the last layer and the label to it."
            )
        data = batches.load(net.plan)
        self.device = device_for(recipe)
        self.learn, self.validation, test = batches.divide(net.plan, data, recipe.validation, recipe.seed, recipe.test)
        self.test = len(test)  # its samples are nobody's business here
        self.remarks = [(node, remark) for node, feed in data.feeds.items() for remark in feed.remarks]
        check_samples(net, len(self.learn))
        self.memory = needed(net, recipe, len(self.learn))
        self.crowded = tuple(too_large(self.memory, self.device, weights=model is not None))  # before there are weights
        self.model = placed(model if model is not None else net.model(recipe.seed), self.device)
        losses = net.losses()
        assert losses is not None, "the plan has losses"
        self.batches = len(batches.cut(self.learn, samples_of_step(net.plan, recipe)))
        self.joint = processes.joint(self.model, control) if processes is not None else None
        self.trainer = Trainer(net, self.model, losses.to(self.device), self.batches, self.joint)
        self.loss_names = [loss.name for loss in net.plan.losses]
        self.samples = batches.DeviceData(data, self.device)
        self.validation = self.validation.to(self.samples.home)
        check_buckets(net, self.model, self.trainer.losses, data, self.learn)
        self.playing = playing(net, processes is not None)
        self.played_by_chance: Mapping[str, Tensor] = {}  # samples that the doctor tries, where a net plays
        self.own_losses = OwnLosses(net, self.learn, kept=self.out is not None)
        self.averages = self._averages(self.own_losses)
        self.film = Film(net, self.out if processes is None else None)
        self.position = TrainingPosition()
        self.saved: TrainingPosition | None = None  # the position on disk
        self.doctor = Diagnosis(net.plan, recipe, self.batches, project=net.project, samples=len(self.learn))
        self.attending = PeriodicExamination(self, self.learn, self.batches, self.doctor)
        self.attending.updates.followed.optimizers = self.trainer.optimizers
        self.batch: Mapping[str, Tensor] = {}  # the one trained last
        self.waiting = WaitingLosses()
        self.rates: list[tuple[TrainingPosition, float]] = []  # that were set on the way
        self.later: dict[str, float] = {}  # changes that wait for the end of the epoch
        self.given = model is not None  # with weights of somebody else
        self.rested = 0.0  # seconds of this epoch that were no training
        self.told: dict[int, EpochDone] = {}  # what was said of each epoch
        self.readings = SampleReader(self.samples, recipe)
        self.compares = net.report is not None and bool(compare_samples(net.report))
        self.fewer_threads = ""  # what that means, in a sentence
        self.turn: ObjectiveTurn | None = None  # in whose middle somebody looks around
        self.edited = self.obeyed = False  # whether another drawing is trained since the batches were cut
        self.begun_at = 0  # the epoch that the folder of this run begins with
        self.best_epochs = BestEpochs()
        self.left_behind: Sequence[str] = ()  # what a branch does not have of its parent, in sentences
        # torch.manual_seed notes the stack for each kind of GPU that is not there.
        (torch.default_generator if self.device.type == "cpu" else torch).manual_seed(recipe.seed)

    # --- where it stands -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Stand at the beginning."""
        self.fit()
        check_probabilities(self.net, self.model, self.looked_at())
        if self.out is not None:
            checkpoints.begin(self.out, self.net, self.recipe)
            self.save()
            keep_epoch(self)

    def fit(self) -> None:
        """Let layers measure the training data."""
        size = self.recipe.batch_size * VALIDATION_BATCHES
        fit_to(self.net, self.model, self.samples, self.learn.to(self.samples.home), size)

    def save(self, durable: bool = False, continue_with: Mapping[str, Tensor] | None = None) -> None:
        """Write the position, if there is a folder and it is not there already.

        Weights that are no longer numbers are not worth keeping; what is on disk then stays. ``continue_with`` are the
        weights that the training would go on with, where those of the model are others.
        """
        if durable and self.out is not None:
            self.own_losses.save(self.out)
        if self.out is None or (self.saved == self.position and continue_with is None):
            return
        if not all(bool(weights.isfinite().all()) for weights in self.model.parameters()):
            return
        state = replace(self.state(), weights=continue_with)
        if self.trainer.average is not None and continue_with is None:
            raw = {name: value.clone() for name, value in self.model.state_dict().items()}
            with self.trainer.averaged():
                checkpoints.save(self.out, self.model, replace(state, weights=raw), durable=durable)
        else:
            checkpoints.save(self.out, self.model, state, durable=durable)
        self.saved = self.position

    def state(self) -> State:
        """Everything besides the weights."""
        trainer = self.trainer.state()
        return State(
            self.position,
            self.recipe.as_dict(),
            replace(trainer, optimizers=[in_main_memory(each) for each in trainer.optimizers]),
            self.averages.state(),
            torch.get_rng_state(),
            torch.cuda.get_rng_state(self.device) if self.device.type != "cpu" else None,
            torch.get_num_threads(),
            playing=self.playing.state() if self.playing is not None else None,
        )

    # --- events --------------------------------------------------------------------------------------------------

    def events(self) -> Iterator[Event]:
        """Everything from the start to the ending."""
        recipe = self.recipe
        yield Started(
            device=self.device.type,
            samples=len(self.learn),
            validation=len(self.validation),
            batches=self.batches,
            epochs=recipe.epochs,
            parameters=sum(p.numel() for p in self.model.parameters()),
            resumed_epoch=self.position.epoch,
            test=self.test,
            measures=(*told_of_epochs(self.net.plan), *(self.playing.tells() if self.playing is not None else ())),
        )
        yield from opening_remarks(self)
        for sentence in self.left_behind:
            yield Diagnosed(None, sentence, "branch")
        yield from self.attending.begin()
        try:
            while self.position.epoch < self.recipe.epochs and not self._over():
                done = yield from self._epoch()
                yield done
                yield from self.attending.after_epoch(done)
        except StopRequested:
            self.save(durable=True)
            yield Cancelled(self.position.epoch, str(self.out) if self.out else None)
            return
        except DoctorGaveUp as ill:
            yield ill.finding
            yield Failed(ill.finding.node, ill.finding.sentence, ill.finding.fixes, ill.useless)
            return
        for request in self.control.take(ending=True).requests:  # asked for during the last epoch
            yield probe(self, request)
        reason = self.recipe.stopping if self.position.epoch < self.recipe.epochs else "done"
        metrics = self._keep_the_best()
        yield Finished(self.position.epoch, reason, MappingProxyType(metrics), str(self.out) if self.out else None)

    def _over(self) -> bool:
        """Whether the stop rule ends the training here, between two epochs."""
        return self.position.batch == 0 and self.trainer.over

    def _keep_the_best(self) -> dict[str, float]:
        """Leave the weights that the stop rule has kept, and save where the training stands. Gives the numbers of the
        epoch that they are from."""
        before = self.trainer.best_weights()
        self.save(durable=True, continue_with=before)
        best = self.position.epoch - self.trainer.epochs_since_best
        return self.told[best].as_dict() if best in self.told else {}

    def _epoch(self) -> Generator[Event, None, EpochDone]:
        """One epoch, or the rest of one."""
        start = time.perf_counter()
        self.rested, before = 0.0, self.averages.samples
        yield from self._train()
        trained = max(time.perf_counter() - start - self.rested, 1e-9)
        if not self.averages.samples:
            raise CannotTrain(self.samples.none_left(self.learn, "training"))
        speed = (self.averages.samples - before) / trained
        epoch, lr = self.position.epoch + 1, self.trainer.lr
        with self.trainer.averaged():  # what is kept in the end is what is checked
            told = self.playing.numbers() if self.playing is not None else {}
            metrics = MappingProxyType({**self.averages.numbers("train"), **told, **self._validate()})
            self.trainer.after_epoch(metrics)
        yield from self.readings.leave_out(self.validation)
        if epoch == 1:
            yield from unknown_watched(self.net.plan, metrics)
        seconds = time.perf_counter() - start - self.rested
        lost = len(self.samples.lost(self.learn))
        done = EpochDone(epoch, self.recipe.epochs, metrics, seconds, speed, lr, lost)
        self.told[epoch] = done
        self.own_losses.after_epoch(epoch, self.out)
        self.averages = self._averages(self.own_losses)
        self.position = TrainingPosition(epoch)
        waiting, self.later = self.later, {}
        if self.out is not None:
            # The line first: one that stands for more than the checkpoint is dropped when the run is continued.
            add_metrics(self.out, done.as_dict())
        self.save()
        keep_epoch(self)
        for name, value in waiting.items():
            yield from change(self, name, value)
        return done

    def pieces(self, epoch: int) -> Sequence[tuple[Tensor, int]]:
        """The indices of the batches of an epoch, and for each the seed of what is drawn and augmented in it."""
        size = samples_of_step(self.net.plan, self.recipe)
        order, generator = batches.shuffled(self.learn, self.recipe.seed, epoch, self.samples.lengths, size)
        pieces = batches.cut(order.to(self.samples.home), size)
        return list(zip(pieces, batches.seeds(len(pieces), generator)))

    def _train(self) -> Iterator[Event]:
        """The batches of an epoch, from the position on."""
        while True:
            self.edited, pieces = False, self.pieces(self.position.epoch)
            self.model.train()
            to_come = pieces[self.position.batch :]
            reading = self.readings.read(to_come) if self.playing is None else nothing_of(to_come)
            with closing(reading) as read_batches:
                yield from self._learn_from(read_batches, pieces)
            if not self.edited:  # else these were batches for another drawing
                break
        yield from self.waiting_told()

    def _learn_from(
        self, read_batches: Iterable[dict[str, Tensor]], pieces: Sequence[tuple[Tensor, int]]
    ) -> Iterator[Event]:
        # Several processes must all hear of a loss at the same batch.
        pause = ASK_SECONDS if self.device.type != "cpu" and self.joint is None else 0.0
        kept_steps = within(self.position.epoch, self.batches, self.recipe) if self.out is not None else ()
        unreadable, writes = self.samples.unreadable, self.film.wanted  # small nets feel each question of a step
        for number, batch in enumerate(read_batches, self.position.batch):
            if self.joint is not None:
                if one_wishes_to_end(self.joint):
                    raise StopRequested
            elif self.control.attention and not self.obeyed:
                yield from self.waiting_told()
                yield from obey(self)
                if not self.edited:
                    yield from steps_singly(self, batch, obey)
                if self.edited:
                    self.obeyed = True  # a step that was granted is still to be done
                    return
            self.obeyed = False
            piece = pieces[number]
            if self.playing is not None:  # not before, so that it stands where the training does
                batch = self.playing.batch(self.model, len(piece[0]), piece[1], self.device)
            if unreadable:
                yield from self.readings.leave_out(piece[0])
            count = count_of(batch)
            if not count or (count == 1 < len(piece[0]) and self.compares):
                self.position = TrainingPosition(self.position.epoch, number + 1)
                continue
            self.batch = batch
            weights = self.attending.before_step()
            try:
                losses, read = self.trainer.step(self.batch)
            except RuntimeError as error:
                if not refuses(error):
                    raise
                raise self._ill(TrainingPosition(self.position.epoch, number)) from None
            if weights is not None:
                self.attending.after_step(weights)
            self.averages.add_read(read, piece[0])
            self.position = TrainingPosition(self.position.epoch, number + 1)
            if writes:
                self._write(self.position)
            if number + 1 in kept_steps:
                keep_within(self)
            self.waiting.add(number + 1, losses, count)
            if self.waiting.due(pause):
                yield from self.waiting_told()

    def _write(self, position: TrainingPosition) -> None:
        """Let a net that writes do so where its film wants a frame."""
        start = time.perf_counter()
        if self.film.after_step(self.model, position.epoch * self.batches + position.batch, position.epoch + 1):
            self.rested += time.perf_counter() - start

    def _averages(self, own: OwnLosses | None = None) -> Averages:
        also = own.add if own is not None and own.wanted else None
        return Averages(self.trainer.metric_sums, self.trainer.metric_values, also)

    def waiting_told(self) -> Iterator[Event]:
        """Ask the device for the losses that wait, and tell them."""
        epoch = self.position.epoch
        # Taken in all at once: whoever listens may go away at any yield.
        for told in self.waiting.take(epoch + 1, self.batches, self.loss_names, self.averages, self.doctor):
            yield told
            if not math.isfinite(told.loss):
                raise self._ill(TrainingPosition(epoch, told.batch - 1))

    def _ill(self, last: TrainingPosition, *, validation: bool = False) -> DoctorGaveUp:
        """Why the loss of the step after ``last``, or that of the validation data behind it, is no number."""
        if self.processes is not None and not self.processes.first:
            raise StopRequested  # the first process says it
        return DoctorGaveUp(why_ill(self, last, validation=validation))

    def looked_at(self) -> Mapping[str, Tensor]:
        """Some training samples."""
        if self.playing is None:
            return self.samples.some(self.learn.to(self.samples.home), LOOKED_AT)
        if not self.played_by_chance:  # games begin anew each time, and come out the same
            self.played_by_chance = self.samples.some(self.learn.to(self.samples.home), LOOKED_AT)
        return self.played_by_chance

    def _validate(self) -> dict[str, float]:
        """The numbers of the validation samples; none where there are none."""
        if not len(self.validation):
            return {}
        averages = self._averages()
        pieces = [(piece, None) for piece in self.validation.split(self.recipe.batch_size * VALIDATION_BATCHES)]
        with evaluating(self.model), closing(self.readings.read(pieces)) as read_batches:
            for batch in read_batches:
                if batch:
                    losses, read = self.trainer.validate(batch)
                    averages.add_read(read)
                    count = count_of(batch)
                    averages.add_losses({name: value.item() for name, value in losses.items()}, count)
                if self.control.stopped and self.joint is None:
                    raise StopRequested
        if not averages.samples:
            raise CannotTrain(self.samples.none_left(self.validation, "validation"))
        if not math.isfinite(averages.mean_loss):
            raise self._ill(TrainingPosition(self.position.epoch, self.batches - 1), validation=True)
        return averages.numbers("val")


Standing = _Run  # as those see it who take the steps themselves
