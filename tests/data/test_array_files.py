"""Arrays in the files of NumPy, MATLAB and HDF5, and what is told from their names, sizes and types."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from scipy.io import savemat

from app.data.understanding import candidates
from nodes.api import Feed, NoData
from nodes.api.registry import find
from nodes.api.schema import Unreadable
from nodes.reading import stores
from nodes.reading.roles import paired
from tests.support.file_sources import check_script, feed, guess, schema, settings_of_choices, whole

RANDOM = np.random.default_rng(3)
PIXELS = RANDOM.integers(0, 256, (12, 8, 8, 3)).astype("u1")
LABELS = np.arange(12) % 4
NUMBERS = RANDOM.normal(size=(12, 5))


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["x", "y"], [("x", "y", "")]),
        (["labels", "images"], [("images", "labels", "")]),
        (["X_train", "y_train", "X_test", "y_test"], [("X_train", "y_train", "train"), ("X_test", "y_test", "test")]),
        (["x_test", "x_train", "y_train", "y_test"], [("x_train", "y_train", "train"), ("x_test", "y_test", "test")]),
        (["Xtr", "Ytr", "Xte", "Yte"], [("Xtr", "Ytr", "train"), ("Xte", "Yte", "test")]),
        (["trainX", "trainY"], [("trainX", "trainY", "train")]),
        (["train_images", "train_labels", "val_images", "val_labels"],
         [("train_images", "train_labels", "train"), ("val_images", "val_labels", "validation")]),
        (["train/x", "train/y", "test/x", "test/y"], [("train/x", "train/y", "train"), ("test/x", "test/y", "test")]),
        (["arr_0", "arr_1"], [("arr_0", "arr_1", "")]),
        (["data", "target", "feature_names"], [("data", "target", "")]),
        (["spectra"], [("spectra", "", "")]),
        (["spectra", "labels"], [("spectra", "labels", "")]),
        (["taxes", "hay"], [("taxes", "", "")]),
    ],
)  # fmt: skip
def test_names_say_what_arrays_are(names: list[str], pairs: list[tuple[str, str, str]]) -> None:
    """Fails if a usual way to name arrays is not understood, or `taxes` is taken for an x."""
    assert paired(names) == pairs


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_with_parts(tmp_path: Path, save: Any) -> None:
    """Fails if parts, colours, bytes or labels of the usual npz file come out otherwise."""
    file = tmp_path / "mnist.npz"
    save(file, x_train=PIXELS[:9], y_train=LABELS[:9], x_test=PIXELS[9:], y_test=LABELS[9:])
    made = check_script("ArrayFiles", file)
    assert made.schema is not None
    assert made.schema.parts == {"train": 9, "test": 3}
    assert made.schema.noun == ("picture", "pictures")
    assert torch.equal(whole(made, "x"), torch.from_numpy(PIXELS.transpose(0, 3, 1, 2).astype("f4")) / 255)
    assert whole(made, "y").tolist() == LABELS.tolist()
    assert guess(made.schema, "layout").chosen == "channels last"
    assert made.name_of(9) == "number 0 of x_test"
    for setting, value in settings_of_choices(made.schema):
        check_script("ArrayFiles", file, **{setting: value})
    stored = whole(check_script("ArrayFiles", file, layout="as stored", scale="as stored"), "x")
    assert torch.equal(stored, torch.from_numpy(PIXELS.astype("f4")))


@pytest.mark.parametrize("kind", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", ">f4", ">u2", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_type_and_order_of_npy_is_read_from_its_file(tmp_path: Path, kind: str, order: Any) -> None:
    """Fails if torch refuses a type of numpy's (uint16, big-endian), or a map is read as a whole."""
    values = np.asarray((NUMBERS * 20).clip(0), kind, order=order)
    file = tmp_path / "numbers.npy"
    np.save(file, values)
    made = check_script("ArrayFiles", file)
    assert torch.equal(whole(made, "x"), torch.from_numpy(values.astype("f4")))
    assert all(isinstance(piece, np.memmap) for piece in made.fields["x"]._pieces)


