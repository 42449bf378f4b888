"""Where data enters a block."""

from nodes.api import Built, Call, Shape, layer
from nodes.ports._pictures import way_in


@layer(id="In", name="Block input", picture=way_in, stem="inp", role="block_in", words=["port"])
def block_in() -> Built:
    """A place where a wire enters the block. Its name is the name of the port."""
    return Built(Call(forward=()), outputs={"output": Shape(())})
