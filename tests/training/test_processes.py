"""Two processes train what one does: the same batches, and the same numbers up to rounding."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.core.compile.net import compile_net
from app.core.storage.files import open_project, save_project
from app.training.checkpoints import load_run
from app.training.events import Finished
from app.training.folder import read_metrics
from app.training.loop import train
from app.training.run_description import about
from app.training.script import print_script
from tests.support.together import CASES, OVER_GLOO, outcome
from tests.training.nets import FAST, moody_net

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone"]
NEAR = {"rtol": 2e-4, "atol": 2e-5}
OF_16_BITS = {"rtol": 2e-2, "atol": 2e-3}  # gradients are rounded in each process


def started(*arguments: str, **how: Any) -> subprocess.Popen[str]:
    """Two processes with a thread each."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*TORCHRUN, *arguments],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **{"cwd": ROOT, "env": environment, **how},
    )


def done(*arguments: str, **how: Any) -> str:
    process = started(*arguments, **how)
    told, _ = process.communicate(timeout=240)
    assert process.returncode == 0, told
    return told


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """What both processes came to."""
    folder = tmp_path_factory.mktemp("together")
    threads = torch.get_num_threads()
    done("-m", "tests.support.together", str(folder))
    yield [torch.load(folder / f"{rank}.pt") for rank in range(2)]
    torch.set_num_threads(threads)


@pytest.mark.parametrize("how", [*CASES, *(f"{name} over gloo" for name in OVER_GLOO)])
def test_two_are_as_one(how: str, found: list[Any]) -> None:
    """Fails if gradients are averaged where batches are uneven or a loss is no mean, if batch norm measures one
    process's rows alone, if dropout draws other numbers, or if the processes drift apart."""
    name = how.removesuffix(" over gloo")
    wanted = outcome(name, None)
    near = OF_16_BITS if name == "mixed" else NEAR
    for each in found:
        told = each[how]
        for key, value in wanted["weights"].items():
            torch.testing.assert_close(told["weights"][key], value, **near, msg=lambda m, key=key: f"{key}: {m}")
        assert len(told["losses"]) == len(wanted["losses"])
        for one, other in zip(told["losses"], wanted["losses"], strict=True):
            assert one == pytest.approx(other, rel=1e-3, abs=1e-5)
        for one, other in zip(told["metrics"], wanted["metrics"], strict=True):
            assert one == pytest.approx(other, rel=1e-2)
        assert torch.equal(told["random"], wanted["random"])
    first, second = (each[how]["weights"] for each in found)
    assert all(torch.equal(first[key], second[key]) for key in first)


SHARES = hasattr(os, "pidfd_open") and platform.machine() == "x86_64" and not torch.cuda.is_available()


@pytest.mark.skipif(
    not SHARES,
    reason="only Linux tells that another process has ended, and only these processors write in order",
)
def test_two_on_one_machine_share_memory(found: list[Any]) -> None:
    """Fails if the quick way is silently not taken, so that each step waits for threads of gloo."""
    assert [each["shared"] for each in found] == [len(os.sched_getaffinity(0)) > 1] * 2


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As the processes have."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    file = tmp_path / "moody.netloom"
    save_project(replace(moody_net(), recipe=replace(FAST, batch_size=201, epochs=4, lr=0.05)), file)
    return file


def alone(drawing: Path, epochs: int, out: Path, resume: Path | None = None) -> None:
    """One process does it."""
    net = compile_net(open_project(drawing).project)
    recipe = replace(net.plan.recipe, epochs=epochs)
    events = list(train(net, recipe, out=out, resume=resume))
    assert isinstance(events[-1], Finished), events[-1]


def close(one: Path, other: Path) -> None:
    left, right = (load_run(folder).model.state_dict() for folder in (one, other))
    for key, value in left.items():
        torch.testing.assert_close(right[key], value, **NEAR)
    numbers = [[entry["epoch"] for entry in read_metrics(folder)] for folder in (one, other)]
    assert numbers[0] == numbers[1]


def test_two_continue_what_one_has_begun(drawing: Path, tmp_path: Path) -> None:
    """Fails if a run of one process cannot be continued by two, or comes to other weights; or if both processes write
    or speak. That one continues what two have begun is seen where they end."""
    whole, mixed = tmp_path / "whole", tmp_path / "mixed"
    alone(drawing, 4, whole)
    alone(drawing, 2, mixed)
    told = done("main.py", "train", str(drawing), "--resume", str(mixed), "--epochs", "4")
    assert told.count("epoch 3/4") == told.count("epoch 4/4") == told.count("Finished after") == 1
    assert not (tmp_path / "runs").exists()
    close(whole, mixed)


def test_a_branch_is_trained_by_two(drawing: Path, tmp_path: Path) -> None:
    """Fails if both processes want the folder of the branch, each trains alone, or they come to other weights."""
    alone(drawing, 2, tmp_path / "first")
    done("main.py", "train", "--from", f"{tmp_path / 'first'}@1", "--epochs", "3", "--out", str(tmp_path / "branch"))
    alone(drawing, 3, tmp_path / "whole")
    close(tmp_path / "whole", tmp_path / "branch")


