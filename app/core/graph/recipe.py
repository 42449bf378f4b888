"""How a drawing is trained: plain values with their limits. ``app.core.compile.training`` prints them as torch calls.

Some settings are choices: an optimizer, a schedule, a stop rule, metrics. What can be chosen, with which settings of
its own, is declared in one file each under ``nodes`` (see ``nodes.api.training``). Such a setting is called
``SGD.momentum``; a choice keeps its settings while another is chosen. ``momentum`` alone is that of what is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

from nodes.api import declared
from nodes.api.params import BadSetting, Choice, Float, Int, Param, Several
from nodes.api.training import Declared, Optimizer, Policy, ReplayMemory, Schedule, StopRule, Target
from nodes.api.words import quoted

LR = Float("lr", 0.002, low=0.0, high=10.0, step=0.001, open_low=True, label="learning rate", help="Size of one step.")
SETTINGS: tuple[Param, ...] = (
    Choice("optimizer", "Adam", options=tuple(declared.optimizers()), help="The rule that turns gradients into steps."),
    LR,
    Choice(
        "schedule", "constant", options=tuple(declared.schedules()), help="How the learning rate changes on the way."
    ),
    Int(
        "warmup",
        0,
        low=0,
        high=100_000,
        label="warm-up",
        help="Epochs at the start in which the learning rate rises evenly with every batch, before the schedule "
        "begins; 0 for none.",
    ),
    Float(
        "clip_norm",
        0.0,
        low=0.0,
        high=1e6,
        step=0.5,
        label="clip gradients",
        help="Gradients whose common norm is larger are made smaller until it is this; 0 leaves them as they are.",
    ),
    Float(
        "clip_value",
        0.0,
        low=0.0,
        high=1e6,
        step=0.5,
        label="clip values",
        help="Each number of a gradient that is further from 0 than this is set back to it; 0 leaves them as they are. "
        "It comes before clipping by the norm.",
    ),
    Float(
        "l1",
        0.0,
        low=0.0,
        high=1.0,
        step=0.0001,
        label="L1 penalty",
        help="Adds the sizes of all weights, times this, to what is made small, so that many weights become 0. The "
        "loss is told without it.",
    ),
    Float(
        "adversarial",
        0.0,
        low=0.0,
        high=1e3,
        step=0.01,
        label="adversarial",
        help="Trains on samples that are made harder: every number that enters is moved by this much to where the loss "
        "is larger (FGSM). 0 trains on the samples as they are; try 0.1 for values from 0 to 1. Takes twice the time.",
    ),
    Float(
        "average",
        0.0,
        low=0.0,
        high=1.0,
        step=0.001,
        open_high=True,
        label="weight average",
        help="Keeps a mean of the weights over the last steps (an exponential moving average), checks it on the "
        "validation data and gives it at the end. It keeps this much of itself in each step, such as 0.99; 0 for none.",
    ),
    Int("epochs", 20, low=1, high=100_000, help="How often all training data is seen."),
    Int("batch_size", 32, low=1, high=1_000_000, label="batch size", help="Samples behind each step."),
    Int(
        "accumulate",
        1,
        low=1,
        high=10_000,
        label="accumulate",
        help="Batches whose gradients are added up for one step, as if the batch were so many times as large: for "
        "memory that holds only small ones.",
    ),
    Choice(
        "stopping",
        "never",
        options=tuple(declared.stop_rules()),
        label="stop early",
        help="Whether the training may end before its last epoch.",
    ),
    Int(
        "keep",
        2,
        low=0,
        high=1000,
        label="keep epochs",
        help="The best epoch and so many of the last ones stay on disk, with weights and optimizer, so that the "
        "training can be continued from there. 0 keeps none of them.",
    ),
    Int(
        "snapshots",
        20,
        low=0,
        high=1000,
        label="snapshots",
        help="So many epochs all over the training stay on disk besides, thinned out evenly as it goes on, and at most "
        "as many steps within long epochs, to be looked at. 0 keeps none of them.",
    ),
    Choice(
        "policy",
        "epsilon-greedy",
        options=tuple(declared.policies()),
        help="How an action is chosen while a net learns to play. Without games it changes nothing.",
    ),
    Choice(
        "replay",
        "uniform",
        options=tuple(declared.replays()),
        label="memory",
        help="What is remembered of the games, and how batches are drawn of it. Without games it changes nothing.",
    ),
    Choice(
        "target",
        "hard",
        options=tuple(declared.targets()),
        label="slow copy",
        help="A copy of the net that says what the next state is worth (target network). Without games it changes "
        "nothing.",
    ),
    Several("metrics", ("accuracy",), options=tuple(declared.metrics()), help="What is measured besides the loss."),
    Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same run."),
    Float(
        "validation",
        0.2,
        low=0.0,
        high=0.9,
        step=0.05,
        label="validation",
        help="Share of the data that is kept out of training to check the result.",
    ),
    Float(
        "test",
        0.0,
        low=0.0,
        high=0.9,
        step=0.05,
        label="test",
        help="Share of the data that nothing looks at, neither training nor pictures, until it is evaluated.",
    ),
    Int(
        "folds",
        0,
        low=0,
        high=1000,
        help="Trains so many times for a cross-validation, each time with another part held out, which takes the place "
        "of the validation part; a series is always checked with what comes later. 0 trains once.",
    ),
    Int("fold", 1, low=1, high=1000, help="Which of the parts is held out in this run, counted from 1."),
    Choice(
        "unreadable",
        "skip",
        options=("skip", "stop"),
        label="unreadable",
        help="Whether a sample that cannot be read is left out and named, or ends the training.",
    ),
    Choice(
        "precision",
        "single",
        options=("single", "mixed", "mixed-fp16"),
        help="mixed computes layers with 16 bits (bfloat16) in training; weights and losses keep 32. On a GPU that is "
        "faster and takes less memory. On a CPU with instructions for bfloat16 (AVX-512 BF16, AMX) large layers and "
        "long sequences get faster, while small nets, attention and texts of different lengths get slower. Elsewhere "
        "it changes nothing. mixed-fp16 is for GPUs without bfloat16: its 16 bits (float16) hold no small numbers, so "
        "losses are scaled up before the gradients and those down again; on a CPU it changes nothing.",
    ),
    Choice(
        "log",
        "none",
        options=("none", "tensorboard"),
        help="tensorboard also writes the numbers of the run for TensorBoard, into the folder tensorboard of the run. "
        "It has to be installed: pip install tensorboard.",
    ),
    Choice("device", "auto", options=("auto", "cpu", "cuda"), help="Where to compute; auto takes a GPU if one works."),
)
CURVE_POINTS = 240  # of the learning rate over a training
VALIDATION_BATCHES = 4  # times the batch size: nothing is kept for a gradient, so more validation samples fit at once
_BY_NAME = {setting.name: setting for setting in SETTINGS}
PLAYING = ("policy", "replay", "target")  # what counts only where a net learns to play
CHOICES = ("optimizer", "schedule", "stopping", *PLAYING)
# Told in short along with the settings of what is chosen, where they are not as usual.
_TOLD = "schedule warmup stopping clip_norm clip_value l1 adversarial average accumulate precision folds fold".split()
# Not in the file of a drawing while they are as usual, so that a file says no more than it has to.
_UNSAID = (*_TOLD, *PLAYING, "metrics", "test", "unreadable", "keep", "snapshots", "log")


def _declarations() -> Iterator[Declared]:
    kinds = (declared.optimizers, declared.schedules, declared.stop_rules, declared.metrics)
    for kind in (*kinds, declared.policies, declared.replays, declared.targets):
        yield from kind().values()


_OWN: Mapping[str, Param] = {f"{each.id}.{param.name}": param for each in _declarations() for param in each.params}


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a training run. ``own`` are those settings of declared things that are not as usual, by full name
    (``SGD.momentum``) and sorted; ``with_setting`` puts them there."""

    optimizer: str = "Adam"
    lr: float = 0.002
    schedule: str = "constant"
    warmup: int = 0
    clip_norm: float = 0.0
    clip_value: float = 0.0
    l1: float = 0.0
    adversarial: float = 0.0
    average: float = 0.0
    epochs: int = 20
    batch_size: int = 32
    accumulate: int = 1
    stopping: str = "never"
    keep: int = 2
    snapshots: int = 20
    policy: str = "epsilon-greedy"
    replay: str = "uniform"
    target: str = "hard"
    metrics: tuple[str, ...] = ("accuracy",)
    seed: int = 0
    validation: float = 0.2
    test: float = 0.0
    folds: int = 0
    fold: int = 1
    unreadable: str = "skip"
    precision: str = "single"
    log: str = "none"
    device: str = "auto"
    own: tuple[tuple[str, Any], ...] = ()

    def with_setting(self, name: str, value: Any) -> Recipe:
        """The recipe with one setting checked and changed.

        Raises:
            BadSetting: for a setting that does not exist or a value it cannot take.
        """
        if name in _BY_NAME:
            return replace(self, **{name: _BY_NAME[name].check(value)})
        own, owner = dict(self.own), self.full_name(name).rpartition(".")[0]
        alike = (
            self.metrics if "." not in name and owner in self.metrics else (owner,)
        )  # a short name means all metrics
        for full in [f"{each}.{name.rpartition('.')[2]}" for each in alike]:
            if full not in _OWN:
                continue
            own[full] = _OWN[full].check(value)
            if own[full] == _OWN[full].default:
                del own[full]
        return replace(self, own=tuple(sorted(own.items())))

    def with_settings(self, **values: Any) -> Recipe:
        """The recipe with several settings checked and changed; choices first, so that ``momentum`` is that of the
        optimizer that is chosen along with it.

        Raises:
            BadSetting: as ``with_setting`` does.
        """
        return self.changed(values)

    def changed(self, values: Mapping[str, Any]) -> Recipe:
        """The same, with settings by full names."""
        recipe = self
        for name in sorted(values, key=lambda name: name not in CHOICES):
            recipe = recipe.with_setting(name, values[name])
        return recipe

    def full_name(self, name: str) -> str:
        """``SGD.momentum`` for ``momentum``: of what is chosen, or else of the first that has such a setting.

        Raises:
            BadSetting: if nothing has it.
        """
        if name in _BY_NAME or name in _OWN:
            return name
        chosen = [each.id for each in self.chosen()]
        full = [own for own in _OWN if own.rpartition(".")[2] == name]
        for own in sorted(full, key=lambda own: own.rpartition(".")[0] not in chosen):
            return own
        raise BadSetting(f"A recipe has no setting {quoted(name)}{self._choices(name)}.")

    def _choices(self, name: str) -> str:
        """What ends the sentence on a setting that does not exist: the one that is spelt, or titled, most like it, then
        all of them."""
        counting = {full.partition(".")[0] for full, _ in self.settings() if "." in full}
        own = {param.name: param for each in self.chosen() if each.id in counting for param in each.params}
        meant = {**{full: full for full in _OWN}, **{full.rpartition(".")[2]: full.rpartition(".")[2] for full in _OWN}}
        for short, param in {**own, **_BY_NAME}.items():
            meant |= {param.title.lower(): short, short: short}
        words = {called.lower(): short for called, short in meant.items()}
        asked = name.lower()
        near = get_close_matches(asked, words, n=1, cutoff=0.7)
        near = near or get_close_matches(asked.replace("_", " "), words, n=1, cutoff=0.7)
        general = [each for each in _BY_NAME if self.plays or each not in PLAYING]
        every = ", ".join(dict.fromkeys([*general, *own]))
        return f". Did you mean {words[near[0]]}? It has {every}" if near else f"; it has {every}"

    def value(self, name: str) -> Any:
        """The value of a setting, by its full or its short name.

        Raises:
            BadSetting: for a setting that does not exist.
        """
        if name in _BY_NAME:
            return getattr(self, name)
        full = self.full_name(name)
        return dict(self.own).get(full, _OWN[full].default)

    def settings_of(self, thing: Declared) -> dict[str, Any]:
        """The settings of a declared thing, by its own names."""
        own = dict(self.own)
        return {param.name: own.get(f"{thing.id}.{param.name}", param.default) for param in thing.params}

    def optimizer_named(self, id: str = "") -> Optimizer:
        """An optimizer; the one that is chosen, if none is named."""
        return declared.optimizers()[id or self.optimizer]

    @property
    def schedule_declared(self) -> Schedule:
        """The schedule that is chosen."""
        return declared.schedules()[self.schedule]

    @property
    def held_fold(self) -> str:
        """Which part of a cross-validation is held out, in words that follow ``fold``."""
        return f"{self.fold} of {self.folds}" if self.folds else "none"

    @property
    def parts(self) -> tuple[int, float, float, str]:
        """All that decides, beside the data, which samples are in which part: two recipes with the same have the
        same ones."""
        return self.seed, self.validation, self.test, self.held_fold

    def other_parts(self, before: Recipe) -> tuple[str, str, str] | None:
        """What makes other samples be held out than under ``before``: its word, its value then and now. None if
        nothing does."""
        for name, word in (("seed", "seed"), ("validation", "validation share"), ("test", "test share")):
            was, now = getattr(before, name), getattr(self, name)
            if was != now:
                return (word, str(was), str(now)) if name == "seed" else (word, f"{was:g}", f"{now:g}")
        if before.held_fold != self.held_fold:
            return "fold that is held out", before.held_fold, self.held_fold
        return None

    @property
    def step_size(self) -> int:
        """How many samples stand behind a step."""
        return self.batch_size * self.accumulate

    @property
    def scheduled_epochs(self) -> int:
        """How many epochs the schedule has: those after the warm-up, one at least."""
        return max(1, self.epochs - self.warmup)

    @property
    def stop_rule(self) -> StopRule:
        """The stop rule that is chosen."""
        return declared.stop_rules()[self.stopping]

    @property
    def policy_declared(self) -> Policy:
        """The policy that is chosen."""
        return declared.policies()[self.policy]

    @property
    def replay_declared(self) -> ReplayMemory:
        """The replay memory that is chosen."""
        return declared.replays()[self.replay]

    @property
    def target_declared(self) -> Target:
        """The slow copy that is chosen."""
        return declared.targets()[self.target]

    def chosen(self) -> tuple[Declared, ...]:
        """Everything that is chosen, in the order of the settings."""
        metrics = (declared.metrics()[id] for id in self.metrics)
        return self.optimizer_named(), self.schedule_declared, self.stop_rule, *self._playing(), *metrics

    @property
    def plays(self) -> bool:
        """Whether it says anything of how to play that is not as usual."""
        usual = Recipe()
        own = {name.rpartition(".")[0] for name, _ in self.own}
        kinds = (declared.policies(), declared.replays(), declared.targets())
        return any(getattr(self, name) != getattr(usual, name) for name in PLAYING) or any(
            id in kind for kind in kinds for id in own
        )

    def _playing(self) -> tuple[Policy, ReplayMemory, Target]:
        return self.policy_declared, self.replay_declared, self.target_declared

    def settings(self, plays: bool = False) -> Iterator[tuple[str, Param]]:
        """The settings that count, by full name: the general ones, each choice followed by its own. Those of the
        optimizer stand behind the learning rate, which belongs to every optimizer. ``plays`` says that the drawing
        learns to play; else what is for that is left out where it is as usual."""
        optimizer, schedule, stop_rule, policy, replay, target, *metrics = self.chosen()
        behind: dict[str, list[Declared]] = {"lr": [optimizer], "schedule": [schedule], "stopping": [stop_rule]}
        behind |= {"policy": [policy], "replay": [replay], "target": [target], "metrics": [*metrics]}
        plays = plays or self.plays
        for param in SETTINGS:
            if param.name == "fold" and self.folds < 2:
                continue
            if param.name in PLAYING and not plays:
                continue
            yield param.name, param
            for thing in behind.get(param.name, ()):
                yield from ((f"{thing.id}.{own.name}", own) for own in thing.params)

    def as_dict(self) -> Mapping[str, Any]:
        """The settings by full name, in order; of those that came later, and of the own ones, what is not as usual."""
        usual = Recipe()
        said = {
            entry.name: getattr(self, entry.name)
            for entry in fields(self)
            if entry.name != "own"
            and not (entry.name in _UNSAID and getattr(self, entry.name) == getattr(usual, entry.name))
        }
        return {**said, **dict(self.own)}

    def words(self, words_for: tuple[str, ...] = ()) -> Iterator[str]:
        """What is not as usual, in short: ``momentum 0.5``; ``words_for`` are general settings that are told too."""
        usual = Recipe()
        for name, param in self.settings():
            value = self.value(name)
            if name in _BY_NAME and name not in (*words_for, *_TOLD):
                continue
            if name in ("folds", "fold") and self.folds:  # the first one, too: it is one of them
                if name == "fold":
                    yield f"fold {self.held_fold}"
                continue
            if value != (getattr(usual, name) if name in _BY_NAME else param.default):
                text = param.format(value)
                yield f"{param.title} {text}" if text and text != param.title else text or f"no {param.title}"


def setting(name: str) -> Param | None:
    """A setting by its full name."""
    return _BY_NAME.get(name) or _OWN.get(name)


def setting_names() -> frozenset[str]:
    """What ``--set`` takes: the settings of every recipe, and those that an optimizer or the like brings."""
    return frozenset(_BY_NAME) | {param.name for each in _declarations() for param in each.params}


def rate_curve(recipe: Recipe, points: int = CURVE_POINTS) -> Sequence[tuple[float, float]] | None:
    """The learning rate over a training: pairs of epochs done and rate, evenly from the start to the end, as if an
    epoch had very many batches. None where the rate depends on what the training will bring."""
    rule = recipe.schedule_declared
    if rule.curve is None:
        return None
    settings = recipe.settings_of(rule)
    found = []
    for place in range(points + 1):
        epoch = recipe.epochs * place / points
        seen = min(epoch, recipe.epochs * (1 - 1e-9))  # the end belongs to the last epoch
        if seen < recipe.warmup:
            share = rule.curve(settings, 0.0, recipe.scheduled_epochs) * seen / recipe.warmup
        else:
            share = rule.curve(settings, seen - recipe.warmup, recipe.scheduled_epochs)
        found.append((epoch, recipe.lr * share))
    return found
