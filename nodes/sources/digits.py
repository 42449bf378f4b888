"""The handwritten digits that come with scikit-learn."""

from nodes.api import Built, Choice, Example, Shape, layer, source


@layer(
    id="Digits",
    name="Handwritten digits",
    role="source",
    outputs=("image", "label"),
    params=[
        Choice(
            "size",
            "8×8",
            options=("8×8", "16×16", "32×32"),
            card=True,
            help="The pictures are 8×8 dots; larger sizes are interpolated, so that deeper networks fit.",
        )
    ],
    examples=[
        Example(outputs={"image": Shape((1, 8, 8)), "label": Shape((), "int", classes=10)}),
        Example(params={"size": "32×32"}, outputs={"image": Shape((1, 32, 32)), "label": Shape((), "int", classes=10)}),
    ],
    words=["mnist", "data", "images", "numbers"],
)
def digits(*, size: str) -> Built:
    """1,797 real handwritten digits, collected from 43 people (Alpaydin and Kaynak 1998). They come with
    scikit-learn, so nothing is downloaded. Each has an image with values from 0 to 1 and a label from 0 to 9."""
    side = int(size.split("×")[0])
    return Built(
        source("digits"),
        outputs={"image": Shape((1, side, side)), "label": Shape((), "int", classes=10)},
    )
