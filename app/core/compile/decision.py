"""Which answers of a drawing are measured: choices of a class, and numbers. What the metrics read is decided here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from app.core.compile.plan import Operand, Plan, PlanLoss, Ref
from nodes.api import Shape
from nodes.api.registry import find

SUPPRESSES = "modules.NonMaximumSuppression"


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the scores for classes are (position among the model's outputs) and where the right class is.

    ``threshold`` is set where a single score decides between the classes 0 and 1, which may stand in a list of one
    (``listed``); ``channels`` says that there is a class for every dot of an image, whose scores are the channels.
    ``classes`` is how many there are. ``soft`` says that the target is a probability for each class, of which the
    largest counts, and ``label`` is the field of the data that says the class. ``ignored`` is a class that the loss
    leaves out, and with it whatever is measured. ``labels`` is how many single scores there are where each stands for
    a label that a sample has or has not.
    """

    output: int
    target: str
    threshold: float | None = None
    listed: bool = False
    channels: bool = False
    classes: int = 2
    soft: bool = False
    ignored: int | None = None
    labels: int = 0
    label: str = field(default="", compare=False)  # follows from the target

    @property
    def counted(self) -> tuple[str, ...]:
        """Lines that take what is ignored out of ``scores`` and ``target``, where something is: what is left stands in
        one row, each with its scores along the last dimension."""
        if self.ignored is None:
            return ()
        scores = "scores.movedim(1, -1)" if self.channels else "scores"
        return (f"counts = target != {self.ignored}", f"scores, target = {scores}[counts], target[counts]")

    @property
    def in_row(self) -> Decision:
        """The same behind the lines of ``counted``."""
        return self if self.ignored is None else replace(self, channels=False)

    @property
    def predicted(self) -> str:
        """The chosen classes, shaped like ``target``, as code that knows ``scores``."""
        if self.threshold is None:
            return f"scores.argmax({1 if self.channels else -1})"
        one = "scores.squeeze(-1)" if self.listed else "scores"
        return f"({one} > {self.threshold!r}).long()"

    @property
    def probabilities(self) -> tuple[str, ...]:
        """Lines that give the probability of each class along the last dimension, from ``scores``. Where a loss makes
        no probabilities of its scores, what softmax or sigmoid makes of them stands for those."""
        if self.threshold is None:
            scores = "scores.movedim(1, -1)" if self.channels else "scores"
            return (f"probabilities = {scores}.double().softmax(-1)",)
        one = "scores.squeeze(-1)" if self.listed else "scores"
        one = f"{one}.double()" if self.threshold else f"{one}.double().sigmoid()"
        return f"likely = {one}", "probabilities = torch.stack([1 - likely, likely], -1)"

    @property
    def surprises(self) -> tuple[str, ...]:
        """Lines that give minus the logarithm of these probabilities. Of scores they are had in single precision, which
        for a text costs a fifth of what the probabilities do."""
        if self.threshold is None:
            scores = "scores.movedim(1, -1)" if self.channels else "scores"
            return (f"surprises = -{scores}.float().log_softmax(-1)",)
        return *self.probabilities, "surprises = -probabilities.log()"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Where numbers are told that a loss compares with others: as many, or each in a list of one (``listed``). Those of
    ``pictures`` have channels, height and width."""

    prediction: Operand
    truth: Operand
    listed: bool = False
    pictures: bool = False


def _threshold(loss: PlanLoss) -> float | None:
    """The score from which on a single one stands for class 1; None for a loss that reads no such score."""
    layer = find(loss.type)
    return layer.decides if layer is not None and not isinstance(layer.decides, str) else None


def _ignored(loss: PlanLoss) -> int | None:
    """The class that a loss leaves out; torch's own number for that stands for none."""
    ignored = loss.settings.get("ignore_index", -100)
    return ignored if ignored != -100 else None


def _one_by_one(loss: PlanLoss) -> bool:
    """Whether each score is a yes or a no of its own, however many there are."""
    layer = find(loss.type)
    return layer is not None and layer.reads.get("prediction") in ("probabilities", "sigmoid_scores")


