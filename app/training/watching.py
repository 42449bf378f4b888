"""What can be said of a training from looking inside the net now and then, and from the course of its numbers.

As in ``diagnosis``, a finding must be right rather than early. Limits are such that healthy nets stay silent; the bench
``tests.benchmarks.doctor`` has some of both kinds.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from statistics import median

from app.core.checks.problems import AnyFix, FixElsewhere, SetTraining, SeveralFixes
from app.core.compile.objectives import objectives
from app.core.compile.plan import Plan, PlannedGraph
from app.core.graph.recipe import Recipe
from app.training.course import Course
from app.training.diagnosis import power_of_two
from app.training.events import Diagnosed, EpochDone
from app.training.fading import faded
from app.training.rates import rate_of, rounded
from app.training.signals import ENDS, Signals, functions_of
from nodes.api import InsertBefore, SetParam, UseInstead
from nodes.api.words import per_cent

PATIENCE = 3  # epochs in a row that show something
FEWEST_STEPS = 60  # before that a net has not had the chance to learn anything
LATE = 3  # after this part of all epochs gaps are judged
STILL = 0.97  # a loss above this share of the first one has not fallen
LEARNED = 0.5  # below this share of the first one something was learned
GUESSED = 0.985  # a loss above this share of the entropy of the classes is that of a guess
BY_CHANCE = 0.05  # accuracy above that of the most frequent class
VANISHED, FAINT = 1e-3, 1e-4  # the first layer's gradient next to the last one's, and by itself
EXPLODED, STEEP = 70.0, 100.0  # the same for large ones; by itself times weight by loss, which has no unit
DYING, DEAD = 0.8, 0.97  # share of dead units, where little is learned and anywhere
SATURATED = 0.9  # share of values
SMALL, LARGE, FAR = 2e-4, 1e-2, 3e-2  # updates next to weights; the median of what is too large
GOOD_UPDATE = 1e-3
MOSTLY = 0.6  # share of steps
SHOWN = 8  # measured updates that are enough to judge
EARLY = 2  # measured updates at the start that do not count
LITTLE = 0.7  # a loss above this share of the first one, after a third of the epochs, has fallen too little
SLOW = 0.7  # a loss above this share of the first one has fallen little
SWUNG, ROSE = 0.05, 1.2  # mean change of accuracy, and of a loss between epochs
SWINGS = 8  # epochs that are looked at
GONE, LEFT = 1e-3, 0.25  # of the highest learning rate, and of all epochs
GAP, KNOWN_BY_HEART = 0.06, 0.99
WIDE_GAP, NEARLY = 0.12, 0.9
TOO_GOOD = 0.1
LAGGING = 0.01  # share of the first weights in their mean
SURE = 2.0  # deviations of a share among the validation samples
FLAT = 0.02

Ratios = Mapping[str, Sequence[float]]
Look = Callable[[], Signals]
Accuracies = Sequence[tuple[float, float]]  # of epochs, each in training and validation


class RunWatch:
    """Watches one run for what numbers of epochs, and a look inside, tell.

    Args:
        plan: what is trained.
        recipe: how.
        batches: of an epoch.
        validation: how many samples check it.
        counts: training samples by class, where they are known.
        start: a look before the first step, where there was one.
    """

    def __init__(
        self,
        plan: Plan,
        recipe: Recipe,
        batches: int,
        validation: int = 0,
        counts: Sequence[int] = (),
        start: Signals | None = None,
    ) -> None:
        self._plan, self._recipe, self._batches = plan, recipe, batches
        self._validation, self._start = validation, start
        self._objectives = objectives(plan)
        self._counts = [count for count in counts if count]
        self._course = Course()
        self._epochs = self._course.epochs
        self._rose: deque[bool] = deque(maxlen=SWINGS - 1)  # whether the loss did, by much, from each epoch to the next
        self._late_from = max(PATIENCE, math.ceil(recipe.epochs / LATE))
        self._told: set[tuple[str, str | None]] = set()
        self._loss = plan.losses[0].name if len(plan.losses) == 1 else None

    @property
    def told(self) -> set[str]:
        """The codes of what was said."""
        return {code for code, _ in self._told}

    def after_epoch(
        self, done: EpochDone, first: float | None, look: Look, ratios: Callable[[], Ratios], glance: Look | None = None
    ) -> Iterator[Diagnosed]:
        """What can be said after this epoch and was not said before. ``first`` is the loss before anything was learned,
        if it is known. ``look``, ``ratios`` and, for a look without gradients, ``glance`` are asked where it counts."""
        if self._epochs:
            self._rose.append(done.train_loss > ROSE * self._epochs[-1].train_loss)
        self._course.add(done)
        if len(self._objectives) > 1:
            return  # losses that are served in turn may each grow while another falls
        for finding in self._found(done, first, look, ratios, glance or look):
            key = (finding.code, finding.node)
            if key not in self._told:
                self._told.add(key)
                yield finding

    def _found(
        self, done: EpochDone, first: float | None, look: Look, ratios: Callable[[], Ratios], glance: Look
    ) -> Iterator[Diagnosed]:
        yield from self._rate_gone(done)
        seen, unseen = done.train_accuracy, done.val_accuracy
        near = seen is not None and unseen is not None and -TOO_GOOD < seen - unseen < min(GAP, WIDE_GAP)
        if not near and (pairs := self._accuracies()):
            yield from self._gap(done, pairs)
            yield from self._too_good(pairs)
        if first is None or first <= 0 or not math.isfinite(first):
            return
        stuck = self._stuck(first)
        slow = self._late() and done.train_loss > LITTLE * first
        if stuck or slow or (len(self._epochs) >= PATIENCE and power_of_two(len(self._epochs))):
            inside = (look if stuck or done.train_loss > LEARNED * first else glance)()
            reasons = list(self._inside(done, first, inside, stuck))
            yield from reasons
            if not reasons and not self.told & {"vanishing", "dead", "exploding", "saturated", "faded"}:
                yield from self._guess(done, inside)
        yield from self._swings(done, first)
        yield from self._updates(done, first, ratios)

    # --- how it stands -------------------------------------------------------------------------------------------

    def _stuck(self, first: float) -> bool:
        """Whether it has had the chance to learn, and has not."""
        if len(self._epochs) < PATIENCE or len(self._epochs) * self._batches < FEWEST_STEPS:
            return False
        return self._guesses() or self._course.lowest_loss >= STILL * first

    def _guesses(self) -> bool:
        """Whether loss and accuracy are those of a guess, for some epochs now."""
        entropy, recent = self._entropy, self._epochs[-PATIENCE:]
        if entropy is None or len(recent) < PATIENCE:
            return False
        if any(not GUESSED * entropy <= epoch.train_loss <= 2 * entropy for epoch in reversed(recent)):
            return False  # mostly the last one says so
        usual = max(self._counts) / sum(self._counts)
        # Where training is harder than what counts (dropout, adversarial samples), that alone may look like a guess.
        if any((epoch.val_accuracy or 0.0) > usual + BY_CHANCE + self._doubt(usual) for epoch in recent):
            return False
        return all((epoch.train_accuracy or 0.0) <= usual + BY_CHANCE for epoch in recent)

    @cached_property
    def _entropy(self) -> float | None:
        """The loss of who knows how frequent the classes are, and nothing else."""
        if len(self._plan.losses) != 1 or self._plan.losses[0].type != "CrossEntropyLoss" or len(self._counts) < 2:
            return None
        loss = self._plan.losses[0]
        if loss.settings.get("class_weights") or loss.settings.get("label_smoothing"):
            return None
        every = sum(self._counts)
        return -sum(count / every * math.log(count / every) for count in self._counts)

    def _guess_words(self) -> str:
        if not self._guesses() or (entropy := self._entropy) is None:
            return ""
        even = f"ln {len(self._counts)} = " if max(self._counts) < 1.3 * min(self._counts) else ""
        now = self._epochs[-1].train_loss
        return f" The network still guesses: its loss is {now:.3g}, that of guessing {even}{entropy:.3g}."

    # --- from inside ---------------------------------------------------------------------------------------------

    def _inside(self, done: EpochDone, first: float, seen: Signals, stuck: bool) -> Iterator[Diagnosed]:
        little = done.train_loss > LEARNED * first
        if len(seen.layers) > 1 and (stuck or little):
            start, end = seen.layers[0], seen.layers[-1]
            share = start.gradient / end.gradient if end.gradient > 0 else 1.0
            if stuck or (self._late() and done.train_loss > LITTLE * first):
                vanished = next((one for one in (seen, self._start) if one is not None and _vanished(one)), None)
                if vanished is not None:
                    yield self._vanishing(vanished)
                    return
            size = start.gradient * start.weight / max(abs(seen.loss), 1e-12)
            if share > EXPLODED and size > STEEP:
                yield Diagnosed(
                    start.path,
                    f"The gradient grows on its way back: that of {start.path} is {start.gradient:.3g}, {share:,.0f} "
                    f"times that of {end.path}, so one step throws the first layers far away. Clip the gradients at a "
                    "norm of 1, or give the layers smaller start weights.",
                    "exploding",
                    (SetTraining("clip_norm", 1.0),),
                    share,
                )
                return
        for each in seen.activations:
            if each.dead >= (DYING if little else DEAD) and len(self._epochs) * self._batches >= FEWEST_STEPS:
                yield Diagnosed(
                    each.path,
                    f"{per_cent(each.dead)} of the units of {each.path} give zero for every sample that was tried: "
                    "they no longer learn, and the network is as narrow as the rest. Put a LeakyReLU in its place, or "
                    f"train again with a lower learning rate, such as {rounded(done.lr / 10):g}.",
                    "dead",
                    (UseInstead("LeakyReLU"), self._lower(done.lr, 10)),
                    each.dead,
                )
                return
            if little and each.saturated >= SATURATED and len(self._epochs) >= PATIENCE:
                yield Diagnosed(
                    each.path,
                    f"{per_cent(each.saturated)} of the values of {each.path} lie at its ends, where it is flat, so "
                    "hardly anything is learned before it. Bring what arrives there to a usual size: put a LayerNorm "
                    "before it, or use smaller start weights or inputs.",
                    "saturated",
                    (InsertBefore("LayerNorm", "x"),),
                    each.saturated,
                )
                return
        yield from faded(self._plan.graph, seen, self._guess_words()) if stuck and "faded" not in self.told else ()

    def _vanishing(self, seen: Signals) -> Diagnosed:
        start, end = seen.layers[0], seen.layers[-1]
        share = start.gradient / end.gradient
        when = "before the first step " if seen is self._start else ""
        faint = [layer.path for layer in seen.layers if layer.gradient < VANISHED * end.gradient]
        squashing = [path for path, kind in functions_of(self._plan.graph) if kind in ENDS]
        until = f", and up to {faint[-1]} it is below a thousandth" if len(faint) > 1 else ""
        said = (
            f"The gradient vanishes on its way back to {start.path}: there its norm {when}is {start.gradient:.1e}, "
            f"{share:.0e} of that of {end.path}{until}. So {start.path} learns nothing.{self._guess_words()} "
        )
        fixes: list[AnyFix] = []
        if squashing:
            named = {kind for _, kind in functions_of(self._plan.graph) if kind in ENDS}
            kinds = sorted(kind.removeprefix("nn.").lower() + "s" for kind in named)
            few = f"the {len(squashing)} {' and '.join(kinds)}" if len(squashing) > 1 else squashing[0]
            said += f"Use ReLU in the place of {few}, or put batch norms between the layers."
            outer = tuple(FixElsewhere(path, UseInstead("ReLU")) for path in squashing if "/" not in path)
            if len(outer) == len(squashing):
                fixes.append(SeveralFixes(outer, f"Use ReLU instead of {few}"))
        else:
            said += "Use fewer layers, ways around them (Add), batch norms, or larger start weights."
        return Diagnosed(start.path, said, "vanishing", tuple(fixes), share)

    def _guess(self, done: EpochDone, seen: Signals) -> Iterator[Diagnosed]:
        """It says one class for all, or no better than the frequencies."""
        every = sum(self._counts)
        for answers in seen.answers:
            if max(answers.given, default=0) < sum(answers.given) or not every or done.train_accuracy is None:
                continue
            usual = max(self._counts) / every
            recent = self._epochs[-PATIENCE:]
            if len(recent) < PATIENCE or usual > 0.99 or len(self._epochs) * self._batches < FEWEST_STEPS:
                continue
            if any(abs((epoch.train_accuracy or 0.0) - usual) > FLAT for epoch in recent):
                continue
            if usual > 0.7 and not self._late():
                continue
            which = max(range(len(answers.given)), key=lambda place: answers.given[place])
            said = (
                f"Whatever arrives, the answer is class {which}: its accuracy of {per_cent(done.train_accuracy)} is "
                f"the share of one class.{self._guess_words()} "
            )
            fixes: tuple[AnyFix, ...]
            weights = self._class_weights(len(answers.given))
            if usual > 2 / len(answers.given) or usual > 0.7:
                said += f"Let rare classes count more (class weights of {answers.loss})."
                fixes = (SetParam("class_weights", weights),) if weights else ()
            else:
                said += f"Train again with a lower learning rate, such as {rounded(done.lr / 10):g}, and look at what "
                said += "stands before the loss."
                fixes = (self._lower(done.lr, 10),)
            yield Diagnosed(answers.loss, said, "collapse", fixes, done.train_accuracy)
            return
        tried = len(self._epochs) * self._batches >= FEWEST_STEPS
        if tried and self._guesses() and self._loss is not None and self._late():
            rate = rate_of(self._plan, self._objectives[0], self._recipe, done.lr)
            fix: tuple[AnyFix, ...] = ()
            advice = "check that the wires lead the right data to it, and try another learning rate"
            if rate.value <= rate.usual / 10 or rate.too_large:
                advice, fix = f"try a learning rate of {rate.usual:g}", (rate.lowered(rate.usual),)
            yield Diagnosed(
                self._loss,
                f"{self._guess_words().strip()} After {len(self._epochs)} epochs nothing was learned: {advice}.",
                "chance",
                fix,
                done.train_loss,
            )

    def _class_weights(self, classes: int) -> tuple[float, ...]:
        if len(self._counts) != classes:
            return ()
        every = sum(self._counts)
        return tuple(rounded(every / (classes * count)) for count in self._counts)

    # --- from updates --------------------------------------------------------------------------------------------

    def _updates(self, done: EpochDone, first: float, ratios: Callable[[], Ratios]) -> Iterator[Diagnosed]:
        """Steps far smaller or far larger than a thousandth of the weights, where little is learned."""
        count = len(self._epochs)
        if count < PATIENCE + 2 or not self._late() or not judges_updates(done, first):
            return
        found = {path: list(values)[EARLY:] for path, values in ratios().items()}
        if not found or min(map(len, found.values())) < SHOWN:
            return
        middle = {path: median(values) for path, values in found.items()}
        small = all(_share(values, lambda ratio: ratio < SMALL) >= MOSTLY for values in found.values())
        if small and done.train_loss > SLOW * first and done.lr >= 0.5 * self._recipe.lr and middle:
            largest = max(middle, key=lambda path: middle[path])
            if middle[largest] <= 0:
                return
            better = min(float(f"{done.lr * GOOD_UPDATE / middle[largest]:.1g}"), 1.0)
            yield Diagnosed(
                largest,
                f"Steps are too small: even {largest} changes by only {middle[largest]:.1e} of its weights in each, "
                f"and about {GOOD_UPDATE:g} is good. The loss has come from {first:.3g} to {done.train_loss:.3g} in "
                f"{count} epochs. Train again with a learning rate of {better:g}.",
                "small_updates",
                (rate_of(self._plan, self._objectives[0], self._recipe, done.lr).lowered(better),),
                middle[largest],
            )
            return
        large = {path: each for path, each in middle.items() if each > FAR}
        for path, each in sorted(large.items(), key=lambda item: -item[1]):
            if _share(found[path], lambda ratio: ratio > LARGE) < MOSTLY:
                continue
            yield Diagnosed(
                path,
                f"Steps are too large: {path} changes by {per_cent(each)} of its weights in each, and about "
                f"{per_cent(GOOD_UPDATE, 1)} is good. The loss is {done.train_loss:.3g} after {count} epochs. Train "
                f"again with a learning rate of {rounded(done.lr / 10):g}.",
                "large_updates",
                (self._lower(done.lr, 10),),
                each,
            )
            return

    def _swings(self, done: EpochDone, first: float) -> Iterator[Diagnosed]:
        """Accuracy and loss that go up and down from epoch to epoch."""
        rises, recent = sum(self._rose), self._epochs[-SWINGS:]
        if rises < 3 or len(recent) < SWINGS or not self._late():
            return
        if median(epoch.train_loss for epoch in recent) < 0.1 * first:
            return
        known = [right for epoch in recent if (right := epoch.train_accuracy) is not None]
        if known and (max(known) > 0.97 or _mean_change(known) < SWUNG):
            return
        yield Diagnosed(
            self._loss,
            f"The loss swings: in the last {len(recent)} epochs it rose {rises} times by more than "
            f"{per_cent(ROSE - 1)}, between {min(e.train_loss for e in recent):.3g} and "
            f"{max(e.train_loss for e in recent):.3g}. The learning rate {done.lr:g} is too high. Train again with "
            f"{rounded(done.lr / 4):g}.",
            "swinging",
            (self._lower(done.lr, 4),),
            float(rises),
        )

    # --- from the course -----------------------------------------------------------------------------------------

    def _rate_gone(self, done: EpochDone) -> Iterator[Diagnosed]:
        highest = max(self._recipe.lr, self._course.highest_lr)
        left = self._recipe.epochs - done.epoch
        if done.lr > GONE * highest or left < max(PATIENCE, LEFT * self._recipe.epochs):
            return
        if self._recipe.schedule_declared.watches or self._recipe.warmup >= done.epoch:
            return
        yield Diagnosed(
            None,
            f"The learning rate has fallen to {done.lr:.1e} in epoch {done.epoch}, "
            f"{highest / max(done.lr, 1e-300):,.0f} times below its highest, so the {left} epochs that are left change "
            "nothing. Let the rate follow a cosine, which ends with the training.",
            "rate_gone",
            (SetTraining("schedule", "cosine"),),
            done.lr,
        )

    def _gap(self, done: EpochDone, known: Accuracies) -> Iterator[Diagnosed]:
        """All training samples are right, and of the others many are not."""
        if self._recipe.adversarial:
            yield from self._leaking(known)
            return
        by_heart = all(a >= KNOWN_BY_HEART and a - b >= GAP for a, b in known)
        wide = all(a >= NEARLY and a - b >= WIDE_GAP + self._doubt(b) for a, b in known)
        if self._lags() or not (by_heart or wide):
            return
        seen, unseen = known[-1]
        sources = [source.node for source in self._plan.sources]
        fixes: list[AnyFix] = [SetTraining("epochs", max(1, done.epoch // 2))] if done.epoch > 1 else []
        decay = self._recipe.settings_of(self._recipe.optimizer_named()).get("weight_decay")
        words = "Collect more samples, or let a data augmentation change them"
        if decay is not None and decay < 0.01:
            fixes.insert(0, SetTraining("weight_decay", 0.01))
            words += "; a weight decay of 0.01 helps a little"
        last = _last_linear(self._plan.graph)
        if last is not None:
            fixes.insert(0, FixElsewhere(last, InsertBefore("Dropout", "x")))
            words += f", a Dropout before {last} too"
        yield Diagnosed(
            sources[0] if len(sources) == 1 else None,
            f"{per_cent(seen, 1)} of the training samples are right, but only {per_cent(unseen, 1)} of those that "
            f"were not seen: it learns its samples by heart. {words}.",
            "gap",
            tuple(fixes),
            seen - unseen,
        )

    def _leaking(self, known: Sequence[tuple[float, float]]) -> Iterator[Diagnosed]:
        """Samples that were changed to be harder are easier than those that were not."""
        if self._lags() or any(a - b < WIDE_GAP + self._doubt(b) for a, b in known):
            return
        (seen, unseen), smaller = known[-1], rounded(self._recipe.adversarial / 4)
        yield Diagnosed(
            None,
            f"{per_cent(seen, 1)} of the training samples are right once changed, but only {per_cent(unseen, 1)} of "
            f"those that are neither changed nor seen: with adversarial at {self._recipe.adversarial:g} the network "
            f"reads the label from the change itself (label leaking). Train again with less, such as {smaller:g}.",
            "leaking",
            (SetTraining("adversarial", smaller), SetTraining("adversarial", 0.0)),
            seen - unseen,
        )

    def _lags(self) -> bool:
        """Whether what is checked, a mean of the weights, still has much of those from the beginning."""
        steps = len(self._epochs) * max(1, self._batches // self._recipe.accumulate)
        return self._recipe.average**steps > LAGGING

    def _too_good(self, pairs: Accuracies) -> Iterator[Diagnosed]:
        if any(b - a < TOO_GOOD + self._doubt(a) for a, b in pairs):
            return
        if _drops(self._plan.graph) or self._plan.augmentations or self._recipe.adversarial:
            return  # training is made harder on purpose
        seen, unseen = pairs[-1]
        sources = [source.node for source in self._plan.sources]
        yield Diagnosed(
            sources[0] if len(sources) == 1 else None,
            f"Samples that were not seen are right more often ({per_cent(unseen, 1)}) than those of the training "
            f"({per_cent(seen, 1)}). So the two are not alike: the validation data may be easier, have other classes, "
            "or right labels where the training data has wrong ones. Look at both, or cut the parts by chance.",
            "too_good",
            (),
            unseen - seen,
        )

    def _accuracies(self) -> Accuracies:
        """Those of the last epochs, in training and validation; none where it is too early, or one is not known."""
        if not self._late():
            return []
        recent = [(epoch.train_accuracy, epoch.val_accuracy) for epoch in self._epochs[-PATIENCE:]]
        known = [(a, b) for a, b in recent if a is not None and b is not None]
        return known if len(known) == len(recent) else []

    def _late(self) -> bool:
        return len(self._epochs) >= self._late_from

    def _doubt(self, share: float) -> float:
        """By how much a share among the validation samples may be off."""
        return SURE * math.sqrt(max(share * (1 - share), 1e-4) / max(self._validation, 1))

    def _lower(self, lr: float, by: float) -> AnyFix:
        return rate_of(self._plan, self._objectives[0], self._recipe, lr).lowered(lr / by)


def judges_updates(done: EpochDone, first: float) -> bool:
    """Whether so little is learned that the size of the steps may be why."""
    return done.train_loss >= LEARNED * first


def _vanished(seen: Signals) -> bool:
    """Whether next to nothing of the gradient reaches the first layer."""
    if len(seen.layers) < 2 or seen.layers[-1].gradient <= 0:
        return False
    first, last = seen.layers[0].gradient, seen.layers[-1].gradient
    return first < FAINT and first < VANISHED * last


def _last_linear(graph: PlannedGraph) -> str | None:
    """The last fully connected layer, unless a dropout is there already."""
    if _drops(graph):
        return None
    return next((s.name for s in reversed(graph.running) if s.call and s.call.constructor == "nn.Linear"), None)


def _drops(graph: PlannedGraph) -> bool:
    calls = [step.call for inner in graph.walk() for step in inner.running if step.call is not None]
    return any("Dropout" in call.constructor or "Noise" in call.constructor for call in calls) or any(
        "dropout" in str(call) for call in calls if "dropout=0" not in str(call)
    )


def _share(values: Sequence[float], holds: Callable[[float], bool]) -> float:
    return sum(map(holds, values)) / len(values)


def _mean_change(values: Sequence[float]) -> float:
    return sum(abs(b - a) for a, b in pairwise(values)) / max(len(values) - 1, 1)