def test_a_folder_of_npy_and_a_file_with_others_beside_it(tmp_path: Path) -> None:
    """Fails if x_train.npy is read without its labels, or a file of another name brings strangers along."""
    parts = {"x_train": NUMBERS[:8], "y_train": LABELS[:8], "x_test": NUMBERS[8:], "y_test": LABELS[8:]}
    for name, values in parts.items():
        np.save(tmp_path / f"{name}.npy", values)
    np.save(tmp_path / "other.npy", NUMBERS)
    for path in (tmp_path, tmp_path / "x_train.npy"):
        made = check_script("ArrayFiles", path)
        assert made.schema is not None
        assert made.schema.parts == {"train": 8, "test": 4}
        assert whole(made, "y").tolist() == LABELS.tolist()
    alone = feed("ArrayFiles", tmp_path / "other.npy")
    assert alone.fields.keys() == {"x"}
    assert next(each.layer.id for each in candidates(tmp_path)) == "ArrayFiles"


@pytest.mark.parametrize(
    ("targets", "chosen", "sizes"),
    [
        (LABELS, "classes", ()),
        (LABELS.astype("u1")[:, None], "classes", ()),
        (LABELS.astype("f8"), "classes", ()),
        (np.eye(4)[LABELS], "classes", ()),
        (np.eye(4, dtype="u1")[LABELS], "classes", ()),
        (LABELS > 1, "classes", ()),
        (LABELS * 3 - 3, "classes", ()),
        (np.array(["cat", "dog", "emu", "cat"])[LABELS], None, ()),
        (np.array([b"cat", b"dog", b"emu", b"cat"])[LABELS], None, ()),
        (NUMBERS[:, 0], None, None),
        (NUMBERS[:, :2], None, (2,)),
        (NUMBERS[:, :1], None, (1,)),
    ],
    ids=str,
)
def test_what_targets_are_is_guessed_and_said(tmp_path: Path, targets: Any, chosen: Any, sizes: Any) -> None:
    """Fails if classes in some usual form are read as numbers, numbers as classes, or nobody is told."""
    file = tmp_path / "some.npz"
    np.savez(file, x=NUMBERS, y=targets)
    made = check_script("ArrayFiles", file)
    told = made.schema
    assert told is not None
    field = told.fields["y"]
    if sizes == ():
        assert field.dtype == "int"
        flat = targets.argmax(1) if targets.ndim == 2 and targets.shape[1] > 1 else targets.reshape(-1)
        expected = np.unique(flat, return_inverse=True)[1]
        assert whole(made, "y").tolist() == expected.tolist()
    else:
        assert field == type(field)(sizes or ())
        np.testing.assert_allclose(whole(made, "y"), targets, rtol=1e-6)
    if chosen is not None:
        assert guess(told, "kind").chosen == chosen
        np.testing.assert_allclose(whole(feed("ArrayFiles", file, kind="numbers"), "y"), targets, rtol=1e-6)


def test_whole_numbers_may_be_tokens(tmp_path: Path) -> None:
    """Fails if token numbers can only be read as floats, or there are fewer tokens than the highest says."""
    file = tmp_path / "some.npz"
    tokens = np.arange(60).reshape(12, 5) % 17
    np.savez(file, x=tokens, y=LABELS)
    assert guess(schema("ArrayFiles", file), "values").chosen == "numbers"
    made = check_script("ArrayFiles", file, values="tokens")
    assert made.schema is not None
    assert made.schema.fields["x"].classes == 17
    assert whole(made, "x").tolist() == tokens.tolist()
    np.savez(file, x=tokens - 1, y=LABELS)
    del made
    with pytest.raises(NoData, match="there are -1 to 15"):
        schema("ArrayFiles", file, values="tokens")