def test_every_fold_is_trained_by_two(drawing: Path, tmp_path: Path) -> None:
    """Fails if the processes part after the first fold as if all were done, or a fold has other samples than alone."""
    out = tmp_path / "folds"
    told = done("main.py", "train", str(drawing), "--folds", "2", "--epochs", "1", "--out", str(out))
    assert told.count("2 folds: accuracy") == 1
    net = compile_net(open_project(drawing).project)
    for fold in (1, 2):
        recipe = replace(net.plan.recipe, epochs=1, folds=2, fold=fold)
        assert isinstance(list(train(net, recipe, out=tmp_path / f"{fold}"))[-1], Finished)
        close(tmp_path / f"{fold}", out / f"fold-{fold}")


def test_what_processes_do_not_share_is_refused(tmp_path: Path) -> None:
    """Fails if two processes sweep into one folder, or the sentence is not said or said by both."""
    process = started("main.py", "sweep", "mlp_digits", "--vary", "lr=0.1,0.2", "--out", str(tmp_path / "sweep"))
    told, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert told.count("torchrun shares the work of train alone. Start netloom sweep without it.") == 1
    assert not (tmp_path / "sweep").exists()


def test_an_exported_program_is_trained_by_two(tmp_path: Path) -> None:
    """Fails if the program cannot be started by torchrun, both processes speak or write, or it comes to other weights
    than alone."""
    make, recipe = CASES["batch norm and dropout"]
    program = tmp_path / "program.py"
    program.write_text(print_script(compile_net(make()), recipe))
    told = done(str(program), cwd=tmp_path)
    assert [line.partition(":")[0] for line in told.splitlines() if line.startswith("epoch")] == ["epoch 1", "epoch 2"]
    found = torch.load(tmp_path / "weights.pt")
    for key, value in outcome("batch norm and dropout", None)["weights"].items():
        torch.testing.assert_close(found[key], value, **NEAR)


def workers(process: subprocess.Popen[str]) -> list[int]:
    """The processes that torchrun has started, in their order."""
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True)
    return sorted(int(line) for line in told.stdout.split())


BOARD = """
import json
class SummaryWriter:
    def __init__(self, folder):
        import os
        os.makedirs(folder)
        self.file = open(folder + "/events", "w")
    def add_scalar(self, tag, value, step):
        self.file.write(json.dumps([tag, value, step]) + chr(10))
    def flush(self):
        pass
    def close(self):
        self.file.write("closed")
        self.file.close()
"""
START = """
import sys, types
module = types.ModuleType("torch.utils.tensorboard")
exec(open("board.py").read(), module.__dict__)
sys.modules["torch.utils.tensorboard"] = module
from app.training import tensorboard
tensorboard.find_spec = lambda name: object()
from app.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


def test_nothing_is_lost_as_two_end(drawing: Path, tmp_path: Path) -> None:
    """Fails if processes that end at once take numbers, weights, the file for TensorBoard or what was said through a
    pipe with them."""
    (tmp_path / "board.py").write_text(BOARD)
    (tmp_path / "start.py").write_text(START)
    path = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    arguments = ["start.py", "train", str(drawing), "--epochs", "2", "--log", "tensorboard", "--json", "--out", "run"]
    process = subprocess.run(
        [*TORCHRUN, "--", *arguments],
        env={**os.environ, **path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert process.returncode == 0, process.stderr
    told = [json.loads(line) for line in process.stdout.splitlines()]
    assert [each["event"] for each in told].count("epoch") == 2
    assert told[-1]["event"] == "finished"
    assert [entry["epoch"] for entry in read_metrics(tmp_path / "run")] == [1, 2]
    written = (tmp_path / "run" / "tensorboard" / "events").read_text().splitlines()
    assert written[-1] == "closed"
    assert json.loads(written[-2])[::2] == ["lr", 2]
    assert about(tmp_path / "run").ending
    alone(drawing, 2, tmp_path / "alone")
    close(tmp_path / "alone", tmp_path / "run")
    for folder in (tmp_path / "alone", tmp_path / "run"):
        alone(drawing, 3, folder, folder)  # the state is there, too
    close(tmp_path / "alone", tmp_path / "run")


def test_leaving_hands_on_what_waits() -> None:
    """Fails if a process that ends at once forgets lines that wait for a pipe, or tells of a failure."""
    code = (
        "import sys\nfrom app.training.processes import leave\n"
        "for stream in (sys.stdout, sys.stderr): stream.write('here')\nleave()"
    )
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (process.stdout, process.stderr, process.returncode) == ("here", "here", 0)


def test_one_that_fails_at_the_end_is_told(tmp_path: Path) -> None:
    """Fails if one process that leaves with success hides that another has failed after the last step."""
    code = (
        "from app.training import processes\nhere = processes.started()\nprocesses.meet()\n"
        "if not here.first: raise SystemExit(3)\nprocesses.leave()"
    )
    (tmp_path / "end.py").write_text(code)
    process = subprocess.run(
        [*TORCHRUN, "end.py"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == 1
    assert "exitcode  : 3" in process.stderr


FAILING = """
import os, sys
from app.cli import runs
from app.training import processes
from app.training.trainer import Trainer
if os.environ["FAR"]:
    processes.shared_memory, runs.SOON = lambda: None, 0.5
