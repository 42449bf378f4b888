"""What the cells of RNN, LSTM and GRU have in common: one step of a recurrent layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nodes.api import Built, Int, SetParam, SetUpstream, Shape, ShapeError, Switch, module
from nodes.api.calls import Value
from nodes.api.curves import Settings
from nodes.api.saves import FLOAT, Extra
from nodes.api.shapes import describe, flat

SETTINGS = (
    Int("hidden_size", 64, low=1, high=65_536, label="units", card=True, help="Size of the memory."),
    Switch("bias", True, help="Adds learned numbers to the sums: two for each unit and gate."),
)


def cell(
    constructor: str,
    gates: int,
    x: Shape,
    states: Mapping[str, Shape | None],
    *,
    hidden_size: int,
    bias: bool,
    **options: Value,
) -> Built:
    """The cell with so many gates. ``states`` are the ports of what it remembers; each output is called after its port:
    ``h_0`` leaves as ``h_1``.

    Raises:
        ShapeError: if no flat list arrives, or a state of another size.
    """
    if x.rank == 2 and x.dtype == "float":
        raise ShapeError(
            f"A cell reads one step, but {describe(x)} arrives. Put it into a block whose input is read step by step, "
            "or use the layer that reads whole sequences."
        )
    features = flat(x)
    for port, state in states.items():
        if state is not None and state != Shape((hidden_size,)):
            fixes = [SetUpstream("out_features", hidden_size, port)]
            raise ShapeError(
                f"What the cell remembers has {hidden_size:,} numbers, but {describe(state)} arrives at {port}.",
                fixes=[*fixes, SetParam("hidden_size", state.values)] if state.kind == "vector" else [],
                port=port,
            )
    weights: dict[str, tuple[int, ...]] = {
        "weight_ih": (gates * hidden_size, features),
        "weight_hh": (gates * hidden_size, hidden_size),
    }
    if bias:
        weights |= {"bias_ih": (gates * hidden_size,), "bias_hh": (gates * hidden_size,)}
        given: dict[str, Value] = dict(options)
    else:
        given = {"bias": False, **options}
    wired = [port for port, state in states.items() if state is not None]
    ends = [port.replace("_0", "_1") for port in states]
    read = ""
    if wired:
        told = [f"{{{port}}}" if port in wired else f"torch.zeros_like({{{wired[0]}}})" for port in states]
        read = f", {told[0]}" if len(told) == 1 else f", ({', '.join(told)})"
    left = ", ".join(f"{{{end}}}" for end in ends)
    return Built(
        module(constructor, features, hidden_size, **given).used_as(f"{left} = {{layer}}({{x}}{read})"),
        outputs={end: Shape((hidden_size,)) for end in ends},
        weights=weights,
        multiply_adds=gates * hidden_size * (features + hidden_size),
    )


def kept(numbers: int) -> Extra:
    """So many numbers for each unit are saved for the way back."""

    def extra(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
        units: int = settings["hidden_size"]
        return FLOAT * numbers * units

    return extra
