"""What the panel asks a net, as values, and what it gets back. Carried out next to the net; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from app.insight.view import SampleChoice, Subject
from nodes.api import cut

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from app.training.net_inputs import NetInputs, Sample
    from app.training.prediction import Prediction

MOST_SAMPLES = 200  # of files that are answered together; the command predict takes any number
_MOST_READ = 200  # letters of a sample that are told


@dataclass(frozen=True, eq=False)
class PredictionAnswer:
    """What a net says of samples.

    ``shown`` is the one of ``predictions`` that was asked about; ``words`` are all classes in their order. ``picture``
    is what the net got of that sample, (h, w) or (h, w, 3) uint8; ``made`` is the answer where that is to be seen, too,
    (h, w, 3) uint8; ``row`` its numbers by name. ``said`` tells how it
    was prepared, ``inverted`` whether dark and light were exchanged (None: that is not asked of it). ``reads`` says
    what the net reads, ``caption`` how far it is trained. ``values`` are those of that sample as a batch by field, with
    the answer as its class, so that others can look at it; none where it is of the data, or nobody can say its class.
    ``line``: a line of text can be typed for it.
    """

    predictions: tuple[Prediction, ...]
    shown: int
    words: tuple[str, ...]
    reads: NetInputs
    caption: str = ""
    said: str = ""
    inverted: bool | None = None
    picture: np.ndarray | None = None
    made: np.ndarray | None = None
    row: Mapping[str, float] | None = None
    values: Mapping[str, Tensor] | None = None
    line: bool = False


@dataclass(frozen=True, eq=False)
class PredictionRequest:
    """A question to a net: one of ``samples`` that were read, ``ink`` that was drawn, a ``text``, a ``row`` of numbers;
    or else the sample that was ``chosen`` among the data, or the validation sample of this number. ``question`` is
    asked about a picture in the place of that of the data. ``invert``: None leaves it to the pictures of the data."""

    samples: tuple[Sample, ...] = ()
    ink: np.ndarray | None = None
    text: str | None = None
    row: Mapping[str, float] | None = None
    sample: int = 0
    chosen: SampleChoice | None = None
    shown: int = 0
    question: str = ""
    invert: bool | None = None
    node: str | None = None

    def look(self, subject: Subject) -> PredictionAnswer:
        """What the net says.

        Raises:
            NoPicture: with a sentence, if this cannot be asked.
        """
        from app.insight.tiles import NoPicture

        try:
            return self._answer(subject)
        except ValueError as reason:
            raise NoPicture(str(reason)) from None

    def _answer(self, subject: Subject) -> PredictionAnswer:
        from app.training.net_inputs import reads_of
        from app.training.prediction import answered, translates, translation, words_of

        reads = reads_of(subject.net.plan)
        written = translation(subject.net, subject.model, self.text) if self.text is not None else None
        if written is not None:
            return PredictionAnswer((written,), 0, (), reads, subject.caption, written.note, line=True)
        line = reads.kind == "tokens" or translates(subject.net)
        samples, said = self._asked(*self._given(reads, subject), reads, subject)
        shown = max(0, min(self.shown, len(samples) - 1))
        samples, inverted, why = self._turned(samples, shown, reads, subject)
        found = tuple(answered(subject.net, subject.model, reads, samples))
        values = samples[shown][1] if samples else ""
        told = " ".join(filter(None, (said, why, found[shown].note if found else "")))
        answer = PredictionAnswer(found, shown, words_of(reads), reads, subject.caption, told, inverted, line=line)
        if isinstance(values, str):
            return answer
        if self.samples or self.ink is not None or self.text is not None or self.row is not None:
            answer = replace(answer, values=_as_batch(values, found[shown], reads, answer.words))
        first = values[next(iter(reads.pictures or values))]
        if reads.pictures:
            from app.insight.picture_answers import answered_picture

            return replace(answer, picture=_as_picture(first), made=answered_picture(found[shown], first))
        if reads.kind == "numbers":
            from app.insight.typed_samples import row_names

            return replace(answer, row=dict(zip(row_names(reads), first.tolist())))
        return answer

    def _given(self, reads: NetInputs, subject: Subject) -> tuple[list[Sample], str]:
        from app.insight import typed_samples

        if self.samples:
            return list(self.samples), ""
        (field, *_) = reads.pictures or reads.fields
        if self.ink is not None:
            values, said = typed_samples.drawn_picture(self.ink, reads.fields[field].sizes, _known(reads, subject))
            return [("drawing", {field: values})], said
        if self.text is not None:
            from app.training.any_length import reads_length
            from app.training.typed_text import written_tokens

            takes = partial(reads_length, subject.net, subject.model, reads)
            values, said = written_tokens(self.text, reads, takes)
            return [("text", {field: values})], said
        if self.row is not None:
            return [("row", {field: typed_samples.typed_row(self.row, reads)})], ""
        held = subject.samples if self.chosen is None else subject.samples.only(self.chosen)
        names = {name: f"{reads.own.node}.{name}" for name in reads.fields}
        if not held.count or any(key not in held.fields for key in names.values()):
            return [], ""
        at = min(self.sample, held.count - 1)
        values_of = {name: held.fields[key][at].cpu() for name, key in names.items()}
        word = held.names[at]
        name = f"validation sample {at + 1}" if reads.plan.sources else word
        named = name if self.chosen is None else self.chosen.name
        return [(named if word == named or word.startswith("sample ") else f"{named} ({word})", values_of)], _read_out(
            values_of, reads
        )

    def _asked(self, samples: list[Sample], said: str, reads: NetInputs, subject: Subject) -> tuple[list[Sample], str]:
        """Pictures with what is asked about them: what was typed, or else what is asked about the validation sample."""
        if not reads.question or not samples:
            return samples, said
        from app.training.questions import asked_tokens, asked_words

        if self.question.strip():
            numbers = asked_tokens(self.question, reads)
        else:
            held = subject.samples.fields.get(f"{reads.own.node}.{reads.question}")
            if held is None or not len(held):
                raise ValueError("Type a question about the picture.")
            numbers = held[min(self.sample, len(held) - 1)].cpu()
        made: list[Sample] = []
        for name, values in samples:
            if not isinstance(values, str) and (self.question.strip() or reads.question not in values):
                values = {**values, reads.question: numbers}
            made.append((name, values))
        shown = made[max(0, min(self.shown, len(made) - 1))][1]
        asked = "" if isinstance(shown, str) else asked_words(shown[reads.question].tolist(), reads)
        return made, f"It is asked “{asked}” {said}".strip() if asked else said

    def _turned(
        self, samples: list[Sample], shown: int, reads: NetInputs, subject: Subject
    ) -> tuple[list[Sample], bool | None, str]:
        """Grey pictures from files with dark and light exchanged where that was asked for, or those of the training
        are the other way round."""
        from app.insight.typed_samples import border, differs

        field, shape = next(iter(reads.pictures.items()), ("", reads.shape))
        if not self.samples or not field or shape.sizes[0] != 1:
            return samples, None, ""
        known = _known(reads, subject)
        usual = border(known) if known is not None else None
        made: list[Sample] = []
        turned = False
        for at, (name, values) in enumerate(samples):
            if not isinstance(values, str):
                picture = values[field]
                turn = differs(usual, border(picture[None])) if self.invert is None else self.invert
                values = {**values, field: 1 - picture} if turn else values
                turned = turn if at == shown else turned
            made.append((name, values))
        if self.invert is not None or usual is None:
            return made, turned, ""
        edge = "dark" if usual < 0.5 else "bright"
        if turned:
            return made, True, f"Inverted, as the training pictures are {edge} at the border and this one is not."
        return made, False, ""


def _as_batch(
    values: Mapping[str, Tensor], said: Prediction, reads: NetInputs, words: tuple[str, ...]
) -> Mapping[str, Tensor] | None:
    """A sample as a batch of one by field. Its class is what the net says: the right one is not known."""
    import torch

    from app.core.compile.decision import decision_of

    batch = {f"{reads.own.node}.{field}": value[None] for field, value in values.items()}
    decision = decision_of(reads.plan)
    if decision is None:
        targets = {wire.key for loss in reads.plan.losses for wire in loss.operands.values()} - batch.keys()
        return None if targets & {f"{reads.own.node}.{field}" for field in reads.own.fields} else batch
    if not said.classes or decision.soft or said.classes[0][0] not in words:
        return None
    if said.several:
        likely = dict(said.classes)
        return batch | {decision.label: torch.tensor([[int(likely.get(word, 0.0) > 0.5) for word in words]])}
    return batch | {decision.label: torch.tensor([words.index(said.classes[0][0])])}


def _read_out(values: Mapping[str, Tensor], reads: NetInputs) -> str:
    """What stands in a sample that is one text, as a sentence; empty for any other."""
    from app.insight.letters import by_letters
    from nodes.api.corrections import class_words
    from nodes.reading.texts import PADDING, shown_word

    field = next(iter(values))
    known = reads.trained.fields.get(field) if reads.trained is not None else None
    words = class_words(known) if known is not None else ()
    numbers = values[field]
    if not words or numbers.dim() != 1 or numbers.is_floating_point():
        return ""
    tokens = [words[number] for number in numbers.tolist() if number < len(words) and words[number] != PADDING]
    text = ("" if by_letters(words) else " ").join(map(shown_word, tokens)).strip()
    if all(token.isdecimal() for token in tokens):  # the values of a sound
        return ""
    return f"It reads “{cut(text, _MOST_READ)}”." if text else ""


def _known(reads: NetInputs, subject: Subject) -> Tensor | None:
    """Pictures of the data (n, channels, height, width); None where noise stands for them."""
    if not reads.plan.sources:
        return None
    field = next(iter(reads.pictures), "")
    values: Any = subject.samples.fields.get(f"{reads.own.node}.{field}")
    return values.cpu() if values is not None else None


def _as_picture(values: Tensor) -> np.ndarray:
    import numpy as np

    dots = values.float().clamp(0, 1).mul(255).round().byte().numpy()
    return np.ascontiguousarray(dots[0] if len(dots) == 1 else dots.transpose(1, 2, 0))
