"""What the window loads beside itself, and what it does not keep of it."""

from __future__ import annotations

import linecache
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.ui import session
from app.ui.loading import CurvesAhead, forgetful_of_sources
from tests.ui.live.conftest import Make

ROOT = Path(__file__).parents[3]


def test_only_the_last_source_stays(tmp_path: Path) -> None:
    """Would fail if torch's import left 40 MB of source lines behind, or got wrong lines."""
    files = [tmp_path / f"{name}.py" for name in "abc"]
    for file in files:
        file.write_text(f"text = {file.stem!r}\n", encoding="utf-8")
    before = linecache.cache
    known = dict(before)
    with forgetful_of_sources():
        for file in (*files, *files):
            assert linecache.getline(str(file), 1) == f"text = {file.stem!r}\n"
            assert len(linecache.cache) == 1
    assert linecache.cache is before
    assert linecache.cache == known


def test_the_usual_cache_returns_after_a_failed_import() -> None:
    """Would fail if a torch that cannot be loaded left Python without its cache."""
    before = linecache.cache
    with pytest.raises(ImportError), forgetful_of_sources():
        raise ImportError("no torch here")
    assert linecache.cache is before


def test_a_job_imports_nothing_of_qt() -> None:
    """Would fail if a job's thread created types of Qt's bindings beside the window, which may bring it down."""
    code = (
        "import sys; import app.ui.loading as loading; before = {m for m in sys.modules if 'PySide6' in m}; "
        "list(loading.load_torch()); list(loading.load_for_training()); import app.ui.insight.views; "
        "print('pyqtgraph' in sys.modules, sorted({m for m in sys.modules if 'PySide6' in m} - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "[]"]


def test_a_later_window_stops_for_no_collection(desk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would fail if the first window stood still for a tenth of a second each time another one is opened: only before
    torch itself is loaded, all that waits to be collected has to go."""
    import torch  # noqa: F401  a window before this one has loaded it

    def collect(*_: object) -> int:
        raise AssertionError("everything is looked through")

    made = desk()
    monkeypatch.setattr(session, "gc", SimpleNamespace(collect=collect, freeze=collect))
    made.session.load_torch()
    made.until(lambda: made.session.device)


def test_the_curves_are_loaded_ahead_and_once(qtbot: QtBot) -> None:
    """Would fail if hovering over Train loaded nothing, or went on for ever."""
    here = QObject()
    ahead = CurvesAhead(here)
    ahead.start()
    qtbot.waitUntil(lambda: "app.ui.training.curves" in sys.modules and not ahead._timer.isActive())
    ahead.start()
    assert not ahead._timer.isActive()


def test_torch_brings_no_sources_and_no_optimizer() -> None:
    """Would fail if the idle window held the lines of hundreds of files, or all that only a training needs."""
    code = (
        "import linecache, sys; from app.ui.loading import load_torch; list(load_torch()); "
        "torchs = [name for name in linecache.cache if '/torch/' in name]; "
        "print(not torchs, 'torch' in sys.modules, 'torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "False"]
