"""Whether a drawing is whole: a layer leads nowhere, there are idle scores, or nothing could be trained."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.checks.data import missing_data
from app.core.checks.problems import AnyFix, FixElsewhere, Problem, RemoveNode
from app.core.checks.refusals import is_architecture, refusals
from app.core.checks.upstream import upstream_setting
from app.core.graph.model import MAIN, Project
from app.core.graph.roles import in_role, role_of
from app.core.graph.topology import leading_to
from app.core.inference import Report
from nodes.api import InsertBefore, SetUpstream
from nodes.api.registry import find


def untrained(project: Project, report: Report) -> Iterator[Problem]:
    """Why Train would refuse, if the drawing looks as if it should be trained."""
    if not is_architecture(project):
        yield from refusals(project, report)
    else:
        yield from missing_data(project)


def unused(project: Project, report: Report) -> Iterator[Problem]:
    """Layers that lead to no loss and no output, while others do."""
    graph = project.graph
    # A way that ends in a muted loss is only resting: somebody unmutes it again.
    ends = [node.name for node in in_role(graph, "loss", "output")]
    if not ends or any(problem.code == "unwired" for name in ends for problem in report.main.nodes[name].problems):
        return  # where a loss waits for its wires, nobody can say yet what leads to it
    used = leading_to(graph, ends)
    # Weights that are used, if not what their layer gives.
    lent = {node.shares for name, node in graph.nodes.items() if node.shares is not None and name in used}
    for name in report.main.order:
        node = graph.nodes[name]
        if (
            name in used
            or name in lent
            or node.bypassed
            or role_of(node) != "layer"
            or report.main.nodes[name].problems
        ):
            continue
        sentence = "It leads to no loss and no output, so it is not part of the net. Wire it on, or remove it."
        yield Problem(name, sentence, "unused", (RemoveNode(),))


def idle_scores(project: Project, report: Report) -> Iterator[Problem]:
    """Scores that stand for no class: torch takes them, and the net has to learn that they are never right."""
    for node in in_role(project.graph, "loss"):
        name, layer = node.name, find(node.type)
        if layer is None or layer.decides != "largest" or node.bypassed:
            continue
        inputs = report.main.nodes[name].inputs
        if report.main.nodes[name].problems or not {"prediction", "target"} <= inputs.keys():
            continue
        prediction, classes = inputs["prediction"][0], inputs["target"][0].classes
        picture = prediction.rank == 3
        scores = prediction.sizes[0 if picture else -1]
        if classes is not None and scores > classes:
            sentence = (
                f"There are {classes} classes, but {scores} scores arrive, so {scores - classes} are never right."
            )
            setting = "out_channels" if picture else "out_features"
            if picture or upstream_setting(project, report, MAIN, name, "prediction", setting, classes) is not None:
                fix: AnyFix = SetUpstream(setting, classes, port="prediction")
                yield Problem(name, f"{sentence} Give the last layer {classes} outputs.", "scores", (fix,))
            else:  # an LSTM, say, whose last step is taken
                place, fix = _scores_before(project, name, classes)
                sentence = f"{sentence} Put a fully connected layer with {classes} outputs before {place}."
                yield Problem(name, sentence, "scores", (fix,))


def _scores_before(project: Project, loss: str, classes: int) -> tuple[str, AnyFix]:
    """Where a layer for the scores belongs, before the functions in front of the loss, and the fix for that."""
    graph, place, port = project.graph, loss, "prediction"
    while True:
        wire = graph.wire_at(place, port)
        layer = find(graph.nodes[wire.source].type) if wire is not None else None
        if wire is None or layer is None or layer.category != "activation" or len(graph.out_of(wire.source)) != 1:
            break
        place, port = wire.source, layer.inputs[0].name
    fix = InsertBefore("Linear", port, (("out_features", classes),))
    return place, fix if place == loss else FixElsewhere(place, fix)
