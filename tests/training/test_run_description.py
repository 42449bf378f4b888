"""What a run says of itself besides its numbers, also when its process ended without a word."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.checks.problems import SetTraining
from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.training import checkpoints
from app.training.control import Control
from app.training.events import Cancelled, EpochDone, Failed, Finished, Started
from app.training.loop import train
from app.training.run_description import RunDescription, about, change_about, noting, stood
from nodes.api import InsertBefore, UseInstead

RECIPE = Recipe(epochs=2, batch_size=256, validation=0.2, device="cpu")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, noted as that of lenet.netloom."""
    folder = tmp_path_factory.mktemp("about") / "run"
    running = train(compile_net(load("mlp_digits")), RECIPE, out=folder)
    list(noting(running, folder, folder.parent / "lenet.netloom"))
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


def test_a_finished_run_knows_its_file(run: Path, trained: Path) -> None:
    """Fails if the drawing's file or the ending is not written, or the run counts as being trained for ever."""
    known = about(run)
    assert known.files == (str(trained.parent / "lenet.netloom"),)
    assert known.of(trained.parent / "lenet.netloom")
    assert not known.of(trained.parent / "other.netloom")
    assert not known.of(None)
    assert known.ending == "finished"
    assert not known.training


def test_while_it_trains_it_says_so(tmp_path: Path) -> None:
    """Fails if a run that a living process is at could be offered, continued or removed."""
    running = noting(train(compile_net(load("mlp_digits")), RECIPE, out=tmp_path), tmp_path, None)
    assert isinstance(next(running), Started)
    assert about(tmp_path).training
    assert about(tmp_path).ending == ""
    running.close()
    assert not about(tmp_path).training
    assert about(tmp_path).ending == "stopped"


def test_the_ending_is_there_before_it_is_told(tmp_path: Path) -> None:
    """Fails if whoever hears of the ending still reads that the run is being trained."""
    control = Control()
    for event in noting(train(compile_net(load("mlp_digits")), RECIPE, out=tmp_path, control=control), tmp_path, None):
        if isinstance(event, EpochDone):
            control.stop()
        if isinstance(event, Cancelled | Finished):
            assert about(tmp_path).ending == "stopped"
    assert stood(tmp_path) == (1, 0)


def test_a_failure_keeps_its_sentence(run: Path) -> None:
    """Fails if a run that diverged looks like one that was stopped, or its reason is lost."""

    def events() -> Iterator[Started | Failed]:
        yield Started("cpu", 1, 1, 1, 1, 1)
        yield Failed("fc1", "fc1: the loss is no number. Use a smaller learning rate.")

    list(noting(events(), run, None))
    assert about(run).ending == "failed"
    assert about(run).sentence.startswith("fc1: the loss is no number")
    assert len(about(run).files) == 1
    assert not about(run).useless


def test_weights_of_no_use_are_known_until_the_run_is_trained_anew(run: Path) -> None:
    """Fails if a run that diverged is offered to go on with once the window was closed, or never again after that."""

    def events(useless: bool) -> Iterator[Started | Failed]:
        yield Started("cpu", 1, 1, 1, 1, 1)
        assert not about(run).useless
        yield Failed(None, "No number.", useless=useless)

    list(noting(events(True), run, None))
    assert about(run).useless
    list(noting(events(False), run, None))
    assert not about(run).useless


def test_a_refusal_leaves_the_run_as_it_was(run: Path) -> None:
    """Fails if a Continue that could not even begin makes a good run a failed one."""
    before = about(run)
    list(noting(iter_of(Failed(None, "Another drawing.")), run, run.parent / "other.netloom"))
    assert about(run) == before


def iter_of(*events: Failed) -> Iterator[Failed]:
    yield from events


def test_files_come_and_the_latest_is_last(run: Path) -> None:
    """Fails if a drawing that was saved elsewhere loses its training, or the list grows without end."""
    (first,) = about(run).files
    for number in range(30):
        change_about(run, run.parent / f"{number}.netloom")
    assert about(run).files[-1] == str(run.parent / "29.netloom")
    assert len(about(run).files) == 20
    change_about(run, Path(first))
    change_about(run, run.parent / "29.netloom")
    assert about(run).files[-2:] == (first, str(run.parent / "29.netloom"))
    change_about(run, None, declined=True)
    assert about(run).declined
    assert len(about(run).files) == 20


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"[]", b"[" * 100_000, b'{"files": "x", "process": [1]}', b'{"files": [1, null, ""]}',
        b'{"process": {"number": true, "started": "", "machine": ""}}', b'{"ending": "great", "sentence": 7}',
        b" " * 300_000,
    ],
)  # fmt: skip
def test_a_damaged_file_costs_only_what_it_said(run: Path, content: bytes) -> None:
    """Fails if a run cannot be looked at because of what a stranger wrote beside it."""
    (run / "run.json").write_bytes(content)
    assert about(run) == RunDescription()
    change_about(run, run / "again.netloom")
    assert about(run).files == (str(run / "again.netloom"),)


