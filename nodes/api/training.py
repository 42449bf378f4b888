"""What optimizers, schedules, stop rules and metrics are written in: one declaration in one file each.

A file in ``nodes/optimizers``, ``nodes/schedules``, ``nodes/stopping`` or ``nodes/metrics`` declares one of them; it
imports ``nodes.api`` and nothing else. With that file alone it can be chosen in the recipe (window, ``train --set``,
file of a drawing), is printed into the generated code, trains, is kept in checkpoints and is tested
(``tests/training/test_declared.py`` runs over all of them)::

    @optimizer(id="Adagrad", name="Adagrad", keeps=lambda settings: 1)
    def adagrad() -> Call:
        \"\"\"Divides each step by the root of all squares so far.\"\"\"
        return module("torch.optim.Adagrad")

The function gets the declared settings as keyword arguments and gives what is printed. Names of settings are torch's.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from nodes.api.calls import Call
from nodes.api.params import Choice, Int, Param


@dataclass(frozen=True, slots=True, repr=False)
class Code:
    """A piece of code in the place of a value: printed as it is, without quotes."""

    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, eq=False)
class Declared:
    """What can be chosen in a recipe. ``help`` is what a student reads, ``params`` are its settings."""

    id: str
    name: str
    help: str
    params: tuple[Param, ...]
    function: Callable[..., Any]

    def param(self, name: str) -> Param | None:
        """The setting of that name, if it has one."""
        return next((param for param in self.params if param.name == name), None)


@dataclass(frozen=True, eq=False)
class Optimizer(Declared):
    """A rule that turns gradients into steps. ``keeps`` says how many numbers it keeps for each weight (at most, if
    they differ), ``usual_lr`` is a learning rate that most networks bear. One that is ``grouped`` treats weights of
    different forms differently and has a group of parameters for each."""

    keeps: Callable[[Mapping[str, Any]], int] = lambda settings: 0
    usual_lr: float = 0.001
    grouped: bool = False

    def call(self, settings: Mapping[str, Any]) -> Call:
        """The constructor without its first two arguments, which are the weights and ``lr``."""
        call: Call = self.function(**settings)
        return call


Reads = Literal["classes", "labels", "numbers", "pictures", "texts", "boxes", "games"]
When = Literal["never", "batch", "epoch"]
Curve = Callable[[Mapping[str, Any], float, int], float]


@dataclass(frozen=True, eq=False)
class Schedule(Declared):
    """A rule by which the learning rate changes. ``when`` says after what it takes a step; one that ``watches`` is told
    the loss, or the metric, of each epoch. ``curve`` gives what the learning rate is multiplied by, from the settings,
    the epochs that are done (with a fraction, in the middle of one) and all epochs; None where nobody can know it
    beforehand."""

    when: When = "epoch"
    watches: bool = False
    curve: Curve | None = None

    def call(self, settings: Mapping[str, Any], lr: float, epochs: int) -> Call:
        """The constructor without its first argument, which is the optimizer. ``batches`` is a variable of the printed
        function: how many there are in an epoch."""
        own = {name: value for name, value in settings.items() if name != WATCH.name}
        call: Call = self.function(**own, lr=lr, epochs=epochs)
        return call


@dataclass(frozen=True, eq=False)
class StopRule(Declared):
    """A rule by which a training ends before its last epoch. Its call makes an object of a class of ``nodes.modules``
    (see ``NoBetter``); the empty call stands for none. ``because`` says in a sentence why it has ended one. One that
    ``aims`` at a value is told by the argument ``higher`` whether more is better."""

    because: str = ""
    aims: bool = False

    def call(self, settings: Mapping[str, Any]) -> Call:
        """The constructor."""
        call: Call = self.function(**{name: value for name, value in settings.items() if name != WATCH.name})
        return call


@dataclass(frozen=True, slots=True)
class Counted:
    """A metric as code. ``sums`` are expressions whose values are added up over the batches of an epoch, by name; the
    same name means the same expression in every metric, after the lines of ``first``. ``value`` is the metric, after
    ``lines``; there each ``{name}`` stands for a sum, and they may use ``math`` and ``torch``.

    Expressions of a metric that reads classes know ``scores`` and ``target`` as the loss reads them, ``predicted``
    (the chosen classes, shaped like ``target``), ``probabilities`` (float64, of each class along the last dimension),
    ``surprises`` (minus their logarithms) and ``{classes}``, their number; of one that reads labels, the same, with a
    0 or 1 for each label of a sample and ``{labels}``, their number; of one that reads numbers, ``prediction``
    and ``truth``, which are alike; of one that reads pictures, the same as (n, channels, height, width); of one that
    reads texts, ``steps`` (scores of each step along the last dimension), ``letters`` and ``{blank}``, the class that
    means nothing; of one that reads boxes, ``found`` (n, most, 6) as non-maximum suppression gives them,
    ``true_boxes`` (n, most, 4), ``true_kinds`` (n, most) and ``{kinds}``, the number of classes with that for nothing.
    """

    sums: Mapping[str, str]
    value: str
    lines: tuple[str, ...] = ()
    first: tuple[str, ...] = ()


# Lines for ``first``: which samples have a class at all, and these classes as places along the last dimension.
KNOWN = "known = (target >= 0) & (target < {classes})"
OWN = "own = target.clamp(0, {classes} - 1).unsqueeze(-1)"


@dataclass(frozen=True, eq=False)
class Metric(Declared):
    """A number that tells how good the answers are. ``reads`` says of what kind of answers, ``higher`` whether more is
    better, ``percent`` whether it runs from 0 to 1 and is shown as a percentage. One that reads games is a number that
    whatever plays tells itself (``numbers`` of ``modules.Player``), by its id; its code is empty."""

    reads: Reads = "classes"
    higher: bool = True
    percent: bool = False

    def counted(self, settings: Mapping[str, Any]) -> Counted:
        """Its code."""
        counted: Counted = self.function(**settings)
        return counted


@dataclass(frozen=True, eq=False)
class Policy(Declared):
    """A way to choose an action while a net learns to play. Its call makes an object of a class of ``nodes.modules``
    with ``choose`` and ``rate`` (see ``EpsilonGreedy``)."""

    def call(self, settings: Mapping[str, Any]) -> Call:
        """The constructor."""
        call: Call = self.function(**settings)
        return call


@dataclass(frozen=True, eq=False)
class ReplayMemory(Declared):
    """What is remembered of games. Its call makes an object of a class of ``nodes.modules`` with ``add`` and
    ``sample`` (see ``Replay`` there). Each has the settings ``warm_up``, ``every`` and ``epoch`` besides its own."""

    def call(self, settings: Mapping[str, Any]) -> Call:
        """The constructor."""
        call: Call = self.function(**{name: value for name, value in settings.items() if name not in _PLAYED})
        return call


@dataclass(frozen=True, eq=False)
class Target(Declared):
    """A slow copy of the net, which says what the next state is worth. Its call is the constructor of a module of
    ``nodes.modules`` without its first argument, which is the model (see ``HardTarget``); the empty call stands for
    none."""

    def call(self, settings: Mapping[str, Any]) -> Call:
        """The constructor without the model."""
        call: Call = self.function(**settings)
        return call


# How much is played for what is learned.
WARM_UP = Int(
    "warm_up",
    1000,
    low=0,
    high=10_000_000,
    label="random at first",
    help="Steps with random actions that are played before the first batch is learned.",
)
EVERY = Int(
    "every",
    4,
    low=1,
    high=100_000,
    label="steps per batch",
    help="Steps that are played for each batch that is learned, counted over all games.",
)
EPOCH = Int(
    "epoch",
    2000,
    low=1,
    high=100_000_000,
    label="steps per epoch",
    help="Steps that are played in an epoch, counted over all games.",
)
_PLAYED = (WARM_UP.name, EVERY.name, EPOCH.name)
# What plateau and early stopping look at.
WATCH = Choice(
    "watch",
    "loss",
    options=("loss", "metric"),
    label="watched",
    help="What is looked at after each epoch: the loss, or the first metric of the recipe; on validation data, if "
    "there is any.",
)

D = TypeVar("D", bound=Declared)


def _declare(
    kind: type[D], id: str, name: str, params: Sequence[Param], function: Callable[..., Any], given: int, **more: Any
) -> D:
    """``given`` says how many keyword arguments the function takes besides its settings."""
    keywords = [a.name for a in inspect.signature(function).parameters.values() if a.kind is a.KEYWORD_ONLY]
    declared = [param.name for param in params if param not in (WATCH, WARM_UP, EVERY, EPOCH)]
    if sorted(declared) != sorted(keywords[: len(keywords) - given]):
        raise TypeError(f"{id}: settings {declared} and keyword-only arguments {keywords} differ")
    help_text = inspect.cleandoc(function.__doc__ or "")
    if not help_text:
        raise TypeError(f"{id}: the docstring is the help a student reads; it is missing")
    for param in params:
        if param.check(param.default) != param.default:
            raise TypeError(f"{id}: the default of {param.name} is not in its normal form")
    return kind(id, name, help_text, tuple(params), function, **more)


def optimizer(
    *,
    id: str,
    name: str,
    params: Sequence[Param] = (),
    keeps: Callable[[Mapping[str, Any]], int],
    usual_lr: float = 0.001,
    grouped: bool = False,
) -> Callable[[Callable[..., Call]], Optimizer]:
    """Declare an optimizer. The function gives its constructor in ``torch.optim``, or of a class of ``nodes.modules``,
    without weights and ``lr``."""
    more = {"keeps": keeps, "usual_lr": usual_lr, "grouped": grouped}
    return lambda function: _declare(Optimizer, id, name, params, function, 0, **more)


def schedule(
    *,
    id: str,
    name: str,
    params: Sequence[Param] = (),
    when: When = "epoch",
    watches: bool = False,
    curve: Curve | None,
) -> Callable[[Callable[..., Call]], Schedule]:
    """Declare a schedule. The function's last two keyword arguments are ``lr`` and ``epochs``; it gives the
    constructor in ``torch.optim.lr_scheduler``, without the optimizer. Its rate must be a product with ``lr``, namely
    with what ``curve`` says (see ``Schedule``)."""
    every = (*params, WATCH) if watches else tuple(params)
    more = {"when": when, "watches": watches, "curve": curve}
    return lambda function: _declare(Schedule, id, name, every, function, 2, **more)


def stop_rule(
    *,
    id: str,
    name: str,
    params: Sequence[Param] = (),
    watches: bool = True,
    because: str = "",
    aims: bool = False,
) -> Callable[[Callable[..., Call]], StopRule]:
    """Declare a stop rule. The function gives the constructor of a class of ``nodes.modules``."""
    every = (*params, WATCH) if watches else tuple(params)
    return lambda function: _declare(StopRule, id, name, every, function, 0, because=because, aims=aims)


def policy(*, id: str, name: str, params: Sequence[Param] = ()) -> Callable[[Callable[..., Call]], Policy]:
    """Declare a policy. The function gives the constructor of a class of ``nodes.modules``."""
    return lambda function: _declare(Policy, id, name, params, function, 0)


def replay(*, id: str, name: str, params: Sequence[Param] = ()) -> Callable[[Callable[..., Call]], ReplayMemory]:
    """Declare a replay memory. The function gives the constructor of a class of ``nodes.modules``."""
    return lambda function: _declare(ReplayMemory, id, name, (*params, WARM_UP, EVERY, EPOCH), function, 0)


def target(*, id: str, name: str, params: Sequence[Param] = ()) -> Callable[[Callable[..., Call]], Target]:
    """Declare a slow copy of the net. The function gives the constructor of a module of ``nodes.modules``, without the
    model."""
    return lambda function: _declare(Target, id, name, params, function, 0)


def metric(
    *,
    id: str,
    name: str,
    params: Sequence[Param] = (),
    reads: Reads = "classes",
    higher: bool = True,
    percent: bool = False,
) -> Callable[[Callable[..., Counted]], Metric]:
    """Declare a metric."""
    return lambda function: _declare(Metric, id, name, params, function, 0, reads=reads, higher=higher, percent=percent)
