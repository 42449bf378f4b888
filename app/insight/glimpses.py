"""Where a net looks that reads a picture piece by piece: its windows in order, what it reads there, and what it holds
true after each look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from app.core.compile.decision import Decision, decision_of
from app.core.compile.net import CompiledNet
from app.core.compile.planned import PlanInput, PlannedGraph, Ref
from app.insight.anatomy import part as part_of
from app.insight.anatomy import picture_input, value_name
from app.insight.boxes_picture import edges_of, outline
from app.insight.capture import arguments, array, undisturbed, values_of
from app.insight.judgement_pictures import word
from app.insight.numbers import percent
from app.insight.part_predictions import parts_for
from app.insight.places import in_colour
from app.insight.plot import class_inks
from app.insight.text import draw_text, line_height, text_width
from app.insight.tiles import NoPicture, Tiles
from app.insight.unit_responses import answers_over, counted
from app.insight.view import Look, Subject
from app.insight.written_steps import loop_around, over_time

CLEAR = 240  # dots that the longer side has at least, so that numbers beside windows can be read
SIZE = 18  # of these numbers
COLUMNS = 6
MOST_CLASSES = 12  # columns of the table
_NOWHERE = (
    "This net looks at no window of a picture. Add a Glimpse inside a block that runs over time; the template Glimpses "
    "has one."
)


@dataclass(frozen=True)
class GlimpsePaths:
    """Where a net looks. ``paths`` are its glimpses: one in a block over time, which is used for every look, or one
    after the other. ``decision`` is how it chooses a class, None where it chooses none; ``stepwise`` the value
    (``eye.scores``) that has its scores after each look, empty where there is none."""

    entry: PlanInput
    paths: tuple[str, ...]
    decision: Decision | None
    stepwise: str

    @property
    def key(self) -> str:
        """The field of the picture."""
        return f"{self.entry.node}.{self.entry.port}"


def glimpses_in(graph: PlannedGraph, inside: str = "") -> list[str]:
    """The paths of all glimpses, blocks included, in order."""
    found = []
    for step in graph.running:
        if step.inner is not None:
            found += glimpses_in(step.inner, f"{inside}{step.name}/")
        elif step.call is not None and step.call.constructor == "modules.Glimpse":
            found.append(f"{inside}{step.name}")
    return found


def eye_of(net: CompiledNet) -> GlimpsePaths:
    """Where this net looks.

    Raises:
        NoPicture: if it looks at no window of a picture.
    """
    found = glimpses_in(net.plan.graph)
    entry = picture_input(net) if found else None
    if entry is None or entry.shape.kind != "image":
        raise NoPicture(_NOWHERE)
    looped = next((path for path in found if loop_around(net, path) is not None), None)
    if looped is None and any("/" in path for path in found):
        found = [path for path in found if "/" not in path]
        if not found:
            raise NoPicture(_NOWHERE)
    if looped is None:
        patch = part_of(net, found[0]).step.outputs["output"]
        found = [path for path in found if part_of(net, path).step.outputs["output"] == patch]
    decision = decision_of(net.plan)
    if decision is not None and (decision.channels or decision.threshold is not None or decision.soft):
        decision = None
    return GlimpsePaths(entry, (looped,) if looped else tuple(found), decision, _stepwise(net, decision))


def _stepwise(net: CompiledNet, decision: Decision | None) -> str:
    """Back from the scores through layers that read one thing, to the same scores at each step of a sequence."""
    if decision is None:
        return ""
    output = net.plan.outputs[decision.output]
    ref = Ref(output.node, output.port)
    while step := next((each for each in net.plan.graph.running if each.name == ref.node), None):
        shape = step.outputs.get(ref.port)
        if shape is not None and shape.rank == 2 and shape.sizes[1:] == output.shape.sizes:
            return value_name(net, ref.node, ref.port)
        refs = [each for arrived in step.inputs.values() for each in arrived]
        if len(refs) != 1:
            break
        (ref,) = refs
    return ""


@dataclass(frozen=True, eq=False)
class GlimpsePath:
    """The looks at one sample: the windows (looks, 4) of middle, width and height in shares of the picture, what is
    read in each (looks, channels, size, size), and the probabilities after each (looks, classes), None where the net
    gives none."""

    windows: np.ndarray
    patches: Tensor
    chances: np.ndarray | None


def path_of(look: Look, eye: GlimpsePaths) -> GlimpsePath:
    """The looks of a net at the sample.

    Raises:
        NoPicture: if values are no numbers.
    """
    net, model = look.net, look.model
    batch = {name: values[:1] for name, values in look.batch.items()}
    given = arguments(net, model, batch)
    loop = loop_around(net, eye.paths[0])
    if loop is not None:
        where = part_of(net, eye.paths[0])
        with undisturbed(model), torch.no_grad(), over_time(model, loop.address, where.address) as (_, answers):
            model(*given)
        looks: Sequence[tuple[Tensor, ...]] = answers
    else:
        names = [tuple(value_name(net, path, port) for port in ("output", "window")) for path in eye.paths]
        found = values_of(net, model, given, [name for pair in names for name in pair])
        looks = [tuple(found[name] for name in pair) for pair in names]
    windows = array(torch.stack([each[1][0] for each in looks]), "Where the net looks")
    chances = None
    if eye.stepwise:
        scores = values_of(net, model, given, [eye.stepwise])[eye.stepwise][0]
        chances = array(scores.double().softmax(1), "The answer")
    return GlimpsePath(windows, torch.stack([each[0][0] for each in looks]), chances)


def glimpses_pictures(look: Look, part: str) -> tuple[Tiles, ...]:
    """The picture with its windows and what was read in each; then the classes after each look as a table.

    Raises:
        NoPicture: as ``eye_of`` and ``path_of``.
    """
    eye = eye_of(look.net)
    path = path_of(look, eye)
    words = parts_for(look.net).words if eye.decision is not None else ()
    count = len(path.windows)
    inks = class_inks(count)
    picture = _enlarged(in_colour(look.batch[eye.key][:1])[0])
    seen = in_colour(path.patches if path.patches.shape[1] in (1, 3) else path.patches.mean(1, keepdim=True))
    maps = [drawn_path(picture, path.windows, inks)]
    maps += [_framed(_fitted(each, picture.shape[:2]), ink) for each, ink in zip(seen, inks)]
    chances = path.chances if path.chances is not None and len(path.chances) == count else None
    labels = ["the path", *(f"look {at}" for at in range(1, count + 1))]
    title, right = f"{count} looks", ""
    if eye.decision is not None:
        with undisturbed(look.model), torch.no_grad():
            output = look.net.plan.outputs[eye.decision.output].key
            scores = look.net.outputs(look.model(*arguments(look.net, look.model, look.batch)))[output][0]
        whole = array(scores.double().softmax(0), "The answer")
        chosen = int(whole.argmax())
        title = f"{word(words, chosen)}, {percent(float(whole[chosen]))}, after {count} looks"
        truth = int(look.batch[eye.decision.label][0]) if eye.decision.label in look.batch else -1
        right = "" if truth < 0 else "That is right. " if truth == chosen else f"Right would be: {word(words, truth)}. "
    if chances is not None:
        for at, row in enumerate(chances):
            labels[at + 1] += f": {word(words, int(row.argmax()))} {percent(float(row.max()))}"
    note = f"{right}Windows in the order of the looks, a line from middle to middle, and what was read in each. "
    row = Tiles(
        np.stack(maps),
        0.0,
        1.0,
        "rgb",
        title,
        tuple(labels),
        columns=min(COLUMNS, len(maps)),
        note=f"{note}{_compared(look.subject, eye, part, words)}".strip(),
    )
    return (row,) if chances is None else (row, _table(chances, words))


def _enlarged(picture: np.ndarray) -> np.ndarray:
    """Half way to dark, so that bright lines can be told from it, each dot a square of so many that the longer side has
    CLEAR."""
    factor = max(1, -(-CLEAR // max(picture.shape[:2])))
    return np.ascontiguousarray(0.75 * picture.repeat(factor, 0).repeat(factor, 1))


def _fitted(patch: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """A square patch as large as fits into a picture of this height and width, in its middle."""
    height, width = size
    side = min(height, width)
    places = np.arange(side) * len(patch) // side
    large = patch[places][:, places]
    made = np.zeros((height, width, 3), np.float32)
    top, left = (height - side) // 2, (width - side) // 2
    made[top : top + side, left : left + side] = large
    return made


def _framed(picture: np.ndarray, ink: np.ndarray) -> np.ndarray:
    outline(picture, np.array([0.0, 0.0, 1.0, 1.0]), ink / 255, 5)
    return picture


def drawn_path(picture: np.ndarray, windows: np.ndarray, inks: np.ndarray) -> np.ndarray:
    """The picture (height, width, 3) with a frame around each window (looks, 4) of middle, width and height in shares,
    lines between the middles, and the number of each look at a corner of its window: at the next one for the next look,
    so that those of windows inside each other can be read."""
    made = picture.astype(np.float32)
    edges = edges_of(windows, "middle and size")
    for box, ink in zip(edges, inks):
        outline(made, box, ink / 255, 3)
    image = Image.fromarray(np.round(made.clip(0, 1) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    height, width = made.shape[:2]
    middles = [(float(x) * width, float(y) * height) for x, y in windows[:, :2]]
    draw.line(middles, fill=(255, 255, 255), width=2)
    for at, (box, ink) in enumerate(zip(edges, inks.tolist())):
        x, y = middles[at]
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=tuple(ink), outline=(255, 255, 255))
        text, (left, top, right, bottom) = str(at + 1), box
        x, y = ((left, top), (right, top), (right, bottom), (left, bottom))[at % 4]
        wide, high = max(text_width(text, SIZE) + 6, SIZE), line_height(SIZE)
        x = min(max(x * width - wide / 2, 0), width - wide)
        y = min(max(y * height - high / 2, 0), height - high)
        draw.rectangle((x, y, x + wide, y + high), fill=tuple(ink), outline=(255, 255, 255))
        light = 0.3 * ink[0] + 0.6 * ink[1] + 0.1 * ink[2] > 140
        draw_text(image, x + wide / 2, y, text, SIZE, (0, 0, 0) if light else (255, 255, 255), 0.5)
    return np.asarray(image).astype(np.float32) / 255


def _table(chances: np.ndarray, words: tuple[str, ...]) -> Tiles:
    """The probabilities of the likeliest classes (columns) after each look (rows)."""
    count, classes = chances.shape
    order = np.sort(np.argsort(-chances.max(0), kind="stable")[:MOST_CLASSES])
    note = f"The {len(order)} likeliest of {classes} classes. " if len(order) < classes else ""
    return Tiles(
        np.ascontiguousarray(chances[None][:, :, order], np.float32),
        0.0,
        1.0,
        "viridis",
        "Classes after each look",
        (*(f"look {at}" for at in range(1, count + 1)), *(word(words, int(at)) for at in order)),
        layout="table",
        note=f"{note}Rows add up to 100 %, over all classes.".strip(),
        percent=True,
    )


def _compared(subject: Subject, eye: GlimpsePaths, part: str, words: tuple[str, ...]) -> str:
    """How many samples of a part are told rightly, in the end and after each look, and by always saying the same."""
    if eye.decision is None:
        return ""
    net, model = subject.net, subject.model
    output = net.plan.outputs[eye.decision.output].key
    right = count = whole = 0
    after: list[Tensor] = []
    truths: list[Tensor] = []
    for numbers, values, every in answers_over(subject, part):
        truth = values[eye.decision.label]
        right += int((values[output].argmax(1) == truth).sum())
        if eye.stepwise:
            scores = values_of(net, model, arguments(net, model, values), [eye.stepwise])[eye.stepwise]
            after.append((scores.argmax(2) == truth[:, None]).cpu())
        count, whole = count + len(numbers), every
        truths.append(truth.cpu())
    most = torch.bincount(torch.cat(truths))
    usual = int(most.argmax())
    told = [percent(float(each)) for each in torch.cat(after).double().mean(0)] if after else []
    looks = f" (what it holds true after each look: {', '.join(told)})" if told else ""
    return (
        f"Of {counted(count, whole, part)} the net tells {percent(right / count)} rightly{looks}; always saying "
        f"{word(words, usual)}, the most frequent of them, is right for {percent(int(most[usual]) / count)}."
    )
