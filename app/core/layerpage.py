"""The page that explains the folder for layers of the user's own; it is written into the folder."""

from __future__ import annotations

PAGE = '''# Your own layers

Every Python file in this folder whose name does not begin with `_` may declare layers. They appear in the palette of
Netloom under "Your own", and work like all others: in the inspector, in the shape check, in the printed code.

A layer file is a program, and it runs with your rights. Netloom asks once for each content of a file before it runs
it, and asks again when the file has changed. Trust only what you, or somebody you know, has written. Menu Layer,
Your own layers, shows what is loaded, what waits and what is broken. Without a window:

    python main.py --trust-layers check drawing.netloom

or NETLOOM_TRUST_LAYERS=1 in the environment; both run every file of this folder without a question.
A drawing never carries code. Whoever opens a drawing that uses your layer needs this file too.

## A whole layer

```python
"""A Linear layer that is followed by a Tanh."""

from nodes.api import Built, Example, Int, Shape, layer, module
from nodes.api.shapes import flat


@layer(
    id="TanhLinear",
    name="Linear with tanh",
    params=[Int("out_features", 16, low=1, high=65_536, label="outputs", card=True, help="How many numbers leave.")],
    examples=[Example(inputs=[(8,)], output=(16,)), Example(inputs=[(5,)], output=(3,), params={"out_features": 3})],
    formula="out = tanh(weight · x + bias)",
    learns="weights",
)
def tanh_linear(x: Shape, *, out_features: int) -> Built:
    """Mixes all numbers that arrive and squeezes the result between -1 and 1."""
    features = flat(x)
    return Built(
        module("nn.Linear", features, out_features).used_as("{output} = torch.tanh({layer}({x}))"),
        output=(*x.sizes[:-1], out_features),
        weights={"weight": (out_features, features), "bias": (out_features,)},
        multiply_adds=features * out_features,
    )
```

- Positional arguments are the input ports (`*xs` takes many wires, a default of None makes a port optional),
  keyword-only arguments are the settings, and each is declared in `params`: Int, Float, Switch, Choice, Pair, Triple,
  Sizes, Numbers, Names, File.
- The docstring is the help in the inspector. It must be there.
- `examples` must be there too. They are tried whenever the file is loaded.
- `role="loss"` makes a loss. `category="activation"` puts the layer into another group of the palette.
- If something does not fit, `raise ShapeError("sentence", fixes=[...])`: what arrived, what is needed, what would help.
- What is printed must run with torch alone: use modules of torch (`nn...`, `torch...`) and expressions over the ports.
  A module class of your own cannot be printed; write it as a block in a drawing, or as several lines for `forward`.
- The id must be free: neither one of Netloom's layers nor one of another file of yours.

The layer files of Netloom itself, in `nodes/`, are written in the same form and are the best examples.
'''
