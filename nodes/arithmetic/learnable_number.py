"""A number that training changes."""

from nodes.api import Built, Example, Float, layer, module
from nodes.api.saves import VIEW
from nodes.arithmetic._pictures import number


@layer(
    id="LearnableNumber",
    name="Learnable number",
    picture=number,
    saves=VIEW,
    stem="number",
    learns="scale",
    backward="it ends here: what comes back is the gradient by this weight",
    formula="out = value",
    params=[Float("start", 0.0, card=True, help="The number before training.")],
    examples=[Example(output=()), Example(params={"start": 0.5}, output=())],
    words=["weight", "parameter", "scalar", "backpropagation"],
)
def learnable_number(*, start: float) -> Built:
    """One weight. The same number goes to every sample, and training changes it so that the loss falls."""
    call = module("modules.LearnableNumber", start)
    return Built(call.used_as("{output} = {layer}({batch})"), output=(), weights={"value": ()})
