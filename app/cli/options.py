"""Arguments and options that commands have in common, or that are long."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[str, typer.Argument(metavar="FILE", help="A .netloom file, or the name of a template.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a training run.")]
RunOrDrawing = Annotated[
    str,
    typer.Argument(
        metavar="RUN|FILE", help="The folder of a training run; or a drawing, with the weights that it begins with."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Key = Annotated[
    str | None, typer.Option("--key", help="Which weights of a checkpoint; those that fit best if not given.")
]
Epoch = Annotated[
    str | None,
    typer.Option(
        "--epoch",
        metavar="E|E:STEP",
        help="Look at the run as it was at the end of this epoch, which must have been kept; 0 is the beginning, and "
        "1:50 step 50 of the first epoch, where epochs are long.",
    ),
]
Out = Annotated[Path, typer.Option("-o", "--out", help="File to write; - is the standard output.")]
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="RUN@EPOCH",
        help="Begin a run of its own from a kept epoch of another, such as --from runs/first@12.",
    ),
]
FreezeUpTo = Annotated[
    str | None,
    typer.Option(metavar="LAYER", help="Training leaves this layer and all before it as they are."),
]
LrFactor = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LAYER=FACTOR",
        help="The layer learns so many times as fast as the rest, such as fc3=10. Can be given several times.",
    ),
]
Log = Annotated[
    str | None, typer.Option(help="tensorboard also writes event files; the package tensorboard is optional.")
]
Freeze = Annotated[
    bool, typer.Option("--freeze", help="With --weights: training leaves the layers that were loaded as they are.")
]
