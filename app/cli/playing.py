"""The command play."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli.interrupts import ending_at_once
from app.cli.options import Json, RunOrDrawing
from app.cli.out import Stop, Usage, deliver, say, say_json


class OpponentKind(StrEnum):
    """Who a net plays a board game against."""

    perfect = "perfect"
    random = "random"


ENDINGS = (".gif", ".mp4")
MOST_FRAMES = 600  # of a film; of longer games every second or third step is seen


def play(
    what: RunOrDrawing,
    episodes: Annotated[int, typer.Option("--episodes", min=1, max=100_000, help="How many games are played.")] = 10,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", min=0, max=2**31 - 1, help="How the first game begins; each further one with the next seed."
        ),
    ] = 0,
    film: Annotated[
        Path | None, typer.Option("--film", metavar="OUT.gif", help="A film of the games: GIF or MP4.")
    ] = None,
    against: Annotated[
        OpponentKind | None,
        typer.Option("--against", help="Of a board game: who the net plays against; perfect if it can."),
    ] = None,
    simulations: Annotated[
        int | None,
        typer.Option(
            "--simulations", min=0, max=100_000, help="Of a board game: how often it looks ahead in front of each move."
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Let the net of a run play its game. It always takes the action that it thinks most of; the rewards of the games
    and their mean are told. A board game it plays against a perfect or a random player, and tells who won."""
    if film is not None and film.suffix.lower() not in ENDINGS:
        raise Usage(f"A film is written as {' or '.join(ENDINGS)}, and {film.name} ends otherwise.")
    if film is not None and str(film) == "-":
        raise Usage("Name a file for the film, such as game.gif.")
    with ending_at_once():
        from app.cli.board_matches import play_match
        from app.cli.views import untrained
        from app.insight.dream.films import film_bytes
        from app.insight.games import GameTable, frames_of
        from app.insight.tiles import NoPicture
        from app.training.checkpoints import BadRun, load_run
    rewards: list[float] = []
    lengths: list[int] = []
    content = b""
    try:
        run = load_run(Path(what)) if Path(what).is_dir() else untrained(what)
        if any(source.type == "BoardGame" for source in run.net.plan.sources):
            if film is not None:
                raise Usage("There is no film of a board game. Look inside, Against the net, shows its search.")
            name = against.value if against is not None else ""
            return play_match(run, episodes, seed, name, simulations, json)
        if against is not None or simulations is not None:
            raise Usage("--against and --simulations are for a board game, and this net plays something else.")
        table = GameTable(run.net, run.model)
        for game in range(episodes):
            *_, last = table.play(seed + game, every=0)
            rewards.append(last.reward)
            lengths.append(last.number)
            if not json:
                say(f"game {game + 1}: reward {last.reward:g}, {last.number:,} steps")
        if film is not None:
            every = -(-sum(lengths) // MOST_FRAMES)
            content = film_bytes(frames_of(table, episodes, seed, every), film.suffix, per_second=25)
    except (BadRun, NoPicture) as reason:
        raise Stop(str(reason)) from None
    mean = sum(rewards) / len(rewards)
    if json:
        say_json({"rewards": rewards, "lengths": lengths, "mean": mean, "seed": seed})
    else:
        say(f"mean reward of {len(rewards)} game{'s' * (len(rewards) != 1)}: {mean:g}")
    if film is not None:
        deliver(film, content, f"{len(rewards)} game{'s' * (len(rewards) != 1)} as a film.", quiet=json)
    return 0
