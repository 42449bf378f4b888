"""Which nets can write: they read a text and give at each step scores for what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.core.compile.plan import Plan, PlanOutput, PlanSource
from app.data.source_looks import schema_of
from nodes.api import NoData, Schema, cut, quoted
from nodes.api.corrections import class_words
from nodes.api.registry import find
from nodes.reading.texts import END, PADDING, START, UNKNOWN, tokens_of

_SHOWN = {"\\n": "\n", "\\t": "\t", "\\f": "\f", "\\v": "\v"}  # as lists show them, and as they are
_NO_BLANK_BEFORE = set(".,;:!?)]}’'”")
_NO_BLANK_BEHIND = set("([{‘“")


@dataclass(frozen=True)
class Writer:
    """A net that writes. ``words`` are its vocabulary, ``output`` where the scores stand among what the model gives,
    ``window`` how many steps it was trained on at once. ``own`` is the source of the text and ``field`` its port."""

    net: CompiledNet
    own: PlanSource
    field: str
    words: tuple[str, ...]
    output: int
    window: int
    unit: str
    lower: bool

    @cached_property
    def spelled(self) -> tuple[str, ...]:
        """The vocabulary as it is written: the end of a line is one."""
        return tuple(_SHOWN.get(word, word) for word in self.words)

    @cached_property
    def silent(self) -> list[int]:
        """Numbers that are never written: what only pads, marks or stands for words that are not known, and scores that
        stand for no word."""
        marks = (PADDING, UNKNOWN, START, END)
        return [n for n, word in enumerate(self.words) if not word or (n < len(marks) and word in marks)]

    def numbers(self, prompt: str) -> list[int]:
        """The numbers of the letters or words of a prompt; of an empty one that of the end of a line or of a blank.

        Raises:
            NoData: for one that the net does not know.
        """
        text = prompt.lower() if self.lower else prompt
        places = {word: number for number, word in enumerate(self.spelled)}
        if not text:
            known = (places[each] for each in ("\n", " ", ".") if each in places)
            return [next(known, next(number for number in range(len(self.words)) if number not in self.silent))]
        found = []
        for token in tokens_of(text, self.unit):
            if token not in places and UNKNOWN not in self.words[:4]:
                what = "letter" if self.unit == "characters" else "word"
                some = "".join(word for word in self.spelled if len(word) == 1 and word.isprintable())
                knows = f" It knows: {cut(some, 120)}" if self.unit == "characters" else ""
                raise NoData(f"The net has never seen the {what} {quoted(token)}. Leave it out of the prompt.{knows}")
            found.append(places.get(token, places.get(UNKNOWN, 0)))
        if not found:
            raise NoData("The prompt has no word. Write one, or leave it empty.")
        return found

    def unknown(self, prompt: str) -> str:
        """Which words of a prompt the net does not know and so reads as unknown, in a sentence; empty for none."""
        text = prompt.lower() if self.lower else prompt
        strange = [token for token in tokens_of(text, self.unit) if token not in set(self.spelled)]
        return f"Not known from the training: {', '.join(dict.fromkeys(strange[:5]))}." if strange else ""

    def text(self, numbers: list[int]) -> str:
        """What these letters or words say."""
        spelled = self.spelled
        return "".join(self.pieces([spelled[number] for number in numbers]))

    def pieces(self, words: list[str]) -> list[str]:
        """Each of these as it is written behind the one before: words with a blank, letters as they are."""
        if self.unit == "characters":
            return words
        made, before = [], ""
        for word in words:
            glued = not before or word in _NO_BLANK_BEFORE or before in _NO_BLANK_BEHIND
            made.append(word if glued else f" {word}")
            before = word
        return made


def writer_of(net: CompiledNet) -> Writer:
    """How this net writes.

    Raises:
        NoData: if it does not, with the reason.
    """
    plan = net.plan
    if len(plan.inputs) != 1:
        where = " What it makes of what it reads, and of a line of yours, stands under Look inside, Translated."
        names = " What it writes of a class of your choice stands under Look inside, Names that it writes."
        of_a_class = any(entry.shape.dtype == "int" and not entry.shape.rank for entry in plan.inputs)
        told = where if any(step.loop for step in plan.graph.running) else names if of_a_class else ""
        raise NoData(f"A net that writes reads one text, and this one reads {len(plan.inputs)} inputs.{told}")
    (entry,) = plan.inputs
    if entry.shape.dtype != "int" or entry.shape.rank != 1:
        raise NoData("This net reads no text, so it cannot write one.")
    own = next((source for source in plan.sources if source.node == entry.node), None)
    if own is None:
        raise NoData("No data is wired to this net, so nobody knows which letters its numbers stand for.")
    layer = find(own.type)
    assert layer is not None
    schema = own.seen or schema_of(layer, own.settings)
    if entry.port not in schema.fields:
        raise NoData(f"The data has no {entry.port} any more.")
    words = class_words(schema.fields[entry.port])
    output = scores_place(plan, len(words), entry.shape.sizes[0])
    if output is None or not words:
        raise NoData(
            "This net does not say at each step of a text which of its letters or words comes next, so it cannot write."
        )
    unit = _unit(own, schema, words)
    words = (*words, *[""] * (plan.outputs[output].shape.sizes[1] - len(words)))
    lower = own.settings.get("lower") is True
    return Writer(net, own, entry.port, words, output, entry.shape.sizes[0], unit, lower)


def _unit(own: PlanSource, schema: Schema, words: tuple[str, ...]) -> str:
    told = schema.settled.get("unit", own.settings.get("unit", "auto"))
    if told in ("characters", "words"):
        return str(told)
    plain = [word for word in words if word not in (PADDING, UNKNOWN, START, END, *_SHOWN)]
    return "characters" if all(len(word) == 1 for word in plain) else "words"


def scores_place(plan: Plan, classes: int, steps: int) -> int | None:
    """Where the scores for the next step stand: those that a loss compares with the text of the next step."""
    read = {
        operand.key
        for loss in plan.losses
        for port, operand in loss.operands.items()
        if port != "target" and operand.kind == "output"
    }

    def fits(each: PlanOutput) -> bool:
        sizes = each.shape.sizes  # more scores than words are a waste, and no reason not to write
        return each.shape.dtype == "float" and len(sizes) == 2 and sizes[0] == steps and sizes[1] >= classes

    fitting = [place for place, each in enumerate(plan.outputs) if fits(each)]
    wanted = [place for place in fitting if plan.outputs[place].key in read]
    if plan.losses and not wanted:
        return None
    return next(iter(wanted or fitting), None)


def scores_of(writer: Writer, returned: object) -> Tensor:
    """The scores (n, steps, classes) among what the model returned."""
    values = returned if isinstance(returned, tuple) else (returned,)
    found = values[writer.output]
    assert isinstance(found, Tensor)
    return found


def device_of(model: nn.Module) -> torch.device:
    """Where the model lives."""
    first = next(model.parameters(), None)
    return first.device if first is not None else torch.device("cpu")
