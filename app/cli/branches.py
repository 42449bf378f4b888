"""A run of its own from where another one stood: ``train --from RUN@EPOCH``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.cli.interrupts import ending_at_once, stopping_first
from app.cli.out import Stop, Usage, sound_project
from app.cli.places import place_of
from app.cli.runs import JsonTeller, Teller, changed, check_counts, follow, tell_all
from app.training.control import Control
from app.training.folder import DRAWING
from app.training.run_description import about
from app.training.run_folders import remembering
from app.training.tensorboard import logged
from nodes.api import quoted


def branch(
    what: str | None,
    changes: Mapping[str, Any],
    out: Path | None,
    resume: Path | None,
    weights: Path | None,
    start: str,
    as_json: bool,
) -> int:
    """Train from the epoch that ``start`` names, under the recipe of that run with these changes. ``what`` None takes
    its drawing, too."""
    if resume is not None or weights is not None:
        raise Usage("A run that leaves another has its weights from there. Give --from without --resume and --weights.")
    parent, at = left_at(start)
    with ending_at_once():
        from app.core.compile.net import compile_net
        from app.training import processes
        from app.training.checkpoints import BadRun, kept_at, load_run
        from app.training.loop import train as run_training
        from app.training.threads import prepare_threads

    try:
        point = parent if at is None else kept_at(parent, at).folder
        recipe = changed(load_run(point).project.recipe, changes)
    except BadRun as bad:
        raise Stop(str(bad)) from None
    check_counts(recipe, changes)
    project, file = sound_project(what if what is not None else str(point / DRAWING), as_seen=True)
    net = compile_net(replace(project, recipe=recipe))
    prepare_threads(net, recipe)
    if what is None:
        known = about(parent).files
        file = Path(known[-1]) if known else None
    control = Control()
    together = processes.started()
    how: dict[str, Any] = {"at": at, "branch": True, "control": control, "processes": together}
    if together is not None and not together.first:
        with stopping_first(control, together=True):
            return follow(run_training(net, recipe, resume=parent, **how), control, together)
    with place_of(out, None, parent.name) as folder, stopping_first(control, together=together is not None):
        teller = JsonTeller(folder, project) if as_json else Teller(folder, what or str(folder / DRAWING))
        events = run_training(net, recipe, out=folder, resume=parent, **how)
        status = tell_all(remembering(logged(events, recipe, folder), folder, file), teller, folder)
    if together is not None and status == 0:
        processes.leave()
    return status


def left_at(text: str) -> tuple[Path, int | None]:
    """The run and the epoch that ``runs/first@12`` names; without an epoch, where the run stands.

    Raises:
        Usage: if the epoch is no number.
    """
    name, sign, epoch = text.rpartition("@")
    if not sign or Path(text).is_dir():
        return Path(text), None
    if not (epoch.isascii() and epoch.isdigit() and len(epoch) < 10 and name):
        raise Usage(f"--from takes a run and an epoch, such as --from runs/first@12, not {quoted(text)}.")
    return Path(name), int(epoch)
