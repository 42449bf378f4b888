"""Labels of pictures that stand in a table beside them: ``metadata.csv``, ``labels.csv`` and their like."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from app.data.understanding import understand
from nodes.api import NoData
from nodes.reading import cache
from tests.data.test_pictures import guess, labels, picture, read, seen, skipped, zipped


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.csv", "file_name,label\na.png,cat\nb.png,dog\nc.png,cat\n"),
        ("labels.csv", "\ufeffid;class\r\na;cat\r\nb;dog\r\nc;cat\r\n"),
        ("labels.tsv", "other\timage\ttarget\nx\t./a.png\tcat\ny\tb.png\tdog\nz\tc.png\tcat\n"),
        (
            "metadata.jsonl",
            '{"file_name": "a.png", "label": "cat"}\n{"file_name": "b.png", "label": "dog"}\n'
            '{"file_name": "c.png", "label": "cat"}\n',
        ),
        ("whatever.csv", "filename,weather\na.png,cat\nb.png,dog\nc.png,cat\n"),
    ],
)
def test_a_table_says_the_classes(tmp_path: Path, name: str, text: str) -> None:
    """Fails if the imagefolder convention, a semicolon, a BOM or names without an ending are not understood."""
    for value, stem in enumerate("abcd"):
        picture(tmp_path / "d" / f"{stem}.png", value)
    (tmp_path / "d" / name).write_text(text, encoding="utf-8")
    for path in (tmp_path / "d", zipped(tmp_path / "d", tmp_path / "d.zip")):
        schema = seen(path)
        assert schema.fields["label"].classes == ("cat", "dog")
        assert schema.fields["label"].counts == (2, 1)
        assert "table" in skipped(schema)["d.png"]
        assert guess(schema, "classes").chosen == "table"
        assert labels(path) == {"a.png": "cat", "b.png": "dog", "c.png": "cat"}
        assert list(seen(path, classes="none").fields) == ["image"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("meta/list.csv", "filename,fold,category\na.png,1,cat\nb.png,2,dog\nc.png,1,cat\n"),
        ("train.csv", "x:image,y:label\n./im/a.png,cat\n./im/b.png,dog\n./im/c.png,cat\n"),
    ],
)
def test_a_table_beside_the_folder_of_pictures(tmp_path: Path, name: str, text: str) -> None:
    """Fails if a table in a folder of its own, or with the header of the Neural Network Console, is passed over."""
    for value, stem in enumerate("abc"):
        picture(tmp_path / "im" / f"{stem}.png", value)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert seen(tmp_path).fields["label"].classes == ("cat", "dog")
    assert labels(tmp_path) == {"im/a.png": "cat", "im/b.png": "dog", "im/c.png": "cat"}


def test_a_table_elsewhere_that_names_few_is_no_table_of_labels(tmp_path: Path) -> None:
    """Fails if a table in another folder that names two of six pictures takes the classes from their folders."""
    for number in range(6):
        picture(tmp_path / "im" / "cd"[number % 2] / f"{number}.png", number)
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "some.csv").write_text("file_name,label\n0.png,a\n1.png,b\n")
    assert seen(tmp_path).fields["label"].classes == ("c", "d")


def test_a_table_in_each_part(tmp_path: Path) -> None:
    """Fails if the tables of train and test are not each read beside their pictures."""
    for part, words in (("train", "cat dog cat"), ("test", "dog cat dog")):
        for number, word in enumerate(words.split()):
            picture(tmp_path / part / "images" / f"{number}.png", number + len(part))
            with (tmp_path / part / "metadata.csv").open("a") as file:
                file.write("file_name,label\n" if number == 0 else "")
                file.write(f"images/{number}.png,{word}\n")
    schema = seen(tmp_path)
    assert (schema.words, dict(schema.parts)) == (("cat", "dog"), {"train": 3, "test": 3})
    assert labels(tmp_path)["test/images/0.png"] == "dog"


def test_rows_that_name_nothing_or_lead_outside_are_told(tmp_path: Path) -> None:
    """Fails if a row without a file, without a label or with a path out of the folder is dropped in silence."""
    for stem in "abc":
        picture(tmp_path / f"{stem}.png", ord(stem))
    (tmp_path / "labels.csv").write_text("file,label\na.png,x\nb.png,y\nz.png,x\nc.png,\n../../e.png,x\na.png,y\n")
    reasons = skipped(seen(tmp_path))
    assert "not there" in reasons["labels.csv, row 4"]
    assert "no label" in reasons["labels.csv, row 5"]
    assert "leads out" in reasons["labels.csv, row 6"]
    assert "again" in reasons["labels.csv, row 7"]
    assert labels(tmp_path) == {"a.png": "x", "b.png": "y"}


def test_an_example_of_answers_is_no_table_of_labels(tmp_path: Path) -> None:
    """Fails if a list that names a few test pictures by number takes the classes from all others."""
    for number in range(1, 7):
        picture(tmp_path / "train" / ("cat" if number % 2 else "dog") / f"{number}.png", number)
    for number in range(7, 10):
        picture(tmp_path / "test" / f"{number}.png", number)
    (tmp_path / "sample_submission.csv").write_text("id,label\n7,0\n8,0\n9,0\n")
    schema = seen(tmp_path)
    assert (schema.words, dict(schema.parts)) == (("cat", "dog"), {"train": 6})
    assert "not read" in skipped(schema)["sample_submission.csv"]


def test_numbers_in_a_table_are_asked_about(tmp_path: Path) -> None:
    """Fails if ratings are guessed silently, or measured values become classes."""
    for number in range(4):
        picture(tmp_path / f"{number}.png", number)
    (tmp_path / "labels.csv").write_text("file,label\n" + "".join(f"{n}.png,{n % 2 + 1}\n" for n in range(4)))
    assert guess(seen(tmp_path), "labels").chosen == "classes"
    assert seen(tmp_path, labels="numbers").fields["label"].sizes == (1,)
    (tmp_path / "labels.csv").write_text("file,label\n" + "".join(f"{n}.png,{n / 2}\n" for n in range(4)))
    assert guess(seen(tmp_path), "labels").chosen == "numbers"
    _, values = read(tmp_path)
    assert values["label"].tolist() == [[0.0], [0.5], [1.0], [1.5]]


def test_a_column_of_parts_is_read(tmp_path: Path) -> None:
    """Fails if a table's own split is not taken."""
    for number in range(4):
        picture(tmp_path / f"{number}.png", number)
    rows = "0.png,a,train\n1.png,b,train\n2.png,a,test\n3.png,b,val\n"
    (tmp_path / "labels.csv").write_text("file,label,split\n" + rows)
    assert dict(seen(tmp_path).parts) == {"train": 2, "validation": 1, "test": 1}


