"""Single shapes drawn into pictures, and the scenes that are told of or asked about. Printed into scripts, so each
function needs nothing of ours but the others that it calls."""

from __future__ import annotations

from typing import Any

COLOURS = {
    "red": (0.9, 0.15, 0.15),
    "green": (0.15, 0.7, 0.2),
    "blue": (0.2, 0.35, 0.95),
    "yellow": (0.95, 0.85, 0.15),
    "purple": (0.65, 0.2, 0.8),
    "white": (0.95, 0.95, 0.95),
}
FORMS = ("circle", "square", "triangle", "cross")
COLOUR_LINES = ("colours = {", *(f'    "{name}": {rgb},' for name, rgb in COLOURS.items()), "}")  # of a program


def drawn_shape(form: str, side: int, y: Any, x: Any, reach: Any, turn: Any = 0.0) -> Any:
    """How much of each dot a shape covers, from 0 to 1, (..., side, side). Its middle, ``reach`` (from there to its
    outermost dot, about) and ``turn`` (in radians, clockwise) may be arrays (...). A shape that goes over an edge comes
    in at the opposite one."""
    import numpy

    y, x, reach, turn = (numpy.asarray(each, "float32")[..., None, None] for each in (y, x, reach, turn))
    dots = numpy.arange(side, dtype="float32") + 0.5
    down = (dots[:, None] - y + side / 2) % side - side / 2
    across = (dots[None, :] - x + side / 2) % side - side / 2
    along, below = across, down
    if turn.any():
        along = numpy.cos(turn) * across + numpy.sin(turn) * down
        below = numpy.cos(turn) * down - numpy.sin(turn) * across
    if form == "circle":
        inside = reach - numpy.hypot(along, below)
    elif form == "square":
        inside = 0.8 * reach - numpy.maximum(abs(along), abs(below))
    elif form == "triangle":
        inside = numpy.minimum(0.55 * reach - below, 0.55 * reach + 0.5 * below - 0.866 * abs(along))
    else:
        inside = numpy.maximum(
            numpy.minimum(reach - abs(along), 0.3 * reach - abs(below)),
            numpy.minimum(reach - abs(below), 0.3 * reach - abs(along)),
        )
    return numpy.clip(inside + 0.5, 0, 1)


def drawn_scenes(
    scenes: list[list[dict[str, Any]]], colours: dict[str, Any], side: int, noise: float, random: Any
) -> Any:
    """A picture of each scene, (n, 3, side, side) from 0 to 1: its shapes, each with form, colour, y, x and reach, on a
    dark ground, later ones over earlier ones."""
    import numpy

    pictures = numpy.empty((len(scenes), 3, side, side), "float32")
    for first in range(0, len(scenes), 100):  # few at once, so that they stay in the cache
        some, here = scenes[first : first + 100], pictures[first : first + 100]
        here[:] = random.uniform(0, 0.25, (len(some), 3, 1, 1))
        for turn in range(max(map(len, some))):
            for form in sorted({scene[turn]["form"] for scene in some if len(scene) > turn}):
                drawn = [at for at, scene in enumerate(some) if len(scene) > turn and scene[turn]["form"] == form]
                shapes = [some[at][turn] for at in drawn]
                y, x, reach = (numpy.array([each[name] for each in shapes], "float32") for name in ("y", "x", "reach"))
                covers = drawn_shape(form, side, y, x, reach)[:, None]
                ink = numpy.array([colours[each["colour"]] for each in shapes], "float32")[:, :, None, None]
                here[drawn] = (1 - covers) * here[drawn] + covers * ink
        here += noise * random.standard_normal(here.shape, "float32")
        numpy.clip(here, 0, 1, out=here)
    return pictures


