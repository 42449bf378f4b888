"""What is known of games that come inside of packages: which there are, what is seen of them and can be done."""

from __future__ import annotations

import difflib
import importlib.util
from functools import lru_cache
from typing import TYPE_CHECKING

from nodes.api.schema import Field, NoData, Schema
from nodes.api.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

INSTALL = "pip install netloom[play]"
_OTHER_NAMES = 3  # that are offered in the place of one that there is not


def needed(package: str, called: str, what: str) -> None:
    """
    Raises:
        NoData: if the package is not installed.
    """
    if importlib.util.find_spec(package) is None:
        raise NoData(f"{what} with {called}, which is not installed. Run: {INSTALL}")


def near(name: str, known: Iterable[str]) -> str:
    """The names that come nearest, as a sentence; empty if none does."""
    by_small = {each.lower(): each for each in known}
    plain = name.lower().replace(" ", "_")
    found = difflib.get_close_matches(plain, by_small, _OTHER_NAMES, 0.6)
    found += [each for each in by_small if plain and plain in each and each not in found][: _OTHER_NAMES - len(found)]
    return f" Did you mean {listed([by_small[each] for each in found], ' or ')}?" if found else ""


def schema_of_game(sizes: tuple[int, ...], actions: tuple[str, ...]) -> Schema:
    """The fields of every game, with states of these sizes and these actions."""
    state = Field(sizes)
    told = {"state": state, "action": Field((), "int", actions), "reward": Field(())}
    return Schema({**told, "next_state": state, "ended": Field(())}, noun=("step", "steps"))


@lru_cache(maxsize=32)
def gymnasium_schema(id: str) -> Schema:
    """What is seen of a game of gymnasium.

    Raises:
        NoData: if there is none of this id here, or it cannot be learned by Q-learning.
    """
    needed("gymnasium", "gymnasium", "This game comes")
    import gymnasium

    if id.startswith("ALE/"):
        raise NoData(f"{id} is a game of the Atari, for which there is a source of its own. Use Atari game.")
    if id not in gymnasium.registry:
        others = [each for each in gymnasium.registry if not each.startswith(("ALE/", "phys2d/", "tabular/"))]
        close = near(id, others) or " Write an id such as Acrobot-v1 or MountainCar-v0."
        raise NoData(f"gymnasium has no game {id!r}.{close}")
    from nodes.modules.gymnasium_game import GymnasiumGame

    try:
        game = GymnasiumGame(id)
    except Exception as reason:  # each game fails in its own way, most often as a package is missing
        first = str(reason).strip().splitlines() or [type(reason).__name__]
        raise NoData(f"{id} cannot be played here: {first[0].rstrip('.')}.") from None
    return schema_of_game(game.shape or (1,), tuple(map(str, range(game.actions))))


def atari_names() -> tuple[str, ...]:
    """The games that ale-py brings.

    Raises:
        NoData: if it is not installed.
    """
    needed("ale_py", "ale-py", "The games of the Atari come")
    from ale_py import roms

    return tuple(sorted(roms.get_all_rom_ids()))


@lru_cache(maxsize=32)
def atari_schema(game: str) -> Schema:
    """What is seen of a game of the Atari.

    Raises:
        NoData: if ale-py is not installed, or has no such game.
    """
    known = atari_names()
    if game not in known:
        raise NoData(f"ale-py has no game {game!r}.{near(game, known)}")
    from nodes.modules.atari_game import AtariGame

    words = AtariGame(game, 4, 0, 0.0, False, False).names
    return schema_of_game((4, 84, 84), tuple(word.lower() for word in words))
