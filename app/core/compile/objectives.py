"""Which losses change which weights, and how. Each step of the training serves the objectives in turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.core.graph.recipe import Recipe
from nodes.api.common import AS_RECIPE
from nodes.api.params import BadSetting, plain_value
from nodes.api.training import Optimizer
from nodes.api.words import listed

if TYPE_CHECKING:
    from app.core.compile.plan import Plan, PlannedStep

STEPS = "steps"  # of an objective in each turn; a setting of its losses


class BadObjective(ValueError):
    """What losses say of their optimizer cannot be done. ``node`` is one of them; the message says what would help."""

    def __init__(self, node: str, sentence: str) -> None:
        super().__init__(sentence)
        self.node = node


@dataclass(frozen=True, slots=True)
class Objective:
    """Losses that are added up, and the nodes that their sum trains (None: all).

    An adversarial pair has two objectives: one trains the generator, the other the discriminator. ``own`` is what its
    losses say of their optimizer: ``optimizer``, ``lr``, and settings of the optimizer by their names. In each turn it
    takes so many ``steps``.
    """

    losses: tuple[str, ...]
    updates: tuple[str, ...] | None = None
    own: Mapping[str, Any] = field(default_factory=dict, hash=False)
    steps: int = 1

    @property
    def name(self) -> str:
        """Its key among the optimizers: the only node that it trains, or its first loss."""
        return self.updates[0] if self.updates is not None and len(self.updates) == 1 else self.losses[0]

    def lr(self, recipe: Recipe) -> float:
        """The learning rate that it begins with."""
        return float(self.own.get("lr", recipe.lr))

    def optimizer(self, recipe: Recipe) -> tuple[Optimizer, dict[str, Any]]:
        """Its optimizer, with the settings of that.

        Raises:
            BadObjective: if the optimizer has no such setting, or it cannot take the value.
        """
        chosen = recipe.optimizer_named(self.own.get("optimizer", ""))
        settings = recipe.settings_of(chosen)
        for name, value in self.own.items():
            param = chosen.param(name)
            if param is None and name not in ("optimizer", "lr"):
                raise BadObjective(
                    self.losses[0],
                    f"{chosen.name}, which serves this loss, has no setting {name}; it has {', '.join(settings)}. "
                    "Correct its own settings.",
                )
            try:
                settings |= {name: param.check(value)} if param is not None else {}
            except BadSetting as bad:
                raise BadObjective(self.losses[0], f"{chosen.name}: {bad}") from None
        return chosen, settings


def objectives(plan: Plan) -> tuple[Objective, ...]:
    """The objectives of a drawing: losses that train the same nodes are served together.

    The setting ``updates`` of a loss names them (default all); a node that shares weights stands for their owner.

    Raises:
        BadObjective: if losses that are served together ask for different optimizers.
    """
    owners = {step.name: step.attribute for step in plan.graph.steps}
    return served({loss.name: loss.settings for loss in plan.losses}, owners)


def served(losses: Mapping[str, Mapping[str, Any]], owners: Mapping[str, str]) -> tuple[Objective, ...]:
    """The objectives of losses, by name with their settings. ``owners`` says whose weights a node uses.

    Raises:
        BadObjective: as ``objectives`` does.
    """
    together: dict[tuple[str, ...] | None, list[str]] = {}
    for name, settings in losses.items():
        together.setdefault(_updates(settings, owners), []).append(name)
    found = []
    for updates, group in together.items():
        own = _own({name: losses[name] for name in group})
        steps = own.pop(STEPS, 1)
        found.append(Objective(tuple(group), updates, own, steps))
    return tuple(found)


def batches_of_turn(objectives: Sequence[Objective]) -> int:
    """How many batches stand behind a turn of all objectives: as many as the one with the most steps takes. One that
    trains alone has no turns."""
    return max(each.steps for each in objectives) if len(objectives) > 1 else 1


def samples_of_step(plan: Plan, recipe: Recipe) -> int:
    """How many samples ``training_step`` gets at once: those of a turn of all objectives."""
    try:
        return recipe.step_size * batches_of_turn(objectives(plan))
    except BadObjective:
        return recipe.step_size


def rate_factors(plan: Plan, objective: Objective) -> dict[str, float]:
    """How many times as fast as the rest layers learn that an objective trains, by the names of their modules
    (``layer1.0.conv1``); those that learn as fast are left out."""
    owners = [s for s in plan.graph.steps if objective.updates is None or s.attribute in objective.updates]
    return {place: factor for place, factor in _factors(owners, "") if factor != 1.0}


def _factors(steps: Iterable[PlannedStep], before: str) -> Iterator[tuple[str, float]]:
    for step in steps:
        if not step.owns:
            continue
        if step.inner is not None:
            inside = [f"{step.attribute}.{number}." for number in range(step.repeat)]
            for place in inside if step.repeat > 1 else [f"{step.attribute}."]:
                yield from _factors(step.inner.steps, before + place)
        elif step.call is not None and not step.call.frozen:
            yield before + step.attribute, step.call.lr_factor


def _updates(settings: Mapping[str, Any], owners: Mapping[str, str]) -> tuple[str, ...] | None:
    """The owners of the weights that a loss trains, in one order however they were chosen."""
    named = settings.get("updates")
    return tuple(sorted({owners.get(name, name) for name in named})) if named else None


def _own(losses: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for loss, settings in losses.items():
        for name, value in said_by(settings).items():
            if found.setdefault(name, value) != value:
                others = listed(other for other in losses if other != loss)
                raise BadObjective(
                    loss,
                    f"It asks for {name} {value}, but {others} for {found[name]}. They train the same layers, so one "
                    "optimizer serves them all. Set it at one of them alone, or alike.",
                )
    return found


def said_by(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a loss says of its optimizer and its turns, by name; nothing where it follows the recipe."""
    found: dict[str, Any] = {}
    if settings.get(STEPS, 1) != 1:
        found[STEPS] = settings[STEPS]
    if settings.get("optimizer", AS_RECIPE) != AS_RECIPE:
        found["optimizer"] = settings["optimizer"]
    if settings.get("lr"):
        found["lr"] = settings["lr"]
    for part in settings.get("optimizer_settings", ()):
        name, _, text = part.partition("=")
        found[name] = plain_value(text)
    return found


def said(objective: Objective) -> str:
    """What an objective trains and how often, as a comment says it: ``fool trains generator, 5 steps in a turn``."""
    what = " and ".join(objective.updates) if objective.updates is not None else "all layers"
    steps = f", {objective.steps} steps in a turn" if objective.steps > 1 else ""
    verb = f"train{'s' * (len(objective.losses) == 1)}"
    return f"{' and '.join(objective.losses)} {verb} {what}{steps}"
