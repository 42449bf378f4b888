"""Where data enters a drawing without a data set."""

from nodes.api import Built, Call, Choice, Example, Int, Shape, Sizes, layer
from nodes.ports._pictures import way_in


@layer(
    id="Input",
    name="Input",
    picture=way_in,
    role="input",
    params=[
        Sizes(
            "shape",
            (1, 28, 28),
            high=100_000,
            least=0,
            card=True,
            help="Sizes of one sample without the batch, such as 3, 224, 224. Empty means a single number.",
        ),
        Choice(
            "dtype",
            "float",
            options=("float", "int"),
            label="kind",
            help="Numbers, or whole numbers for words and classes.",
        ),
        Int(
            "classes",
            0,
            low=0,
            high=10_000_000,
            help="For whole numbers: how many different ones there are, from 0 on. 0 leaves it open.",
        ),
    ],
    examples=[
        Example(params={"shape": (3, 224, 224)}, output=(3, 224, 224)),
        Example(params={"shape": (12,), "dtype": "int"}, output=Shape((12,), "int")),
        Example(params={"shape": (), "dtype": "int", "classes": 10}, output=Shape((), "int", classes=10)),
        Example(params={"shape": ()}, output=()),
    ],
    words=["placeholder", "shape"],
)
def input_(*, shape: tuple[int, ...], dtype: str, classes: int) -> Built:
    """Says what will be fed in, where only an architecture is drawn and no data set is chosen."""
    if dtype == "int":
        return Built(Call(forward=()), output=Shape(shape, "int", classes or None))
    return Built(Call(forward=()), output=shape)
