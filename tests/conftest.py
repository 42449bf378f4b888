"""How all tests run: headless first, nobody's settings touched, windows on a display nobody sees, nothing left over.

Fixtures for tests that show something: ``qtbot`` and ``qapp`` (pytest-qt) open windows under Xvfb where it exists, else
offscreen; ``display`` alone is for a test that starts the program as a process of its own. The mark ``real_window``
skips a test where only offscreen is possible. pyproject.toml describes all marks.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hypothesis
import pytest

from nodes.api import Layer
from tests.support.isolation import isolate_user

# A worker of pytest-xdist is a process of its own with a home of its own, inside that of the process that started it,
# which takes both away at its end: also that of a worker that crashed.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER")
_USER = Path(tempfile.mkdtemp(prefix="netloom-tests-", dir=os.environ["HOME"] if _WORKER else None))
# At exit and not in a pytest hook: a wrong option on the command line ends the run before any hook does.
atexit.register(shutil.rmtree, _USER, ignore_errors=True)
isolate_user(_USER)

from tests.support.leaks import StartLog, nothing_left_behind, recording_starts  # noqa: E402  Qt only after isolation
from tests.support.modal import refusing_modal_dialogs  # noqa: E402
from tests.support.patience import PatientBot  # noqa: E402
from tools import virtual_display  # noqa: E402

# What does not need a window is told first: it is faster, and usually the cause of what fails later.
_ORDER = (
    "architecture",
    "tools",
    "nodes",
    "core",
    "data",
    "training",
    "device",
    "insight",
    "cli",
    "projects",
    "jobs",
    "benchmarks",
    "ui",
)
_TESTS = Path(__file__).parent

# Of the memory of a usual machine each takes a good part, and the last tests are shared out no better among more.
_MOST_WORKERS = 8

# No deadline: on two busy cores a slow example says nothing about the code. In CI the same examples every time, so
# that a change is judged by itself and not by luck.
hypothesis.settings.register_profile(
    "default",
    deadline=None,
    max_examples=50,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# Many random sequences of edits, for whoever has changed how drawings are edited: --hypothesis-profile=long
hypothesis.settings.register_profile("long", hypothesis.settings.get_profile("default"), max_examples=2000)
hypothesis.settings.load_profile("default")


def pytest_make_parametrize_id(val: object) -> str | None:
    """A test is called after its layer. The layer as text holds addresses in memory, which differ in each process."""
    return val.id if isinstance(val, Layer) else None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--windows",
        choices=("auto", "xvfb", "offscreen"),
        default="auto",
        help="where windows open: under Xvfb (an error if that is missing), offscreen, or Xvfb if there is one (auto)",
    )


@pytest.hookimpl(optionalhook=True)  # there is nobody to ask with -p no:xdist
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """What ``-n auto`` means: a process for each core, but only this one where more would be slower, or mute.

    Each process imports torch and Qt and collects the tests for itself, which a file or two do not make up for. What a
    worker prints is not shown, so ``-s`` and a debugger need this process.
    """
    if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return None  # pytest-xdist reads it itself
    files = {Path(argument.split("::")[0]) for argument in config.args}
    if config.option.capture == "no" or config.option.trace or (len(files) <= 2 and all(f.is_file() for f in files)):
        return 0
    return min(_cores(), _MOST_WORKERS)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _uses_xvfb(config: pytest.Config) -> bool:
    return config.getoption("windows") != "offscreen" and virtual_display.is_available()


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("windows") == "xvfb" and not virtual_display.is_available():
        raise pytest.UsageError("--windows=xvfb, but Xvfb is not installed (Debian: apt-get install xvfb)")


def pytest_report_header(config: pytest.Config) -> str:
    return "windows: " + ("Xvfb" if _uses_xvfb(config) else "offscreen; tests that need a real window are skipped")


@cache
def _place(path: Path) -> int:
    parts = path.relative_to(_TESTS).parts if path.is_relative_to(_TESTS) else ()
    folder = parts[0] if parts else ""
    return _ORDER.index(folder) if folder in _ORDER else 0


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.path))  # stable: within a folder the order stays
    if not _uses_xvfb(config):
        no_window = pytest.mark.skip(reason="needs a real window, and Xvfb is not installed or was switched off")
        for item in items:
            if item.get_closest_marker("real_window"):
                item.add_marker(no_window)
    for_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if for_gpu and not _has_cuda():
        for item in for_gpu:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


def pytest_collection_finish(session: pytest.Session) -> None:
    if _WORKER:
        _share_cores(int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    # What was imported stays for the whole run: the garbage collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    # With little left to look through, Python would look through all of it more often.
    gc.set_threshold(*gc.get_threshold()[:2], 50)


def _share_cores(workers: int) -> None:
    """Torch's threads wait for each other, and for long where another worker has the core that one of them needs.

    Not by ``OMP_NUM_THREADS``, which every program that a test starts would inherit, and which to the product is the
    user's own wish.
    """
    if "torch" not in sys.modules:
        return  # no test that was chosen needs it
    import torch

    from app.training import threads  # noqa: F401  remembers, when it is imported, how many torch would take

    torch.set_num_threads(max(1, _cores() // workers))


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture(scope="session")
def display(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The display that windows open on, set in the environment too: ``:7`` for example, or None for offscreen."""
    if not _uses_xvfb(request.config):
        yield None
        return
    with virtual_display.virtual_display() as name:
        yield name


@pytest.fixture(scope="session")
def qapp_args(display: str | None) -> list[str]:
    """Makes pytest-qt wait for the display before it makes the QApplication, whose platform is chosen only once."""
    return ["netloom"]


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> PatientBot:
    """pytest-qt's bot, but a slow machine does not make its waits fail."""
    return PatientBot(request)


@pytest.fixture(scope="session")
def starts() -> Iterator[StartLog]:
    with recording_starts() as log:
        yield log


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(request: pytest.FixtureRequest, starts: StartLog) -> Iterator[None]:
    if request.node.get_closest_marker("allow_leaks"):
        yield
        return
    with nothing_left_behind(starts):
        yield


@pytest.fixture(autouse=True)
def _no_waiting_for_a_person(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("allow_modal"):
        yield
        return
    with refusing_modal_dialogs():
        yield
