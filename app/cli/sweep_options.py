"""The options of the command sweep, with what its help says of them."""

from __future__ import annotations

from typing import Annotated

import typer

_VARY = (
    "A setting and its values: of the recipe (lr=0.1,0.01 or seed=0..7) or of a layer (fc1.out_features=16,64; "
    "relu1.type=ReLU,Tanh; dropout1.muted=on,off). a..b are all whole numbers from a to b, a~b is a range on a "
    "logarithmic scale, and /N behind either takes N values of it. Can be given several times; a grid takes every "
    "combination."
)
Vary = Annotated[list[str], typer.Option("--vary", metavar="NAME=VALUES", help=_VARY)]
Search = Annotated[
    str | None,
    typer.Option("--search", help="grid: every combination; random: some by chance; optuna: chosen by results."),
]
Tries = Annotated[int | None, typer.Option("--tries", help="How many variants; 20 if not given.")]
Draw = Annotated[int, typer.Option("--draw-seed", help="The same number draws the same variants.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A setting of the recipe, the same for all variants."),
]
