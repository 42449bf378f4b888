"""Kullback-Leibler divergence."""

from nodes.api import Built, Example, Shape, Switch, differing, layer, module
from nodes.api.shapes import floats
from nodes.losses._numbers import compared


@layer(
    id="KLDivLoss",
    name="KL divergence",
    picture="divergence",
    role="loss",
    outputs=("loss",),
    formula="loss = Σ target · (log target − prediction), mean over the batch",
    params=[
        Switch("log_target", False, label="target is a logarithm", help="The target holds logarithms too."),
    ],
    examples=[
        Example(inputs=[(10,), (10,)], outputs={"loss": ()}),
        Example(inputs=[(7, 5), (7, 5)], params={"log_target": True}, outputs={"loss": ()}),
    ],
    words=["kullback", "leibler", "distillation", "relative entropy", "variational"],
)
def kl_div(prediction: Shape, target: Shape, *, log_target: bool) -> Built:
    """How far the predicted probabilities are from those of the target (Kullback and Leibler 1951), as when a small
    network learns from a large one. The prediction must be logarithms: put a log-softmax before it."""
    read, truth = compared(prediction, floats(target, "target"))
    call = module("nn.KLDivLoss", reduction="batchmean", **differing(log_target=(log_target, False)))
    return Built(call.used_as(f"{{loss}} = {{layer}}({read}, {truth})"), outputs={"loss": Shape(())})
