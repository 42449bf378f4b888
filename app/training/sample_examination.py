"""Looks through all samples of a source, with the parts that a training of its drawing would have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from app.core.compile.plan import NotReady, PlanSource, make_plan
from app.core.graph.model import Project
from app.data.catalog import load
from app.data.examination import Finding, examine
from app.training import batches
from app.training.refusal import CannotTrain
from nodes.api import Feed, NoData
from nodes.api.registry import find

_NAMES = ("train", "validation", "test")


def look_through(project: Project, node: str) -> Iterator[Finding]:
    """All samples of the source ``node``, as they are corrected in the drawing.

    Raises:
        NoData: if the data cannot be read.
    """
    drawn = project.graph.nodes[node]
    layer = find(drawn.type)
    if layer is None or layer.source is None:
        raise NoData(f"{node} is no data.", node)
    feed = load(PlanSource(node, layer.id, layer.settings(drawn.params), {}))
    assert feed.schema is not None
    yield from examine(feed, feed.schema, parts_of(project, node, feed))


def parts_of(project: Project, node: str, feed: Feed) -> Mapping[str, Tensor] | None:
    """The samples of each part as the recipe cuts them; None where the drawing cannot be trained as it stands."""
    recipe = project.recipe
    try:
        plan = make_plan(project)
        if all(source.node != node for source in plan.sources):
            return None
        data = batches.load(plan)
        if data.length != feed.length:
            return None
        found = batches.divide(plan, data, recipe.validation, recipe.seed, recipe.test)
    except (NotReady, NoData, CannotTrain):
        return None
    return {name: part for name, part in zip(_NAMES, found, strict=True) if len(part)}
