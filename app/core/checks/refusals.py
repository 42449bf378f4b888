"""Why a drawing that can be compiled cannot be trained, as far as the drawing alone shows it: the training refuses the
same, in the same words where it can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from app.core.checks.data import missing_data
from app.core.checks.problems import (
    AnyFix,
    FeedInput,
    FixElsewhere,
    Problem,
    PutData,
    PutLoss,
    ResetParam,
    SetNode,
    SetTraining,
)
from app.core.checks.single_samples import compare_samples, why_not_one
from app.core.graph.model import Graph, Node, Project
from app.core.graph.roles import in_role, type_role
from app.core.graph.shared_weights import weights_owner
from app.core.graph.topology import leading_to, upstream
from app.core.inference import GraphReport, Report
from nodes.api import InsertBefore, SetParam

NO_LOSS = "This drawing has no loss, so there is nothing to make small. Add a loss such as Cross-entropy and "


def is_architecture(project: Project) -> bool:
    """Whether only a network is drawn, which nobody means to train as it is: no loss, and an output or no data."""
    roles = {type_role(each) for each in project.graph.types}
    return "loss" not in roles and ("output" in roles or "source" not in roles)


def refusals(project: Project, report: Report) -> tuple[Problem, ...]:
    """Everything for which the training would refuse this drawing, each with what mends it. Code ``untrained``.

    Nothing while the drawing has problems: they come first.
    """
    if report.problems:
        return ()
    losses = _awake(project.graph)
    if not losses:
        return (*_no_loss(project, report.main), *_no_data(project, report, losses))
    return (
        *missing_data(project),
        *_no_data(project, report, losses),
        *_nothing_to_learn(project, report, losses),
        *_single_samples(project, report),
    )


def _awake(graph: Graph) -> list[Node]:
    return [node for node in in_role(graph, "loss") if not node.bypassed]


def _no_loss(project: Project, report: GraphReport) -> Iterator[Problem]:
    graph = project.graph
    bypassed = in_role(graph, "loss")
    if bypassed:
        every = "The loss is" if len(bypassed) == 1 else "All losses are"
        sentence = f"{every} muted, so there is nothing to train. Unmute {'it' if len(bypassed) == 1 else 'one'}."
        for node in bypassed:
            yield Problem(node.name, sentence, "untrained", (SetNode("bypassed", False),))
        return
    outputs = [node for node in in_role(graph, "output") if not node.bypassed]
    layers = [node for node in in_role(graph, "layer") if not graph.out_of(node.name)]
    sources = in_role(graph, "source")
    if sources and not outputs and not in_role(graph, "layer"):
        sentence = (
            "There is data but neither layers nor a loss, so there is nothing to train. Add layers and a loss, and "
            "wire prediction and target to it."
        )
        yield Problem(sources[0].name, sentence, "untrained")
        return
    sentence = NO_LOSS + "wire the last layer and the label to it."
    if _by_hand(graph, report):
        sentence = (
            "All weights are given by hand and there is no loss, so there is nothing to train: Look inside and Predict "
            "show what it answers. To train it, add a loss such as Cross-entropy, and wire the label to it."
        )
    if sources and not outputs:
        sentence = (
            "There is data but no loss, so there is nothing to train. Add a loss such as Cross-entropy, and wire "
            "prediction and target to it."
        )
    ends = outputs or sorted(layers, key=lambda node: -node.position[0])
    at = sources[0].name if sources and not outputs else ends[0].name if ends else ""
    yield Problem(at, sentence, "untrained", (PutLoss(ends[0].name),) if ends else ())


def _by_hand(graph: Graph, report: GraphReport) -> bool:
    """Whether there are layers with weights, none of them in a block, and all of these were set by somebody."""
    built = [entry.built for entry in report.nodes.values() if entry.built is not None and entry.built.weights]
    plain = all(type_role(each) in ("input", "output", "source", "layer") for each in graph.types)
    return plain and bool(built) and all(each.call.fill[:1] == ("given",) for each in built)


def _no_data(project: Project, report: Report, losses: Sequence[Node]) -> Iterator[Problem]:
    """Inputs that nothing feeds, though a loss or an output reads them; or no data at all."""
    graph = project.graph
    ends = [node.name for node in (*losses, *in_role(graph, "loss", "output"))]
    used = leading_to(graph, [name for name in dict.fromkeys(ends) if not graph.nodes[name].bypassed])
    bare = [node.name for node in in_role(graph, "input") if node.name in used]
    for name in bare:
        shape = report.main.nodes[name].outputs.get("output")
        text = shape is not None and shape.kind == "tokens"
        source = "a source of such text" if text else "a source such as Handwritten digits"
        sentence = f"No data comes out of {name}: it only says what shape arrives. To train, put {source} in its place."
        yield Problem(name, sentence, "untrained", (PutData(),))
    if not bare and losses and not in_role(graph, "source"):
        sentence = "There is no data in this drawing. Add a source such as Handwritten digits and wire it."
        fixes: tuple[AnyFix, ...] = tuple(FeedInput(port, instead=True) for port in ("target", "prediction"))
        yield Problem(losses[0].name, sentence, "untrained", fixes)


def _nothing_to_learn(project: Project, report: Report, losses: Sequence[Node]) -> Iterator[Problem]:
    """Losses that no training could make smaller. Those that train the same layers are served together, and one of them
    that can be made smaller is enough for the training to begin."""
    graph = project.graph
    known = {name: _learning(graph, report.main, name) for name in graph.nodes}
    together: dict[tuple[str, ...] | None, list[Node]] = {}
    for loss in losses:
        named = loss.params.get("updates")
        updates = tuple(sorted(named)) if isinstance(named, tuple) and named else None
        together.setdefault(updates, []).append(loss)
    for updates, group in together.items():
        first = group[0]
        before = upstream(graph, [loss.name for loss in group])
        learning = {_owner(graph, name) for name in updates or () if known.get(name, (0, 0))[0]}
        if updates is not None and not learning:
            sentence = (
                f"This loss should train {' and '.join(updates)} alone, but nothing can be learned there. "
                "Choose layers with weights that are not frozen, or none for all."
            )
            still = [name for name in updates if known.get(name, (0, 0))[1]]
            thaw = (
                [FixElsewhere(_frozen_layer(graph, report.main, still[-1]), SetParam("frozen", False))] if still else []
            )
            yield Problem(first.name, sentence, "untrained", (*thaw, ResetParam("updates")))
        elif not any(known[name][0] for name in before):
            yield _no_weights(graph, report, first, [name for name in before if known[name][1]])
        elif updates is not None and not learning & {_owner(graph, name) for name in before}:
            sentence = (
                f"This loss should train {' and '.join(updates)}, but none of that stands before it and can learn, so "
                "nothing would be learned. Choose layers before it, or none for all."
            )
            yield Problem(first.name, sentence, "untrained", (ResetParam("updates"),))


def _single_samples(project: Project, report: Report) -> Iterator[Problem]:
    """Batch norms, if every step sees one sample alone."""
    paths = compare_samples(report) if project.recipe.batch_size == 1 else ()
    if paths:
        yield Problem(paths[0], why_not_one(paths), "untrained", (SetTraining("batch_size", 32),))


def _owner(graph: Graph, name: str) -> str:
    owner = weights_owner(graph, graph.nodes[name]) if name in graph.nodes else None
    return owner.name if owner is not None else name


def _no_weights(graph: Graph, report: Report, loss: Node, frozen: Sequence[str]) -> Problem:
    """Nothing before this loss learns: all is frozen, or nothing has weights."""
    if frozen:
        frozen = [name for name in graph.nodes if name in frozen]
        few = " and ".join(frozen) if len(frozen) < 4 else f"{len(frozen)} layers"
        sentence = f"All weights before {loss.name} are frozen ({few}), so nothing can learn. Unfreeze one of them."
        return Problem(
            _frozen_layer(graph, report.main, frozen[-1]), sentence, "untrained", (SetParam("frozen", False),)
        )
    sentence = (
        "No layer before this loss has weights, so there is nothing to train. "
        "Put a layer that learns before it, such as a fully connected one."
    )
    inputs = report.main.nodes[loss.name].inputs
    port = next(iter(inputs), "prediction")
    shape, target = inputs[port][0], inputs.get("target", (None,))[0]
    if shape.dtype != "float" or not 0 < shape.rank <= 2:
        return Problem(loss.name, sentence, "untrained")
    wanted = target.classes if target is not None and target.classes is not None else shape.sizes[-1]
    outputs = shape.sizes[-1] if target is None or target.dtype == "float" else wanted
    fixes = (InsertBefore("Linear", port, (("out_features", outputs),)),)
    return Problem(loss.name, sentence, "untrained", fixes)


def _frozen_layer(graph: Graph, report: GraphReport, name: str) -> str:
    """The path of a layer that is frozen itself: the owner of the weights, and inside a block the last one there."""
    name = _owner(graph, name)
    inner = report.nodes[name].inner
    if inner is None:
        return name
    last = next((each for each in reversed(inner.order) if _learning(inner.graph, inner, each)[1]), None)
    return f"{name}/{_frozen_layer(inner.graph, inner, last)}" if last is not None else name


def _learning(graph: Graph, report: GraphReport, name: str) -> tuple[int, int]:
    """How many weights of a node training changes, and how many it leaves as they are because they are frozen."""
    free = frozen = 0
    todo = [(graph, report, name)]
    while todo:
        graph, report, name = todo.pop()
        node = graph.nodes[name]
        if node.bypassed:
            continue
        if node.shares is not None:
            owner = weights_owner(graph, node)
            if owner is not None and owner.shares is None and owner is not node:
                todo.append((graph, report, owner.name))
            continue
        known = report.nodes[name]
        if known.inner is not None:
            todo.extend((known.inner.graph, known.inner, inner) for inner in known.inner.order)
        elif known.built is not None and known.built.call.frozen:
            frozen += sum(prod(sizes) for sizes in known.built.weights.values())
        else:
            free += known.parameters
    return free, frozen
