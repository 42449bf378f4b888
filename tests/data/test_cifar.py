"""CIFAR in each form that it is handed out in, and pickles that want something else."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.data.understanding import candidates
from nodes.api import NoData
from nodes.reading.known_words import WORDS
from nodes.reading.pickles import PickleRefused, plain
from tests.support.file_sources import check_script, schema, whole

NAMES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
Hundred = tuple[Any, Any, Any]


def pixels(count: int, seed: int) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (count, 3072)).astype("u1")


def python2(value: Any) -> bytes:
    """As Python 2 and an old numpy wrote it: texts are bytes without a sign of it, and numpy's own places have their
    old names. Written by hand, opcode by opcode, as no Python of today can."""
    out = io.BytesIO()

    def put(each: Any) -> None:
        if isinstance(each, dict):
            out.write(b"}(")
            for key, entry in each.items():
                put(key)
                put(entry)
            out.write(b"u")
        elif isinstance(each, list):
            out.write(b"](")
            for entry in each:
                put(entry)
            out.write(b"e")
        elif isinstance(each, str):
            put(each.encode())
        elif isinstance(each, bytes):
            out.write(b"T" + len(each).to_bytes(4, "little") + each)
        elif isinstance(each, int):
            out.write(b"J" + each.to_bytes(4, "little", signed=True))
        else:
            out.write(b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tT\x01\x00\x00\x00btR")
            out.write(b"(K\x01(")
            for side in each.shape:
                put(side)
            out.write(b"tcnumpy\ndtype\n(T\x02\x00\x00\x00u1K\x00K\x01tR(K\x03T\x01\x00\x00\x00|NNNJ\xff\xff\xff\xff")
            out.write(b"J\xff\xff\xff\xffK\x00tb\x89")
            put(each.tobytes())
            out.write(b"tb")

    out.write(b"\x80\x02")
    put(value)
    out.write(b".")
    return out.getvalue()


WRITERS = {"python 2": python2} | {
    f"protocol {number}": lambda value, number=number: pickle.dumps(value, number) for number in range(6)
}


def write_ten(folder: Path, writer: Any, count: int = 8) -> tuple[Any, list[int]]:
    folder.mkdir(parents=True, exist_ok=True)
    stored, labels = [], []
    for seed, name in enumerate(NAMES):
        stored.append(pixels(count, seed))
        mine = [(3 * seed + at) % 10 for at in range(count)]
        labels += mine
        files = [f"a_{at}.png" for at in range(count)]
        values = {"batch_label": name, "labels": mine, "data": stored[-1], "filenames": files}
        (folder / name).write_bytes(writer({key.encode(): each for key, each in values.items()}))
    words = [f"kind {number}" for number in range(10)]
    (folder / "batches.meta").write_bytes(writer({b"num_vis": 3072, b"label_names": words}))
    return np.concatenate(stored).reshape(-1, 3, 32, 32), labels


def packed(folder: Path, file: Path) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        archive.add(folder, folder.name)
    return file


@pytest.mark.parametrize("writer", list(WRITERS))
def test_cifar_10_for_python_is_read_whoever_wrote_it(tmp_path: Path, writer: str) -> None:
    """Fails if a spelling of an array in a pickle is refused, or values, labels, words or parts come out otherwise."""
    stored, labels = write_ten(tmp_path / "cifar-10-batches-py", WRITERS[writer])
    for path in (tmp_path, tmp_path / "cifar-10-batches-py"):
        made = check_script("CIFAR", path)
        assert torch.equal(whole(made, "image"), torch.from_numpy(stored.astype("f4")) / 255)
        assert whole(made, "label").tolist() == labels
        assert made.schema is not None
        assert made.schema.words == tuple(f"kind {number}" for number in range(10))
        assert made.schema.parts == {"train": 40, "test": 8}
        assert made.name_of(41) == "picture 2 of test_batch"


def test_the_archive_is_read_as_it_is(tmp_path: Path) -> None:
    """Fails if a download has to be unpacked first, or is read otherwise than its folder."""
    stored, labels = write_ten(tmp_path / "cifar-10-batches-py", python2)
    file = packed(tmp_path / "cifar-10-batches-py", tmp_path / "cifar-10-python.tar.gz")
    made = check_script("CIFAR", file, part="test", scale="as stored")
    assert torch.equal(whole(made, "image"), torch.from_numpy(stored[40:].astype("f4")))
    assert whole(made, "label").tolist() == labels[40:]
    assert next(each.layer.id for each in candidates(file)) == "CIFAR"
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(NoData, match="Get it again"):
        schema("CIFAR", file)


def write_binary(folder: Path, hundred: bool, count: int = 8) -> Hundred:
    folder.mkdir(parents=True, exist_ok=True)
    stored, labels, coarse = [], [], []
    for seed, name in enumerate(["train", "test"] if hundred else NAMES):
        values = pixels(count, seed)
        fine = (np.arange(count) * (12 if hundred else 1) + seed) % (100 if hundred else 10)
        group = np.arange(count) % 20
        columns = [group[:, None], fine[:, None], values] if hundred else [fine[:, None], values]
        (folder / f"{name}.bin").write_bytes(np.concatenate(columns, 1).astype("u1").tobytes())
        stored.append(values)
        labels.append(fine)
        coarse.append(group)
    return np.concatenate(stored).reshape(-1, 3, 32, 32), np.concatenate(labels), np.concatenate(coarse)


@pytest.mark.parametrize("archive", [False, True])
@pytest.mark.parametrize("hundred", [False, True])
def test_the_binary_form_is_read(tmp_path: Path, hundred: bool, archive: bool) -> None:
    """Fails if the coarse label is taken for the fine one, or either for a pixel."""
    folder = tmp_path / ("cifar-100-binary" if hundred else "cifar-10-batches-bin")
    stored, labels, coarse = write_binary(folder, hundred)
    if hundred:
        (folder / "fine_label_names.txt").write_text("\n".join(f"fine {number}" for number in range(100)) + "\n\n")
        (folder / "coarse_label_names.txt").write_text("\n".join(f"group {number}" for number in range(20)))
    path = packed(folder, tmp_path / "cifar.tar.gz") if archive else folder
    made = check_script("CIFAR", path)
    assert torch.equal(whole(made, "image"), torch.from_numpy(stored.astype("f4")) / 255)
    assert whole(made, "label").tolist() == labels.tolist()
    assert made.schema is not None
    fields = made.schema.fields
    if hundred:
        assert whole(made, "coarse").tolist() == coarse.tolist()
        assert fields["label"].words[99] == "fine 99"
        assert fields["coarse"].words[19] == "group 19"
    else:
        assert fields.keys() == {"image", "label"}
        assert fields["label"].words == WORDS["CIFAR-10"][1]
    assert next(each.layer.id for each in candidates(path)) == "CIFAR" or hundred


@pytest.mark.parametrize("writer", list(WRITERS))
def test_cifar_100_for_python_has_both_labels(tmp_path: Path, writer: str) -> None:
    """Fails if fine and coarse labels or words are exchanged."""
    for name in ("train", "test"):
        fine, coarse = [99, 3, 3, 7], [1, 0, 0, 19]
        values = {b"data": pixels(4, 1), b"fine_labels": fine, b"coarse_labels": coarse}
        (tmp_path / name).write_bytes(WRITERS[writer](values))
    words = {b"fine_label_names": [f"f{n}" for n in range(100)], b"coarse_label_names": [f"c{n}" for n in range(20)]}
    (tmp_path / "meta").write_bytes(WRITERS[writer](words))
    made = check_script("CIFAR", tmp_path)
    assert whole(made, "label").tolist() == fine * 2
    assert whole(made, "coarse").tolist() == coarse * 2
    assert made.schema is not None
    assert made.schema.fields["label"].words[99] == "f99"
    assert made.schema.fields["coarse"].words[19] == "c19"
    assert next(each.layer.id for each in candidates(tmp_path)) == "CIFAR"


class Evil:
    """Would make a file where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.file),)


