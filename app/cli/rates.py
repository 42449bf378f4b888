"""The command find-lr."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from app.cli.interrupts import ending_at_once
from app.cli.layer_choices import with_settings
from app.cli.out import Stop, say, say_json, sound_project
from app.core.compile.plan import NotReady
from nodes.api import NoData


def find_lr(what: str, changes: Mapping[str, Any], as_json: bool) -> int:
    """Try learning rates that grow, and tell the loss at each and the one that is suggested."""
    project, _ = sound_project(what)
    project, _ = with_settings(project, what, changes)
    with ending_at_once():
        from app.core.compile.net import compile_net
        from app.training.lr_finder import FoundRate
        from app.training.lr_finder import find_lr as search
        from app.training.refusal import CannotTrain
        from app.training.threads import prepare_threads

        try:
            net = compile_net(project)
            prepare_threads(net, project.recipe)
            for event in search(net, project.recipe):
                if isinstance(event, FoundRate):
                    _tell(event, what, as_json)
        except (NotReady, CannotTrain, NoData) as refusal:
            raise Stop(str(refusal)) from None
    return 0


def _tell(found: Any, what: str, as_json: bool) -> None:
    if as_json:
        points = [{"lr": lr, "loss": loss if isfinite(loss) else None} for lr, loss in found.points]
        say_json({"lr": found.lr, "sentence": found.sentence, "points": points})
        return
    for lr, loss in found.points[::6]:
        say(f"{lr:10.2e}  loss {loss:.4f}")
    say(found.sentence)
    if found.lr is not None:
        say(f"Use it with: netloom train {what} --lr {found.lr:g}")
