"""Folders that are no runs, or were damaged or tampered with: a sentence each, and nothing in them is executed."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from app.core.storage.files import save_project
from app.training.checkpoints import BadRun, load_run
from app.training.events import EpochDone, Failed, Finished
from app.training.loop import train
from tests.support.drawings import small_net
from tests.training.nets import FAST, autoencoder, compiled, linear_net, only

ONE = replace(FAST, epochs=1)
TWO = replace(FAST, epochs=2)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one epoch with momentum."""
    folder = tmp_path_factory.mktemp("finished")
    list(train(compiled(), ONE, out=folder))
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of it to be spoiled."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def refusal(folder: Path) -> str:
    """Why this run cannot be continued."""
    events = list(train(compiled(), TWO, resume=folder))
    assert len(events) == 1
    assert isinstance(events[0], Failed)
    assert "Traceback" not in events[0].sentence
    assert events[0].sentence.endswith(".")
    return events[0].sentence


def test_a_good_run_is_loaded(run: Path) -> None:
    """Fails if a run cannot be read back: weights, numbers, mode, code and drawing."""
    loaded = load_run(run)
    assert loaded.epoch == 1
    assert [entry["epoch"] for entry in loaded.metrics] == [1]
    assert not loaded.model.training
    assert loaded.net.source.text == (run / "net.py").read_text()
    assert loaded.project.recipe == ONE
    assert sorted(file.name for file in run.iterdir()) == [
        "drawing.netloom",
        "kept",
        "losses.safetensors",
        "metrics.jsonl",
        "net.py",
        "state.pt",
        "weights.safetensors",
    ]


def test_weights_are_safetensors_with_the_names_of_the_drawing(run: Path) -> None:
    """Fails if weights are stored under other names, in another layout or in a format that can hold code."""
    weights = load_file(run / "weights.safetensors")
    assert {name: tuple(value.shape) for name, value in weights.items()} == {
        "fc1.weight": (10, 64),
        "fc1.bias": (10,),
    }


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("drawing.netloom", "not the folder of a run: it has no drawing.netloom"),
        ("weights.safetensors", "has no weights.safetensors"),
    ],
)
def test_a_missing_file(run: Path, name: str, sentence: str) -> None:
    """Fails if a missing part ends in a FileNotFoundError."""
    (run / name).unlink()
    with pytest.raises(BadRun, match=sentence):
        load_run(run)
    assert sentence in refusal(run)


def test_without_state_it_can_be_looked_at(run: Path) -> None:
    """Fails if a run that somebody passed on without its optimizer cannot even be inspected."""
    (run / "state.pt").unlink()
    assert load_run(run).epoch == 1
    assert "has no state.pt" in refusal(run)


def test_no_folder_and_no_run(tmp_path: Path) -> None:
    """Fails if a wrong path ends in an OSError."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for name, sentence in (("nowhere", "does not exist"), ("file", "is not a folder"), ("empty", "not the folder of")):
        with pytest.raises(BadRun, match=sentence):
            load_run(tmp_path / name)
        assert sentence in refusal(tmp_path / name)


@pytest.mark.parametrize("keep", [0, 4, 60, 300, -1])
def test_truncated_weights(run: Path, keep: int) -> None:
    """Fails if a half written file is believed, or ends in an error of the library."""
    file = run / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(BadRun, match="damaged or cut off"):
        load_run(run)
    assert "damaged or cut off" in refusal(run)


def test_a_torch_file_in_place_of_the_weights_executes_nothing(run: Path, tmp_path: Path) -> None:
    """Fails if weights are ever read with pickle."""
    torch.save(Bomb(tmp_path / "boom"), run / "weights.safetensors")
    with pytest.raises(BadRun):
        load_run(run)
    refusal(run)
    assert not (tmp_path / "boom").exists()


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.file),)


def as_torch_file(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def with_bomb_inside(raw: bytes, bomb: Bomb) -> bytes:
    """The same archive, with other pickled data in it."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(result, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, pickle.dumps(bomb) if entry.filename.endswith("data.pkl") else old.read(entry))
    return result.getvalue()


@pytest.mark.parametrize("form", ["torch", "pickle", "archive", "entry"])
def test_smuggled_code_is_not_executed(run: Path, tmp_path: Path, form: str) -> None:
    """Fails if state.pt is read in a way that runs what a stranger put into it."""
    file, bomb = run / "state.pt", Bomb(tmp_path / "boom")
    spoiled = {
        "torch": lambda: as_torch_file(bomb),
        "pickle": lambda: pickle.dumps(bomb),
        "archive": lambda: with_bomb_inside(file.read_bytes(), bomb),
        "entry": lambda: as_torch_file({**torch.load(file, weights_only=True), "recipe": bomb}),
    }
    file.write_bytes(spoiled[form]())
    assert "nothing in it was run" in refusal(run)
    assert not (tmp_path / "boom").exists()
    load_run(run)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize("keep", [0, 10, 2000, -1])
