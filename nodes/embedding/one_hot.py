"""One-hot code."""

from nodes.api import Built, Example, Int, Misfit, Shape, expression, layer
from nodes.embedding._whole import check_count, check_whole


@layer(
    id="OneHot",
    name="One-hot",
    picture="one_hot",
    followed_by=["LSTM", "GRU", "Linear", "Conv1d"],
    formula="out[t, k] = 1 if x[t] = k, else 0",
    params=[
        Int(
            "num_classes",
            0,
            low=0,
            high=100_000,
            label="classes",
            card=True,
            help="How many different words or classes there are; 0 takes as many as the data has.",
        )
    ],
    examples=[
        Example(inputs=[Shape((), "int", classes=10)], output=(10,)),
        Example(inputs=[Shape((30,), "int")], params={"num_classes": 5}, output=(30, 5)),
        Example(inputs=[Shape((30,), "int", classes=5)], params={"num_classes": 7}, output=(30, 7)),
    ],
    words=["dummy", "indicator", "class", "label", "categories"],
)
def one_hot(x: Shape, *, num_classes: int) -> Built:
    """Turns each class or word into a list with a single 1 at its place and zeros elsewhere. Nothing is learned."""
    check_whole(x, "One-hot")
    if num_classes == 0 and x.classes is None:
        raise Misfit(
            "The data does not say how many different numbers arrive, and one-hot needs one place for each. "
            "Set classes to their number."
        )
    count = num_classes or x.classes or 0
    check_count(x, "num_classes", count)
    return Built(expression(f"nn.functional.one_hot({{x}}, {count}).float()"), output=(*x.sizes, count))
