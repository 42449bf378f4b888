"""Triplet loss within a batch."""

from nodes.api import Built, Choice, Curve, Example, Float, InsertBefore, Shape, ShapeError, layer, module
from nodes.api.curves import number
from nodes.api.shapes import describe


@layer(
    id="BatchTripletLoss",
    name="Triplet loss in a batch",
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
    formula="loss = max(0, |a − p| − |a − n| + margin); a, p of one label, n of another; mean over the triplets chosen",
    params=[
        Float(
            "margin",
            1.0,
            low=0.0,
            high=1e6,
            open_low=True,
            card=True,
            help="How much farther away a sample of another label must be.",
        ),
        Choice(
            "mining",
            "semi-hard",
            options=("semi-hard", "hard", "all"),
            card=True,
            help="Which triplets of a batch count: for each two of a label the nearest other one behind them "
            "(semi-hard), for each sample the farthest of its label and the nearest other one (hard), or all that are "
            "not far enough apart.",
        ),
    ],
    examples=[
        Example(inputs=[(16,), Shape((), "int", classes=10)], outputs={"loss": ()}),
        Example(inputs=[(8,), Shape((), "int")], params={"margin": 0.2, "mining": "hard"}, outputs={"loss": ()}),
        Example(inputs=[(8,), Shape((), "int")], params={"mining": "all"}, outputs={"loss": ()}),
    ],
    words=["siamese", "face recognition", "embedding", "metric learning", "facenet", "hard negative", "mining"],
)
def batch_triplet(codes: Shape, target: Shape, *, margin: float, mining: str) -> Built:
    """Brings samples of one label nearer to each other than to others, with triplets that it finds in each batch: most
    are easy soon, and only the hard ones teach something (Schroff et al. 2015; hard: Hermans et al. 2017). A batch
    needs several samples of each label."""
    if codes.dtype != "float" or codes.rank != 1:
        raise ShapeError(
            f"This loss compares lists of numbers, but {describe(codes)} arrives at codes. "
            f"{'Put a Flatten before it.' if codes.dtype == 'float' else 'Wire the last layer of a network to it.'}",
            [InsertBefore("Flatten", "codes")] if codes.dtype == "float" else [],
            "codes",
        )
    if target.dtype != "int" or target.rank:
        raise ShapeError(
            f"The target says for each sample who or what it is, one label, but {describe(target)} arrives. Wire the "
            "label of the data to it.",
            port="target",
        )
    return Built(module("modules.BatchTripletLoss", margin, mining), outputs={"loss": Shape(())})
