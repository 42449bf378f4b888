"""The command predict."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.interrupts import ending_at_once
from app.cli.out import Stop, complain, say, say_json
from nodes.api import NoData

if TYPE_CHECKING:
    from app.training.prediction import Prediction

_MOST_CLASSES = 5
_MOST_NUMBERS = 8


def predict(run: Path, paths: Sequence[Path], as_json: bool, invert: bool = False) -> int:
    """Say what the net of a run takes files for; status 1 if one of them cannot be read, the others are told."""
    answers, troubles = [], []
    with ending_at_once():
        from app.training.checkpoints import BadRun, load_run
        from app.training.prediction import predictions

        try:
            loaded = load_run(run)
        except BadRun as reason:
            raise Stop(str(reason)) from None
        for path in paths:
            try:
                for each in predictions(loaded, path, invert):
                    if each.trouble:
                        troubles.append({"data": str(path), "name": each.name, "sentence": each.trouble})
                        complain(each.trouble)
                        continue
                    if each.note:
                        complain(f"note: {each.note}")
                    if as_json:
                        answers.append(_as_dict(path, each))
                    else:
                        say(_line(each))
            except NoData as reason:
                troubles.append({"data": str(path), "name": path.name, "sentence": str(reason)})
                complain(str(reason))
    if as_json:
        say_json({"run": str(run), "epoch": loaded.epoch, "predictions": answers, "unreadable": troubles})
    return 1 if troubles else 0


def _line(each: Prediction) -> str:
    if each.classes:
        told = [f"{word} {chance:.1%}" for word, chance in each.classes[:_MOST_CLASSES]]
        return f"{each.name}: {', '.join(told)}"
    if each.steps:
        return f"{each.name}: " + ", ".join(f"{name} {word} {chance:.1%}" for name, word, chance in each.steps)
    if each.things is not None:
        found = [f"{one.word} {one.score:.2f} ({', '.join(f'{side:.2f}' for side in one.box)})" for one in each.things]
        return f"{each.name}: {', '.join(found) or 'nothing found'}"
    if each.dots is not None and each.dots.dim() == 2:
        shares = [f"{name.rpartition(', ')[0]} {share:.1%}" for name, share in each.numbers]
        return f"{each.name}: {', '.join(shares)} of the dots"
    if each.dots is not None:
        height, width = each.dots.shape[1:]
        return f"{each.name}: a picture of {height} × {width} dots; --json has its numbers"
    told = [f"{name} {number:.6g}" for name, number in each.numbers[:_MOST_NUMBERS]]
    more = len(each.numbers) - len(told)
    return f"{each.name}: {', '.join(told)}" + (f" and {more:,} more numbers" if more else "")


def _as_dict(path: Path, each: Prediction) -> dict[str, object]:
    told: dict[str, object] = {"data": str(path), "name": each.name}
    if each.classes:
        told["class"] = each.classes[0][0]
        told["classes"] = [{"class": word, "probability": chance} for word, chance in each.classes]
    elif each.steps:
        told["steps"] = [{"step": name, "class": word, "probability": chance} for name, word, chance in each.steps]
    elif each.things is not None:
        told["things"] = [{"class": one.word, "score": one.score, "box": list(one.box)} for one in each.things]
    else:
        told["numbers"] = dict(each.numbers)
    if each.note:
        told["note"] = each.note
    return told