def test_arrays_can_be_named(tmp_path: Path) -> None:
    """Fails if a wrong guess of x and y cannot be mended, or other arrays are passed over in silence."""
    file = tmp_path / "some.npz"
    np.savez(file, first=NUMBERS, second=NUMBERS * 2, third=LABELS)
    told = schema("ArrayFiles", file)
    assert told.fields.keys() == {"x"}
    assert told.remarks == ("Also in there: second, third",)
    assert {value for _, value in guess(told, "targets").choices} == {"none", "first", "second", "third"}
    made = check_script("ArrayFiles", file, inputs="second", targets="third")
    assert torch.equal(whole(made, "x"), torch.from_numpy((NUMBERS * 2).astype("f4")))
    with pytest.raises(NoData, match=r"no array 'fourth' for inputs. There are: first, second, third"):
        schema("ArrayFiles", file, inputs="fourth")


def test_two_arrays_with_names_that_say_nothing(tmp_path: Path) -> None:
    """Fails if a table with a number for each row is read without its target, the target is guessed without being
    asked about, or one of two tables of rows is taken for a target."""
    file = tmp_path / "own.npz"
    for names in (("a", "b"), ("b", "a")):  # in either order
        np.savez(file, **{name: NUMBERS if name == "a" else LABELS for name in names})
        told = schema("ArrayFiles", file)
        assert {name: field.sizes for name, field in told.fields.items()} == {"x": (5,), "y": ()}
        assert guess(told, "targets").chosen == "b"
        assert whole(feed("ArrayFiles", file), "y").tolist() == LABELS.tolist()
    alone = schema("ArrayFiles", file, targets="none")
    assert alone.fields.keys() == {"x"}
    np.savez(file, a=NUMBERS, b=NUMBERS * 2)
    assert schema("ArrayFiles", file).fields.keys() == {"x"}


def mat73(file: Path, **arrays: Any) -> None:
    """A file as MATLAB 7.3 writes it: axes reversed, a class by name, 512 bytes of its own in front."""
    with h5py.File(file, "w", userblock_size=512) as content:
        for name, values in arrays.items():
            data = content.create_dataset(name, data=np.asarray(values).T)
            data.attrs["MATLAB_class"] = np.bytes_("double")
        empty = content.create_dataset("nothing", data=np.array([0, 0], "u8"))
        empty.attrs["MATLAB_empty"] = np.uint8(1)
        word = content.create_dataset("word", data=np.array([[104], [105]], "u2"))
        word.attrs["MATLAB_class"] = np.bytes_("char")
        cells = content.create_dataset("cells", (1, 1), h5py.ref_dtype)
        cells[0, 0] = content["word"].ref
        group = content.create_group("#refs#")
        group.create_dataset("a", data=np.zeros((3, 3)))
    with file.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


