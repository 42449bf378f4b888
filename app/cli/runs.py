"""The command train."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.interrupts import ending_at_once, stopping_first
from app.cli.layer_choices import LayerChoices, known_to_layers
from app.cli.out import Stop, Usage, complain, say, say_json, sound_project
from app.cli.places import place_of
from app.core.checks.fixes import command_at, words_at
from app.core.checks.lint import notes
from app.core.checks.problems import Problem, SetTraining
from app.core.compile.plan import NotReady, make_plan
from app.core.graph.model import MAIN, Project
from app.core.graph.recipe import Recipe
from app.core.inference import infer
from app.core.weights.freezing import freeze
from app.training.control import Control
from app.training.events import (
    BatchDone,
    Cancelled,
    Diagnosed,
    EpochDone,
    Event,
    Failed,
    Finished,
    Started,
)
from app.training.folder import DRAWING, STATE
from app.training.numbers import named, shown, word_of
from app.training.run_description import about
from app.training.run_folders import remembering
from app.training.tensorboard import logged
from nodes.api import BadSetting, quoted
from nodes.api.declared import stop_rules
from nodes.api.params import plain_value

if TYPE_CHECKING:
    from app.training.processes import Processes

PATIENCE = 10.0  # seconds that one of several processes waits for the first one to refuse what all are asked for
# Seconds that it waits once it has failed: most that fails does so in the first one too, which says it better.
SOON = 2.0
_AS_DRAWN = LayerChoices()


def train(
    what: str | None,
    changes: Mapping[str, Any],
    out: Path | None,
    resume: Path | None,
    weights: Path | None,
    key: str | None,
    as_json: bool,
    start: str | None = None,
    layers: LayerChoices = _AS_DRAWN,
) -> int:
    """Train a drawing and tell how it goes. Ctrl+C stops it so that it can be continued.

    ``what`` None takes the drawing of the run that is continued. ``key`` says which of the weights in a file begin.
    ``start`` names a run, and an epoch of it, that a new one leaves: ``runs/first@12``. ``layers`` says which of them
    learn, and how fast.
    Where ``torchrun`` has started several processes, they train together, and the first one speaks.
    """
    if is_first():
        return _train(what, changes, out, resume, weights, key, as_json, start, layers)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        try:
            return _train(what, changes, out, resume, weights, key, as_json, start, layers)
        except (Stop, Usage):
            from app.training.processes import first_comes

            first_comes(PATIENCE)  # else it says the same, and torchrun ends this one
            raise


def is_first() -> bool:
    """Whether this is the process that writes and speaks, of those that ``torchrun`` has started."""
    return os.environ.get("RANK", "0") in ("", "0")


def _train(
    what: str | None,
    changes: Mapping[str, Any],
    out: Path | None,
    resume: Path | None,
    weights: Path | None,
    key: str | None,
    as_json: bool,
    start: str | None,
    layers: LayerChoices,
    last: bool = True,
) -> int:
    """``last``: nothing is trained afterwards, so that processes that train together may part."""
    try:
        changed(Recipe(), changes)  # a setting out of limits is told before anything is read
    except Usage as usage:
        raise Usage(f"{usage}{known_to_layers(what, changes)}") from None
    if changes.get("folds") == 1:
        raise Usage("A cross-validation needs at least 2 folds; 0 trains once, without one.")
    if layers and (start is not None or resume is not None):
        raise Usage("Layers are part of the drawing of a run. Begin with --weights RUN instead to change them.")
    if layers.loaded and weights is None:
        raise Usage("--freeze is about the layers that a file gives weights, so it needs --weights FILE.")
    if start is not None:
        from app.cli.branches import branch

        return branch(what, changes, out, resume, weights, start, as_json)
    if resume is None and what is not None and "fold" not in changes:
        from app.cli.folds import folds_of, train_folds

        folds = folds_of(what, changes)
        if folds > 1:

            def each(own: Mapping[str, Any], place: Path) -> int:
                return _train(what, own, place, None, weights, key, as_json, None, layers, last=False)

            return train_folds(folds, what, changes, out, as_json, each, is_first())
    if resume is not None and weights is not None:
        raise Usage("A run that is continued has its weights already. Give either --resume or --weights.")
    if key is not None and weights is None:
        raise Usage(f"--key {key} says which weights of a file to take, so it needs --weights FILE.")
    if what is None:
        if resume is None:
            raise Usage("Missing argument 'FILE'. See netloom train --help.")
        what = str(resume / DRAWING)
        if not Path(what).is_file():
            raise Stop(f"{resume} is not the folder of a run: it has no {DRAWING}. Name one that train has written.")
    project, file = sound_project(what, as_seen=resume is not None)
    project = layers.applied(project)
    if resume is not None and about(resume).training:
        raise Stop(f"{resume} is being trained by another program now. Stop it there first.")
    try:
        make_plan(project)
    except NotReady as not_ready:
        raise Stop(str(not_ready)) from None

    with ending_at_once():
        from app.core.compile.net import compile_net
        from app.training import processes
        from app.training.checkpoints import BadRun, load_run
        from app.training.loop import train as run_training
        from app.training.threads import prepare_threads

    recipe = project.recipe
    if resume is not None:
        try:
            recipe = load_run(resume).project.recipe
        except BadRun as bad:
            raise Stop(str(bad)) from None
    recipe = changed(recipe, changes)
    check_counts(recipe, changes)
    net = compile_net(replace(project, recipe=recipe))
    prepare_threads(net, recipe)
    model = None
    if weights is not None:
        from app.cli.weights import as_dict, loaded, tell

        model = net.model(recipe.seed)
        imported = loaded(model, weights, key)
        if layers.loaded:
            project = freeze(project, model.state_dict(), imported.matching.loaded).project
            net = compile_net(replace(project, recipe=recipe))
            with_weights, model = model.state_dict(), net.model(recipe.seed)
            model.load_state_dict(with_weights)
        if as_json:
            say_json({"event": "weights", **as_dict(imported)})
        else:
            tell(imported, sum(value.numel() for value in model.parameters()))
    # What a training refuses is told when it does.
    noted = [note for note in notes(project, infer(project)) if note.code != "untrained"]
    control = Control()
    together = processes.started()
    if together is not None and not together.first:
        with stopping_first(control, together=True):
            events = run_training(net, recipe, resume=resume, control=control, model=model, processes=together)
            return follow(events, control, together, last)
    joint = together is not None
    with place_of(out, resume, Path(what).stem) as folder, stopping_first(control, together=joint):
        teller = JsonTeller(folder, project) if as_json else Teller(folder, what)
        own = file is not None and resume is not None and file.absolute() == (resume / DRAWING).absolute()
        events = run_training(net, recipe, out=folder, resume=resume, control=control, model=model, processes=together)
        told = remembering(logged(events, recipe, folder), folder, None if own else file)
        status = tell_all(told, teller, folder, noted if resume is None else ())
    if joint and last and status == 0:
        processes.leave()
    return status


def follow(events: Iterable[Event], control: Control, together: Processes, last: bool = True) -> int:
    """Train with others, of which the first one writes and speaks; here only what it cannot know is said."""
    from app.training import processes

    ending: Event | None = None
    for event in events:
        ending = event
    if isinstance(ending, Failed):
        lost = ending.sentence.startswith(processes.LOST)  # it may be the first one that is gone
        if not lost:
            processes.fails(_placed(ending), together.shared)
            until = time.monotonic() + SOON
            while time.monotonic() < until and not (control.stopped or processes.has_been_told()):
                time.sleep(0.02)
        if lost or (not control.stopped and processes.may_tell()):
            complain(f"In another process than the first: {_placed(ending)}")
        return 1
    if isinstance(ending, Cancelled):
        return 130
    if last:
        processes.leave()
    return 0


def tell_all(events: Iterable[Event], teller: JsonTeller | Teller, folder: Path, notes: Sequence[Problem] = ()) -> int:
    """Tell a training to its end. Gives the exit status."""
    status, begun = 0, False
    for event in events:
        teller.tell(event)
        if isinstance(event, Started):
            begun = True
            for note in notes:
                teller.note(note)
        if isinstance(event, Failed):
            complain(_placed(event))
            if isinstance(teller, Teller):
                teller.advise(event, complain)
                told = "--resume" in event.sentence  # as where another process has ended
                if begun and not told and not event.useless and (folder / STATE).exists():
                    complain(f"What was learned is kept. Go on with: netloom train --resume {folder}")
            status = 1
        elif isinstance(event, Cancelled):
            complain(f"Stopped. Continue with: netloom train --resume {folder}")
            status = 130
    return status


def changed(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """The recipe with what the command line asks for.

    Raises:
        Usage: if a setting cannot take its value.
    """
    try:
        return recipe.changed(changes)
    except BadSetting as bad:
        raise Usage(str(bad)) from None


def settings_of(texts: Sequence[str]) -> dict[str, Any]:
    """What ``--set`` asks for, by name.

    Raises:
        Usage: for a text that is no assignment.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise Usage(f"--set takes a name and a value, such as --set warmup=2, not {quoted(text)}.")
        found[name.strip()] = plain_value(value)
    return found


