"""The maps of a detector as boxes."""

from collections.abc import Sequence

from nodes.api import Built, Example, Int, Settings, SetUpstream, Shape, ShapeError, Sheet, image, layer, module
from nodes.api.saves import FLOAT, Saves


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for depth in range(4):
        sheet.box(16 + 5 * depth, 24 + 5 * depth, 50, 50, "pale")
    sheet.arrow((92, 56), (126, 56), "accent")
    sheet.grid(138, 10, 3, 3, 28, {(1, 1): "pale"})
    sheet.frame(158, 30, 50, 38)
    sheet.disc(183, 49, 3, "accent")
    return "Each cell gives boxes whose middle lies in it, how surely there is something, and scores of classes."


def _more_than_leaves(arrived: Sequence[Shape], left: Shape, settings: Settings) -> int:
    """The squashed places stand beside the boxes made of them; the scores of classes are a view of what arrives."""
    scores = arrived[0].values - 5 * left.values // 4
    return max(0, FLOAT * (left.values - scores))


@layer(
    id="BoxGrid",
    name="Boxes of a grid",
    picture=_drawn,
    outputs=("boxes", "sure", "scores"),
    saves=Saves(extra=_more_than_leaves),
    followed_by=["DetectionLoss", "NonMaximumSuppression"],
    stem="grid",
    formula="x = (column + σ(a)) / columns, y = (row + σ(b)) / rows, width = σ(c), height = σ(d), sure = σ(e)",
    params=[
        Int("boxes", 2, low=1, high=16, card=True, label="boxes of a cell", help="How many boxes each cell gives."),
    ],
    examples=[
        Example(inputs=[(20, 6, 6)], outputs={"boxes": (6, 6, 2, 4), "sure": (6, 6, 2), "scores": (6, 6, 10)}),
        Example(
            inputs=[(8, 3, 5)],
            params={"boxes": 1},
            outputs={"boxes": (3, 5, 1, 4), "sure": (3, 5, 1), "scores": (3, 5, 3)},
        ),
    ],
    words=["detection", "yolo", "anchor", "one-stage", "bounding box", "decode"],
)
def box_grid(x: Shape, *, boxes: int) -> Built:
    """Reads the maps of a detector as boxes (Redmon et al. 2016). Of the channels the first five of each box are the
    middle in its cell, width, height, and how surely there is something; the others are scores of the classes. Boxes
    are middle, width and height as shares of the picture."""
    channels, rows, columns = image(x)
    classes = channels - 5 * boxes
    if classes < 1:
        raise ShapeError(
            f"With {boxes} {'box' if boxes == 1 else 'boxes'} each cell needs {5 * boxes} channels and one more for "
            f"each class, but {channels} arrive. Give the layer before {5 * boxes} and as many as there are classes.",
            fixes=[SetUpstream("out_channels", 5 * boxes + 10, port="x")],
            port="x",
        )
    return Built(
        module("modules.BoxGrid", boxes).used_as("{boxes}, {sure}, {scores} = {layer}({x})"),
        outputs={
            "boxes": Shape((rows, columns, boxes, 4)),
            "sure": Shape((rows, columns, boxes)),
            "scores": Shape((rows, columns, classes)),
        },
    )