@pytest.mark.parametrize("version", ["5", "5 packed", "7.3", "7.3 by pieces"])
def test_house_numbers_of_matlab(tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the samples of (rows, columns, colours, n) are taken along another axis, pictures come out turned, or a
    ten stays a ten without a word."""
    stored = np.asfortranarray(PIXELS.transpose(1, 2, 3, 0))
    labels = (np.arange(12) % 10 + 1)[:, None]
    file = tmp_path / "train_32x32.mat"
    if version.startswith("5"):
        savemat(file, {"X": stored, "y": labels}, do_compression="packed" in version)
    else:
        mat73(file, X=stored, y=labels)
    if "pieces" in version:
        monkeypatch.setattr(stores, "MOST_H5", 100)
    made = check_script("ArrayFiles", file)
    assert made.schema is not None
    assert torch.equal(whole(made, "x"), torch.from_numpy(PIXELS.transpose(0, 3, 1, 2).astype("f4")) / 255)
    assert whole(made, "y").tolist() == (labels[:, 0] % 10).tolist()
    assert made.schema.words == tuple("0123456789")
    assert guess(made.schema, "zero").chosen == "10 is 0"
    again = torch.tensor([7, 7, 0])
    assert torch.equal(made.at(again, None, ["x"])["x"], whole(made, "x")[again])
    ten = check_script("ArrayFiles", file, zero="as stored")
    assert whole(ten, "y").tolist() == (labels[:, 0] - 1).tolist()


@pytest.mark.parametrize("write", [savemat, lambda file, values: mat73(file, **values)], ids=["5", "7.3"])
@pytest.mark.parametrize("shape", [(12, 1), (1, 12)])
def test_tables_of_matlab(tmp_path: Path, write: Any, shape: tuple[int, int]) -> None:
    """Fails if one row of targets is not the same as one column, in numbers or in classes."""
    write(tmp_path / "a.mat", {"X": NUMBERS, "y": NUMBERS[:, 0].reshape(shape)})
    made = check_script("ArrayFiles", tmp_path / "a.mat")
    assert torch.equal(whole(made, "x"), torch.from_numpy(NUMBERS.astype("f4")))
    np.testing.assert_allclose(whole(made, "y").reshape(-1), NUMBERS[:, 0], rtol=1e-6)
    write(tmp_path / "b.mat", {"X": NUMBERS.T, "y": LABELS.astype("f8").reshape(shape)})
    made = check_script("ArrayFiles", tmp_path / "b.mat")
    assert torch.equal(whole(made, "x"), torch.from_numpy(NUMBERS.astype("f4")))
    assert whole(made, "y").tolist() == LABELS.tolist()


def test_what_else_is_in_a_matlab_file_is_named(tmp_path: Path) -> None:
    """Fails if texts, cells and empty arrays are dropped in silence or read as pictures."""
    mat73(tmp_path / "a.mat", X=NUMBERS)
    told = schema("ArrayFiles", tmp_path / "a.mat")
    assert {each.name for each in told.skipped} == {"nothing", "word", "cells"}
    savemat(tmp_path / "b.mat", {"X": NUMBERS, "word": "hi", "cells": np.array([1, "a"], object), "s": {"a": 1}})
    told = schema("ArrayFiles", tmp_path / "b.mat")
    assert {each.name for each in told.skipped} == {"word", "cells", "s"}


def test_a_missing_package_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a program without h5py ends in a traceback, or does not say what to run."""
    mat73(tmp_path / "a.mat", X=NUMBERS)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(NoData, match=r"a.mat is a MATLAB file of version 7.3, .* Run: pip install netloom\[data\]"):
        schema("ArrayFiles", tmp_path / "a.mat")


def test_links_of_hdf5_lead_nowhere(tmp_path: Path) -> None:
    """Fails if a file from a stranger reads other files, or groups in a circle never end."""
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["x"] = np.ones((3, 3))
    with h5py.File(tmp_path / "a.h5", "w") as content:
        content["x"] = NUMBERS
        content["y"] = LABELS
        group = content.create_group("train")
        group["back"] = h5py.SoftLink("/")
        group["same"] = content
        content["out"] = h5py.ExternalLink("secret.h5", "x")
        space = h5py.VirtualLayout((3, 3), "f8")
        space[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "x", (3, 3))
        content.create_virtual_dataset("view", space)
    made = check_script("ArrayFiles", tmp_path / "a.h5")
    assert made.length == 12
    assert made.schema is not None
    assert [each.name.rpartition("/")[2] for each in made.schema.skipped] == ["view"]


class Ran:
    """Would raise where it is unpickled."""

    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit",)


@pytest.mark.parametrize("write", [np.save, lambda file, values: np.savez(file, x=values)], ids=["npy", "npz"])
def test_objects_are_refused_without_running_them(tmp_path: Path, write: Any) -> None:
    """Fails if a pickle inside of an array is run, or the refusal gives no reason."""
    file = tmp_path / f"a.np{'y' if write is np.save else 'z'}"
    write(file, np.array([Ran()], object))
    with pytest.raises(NoData, match="holds Python objects, which could run anything"):
        schema("ArrayFiles", file)
    assert next(each.layer.id for each in candidates(file)) == "ArrayFiles"


def write_damaged(folder: Path) -> dict[str, Path]:
    files = {
        name: folder / name for name in ("short.npy", "short.npz", "head.npy", "short.mat", "short73.mat", "a.npz")
    }
    np.save(files["short.npy"], NUMBERS)
    np.savez(files["short.npz"], x=NUMBERS)
    savemat(files["short.mat"], {"X": NUMBERS, "y": LABELS}, do_compression=True)
    mat73(files["short73.mat"], X=NUMBERS)
    for name in ("short.npy", "short.npz", "short.mat", "short73.mat"):
        files[name].write_bytes(files[name].read_bytes()[:-40])
    files["head.npy"].write_bytes(b"\x93NUMPY\x01\x00\xff\xff{'descr': __import__('os')}")
    with zipfile.ZipFile(files["a.npz"], "w") as archive:
        archive.writestr("readme.txt", "nothing")
    return files


@pytest.mark.parametrize("name", ["short.npy", "short.npz", "head.npy", "short.mat", "short73.mat", "a.npz"])
def test_a_damaged_file_is_a_sentence(tmp_path: Path, name: str) -> None:
    """Fails if a file that was cut off ends in the words of numpy, zipfile, scipy or h5py alone."""
    file = write_damaged(tmp_path)[name]
    with pytest.raises(NoData) as caught:
        feed("ArrayFiles", file)
    assert name in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_head_that_promises_terabytes_allocates_nothing(tmp_path: Path) -> None:
    """Fails if a small file makes the program ask for all the memory there is."""
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000, 3), }"
    text = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + head.ljust(117) + b"\n" + b"\0" * 64
    (tmp_path / "a.npy").write_bytes(text)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", text)
    for name in ("a.npy", "a.npz"):
        with pytest.raises(NoData, match="promises"):
            schema("ArrayFiles", tmp_path / name)


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": NUMBERS, "y": LABELS[:5]}, r"x has 12 samples \(12×5\) and y 5"),
        ({"x_train": NUMBERS, "x_test": PIXELS}, "The samples of x_test are 8×8×3 of uint8"),
        ({"x": NUMBERS[:0]}, "x in a.npz has no samples"),
        ({"x": NUMBERS * 1j}, "x in a.npz is of complex128"),
        ({"x": np.array(3)}, "x in a.npz has no samples"),
        ({"x": np.zeros(3, [("a", "u1")])}, "neither numbers nor texts"),
        ({"x": np.array(["a", "b"])}, "not real numbers"),
        ({}, "a.npz holds no arrays"),
    ],
)
def test_arrays_that_do_not_fit_are_a_sentence(tmp_path: Path, arrays: Any, sentence: str) -> None:
    """Fails if arrays that belong not together are joined, or refused without a reason."""
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(NoData, match=sentence):
        schema("ArrayFiles", tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"", b"text", b"\x80\x04N."])
