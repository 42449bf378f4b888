"""The loss of a detector."""

from nodes.api import Built, Curve, Example, Float, SetUpstream, Shape, ShapeError, layer, module
from nodes.api.grids import grid_of
from nodes.api.shapes import describe


@layer(
    id="DetectionLoss",
    name="Detection loss",
    curve=Curve(
        [lambda x, s: (x - 0.8) ** 2, lambda x, s: 0.5 * x * x],
        0,
        1,
        "how sure a box is",
        "loss",
        ("overlaps by 0.8", "nothing there"),
    ),
    least=0.0,
    role="loss",
    outputs=("loss",),
    formula="loss = place · Σ [Δx² + Δy² + (Δ√width)² + (Δ√height)²] + Σ (sure − IoU)² + empty · Σ sure² + Σ "
    "cross-entropy; x and y in cells",
    params=[
        Float(
            "place",
            5.0,
            low=0.0,
            high=1e4,
            card=True,
            label="weight of places",
            help="How much middle and size count beside the rest.",
        ),
        Float(
            "empty",
            0.5,
            low=0.0,
            high=1e4,
            step=0.1,
            card=True,
            label="weight of empty boxes",
            help="How much the boxes count that no object belongs to, for they are many.",
        ),
    ],
    examples=[
        Example(
            inputs=[(6, 6, 2, 4), (6, 6, 2), (6, 6, 10), (4, 4), Shape((4,), "int", classes=11)], outputs={"loss": ()}
        ),
        Example(
            inputs=[(3, 2, 1, 4), (3, 2, 1), (3, 2, 4), (1, 4), Shape((1,), "int")],
            params={"place": 1.0, "empty": 1.0},
            outputs={"loss": ()},
        ),
    ],
    words=["yolo", "objectness", "bounding box", "one-stage"],
)
def detection(
    boxes: Shape,
    sure: Shape,
    scores: Shape,
    true_boxes: Shape,
    true_kinds: Shape,
    *,
    place: float,
    empty: float,
) -> Built:
    """Teaches a grid of boxes where things are and what they are (after Redmon et al. 2016, with cross-entropy for the
    class). Each object belongs to the cell that its middle lies in, and there to the box that overlaps it most. True
    boxes are middle, width and height as shares of the picture; a true kind is counted from 1, and 0 is none."""
    *_, classes = grid_of(boxes, sure, scores)
    if true_boxes.dtype != "float" or true_boxes.rank != 2 or true_boxes.sizes[1] != 4:
        raise ShapeError(
            f"The true boxes are a list of four numbers each, but {describe(true_boxes)} arrives. Wire the boxes of "
            "the data to it.",
            port="true_boxes",
        )
    if true_kinds.dtype != "int" or true_kinds.sizes != true_boxes.sizes[:1]:
        raise ShapeError(
            f"There is one class for each of the {true_boxes.sizes[0]} true boxes, but {describe(true_kinds)} arrives. "
            "Wire the classes of the boxes to it.",
            port="true_kinds",
        )
    if true_kinds.classes is not None and true_kinds.classes - 1 != classes:
        wanted = 5 * sure.sizes[2] + true_kinds.classes - 1
        raise ShapeError(
            f"The data has {true_kinds.classes - 1} classes and one for nothing, but the grid has scores for "
            f"{classes}. Give the last layer before the grid {wanted} channels.",
            fixes=[SetUpstream("out_channels", wanted, port="boxes")],
            port="scores",
        )
    return Built(module("modules.DetectionLoss", place, empty), outputs={"loss": Shape(())})
