"""A part of an axis."""

from nodes.api import Built, Example, Fix, Int, Misfit, SetParam, Settings, Shape, Sheet, expression, layer
from nodes.api.shapes import describe
from nodes.api.values import same
from nodes.reshape._axes import at, axis, place
from nodes.reshape._pictures import taken

FAR = 1_000_000


def _drawn(sheet: Sheet, settings: Settings) -> str:
    taken(sheet, range(1, 4))
    return "A stretch along one axis is kept, the rest is left out."


@layer(
    id="Slice",
    name="Slice",
    picture=_drawn,
    values=same,
    linear="values",
    formula="out = x[start : stop] along one axis",
    params=[
        axis(1, "The axis that is cut."),
        Int(
            "start", 0, low=-FAR, high=FAR, card=True, help="The first place that stays; −3 is the third from the end."
        ),
        Int(
            "stop",
            "end",
            low=-FAR,
            high=FAR,
            words=("end",),
            card=True,
            help="The first place that no longer stays, or end; −1 leaves out the last one.",
        ),
    ],
    examples=[
        Example(inputs=[(16, 8, 8)], params={"start": 4, "stop": 12}, output=(8, 8, 8)),
        Example(inputs=[(7, 5)], params={"dim": -1, "start": -2}, output=(7, 2)),
        Example(inputs=[Shape((9,), "int")], params={"stop": -1}, output=Shape((8,), "int")),
    ],
    words=["crop", "cut", "part", "range"],
)
def slice_(x: Shape, *, dim: int, start: int, stop: int | str) -> Built:
    """Keeps a part of one axis: some channels, the middle of an image, all steps but the last. Places are counted from
    0."""
    index = place(x, dim, verb="cut")
    size = x.sizes[index]
    first = min(start, size) if start >= 0 else max(start + size, 0)
    behind = size if isinstance(stop, str) else min(stop, size) if stop >= 0 else max(stop + size, 0)
    if first >= behind:
        fixes: list[Fix] = [SetParam("stop", "end")] if first < size else [SetParam("start", 0)]
        raise Misfit(
            f"Nothing is left between {start} and {stop}: {describe(x)} arrives, whose axis {dim} has the places 0 to "
            f"{size - 1}. Choose a start before the stop.",
            fixes=fixes,
        )
    sizes = (*x.sizes[:index], behind - first, *x.sizes[index + 1 :])
    text = f"{start or ''}:{'' if isinstance(stop, str) else stop}"
    return Built(expression(at(x, index, text)), output=Shape(sizes, x.dtype, x.classes))
