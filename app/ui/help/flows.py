"""Pictures of layers that mix, remember, compare, drop or join values."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

from app.ui import theme
from app.ui.help.images import side, words_of
from app.ui.help.sheet import Sheet
from nodes.api.curves import Settings, softmax

# Dense


def linear(sheet: Sheet, settings: Settings) -> str:
    _units(sheet, 60, 4, 170, 3)
    return f"Each of the {words_of(settings, 'out_features', 3)} outputs is a weighted sum of all inputs."


def _units(sheet: Sheet, left: float, inputs: int, right: float, outputs: int) -> None:
    ins = [(left, 14 + 72 * (place + 0.5) / inputs) for place in range(inputs)]
    outs = [(right, 14 + 72 * (place + 0.5) / outputs) for place in range(outputs)]
    for number, end in enumerate(outs):
        for start in ins:
            chosen = number == 0
            sheet.segment(start, end, sheet.family if chosen else sheet.line, 1.8 if chosen else 0.9)
    for x, y in ins:
        sheet.disc(x, y, 7)
    for number, (x, y) in enumerate(outs):
        sheet.disc(x, y, 7, sheet.family if number == 0 else sheet.pale)


def bilinear(sheet: Sheet, settings: Settings) -> str:
    for place in range(3):
        sheet.disc(66 + 26 * place, 12, 7)
        sheet.disc(34, 38 + 24 * place, 7)
    sheet.grid(54, 28, 3, 3, 24, lambda row, column: sheet.shade(0.2 + 0.12 * ((2 * row + column) % 5)))
    sheet.arrow((132, 64), (174, 64), sheet.accent)
    sheet.disc(186, 64, 9, sheet.family)
    return "Each pair of an input of the one and an input of the other has a weight; all together give one output."


def maxout(sheet: Sheet, settings: Settings) -> str:
    for piece in range(3):
        y = 20 + 30 * piece
        sheet.box(70, y - 10, 50, 20, sheet.shade(0.2 + 0.25 * piece))
        sheet.text(95, y, "x · w", theme.text_on(sheet.shade(0.2 + 0.25 * piece)))
        sheet.arrow((34, 50), (66, y))
        sheet.arrow((122, y), (152, 50))
    sheet.disc(26, 50, 8)
    sheet.text(157, 50, "largest", sheet.ink, bold=True, side="right")
    return f"{words_of(settings, 'pieces', 3)} weighted sums are made for each output; the largest one is taken."


# Recurrent


def _unrolled(sheet: Sheet, word: str, memory: bool, gates: str) -> None:
    for step in range(3):
        x = 34 + 68 * step
        sheet.box(x, 28, 42, 40, sheet.pale, sheet.family)
        sheet.text(x + 21, 41 if gates else 48, word, sheet.ink, bold=True)
        if gates:
            sheet.text(x + 21, 57, gates)
        sheet.arrow((x + 21, 86), (x + 21, 70))
        sheet.text(x + 30, 91, f"x{'₁₂₃'[step]}")
        sheet.arrow((x + 21, 27), (x + 21, 12))
        if step < 2:
            sheet.arrow((x + 43, 58), (x + 66, 58), sheet.accent, 1.6)
            if memory:
                sheet.arrow((x + 43, 36), (x + 66, 36), sheet.family, 2.2)
    sheet.text(22, 58, "h", sheet.accent, bold=True)
    if memory:
        sheet.text(22, 36, "c", sheet.family, bold=True)


def lstm(sheet: Sheet, settings: Settings) -> str:
    _unrolled(sheet, "LSTM", True, "f i o")
    return (
        "The same cell at each step. The memory c runs through; the gates f, i and o say what is forgotten, written "
        "and shown. h goes on to the next step."
    )


def gru(sheet: Sheet, settings: Settings) -> str:
    _unrolled(sheet, "GRU", False, "r z")
    return "The same cell at each step. The gates r and z say how much of the past counts and how much is replaced."


def rnn(sheet: Sheet, settings: Settings) -> str:
    _unrolled(sheet, "RNN", False, str(settings.get("nonlinearity", "tanh")))
    return "The same cell at each step: it mixes the new input with what it remembers, h."


# Attention


def attention(sheet: Sheet, settings: Settings) -> str:
    size, cell, causal = 5, 15.0, settings.get("causal") is True
    left, top = 84.0, 12.0

    def weight(row: int, column: int) -> float:
        if causal and column > row:
            return 0.0
        scores = [2.2 * math.cos((row - each) * 1.1) - 0.2 * each for each in range(row + 1 if causal else size)]
        return softmax(scores)[column]

    sheet.grid(left, top, size, size, cell, lambda row, column: sheet.shade(1.3 * weight(row, column)))
    sheet.frame(left, top + 2 * cell, size * cell, cell)
    sheet.text(left - 6, top + 37, "asks", side="left")
    sheet.text(left + 37, 94, "answers")
    sheet.arrow((left + 77, top + 37), (196, top + 37), sheet.accent)
    sheet.grid(202, top + 8, 4, 1, cell, lambda row, column: sheet.shade(0.3 + 0.2 * row))
    more = " Steps that come later are hidden." if causal else ""
    return f"Each step asks all steps how well they fit. The shares of a row add up to 1 and mix the values.{more}"


def _blocks(sheet: Sheet, words: tuple[str, ...]) -> None:
    width = 200 / len(words)
    sheet.arrow((2, 58), (16, 58))
    for place, word in enumerate(words):
        x = 18 + place * (width + 4)
        room = width - 8
        sheet.box(x, 42, room, 32, sheet.pale, sheet.family)
        sheet.text(x + room / 2, 58, word, sheet.ink)
        sheet.arrow((x + room, 58), (x + width + 3, 58))
        sheet.arc((x - 4, 40), (x + room + 6, 54), 18, sheet.accent)


def encoder(sheet: Sheet, settings: Settings) -> str:
    _blocks(sheet, ("attention", "two layers"))
    return "Attention among all steps, then two layers for each step; the arcs add what went in, and norms follow."


def decoder(sheet: Sheet, settings: Settings) -> str:
    _blocks(sheet, ("itself", "memory", "layers"))
    return "Attention to itself, then to the memory, then two layers; the arcs add what went in, and norms follow."


# Embedding


def embedding(sheet: Sheet, settings: Settings) -> str:
    sheet.disc(34, 50, 11, sheet.family, "3")
    table = random.Random(4)
    shades = [[table.random() for _ in range(4)] for _ in range(6)]
    sheet.grid(84, 8, 6, 4, 14, lambda row, column: sheet.shade(shades[row][column]))
    sheet.frame(84, 8 + 3 * 14, 56, 14)
    sheet.arrow((46, 51), (80, 57), sheet.accent)
    sheet.arrow((144, 57), (164, 57), sheet.accent)
    sheet.grid(168, 50, 1, 4, 14, lambda row, column: sheet.shade(shades[3][column]))
    return "The number of a word picks a row of the table. The rows are learned."


def learned_positions(sheet: Sheet, settings: Settings) -> str:
    table = random.Random(7)
    shades = [[table.random() for _ in range(4)] for _ in range(5)]
    sheet.grid(16, 14, 5, 4, 14, sheet.shade(0.35))
    sheet.disc(93, 50, 8, sheet.family, "+")
    sheet.grid(110, 14, 5, 4, 14, lambda row, column: sheet.shade(shades[row][column]))
    sheet.text(138, 94, "place 0 … 4")
    sheet.arrow((170, 50), (184, 50), sheet.accent)
    sheet.grid(186, 14, 5, 3, 14, lambda row, column: sheet.shade((0.35 + shades[row][column]) / 1.4))
    return "Each place in the sequence has a learned vector, which is added."


def positions(sheet: Sheet, settings: Settings) -> str:
    size = 16
    for row, rate in enumerate((1.0, 0.5, 0.25, 0.12)):
        for place in range(size):
            value = 0.5 + 0.5 * math.sin(place * rate)
            sheet.stroke(sheet.line, 0.6)
            sheet.painter.setBrush(sheet.shade(value))
            sheet.painter.drawRect(sheet.rect(24 + 12 * place, 10 + 17 * row, 12, 17))
    sheet.text(120, 90, "place in the sequence")
    return "Waves of different length are added, so that each place has a pattern of its own."


def one_hot(sheet: Sheet, settings: Settings) -> str:
    count = max(2, min(10, side(settings, "num_classes", 8, 10)))
    chosen = min(3, count - 1)
    sheet.disc(30, 50, 11, sheet.family, str(chosen))
    sheet.arrow((44, 50), (62, 50), sheet.accent)
    fills = {(0, chosen): sheet.family}
    texts = [["1" if place == chosen else "0" for place in range(count)]]
    sheet.grid(68, 42, 1, count, 16, fills, texts)
    return "A class becomes a row of zeros with a single one at its place."


# Activations that look at several numbers


def _shares(sheet: Sheet, after: list[float], height: float) -> None:
    before = [0.5, 1.6, 0.9, 0.2]
    sheet.bars(28, 84, before, 14, 42, 19)
    sheet.arrow((112, 55), (140, 55), sheet.accent)
    sheet.bars(150, 84, after, 14, height, 19)


def softmax_bars(sheet: Sheet, settings: Settings) -> str:
    _shares(sheet, softmax([1.0, 3.2, 1.8, 0.4]), 80)
    return "Any numbers become shares between 0 and 1 that add up to 1; the largest takes most."


def log_softmax_bars(sheet: Sheet, settings: Settings) -> str:
    shares = softmax([1.0, 3.2, 1.8, 0.4])
    before = [0.5, 1.6, 0.9, 0.2]
    sheet.bars(28, 84, before, 14, 42, 19)
    sheet.arrow((112, 55), (140, 55), sheet.accent)
    for number, share in enumerate(shares):
        sheet.box(150 + 19 * number, 16, 14, min(72.0, -21 * math.log(share)), sheet.family)
    sheet.segment((148, 16), (226, 16), sheet.soft, 0.8)
    return "Logarithms of shares: 0 would be certain, the further below the less likely."


# Normalization


def _bell(sheet: Sheet, middle: float, width: float, left: float, right: float, base: float) -> None:
    points = [
        (x, base - 52 * math.exp(-(((x - middle) / width) ** 2) / 2)) for x in range(int(left), int(right) + 1, 2)
    ]
    for start, end in itertools.pairwise(points):
        sheet.segment(start, end, sheet.family, 2.0)
    sheet.segment((left, base), (right, base), sheet.soft, 0.9)
    sheet.segment((middle, base + 3), (middle, base - 56), sheet.accent, 1.0)


def standardize(sheet: Sheet, settings: Settings) -> str:
    _bell(sheet, 74, 9, 12, 98, 78)
    sheet.arrow((106, 50), (132, 50), sheet.accent)
    _bell(sheet, 184, 16, 140, 228, 78)
    sheet.text(55, 90, "any mean")
    sheet.text(184, 90, "mean 0, deviation 1")
    return "The values are shifted and stretched, so that their mean is 0 and their deviation 1."


def _cube(sheet: Sheet, chosen: str, groups: int = 2) -> None:
    """Rows are samples, columns channels, the small squares pixels; what shares a mean has the colour."""

    def inside(sample: int, channel: int) -> bool:
        return {
            "channel": channel == 1,
            "sample": sample == 1,
            "group": sample == 1 and channel < 4 // groups,
            "one": sample == 1 and channel == 1,
        }[chosen]

    for sample in range(3):
        for channel in range(4):
            fill = sheet.family if inside(sample, channel) else None
            x, y = 84 + 30 * channel, 6 + 28 * sample
            sheet.grid(x, y, 2, 2, 11, fill)
    sheet.text(76, 45, "samples", side="left")
    sheet.text(142, 94, "channels")


def batch_norm(sheet: Sheet, settings: Settings) -> str:
    _cube(sheet, "channel")
    return "What has the colour shares mean and deviation: one channel, over all samples of the batch."


def layer_norm(sheet: Sheet, settings: Settings) -> str:
    _cube(sheet, "sample")
    return "What has the colour shares mean and deviation: all values of one sample."


def group_norm(sheet: Sheet, settings: Settings) -> str:
    _cube(sheet, "group")
    return "What has the colour shares mean and deviation: a group of channels of one sample."


def instance_norm(sheet: Sheet, settings: Settings) -> str:
    _cube(sheet, "one")
    return "What has the colour shares mean and deviation: one channel of one sample."


def local_response(sheet: Sheet, settings: Settings) -> str:
    for channel in range(7):
        near = abs(channel - 3) <= 1
        fill = sheet.family if channel == 3 else sheet.pale if near else None
        sheet.box(24 + 28 * channel, 34, 24, 34, fill)
    sheet.frame(78, 30, 84, 42)
    sheet.text(120, 88, f"channels, {words_of(settings, 'size', 5)} around each")
    return "A value is divided by how strong its neighbours in other channels are at the same pixel."


# Regularization


def _share(settings: Settings, usual: float = 0.5) -> float:
    value = settings.get("p", usual)
    return min(1.0, max(0.0, float(value))) if isinstance(value, int | float) else usual


def dropout(sheet: Sheet, settings: Settings) -> str:
    share = 100 * _crossed_units(sheet, settings)
    return f"While training, about {share:.0f} % of the values are set to 0, others each time. Afterwards all count."


def alpha_dropout(sheet: Sheet, settings: Settings) -> str:
    share = 100 * _crossed_units(sheet, settings)
    return (
        f"While training, about {share:.0f} % of the values take the lowest that SELU can give, and all are shifted "
        "so that mean and deviation stay. Afterwards all count."
    )


def _crossed_units(sheet: Sheet, settings: Settings) -> float:
    share = _share(settings)
    order = random.Random(3).sample(range(14), 14)
    crossed = set(order[: round(14 * share)])
    for place in range(14):
        x, y = 30 + 30 * (place % 7), 32 + 36 * (place // 7)
        sheet.disc(x, y, 9, None if place in crossed else sheet.family)
        if place in crossed:
            sheet.cross(x, y, 6)
    return share


def dropout_2d(sheet: Sheet, settings: Settings) -> str:
    share = _share(settings)
    crossed = set(random.Random(5).sample(range(6), 6)[: round(6 * share)])
    for place in range(6):
        x, y = 46 + 52 * (place % 3), 8 + 44 * (place // 3)
        fill = None if place in crossed else sheet.pale
        sheet.grid(x, y, 3, 3, 12, fill)
        if place in crossed:
            sheet.cross(x + 18, y + 18, 12)
    return f"While training, about {100 * share:.0f} % of the channels are left out whole. Afterwards all count."


def noise(sheet: Sheet, settings: Settings) -> str:
    shaken = random.Random(2)
    points = [(20 + 5.0 * step, 50 - 22 * math.sin(step / 6.4)) for step in range(41)]
    rough = [(x, y + shaken.gauss(0, 7)) for x, y in points]
    for line, color, width in ((rough, sheet.family, 1.4), (points, sheet.soft, 1.2)):
        for start, end in itertools.pairwise(line):
            sheet.segment(start, end, color, width)
    return "While training, each value is shaken a little at random. Afterwards nothing happens."


# Joining


def _joined(sheet: Sheet, sign: str, shares: tuple[float, float, float]) -> None:
    for place, share in enumerate(shares):
        x = (24.0, 110.0, 186.0)[place]
        sheet.grid(x, 30, 3, 3, 13, sheet.shade(share))
    sheet.disc(87, 50, 10, sheet.family, sign)
    sheet.text(168, 50, "=", sheet.ink, bold=True)


def add(sheet: Sheet, settings: Settings) -> str:
    _joined(sheet, "+", (0.3, 0.45, 0.75))
    return "Values at the same place are added. All inputs have the same shape."


def subtract(sheet: Sheet, settings: Settings) -> str:
    _joined(sheet, "−", (0.8, 0.5, 0.3))
    return "Values at the same place are subtracted: a minus b."


def multiply(sheet: Sheet, settings: Settings) -> str:
    _joined(sheet, "×", (0.5, 0.8, 0.4))
    return "Values at the same place are multiplied."


def mean(sheet: Sheet, settings: Settings) -> str:
    _joined(sheet, "ø", (0.2, 0.8, 0.5))
    return "Values at the same place are averaged."


def dot(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(24, 20, 1, 5, 17, lambda row, column: sheet.shade(0.2 + 0.15 * column), [list("12031")])
    sheet.grid(24, 62, 1, 5, 17, lambda row, column: sheet.shade(0.8 - 0.15 * column), [list("20141")])
    for place in range(5):
        sheet.segment((32.5 + 17 * place, 37), (32.5 + 17 * place, 62), sheet.accent)
    sheet.arrow((114, 50), (140, 50), sheet.accent)
    sheet.disc(158, 50, 13, sheet.family, "15")
    return "Values at the same place are multiplied, and all products added: one number that says how alike they are."


def concat(sheet: Sheet, settings: Settings) -> str:
    sheet.stack(24, 26, 2, 3, 3, 8, fills=sheet.shade(0.35))
    sheet.stack(24, 68, 3, 3, 3, 8, fills=sheet.shade(0.85))
    sheet.arrow((70, 34), (112, 46), sheet.accent)
    sheet.arrow((76, 74), (112, 58), sheet.accent)
    sheet.stack(124, 52, 3, 4, 4, 8, fills=sheet.shade(0.85))
    sheet.stack(139, 37, 2, 4, 4, 8, fills=sheet.shade(0.35))
    sheet.text(192, 88, f"axis: {settings.get('axis', 'one')}")
    return "The inputs are put behind each other along one axis; nothing is computed."


# Numbers, data, losses without a curve, blocks


def number(sheet: Sheet, settings: Settings) -> str:
    value = settings.get("value", settings.get("start", 1.0))
    sheet.box(80, 30, 80, 40, sheet.pale, sheet.family)
    sheet.text(120, 50, f"{value:g}" if isinstance(value, int | float) else str(value), sheet.ink, bold=True)
    sheet.arrow((162, 50), (196, 50))
    return "A number that depends on no input; one that is learned begins with the value shown."


def source(sheet: Sheet, settings: Settings, outputs: Sequence[str] = ("image", "label")) -> str:
    pixels = ("01110", "10001", "00110", "10001", "01110") if "image" in outputs else ("10010", "00100") * 3
    for depth in (2, 1, 0):
        sheet.box(40 + 6 * depth, 24 - 6 * depth, 62, 62, sheet.paper)
    sheet.grid(46, 30, 5, 5, 10, lambda row, column: sheet.family if pixels[row][column] == "1" else None)
    first = 52 - 18 * (len(outputs) - 1)
    for number, name in enumerate(outputs):
        y = first + 36 * number
        sheet.arrow((120, 52 + (y - 52) * 5 / 9), (152, y), sheet.accent)
        sheet.text(156, y, "label 3" if name == "label" and "image" in outputs else name, sheet.ink, side="right")
    if "label" not in outputs:
        return "Samples; a batch of them flows through the drawing at each step."
    return "Samples with what is to be learned about them; a batch of them flows through the drawing at each step."


def way_in(sheet: Sheet, settings: Settings) -> str:
    sheet.arrow((30, 50), (92, 50), sheet.family, 2.4)
    sheet.box(96, 20, 110, 60, sheet.pale, sheet.family)
    sheet.text(151, 50, "the drawing", sheet.ink)
    return "Here values enter."


def way_out(sheet: Sheet, settings: Settings) -> str:
    sheet.box(34, 20, 110, 60, sheet.pale, sheet.family)
    sheet.text(89, 50, "the drawing", sheet.ink)
    sheet.arrow((146, 50), (210, 50), sheet.family, 2.4)
    return "Here values leave."


def divergence(sheet: Sheet, settings: Settings) -> str:
    for step, (low, high) in enumerate(((0.2, 0.4), (0.7, 0.5), (1.0, 0.8), (0.6, 0.9), (0.2, 0.4), (0.1, 0.2))):
        x = 30 + 32 * step
        sheet.box(x, 84 - 64 * low, 12, 64 * low, sheet.family)
        sheet.box(x + 12, 84 - 64 * high, 12, 64 * high, sheet.accent)
    sheet.text(66, 94, "target", sheet.family, bold=True)
    sheet.text(160, 94, "prediction", sheet.accent, bold=True)
    return "How far one distribution lies from another: 0 where they are the same."


def path(sheet: Sheet, settings: Settings) -> str:
    for step, letter in enumerate("hha-llo--"):
        sheet.box(16 + 23 * step, 16, 20, 24, sheet.pale if letter != "-" else None)
        sheet.text(26 + 23 * step, 28, letter, sheet.ink)
    sheet.arrow((120, 46), (120, 64), sheet.accent)
    sheet.text(120, 78, "h a l o", sheet.family, bold=True)
    return "Blanks and repeats are taken out. All paths that spell the target count together."


def augmentation(sheet: Sheet, settings: Settings) -> str:
    mark = {(row, 0): sheet.family for row in range(4)} | {(3, 1): sheet.family, (3, 2): sheet.family}
    sheet.grid(36, 18, 4, 4, 16, mark)
    sheet.grid(140, 18, 4, 4, 16, {(row, 3 - column): color for (row, column), color in mark.items()})
    sheet.arrow((106, 50), (134, 50), sheet.accent)
    return "While training, samples are changed a little at random, so that there seem to be more of them."


def block(sheet: Sheet, settings: Settings) -> str:
    sheet.box(40, 12, 160, 76, None, sheet.family)
    for place in range(3):
        x = 54 + 50 * place
        sheet.box(x, 38, 32, 24, sheet.pale, sheet.family)
        if place < 2:
            sheet.arrow((x + 33, 50), (x + 48, 50))
    sheet.arrow((14, 50), (52, 50))
    sheet.arrow((187, 50), (226, 50))
    return "A drawing of its own, used here as one layer."


def some_layer(sheet: Sheet, settings: Settings) -> str:
    sheet.arrow((24, 50), (76, 50))
    sheet.box(80, 26, 80, 48, sheet.pale, sheet.family)
    sheet.text(120, 50, "f(x)", sheet.ink, bold=True)
    sheet.arrow((162, 50), (214, 50))
    return "Values enter at the left, the result leaves at the right."
