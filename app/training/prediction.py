"""What a net says of samples that were prepared as those of its training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.core.compile.decision import Decision, decision_of, detection_of, spelling_of
from app.core.compile.modes import evaluating
from app.core.compile.named_scores import NamedScores, named_scores
from app.core.compile.net import CompiledNet
from app.core.compile.plan import Plan, Ref
from app.training.checkpoints import LoadedRun
from app.training.heat_maps import peaks, point_names
from app.training.judging.classes import label_names
from app.training.net_inputs import NetInputs, OddSample, Sample, Values, reads_of, samples_at
from nodes.api import NoData, cut
from nodes.api.corrections import class_words
from nodes.api.registry import find
from nodes.reading.texts import END, PADDING, UNKNOWN

AT_ONCE = 64  # samples that go through the net together
BEAM = 8  # texts that the search for the likeliest keeps
MOST_NAMED = 1000  # classes, the likeliest ones
LEAST_SURE = 0.3  # the score from which on a detector has found something


@dataclass(frozen=True)
class DetectedObject:
    """What a detector has found: its class, the score, and left, top, right and bottom as shares of the picture."""

    word: str
    score: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Prediction:
    """What is said of one sample. ``classes`` with their probabilities, the likeliest first, of which ``several`` may
    be right at once where they are labels; ``steps`` with the class
    of each step of a sequence and its probability, each by what it is called; ``things`` that a detector has found, the
    surest first; ``points`` by name, from the left and the top in dots of the picture that the net reads, with the
    height of the peak there; a ``sentence`` about it with its probability, ``chance``; or ``numbers`` by name.
    ``dots`` is an answer that is seen better than read: the class of each dot (height, width), or a picture (channels,
    height, width). ``question`` is what was asked about a picture, ``given`` (channels, height, width) that picture.
    ``trouble`` is why the sample cannot be read, in a sentence; then there is neither. ``note`` says what is odd about
    a sample that could be read, such as a word that the training did not have."""

    name: str
    classes: tuple[tuple[str, float], ...] = ()
    numbers: tuple[tuple[str, float], ...] = ()
    trouble: str = ""
    note: str = ""
    steps: tuple[tuple[str, str, float], ...] = ()
    things: tuple[DetectedObject, ...] | None = None
    points: tuple[tuple[str, float, float, float], ...] = ()
    sentence: str = ""
    chance: float = 0.0
    question: str = ""
    several: bool = False
    dots: Tensor | None = field(default=None, compare=False, repr=False)
    given: Tensor | None = field(default=None, compare=False, repr=False)


def predictions(
    run: LoadedRun, path: Path, invert: bool = False, questions: Sequence[str] = ()
) -> Iterator[Prediction]:
    """The answers for one file, or for all that lies in a folder. A sample that cannot be read is told of by name.
    ``invert`` exchanges dark and light of pictures; each picture is asked each of the ``questions``.

    Raises:
        NoData: if nothing there can be given to the net, with what it reads.
    """
    reads = reads_of(run.net.plan)
    if invert and not reads.pictures:
        raise NoData("This net reads no pictures, so there is nothing to invert. Leave --invert out.")
    samples = samples_at(reads, path, bool(questions))
    if invert:
        turned = reads.pictures
        samples = (
            (name, v if isinstance(v, str) else {k: 1 - p if k in turned else p for k, p in v.items()})
            for name, v in samples
        )
    if questions:
        samples = _asked(samples, questions, reads)
    while some := list(islice(samples, AT_ONCE)):
        yield from answered(run.net, run.model, reads, some)


def of_text(run: LoadedRun, text: str) -> Iterator[Prediction]:
    """The answer for one line of text.

    Raises:
        NoData: if the net reads no text.
    """
    from app.training.typed_text import written_line

    written = translation(run.net, run.model, text)
    if written is not None:
        yield written
        return
    reads = reads_of(run.net.plan)
    if reads.question:
        raise NoData("This net is asked about pictures. Give one beside the question.")
    yield from answered(run.net, run.model, reads, [written_line(text, reads)])


def translates(net: CompiledNet) -> bool:
    """Whether the net reads a line and writes another one."""
    from app.training.writing.translating import translator_of

    try:
        translator_of(net)
    except NoData:
        return False
    return True


def translation(net: CompiledNet, model: nn.Module, line: str) -> Prediction | None:
    """What the net writes for a line, with the probability of all of it; None if it writes no other line. It takes the
    likeliest symbol at each step and reads what it has written itself."""
    from app.training.writing.translating import answers, translator_of

    if not translates(net):
        return None
    translator, name = translator_of(net), cut(line, 60)
    try:
        asked = translator.numbers(line)
        (answer,) = answers(translator, model, asked[None])
    except NoData as reason:
        return Prediction(name, trouble=str(reason))
    unknown = int((asked == translator.read.index(UNKNOWN)).sum()) if UNKNOWN in translator.read else 0
    odd = []
    if unknown:
        odd.append(f"{unknown} of what stands there {'was' if unknown == 1 else 'were'} not known from the training.")
    if not answer.ended:
        odd.append("The answer is cut off; the net wrote no end mark.")
    said = translator.said(answer.tokens) or "(nothing)"
    return Prediction(name, ((said, math.exp(answer.log_probability)),), note=" ".join(odd))


def asks(run: LoadedRun) -> bool:
    """Whether the net reads a picture and a question about it."""
    try:
        return bool(reads_of(run.net.plan).question)
    except NoData:
        return False


def _asked(samples: Iterator[Sample], questions: Sequence[str], reads: NetInputs) -> Iterator[Sample]:
    from app.training.questions import asked_tokens

    asked = [asked_tokens(text, reads) for text in questions]
    for name, values in samples:
        if isinstance(values, str):
            yield name, values
            continue
        for numbers in asked:
            yield name, {**values, reads.question: numbers}


def answered(net: CompiledNet, model: nn.Module, reads: NetInputs, samples: Sequence[Sample]) -> Iterator[Prediction]:
    """What the net says of each of these samples."""
    good = [values for _, values in samples if not isinstance(values, str)]
    answers = iter(_answers(net, model, reads, good) if good else ())
    for name, values in samples:
        if isinstance(values, str):
            yield Prediction(name, trouble=values)
        else:
            said = next(answers)
            odd = values.note if isinstance(values, OddSample) else ""
            asked, picture = "", next((values[field] for field in reads.pictures), None)
            if reads.question:
                from app.training.questions import asked_words

                asked = asked_words(values[reads.question].tolist(), reads)
            yield replace(said, name=name, note=f"{odd} {said.note}".strip(), question=asked, given=picture)


def words_of(reads: NetInputs) -> tuple[str, ...]:
    """The classes that the net tells apart, in their order; none where it gives numbers."""
    decision = decision_of(reads.plan)
    if decision is None:
        named = named_scores(reads.plan)
        return _every(named) if named is not None else ()
    if decision.labels:
        return _label_names(reads, decision)
    words = _class_words(reads, decision.label)
    return tuple(words[n] if n < len(words) else str(n) for n in range(max(decision.classes, len(words))))


def _every(named: NamedScores) -> tuple[str, ...]:
    """What an Output calls its classes; their numbers where there are no names."""
    return named.names.words or tuple(map(str, range(named.count)))


def _class_words(reads: NetInputs, target: str) -> tuple[str, ...]:
    name, trained = target.partition(".")[2], reads.trained
    return class_words(trained.fields[name]) if trained is not None and name in trained.fields else ()


def _label_names(reads: NetInputs, decision: Decision) -> tuple[str, ...]:
    name, trained = decision.label.partition(".")[2], reads.trained
    return label_names(trained.fields.get(name) if trained is not None else None, decision.labels)


def _tells_next(reads: NetInputs, target: str) -> bool:
    """Whether at each step the net says which token comes next."""
    words = _class_words(reads, target)
    name = next(iter(reads.fields))
    return bool(words) and reads.kind == "tokens" and words == _class_words(reads, f"{reads.own.node}.{name}")


def _answers(net: CompiledNet, model: nn.Module, reads: NetInputs, samples: Sequence[Values]) -> Iterator[Prediction]:
    """What is said of each sample, not yet by its name."""
    plan, trained = net.plan, reads.trained
    if reads.writes:
        (picture,) = reads.fields
        yield from _written(net, model, torch.stack([values[picture] for values in samples]))
        return
    batch = {}
    for entry in plan.inputs:
        port = plan.origin(Ref(entry.node, entry.port)).port
        batch[f"{entry.node}.{entry.port}"] = torch.stack([values[port] for values in samples])
    device = next((each.device for each in model.parameters()), torch.device("cpu"))
    with evaluating(model), torch.no_grad():
        moved = {key: values.to(device) for key, values in batch.items()}
        returned = net.outputs(model(*net.inputs_from(moved)))
    outputs = [values.cpu() for values in returned.values()]
    if spelling_of(plan) is not None:
        yield from spelt_texts(plan, outputs)
        return
    detector = detection_of(plan)
    if detector is not None:
        words = _class_words(reads, detector.kinds.key)
        for boxes in outputs[detector.output].double().tolist():
            yield Prediction("", things=tuple(_things(boxes, words)))
        return
    decision = decision_of(plan)
    scores = outputs[decision.output] if decision is not None else torch.empty(0)
    if decision is not None and scores.dim() == 3 and _tells_next(reads, decision.label):
        scores = scores[:, -1]  # what comes behind the whole text
    if decision is not None and decision.labels:
        chances = scores.double().sigmoid() if not decision.threshold else scores.double().clamp(0, 1)
        for row in chances.tolist():
            labels = sorted(zip(_label_names(reads, decision), row, strict=True), key=lambda each: -each[1])
            yield Prediction("", tuple(labels[:MOST_NAMED]), several=True)
        return
    if decision is not None and not decision.channels and scores.dim() <= 2:
        words = _class_words(reads, decision.label)
        for chances in _chances(plan, scores, decision.threshold is not None):
            best, places = chances.topk(min(len(chances), MOST_NAMED))
            named = zip(places.tolist(), best.tolist())
            yield Prediction("", tuple((words[n] if n < len(words) else str(n), chance) for n, chance in named))
        return
    if decision is not None and decision.threshold is None and scores.dim() == 3:
        words = _class_words(reads, decision.label)
        for at, scored in enumerate(scores.movedim(1, -1) if decision.channels else scores):
            best, places = _chances(plan, scored, False).max(1)
            chosen = [words[n] if n < len(words) else str(n) for n in places.tolist()]
            steps = tuple(zip(_steps_of(reads, samples[at], len(chosen)), chosen, best.tolist()))
            # Nobody asked what stands behind the end.
            yield Prediction("", steps=steps[: chosen.index(END) + 1] if END in chosen else steps)
        return
    if decision is not None and decision.threshold is None and decision.channels and scores.dim() > 3:
        words = _class_words(reads, decision.label)
        for scored in scores:
            shares = torch.bincount(scored.argmax(0).flatten(), minlength=len(scored)).double() / scored[0].numel()
            named_shares = [(words[n] if n < len(words) else str(n), share) for n, share in enumerate(shares.tolist())]
            numbers = tuple((f"{word}, share of the dots", share) for word, share in named_shares)
            yield Prediction("", numbers=numbers, dots=scored.argmax(0) if scored.dim() == 3 else None)
        return
    said_by = named_scores(plan) if decision is None else None
    if said_by is not None:
        words, scores = _every(said_by), outputs[said_by.place].double()
        for row in said_by.chances(scores) if said_by.made else scores:
            if not said_by.made:
                yield Prediction("", numbers=tuple(zip(words, row.tolist(), strict=True)), note=said_by.names.note)
                continue
            best, places = row.topk(min(len(row), MOST_NAMED))
            likeliest = tuple(zip((words[place] for place in places.tolist()), best.tolist()))
            yield Prediction("", likeliest, note=said_by.names.note)
        return
    called_points = point_names(reads, outputs[0])
    if called_points:
        size = torch.tensor(reads.shape.sizes[:0:-1])  # columns, rows
        maps = outputs[0].double()
        places = torch.from_numpy(peaks(maps.numpy())) / torch.tensor(maps.shape[:1:-1]) * size
        for spots, heights in zip(places.tolist(), maps.amax((2, 3)).tolist()):
            told = zip(called_points, spots, heights, strict=True)
            yield Prediction("", points=tuple((name, x, y, height) for name, (x, y), height in told))
        return
    target = next((wire.key for loss in plan.losses for name, wire in loss.operands.items() if name == "target"), "")
    field = trained.fields.get(target.partition(".")[2]) if trained is not None else None
    names = field.names if field is not None else ()
    action = next((loss.operands["action"].key for loss in plan.losses if "action" in loss.operands), "")
    names = names or _class_words(reads, action)  # of a net that plays: what each action is worth
    sizes = _picture_sizes(reads, outputs[0])
    for row in outputs[0].flatten(1) if outputs[0].dim() > 1 else outputs[0][:, None]:
        called = names if len(names) == len(row) else _numbered(target.partition(".")[2] or "number", len(row))
        numbers = tuple(zip(called, (float(number) for number in row), strict=True))
        yield Prediction("", numbers=numbers, dots=row.reshape(sizes) if sizes else None)


def _written(net: CompiledNet, model: nn.Module, pictures: Tensor) -> Iterator[Prediction]:
    """The likeliest sentence about each picture, as a beam search finds it."""
    from app.training.writing.translating import answers, captioner_of

    captioner = captioner_of(net)
    for found in answers(captioner, model, pictures, BEAM):
        note = "" if found.ended else "The sentence came to no end."
        said = captioner.said(found.tokens) or "(nothing)"
        yield Prediction("", sentence=said, chance=math.exp(found.log_probability), note=note)


def _picture_sizes(reads: NetInputs, answers: Tensor) -> tuple[int, ...]:
    """The sizes of the pictures that a net gives which is to give again what it reads, be it grey, small or disturbed,
    and be it in one row of numbers; none where it gives something else."""
    plan, first = reads.plan, reads.plan.outputs[0].key
    for loss in plan.losses:
        answer, truth = loss.operands.get("prediction"), loss.operands.get("target")
        if answer is None or truth is None or answer.key != first or reads.kind != "picture":
            continue
        ref: Ref | None = Ref(truth.node, truth.port)
        while ref is not None:
            step = next((each for each in plan.graph.steps if each.name == ref.node), None)
            if step is None:
                break
            given = [each for refs in step.inputs.values() for each in refs]
            plain = step.call is not None and not step.call.constructor and len(given) == 1  # such as Flatten
            ref = given[0] if plain else None
        origin = plan.origin(ref) if ref is not None else None
        if origin is not None and origin.node == reads.own.node and origin.port in reads.fields:
            sizes = tuple(answers.shape[1:]) if answers.dim() == 4 else reads.shape.sizes
            fits = len(sizes) == 3 and sizes[0] in (1, 3) and math.prod(sizes) == answers[0].numel()
            return sizes if fits else ()
    return ()


def _things(boxes: Sequence[Sequence[float]], words: Sequence[str]) -> Iterator[DetectedObject]:
    """What non-maximum suppression has left, each as middle, size, score and class; class 0 is nothing."""
    for across, down, wide, high, score, kind in boxes:
        if kind > 0 and score >= LEAST_SURE:
            word = words[int(kind)] if kind < len(words) else str(int(kind))
            box = (across - wide / 2, down - high / 2, across + wide / 2, down + high / 2)
            yield DetectedObject(word, score, box)


def spelt_texts(plan: Plan, outputs: Sequence[Tensor]) -> Iterator[Prediction]:
    """The likeliest texts of each sample, of a net that spells."""
    from app.training.writing.spelling import searched, speller_of

    speller = speller_of(plan)
    for scores in outputs[speller.output].double().numpy():
        found = searched(scores, speller.blank, BEAM)
        yield Prediction("", tuple((speller.said(each.letters) or "(nothing)", each.probability) for each in found))


def _steps_of(reads: NetInputs, values: Values, count: int) -> list[str]:
    """What the steps of an answer are called: the words that went in, where there is one for each that is no filling;
    else they are numbered."""
    (name, *others) = reads.fields
    field = reads.trained.fields.get(name) if reads.trained is not None else None
    codes = values[name].flatten().tolist()
    if others or reads.kind != "tokens" or field is None or not field.words or len(codes) != count:
        return [f"step {number}" for number in range(1, count + 1)]
    said = [field.words[code] if 0 <= code < len(field.words) else str(code) for code in codes]
    while said and said[-1] == PADDING:  # what was filled up to the length of the others
        said.pop()
    return said or ["step 1"]


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name} {number}" for number in range(1, count + 1)]


def _chances(plan: Plan, scores: Tensor, single: bool) -> Tensor:
    """Probabilities (n, classes) of what a loss reads as scores."""
    reads: Any = ""
    for loss in plan.losses:
        layer = find(loss.type)
        reads = reads or (layer.reads.get("prediction", "") if layer is not None else "")
    if single:
        one = scores.reshape(len(scores)).double()
        one = one.sigmoid() if reads == "sigmoid_scores" else one.clamp(0, 1)
        return torch.stack([1 - one, one], 1)
    scores = scores.double()
    if reads == "log_probabilities":
        return scores.exp()
    return scores.softmax(1) if reads != "probabilities" else scores
