"""One-hot code."""

from nodes.api import Built, Example, Int, Misfit, Settings, Shape, Sheet, Values, expression, layer
from nodes.api.pictures import side
from nodes.embedding._whole import check_count, check_whole


def _drawn(sheet: Sheet, settings: Settings) -> str:
    count = max(2, min(10, side(settings, "num_classes", 8, 10)))
    chosen = min(3, count - 1)
    sheet.disc(30, 50, 11, "family", str(chosen))
    sheet.arrow((44, 50), (62, 50), "accent")
    fills = {(0, chosen): "family"}
    texts = [["1" if place == chosen else "0" for place in range(count)]]
    sheet.grid(68, 42, 1, count, 16, fills, texts)
    return "A class becomes a row of zeros with a single one at its place."


@layer(
    id="OneHot",
    name="One-hot",
    picture=_drawn,
    values=Values(0.0, 1.0),
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
