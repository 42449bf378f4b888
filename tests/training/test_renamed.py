"""A run whose layers have other names since goes on as if they had always been called so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.cli.main import run
from app.core.commands.base import Command
from app.core.commands.blocks import RenameBlock
from app.core.commands.grouping import GroupNodes
from app.core.commands.nodes import Rename, SetNodeField
from app.core.commands.settings import SetSetting
from app.core.graph.model import MAIN, Project
from app.core.graph.same_net import alike, renamed
from app.core.storage.files import open_project, save_project
from app.training import checkpoints
from app.training.checkpoints import load_run
from app.training.events import BatchDone, Event, Failed, Finished
from app.training.folder import DRAWING, read_metrics
from app.training.loop import train
from tests.support.gan import gan
from tests.training.nets import FAST, compiled, digits_net, moody_net, only, two_heads
from tests.training.test_resume import crash_after, numbers, stop_by_closing

LONG = replace(FAST, epochs=3)
RICH = LONG.changed(
    {"optimizer": "Adam", "lr": 0.003, "schedule": "cosine", "stopping": "no-better", "average": 0.9, "clip_norm": 1.0}
)


def after(project: Project, *commands: Command) -> Project:
    """The drawing after some edits."""
    for command in commands:
        project = command.apply(project)
    return project


def names_of(project: Project, names: Mapping[str, str], where: str = MAIN) -> Project:
    """The drawing with other names, given one after the other as somebody types them; swapped ones over a third."""
    for number, old in enumerate(names):
        project = Rename(where, old, f"on_the_way{number}").apply(project)
    for number, new in enumerate(names.values()):
        project = Rename(where, f"on_the_way{number}", new).apply(project)
    return project


def twins() -> Project:
    """Two equal layers in a row: their weights fit each other's places."""
    return digits_net(
        ("flatten", "Flatten"),
        ("a", "Linear", {"out_features": 64}),
        ("act", "Tanh"),
        ("b", "Linear", {"out_features": 64}),
        ("out", "Linear", {"out_features": 10}),
    )


def blocks() -> Project:
    """A block that stands twice, once repeated, and a layer that uses the weights of another."""
    return after(
        twins(),
        GroupNodes(MAIN, ("b",), block="part"),
        SetNodeField(MAIN, ("part",), "repeat", 2),
    )


def renamed_block(project: Project) -> Project:
    """Other names for the block, what is in it, its ports, and where it stands."""
    part = next(name for name in project.blocks)
    inside = project.blocks[part].graph.nodes
    others = {name: f"new_{name}" for name in inside}
    project = names_of(names_of(project, others, part), {"part": "hidden", "out": "part"})
    return after(project, RenameBlock(old=part, new="piece"))


CASES = {
    "one": (moody_net, lambda p: names_of(p, {"fc1": "scores", "bn1": "norm"}), LONG),
    "swapped": (twins, lambda p: names_of(p, {"a": "b", "b": "a"}), LONG),
    "all in turn": (twins, lambda p: names_of(p, {"a": "b", "b": "out", "out": "a"}), LONG),
    "data and loss": (moody_net, lambda p: names_of(p, {"digits": "pictures", "loss": "cost"}), LONG),
    "several losses": (two_heads, lambda p: names_of(p, {"loss": "classes", "classes": "loss", "code": "small"}), LONG),
    "mean, best and schedule": (moody_net, lambda p: names_of(p, {"conv1": "fc1", "fc1": "conv1"}), RICH),
    "in a block": (blocks, renamed_block, LONG),
    "two sides": (
        lambda: gan(16),
        lambda p: names_of(p, dict(zip(p.graph.nodes, reversed(list(p.graph.nodes)), strict=True))),
        replace(FAST, epochs=2, optimizer="Adam", lr=0.002),
    ),
}


def in_order(folder: Path) -> list[torch.Tensor]:
    """All weights of a run, in the order in which its layers work."""
    return list(load_run(folder).model.state_dict().values())


