"""A drawing that is edited while its training rests: what fits goes on, with what the optimizer has gathered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from app.core.commands import Rename, SetSetting
from app.core.graph.model import Block, Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.weights.moving import RenamedLayer, key_after, use_of
from app.training import checkpoints
from app.training.checkpoints import load_run
from app.training.control import Control
from app.training.drawing_edits import DrawingEdit
from app.training.events import BatchDone, Cancelled, Edited, EpochDone, Event, Finished
from app.training.folder import read_changes, read_edits
from app.training.loop import train
from tests.support.drawings import chain, node
from tests.training.nets import FAST, compiled, digits_net, moody_net, only, same_weights

SHORT = replace(FAST, epochs=3, batch_size=256, optimizer="Adam", lr=0.01)  # six batches in an epoch
AT = 8  # batches before the edit, in the middle of the second epoch


class Seen:
    """What a training tells in which edits come behind so many batches, each after a pause."""

    def __init__(self, project: Project, recipe: Recipe, edits: Mapping[int, DrawingEdit], **how: Any) -> None:
        self.events: list[Event] = []
        net, control, batches = compiled(replace(project, recipe=recipe)), Control(), 0
        for event in train(net, recipe, control=control, **how):
            self.events.append(event)
            if isinstance(event, BatchDone):
                batches += 1
                if batches in edits:
                    control.pause()
                    control.edit(edits[batches])
                    control.resume()
        self.last = self.events[-1]

    def of(self, kind: type) -> list[Any]:
        return only(self.events, kind)


def widened(project: Project, width: int = 12) -> Project:
    return SetSetting("", ("conv1",), "out_channels", width).apply(project)


def two_layers() -> Project:
    return digits_net(
        ("flatten", "Flatten"),
        ("fc1", "Linear", {"out_features": 16}),
        ("relu1", "ReLU"),
        ("fc2", "Linear", {"out_features": 10}),
    )


def edited(project: Project, recipe: Recipe = SHORT, moves: tuple[RenamedLayer, ...] = ()) -> DrawingEdit:
    return DrawingEdit(replace(project, recipe=recipe), moves)


def trained(project: Project, recipe: Recipe, edits: Mapping[int, DrawingEdit], folder: Path) -> tuple[nn.Module, Seen]:
    seen = Seen(project, recipe, edits, out=folder)
    assert isinstance(seen.last, Finished), seen.last
    return load_run(folder).model, seen


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"optimizer": "SGD"},
        {"average": 0.9, "schedule": "cosine", "warmup": 1},
        {"optimizer": "Muon", "stopping": "no-better", "patience": 8},
    ],
)
def test_an_edit_that_changes_nothing_changes_no_bit(settings: dict[str, Any], tmp_path: Path) -> None:
    """Fails if going on loses a moment, a schedule, a random number or the sums of the epoch."""
    recipe = SHORT.with_settings(**settings)
    whole, plain = trained(moody_net(), recipe, {}, tmp_path / "whole")
    other, seen = trained(moody_net(), recipe, {AT: edited(moody_net(), recipe)}, tmp_path / "edited")
    assert [each.sentence for each in seen.of(Edited)] == ["Every layer goes on with what it has learned."]
    assert same_weights(whole, other)
    assert [dict(d.metrics) for d in seen.of(EpochDone)] == [dict(d.metrics) for d in plain.of(EpochDone)]


def test_a_layer_with_another_name_goes_on(tmp_path: Path) -> None:
    """Fails if weights and moments are looked for under the name of before."""
    before = moody_net()
    now = Rename(old="conv1", new="edges").apply(before)
    whole, _ = trained(before, SHORT, {}, tmp_path / "whole")
    moves = (RenamedLayer("", "conv1", "edges", now),)
    other, seen = trained(before, SHORT, {AT: edited(now, moves=moves)}, tmp_path / "edited")
    assert seen.of(Edited)[0].sentence == "Every layer goes on with what it has learned."
    one, two = whole.state_dict(), other.state_dict()
    assert torch.equal(one["conv1.weight"], two["edges.weight"])
    assert torch.equal(one["fc1.weight"], two["fc1.weight"])


@pytest.mark.parametrize("stop", [AT + 1, AT + 6])
def test_an_edited_run_that_is_stopped_goes_on_to_the_same_bits(stop: int, tmp_path: Path) -> None:
    """Fails if the folder keeps the drawing of before, or other moments than those that went along."""
    now = SetSetting("", ("fc1",), "out_features", 10).apply(widened(moody_net()))
    whole, _ = trained(moody_net(), SHORT, {AT: edited(now)}, tmp_path / "whole")
    net, control, batches, told = compiled(replace(moody_net(), recipe=SHORT)), Control(), 0, []
    for event in train(net, SHORT, out=tmp_path / "broken", control=control):
        told.append(event)
        if isinstance(event, BatchDone):
            batches += 1
            if batches == AT:
                control.edit(edited(now))
            if batches == stop:
                control.stop()
    assert isinstance(told[-1], Cancelled)
    kept = load_run(tmp_path / "broken").net
    assert kept.project is not None
    assert kept.project.graph.nodes["conv1"].params["out_channels"] == 12
    torch.manual_seed(4)
    assert isinstance(list(train(kept, kept.plan.recipe, resume=tmp_path / "broken"))[-1], Finished)
    assert same_weights(whole, load_run(tmp_path / "broken").model)
    (said,) = read_edits(tmp_path / "broken")
    assert (said.epoch, said.batch) == (2, 3)
    assert read_changes(tmp_path / "broken") == ()


@pytest.mark.parametrize("kind", ["Adam", "SGD"])
def test_what_goes_along_is_what_torch_would_have(kind: str, tmp_path: Path) -> None:
    """Fails if a layer that fits loses weight or moment, if one that does not keeps a moment of another shape, or the
    steps behind the edit are not those of a plain optimizer that was given both."""
    recipe = replace(SHORT.with_settings(optimizer=kind), epochs=2)
    now = digits_net(
        ("flatten", "Flatten"),
        ("fc1", "Linear", {"out_features": 16}),
        ("relu1", "ReLU"),
        ("middle", "Linear", {"out_features": 9}),
        ("fc2", "Linear", {"out_features": 10}),
    )
    edit = edited(now, recipe)
    _, seen = trained(two_layers(), recipe, {AT: edit}, tmp_path)
    assert seen.of(Edited)[0].sentence == (
        "fc1 goes on with what it has learned. middle (new) and fc2 (another size) start fresh."
    )
    # By hand: the run until the edit, stopped there; then torch's own classes.
    stopped = tmp_path / "stopped"
    control, batches = Control(), 0
    net = compiled(replace(two_layers(), recipe=recipe))
    model = net.model(0)
    for event in train(net, recipe, out=stopped, control=control, model=model):
        if isinstance(event, BatchDone):
            batches += 1
            if batches == AT:
                control.stop()
    state = torch.load(stopped / "state.pt", weights_only=True)["optimizers"][0]
    other = compiled(replace(now, recipe=recipe))
    by_hand = other.model(0)
    by_hand.fc1.load_state_dict(model.fc1.state_dict())  # type: ignore[union-attr, operator]
    weights = list(by_hand.parameters())
    more = {"momentum": 0.9} if kind == "SGD" else {"fused": True}
    optimizer: Any = getattr(torch.optim, kind)(weights, lr=0.01, **more)
    for index in (0, 1):  # weight and bias of fc1
        optimizer.state[weights[index]] = {n: v.clone() for n, v in state["state"][index].items()}
    from app.training import batches as feeds

    data = feeds.load(other.plan)
    learn, *_ = feeds.divide(other.plan, data, recipe.validation, recipe.seed, recipe.test)
    samples = feeds.DeviceData(data, torch.device("cpu"))
    order = learn[torch.randperm(len(learn), generator=torch.Generator().manual_seed(1))]
    for piece in feeds.cut(order, recipe.step_size)[2:]:
        batch = samples.at(piece)
        optimizer.zero_grad()
        nn.functional.cross_entropy(by_hand(batch["digits.image"]), batch["digits.label"]).backward()
        optimizer.step()
    result = load_run(tmp_path).model.state_dict()
    for name, value in by_hand.state_dict().items():
        assert torch.allclose(result[name], value, rtol=0, atol=2e-6), name


CASES: Mapping[str, tuple[Callable[[], Project], str]] = {
    "an activation": (
        lambda: digits_net(
            ("flatten", "Flatten"),
            ("fc1", "Linear", {"out_features": 16}),
            ("tanh1", "Tanh"),
            ("fc2", "Linear", {"out_features": 10}),
        ),
        "Every layer goes on with what it has learned.",
    ),
    "a layer less": (
        lambda: digits_net(("flatten", "Flatten"), ("fc2", "Linear", {"out_features": 10})),
        "fc2 (another size) starts fresh. fc1 is gone.",
    ),
    "no bias": (
        lambda: digits_net(
            ("flatten", "Flatten"),
            ("fc1", "Linear", {"out_features": 16, "bias": False}),
            ("relu1", "ReLU"),
            ("fc2", "Linear", {"out_features": 10}),
        ),
        "Every layer goes on with what it has learned.",
    ),
    "a frozen layer": (
        lambda: SetSetting("", ("fc1",), "frozen", True).apply(two_layers()),
        "Every layer goes on with what it has learned.",
    ),
    "another loss": (
        lambda: digits_net(
            ("flatten", "Flatten"),
            ("fc1", "Linear", {"out_features": 16}),
            ("relu1", "ReLU"),
            ("fc2", "Linear", {"out_features": 10}),
            ("log", "LogSoftmax"),
            loss="NLLLoss",
        ),
        "Every layer goes on with what it has learned.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_sentence_says_what_goes_on_and_what_starts_fresh(case: str, tmp_path: Path) -> None:
    """Fails if an edit of one of these kinds ends the training, or is told wrongly."""
    now, sentence = CASES[case]
    _, seen = trained(two_layers(), SHORT, {AT: edited(now())}, tmp_path)
    (told,) = seen.of(Edited)
    assert told.sentence == sentence
    assert (told.epoch, told.batch) == (2, 3)
    assert [each.epoch for each in seen.of(EpochDone)] == [1, 2, 3]
    assert len(seen.of(BatchDone)) == 18  # none is done twice or left out


def test_another_layer_with_weights_of_the_same_shapes_starts_fresh(tmp_path: Path) -> None:
    """Fails if shapes alone decide: what a batch norm has learned means nothing to a layer norm."""
    before, now = (
        digits_net(
            ("flatten", "Flatten"),
            ("fc1", "Linear", {"out_features": 16}),
            ("norm", kind),
            ("fc2", "Linear", {"out_features": 10}),
        )
        for kind in ("BatchNorm1d", "LayerNorm")
    )
    _, seen = trained(before, SHORT, {AT: edited(now)}, tmp_path)
    assert seen.of(Edited)[0].sentence == (
        "fc1, fc2 go on with what they have learned. norm (another layer) starts fresh."
    )


def test_a_recipe_may_be_edited_along(tmp_path: Path) -> None:
    """Fails if the run goes on with the optimizer, the epochs or the metrics of before."""
    recipe = SHORT.with_settings(optimizer="SGD", lr=0.05, epochs=4, schedule="cosine", metrics=("accuracy", "f1"))
    _, seen = trained(two_layers(), SHORT, {AT: edited(two_layers(), recipe)}, tmp_path)
    assert "SGD starts afresh: what Adam had gathered is of no use to it." in seen.of(Edited)[0].sentence
    done = seen.of(EpochDone)
    assert [each.epoch for each in done] == [1, 2, 3, 4]
    assert "val_f1" in done[-1].metrics
    assert done[-1].lr < 0.05


def test_other_data_begins_the_epoch_anew(tmp_path: Path) -> None:
    """Fails if the rest of an epoch is cut out of samples that are not there."""
    before, now = (
        replace(
            two_layers(),
            graph=Graph.of(
                [
                    node("digits", "TeachingPoints", samples=samples),
                    node("fc1", "Linear", out_features=16),
                    node("fc2", "Linear", out_features=2),
                    node("loss", "CrossEntropyLoss"),
                ],
                [*chain("digits.point", "fc1", "fc2", "loss.prediction"), Wire("digits", "label", "loss", "target")],
            ),
        )
        for samples in (2000, 900)
    )
    recipe = replace(SHORT, batch_size=200)
    _, seen = trained(before, recipe, {12: edited(now, recipe)}, tmp_path)
    told = seen.of(Edited)[0]
    assert (
        told.sentence == "Every layer goes on with what it has learned. The data is another, so this epoch begins anew."
    )
    assert (told.epoch, told.batch, told.batches) == (2, 1, 4)
    assert [(each.epoch, each.batch) for each in seen.of(BatchDone)[12:]] == [
        (epoch, batch) for epoch in (2, 3) for batch in (1, 2, 3, 4)
    ]


def test_what_cannot_be_trained_is_said_and_waits(tmp_path: Path) -> None:
    """Fails if a broken drawing ends the run, or goes on with half of it."""
    broken = SetSetting("", ("fc1", "fc2"), "frozen", True).apply(two_layers())
    seeded = replace(SHORT, seed=5)
    whole, _ = trained(two_layers(), SHORT, {}, tmp_path / "whole")
    net, control, batches, told = compiled(replace(two_layers(), recipe=SHORT)), Control(), 0, []
    folded = replace(SHORT, folds=3, fold=2)
    wrong = [edited(broken), edited(two_layers(), seeded), edited(two_layers(), folded)]
    for event in train(net, SHORT, out=tmp_path / "run", control=control):
        told.append(event)
        if isinstance(event, BatchDone):
            batches += 1
            if batches == AT:
                control.edit(wrong.pop(0))
        elif isinstance(event, Edited):
            assert event.refused
            if wrong:
                control.edit(wrong.pop(0))
            else:
                control.resume()
    assert isinstance(told[-1], Finished)
    assert ["frozen" in each.sentence or "held out" in each.sentence for each in only(told, Edited)] == [True] * 3
    assert same_weights(whole, load_run(tmp_path / "run").model)


def test_a_single_step_behind_an_edit_is_one_batch(tmp_path: Path) -> None:
    """Fails if the granted step is lost with the batches of before, or a second one is done."""
    net, control, told = compiled(replace(two_layers(), recipe=SHORT)), Control(), []
    running = train(net, SHORT, out=tmp_path, control=control)
    batches = 0
    for event in running:
        told.append(event)
        if isinstance(event, BatchDone):
            batches += 1
            if batches == AT:
                control.pause()
                control.edit(edited(widened_linear()))
                control.step()
            elif batches == AT + 1:
                control.ask(lambda view: "rests")
        if getattr(event, "picture", None) == "rests":
            control.stop()
    assert len(only(told, BatchDone)) == AT + 1


def widened_linear() -> Project:
    return SetSetting("", ("fc1",), "out_features", 24).apply(two_layers())


def test_a_crash_between_weights_and_drawing_leaves_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a run that was becoming that of another drawing can be neither looked at nor continued."""
    real = checkpoints.os.replace

    def falling(source: Any, target: Any) -> None:
        if str(target).endswith(checkpoints.DRAWING) and str(source).endswith(checkpoints.FRESH):
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(checkpoints.os, "replace", falling)
    with pytest.raises(KeyboardInterrupt):
        Seen(two_layers(), SHORT, {AT: edited(widened_linear())}, out=tmp_path)
    monkeypatch.undo()
    run = load_run(tmp_path)
    assert run.project.graph.nodes["fc1"].params["out_features"] == 24
    assert isinstance(list(train(run.net, run.net.plan.recipe, resume=tmp_path))[-1], Finished)


def test_names_inside_of_blocks_are_followed() -> None:
    """Fails if a layer of a block that has another name is looked for in the wrong place, or a repeated one is lost."""
    inside = Graph.of([node("b", "Linear", out_features=4)], [])
    graph = Graph.of([replace(node("layer1", "block:B"), repeat=2), node("b", "Linear", out_features=4)], [])
    project = Project(graph=graph, blocks={"B": Block(inside)})
    moves = (RenamedLayer("B", "a", "b", project), RenamedLayer("", "old", "layer1", project))
    assert key_after("old.1.a.weight", (moves[1], moves[0])) == "layer1.1.b.weight"
    assert key_after("b.weight", moves) == "b.weight"
    place = use_of(project, "layer1.1.b.weight")
    assert place is not None
    assert (place.path, place.name, place.node.type) == ("layer1.1.b", "layer1/b", "Linear")
