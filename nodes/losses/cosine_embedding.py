"""Cosine embedding loss."""

from nodes.api import Built, Curve, Example, Float, Shape, differing, layer, module
from nodes.api.curves import number
from nodes.losses._pairs import ALIKE, check_alike, check_lists


@layer(
    id="CosineEmbeddingLoss",
    name="Cosine embedding loss",
    curve=Curve(
        [lambda x, s: 1 - x, lambda x, s: max(0.0, x - number(s, "margin", 0.0))],
        -1,
        1,
        "cosine of the angle between them",
        "loss",
        ("alike", "not alike"),
    ),
    least=0.0,
    role="loss",
    outputs=("loss",),
    formula="alike: loss = 1 − cos(input1, input2);  else: loss = max(0, cos(input1, input2) − margin)",
    params=[
        Float(
            "margin",
            0.0,
            low=-1.0,
            high=1.0,
            step=0.05,
            card=True,
            help="How alike (as a cosine) two lists may be that should differ.",
        )
    ],
    examples=[
        Example(inputs=[(16,), (16,), Shape((), "int", classes=2)], outputs={"loss": ()}),
        Example(inputs=[(16,), (16,), ()], params={"margin": 0.3}, outputs={"loss": ()}),
    ],
    words=["siamese", "similarity", "embedding", "metric learning"],
)
def cosine_embedding(input1: Shape, input2: Shape, target: Shape, *, margin: float) -> Built:
    """Turns two lists into the same direction if they belong together, and apart if not. The target is a label 1 for
    alike and 0 for different, or a number 1 and −1."""
    check_lists(input1=input1, input2=input2)
    check_alike(target)
    call = module("nn.CosineEmbeddingLoss", **differing(margin=(margin, 0.0)))
    return Built(call.used_as(f"{{loss}} = {{layer}}({{input1}}, {{input2}}, {ALIKE})"), outputs={"loss": Shape(())})