def told_scenes(
    count: int, most: int, colours: dict[str, Any], forms: list[str], side: int, noise: float, seed: int
) -> tuple[Any, list[list[str]]]:
    """Pictures of one shape or two (count, 3, side, side), and the sentence of each in words. Of two shapes the large
    one is named first, so that there is one right sentence for each picture. Which side something is on is never a
    close call: places and distances where it would be are drawn anew."""
    import numpy

    random = numpy.random.default_rng(seed)
    scenes: list[list[dict[str, Any]]] = []
    told: list[list[str]] = []
    while len(told) < count:
        sizes = ["large", "small"] if random.random() < 0.75 * (most > 1) else [["large", "small"][random.integers(2)]]
        shapes: list[dict[str, Any]] = []
        for size in sizes:
            reach = side * (random.uniform(0.19, 0.23) if size == "large" else random.uniform(0.1, 0.125))
            y, x = random.uniform(reach, side - reach, 2)
            form, colour = forms[random.integers(len(forms))], list(colours)[random.integers(len(colours))]
            shapes.append({"form": form, "colour": colour, "size": size, "y": y, "x": x, "reach": reach})
        named = [["a", each["size"], each["colour"], each["form"]] for each in shapes]
        other = shapes[1] if len(shapes) > 1 else {"y": side / 2, "x": side / 2, "reach": 0.0}
        down, across = shapes[0]["y"] - other["y"], shapes[0]["x"] - other["x"]
        far, near = max(abs(down), abs(across)), min(abs(down), abs(across))
        if len(shapes) > 1:
            apart = far > shapes[0]["reach"] + other["reach"]
            words = (
                ["above" if down < 0 else "below"] if abs(down) > abs(across) else ["right" if across > 0 else "left"]
            )
            sentence = named[0] + words + (["of"] if abs(across) > abs(down) else []) + named[1]
        elif far < 0.1 * side:
            apart, near, sentence = True, 0.0, [*named[0], "in", "the", "middle"]
        else:
            apart = far > 0.16 * side
            where = (
                ("top" if down < 0 else "bottom") if abs(down) > abs(across) else ("right" if across > 0 else "left")
            )
            sentence = [*named[0], "at", "the", where]
        if apart and far >= 1.5 * near:
            scenes.append(shapes)
            told.append(sentence)
    return drawn_scenes(scenes, colours, side, noise, random), told


def asked_scenes(
    count: int, each: int, most: int, colours: dict[str, Any], forms: list[str], side: int, noise: float, seed: int
) -> tuple[Any, list[list[str]], list[str]]:
    """Pictures of one to ``most`` shapes (count, 3, side, side), ``each`` questions about every one in words, one
    picture after the other, and their answers: which colour a form has or which form a colour has, of which there is
    one alone; how many there are; where something is; whether it is there, half of the time."""
    import numpy

    random = numpy.random.default_rng(seed)
    numbers = ["none", "one", "two", "three", "four", "five", "six"]
    scenes: list[list[dict[str, Any]]] = []
    asked: list[list[str]] = []
    answers: list[str] = []
    for _ in range(count):
        shapes: list[dict[str, Any]] = []
        for _ in range(int(random.integers(1, most + 1))):
            for _ in range(40):  # tries to find a place where it touches no other one
                reach = side * random.uniform(0.11, 0.15)
                y, x = random.uniform(reach, side - reach, 2)
                if all(numpy.hypot(y - one["y"], x - one["x"]) > 1.1 * (reach + one["reach"]) for one in shapes):
                    form, colour = forms[random.integers(len(forms))], list(colours)[random.integers(len(colours))]
                    shapes.append({"form": form, "colour": colour, "y": y, "x": x, "reach": reach})
                    break
        scenes.append(shapes)
        while len(answers) < each * len(scenes):
            chosen = shapes[random.integers(len(shapes))]
            form, colour = chosen["form"], chosen["colour"]
            alike = [one for one in shapes if one["form"] == form]
            tinted = [one for one in shapes if one["colour"] == colour]
            down, across = chosen["y"] - side / 2, chosen["x"] - side / 2
            kind = ["colour", "form", "count", "place", "there"][random.integers(5)]
            if kind == "colour":
                question, answer = ["what", "colour", "is", "the", form], colour if len(alike) == 1 else ""
            elif kind == "form":
                question, answer = ["what", "shape", "is", colour], form if len(tinted) == 1 else ""
            elif kind == "place":
                clear = len(alike) == 1 and min(abs(down), abs(across)) > 0.06 * side
                question = ["where", "is", "the", form]
                answer = f"{'top' if down < 0 else 'bottom'} {'left' if across < 0 else 'right'}" if clear else ""
            elif kind == "count":
                other = list(colours)[random.integers(len(colours))]
                these = sum(one["colour"] == other for one in shapes)
                what, many = [
                    (["shapes"], len(shapes)),
                    ([form + ("es" if form == "cross" else "s")], len(alike)),
                    ([colour, "shapes"], len(tinted)),
                    ([other, "shapes"], these),
                ][random.integers(4)]
                question, answer = ["how", "many", *what, "are", "there"], numbers[many]
            else:
                yes = random.random() < 0.5
                while not yes and any((one["form"], one["colour"]) == (form, colour) for one in shapes):
                    # One of both is there, so that neither alone tells.
                    if random.random() < 0.5:
                        form = forms[random.integers(len(forms))]
                    else:
                        colour = list(colours)[random.integers(len(colours))]
                question, answer = ["is", "there", "a", colour, form], "yes" if yes else "no"
            if answer:
                asked.append(question)
                answers.append(answer)
    return drawn_scenes(scenes, colours, side, noise, random), asked, answers


