"""Nets that say whether two things are alike."""

from __future__ import annotations

from dataclasses import replace

from app.core.graph.model import Project
from tools.templates.measures import face_features
from tools.templates.sketch import Sketch

CODE = 8


def siamese() -> Project:
    """Two branches with the same weights, as those of Bromley et al. 1993, with the loss of Hadsell et al. 2006."""
    sketch, branch = Sketch(), Sketch()
    x = branch.add("picture", "In")
    for number, channels in ((1, 16), (2, 32)):
        x = branch.add(f"conv{number}", "Conv2d", x, out_channels=channels, kernel_size=3, padding="same")
        x = branch.add(f"pool{number}", "MaxPool2d", branch.add(f"relu{number}", "ReLU", x))
    x = branch.add("fc1", "Linear", branch.add("flatten", "Flatten", x), out_features=64)
    x = branch.add("fc2", "Linear", branch.add("relu3", "ReLU", x), out_features=CODE)
    branch.add("code", "Out", x)
    sketch.blocks = {"branch": branch.block(f"Makes {CODE} numbers of a picture")}
    pairs = sketch.add("pairs", "DigitPairs")
    one = sketch.add("one", "branch", f"{pairs}.first")
    other = sketch.add("other", "branch", f"{pairs}.second")
    sketch.nodes[other] = replace(sketch.nodes[other], shares=one)
    sketch.add("loss", "ContrastiveLoss", one, other, f"{pairs}.same")
    sketch.in_rows(4)
    return sketch.project(
        "Alike or not",
        "Two branches with the same weights make eight numbers of each of two digits, and a contrastive loss sets them "
        "near if both are alike (Bromley et al. 1993). Look inside, Pairs: distances, ROC curve and the closest "
        "decisions. It nearly always tells pairs of new pictures right (AUC above 0.99); pairs of 8 and 9, of which it "
        "has seen no picture (part test), no better than a comparison of dots (AUC 0.6 to 0.75).",
        epochs=20,
        metrics=(),
        lr=0.002,
        batch_size=64,
    )


def triplet() -> Project:
    """Codes of faces by triplets that are found in each batch, as in FaceNet (Schroff et al. 2015)."""
    sketch = Sketch()
    people = sketch.add("people", "MadeUpPeople")
    x = face_features(sketch, f"{people}.image")
    code = sketch.add("code", "Linear", sketch.add("flatten", "Flatten", x), out_features=16)
    sketch.add("loss", "BatchTripletLoss", code, f"{people}.person")
    sketch.in_rows(7)
    return sketch.project(
        "The same face?",
        "Makes sixteen numbers of a face that lie near each other for one person, with triplets that are found in each "
        "batch (Schroff et al. 2015). The people are drawn, and those that check are not among those to learn from. "
        "Look inside, Pairs: distances, ROC curve and the closest decisions (AUC about 0.95).",
        epochs=25,
        metrics=(),
        lr=0.002,
        schedule="cosine",
        batch_size=96,
    )