def test_truncated_state(run: Path, keep: int) -> None:
    """Fails if a half written state ends in an error of the library."""
    file = run / "state.pt"
    file.write_bytes(file.read_bytes()[:keep])
    assert "is damaged" in refusal(run)


def moments(state: dict[str, Any]) -> dict[str, Any]:
    return state["optimizers"][0]["state"][0]  # type: ignore[no-any-return]


SPOIL: dict[str, Callable[[dict[str, Any]], object]] = {
    "no_dict": lambda s: s.clear(),
    "other_version": lambda s: s.update(version=99),
    "negative_epoch": lambda s: s.update(epoch=-1),
    "epoch_is_text": lambda s: s.update(epoch="1"),
    "batch_is_true": lambda s: s.update(batch=True),
    "batch_behind_the_epoch": lambda s: s.update(batch=7),
    "threads_are_text": lambda s: s.update(threads="x"),
    "no_threads_at_all": lambda s: s.update(threads=0),
    "fewer_threads_than_none": lambda s: s.update(threads=-1),
    "epoch_without_end": lambda s: s.update(epoch=10**30),
    "version_is_a_tensor": lambda s: s.update(version=torch.ones(2)),
    "sums_are_endless": lambda s: s["running"].update(samples=float("inf")),
    "sums_are_no_numbers": lambda s: s["running"].update(loss=float("nan")),
    "sums_are_too_long": lambda s: s["running"].update(loss=10**400),
    "moment_is_no_number": lambda s: moments(s)["momentum_buffer"].fill_(float("nan")),
    "moment_without_values": lambda s: moments(s).update(momentum_buffer=torch.empty(10, 64, device="meta")),
    "moment_is_sparse": lambda s: moments(s).update(momentum_buffer=torch.zeros(10, 64).to_sparse()),
    "random_state_is_sparse": lambda s: s.update(cpu_random=s["cpu_random"].to_sparse()),
    "no_sums": lambda s: s.update(running={}),
    "sums_are_text": lambda s: s["running"].update(loss="x"),
    "no_optimizer": lambda s: s.update(optimizers=[]),
    "optimizer_is_text": lambda s: s.update(optimizers=["x"]),
    "no_groups": lambda s: s["optimizers"][0].update(param_groups=[]),
    "lr_is_text": lambda s: s["optimizers"][0]["param_groups"][0].update(lr="fast"),
    "lr_is_endless": lambda s: s["optimizers"][0]["param_groups"][0].update(lr=float("inf")),
    "moment_too_small": lambda s: moments(s).update(momentum_buffer=torch.zeros(1)),
    "moment_is_text": lambda s: moments(s).update(momentum_buffer="x"),
    "moment_of_ints": lambda s: moments(s).update(momentum_buffer=torch.zeros(10, 64, dtype=torch.int64)),
    "moments_of_adam": lambda s: moments(s).update(exp_avg=torch.zeros(10, 64)),
    "too_many_weights": lambda s: s["optimizers"][0]["state"].update({7: dict(moments(s))}),
    "random_state_short": lambda s: s.update(cpu_random=torch.zeros(3, dtype=torch.uint8)),
    "random_state_zero": lambda s: s.update(cpu_random=torch.zeros_like(s["cpu_random"])),
    "random_state_of_floats": lambda s: s.update(cpu_random=torch.zeros(5000)),
    "recipe_is_text": lambda s: s.update(recipe="x"),
    "recipe_out_of_limits": lambda s: s["recipe"].update(epochs=-3),
    "recipe_unknown": lambda s: s["recipe"].update(wish=3),
    "other_weights": lambda s: s.update(weights="0" * 64),
}


@pytest.mark.parametrize("how", SPOIL)
def test_a_spoiled_state(run: Path, how: str) -> None:
    """Fails if a value in state.pt is used before it was checked."""
    state = torch.load(run / "state.pt", weights_only=True)
    SPOIL[how](state)
    torch.save(state, run / "state.pt")
    refusal(run)


def test_a_moment_in_another_layout_is_taken_by_value(run: Path) -> None:
    """Fails if memory is read as it lies: a moment stretched from one number would be read past its end."""
    state = torch.load(run / "state.pt", weights_only=True)
    moments(state)["momentum_buffer"] = torch.zeros(1, 1).expand(10, 64)
    torch.save(state, run / "state.pt")
    events = list(train(compiled(), TWO, resume=run))
    assert [event.epoch for event in only(events, EpochDone)] == [2]


