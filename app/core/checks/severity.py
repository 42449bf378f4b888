"""How grave a finding is, and why such a thing happens: by the code of a problem, a note or a finding of a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["hint", "warning", "error"]


@dataclass(frozen=True, slots=True)
class FindingKind:
    """``hint``: it works, and could be better; ``warning``: it learns worse than it should; ``error``: it cannot learn
    what it is meant to. ``why`` is one or two sentences for whoever asks."""

    severity: Severity
    why: str


_SOFTMAX = (
    "A softmax of values that lie close together is almost even, so its gradients are small and it never gets sure."
)
_UNREACHED = "Where the last function cannot give what is wanted, the loss stays above zero however long it learns."
KNOWN: Mapping[str, FindingKind] = {
    # of the drawing
    "untrained": FindingKind(
        "error", "Training makes a loss small by changing weights on data. One of the three is missing."
    ),
    "unused": FindingKind("hint", "Only layers on a way to a loss get gradients."),
    "scores": FindingKind("hint", "A score without a class has to learn that it is never right."),
    "raw_scores": FindingKind(
        "error", "The formula of the loss holds for what it is meant to read; of else it can fall without end."
    ),
    "not_log": FindingKind("error", "The formula of the loss reads logarithms, which are at most 0."),
    "softmax_twice": FindingKind("warning", _SOFTMAX),
    "sigmoid_twice": FindingKind("warning", _SOFTMAX),
    "bounded_scores": FindingKind("warning", _SOFTMAX),
    "relu_scores": FindingKind(
        "warning", "A ReLU gives no gradient below zero, so a score that is there never leaves it."
    ),
    "no_probabilities": FindingKind(
        "error", "The logarithm of a number outside 0 and 1 is no measure of an answer, or no number."
    ),
    "targets": FindingKind("error", "The loss is made for targets from 0 for no to 1 for yes."),
    "relu_targets": FindingKind("error", _UNREACHED),
    "unreachable": FindingKind("error", _UNREACHED),
    "label_number": FindingKind(
        "warning", "Between classes there is no distance: class 3 is not nearer to 4 than to 9."
    ),
    "stacked": FindingKind(
        "hint", "One linear map after another is one linear map, so the second layer adds no power."
    ),
    "unmixed": FindingKind("error", "A mixed sample shows two classes, and its target has to say so."),
    "idle_bias": FindingKind(
        "hint", "Batch norm subtracts the mean of each channel, and with it whatever was added to all of it."
    ),
    "dropout_before_norm": FindingKind(
        "warning",
        "Dropout widens the spread in training only; the batch norm keeps that spread for later, where it is wrong.",
    ),
    "dropout_last": FindingKind(
        "warning", "Dropout makes hidden units independent of each other. An answer set to zero teaches nothing."
    ),
    "tiny_batch": FindingKind("warning", "The mean of two values is a poor guess of the mean of all."),
    "given_resized": FindingKind("hint", "Weights have the shape that the layer has now; new places begin with 0."),
    # of the data
    "not_numbers": FindingKind(
        "error", "Whatever is computed with a NaN is a NaN, and so are the weights after one step."
    ),
    "unreadable": FindingKind(
        "warning", "A NaN, or a file that cannot be read, is no sample; with it every weight became NaN."
    ),
    "input_scale": FindingKind(
        "warning", "Steps that fit large inputs are far too large for small ones, and functions saturate behind them."
    ),
    "few_samples": FindingKind(
        "warning", "With many more weights than samples, learning all samples by heart is the easiest way."
    ),
    "rare_class": FindingKind(
        "warning", "A class with a few samples hardly moves the loss, so the network does without it."
    ),
    "leaked": FindingKind("warning", "What was seen in training is known by heart; checking with it measures memory."),
    "tell_tale": FindingKind(
        "warning", "If one column is the answer in other words, the network copies it and learns nothing else."
    ),
    # of the training
    "frozen_random": FindingKind(
        "warning", "Freezing keeps what was learned elsewhere. Of random weights there is nothing to keep."
    ),
    "watch": FindingKind("warning", "A number that cannot be told gets neither better nor worse."),
    "nan": FindingKind("error", "One value that is no number makes every weight behind it no number."),
    "average": FindingKind(
        "warning",
        "A moving average that keeps a of itself in each step looks back over about 1 / (1 - a) steps, and begins with "
        "weights that were drawn by chance.",
    ),
    "accumulate": FindingKind("hint", "The weights are changed once for as many batches as are added up."),
    "vanishing": FindingKind(
        "error",
        "Going back, the gradient is multiplied by the slope of every function and by every weight. The slope of a "
        "sigmoid is at most a quarter: after eight of them less than 1/65,000 is left.",
    ),
    "exploding": FindingKind(
        "error", "Going back, the gradient is multiplied by every weight; with large ones it grows with every layer."
    ),
    "dead": FindingKind(
        "error", "Where a ReLU gives zero its slope is zero too, so no gradient ever wakes the unit again."
    ),
    "faded": FindingKind(
        "warning",
        "A layer with small weights makes the differences between samples smaller, and several in a row multiply that.",
    ),
    "saturated": FindingKind("warning", "At its ends a sigmoid or tanh is flat: no gradient passes."),
    "chance": FindingKind(
        "warning",
        "A network that learned nothing says the shares of the classes; its loss is "
        "their entropy, ln n for n equal ones.",
    ),
    "collapse": FindingKind(
        "warning", "Saying the same for all is the nearest valley of the loss, and steps too large lead there."
    ),
    "mode_collapse": FindingKind(
        "warning",
        "A generator that has found one sample the judge believes gains nothing by making others, and a judge that "
        "sees that one alone forgets the rest.",
    ),
    "no_progress": FindingKind("warning", "Steps too small do not move, steps too large jump across every valley."),
    "lr_high": FindingKind("error", "A step longer than the valley is wide ends higher than it began."),
    "swinging": FindingKind("warning", "Steps that are too long jump from one side of the valley to the other."),
    "small_updates": FindingKind("warning", "A good step changes the weights by about a thousandth."),
    "large_updates": FindingKind(
        "warning", "A good step changes the weights by about a thousandth; far larger ones undo each other."
    ),
    "rate_gone": FindingKind(
        "warning", "A step is the gradient times the learning rate; without the rate it is nothing."
    ),
    "overfitting": FindingKind(
        "warning", "Samples can be learned by heart; what holds for all is learned before that."
    ),
    "gap": FindingKind(
        "warning", "Samples can be learned by heart. Only samples that were not seen tell what was understood."
    ),
    "leaking": FindingKind(
        "warning",
        "An adversarial change is computed from the label, and a network can learn to read it there instead of in the "
        "sample (Kurakin et al. 2017); samples that nobody changed tell it nothing.",
    ),
    "too_good": FindingKind(
        "warning", "Unseen samples are at best as easy as seen ones, unless they were seen, or are others."
    ),
    "below": FindingKind("error", "The loss reads something that it is not meant for."),
    "parted": FindingKind("warning", "What the loss measures is not what makes an answer right."),
}
_ELSE = FindingKind("hint", "")


def known(code: str) -> FindingKind:
    """What is known of a kind of finding; a hint without a reason where nothing is."""
    return KNOWN.get(code, _ELSE)