else:
    runs.SOON = 1000
plain, steps = Trainer.step, []
def step(self, *arguments):
    steps.append(1)
    if os.environ["RANK"] == os.environ["WHO"] and len(steps) == 20:
        raise ValueError("this sample is broken")
    return plain(self, *arguments)
Trainer.step = step
from app.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(("who", "far"), [(0, "far"), (1, "far"), (0, ""), (1, "")])
def test_one_that_fails_in_the_middle_ends_all(who: int, far: str, drawing: Path, tmp_path: Path) -> None:
    """Fails if the other waits for ever, as for a process that lets go of its group on its way out, or ends without a
    sentence; if nobody says what was wrong, both do, or what was learned is lost. On one machine it also fails if the
    first one does not hear at once that the second cannot go on: that one would wait for very long."""
    if not far and not (SHARES and len(os.sched_getaffinity(0)) > 1):
        pytest.skip("only those that share memory hear at once")
    (tmp_path / "start.py").write_text(FAILING)
    process = subprocess.run(
        [*TORCHRUN, "start.py", "train", str(drawing), "--epochs", "50", "--out", "run"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "WHO": str(who), "FAR": far},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert process.returncode == 1
    assert "exitcode: 1" in process.stderr.replace("exitcode  :", "exitcode:")
    said = "torch refused: this sample is broken"
    if who:
        first = "Another process of this training has failed, so all end"
        said = f"{'In another process than the first' if far else first}: {said}{'' if far else '. What was kept'}"
    assert sum(line.startswith(said) for line in process.stderr.splitlines()) == 1, process.stderr
    assert process.stderr.count("Another process of this training has ended") == (0 if who and not far else 1)
    assert process.stderr.count("this sample is broken") == 1
    reached = len(read_metrics(tmp_path / "run"))
    assert reached >= 1
    alone(drawing, reached + 1, tmp_path / "run", tmp_path / "run")
    alone(drawing, reached + 1, tmp_path / "whole")
    close(tmp_path / "whole", tmp_path / "run")


def test_a_refusal_is_said_once(drawing: Path) -> None:
    """Fails if the first process is ended by the refusal of another before it could speak, or all of them speak."""
    process = started("main.py", "train", str(drawing), "--set", "nonsense=3")
    told, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert told.count("no setting 'nonsense'") == 1


ODD = """
import os, sys
from app.cli import runs
from app.cli.main import run
runs.PATIENCE = 1000.0
sys.exit(run(["train", sys.argv[1] if os.environ["RANK"] == "0" else sys.argv[2], "--out", sys.argv[3]]))
"""


def test_a_refusal_of_another_than_the_first_is_told_at_once(drawing: Path, tmp_path: Path) -> None:
    """Fails if the first process waits for one that lacks a file until that one has lost its patience, or nobody says
    what it lacks."""
    script = tmp_path / "odd.py"
    script.write_text(ODD)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    missing = str(tmp_path / "missing.netloom")
    process = started(str(script), str(drawing), missing, str(tmp_path / "run"), env=environment)
    told, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "missing.netloom" in told.replace("\n", "")
    assert not (tmp_path / "run" / "metrics.jsonl").exists() or not read_metrics(tmp_path / "run")


@pytest.mark.parametrize(
    ("how", "who", "sentence"),
    [
        (signal.SIGKILL, 1, "Another process of this training has ended"),
        (signal.SIGKILL, 0, "Another process of this training has ended"),
        (signal.SIGINT, 0, "Stopped. Continue with"),
    ],
    ids=["killed", "first killed", "interrupted"],
)
def test_one_that_ends_ends_all(how: int, who: int, sentence: str, drawing: Path, tmp_path: Path) -> None:
    """Fails if the others wait for ever where one process is gone, end without a sentence, or leave a run that cannot
    be continued to the weights of one without a break."""
    process = started("main.py", "train", str(drawing), "--out", str(tmp_path / "run"), "--epochs", "400")
    assert process.stdout is not None
    before = time.monotonic()
    for line in process.stdout:
        assert time.monotonic() - before < 120
        if line.startswith("epoch"):
            break
    os.kill(workers(process)[who], how)
    told, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert sentence in told
    if how != signal.SIGKILL:
        assert "Another process" not in told
    reached = len(read_metrics(tmp_path / "run")) + 1
    alone(drawing, reached, tmp_path / "run", tmp_path / "run")
    alone(drawing, reached, tmp_path / "whole")
    close(tmp_path / "whole", tmp_path / "run")
