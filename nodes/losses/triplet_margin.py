"""Triplet loss."""

from nodes.api import Built, Curve, Example, Float, Shape, Switch, differing, layer, module
from nodes.api.curves import number
from nodes.losses._pairs import check_lists


@layer(
    id="TripletMarginLoss",
    name="Triplet loss",
    curve=Curve(
        [lambda x, s: max(0.0, x + number(s, "margin", 1.0))],
        -3,
        2,
        "|anchor − positive| − |anchor − negative|",
        "loss",
    ),
    least=0.0,
    role="loss",
    outputs=("loss",),
    formula="loss = max(0, |anchor − positive| − |anchor − negative| + margin), mean over the batch",
    params=[
        Float(
            "margin",
            1.0,
            low=0.0,
            high=1e6,
            open_low=True,
            card=True,
            help="How much farther away the negative must be than the positive.",
        ),
        Float(
            "p",
            2.0,
            low=1.0,
            high=10.0,
            step=1.0,
            label="norm",
            help="How distance is measured: 2 in a straight line, 1 along the axes.",
        ),
        Switch("swap", False, help="Also counts the distance from positive to negative, if that is smaller."),
    ],
    examples=[
        Example(inputs=[(16,), (16,), (16,)], outputs={"loss": ()}),
        Example(inputs=[(8,), (8,), (8,)], params={"margin": 0.2, "p": 1.0, "swap": True}, outputs={"loss": ()}),
    ],
    words=["siamese", "face recognition", "embedding", "metric learning", "facenet"],
)
def triplet_margin(anchor: Shape, positive: Shape, negative: Shape, *, margin: float, p: float, swap: bool) -> Built:
    """Brings a sample nearer to one of its kind than to one of another kind, as for recognising faces
    (Schroff et al. 2015)."""
    check_lists(anchor=anchor, positive=positive, negative=negative)
    options = differing(margin=(margin, 1.0), p=(p, 2.0), swap=(swap, False))
    return Built(module("nn.TripletMarginLoss", **options), outputs={"loss": Shape(())})
