"""A list again and again along time."""

from nodes.api import Built, Example, InsertBefore, Int, Misfit, Settings, Shape, Sheet, expression, layer
from nodes.api.pictures import words_of
from nodes.api.shapes import describe, floats
from nodes.api.values import same


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(30, 41, 1, 3, 18, lambda row, column: 0.3 + 0.25 * column)
    sheet.arrow((92, 50), (126, 50), "accent")
    sheet.grid(142, 14, 4, 3, 18, lambda row, column: 0.3 + 0.25 * column)
    return f"The same vector again for each of {words_of(settings, 'times', 4)} steps."


@layer(
    id="Repeat",
    name="Repeat over time",
    picture=_drawn,
    values=same,
    formula="out[t] = x for every step t",
    params=[Int("times", 10, low=1, high=100_000, label="steps", card=True, help="How many steps the sequence gets.")],
    examples=[
        Example(inputs=[(5,)], output=(10, 5)),
        Example(inputs=[(5,)], params={"times": 7}, output=(7, 5)),
        Example(inputs=[()], params={"times": 4}, output=(4,)),
    ],
    words=["repeat vector", "copy", "sequence", "decoder", "tile"],
)
def repeat(x: Shape, *, times: int) -> Built:
    """Makes a sequence that says the same at every step, so that a recurrent layer can read one list as often as
    needed."""
    if floats(x).rank > 1:
        raise Misfit(
            f"One list is repeated over time, but {describe(x)} arrives. Take one step of it with Select, or put a "
            "Flatten before this layer.",
            fixes=[*([InsertBefore("Select")] if x.rank == 2 else []), InsertBefore("Flatten")],
        )
    hold = ", ".join(["-1", str(times), *["-1"] * x.rank])
    return Built(expression(f"{{x}}.unsqueeze(1).expand({hold})"), output=(times, *x.sizes))