def test_a_folder_that_is_gone_stays_gone(run: Path) -> None:
    """Fails if a run that was deleted meanwhile comes back as a folder with nothing but a note."""
    shutil.rmtree(run)
    change_about(run, run / "x.netloom")
    assert not run.exists()


def test_a_new_run_in_the_folder_is_not_the_old_one(run: Path) -> None:
    """Fails if a fresh run says of itself what was true of the one that it replaces."""
    checkpoints.begin(run, compile_net(load("mlp_digits")), RECIPE)
    assert about(run) == RunDescription()


def test_where_it_stood_is_read_without_torch(run: Path) -> None:
    """Fails if the position is not the one that the weights carry, or a cut or hostile file is an error."""
    assert stood(run) == (2, 0)
    weights = run / "weights.safetensors"
    whole = weights.read_bytes()
    header = json.dumps({"__metadata__": {"epoch": "9" * 40, "batch": "0"}}).encode()
    for content in (b"", whole[:5], whole[:30], b"\xff" * 64, len(header).to_bytes(8, "little") + header):
        weights.write_bytes(content)
        assert stood(run) is None


KILLED = """
import sys
from pathlib import Path
from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.checks.problems import SetTraining
from app.core.storage.templates import load
from app.training.run_description import noting
from app.training.events import EpochDone
from app.training.loop import train
from nodes.api import InsertBefore, UseInstead

out = Path(sys.argv[1])
recipe = Recipe(epochs=100_000, batch_size=256, device="cpu")
for event in noting(train(compile_net(load("mlp_digits")), recipe, out=out), out, out.parent / "mine.netloom"):
    if isinstance(event, EpochDone) and event.epoch == 2:
        print("two", flush=True)
"""


def test_killed_in_the_middle(tmp_path: Path) -> None:
    """Fails if a run whose process was killed counts as being trained for ever, or forgets whose it was."""
    out = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(out)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "two\n"
            assert about(out).training
        finally:
            process.kill()
    assert process.returncode == -signal.SIGKILL
    known = about(out)
    assert not known.training
    assert known.ending == ""
    assert known.of(tmp_path / "mine.netloom")
    position = stood(out)
    assert position is not None
    assert position[0] >= 1


def test_a_failed_run_keeps_what_it_recommends(trained: Path, tmp_path: Path) -> None:
    """Fails if a run that is opened again says what would help and has no button for it, or a fresh one still has."""
    folder = Path(shutil.copytree(trained, tmp_path / "run"))
    fixes = (SetTraining("lr", 0.5), UseInstead("LeakyReLU"), InsertBefore("Softplus", "x"))
    failed = Failed("relu1", "The loss is no longer a number.", fixes, True)
    list(noting((event for event in [Started("cpu", 1, 1, 0, 2, 1), failed]), folder, None))
    known = about(folder)
    assert (known.ending, known.node, known.fixes, known.useless) == ("failed", "relu1", fixes, True)
    list(noting((event for event in [Started("cpu", 1, 1, 0, 2, 1), Finished(2)]), folder, None))
    assert (about(folder).node, about(folder).fixes) == ("", ())


@pytest.mark.parametrize(
    "fixes",
    [
        7,
        [7, None, {}],
        [{"set": "lr", "to": "fast"}, {"set": "lr", "to": -1}, {"set": "nothing", "to": 1}, {"set": 3, "to": 1}],
        [{"use": "os.system"}, {"insert": "ReLU"}, {"insert": "Nothing", "before": "x"}, {"use": ["ReLU"]}],
    ],
)
def test_edits_that_nobody_knows_are_left_out(run: Path, fixes: object) -> None:
    """Fails if a stranger's run.json offers a button for what is no edit, or ends in an error."""
    raw = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**raw, "ending": "failed", "node": 5, "fixes": fixes}))
    assert (about(run).fixes, about(run).node) == ((), "")
