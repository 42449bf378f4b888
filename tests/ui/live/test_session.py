"""The session: from a press of Train to one ending, with everything a student may do in between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from app.core.commands import EditAll, GroupNodes, MoveNodes, RemoveNodes, Rename, SetRecipe, SetSetting, UnpackBlock
from app.core.compile.plan import NotReady, make_plan
from app.core.graph.model import MAIN, Graph, Node, Project, Wire
from app.core.storage.files import open_project
from app.training.checkpoints import load_run
from app.training.events import BatchDone, Cancelled, EpochDone, Failed, Finished, Started
from app.training.trainer import Trainer
from app.ui import session as session_module
from app.ui.insight.subject_cache import TrainedRun as Subjects
from tests.support.drawings import chain, node
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG


def test_train_before_torch_is_loaded_waits_and_then_trains(desk: Make) -> None:
    """Fails if an early press of Train is lost, or raises because torch is not there yet."""
    here = desk(epochs=2)
    here.session.train()
    assert here.session.state == "starting"
    assert here.sentences == ["Loading torch…"]
    ended = here.until_ended()
    assert isinstance(ended, Finished)
    assert ended.epoch == 2
    assert here.states == ["starting", "running", "idle"]
    assert here.sentences[-1] == "", "what was waited for must not stand there for ever"
    assert here.session.device in ("CPU", "") or here.session.device.startswith("CUDA: ")


def test_everything_that_happens_reaches_the_window(desk: Make) -> None:
    """Fails if batches are lost on the way, or come in another order, or after the ending."""
    here = desk(epochs=3)
    here.session.train()
    here.until_ended()
    started = here.of(Started)
    batches = [(event.epoch, event.batch) for event in here.of(BatchDone)]
    assert len(started) == 1
    assert batches == [(epoch, batch) for epoch in (1, 2, 3) for batch in range(1, started[0].batches + 1)]
    assert [event.epoch for event in here.of(EpochDone)] == [1, 2, 3]


def test_the_run_is_kept_and_can_be_looked_at(desk: Make) -> None:
    """Fails if nothing is written, if the window forgets where, or if ``model_ready`` comes before the weights."""
    here = desk(epochs=1)
    there: list[bool] = []
    session = here.session
    session.model_ready.connect(lambda: there.append((Path(session.trained.run) / "weights.safetensors").exists()))
    session.train()
    ended = here.until_ended()
    assert there == [True]
    assert session.trained.run == Path(ended.run)
    assert session.trained.run.parent.name == "runs"
    assert session.trained.epoch == 1


def test_a_drawing_with_a_problem_is_refused_with_a_sentence(desk: Make) -> None:
    """Fails if a press of Train on a broken drawing does nothing, blocks, or waits for torch before it says why."""
    here = desk()
    here.qdocument.do(SetSetting(MAIN, ("fc2",), "out_features", 5))
    here.session.train()
    ended = here.endings.pop()
    assert isinstance(ended, Failed)
    assert ended.node == "loss"
    assert ended.sentence.startswith("loss: ")
    assert "10" in ended.sentence
    assert here.session.state == "idle"
    here.qdocument.undo()
    here.qdocument.do(SetRecipe(setting="epochs", value=1))
    here.session.train()
    assert isinstance(here.until_ended(), Finished), "after mending it trains"


@pytest.mark.parametrize("step", [False, True])
@pytest.mark.parametrize("nodes", [[], [node("digits", "Digits")]])
def test_an_empty_drawing_is_refused_at_once(
    nodes: list[Node], step: bool, desk: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """Fails if so common a mistake waits for torch, is answered when layers are there, or is logged as an error."""
    here = desk(Project(graph=Graph.of(nodes)))
    (here.session.step if step else here.session.train)()
    ended = here.endings.pop()
    assert isinstance(ended, Failed)
    with pytest.raises(NotReady) as reason:
        make_plan(here.qdocument.project)
    assert ended.sentence == str(reason.value)
    assert "no layers yet" in ended.sentence
    assert (here.states, here.sentences) == ([], [])
    assert not caplog.records


def test_a_drawing_that_was_emptied_while_torch_loads_is_refused(desk: Make, caplog: pytest.LogCaptureFixture) -> None:
    """Fails if what was whole when Train was pressed is compiled although nothing of it is left."""
    here = desk()
    here.session.train()
    assert here.session.state == "starting"
    here.qdocument.do(RemoveNodes(MAIN, tuple(here.qdocument.project.graph.nodes)))
    ended = here.until_ended()
    assert isinstance(ended, Failed)
    assert "no layers yet" in ended.sentence
    assert here.session.state == "idle"
    assert here.sentences[-1] == ""
    assert not caplog.records


def test_a_drawing_without_a_loss_is_refused_with_a_sentence(desk: Make) -> None:
    """Fails if what only the training can find out is not told: this drawing has no problem a rule could name."""
    here = desk()
    here.qdocument.do(RemoveNodes(MAIN, ("loss",)))
    here.session.train()
    ended = here.until_ended()
    assert isinstance(ended, Failed)
    assert "no loss" in ended.sentence
    assert here.session.trained is None


def test_a_failure_inside_a_layer_names_it(desk: Make) -> None:
    """Fails if a RuntimeError of torch is swallowed, or is told without the layer it came from."""
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("conv1", "Conv2d", out_channels=4, kernel_size=8),
            node("norm1", "BatchNorm2d"),
            node("flatten", "Flatten"),
            node("fc1", "Linear", out_features=10),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain("digits.image", "conv1", "norm1", "flatten", "fc1", "loss.prediction"),
            Wire("digits", "label", "loss", "target"),
        ],
    )
    here = desk(Project(graph=graph), batch_size=1)
    here.session.train()
    ended = here.until_ended()
    assert isinstance(ended, Failed)
    assert ended.node == "norm1"
    assert "larger batch size" in ended.sentence
    assert here.session.state == "idle"


def test_editing_goes_on_and_the_run_keeps_its_drawing(desk: Make) -> None:
    """Fails if an edit reaches the net that trains, stops it, or goes unnoticed; or if moving a box counts as one."""
    here = desk(epochs=LONG)
    session = here.session
    session.train()
    here.until(lambda: here.of(BatchDone))
    differs: list[bool] = []
    session.differs_changed.connect(differs.append)
    here.qdocument.do(MoveNodes(MAIN, {"fc1": (700.0, 80.0)}))
    assert not session.differs
    here.qdocument.do(SetSetting(MAIN, ("fc1",), "out_features", 7))
    assert session.differs
    here.qdocument.undo()
    assert not session.differs
    here.qdocument.redo()
    assert differs == [True, False, True]
    count = len(here.of(BatchDone))
    here.until(lambda: len(here.of(BatchDone)) > count)
    session.stop()
    ended = here.until_ended()
    kept = open_project(Path(ended.run) / "drawing.netloom").project
    assert kept.graph.nodes["fc1"].params["out_features"] == 64
    assert here.qdocument.project.graph.nodes["fc1"].params["out_features"] == 7


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_layer_keeps_what_it_learned_under_another_name(meanwhile: bool, desk: Make) -> None:
    """Fails if a trained layer that is renamed, while it trains or later, is looked at with fresh weights."""
    here = desk(epochs=LONG if meanwhile else 2)
    session, document = here.session, here.qdocument
    session.train()
    if meanwhile:
        here.until(lambda: here.of(BatchDone))
        document.do(Rename(MAIN, "fc1", "first"))
        session.stop()
    ended = here.until_ended()
    if not meanwhile:
        document.do(Rename(MAIN, "fc1", "first"))
    document.do(Rename(MAIN, "first", "hidden"))
    trained = load_run(Path(ended.run)).model.state_dict()

    def weights(node: str) -> Tensor:
        origin = session.origin_of(node)
        assert isinstance(origin, Subjects), f"{node} is looked at with fresh weights"
        return session._kept.subject(origin).model.state_dict()[f"{node}.weight"]

    assert torch.equal(weights("hidden"), trained["fc1.weight"])
    assert torch.equal(weights("fc2"), trained["fc2.weight"])
    document.undo()
    assert torch.equal(weights("first"), trained["fc1.weight"])


def test_a_layer_keeps_what_it_learned_in_a_block(desk: Make) -> None:
    """Fails if trained layers are looked at with fresh weights once they stand in a block, or come out of it again."""
    here = desk(epochs=1)
    session, document = here.session, here.qdocument
    session.train()
    trained = load_run(Path(here.until_ended().run)).model.state_dict()

    def weights(path: str) -> Tensor:
        origin = session.origin_of(path)
        assert isinstance(origin, Subjects), f"{path} is looked at with fresh weights"
        return session._kept.subject(origin).model.state_dict()[f"{path.replace('/', '.')}.weight"]

    document.do(GroupNodes(MAIN, ("fc1", "relu1"), block="hidden"))
    (block,) = [
        name for name in document.project.graph.nodes if name not in ("digits", "flatten", "dropout1", "fc2", "loss")
    ]
    assert torch.equal(weights(f"{block}/fc1"), trained["fc1.weight"])
    assert torch.equal(weights("fc2"), trained["fc2.weight"])
    document.do(Rename(MAIN, block, "part"))
    assert torch.equal(weights("part/fc1"), trained["fc1.weight"])
    document.do(UnpackBlock(MAIN, "part"))
    assert torch.equal(weights("fc1"), trained["fc1.weight"])
    for _ in range(3):
        document.undo()
    assert torch.equal(weights("fc1"), trained["fc1.weight"])


def test_another_layer_in_its_place_has_learned_nothing(desk: Make) -> None:
    """Fails if a layer counts as renamed because one went and one came."""
    here = desk(epochs=1)
    here.session.train()
    here.until_ended()
    larger = SetSetting(MAIN, ("fc1",), "out_features", 65)
    here.qdocument.do(EditAll(commands=(larger, Rename(MAIN, "fc1", "first"))))
    assert not isinstance(here.session.origin_of("first"), Subjects)
    assert isinstance(here.session.origin_of("fc2"), Subjects)


def test_pause_step_and_go_on(desk: Make) -> None:
    """Fails if batches go on in a pause, if a step makes more or less than one, or if going on does not."""
    here = desk(epochs=LONG)
    session = here.session
    session.train()
    here.until(lambda: here.of(BatchDone))
    session.pause()
    assert session.state == "paused"
    here.until_at_rest()
    count = len(here.of(BatchDone))
    here.qtbot.wait(150)
    assert len(here.of(BatchDone)) == count
    for extra in (1, 2):
        session.step()
        here.until(lambda extra=extra: len(here.of(BatchDone)) >= count + extra)
        here.qtbot.wait(100)
        assert len(here.of(BatchDone)) == count + extra
    session.train()
    assert session.state == "running"
    here.until(lambda: len(here.of(BatchDone)) > count + 10)
    session.stop()
    assert isinstance(here.until_ended(), Cancelled)


@pytest.mark.parametrize("paused", [False, True])
def test_stop_is_prompt_and_keeps_what_was_learned(paused: bool, desk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if Stop waits for the end of an epoch or of a pause, or if the weights of the moment are lost."""
    begun: list[int] = []
    step = Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda trainer, batch: begun.append(1) or step(trainer, batch))
    here = desk("lenet_digits", epochs=LONG, batch_size=1)  # more than a thousand batches in an epoch
    session = here.session
    session.train()
    here.until(lambda: len(here.of(BatchDone)) > 5)
    if paused:
        session.pause()
        here.until_at_rest()
    session.stop()
    count = len(begun)
    assert session.state == "stopping"
    here.until(lambda: here.endings)
    assert len(begun) <= count + (0 if paused else 1)  # the one in hand
    ended = here.until_ended()
    assert isinstance(ended, Cancelled)
    assert (Path(ended.run) / "weights.safetensors").exists()
    assert session.trained is not None


