"""What a drawing gives."""

from nodes.api import Built, Call, Example, Shape, Text, layer
from nodes.ports._pictures import way_out


@layer(
    id="Output",
    name="Output",
    picture=way_out,
    role="output",
    outputs=(),
    params=[
        Text(
            "classes",
            "",
            most=100_000,
            help="What the values stand for, where each is the score of a class: names with commas between, or the "
            "word ImageNet for its 1,000. Empty: they are numbers.",
        ),
    ],
    examples=[Example(inputs=[(10,)]), Example(params={"classes": "cat, dog"}, inputs=[(2,)])],
    words=["result", "return"],
)
def output(x: Shape, *, classes: str) -> Built:
    """Names a value that the network gives back. Needed where no loss reads it."""
    return Built(Call(forward=()))
