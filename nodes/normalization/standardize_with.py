"""Standardization with numbers that are given."""

from nodes.api import Built, Example, Numbers, SetParam, Settings, Shape, ShapeError, Sheet, Values, layer, module
from nodes.api.saves import NOTHING
from nodes.api.shapes import floats


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.segment((20, 60), (100, 60), "soft", 0.9)
    sheet.segment((20, 60), (100, 20), "family", 2.0)
    sheet.arrow((112, 44), (136, 44), "accent")
    sheet.segment((148, 44), (228, 44), "soft", 0.9)
    sheet.segment((148, 64), (228, 24), "family", 2.0)
    return "Pixels from 0 to 1 become numbers around 0, by a mean and a deviation that are known."


@layer(
    id="StandardizeWith",
    name="Standardize with given numbers",
    picture=_drawn,
    saves=NOTHING,
    values=Values(kind="centred"),
    formula="out = (x − mean) / std",
    params=[
        Numbers(
            "mean", (0.5,), most=65_536, card=True, help="What is subtracted: one number, or one for each channel."
        ),
        Numbers(
            "std",
            (0.5,),
            low=1e-6,
            most=65_536,
            card=True,
            label="deviation",
            help="What is divided by then: one number, or one for each channel.",
        ),
    ],
    examples=[
        Example(inputs=[(3, 8, 6)], output=(3, 8, 6)),
        Example(
            inputs=[(3, 8, 6)],
            params={"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)},
            output=(3, 8, 6),
        ),
        Example(inputs=[(13,)], params={"mean": (2.0,), "std": (4.0,)}, output=(13,)),
    ],
    words=["normalize", "imagenet", "mean", "deviation", "scale", "shift"],
)
def standardize_with(x: Shape, *, mean: tuple[float, ...], std: tuple[float, ...]) -> Built:
    """Subtracts a mean and divides by a deviation that are given. A net that was trained elsewhere needs those with
    which it was trained; for your own data, Standardize measures them."""
    sizes = floats(x).sizes
    if not sizes:
        raise ShapeError("There is no axis of channels in a single number. Use Standardize.")
    channels = sizes[0]
    for name, word, numbers in (("mean", "means", mean), ("std", "deviations", std)):
        if len(numbers) not in (1, channels):
            first = numbers[:1] or (0.5,)
            raise ShapeError(
                f"{channels} channels arrive, but there are {len(numbers)} {word}. Give one, or one for each channel.",
                fixes=[SetParam(name, first)],
            )
    call = module("modules.StandardizeWith", tuple(mean), tuple(std), *((len(sizes),) if len(sizes) != 1 else ()))
    return Built(call, output=x, multiply_adds=x.values)
