"""The loss of Q-learning."""

from nodes.api import (
    Built,
    Curve,
    Example,
    Fix,
    Float,
    InsertBefore,
    SetUpstream,
    Shape,
    ShapeError,
    Switch,
    differing,
    layer,
    module,
)
from nodes.api.curves import Settings, number
from nodes.api.shapes import describe


def _plotted(x: float, s: Settings) -> float:
    delta = number(s, "delta", 1.0)
    return 0.5 * x * x if abs(x) <= delta else delta * (abs(x) - 0.5 * delta)


@layer(
    id="QLearningLoss",
    name="Q-learning loss",
    curve=Curve([_plotted], -3, 3, "Q(state, action) − wanted", "loss"),
    reads={"values": "numbers"},
    least=0.0,
    stem="q_learning",
    role="loss",
    outputs=("loss",),
    ahead="next_state",
    formula="wanted = reward + gamma · max Q'(next state), reward alone where the game ended;  "
    "loss = Huber(Q(state, action) − wanted)",
    params=[
        Float(
            "gamma",
            0.99,
            low=0.0,
            high=1.0,
            step=0.01,
            card=True,
            help="How much of a reward one step later counts now: with 0.99 a hundred steps ahead still matter.",
        ),
        Switch(
            "double",
            False,
            help="Double Q-learning: the net chooses the next action, the slow copy says what it is worth, so that "
            "values are not overestimated (van Hasselt et al. 2016).",
        ),
        Switch(
            "clip",
            False,
            label="cut rewards",
            help="Takes each reward as at most 1 and at least −1, so that games with many points need no other rates "
            "(Mnih et al. 2015). What is told of the games stays as it is.",
        ),
        Float(
            "delta",
            1.0,
            low=0.0,
            high=1e6,
            open_low=True,
            label="bend",
            help="The distance up to which squares count; beyond it the loss grows in a straight line.",
        ),
    ],
    examples=[
        Example(inputs=[(2,), Shape((), "int", classes=2), (), (4,), ()], outputs={"loss": ()}),
        Example(
            inputs=[(3,), Shape((), "int", classes=3), (), (4, 84, 84), ()],
            params={"gamma": 0.9, "double": True},
            outputs={"loss": ()},
        ),
    ],
    words=["reinforcement", "dqn", "td", "temporal difference", "bellman", "play", "game", "reward"],
)
def q_learning(
    values: Shape,
    action: Shape,
    reward: Shape,
    next_state: Shape,
    ended: Shape,
    *,
    gamma: float,
    double: bool,
    clip: bool,
    delta: float,
) -> Built:
    """Teaches a net what each action is worth: the value of the action that was taken should be the reward and what the
    next state is worth to a slow copy of the net (Mnih et al. 2015). The last layer gives one value for each action;
    the rest comes from a game."""
    actions = action.classes
    if action.dtype != "int" or action.rank:
        raise ShapeError(
            f"The action must be the number of one, but {describe(action)} arrives. Wire the action of a game.",
            port="action",
        )
    if values.dtype != "float" or values.rank != 1 or (actions is not None and values.sizes[0] != actions):
        wanted = f"{actions} values, one for each action" if actions is not None else "one value for each action"
        remedy = f"Give the last layer {actions or 'as many'} outputs."
        fixes: list[Fix] = [SetUpstream("out_features", actions, port="values")] if actions is not None else []
        if values.dtype == "float" and values.rank > 1:
            remedy, fixes = "Flatten it before.", [InsertBefore("Flatten", "values")]
        raise ShapeError(f"It reads {wanted}, but {describe(values)} arrives. {remedy}", fixes=fixes, port="values")
    for name, shape in (("reward", reward), ("ended", ended)):
        if shape.rank or shape.dtype != "float":
            raise ShapeError(
                f"{name} must be one number for each step, but {describe(shape)} arrives. Wire the {name} of a game.",
                port=name,
            )
    call = module("modules.QLearningLoss", gamma=gamma, delta=delta, **differing(clip=(clip, False)))
    return Built(call, outputs={"loss": Shape(())})
