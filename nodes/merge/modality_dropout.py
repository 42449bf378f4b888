"""Dropout of whole modalities."""

from nodes.api import Built, Example, Float, InsertBefore, Settings, Shape, ShapeError, Sheet, Values, layer, module
from nodes.api.saves import NOTHING
from nodes.api.shapes import describe


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for place, word in enumerate(("picture", "motion", "sound")):
        y = 10 + 30 * place
        sheet.box(18, y, 66, 22, None if place == 1 else "pale")
        sheet.text(51, y + 11, word, "ink")
        if place == 1:
            sheet.cross(51, y + 11, 14)
        sheet.arrow((90, y + 11), (136, 51), "accent" if place != 1 else "soft")
    sheet.box(144, 40, 60, 22, "family")
    sheet.text(174, 51, "joined", "ink")
    return "While training, all that one modality says of a sample is left out at times. Afterwards all of them count."


@layer(
    id="ModalityDropout",
    name="Modality dropout",
    picture=_drawn,
    saves=NOTHING,
    values=lambda s, *xs: Values(min(0.0, *(x.low for x in xs)), max(0.0, *(x.high for x in xs))),
    stem="joined",
    followed_by=["Linear"],
    formula="out = [m₁ · x₁, m₂ · x₂, …];  training: m = 0 with probability p, not all at once;  afterwards: m = 1",
    params=[
        Float(
            "p",
            0.3,
            low=0.0,
            high=1.0,
            step=0.05,
            card=True,
            label="drop rate",
            help="How often each modality is left out of a sample.",
        )
    ],
    examples=[
        Example(inputs=[(32,), (16,)], output=(48,)),
        Example(inputs=[(7, 4), (7, 2), (7, 3)], params={"p": 0.5}, output=(7, 9)),
    ],
    words=["fusion", "multimodal", "sensors", "moddrop", "missing"],
)
def modality_dropout(*xs: Shape, p: float) -> Built:
    """Joins what several senses say, such as a picture and a motion, and leaves one of them out whole at times while
    training. So a net does not lean on one alone, and still answers where a sensor fails: what is missing is zero
    (Neverova et al. 2016)."""
    first = xs[0]
    for place, x in enumerate(xs):
        if x.dtype != "float" or not x.rank or x.sizes[:-1] != first.sizes[:-1]:
            longer = place if x.rank > 1 else 0  # which of the two is no list
            fixes = [InsertBefore("Flatten", "xs", place=longer)] if x.dtype == "float" and x.rank else []
            raise ShapeError(
                f"Lists of numbers are joined here, one for each modality, but {describe(first)} and {describe(x)} "
                "arrive. Put a Flatten or a Linear before what is no list.",
                fixes=fixes,
                port="xs",
            )
    return Built(module("modules.ModalityDropout", p), output=(*first.sizes[:-1], sum(x.sizes[-1] for x in xs)))
