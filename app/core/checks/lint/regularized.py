"""Batch norms and dropouts that stand where they cannot do their work."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from app.core.checks.problems import Problem, SetTraining, TakeOut
from app.core.expanded import GraphLevel, Output, sole_producer, top
from app.core.graph.model import BLOCK_PREFIX, Node, Project, Wire
from app.core.graph.roles import in_role
from app.core.inference import Report
from nodes.api import SetParam
from nodes.api.registry import find
from nodes.api.words import per_cent

NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d")
DROPOUTS = ("Dropout", "Dropout2d", "AlphaDropout")
FEW = 2  # samples of a batch, of which a mean says next to nothing
USUAL = 32  # samples of a batch


def around_norms(project: Project, report: Report) -> Iterator[Problem]:
    """Notes on what stands right before a batch norm: a bias that is taken off again, and a dropout, behind which the
    spread is another in training than afterwards. Nothing is said of a layer that somebody else reads too."""
    told: set[str] = set()
    for level in top(project, report).levels():
        for name, _ in _norms(level, _without_bias(level)):
            for wire in level.graph.into(name):
                for note in _before_norm(level, name, wire):
                    if note.node not in told:
                        told.add(note.node)
                        yield note


def _before_norm(level: GraphLevel, norm: str, wire: Wire) -> Iterator[Problem]:
    path = level.path(norm)
    output = _only(level, wire)
    if output is None:
        return
    if output.node.type in DROPOUTS:
        yield _dropped(level, output, path)
        return
    layer = find(output.node.type)
    if layer is None or layer.param("bias") is None or layer.category not in ("convolution", "dense"):
        return
    if output.node.shares is None and output.level.setting(output.node.name, "bias") is True:
        sentence = (
            f"{output.path} adds a bias, and {path} takes the mean of each channel off again, and the bias with it: it "
            "is never of use. Switch the bias off."
        )
        yield Problem(output.path, sentence, "idle_bias", (SetParam("bias", False),))


def _dropped(level: GraphLevel, output: Output, path: str) -> Problem:
    p = output.level.setting(output.node.name, "p")
    sentence = (
        f"{output.path} stands right before {path}. It sets {per_cent(p)} of the values to zero in training only, so "
        f"the spread that {path} measures there is not the one that it meets afterwards. Move the dropout behind the "
        "batch norm and its function, or remove it."
    )
    return Problem(output.path, sentence, "dropout_before_norm", (TakeOut(),))


def dropout_at_the_end(project: Project, report: Report) -> Iterator[Problem]:
    """A note for each dropout whose values are the answer itself."""
    level, told = top(project, report), set()
    for node in in_role(level.graph, "loss"):
        if not _sound(level, node):
            continue
        name = node.name
        for wire in level.graph.into(name):
            output = _only(level, wire) if wire.target_port != "target" else None
            while output is not None and output.node.type not in DROPOUTS:
                layer = find(output.node.type)
                arriving = output.arriving()
                through = layer is not None and layer.category == "activation" and len(arriving) == 1
                output = _only(output.level, arriving[0]) if through else None
            if output is None or output.path in told or not output.level.setting(output.node.name, "p"):
                continue
            told.add(output.path)
            p = output.level.setting(output.node.name, "p")
            sentence = (
                f"{output.path} is the last step before {name}: in training {per_cent(p)} of the answers themselves "
                "are set to zero, whatever the network has learned. Remove it, or put it before the last layer."
            )
            yield Problem(output.path, sentence, "dropout_last", (TakeOut(),))


def tiny_batches(project: Project, report: Report) -> Iterator[Problem]:
    """A note on the first batch norm, where a batch has no more than two samples to compare."""
    size = project.recipe.batch_size
    trained = bool(in_role(project.graph, "loss"))
    if size > FEW or not trained:
        return
    for level in top(project, report).levels():
        for name, _ in _norms(level):
            many = "a single sample" if size == 1 else f"{size} samples"
            sentence = (
                f"{level.path(name)} takes mean and spread over the batch, which has {many}: such numbers are "
                f"mostly chance. Choose a batch size such as {USUAL}, or use a GroupNorm or LayerNorm."
            )
            yield Problem(level.path(name), sentence, "tiny_batch", (SetTraining("batch_size", USUAL),))
            return


def _only(level: GraphLevel, wire: Wire) -> Output | None:
    """The layer that gives what arrives, if it is one and gives it to nobody else."""
    found = sole_producer(level, wire)
    return found if found is not None and len(found.level.graph.out_of(found.node.name)) == 1 else None


def _without_bias(level: GraphLevel) -> frozenset[str]:
    """The batch norms that read nothing but layers without a bias: nearly all of hundreds, after every edit. Kept with
    the graph, which may be that of many instances."""
    graph = level.graph
    exposed = level.project.blocks[level.where].exposed if level.outer is not None else ()
    kept: tuple[object, frozenset[str]] = graph.__dict__.get("_without_bias", (None, frozenset()))
    if kept[0] is exposed:
        return kept[1]
    found: frozenset[str] = frozenset()
    if not graph.types.isdisjoint(NORMS):
        given = {entry.node for entry in exposed if entry.param == "bias"}  # an instance may say otherwise
        plain = {
            name
            for name, node in graph.nodes.items()
            if node.params.get("bias") is False
            and not node.bypassed
            and not node.type.startswith(BLOCK_PREFIX)
            and node.type not in DROPOUTS
            and name not in given
        }
        into, norms = graph.wiring.into, [name for name, node in graph.nodes.items() if node.type in NORMS]
        found = frozenset([name for name in norms if plain.issuperset([wire.source for wire in into.get(name, ())])])
    graph.__dict__["_without_bias"] = exposed, found
    return found


def _norms(level: GraphLevel, without: Collection[str] = ()) -> Iterator[tuple[str, Node]]:
    """The sound batch norms of a graph but for some."""
    nodes = level.graph.nodes
    if not level.graph.types.isdisjoint(NORMS):
        norms = [name for name, node in nodes.items() if node.type in NORMS and name not in without]
        yield from ((name, nodes[name]) for name in norms if _sound(level, nodes[name]))


def _sound(level: GraphLevel, node: Node) -> bool:
    return not node.bypassed and not level.report.nodes[node.name].problems
