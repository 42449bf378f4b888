"""The last function before a loss: what it gives, and what the loss wants to read.

Seen through muted layers, through those that only order values anew, and into blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import exp, inf

from app.core.checks.problems import AnyFix, Problem, Rewire, SetNode, TakeOut
from app.core.expanded import GraphLevel, Output, producers, sole_producer, top
from app.core.graph.model import Project, Wire
from app.core.graph.roles import in_role
from app.core.graph.topology import downstream
from app.core.inference import Report
from app.core.ranges import LayerRange, range_at
from nodes.api import InsertBefore, Layer, SetParam, UseInstead, Values
from nodes.api.registry import find
from nodes.api.values import Kind, Reads
from nodes.api.words import per_cent

SURE = 0.95  # a loss whose net can say this much of the right answer is not held back


@dataclass(frozen=True)
class LossInput:
    """One loss, and what arrives at one of its ports."""

    level: GraphLevel
    loss: str
    port: str
    wire: Wire
    known: LayerRange
    scores: int  # how many numbers stand side by side there

    @property
    def of_scores(self) -> Layer | None:
        """The loss that does the same with raw scores, if there is one."""
        layer = find(self.level.graph.nodes[self.loss].type)
        return find(layer.of_scores) if layer is not None else None

    @property
    def source(self) -> str:
        """What gives the values, as the path of a layer."""
        first = next(producers(self.level, self.wire), None)
        return first.path if first is not None else self.wire.source


def before_losses(project: Project, report: Report) -> Iterator[Problem]:
    """A note for each loss that reads what another function should have given."""
    for node in in_role(project.graph, "loss"):
        name, layer = node.name, find(node.type)
        if layer is None or node.bypassed or report.main.nodes[name].problems:
            continue
        yield from before_loss(project, report, name)
        if "numbers" in layer.reads.values():
            yield from _label_as_number(top(project, report), name)


def before_loss(project: Project, report: Report, name: str) -> Iterator[Problem]:
    """The notes on what one loss reads."""
    layer, cases = find(project.graph.nodes[name].type), _cases(top(project, report), name)
    for port, wanted in layer.reads.items() if layer is not None else ():
        if port not in cases:
            continue
        if wanted == "numbers":
            yield from _reaches_targets(cases[port], cases.get("target"))
        else:
            yield from _CHECKS[wanted](cases[port])


def _cases(level: GraphLevel, name: str) -> dict[str, LossInput]:
    found = {}
    for wire in level.graph.into(name):
        known, shape = range_at(level, wire), level.report.shape(wire)
        if known is not None and shape is not None:
            scores = shape.sizes[0] if shape.rank == 3 else shape.sizes[-1] if shape.rank else 1
            found[wire.target_port] = LossInput(level, name, wire.target_port, wire, known, scores)
    return found


# --- what each kind of loss wants ------------------------------------------------------------------------------------


def _wants_logarithms(case: LossInput) -> Iterator[Problem]:
    known = case.known
    wants = f"{case.loss} reads logarithms of probabilities"
    insert = InsertBefore("LogSoftmax", case.port)
    other = case.of_scores
    if known.kind == "log_softmax":
        yield from _before_log_softmax(case) if other is not None else ()
        return
    if known.kind in ("raw", "centred"):
        sentence = (
            f"{case.source} gives raw scores, but {wants}, so it falls without end, whatever is learned. Put a "
            f"Log-softmax between them{f', or use {other.name}' if other is not None else ''}."
        )
        fixes = (insert,) if other is None else (insert, UseInstead(other.id))
        yield Problem(case.loss, sentence, "raw_scores", fixes, port=case.port)
    elif known.by is not None and known.kind in ("softmax", "sigmoid"):
        by = known.by
        sentence = f"{by.path} gives probabilities, but {wants}. Use a Log-softmax in its place."
        if _alone(case, by):
            yield Problem(by.path, sentence, "not_log", (UseInstead("LogSoftmax"),))
        else:
            sentence = f"{by.path} gives probabilities, but {wants}. Put a Log between them."
            yield Problem(case.loss, sentence, "not_log", (InsertBefore("Log", case.port),), port=case.port)
    else:
        sentence = f"{case.source} gives {_limits(known)}, but {wants}. Put a Log-softmax between them."
        yield Problem(case.loss, sentence, "not_log", (insert,), port=case.port)


def _before_log_softmax(case: LossInput) -> Iterator[Problem]:
    """The function before a log-softmax, which with this loss is a cross-entropy."""
    by = case.known.by
    if by is None or _makes(by) != "log_softmax" or by.level is not case.level or len(by.arriving()) != 1:
        return
    inner = _cases(case.level, by.node.name).get(by.arriving()[0].target_port)
    if inner is not None:
        yield from _computes_softmax(inner)


def _wants_distribution(case: LossInput) -> Iterator[Problem]:
    """The target of a divergence: probabilities, or their logarithms where ``log_target`` is set."""
    logarithms = bool(case.level.graph.nodes[case.loss].params.get("log_target", False))
    known = case.known
    if known.kind in ("raw", "centred"):
        wanted = "logarithms of probabilities" if logarithms else "probabilities"
        word, kind = ("Log-softmax", "LogSoftmax") if logarithms else ("Softmax", "Softmax")
        sentence = (
            f"The target of {case.loss} must be {wanted}, but {case.source} gives raw scores. Put a {word} between."
        )
        yield Problem(case.loss, sentence, "raw_scores", (InsertBefore(kind, case.port),), port=case.port)
    elif known.kind == "log_softmax" and not logarithms:
        sentence = (
            f"{case.source} gives logarithms as the target, but {case.loss} reads it as probabilities. Say that the "
            "target is a logarithm."
        )
        yield Problem(case.loss, sentence, "not_log", (SetParam("log_target", True),), port=case.port)
    elif known.kind == "softmax" and logarithms:
        sentence = (
            f"{case.source} gives probabilities as the target, but {case.loss} reads it as logarithms. Say that the "
            "target is no logarithm."
        )
        yield Problem(case.loss, sentence, "not_log", (SetParam("log_target", False),), port=case.port)


def _computes_softmax(case: LossInput) -> Iterator[Problem]:
    known, by = case.known, case.known.by
    surest = _surest_of(known, case.scores)
    if known.kind == "log_softmax":
        return  # its softmax is itself
    if known.kind == "softmax" and by is not None:
        what = "is a softmax" if _makes(by) == "softmax" else "gives the values of a softmax"
        sentence = (
            f"{by.path} {what} in front of {case.loss}, which computes the softmax itself. Twice makes learning "
            f"slow and weak: the right one of {case.scores} gets {per_cent(surest)} at most. Remove {by.path}, or "
            "mute it while training."
        )
        yield _taken_out(case, by, sentence, "softmax_twice")
    elif known.kind == "relu" and by is not None:
        sentence = (
            f"{by.path} is the last function before {case.loss}. It makes every score below zero a zero, and a class "
            "whose score is zero learns nothing. Scores may have any sign: remove it."
        )
        yield _taken_out(case, by, sentence, "relu_scores")
    elif surest < SURE and by is not None:
        sentence = (
            f"{by.path} keeps all scores before {case.loss} {_between(known)}. It computes a softmax of them, so the "
            f"right one of {case.scores} gets {per_cent(surest)} at most, however long it learns. Remove {by.path}."
        )
        yield _taken_out(case, by, sentence, "sigmoid_twice" if known.kind == "sigmoid" else "bounded_scores")


def _computes_sigmoid(case: LossInput) -> Iterator[Problem]:
    known, by = case.known, case.known.by
    low, high = _logistic(known.low), _logistic(known.high)
    if by is None or (low <= 1 - SURE and high >= SURE):
        return
    itself = ", which computes the sigmoid itself" if known.kind in ("sigmoid", "softmax") else ""
    limits = (
        f"between {per_cent(low)} and {per_cent(high)}"
        if low > 1 - SURE and high < SURE
        else (f"{per_cent(low)} or more" if low > 1 - SURE else f"{per_cent(high)} or less")
    )
    sentence = (
        f"{by.path} keeps all scores before {case.loss} {_between(known)}{itself}. So the answer is always {limits}, "
        f"however long it learns. Remove {by.path}."
    )
    codes = {"sigmoid": "sigmoid_twice", "softmax": "softmax_twice", "relu": "relu_scores"}
    yield _taken_out(case, by, sentence, codes.get(known.kind, "bounded_scores"))


def _wants_probabilities(case: LossInput) -> Iterator[Problem]:
    known, by = case.known, case.known.by
    if known.low >= 0 and known.high <= 1:
        return
    wants = f"but {case.loss} reads probabilities from 0 to 1"
    raw = known.kind in ("raw", "centred")
    if raw or by is None:
        other = case.of_scores
        sentence = f"{case.source} gives {_limits(known)}, {wants}. Put a Sigmoid between them"
        sentence += f", or use {other.name}." if other is not None else "."
        fixes: list[AnyFix] = [InsertBefore("Sigmoid", case.port)]
        fixes += [UseInstead(other.id)] if other is not None else []
        yield Problem(case.loss, sentence, "no_probabilities", tuple(fixes), port=case.port)
    elif (drop := _training_only(case)) is not None and (by.path == drop or known.kind in ("softmax", "sigmoid")):
        sentence = f"{drop} makes values larger while training: {_limits(known)} arrive, {wants}. Remove it."
        yield Problem(drop, sentence, "no_probabilities", (TakeOut(),))
    else:
        sentence = f"{by.path} gives {_limits(known)}, {wants}. Use a Sigmoid in its place."
        yield Problem(by.path, sentence, "no_probabilities", (UseInstead("Sigmoid"),) if _alone(case, by) else ())


def _between_no_and_yes(target: LossInput) -> Iterator[Problem]:
    """The target of a binary cross-entropy: from 0 for no to 1 for yes."""
    known = target.known
    if known.kind != "centred" and known.low <= 1 and known.high >= 0:
        return  # some may be too low or too high, but nobody knows
    around = "numbers around 0, some of them below" if known.kind == "centred" else _limits(known)
    sentence = f"Its targets must lie from 0 to 1, but {target.source} gives {around}. Use the mean squared error."
    yield Problem(target.loss, sentence, "targets", (UseInstead("MSELoss"),), port=target.port)


def _reaches_targets(case: LossInput, target: LossInput | None) -> Iterator[Problem]:
    """A regression whose last function never gives numbers below zero, while its targets do."""
    if target is None or case.known.low < 0 or case.known.by is None:
        return
    below = target.known.kind == "centred" or (target.known.high <= 0 and target.known.low < 0)
    if not below:
        return
    by = case.known.by
    sentence = (
        f"{by.path} gives no number below zero, but the targets of {case.loss}, from {target.source}, lie below zero "
        f"{'too' if target.known.kind == 'centred' else 'all'}. They cannot be reached: remove {by.path}."
    )
    yield _taken_out(case, by, sentence, "relu_targets")


def _label_as_number(level: GraphLevel, name: str) -> Iterator[Problem]:
    """Classes that are read as numbers: right for an age, wrong for kinds of things."""
    for wire in level.graph.into(name):
        shape = level.report.shape(wire)
        if wire.target_port == "target" and shape is not None and shape.dtype == "int" and shape.classes is not None:
            if shape.rank == 1 and shape.classes == 2 and shape.values > 1:
                sentence = (
                    f"The {shape.values} labels of {wire.source} count as the numbers 0 and 1 here. For a probability "
                    "of each label use Binary cross-entropy of scores."
                )
                yield Problem(name, sentence, "label_number", (UseInstead("BCEWithLogitsLoss"),), port="target")
                continue
            sentence = (
                f"The {shape.classes} classes of {wire.source} count as numbers from 0 to {shape.classes - 1} here: "
                "right for an age or an amount. For kinds of things use Cross-entropy."
            )
            yield Problem(name, sentence, "label_number", (UseInstead("CrossEntropyLoss"),), port="target")


_CHECKS: Mapping[Reads, Callable[[LossInput], Iterator[Problem]]] = {
    "log_probabilities": _wants_logarithms,
    "distribution": _wants_distribution,
    "answers": _between_no_and_yes,
    "softmax_scores": _computes_softmax,
    "sigmoid_scores": _computes_sigmoid,
    "probabilities": _wants_probabilities,
}


def _makes(by: Output) -> Kind:
    """The kind of values that a layer gives whatever arrives."""
    layer = find(by.node.type)
    return layer.values.kind if layer is not None and isinstance(layer.values, Values) else ""


# --- fixes -----------------------------------------------------------------------------------------------------------


def _taken_out(case: LossInput, by: Output, sentence: str, code: str) -> Problem:
    """A note whose fix takes the function off the way to the loss, and leaves it to whoever else reads it."""
    if _alone(case, by):
        return Problem(by.path, sentence, code, (TakeOut(), SetNode("bypassed", True)))
    arriving = by.arriving()
    if by.level is case.level and case.wire.source == by.node.name and len(arriving) == 1:
        around = Wire(arriving[0].source, arriving[0].source_port, case.loss, case.port)
        said = f"{sentence.rsplit('.', 2)[0]}. Wire {around.source} to {case.loss} instead."
        return Problem(case.loss, said, code, (Rewire(case.wire, around),), port=case.port)
    return Problem(by.path, sentence, code, (SetNode("bypassed", True),))


def _alone(case: LossInput, by: Output) -> bool:
    """Whether a layer with one input gives its values to one reader only, so that only this loss misses it."""
    if len(by.arriving()) != 1 or len(by.level.graph.out_of(by.node.name)) != 1:
        return False
    return by.level is not case.level or by.node.name == case.wire.source or _only_way(case, by)


def _only_way(case: LossInput, by: Output) -> bool:
    """Whether everything behind ``by`` ends at the loss."""
    graph = case.level.graph
    layers = [find(graph.nodes[name].type) for name in downstream(graph, [by.node.name]) if name != case.loss]
    return all(layer is not None and layer.role not in ("loss", "output") for layer in layers)


def _training_only(case: LossInput) -> str | None:
    """The dropout, or the noise, nearest before the loss."""
    level, wire = case.level, case.wire
    for _ in range(len(level.graph.nodes)):
        found = sole_producer(level, wire)
        layer = find(found.node.type) if found is not None else None
        if found is None or (layer is not None and layer.training_only):
            return found.path if found is not None else None
        arriving = found.arriving()
        if len(arriving) != 1:
            return None
        level, wire = found.level, arriving[0]
    return None


# --- words and numbers -----------------------------------------------------------------------------------------------


def _surest_of(known: LayerRange, scores: int) -> float:
    """The largest share that a softmax can give one of so many scores in this range."""
    width = known.high - known.low
    return 1.0 if width == inf or width > 700 else 1.0 / (1.0 + (scores - 1) * exp(-width))


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + exp(-value)) if value > -700 else 0.0


def _between(known: LayerRange) -> str:
    if known.high == inf:
        return f"at {_number(known.low)} or above"
    if known.low == -inf:
        return f"at {_number(known.high)} or below"
    return f"between {_number(known.low)} and {_number(known.high)}"


def _limits(known: LayerRange) -> str:
    """``values from −1 to 1``, as they are given."""
    if known.low == -inf and known.high == inf:
        return "numbers of any size"
    if known.high == inf:
        return f"numbers from {_number(known.low)} up"
    if known.low == -inf:
        return f"numbers of {_number(known.high)} or less"
    return f"numbers from {_number(known.low)} to {_number(known.high)}"


def _number(value: float) -> str:
    return f"{value:.2g}".replace("-", "−")
