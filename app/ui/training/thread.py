"""What the thread of a training runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from app.core.graph.model import Project
from app.jobs.messages import Picture
from app.training.about import noting
from app.training.control import Control
from app.training.events import Event
from app.ui.insight.kept import Subjects
from app.ui.loading import load_for_training
from app.ui.settings import Settings
from app.ui.training import runs
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


def find_batch(project: Project, epoch: int, batch: int) -> Iterator[Picture]:
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
    project: Project,
    folder: Path,
    resume: Path | None,
    control: Control,
    kept: Subjects,
    file: Path | None,
    at: int | None = None,
) -> Iterator[Event]:
    """The whole run, in its thread. Imports wait until here, because only now torch is certainly loaded."""
    import torch

    from app.core.compile.net import compile_net
    from app.training.loop import train
    from app.training.threads import prepare_threads

    kept.hold()
    yield from load_for_training()
    net = compile_net(project)
    with _one_at_a_time:  # a search that is told to end does so before the next of its steps
        usual = torch.get_num_threads()
    prepare_threads(net, project.recipe)
    try:
        running = train(net, project.recipe, out=folder, resume=resume, control=control, at=at)
        yield from noting(running, folder, file)
    finally:
        torch.set_num_threads(usual)  # the number is also that of every later job
    runs.prune(keep=folder, most=Settings().values.keep_runs)
