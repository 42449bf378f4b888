"""What is said about made-up pictures, next to what can be measured in them by other means."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from scipy import ndimage

from nodes.api.registry import find
from nodes.reading.drawn_shapes import COLOURS, FORMS, asked_scenes, moving_shapes, told_scenes
from nodes.sources import asked_shapes
from nodes.sources import moving_shapes as moving

SIDE = 64
Found = tuple[str, str, float, float, int]  # form, colour, y, x, longer side of its box


def found_in(image: np.ndarray) -> list[Found]:
    """The shapes in a picture without noise: connected dots that are brighter than the ground, what part of its box a
    shape fills, and which colour is nearest in its middle."""
    ground = image[:, :1, :1]
    labels, count = ndimage.label(np.abs(image - ground).max(0) > 0.2)
    shapes = []
    for each in range(1, count + 1):
        rows, columns = np.nonzero(labels == each)
        if len(rows) < 12:
            continue
        high, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
        filled = len(rows) / (high * wide)
        low = rows.mean() - (rows.min() + rows.max()) / 2 > 0.06 * high  # more of a triangle is below
        form = "square" if filled > 0.9 else "triangle" if low else "circle" if filled > 0.68 else "cross"
        ink = np.median(image[:, rows, columns], 1)
        colour = min(COLOURS, key=lambda name: float(np.abs(ink - COLOURS[name]).sum()))
        shapes.append((form, colour, float(rows.mean()), float(columns.mean()), int(max(high, wide))))
    return shapes


def test_sentences_are_true() -> None:
    """Fails if a sentence names another form, colour, size, side or order than the picture has."""
    images, told = told_scenes(150, 2, COLOURS, list(FORMS), SIDE, 0.0, 4)
    checked = 0
    for image, words in zip(images, told):
        sentence = " ".join(words)
        shapes = {(colour, form): (y, x, long) for form, colour, y, x, long in found_in(image)}
        named = re.findall(r"a (large|small) (\w+) (\w+)", sentence)
        if len(shapes) < len(named):  # two of one form and colour, or whose corners touch
            continue
        checked += 1
        assert set(shapes) == {(colour, form) for _, colour, form in named}, sentence
        y, x, long = shapes[named[0][1:]]
        if len(named) == 2:
            assert [size for size, _, _ in named] == ["large", "small"]
            other = shapes[named[1][1:]]
            assert long > 1.1 * other[2]
        else:
            other = (SIDE / 2, SIDE / 2, 0)
        down, across = y - other[0], x - other[1]
        where = {"above": -down, "top": -down, "below": down, "bottom": down, "left": -across, "right": across}
        said = next((word for word in where if word in words), "")
        if said:
            assert where[said] > 0, sentence
            assert where[said] >= 0.99 * max(abs(down), abs(across)) - 1, sentence
        else:
            assert "middle" in words
            assert max(abs(down), abs(across)) < 0.1 * SIDE + 1
    assert checked > 130
    assert {word for words in told for word in words} >= {"above", "below", "left", "right", "middle", *FORMS, *COLOURS}


def test_answers_are_true() -> None:
    """Fails if a question is answered by another shape's colour, form or place, or shapes are counted wrongly."""
    images, asked, answers = asked_scenes(60, 5, 4, COLOURS, list(FORMS), SIDE, 0.0, 4)
    assert len(asked) == len(answers) == 300
    numbers = ("none", "one", "two", "three", "four")
    kinds = set()
    for number, (words, answer) in enumerate(zip(asked, answers)):
        shapes = found_in(images[number // 5])
        match words:
            case ["what", "colour", "is", "the", form]:
                assert [colour for kind, colour, *_ in shapes if kind == form] == [answer]
            case ["what", "shape", "is", colour]:
                assert [kind for kind, ink, *_ in shapes if ink == colour] == [answer]
            case ["where", "is", "the", form]:
                ((y, x),) = [(y, x) for kind, _, y, x, _ in shapes if kind == form]
                assert answer == f"{'top' if y < SIDE / 2 else 'bottom'} {'left' if x < SIDE / 2 else 'right'}"
            case ["is", "there", "a", colour, form]:
                there = any((kind, ink) == (form, colour) for kind, ink, *_ in shapes)
                assert answer == ("yes" if there else "no")
            case ["how", "many", *what, "are", "there"]:
                one = what[0].removesuffix("es" if what[0].startswith("cross") else "s")
                fits = [what == ["shapes"] or one == kind or what[0] == ink for kind, ink, *_ in shapes]
                assert numbers[sum(fits)] == answer, (words, shapes)
            case _:
                pytest.fail(f"An unknown question: {words}")
        kinds.add(words[1])
    assert kinds == {"colour", "shape", "is", "there", "many"}


def test_questions_about_one_picture_stay_in_one_part() -> None:
    """Fails if a picture that is trained on is asked about in the validation part, or a question gets another one."""
    feed = asked_shapes.load(pictures=10, questions=3, side=20, shapes=2, noise=0.0, seed=1)
    assert feed.groups.tolist() == [number // 3 for number in range(30)]
    images, asked, _ = asked_scenes(10, 3, 2, COLOURS, list(FORMS), 20, 0.0, 1)
    read = feed.at(torch.tensor([4, 29]), None, ["image", "question"])
    assert np.array_equal(read["image"].numpy(), images[[1, 9]])
    words = ("<pad>", *asked_shapes.WORDS)
    assert [words[code] for code in read["question"][1].tolist() if code] == asked[29]


@pytest.fixture(scope="module")
def clips() -> tuple[np.ndarray, np.ndarray]:
    """Clips without noise, and their classes."""
    made, kinds = moving_shapes(480, 8, 32, 0.0, 2)
    return made[:, 0], kinds


def in_the_middle(frame: np.ndarray) -> tuple[np.ndarray, float, float]:
    """A frame shifted so that its shape is in the middle, and the place from which it came, around the edges."""
    weight = frame - frame.min()
    angle = 2j * np.pi * (np.arange(len(frame)) + 0.5) / len(frame)
    y, x = (np.angle((weight.sum(axis) * np.exp(angle)).sum()) * len(frame) / 2 / np.pi for axis in (1, 0))
    return ndimage.shift(weight, (16 - y, 16 - x), mode="grid-wrap", order=1), float(y), float(x)


def test_each_class_moves_as_it_is_called(clips: tuple[np.ndarray, np.ndarray]) -> None:
    """Fails if left and right, up and down, growing and shrinking, or both ways to turn are exchanged."""
    apart = lambda a, b: (b - a + 16) % 32 - 16  # noqa: E731
    for clip, kind in zip(*clips):
        (first, y, x), (second, down, across) = in_the_middle(clip[3]), in_the_middle(clip[4])
        moved = np.array([apart(y, down), apart(x, across)])
        name = moving.KINDS[kind]
        expected = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}.get(name, (0, 0))
        if any(expected):
            assert float(moved @ expected) > 0.5, name
            assert abs(float(moved @ expected[::-1])) < 0.3, name
        elif name in ("grow", "shrink"):
            growth = second.sum() / first.sum()
            begins_anew = growth < 0.5 if name == "grow" else growth > 2
            assert begins_anew or (growth > 1 if name == "grow" else growth < 1)
        else:
            turned = [ndimage.rotate(first, degrees, reshape=False, order=1) for degrees in (-12, 12)]
            right, left = (float(np.square(each - second).sum()) for each in turned)
            assert (right < left) == (name == "turn right"), name


def test_a_single_frame_does_not_tell_the_class(clips: tuple[np.ndarray, np.ndarray]) -> None:
    """Fails if place or size of a shape depends on how it moves: the mean over clips of each class is that of all."""
    frames, kinds = clips
    for step in (0, 7):
        values = []
        for frame in frames[:, step]:
            _, y, x = in_the_middle(frame)
            weight = (frame - frame.min()) / np.ptp(frame)
            angles = 2 * np.pi * np.array([y, x]) / 32
            values.append([*np.cos(angles), *np.sin(angles), weight.sum() / 100])
        all_ = np.array(values)
        for kind in range(8):
            some = all_[kinds == kind]
            error = all_.std(0) / np.sqrt(len(some))
            assert (np.abs(some.mean(0) - all_.mean(0)) < 4 * error).all(), moving.KINDS[kind]


def test_sources_say_that_they_are_made_up() -> None:
    """Fails if somebody could take these pictures for real ones."""
    for name in ("ToldShapes", "AskedShapes", "MovingShapes"):
        layer = find(name)
        assert layer is not None
        assert "made up" in " ".join(layer.help.split())
