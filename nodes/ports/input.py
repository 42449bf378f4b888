"""Where data enters a drawing without a data set."""

from math import prod

from nodes.api import Built, Call, Choice, Example, Int, SetParam, Shape, ShapeError, Sizes, Switch, layer, times
from nodes.api.given import BadGiven, Given, entries_of
from nodes.api.shapes import describe
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
        Switch(
            "any_length",
            False,
            label="any length",
            on_card="any length",
            card=True,
            help="Whether samples may have any number of steps: a sequence (time, features), or text (time). What is "
            "counted for one sample is counted for the number in shape. Inputs with the same number there are always "
            "equally long.",
        ),
        Given(
            "given",
            "",
            label="values",
            example="1 0 1; 0 0 1",
            help="What comes in while the drawing is looked at, such as 1 0 1; several samples have semicolons "
            "between. Empty: random noise.",
        ),
    ],
    examples=[
        Example(params={"shape": (3,), "given": "1 0 1; 0 0 1"}, output=(3,)),
        Example(params={"shape": (3, 224, 224)}, output=(3, 224, 224)),
        Example(params={"shape": (12,), "dtype": "int"}, output=Shape((12,), "int")),
        Example(params={"shape": (), "dtype": "int", "classes": 10}, output=Shape((), "int", classes=10)),
        Example(params={"shape": ()}, output=()),
        Example(params={"shape": (50, 32), "any_length": True}, output=Shape((50, 32)).of_any_length("input")),
    ],
    words=["placeholder", "shape"],
)
def input_(*, shape: tuple[int, ...], dtype: str, classes: int, any_length: bool, given: str = "") -> Built:
    """Says what will be fed in, where only an architecture is drawn and no data set is chosen."""
    try:
        samples = samples_of(given, shape)
    except BadGiven as bad:
        raise ShapeError(str(bad), fixes=[SetParam("given", "")]) from None
    values = [value for each in samples for value in each]
    if dtype == "int" and any(value % 1 or value < 0 or (classes and value >= classes) for value in values):
        most = f" below {classes:,}" if classes else ""
        raise ShapeError(f"Values of this kind are whole numbers from 0 on{most}.", fixes=[SetParam("given", "")])
    made = Shape(shape, "int", classes or None) if dtype == "int" else Shape(shape)
    if any_length and made.rank not in (1, 2):
        raise ShapeError(
            f"A sequence (time, features) or a text (time) can have any length, but this is "
            f"{describe(made)}. Give it such a shape, or switch any length off.",
            fixes=[SetParam("any_length", False)],
        )
    return Built(Call(forward=()), output=made.of_any_length("input") if any_length else made)


def samples_of(given: str, shape: tuple[int, ...]) -> list[tuple[float, ...]]:
    """The samples that somebody has set by hand, each in one row.

    Raises:
        BadGiven: if one of them does not have as many numbers as the shape.
    """
    found = []
    for place, entry in enumerate(entries_of(given), start=1):
        if len(entry.numbers) != prod(shape):
            raise BadGiven(
                f"A sample is {times(shape) or 'one number'}, so it needs {prod(shape):,} numbers, and sample {place} "
                f"has {len(entry.numbers):,}. Write as many, with semicolons between samples."
            )
        found.append(entry.numbers)
    return found
