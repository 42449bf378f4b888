"""What keeps a sound drawing from being trained that only its data, or this computer, can tell."""

from __future__ import annotations

from app.core.compile.plan import NotReady
from app.core.graph.model import Project
from app.core.inference import Report
from app.core.notes import notes
from app.core.problems import Problem
from nodes.api import NoData
from nodes.api.registry import find


def refused_with_data(project: Project, report: Report) -> tuple[Problem, ...]:
    """What the training would refuse once it has the data. torch and the data are loaded only where there is a reason
    to ask: a GPU that is wanted, data of several sources, or a loss that reads probabilities."""
    nodes = [node for node in project.graph.nodes.values() if not node.muted]
    layers = [layer for node in nodes if (layer := find(node.type)) is not None]
    several = sum(layer.role == "source" for layer in layers) > 1
    probabilities = any(layer.id == "BCELoss" for layer in layers)
    if not (several or probabilities or project.recipe.device == "cuda"):
        return ()
    from app.core.compile.net import compile_net
    from app.training.loop import check_ready
    from app.training.refusal import CannotTrain

    try:
        check_ready(compile_net(project), project.recipe)
    except NotReady as not_ready:
        return not_ready.problems
    except (CannotTrain, NoData) as refusal:
        node = getattr(refusal, "node", None) or ""
        # A note on the same place says it too, and knows what mends it.
        for note in notes(project, report):
            if note.node == node and note.code == "no_probabilities":
                return (note,)
        return (Problem(node, str(refusal), "untrained"),)
    return ()
