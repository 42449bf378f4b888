"""Lines of a training program in which a net learns to play."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from app.core.compile import later
from app.core.compile.games import batches_of, played
from app.core.compile.lines import INDENT
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanSource
from app.core.graph.recipe import Recipe
from app.training.refusal import CannotTrain

NUMBERS_OF_GAMES = 'metrics |= {f"train_{name}": value for name, value in player.numbers().items()}'


def game_of(net: CompiledNet) -> PlanSource | None:
    """What the net plays, if it learns to play.

    Raises:
        CannotTrain: if a program of its own could not do so.
    """
    game = played(net.plan.sources)
    if game is not None:
        with later.meta_device():
            measures = any(callable(getattr(module, "fit", None)) for module in net.model().modules())
        if measures:
            raise CannotTrain(
                "A layer measures the data before the first step, which a program of its own that plays cannot do. "
                "Remove the layer that standardizes."
            )
    return game


def samples_of_games(game: PlanSource, recipe: Recipe) -> str:
    """How many samples an epoch has."""
    size = "BATCH_SIZE * ACCUMULATE" if recipe.accumulate > 1 else "BATCH_SIZE"
    return f"SAMPLES = {batches_of(game, recipe)} * {size}  # of an epoch; all of them are drawn of what was played"


def made_for_games(functions: Collection[str]) -> Iterator[str]:
    """What is made once: the slow copy, and what plays."""
    if "make_target" in functions:
        yield f"{INDENT}target = make_target(model)"
    if "make_player" in functions:
        yield f"{INDENT}player = make_player()"


def after_step(functions: Collection[str]) -> Iterator[str]:
    """What takes in a step: slow copy, mean of the weights, schedules."""
    if "make_target" in functions:
        yield "target.update(model)"
    if "make_average" in functions:
        yield "average.update()"
    if "after_batch" in functions:
        yield "after_batch(schedules)"


def played_batch(node: str) -> Iterator[str]:
    """Plays on, and puts the fields of a batch where the model is."""
    yield "played = player.batch(model, len(index), generator)"
    yield f'batch = {{f"{node}.{{name}}": values.to(device) for name, values in played.items()}}'
