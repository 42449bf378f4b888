"""What cannot be read: a sentence that says what it is and what helps, soon, and never anything run or waited for."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy
import numpy as np
import pytest
from PIL import Image

from app.cli.main import run
from app.data.refusals import why_not
from app.data.source_looks import schema_of
from app.data.understanding import candidates, understand
from nodes.api import NoData
from nodes.api.registry import find
from tests.data.test_idx import write_mnist


def refused(path: Path) -> str:
    """The sentence that says why a path cannot be read."""
    with pytest.raises(NoData) as error:
        next(understand(path))
    return str(error.value)


def jpeg() -> bytes:
    made = io.BytesIO()
    Image.fromarray(numpy.zeros((8, 8, 3), numpy.uint8)).save(made, "JPEG")
    return made.getvalue()


class Runs:
    """Writes a file as soon as it is unpickled."""

    def __init__(self, where: Path) -> None:
        self.where = where

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.where),)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", ["empty.csv is empty (0 bytes)", "Get it again"]),
        ("blank.csv", b" \n\n  \n", ["nothing but blanks"]),
        ("noise.csv", bytes(range(256)) * 20, ["no text", "zero byte at 0", "UTF-8"]),
        ("verse.txt", b"", ["verse.txt is empty (0 bytes)"]),
        (
            "aligned.data",
            b"words that stand\n  below no other words at all\nand more\n",
            ["no columns were found", "comma", "CSV"],
        ),
        ("page.csv", b"<!DOCTYPE html><html><body>404</body></html>\n", ["page of the web", "Get it again"]),
        ("film.mp4", bytes(range(1, 200)), ["video in one file", "ffmpeg"]),
        ("photo.heic", b"\0\0\0 ftypheic", ["HEIC", "PNG or JPEG"]),
        ("paper.pdf", b"%PDF-1.7", ["document"]),
        ("data.7z", b"7z\xbc\xaf", ["packed", "Unpack"]),
        ("half.parquet", b"not one", ["no Parquet file"]),
        ("half.zip", b"PK\3\4 and no more", ["half.zip is cut off, or no zip file"]),
        ("weights.pt", b"PK\3\4", ["torch"]),
        ("train-images-idx3-ubyte", b"\0\0\x08\x03\0\0", ["cut off in its first bytes", "Get it again"]),
    ],
)
def test_a_file_says_what_it_is_and_what_helps(tmp_path: Path, name: str, content: bytes, words: list[str]) -> None:
    """Fails if a file that nothing reads is refused without its name, a reason or a remedy."""
    path = tmp_path / name
    path.write_bytes(content)
    said = refused(path)
    assert name in said
    for word in words:
        assert word in said
    assert said.endswith(".") or "ffmpeg" in said


def test_a_pickle_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    """Fails if looking at a pickle runs what is in it, or it is called something unknown."""
    where = tmp_path / "run"
    for name in ("data.pkl", "data.pickle", "data", "model.joblib", "data.pt"):
        path = tmp_path / name
        path.write_bytes(pickle.dumps(Runs(where)))
        assert "could run anything" in refused(path) or "torch" in refused(path)
    assert not where.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a pipe, alone, as a setting, or among pictures, keeps the program waiting for what never comes."""
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    assert "no ordinary file" in refused(pipe)
    for id in ("Table", "Pictures", "IDX", "ArrayFiles"):
        layer = find(id)
        assert layer is not None
        with pytest.raises(NoData, match="no ordinary file"):
            schema_of(layer, layer.settings({**layer.defaults(), "path": str(pipe)}))
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(4):
            (tmp_path / "set" / name / f"{number}.jpg").write_bytes(jpeg())
    os.mkfifo(tmp_path / "set" / "a" / "pipe.jpg")
    assert run(["data", str(tmp_path / "set")]) == 0
    said = capsys.readouterr().out
    assert "8 pictures in 2 classes" in said
    assert "a/pipe.jpg: it is no ordinary file" in said