def moving_shapes(count: int, frames: int, side: int, noise: float, seed: int) -> tuple[Any, Any]:
    """Clips of one grey shape that moves left, right, up or down, grows, shrinks, or turns left or right: (count, 1,
    frames, side, side), 0 to 1, and which of these it is, (count,). A single frame does not tell: place, size and
    angle are drawn alike for all of them, what leaves at one edge comes in at the opposite one, and what has grown as
    large as it may begins anew as small as it may."""
    import numpy

    random = numpy.random.default_rng(seed)
    kinds = random.permutation(numpy.arange(count) % 8)
    forms = random.integers(3, size=count)
    time = numpy.arange(frames)
    speed = numpy.where(kinds < 4, side * random.uniform(0.035, 0.07, count), 0)
    y = random.uniform(0, side, count)[:, None] + numpy.outer(
        speed * numpy.choose(kinds, [0, 0, -1, 1, 0, 0, 0, 0]), time
    )
    x = random.uniform(0, side, count)[:, None] + numpy.outer(
        speed * numpy.choose(kinds, [-1, 1, 0, 0, 0, 0, 0, 0]), time
    )
    growth = random.uniform(0.06, 0.12, count) * numpy.choose(kinds, [0, 0, 0, 0, 1, -1, 0, 0])
    reach = side * (0.18 + 0.2 * ((random.uniform(0, 1, count)[:, None] + numpy.outer(growth, time)) % 1))
    turning = random.uniform(0.16, 0.3, count) * numpy.choose(kinds, [0, 0, 0, 0, 0, 0, -1, 1])
    turn = random.uniform(0, 2 * numpy.pi, count)[:, None] + numpy.outer(turning, time)
    ink, back = random.uniform(0.6, 1, count), random.uniform(0, 0.25, count)
    clips = numpy.empty((count, 1, frames, side, side), "float32")
    for at, form in enumerate(["square", "triangle", "cross"]):  # a circle that turns looks as one that does not
        for some in numpy.array_split(numpy.flatnonzero(forms == at), count // 300 + 1):
            covers = drawn_shape(form, side, y[some], x[some], reach[some], turn[some])
            here = (ink - back)[some, None, None, None] * covers + back[some, None, None, None]
            here += noise * random.standard_normal(here.shape)
            clips[some, 0] = numpy.clip(here, 0, 1)
    return clips, kinds
