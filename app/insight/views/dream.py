"""A picture that grows until a layer answers to it most."""

from __future__ import annotations

from collections.abc import Iterator

from app.insight.view import Look, ViewStep, view
from nodes.api.params import Choice, File, Float, Int, Text


@view(
    "Dream",
    "A picture that excites a layer, or one channel or class of it, more and more.",
    Int(
        "channel",
        "all",
        help="A channel, feature or class, counted from 0; all together, or each in a picture of its own",
        words=("all", "each"),
    ),
    Text(
        "objective",
        "",
        help="In place of a channel: conv2:3 - 0.5*fc1:7, fc:daisy, conv2[3, 7=-0.5], conv2~'cat.jpg', conv1:2@4,5; "
        "conv2='cat.jpg' keeps the content, conv1#'sea.jpg' the style of a picture",
        most=1000,
    ),
    Int("steps", 128, help="How often the picture is changed a little", low=1, high=100_000),
    Int("seed", 0, help="The same seed gives the same dream", low=0, high=2**31 - 1),
    File("image", "", label="begin with", help="A picture to begin with; noise if there is none"),
    Int("begin", "noise", label="sample", help="A validation sample to begin with, counted from 0", words=("noise",)),
    Int(
        "size",
        "net",
        help="Pixels of the longer side; as the net reads it, or a photo as large as it is",
        low=8,
        high=16_384,
        words=("net", "photo"),
    ),
    Int("octaves", 1, help="How many sizes the picture grows through, coarse forms first", low=1, high=12),
    Float("growth", 1.4, help="How much larger each octave is", low=1.05, high=4.0, step=0.1),
    Int("count", 1, label="pictures", help="Several that excite it and differ as much as they can", low=1, high=16),
    Choice(
        "kind",
        "frequencies",
        label="made of",
        help="What is changed: waves with independent colours, which gives clear forms, or pixel by pixel",
        options=("frequencies", "pixels"),
    ),
    Int("shift", "usual", help="Shaken by up to so many pixels before the net sees it", words=("usual",), high=256),
    Float("turn", 8.0, help="Turned by up to so many degrees before the net sees it", low=0.0, high=180.0, step=1.0),
    Float("stretch", 0.08, help="Up to so much larger or smaller before the net sees it", low=0.0, high=0.5, step=0.01),
    Float("calm", 1.0, label="less grain", help="How much grain is held down (total variation)", low=0.0, high=100.0),
    Float("plain", 0.0, label="less contrast", help="How much black and white are held down (L2)", low=0.0, high=100.0),
    Float("blur", 0.0, help="How far each step is smoothed, in pixels", low=0.0, high=20.0, step=0.5),
    Float("speed", 0.05, help="How much each step changes", low=0.001, high=1.0, step=0.01),
    group="What it makes",
)  # fmt: skip
def dream(look: Look, **settings: object) -> Iterator[ViewStep]:
    """The picture at each step; the score is what the unit answers to it."""
    from app.insight.dream.wish import dreamt

    yield from dreamt(look, settings)
