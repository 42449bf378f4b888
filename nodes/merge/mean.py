"""Mean of several inputs."""

from dataclasses import replace

from nodes.api import Built, Example, Settings, Shape, Sheet, Values, expression, layer
from nodes.api.values import Kind, raw_if_any
from nodes.merge._alike import joined, terms
from nodes.merge._pictures import side_by_side


def _drawn(sheet: Sheet, settings: Settings) -> str:
    side_by_side(sheet, "ø", (0.2, 0.8, 0.5))
    return "Values at the same place are averaged."


def _averaged(settings: Settings, *xs: Values) -> Values:
    shares = {x.kind for x in xs} in ({"softmax"}, {"sigmoid"})
    kind: Kind = xs[0].kind if shares else raw_if_any(*xs)
    return replace(xs[0], low=sum(x.low for x in xs) / len(xs), high=sum(x.high for x in xs) / len(xs), kind=kind)


@layer(
    id="Mean",
    name="Mean of several",
    picture=_drawn,
    values=_averaged,
    backward="each input gets its share of what comes back: 1 / number of inputs",
    formula="out = (x₁ + x₂ + … + xₙ) / n",
    examples=[
        Example(inputs=[(10,), (10,), (10,)], output=(10,)),
        Example(inputs=[(16, 8, 8), (16, 8, 8)], output=(16, 8, 8)),
    ],
    words=["average", "ensemble", "committee"],
)
def mean(*xs: Shape) -> Built:
    """The average of its inputs, value by value, such as the common answer of several networks."""
    whole = joined("Mean", xs)
    return Built(expression(f"({terms(xs, whole, ' + ')}) / {len(xs)}"), output=whole)
