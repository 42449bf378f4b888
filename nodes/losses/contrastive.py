"""Contrastive loss."""

from nodes.api import Built, Curve, Example, Float, Shape, layer, module
from nodes.api.curves import number
from nodes.losses._pairs import check_alike, check_lists


@layer(
    id="ContrastiveLoss",
    name="Contrastive loss",
    curve=Curve(
        [lambda x, s: 0.5 * x * x, lambda x, s: 0.5 * max(0.0, number(s, "margin", 1.0) - x) ** 2],
        0,
        2,
        "distance",
        "loss",
        ("alike", "not alike"),
    ),
    least=0.0,
    role="loss",
    outputs=("loss",),
    formula="alike: loss = ½ · d²;  else: loss = ½ · max(0, margin − d)²;  d = |input1 − input2|",
    params=[
        Float(
            "margin",
            1.0,
            low=0.0,
            high=1e6,
            open_low=True,
            card=True,
            help="The distance that different samples should have; beyond it they no longer count.",
        )
    ],
    examples=[
        Example(inputs=[(16,), (16,), Shape((), "int", classes=2)], outputs={"loss": ()}),
        Example(inputs=[(16,), (16,), ()], params={"margin": 2.0}, outputs={"loss": ()}),
    ],
    words=["siamese", "similarity", "embedding", "metric learning", "signature"],
)
def contrastive(input1: Shape, input2: Shape, target: Shape, *, margin: float) -> Built:
    """Pulls two lists together if they belong together, and pushes them apart if not (Hadsell et al. 2006). The target
    is a label 1 for alike and 0 for different, or a number 1 and −1."""
    check_lists(input1=input1, input2=input2)
    check_alike(target)
    return Built(module("modules.ContrastiveLoss", margin), outputs={"loss": Shape(())})