def test_weights_of_another_drawing(run: Path) -> None:
    """Fails if weights of other layers are loaded in part, or end in an error of torch."""
    other = run.parent / "other"
    list(train(compiled(autoencoder()), ONE, out=other))
    shutil.copy(other / "weights.safetensors", run)
    with pytest.raises(BadRun, match=r"does not belong to this drawing: it has no values for fc1\.weight"):
        load_run(run)
    save_file({"fc1.weight": torch.zeros(10, 63), "fc1.bias": torch.zeros(10)}, run / "weights.safetensors")
    with pytest.raises(BadRun, match=r"fc1\.weight has the shape \(10, 63\) there and \(10, 64\)"):
        load_run(run)
    good = {"fc1.weight": torch.zeros(10, 64), "fc1.bias": torch.zeros(10)}
    save_file({**good, "fc9.bias": torch.zeros(1)}, run / "weights.safetensors")
    with pytest.raises(BadRun, match=r"values for fc9\.bias, which the drawing lacks"):
        load_run(run)
    save_file({**good, "fc1.bias": torch.zeros(10, dtype=torch.int64)}, run / "weights.safetensors")
    with pytest.raises(BadRun, match="holds"):
        load_run(run)
    save_file(good, run / "weights.safetensors")
    assert load_run(run).epoch == 1  # as the metrics say, where the file does not
    assert "do not belong together" in refusal(run)


def test_a_drawing_that_was_exchanged(run: Path) -> None:
    """Fails if the drawing in a run is trusted more than its weights."""
    save_project(small_net(), run / "drawing.netloom")
    with pytest.raises(BadRun, match="does not belong to this drawing"):
        load_run(run)


@pytest.mark.parametrize(
    "text", ["", "{", '{"format": "netloom", "version": 99}', '{"format": "netloom", "version": 1}']
)
def test_a_damaged_drawing(run: Path, text: str) -> None:
    """Fails if a drawing that cannot be read, or has nothing in it, ends in another error than a sentence."""
    (run / "drawing.netloom").write_text(text)
    with pytest.raises(BadRun):
        load_run(run)
    refusal(run)