@pytest.mark.parametrize(("name", "what"), [("a.jpg", "JPEG picture"), ("B.PNG", "PNG picture"), ("c.webp", "WebP")])
def test_a_file_that_is_not_what_its_name_says(tmp_path: Path, name: str, what: str) -> None:
    """Fails if a picture that is none is refused without a reason."""
    path = tmp_path / name
    path.write_text("hello")
    assert f"{name} is no {what}" in refused(path)
    assert "whatever its name says" in refused(path)


def test_an_array_of_objects_is_named_once(tmp_path: Path) -> None:
    """Fails if the sentence is clumsy, or objects of a file are made."""
    np.save(tmp_path / "evil.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    layer = find("ArrayFiles")
    assert layer is not None
    with pytest.raises(NoData, match=r"^evil\.npy holds Python objects, which could run anything"):
        schema_of(layer, layer.settings({**layer.defaults(), "path": str(tmp_path / "evil.npy")}))


def test_a_folder_says_what_it_holds_instead(tmp_path: Path) -> None:
    """Fails if an empty folder, empty folders in a folder, and other files sound the same."""
    assert f"{tmp_path.name} is empty" in refused(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert "nothing but empty folders" in refused(tmp_path)
    (tmp_path / "a" / "film.mp4").write_bytes(b"1")
    (tmp_path / "a" / "other.mp4").write_bytes(b"1")
    (tmp_path / ".DS_Store").write_bytes(b"1")
    said = refused(tmp_path)
    assert "2 files .mp4" in said
    assert "1 file of the system" in said


def test_the_one_table_in_a_folder_is_read_and_of_two_one_is_asked_for(tmp_path: Path) -> None:
    """Fails if a folder with a table and a note beside it is refused, or one of two tables is taken in silence."""
    text = "a,b,y\n" + "".join(f"{n},{n * n},{'pq'[n % 2]}\n" for n in range(20))
    (tmp_path / "train.csv").write_text(text)
    (tmp_path / "LICENSE").write_bytes(b"free")
    (found, *_) = candidates(tmp_path)
    assert found.layer.id == "Table"
    assert found.settings["path"] == str(tmp_path / "train.csv")
    (tmp_path / "other.csv").write_text(text)
    assert "2 files that can be read: other.csv, train.csv. Choose one." in refused(tmp_path)


def test_a_zip_file_without_samples_says_what_is_in_it(tmp_path: Path) -> None:
    """Fails if several packed tables are called unreadable without a way out."""
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.csv", "a,b\n1,2\n")
        archive.writestr("more.csv", "a,b\n1,2\n")
    assert "data.csv, more.csv. Unpack it first." in refused(path)
    with zipfile.ZipFile(path, "w"):
        pass
    assert "empty zip file" in refused(path)


def test_no_permission_is_a_sentence_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a locked folder or file is a traceback, or is called missing."""
    real = Path.iterdir

    def locked(self: Path) -> Any:
        if self == tmp_path:
            raise PermissionError(13, "Permission denied", str(self))
        return real(self)

    monkeypatch.setattr(Path, "iterdir", locked)
    said = refused(tmp_path)
    assert "Permission denied" in said
    assert "Ask for permission" in said


def test_what_is_surer_is_not_given_up_in_silence(tmp_path: Path) -> None:
    """Fails if a table that cannot be read is read as something else, and nobody is told why."""
    pixels = ",".join(f"pixel{n}" for n in range(64))
    rows = "".join(f"{'x' if n >= 5 else n % 3},{','.join(['7'] * 63)},{n}\n" for n in range(20))
    path = tmp_path / "train.csv"
    path.write_text(f"label,{pixels}\n{rows}")
    tried = list(understand(path))
    assert tried[0].schema is None
    read = next(each for each in tried if each.schema is not None)
    assert read.layer.id == "Table"
    assert read.schema is not None
    assert read.schema.remarks[0].startswith("As Pixel table (CSV) it cannot be read: ")
    assert "Line 7 of train.csv" in read.schema.remarks[0]


def test_a_choice_stands_beside_the_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if what would make data readable is only told in words, or does not make it readable."""
    write_mnist(tmp_path)
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-1000])
    found = next(understand(tmp_path))
    assert found.schema is None
    ((label, setting, value),) = found.choices
    assert "promises 40 samples and holds 38" in found.trouble
    assert schema_of(found.layer, {**found.settings, setting: value}).parts == {"train": 38, "test": 20}
    assert run(["data", str(tmp_path)]) == 1
    assert f"Choices: {label} (--set 'incomplete=use what is there')" in capsys.readouterr().err
    assert run(["data", str(tmp_path), "--set", "incomplete=use what is there"]) == 0