@pytest.mark.parametrize("ending", ["npy", "npz", "mat", "h5", "pkl"])
def test_other_files_are_a_sentence(tmp_path: Path, content: bytes, ending: str) -> None:
    """Fails if a file of another kind under one of these names is a traceback."""
    file = tmp_path / f"a.{ending}"
    file.write_bytes(content)
    with pytest.raises(NoData) as caught:
        schema("ArrayFiles", file)
    assert str(caught.value).endswith(".")


def loaded(path: Path) -> Feed:
    """The data of a file, none of it read yet."""
    layer = find("ArrayFiles")
    assert layer is not None
    assert layer.source is not None
    assert layer.source.load is not None
    made = layer.source.load(**layer.settings({**layer.defaults(), "path": str(path)}))
    assert isinstance(made, Feed)
    return made


@pytest.mark.parametrize("save", ["npz", "npy"])
def test_samples_with_nan_or_inf_are_left_out_by_name(tmp_path: Path, save: str) -> None:
    """Fails if one value that is no number ends a training, or reaches the net; 1e300 is one to a float32, too."""
    x = np.random.default_rng(0).random((12, 3))
    x[2, 1], x[5, 0], x[7, 2] = np.nan, -np.inf, 1e300
    path = tmp_path / f"x_train.{save}"
    if save == "npz":
        np.savez(path, x=x, y=np.arange(12) % 2)
    else:
        np.save(path, x)
    made = loaded(path)
    with pytest.raises(Unreadable) as error:
        made.at(torch.arange(12), None, ["x"])
    assert sorted(error.value.samples) == [2, 5, 7]
    assert "umber 2 of x" in error.value.samples[2]
    assert path.name in error.value.samples[2]
    assert "nan" in error.value.samples[2]
    assert "-inf" in error.value.samples[5]
    good = torch.tensor([0, 1, 3, 4])
    assert torch.equal(made.at(good, None, ["x"])["x"], torch.tensor(x[good.numpy()], dtype=torch.float32))


