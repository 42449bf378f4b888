"""Flatten."""

from nodes.api import Built, Example, InsertBefore, Settings, Shape, ShapeError, Sheet, expression, layer
from nodes.api.pictures import Colour
from nodes.api.values import same
from nodes.reshape._pictures import numbered


def _drawn(sheet: Sheet, settings: Settings) -> str:
    numbered(sheet, 14, 24, 3, 3, 18)
    sheet.arrow((74, 51), (92, 51), "accent")
    fills: dict[tuple[int, int], Colour] = {(0, place): 0.15 + 0.2 * (place // 3) for place in range(9)}
    sheet.grid(97, 43, 1, 9, 15.5, fills, [[str(place + 1) for place in range(9)]])
    return "All values in one row, line by line. Nothing is computed."


@layer(
    id="Flatten",
    name="Flatten",
    picture=_drawn,
    values=same,
    linear="values",
    followed_by=["Linear", "Dropout", "BatchNorm1d"],
    backward="what comes back goes to the places where the values came from",
    formula="out = all values of x in one row",
    examples=[
        Example(inputs=[(16, 5, 5)], output=(400,)),
        Example(inputs=[(7,)], output=(7,)),
    ],
    words=["reshape", "vector"],
)
def flatten(x: Shape) -> Built:
    """Puts all values in one row, so that a fully connected layer can read them."""
    if x.dtype != "float":
        sentence = "Flatten reads numbers of an image or a sequence, but whole numbers arrive. Embed them first."
        room = (("num_embeddings", x.classes),) if x.classes is not None else ()
        raise ShapeError(sentence, fixes=[InsertBefore("Embedding", params=room)])
    return Built(expression("torch.flatten({x}, 1)" if x.rank else "{x}.reshape(-1, 1)"), output=(x.values,))