def test_a_stopped_run_can_be_continued(desk: Make) -> None:
    """Fails if Continue begins anew, repeats epochs, or is offered for a drawing that is another net by now."""
    here = desk(epochs=LONG)
    session = here.session
    assert "no run" in (session.why_not_continue() or "")
    session.train()
    here.until(lambda: len(here.of(EpochDone)) >= 2)
    session.stop()
    stopped = here.until_ended()
    here.qdocument.do(SetSetting(MAIN, ("fc1",), "out_features", 7))
    assert "changed" in (session.why_not_continue() or "")
    here.qdocument.undo()
    assert session.why_not_continue() is None
    last = stopped.epoch + 3
    here.qdocument.do(SetRecipe(setting="epochs", value=last))
    here.events.clear()
    session.train_on()
    ended = here.until_ended()
    assert isinstance(ended, Finished)
    assert ended.run == stopped.run
    assert here.of(Started)[0].resumed_epoch == stopped.epoch
    assert [event.epoch for event in here.of(EpochDone)] == list(range(stopped.epoch + 1, last + 1))
    assert "epochs" in (session.why_not_continue() or "")


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_run_goes_on_whose_layers_were_renamed(meanwhile: bool, desk: Make) -> None:
    """Fails if Continue is refused for other names, given while it trains or later, or if the layers are then looked
    at under names that the run has not."""
    here = desk(epochs=LONG)
    session, document = here.session, here.qdocument
    session.train()
    here.until(lambda: len(here.of(EpochDone)) >= 1)
    swap = [Rename(MAIN, "fc1", "third"), Rename(MAIN, "fc2", "fc1"), Rename(MAIN, "third", "fc2")]
    for command in (*swap, Rename(MAIN, "loss", "cost")) if meanwhile else ():
        document.do(command)
    session.stop()
    stopped = here.until_ended()
    before = load_run(Path(stopped.run)).model.state_dict()
    for command in (*swap, Rename(MAIN, "loss", "cost")) if not meanwhile else ():
        document.do(command)
    assert session.why_not_continue() is None
    assert not session.differs
    # Two more: it may have been stopped behind the last batch of an epoch that was not checked yet.
    document.do(SetRecipe(setting="epochs", value=stopped.epoch + 2))
    here.events.clear()
    session.train_on()
    ended = here.until_ended()
    assert isinstance(ended, Finished)
    assert ended.run == stopped.run
    assert here.of(Started)[0].resumed_epoch == stopped.epoch
    kept = load_run(Path(ended.run)).model.state_dict()
    assert kept["fc2.weight"].shape == before["fc1.weight"].shape
    assert not torch.equal(kept["fc2.weight"], before["fc1.weight"]), "it has learned"
    for name in ("fc1", "fc2"):
        origin = session.origin_of(name)
        assert isinstance(origin, Subjects)
        assert torch.equal(session._kept.subject(origin).model.state_dict()[f"{name}.weight"], kept[f"{name}.weight"])


