"""Nets that say where something is."""

from __future__ import annotations

from app.core.graph.model import Project
from tools.templates.sketch import End, Sketch


def localise() -> Project:
    """A class and a box from the same maps, as Sermanet et al. 2013 do it for one object in a picture."""
    sketch = Sketch()
    shapes = sketch.add("shapes", "MadeUpShapes", shapes=1)
    x = f"{shapes}.image"
    for number, channels in enumerate((16, 24, 32), start=1):
        x = sketch.add(f"conv{number}", "Conv2d", x, out_channels=channels, kernel_size=3, padding="same", bias=False)
        x = sketch.add(f"relu{number}", "ReLU", sketch.add(f"norm{number}", "BatchNorm2d", x))
        x = sketch.add(f"pool{number}", "MaxPool2d", x)
    x = sketch.add("hidden", "Linear", sketch.add("flatten", "Flatten", x), out_features=64)
    x = sketch.add("relu4", "ReLU", x)
    kind = sketch.add("kind", "Linear", x, out_features=3)
    box = sketch.add("box", "Sigmoid", sketch.add("place", "Linear", x, out_features=4))
    sketch.add("kind_loss", "CrossEntropyLoss", kind, f"{shapes}.label")
    sketch.add("box_loss", "HuberLoss", box, f"{shapes}.box", delta=0.1, weight=50.0)
    sketch.in_rows(7)
    return sketch.project(
        "Localisation",
        "Says which shape is in a picture and where: two heads behind the same maps, cross-entropy for the class and "
        "Huber's loss for the box (Sermanet et al. 2013). The pictures are made up. Look inside, Boxes, shows answer "
        "and truth over the picture, with an overlap (IoU) of 0.83 in the mean over pictures.",
        epochs=20,
        lr=0.003,
        schedule="cosine",
        batch_size=32,
        metrics=("accuracy",),
    )


def keypoints() -> Project:
    """A map for each point, as Tompson et al. 2014 do it for the joints of a person."""
    sketch = Sketch()
    triangles = sketch.add("triangles", "MadeUpTriangles")
    near = _seen(sketch, 1, f"{triangles}.image", 12, 3)
    x = sketch.add("pool1", "MaxPool2d", near)
    for number, channels in ((2, 16), (3, 24), (4, 24)):
        x = _seen(sketch, number, x, channels, 5)
    x = sketch.add("up", "UpsampleLike", x, near)
    x = _seen(sketch, 5, sketch.add("both", "Concat", x, near), 16, 3)
    x = sketch.add("maps", "Conv2d", x, out_channels=3, kernel_size=1)
    sketch.add("loss", "MSELoss", x, f"{triangles}.heat", weight=100.0)
    sketch.in_rows(6)
    return sketch.project(
        "Keypoints",
        "Finds the corners of a triangle with a heat map for each, whose highest place is the answer (Tompson et al. "
        "2014). The pictures are made up. Look inside, Keypoints, shows answer and truth over the picture: 0.6 dots "
        "apart in the mean.",
        epochs=30,
        metrics=("mae",),
        lr=0.005,
        schedule="cosine",
        batch_size=32,
    )


def _seen(sketch: Sketch, number: int, x: End, channels: int, side: int) -> End:
    x = sketch.add(f"conv{number}", "Conv2d", x, out_channels=channels, kernel_size=side, padding="same", bias=False)
    return sketch.add(f"relu{number}", "ReLU", sketch.add(f"norm{number}", "BatchNorm2d", x))


def detect() -> Project:
    """A grid of boxes, as Redmon et al. 2016 do it."""
    sketch = Sketch()
    scenes = sketch.add("scenes", "DigitScenes")
    image = f"{scenes}.image"
    x = sketch.add("conv1", "Conv2d", image, out_channels=12, kernel_size=5, stride=2, padding=2, bias=False)
    x = sketch.add("relu1", "ReLU", sketch.add("norm1", "BatchNorm2d", x))
    for number, channels in ((2, 24), (3, 48)):
        x = sketch.add(f"pool{number}", "MaxPool2d", _seen(sketch, number, x, channels, 3))
    for number in (4, 5):
        x = _seen(sketch, number, x, 64, 3)
    maps = sketch.add("maps", "Conv2d", x, out_channels=20, kernel_size=1)
    sketch.add("grid", "BoxGrid", maps, boxes=2)
    ends = ("grid.boxes", "grid.sure", "grid.scores")
    sketch.add("loss", "DetectionLoss", *ends, f"{scenes}.boxes", f"{scenes}.digits")
    sketch.add("objects", "Output", sketch.add("found", "NonMaximumSuppression", *ends))
    sketch.in_rows(7)
    return sketch.project(
        "Detection",
        "Finds several handwritten digits in a picture: each cell of a grid gives boxes, how sure they are and a "
        "class, and of boxes on one digit the surest is left (Redmon et al. 2016). Where the digits stand is made up. "
        "Look inside, Detections, shows what is found. Of digits that it has not seen it reaches a mean average "
        "precision (mAP) of 0.83 to 0.88 from an overlap of 0.5 on, and of about 0.5 in the mean of 0.5 to 0.95.",
        epochs=25,
        lr=0.003,
        schedule="cosine",
        batch_size=32,
        metrics=("map", "map_50"),
    )
