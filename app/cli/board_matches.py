"""The command play, for a net that plays a board game: matches against a perfect or a random player."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.out import say, say_json

if TYPE_CHECKING:
    from app.training.checkpoints import LoadedRun


def play_match(run: LoadedRun, games: int, seed: int, against: str, simulations: int | None, as_json: bool) -> int:
    """Play so many games; tell how each ended, and how many were won, drawn and lost.

    Raises:
        NoPicture: if they cannot be played.
    """
    from app.insight.boards.match import SIMULATIONS, NetPlayer, counted, match, opponent
    from nodes.modules.perfect_player import PerfectPlayer

    seat = NetPlayer(run.net, run.model, SIMULATIONS if simulations is None else simulations)
    name = against or ("perfect" if seat.game.squares <= PerfectPlayer.most else "random")
    told = []
    for number, game in enumerate(match(seat, opponent(name, seat.game), games, seed), 1):
        told.append(game)
        if not as_json:
            how = {1: "won", 0: "a draw", -1: "lost"}[game.result]
            who = "the net began" if game.began else "the other began"
            say(f"game {number}: {how} after {len(game.moves)} moves, {who}")
    won, drawn, lost = counted(told)
    if as_json:
        results = [game.result for game in told]
        numbers = {"won": won, "drawn": drawn, "lost": lost, "against": name, "seed": seed}
        say_json({**numbers, "simulations": seat.search.simulations, "results": results})
    else:
        say(
            f"against a {name} player, {seat.search.simulations} looks ahead in front of each move: {won} won, {drawn} "
            f"drawn, {lost} lost of {len(told)}"
        )
    return 0
