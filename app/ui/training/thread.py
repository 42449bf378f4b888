"""What the thread of a training runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core.graph.model import Project
from app.jobs.messages import Picture
from app.training.control import Control
from app.training.events import Diagnosed, Event, Failed, Started
from app.training.run_description import noting
from app.ui.insight.subject_cache import SubjectCache
from app.ui.loading import load_for_training
from app.ui.settings import Settings
from app.ui.training import runs
from app.ui.training.training_request import TrainingRequest
from nodes.api import NoData

# A search for a learning rate draws from torch's random numbers as a training does, and puts them back at its end.
_one_at_a_time = threading.Lock()


def find_rate(project: Project) -> Iterator[object]:
    """The search for a learning rate, in its thread: ``Tried`` for each step and one ``FoundRate``. What it refuses is
    a ``FoundRate`` without a rate."""
    from app.core.compile.net import compile_net
    from app.training.lr_finder import FoundRate, find_lr
    from app.training.refusal import CannotTrain

    yield from load_for_training()
    net = compile_net(project)
    with _one_at_a_time:
        try:
            yield from find_lr(net, project.recipe)
        except (CannotTrain, NoData) as refusal:
            yield FoundRate(None, str(refusal), ())
        except RuntimeError as error:
            yield FoundRate(None, net.explain(error)[1], ())


def _begun_with(net: Any, weights: Path) -> tuple[Any, str]:
    """A model with the weights that fit, and what was taken, in a sentence."""
    from app.training.import_words import in_a_sentence
    from app.training.importing import load_into

    model = net.model(net.plan.recipe.seed)
    imported = load_into(model, weights)
    return model, in_a_sentence(imported, sum(value.numel() for value in model.parameters()), weights.name)


def look_into_weights(project: Project, weights: Path) -> Iterator[object]:
    """What of a file of weights, or of a run, would be taken: a ``Picture`` of lines, of the layers that could be
    frozen as all of them is there, by graph, and of the last one where nothing else would be left to learn; of a
    sentence where nothing can be used."""
    from app.core.compile.net import compile_net
    from app.core.weights.freezing import freeze, head_of
    from app.training.import_words import import_lines
    from app.training.importing import load_into

    yield from load_for_training()
    model = compile_net(project).model(project.recipe.seed)
    try:
        imported = load_into(model, weights)
    except ValueError as bad:  # BadWeights
        yield Picture("weights", str(bad))
        return
    lines = tuple(import_lines(imported, sum(value.numel() for value in model.parameters())))
    layers = freeze(project, model.state_dict(), imported.matching.loaded).layers
    head = head_of(project, layers, dict(model.named_parameters()))
    yield Picture("weights", (lines, tuple(each for each in layers if each != head), head))


def find_batch(project: Project, epoch: int, batch: int) -> Iterator[object]:
    """The samples behind a step of a run of this drawing with its recipe, as a ``Picture`` of their numbers; of a
    sentence where they cannot be told."""
    from app.core.compile.net import compile_net
    from app.training import batches
    from app.training.refusal import CannotTrain

    yield from load_for_training()
    try:
        found = batches.samples_of(compile_net(project).plan, project.recipe, epoch, batch)
        yield Picture("batch", found or "That batch cannot be found any more.")
    except (CannotTrain, NoData) as refusal:
        yield Picture("batch", str(refusal))


def run_training(
    project: Project, folder: Path, wish: TrainingRequest, control: Control, kept: SubjectCache, file: Path | None
) -> Iterator[Event]:
    """The whole run, in its thread. Imports wait until here, because only now torch is certainly loaded."""
    import torch

    from app.core.compile.net import compile_net
    from app.training.loop import train
    from app.training.tensorboard import logged
    from app.training.threads import prepare_threads

    kept.hold()
    yield from load_for_training()
    net = compile_net(project)
    with _one_at_a_time:  # a search that is told to end does so before the next of its steps
        usual = torch.get_num_threads()
    prepare_threads(net, project.recipe)
    try:
        model, told = None, ""
        if wish.weights is not None:
            try:
                model, told = _begun_with(net, wish.weights)
            except ValueError as bad:  # BadWeights
                yield Failed(None, str(bad))
                return
        how: dict[str, Any] = {"out": folder, "resume": wish.resume, "control": control, "at": wish.at, "model": model}
        running = logged(train(net, project.recipe, **how), project.recipe, folder)
        for event in noting(running, folder, file):
            yield event
            if told and isinstance(event, Started):
                yield Diagnosed(None, told, "weights")
    finally:
        torch.set_num_threads(usual)  # the number is also that of every later job
    runs.prune(keep=folder, most=Settings().values.keep_runs)