def check_counts(recipe: Recipe, names: Iterable[str]) -> None:
    """Refuse settings of what is not chosen, which would change nothing.

    Raises:
        Usage: if there is one.
    """
    chosen = {thing.id for thing in recipe.chosen()}
    for name in names:
        owner, _, own = recipe.full_name(name).rpartition(".")
        if owner and owner not in chosen:
            raise Usage(f"{own} is a setting of {owner}, which is not chosen, so it would change nothing.")


class JsonTeller:
    """One JSON object a line, for other programs."""

    def __init__(self, folder: Path, project: Project) -> None:
        self.folder = folder
        self.project = project

    def note(self, note: Problem) -> None:
        """What the drawing alone shows, before the first epoch."""
        say_json({"event": "diagnosed", "node": note.node or None, "sentence": note.sentence, "code": note.code})

    def tell(self, event: Event) -> None:
        if isinstance(event, Started):
            say_json({"event": "started", **_numbers(asdict(event)), "run": str(self.folder)})
        elif isinstance(event, EpochDone):
            say_json({"event": "epoch", **_numbers(event.as_dict())})
        elif isinstance(event, Diagnosed):
            told = {"node": event.node, "sentence": event.sentence, "code": event.code}
            say_json({"event": "diagnosed", **told, "fixes": self._fixes(event)})
        elif isinstance(event, Finished):
            metrics = {name: value for name, value in _numbers(dict(event.metrics)).items() if name != "epoch"}
            say_json({"event": "finished", "epoch": event.epoch, "reason": event.reason, **metrics, "run": event.run})
        elif isinstance(event, Cancelled):
            say_json({"event": "cancelled", **asdict(event)})
        elif isinstance(event, Failed):
            told = {"node": event.node, "sentence": event.sentence}
            say_json({"event": "failed", **told, "fixes": self._fixes(event), "useless": event.useless})

    def _fixes(self, event: Diagnosed | Failed) -> list[str | dict[str, Any]]:
        """What can be done about it: a setting of the recipe by name and value, an edit of the drawing in words."""
        fixes: list[str | dict[str, Any]] = []
        for fix in event.fixes:
            if isinstance(fix, SetTraining):
                fixes.append({"setting": fix.setting, "value": fix.value})
            elif command_at(self.project, MAIN, event.node or "", fix) is not None:
                fixes.append(words_at(self.project, MAIN, event.node or "", fix))
        return fixes


