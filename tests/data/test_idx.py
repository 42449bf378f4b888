"""Files in the IDX format: every type, gzipped or not, whole and damaged, and the known sets."""

from __future__ import annotations

import gzip
import os
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from app.data.understanding import candidates
from app.training.script import print_script
from nodes.api import Feed, NoData
from nodes.reading.idx_files import idx_files, stored_samples, values_of
from tests.benchmarks.mnist import drawing_of
from tests.support.file_sources import check_script, feed, guess, schema, settings_of_choices, whole
from tests.training.nets import same_weights
from tests.training.test_script import by_script, by_us

CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def write(path: Path, values: Any, kind: str = "u1", sizes: tuple[int, ...] | None = None) -> Path:
    """An IDX file as its description says; ``sizes`` are those of the header, also where they are wrong."""
    values = np.asarray(values)
    sides = values.shape if sizes is None else sizes
    data = bytes([0, 0, CODES[kind], len(sides)]) + struct.pack(f">{len(sides)}I", *sides)
    data += values.astype(f">{kind}").tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def pictures(count: int, seed: int = 0, side: int = 28) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side))


def write_mnist(folder: Path, ending: str = "-idx{}-ubyte", labels: Any = None) -> tuple[Any, Any]:
    """Forty pictures for training and twenty for test, in files named as those of MNIST."""
    images, names = pictures(60), np.arange(60) % 10 if labels is None else np.asarray(labels)
    for part, chosen in (("train", slice(0, 40)), ("t10k", slice(40, 60))):
        write(folder / f"{part}-images{ending.format(3)}", images[chosen])
        write(folder / f"{part}-labels{ending.format(1)}", names[chosen])
    return images, names


@pytest.mark.parametrize("ending", ["-idx{}-ubyte", "-idx{}-ubyte.gz", ".idx{}-ubyte", ".idx{}-ubyte.gz", ".gz"])
@pytest.mark.parametrize("below", ["", "raw", "MNIST/raw"])
def test_mnist_is_read_with_its_parts(tmp_path: Path, ending: str, below: str) -> None:
    """Fails if a spelling of MNIST's file names is not found, or a picture gets another label, part or value."""
    images, labels = write_mnist(tmp_path / below, ending)
    made = check_script("IDX", tmp_path)
    told = made.schema
    assert told is not None
    assert told.parts == {"train": 40, "test": 20}
    assert told.about == "60 pictures (40 for train, 20 for test)"
    assert torch.equal(whole(made, "image"), torch.tensor(images[:, None] / np.float32(255), dtype=torch.float32))
    assert whole(made, "label").tolist() == labels.tolist()
    assert torch.as_tensor(made.parts["test"]).tolist() == list(range(40, 60))
    assert made.name_of(41).startswith("picture 2 of t10k-images")


