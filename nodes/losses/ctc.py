"""Connectionist temporal classification."""

from nodes.api import (
    Built,
    Example,
    Fix,
    InsertBefore,
    Int,
    SetParam,
    Settings,
    SetUpstream,
    Shape,
    ShapeError,
    Sheet,
    Switch,
    differing,
    layer,
    module,
)
from nodes.api.shapes import describe, sequence


def _drawn(sheet: Sheet, settings: Settings) -> str:
    for step, letter in enumerate("hha-llo--"):
        sheet.box(16 + 23 * step, 16, 20, 24, "pale" if letter != "-" else None)
        sheet.text(26 + 23 * step, 28, letter, "ink")
    sheet.arrow((120, 46), (120, 64), "accent")
    sheet.text(120, 78, "h a l o", "family", bold=True)
    return "Repeats are taken out, then blanks. All paths that spell the target count together."


@layer(
    id="CTCLoss",
    name="CTC loss",
    picture=_drawn,
    reads="log_probabilities",
    least=0.0,
    role="loss",
    outputs=("loss",),
    formula="loss = −log Σ p(path) / letters of the target, mean over the batch;  the paths are all that spell the "
    "target once repeats and then blanks are taken out",
    params=[
        Int("blank", 0, low=0, high=1_000_000, help="The class that means nothing new; it also fills short targets."),
        Switch(
            "zero_infinity",
            True,
            label="skip the impossible",
            help="Counts a target that does not fit into the steps as 0 instead of infinity.",
        ),
    ],
    examples=[
        Example(inputs=[(20, 12), Shape((5,), "int")], outputs={"loss": ()}),
        Example(
            inputs=[(20, 12), Shape((5,), "int", classes=11)],
            params={"blank": 11, "zero_infinity": False},
            outputs={"loss": ()},
        ),
    ],
    words=["speech", "handwriting", "alignment", "sequence", "ocr"],
)
def ctc(log_probs: Shape, targets: Shape, *, blank: int, zero_infinity: bool) -> Built:
    """Teaches a network to spell a text when nobody says which step belongs to which letter (Graves et al. 2006).
    Reads the log-softmax of every step and the letters as numbers; a text that is shorter ends in blanks."""
    steps, scores = sequence(log_probs, "log_probs")
    if targets.dtype != "int" or targets.rank != 1:
        raise ShapeError(
            f"The targets must be letters or words as whole numbers, but {describe(targets)} arrives. "
            "Wire the text of the data to it.",
            port="targets",
        )
    if targets.sizes[0] > steps:
        raise ShapeError(
            f"A target of {targets.sizes[0]} letters does not fit into {steps} steps, for each letter needs one. "
            "Shorten the targets, or shrink the sequence less before the loss."
        )
    if targets.classes is not None and scores < targets.classes:
        raise ShapeError(
            f"There are {targets.classes} letters, but the prediction has {scores} scores. "
            f"Give the last layer {targets.classes} outputs.",
            fixes=[
                SetUpstream("out_features", targets.classes, port="log_probs"),
                InsertBefore("Linear", port="log_probs", params=(("out_features", targets.classes),)),
            ],
        )
    if blank >= scores:
        fixes: list[Fix] = [SetParam("blank", 0)]
        raise ShapeError(
            f"The blank is class {blank}, but the prediction has only the classes 0 to {scores - 1}. "
            "Choose one of them.",
            fixes=fixes,
        )
    call = module("nn.CTCLoss", **differing(blank=(blank, 0), zero_infinity=(zero_infinity, False)))
    lengths = f"torch.full((len({{targets}}),), {log_probs.steps_text('log_probs')}), ({{targets}} != {blank}).sum(1)"
    return Built(
        call.used_as(f"{{loss}} = {{layer}}({{log_probs}}.transpose(0, 1), {{targets}}, {lengths})"),
        outputs={"loss": Shape(())},
    )