def test_targets_that_are_no_numbers_are_left_out_by_name(tmp_path: Path) -> None:
    """Fails if a target of nan makes the loss nan."""
    y = np.arange(12) + 0.5
    y[4] = np.nan
    np.savez(tmp_path / "data.npz", x=np.ones((12, 3)), y=y)
    made = loaded(tmp_path / "data.npz")
    with pytest.raises(Unreadable) as error:
        made.at(torch.arange(12), None, ["y"])
    assert list(error.value.samples) == [4]
    assert "target of number 4 of x in data.npz" in error.value.samples[4]


def test_a_mat_file_that_lost_its_end_is_a_sentence(tmp_path: Path) -> None:
    """Fails if scipy's silence is believed: it gives the arrays before the cut, and says nothing of the others."""
    path = tmp_path / "data.mat"
    savemat(path, {"X": np.ones((20, 3)), "y": np.arange(20)[:, None]})
    whole_file = path.read_bytes()
    for length in (len(whole_file) - 1, len(whole_file) - 150, 300):
        path.write_bytes(whole_file[:length])
        with pytest.raises(NoData, match=r"data.mat is cut off in its array number [12]"):
            schema("ArrayFiles", path)


def test_arrays_of_different_length_can_be_read_alone(tmp_path: Path) -> None:
    """Fails if the sentence has no choice, or the choice leads nowhere."""
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(0).random((20, 3)), y=np.arange(19))
    with pytest.raises(NoData) as error:
        schema("ArrayFiles", tmp_path / "data.npz")
    ((_, setting, value),) = error.value.choices
    assert schema("ArrayFiles", tmp_path / "data.npz", **{setting: value}).samples == 20


def test_a_part_without_labels_takes_no_labels_from_the_others(tmp_path: Path) -> None:
    """Fails if the hidden labels of a contest's test part leave the training part without its own."""
    file = tmp_path / "contest.npz"
    parts = {"X_train": NUMBERS[:6], "y_train": LABELS[:6], "X_valid": NUMBERS[6:8], "y_valid": LABELS[6:8]}
    np.savez(file, **parts, X_test=NUMBERS[8:])
    found = schema("ArrayFiles", file)
    assert dict(found.parts) == {"train": 6, "validation": 2}
    assert found.fields["y"].dtype == "int"
    assert "The array X_test has no labels, so it is left out: it is for Predict" in found.remarks


def test_names_with_set_in_them_say_what_an_array_is(tmp_path: Path) -> None:
    """Fails if train_set_x and train_set_y of the cats beside list_classes, which is first, are not x and y."""
    path = tmp_path / "train_catvnoncat.h5"
    random = np.random.default_rng(2)
    pictures, labels = random.integers(0, 255, (12, 8, 8, 3), np.uint8), np.arange(12) % 2
    with h5py.File(path, "w") as file:
        file["list_classes"] = np.array([b"non-cat", b"cat"])
        file["train_set_x"], file["train_set_y"] = pictures, labels
    made = feed("ArrayFiles", path)
    assert torch.equal(whole(made, "y"), torch.from_numpy(labels))
    assert torch.allclose(whole(made, "x"), torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255)
