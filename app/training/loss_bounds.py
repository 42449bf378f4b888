"""What a loss can reach, and what it means if it falls below that, or if the accuracy falls with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from app.core.checks.lint.last_function import before_loss
from app.core.checks.problems import AnyFix, Problem
from app.core.compile.plan import Plan, PlanLoss
from app.core.graph.model import Project
from app.core.inference import infer
from app.training.course import Course
from app.training.events import Diagnosed
from nodes.api import InsertBefore, SetParam, UseInstead
from nodes.api.registry import find
from nodes.api.values import Reads
from nodes.api.words import per_cent

ROUNDING = 1e-3  # of the first loss: so far below 0 a sum may come out by rounding
WRONG_SUM = 0.01  # by which a sum of probabilities may differ from 1
FEWER = 0.1  # right answers, that count as a fall
FALLEN = 0.05  # of a loss, that counts as a fall
EPOCHS = 3  # in a row that show a fall
HEAVIER = 10.0


@dataclass(frozen=True)
class SampleLosses:
    """Losses by name for some samples, and what they read by key (``fc3.output``, ``digits.label``)."""

    losses: Mapping[str, float]
    values: Mapping[str, Tensor]


def least(loss: PlanLoss) -> float | None:
    """The smallest value a loss can have, whatever weight it, a class or a yes has, and however much of the certainty
    is spread over all classes; None if there is no such, or nobody knows it."""
    layer = find(loss.type)
    return layer.least if layer is not None else None


def reads(loss: PlanLoss) -> Mapping[str, Reads]:
    """What a loss is made to read, by port."""
    layer = find(loss.type)
    return layer.reads if layer is not None else {}


def may_fall(loss: PlanLoss) -> bool:
    """Whether a loss falls below its least if what it reads is not what it is meant for; the others cannot, whatever
    arrives."""
    return not set(reads(loss).values()) <= {"numbers", "softmax_scores"}


def bounded(plan: Plan) -> bool:
    """Whether the sum of all losses has a smallest value, and one of them may fall below its own all the same."""
    return all(least(loss) is not None for loss in plan.losses) and any(map(may_fall, plan.losses))


def fallen_below(
    plan: Plan, project: Project | None, some: SampleLosses, train_loss: float, rounding: float
) -> Diagnosed | None:
    """The finding for the loss that is lower than it can be; None if none is."""
    for loss in plan.losses:
        low = least(loss)
        value = train_loss if len(plan.losses) == 1 else some.losses.get(loss.name, 0.0)
        if low is None or not value < low - rounding:
            continue
        said = f"{loss.name} has fallen to {_n(value)}, but the least that it can be is {low:g}."
        note = _note(project, loss.name)
        if note is not None and note.code in ("raw_scores", "not_log", "no_probabilities"):
            return Diagnosed(note.node or loss.name, f"{said} {note.sentence}", "below", note.fixes)
        why, fixes = _why_below(loss, some)
        return Diagnosed(loss.name, f"{said} {why}", "below", fixes)
    return None


def _why_below(loss: PlanLoss, some: SampleLosses) -> tuple[str, tuple[AnyFix, ...]]:
    """The reason that the values show, where the drawing shows none."""
    read = {port: some.values.get(operand.key) for port, operand in loss.operands.items()}
    target = read.get("target")
    wanted = reads(loss)
    if wanted.get("target") == "answers" and target is not None and target.numel():
        low, high = (float(value) for value in target.aminmax())
        source = loss.operands["target"].node
        if low < 0 or high > 1:
            signs = set(target.unique().tolist()) <= {-1.0, 1.0}
            word, kind = ("hinge loss", "HingeLoss") if signs else ("mean squared error", "MSELoss")
            sentence = f"Its targets must lie from 0 to 1, but {source} gives {_n(low)} to {_n(high)}. Use the {word}."
            return sentence, (UseInstead(kind),)
    if wanted.get("target") == "distribution" and target is not None:
        logarithms = bool(loss.settings.get("log_target"))
        wrong = _off((target.exp() if logarithms else target).sum(-1))
        if wrong is not None:
            kind, word = ("LogSoftmax", "Log-softmax") if logarithms else ("Softmax", "Softmax")
            sentence = (
                f"Its target must be probabilities, whose sum is 1, but those of {loss.operands['target'].node} add up "
                f"to {_n(wrong)}. Put a {word} before it."
            )
            return sentence, (InsertBefore(kind, "target"),)
    port = next((port for port, kind in wanted.items() if kind == "log_probabilities"), None)
    if port is not None and port in loss.operands:
        sentence = (
            f"It reads logarithms of probabilities, which {loss.operands[port].node} does not give. Put a Log-softmax "
            "between them."
        )
        return sentence, (InsertBefore("LogSoftmax", port),)
    return "Look at what is wired to it.", ()


def _off(sums: Tensor) -> float | None:
    """A sum that is not 1."""
    ill = sums[(sums - 1).abs() > WRONG_SUM]
    return float(ill[0]) if ill.numel() else None


def parted(plan: Plan, project: Project | None, course: Course, samples: int) -> Diagnosed | None:
    """The finding for an accuracy that falls while the loss does. Both are those of the training data."""
    known, best = course.answered, course.best_answered
    if best is None or len(known) <= EPOCHS:
        return None
    if (best.train_accuracy or 0.0) - (known[-1].train_accuracy or 0.0) < FEWER:
        return None
    recent = known[-EPOCHS:]
    now = max(recent, key=lambda epoch: epoch.train_accuracy or 0.0)
    before, after = best.train_accuracy or 0.0, now.train_accuracy or 0.0
    chance = 2 * samples**-0.5 if samples else 1.0  # four deviations of a share among so many
    if best in recent or before - after < FEWER + chance or any(_uneven(loss) for loss in plan.losses):
        return None
    if max(epoch.train_loss for epoch in recent) > best.train_loss - FALLEN * abs(best.train_loss):
        return None
    loss = next((each for each in plan.losses if _decides(each)), plan.losses[0])
    said = (
        f"The accuracy falls while the loss falls: from {per_cent(before)} in epoch {best.epoch} to "
        f"{per_cent(after)}, the loss from {_n(best.train_loss)} to {_n(recent[-1].train_loss)}."
    )
    note = _note(project, loss.name)
    if note is not None:
        return Diagnosed(note.node or loss.name, f"{said} {note.sentence}", "parted", note.fixes)
    if len(plan.losses) > 1:
        weight = min(float(loss.settings.get("weight", 1.0)) * HEAVIER or 1.0, 1e6)
        said += f" The other losses outweigh {loss.name}: give it more weight, such as {weight:g}."
        return Diagnosed(loss.name, said, "parted", (SetParam("weight", weight),))
    said += f" What makes {loss.name} small is not what makes answers right: look at what is wired to it."
    return Diagnosed(loss.name, said, "parted")


def _decides(loss: PlanLoss) -> bool:
    """Whether answers are right or wrong to a loss."""
    layer = find(loss.type)
    return layer is not None and layer.decides != ""


def _uneven(loss: PlanLoss) -> bool:
    """Whether some answers count more than others, so that fewer right ones may well be better."""
    weights = loss.settings.get("class_weights") or ()
    return len(set(weights)) > 1 or loss.settings.get("pos_weight", 1.0) != 1.0


def _note(project: Project | None, loss: str) -> Problem | None:
    """What the drawing alone shows about the function before a loss."""
    if project is None or loss not in project.graph.nodes:
        return None
    return next(before_loss(project, infer(project), loss), None)


def _n(value: float) -> str:
    text = f"{value:.3g}"
    return f"−{text[1:]}" if text.startswith("-") else text