def test_formats_of_other_programs_say_how_to_save_them(tmp_path: Path) -> None:
    """Fails if MATLAB 4 is called no MATLAB file, or ARFF and Feather are refused without a way out."""
    import polars
    from scipy.io import savemat

    old = tmp_path / "old.mat"
    savemat(old, {"x": np.arange(12.0).reshape(3, 4)}, format="4")
    assert "MATLAB file of version 4" in refused(old)
    assert "'-v7'" in refused(old)
    false = tmp_path / "false.mat"
    false.write_bytes(b"no array at all, but some words of a text")
    assert "is no file of MATLAB" in refused(false)
    weka = tmp_path / "iris.arff"
    weka.write_text("@relation iris\n@attribute a numeric\n@data\n1\n")
    assert "Save it as CSV" in refused(weka)
    for name in ("a.feather", "b"):
        polars.DataFrame({"a": [1, 2]}).write_ipc(tmp_path / name)
        assert "Parquet or CSV" in refused(tmp_path / name)


def test_files_of_a_training_are_no_data_and_it_says_what_to_do_with_them(tmp_path: Path, capsys: Any) -> None:
    """Fails if a run is a folder with three tables to choose from, or a drawing is called unreadable."""
    rows = "".join(f"{number},{number % 3},{('up', 'down')[number % 2]}\n" for number in range(40))
    (tmp_path / "t.csv").write_text("a,b,kind\n" + rows)
    drawing, folder = tmp_path / "t.netloom", tmp_path / "trained"
    assert run(["start", str(tmp_path / "t.csv"), "-o", str(drawing)]) == 0
    assert run(["train", str(drawing), "--out", str(folder), "--epochs", "1"]) == 0
    assert "netloom evaluate trained" in refused(folder)
    assert "is a drawing and no data" in refused(drawing)
    assert "holds the weights of a net" in refused(folder / "weights.safetensors")
    capsys.readouterr()
    for command in (["data", ""], ["start", "", "-o", "x.netloom"], ["predict", str(folder), ""]):
        assert run(command) == 2  # and not this folder, as Path("") would be
        assert "An empty path was given." in capsys.readouterr().err


def test_the_folder_of_a_contest_is_its_table_for_training(tmp_path: Path) -> None:
    """Fails if Titanic's folder is refused, its description is read as the data, or the other files go in silence."""
    rows = "".join(f"{n},{n % 2},{n * 7 % 30}.5,{'SCQ'[n % 3]}\n" for n in range(60))
    (tmp_path / "train.csv").write_text(f"PassengerId,Survived,Fare,Embarked\n{rows}")
    rows = "".join(f"{n},{n * 7 % 30}.5,{'SCQ'[n % 3]}\n" for n in range(60, 80))
    (tmp_path / "test.csv").write_text(f"PassengerId,Fare,Embarked\n{rows}")
    answers = "".join(f"{n},0\n" for n in range(60, 80))
    (tmp_path / "gender_submission.csv").write_text(f"PassengerId,Survived\n{answers}")
    (tmp_path / "data_description.txt").write_text("Survived: 0 = No, 1 = Yes\n\nFare: what was paid\n" * 5)
    found = next(understand(tmp_path))
    assert found.layer.id == "Table"
    assert found.settings["path"] == str(tmp_path / "train.csv")
    assert found.schema is not None
    assert found.schema.aims == ("Survived",)
    said = f"Of the folder {tmp_path.name[:40]}"
    (remark,) = [each for each in found.schema.remarks if each.startswith(said[:20])]
    assert remark.endswith("train.csv is read; data_description.txt, gender_submission.csv, test.csv are not")


