"""A table, a text or MNIST that is packed is read as it would be unpacked."""

from __future__ import annotations

import gzip
import json
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.cli.main import run
from app.data.understanding import candidates, understand
from nodes.api import NoData
from nodes.reading import cache, unpacking
from tests.support.file_sources import check_script, schema, whole

MARKS = {name: number for number, name in enumerate(("low", "middle", "high"))}


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what was unpacked is kept."""
    place = tmp_path / "cache" / "decoded"
    monkeypatch.setattr(cache, "folder", lambda: place)
    return place.parent / "unpacked"


def cells() -> list[tuple[float, float, str]]:
    random = np.random.default_rng(4)
    made = []
    for number in range(90):
        name = list(MARKS)[number % 3]
        near, far = random.normal(MARKS[name] * 3, 0.5), random.normal(0, 1)
        made.append((round(float(near), 3), round(float(far), 3), name))
    return made


def rows(separator: str = ",") -> str:
    lines = [separator.join(map(str, row)) for row in cells()]
    return "\n".join([separator.join(("near", "far", "mark")), *lines]) + "\n"


def packed(kind: str, folder: Path) -> Path:
    """A file of this kind with the table of ``cells`` in it."""
    if kind == "csv.gz":
        (folder / "rows.csv.gz").write_bytes(gzip.compress(rows().encode()))
        return folder / "rows.csv.gz"
    if kind == "tsv.gz":
        (folder / "rows.tsv.gz").write_bytes(gzip.compress(rows("\t").encode()))
        return folder / "rows.tsv.gz"
    if kind == "jsonl.gz":
        lines = [json.dumps(dict(zip(("near", "far", "mark"), row))) for row in cells()]
        (folder / "rows.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
        return folder / "rows.jsonl.gz"
    with zipfile.ZipFile(folder / "rows.zip", "w", zipfile.ZIP_DEFLATED) as file:
        if kind == "gzip in zip":
            file.writestr("rows.csv.gz", gzip.compress(rows().encode()))
        else:
            file.writestr("archive/rows.csv", rows())
            file.writestr("README.md", "What the columns mean")
            file.writestr("__MACOSX/archive/._rows.csv", "of the system")
    return folder / "rows.zip"


@pytest.mark.parametrize("kind", ["csv.gz", "tsv.gz", "jsonl.gz", "zip", "gzip in zip"])
def test_a_packed_table_is_the_table(kind: str, tmp_path: Path) -> None:
    """Fails if it is refused, a number of it is another one, or the exported program reads what only we unpacked."""
    file = packed(kind, tmp_path)
    (found, *_) = understand(file)
    assert found.layer.id == "Table"
    assert found.settings["path"] == str(file)  # and not where it was unpacked
    assert found.sentence == "90 rows, 3 columns; the target is mark (3 classes: high, low, middle)."
    made = check_script("Table", file)
    expected = torch.tensor([row[:2] for row in cells()], dtype=torch.float32)
    assert torch.equal(whole(made, "features"), expected)
    words = found.schema.fields["target"].words if found.schema is not None else ()
    assert [words[number] for number in whole(made, "target").tolist()] == [row[2] for row in cells()]


def test_from_a_packed_table_to_an_answer(tmp_path: Path, capsys: Any) -> None:
    """Fails if the drawing that is proposed does not train, or the trained net cannot be asked about packed rows."""
    file = packed("csv.gz", tmp_path)
    drawing, folder = tmp_path / "net.netloom", tmp_path / "run"
    assert run(["start", str(file), "-o", str(drawing)]) == 0
    assert run(["train", str(drawing), "--epochs", "120", "--out", str(folder)]) == 0
    capsys.readouterr()
    assert run(["predict", str(folder), str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["predictions"]
    assert [each["name"] for each in told] == [f"row {number}" for number in range(2, 92)]
    assert np.mean([each["class"] == row[2] for each, row in zip(told, cells())]) > 0.9


def test_a_packed_file_that_was_written_anew_is_unpacked_anew(tmp_path: Path, kept: Path) -> None:
    """Fails if what was unpacked once is shown for a file that holds something else by now."""
    file = packed("csv.gz", tmp_path)
    before = schema("Table", file)
    assert [each.name for each in kept.iterdir()]
    file.write_bytes(gzip.compress(rows().replace("high", "top").encode()))
    os.utime(file, ns=(1, 1))
    after = schema("Table", file)
    assert after.stamp != before.stamp
    assert after.fields["target"].words == ("low", "middle", "top")


def test_what_is_kept_stays_below_the_limit(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if each file that was ever looked at stays on the disk, or a small limit removes what is being read."""
    monkeypatch.setenv(cache.LIMIT_NAME, str(3_000 / 2**30))
    for number in range(5):
        file = tmp_path / f"{number}.csv.gz"
        file.write_bytes(gzip.compress(rows().encode()))
        assert schema("Table", file).samples == 90
    assert sum(each.is_dir() for each in kept.iterdir()) <= 2
    monkeypatch.setenv(cache.LIMIT_NAME, "0")
    assert schema("Table", packed("csv.gz", tmp_path)).samples == 90  # kept for this session alone


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    """Fails if a download that was cut off is a traceback, or a table that ends early without a word."""
    random = np.random.default_rng(1)
    text = "a,b\n" + "".join(f"{x:.6f},{y:.6f}\n" for x, y in random.normal(size=(40_000, 2)))
    whole_file = gzip.compress(text.encode())
    for part in (0.1, 0.9):  # within what is looked at first, and behind it
        file = tmp_path / f"{part}.csv.gz"
        file.write_bytes(whole_file[: int(len(whole_file) * part)])
        try:
            said = next(understand(file)).trouble
        except NoData as reason:
            said = str(reason)
        assert "cut off or damaged" in said
        assert said.endswith("get it again.")


