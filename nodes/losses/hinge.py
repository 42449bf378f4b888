"""Hinge loss."""

from nodes.api import (
    Built,
    Curve,
    Example,
    Float,
    Shape,
    ShapeError,
    Switch,
    UseInstead,
    differing,
    expression,
    layer,
    module,
)
from nodes.api.curves import Settings, number
from nodes.api.shapes import describe
from nodes.losses._classes import check_classes
from nodes.losses._numbers import compared


def _plotted(x: float, s: Settings) -> float:
    loss = max(0.0, number(s, "margin", 1.0) - x)
    return loss * loss if s.get("squared") else loss


@layer(
    id="HingeLoss",
    name="Hinge loss",
    curve=Curve([_plotted], -2, 3, "score of the right class", "loss"),
    least=0.0,
    decides=0.0,
    role="loss",
    outputs=("loss",),
    formula="one score: loss = max(0, margin − y · score), y = ±1;  "
    "many: loss = Σ max(0, margin − right score + score) / classes",
    params=[
        Float(
            "margin", 1.0, low=0.0, high=1e6, open_low=True, card=True, help="The lead that the right class must have."
        ),
        Switch("squared", False, on_card="squared", help="Squares what is missing, so that large mistakes count more."),
    ],
    examples=[
        Example(inputs=[(10,), Shape((), "int", classes=10)], outputs={"loss": ()}),
        Example(inputs=[(1,), Shape((), "int", classes=2)], outputs={"loss": ()}),
        Example(inputs=[(), ()], params={"margin": 0.5, "squared": True}, outputs={"loss": ()}),
        Example(inputs=[(7, 3), Shape((7,), "int", classes=3)], params={"squared": True}, outputs={"loss": ()}),
    ],
    words=["svm", "support vector machine", "margin", "perceptron", "classification"],
)
def hinge(prediction: Shape, target: Shape, *, margin: float, squared: bool) -> Built:
    """The loss of support vector machines (Cortes and Vapnik 1995): nothing once the right class leads by the margin,
    else what is missing. Reads a score for each class and the label, or one score and a label 0 or 1 (or −1 or 1)."""
    one = prediction.sizes in (target.sizes, (*target.sizes, 1))
    if target.dtype == "float" and target.classes is not None:
        check_classes(prediction, target)  # samples are mixed
    if target.dtype == "float" or (one and target.classes in (None, 1, 2)):
        read, _ = compared(prediction, target, labels=True)
        sign = "(2 * {target} - 1)" if target.dtype == "int" else "{target}"
        missing = f"({margin!r} - {sign} * {read}).clamp(min=0){'.square()' if squared else ''}"
        return Built(expression(f"{missing}.mean()"), outputs={"loss": Shape(())})
    check_classes(prediction, target)
    if prediction.rank > 2:
        raise ShapeError(
            f"The hinge loss reads scores of samples or steps, but {describe(prediction)} arrives. For a class at "
            "every dot of an image use the cross-entropy loss.",
            fixes=[UseInstead("CrossEntropyLoss")],
        )
    call = module("nn.MultiMarginLoss", **differing(p=(2 if squared else 1, 1), margin=(margin, 1.0)))
    if prediction.rank > 1:
        call = call.used_as("{loss} = {layer}({prediction}.flatten(0, 1), {target}.flatten())")
    return Built(call, outputs={"loss": Shape(())})
