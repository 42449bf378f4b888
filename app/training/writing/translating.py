"""What a net writes that reads one sequence and writes another: a decoder over time is called step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.core.compile.plan import Plan, PlannedStep, PlanSource
from app.core.graph.loops import CARRIED, STEPS
from app.data.source_looks import schema_of
from app.training.writing.writer import device_of
from nodes.api import NoData, Shape, cut, quoted
from nodes.api.corrections import class_words
from nodes.api.registry import find
from nodes.reading.texts import END, PADDING, START, UNKNOWN, tokens_of

MARKS = (PADDING, UNKNOWN, START, END)
_NO_CAPTIONS = (
    "This net writes no sentence about a picture. Wire a picture to a decoder, a block whose input is read step by "
    "step and comes from its own answer, as the template Captions does."
)
_NO_DECODER = (
    "This net writes no sequence of its own. Wire a decoder into it, a block whose input is read step by step and "
    "comes from its own answer, as the template Translation of dates does."
)


@dataclass(frozen=True)
class Translation:
    """What was written without its marks, whether it came to its end, and the logarithm of its probability, which is
    the sum of those of its steps, the end mark among them."""

    tokens: tuple[int, ...]
    ended: bool
    log_probability: float


@dataclass(frozen=True)
class Translator:
    """A net that reads and writes. ``step`` is its decoder, ``token`` the block input that is written to, ``scores``
    the output that says what comes next. ``asked`` is the field that is read, ``target`` what is to be written;
    ``read`` are the words of what is read, none where that is a picture."""

    net: CompiledNet
    step: PlannedStep
    token: str
    scores: str
    own: PlanSource
    asked: str
    target: str
    read: tuple[str, ...]
    written: tuple[str, ...]
    unit: str
    before: bool

    @cached_property
    def end(self) -> int:
        """The number of the end mark."""
        return self.written.index(END)

    @cached_property
    def start(self) -> int:
        """The number of the start mark, as the decoder reads it; it may be that of another word where it writes."""
        (fed,) = self.step.inputs[self.token]
        return _words(self.own, fed.port).index(START)

    @cached_property
    def silent(self) -> tuple[int, ...]:
        """Numbers that are never written."""
        return tuple(number for number, word in enumerate(self.written) if word in (PADDING, UNKNOWN, START))

    def plain(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """The numbers of a target as far as its end mark, without those that only pad it."""
        found = list(numbers)
        found = found[: found.index(self.end)] if self.end in found else found
        return tuple(number for number in found if self.written[number] != PADDING)

    def said(self, numbers: Sequence[int]) -> str:
        """What was written, as a line."""
        return _line([self.written[number] if number < len(self.written) else "?" for number in numbers])

    def question(self, numbers: Sequence[int]) -> str:
        """What was read, as a line."""
        words = [self.read[number] if number < len(self.read) else "?" for number in numbers]
        return _line([word for word in words if word != PADDING])

    def numbers(self, text: str) -> Tensor:
        """A line of text as the net reads it (steps,).

        Raises:
            NoData: for letters or words that it has never seen, and for a line that is empty or too long.
        """
        length = self.own.fields[self.asked].sizes[0]
        places = {word: number for number, word in enumerate(self.read)}
        tokens = text.split() if self.unit == "between blanks" else list(tokens_of(text.strip(), self.unit))
        what = "letter" if self.unit == "characters" else "word"
        if not tokens:
            raise NoData(f"There is nothing to read. Write a line of up to {length} {what}s as the prompt.")
        for place, token in enumerate(tokens):
            if token not in places and token.lower() in places:
                tokens[place] = token.lower()
            elif token not in places and UNKNOWN not in places:
                some = cut("".join(word for word in self.read if len(word) == 1), 120)
                knows = f" It knows: {some}" if self.unit == "characters" else ""
                raise NoData(f"The net has never seen the {what} {quoted(token)}. Leave it out.{knows}")
        if len(tokens) > length:
            raise NoData(f"The net reads {length} {what}s at most, and there are {len(tokens)}. Write less.")
        found = [places.get(token, places.get(UNKNOWN, 0)) for token in tokens]
        gap = [places.get(PADDING, 0)] * (length - len(found))
        return torch.tensor(gap + found if self.before else found + gap)


def translator_of(net: CompiledNet) -> Translator:
    """How this net writes what it reads in other words.

    Raises:
        NoData: if it does not, with the reason.
    """
    found = _decoding(net, False)
    if found is None:
        raise NoData(_NO_DECODER)
    return found


def captioner_of(net: CompiledNet) -> Translator:
    """How this net writes what a picture shows.

    Raises:
        NoData: if it does not, with the reason.
    """
    found = _decoding(net, True)
    if found is None:
        raise NoData(_NO_CAPTIONS)
    return found


def picture_told(plan: Plan) -> str:
    """The field of the picture about which a net writes a sentence; empty for one that does not."""
    try:
        found = _decoder(plan, True)
    except NoData:
        return ""
    return found[4] if found is not None else ""


def _decoding(net: CompiledNet, pictures: bool) -> Translator | None:
    found = _decoder(net.plan, pictures)
    return Translator(net, *found) if found is not None else None


_Parts = tuple[PlannedStep, str, str, PlanSource, str, str, tuple[str, ...], tuple[str, ...], str, bool]


def _decoder(plan: Plan, pictures: bool) -> _Parts | None:
    """What a translator is made of: the first decoder whose answers a loss compares with the data; it reads a picture
    or a sequence."""
    for step in plan.graph.running:
        fed = [entry for entry in step.loop if entry.over_time == STEPS and entry.comes_from and entry.chosen]
        if not fed or step.inner is None or not step.inputs.get(fed[0].name):
            continue
        token = fed[0]
        (heard,) = step.inputs[token.name]
        own = next((source for source in plan.sources if source.node == heard.node), None)
        for loss in plan.losses:
            wires = loss.operands
            if "prediction" not in wires or "target" not in wires or own is None:
                continue
            told = wires["target"]
            if wires["prediction"].key != f"{step.name}.{token.comes_from}" or told.node != own.node:
                continue
            others = [entry for entry in plan.inputs if entry.node == own.node and entry.port != heard.port]
            read = [entry.port for entry in others if _fits(entry.shape, pictures)]
            if len(read) != 1 or len(plan.inputs) != 2:
                if pictures:
                    raise NoData(f"{_NO_CAPTIONS} It reads the picture and what it has written itself, nothing else.")
                raise NoData("A net that translates reads one sequence and what it has written itself, nothing else.")
            asked, written = () if pictures else _words(own, read[0]), _words(own, told.port)
            if not (asked or pictures) or END not in written or START not in _words(own, heard.port):
                raise NoData("The data has no start and end mark, so nobody knows where an answer begins and ends.")
            before = own.settings.get("padding") == "before"
            unit = _unit(own, asked or written)
            return step, token.name, token.comes_from, own, read[0], told.port, asked, written, unit, before
    return None


def _fits(shape: Shape, pictures: bool) -> bool:
    if pictures:
        return shape.kind == "image" and shape.sizes[0] in (1, 3)
    return shape.dtype == "int" and shape.rank == 1


def _words(own: PlanSource, field: str) -> tuple[str, ...]:
    layer = find(own.type)
    assert layer is not None
    schema = own.seen or schema_of(layer, own.settings)
    return class_words(schema.fields[field]) if field in schema.fields else ()


def _unit(own: PlanSource, words: Sequence[str]) -> str:
    layer = find(own.type)
    assert layer is not None
    settled = (own.seen or schema_of(layer, own.settings)).settled
    told = settled.get("source_unit", settled.get("unit"))
    if told is not None:
        return str(told)
    return "characters" if all(len(word) == 1 for word in words if word not in MARKS) else "words"


def _line(words: Sequence[str]) -> str:
    return ("" if all(len(word) == 1 for word in words) else " ").join(words)


def answers(translator: Translator, model: nn.Module, asked: Tensor, beam: int = 1) -> list[Translation]:
    """What the net writes for each line of ``asked`` (n, steps). With a beam of 1 it takes the likeliest symbol at each
    step; with more, it keeps so many beginnings and gives the likeliest whole answer found. It never reads the truth.
    """
    with evaluating(model), torch.no_grad():
        return [_search(translator, model, line[None], beam) for line in asked.to(device_of(model))]


def _search(translator: Translator, model: nn.Module, asked: Tensor, beam: int) -> Translation:
    """Beam search. Answers that have come to their end keep their probability and take no further step."""
    cell = _Cell(translator, model, asked)
    steps = translator.own.fields[translator.target].sizes[0]
    rows: list[tuple[int, ...]] = [()]
    totals = torch.zeros(1, dtype=torch.float64)
    done: list[Translation] = []
    tokens = torch.tensor([translator.start], device=asked.device)
    for _ in range(steps):
        scores = _allowed(translator, cell.read(tokens)).cpu()
        known = totals[:, None] + scores.log_softmax(1)
        best = known.flatten().topk(min(beam, int(torch.isfinite(known).sum())))
        going: list[int] = []
        longer: list[tuple[int, ...]] = []
        for place, (value, at) in enumerate(zip(best.values.tolist(), best.indices.tolist())):
            row, number = divmod(at, scores.shape[1])
            if number == translator.end:
                done.append(Translation(rows[row], True, value))
            else:
                going.append(place)
                longer.append((*rows[row], number))
        best_done = max((each.log_probability for each in done), default=-torch.inf)
        rows, totals = longer, best.values[going]
        # A longer answer is never likelier than its beginning.
        if not rows or float(totals.max()) <= best_done:
            rows = []
            break
        cell.keep((best.indices[going] // scores.shape[1]).to(asked.device))
        tokens = torch.tensor([row[-1] for row in rows], device=asked.device)
    if not done:
        done = [Translation(row, False, float(value)) for row, value in zip(rows, totals)]
    if not done:
        raise NoData("The net gives no numbers any more. Use a smaller learning rate and train again.")
    return max(done, key=lambda each: each.log_probability)


def share_right(translator: Translator, model: nn.Module, asked: Tensor, target: Tensor, told: bool) -> float:
    """The share of steps at which the likeliest symbol is that of ``target`` (n, steps), padding left out. The decoder
    reads the truth of the step before (teacher forcing) if it is ``told``, else its own likeliest symbol."""
    device = device_of(model)
    asked, target = asked.to(device), target.to(device)
    padding = translator.written.index(PADDING) if PADDING in translator.written else -1
    right = 0
    with evaluating(model), torch.no_grad():
        cell = _Cell(translator, model, asked)
        tokens = torch.full((len(asked),), translator.start, device=device)
        for wanted in target.T:
            best = _allowed(translator, cell.read(tokens)).argmax(1)
            right += int(((best == wanted) & (wanted != padding)).sum())
            tokens = wanted if told else best
    return right / max(int((target != padding).sum()), 1)


def _allowed(translator: Translator, scores: Tensor) -> Tensor:
    """The scores without those of what is never written."""
    scores = scores.double()
    scores[:, list(translator.silent)] = -torch.inf
    scores[:, len(translator.written) :] = -torch.inf
    return scores


class _Cell:
    """The decoder of a net, after it has read lines (n, steps): what it is given at its first step, and then its own
    state."""

    def __init__(self, translator: Translator, model: nn.Module, asked: Tensor) -> None:
        self._block = model.get_submodule(translator.step.attribute)
        inner = translator.step.inner
        assert inner is not None
        self._entries = [ref.node for ref in inner.arguments]
        self._ports = inner.return_ports
        self._loop = {entry.name: entry for entry in translator.step.loop}
        self._token, self._scores = translator.token, translator.scores
        first = torch.full((len(asked), translator.own.fields[translator.target].sizes[0]), translator.start)
        field = translator.step.inputs[translator.token][0]
        batch = {
            f"{translator.own.node}.{translator.asked}": asked,
            f"{translator.own.node}.{field.port}": first.to(asked.device),
        }
        with _listening(self._block) as calls:
            model(*translator.net.inputs_from(batch))
        self._values: Mapping[str, Tensor] = dict(zip(self._entries, calls[0][0]))

    def read(self, tokens: Tensor) -> Tensor:
        """Go one step on with these (n,); the scores (n, classes) for what comes next."""
        values = {
            name: tokens if name == self._token else value.expand(len(tokens), *value.shape[1:])
            for name, value in self._values.items()
        }
        returned = self._block(*[values[name] for name in self._entries])
        found = dict(zip(self._ports, returned if isinstance(returned, tuple) else (returned,)))
        carried = {name: found[entry.comes_from] for name, entry in self._loop.items() if entry.over_time == CARRIED}
        self._values = {**values, **carried}
        return found[self._scores]

    def keep(self, rows: Tensor) -> None:
        """Go on with these of the answers side by side, in this order."""
        self._values = {name: value.index_select(0, rows) for name, value in self._values.items()}


@contextmanager
def _listening(module: nn.Module) -> Iterator[list[tuple[tuple[Any, ...], Any]]]:
    """Each call of a module: what it was given and what it gave."""
    calls: list[tuple[tuple[Any, ...], Any]] = []
    handle = module.register_forward_hook(lambda _, given, returned: calls.append((given, returned)))
    try:
        yield calls
    finally:
        handle.remove()


def edits(one: Sequence[int], other: Sequence[int]) -> int:
    """How many symbols have to be changed, taken out or put in to make one sequence the other (Levenshtein 1966)."""
    row = list(range(len(other) + 1))
    for place, symbol in enumerate(one, 1):
        before, row[0] = row[0], place
        for at, wanted in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (symbol != wanted))
    return row[-1]
