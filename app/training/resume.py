"""Continues a run where it stood, so that it ends with the weights it would have had without the break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.core.compile.nameless import NamelessPlan, nameless
from app.core.compile.net import CompiledNet
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.graph.seen import key_of, schema_now
from app.core.storage.files import UnreadableDrawing, open_project
from app.data.source_looks import labels_since, numbers_again
from app.training import checkpoints
from app.training.checkpoints import BadRun, LoadedRun, State
from app.training.folder import DRAWING, STATE
from app.training.numbers import by_loss
from app.training.position import TrainingPosition
from app.training.restoring import restore
from app.training.trainer import Trainer
from nodes.api import BadSetting, quoted


def reading_as(net: CompiledNet, folder: Path) -> CompiledNet:
    """The net that reads its data as the run in ``folder`` did: what settings were left to the data is what it came to
    there, whatever the files hold by now. A folder that is no run changes nothing; ``resume`` refuses it."""
    if net.project is None:
        return net
    try:
        before = open_project(folder / DRAWING).project
    except (UnreadableDrawing, OSError):
        return net
    net = _with_numbers(net, before)
    assert net.project is not None
    sources, schemas = [], dict(net.project.schemas)
    for source in net.plan.sources:
        node = net.project.graph.nodes.get(source.node)
        known = schema_now(before.schemas, node) if node is not None else None
        if source.seen is not None and known is not None and known.settled != source.seen.settled:
            source = replace(source, seen=replace(source.seen, settled={**source.seen.settled, **known.settled}))
            if node is not None and (key := key_of(node)) in schemas and source.seen is not None:
                schemas[key] = replace(schemas[key], schema=source.seen)  # kept with the run, for what comes after
        sources.append(source)
    same = all(one is other for one, other in zip(sources, net.plan.sources))
    return net if same else net.with_sources(sources, replace(net.project, schemas=schemas))


def _with_numbers(net: CompiledNet, before: Project) -> CompiledNet:
    """The net whose targets are numbers again where those of the run ``before`` were, and are labels now."""
    project = net.project
    assert project is not None
    schemas = dict(project.schemas)
    for source in net.plan.sources:
        node = project.graph.nodes.get(source.node)
        key = key_of(node) if node is not None else None
        known, now = schema_now(before.schemas, node) if node is not None else None, source.seen
        if key in schemas and known is not None and now is not None and labels_since(known, now):
            schemas[key] = replace(schemas[key], schema=replace(now, fields=numbers_again(known, now)))
    return net if schemas == dict(project.schemas) else net.with_project(replace(project, schemas=schemas))


def data_changes(net: CompiledNet, folder: Path) -> Iterator[tuple[str, str]]:
    """What has changed in the data since the run in ``folder`` was trained with it: the source, and a sentence.

    Raises:
        BadRun: if words or classes have other numbers now, so that each would be taken for another.
    """
    try:
        before = open_project(folder / DRAWING).project
    except (UnreadableDrawing, OSError):
        return
    for source in net.plan.sources:
        node = net.project.graph.nodes.get(source.node) if net.project is not None else None
        known, now = schema_now(before.schemas, node) if node is not None else None, source.seen
        if known is None or now is None:
            continue
        for name in source.fields:
            old, new = (each.fields[name].classes if name in each.fields else None for each in (known, now))
            if old != new and isinstance(old, tuple) and isinstance(new, tuple):
                told = next((f"{quoted(a)} became {quoted(b)}" for a, b in zip(old, new) if a != b), "")
                if len(old) != len(new):
                    told = f"it has {len(new):,} different values and had {len(old):,}"
                raise BadRun(
                    f"The data of {source.node} has changed since the run {folder} was trained with it, and the "
                    f"numbers of {name} stand for something else: {told}. Bring the data back, or start a new run."
                )
        if known.samples != now.samples and known.samples is not None and now.samples is not None:
            yield (
                source.node,
                f"Its data has {now.about} now and had {known.about} when this run was trained with it. They are "
                "divided anew, so the validation may hold samples that were learned from. Start a new run to compare.",
            )


def resume(
    folder: Path, net: CompiledNet, model: nn.Module, trainer: Trainer, branch: bool = False
) -> tuple[State, Recipe, RunNames]:
    """Bring model, trainer and torch's random state to where the run in ``folder`` stood. Gives also the recipe that
    it had then, and what is called in another way since: names change nothing that is computed. A ``branch`` is another
    run from here on: it may have another optimizer, which starts afresh.

    Raises:
        BadRun: if the folder is no run of this drawing, or the recipe would make it another experiment.
    """
    run = checkpoints.load_run(folder)
    _check_drawing(run.net, net, folder)
    if branch and not (folder / STATE).exists():
        return _from_weights(run, net, model, trainer)
    state = checkpoints.load_state(folder)
    old = _recipe(state, folder)
    _check_recipe(old, net.plan.recipe, state, folder, branch)
    weights = run.model.state_dict()
    if state.weights is not None:
        differs = checkpoints.difference(state.weights, weights)
        if differs:
            raise BadRun(f"{folder / STATE} does not belong to this drawing: {differs}. Train the run again.")
        weights = dict(state.weights)
    called = _called(run, net, model)
    state = called.state(state)
    model.load_state_dict(called.tensors(weights))
    restore(trainer, state, old)
    try:
        torch.set_rng_state(state.cpu_random)
        if state.cuda_random is not None and torch.cuda.is_initialized():
            torch.cuda.set_rng_state(state.cuda_random)
    except RuntimeError:
        raise BadRun(f"The random state in {folder / STATE} is damaged. Train the run again.") from None
    return state, old, called


def _from_weights(
    run: LoadedRun, net: CompiledNet, model: nn.Module, trainer: Trainer
) -> tuple[State, Recipe, RunNames]:
    """Begin with the weights alone, behind as many epochs."""
    position, old, recipe = TrainingPosition(run.epoch), run.project.recipe, net.plan.recipe
    called = _called(run, net, model)
    state = State(position, old.as_dict(), trainer.state(), {}, torch.get_rng_state())
    _check_recipe(old, recipe, state, run.folder, True)
    model.load_state_dict(called.tensors(run.model.state_dict()))
    if trainer.average is not None:
        trainer.average.average = {name: value.clone() for name, value in model.state_dict().items()}
    trainer.skip(run.epoch, 0)
    return state, old, called


def left_behind(run: Path, folder: Path, old: Recipe, new: Recipe) -> Iterator[str]:
    """What a branch of ``run`` does not have of its parent, in sentences. ``folder`` is where it begins."""
    if not (folder / STATE).exists():
        yield (
            f"Of this epoch of {run.name} only the weights were kept, so the optimizer starts afresh and the random "
            "numbers are others: the curve may differ from that of the run that it leaves."
        )
    elif old.optimizer != new.optimizer:
        yield f"{new.optimizer} starts afresh: what {old.optimizer} had gathered is of no use to it."


def _check_drawing(old: CompiledNet, new: CompiledNet, folder: Path) -> None:
    """Title, positions and names may differ, what is computed may not."""
    before, now = nameless(old.plan), nameless(new.plan)
    for part in fields(NamelessPlan):
        if getattr(before, part.name) != getattr(now, part.name):
            raise BadRun(
                f"The drawing differs from that of the run {folder}: its {part.name} have changed. Continue the run "
                f"with {folder / DRAWING}, or start a new run."
            )


@dataclass(frozen=True)
class RunNames:
    """The names of a run by those that its drawing has now: of the weights, and of the losses."""

    weights: Mapping[str, str]
    losses: Mapping[str, str]

    def __bool__(self) -> bool:
        return any(old != new for names in (self.weights, self.losses) for old, new in names.items())

    def tensors(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Values for each of the weights."""
        return {self.weights.get(name, name): value for name, value in values.items()}

    def state(self, state: State) -> State:
        """The same state of the run as if it had always been called so."""
        trainer, running = state.trainer, dict(state.running)
        stopping = {
            name: self.tensors(value) if isinstance(value, Mapping) else value
            for name, value in trainer.stopping.items()
        }
        if "losses" in running:
            running["losses"] = {self.losses.get(name, name): value for name, value in running["losses"].items()}
        return replace(
            state,
            trainer=replace(
                trainer, stopping=stopping, average=self.tensors(trainer.average), target=self.tensors(trainer.target)
            ),
            running=running,
            weights=self.tensors(state.weights) if state.weights is not None else None,
        )

    def metrics(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """The numbers of an epoch, in which each of several losses has its own."""
        return by_loss(entry, self.losses)


def _called(run: LoadedRun, net: CompiledNet, model: nn.Module) -> RunNames:
    """Two models that compute the same have their weights in the same order."""
    losses = zip(run.net.plan.losses, net.plan.losses, strict=True)
    weights = dict(zip(run.model.state_dict(), model.state_dict(), strict=True))
    return RunNames(weights, {old.name: new.name for old, new in losses})


def _recipe(state: State, folder: Path) -> Recipe:
    try:
        return Recipe().changed({str(name): value for name, value in state.recipe.items()})
    except BadSetting as bad:
        raise BadRun(f"The recipe in {folder / STATE} cannot be used. {bad}") from None


def _check_recipe(old: Recipe, new: Recipe, state: State, folder: Path, branch: bool = False) -> None:
    """What must not change in the middle of a run; more epochs, another learning rate or device are fine."""
    reasons = {
        "seed": "other samples would be held out, and the check would see samples that were learned from",
        "validation": "the check would see samples that were learned from",
        "test": "the test would see samples that were learned from",
        "held_fold": "the check would see samples that were learned from",
        "optimizer": "what one optimizer has gathered is of no use to another",
    }
    if branch:
        del reasons["optimizer"]
    if state.position.batch:
        reasons["accumulate"] = reasons["batch_size"] = (
            "the run stopped in the middle of an epoch, which is cut into batches of the old size"
        )
    for name, reason in reasons.items():
        before, now = getattr(old, name), getattr(new, name)
        if before != now:
            word = {
                "validation": "share that is held out",
                "test": "share for the test",
                "batch_size": "batch size",
                "held_fold": "fold that is held out",
            }.get(name, name)
            raise BadRun(
                f"The run {folder} was trained with the {word} {before}, not {now}, and cannot be continued so: "
                f"{reason}. Set it back to {before}, or start a new run."
            )
