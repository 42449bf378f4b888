"""Commands that look inside a trained net, or let it make something."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli import dream_options as dreams
from app.cli import views
from app.cli.options import Epoch, Json, Out, RunOrDrawing


def inspect(
    run: RunOrDrawing,
    view: Annotated[str, typer.Option("--view", help="What to see; the views are listed below.")],
    out: Out,
    node: Annotated[str | None, typer.Option("--node", help="Name of a layer; some views need none.")] = None,
    epoch: Epoch = None,
    of_class: Annotated[
        str | None,
        typer.Option(
            "--class", metavar="CLASS", help="As --channel: the class that is asked about, by its number or its name."
        ),
    ] = None,
    **given: str,
) -> int:
    """A picture from inside a net, or a film of its epochs. The ending of the file chooses: .png or .svg, .npz for the
    numbers, .gif or .mp4 for a film of all kept epochs."""
    asked = given if of_class is None else views.of_class(run, view, given, of_class)
    return views.inspect(run, view, node, out, asked, views.moment(epoch))


def dream(
    out: Out,
    run: dreams.Run = None,
    node: dreams.Node = None,
    film: dreams.Film = None,
    film_of: dreams.FilmOf = "zoom",
    frames: dreams.Frames = 60,
    zoom: dreams.Zoom = 1.04,
    again: dreams.Again = None,
    epoch: Epoch = None,
    **given: str,
) -> int:
    """A picture that excites a layer as much as possible. --film makes a film of it, too."""
    from app.cli.dreaming import dream as make

    return make(run, node, out, film, film_of, frames, zoom, again, views.moment(epoch), given)


def words(
    run: RunOrDrawing,
    nearest: Annotated[
        str | None, typer.Option("--nearest", metavar="WORD", help="Which words are near this one?")
    ] = None,
    analogy: Annotated[
        tuple[str, str, str] | None,
        typer.Option("--analogy", metavar="A B C", help="A is to B as C is to what? Such as man woman king."),
    ] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=1000, help="How many words to tell.")] = 8,
    by: Annotated[
        str,
        typer.Option("--by", metavar="WORD", help="counts: a decomposition of counts; net: what an Embedding learned."),
    ] = "auto",
    embedding: Annotated[
        str, typer.Option("--embedding", metavar="NAME", help="Which Embedding; else the first.")
    ] = "",
    numbers: Annotated[
        int, typer.Option("--numbers", min=1, max=500, help="How many numbers of a decomposition are kept for a word.")
    ] = 2,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="Count the words of this text instead.")] = "",
    window: Annotated[
        int | None, typer.Option("--window", min=1, max=100, help="How many places away a word is counted.")
    ] = None,
    json: Json = False,
) -> int:
    """Word vectors: nearest words, and analogies. Which words are near another one, and what is to a word as two others
    are to each other?"""
    from app.cli.words import words as tell

    return tell(run, nearest, analogy, count, by, embedding, numbers, text, window, json)


def generate(
    run: RunOrDrawing,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="A picture (.png), or its numbers (.npz).")],
    count: Annotated[int, typer.Option("--count", min=1, max=400, help="How many samples to make.")] = 25,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which noise or codes are drawn.")] = 0,
    width: Annotated[int, typer.Option("--width", min=100, max=20_000, help="Width of the picture in pixels.")] = 960,
) -> int:
    """New pictures from a generator or an autoencoder. The first makes them of noise, the other of drawn codes."""
    from app.cli.generate import generate as make

    return make(run, count, seed, out, width)
