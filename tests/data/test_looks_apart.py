"""A look at very many files is made by another process, and says the same."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nodes.api import NoData, Schema
from nodes.reading import separate_process
from tests.data.test_pictures import folders, seen
from tests.data.test_videos import films


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What came of every process that is started for a look from now on, from three files on."""
    started: list[Any] = []
    usual = subprocess.run

    def run(*arguments: Any, **options: Any) -> Any:
        started.append(usual(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(separate_process, "MANY", 3)
    monkeypatch.setattr(separate_process.subprocess, "run", run)
    return started


@pytest.mark.parametrize("kind", ["Pictures", "Videos"])
def test_another_process_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Fails if fields, parts, guesses, remarks, what was skipped or the stamp are lost on the way, or if the answer
    does not arrive, so that all is looked at once more beside the window."""
    root = (
        folders(tmp_path, "train/a", "train/B ", "test/b") if kind == "Pictures" else films(tmp_path, "train", "test")
    )
    (tmp_path / "train" / "empty").mkdir()
    here = seen(root, kind)
    started = counted(monkeypatch)
    there = seen(root, kind)
    assert [(done.returncode, done.stderr) for done in started] == [(0, b"")]
    assert there == here
    assert isinstance(there, Schema)
    assert there.guesses
    assert there.skipped


def test_what_cannot_be_read_is_the_same_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a sentence of the other process does not arrive, or is a traceback."""
    for number in range(5):
        (tmp_path / f"{number}.png").write_text("no picture")
    started = counted(monkeypatch)
    with pytest.raises(NoData, match="None of 5 pictures can be read"):
        seen(tmp_path)
    assert started


def test_without_another_process_the_look_is_made_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a packed program, or one that may start nothing, cannot look at large folders."""
    folders(tmp_path, "a", "b")
    counted(monkeypatch)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert seen(tmp_path).samples == 6
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not separate_process.apart()
    assert seen(tmp_path).samples == 6


def test_nothing_is_run_that_lies_where_the_program_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a file of a stranger in the current folder, called like a module, is imported by the other process."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "json.py").write_text("raise SystemExit('ran')")
    (tmp_path / "here" / "nodes.py").write_text("raise SystemExit('ran')")
    folders(tmp_path / "data", "a", "b")
    monkeypatch.chdir(tmp_path / "here")
    started = counted(monkeypatch)
    assert seen(tmp_path / "data").samples == 6
    assert [(done.returncode, done.stderr) for done in started] == [(0, b"")]


@pytest.mark.parametrize(("before", "counted_as"), [(3.0, 3.0), (-5.0, 0.0), (10_000.0, 0.0)])
def test_the_start_of_the_process_is_part_of_the_look(
    before: float, counted_as: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a process that was slow to start takes the whole time of a look for itself once more, or if a clock that
    was set in between leaves it no time, or all the time there is."""
    earliest = time.perf_counter() - counted_as
    monkeypatch.setenv("NETLOOM_LOOKS_APART", repr(time.time() - before))
    assert earliest - 0.1 <= separate_process.begun() <= time.perf_counter() - counted_as
