"""What keeps a sound drawing from being trained that only its data, or this computer, can tell."""

from __future__ import annotations

from importlib.util import find_spec

from app.core.checks.lint import notes
from app.core.checks.problems import Problem
from app.core.compile.objectives import said_by
from app.core.compile.plan import NotReady
from app.core.graph.model import Node, Project
from app.core.inference import Report
from app.core.machine import gpu_memory, main_memory
from app.core.memory import estimate, too_little
from nodes.api import Layer, NoData
from nodes.api.corrections import without_corrections
from nodes.api.registry import find

FEW = 4  # samples: too few to hold some out, or for a norm over the batch


def refused_with_data(project: Project, report: Report) -> tuple[Problem, ...]:
    """What the training would refuse once it has the data. torch and the data are loaded only where there is a reason
    to ask: data that may not be there or that has to fit together, a GPU that is wanted, little memory, or a loss that
    reads probabilities or has its own optimizer."""
    nodes = [node for node in project.graph.nodes.values() if not node.bypassed]
    layers = [layer for node in nodes if (layer := find(node.type)) is not None]
    probabilities = any("probabilities" in layer.reads.values() for layer in layers)
    apart = any(said_by(node.params) for node in nodes if (layer := find(node.type)) and layer.role == "loss")
    asked = probabilities or apart or project.recipe.device == "cuda"
    if not (asked or _data_in_doubt(project) or _crowded(project, report)):
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
            if note.node == node and note.code in ("no_probabilities", "targets"):
                return (note,)
        return (Problem(node, str(refusal), "untrained", getattr(refusal, "fixes", ())),)
    return ()


def _data_in_doubt(project: Project) -> bool:
    """Whether data may not be there, may not be as it was, or may not do: a file, a module that is missing, several
    sources, or next to no samples."""
    awake = (node for node in project.graph.nodes.values() if not node.bypassed)
    sources = [(node, layer) for node in awake if (layer := find(node.type)) is not None and layer.source is not None]
    return len(sources) > 1 or any(_may_fail(layer, node) for node, layer in sources)


def _may_fail(layer: Layer, node: Node) -> bool:
    source = layer.source
    assert source is not None
    if source.looked_at or any(find_spec(module) is None for module in source.needs):
        return True
    samples = source.describe(**without_corrections(layer.settings(node.params))).samples
    return samples is not None and samples < FEW


def _crowded(project: Project, report: Report) -> bool:
    """Whether main memory may have no room for a single sample."""
    room = main_memory()
    return room is not None and estimate(project, report).largest_batch(room) == 0


def memory_note(project: Project, report: Report) -> Problem | None:
    """That the training will not fit into memory, as the window says it. torch is loaded only to ask for a GPU."""
    memory = estimate(project, report)
    found = too_little(memory, main_memory(), "this computer") if not report.problems else None
    if found is None or project.recipe.device == "cpu":
        return found
    from app.training.recipe import device_for
    from app.training.refusal import CannotTrain

    try:
        return found if device_for(project.recipe).type == "cpu" else too_little(memory, gpu_memory(), "the GPU")
    except CannotTrain:
        return None  # there is no GPU, which is what is said then
