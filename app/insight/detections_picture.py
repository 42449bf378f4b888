"""What a detector finds, and what is there: boxes over pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from app.core.compile.decision import Detection, detection_of
from app.core.compile.net import CompiledNet
from app.insight.anatomy import picture_input
from app.insight.boxes_picture import edges_of, outline, overlaps
from app.insight.capture import array
from app.insight.dull_pictures import dull_pictures
from app.insight.plot import class_inks
from app.insight.text import draw_text, line_height, text_width
from app.insight.tiles import NoPicture, Tiles
from app.insight.unit_responses import answers_over, counted
from app.insight.view import Subject

SIZE = 12  # of letters, in dots
HIT = 0.5  # the overlap from which on a box is a hit


@dataclass(frozen=True, eq=False)
class Detections:
    """What is found in the pictures of a part, (n, most, 6): left, top, right, bottom, score and class, from 1 on;
    what is right, (n, most, 5): the same sides and the class, 0 for none; and the numbers of the samples in the data.
    ``whole`` is how many samples the part has."""

    answer: np.ndarray
    right: np.ndarray
    numbers: np.ndarray
    whole: int


def found_in(subject: Subject, part: str) -> Detections:
    """The boxes of a part; where a training waits, of as many samples as there is time for.

    Raises:
        NoPicture: if the net is no detector, there is no such part, or values are no numbers.
    """
    where = detecting(subject.net)
    key = subject.net.plan.outputs[where.output].key
    answers, rights, numbers, whole = [], [], [], 0
    for some, values, count in answers_over(subject, part):
        whole = count
        answer = array(values[key], "What is found")
        boxes = array(values[where.boxes.key], "The box of the data")
        kinds = values[where.kinds.key].cpu().numpy()
        answers.append(np.concatenate([_edges(answer[..., :4]), answer[..., 4:]], -1))
        rights.append(np.concatenate([_edges(boxes), kinds[..., None]], -1))
        numbers.append(some)
    return Detections(np.concatenate(answers), np.concatenate(rights), np.concatenate(numbers), whole)


def detecting(net: CompiledNet) -> Detection:
    """Where a net finds boxes.

    Raises:
        NoPicture: if it does not, or reads no picture.
    """
    found = detection_of(net.plan)
    if found is None or picture_input(net).shape.kind != "image":
        raise NoPicture(
            "This view is about nets that find several things in a picture: with a detection loss, and a Non-maximum "
            "suppression whose boxes leave through an Output. The template Detection is one."
        )
    return found


def _edges(boxes: np.ndarray) -> np.ndarray:
    return edges_of(boxes.reshape(-1, 4), "middle and size").reshape(boxes.shape)


def matched(answer: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which boxes of a picture, the surest first, (most, 6), are hits, and which right ones (most, 5) are found: a box
    takes the right one of its class that it overlaps most and that no surer box has taken, from HIT on."""
    hits, taken = np.zeros(len(answer), bool), np.zeros(len(right), bool)
    for place, box in enumerate(answer):
        open_ = (right[:, 4] == box[5]) & (right[:, 4] > 0) & ~taken
        shares = np.where(open_, overlaps(np.broadcast_to(box[:4], (len(right), 4)), right[:, :4]), -1.0)
        best = int(shares.argmax()) if len(shares) else 0
        if len(shares) and shares[best] >= HIT:
            hits[place] = taken[best] = True
    return hits, taken


def detections_picture(subject: Subject, part: str, count: int, order: str, score: float) -> Tiles:
    """``count`` pictures with what is found from this score on and what is right; the first of the part, or those with
    most mistakes.

    Raises:
        NoPicture: as ``found_in``.
    """
    found = found_in(subject, part)
    told = [each[(each[:, 5] > 0) & (each[:, 4] >= score)] for each in found.answer]
    right = [each[each[:, 4] > 0] for each in found.right]
    pairs = [matched(one, other) for one, other in zip(told, right)]
    wrong = np.array([int((~hits).sum() + (~taken).sum()) for hits, taken in pairs])
    places = (np.argsort(-wrong, kind="stable") if order == "worst first" else np.arange(len(wrong)))[:count]
    entry = picture_input(subject.net)
    maps = dull_pictures(subject, f"{entry.node}.{entry.port}", found.numbers[places])
    words = _words(subject.net)
    blue, orange = class_inks(2) / 255
    labels = []
    for picture, place in zip(maps, places.tolist()):
        for box in right[place]:
            outline(picture, box[:4], blue, 3)
        for box in told[place]:
            outline(picture, box[:4], orange, 1)
        picture[:] = named(picture, told[place], words)
        hits, taken = pairs[place]
        labels.append(f"{taken.sum()} of {len(taken)} found{f', {(~hits).sum()} false' if not hits.all() else ''}")
    hit, said = sum(int(hits.sum()) for hits, _ in pairs), sum(len(hits) for hits, _ in pairs)
    there = sum(len(taken) for _, taken in pairs)
    note = (
        f"From a score of {score:g} on, {hit:,} of {there:,} are found with their class and an overlap (IoU) "
        f"from {HIT} on; {said - hit:,} of {said:,} boxes are false. Thick and blue: what is right; thin and orange, "
        "with class and score: what is found."
    )
    title = f"Found in {len(places)} of {counted(len(wrong), found.whole, part)}"
    return Tiles(maps, 0.0, 1.0, "rgb", title, tuple(labels), note=note)


def named(picture: np.ndarray, boxes: np.ndarray, words: tuple[str, ...]) -> np.ndarray:
    """The picture with class and score written above each box, within the picture; where the upper edge is near, in
    the box."""
    image = Image.fromarray(np.round(picture.clip(0, 1) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    height, width = picture.shape[:2]
    for box in boxes[::-1]:  # the surest last, over the others
        kind = int(box[5])
        text = f"{words[kind] if kind < len(words) else kind} {box[4]:.2f}"
        wide, tall = text_width(text, SIZE), line_height(SIZE)
        x = int(np.clip(box[0] * width, 0, max(width - wide - 2, 0)))
        y = int(np.clip(box[1] * height - tall - 2, 0, max(height - tall, 0)))
        draw.rectangle((x, y, x + wide + 2, y + tall - 1), fill=(0, 0, 0))
        draw_text(image, x + 1, y, text, SIZE, (255, 255, 255))
    return np.asarray(image).astype(np.float32) / 255


def _words(net: CompiledNet) -> tuple[str, ...]:
    """What the classes are called, from that for nothing on."""
    kinds = detecting(net).kinds
    from app.data.source_looks import schema_of
    from nodes.api.registry import find

    source = next((each for each in net.plan.sources if each.node == kinds.node), None)
    layer = find(source.type) if source is not None else None
    if source is None or layer is None:
        return ()
    schema = source.seen or schema_of(layer, source.settings)
    return tuple(schema.fields[kinds.port].words) if kinds.port in schema.fields else ()
