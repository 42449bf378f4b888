"""Trainings of the drawings that ship, so short that all of them can be trained in tests."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.graph.roles import plays
from app.core.inference import infer
from app.data.source_looks import schema_of
from nodes.api.registry import find

MOST_WORK = 1_500_000_000  # multiplications for all samples, forward
MOST_SAMPLES = 2_000
FEWEST_SAMPLES = 96
GAME = {"warm_up": 64, "every": 4}  # steps of a game


def _cost(project: Project) -> int:
    """Multiplications for a sample, forward. A loop over time calls the same few layers many times: each call costs as
    much as some thousand multiplications."""
    report = infer(project).main
    steps = max((prod(shape.sizes[:1]) for each in report.nodes.values() for shape in each.outputs.values()), default=1)
    return max(report.multiply_adds, 1_000 * steps, 1)


def steps_within(project: Project, work: int = 10 * MOST_WORK) -> int:
    """How many steps of its recipe cost so many multiplications, 12 at least and 1,200 at most."""
    return max(12, min(1_200, work // (3 * _cost(project) * project.recipe.batch_size)))


def _brief_game(project: Project, work: int, cost: int) -> Recipe:
    """A few batches, and as many steps of the game as they take."""
    recipe = replace(project.recipe, epochs=1, device="cpu")
    batches = max(8, min(60, work // (6 * cost * recipe.batch_size)))
    return recipe.changed({f"{recipe.replay}.{name}": value for name, value in GAME.items()} | {"epoch": 4 * batches})


def brief(project: Project, work: int = MOST_WORK, validation: float | None = None) -> Recipe:
    """The recipe of a drawing for one epoch; of many samples, or of a large net, most are left to the test part, which
    no training looks at. ``validation`` is the share of the others that checks, as in the recipe if not given."""
    cost = _cost(project)
    if plays(project):
        return _brief_game(project, work, cost)
    layers = [(node, find(node.type)) for node in project.graph.nodes.values()]
    sources = [(node, layer) for node, layer in layers if layer is not None and layer.source is not None]
    counts = [schema_of(layer, layer.settings(node.params)).samples for node, layer in sources]
    known = [count for count in counts if count is not None]
    most = max(FEWEST_SAMPLES, min(MOST_SAMPLES, work // cost))
    share = project.recipe.validation if validation is None else validation
    recipe = replace(project.recipe, epochs=1, device="cpu", validation=share)
    total = max(known, default=0)
    if total <= most:
        return recipe
    used = most / total
    return replace(recipe, test=round(1 - used, 5), validation=round(share * used, 5))
