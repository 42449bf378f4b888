"""A number that stays as it is."""

from nodes.api import Built, Example, Float, TensorValue, Values, layer, module
from nodes.api.saves import VIEW
from nodes.arithmetic._pictures import number


@layer(
    id="Constant",
    name="Constant",
    picture=number,
    saves=VIEW,
    values=lambda s: Values(s["value"], s["value"]),
    backward="it ends here: a constant does not change",
    formula="out = value",
    params=[Float("value", 1.0, card=True, help="The number that is given for every sample.")],
    examples=[Example(output=()), Example(params={"value": -2.5}, output=())],
    words=["number", "scalar", "fixed"],
)
def constant(*, value: float) -> Built:
    """A number that never changes. Training leaves it alone."""
    # A buffer, so that the number moves to the GPU with the model; not persistent, because it is no weight.
    call = module("nn.Buffer", TensorValue(value), persistent=False)
    return Built(call.used_as("{output} = {layer}.expand({batch})"), output=())
