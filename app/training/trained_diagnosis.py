"""What the doctor says of a run that was trained: from its numbers, its data and the weights that were kept."""

from __future__ import annotations

from pathlib import Path

from app.training.checkpoints import load_run
from app.training.events import Diagnosed
from app.training.examining import try_losses
from app.training.folder import epoch_of, read_metrics
from app.training.frozen_layers import words_on_frozen
from app.training.loop import begun
from app.training.periodic_examination import REASONS, SYMPTOMS


def looked_back(folder: Path) -> tuple[list[Diagnosed], int]:
    """The findings, and how many epochs were trained. Of the weights only the last are known, so only they are looked
    into; of updates nothing is known.

    Raises:
        BadRun: if it is no run, or a part of it is damaged.
        CannotTrain: if its drawing cannot be trained any more.
        NoData: if its data is gone.
    """
    kept = load_run(folder)
    recipe = kept.project.recipe
    run = begun(kept.net, recipe, kept.net.model(recipe.seed))
    found = [*words_on_frozen(kept.net, kept.model), *run.attending.begin()]
    run.doctor.first_loss(sum(try_losses(run).losses.values()))
    run.model.load_state_dict(kept.model.state_dict())
    done = [each for entry in read_metrics(folder) if (each := epoch_of(entry)) is not None]
    for epoch in done:
        found += run.attending.after_epoch(epoch, look=epoch is done[-1])
    if REASONS & {each.code for each in found}:  # found at the end, and the symptom before
        found = [each for each in found if each.code not in SYMPTOMS]
    return found, len(done)