def test_a_renamed_run_that_cannot_go_on_is_still_looked_at(desk: Make) -> None:
    """Fails if a run whose folder is damaged loses its pictures too, once its layers have other names."""
    here = desk(epochs=1)
    session, document = here.session, here.qdocument
    session.train()
    folder = Path(here.until_ended().run)
    learned = load_run(folder).model.state_dict()
    document.do(Rename(MAIN, "fc1", "first"))
    document.do(SetRecipe(setting="epochs", value=2))
    (folder / "state.pt").write_bytes(b"nothing of use")
    session.train_on()
    failed = here.until_ended()
    assert isinstance(failed, Failed)
    assert "state.pt" in failed.sentence
    origin = session.origin_of("first")
    assert isinstance(origin, Subjects)
    assert origin.epoch == 1
    assert torch.equal(session._kept.subject(origin).model.state_dict()["first.weight"], learned["fc1.weight"])


def test_another_learning_rate_counts_while_it_trains(desk: Make) -> None:
    """Fails if an edit of the learning rate waits for the next run, or if its undo does not reach the training."""
    here = desk(epochs=LONG, lr=0.002)
    here.session.train()
    here.until(lambda: here.of(EpochDone))
    here.qdocument.do(SetRecipe(setting="lr", value=0.0005))
    here.until(lambda: here.of(EpochDone)[-1].lr == 0.0005)
    here.qdocument.undo()
    here.until(lambda: here.of(EpochDone)[-1].lr == 0.002)
    here.session.stop()
    here.until_ended()


