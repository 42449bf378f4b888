"""The command evaluate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.interrupts import ending_at_once
from app.cli.out import Stop, Usage, say, say_json
from app.training.numbers import shown, word_of
from nodes.api import NoData, cut
from nodes.api.words import per_cent

if TYPE_CHECKING:
    from app.training.checkpoints import LoadedRun
    from app.training.evaluation import Evaluation
    from app.training.judging.intervals import Interval
    from app.training.judging.robustness import RobustnessPoint
    from app.training.judging.slices import Slice

PARTS = ("test", "validation")
MOST_MISTAKES = 10
MOST_NAMED = 20
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)  # below which the net says "don't know"


def evaluate(
    run: Path, part: str | None, data: Path | None, as_json: bool, harder: bool = False, slices: bool = False
) -> int:
    """Tell how well the net of a run does on data that it was not trained on; ``harder`` also on samples with noise,
    and on pictures that are turned, ``slices`` also by brightness, size, length or a column of a table."""
    if harder and data is not None:
        raise Usage("--harder changes samples of the run's own data. Leave --data out.")
    if slices and data is not None:
        raise Usage("--slices divides samples of the run's own data. Leave --data out.")
    if part is not None and part not in PARTS:
        raise Usage(f"--part must be test or validation, but it is {cut(part, 40)!r}.")
    with ending_at_once():
        from app.training.checkpoints import BadRun, load_run
        from app.training.evaluation import evaluate as measure
        from app.training.refusal import CannotTrain

        try:
            loaded = load_run(run)
            found = measure(loaded, part, data)
            worse = tuple(_harder(loaded, found.part)) if harder else ()
            divided = _slices(loaded, found) if slices else ()
        except (BadRun, CannotTrain, NoData) as reason:
            raise Stop(str(reason)) from None
    if as_json:
        told: dict[str, object] = {}
        if harder:
            told["harder"] = [{"kind": e.kind, "amount": e.amount, **(_interval(e.result) or {})} for e in worse]
        if slices:
            told["slices"] = [_slice_dict(each) for each in divided]
        say_json(_as_dict(run, loaded.epoch, found) | told)
    else:
        _tell(found, data)
        _tell_harder(worse, found.judgement.answers.kind == "classes")
        if slices:
            _tell_slices(divided, found.judgement.answers.kind)
    return 0


def _harder(loaded: LoadedRun, part: str) -> Iterator[RobustnessPoint]:
    """The results on samples that are made harder and harder."""
    from app.training.judging.parts import parts_of
    from app.training.judging.robustness import harder, kinds_of

    if kinds_of(loaded.net):
        yield from harder(loaded.net, loaded.model, parts_of(loaded.net), part)


def _slices(loaded: LoadedRun, found: Evaluation) -> tuple[Slice, ...]:
    """The results by slice of the samples that were measured."""
    from app.training.judging.parts import parts_of
    from app.training.judging.slices import slices

    return slices(loaded.net, parts_of(loaded.net), found.judgement.answers)


def _slice_dict(each: Slice) -> dict[str, object]:
    told = {"by": each.trait, "from": each.low, "to": each.high, "samples": len(each.numbers), "worse": each.worse}
    return told | (_interval(each.result) or {})


def _tell_slices(found: Sequence[Slice], kind: str) -> None:
    """A line for each slice, with its interval; what is worse than all together says so."""
    if not found:
        say("slices: nothing is known of these inputs by which they could be divided, or they are all alike")
        return
    name = {"classes": "accuracy", "numbers": "mae"}.get(kind, "loss")
    say(f"by slice: {word_of(name)}, 95 % interval")
    width = max(len(cut(each.trait, 30)) for each in found)
    for each in found:
        result = each.result
        value, low, high = (shown(name, end) for end in (result.value, result.low, result.high))
        span = f"{each.low:.4g} to {each.high:.4g}"
        worse = "  worse than all together" if each.worse else ""
        say(f"{cut(each.trait, 30):<{width}}  {span:<18}  {len(each.numbers):>7,}  {value}  {low} – {high}{worse}")


def _tell_harder(found: Sequence[RobustnessPoint], classes: bool) -> None:
    """A line for each kind, from nothing to the most."""
    units = {"noise": ("noise, in deviations of what enters", ""), "rotation": ("turned by degrees", "°")}
    for kind, (words, unit) in units.items():
        told = [
            f"{each.amount:g}{unit} {per_cent(each.result.value, 1) if classes else f'{each.result.value:.4g}'}"
            for each in found
            if each.kind == kind
        ]
        if told:
            say(f"{words}: {'  '.join(told)}")


def _as_dict(run: Path, epoch: int, found: Evaluation) -> dict[str, object]:
    judgement = found.judgement
    calibration, threshold = judgement.reliability, judgement.answering
    return {
        "run": str(run),
        "epoch": epoch,
        "part": found.part,
        "samples": found.samples,
        "metrics": dict(found.metrics),
        "intervals": {name: _interval(each) for name, each in {**judgement.intervals, **found.intervals}.items()},
        "classes": [
            {
                "class": each.name,
                "samples": each.samples,
                "recall": each.recall.value if each.recall is not None else None,
                "recall_interval": _interval(each.recall),
                "precision": each.precision.value if each.precision is not None else None,
                "precision_interval": _interval(each.precision),
                "f1": each.f1,
                **({"accuracy": _interval(each.accuracy)} if each.accuracy is not None else {}),
            }
            for each in found.classes
        ],
        "confusion": [list(row) for row in found.confusion],
        "baselines": [
            {"name": each.name, **{name: _interval(value) for name, value in each.metrics.items()}}
            for each in found.baselines.entries
        ],
        "calibration": None
        if calibration is None
        else {
            "expected_calibration_error": calibration.error,
            "steps": [
                {"samples": int(count), "sure": float(sure), "right": float(right)}
                for count, sure, right in zip(calibration.counts, calibration.sure, calibration.right, strict=True)
                if count
            ],
        },
        "dont_know": None
        if threshold is None
        else [
            {"threshold": least, "answered": threshold.at(least)[0], "right": _number(threshold.at(least)[1])}
            for least in THRESHOLDS
        ],
        "words": list(found.sentences),
        "unreadable": list(found.unreadable),
        "remarks": list(found.remarks),
    }


def _interval(interval: Interval | None) -> dict[str, object] | None:
    if interval is None:
        return None
    return {"value": interval.value, "low": interval.low, "high": interval.high, "how": interval.how}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _tell(found: Evaluation, data: Path | None) -> None:
    where = f"{found.part} part" if found.part != "all" else str(data)
    say(f"{where}: {found.samples:,} sample{'s' if found.samples != 1 else ''}")
    for sentence in found.remarks:
        say(f"note: {sentence}")
    for sentence in found.unreadable[:MOST_NAMED]:
        say(f"left out: {sentence}")
    if len(found.unreadable) > MOST_NAMED:
        say(f"left out: {len(found.unreadable) - MOST_NAMED:,} more that cannot be read")
    say("  ".join(f"{word_of(name)} {shown(name, value)}" for name, value in found.metrics.items()))
    for sentence in found.sentences:
        say(sentence)
    if not found.classes:
        return
    width = max(5, *(min(len(each.name), 30) for each in found.classes))
    labels = found.judgement.answers.labels is not None
    kind, more = ("label", "  accuracy") if labels else ("class", "")
    say(f"{kind:<{width}}  samples   recall     95 % interval  precision       F1{more}")
    for each in found.classes:
        ends = f"{per_cent(each.recall.low, 1)} – {per_cent(each.recall.high, 1)}" if each.recall is not None else "–"
        say(
            f"{cut(each.name, 30):<{width}}  {each.samples:>7,}  {_share(each.recall):>7}  {ends:>16}  "
            f"{_share(each.precision):>9}  {per_cent(each.f1, 1) if each.f1 is not None else '–':>7}"
            f"{f'  {_share(each.accuracy):>8}' if labels else ''}"
        )
    for count, right, chosen in found.judgement.mistakes(MOST_MISTAKES):
        say(f"{count:,} × {cut(right, 30)} taken for {cut(chosen, 30)}")


def _share(value: Interval | None) -> str:
    return "–" if value is None else per_cent(value.value, 1)
