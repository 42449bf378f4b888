"""The options of the command sweep, with what its help says of them."""

from __future__ import annotations

from typing import Annotated

import typer

_VARY = (
    "A setting and its values: of the recipe (lr=0.1,0.01 or seed=0..7) or of a layer (fc1.out_features=16,64; "
    "relu1.type=ReLU,Tanh; dropout1.muted=on,off). a..b are all whole numbers from a to b, a~b is a range on a "
    "logarithmic scale, and /N behind either takes N values of it. Can be given several times; a grid takes every "
    "combination. Without it the settings vary that are marked in the drawing."
)
Vary = Annotated[list[str] | None, typer.Option("--vary", metavar="NAME=VALUES", help=_VARY)]
Search = Annotated[
    str | None,
    typer.Option(
        "--search",
        help="grid: every combination; random: some by chance; evolution: children of the better ones, with one "
        "setting changed; optuna: chosen by results.",
    ),
]
Tries = Annotated[int | None, typer.Option("--tries", help="How many variants; 20 if not given.")]
Population = Annotated[
    int | None,
    typer.Option("--population", help="With --search evolution: how many may become parents; a third of the tries."),
]
Draw = Annotated[int, typer.Option("--draw-seed", help="The same number draws the same variants.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="A setting of the recipe or of a layer, the same for all variants."
    ),
]
