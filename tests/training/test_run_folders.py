"""Runs that were written elsewhere than among the window's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.training.run_folders import elsewhere, home, remember


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "runs"


def test_the_latest_stand_first_and_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a folder is lost, stands twice, or is kept as a path that means another place tomorrow."""
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b\nc", "a", "ü", "a"):
        remember(Path(name))
    assert elsewhere() == [tmp_path / "a", tmp_path / "ü", tmp_path / "b\nc"]


def test_the_window_s_own_are_known_anyway(place: Path) -> None:
    """Fails if each run of the window is listed a second time."""
    remember(place / "mlp-20260131-140502")
    assert elsewhere() == []


def test_the_list_does_not_grow_for_ever(tmp_path: Path, place: Path) -> None:
    """Fails if every training of years makes the window slower to open, or the latest are those that are dropped."""
    for number in range(450):
        remember(tmp_path / str(number))
    assert elsewhere()[:90] == [tmp_path / str(number) for number in range(449, 359, -1)]
    assert len((place / "elsewhere.jsonl").read_bytes().splitlines()) <= 300


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[1]\n{}\n3\n", b'"relative"\n"\\u0000"\n', b"[" * 100_000, b'"/a'])
def test_a_damaged_list_costs_nothing_but_itself(content: bytes, tmp_path: Path) -> None:
    """Fails if a file that somebody else wrote keeps the window from opening."""
    home().mkdir(parents=True)
    (home() / "elsewhere.jsonl").write_bytes(content + b"\n" + json.dumps(str(tmp_path)).encode() + b"\n")
    assert elsewhere() == [tmp_path]


def test_a_place_that_cannot_be_written_costs_only_the_memory(tmp_path: Path) -> None:
    """Fails if a training ends because the list cannot be kept."""
    (tmp_path / "home").write_text("a file where a folder should be")
    remember(tmp_path / "run")
    assert elsewhere() == []
