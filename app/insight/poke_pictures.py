"""The pictures of what came of laying hands on a net: answers, how much each layer changed, and one layer in detail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from torch import nn

from app.core.compile.net import CompiledNet
from app.insight.activations import shown_picture, tiles_of
from app.insight.capture import arguments
from app.insight.numbers import percent
from app.insight.poke import Poke, words_of
from app.insight.poke_effect import Effect, NodeEffect, Quality, effect_of
from app.insight.poked_copy import poked_sample
from app.insight.tiles import Tiles, finite, rising_scale, signed_scale
from app.insight.view import Look

NOTHING_YET = (
    "Nothing is poked yet. Say what to do: off conv1:3, scale conv1:0=2, hold fc1:2=0.5, weights "
    "conv1.weight:0,0,1,1=0.5, or prune 30."
)
MOST_CLASSES = 20  # of the answer; of more, those that are likeliest before or after


def pictures(look: Look, pokes: Sequence[Poke]) -> tuple[Tiles, ...]:
    """The answer, the layers, and where one is named this one before, after, and the difference.

    Raises:
        NoPicture: with a sentence, if it cannot be done to this net.
    """
    show = (look.node,) if look.node else ()
    sample = look.batch
    effect = effect_of(look.net, look.model, pokes, sample, words=look.classes, show=show)
    made = [answer_tiles(effect, pokes), layer_tiles(effect)]
    if look.node:
        made += node_tiles(look, effect, pokes, look.node)
    return tuple(made)


def quality_words(quality: Quality) -> str:
    """How good the answers were and are, in words."""
    share = quality.name == "accuracy"
    old, new = (percent(each) if share else f"{each:.4g}" for each in (quality.before, quality.after))
    samples = "1 validation sample" if quality.count == 1 else f"{quality.count:,} validation samples"
    stays = f"stays {old}" if old == new else f"{old} → {new}"
    return f"{quality.name.capitalize()} on {samples}: {stays}."


def change_words(node: NodeEffect) -> str:
    """How much a node changed, in words."""
    if not node.changed:
        return "unchanged"
    return f"changed by {percent(node.share)}" if node.share is not None else "was 0, is not"


def short_words(node: NodeEffect) -> str:
    """The same in as few letters as there are."""
    return ("new" if node.share is None else percent(node.share)) if node.changed else "–"


def answer_tiles(effect: Effect, pokes: Sequence[Poke]) -> Tiles:
    """The answer to the sample, each class before and after."""
    before, after = finite(effect.before, "The answer"), finite(effect.after, "The answer of the poked copy")
    places = np.arange(len(before))
    left_out = ""
    if len(places) > MOST_CLASSES:
        places = np.sort(np.argsort(-np.maximum(before, after), kind="stable")[:MOST_CLASSES])
        left_out = f"Shown are {MOST_CLASSES} of {len(before):,}, the largest before or after. "
    labels = tuple(word for place in places for word in (effect.words[place], "now"))
    values = np.stack([before[places], after[places]], 1).reshape(1, 1, -1)
    scale = (0.0, 1.0) if effect.classes else rising_scale(np.append(values, 0.0))
    said = quality_words(effect.quality) if effect.quality is not None else effect.why_not
    title = "The answer before, and now"
    if effect.classes:
        old, new = (effect.words[int(each.argmax())] for each in (before, after))
        title = f"The answer stays {old}" if old == new else f"The answer was {old}, is {new}"
    return Tiles(
        values.astype(np.float32),
        *scale,
        "viridis",
        title,
        labels,
        layout="bars",
        x_label="class, before and now" if effect.classes else "number, before and now",
        note=f"{left_out}{f'{words_of(pokes)}.' if pokes else NOTHING_YET} {said}".strip(),
        percent=effect.classes,
    )


def layer_tiles(effect: Effect) -> Tiles:
    """By how much each layer changed: the norm of the difference by the norm before."""
    shares = np.array([1.0 if node.share is None else node.share for node in effect.nodes], np.float32)
    first = next((node.node for node in effect.nodes if node.changed), "")
    zeros = [node.node for node in effect.nodes if node.share is None]
    note = f"The first that changes is {first}." if first else "Nothing changes here."
    if zeros:
        note += f" {', '.join(zeros[:4])}: 0 before, and no longer."
    return Tiles(
        finite(shares, "The change").reshape(1, 1, -1),
        0.0,
        max(float(shares.max(initial=0.0)), 0.01),
        "viridis",
        "How much each layer changed, as a share of what it was",
        tuple(node.node for node in effect.nodes),
        layout="bars",
        x_label="layer",
        note=note,
        percent=True,
    )


def node_tiles(look: Look, effect: Effect, pokes: Sequence[Poke], node: str) -> list[Tiles]:
    """One node before, now, and the difference; before and now on one scale."""
    given = arguments(look.net, look.model, poked_sample(look.net, pokes, look.batch), 0)
    shown = shown_picture(look.net, given)
    now, difference = node_pair(look.net, look.model, effect, node, look.classes, shown)
    old = _tiles(look.net, look.model, node, effect.values[node][0], look.classes, shown)
    return [replace(old, low=now.low, high=now.high, title=f"{old.title}, before"), now, difference]


def node_pair(
    net: CompiledNet,
    model: nn.Module,
    effect: Effect,
    node: str,
    words: Sequence[str] = (),
    shown: np.ndarray | None = None,
) -> tuple[Tiles, Tiles]:
    """One node now, on a scale that holds its values before, too, and the difference.

    Raises:
        NoPicture: if the values are not numbers.
    """
    old, new = effect.values[node]
    finite(old, f"The answer of {node}")
    finite(new, f"The answer of {node}")
    low, high = rising_scale(np.stack([old, new]))
    now = _tiles(net, model, node, new, words, shown)
    difference = _tiles(net, model, node, new - old, words, shown)
    least, most = signed_scale(new - old)
    found = next((each for each in effect.nodes if each.node.partition(".")[0] == node), None)
    said = f"{node} {change_words(found)}." if found is not None else ""
    return (
        replace(now, low=low, high=high, title=f"{now.title}, now"),
        replace(difference, low=least, high=most, colormap="diverging", title=f"{node}: the difference", note=said),
    )


def _tiles(
    net: CompiledNet, model: nn.Module, node: str, value: np.ndarray, words: Sequence[str], shown: np.ndarray | None
) -> Tiles:
    value = value.reshape(1) if value.ndim == 0 else value
    return tiles_of(net, model, node, value.astype(np.float32), shown, words, plain=True)