@pytest.mark.parametrize("kind", list(CODES))
@pytest.mark.parametrize("packed", [False, True])
def test_every_type_of_value_is_read(tmp_path: Path, kind: str, packed: bool) -> None:
    """Fails if bytes are read in the order of this machine, with a wrong sign, or a wrong number of them."""
    values = np.array([[[1, 2, 3]] * 5, [[4, 5, 100]] * 5, [[7, 8, 9]] * 5])
    if kind != "u1":
        values[1] *= -1
    if kind[0] == "f":
        values = values / 3
    file = write(tmp_path / f"some.idx3{'.gz' if packed else ''}", values, kind)
    made = check_script("IDX", file)
    assert made.fields.keys() == {"image"}
    expected = values / 255 if kind == "u1" else values
    np.testing.assert_allclose(whole(made, "image")[:, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("kind", ["u1", "i2", "f4"])
def test_wide_whole_numbers_are_known_to_stay_as_stored(tmp_path: Path, kind: str) -> None:
    """Fails if nobody is told that dots of 16 bits are not between 0 and 1, or other data is prepared otherwise."""
    file = write(tmp_path / "some.idx3", np.arange(75).reshape(3, 5, 5), kind)
    assert schema("IDX", file).settled.get("scale") == {"u1": "0 to 1", "i2": "as stored"}.get(kind)


@pytest.mark.parametrize("shape", [(6,), (6, 4), (6, 3, 8, 8), (6, 8, 8, 3), (6, 2, 3, 4, 5)])
def test_any_number_of_sides_is_read(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """Fails if only (n, rows, columns) works, or colours at the end are taken for columns."""
    values = np.random.default_rng(1).integers(0, 256, shape)
    made = check_script("IDX", write(tmp_path / "train-images.idx", values))
    expected = values.transpose(0, 3, 1, 2) if shape == (6, 8, 8, 3) else values
    if len(shape) > 2:
        expected = expected / 255
    np.testing.assert_allclose(whole(made, "image"), expected, rtol=1e-6)


def test_fashion_is_known_by_its_name_and_by_its_first_labels(tmp_path: Path) -> None:
    """Fails if a shirt is called 6, or a folder named `mnist` with clothes in it is called digits."""
    labels = [9, 0, 0, 3, 0, 2, 7, 2, 5, 5, *range(50)]
    write_mnist(tmp_path / "mnist", labels=np.array(labels) % 10)
    write_mnist(tmp_path / "fashion-mnist", ".gz")
    for folder in ("mnist", "fashion-mnist"):
        told = schema("IDX", tmp_path / folder)
        assert told.words[0] == "T-shirt/top"
        assert guess(told, "words").chosen == "Fashion-MNIST"
    assert schema("IDX", tmp_path / "mnist", words="digits").words[0] == "0"


def test_emnist_letters_begin_at_1_and_lie(tmp_path: Path) -> None:
    """Fails if letters are shifted by one, or rows and columns of EMNIST stay exchanged without a word."""
    images, labels = pictures(52), np.arange(52) % 26 + 1
    for suffix in ("", ".gz"):
        folder = tmp_path / f"gzip{suffix}"
        write(folder / f"emnist-letters-train-images-idx3-ubyte{suffix}", images)
        write(folder / f"emnist-letters-train-labels-idx1-ubyte{suffix}", labels)
        made = check_script("IDX", folder)
        assert made.schema is not None
        assert made.schema.words == tuple("abcdefghijklmnopqrstuvwxyz")
        assert whole(made, "label").tolist() == (labels - 1).tolist()
        assert guess(made.schema, "upright").chosen == "turn"
        upright = torch.tensor(images.transpose(0, 2, 1)[:, None] / np.float32(255), dtype=torch.float32)
        assert torch.equal(whole(made, "image"), upright)
        stored = check_script("IDX", folder, upright="as stored", scale="as stored")
        assert torch.equal(whole(stored, "image"), torch.tensor(images[:, None], dtype=torch.float32))


@pytest.mark.parametrize(("name", "classes"), [("byclass", 62), ("bymerge", 47), ("balanced", 47), ("digits", 10)])
def test_every_emnist_has_its_words(tmp_path: Path, name: str, classes: int) -> None:
    """Fails if a variant of EMNIST is read with the words of another."""
    write(tmp_path / f"emnist-{name}-test-images-idx3-ubyte", pictures(classes))
    write(tmp_path / f"emnist-{name}-test-labels-idx1-ubyte", np.arange(classes))
    told = schema("IDX", tmp_path)
    assert len(told.words) == classes
    assert told.words[:10] == tuple("0123456789")
    assert classes < 36 or told.words[10:36] == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert told.parts == {"test": classes}


def test_of_several_collections_one_is_read_and_the_others_offered(tmp_path: Path) -> None:
    """Fails if pictures of one collection get the labels of another, or the choice cannot be changed."""
    for at, name in enumerate(("balanced", "letters")):
        write(tmp_path / f"emnist-{name}-train-images-idx3-ubyte.gz", pictures(30, at))
        write(tmp_path / f"emnist-{name}-train-labels-idx1-ubyte.gz", np.arange(30) % 20 + at)
    told = schema("IDX", tmp_path)
    assert guess(told, "collection").chosen == "emnist-balanced"
    for setting, value in settings_of_choices(told):
        feed("IDX", tmp_path, **{setting: value})
    other = check_script("IDX", tmp_path, collection="emnist-letters")
    assert whole(other, "label").tolist() == (np.arange(30) % 20).tolist()
    with pytest.raises(NoData, match="There are: emnist-balanced, emnist-letters"):
        schema("IDX", tmp_path, collection="emnist-digits")


def test_one_file_finds_the_labels_beside_it(tmp_path: Path) -> None:
    """Fails if a chosen file brings other pictures than its own, or the labels of another part."""
    _, labels = write_mnist(tmp_path)
    made = check_script("IDX", tmp_path / "t10k-images-idx3-ubyte")
    assert made.length == 20
    assert whole(made, "label").tolist() == labels[40:].tolist()
    assert check_script("IDX", tmp_path, part="train").length == 40
    del made
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    assert feed("IDX", tmp_path / "t10k-images-idx3-ubyte").fields.keys() == {"image"}
    told = schema("IDX", tmp_path)
    assert told.fields.keys() == {"image"}
    assert "t10k-images-idx3-ubyte has no file of labels" in told.remarks[0]


def test_labels_that_are_no_classes_are_targets(tmp_path: Path) -> None:
    """Fails if numbers to be told are made classes, or the eight numbers of QMNIST are no class."""
    write(tmp_path / "train-images-idx3-ubyte", pictures(5))
    angles = np.linspace(0, 1, 5)
    write(tmp_path / "train-labels-idx1-float", angles, "f4")
    made = check_script("IDX", tmp_path)
    np.testing.assert_allclose(whole(made, "label"), angles, rtol=1e-6)
    del made
    (tmp_path / "train-labels-idx1-float").unlink()
    eight = np.arange(40).reshape(5, 8)
    eight[:, 0] = [3, 1, 4, 1, 0]
    write(tmp_path / "train-labels-idx2-int", eight, "i4")
    assert whole(check_script("IDX", tmp_path), "label").tolist() == [3, 1, 4, 1, 0]


@pytest.mark.parametrize("packed", ["", ".gz"])
def test_a_header_that_promises_more_is_a_sentence_with_a_choice(tmp_path: Path, packed: str) -> None:
    """Fails if a file that was cut off is read as if it were whole, ends in numpy's words, or cannot be used at all."""
    images, labels = write_mnist(tmp_path, "-idx{}-ubyte" + packed)
    write(tmp_path / f"train-images-idx3-ubyte{packed}", images[:31], sizes=(40, 28, 28))
    with pytest.raises(NoData, match=r"train-images-idx3-ubyte.* is cut off: it promises 40 samples and holds 31"):
        schema("IDX", tmp_path)
    made = check_script("IDX", tmp_path, incomplete="use what is there")
    assert made.schema is not None
    assert made.schema.parts == {"train": 31, "test": 20}
    assert "promises 40 samples and holds 31" in made.schema.remarks[0]
    assert whole(made, "label").tolist() == [*labels[:31], *labels[40:]]


def test_a_packed_file_that_was_cut_off_is_told(tmp_path: Path) -> None:
    """Fails if half a download is a traceback of gzip."""
    images, _ = write_mnist(tmp_path, "-idx{}-ubyte.gz")
    file = tmp_path / "train-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-4000])
    with pytest.raises(NoData, match="is cut off: it promises 40 samples and holds"):
        schema("IDX", tmp_path)
    made = feed("IDX", tmp_path, incomplete="use what is there")
    count = len(made.parts["train"])
    assert 30 < count < 40
    assert torch.equal((whole(made, "image")[:count, 0] * 255).round().long(), torch.tensor(images[:count]))


def test_another_number_of_labels_is_a_sentence_with_a_choice(tmp_path: Path) -> None:
    """Fails if pictures are paired with the labels of others, or the count is found out in the middle of an epoch."""
    _, labels = write_mnist(tmp_path)
    write(tmp_path / "train-labels-idx1-ubyte", labels[:39])
    with pytest.raises(NoData, match="train-images-idx3-ubyte has 40 pictures and train-labels-idx1-ubyte 39 labels"):
        schema("IDX", tmp_path)
    assert check_script("IDX", tmp_path, incomplete="use what is there").length == 59


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0", b"\0\0\x08\x03", b"\0\0\x08\x03\0\0\0\0\0\0\0\1\0\0\0\1", b"\0\0\x08\x09" + b"\0" * 40],
)
def test_what_is_no_idx_file_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    """Fails if an empty or strange file is a traceback."""
    for name in ("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"):
        (tmp_path / name).write_bytes(content)
        for path in (tmp_path, tmp_path / name):
            with pytest.raises(NoData) as caught:
                schema("IDX", path)
            assert str(caught.value).endswith(".")
            assert "struct" not in str(caught.value)


def test_a_header_of_terabytes_allocates_nothing(tmp_path: Path) -> None:
    """Fails if twenty bytes from a stranger make the program ask for all the memory there is."""
    for name in ("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"):
        write(tmp_path / name, np.zeros(4), sizes=(2**31, 2**31, 4))
        with pytest.raises(NoData, match=r"is cut off|unpacks to"):
            schema("IDX", tmp_path / name)


def test_files_and_folders_are_recognised_by_their_first_bytes(tmp_path: Path) -> None:
    """Fails if MNIST that is dropped on the window is not known, or a table beside it is."""
    write_mnist(tmp_path / "a", "-idx{}-ubyte.gz")
    renamed = write(tmp_path / "renamed.bin", pictures(3))
    for path in (tmp_path / "a", tmp_path / "a" / "t10k-images-idx3-ubyte.gz", renamed):
        assert next(each.layer.id for each in candidates(path)) == "IDX"
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    assert "IDX" not in [each.layer.id for each in candidates(tmp_path / "table.csv")]


def test_a_file_that_is_not_packed_stays_in_its_file(tmp_path: Path) -> None:
    """Fails if pictures are read into memory before they are asked for, or as floats of four times the size."""
    write_mnist(tmp_path)
    made: Feed = feed("IDX", tmp_path)
    assert not isinstance(made.fields["image"], torch.Tensor)
    assert all(isinstance(piece, np.memmap) for piece in made.fields["image"]._pieces)


def test_it_trains_and_a_program_of_its_own_trains_to_the_same(tmp_path: Path) -> None:
    """Fails if a net learns from other pictures, labels or parts than the exported training does."""
    write_mnist(tmp_path, "-idx{}-ubyte.gz")
    project = drawing_of(tmp_path)
    recipe = replace(project.recipe, validation=0.25, epochs=2, batch_size=8)
    model, done = by_us(project, recipe)
    assert done[-1].val_loss is not None
    assert same_weights(model, by_script(print_script(compile_net(project), recipe)))


def test_a_changed_file_has_another_stamp(tmp_path: Path) -> None:
    """Fails if a file that was written anew counts as the one that was looked at."""
    write_mnist(tmp_path)
    before = schema("IDX", tmp_path).stamp
    assert schema("IDX", tmp_path).stamp == before
    write(tmp_path / "train-labels-idx1-ubyte", np.zeros(40))
    (tmp_path / "train-labels-idx1-ubyte").touch()
    assert schema("IDX", tmp_path).stamp != before


def test_labels_that_are_cut_off_in_their_first_bytes_are_told(tmp_path: Path) -> None:
    """Fails if pictures are read without the labels that lie beside them, and nobody is told."""
    write_mnist(tmp_path, "-idx{}-ubyte.gz")
    for part in ("train", "t10k"):
        file = tmp_path / f"{part}-labels-idx1-ubyte.gz"
        file.write_bytes(file.read_bytes()[:12])
    with pytest.raises(NoData, match=r"t10k-labels-idx1-ubyte.gz is cut off in its first bytes"):
        schema("IDX", tmp_path)
    told = schema("IDX", tmp_path, incomplete="use what is there")
    assert list(told.fields) == ["image"]
    assert any("train-labels-idx1-ubyte.gz is cut off" in remark for remark in told.remarks)


def test_a_file_above_four_gigabytes_is_counted_right(tmp_path: Path) -> None:
    """Fails if a place beyond 2³² bytes is taken modulo that, or a packed file that promises as much is unpacked into
    memory. The file is sparse: it takes no room."""
    count, side = 5_600_000, 28
    path = tmp_path / "big-images-idx3-ubyte"
    path.write_bytes(struct.pack(">BBBBIII", 0, 0, 8, 3, count, side, side))
    whole = 16 + count * side * side
    assert whole > 2**32
    os.truncate(path, whole)
    with path.open("r+b") as file:
        file.seek(whole - side * side)
        file.write(bytes(range(side)) * side)
        file.seek(2**32)
        file.write(b"\x07")
    (known,) = idx_files(tmp_path)
    assert stored_samples(known) == count
    values = values_of(known, count)
    assert values[-1].tolist() == [list(range(side))] * side
    sample, dot = divmod(2**32 - 16, side * side)
    assert values[sample].reshape(-1)[dot] == 7
    os.truncate(path, whole - 1)
    assert stored_samples(known) == count - 1
    packed = tmp_path / "packed" / "big-images-idx3-ubyte.gz"
    packed.parent.mkdir()
    with gzip.open(packed, "wb") as file:
        file.write(struct.pack(">BBBBIII", 0, 0, 8, 3, count, side, side))
    (promised,) = idx_files(packed.parent)
    with pytest.raises(ValueError, match=r"unpacks to 4\.1 GB by its header\. Unpack it"):
        stored_samples(promised)
