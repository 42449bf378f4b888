"""Zip files of strangers: nothing leads outside, nothing unpacks to more than memory holds, and each is a sentence."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from app.data import catalog
from app.data.understanding import sentence_of
from nodes.api import NoData, Unreadable
from nodes.reading import archives, cache
from tests.data.test_pictures import seen, skipped, source_of


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def png(value: int = 5) -> bytes:
    file = io.BytesIO()
    Image.new("L", (9, 9), value).save(file, "PNG")
    return file.getvalue()


def test_paths_that_lead_outside_are_refused_by_name(tmp_path: Path) -> None:
    """Fails if an entry with a path out of the zip file is read, or not told of."""
    file = tmp_path / "a.zip"
    bad = ["../up.png", "/root.png", "a/../../b.png", "C:/x.png", "..\\back.png"]
    with zipfile.ZipFile(file, "w") as packed:
        for number, name in enumerate([*bad, "cat/1.png", "dog/1.png"]):
            packed.writestr(name, png(number))
    schema = seen(file)
    assert schema.samples == 2
    assert schema.skipped_count == len(bad)
    assert all("refused" in reason for reason in skipped(schema).values())


def test_a_file_that_unpacks_to_very_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a small zip file may fill the memory."""
    monkeypatch.setattr(archives, "MOST_BYTES", 10_000)
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a/bomb.bmp", bytes(20_000))
        packed.writestr("a/1.png", png())
        packed.writestr("b/1.png", png(7))
    assert "unpacks to" in skipped(seen(file))["a/bomb.bmp"]
    assert seen(file).samples == 2


def test_a_locked_a_broken_and_a_false_zip_file_are_sentences(tmp_path: Path) -> None:
    """Fails if any of them ends in a traceback."""
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("a/1.png", png())
    whole = file.read_bytes()
    place = whole.index(b"PK\x01\x02")
    locked = bytearray(whole)
    locked[6] |= 1
    locked[place + 8] |= 1
    file.write_bytes(bytes(locked))
    with pytest.raises(NoData, match="locked with a password"):
        seen(file)
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NoData, match="cut off"):
        seen(file)
    file.write_bytes(b"hello")
    with pytest.raises(NoData, match="no zip file"):
        seen(file)


def test_a_picture_damaged_inside_of_a_zip_file_is_one_unreadable_sample(tmp_path: Path) -> None:
    """Fails if one flipped bit ends the reading of the others."""
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("a/1.png", png(3))
        packed.writestr("b/1.png", png(7))
    content = bytearray(file.read_bytes())
    content[content.index(b"IDAT") + 5] ^= 255
    file.write_bytes(bytes(content))
    schema = seen(file)
    assert "1 picture cannot be read and is left out: a/1.png is damaged in the zip file" in sentence_of(schema)
    feed = catalog.load(source_of(file, {}))
    with pytest.raises(Unreadable, match=r"a/1\.png is damaged"):
        feed.at(torch.tensor([0, 1]), None, ["image"])
    assert feed.at(torch.tensor([1]), None, ["image"])["image"].mean() == pytest.approx(7 / 255)
