"""The options of ``dream`` that are no settings of its view."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN|FILE",
        help="The folder of a training run; or a drawing, with the weights that it begins with. With --again, the one "
        "that the recipe names if not given.",
    ),
]
Node = Annotated[str | None, typer.Option("--node", help="Name of a layer; with --objective none is needed.")]
Film = Annotated[Path | None, typer.Option("--film", metavar="GIF|MP4", help="Also a film; MP4 needs imageio-ffmpeg.")]
FilmOf = Annotated[
    str,
    typer.Option(
        "--film-of",
        metavar="WORD",
        help="zoom: ever deeper into the picture; steps: how it grew; epochs: the same dream at every kept epoch.",
    ),
]
Frames = Annotated[int, typer.Option("--frames", help="How many pictures the film has, at most.")]
Zoom = Annotated[float, typer.Option("--zoom", help="How much larger each picture of the film is, such as 1.04.")]
Again = Annotated[
    Path | None,
    typer.Option(
        "--again", metavar="PICTURE", help="Make it again from the recipe that a saved dream keeps in its file."
    ),
]
