"""What a run is called, in words that tell it from the others: its drawing, data, main settings, result and time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.training.numbers import first_metric, short, word_of
from app.ui.canvas.looks import plural
from app.ui.changes import what_changed
from app.ui.rescue import moment
from app.ui.training import runs
from app.ui.training.before import net_alone
from app.ui.training.runs import Past
from nodes.api.registry import find

_USUAL = Recipe()
_MOST_LETTERS = 48  # of a name that a file gives
_MOST_CHANGES = 3


@dataclass(frozen=True)
class Named:
    """A run in words. ``changes`` says in what it differs from the run before it of the same drawing."""

    past: Past
    drawing: str
    data: str
    settings: str
    epochs: str
    result: str
    when: str
    changes: str = ""

    @property
    def line(self) -> str:
        """All that tells it from the others: ``lenet.netloom · Handwritten digits, 8×8 · Adam 0.002, batch 32 · 98.9 %
        (30 epochs) · today at 14:05``."""
        result = f"{self.result} ({self.epochs})" if self.result else self.epochs
        return " · ".join(part for part in (self.drawing, self.data, self.settings, result, self.when) if part)

    @property
    def found_by(self) -> str:
        """What a search looks through."""
        return f"{self.line} {self.changes} {self.past.folder.name} {' '.join(self.past.about.files)}".casefold()


def named(pasts: Sequence[Past]) -> tuple[Named, ...]:
    """These runs in words, the newest first as they come. Where two would be called the same, seconds
    are added, then the folder."""
    drawings = {past.folder: runs.drawing_of(past.folder) for past in pasts}
    result = []
    for index, past in enumerate(pasts):
        project = drawings[past.folder]
        name = drawing_name(past, project)
        earlier = (p for p in pasts[index + 1 :] if drawing_name(p, drawings[p.folder]) == name)
        before = next(earlier, None)
        result.append(
            Named(
                past,
                name,
                data_of(project),
                settings_of(project),
                how_far(past, project),
                outcome(past),
                moment(past.when.timestamp()),
                _changes(drawings[before.folder] if before is not None else None, project),
            )
        )
    for more in (lambda past: f":{past.when:%S}", lambda past: f" · {past.folder.name}"):
        often = Counter(each.line for each in result)
        result = [replace(r, when=r.when + more(r.past)) if often[r.line] > 1 else r for r in result]
    return tuple(result)


def drawing_name(past: Past, project: Project | None) -> str:
    """What the drawing of a run is called: its file, its title, or the folder of the run."""
    if past.about.files:
        return _cut(Path(past.about.files[-1]).name)
    stem = re.sub(r"-\d{8}-\d{6}(-\d+)?$", "", past.folder.name)
    return _cut(project.title) if project is not None and project.title else _cut(stem)


def data_of(project: Project | None) -> str:
    """The data of a drawing: ``Handwritten digits, 8×8``."""
    if project is None:
        return ""
    found = []
    for node in project.graph.nodes.values():
        layer = find(node.type)
        if layer is not None and layer.role == "source":
            shown = [p.format(node.params[p.name]) for p in layer.params if p.card and p.name in node.params]
            found.append(_cut(", ".join([layer.name, *shown])))
    return ", ".join(dict.fromkeys(found))


def settings_of(project: Project | None) -> str:
    """How a drawing is trained, in short: ``Adam 0.002, batch 32``; the rest only where it is not as usual."""
    if project is None:
        return ""
    recipe = project.recipe
    parts = [f"{recipe.optimizer} {recipe.lr:g}", f"batch {recipe.batch_size:,}"]
    parts += recipe.words(("seed",))
    if recipe.validation != _USUAL.validation:
        parts.append(f"{recipe.validation:.3g} for validation")
    return ", ".join(parts)


def outcome(past: Past) -> str:
    """What came of it: ``98.9 %``, or ``loss 0.12`` where there are no classes; empty if no epoch is complete."""
    if not past.epochs:
        return ""
    last = next((epoch for epoch in past.epochs if epoch.epoch == past.about.best), past.epochs[-1])
    part = "val" if last.val_loss is not None else "train"
    name = first_metric(last.metrics, part)
    if name is not None:
        value = short(name, last.metrics[f"{part}_{name}"])
        return value if name == "accuracy" else f"{word_of(name)} {value}"
    return f"loss {last.val_loss if last.val_loss is not None else last.train_loss:.3g}"


def how_far(past: Past, project: Project | None) -> str:
    """``30 epochs``, ``12 of 30 epochs`` of a run that was to be longer, ``12 epochs, stopped early`` by its rule."""
    total = project.recipe.epochs if project is not None else 0
    failed = ", then it failed" if past.about.ending == "failed" else ""
    if past.epoch == 0:
        return ("stopped in its first epoch" if past.learned else "not one batch") if not failed else "failed at once"
    if past.about.rule:
        return f"{plural(past.epoch, 'epoch')}, stopped early"
    done = plural(past.epoch, "epoch") if past.epoch >= total else f"{past.epoch:,} of {plural(total, 'epoch')}"
    return done + failed


def in_short(past: Past, project: Project | None) -> str:
    """Result and length: ``98.9 % (30 epochs)``."""
    result, length = outcome(past), how_far(past, project)
    return f"{result} ({length})" if result else length


def _changes(before: Project | None, now: Project | None) -> str:
    if before is None or now is None:
        return ""
    words = list(what_changed(net_alone(before, now), now))
    named = {**dict(before.recipe.settings()), **dict(now.recipe.settings())}
    for name, setting in named.items():
        old, new = (each.recipe.value(name) for each in (before, now))
        if old != new:
            words.append(f"{setting.title} {_value(old)} → {_value(new)}")
    rest = len(words) - _MOST_CHANGES
    return "; ".join(words[:_MOST_CHANGES]) + ("; and more" if rest > 0 else "")


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…"