def decision_of(plan: Plan) -> Decision | None:
    """What accuracy is measured on: the first loss with a score for each class, or one for two, and a class from the
    data."""
    shapes = {Ref(source.node, port): shape for source in plan.sources for port, shape in source.fields.items()}
    places = {output.key: place for place, output in enumerate(plan.outputs)}
    for loss in plan.losses:
        prediction, target = loss.operands.get("prediction"), loss.operands.get("target")
        if prediction is None or target is None or prediction.key not in places or target.kind != "field":
            continue
        label = plan.origin(Ref(target.node, target.port))
        scores, truth = plan.outputs[places[prediction.key]].shape, shapes.get(label)
        if truth is None or truth.dtype != "int":
            continue
        found = Decision(
            places[prediction.key],
            target.key,
            soft=label != (target.node, target.port),
            ignored=_ignored(loss),
            label=f"{label.node}.{label.port}",
        )
        single = scores.sizes in (truth.sizes, (*truth.sizes, 1))
        threshold = _threshold(loss)
        if single and threshold is not None:
            return replace(found, threshold=threshold, listed=scores.rank > truth.rank, labels=_labels(scores, truth))
        if single or _one_by_one(loss):
            continue
        if scores.rank == 3 and scores.sizes[1:] == truth.sizes:
            return replace(found, channels=True, classes=scores.sizes[0])
        if scores.rank and scores.sizes[:-1] == truth.sizes:
            return replace(found, classes=scores.sizes[-1])
    return None


def _labels(scores: Shape, truth: Shape) -> int:
    """How many labels there are, each with a score of its own. Pictures and series have dots and steps instead."""
    several = scores.sizes == truth.sizes and truth.rank == 1 and truth.classes == 2 and truth.sizes[0] > 1
    return truth.sizes[0] if several else 0


def estimate_of(plan: Plan) -> Estimate | None:
    """What the error of numbers is measured on: the first loss that compares numbers with others of the same form."""
    shapes: dict[Ref, Shape] = {Ref(s.node, port): shape for s in plan.sources for port, shape in s.fields.items()}
    shapes |= {Ref(entry.node, entry.port): entry.shape for entry in plan.inputs}
    shapes |= {Ref(entry.node, entry.port): entry.shape for entry in plan.outputs}
    for loss in plan.losses:
        prediction, target = loss.operands.get("prediction"), loss.operands.get("target")
        if prediction is None or target is None or _threshold(loss) is not None or prediction.kind != "output":
            continue
        told, truth = (shapes.get(plan.origin(Ref(each.node, each.port))) for each in (prediction, target))
        if told is None or truth is None or "float" not in (told.dtype, truth.dtype):
            continue
        if truth.classes is not None and not (truth.classes == 2 and truth.rank == 1):  # labels are 0 or 1
            continue
        if told.sizes in (truth.sizes, (*truth.sizes, 1)):
            pictures = told.rank == truth.rank == 3 and "image" in (told.kind, truth.kind)
            return Estimate(prediction, target, listed=told.rank > truth.rank, pictures=pictures)
    return None


@dataclass(frozen=True, slots=True)
class Spelling:
    """Where texts are spelt: scores of each step, the letters that are right, and the class that means nothing."""

    steps: Operand
    letters: Operand
    blank: int


def spelling_of(plan: Plan) -> Spelling | None:
    """What the error of texts is measured on: the first loss that reads the letters of a text in steps."""
    for loss in plan.losses:
        steps, letters, blank = loss.operands.get("log_probs"), loss.operands.get("targets"), loss.settings.get("blank")
        if steps is not None and letters is not None and isinstance(blank, int) and steps.kind == "output":
            return Spelling(steps, letters, blank)
    return None


@dataclass(frozen=True, slots=True)
class Detection:
    """Where boxes are found, and what is right: the place among the model's outputs of what non-maximum suppression
    leaves, its node, the true boxes and their classes, and how many classes there are with that for nothing."""

    output: int
    node: str
    boxes: Operand
    kinds: Operand
    classes: int


def detection_of(plan: Plan) -> Detection | None:
    """What the precision of boxes is measured on: the first loss that knows true boxes, and the boxes that leave the
    net. Where losses train layers of their own, a step computes no more than these need, so there is nothing to
    measure."""
    suppressing = {step.name for step in plan.graph.running if step.call and step.call.constructor == SUPPRESSES}
    found = next((at for at, output in enumerate(plan.outputs) if output.node in suppressing), None)
    loss = next((each for each in plan.losses if "true_boxes" in each.operands), None)
    if found is None or loss is None or any(each.settings.get("updates") for each in plan.losses):
        return None
    boxes, kinds, scores = (loss.operands.get(port) for port in ("true_boxes", "true_kinds", "scores"))
    if boxes is None or kinds is None or scores is None or scores.kind != "output":
        return None
    shape = next((output.shape for output in plan.outputs if output.key == scores.key), None)
    if shape is None or "field" not in (boxes.kind, kinds.kind):
        return None
    return Detection(found, plan.outputs[found].node, boxes, kinds, shape.sizes[-1] + 1)