@pytest.mark.parametrize("number", range(6))
def test_a_pickle_that_wants_to_run_something_is_refused_by_name(tmp_path: Path, number: int) -> None:
    """Fails if anything of a stranger's pickle is run, or the refusal does not say file and reason."""
    write_ten(tmp_path, python2)
    made = tmp_path / "made"
    (tmp_path / "data_batch_3").write_bytes(pickle.dumps({b"data": Evil(made)}, number))
    with pytest.raises(NoData, match=r"data_batch_3 is not read. It wants to run \w+.mkdir"):
        schema("CIFAR", tmp_path)
    (tmp_path / "data_batch_3").unlink()
    (tmp_path / "batches.meta").write_bytes(pickle.dumps([Evil(made)], number))
    with pytest.raises(NoData, match=r"batches.meta is not read. It wants to run \w+.mkdir"):
        schema("CIFAR", tmp_path)
    assert not made.exists()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"cnumpy.core.multiarray\nscalar\n.", "wants to run numpy.core.multiarray.scalar"),
        (b"cbuiltins\neval\n.", "wants to run builtins.eval"),
        (b"c__builtin__\neval\n.", "wants to run"),
        (b"cnumpy\nload\n.", "wants to run numpy.load"),
        (b"\x80\x04\x8c\x05numpy\x8c\x11core.ndarray.data\x93.", "wants to run"),
        (b"\x80\x02\x82\x01.", "by a number"),
        (b"P1\n.", "another file"),
        (b"", "cut off"),
        (b"\x80\x02}(", "cut off"),
        (b"not a pickle", "It "),
        (b"\x80\x02" + b"(" * 5000 + b"t" * 5000 + b".", "nested too deeply"),
        (b"\x80\x02r\xff\xff\xff\xff.", "It "),
        (b"\x80\x02]r\xff\xff\xff\xff0h\x00.", "It "),
        (b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x00abc.", "It "),
        (pickle.dumps(np.array([{}], object)), "array"),
        (pickle.dumps(np.array(["a"])), "array of U1"),
        (pickle.dumps(np.zeros(3, "c16")), "array of c16"),
        (pickle.dumps(np.zeros(2, [("a", "u1")])), "array"),
        (pickle.dumps({"a": {1, 2}}), "something else"),
    ],
)
def test_strange_pickles_are_a_sentence(data: bytes, reason: str) -> None:
    """Fails if a damaged or hostile pickle is anything else than one sentence, or asks for the memory it names."""
    with pytest.raises(PickleRefused, match=reason) as caught:
        plain(data)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("number", range(6))
