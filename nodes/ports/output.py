"""What a drawing gives."""

from nodes.api import Built, Call, Example, Shape, layer
from nodes.ports._pictures import way_out


@layer(
    id="Output",
    name="Output",
    picture=way_out,
    role="output",
    outputs=(),
    examples=[Example(inputs=[(10,)])],
    words=["result", "return"],
)
def output(x: Shape) -> Built:
    """Names a value that the network gives back. Needed where no loss reads it."""
    return Built(Call(forward=()))
