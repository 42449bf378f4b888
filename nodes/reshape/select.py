"""One place of an axis."""

from nodes.api import Built, Example, Int, Misfit, SetParam, Settings, Shape, Sheet, expression, layer
from nodes.api.pictures import words_of
from nodes.api.shapes import describe
from nodes.api.values import same
from nodes.reshape._axes import at, axis, place
from nodes.reshape._pictures import taken

FAR = 1_000_000


def _drawn(sheet: Sheet, settings: Settings) -> str:
    taken(sheet, range(2, 3))
    return f"One place along an axis is taken out: number {words_of(settings, 'index', 0)}, counted from 0."


@layer(
    id="Select",
    name="Select one",
    picture=_drawn,
    values=same,
    linear="features",
    followed_by=["Linear", "Dropout", "ReLU"],
    formula="out = x[index] along one axis",
    params=[
        Int("index", -1, low=-FAR, high=FAR, card=True, help="The place to take, from 0; −1 is the last one."),
        axis(1, "The axis from which one place is taken; in a sequence 1 is time."),
    ],
    examples=[
        Example(inputs=[(7, 5)], output=(5,)),
        Example(inputs=[(3, 8, 6)], params={"index": 0}, output=(8, 6)),
        Example(inputs=[(7, 5)], params={"index": 2, "dim": -1}, output=(7,)),
        Example(inputs=[Shape((9,), "int", classes=4)], output=Shape((), "int", classes=4)),
    ],
    words=["time step", "last step", "pick", "index"],
)
def select(x: Shape, *, index: int, dim: int) -> Built:
    """Takes one place of an axis, such as one step of a sequence or one channel of an image. Negative numbers count
    from the end."""
    where = place(x, dim, verb="take from")
    size = x.sizes[where]
    if not -size <= index < size:
        raise Misfit(
            f"There is no place {index}: {describe(x)} arrives, whose axis {dim} has the places 0 to {size - 1}, or −1 "
            f"to −{size} from the end.",
            fixes=[SetParam("index", size - 1 if index > 0 else 0)],
        )
    sizes = x.sizes[:where] + x.sizes[where + 1 :]
    return Built(expression(at(x, where, str(index))), output=Shape(sizes, x.dtype, x.classes))
