"""A net that learns to play: what plays beside its training, and how that is kept and gone on with."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.core.compile.games import played
from app.core.compile.net import CompiledNet
from app.data.catalog import generator_of
from app.training.checkpoints import BadRun
from app.training.folder import STATE
from app.training.refusal import CannotTrain
from nodes.api import NoData


class Playing:
    """The printed player at work. Fields are named ``cartpole.state``, numbers ``train_reward``."""

    def __init__(self, player: Any, node: str) -> None:
        self.player = player
        self.node = node

    def batch(self, model: nn.Module, size: int, seed: int, device: torch.device) -> dict[str, Tensor]:
        """Play on with the model, and give a batch of what is remembered. All random numbers are those of the seed.

        Raises:
            NoData: if the game cannot be played on.
        """
        try:
            found = self.player.batch(model, size, generator_of(seed))
        except (ImportError, OSError, ValueError) as error:
            raise NoData(f"The game cannot be played: {error}", self.node) from error
        return {f"{self.node}.{name}": values.to(device) for name, values in found.items()}

    def tells(self) -> tuple[str, ...]:
        """The names of ``numbers``, which are not to be had before somebody has played."""
        if not hasattr(self.player, "judge"):
            return "reward", "episode_length", "epsilon", "memory"
        return *(("unbeaten",) if self.player.judge is not None else ()), "draws", "episode_length", "memory"

    def numbers(self) -> dict[str, float]:
        """How it went in the epoch that is over."""
        return {f"train_{name}": float(value) for name, value in self.player.numbers().items()}

    def state(self) -> Mapping[str, Any]:
        """Where the games stand and what is remembered of them, as plain numbers and tensors."""
        found: Mapping[str, Any] = self.player.state_dict()
        return found

    def load(self, state: Mapping[str, Any] | None, folder: Path) -> None:
        """Go on where the games of a run in ``folder`` stood.

        Raises:
            BadRun: if that is not known, or belongs to other games.
        """
        if state is None:
            raise BadRun(f"{folder / STATE} does not say where its games stood. Train the run again.")
        try:
            self.player.load_state_dict(state)
        except Exception as error:  # whatever a file of a stranger holds ends in a sentence
            raise BadRun(
                f"The games in {folder / STATE} are not those of this drawing. Train the run again."
            ) from error


def playing(net: CompiledNet, several: bool) -> Playing | None:
    """What plays for a training of this net; None where its data comes from elsewhere. ``several``: processes train
    together.

    Raises:
        CannotTrain: if it cannot play so.
        NoData: if the game cannot be had.
    """
    make, source = net.functions.get("make_player"), played(net.plan.sources)
    if make is None or source is None:
        return None
    if several:
        raise CannotTrain("A net that learns to play trains in one process. Set processes to 1.", source.node)
    try:
        return Playing(make(), source.node)
    except (NoData, ImportError, ValueError, OSError) as error:
        raise NoData(str(error), source.node) from error


def nothing_of(pieces: Sequence[object]) -> Generator[dict[str, Tensor], None, None]:
    """An empty batch for each of these: it is played when its turn comes."""
    for _ in pieces:
        yield {}