def test_arrays_come_out_as_they_went_in(number: int) -> None:
    """Fails if order, byte order or type of an array is lost on the way."""
    for array in (
        np.arange(6, dtype=">i4").reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([True, False]),
        np.float16([0.5, 2]),
    ):
        back = plain(pickle.dumps({"a": [array]}, number))["a"][0]
        assert back.dtype == array.dtype
        assert np.array_equal(back, array)


def test_a_file_that_was_cut_off_is_a_sentence_with_a_choice(tmp_path: Path) -> None:
    """Fails if the end of a binary file is read as a picture, or one bad file cannot be used."""
    write_binary(tmp_path, False)
    file = tmp_path / "data_batch_2.bin"
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(NoData, match=r"data_batch_2.bin is cut off: behind 7 pictures there are 2,073 bytes"):
        schema("CIFAR", tmp_path)
    assert check_script("CIFAR", tmp_path, incomplete="use what is there").length == 47
    file.write_bytes(b"abc")
    with pytest.raises(NoData, match="less than one picture"):
        schema("CIFAR", tmp_path)


def test_other_numbers_of_labels_are_a_sentence_with_a_choice(tmp_path: Path) -> None:
    """Fails if pictures get the labels of others."""
    write_ten(tmp_path, python2)
    values = {b"data": pixels(8, 0), b"labels": [1, 2, 3]}
    (tmp_path / "data_batch_1").write_bytes(python2(values))
    with pytest.raises(NoData, match="data_batch_1 has 8 pictures and 3 labels"):
        schema("CIFAR", tmp_path)
    assert check_script("CIFAR", tmp_path, incomplete="use what is there").length == 43


@pytest.mark.parametrize(
    "values", [{}, [], {b"data": 3, b"labels": [1]}, {b"data": pixels(2, 0)}, {b"data": pixels(2, 0), b"labels": "ab"}]
)
def test_pickles_of_something_else_are_a_sentence(tmp_path: Path, values: Any) -> None:
    """Fails if a file with other entries than CIFAR's ends in a traceback."""
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(values))
    with pytest.raises(NoData, match="data_batch_1"):
        schema("CIFAR", tmp_path)


def test_a_folder_without_them_is_a_sentence(tmp_path: Path) -> None:
    """Fails if an empty folder is a traceback, or folders called train and test are taken for CIFAR-100."""
    with pytest.raises(NoData, match="holds none of CIFAR's files"):
        schema("CIFAR", tmp_path)
    (tmp_path / "train").mkdir()
    (tmp_path / "test").mkdir()
    assert "CIFAR" not in [each.layer.id for each in candidates(tmp_path)]
