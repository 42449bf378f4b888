"""What a folder is, is found out from a bounded number of names, however many files lie in it."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.data.understanding import candidates
from nodes.reading import annotation_signs, folder_names, idx_files
from nodes.reading.folder_names import names_in, one_look

FILES = 9_000
AMONG = 500  # names among which a table that says something of pictures is looked for


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Counter[str]:
    """How many names were listed in the folder of a test, and how many of its files were asked for by the name: what
    is imported meanwhile is listed, too."""
    count: Counter[str] = Counter()

    def here(path: Any) -> bool:
        return not isinstance(path, int) and os.fsdecode(path).startswith(str(tmp_path))

    scandir, listdir, stat = os.scandir, os.listdir, os.stat

    class Scanned:
        def __init__(self, path: Any = ".") -> None:
            self.entries, self.here = scandir(path), here(path)

        def __enter__(self) -> Scanned:
            return self

        def __exit__(self, *_: object) -> None:
            self.entries.close()

        def __iter__(self) -> Scanned:
            return self

        def __next__(self) -> os.DirEntry[str]:
            entry = next(self.entries)
            count["listed"] += self.here
            return entry

    def listed(path: Any = ".") -> list[str]:
        names = listdir(path)
        count["listed"] += len(names) if here(path) else 0
        return names

    def told(path: Any, *arguments: Any, **more: Any) -> os.stat_result:
        count["stat"] += here(path)
        return stat(path, *arguments, **more)

    monkeypatch.setattr(os, "scandir", Scanned)
    monkeypatch.setattr(os, "listdir", listed)
    monkeypatch.setattr(os, "stat", told)
    monkeypatch.setattr(folder_names, "MOST_NAMES", 200)
    monkeypatch.setattr(annotation_signs, "_AMONG", AMONG)
    return count


@pytest.mark.parametrize("ending", ["png", "txt", "dat", "npy"])
def test_a_folder_of_very_many_files_is_recognised_by_some(ending: str, asked: Counter[str], tmp_path: Path) -> None:
    """Fails if a source lists all names of a folder, asks for the kind of each file, or if each lists them again."""
    for number in range(FILES):
        (tmp_path / f"{number}.{ending}").touch()
    asked.clear()
    found = candidates(tmp_path)
    assert [each.layer.id for each in found[:1]] == {"png": ["Pictures"], "txt": ["Texts"]}.get(ending, [])
    # The few thousand names by which pictures, sounds and texts are told, once, and those that the others share.
    # What nothing can read is looked for the one file in it that is.
    assert asked["listed"] <= FILES / 4 + 2 * folder_names.MOST_NAMES + AMONG
    assert asked["stat"] < FILES / 2


def test_many_folders_are_not_all_looked_into(
    asked: Counter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a source looks into each of very many class folders."""
    monkeypatch.setattr(folder_names, "MOST_NAMES", 10_000)
    for number in range(1_500):
        (tmp_path / f"class{number}").mkdir()
        (tmp_path / f"class{number}" / "a.png").touch()
    asked.clear()
    assert [each.layer.id for each in candidates(tmp_path)[:1]] == ["Pictures"]
    assert asked["listed"] <= 3 * (1_500 + idx_files.MOST_FOLDERS)
    assert asked["stat"] < 5_000


def test_the_names_are_read_once_in_a_look_and_anew_in_the_next(asked: Counter[str], tmp_path: Path) -> None:
    """Fails if what lies in a folder is listed for each source that asks, or if a later look sees what was there."""
    (tmp_path / "a").touch()
    with one_look():
        assert names_in(tmp_path) == names_in(tmp_path) == (("a", False),)
        assert asked["listed"] == 1
    (tmp_path / "b").mkdir()
    with one_look():
        assert names_in(tmp_path) == (("a", False), ("b", True))
    (tmp_path / "a").unlink()
    assert names_in(tmp_path) == (("b", True),)
