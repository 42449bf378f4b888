"""Pictures in folders and zip files: what is understood of them, and that they arrive as they are."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from app.core.compile.plan import PlanSource
from app.data import catalog, printed_functions
from app.data.source_looks import schema_of
from app.data.understanding import candidates, sentence_of, understand
from nodes.api import NoData, Schema, Unreadable
from nodes.api.registry import find, layers
from nodes.reading import cache, listing


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def picture(path: Path, value: int = 100, size: tuple[int, int] = (12, 10), mode: str = "RGB") -> Path:
    """A picture of one colour, with a number of its own, so that no two are the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode == "L" else (value, value // 2, 255 - value)).save(path)
    return path


def folders(root: Path, *names: str, each: int = 3, ending: str = "png") -> Path:
    value = 0
    for name in names:
        for number in range(each):
            value = (value + 7) % 256
            picture(root / name / f"{number}.{ending}", value)
    return root


def zipped(root: Path, file: Path, inside: str = "") -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                packed.write(path, f"{inside}{path.relative_to(root).as_posix()}")
    return file


def source_of(path: Path, settings: Mapping[str, Any], kind: str = "Pictures") -> PlanSource:
    layer = find(kind)
    assert layer is not None
    checked = layer.settings({**layer.defaults(), "path": str(path), **settings})
    return PlanSource("here", kind, checked, schema_of(layer, checked).shapes)


def seen(path: Path, kind: str = "Pictures", **settings: Any) -> Schema:
    layer = find(kind)
    assert layer is not None
    return schema_of(layer, layer.settings({**layer.defaults(), "path": str(path), **settings}))


def read(path: Path, kind: str = "Pictures", **settings: Any) -> tuple[Any, dict[str, torch.Tensor]]:
    source = source_of(path, settings, kind)
    feed = catalog.load(source)
    assert feed.length is not None
    return feed, dict(feed.at(torch.arange(feed.length), None, list(source.fields)))


def labels(path: Path, **settings: Any) -> dict[str, str]:
    """The class of each file by its name."""
    schema = seen(path, **settings)
    feed, values = read(path, **settings)
    return {feed.name_of(n): schema.words[int(values["label"][n])] for n in range(feed.length)}


def guess(schema: Schema, setting: str) -> Any:
    return next(each for each in schema.guesses if each.setting == setting)


def skipped(schema: Schema) -> dict[str, str]:
    return {each.name: each.reason for each in schema.skipped}


# -- folders -----------------------------------------------------------------------------------------------------------


def test_class_folders_are_classes(tmp_path: Path) -> None:
    """Fails if classes, counts or the order of classes (2 before 10) are others than the folders say."""
    folders(tmp_path, "10", "2", "cat", each=2)
    schema = seen(tmp_path)
    assert schema.fields["label"].classes == ("2", "10", "cat")
    assert schema.fields["label"].counts == (2, 2, 2)
    assert sentence_of(schema) == "6 pictures in 3 classes: 2, 10, cat."
    assert labels(tmp_path)["10/1.png"] == "10"


@pytest.mark.parametrize("inside", ["", "birds/", "outer/inner/"])
def test_a_zip_file_is_read_as_its_folder(tmp_path: Path, inside: str) -> None:
    """Fails if a zip file, or folders around everything in it, change classes, pictures or their order."""
    folders(tmp_path / "data", "train/cat", "train/dog", "test/cat", "test/dog")
    (tmp_path / "data" / "train" / ".DS_Store").write_bytes(b"x")
    packed = zipped(tmp_path / "data", tmp_path / "a.zip", inside)
    one, there = read(tmp_path / "data")
    other, packed_there = read(packed)
    assert torch.equal(there["image"], packed_there["image"])
    assert torch.equal(there["label"], packed_there["label"])
    assert {name: part.tolist() for name, part in one.parts.items()} == {n: p.tolist() for n, p in other.parts.items()}
    assert [one.name_of(n) for n in range(12)] == [other.name_of(n).removeprefix(inside) for n in range(12)]
    assert seen(packed).skipped_count == 1


def test_a_flat_folder_has_pictures_and_no_label(tmp_path: Path) -> None:
    """Fails if pictures without class folders get a class, or the field of one."""
    folders(tmp_path / "photos", "", each=4)
    schema = seen(tmp_path / "photos")
    assert list(schema.fields) == ["image"]
    assert schema.samples == 4
    packed = zipped(tmp_path / "photos", tmp_path / "p.zip", "photos/")
    assert list(seen(packed).fields) == ["image"]
    assert guess(seen(packed), "classes").chosen == "none"
    assert seen(packed, classes="folders").words == ("photos",)


def test_nested_folders_ask_which_level_is_the_class(tmp_path: Path) -> None:
    """Fails if the inner level cannot be had in one click, or the outer is not the usual one."""
    folders(tmp_path, "animal/cat", "animal/dog", "plant/oak")
    schema = seen(tmp_path)
    assert schema.words == ("animal", "plant")
    choices = dict(guess(schema, "classes").choices)
    assert seen(tmp_path, classes=choices["the innermost folders"]).words == ("cat", "dog", "oak")


def test_file_names_are_classes_only_if_asked(tmp_path: Path) -> None:
    """Fails if cat_12.png is given a class by itself, or the wrong one when asked."""
    for name in ("cat_1", "cat_12", "dog (3)", "dog.4", "red car-005", "sun"):
        picture(tmp_path / f"{name}.png", len(name))
    assert list(seen(tmp_path).fields) == ["image"]
    found = labels(tmp_path, classes="file names")
    assert found["dog.4.png"] == found["dog (3).png"] == "dog"
    assert seen(tmp_path, classes="file names").words == ("cat", "dog", "red car", "sun")


def test_names_that_are_numbers_are_no_classes_beside_words(tmp_path: Path) -> None:
    """Fails if each picture of a contest's test folder (7.jpg) becomes a class of its own beside cat.0 and dog.0."""
    for name in ("train/cat.0", "train/cat.1", "train/dog.0", "train/dog.1", "test1/7", "test1/8"):
        picture(tmp_path / f"{name}.png", len(name))
    schema = seen(tmp_path, classes="file names")
    assert (schema.words, schema.samples) == (("cat", "dog"), 4)
    assert skipped(schema)["test1/7.png"] == "has a number for a name, which says no class."


# -- parts -------------------------------------------------------------------------------------------------------------


def test_a_column_of_0_and_1_for_each_class_gives_the_class(tmp_path: Path) -> None:
    """Fails if the tables of Roboflow (_classes.csv) are read without the classes that stand in their header, or a
    picture of two classes is given one of them in silence."""
    for part, shift in (("train", 0), ("valid", 1)):
        for number in range(4):
            picture(tmp_path / part / f"{number}.png", 9 * number + shift)
        rows = "".join(f"{n}.png, {n % 2}, {1 - n % 2}\n" for n in range(3))
        (tmp_path / part / "_classes.csv").write_text(f"filename, cat, dog\n{rows}3.png, 1, 1\n")
    schema = seen(tmp_path)
    assert (schema.words, dict(schema.parts)) == (("cat", "dog"), {"train": 3, "validation": 3})
    assert labels(tmp_path)["train/1.png"] == "cat"
    assert skipped(schema)["train/_classes.csv, row 5"] == "gives 3.png several classes: cat, dog."


def test_folders_called_alike_but_for_the_part_are_parts(tmp_path: Path) -> None:
    """Fails if seg_train/seg_train/cat is read as a video or a class, or a class bullet_train as a part."""
    tops = ("seg_train/seg_train", "seg_test/seg_test")
    folders(tmp_path / "a", *(f"{top}/{word}" for top in tops for word in ("cat", "dog")), each=8)
    picture(tmp_path / "a" / "seg_pred" / "seg_pred" / "1.png", 3)
    assert next(understand(tmp_path / "a")).layer.id == "Pictures"
    schema = seen(tmp_path / "a")
    assert (schema.words, dict(schema.parts)) == (("cat", "dog"), {"train": 16, "test": 16})
    assert "seg_pred/seg_pred" in skipped(schema)
    folders(tmp_path / "b", "bullet_train", "steam_engine", "test_tube")
    assert seen(tmp_path / "b").words == ("bullet_train", "steam_engine", "test_tube")
    folders(tmp_path / "c", *(f"alphabet_{part}/{word}" for part in ("train", "test") for word in "AB"))
    assert seen(tmp_path / "c").words == ("A", "B")


@pytest.mark.parametrize(
    "names", [("train", "val", "test"), ("Train", "VALID", "Test"), ("training_set", "validation", "test1")]
)
def test_folders_of_parts_are_no_classes(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Fails if train and test are read as classes, in whatever spelling."""
    folders(tmp_path, *(f"{name}/{word}" for name in names for word in ("cat", "dog")), each=2)
    schema = seen(tmp_path)
    assert schema.words == ("cat", "dog")
    assert dict(schema.parts) == {"train": 4, "validation": 4, "test": 4}
    feed, values = read(tmp_path)
    for part, indices in feed.parts.items():
        assert len(indices) == 4, part
        assert sorted(values["label"][indices].tolist()) == [0, 0, 1, 1]
    assert guess(schema, "split").chosen == "parts"
    assert seen(tmp_path, split="classes").words == tuple(sorted(names, key=str.lower))
    one = seen(tmp_path, split="ignored")
    assert (one.words, dict(one.parts), one.samples) == (("cat", "dog"), {}, 12)


def test_a_train_among_other_things_is_a_class(tmp_path: Path) -> None:
    """Fails if a class folder called train beside car and ship, or a file with such a name, is read as a split."""
    folders(tmp_path, "car", "ship", "train")
    picture(tmp_path / "car" / "photo of a train.png", 9)
    picture(tmp_path / "ship" / "test.png", 11)
    schema = seen(tmp_path)
    assert schema.words == ("car", "ship", "train")
    assert not schema.parts
    assert schema.samples == 11
    assert guess(schema, "split").chosen == "classes"
    assert dict(guess(schema, "split").choices)["parts of the data"] == "parts"


def test_nested_pictures_of_trains_stay_a_class(tmp_path: Path) -> None:
    """Fails if folders inside of a class called train make it a part of the data."""
    folders(tmp_path, "car/old", "ship/new", "train/steam", "train/electric")
    assert seen(tmp_path).words == ("car", "ship", "train")


def test_parts_inside_of_classes_are_parts(tmp_path: Path) -> None:
    """Fails if cat/train, cat/test is read as nested classes only."""
    folders(tmp_path, "cat/train", "cat/test", "dog/train", "dog/test", each=2)
    schema = seen(tmp_path)
    assert (schema.words, dict(schema.parts)) == (("cat", "dog"), {"train": 4, "test": 4})


def test_flat_parts_have_no_classes(tmp_path: Path) -> None:
    """Fails if flat train and test folders become two classes."""
    folders(tmp_path, "train", "test")
    schema = seen(tmp_path)
    assert (list(schema.fields), dict(schema.parts)) == (["image"], {"train": 3, "test": 3})


def test_a_test_part_without_classes_is_left_out_by_name(tmp_path: Path) -> None:
    """Fails if unlabelled test pictures vanish without a word, or get a class."""
    folders(tmp_path, "train/cat", "train/dog", "test", each=2)
    schema = seen(tmp_path)
    assert schema.samples == 4
    assert schema.skipped_count == 2
    assert "has no class" in skipped(schema)["test"] or "have no class" in skipped(schema)["test"]


def test_pictures_beside_the_parts_are_named(tmp_path: Path) -> None:
    """Fails if a folder beside train and test is dropped in silence."""
    folders(tmp_path, "train/a", "train/b", "test/a", "extra", each=2)
    schema = seen(tmp_path)
    assert dict(schema.parts) == {"train": 4, "test": 2}
    assert "beside" in skipped(schema)["extra"]


def test_the_same_picture_in_two_parts_is_told(tmp_path: Path) -> None:
    """Fails if twins are looked for by name, or not in zip files."""
    folders(tmp_path / "d", "train/a", "train/b", "test/a", each=2)
    assert not seen(tmp_path / "d").remarks
    shutil.copy(tmp_path / "d/train/b/1.png", tmp_path / "d/test/a/other.png")
    for path in (tmp_path / "d", zipped(tmp_path / "d", tmp_path / "d.zip")):
        assert "1 identical picture in train and test" in sentence_of(seen(path))


def test_twins_are_counted_as_the_look_through_all_counts_them(tmp_path: Path) -> None:
    """Fails if the first look counts contents and the whole look pictures: two numbers would be said of one fault."""
    folders(tmp_path / "d", "train/a", "train/b", "test/a", each=2)
    for name in ("more", "and", "again"):
        shutil.copy(tmp_path / "d/train/b/1.png", tmp_path / f"d/test/a/{name}.png")
    for path in (tmp_path / "d", zipped(tmp_path / "d", tmp_path / "d.zip")):
        assert "3 identical pictures in train and test" in sentence_of(seen(path))


# -- what is left out --------------------------------------------------------------------------------------------------


def test_junk_is_left_out_and_named(tmp_path: Path) -> None:
    """Fails if what systems and programs leave behind becomes a picture or a class, or is dropped in silence."""
    folders(tmp_path, "cat", "dog")
    junk = [".DS_Store", "Thumbs.db", "desktop.ini", "cat/a.xmp", "cat/a.txt", "cat/a.json", "cat/b.heic", "cat/c.zip"]
    for name in junk:
        (tmp_path / name).write_bytes(b"x")
    for name in (".ipynb_checkpoints", "__MACOSX", ".hidden"):
        picture(tmp_path / name / "1.png")
        junk.append(name)
    (tmp_path / "cat" / "._1.png").write_bytes(b"x")
    (tmp_path / "cat" / "empty.png").write_bytes(b"")
    (tmp_path / "bird").mkdir()
    (tmp_path / "old" / "older").mkdir(parents=True)
    schema = seen(tmp_path)
    assert schema.words == ("cat", "dog")
    assert schema.samples == 6
    assert set(skipped(schema)) == {*junk, "cat/._1.png", "cat/empty.png", "bird", "old"}
    assert "0 bytes" in skipped(schema)["cat/empty.png"]
    assert "HEIC" in skipped(schema)["cat/b.heic"]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    """Fails if a link back to a folder above is followed for ever, or its pictures count twice."""
    folders(tmp_path, "cat", "dog")
    (tmp_path / "cat" / "round").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dog" / "broken.png").symlink_to(tmp_path / "nowhere.png")
    schema = seen(tmp_path)
    assert schema.samples == 6
    assert "read already" in skipped(schema)["cat/round"]
    assert "cannot be read" in skipped(schema)["dog/broken.png"]


def test_a_folder_without_permission_is_named_and_the_rest_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if one folder that may not be read ends it all. (The system's answer is given here: root may read all.)"""
    folders(tmp_path, "cat", "dog", "secret")
    real = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(listing.os, "scandir", scandir)
    schema = seen(tmp_path)
    assert schema.words == ("cat", "dog")
    assert "Permission denied" in skipped(schema)["secret"]


@pytest.mark.parametrize("content", ["nothing", "text"])
def test_a_folder_without_pictures_is_a_sentence(tmp_path: Path, content: str) -> None:
    """Fails if there is a traceback, or a source that stands there with no samples."""
    if content == "text":
        (tmp_path / "a.txt").write_text("x")
    with pytest.raises(NoData, match="There is no picture"):
        seen(tmp_path)
    with pytest.raises(NoData, match="There is nothing at"):
        seen(tmp_path / "gone")
    layer = find("Pictures")
    assert layer is not None
    with pytest.raises(NoData, match="No folder is chosen"):
        schema_of(layer, layer.defaults())


# -- classes -----------------------------------------------------------------------------------------------------------


def test_two_spellings_of_a_class_are_told_and_merged_if_asked(tmp_path: Path) -> None:
    """Fails if `cat` and `Cat ` stay two classes without a word, or become one unasked."""
    folders(tmp_path, "cat", "Cat ", "dog", each=2)
    picture(tmp_path / "cat" / "more.png", 200)
    schema = seen(tmp_path)
    assert len(schema.words) == 3
    assert "may be meant as one class" in sentence_of(schema)
    merged = seen(tmp_path, spelling=dict(guess(schema, "spelling").choices)["one class"])
    assert (merged.fields["label"].classes, merged.fields["label"].counts) == (("cat", "dog"), (5, 2))
    assert set(labels(tmp_path, spelling="merge").values()) == {"cat", "dog"}


def test_a_class_with_one_picture_and_one_without_any_to_train_on_are_told(tmp_path: Path) -> None:
    """Fails if nobody says that such a class cannot be learned."""
    folders(tmp_path, "train/cat", "train/dog", "test/cat", "test/owl", each=2)
    picture(tmp_path / "train" / "elk" / "1.png", 77)
    said = sentence_of(seen(tmp_path))
    assert "The class elk has only one picture." in said
    assert "No picture in train has the class owl." in said


def test_folders_of_pictures_and_masks_say_what_they_are_read_as(tmp_path: Path) -> None:
    """Fails if data for segmentation becomes two classes without a word, or two usual classes are called masks."""
    folders(tmp_path / "a", "images", "masks", each=3)
    said = sentence_of(seen(tmp_path / "a"))
    assert "The folders images and masks are read as two classes; pairs of a picture and its mask" in said
    folders(tmp_path / "b", "masks", "faces", each=3)
    assert "segmentation" not in sentence_of(seen(tmp_path / "b"))


# -- changes, recognising ----------------------------------------------------------------------------------------------


def test_the_stamp_follows_the_files(tmp_path: Path) -> None:
    """Fails if a picture that came, went or was written anew is not noticed, or a look alone changes the stamp."""
    folders(tmp_path, "a", "b")
    stamps = [seen(tmp_path).stamp, seen(tmp_path).stamp]
    assert stamps[0] == stamps[1]
    picture(tmp_path / "a" / "9.png", 3)
    stamps.append(seen(tmp_path).stamp)
    picture(tmp_path / "a" / "9.png", 4)
    os.utime(tmp_path / "a" / "9.png", ns=(1, 1))
    stamps.append(seen(tmp_path).stamp)
    (tmp_path / "a" / "0.png").unlink()
    stamps.append(seen(tmp_path).stamp)
    assert len(set(stamps)) == 4


def test_a_picture_that_changes_after_the_look_is_told(tmp_path: Path) -> None:
    """Fails if other pixels than were looked at are trained on, or a file that is gone is a traceback."""
    folders(tmp_path, "a", "b")
    feed = catalog.load(source_of(tmp_path, {}))
    picture(tmp_path / "a" / "0.png", 250, (30, 30))
    (tmp_path / "b" / "0.png").unlink()
    with pytest.raises(Unreadable, match=r"a/0\.png has changed since"):
        feed.at(torch.tensor([0]), None, ["image"])
    with pytest.raises(Unreadable, match=r"b/0\.png is not there any more"):
        feed.at(torch.tensor([3]), None, ["image"])


@pytest.mark.parametrize("again", [False, True])
def test_a_picture_that_is_replaced_in_the_middle_of_a_training_is_left_out_and_named(
    tmp_path: Path, again: bool
) -> None:
    """Fails if what was decoded of the file that is gone is learned in later epochs, though another one stands there
    under its name; or if one that is gone, of which all is known, is lost."""
    folders(tmp_path, "a", "b")
    feed = catalog.load(source_of(tmp_path, {}))
    whole = feed.at(torch.arange(6), None, ["image"])["image"]
    if again:  # loaded anew, of a cache that an earlier program has left
        del feed
        feed = catalog.load(source_of(tmp_path, {}))
    (tmp_path / "a" / "1.png").unlink()
    picture(tmp_path / "b" / "2.png", 250)
    with pytest.raises(Unreadable) as told:
        feed.at(torch.arange(6), None, ["image"])
    assert told.value.samples == {
        5: "b/2.png has changed since its folder was looked at. Look at it again.",
    }
    left = feed.at(torch.arange(5), None, ["image"])["image"]
    assert torch.equal(left, whole[:5])


def test_pictures_are_recognised_and_nothing_else(tmp_path: Path) -> None:
    """Fails if a folder of tables, texts or sounds is taken for pictures, or pictures are not."""
    folders(tmp_path / "p", "train/cat", "train/dog")
    (best, *_) = candidates(tmp_path / "p")
    assert (best.layer.id, best.sure > 0.8) == ("Pictures", True)
    packed = zipped(tmp_path / "p", tmp_path / "p.zip")
    assert candidates(packed)[0].layer.id == "Pictures"
    one = picture(tmp_path / "one.png")
    assert candidates(one)[0].sure < 0.5
    assert sentence_of(seen(one)) == "1 picture."
    for ending in ("csv", "wav", "txt", "json"):
        for number in range(4):
            (tmp_path / ending).mkdir(exist_ok=True)
            (tmp_path / ending / f"{number}.{ending}").write_text("1,2")
        source = layers()["Pictures"].source
        assert source is not None
        assert source.recognise is not None
        assert source.recognise(tmp_path / ending) is None
    picture(tmp_path / "wav" / "cover.png")
    assert "Pictures" not in [each.layer.id for each in candidates(tmp_path / "wav")]
    (tmp_path / "no.png").write_text("hello")
    assert "Pictures" not in [each.layer.id for each in candidates(tmp_path / "no.png")]
    assert next(understand(tmp_path / "p")).sentence == "6 pictures in 2 classes: cat, dog."


# -- a program of its own ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["folders", "parts", "zip", "table", "numbers", "names", "flat", "merged"])
def test_a_program_of_its_own_has_the_same_pictures(tmp_path: Path, case: str) -> None:
    """Fails if what is printed for pictures gives other numbers, another order, other labels or other parts."""
    settings: dict[str, Any] = {}
    root = tmp_path / "d"
    if case in ("parts", "zip"):
        folders(root, "train/a", "train/10", "Test/a", "train/2", each=12, ending="jpg")
        (root / "train" / "a" / "empty.jpg").write_bytes(b"")
    elif case == "merged":
        folders(root, "cat", "Cat ", "Dog", each=2)
        settings = {"spelling": "merge", "size": (7, 9), "fit": "pad", "colour": "grey"}
    elif case in ("table", "numbers"):
        folders(root, "", each=4)
        label = "0.5" if case == "numbers" else "it's"
        (root / "labels.csv").write_text(f"file,label\n0.png,{label}\n1.png,3\n3.png,4\n")
    else:
        folders(root, *([""] if case == "flat" else ["a", "b"]), each=3)
        settings = {"classes": "file names"} if case == "names" else {}
    path = zipped(root, tmp_path / "d.zip", "outer/") if case == "zip" else root
    source = source_of(path, settings)
    feed, values = read(path, **settings)
    script, _ = printed_functions.script_of(source)
    names: dict[str, Any] = {}
    rows = ["import torch", *script.imports, "def load():", *(f"    {line}" for line in script.lines)]
    given = ", ".join(f"{name!r}: {text}" for name, text in script.fields.items())
    rows += [f"    return {{{given}}}, {script.parts or '{}'}"]
    exec("\n".join(rows), names)
    ours, parts = names["load"]()
    assert ours.keys() == values.keys()
    assert all(torch.equal(ours[name], values[name]) for name in values)
    assert {name: part.tolist() for name, part in parts.items()} == {n: p.tolist() for n, p in feed.parts.items()}
    assert not [line for line in script.lines if "nodes" in line or "netloom" in line.lower()]
    assert np.isfinite(values["image"].numpy()).all()


def test_a_part_in_a_folder_of_its_own_name(tmp_path: Path) -> None:
    """Fails if training_set/training_set/cats, as a much used archive has it, hides the classes."""
    folders(tmp_path, "training_set/training_set/cats", "training_set/training_set/dogs", "test_set/test_set/cats")
    schema = seen(tmp_path)
    assert (schema.words, dict(schema.parts)) == (("cats", "dogs"), {"train": 6, "test": 3})