def test_metrics_are_read_as_far_as_they_go(run: Path) -> None:
    """Fails if a line that a crash cut off, or nonsense in between, makes the whole run unreadable."""
    good = (run / "metrics.jsonl").read_text()
    spoiled = good + '[1]\n{"epoch": true}\n{"no": 1}\n\xff\n' + json.dumps({"epoch": 2}) + "\n" + good[:20]
    (run / "metrics.jsonl").write_text(spoiled, encoding="latin-1")
    assert [entry["epoch"] for entry in load_run(run).metrics] == [1, 2]
    (run / "metrics.jsonl").unlink()
    assert load_run(run).metrics == ()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Fails if a full or forbidden place ends in a traceback."""
    (tmp_path / "file").write_text("in the way")
    (failed,) = train(compiled(), ONE, out=tmp_path / "file" / "run")
    assert isinstance(failed, Failed)
    assert "cannot be written" in failed.sentence


def test_a_full_disk_leaves_the_earlier_checkpoint_and_no_pieces(run: Path) -> None:
    """Fails if half a checkpoint stays on a disk that is full, or spoils the one before it."""
    resource = pytest.importorskip("resource", reason="only Unix can limit the size of files")
    before = {file.name: file.read_bytes() for file in run.iterdir() if file.is_file()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))  # the weights are smaller, the state is larger
    try:
        *_, failed = train(compiled(), TWO, resume=run, out=run)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(failed, Failed)
    assert "cannot be written" in failed.sentence
    assert {file.name for file in run.iterdir() if file.is_file()} == before.keys()
    for name in ("weights.safetensors", "state.pt"):
        assert (run / name).read_bytes() == before[name]


def test_a_new_run_in_an_old_folder_leaves_nothing_of_the_old(run: Path) -> None:
    """Fails if a folder holds files of two runs, or if files of somebody else are removed from it."""
    (run / "notes.txt").write_text("mine")
    list(train(compiled(autoencoder()), ONE, out=run))
    assert load_run(run).project.title == "Autoencoder"
    assert len(load_run(run).metrics) == 1
    assert (run / "notes.txt").read_text() == "mine"


def test_linear_net_is_what_the_names_above_say() -> None:
    """Fails if the tests above spoil another drawing than they think."""
    assert set(linear_net().graph.nodes) == {"digits", "flatten", "fc1", "loss"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
@pytest.mark.parametrize("name", ["weights.safetensors", "state.pt", "metrics.jsonl"])
def test_a_pipe_in_a_run(run: Path, name: str) -> None:
    """Fails if reading a run waits for ever for somebody to write into a pipe."""
    (run / name).unlink()
    os.mkfifo(run / name)
    assert f"{name} is a folder, a device or a pipe" in refusal(run)


RICH = ONE.with_settings(schedule="reduce-on-plateau", stopping="no-better", optimizer="RMSprop", momentum=0.5)
SPOIL_MEMORY: dict[str, Callable[[dict[str, Any]], object]] = {
    "no_schedules": lambda s: s.update(schedules=[]),
    "schedules_are_text": lambda s: s.update(schedules="x"),
    "a_method_of_the_schedule": lambda s: s["schedules"][0].update(step=1),
    "the_optimizer_of_the_schedule": lambda s: s["schedules"][0].update(optimizer=1),
    "schedule_best_is_text": lambda s: s["schedules"][0].update(best="x"),
    "schedule_best_is_no_number": lambda s: s["schedules"][0].update(best=float("nan")),
    "rates_are_text": lambda s: s.update(rates=["x"]),
    "a_rate_of_nothing": lambda s: s.update(rates=[0.0]),
    "more_rates": lambda s: s.update(rates=[0.1, 0.1]),
    "stopping_is_text": lambda s: s.update(stopping="x"),
    "no_best": lambda s: s["stopping"].pop("best"),
    "best_is_text": lambda s: s["stopping"].update(best="x"),
    "best_weights_are_text": lambda s: s["stopping"].update(weights={"fc1.weight": "x"}),
    "best_weights_of_another": lambda s: s["stopping"]["weights"].update({"fc1.weight": torch.zeros(1)}),
    "weights_to_go_on_with_are_text": lambda s: s.update(continue_with={"fc1.weight": "x"}),
    "weights_to_go_on_with_of_another": lambda s: s["continue_with"].pop("fc1.weight"),
    "sums_of_text": lambda s: s["running"]["sums"].update(right="x"),
    "sums_of_bools": lambda s: s["running"]["sums"].update(right=torch.ones(2, dtype=torch.bool)),
    "losses_are_text": lambda s: s["running"].update(losses={"loss": "x"}),
    "moment_of_another_optimizer": lambda s: moments(s).update(exp_avg=torch.zeros(10, 64)),
    "a_square_below_zero": lambda s: moments(s)["square_avg"].fill_(-1.0),
    "a_moment_too_small": lambda s: moments(s).update(square_avg=torch.zeros(1)),
}


@pytest.fixture(scope="module")
def finished_rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has a schedule and a stop rule."""
    folder = tmp_path_factory.mktemp("rich")
    list(train(compiled(), RICH, out=folder))
    return folder


@pytest.mark.parametrize("how", SPOIL_MEMORY)
def test_a_spoiled_memory(finished_rich: Path, tmp_path: Path, how: str) -> None:
    """Fails if a value for a schedule, a stop rule or a metric is used before it was checked."""
    folder = Path(shutil.copytree(finished_rich, tmp_path / "run"))
    state = torch.load(folder / "state.pt", weights_only=True)
    SPOIL_MEMORY[how](state)
    torch.save(state, folder / "state.pt")
    events = list(train(compiled(), replace(RICH, epochs=2), resume=folder))
    assert [type(event) for event in events] == [Failed]
    assert "does not belong" in events[0].sentence or "damaged" in events[0].sentence  # type: ignore[union-attr]


def test_an_unspoiled_memory_goes_on(finished_rich: Path, tmp_path: Path) -> None:
    """Fails if the test above would refuse any run."""
    folder = Path(shutil.copytree(finished_rich, tmp_path / "run"))
    events = list(train(compiled(), replace(RICH, epochs=2), resume=folder))
    assert [event.epoch for event in only(events, EpochDone)] == [2]


def test_lines_that_cannot_be_read_are_kept(run: Path) -> None:
    """Fails if a run that goes on throws away what stands in damaged lines of its numbers."""
    before = b'{"epoch": 1, "train_loss": 0.5, oops\n' + (run / "metrics.jsonl").read_bytes()
    (run / "metrics.jsonl").write_bytes(before)
    assert isinstance(list(train(compiled(), TWO, resume=run))[-1], Finished)
    assert (run / "metrics.damaged").read_bytes() == before
    assert [json.loads(line)["epoch"] for line in (run / "metrics.jsonl").read_bytes().splitlines()] == [1, 2]
