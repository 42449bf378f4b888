"""Long short-term memory."""

from nodes.api import Built, Example, Int, Shape, Switch, differing, layer, module
from nodes.api.shapes import sequence


@layer(
    id="LSTM",
    name="LSTM",
    learns="weights",
    formula="c[t] = forget · c[t−1] + input · candidate;  h[t] = output · tanh(c[t])",
    params=[
        Int("hidden_size", 64, low=1, high=65_536, label="units", card=True, help="Size of the memory."),
        Int("num_layers", 1, low=1, high=64, label="layers", help="How many LSTMs are stacked."),
        Switch("bidirectional", False, on_card="both ways", card=True, help="Also reads from the end to the start."),
        Switch(
            "last_step_only",
            False,
            label="last step only",
            on_card="last step",
            card=True,
            help="Gives only the answer after the last step, to classify a whole sequence.",
        ),
    ],
    examples=[
        Example(inputs=[(28, 16)], output=(28, 64)),
        Example(inputs=[(9, 5)], params={"hidden_size": 8, "last_step_only": True}, output=(8,)),
        Example(inputs=[(9, 5)], params={"hidden_size": 8, "num_layers": 2, "bidirectional": True}, output=(9, 16)),
    ],
    words=["memory", "sequence", "recurrent"],
)
def lstm(x: Shape, *, hidden_size: int, num_layers: int, bidirectional: bool, last_step_only: bool) -> Built:
    """Reads a sequence step by step and keeps a memory. Gates learn what to store, what to forget and what to
    tell (Hochreiter and Schmidhuber 1997). With "last step only" it gives one list for the whole sequence."""
    time, features = sequence(x)
    ways = 2 if bidirectional else 1
    weights: dict[str, tuple[int, ...]] = {}
    multiply_adds = 0
    for level in range(num_layers):
        width = features if level == 0 else hidden_size * ways
        for way in ("", "_reverse")[:ways]:
            weights[f"weight_ih_l{level}{way}"] = (4 * hidden_size, width)
            weights[f"weight_hh_l{level}{way}"] = (4 * hidden_size, hidden_size)
            weights[f"bias_ih_l{level}{way}"] = (4 * hidden_size,)
            weights[f"bias_hh_l{level}{way}"] = (4 * hidden_size,)
            multiply_adds += time * 4 * hidden_size * (width + hidden_size)
    options = differing(num_layers=(num_layers, 1), bidirectional=(bidirectional, False))
    sizes: tuple[int, ...]
    call = module("nn.LSTM", features, hidden_size, batch_first=True, **options)
    if not last_step_only:
        call, sizes = call.used_as("{output}, _ = {layer}({x})"), (time, hidden_size * ways)
    elif bidirectional:
        # The backward pass ends at the first step, so its last answer stands there.
        lines = (
            "{output}, _ = {layer}({x})",
            f"{{output}} = torch.cat([{{output}}[:, -1, :{hidden_size}], {{output}}[:, 0, {hidden_size}:]], dim=1)",
        )
        call, sizes = call.used_as(*lines), (hidden_size * ways,)
    else:
        call, sizes = call.used_as("{output}, _ = {layer}({x})", "{output} = {output}[:, -1]"), (hidden_size,)
    return Built(call, output=sizes, weights=weights, multiply_adds=multiply_adds)