def test_labels_that_are_no_numbers_among_numbers_are_left_out_by_row(tmp_path: Path) -> None:
    """Fails if nan and inf become classes of their own, or are told twice."""
    lines = ["filename,label"]
    for number in range(12):
        Image.new("RGB", (8, 8), (number, 0, 0)).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{ {3: 'nan', 7: '-inf'}.get(number, number + 0.5) }")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    (found, *_) = understand(tmp_path)
    schema = found.schema
    assert schema is not None
    assert schema.samples == 10
    assert not schema.fields["label"].classes
    assert [each.name for each in schema.skipped] == ["labels.csv, row 5", "labels.csv, row 9"]
    assert schema.skipped[0].reason == "gives 3.png nan, which is no number."


def test_tables_of_labels_as_they_are_handed_out(tmp_path: Path) -> None:
    """Fails if the columns of HAM10000 (dx) or GTSRB (Path, ClassId, a table for each part) are not found, or where a
    table says a class as number and as word (ESC-50), the number is shown."""
    for number in range(12):
        picture(tmp_path / "ham" / f"ISIC_{number:07}.png", 5 * number)
        picture(tmp_path / "signs" / "all" / f"{number:05}.png", 5 * number)
        picture(tmp_path / "esc" / f"1-{number}.png", 5 * number)
    rows = "".join(f"HAM_{n},ISIC_{n:07},{['bkl', 'mel'][n % 2]},histo,{40 + n}.0,back\n" for n in range(12))
    (tmp_path / "ham" / "HAM10000_metadata.csv").write_text(f"lesion_id,image_id,dx,dx_type,age,where\n{rows}")
    assert seen(tmp_path / "ham").words == ("bkl", "mel")
    for part, numbers in (("Train", range(8)), ("Test", range(8, 12))):
        rows = "".join(f"30,{n % 3},all/{n:05}.png\n" for n in numbers)
        (tmp_path / "signs" / f"{part}.csv").write_text(f"Width,ClassId,Path\n{rows}")
    signs = seen(tmp_path / "signs")
    assert (signs.words, dict(signs.parts)) == (("0", "1", "2"), {"train": 8, "test": 4})
    rows = "".join(f"1-{n}.png,{n % 5},{n % 2},{['dog', 'rain'][n % 2]}\n" for n in range(12))
    (tmp_path / "esc" / "esc50.csv").write_text(f"filename,fold,target,category\n{rows}")
    assert seen(tmp_path / "esc").words == ("dog", "rain")


