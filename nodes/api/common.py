"""Settings that mean the same for every layer: start and freezing of weights, weight and reach of a loss."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from nodes.api.calls import Built
from nodes.api.given import BadGiven, Given, fitted, nested
from nodes.api.params import Assignments, Choice, Float, Int, Names, Param, Switch
from nodes.api.shape_error import Fix, SetParam, ShapeError

# The rule's word: the function of nn.init, and whether it takes the number of ``init_value``.
_FILLS: Mapping[str, tuple[str, bool]] = {
    "torch": ("", False),
    "Xavier uniform": ("xavier_uniform_", False),
    "Xavier normal": ("xavier_normal_", False),
    "Kaiming uniform": ("kaiming_uniform_", False),
    "Kaiming normal": ("kaiming_normal_", False),
    "orthogonal": ("orthogonal_", False),
    "normal": ("normal_", True),
    "constant": ("constant_", True),
    "given": ("given", False),
}

_FROZEN = Switch(
    "frozen",
    False,
    on_card="frozen",
    card=True,
    help="Keeps training from changing these weights, and a batch norm from changing its mean and variance.",
)
_LR_FACTOR = Float(
    "lr_factor",
    1.0,
    low=0.0,
    high=1e4,
    step=0.1,
    open_low=True,
    label="rate factor",
    help="How many times as fast as the rest this layer learns: its learning rate is that of the recipe times this. "
    "A new last layer on trained ones may take 10, trained ones below it 0.1.",
)
_INIT = Choice(
    "init",
    "torch",
    options=tuple(_FILLS),
    label="start rule",
    help="How the weights start: torch's own rule, Xavier (Glorot and Bengio 2010), Kaiming (He et al. 2015), "
    "orthogonal (Saxe et al. 2014), random around 0, all equal, or given: the numbers in the table. With any but "
    "torch's and given, biases start at 0.",
)
_INIT_VALUE = Float(
    "init_value",
    0.05,
    low=-1e3,
    high=1e3,
    step=0.01,
    label="start value",
    help="For normal: the deviation. For constant: the value. Else unused.",
)
_GIVEN = Given(
    "given",
    "",
    label="numbers",
    help="For given: the weights by torch's names, such as weight 1×3: 6 2 2; bias 1: -5. What is not given is 0.",
)
_WEIGHT = Float("weight", 1.0, low=0.0, high=1e6, step=0.1, help="How much this loss counts beside the others.")
_UPDATES = Names(
    "updates",
    help="The layers that this loss trains. Empty means all; an adversarial net gives each side its own.",
)
_STEPS = Int(
    "steps",
    1,
    low=1,
    high=1000,
    label="steps per turn",
    help="Where losses train different layers in turn: how many steps this one takes before the next has its turn, "
    "each on a batch of its own. A judge that learns five times as often as its generator has 5 here.",
)


def needs_value(init: str) -> bool:
    """Whether this way to start the weights reads ``init_value``."""
    return _FILLS.get(init, ("", False))[1]


def common_params(learns: str, role: str) -> tuple[Param, ...]:
    """The settings that are added to those a layer file declares."""
    if role == "loss":
        return _WEIGHT, _UPDATES, _STEPS, *_own_optimizer()
    if learns == "weights":
        return _INIT, _INIT_VALUE, _GIVEN, _FROZEN, _LR_FACTOR
    return (_FROZEN, _LR_FACTOR) if learns == "scale" else ()


def _numbers(built: Built, text: str) -> str:
    """Weights set by hand, as they are printed.

    Raises:
        ShapeError: if the text cannot be read, or does not fit the layer.
    """
    try:
        tables, _ = fitted(text, built.weights)
    except BadGiven as bad:
        fixes: list[Fix] = [SetParam("given", bad.whole) if bad.whole else SetParam("init", "torch")]
        raise ShapeError(str(bad), fixes=fixes) from None
    shapes = built.weights
    return repr({name: nested(numbers, shapes[name]) for name, numbers in tables.items()}).replace("'", '"')


AS_RECIPE = "as the recipe"


@cache
def _own_optimizer() -> tuple[Param, ...]:
    """How a loss is served in its own way; where several losses train the same layers, what one of them says counts
    for all."""
    from nodes.api.declared import optimizers  # their files are written in the same words as this one's

    known = tuple(dict.fromkeys(param for each in optimizers().values() for param in each.params))
    return (
        Choice(
            "optimizer",
            AS_RECIPE,
            options=(AS_RECIPE, *optimizers()),
            label="own optimizer",
            help="The optimizer that serves this loss. It matters where losses train different layers in turn.",
        ),
        Float(
            "lr",
            0.0,
            low=0.0,
            high=10.0,
            step=0.0001,
            label="own learning rate",
            help="The learning rate for this loss; 0 means that of the recipe.",
        ),
        Assignments(
            "optimizer_settings",
            known=known,
            label="own settings",
            help="Settings of its optimizer that differ from the recipe, such as beta1=0.5, weight_decay=0.01.",
        ),
    )


def with_common(built: Built, settings: Mapping[str, Any], common: Collection[str]) -> Built:
    """``built`` with what the common settings say of its call."""
    if not common or "weight" in common:
        return built  # a loss: the printer and the trainer read weight and updates from its settings
    call = built.call
    fill, takes_value = _FILLS[settings["init"] if "init" in common else "torch"]
    if fill == "given":
        call = replace(call, fill=(fill, _numbers(built, str(settings.get("given", "")))))
    elif fill:
        # nn.init.normal_(tensor, mean, std), nn.init.constant_(tensor, value): both are named in the printed call.
        name = "std" if fill == "normal_" else "val"
        value = abs(settings["init_value"]) if fill == "normal_" else settings["init_value"]
        call = replace(call, fill=(fill, f"{name}={value!r}") if takes_value else (fill,))
    if settings.get("frozen"):
        call = replace(call, frozen=True)
    if settings.get("lr_factor", 1.0) != 1.0:
        call = replace(call, lr_factor=float(settings["lr_factor"]))
    return replace(built, call=call) if call is not built.call else built
