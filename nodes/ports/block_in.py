"""Where data enters a block."""

from nodes.api import Built, Call, Choice, Shape, Sizes, Text, layer
from nodes.ports._pictures import way_in


@layer(
    id="In",
    name="Block input",
    picture=way_in,
    stem="inp",
    role="block_in",
    params=[
        Choice(
            "over_time",
            "all at once",
            options=("all at once", "step by step", "from the last step"),
            label="over time",
            help="Step by step makes the block a cell that is used once for each step of what arrives here. From the "
            "last step: what the block gave there comes back here.",
        ),
        Text(
            "comes_from",
            "",
            label="comes from",
            help="The block output whose value of the last step is read here.",
        ),
        Choice(
            "true_values",
            "always",
            options=("always", "in training", "never"),
            label="true values",
            help="When what arrives is read in place of what the block gave (teacher forcing). Otherwise it runs free: "
            "it reads its own answer of the last step, of scores the class with the largest.",
        ),
        Sizes(
            "size",
            (),
            high=100_000,
            least=0,
            label="zeros",
            help="Sizes of the zeros that are read at the first step, where nothing is wired to it.",
        ),
    ],
    words=["port", "loop", "recurrent", "over time", "state", "memory", "teacher forcing", "free running"],
)
def block_in(*, over_time: str, comes_from: str, true_values: str, size: tuple[int, ...]) -> Built:
    """A place where a wire enters the block. Its name is the name of the port.

    With "over time" the block becomes a cell that is wired to itself: it reads a sequence step by step, and what
    it gave at the last step comes back. What leaves it is the sequence of its answers."""
    return Built(Call(forward=()), outputs={"output": Shape(())})
