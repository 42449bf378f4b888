"""Which layers each objective computes in its part of a step, and which values it takes over from the part before.

An objective needs what leads to its losses. Where nothing that it trains stands before a value, no gradient goes
through it: the value is made without one, or taken over from an objective before, if no weights on its way have changed
meanwhile. Where a later objective will need the gradient of such a value, it is made with it at once, and detached for
the first; so a generator is computed once for its judge and itself, as people write it by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.compile.objectives import Objective
from app.core.compile.plan import Plan, PlannedStep
from app.core.graph.topology import reached


@dataclass(frozen=True, slots=True)
class ServedPart:
    """What one objective computes. ``plain`` are layers without gradients, ``steps`` those with; values of the layers
    in ``detached`` are read without their history, by those that are in ``steps`` for this objective (``own``) and by
    its losses."""

    objective: Objective
    plain: tuple[PlannedStep, ...]
    steps: tuple[PlannedStep, ...]
    own: frozenset[str]
    detached: frozenset[str]


def parts_of(plan: Plan, objectives: Sequence[Objective], apart: bool = False) -> tuple[ServedPart, ...]:
    """The parts of a step, in order. ``apart``: each sees samples of its own, so that nothing is taken over."""
    if apart:
        return tuple(_Server(plan, [objective]).parts()[0] for objective in objectives)
    return _Server(plan, objectives).parts()


def needed_by(plan: Plan, objective: Objective) -> frozenset[str]:
    """The layers that lead to the losses of an objective."""
    steps = {step.name: step for step in plan.graph.running}
    read = {loss.name: [operand.node for operand in loss.operands.values()] for loss in plan.losses}
    found = reached(objective.losses, lambda name: read_by(steps[name]) if name in steps else read.get(name, ()))
    return frozenset(found & steps.keys())


def read_by(step: PlannedStep) -> list[str]:
    """The nodes whose values a layer reads."""
    return [ref.node for refs in step.inputs.values() for ref in refs]


def trains(objective: Objective, step: PlannedStep) -> bool:
    """Whether the objective may change weights of a layer."""
    return objective.updates is None or step.attribute in objective.updates


class _Server:
    def __init__(self, plan: Plan, objectives: Sequence[Objective]) -> None:
        self.order = plan.graph.running
        self.objectives = objectives
        self.needed = [needed_by(plan, objective) for objective in objectives]
        self.with_gradient = [self._with_gradient(place) for place in range(len(objectives))]
        self.changed = [self._changed(objective) for objective in objectives]

    def _with_gradient(self, place: int) -> frozenset[str]:
        """The needed layers that are trained or begin a way back of their own, and what stands behind such a one."""
        found: set[str] = set()
        for step in self.order:
            if step.name in self.needed[place]:
                starts = step.call is not None and step.call.starts
                if starts or trains(self.objectives[place], step) or any(name in found for name in read_by(step)):
                    found.add(step.name)
        return frozenset(found)

    def _changed(self, objective: Objective) -> frozenset[str]:
        """The layers whose values are others once the objective's optimizer has taken its step."""
        found: set[str] = set()
        for step in self.order:
            if trains(objective, step) or any(name in found for name in read_by(step)):
                found.add(step.name)
        return frozenset(found)

    def parts(self) -> tuple[ServedPart, ...]:
        held: dict[str, bool] = {}  # the values that there are, and whether with the history of how they came about
        result = []
        for place, objective in enumerate(self.objectives):
            own = self.with_gradient[place]
            early = {name for name in self.needed[place] - own if self._wanted_later(name, place)}
            plain: list[PlannedStep] = []
            steps: list[PlannedStep] = []
            for step in self.order:
                name = step.name
                history = name in own or name in early
                if name not in self.needed[place] or held.get(name) in ((True,) if history else (True, False)):
                    continue
                (steps if history else plain).append(step)
                held[name] = history
            detached = frozenset(name for name in self.needed[place] - own if held[name])
            result.append(ServedPart(objective, tuple(plain), tuple(steps), own, detached))
            # Among these are all whose history was used up by going back: what is trained stands before them.
            held = {name: history for name, history in held.items() if name not in self.changed[place]}
        return tuple(result)

    def _wanted_later(self, name: str, place: int) -> bool:
        """Whether the next objective that needs this value goes back through it, and finds it unchanged."""
        for later in range(place + 1, len(self.objectives)):
            if name in self.changed[later - 1]:
                return False
            if name in self.with_gradient[later]:
                return True
        return False
