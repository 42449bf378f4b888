"""A net that plays: one game after the other with the best action at each step, and the picture of a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor, nn

from app.core.compile.games import played, playing_of
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanSource
from app.data.playing import made
from app.data.source_looks import schema_of
from app.insight.strips import LIGHT, Paper
from app.insight.text import draw_text, line_height, text_width
from app.insight.tiles import NoPicture
from nodes.api import NoData
from nodes.api.registry import find
from nodes.modules.player import together, values_of

NO_GAME = (
    "This net plays no game, so there is none to watch. The templates dqn_cartpole and dqn_gridworld do: their data "
    "is a game."
)
_NOTHING = np.zeros((1, 1, 3), np.uint8)
_BAR, _CHOSEN = (150, 154, 162), (0, 114, 178)


@dataclass(frozen=True, eq=False)
class GameStep:
    """What is there before one step of a game, and what is done. ``picture`` is ``(h, w, 3)`` uint8; ``values`` says
    what each action is worth to the net, ``taken`` is the one that is taken. ``number`` counts the steps from 1,
    ``reward`` is what the game has brought behind this step. ``last``: the game is over then."""

    picture: np.ndarray
    values: np.ndarray
    taken: int
    number: int
    reward: float
    last: bool


class GameTable:
    """The game of a drawing, to be played with its net."""

    def __init__(self, net: CompiledNet, model: nn.Module) -> None:
        """
        Raises:
            NoPicture: if the net plays no game, plays it in its own way, or it cannot be had.
        """
        source = played(net.plan.sources)
        playing = playing_of(source) if source is not None else None
        if source is None or playing is None:
            raise NoPicture(NO_GAME)
        if playing.game is None:
            raise NoPicture(
                f"{source.node} is played in a way of its own, which cannot be watched here. The view Against the net "
                "shows a board game."
            )
        self.model = model
        self._playing = playing
        try:
            self.game = made(playing.game(**source.settings))
        except (NoData, ImportError, OSError, ValueError) as reason:
            raise NoPicture(str(reason)) from None
        self.actions = words_of(source, int(self.game.actions))

    def worth(self, states: Tensor) -> np.ndarray:
        """What each action is worth in each of these states (n, actions)."""
        found: np.ndarray = values_of(self.model, states).detach().float().numpy()
        if not np.isfinite(found).all():
            raise NoPicture(
                "The net gives values that are no numbers, so it cannot play. Train it with a smaller learning rate."
            )
        return found

    def play(self, seed: int, every: int = 1) -> Iterator[GameStep]:
        """One game from beginning to end, always with the action that is worth most; the seed says how it begins.
        ``every`` how many steps there is a picture, counted from the first; 0 for none, which is quicker.

        Raises:
            NoPicture: if the net cannot play it.
        """
        seen, _ = self.game.reset(seed=seed)
        reward, number, last = 0.0, 0, False
        while not last:
            (values,) = self.worth(together([seen]))
            taken = int(values.argmax())
            picture = self._painted() if every and number % every == 0 else _NOTHING
            seen, more, ended, cut, _ = self.game.step(taken)
            reward, number, last = reward + float(more), number + 1, bool(ended or cut)
            yield GameStep(picture, values, taken, number, reward, last)

    def _painted(self) -> np.ndarray:
        paint = self._playing.paint
        found = paint(self.game, self.worth) if paint is not None else self.game.render()
        return np.asarray(found, np.uint8)


def words_of(source: PlanSource, count: int) -> tuple[str, ...]:
    """What the actions of a game are called."""
    layer = find(source.type)
    schema = source.seen or (schema_of(layer, source.settings) if layer is not None else None)
    words = schema.fields["action"].words if schema is not None and "action" in schema.fields else ()
    return words if len(words) == count else tuple(map(str, range(count)))


def framed(
    step: GameStep, actions: Sequence[str], caption: str, *, height: int = 320, paper: Paper = LIGHT
) -> np.ndarray:
    """The picture of a step ``(h, w, 3)`` uint8 with even sides: the game, beside it what each action is worth as
    bars, that which is taken in blue, and below it ``caption``, the step and the reward so far."""
    game = Image.fromarray(step.picture)
    small = game.height < height
    way = Image.Resampling.NEAREST if small and game.height <= 84 else Image.Resampling.BICUBIC
    game = game.resize((max(2, round(game.width * height / game.height)), height), way)
    text = 15
    line = line_height(text)
    widest = max(text_width(word, text) for word in actions)
    column = round(widest) + 190
    foot = line + 8
    across, down = game.width + column, height + foot
    picture = Image.new("RGB", (across + across % 2, down + down % 2), paper.back)
    picture.paste(game, (0, 0))
    pen = ImageDraw.Draw(picture)
    left, room = game.width + 16 + round(widest) + 8, 90
    low, high = min(0.0, float(step.values.min())), max(0.0, float(step.values.max()))
    span = (high - low) or 1.0
    zero = left + round(room * -low / span)
    pitch = min(34.0, (height - line) / max(1, len(actions)))
    size = text if pitch >= line else max(8, int(pitch / 1.3))
    draw_text(picture, game.width + 16, 2, "worth", text, paper.faint)
    for place, (word, value) in enumerate(zip(actions, step.values)):
        top = line + 4 + place * pitch
        ink = _CHOSEN if place == step.taken else _BAR
        end = left + round(room * (float(value) - low) / span)
        pen.rectangle([min(zero, end), top + 2, max(zero, end), top + pitch * 0.7], ink)
        draw_text(picture, left - 8, top, word, size, paper.ink, 1.0)
        draw_text(picture, left + room + 6, top, f"{float(value):.2f}", size, paper.ink)
    pen.line([(zero, line + 2), (zero, line + 2 + pitch * len(actions))], paper.faint, 1)
    told = f"{caption}   step {step.number:,}   reward {step.reward:g}"
    draw_text(picture, 8, height + 4, told, text, paper.ink)
    return np.asarray(picture).copy()


def frames_of(table: GameTable, episodes: int, seed: int, every: int = 1) -> Iterator[np.ndarray]:
    """The pictures of so many games, of each the first step and every so manieth behind it: all of one size."""
    for game in range(episodes):
        for step in table.play(seed + game, every):
            if (step.number - 1) % every == 0:
                yield framed(step, table.actions, f"game {game + 1} of {episodes}")
