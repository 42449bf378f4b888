"""What came of a run and how it was trained, in short words. Needs no torch."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.inference import infer
from app.training.kept_runs import KeptRun, folder_called
from app.training.numbers import first_metric, short, word_of
from app.training.run_description import about
from nodes.api.registry import find

_USUAL = Recipe()
_MOST_LETTERS = 48  # of a name that a file gives


def plural(count: int, word: str) -> str:
    """``1 epoch``, ``5 epochs``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def drawing_name(past: KeptRun, project: Project | None) -> str:
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


def result_of(past: KeptRun) -> tuple[str, float] | None:
    """What came of it: the name of a number as in ``EpochDone.metrics`` (``val_accuracy``, ``train_loss``) and its
    value, in the epoch whose weights are kept; None if no epoch is complete."""
    if not past.epochs:
        return None
    last = next((epoch for epoch in past.epochs if epoch.epoch == past.about.best), past.epochs[-1])
    return result_in(last.metrics)


def result_in(metrics: Mapping[str, float]) -> tuple[str, float]:
    """The name and the value of the one number that an epoch is told by."""
    part = "val" if metrics.get("val_loss") is not None else "train"
    name = f"{part}_{first_metric(metrics, part) or 'loss'}"
    return name, metrics[name]


def outcome(past: KeptRun) -> str:
    """What came of it: ``98.9 %``, or ``loss 0.12`` where there are no classes; empty if no epoch is complete."""
    found = result_of(past)
    return result_words(*found) if found is not None else ""


def result_words(name: str, value: float) -> str:
    """A number of ``EpochDone.metrics`` in short words."""
    name = name.partition("_")[2]
    return short(name, value) if name == "accuracy" else f"{word_of(name)} {short(name, value)}"


def branch_words(past: KeptRun, called: Callable[[Path], str] = folder_called) -> str:
    """Which run it has left, and where; empty for one that began by itself. ``called`` names a run that nobody has
    named."""
    if not past.about.parent:
        return ""
    parent = Path(past.about.parent)
    return f"continued from {_cut(about(parent).name or called(parent))} at epoch {past.about.left:,}"


def seconds_of(past: KeptRun) -> float | None:
    """How long its complete epochs took; None if that is not known of all of them."""
    if not past.epochs or len(past.epochs) != past.epoch:
        return None
    return sum(epoch.seconds for epoch in past.epochs)


def weights_of(project: Project) -> int | None:
    """How many numbers are trained; None if that cannot be said of the drawing. Counted once for each value."""
    known = _weights.get(id(project))
    if known is None or known[0] is not project:
        report = infer(project)
        known = _weights[id(project)] = project, None if report.problems else report.main.parameters
        while len(_weights) > _MOST_COUNTED:
            _weights.popitem(last=False)
    return known[1]


_weights: OrderedDict[int, tuple[Project, int | None]] = OrderedDict()
_MOST_COUNTED = 500


def how_far(past: KeptRun, project: Project | None) -> str:
    """``30 epochs``, ``12 of 30 epochs`` of a run that was to be longer, ``12 epochs, stopped early`` by its rule."""
    total = project.recipe.epochs if project is not None else 0
    failed = ", then it failed" if past.about.ending == "failed" else ""
    if past.imported:
        return "weights from a file"
    if past.epoch == 0:
        return ("stopped in its first epoch" if past.learned else "not one batch") if not failed else "failed at once"
    if past.about.rule:
        return f"{plural(past.epoch, 'epoch')}, stopped early"
    done = plural(past.epoch, "epoch") if past.epoch >= total else f"{past.epoch:,} of {plural(total, 'epoch')}"
    return done + failed


def in_short(past: KeptRun, project: Project | None) -> str:
    """Result and length: ``98.9 % (30 epochs)``."""
    result, length = outcome(past), how_far(past, project)
    return f"{result} ({length})" if result else length


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…"
