"""Says in plain words what goes wrong in a training. Looks once per epoch, at numbers that are there anyway.

A finding must be right rather than early: each asks for a clear case, is told once, and names what would help.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from torch import Tensor

from app.core.checks.problems import AnyFix, FixElsewhere, SetTraining
from app.core.compile.objectives import objectives
from app.core.compile.plan import Plan, PlannedGraph
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.training.course import Course
from app.training.divergence import LossRecord
from app.training.events import Diagnosed, EpochDone
from app.training.held_back import held_back
from app.training.loss_bounds import ROUNDING, SampleLosses, bounded, fallen_below, parted
from app.training.rates import Rate, rate_of, rounded
from nodes.api import InsertBefore, UseInstead

PATIENCE = 3  # epochs before a loss that stands still, or an overfitted one, is spoken of
FEWEST_STEPS = 60  # before that a net has not had the chance to learn anything
STILL = 0.98  # a loss above this share of the first one has not fallen
RISEN = 2.0  # times the first loss
LEARNED = 0.5  # a loss below this share of the first one shows that something was learned
DEAD = 0.999  # share of zeros
OVERFITTED = 1.5  # validation loss next to the best one so far
GAP = 0.05  # between the accuracies; a net that reads 98 % of unseen digits may be as sure of itself as it likes

# Evaluates nodes for some training samples, as CompiledNet.capture does; only asked when there is a suspicion.
Look = Callable[[Sequence[str]], Mapping[str, Tensor]]


class Diagnosis:
    """Watches one run. ReLUs are looked at when the loss stands still, and after epochs 1, 2, 4, 8, …

    A run that is ``continued`` has no first loss to compare with, so nothing is said about progress since the start.
    """

    def __init__(
        self,
        plan: Plan,
        recipe: Recipe,
        batches: int,
        *,
        project: Project | None = None,
        samples: int = 0,
    ) -> None:
        self._plan, self._project, self._samples = plan, project, samples
        self._losses = [loss.name for loss in plan.losses]
        self._served = objectives(plan)
        self._in_turn = len(self._served) > 1
        self._relus = list(relu_paths(plan.graph))
        self._recipe = recipe
        self._batches = batches
        self._first: float | None = None
        self._continued = False
        self._highest = self._lowest = 0.0
        self._course = Course()
        self._epochs = self._course.epochs
        self._told: set[tuple[str, str | None]] = set()

    def continued(self) -> None:
        """What was learned before is not known: there is no first loss to compare with."""
        self._continued = True

    def first_loss(self, loss: float) -> None:
        """The loss of the very first batch, before anything was learned."""
        self.hear([loss])

    def hear(self, losses: Sequence[float]) -> None:
        """Losses of batches, as they come. The very first is that before anything was learned."""
        if self._first is None and not self._continued:
            self._first = losses[0]
        for loss in losses:
            if self._highest < abs(loss) < math.inf:
                self._highest = abs(loss)
            if -math.inf < loss < self._lowest:
                self._lowest = loss

    def _rate(self, lr: float) -> Rate:
        """The learning rate: ``lr`` now, or of losses that are served in turn the one that is highest for its
        optimizer."""
        if not self._in_turn:
            return rate_of(self._plan, self._served[0], self._recipe, lr)
        rates = [rate_of(self._plan, each, self._recipe) for each in self._served]
        return max(rates, key=lambda rate: rate.value / rate.usual)

    @property
    def first(self) -> float | None:
        """The loss of the very first batch, before anything was learned, if it is known."""
        return self._first

    @property
    def heard(self) -> LossRecord:
        """What is known when a loss is no number."""
        return LossRecord(
            self._first, self._highest, self._lowest, self._epochs[-1].train_loss if self._epochs else None
        )

    def after_epoch(
        self, done: EpochDone, look: Look, try_losses: Callable[[], SampleLosses] | None = None
    ) -> Iterator[Diagnosed]:
        """What can be said after this epoch and was not said before. ``try_losses`` computes them for some samples, and
        is only asked when there is a suspicion, or, of several losses, as often as ReLUs are looked at."""
        self._course.add(done)
        # Where losses are served in turn, one may fall only while another grows: their sum says nothing.
        findings = [] if self._in_turn else [self._risen(done) or self._forgotten(done), self._overfitted(done)]
        findings.append(self._below(done, try_losses) or self._parted())
        still = None if self._in_turn else self._stands_still(done)
        dead = None
        if self._relus and (still is not None or power_of_two(done.epoch)):
            dead = self._dead(look, done.lr)
        # Dead units are a reason for a loss that stands still; the reason is worth more than the symptom.
        findings.append(dead or (still if not any(code == "dead" for code, _ in self._told) else None))
        for finding in findings:
            if finding is not None and (finding.code, finding.node) not in self._told:
                self._told.add((finding.code, finding.node))
                yield finding

    def _risen(self, done: EpochDone) -> Diagnosed | None:
        if self._first is None or done.train_loss <= RISEN * abs(self._first) or len(self._epochs) < 2:
            return None
        if done.train_loss < self._epochs[-2].train_loss:
            return None  # it jumped at the start and is on its way down
        rate = self._rate(done.lr)
        return Diagnosed(
            self._losses[0] if len(self._losses) == 1 else None,
            f"The loss grows instead of falling ({self._first:.3g} at the start, {done.train_loss:.3g} now). The "
            f"{rate.words} is too high. Train again with {rounded(rate.value / 10):g}.",
            "lr_high",
            (rate.lowered(rate.value / 10),),
        )

    def _forgotten(self, done: EpochDone) -> Diagnosed | None:
        """It had learned, and for two epochs the loss has been where it began."""
        if self._first is None or done.train_loss < STILL * self._first or len(self._epochs) < PATIENCE:
            return None
        best = self._course.lowest
        if best is None or best.train_loss > LEARNED * self._first:
            return None
        if any(epoch.train_loss < STILL * self._first for epoch in self._epochs[-2:]):
            return None
        rate = self._rate(done.lr)
        return Diagnosed(
            self._losses[0] if len(self._losses) == 1 else None,
            f"The network has lost what it had learned: the loss was {best.train_loss:.3g} in epoch {best.epoch} and "
            f"is {done.train_loss:.3g} now, as at the start. The {rate.words} is too high. Train again with "
            f"{rounded(rate.value / 4):g}.",
            "lr_high",
            (rate.lowered(rate.value / 4),),
        )

    def _below(self, done: EpochDone, try_losses: Callable[[], SampleLosses] | None) -> Diagnosed | None:
        """A loss that is lower than it can be."""
        rounding = ROUNDING * max(1.0, abs(self._first or 0.0))
        several = len(self._losses) > 1 and power_of_two(done.epoch)
        if not several and not done.train_loss < -rounding:
            return None
        if try_losses is None or not bounded(self._plan) or any(code == "below" for code, _ in self._told):
            return None
        return fallen_below(self._plan, self._project, try_losses(), done.train_loss, rounding)

    def _parted(self) -> Diagnosed | None:
        """Accuracy and loss that fall together; where the loss is lower than it can be, that says it already."""
        if any(code == "below" for code, _ in self._told):
            return None
        return parted(self._plan, self._project, self._course, self._samples)

    def _stands_still(self, done: EpochDone) -> Diagnosed | None:
        if self._first is None or len(self._epochs) < PATIENCE or len(self._epochs) * self._batches < FEWEST_STEPS:
            return None
        best = self._course.lowest_loss
        if not STILL * self._first <= best or done.train_loss >= RISEN * self._first or self._first <= 0:
            return None
        said = (
            f"The loss has not fallen in {len(self._epochs)} epochs ({self._first:.3g} at the start, "
            f"{done.train_loss:.3g} now)."
        )
        one = self._losses[0] if len(self._losses) == 1 else None
        held = held_back(self._recipe, self._project)
        if held is not None:
            return Diagnosed(held.node or one, f"{said} {held.words}", "no_progress", held.fixes)
        now = self._rate(done.lr)
        rate: float | None
        if now.too_large:
            rate = rounded(now.value / 10)
            advice = f"The {now.words} is probably too high: try {rate:g}."
        elif now.value <= now.usual / 10:
            rate = now.usual
            advice = f"The {now.words} is probably too low: try {rate:g}."
        else:
            rate = None
            advice = "Try another learning rate, and check that the wires lead the right data to the loss."
        return Diagnosed(one, f"{said} {advice}", "no_progress", (now.lowered(rate),) if rate is not None else ())

    def _dead(self, look: Look, lr: float) -> Diagnosed | None:
        rate = self._rate(lr)
        for node, value in look(self._relus).items():
            if (value == 0).float().mean().item() >= DEAD:
                said = (
                    f"{node} gives nothing but zeros for all samples that were tried, so what stands before it learns "
                    "nothing any more. "
                )
                never = self._first is not None and self._course.lowest_loss > STILL * self._first
                if rate.value < rate.usual or (never and not rate.too_large):  # that cannot be what drove it there
                    said += "Put a LeakyReLU in its place, or give the layer before it other start weights."
                    return Diagnosed(node, said, "dead", (UseInstead("LeakyReLU"),))
                said += (
                    f"Train again with a lower {'own ' * bool(rate.losses)}learning rate than {rate}, such as "
                    f"{rounded(rate.value / 10):g}, or put a LeakyReLU in its place."
                )
                return Diagnosed(node, said, "dead", (rate.lowered(rate.value / 10), UseInstead("LeakyReLU")))
        return None

    def _overfitted(self, done: EpochDone) -> Diagnosed | None:
        known, best = self._course.checked, self._course.best_checked
        if best is None or len(known) <= PATIENCE or done.val_loss is None:
            return None
        if best.val_loss is None or done.val_loss < OVERFITTED * best.val_loss:
            return None
        recent = known[-PATIENCE:]
        if best in recent or done.train_loss >= best.train_loss:
            return None
        if any((epoch.val_loss or 0.0) < OVERFITTED * best.val_loss for epoch in recent):
            return None
        seen, unseen = done.train_accuracy, done.val_accuracy
        if self._recipe.adversarial and seen is not None:
            return None  # ``Watch`` knows better why what was changed is easier than what was not
        if seen is not None and unseen is not None and seen - unseen < GAP:
            return None
        words, fixes = zip(*self._against_overfitting(best.epoch))
        return Diagnosed(
            None,
            f"Since epoch {best.epoch} the loss on the validation data grows ({best.val_loss:.3g} then, "
            f"{done.val_loss:.3g} now) while that on the training data falls: the network learns its data by heart. "
            + " or ".join(words)
            + ".",
            "overfitting",
            tuple(fixes),
        )

    def _against_overfitting(self, epochs: int) -> Iterator[tuple[str, AnyFix]]:
        """What helps against learning by heart, in words and as an edit."""
        yield f"Train again for {epochs} epoch{'s' if epochs > 1 else ''} only", SetTraining("epochs", epochs)
        now = self._recipe.settings_of(self._recipe.optimizer_named()).get("weight_decay", 0.1)
        decay = min(max(0.001, rounded(10 * now)), 0.1)
        if decay > now:
            yield f"with a weight decay of {decay:g}", SetTraining("weight_decay", decay)
        last = next(
            (s for s in reversed(self._plan.graph.running) if s.call and s.call.constructor == "nn.Linear"), None
        )
        if last is not None and not any(
            "Dropout" in (s.call.constructor if s.call else "") for s in self._plan.graph.running
        ):
            yield f"with a Dropout before {last.name}", FixElsewhere(last.name, InsertBefore("Dropout", "x"))


def shows_life(value: Tensor, share: float) -> bool:
    """Whether what a ReLU gives for this share of the samples is enough to know that it is not dead, whatever it gives
    for the others."""
    return int(value.count_nonzero()) * share > (1 - DEAD) * value.numel()


def relu_paths(graph: PlannedGraph, prefix: str = "") -> Iterator[str]:
    """The paths of all ReLU layers, those inside blocks among them."""
    for step in graph.running:
        if step.inner is not None:
            yield from relu_paths(step.inner, f"{prefix}{step.name}/")
        elif step.call is not None and step.call.constructor == "nn.ReLU":
            yield prefix + step.name


def power_of_two(number: int) -> bool:
    """Whether an epoch is one of those after which a net is looked into."""
    return number & (number - 1) == 0
