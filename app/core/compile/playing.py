"""What a drawing that learns to play is printed with: the games, what is remembered of them, and the slow copy."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.compile.filling import call_text
from app.core.compile.games import played, playing_of
from app.core.compile.plan import Plan
from nodes.api import Call, module

PLAYER = module("modules.Player")
ARGUMENTS = ("every", "warm_up")  # of the player, which a replay memory has as settings


def target_call(plan: Plan) -> Call:
    """The constructor of the slow copy without the model; empty where there is none, as no loss asks for it."""
    if not any(operand.ahead for loss in plan.losses for operand in loss.operands.values()):
        return Call()
    declared = plan.recipe.target_declared
    return declared.call(plan.recipe.settings_of(declared))


def player_calls(plan: Plan) -> Iterator[Call]:
    """The constructors that ``player_text`` names."""
    source = played(plan.sources)
    playing = playing_of(source) if source is not None else None
    if source is None or playing is None:
        return
    if playing.player is not None:
        yield from _with_parts(playing.player(**source.settings))
        return
    assert playing.game is not None, "it has one of both"
    yield playing.game(**source.settings)
    recipe = plan.recipe
    yield recipe.policy_declared.call(recipe.settings_of(recipe.policy_declared))
    yield recipe.replay_declared.call(recipe.settings_of(recipe.replay_declared))
    yield PLAYER


def _with_parts(call: Call) -> Iterator[Call]:
    """A call and those it is made of, which come first."""
    for value in (*call.args, *(value for _, value in call.kwargs)):
        if isinstance(value, Call):
            yield from _with_parts(value)
    yield call


def player_text(plan: Plan) -> str:
    """The expression that makes what plays; empty where nothing does."""
    source = played(plan.sources)
    playing = playing_of(source) if source is not None else None
    if source is None or playing is None:
        return ""
    if playing.player is not None:
        return call_text(playing.player(**source.settings))
    calls = [call_text(call) for call in player_calls(plan)]
    settings = plan.recipe.settings_of(plan.recipe.replay_declared)
    game, policy, replay, _ = calls
    games = f"[{game} for _ in range({source.settings['games']})]"
    more = ", ".join(f"{name}={settings[name]!r}" for name in ARGUMENTS)
    return f"Player({games}, {policy}, {replay}, {more})"