def equal(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return len(one) == len(other) and all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("stopped", [3, 7])
@pytest.mark.parametrize("case", CASES)
def test_it_ends_with_the_weights_of_a_run_without_the_rename(case: str, stopped: int, tmp_path: Path) -> None:
    """Fails if Continue is refused for other names, if a layer goes on with what another of the same form has learned,
    or if moments, means, the best weights or the sums of the epoch are lost with the old names. The drawing has been
    closed and opened in between."""
    make, rename, recipe = CASES[case]
    project = make()
    expected = list(train(compiled(project), recipe, out=tmp_path / "whole"))
    assert isinstance(expected[-1], Finished)
    before = stop_by_closing(compiled(project), recipe, tmp_path / "broken", stopped)

    save_project(rename(project), tmp_path / "renamed.netloom")
    later_project = open_project(tmp_path / "renamed.netloom").project
    assert later_project.graph.nodes.keys() != project.graph.nodes.keys() or renamed(project, later_project)
    later = list(train(compiled(later_project), recipe, resume=tmp_path / "broken"))
    assert isinstance(later[-1], Finished), later[-1]

    assert equal(in_order(tmp_path / "broken"), in_order(tmp_path / "whole"))
    assert [e.loss for e in only([*before, *later], BatchDone)] == [e.loss for e in only(expected, BatchDone)]
    assert alike(load_run(tmp_path / "broken").project, later_project)
    weights = load_run(tmp_path / "broken").model.state_dict()
    assert list(weights) == list(compiled(later_project).model(0).state_dict())
    kept, whole = (numbers(load_run(tmp_path / name).metrics) for name in ("broken", "whole"))
    assert [list(entry.values()) for entry in kept] == [list(entry.values()) for entry in whole]
    losses = {loss.name for loss in compiled(later_project).plan.losses}
    assert all(name.partition(".")[2] in {"", *losses} for entry in kept for name in entry)


def test_each_layer_keeps_its_own_weights_when_two_swap_their_names(tmp_path: Path) -> None:
    """Fails if weights of one form follow the name instead of the layer: nothing is trained in between."""
    project = twins()
    list(train(compiled(project), replace(FAST, epochs=1), out=tmp_path))
    learned = load_run(tmp_path).model.state_dict()
    swapped = names_of(project, {"a": "b", "b": "a"})
    (*_, ending) = train(compiled(swapped), replace(FAST, epochs=1), resume=tmp_path)
    assert isinstance(ending, Finished)
    now = load_run(tmp_path).model.state_dict()
    assert torch.equal(now["b.weight"], learned["a.weight"])
    assert torch.equal(now["a.weight"], learned["b.weight"])
    assert not torch.equal(now["a.weight"], learned["a.weight"])


def test_renamed_once_more_and_back(tmp_path: Path) -> None:
    """Fails if a run can be continued under other names once, but not again, or not under its first ones."""
    project = moody_net()
    list(train(compiled(project), LONG, out=tmp_path / "whole"))
    stop_by_closing(compiled(project), LONG, tmp_path / "run", 2)
    second = names_of(project, {"conv1": "fc1", "fc1": "conv1"})
    third = names_of(second, {"fc1": "eyes", "digits": "images"})
    for drawing, batches in ((second, 2), (third, 3), (project, 2)):
        running = train(compiled(drawing), LONG, resume=tmp_path / "run")
        seen = 0
        for event in running:
            seen += isinstance(event, BatchDone)
            if seen == batches:
                break
        running.close()  # type: ignore[attr-defined]
    list(train(compiled(third), LONG, resume=tmp_path / "run"))
    assert equal(in_order(tmp_path / "run"), in_order(tmp_path / "whole"))


def test_into_another_folder_under_other_names(tmp_path: Path) -> None:
    """Fails if the old run is changed, or the new one begins with names that its drawing has not."""
    project = moody_net()
    list(train(compiled(project), LONG, out=tmp_path / "whole"))
    stop_by_closing(compiled(project), LONG, tmp_path / "old", 8)
    old = {file: file.read_bytes() for file in (tmp_path / "old").rglob("*") if file.is_file()}
    other = names_of(project, {"conv1": "fc1", "fc1": "conv1"})
    list(train(compiled(other), LONG, resume=tmp_path / "old", out=tmp_path / "new"))
    assert {file: file.read_bytes() for file in (tmp_path / "old").rglob("*") if file.is_file()} == old
    assert equal(in_order(tmp_path / "new"), in_order(tmp_path / "whole"))


OTHER_NETS: Mapping[str, Command] = {
    "another size": SetSetting(MAIN, ("a",), "out_features", 65),
    "muted": SetNodeField(MAIN, ("act",), "bypassed", True),
    "twice": SetNodeField(MAIN, ("b",), "repeat", 2),
    "shared weights": SetNodeField(MAIN, ("b",), "shares", "a"),
}


@pytest.mark.parametrize("what", OTHER_NETS)
def test_a_rename_excuses_nothing_else(what: str, tmp_path: Path) -> None:
    """Fails if another net can be continued because its layers have other names as well."""
    project = twins()
    stop_by_closing(compiled(project), LONG, tmp_path, 2)
    other = names_of(OTHER_NETS[what].apply(project), {"out": "scores"})
    assert not alike(project, other)
    (failed,) = train(compiled(other), LONG, resume=tmp_path)
    assert isinstance(failed, Failed)
    assert "its layers have changed" in failed.sentence


def test_other_wires_between_equal_layers_are_another_net() -> None:
    """Fails if only the kinds of layers are compared and not what is wired to what."""
    project = twins()
    graph = project.graph
    turned = [
        replace(
            w, source={"a": "b", "b": "a"}.get(w.source, w.source), target={"a": "b", "b": "a"}.get(w.target, w.target)
        )
        for w in graph.wires
    ]
    assert not alike(project, project.with_graph(MAIN, graph.with_wires(turned)))
    # The same wires and the names swapped with them: nothing but names.
    assert renamed(project, names_of(project, {"a": "b", "b": "a"})) == {"a": "b", "b": "a"}


@pytest.mark.parametrize("count", range(5))
def test_a_crash_while_names_are_given_leaves_a_run_that_continues(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if weights under new names lie beside the old drawing, or are given to the wrong ones of two equal layers,
    after a crash between any two files that are put in their places."""
    project = twins()
    list(train(compiled(project), LONG, out=tmp_path / "whole"))
    stop_by_closing(compiled(project), LONG, tmp_path / "run", 8)
    expected = in_order(tmp_path / "run")
    swapped = names_of(project, {"a": "b", "b": "a"})
    crashing = crash_after(count, monkeypatch)
    next(crashing)
    running: list[Event] = []
    with pytest.raises(KeyboardInterrupt):
        running += train(compiled(swapped), LONG, resume=tmp_path / "run")
    next(crashing, None)
    assert not only(running, BatchDone)
    assert equal(in_order(tmp_path / "run"), expected)
    (*_, ending) = train(compiled(swapped), LONG, resume=tmp_path / "run")
    assert isinstance(ending, Finished)
    assert equal(in_order(tmp_path / "run"), in_order(tmp_path / "whole"))
    assert not (tmp_path / "run" / (DRAWING + checkpoints.FRESH)).exists()


def test_a_drawing_that_was_being_renamed_belongs_to_nobody_else(tmp_path: Path) -> None:
    """Fails if a drawing of that name, which a stranger's folder may hold, is taken although the weights are not its
    own, or keeps a run from being read."""
    list(train(compiled(twins()), replace(FAST, epochs=1), out=tmp_path))
    expected = in_order(tmp_path)
    fresh = tmp_path / (DRAWING + checkpoints.FRESH)
    for content in (b"", b"{}", b"\xff\xfe", (tmp_path / DRAWING).read_bytes().replace(b'"a"', b'"other"')):
        fresh.write_bytes(content)
        assert equal(in_order(tmp_path), expected)
        assert "a.weight" in load_run(tmp_path).model.state_dict()


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if ``train FILE --resume RUN`` refuses the file for the names in it, or ends with other weights."""
    project = replace(moody_net(), recipe=replace(LONG, epochs=2))
    file, folder, whole = tmp_path / "net.netloom", tmp_path / "run", tmp_path / "whole"
    save_project(project, file)
    assert run(["train", str(file), "--epochs", "2", "--out", str(whole)]) == 0
    assert run(["train", str(file), "--epochs", "1", "--out", str(folder)]) == 0
    text = file.read_text()
    file.write_text(text.replace('"fc1', '"between').replace('"conv1', '"fc1').replace('"between', '"conv1'))
    assert file.read_text() != text
    capsys.readouterr()
    assert run(["train", str(file), "--resume", str(folder), "--epochs", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["event"] == "finished"
    assert equal(in_order(folder), in_order(whole))
    assert [entry["epoch"] for entry in read_metrics(folder)] == [1, 2]
