"""The commands runs and compare: what was trained, what came of it, and what differs. Neither needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.cli.out import Stop, Usage, say, say_json
from app.core.graph.model import Project
from app.core.graph.roles import plays
from app.core.live_settings import change_words
from app.training.comparability import not_one_to_one
from app.training.comparison import differences, in_short
from app.training.folder import DRAWING, read_changes
from app.training.kept_runs import KeptRun, damage_words, drawing_of, folder_called, latest, past
from app.training.outcome import (
    branch_words,
    drawing_name,
    how_far,
    outcome,
    result_of,
    seconds_of,
    settings_of,
    weights_of,
)
from app.training.snapshots import kept_epochs
from nodes.api import cut
from nodes.api.words import quoted

_MOST_LETTERS = 40  # of a name in a table


@dataclass(frozen=True)
class PastRun:
    """A run with its drawing, which is None if it cannot be read, and what differs from the run before, if there is
    one."""

    past: KeptRun
    project: Project | None
    changes: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """What somebody has called it, else its values as a variant of a sweep, or its folder."""
        return self.past.about.name or folder_called(self.past.folder)

    def as_dict(self) -> dict[str, Any]:
        """All of it for another program."""
        past, project, found = self.past, self.project, result_of(self.past)
        recipe = {name: _plain(value) for name, value in _settings(project).items()}
        return {
            "run": str(past.folder),
            "name": self.name,
            "note": past.about.note,
            "drawing": drawing_name(past, project),
            "file": past.about.files[-1] if past.about.files else None,
            "when": past.when.isoformat(timespec="seconds"),
            "ending": past.about.ending or ("training" if past.about.training else None),
            "epoch": past.epoch,
            "epochs": project.recipe.epochs if project is not None else None,
            "metric": found[0] if found is not None else None,
            "result": found[1] if found is not None else None,
            "seconds": seconds_of(past),
            "weights": weights_of(project) if project is not None else None,
            "settings": recipe,
            "changed_on_the_way": [change_words(c.setting, c.before, c.value) for c in read_changes(past.folder)],
            "differs": list(self.changes) if self.changes is not None else None,
            "damaged_lines": list(past.damaged),
            "kept": [each.epoch for each in kept_epochs(past.folder)],
            "from": {"run": past.about.parent, "epoch": past.about.left} if past.about.parent else None,
        }


def list_runs(place: Path | None, as_json: bool) -> int:
    """Tell of all runs in a folder, of one drawing, or of all that are known; the newest first."""
    told = _with_changes(_found(place))
    if as_json:
        say_json([each.as_dict() for each in told])
        return 0
    if not told:
        say("No runs yet. Train a drawing with: netloom train FILE")
        return 0
    rows = [("run", "drawing", "result", "epochs", "time", "parameters", "settings")]
    for each in told:
        project = each.project
        weights = weights_of(project) if project is not None else None
        rows.append(
            (
                cut(each.name, _MOST_LETTERS),
                cut(drawing_name(each.past, project), _MOST_LETTERS),
                outcome(each.past) or "–",
                how_far(each.past, project),
                _time(seconds_of(each.past)),
                f"{weights:,}" if weights is not None else "?",
                settings_of(project) or "its drawing cannot be read",
            )
        )
    lines = _table(rows)
    say(lines[0])
    for line, each in zip(lines[1:], told, strict=True):
        say(line)
        for words in (_note(each), branch_words(each.past), damage_words(each.past), _words(each)):
            if words:
                say(f"    {words}")
    return 0


def compare(folders: Sequence[Path], as_json: bool) -> int:
    """Tell what differs between the first of several runs and each other, and what came of it."""
    if len(folders) < 2:
        raise Usage("Give at least two runs to compare, such as netloom compare runs/first runs/second.")
    found = [_run(folder) for folder in folders]
    told = []
    for each in found:
        project = drawing_of(each.folder)
        if project is None:
            raise Stop(f"The drawing of the run {each.folder} cannot be read, so it cannot be compared.")
        told.append(PastRun(each, project))
    first, *others = told
    assert first.project is not None
    compared = [
        (
            each,
            differences(first.project, each.project),
            not_one_to_one(first.project, each.project, (first.name, each.name)),
        )
        for each in others
        if each.project is not None
    ]
    if as_json:
        runs = [first.as_dict() | {"differs": None, "not_one_to_one": None}]
        runs += [
            each.as_dict() | {"differs": list(words), "not_one_to_one": why or None} for each, words, why in compared
        ]
        say_json({"from": str(first.past.folder), "runs": runs})
        return 0
    rows = [
        (each.name, outcome(each.past) or "–", how_far(each.past, each.project), _time(seconds_of(each.past)))
        for each in told
    ]
    lines = _table([("run", "result", "epochs", "time"), *rows])
    say(lines[0])
    say(lines[1])
    if lost := damage_words(first.past):
        say(f"    {lost}")
    for line, (other, words, why) in zip(lines[2:], compared, strict=True):
        say(line)
        if lost := damage_words(other.past):
            say(f"    {lost}")
        for word in words or ("no difference in net, data and recipe",):
            say(f"    {word}")
        if why:
            say(f"    {why}")
    return 0


def _run(folder: Path) -> KeptRun:
    found = past(folder)
    if found is None:
        raise Stop(f"{folder} is not the folder of a run. Name one that train has written; netloom runs lists them.")
    return found


def _found(place: Path | None) -> list[KeptRun]:
    """The runs that are asked for, the newest first, with the numbers of all their epochs."""
    if place is None:
        local = _inside(Path("runs")) if Path("runs").is_dir() else []
        known = {each.folder.resolve(): each.folder for each in latest(None)}
        folders = list({**{folder.resolve(): folder for folder in local}, **known}.values())
    elif place.name == DRAWING and past(place.parent) is not None:
        folders = [place.parent]
    elif place.is_file():
        folders = [each.folder for each in latest(None) if each.about.of(place)]
    elif (place / DRAWING).is_file():
        folders = [place]
    elif place.is_dir():
        folders = _inside(place)
    else:
        raise Stop(f"There is no folder {quoted(str(place))}. Give one that holds runs, or the file of a drawing.")
    every = [found for folder in folders if (found := past(folder)) is not None]
    if place is not None and place.is_dir() and not every:
        raise Stop(f"{place} holds no runs. A run is a folder that train has written.")
    return sorted(every, key=lambda each: each.when, reverse=True)


def _inside(place: Path) -> list[Path]:
    try:
        return [entry for entry in place.iterdir() if entry.is_dir()]
    except OSError as error:
        raise Stop(f"{place} cannot be read: {error.strerror or error}.") from None


def _with_changes(every: Sequence[KeptRun]) -> list[PastRun]:
    """These runs, each with what differs from the one before it of the same drawing; of a branch, from the run that it
    has left."""
    told: list[PastRun] = []
    drawings = {str(each.folder.absolute()): drawing_of(each.folder) for each in every}
    before: dict[str, Project] = {}
    for each in reversed(every):
        project = drawings[str(each.folder.absolute())]
        name = drawing_name(each, project)
        # The run that it has left may have gone on since, and stand later.
        known = drawings.get(each.about.parent) or before.get(name)
        told.append(PastRun(each, project, differences(known, project) if known is not None and project else None))
        if project is not None:
            before[name] = project
    return told[::-1]


def _words(told: PastRun) -> str:
    if told.changes is None:
        return ""
    return in_short(told.changes) or "as the run before"


def _note(told: PastRun) -> str:
    return cut(" ".join(told.past.about.note.split()), 200)


def _settings(project: Project | None) -> dict[str, Any]:
    return (
        {name: project.recipe.value(name) for name, _ in project.recipe.settings(plays(project))}
        if project is not None
        else {}
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
