"""The command evaluate with --ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.evaluate import PARTS
from app.cli.interrupts import ending_at_once
from app.cli.out import Stop, Usage, say, say_json
from app.training.kept_runs import folder_called
from app.training.numbers import shown, word_of
from nodes.api import NoData, cut
from nodes.api.words import per_cent

if TYPE_CHECKING:
    from app.training.ensemble import EnsembleResult


def evaluate_together(folders: Sequence[Path], part: str | None, data: Path | None, as_json: bool) -> int:
    """Tell how well several runs do together, beside each of them."""
    if len(folders) < 2:
        raise Usage("An ensemble takes two runs at least, such as netloom evaluate runs/a runs/b --ensemble.")
    if part is not None and part not in PARTS:
        raise Usage(f"--part must be test or validation, but it is {cut(part, 40)!r}.")
    with ending_at_once():
        from app.training.checkpoints import BadRun, load_run
        from app.training.ensemble import ensemble
        from app.training.refusal import CannotTrain

        try:
            found = ensemble([load_run(folder) for folder in folders], part, data)
        except (BadRun, CannotTrain, NoData) as reason:
            raise Stop(str(reason)) from None
    if as_json:
        say_json(
            {
                "part": found.part,
                "samples": found.samples,
                "ensemble": dict(found.metrics),
                "members": [{"run": str(each.folder), "metrics": dict(each.metrics)} for each in found.members],
                "agree": found.agree,
                "remarks": list(found.remarks),
            }
        )
    else:
        _tell(found)
    return 0


def _tell(found: EnsembleResult) -> None:
    where = f"{found.part} part" if found.part != "all" else "the data"
    say(f"{where}: {found.samples:,} sample{'s' if found.samples != 1 else ''}")
    for sentence in found.remarks:
        say(f"note: {sentence}")
    names = list(found.metrics)
    rows = [("run", *map(word_of, names))]
    for each in found.members:
        values = (shown(name, each.metrics[name]) if name in each.metrics else "–" for name in names)
        rows.append((cut(folder_called(each.folder), 40), *values))
    rows.append(("together", *(shown(name, found.metrics[name]) for name in names)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if found.agree is not None:
        say(f"All agree on {per_cent(found.agree, 1)} of the samples.")
