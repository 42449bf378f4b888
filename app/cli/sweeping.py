"""The command sweep."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.cli.interrupts import ending_at_once, stopping_first
from app.cli.layer_choices import with_settings
from app.cli.out import Stop, Usage, complain, say, say_json, sound_project
from app.cli.places import check_free_for_sweep
from app.core.graph.model import Project
from app.core.graph.recipe import setting
from app.core.variants.axes import BadVariants, SweepAxis, axes, combinations, count_of, drawn, written
from app.core.variants.drawings import MOST, Variant, spoken, variants, with_values
from app.core.variants.marks import check_values, marked
from app.training.comparability import sentences
from app.training.control import Control
from app.training.events import Cancelled, EpochDone, Failed, Finished
from app.training.numbers import shown
from app.training.outcome import plural
from app.training.sweeping.evolution import LEAST, Evolution
from app.training.sweeping.lines import finite
from app.training.sweeping.ranking_words import better_words, number_words, ranked_by
from app.training.sweeping.results import DONE, SweepTable, VariantResult
from app.training.sweeping.sweep_events import SweepEnded, SweepEvent, SweepPlan, VariantAdded, VariantEvent
from nodes.api import cut

WAYS = ("grid", "random", "evolution", "optuna")
USUAL_TRIES = 20
SHOWN_BEST = 5


def sweep(
    what: str,
    vary: Sequence[str],
    out: Path,
    changes: Mapping[str, Any],
    way: str | None,
    tries: int | None,
    draw: int,
    as_json: bool,
    population: int | None = None,
) -> int:
    """Train variants of a drawing and tell which is best. Ctrl+C stops it so that the same command goes on."""
    from app.cli.runs import check_counts

    way = way or ("random" if tries is not None else "grid")
    if way not in WAYS:
        raise Usage(f"--search must be grid, random, evolution or optuna, but it is {cut(way, 40)!r}.")
    if way == "grid" and tries is not None:
        raise Usage("A grid takes every combination, so --tries says nothing. Leave it out, or add --search random.")
    if tries is not None and not 1 <= tries <= MOST:
        raise Usage(f"--tries must be from 1 to {MOST:,}, but it is {tries}.")
    if population is not None and way != "evolution":
        raise Usage("--population says how many may become parents. Add --search evolution, or leave it out.")
    if population is not None and not LEAST <= population <= MOST:
        raise Usage(f"--population must be from {LEAST} to {MOST:,}, but it is {population}.")
    project, file = sound_project(what)
    project, of_recipe = with_settings(project, what, changes)
    check_counts(project.recipe, of_recipe)
    try:
        every = axes(vary) or marked(project)
        _check_once(project, every, changes)
        found = planned(project, every, way, tries, draw)
    except BadVariants as bad:
        raise Usage(str(bad)) from None
    if out.exists() and not out.is_dir():
        raise Stop(f"{out} is a file. Give a folder that --out may write to.")
    check_free_for_sweep(out, project, [axis.name for axis in every])
    with ending_at_once():
        from app.core.compile.plan import NotReady, make_plan
        from app.training.refusal import CannotTrain
        from app.training.sweeping.search import Unavailable, optuna_source
        from app.training.sweeping.sweep import sweep as run_sweep

    try:
        make_plan(project)
    except NotReady as not_ready:
        raise Stop(str(not_ready)) from None
    control, table = Control(), SweepTable()
    teller: Callable[[SweepEvent, SweepTable], None] = (
        _JsonTeller() if as_json else _Teller(len(found) if found else tries)
    )
    pending = [found] if found is not None else []

    def once() -> Sequence[Variant]:
        return pending.pop() if pending else ()

    stopped = False
    try:
        source: Callable[[], Sequence[Variant]]
        if way == "evolution":
            source = Evolution(project, every, tries or USUAL_TRIES, draw, table, population)
        elif way == "optuna":
            source = optuna_source(project, every, tries or USUAL_TRIES, draw, table)
        else:
            source = once
        with stopping_first(control):
            for event in run_sweep(source, out, control, file=file):
                if isinstance(event, VariantAdded | VariantEvent):
                    table.hear(event)
                if isinstance(event, SweepEnded):
                    stopped = event.stopped
                teller(event, table)
    except (CannotTrain, Unavailable) as refusal:
        raise Stop(str(refusal)) from None
    except BadVariants as bad:
        raise Usage(str(bad)) from None
    best = table.best
    apart = sentences((row.name, with_values(project, row.values)) for row in table.rows.values())
    if as_json:
        rows = [as_dict(row) for row in table.ranked()]
        line = [row.name for row in table.line(best)] if best is not None else []
        told = {"best": as_dict(best) if best is not None else None, "path": [row.name for row in table.path()]}
        how = {
            "better": better_words(best.metric) if best is not None else None,
            "ranked_by": ranked_by(table.ranked()),
        }
        say_json({"event": "result", "variants": rows, **told, "line": line, **how, "not_one_to_one": apart})
    else:
        _tell(table, best, way, project)
        if apart:
            say("")
            say(apart[0] if len(apart) == 1 else f"{apart[0]} The same holds for {len(apart) - 1:,} more.")
    if stopped:
        complain("Stopped. The same command goes on where it was.")
        return 130
    return 0 if any(row.state == DONE for row in table.rows.values()) else 1


def _check_once(project: Project, every: Sequence[SweepAxis], changes: Mapping[str, Any]) -> None:
    """Refuse a setting that is given one value for all variants, and varies.

    Raises:
        Usage: if there is one.
    """
    names = {name if setting(name) is None else project.recipe.full_name(name) for name in changes}
    for axis in every:
        if axis.name in changes or (setting(axis.name) is not None and project.recipe.full_name(axis.name) in names):
            raise Usage(
                f"{axis.name} cannot both vary and be the same for all variants. Leave out --set {axis.name}=…, or do "
                "not vary it."
            )


def planned(
    project: Project, every: Sequence[SweepAxis], way: str, tries: int | None, draw: int
) -> tuple[Variant, ...] | None:
    """The variants of a grid, or of tries by chance; None where each depends on what came of those before.

    Raises:
        BadVariants: if they cannot be made.
    """
    if not every:
        raise BadVariants(
            "Nothing is marked to vary in this drawing. Say what varies, such as --vary lr=0.1,0.01 --vary seed=0..7."
        )
    if way == "grid":
        if count_of(every) > MOST:
            raise BadVariants(
                f"These are {count_of(every):,} variants, and {MOST:,} are possible. Vary less, or try some by chance "
                "with --tries 50."
            )
        return variants(project, combinations(every))
    check_values(project, every)
    found = variants(project, drawn(every, tries or USUAL_TRIES, draw))
    return found if way == "random" else None


def as_dict(row: VariantResult) -> dict[str, Any]:
    """A variant and what came of it."""
    return {
        "name": row.name,
        "values": {name: list(v) if isinstance(v, tuple) else v for name, v in row.values.items()},
        "state": row.state,
        "metric": row.metric or None,
        "result": finite(row.result),
        "epoch": row.epoch,
        "seconds": row.seconds,
        "sentence": row.sentence or None,
        "parent": row.parent,
        "run": row.folder,
        **{name: finite(value) for name, value in row.metrics.items() if name.startswith(("train_", "val_"))},
    }


class _JsonTeller:
    """One JSON object a line, for other programs."""

    def __call__(self, event: SweepEvent, table: SweepTable) -> None:
        if isinstance(event, SweepPlan):
            say_json({"event": "planned", "together": event.together, "apart": event.apart, "how": event.sentences})
        elif isinstance(event, VariantAdded):
            values = json.loads(json.dumps(dict(event.values)))
            say_json(
                {"event": "variant", "variant": event.number, "name": event.name, "values": values, "run": event.folder}
            )
        elif isinstance(event, VariantEvent):
            told = event.event
            if isinstance(told, EpochDone):
                numbers = {name: finite(value) for name, value in told.as_dict().items()}
                say_json({"event": "epoch", "variant": event.number, **numbers})
            elif isinstance(told, Finished | Cancelled | Failed):
                say_json({"event": table.rows[event.number].state, "variant": event.number})


class _Teller:
    """Lines for a person: one for each variant that ends, and on a terminal one that counts the epochs."""

    def __init__(self, count: int | None) -> None:
        self.count = count
        self.live = sys.stdout.isatty()
        self.shown = 0.0
        self.planned = ""  # what was said last: variants that are chosen by results come in many turns
        self.before = 0

    def __call__(self, event: SweepEvent, table: SweepTable) -> None:
        if isinstance(event, SweepPlan):
            self._clear()
            for sentence in event.sentences:
                if sentence != self.planned:
                    say(sentence)
                self.planned = sentence
        elif isinstance(event, VariantAdded):
            self.before += event.done
        elif isinstance(event, VariantEvent):
            if isinstance(event.event, Finished | Failed | Cancelled):
                self._clear()
                say(_line(table.rows[event.number]))
            elif self.live and time.monotonic() - self.shown > 0.2:
                self.shown = time.monotonic()
                rows = table.rows.values()
                epochs = sum(row.epoch for row in rows)
                total = max((row.epochs for row in rows), default=0) * max(len(rows), self.count or 0)
                print(f"\r\033[K{epochs:,} of {total:,} epochs", end="", flush=True)

    def _clear(self) -> None:
        if self.live:
            print("\r\033[K", end="", flush=True)


def _line(row: VariantResult) -> str:
    after = f" after {plural(row.epoch, 'epoch')}" if row.epoch else ""
    return f"{row.name}: {_result(row)}{after}"


def _result(row: VariantResult) -> str:
    if row.state == DONE and row.result is not None:
        return f"{number_words(row.metric)} {shown(row.metric.partition('_')[2], row.result)}"
    return f"{row.state}{f' ({row.sentence})' if row.sentence else ''}"


def _tell(table: SweepTable, best: VariantResult | None, way: str, project: Project) -> None:
    rows = table.ranked()
    if not rows:
        return
    names = list(rows[0].values)
    words = {name: spoken(with_values(project, rows[0].values), name) for name in names}
    head = [*words.values(), "result", "epochs", "time"]
    lines = [head]
    for row in rows:
        result = shown(row.metric.partition("_")[2], row.result) if row.result is not None else row.state
        if row.result is not None and row.state != DONE:
            result += f" ({row.state})"
        lines.append([*(written(row.values[name]) for name in names), result, str(row.epoch), f"{row.seconds:.1f} s"])
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    say("")
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    by = ranked_by(rows)
    if by:
        say("")
        say(by)
    if best is not None:
        if way != "grid":
            _tell_way(table, best, words)
        say("")
        result = shown(best.metric.partition("_")[2], best.result or 0.0)
        say(f"Best: {best.name}, {number_words(best.metric)} {result}.")
        say(f"Open it with: netloom {Path(best.folder) / 'drawing.netloom'}")


def _tell_way(table: SweepTable, best: VariantResult, words: Mapping[str, str]) -> None:
    """The best few, how the best so far rose from try to try, and what the best descends from."""

    def told(row: VariantResult) -> str:
        return f"{shown(row.metric.partition('_')[2], row.result or 0.0)}  {row.name}"

    say("")
    say(f"The best {SHOWN_BEST}:")
    for row in [row for row in table.ranked() if row.result is not None][:SHOWN_BEST]:
        say(f"  {told(row)}")
    say("The path, each the best so far:")
    for row in table.path():
        say(f"  try {row.number + 1}: {told(row)}")
    line = table.line(best)
    if len(line) > 1:
        say("From parent to child:")
        for before, row in zip([None, *line], line, strict=False):
            changed = [
                f"{words[name]} {written(before.values[name])} → {written(value)}"
                for name, value in row.values.items()
                if before is not None and before.values[name] != value
            ]
            say(f"  try {row.number + 1}: {', '.join(changed) or row.name}")
