"""The command predict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.interrupts import ending_at_once
from app.cli.out import Stop, Usage, complain, say, say_json
from nodes.api import NoData, cut

if TYPE_CHECKING:
    from app.training.prediction import Prediction

_MOST_CLASSES = 5
_MOST_NUMBERS = 8


def predict(run: Path, paths: Sequence[Path], as_json: bool, invert: bool = False, texts: Sequence[str] = ()) -> int:
    """Say what the net of a run takes files and ``texts`` for; status 1 if one cannot be read, the others are told."""
    if not paths and not texts:
        raise Usage("Give a file or folder, or --text with what is to be read.")
    answers, troubles = [], []
    with ending_at_once():
        from app.training.checkpoints import BadRun, load_run
        from app.training.prediction import asks, of_text, predictions

        try:
            loaded = load_run(run)
        except BadRun as reason:
            raise Stop(str(reason)) from None
        questions = tuple(texts) if paths and asks(loaded) else ()
        asked: list[tuple[str, str, Callable[[], Iterator[Prediction]]]] = [
            (str(path), path.name, partial(predictions, loaded, path, invert, questions)) for path in paths
        ]
        texts = () if questions else texts
        asked += [("text", cut(text, 60), partial(of_text, loaded, text)) for text in texts]
        for place, name, answer in asked:
            try:
                for each in answer():
                    if each.trouble:
                        troubles.append({"data": place, "name": each.name, "sentence": each.trouble})
                        complain(each.trouble)
                        continue
                    if each.note:
                        complain(f"note: {_about(each, name if len(asked) > 1 else '')}{each.note}")
                    if as_json:
                        answers.append(_as_dict(place, each))
                    else:
                        say(_line(each))
            except NoData as reason:
                troubles.append({"data": place, "name": name, "sentence": str(reason)})
                complain(str(reason))
    if as_json:
        say_json({"run": str(run), "epoch": loaded.epoch, "predictions": answers, "unreadable": troubles})
    return 1 if troubles else 0


def _about(each: Prediction, where: str) -> str:
    """What a note is about, if it does not begin with that itself; ``where`` is the file among several."""
    named = cut(each.name, 60)
    told = [where] if where and where not in (each.name, named) else []
    told += [] if each.note.lower().startswith(each.name.lower()) else [named]
    return f"{', '.join(told)}: " if told else ""


def _line(each: Prediction) -> str:
    if each.sentence:
        return f"{each.name}: {each.sentence} ({each.chance:.1%})"
    if each.question and each.question.rstrip("?") not in each.name.lower():
        each = replace(each, name=f"{each.name}, {each.question}", question="")
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


def _as_dict(place: str, each: Prediction) -> dict[str, object]:
    told: dict[str, object] = {"data": place, "name": each.name}
    if each.question:
        told["question"] = each.question
    if each.sentence:
        told |= {"sentence": each.sentence, "probability": each.chance}
    elif each.classes:
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
