"""Lists beside the class folders that say which part of the data each file belongs to."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from nodes.reading import cache
from tests.data.test_pictures import folders
from tests.data.test_sounds import tone
from tests.support.file_sources import check_script, feed, guess, schema


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


@pytest.mark.parametrize("packed", [False, True])
def test_the_lists_of_speech_commands_are_its_parts(tmp_path: Path, packed: bool) -> None:
    """Fails if validation_list.txt and testing_list.txt are ignored or called skipped, a name of theirs that is not
    there goes unsaid, or one click does not make one set of all."""
    root = tmp_path / "speech"
    for word, pitch in (("yes", 300), ("no", 900)):
        for number in range(6):
            tone(root / word / f"{number}_nohash_0.wav", pitch + 40 * number)
    (root / "validation_list.txt").write_text("yes/1_nohash_0.wav\nno/1_nohash_0.wav\nbed/1_nohash_0.wav\n")
    (root / "testing_list.txt").write_text("yes/2_nohash_0.wav\nno/3_nohash_0.wav\nno/4_nohash_0.wav\n")
    path = tmp_path / "speech.zip" if packed else root
    above = "speech/" if packed else ""
    if packed:
        with zipfile.ZipFile(path, "w") as file:
            for each in sorted(root.rglob("*.*")):
                file.write(each, each.relative_to(tmp_path))
    told = schema("Sounds", path)
    assert dict(told.parts) == {"train": 7, "validation": 2, "test": 3}
    assert told.fields["label"].counts == (6, 6)
    assert not told.skipped
    asked = guess(told, "split")
    assert asked.sentence == (
        f"{above}testing_list.txt, {above}validation_list.txt say the parts of the data: 3 for test, 2 for validation, "
        "all others for training."
    )
    assert any(each.endswith("validation_list.txt names is not there.") for each in told.remarks)
    made = feed("Sounds", path)
    named = {part: sorted(made.name_of(int(n)) for n in index) for part, index in made.parts.items()}
    assert named["test"] == [f"{above}{each}_nohash_0.wav" for each in ("no/3", "no/4", "yes/2")]
    assert named["validation"] == [f"{above}{each}_nohash_0.wav" for each in ("no/1", "yes/1")]
    check_script("Sounds", path)
    alone = schema("Sounds", path, split=asked.choices[1][1])
    assert not alone.parts
    assert guess(alone, "split").chosen == "ignored"


def test_lists_of_the_parts_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    """Fails if meta/train.txt and meta/test.txt of Food-101, which name pictures without their ending, are ignored; if
    a picture that is in both is learned; or if lists of two folds are taken for one."""
    folders(tmp_path / "food" / "images", "apple_pie", "waffles", each=5)
    meta = tmp_path / "food" / "meta"
    meta.mkdir()
    (meta / "classes.txt").write_text("apple_pie\nwaffles\n")
    (meta / "train.txt").write_text("".join(f"{name}/{n}\n" for name in ("apple_pie", "waffles") for n in range(4)))
    (meta / "test.txt").write_text("apple_pie/4\nwaffles/4\nwaffles/3\n")
    told = schema("Pictures", tmp_path)
    assert dict(told.parts) == {"train": 7, "test": 3}
    assert told.fields["label"].words == ("apple_pie", "waffles")
    assert any("1 file stands in several of the lists" in each for each in told.remarks)
    check_script("Pictures", tmp_path)
    (meta / "test2.txt").write_text("apple_pie/1\nwaffles/1\n")
    assert not schema("Pictures", tmp_path).parts


@pytest.mark.parametrize("listed", [True, False])
def test_a_part_without_class_folders_is_no_class(tmp_path: Path, listed: bool) -> None:
    """Fails if val/images of Tiny ImageNet is a class called images, val_annotations.txt is not read, or the pictures
    of the test, of which nobody knows the class, go in silence."""
    words = ("n01443537", "n01629819")
    for word in words:
        folders(tmp_path / "train" / word, "images", each=4)
        (tmp_path / "train" / word / f"{word}_boxes.txt").write_text("0.png\t0\t10\t15\t15\n")
    folders(tmp_path / "val", "images", each=4)
    folders(tmp_path / "test", "images", each=3)
    if listed:
        rows = "".join(f"{n}.png\t{words[n % 2]}\t0\t1\t2\t2\n" for n in range(4))
        (tmp_path / "val" / "val_annotations.txt").write_text(rows)
    told = schema("Pictures", tmp_path)
    assert told.fields["label"].words == words
    assert guess(told, "classes").sentence == f"The outer folders are the classes: {', '.join(words)}."
    assert dict(told.parts) == ({"train": 8, "validation": 4} if listed else {"train": 8})
    left = {each.name: each.sentence for each in told.skipped}
    assert "3 pictures there lie beside the class folders" in left["test/images"]
    assert ("val/images" in left) != listed
    made = check_script("Pictures", tmp_path)
    if listed:
        read = made.at(made.parts["validation"], None, ["label"])["label"].tolist()
        names = [made.name_of(int(n)) for n in made.parts["validation"]]
        assert dict(zip(names, read)) == {f"val/images/{n}.png": n % 2 for n in range(4)}


def test_two_domains_in_parts_are_two_classes(tmp_path: Path) -> None:
    """Fails if trainA, trainB, testA and testB of horse2zebra are four classes, or a part is lost."""
    for part, each in (("train", 4), ("test", 2)):
        folders(tmp_path, f"{part}A", f"{part}B", each=each)
    told = schema("Pictures", tmp_path)
    assert (told.fields["label"].words, dict(told.parts)) == (("A", "B"), {"train": 8, "test": 4})
    made = check_script("Pictures", tmp_path)
    names = [made.name_of(number) for number in range(12)]
    labels = made.at(torch.arange(12), None, ["label"])["label"].tolist()
    assert all(name.partition("/")[0][-1] == "AB"[label] for name, label in zip(names, labels))
    assert {names[int(n)].partition("/")[0][:-1] for n in made.parts["test"]} == {"test"}


def test_a_number_behind_each_file_says_its_part(tmp_path: Path) -> None:
    """Fails if list_eval_partition.txt of CelebA is passed over, so that the test faces are learned, or 1 and 2 change
    places; with the labels out of a table, and without."""
    (tmp_path / "img_align_celeba").mkdir()
    names = [f"{number:06d}.png" for number in range(1, 13)]
    for number, name in enumerate(names):
        Image.new("RGB", (8, 8), (20 * number, 0, 0)).save(tmp_path / "img_align_celeba" / name)
    rows = [f"{name} {(-1) ** number:2d} {-1 if number % 3 else 1:2d}" for number, name in enumerate(names)]
    (tmp_path / "list_attr_celeba.txt").write_text("12\nMale Smiling \n" + "\n".join(rows) + "\n")
    (tmp_path / "identity_CelebA.txt").write_text("".join(f"{name} {9 * n}\n" for n, name in enumerate(names)))
    part_of = [0] * 7 + [1] * 2 + [2] * 3
    (tmp_path / "list_eval_partition.txt").write_text("".join(f"{name} {part}\n" for name, part in zip(names, part_of)))
    for settings in ({"column": "smiling"}, {"column": "male"}, {"classes": "none"}, {}):
        made = check_script("Pictures", tmp_path, **settings)
        assert {part: index.tolist() for part, index in made.parts.items()} == {
            "train": list(range(7)),
            "validation": [7, 8],
            "test": [9, 10, 11],
        }
    assert schema("Pictures", tmp_path, column="smiling", labels="classes").fields["label"].words == ("-1", "1")
    assert schema("Pictures", tmp_path, split="ignored").parts == {}
    assert guess(schema("Pictures", tmp_path), "classes").sentence.startswith("list_attr_celeba.txt names")


def test_a_list_of_numbered_pictures_says_the_parts(tmp_path: Path) -> None:
    """Fails if train_test_split.txt of CUB-200, whose pictures are numbers in images.txt, is passed over, or 1 is the
    test part."""
    names = [f"{kind}/{kind[4:]}_{n}.png" for kind in ("001.Albatross", "002.Auklet") for n in range(4)]
    for name in names:
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "images" / name)
    (tmp_path / "images.txt").write_text("".join(f"{n} {name}\n" for n, name in enumerate(names, 1)))
    (tmp_path / "train_test_split.txt").write_text("".join(f"{n} {int(n % 4 != 0)}\n" for n in range(1, 9)))
    (tmp_path / "image_class_labels.txt").write_text("".join(f"{n} {1 + n // 5}\n" for n in range(1, 9)))
    made = check_script("Pictures", tmp_path)
    assert made.schema is not None
    assert made.schema.fields["label"].counts == (4, 4)
    held = [made.name_of(number) for number in made.parts["test"].tolist()]
    assert held == [f"images/{names[3]}", f"images/{names[7]}"]
    assert made.schema.parts == {"train": 6, "test": 2}
    (tmp_path / "images.txt").unlink()
    assert schema("Pictures", tmp_path).parts == {}