def _numbers(entries: Mapping[str, Any]) -> dict[str, Any]:
    """JSON knows no infinity; such a number is null there."""
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value for name, value in entries.items()
    }


class Teller:
    """Lines for a person; on a terminal, a line that counts the batches in between."""

    def __init__(self, folder: Path, drawing: str) -> None:
        self.folder = folder
        self.drawing = drawing
        self.live = sys.stdout.isatty()
        self.start = time.monotonic()
        self.first = 0.0  # epochs that were complete at the start
        self.epochs = 1
        self.shown = 0.0

    def note(self, note: Problem) -> None:
        """What the drawing alone shows, before the first epoch."""
        say(f"note: {note}")

    def tell(self, event: Event) -> None:
        if isinstance(event, Started):
            self.epochs, self.first = event.epochs, float(event.resumed_epoch)
            other_parts = f", {event.validation:,} for validation" if event.validation else ""
            other_parts += f", {event.test:,} for the test" if event.test else ""
            say(f"{event.parameters:,} parameters, {event.samples:,} samples{other_parts}, on {event.device}")
        elif isinstance(event, BatchDone):
            if self.live and time.monotonic() - self.shown > 0.1:
                self.shown = time.monotonic()
                place = event.epoch - 1 + event.batch / event.batches
                text = f"epoch {event.epoch}, batch {event.batch}/{event.batches}, loss {event.loss:.3f}"
                print(f"\r\033[K{text}, {self._left(place)} left", end="", flush=True)
        elif isinstance(event, EpochDone):
            self._clear()
            say(
                f"epoch {event.epoch:>{len(str(event.epochs))}}/{event.epochs}  {_measured(event)}"
                f"  {event.samples_per_second:,.0f}/s  {self._left(event.epoch)} left"
            )
        elif isinstance(event, Diagnosed):
            self._clear()
            if event.code == "nan":
                return  # it ends the run, and the ending says it
            say(f"note: {_placed(event)}")
            self.advise(event, say)
        elif isinstance(event, Finished):
            epochs = f"{event.epoch:,} epoch{'s' if event.epoch != 1 else ''}"
            if event.reason != "done" and event.epoch <= self.first:
                rule = stop_rules().get(event.reason)
                why = f", {rule.because}" if rule is not None else ""
                say(
                    f"Nothing was trained: the run has ended early after {epochs}{why}. To go on, give "
                    "--set stopping=never, or let it wait longer."
                )
            elif event.reason != "done":
                kept = event.metrics.get("epoch")
                best = f" The weights are those of epoch {kept}, the best." if kept and kept != event.epoch else ""
                say(f"Stopped early after {epochs} ({event.reason}).{best} The run is in {event.run}")
            elif event.epoch <= self.first:
                say(f"Nothing was trained: {epochs} were done already. Give --epochs {event.epoch + 1} or more.")
            else:
                say(f"Finished after {epochs}. The run is in {event.run}")
        else:
            self._clear()

    def advise(self, event: Diagnosed | Failed, tell: Callable[[str], None]) -> None:
        """The command that trains again with the numbers that are recommended."""
        for fix in event.fixes:
            if isinstance(fix, SetTraining):
                named = fix.setting in _OPTIONS
                option = f"{fix.setting.replace('_', '-')} " if named else f"set {fix.setting}="
                tell(f"      netloom train {shlex.quote(self.drawing)} --{option}{fix.value}")

    def _left(self, place: float) -> str:
        """Time left, as the pace so far promises."""
        done = place - self.first
        if done <= 0:
            return "?"
        seconds = (time.monotonic() - self.start) / done * (self.epochs - place)
        return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"

    def _clear(self) -> None:
        if self.live:
            print("\r\033[K", end="", flush=True)


_OPTIONS = ("lr", "epochs", "batch_size", "seed")  # of the recipe, that train takes by their names


def _placed(event: Diagnosed | Failed) -> str:
    """The sentence with its place before it, unless it begins with that."""
    named = event.node is None or event.sentence.startswith(event.node)
    return event.sentence if named else f"{event.node}: {event.sentence}"


def _measured(event: EpochDone) -> str:
    """Everything that was measured: of the training, then of validation data."""
    parts = []
    for part, before in (("train", ""), ("val", "validation: ")):
        words = (f"{word_of(n)} {shown(n, event.metrics[f'{part}_{n}'])}" for n in named(event.metrics, part))
        told = "  ".join(words)
        parts += [before + told] if told else []
    return "  ".join(parts)
