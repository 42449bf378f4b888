"""Of boxes that lie on each other, only the surest is left."""

from nodes.api import Built, Example, Float, Int, Settings, Shape, Sheet, layer, module
from nodes.api.grids import grid_of
from nodes.api.saves import NOTHING


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for x, y in ((26, 28), (32, 22), (22, 34)):
        sheet.frame(x, y, 52, 44, "soft", 1.4)
    sheet.frame(29, 26, 52, 44, "accent")
    sheet.arrow((100, 48), (134, 48), "accent")
    sheet.frame(150, 26, 52, 44, "accent")
    return "Several boxes lie on the same thing. The surest stays; those that share much with it go."


@layer(
    id="NonMaximumSuppression",
    name="Non-maximum suppression",
    picture=_drawn,
    saves=NOTHING,
    followed_by=["Output"],
    stem="found",
    formula="score = sure · largest softmax(scores); out goes what has IoU > overlap with a surer one of its class",
    params=[
        Float(
            "score",
            0.05,
            low=0.0,
            high=1.0,
            step=0.05,
            card=True,
            label="least score",
            help="Boxes that are less sure are left out. Low for measuring, as mAP looks at unsure ones too.",
        ),
        Float(
            "overlap",
            0.45,
            low=0.0,
            high=1.0,
            step=0.05,
            card=True,
            help="Of two boxes of one class that share more than this (intersection over union), the less sure goes.",
        ),
        Int("most", 20, low=1, high=1000, help="How many boxes are left at most in each picture."),
    ],
    examples=[
        Example(inputs=[(6, 6, 2, 4), (6, 6, 2), (6, 6, 10)], output=(20, 6)),
        Example(inputs=[(2, 3, 1, 4), (2, 3, 1), (2, 3, 4)], params={"most": 9, "overlap": 0.2}, output=(9, 6)),
    ],
    words=["nms", "detection", "yolo", "boxes", "greedy", "duplicates"],
)
def non_maximum_suppression(
    boxes: Shape, sure: Shape, scores: Shape, *, score: float, overlap: float, most: int
) -> Built:
    """Leaves of the boxes of a detector those that are sure, and of several on one thing the surest. Each row is the
    middle, width and height of a box, its score and its class, counted from 1; rows of zeros are none. Nothing is
    learned through it (Redmon et al. 2016)."""
    rows, columns, each, _ = grid_of(boxes, sure, scores)
    count = rows * columns * each
    return Built(
        module("modules.NonMaximumSuppression", score, overlap, most),
        output=(most, 6),
        multiply_adds=8 * count * count,
    )
