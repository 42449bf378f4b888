"""Parquet files with pictures in their cells, as the Hugging Face Hub keeps them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from app.data.understanding import understand
from nodes.api import NoData
from nodes.reading import cache
from tests.support.file_sources import check_script, schema, whole

CLASSES = ["zebra", "a/b", "cat"]  # not in the order of the alphabet; one is no name of a folder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache") / "decoded"
    monkeypatch.setattr(cache, "folder", lambda: place)


def write(file: Path, labels: list[int | None], seed: int = 0, named: bool = True) -> np.ndarray:
    """Pictures of noise, (n, 9, 9, 3), each with a label; they are what comes out again."""
    dots = np.random.default_rng(seed).integers(0, 256, (len(labels), 9, 9, 3), dtype="uint8")
    cells = []
    for number, each in enumerate(dots):
        packed = io.BytesIO()
        Image.fromarray(each).save(packed, "PNG")
        cells.append({"bytes": packed.getvalue(), "path": f"{number}.png"})
    frame = pl.DataFrame({"image": cells, "label": pl.Series(labels, dtype=pl.Int64), "width": [9] * len(labels)})
    features = {"image": {"_type": "Image"}, "label": {"names": CLASSES, "_type": "ClassLabel"}}
    told = {"huggingface": json.dumps({"info": {"features": features}})}
    file.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(file, metadata=told if named else None)
    return dots


def test_pictures_in_cells_have_the_classes_that_the_hub_names(tmp_path: Path) -> None:
    """Fails if a table without features is made of them, a class is called by its number, or a picture has another's
    class."""
    labels = [0, 1, 2, 2, 1, 0, 0]
    dots = write(tmp_path / "train-00000-of-00001.parquet", [*labels, -1, None])[: len(labels)]
    file = tmp_path / "train-00000-of-00001.parquet"
    (found, *_) = understand(file)
    assert found.layer.id == "Pictures"
    assert found.schema is not None
    assert found.schema.fields["label"].classes == ("a_b", "cat", "zebra")
    assert "7 pictures in 3 classes" in found.sentence
    assert "their classes in 'label'" in found.sentence
    assert "2 pictures have no label there and are left out" in found.sentence
    assert "'width' is not read" in found.sentence
    made = check_script("Pictures", file)
    pixels = (whole(made, "image").numpy() * 255).round().astype("uint8").transpose(0, 2, 3, 1)
    called = dict(enumerate(["zebra", "a_b", "cat"]))
    told = {each.tobytes(): called[label] for each, label in zip(dots, labels)}
    words = found.schema.fields["label"].classes
    assert len(pixels) == len(labels)
    assert [words[label] for label in whole(made, "label")] == [told[each.tobytes()] for each in pixels]


def test_the_files_of_a_data_set_are_its_parts(tmp_path: Path) -> None:
    """Fails if shards of the training are not together, or the test part is mixed into it."""
    data = tmp_path / "beans" / "data"
    write(data / "train-00000-of-00002.parquet", [0, 1, 2])
    write(data / "train-00001-of-00002.parquet", [0, 1], seed=1)
    write(data / "validation-00000-of-00001.parquet", [1, 0], seed=2)
    write(data / "test-00000-of-00001.parquet", [2], seed=3)
    (tmp_path / "beans" / "README.md").write_text("# beans\n")
    for folder in (tmp_path / "beans", data):
        (found, *_) = understand(folder)
        assert found.layer.id == "Pictures"
        assert found.schema is not None
        assert found.schema.parts == {"train": 5, "validation": 2, "test": 1}
    made = check_script("Pictures", tmp_path / "beans")
    assert {part: len(index) for part, index in made.parts.items()} == {"train": 5, "validation": 2, "test": 1}


def test_labels_without_names_are_classes_by_their_number(tmp_path: Path) -> None:
    """Fails if a file that another program wrote, without names of classes, is not read."""
    file = tmp_path / "mine.parquet"
    write(file, [0, 1, 1, 2], named=False)
    (found, *_) = understand(file)
    assert found.schema is not None
    assert found.schema.fields["label"].classes == ("0", "1", "2")
    check_script("Pictures", file)


def test_files_of_one_name_in_two_folders_stay_apart(tmp_path: Path) -> None:
    """Fails if the pictures of 2020/0000.parquet take the place of those of 2019/0000.parquet."""
    write(tmp_path / "years" / "2019" / "0000.parquet", [0, 1, 2])
    write(tmp_path / "years" / "2020" / "0000.parquet", [0, 1, 2], seed=1)
    assert schema("Pictures", tmp_path / "years").samples == 6
    assert len(whole(check_script("Pictures", tmp_path / "years"), "image")) == 6


def test_numbers_that_no_class_has_are_classes_of_their_own(tmp_path: Path) -> None:
    """Fails if -100, which many programs write for no label, ends in a traceback or is counted from the end of the
    names."""
    write(tmp_path / "odd.parquet", [0, 1, -100, -2, 7])
    found = schema("Pictures", tmp_path / "odd.parquet").fields["label"].classes
    assert sorted(found) == ["-100", "-2", "7", "a_b", "zebra"]
    check_script("Pictures", tmp_path / "odd.parquet")


def test_words_for_labels_are_all_read(tmp_path: Path) -> None:
    """Fails if pictures whose label is the word -1 are said to be left out, although they are there."""
    write(tmp_path / "train.parquet", [0, 1, 2], named=False)
    frame = pl.read_parquet(tmp_path / "train.parquet").with_columns(label=pl.Series(["-1", "1", "1"]))
    frame.write_parquet(tmp_path / "train.parquet")
    told = schema("Pictures", tmp_path / "train.parquet")
    assert told.samples == 3
    assert not any("no label" in each for each in told.remarks)


def test_another_kind_of_file_beside_them_is_named(tmp_path: Path) -> None:
    """Fails if a file whose column holds something else than pictures ends in a traceback."""
    write(tmp_path / "set" / "a.parquet", [0, 1])
    pl.DataFrame({"image": ["a.png"], "label": [1]}).write_parquet(tmp_path / "set" / "b.parquet")
    with pytest.raises(NoData, match=r"'image' of b\.parquet holds no pictures, as that of a\.parquet does"):
        schema("Pictures", tmp_path / "set")