def test_a_table_without_labels_is_not_said_to_have_them(tmp_path: Path) -> None:
    """Fails if it is said where the labels stand though none are read."""
    for number in range(12):
        picture(tmp_path / f"{number}.png", 5 * number)
    rows = "".join(f"{n}.png,{2 * (n % 2) - 1},{2 * (n % 3 // 2) - 1}\n" for n in range(12))
    (tmp_path / "attributes.csv").write_text(f"image_id,smiling,young\n{rows}")
    schema = seen(tmp_path)
    assert list(schema.fields) == ["image"]
    assert guess(schema, "classes").sentence == "attributes.csv names the pictures, but no column is a label."


def test_a_table_may_write_names_in_other_capitals(tmp_path: Path) -> None:
    """Fails if img_3.jpg in a table made elsewhere does not name IMG_3.JPG, or one of two such files is guessed."""
    for number in range(4):
        picture(tmp_path / f"IMG_{number}.PNG", 40 * number)
    picture(tmp_path / "img_0.png", 200)
    rows = "".join(f"Img_{number}.png,{'ab'[number % 2]}\n" for number in range(4))
    (tmp_path / "labels.csv").write_text(f"file,class\n{rows}")
    schema = seen(tmp_path)
    assert (schema.samples, schema.words) == (3, ("a", "b"))
    assert skipped(schema)["labels.csv, row 2"] == "names Img_0.png, which is not there."


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("meta.csv", "file,camera,width\n{n},{c},8\n"),
        ("flags.csv", "filename,flash,outdoor\n{n},{a},{b}\n"),
        ("files.csv", "name,size,hash\n{n},1{a},h{b}\n"),
    ],
    ids=["few words", "0 and 1", "no label"],
)
def test_folders_are_the_classes_beside_a_table_without_labels(tmp_path: Path, name: str, text: str) -> None:
    """Fails if cat and dog are no classes any more because a table beside them tells of cameras, flags or sizes."""
    head, line = text.splitlines()
    lines = [head]
    for number in range(12):
        word = "cd"[number % 2]
        picture(tmp_path / word / f"{number}.png", number)
        values = {"n": f"{word}/{number}.png", "c": "kn"[number // 3 % 2], "a": 1 - number // 4 % 2, "b": number // 6}
        lines.append(line.format(**values))
    (tmp_path / name).write_text("\n".join(lines))
    schema = seen(tmp_path)
    assert schema.fields["label"].classes == ("c", "d")
    assert guess(schema, "classes").chosen == "folders"
    assert schema.samples == 12


def marks(folder: Path) -> list[list[int]]:
    """Pictures in the way of CelebA, with three marks of -1 and 1 each."""
    rows = [[1 if number % step == 0 else -1 for step in (2, 3, 4)] for number in range(12)]
    for number in range(12):
        picture(folder / "img_align_celeba" / f"{number:06}.jpg", 15 * number)
    return rows


@pytest.mark.parametrize("name", ["list_attr_celeba.txt", "list_attr_celeba.csv"])
def test_the_column_of_labels_is_one_click_away(tmp_path: Path, name: str) -> None:
    """Fails if the marks of CelebA cannot be chosen as label, a count in the first line is a header, or another list
    beside them takes their place."""
    rows = marks(tmp_path)
    names = [f"{number:06}.jpg" for number in range(12)]
    if name.endswith("txt"):
        head = "12\nSmiling Young Bald \n"
        body = [f"{file} " + "".join(f"{value:3d}" for value in row) for file, row in zip(names, rows)]
    else:
        head = "image_id,Smiling,Young,Bald\n"
        body = [",".join([file, *map(str, row)]) for file, row in zip(names, rows)]
    (tmp_path / name).write_text(head + "\n".join(body) + "\n")
    (tmp_path / "README.txt").write_text("Faces of people.\n")
    schema = seen(tmp_path)
    assert list(schema.fields) == ["image"]
    asked = guess(schema, "column")
    assert asked.sentence == f"3 columns of {name} can be the label; none is read."
    assert asked.chosen == "none"
    assert [value for _, value in asked.choices] == ["smiling", "young", "bald", "none"]
    for place, column in enumerate(("smiling", "young", "bald")):
        told = seen(tmp_path, column=column)
        assert told.fields["label"].classes == ("-1", "1")
        assert guess(told, "column").chosen == column
        expected = {f"img_align_celeba/{file}": str(row[place]) for file, row in zip(names, rows)}
        assert labels(tmp_path, column=column) == expected
    assert guess(seen(tmp_path, column="Young"), "labels").chosen == "classes"
    assert "README.txt" in skipped(schema)
    assert name not in skipped(schema)
    with pytest.raises(NoData, match="No table there has a column 'hair'"):
        seen(tmp_path, column="hair")


def test_a_list_without_names_of_columns(tmp_path: Path) -> None:
    """Fails if the first row of `a.png 0` becomes a header, or a list takes the classes from folders."""
    for number in range(8):
        picture(tmp_path / "flat" / f"{number}.png", 30 * number)
        picture(tmp_path / "sorted" / "cd"[number % 2] / f"{number}.png", 30 * number)
    (tmp_path / "flat" / "labels.txt").write_text("".join(f"{n}.png {n % 3}\n" for n in range(8)))
    assert labels(tmp_path / "flat") == {f"{n}.png": str(n % 3) for n in range(8)}
    (tmp_path / "sorted" / "train.txt").write_text("".join(f"{'cd'[n % 2]}/{n}.png {n % 2}\n" for n in range(8)))
    assert seen(tmp_path / "sorted").words == ("c", "d")
    assert "lies beside" in skipped(seen(tmp_path / "sorted"))["train.txt"]


def test_another_column_than_the_one_that_was_guessed(tmp_path: Path) -> None:
    """Fails if of several columns only the first can be the label."""
    for number in range(12):
        picture(tmp_path / f"{number}.png", 20 * number)
    rows = "".join(f"{n}.png,{'ab'[n % 2]},{'xyz'[n % 3]},{n / 2}\n" for n in range(12))
    (tmp_path / "labels.csv").write_text(f"file,class,weather,Depth\n{rows}")
    asked = guess(seen(tmp_path), "column")
    assert (asked.sentence, asked.chosen) == ("The label is the column class of labels.csv.", "class")
    assert labels(tmp_path, column="weather") == {f"{n}.png": "xyz"[n % 3] for n in range(12)}
    _, values = read(tmp_path, column="depth")
    assert sorted(values["label"][:, 0].tolist()) == [n / 2 for n in range(12)]
    assert list(seen(tmp_path, column="none").fields) == ["image"]


def test_marks_that_most_pictures_have_several_of_are_no_classes(tmp_path: Path) -> None:
    """Fails if a table of marks from 0 to 1 leaves out each picture with two of them."""
    for number in range(12):
        picture(tmp_path / f"{number}.png", 20 * number)
    rows = "".join(f"{n}.png,1,{n % 2},{int(n % 3 > 0)}\n" for n in range(12))
    (tmp_path / "marks.csv").write_text(f"file,indoor,day,snow\n{rows}")
    schema = seen(tmp_path)
    assert schema.samples == 12
    assert guess(schema, "column").chosen == "none"
    assert labels(tmp_path, column="snow") == {f"{n}.png": str(int(n % 3 > 0)) for n in range(12)}
