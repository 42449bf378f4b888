"""The command evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.interrupts import ending_at_once
from app.cli.out import Stop, Usage, say, say_json
from app.training.numbers import shown, word_of
from nodes.api import NoData, cut

if TYPE_CHECKING:
    from app.training.evaluation import Evaluation

PARTS = ("test", "validation")
MOST_MISTAKES = 10
MOST_NAMED = 20


def evaluate(run: Path, part: str | None, data: Path | None, as_json: bool) -> int:
    """Tell how well the net of a run does on data that it was not trained on."""
    if part is not None and part not in PARTS:
        raise Usage(f"--part must be test or validation, but it is {cut(part, 40)!r}.")
    with ending_at_once():
        from app.training.checkpoints import BadRun, load_run
        from app.training.evaluation import evaluate as measure
        from app.training.refusal import CannotTrain

        try:
            loaded = load_run(run)
            found = measure(loaded, part, data)
        except (BadRun, CannotTrain, NoData) as reason:
            raise Stop(str(reason)) from None
    if as_json:
        say_json(_as_dict(run, loaded.epoch, found))
    else:
        _tell(found, data)
    return 0


def _as_dict(run: Path, epoch: int, found: Evaluation) -> dict[str, object]:
    return {
        "run": str(run),
        "epoch": epoch,
        "part": found.part,
        "samples": found.samples,
        "metrics": dict(found.metrics),
        "classes": [
            {"class": each.name, "samples": each.samples, "recall": each.recall, "precision": each.precision}
            for each in found.classes
        ],
        "confusion": [list(row) for row in found.confusion],
        "unreadable": list(found.unreadable),
        "remarks": list(found.remarks),
    }


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
    if not found.classes:
        return
    width = max(5, *(min(len(each.name), 30) for each in found.classes))
    say(f"{'class':<{width}}  samples  recall  precision")
    for each in found.classes:
        say(f"{cut(each.name, 30):<{width}}  {each.samples:>7,}  {_share(each.recall):>6}  {_share(each.precision):>9}")
    names = [cut(each.name, 30) for each in found.classes]
    mistakes = [
        (count, names[right], names[chosen])
        for right, row in enumerate(found.confusion)
        for chosen, count in enumerate(row)
        if count and right != chosen
    ]
    for count, right, chosen in sorted(mistakes, key=lambda mistake: -mistake[0])[:MOST_MISTAKES]:
        say(f"{count:,} × {right} taken for {chosen}")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