def test_a_broken_torch_is_told_and_does_not_hang(desk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a failing import leaves the window in "starting" for ever, or shows a traceback."""

    def broken() -> Any:
        raise ImportError("libtorch_cpu.so: cannot open shared object file")
        yield

    monkeypatch.setattr(session_module, "load_torch", broken)
    here = desk()
    here.session.train()
    ended = here.until_ended()
    assert isinstance(ended, Failed)
    assert "torch could not be loaded" in ended.sentence
    assert "libtorch_cpu.so" in ended.sentence
    assert here.session.state == "idle"


def test_stop_while_torch_still_loads(desk: Make) -> None:
    """Fails if a training that was called off begins all the same when torch has arrived."""
    here = desk()
    here.session.train()
    here.session.stop()
    assert isinstance(here.until_ended(), Cancelled)
    assert here.session.state == "idle"
    here.load_torch()
    here.qtbot.wait(200)
    assert here.session.state == "idle"
    assert not here.events


def test_closing_in_the_middle_waits_and_keeps_the_run(desk: Make) -> None:
    """Fails if a thread outlives the window, if the ending is never told, or if the weights are not written."""
    here = desk("lenet_digits", epochs=LONG)
    here.session.train()
    here.until(lambda: len(here.of(BatchDone)) > 3)
    here.session.close()
    assert len(here.endings) == 1
    assert isinstance(here.endings[0], Cancelled)
    assert (Path(here.endings[0].run) / "state.pt").exists()


def test_opening_another_drawing_forgets_the_run_of_the_first(desk: Make) -> None:
    """Fails if pictures of one drawing's weights are shown for another that happens to have the same names."""
    here = desk(epochs=1)
    here.session.train()
    here.until_ended()
    assert here.session.trained is not None
    project = here.qdocument.project
    here.qdocument.new(replace(project, title="Another"))
    assert here.session.trained is None
    assert not here.session.differs
