"""Where runs are kept, and that there are never too many."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from app.ui.training import runs

NOON = datetime(2026, 1, 31, 12, 0, 5)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path))


def a_run(name: str, age: int) -> Path:
    folder = runs.home() / name
    folder.mkdir(parents=True)
    (folder / "drawing.netloom").write_text("{}")
    os.utime(folder, (1e9 - age, 1e9 - age))
    return folder


def test_two_runs_in_one_second_get_two_folders() -> None:
    """Fails if a quick second run writes over the first, also while the folder of that is not made yet, or if a title
    makes a name that no system takes."""
    first = runs.new_run("LeNet-5: on / digits?", NOON)
    assert first == runs.home() / "lenet-5-on-digits-20260131-120005"
    first.mkdir()
    assert runs.new_run("LeNet-5: on / digits?", NOON).name == "lenet-5-on-digits-20260131-120005-2"
    assert runs.new_run("LeNet-5: on / digits?", NOON).name == "lenet-5-on-digits-20260131-120005-3"
    assert runs.new_run("数字", NOON).name == "数字-20260131-120005"
    assert runs.new_run("?!", NOON).name == "drawing-20260131-120005"


def test_only_the_oldest_runs_of_ours_go() -> None:
    """Fails if the folder grows for ever, if the run in hand is removed, or if somebody else's folder is."""
    ours = [a_run(f"net-20260101-1200{number:02d}", age=number) for number in range(6)]
    stranger = a_run("holiday pictures", age=1000)
    no_run = runs.home() / "notes-20200101-120000"
    no_run.mkdir()
    os.utime(no_run, (1, 1))
    runs.prune(keep=ours[5], most=3)
    assert [folder.exists() for folder in ours] == [True, True, True, False, False, True]
    assert stranger.exists()
    assert no_run.exists()


def test_a_folder_below_home_is_shown_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Fails if the panel spends its line on the name of the home folder."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert runs.shown(tmp_path / "runs" / "one") == str(Path("~/runs/one"))
    assert runs.shown(Path("/elsewhere/one")) == str(Path("/elsewhere/one"))