def test_what_unpacks_to_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a small packed file fills the disk."""
    monkeypatch.setattr(unpacking, "LEAST_LIMIT", 1_000)
    monkeypatch.setenv(cache.LIMIT_NAME, str(1_000 / 2**30))
    with pytest.raises(NoData, match=r"unpacks to more than .* Unpack it yourself"):
        schema("Table", packed("csv.gz", tmp_path))


def idx(values: np.ndarray[Any, Any]) -> bytes:
    return struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("parts", [("train",), ("train", "t10k")])
def test_the_idx_files_of_a_zip(tmp_path: Path, parts: tuple[str, ...], gzipped: bool) -> None:
    """Fails if MNIST as a zip file is refused, its test part is trained on, or a picture has another label."""
    random = np.random.default_rng(3)
    pixels = {part: random.integers(0, 256, (40, 28, 28), np.uint8) for part in parts}
    labels = {part: (np.arange(40) % 10).astype(np.uint8) for part in parts}
    with zipfile.ZipFile(tmp_path / "mnist.zip", "w") as file:
        for part in parts:
            for name, values in ((f"{part}-images-idx3-ubyte", pixels), (f"{part}-labels-idx1-ubyte", labels)):
                content = idx(values[part])
                file.writestr(f"raw/{name}{'.gz' * gzipped}", gzip.compress(content) if gzipped else content)
    (found, *_) = candidates(tmp_path / "mnist.zip")
    assert found.layer.id == "IDX"
    made = check_script("IDX", tmp_path / "mnist.zip")
    assert made.schema is not None
    assert dict(made.schema.parts) == ({"train": 40, "test": 40} if len(parts) == 2 else {})
    expected = np.concatenate([pixels[part] for part in parts])[:, None].astype("f4") / np.float32(255)
    assert torch.equal(whole(made, "image"), torch.from_numpy(expected))
    assert whole(made, "label").tolist() == [*range(10)] * 4 * len(parts)


def test_a_zip_of_pictures_stays_one_of_pictures(tmp_path: Path) -> None:
    """Fails if a table beside pictures in a zip file is taken for the data."""
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as file:
        file.writestr("labels.csv", "file,label\na.png,x\n")
        file.writestr("a.png", b"\x89PNG")
    assert unpacking.packed_at(tmp_path / "set.zip") is None


def test_the_zip_of_a_contest_is_its_table_for_training(tmp_path: Path) -> None:
    """Fails if archive.zip with a table and a data base of it, or titanic.zip with three tables, is refused, or what is
    left alone is not said."""
    single, several, unclear = tmp_path / "archive.zip", tmp_path / "titanic.zip", tmp_path / "two.zip"
    for file, names in (
        (single, ("rows.csv", "database.sqlite")),
        (several, ("train.csv", "test.csv", "gender_submission.csv", "data_description.txt")),
        (unclear, ("red.csv", "white.csv")),
    ):
        with zipfile.ZipFile(file, "w") as made:
            for name in names:
                made.writestr(name, rows())
    for file, said in (
        (single, "Of archive.zip, rows.csv is read; database.sqlite is not"),
        (several, "Of titanic.zip, train.csv is read; test.csv, gender_submission.csv, data_description.txt are not"),
    ):
        found = next(understand(file))
        assert found.layer.id == "Table"
        assert found.schema is not None
        assert found.schema.samples == 90
        assert said in found.schema.remarks
        check_script("Table", file)
    with pytest.raises(NoData, match=r"red\.csv, white\.csv. Unpack it first"):
        next(understand(unclear))
