"""Arrays that several files hold together, in the layouts in which public sets are handed out: the UCI HAR data,
QuickDraw, SVHN, and the archives of time series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from scipy.io import savemat

from app.data.understanding import candidates
from nodes.api import NoData
from tests.support.file_sources import check_script, guess, schema, settings_of_choices, whole

RANDOM = np.random.default_rng(5)
ACTIVITIES = ("WALKING", "WALKING_UPSTAIRS", "WALKING_DOWNSTAIRS", "SITTING", "STANDING", "LAYING")
CHANNELS = [f"{kind}_{axis}" for kind in ("body_acc", "body_gyro", "total_acc") for axis in "xyz"]


def rows_of(values: Any) -> str:
    return "".join("".join(f" {value: .7e}" for value in row) + "\n" for row in values)


def activities(root: Path) -> dict[str, Any]:
    """The folder of the UCI HAR data with few features, and what was written."""
    folder = root / "UCI HAR Dataset"
    folder.mkdir()
    (folder / "activity_labels.txt").write_text("".join(f"{n} {word}\n" for n, word in enumerate(ACTIVITIES, 1)))
    # As in the original, three features have the same name.
    (folder / "features.txt").write_text(
        "1 tBodyAcc-mean()-X\n2 fBodyAcc-bandsEnergy()-1,8\n3 fBodyAcc-bandsEnergy()-1,8\n"
    )
    (folder / "features_info.txt").write_text("Feature Selection\n=================\n\nThe features come.\n")
    (folder / "README.txt").write_text("Human Activity Recognition Using Smartphones Dataset\n")
    made: dict[str, Any] = {}
    for part, count in (("train", 24), ("test", 12)):
        place = folder / part
        (place / "Inertial Signals").mkdir(parents=True)
        x, y = RANDOM.normal(size=(count, 3)), np.arange(count) % 6 + 1
        signals = RANDOM.normal(size=(len(CHANNELS), count, 16))
        (place / f"X_{part}.txt").write_text(rows_of(x))
        (place / f"y_{part}.txt").write_text("".join(f"{value}\n" for value in y))
        (place / f"subject_{part}.txt").write_text("".join(f"{1 + n // 6}\n" for n in range(count)))
        for name, values in zip(CHANNELS, signals):
            (place / "Inertial Signals" / f"{name}_{part}.txt").write_text(rows_of(values))
        made[part] = x, y, signals
    return made


def test_the_folder_of_activities_is_its_signals_in_two_parts(tmp_path: Path) -> None:
    """Fails if the test part is mixed in, the channels come in another order, a person's samples can be torn apart,
    or the activities are called 1 to 6."""
    made = activities(tmp_path)
    folder = tmp_path / "UCI HAR Dataset"
    found = candidates(folder)[0]
    assert found.layer.id == "ArrayFiles"
    read = check_script("ArrayFiles", folder)
    told = read.schema
    assert told is not None
    assert told.parts == {"train": 24, "test": 12}
    assert told.groups == "subject"
    assert told.fields["y"].words == ACTIVITIES
    assert told.fields["x"].names == tuple(CHANNELS)
    assert whole(read, "y").tolist() == [n % 6 for n in range(24)] + [n % 6 for n in range(12)]
    signals = np.concatenate([made[part][2] for part in ("train", "test")], 1)
    assert torch.allclose(whole(read, "x"), torch.from_numpy(signals).float().permute(1, 2, 0), atol=1e-6)
    assert read.groups.tolist() == [1 + n // 6 for n in range(24)] + [1 + n // 6 for n in range(12)]
    assert guess(told, "inputs").chosen == "signals"


def test_the_computed_features_can_be_chosen_and_have_their_names(tmp_path: Path) -> None:
    """Fails if the other choice loses the test part, or the names of features that stand several times in the list
    are not told apart."""
    made = activities(tmp_path)
    folder = tmp_path / "UCI HAR Dataset"
    for setting, value in settings_of_choices(schema("ArrayFiles", folder)):
        check_script("ArrayFiles", folder, **{setting: value})
    read = check_script("ArrayFiles", folder, inputs="x")
    assert read.schema is not None
    assert read.schema.parts == {"train": 24, "test": 12}
    assert read.schema.fields["x"].names[1:] == ("fBodyAcc-bandsEnergy()-1,8 (2)", "fBodyAcc-bandsEnergy()-1,8 (3)")
    both = np.concatenate([made["train"][0], made["test"][0]])
    assert torch.allclose(whole(read, "x"), torch.from_numpy(both).float(), atol=1e-6)
    assert read.name_of(24) == "number 0 of test/x"
    # The file with the features is these, too, and a part alone is all there is.
    alone = candidates(folder / "train" / "X_train.txt")[0]
    assert schema("ArrayFiles", Path(alone.settings["path"])).parts == {"train": 24, "test": 12}
    assert schema("ArrayFiles", folder / "train" / "X_train.txt").fields["x"].sizes == (3,)
    held = schema("ArrayFiles", folder / "test")
    assert (held.samples, held.parts, held.fields["y"].words) == (12, {}, ACTIVITIES)


def test_a_damaged_file_of_activities_is_named(tmp_path: Path) -> None:
    """Fails if a word among numbers, or a channel that lost its last rows, ends in a traceback or in other samples."""
    activities(tmp_path)
    folder = tmp_path / "UCI HAR Dataset"
    channel = folder / "train" / "Inertial Signals" / "body_acc_y_train.txt"
    kept = channel.read_text()
    channel.write_text("".join(kept.splitlines(True)[:-2]))
    with pytest.raises(NoData, match=r"body_acc_y_train.txt holds 22×16 numbers, and body_acc_x_train.txt 24×16"):
        check_script("ArrayFiles", folder)
    channel.write_text(kept)
    file = folder / "train" / "X_train.txt"
    lines = file.read_text().splitlines(True)
    file.write_text("".join([*lines[:5], " 1.0 oops 2.0\n", *lines[6:]]))
    with pytest.raises(NoData, match=r"X_train.txt does not hold equal rows of numbers: .*oops.* row 5"):
        check_script("ArrayFiles", folder, inputs="x")
    (folder / "train" / "y_train.txt").write_text("1\n2\n")
    with pytest.raises(NoData, match="24 samples"):
        check_script("ArrayFiles", folder)


@pytest.mark.parametrize("index", [False, True])
def test_tables_of_inputs_and_targets_beside_each_other(tmp_path: Path, index: bool) -> None:
    """Fails if X_train.csv and y_train.csv, as scikit-learn's courses save them, are four tables without a way to use
    them together; or the row numbers that pandas writes go in."""
    pd = pytest.importorskip("pandas")
    values = RANDOM.normal(size=(20, 2)).astype("f4")
    words = np.array(["setosa", "virginica"])[np.arange(20) % 2]
    for part, rows in (("train", slice(0, 15)), ("test", slice(15, 20))):
        pd.DataFrame(values[rows], columns=["length", "width"]).to_csv(tmp_path / f"X_{part}.csv", index=index)
        pd.DataFrame({"species": words[rows]}).to_csv(tmp_path / f"y_{part}.csv", index=index)
    assert candidates(tmp_path)[0].layer.id == "ArrayFiles"
    read = check_script("ArrayFiles", tmp_path)
    assert read.schema is not None
    assert read.schema.parts == {"train": 15, "test": 5}
    assert read.schema.fields["x"].names == ("length", "width")
    assert read.schema.fields["y"].words == ("setosa", "virginica")
    assert torch.allclose(whole(read, "x"), torch.from_numpy(values))
    assert whole(read, "y").tolist() == [n % 2 for n in range(20)]


def test_drawings_with_a_file_for_each_class(tmp_path: Path) -> None:
    """Fails if the files of QuickDraw are no classes, the rows of 784 bytes no pictures, or their order changes."""
    bytes_of = {}
    for word in ("cat", "dog", "The Eiffel Tower"):
        bytes_of[word] = RANDOM.integers(0, 256, (7, 784)).astype("u1")
        np.save(tmp_path / f"full_numpy_bitmap_{word}.npy", bytes_of[word])
    assert candidates(tmp_path)[0].layer.id == "ArrayFiles"
    read = check_script("ArrayFiles", tmp_path)
    assert read.schema is not None
    assert read.schema.noun == ("picture", "pictures")
    assert read.schema.fields["y"].words == ("The Eiffel Tower", "cat", "dog")
    every = np.concatenate([bytes_of[word] for word in sorted(bytes_of)]).reshape(-1, 1, 28, 28)
    assert torch.equal(whole(read, "x"), torch.from_numpy(every).float() / 255)
    assert whole(read, "y").tolist() == [0] * 7 + [1] * 7 + [2] * 7
    assert schema("ArrayFiles", tmp_path, targets="none").fields.keys() == {"x"}


def test_numbered_arrays_are_no_classes(tmp_path: Path) -> None:
    """Fails if batch_1.npy and batch_2.npy, or arrays called as parts, are taken for classes."""
    for name in ("batch_1", "batch_2"):
        np.save(tmp_path / f"{name}.npy", np.zeros((3, 4)))
    assert not [each for each in candidates_or_none(tmp_path) if each.layer.id == "ArrayFiles"]
    np.save(tmp_path / "cat.npy", np.zeros((3, 4)))
    np.save(tmp_path / "dog.npy", np.zeros((3, 5)))
    (tmp_path / "batch_1.npy").unlink()
    (tmp_path / "batch_2.npy").unlink()
    with pytest.raises(NoData, match=r"dog.npy has samples of another size or kind than cat.npy"):
        schema("ArrayFiles", tmp_path)


def test_arrays_that_are_chosen_by_name_are_no_classes(tmp_path: Path) -> None:
    """Fails if a drawing that names its arrays in a folder, as before a file could be a class, is refused or reads
    the bytes of its rows as pictures."""
    counts, spectra = RANDOM.normal(size=(12, 3)).astype("f4"), RANDOM.integers(0, 256, (12, 100)).astype("u1")
    np.save(tmp_path / "concentrations.npy", counts)
    np.save(tmp_path / "spectra.npy", spectra)
    read = check_script("ArrayFiles", tmp_path, inputs="spectra", targets="concentrations")
    assert read.schema is not None
    assert read.schema.fields["x"].sizes == (100,)
    assert not [remark for remark in read.schema.remarks if "class" in remark]
    assert torch.equal(whole(read, "y"), torch.from_numpy(counts))


def test_arrays_called_as_inputs_count_before_tables_beside_them(tmp_path: Path) -> None:
    """Fails if x_train.npy is not read any more because somebody has saved the same as x_train.csv, too."""
    for part, count in (("train", 9), ("test", 6)):
        np.save(tmp_path / f"x_{part}.npy", np.full((count, 4), 7.0))
        np.save(tmp_path / f"y_{part}.npy", np.arange(count) % 3)
        np.savetxt(tmp_path / f"x_{part}.csv", np.zeros((count, 2)), delimiter=",")
        np.savetxt(tmp_path / f"y_{part}.csv", np.arange(count) % 3)
    read = check_script("ArrayFiles", tmp_path)
    assert read.schema is not None
    assert read.schema.parts == {"train": 9, "test": 6}
    assert whole(read, "x").unique().tolist() == [7.0]
    assert whole(check_script("ArrayFiles", tmp_path, inputs="x_train", targets="y_train"), "x").shape == (9, 4)


@pytest.mark.parametrize("blank", ["\n\n", "\n\n\n", "\r\n\r\n", " \n", "\t\n \n"])
def test_blank_lines_are_no_samples(tmp_path: Path, blank: str) -> None:
    """Fails if blank lines within or at the end of a file are counted, so that its inputs do not fit their labels."""
    values = RANDOM.normal(size=(6, 3))
    end = "\r\n" if "\r" in blank else "\n"
    rows = [line.strip() for line in rows_of(values).splitlines()]
    (tmp_path / "X_train.txt").write_bytes((end.join([*rows[:4], blank, *rows[4:]]) + end + blank).encode())
    (tmp_path / "y_train.txt").write_text("1\n2\n1\n2\n1\n2")
    read = check_script("ArrayFiles", tmp_path)
    assert torch.allclose(whole(read, "x"), torch.from_numpy(values).float())


def candidates_or_none(path: Path) -> list[Any]:
    try:
        return candidates(path)
    except NoData:
        return []


def test_house_numbers_in_their_three_files(tmp_path: Path) -> None:
    """Fails if the test file of SVHN is left aside, or mixed into what is learned."""
    pictures, labels = {}, {}
    for part in ("train", "test", "extra"):
        pictures[part] = RANDOM.integers(0, 256, (32, 32, 3, 20)).astype("u1")
        labels[part] = (np.arange(20) % 10 + 1).astype("u1")[:, None]
        savemat(tmp_path / f"{part}_32x32.mat", {"X": pictures[part], "y": labels[part]}, do_compression=True)
    assert candidates(tmp_path)[0].layer.id == "ArrayFiles"
    read = check_script("ArrayFiles", tmp_path)
    assert read.schema is not None
    assert read.schema.parts == {"train": 20, "test": 20}
    assert [each.name for each in read.schema.skipped] == ["extra_32x32.mat"]
    both = np.concatenate([pictures["train"], pictures["test"]], 3).transpose(3, 2, 0, 1)
    assert torch.equal(whole(read, "x"), torch.from_numpy(both).float() / 255)
    assert whole(read, "y").tolist() == [(n % 10 + 1) % 10 for n in range(20)] * 2


def test_cats_in_two_files_of_hdf5(tmp_path: Path) -> None:
    """Fails if train_catvnoncat.h5 and test_catvnoncat.h5, as a well-known course hands them out, have to be chosen
    one by one."""
    for part, count in (("train", 6), ("test", 4)):
        with h5py.File(tmp_path / f"{part}_catvnoncat.h5", "w") as file:
            file[f"{part}_set_x"] = RANDOM.integers(0, 256, (count, 8, 8, 3)).astype("u1")
            file[f"{part}_set_y"] = np.arange(count) % 2
            file["list_classes"] = np.array([b"non-cat", b"cat"])
    read = check_script("ArrayFiles", tmp_path)
    assert read.schema is not None
    assert read.schema.parts == {"train": 6, "test": 4}
    assert read.schema.fields["x"].sizes == (3, 8, 8)


SERIES = RANDOM.normal(size=(9, 12, 3)).astype("f4")
HEAD = """#A comment
@problemName BasicMotions
@timeStamps false
@missing false
@univariate false
@dimensions 3
@equalLength true
@seriesLength 12
@classLabel true Standing Running
@data
"""


def cells(values: Any) -> str:
    return ",".join(f"{value:.9g}" for value in values)


def motions(folder: Path) -> None:
    for part, rows in (("TRAIN", slice(0, 6)), ("TEST", slice(6, 9))):
        lines = [
            ":".join([*(cells(channel) for channel in each.T), ("Standing", "Running")[number % 2]])
            for number, each in enumerate(SERIES[rows])
        ]
        (folder / f"BasicMotions_{part}.ts").write_text(HEAD + "\n".join(lines) + "\n")


@pytest.mark.parametrize("dropped", ["", "BasicMotions_TRAIN.ts", "BasicMotions_TEST.ts"])
def test_series_of_several_channels_in_both_parts(tmp_path: Path, dropped: str) -> None:
    """Fails if a .ts file of the UEA archive is not read, channels and steps change places, or the other file beside
    it does not become the held-out part."""
    motions(tmp_path)
    path = tmp_path / dropped
    assert candidates(path)[0].layer.id == "ArrayFiles"
    read = check_script("ArrayFiles", path)
    assert read.schema is not None
    assert read.schema.parts == {"train": 6, "test": 3}
    assert read.schema.fields["y"].words == ("Running", "Standing")
    assert torch.equal(whole(read, "x"), torch.from_numpy(SERIES))
    assert whole(read, "y").tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize(("ending", "between"), [("tsv", "\t"), ("txt", "  "), ("txt", ",")])
def test_series_of_one_channel_begin_with_their_class(tmp_path: Path, ending: str, between: str) -> None:
    """Fails if the files of the UCR archive are tables of 97 columns without the test part, or the class goes in."""
    for part, rows in (("TRAIN", slice(0, 6)), ("TEST", slice(6, 9))):
        text = "".join(
            between.join([str((-1, 1)[number % 2]), *(f"{value:.9g}" for value in each[:, 0])]) + "\n"
            for number, each in enumerate(SERIES[rows])
        )
        (tmp_path / f"ECG200_{part}.{ending}").write_text(text)
    (tmp_path / "README.md").write_text("ECG200\n")
    assert candidates(tmp_path)[0].layer.id == "ArrayFiles"
    read = check_script("ArrayFiles", tmp_path)
    assert read.schema is not None
    assert read.schema.parts == {"train": 6, "test": 3}
    assert read.schema.fields["y"].words == ("-1", "1")
    assert torch.equal(whole(read, "x"), torch.from_numpy(SERIES[:, :, :1]))


def test_series_of_different_length_and_with_gaps(tmp_path: Path) -> None:
    """Fails if the NaN behind short series, or a gap within one, goes into the net, or nothing is said of it."""
    (tmp_path / "Short_TRAIN.tsv").write_text("1\t" + "\t".join("123456789") + "\n2\t1\t2\tNaN\t4\t5\t6\t7\tNaN\tNaN\n")
    read = check_script("ArrayFiles", tmp_path / "Short_TRAIN.tsv")
    assert read.schema is not None
    assert read.schema.parts == {}
    assert whole(read, "x")[1, :, 0].tolist() == [1, 2, 3, 4, 5, 6, 7, 0, 0]
    assert read.schema.remarks == (
        "1 series ends before the longest, of 9 steps; what is missing is filled with 0",
        "1 series has gaps, which are filled along a straight line",
    )


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("@timeStamps false", "@timeStamps true", "holds a time beside each value"),
        ("@data", "@end", "has no line @data"),
        ("Running:", "Running:", ""),
    ],
)
def test_a_series_file_that_cannot_be_read_is_a_sentence(
    tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    """Fails if a damaged .ts file ends in a traceback, or the sentence does not name the file and the row."""
    motions(tmp_path)
    file = tmp_path / "BasicMotions_TRAIN.ts"
    text = file.read_text().replace(before, after)
    if not sentence:
        text, sentence = text.replace("\n" + cells(SERIES[1][:, 0])[:4], "\nabc"), "Row 12 of BasicMotions_TRAIN.ts"
    file.write_text(text)
    with pytest.raises(NoData, match=sentence):
        schema("ArrayFiles", tmp_path)


def test_a_row_with_a_label_alone_is_told(tmp_path: Path) -> None:
    """Fails if a row without values is said to have 1 channel, as all others do."""
    full = "1\t" + "\t".join("123456789") + "\n"
    (tmp_path / "Cut_TRAIN.tsv").write_text(full * 24 + "2\n")
    with pytest.raises(NoData, match=r"Series 25 of Cut_TRAIN.tsv has no values"):
        schema("ArrayFiles", tmp_path / "Cut_TRAIN.tsv")
