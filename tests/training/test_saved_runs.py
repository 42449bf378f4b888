"""Runs and drawings that an earlier version has written: they open, continue and end as if it had been this one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.files import open_project
from app.training.checkpoints import load_run
from app.training.events import EpochDone, Finished
from app.training.folder import epoch_of, read_metrics
from app.training.loop import train
from tests.training.nets import only

SAVED = Path(__file__).parent / "saved"  # stopped after the third batch of the second epoch
RECIPES = {
    "sgd": Recipe(optimizer="SGD", lr=0.1, epochs=3, batch_size=256, device="cpu").with_settings(
        momentum=0.7, weight_decay=0.01
    ),
    "adam": Recipe(optimizer="Adam", lr=0.01, epochs=3, batch_size=256, device="cpu").changed(
        {"Adam.weight_decay": 0.001, "SGD.momentum": 0.4}
    ),
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_drawing_of_before_opens(name: str) -> None:
    """Fails if momentum or weight decay of a recipe from before there were settings of optimizers are lost."""
    opened = open_project(SAVED / name / "drawing.netloom")
    assert not opened.complaints
    assert opened.project.recipe == RECIPES[name]


def test_numbers_of_before_are_read() -> None:
    """Fails if lines without classes or validation data, or with a metric that nobody here knows, are left out."""
    clock = {"seconds": 1.5, "samples_per_second": 10.0, "lr": 0.1}
    old = {"epoch": 1, "epochs": 2, "train_loss": 0.5, "train_accuracy": None, "val_loss": None, "val_accuracy": None}
    done = epoch_of({**old, **clock})
    assert done is not None
    assert (dict(done.metrics), done.lr, done.val_loss) == ({"train_loss": 0.5}, 0.1, None)
    newer = epoch_of({**old, **clock, "val_auroc": 0.7})
    assert newer is not None
    assert newer.metrics["val_auroc"] == 0.7
    assert epoch_of({**old, **clock, "val_auroc": "x"}) is None
    assert epoch_of({**old, **clock, "train_loss": None}) is None


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_of_before_goes_on(name: str, tmp_path: Path) -> None:
    """Fails if its moments, its learning rate or the first half of its epoch are not taken over.

    The run was saved on another machine, whose processor may add up in another order: what is left of that after three
    epochs is below a millionth, where each of those would change the weights by more than a thousandth. That a run goes
    on to the last bit on the machine that began it is tested with runs of this machine.
    """
    run = Path(shutil.copytree(SAVED / name, tmp_path / "run"))
    net, recipe = compile_net(load_run(run).project), RECIPES[name]
    whole, continued = net.model(0), net.model(0)
    unbroken = list(train(net, recipe, model=whole))
    later = list(train(net, recipe, resume=run, model=continued))
    assert isinstance(later[-1], Finished), later[-1]
    for one, other in zip(whole.parameters(), continued.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)
    expected = [pytest.approx(dict(each.metrics), rel=1e-6) for each in only(unbroken, EpochDone)]
    assert [dict(each.metrics) for each in only(later, EpochDone)] == expected[1:]
    told = [epoch_of(entry) for entry in read_metrics(run)]
    assert [dict(each.metrics) for each in told if each is not None] == expected
