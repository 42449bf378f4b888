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
from nodes.api.words import per_cent

if TYPE_CHECKING:
    from app.training.prediction import Prediction

_MOST_CLASSES = 5
_MOST_LABELS = 50
_MOST_NUMBERS = 8


def predict(
    run: Path,
    paths: Sequence[str],
    as_json: bool,
    invert: bool = False,
    texts: Sequence[str] = (),
    out: Path | None = None,
) -> int:
    """Say what the net of a run takes files and ``texts`` for; status 1 if one cannot be read, the others are told.
    Answers that are seen better than read are written into the folder ``out``."""
    if not paths and not texts:
        raise Usage("Give a file or folder, or --text with what is to be read.")
    if not all(paths):  # such as a variable of the shell that is not set; as a Path it is this folder
        raise Usage("An empty path was given. Name a file or folder.")
    answers, troubles, taken = [], [], set[str]()
    with ending_at_once():
        from app.training.checkpoints import BadRun, load_run
        from app.training.prediction import asks, of_text, predictions

        try:
            loaded = load_run(run)
        except BadRun as reason:
            raise Stop(str(reason)) from None
        questions = tuple(texts) if paths and asks(loaded) else ()
        asked: list[tuple[str, str, Callable[[], Iterator[Prediction]]]] = [
            (str(path), path.name, partial(predictions, loaded, path, invert, questions)) for path in map(Path, paths)
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
                    written = _written(each, out, taken) if out is not None else None
                    if as_json:
                        answers.append(_as_dict(place, each) | ({"picture": str(written)} if written else {}))
                    else:
                        say(_line(each))
            except NoData as reason:
                troubles.append({"data": place, "name": name, "sentence": str(reason)})
                complain(str(reason))
    if out is not None and not taken and not troubles:
        complain("note: These answers are no masks, boxes, points or pictures, so -o has nothing to write.")
    elif out is not None and taken and not as_json:
        say(f"{len(taken):,} {'picture is' if len(taken) == 1 else 'pictures are'} in {out}")
    if as_json:
        say_json({"run": str(run), "epoch": loaded.epoch, "predictions": answers, "unreadable": troubles})
    return 1 if troubles else 0


def _about(each: Prediction, where: str) -> str:
    """What a note is about, if it does not begin with that itself; ``where`` is the file among several."""
    named = cut(each.name, 60)
    told = [where] if where and where not in (each.name, named) else []
    told += [] if each.note.lower().startswith(each.name.lower()) else [named]
    return f"{', '.join(told)}: " if told else ""


def _written(each: Prediction, out: Path, taken: set[str]) -> Path | None:
    """Where an answer that is a picture was written: of a mask its class numbers as a PNG with a palette; boxes and
    points stand over the picture. None for other answers.

    Raises:
        Stop: if it cannot be written.
    """
    from PIL import Image

    from app.insight.picture_answers import answered_picture
    from app.insight.plot import class_inks

    mask = each.dots is not None and each.dots.dim() == 2 and len(each.numbers) <= 256
    if mask and each.dots is not None:
        image = Image.fromarray(each.dots.byte().numpy())
        image.putpalette(class_inks(max(2, len(each.numbers))).tobytes())
    elif each.dots is not None and each.dots.dim() == 3:
        dots = each.dots.float().clamp(0, 1).mul(255).round().byte().numpy()
        image = Image.fromarray(dots[0] if len(dots) == 1 else dots.transpose(1, 2, 0))
    else:
        shown = answered_picture(each, each.given) if each.given is not None else None
        if shown is None:
            return None
        image = Image.fromarray(shown)
    stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in each.name.rpartition(".")[0] or each.name)[:80]
    stem += "_mask" if mask else "_answer"  # never over the picture itself
    count, name = 1, f"{stem}.png"
    while name in taken:
        count += 1
        name = f"{stem}_{count}.png"
    try:
        out.mkdir(parents=True, exist_ok=True)
        image.save(out / name)
    except OSError as error:
        raise Stop(f"{out / name} cannot be written: {error.strerror or error}. Choose another folder.") from None
    taken.add(name)
    return out / name


def _line(each: Prediction) -> str:
    if each.sentence:
        return f"{each.name}: {each.sentence} ({per_cent(each.chance, 1)})"
    if each.question and each.question.rstrip("?") not in each.name.lower():
        each = replace(each, name=f"{each.name}, {each.question}", question="")
    if each.classes:
        most = _MOST_LABELS if each.several else _MOST_CLASSES
        told = [f"{word} {per_cent(chance, 1)}" for word, chance in each.classes[:most]]
        if each.several and len(each.classes) > most:
            told.append(f"and {len(each.classes) - most:,} less likely")
        return f"{each.name}: {', '.join(told)}"
    if each.steps:
        return f"{each.name}: " + ", ".join(f"{name} {word} {per_cent(chance, 1)}" for name, word, chance in each.steps)
    if each.things is not None:
        found = [f"{one.word} {one.score:.2f} ({', '.join(f'{side:.2f}' for side in one.box)})" for one in each.things]
        return f"{each.name}: {', '.join(found) or 'nothing found'}"
    if each.points:
        spots = [f"{name} ({x:.1f}, {y:.1f}) {height:.2f}" for name, x, y, height in each.points]
        return f"{each.name}: {', '.join(spots)}, in dots from the left and the top"
    if each.dots is not None and each.dots.dim() == 2:
        shares = [f"{name.rpartition(', ')[0]} {per_cent(share, 1)}" for name, share in each.numbers]
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
    elif each.several:
        told["labels"] = [{"label": word, "probability": chance} for word, chance in each.classes]
    elif each.classes:
        told["class"] = each.classes[0][0]
        told["classes"] = [{"class": word, "probability": chance} for word, chance in each.classes]
    elif each.steps:
        told["steps"] = [{"step": name, "class": word, "probability": chance} for name, word, chance in each.steps]
    elif each.things is not None:
        told["things"] = [{"class": one.word, "score": one.score, "box": list(one.box)} for one in each.things]
    elif each.points:
        told["points"] = [{"point": name, "x": x, "y": y, "height": height} for name, x, y, height in each.points]
    else:
        told["numbers"] = dict(each.numbers)
    if each.note:
        told["note"] = each.note
    return told
