"""What is wrong with a drawing, its data and its training, or with a run: each finding with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

from app.cli.interrupts import ending_at_once, stopping_first
from app.cli.out import Stop, say, say_json, sound_project
from app.core.checks.check import check
from app.core.checks.fixes import command_at, words_at
from app.core.checks.problems import Problem
from app.core.checks.severity import known
from app.core.graph.model import MAIN, Project
from app.core.inference import infer
from app.training.control import Control
from app.training.events import Diagnosed, EpochDone, Event, Failed, Started
from app.training.folder import DRAWING
from app.training.outcome import plural

_ADMINISTRATION = ("corrections", "metrics", "threads", "precision")  # told while training, no findings


def diagnose(what: str, epochs: int | None, as_json: bool) -> int:
    """Look at the drawing and its data, train it, and tell what is found; status 1 if anything is. Nothing is kept.

    Args:
        what: a drawing, a template, or the folder of a run, which is not trained again.
        epochs: how many to train, those of the recipe if None; 0 looks at drawing and data alone.
        as_json: one JSON object for other programs.
    """
    folder = Path(what)
    is_run = folder.is_dir() and (folder / DRAWING).is_file()
    if folder.is_dir() and not is_run:
        raise Stop(
            f"{what} is not the folder of a run: it has no {DRAWING}. Name one that train has written, or a .netloom "
            "file."
        )
    project, _ = sound_project(str(folder / DRAWING) if is_run else what)
    found = list(_drawn(project))
    trained = 0
    if not any(each["code"] == "untrained" or each["kind"] == "problem" for each in found):
        if is_run:
            more, trained = _of_run(project, folder)
        else:
            more, trained = _of_training(project, epochs)
        places = {(each["node"], each["code"]) for each in found}
        found += [each for each in more if (each["node"], each["code"]) not in places]
    order = ("error", "warning", "hint")
    found.sort(key=lambda each: order.index(each["severity"]))
    if as_json:
        say_json({"file": what, "ok": not found, "epochs": trained, "findings": found})
        return 1 if found else 0
    for each in found:
        placed = f"{each['node']}: " if each["node"] and not each["sentence"].startswith(each["node"]) else ""
        say(f"{each['severity']}: {placed}{each['sentence']}")
        for words in (f"Why? {each['why']}" if each["why"] else "", *(f"Try: {fix}" for fix in each["fixes"])):
            if words:
                say(f"    {words}")
    if not found:
        looked = f"drawing, data and {plural(trained, 'epoch')}" if trained else "drawing"
        say(f"{what}: nothing was found ({looked}).")
    return 1 if found else 0


def _drawn(project: Project) -> Iterator[dict[str, Any]]:
    checked = check(project, infer(project))
    for problem in checked.problems:
        yield _entry(project, problem, "problem")
    for note in checked.notes:
        yield _entry(project, note, "note")


def _of_training(project: Project, epochs: int | None) -> tuple[list[dict[str, Any]], int]:
    """Trains in memory. A drawing that is only a network is looked at and not trained."""
    if not _has_loss(project):
        return [], 0
    with ending_at_once():
        from app.core.compile.net import compile_net
        from app.training.loop import train
        from app.training.threads import prepare_threads

    recipe = project.recipe if not epochs else replace(project.recipe, epochs=epochs)
    net = compile_net(replace(project, recipe=recipe))
    prepare_threads(net, recipe)
    control = Control()
    told, trained = [], 0
    with stopping_first(control):
        events = train(net, recipe, control=control)
        for event in events:
            trained = event.epoch if isinstance(event, EpochDone) else trained
            told.append(event)
            if epochs == 0 and isinstance(event, Diagnosed | Started):
                continue
            if epochs == 0:
                events.close()  # type: ignore[attr-defined]
                break
    return list(_told(project, told)), trained


def _of_run(project: Project, folder: Path) -> tuple[list[dict[str, Any]], int]:
    """What the numbers of a run and its weights tell."""
    with ending_at_once():
        from app.training.checkpoints import BadRun
        from app.training.refusal import CannotTrain
        from app.training.run_description import about
        from app.training.trained_diagnosis import looked_back
    from nodes.api import NoData

    try:
        events, trained = looked_back(folder)
    except (BadRun, CannotTrain, NoData) as bad:
        raise Stop(str(bad)) from None
    ended = about(folder)
    failed: list[Event] = [Failed(ended.node or None, ended.sentence, ended.fixes)] if ended.sentence else []
    return list(_told(project, [*failed, *events])), trained


def _told(project: Project, events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    said = set()
    for event in events:
        if isinstance(event, Failed) and event.sentence not in said:
            yield _entry(project, Diagnosed(event.node, event.sentence, "nan", event.fixes), "finding")
        elif isinstance(event, Diagnosed) and event.code not in _ADMINISTRATION and event.sentence not in said:
            if event.code == "unreadable" and not event.fixes:
                continue  # the first of them says what becomes of all
            said.add(event.sentence)
            yield _entry(project, event, "finding")


def _has_loss(project: Project) -> bool:
    from app.core.graph.roles import in_role

    return any(not node.bypassed for node in in_role(project.graph, "loss"))


def _entry(project: Project, told: Problem | Diagnosed, kind: str) -> dict[str, Any]:
    node = told.node or ""
    about = known(told.code)
    number = getattr(told, "number", None)
    fits = [fix for fix in told.fixes if command_at(project, MAIN, node, fix) is not None]
    return {
        "node": node or None,
        "severity": "error" if kind == "problem" else about.severity,
        "code": told.code,
        "kind": kind,
        "sentence": told.sentence,
        "number": number if number is not None and isfinite(number) else None,
        "why": about.why,
        "fixes": [words_at(project, MAIN, node, fix) for fix in fits],
    }
