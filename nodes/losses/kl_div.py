"""Kullback-Leibler divergence."""

from nodes.api import Built, Example, Settings, Shape, Sheet, Switch, differing, layer, module
from nodes.api.shapes import floats
from nodes.losses._numbers import compared


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for step, (low, high) in enumerate(((0.2, 0.4), (0.7, 0.5), (1.0, 0.8), (0.6, 0.9), (0.2, 0.4), (0.1, 0.2))):
        x = 30 + 32 * step
        sheet.box(x, 84 - 64 * low, 12, 64 * low, "family")
        sheet.box(x + 12, 84 - 64 * high, 12, 64 * high, "accent")
    sheet.text(66, 94, "target", "family", bold=True)
    sheet.text(160, 94, "prediction", "accent", bold=True)
    return "How far one distribution lies from another: 0 where they are the same."


@layer(
    id="KLDivLoss",
    name="KL divergence",
    picture=_drawn,
    reads={"prediction": "log_probabilities", "target": "distribution"},
    least=0.0,
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
