"""Where data leaves a block."""

from nodes.api import Built, Call, Shape, layer
from nodes.ports._pictures import way_out


@layer(id="Out", name="Block output", picture=way_out, stem="out", role="block_out", outputs=(), words=["port"])
def block_out(x: Shape) -> Built:
    """A place where a wire leaves the block. Its name is the name of the port."""
    return Built(Call(forward=()))
