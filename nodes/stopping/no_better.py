"""Early stopping."""

from __future__ import annotations

from nodes.api import Call, Int, module, stop_rule


@stop_rule(
    id="no-better",
    name="No better",
    params=[Int("patience", 5, low=1, high=100_000, label="stop after", help="Epochs without anything better.")],
    because="as nothing became better",
)
def no_better(*, patience: int) -> Call:
    """Ends the training when nothing has become better for some epochs, and gives the weights of the best one."""
    return module("modules.NoBetter", patience=patience)
