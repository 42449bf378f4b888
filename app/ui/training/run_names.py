"""What a run is called, in words that tell it from the others: its drawing, data, main settings, result and time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.core.graph.model import Project
from app.training.comparison import differences
from app.training.comparison import in_short as several
from app.training.kept_runs import folder_called
from app.training.numbers import is_share
from app.training.outcome import data_of as data_of
from app.training.outcome import drawing_name as drawing_name
from app.training.outcome import how_far as how_far
from app.training.outcome import in_short as in_short
from app.training.outcome import outcome as outcome
from app.training.outcome import result_of
from app.training.outcome import settings_of as settings_of
from app.ui.past_times import moment
from app.ui.training import runs
from app.ui.training.runs import KeptRun

_MOST_CHANGES = 3


@dataclass(frozen=True)
class NamedRun:
    """A run in words. ``changes`` says in what it differs from the run before it of the same drawing."""

    past: KeptRun
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
    def worth(self) -> float:
        """A number that is larger the better the result is: losses below all accuracies."""
        found = result_of(self.past)
        if found is None:
            return float("-inf")
        name, value = found
        if is_share(name.partition("_")[2]):
            return value
        return -1.0 - value

    @property
    def found_by(self) -> str:
        """What a search looks through."""
        about = self.past.about
        words = (self.line, self.changes, about.name, about.note, self.past.folder.name, *about.files)
        return " ".join(words).casefold()


def named(pasts: Sequence[KeptRun]) -> tuple[NamedRun, ...]:
    """These runs in words, the newest first as they come. Where two would be called the same, seconds
    are added, then the folder."""
    drawings = {past.folder: runs.drawing_of(past.folder) for past in pasts}
    result = []
    for index, past in enumerate(pasts):
        project = drawings[past.folder]
        name = drawing_name(past, project)
        earlier = (p for p in pasts[index + 1 :] if drawing_name(p, drawings[p.folder]) == name)
        # A branch is told from the run that it has left.
        before = next((p for p in pasts if str(p.folder) == past.about.parent), None) or next(earlier, None)
        result.append(
            NamedRun(
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
    for more in (lambda past: f":{past.when:%S}", lambda past: f" · {folder_called(past.folder)}"):
        often = Counter(each.line for each in result)
        result = [replace(r, when=r.when + more(r.past)) if often[r.line] > 1 else r for r in result]
    return tuple(result)


def _changes(before: Project | None, now: Project | None) -> str:
    return several(differences(before, now), _MOST_CHANGES) if before is not None and now is not None else ""


def usual_name(folder: Path) -> str:
    """What a run is called that nobody has given a name: its time of day, which its folder says, or as elsewhere."""
    found = re.search(r"-\d{8}-(\d\d)(\d\d)(\d\d)(?:-(\d+))?\Z", folder.name)
    if found is None:
        return folder_called(folder)
    *time, again = found.groups()
    return ":".join(time) + (f" ({again})" if again else "")  # of two that began in the same second
