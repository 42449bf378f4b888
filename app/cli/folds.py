"""``train --folds``: the runs of a cross-validation one after the other, and what comes of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.cli.out import Stop, say, say_json
from app.core.storage.files import UnreadableDrawing
from app.core.storage.templates import open_file_or_template
from app.training.folds import kept_numbers, sentence, spreads
from nodes.api import BadSetting


def folds_of(what: str, changes: Mapping[str, Any]) -> int:
    """How many runs are asked for: on the command line, or by the recipe of the drawing; what is wrong with either is
    told by whoever trains."""
    try:
        return open_file_or_template(what)[0].project.recipe.changed(changes).folds
    except (UnreadableDrawing, BadSetting):
        return 0


def train_folds(
    folds: int,
    what: str,
    changes: Mapping[str, Any],
    out: Path | None,
    as_json: bool,
    train: Callable[[Mapping[str, Any], Path], int],
    writes: bool = True,
) -> int:
    """Train once for each fold, each a run of its own in ``fold-1`` and so on in the folder ``out``, and tell mean and
    spread. One that fails or is stopped ends it. Where several processes train, one of them
    ``writes`` and speaks.

    Raises:
        Stop: if the folder holds such runs already.
    """
    base = out if out is not None else _fresh(Path("runs"), f"{Path(what).stem}-folds")
    for fold in range(1, folds + 1):
        if writes and (base / f"fold-{fold}").exists():
            raise Stop(f"{base / f'fold-{fold}'} is there already. Choose another folder.")
    results: list[Mapping[str, Any]] = []
    for fold in range(1, folds + 1):
        place = base / f"fold-{fold}"
        if not as_json:
            say(f"fold {fold} of {folds}")
        status = train({**changes, "fold": fold}, place)
        if status:
            return status
        if writes:
            results.append(kept_numbers(place))
    if writes and as_json:
        told = {name: asdict(each) for name, each in spreads(results).items()}
        say_json({"event": "folds", "folds": folds, "metrics": told, "sentence": sentence(results, folds)})
    elif writes:
        say(sentence(results, folds))
    from app.training import processes  # loaded by now, with torch

    if processes.met():
        processes.leave()
    return 0


def _fresh(home: Path, name: str) -> Path:
    """A folder that is not there yet."""
    place, number = home / name, 1
    while place.exists():
        number += 1
        place = home / f"{name}-{number}"
    return place