def test_what_lies_beside_the_only_data_of_a_folder_is_named(tmp_path: Path) -> None:
    """Fails if a long description beside one table takes its place, or goes unmentioned."""
    (tmp_path / "rooms.csv").write_text("Rooms,Sold\n" + "".join(f"{n % 7},{'yn'[n % 3 > 0]}\n" for n in range(60)))
    (tmp_path / "about.pdf").write_bytes(b"%PDF-1.4 how many rooms there are")
    (tmp_path / ".DS_Store").write_bytes(b"0")
    found = next(understand(tmp_path))
    assert found.layer.id == "Table"
    assert found.schema is not None
    assert found.schema.remarks[-1].endswith("rooms.csv is read; about.pdf is not")


@pytest.mark.parametrize("inner", ["", "download/"])
@pytest.mark.parametrize("kind", ["pictures", "table", "arrays"])
def test_a_description_is_never_taken_for_what_it_describes(tmp_path: Path, inner: str, kind: str) -> None:
    """Fails if README.txt beside a zip file or an array becomes a text to train on, or the only folder of a folder is
    not looked into."""
    place = tmp_path / "in" / inner
    place.mkdir(parents=True)
    (place / "README.txt").write_text("These are data of animals.\nPlease cite us in your work.\n" * 4)
    name = {"pictures": "animals.zip", "table": "data.zip", "arrays": "data.npz"}[kind]
    if kind == "arrays":
        np.savez(place / name, x=np.random.default_rng(1).random((40, 8)), y=np.arange(40) % 3)
    else:
        with zipfile.ZipFile(place / name, "w") as packed:
            if kind == "table":
                packed.writestr("data.csv", "a,y\n" + "".join(f"{n % 9},{'pq'[n % 2]}\n" for n in range(40)))
            for n in range(8 if kind == "pictures" else 0):
                file = io.BytesIO()
                Image.new("RGB", (8, 8), (n * 20, 0, 0)).save(file, "png")
                packed.writestr(f"animals/{'ab'[n % 2]}/{n}.png", file.getvalue())
    found = next(understand(tmp_path / "in"))
    assert found.layer.id == {"pictures": "Pictures", "table": "Table", "arrays": "ArrayFiles"}[kind]
    assert found.schema is not None
    assert found.schema.samples == (8 if kind == "pictures" else 40)
    assert any(each.endswith(f"{name} is read; README.txt is not") for each in found.schema.remarks)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "d.sqlite",
            b"SQLite format 3\0" + b"\1" * 90,
            "data base of SQLite, which is not read. Save one of its tables",
        ),
        ("d.db", b"SQLite format 3\0" + b"\1" * 90, "data base of SQLite"),
        ("a.dta", b"<stata_dta>\1\0", "table of Stata, which is not read. Save its table as CSV, in pandas with"),
        ("a.libsvm", b"1 1:0.5 3:2\n", "load_svmlight_file"),
        ("a.mid", b"MThd\0\0", "MIDI notes and no sound"),
    ],
)
def test_data_of_other_programs_say_what_they_are_and_the_way_out(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    """Fails if a known kind of data is called nothing, without a way to make it readable."""
    (tmp_path / name).write_bytes(content)
    assert said in refused(tmp_path / name)


def test_names_of_classes_are_no_data_beside_what_they_name(tmp_path: Path) -> None:
    """Fails if class_names.txt of STL-10 is read as a text to learn, beside train_X.bin of megabytes."""
    for name in ("train_X.bin", "train_y.bin"):
        (tmp_path / name).write_bytes(bytes(20_000))
    (tmp_path / "class_names.txt").write_text("airplane bird car cat deer dog horse monkey ship truck\n" * 2)
    assert "2 files .bin" in refused(tmp_path)


def test_many_tables_in_folders_say_what_helps(tmp_path: Path) -> None:
    """Fails if a folder of recordings, one table each, is said to hold nothing that is read."""
    for name in ("shake", "circle"):
        (tmp_path / name).mkdir()
        for number in range(3):
            (tmp_path / name / f"{number}.csv").write_text("ax,ay\n" + "1.5,2\n3,4\n" * 9)
    assert "6 tables or texts (.csv) in several folders" in refused(tmp_path)


def test_the_web_page_that_a_portal_calls_excel_says_how_to_save_it(tmp_path: Path) -> None:
    """Fails if an export.xls of HTML, which Excel opens, is called a failed download."""
    (tmp_path / "export.xls").write_text("<html><body><table><tr><td>a</td></tr></table></body></html>")
    assert "Open it in Excel or LibreOffice and save it as .xlsx or CSV" in refused(tmp_path / "export.xls")


def test_a_folder_of_videos_says_how_their_frames_are_read(tmp_path: Path) -> None:
    """Fails if class folders of .mp4 are said to hold nothing, without a way out."""
    for name in ("run", "walk"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    assert "The frames of a video are read as pictures from a folder: ffmpeg" in refused(tmp_path)


def test_the_table_of_the_uci_archive_is_read_beside_its_names(tmp_path: Path) -> None:
    """Fails if a folder of adult.data, adult.names and adult.test is said to hold nothing."""
    (tmp_path / "adult.data").write_text(
        "".join(f"{20 + n}, Private, {'<=50K' if n % 4 else '>50K'}\n" for n in range(40))
    )
    (tmp_path / "adult.names").write_text("age: continuous.\n")
    (tmp_path / "adult.test").write_text("|1x3 Cross validator\n25, Private, <=50K.\n")
    found = next(understand(tmp_path))
    assert found.layer.id == "Table"
    assert found.schema is not None
    assert found.schema.samples == 40
    assert found.schema.remarks[-1].endswith("adult.data is read; adult.names, adult.test are not")


def test_a_long_text_is_read_whatever_lies_beside_it(tmp_path: Path) -> None:
    """Fails if a book is taken for a description of the much larger files of weights beside it, and refused."""
    (tmp_path / "input.txt").write_text("It was a day like many others.\n" * 3_000)
    for number in range(3):
        (tmp_path / f"model{number}.pt").write_bytes(bytes([128, 2, 9]) * 400_000)
    found = next(understand(tmp_path))
    assert found.layer.id == "TextFile"


def test_a_folder_that_is_called_as_strokes_is_looked_past(tmp_path: Path) -> None:
    """Fails if a folder called x.ndjson is opened as a file, so that the folder around it is said to be unreadable."""
    (tmp_path / "x.ndjson").mkdir()
    (tmp_path / "x.ndjson" / "a.xyz").write_bytes(b"\0\1\2")
    assert why_not(tmp_path).endswith("but 1 file .xyz.")


def test_strokes_of_the_pen_are_a_sentence_with_the_way_out(tmp_path: Path) -> None:
    """Fails if the .ndjson files of QuickDraw become tables whose only feature is the number of the drawing."""
    line = '{"word":"cat","countrycode":"VE","recognized":true,"key_id":"52","drawing":[[[130,113],[72,40]]]}\n'
    for word in ("cat", "dog"):
        (tmp_path / f"full_simplified_{word}.ndjson").write_text(line * 20)
    for path in (tmp_path, tmp_path / "full_simplified_cat.ndjson"):
        said = refused(path)
        assert "full_simplified_cat.ndjson" in said
        assert "holds drawings as strokes of the pen" in said
        assert "numpy_bitmap" in said


def test_a_table_under_another_ending_is_told_how_it_is_called(tmp_path: Path) -> None:
    """Fails if adult.test, chosen alone, is said to be nothing that can be read."""
    file = tmp_path / "adult.test"
    file.write_text("|1x3 Cross validator\n" + "25, Private, 226802, <=50K.\n38, Private, 89814, >50K.\n" * 10)
    assert refused(file) == (
        "adult.test is a text with 4 columns, whose ending does not say so. Rename it so that it ends in .csv."
    )
