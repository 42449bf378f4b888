"""A clip frame by frame, and what a net says about it over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.core.compile.decision import Decision, decision_of
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanInput
from app.insight.capture import arguments, array, undisturbed, values_of
from app.insight.judgement_pictures import word
from app.insight.numbers import percent
from app.insight.part_predictions import parts_for
from app.insight.places import in_colour
from app.insight.tiles import NoPicture, Tiles
from app.insight.unit_responses import answers_over, counted
from app.insight.view import Look, Subject

MOST_FRAMES = 24  # that are shown
MOST_LINES = 6  # classes
COLUMNS = 6
_NO_CLIP = (
    "This view is about nets that read clips (channels × frames × height × width) and choose a class. The templates "
    "Video with 3-D convolutions and Video frame by frame are two."
)


@dataclass(frozen=True)
class ClipPrediction:
    """The input that is a clip, and how the net decides. ``stepwise`` is the node that gives scores for the classes at
    each frame, empty where the net gives those of a whole clip alone."""

    entry: PlanInput
    decision: Decision
    scores: str
    stepwise: str

    @property
    def key(self) -> str:
        """The field of the clip, ``clips.video``."""
        return f"{self.entry.node}.{self.entry.port}"

    @property
    def frames(self) -> int:
        """How many frames a clip has."""
        return self.entry.shape.sizes[1]


def watched(net: CompiledNet) -> ClipPrediction:
    """How this net watches clips.

    Raises:
        NoPicture: if it does not.
    """
    plan = net.plan
    decision = decision_of(plan)
    clips = [each for each in plan.inputs if each.shape.rank == 4 and each.shape.sizes[0] in (1, 3)]
    if len(plan.inputs) != 1 or len(clips) != 1 or decision is None:
        raise NoPicture(_NO_CLIP)
    if decision.channels or decision.threshold is not None or decision.soft or clips[0].shape.dtype != "float":
        raise NoPicture(_NO_CLIP)
    output = plan.outputs[decision.output]
    frames, classes = clips[0].shape.sizes[1], output.shape.sizes[-1]
    stepwise, name = "", output.node
    # Back from the scores through layers that read one thing, to those of each frame.
    while step := next((each for each in plan.graph.running if each.name == name), None):
        if step.outputs.get("output") is not None and step.outputs["output"].sizes == (frames, classes):
            stepwise = name
            break
        refs = [ref for arrived in step.inputs.values() for ref in arrived]
        if len(refs) != 1:
            break
        name = refs[0].node
    return ClipPrediction(clips[0], decision, output.key, stepwise)


def growing(clip: Tensor) -> Tensor:
    """A clip (channels, frames, height, width) as it is known after each frame, (frames, channels, frames, height,
    width): its beginning, and then the last frame that was seen, again and again."""
    frames = clip.shape[1]
    seen = torch.minimum(torch.arange(frames)[None], torch.arange(frames)[:, None])  # (known, frame)
    return clip[:, seen.to(clip.device)].movedim(1, 0)


def chances_over_time(look: Look, found: ClipPrediction) -> np.ndarray:
    """The probabilities of the classes after each frame, (frames, classes)."""
    clip = look.batch[found.key][:1]
    if found.stepwise:
        given = arguments(look.net, look.model, {**look.batch, found.key: clip})
        values = values_of(look.net, look.model, given, [found.stepwise])[found.stepwise][0]
    else:
        given = arguments(look.net, look.model, {found.key: growing(clip[0])})
        with undisturbed(look.model), torch.no_grad():
            values = look.net.outputs(look.model(*given))[found.scores]
    return array(values.double().softmax(1), "The answer")


def clip_pictures(look: Look, part: str) -> tuple[Tiles, ...]:
    """The frames with what the net says after each, and its probabilities over time as lines.

    Raises:
        NoPicture: if the net watches no clips.
    """
    found = watched(look.net)
    words = parts_for(look.net).words
    chances = chances_over_time(look, found)
    clip = look.batch[found.key][0]
    with undisturbed(look.model), torch.no_grad():
        given = arguments(look.net, look.model, {**look.batch, found.key: clip[None]})
        whole = look.net.outputs(look.model(*given))[found.scores][0]
    said = array(whole.double().softmax(0), "The answer")
    chosen = int(said.argmax())
    shown = np.unique(np.linspace(0, found.frames - 1, min(found.frames, MOST_FRAMES)).round().astype(int))
    frames = in_colour(clip.movedim(1, 0)[torch.from_numpy(shown).to(clip.device)])
    best = chances[shown].argmax(1)
    labels = tuple(f"{word(words, int(at))} {percent(float(row[at]))}" for row, at in zip(chances[shown], best))
    truth = int(look.batch[found.decision.label][0]) if found.decision.label in look.batch else -1
    right = "" if truth < 0 else "That is right. " if truth == chosen else f"Right would be: {word(words, truth)}. "
    how = (
        f"Below each frame the class that {found.stepwise} holds likeliest after it."
        if found.stepwise
        else "Below each frame the likeliest class if the clip stopped there and kept showing it."
    )
    row = Tiles(
        frames,
        0.0,
        1.0,
        "rgb",
        f"{word(words, chosen)}, {percent(float(said[chosen]))}",
        labels,
        columns=min(COLUMNS, len(frames)),
        note=f"{right}{how} {_compared(look.subject, found, part, words)}",
    )
    order = np.argsort(-chances.max(0), kind="stable")[:MOST_LINES]
    lines = Tiles(
        np.ascontiguousarray(chances.T[order][:, None], np.float32),
        0.0,
        1.0,
        "viridis",
        "Classes over time",
        tuple(word(words, int(at)) for at in order),
        layout="lines",
        x_label="frame",
        y_label="probability",
        at=np.arange(1, found.frames + 1, dtype=np.float32),
        percent=True,
        strong=tuple(np.flatnonzero(order == (truth if truth >= 0 else chosen)).tolist()),
    )
    return row, lines


def _compared(subject: Subject, found: ClipPrediction, part: str, words: tuple[str, ...]) -> str:
    """How many clips of a part are told rightly, whole, and where they stand still at one frame."""
    net, model = subject.net, subject.model
    right = still = count = whole = 0
    truths: list[Tensor] = []
    for numbers, values, every in answers_over(subject, part):
        truth = values[found.decision.label]
        clips = values[found.key]
        middle = clips[:, :, found.frames // 2].unsqueeze(2).expand_as(clips)
        with undisturbed(model), torch.no_grad():
            stopped = net.outputs(model(*arguments(net, model, {found.key: middle})))[found.scores]
        right += int((values[found.scores].argmax(1) == truth).sum())
        still += int((stopped.argmax(1) == truth).sum())
        count, whole = count + len(numbers), every
        truths.append(truth.cpu())
    most = torch.bincount(torch.cat(truths))
    usual = int(most.argmax())
    return (
        f"Of {counted(count, whole, part)} the net tells {percent(right / count)} rightly; of the same clips standing "
        f"still at their middle frame {percent(still / count)}; always saying {word(words, usual)}, the most frequent "
        f"of them, is right for {percent(int(most[usual]) / count)}."
    )
