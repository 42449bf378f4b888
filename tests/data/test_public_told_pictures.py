"""Public sets of pictures that something is said about, laid out as they are handed out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.core.inference import infer
from app.core.starting.first_net import drawing_for
from app.data.understanding import candidates, understand
from nodes.api import NoData
from nodes.reading import cache
from tests.data.test_pictures import guess, read, seen, skipped, zipped
from tests.data.told_files import as_printed, noisy, same

MASKS, BOXES, QUESTIONS = "PicturesWithMasks", "PicturesWithBoxes", "PicturesWithQuestions"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def mask(path: Path, *codes: int, mode: str = "L") -> Path:
    """A mask of 20 × 16 in upright stripes of these values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dots = np.array(codes, np.uint8)[np.arange(20) * len(codes) // 20][None].repeat(16, 0)
    image = Image.fromarray(dots)
    if mode == "P":
        image = Image.frombytes("P", image.size, dots.tobytes())
        image.putpalette(bytes(range(256)) * 3)
    image.save(path)
    return path


def xml(path: Path, name: str, kind: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"<annotation><folder>VOC2012</folder><filename>{name}</filename><size><width>20</width><height>16</height>"
        f"<depth>3</depth></size><segmented>1</segmented><object><name>{kind}</name><bndbox><xmin>3</xmin><ymin>5</ymin>"
        "<xmax>12</xmax><ymax>8</ymax></bndbox></object></annotation>"
    )


def voc(root: Path) -> Path:
    """VOC2012: of six pictures with boxes four have masks, and one is in no list of Main."""
    base = root / "VOCdevkit" / "VOC2012"
    names = [f"2007_00{at:04d}" for at in range(6)]
    for at, name in enumerate(names):
        noisy(base / "JPEGImages" / f"{name}.jpg")
        xml(base / "Annotations" / f"{name}.xml", f"{name}.jpg", "cat" if at % 2 else "aeroplane")
    for name in names[:4]:
        mask(base / "SegmentationClass" / f"{name}.png", 0, 1, 8, 255, mode="P")
        mask(base / "SegmentationObject" / f"{name}.png", 0, 1, 2, 255, mode="P")
    lists = {
        "Main/train": names[:2],
        "Main/val": names[2:5],
        "Main/trainval": names[:5],
        "Segmentation/train": names[1:3],
    }
    lists |= {"Segmentation/val": [names[0], names[3]], "Segmentation/trainval": names[:4]}
    for word, inside in lists.items():
        place = base / "ImageSets" / f"{word}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(f"{name}\n" for name in inside))
    (base / "ImageSets" / "Main" / "cat_train.txt").write_text("".join(f"{name} -1\n" for name in names))
    return root


def names_by_part(feed: Any) -> dict[str, set[str]]:
    return {
        part: {feed.name_of(int(at)).rpartition("/")[2].rpartition(".")[0] for at in numbers}
        for part, numbers in feed.parts.items()
    }


def test_the_lists_of_voc_are_its_parts(tmp_path: Path) -> None:
    """Fails if boxes and masks are not cut as the lists of Main and of Segmentation say, the names of the classes are
    lost, or the border becomes a class."""
    found = candidates(voc(tmp_path))
    assert [each.layer.id for each in found][:2] == [MASKS, BOXES]
    feed, _ = read(tmp_path, BOXES)
    assert names_by_part(feed) == {
        "train": {"2007_000000", "2007_000001"},
        "validation": {"2007_000002", "2007_000003", "2007_000004"},
    }
    assert "in none of them" in skipped(seen(tmp_path, BOXES))["VOCdevkit/VOC2012/JPEGImages/2007_000005.jpg"]
    assert seen(tmp_path, BOXES, split="ignored").samples == 6
    feed, got = read(tmp_path, MASKS)
    assert names_by_part(feed) == {
        "train": {"2007_000001", "2007_000002"},
        "validation": {"2007_000000", "2007_000003"},
    }
    words = seen(tmp_path, MASKS).fields["mask"].words
    assert (words[0], words[1], words[8], words[20], words[21]) == (
        "background", "aeroplane", "cat", "tvmonitor", "ignored",
    )  # fmt: skip
    assert got["mask"][0, 0].tolist() == [0] * 5 + [1] * 5 + [8] * 5 + [21] * 5


def cityscapes(root: Path) -> Path:
    """Two cities; each picture with four files about it."""
    for part, city, count in (("train", "aachen", 3), ("val", "ulm", 2)):
        for at in range(count):
            name = f"{city}_00000{at}_000019"
            noisy(root / "leftImg8bit" / part / city / f"{name}_leftImg8bit.png")
            place = root / "gtFine" / part / city
            mask(place / f"{name}_gtFine_labelIds.png", 7, 11, 26, 33)
            mask(place / f"{name}_gtFine_instanceIds.png", 1, 2, 3, 4)
            Image.new("RGBA", (20, 16), (128, 64, at, 255)).save(place / f"{name}_gtFine_color.png")
            (place / f"{name}_gtFine_polygons.json").write_text('{"imgHeight": 16, "imgWidth": 20, "objects": []}')
    return root


@pytest.mark.parametrize("packed", [False, True])
def test_cityscapes_is_read_by_its_label_ids(tmp_path: Path, packed: bool) -> None:
    """Fails if colours or numbers of things are taken for classes, cities or parts are lost, or each of the other files
    is complained about."""
    path = cityscapes(tmp_path / "city")
    path = zipped(path, tmp_path / "city.zip") if packed else path
    assert candidates(path)[0].layer.id == MASKS
    schema = seen(path, MASKS)
    assert schema.parts == {"train": 3, "validation": 2}
    words = schema.fields["mask"].words
    assert len(words) == 34
    assert "The names of the classes are those of Cityscapes." in schema.remarks
    assert (words[7], words[11], words[26], words[33]) == ("road", "building", "car", "bicycle")
    feed, got = read(path, MASKS)
    assert names_by_part(feed)["validation"] == {"ulm_000000_000019_leftImg8bit", "ulm_000001_000019_leftImg8bit"}
    assert got["mask"][0, 0].tolist() == [7] * 5 + [11] * 5 + [26] * 5 + [33] * 5
    assert same(got, as_printed(path, MASKS))
    (other,) = skipped(schema).values()
    assert "and 9 more" in other


def test_a_large_cityscapes_is_known_though_only_some_names_are_seen(tmp_path: Path) -> None:
    """Fails if pictures and masks of different names, of which each folder shows other ones, are not put together."""
    for at in range(200):
        noisy(tmp_path / "leftImg8bit" / "train" / "ulm" / f"ulm_{at:06d}_000019_leftImg8bit.png", 2, 2)
        mask(tmp_path / "gtFine" / "train" / "ulm" / f"ulm_{199 - at:06d}_000019_gtFine_labelIds.png", 7)
    assert candidates(tmp_path)[0].layer.id == MASKS


def pets(root: Path) -> Path:
    """Lists with numbers behind the names and a comment above, masks two folders below, and a file of a Mac."""
    names = ["Abyssinian_1", "Abyssinian_2", "beagle_1", "beagle_2", "beagle_3"]
    for name in names:
        noisy(root / "images" / f"{name}.jpg")
        mask(root / "annotations" / "trimaps" / f"{name}.png", 2, 3, 1, 2)
        (root / "annotations" / "trimaps" / f"._{name}.png").write_bytes(b"\x00\x05\x16\x07")
    for name in names[:3]:
        xml(root / "annotations" / "xmls" / f"{name}.xml", f"{name}.jpg", "cat" if name[0] == "A" else "dog")
    rows = {name: f"{name} {1 + (name[0] == 'b')} {1 + (name[0] == 'b')} 1" for name in names}
    (root / "annotations" / "list.txt").write_text("#Image CLASS-ID SPECIES BREED ID\n" + "\n".join(rows.values()))
    (root / "annotations" / "trainval.txt").write_text("\n".join(rows[name] for name in names[:3]) + "\n")
    (root / "annotations" / "test.txt").write_text("\n".join(rows[name] for name in names[3:]) + "\n")
    return root


def test_trimaps_of_the_oxford_pets(tmp_path: Path) -> None:
    """Fails if masks below annotations are not found, the border is learned without asking, or the test part of the
    lists is trained on."""
    path = pets(tmp_path)
    assert candidates(path)[0].layer.id == MASKS
    schema = seen(path, MASKS)
    assert schema.fields["mask"].words == ("background", "pet", "ignored")
    assert schema.parts == {"train": 3, "test": 2}
    _, got = read(path, MASKS)
    assert got["mask"][0, 0].tolist() == [0] * 5 + [2] * 5 + [1] * 5 + [0] * 5
    border = next(value for words, value in guess(schema, "classes").choices if "border is a class" in words)
    assert seen(path, MASKS, classes=border).fields["mask"].words == ("background", "pet", "border")
    assert seen(path, BOXES).fields["kinds"].words == ("nothing", "cat", "dog")


def vqa(root: Path, apart: bool = False) -> Path:
    """Two files for each part, with ten answers each, and a question for the test that nobody answers."""
    asked = {
        "train": [(9, 9000, "What is this?", "net"), (9, 9001, "Is it red?", "yes")],
        "val": [(12, 12000, "Why?", "yes")],
    }
    for part, rows in asked.items():
        questions = [{"image_id": image, "question": text, "question_id": key} for image, key, text, _ in rows]
        notes = [
            {
                "question_type": "what",
                "multiple_choice_answer": answer,
                "answers": [{"answer": "[odd]", "answer_confidence": "yes", "answer_id": n} for n in range(10)],
                "image_id": image,
                "answer_type": "other",
                "question_id": key,
            }
            for image, key, _, answer in rows[::-1]
        ]
        head = {"info": {"version": "2.0"}, "data_subtype": f"{part}2014", "license": {"name": "CC"}}
        for word, entries in (("questions", questions), ("annotations", notes)):
            kind = "OpenEnded_mscoco" if word == "questions" else "mscoco"
            place = root / (word.capitalize() if apart else "") / f"v2_{kind}_{part}2014_{word}.json"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps({**head, word: entries}))
        for image in {row[0] for row in rows}:
            noisy(root / f"{part}2014" / f"COCO_{part}2014_{image:012d}.jpg")
    return root


@pytest.mark.parametrize(
    "chosen", ["", "v2_OpenEnded_mscoco_train2014_questions.json", "v2_mscoco_train2014_annotations.json"]
)
def test_the_two_files_of_vqa_are_joined(tmp_path: Path, chosen: str) -> None:
    """Fails if an answer stands beside another question, a picture is not found by its number, or one of the two files
    alone is not enough to choose both."""
    path = vqa(tmp_path) / chosen
    assert candidates(path)[0].layer.id == QUESTIONS
    schema = seen(path, QUESTIONS)
    _, got = read(path, QUESTIONS)
    words, answers = schema.fields["question"].words, schema.fields["answer"].words
    told = {
        " ".join(words[n] for n in row if n): answers[a]
        for row, a in zip(got["question"].tolist(), got["answer"].tolist())
    }
    both = {"what is this": "net", "is it red": "yes"}
    if chosen:
        assert told == both
    else:
        assert told == {**both, "<unk>": "yes"}  # a word of the validation part alone is not known
        assert schema.parts == {"train": 2, "validation": 1}
    assert same(got, as_printed(path, QUESTIONS))


def test_what_of_vqa_is_not_there_is_told_once(tmp_path: Path) -> None:
    """Fails if thousands of questions without an answer, or about pictures that are not there, fill the list one by
    one, or questions alone are an error without a remedy."""
    path = vqa(tmp_path, apart=True)
    (path / "val2014" / "COCO_val2014_000000000012.jpg").unlink()
    place = path / "Questions" / "v2_OpenEnded_mscoco_test2015_questions.json"
    rows = [{"image_id": 9, "question": "Where?", "question_id": 70 + at} for at in range(30)]
    place.write_text(json.dumps({"questions": rows}))
    told = skipped(seen(path, QUESTIONS))
    assert "30 questions without an answer" in told["Questions/v2_OpenEnded_mscoco_test2015_questions.json"]
    assert "ends with 12" in told["Questions/v2_OpenEnded_mscoco_val2014_questions.json"]
    for note in (path / "Annotations").iterdir():
        note.unlink()
    with pytest.raises(NoData, match="the two files of VQA, questions and annotations"):
        seen(path, QUESTIONS)


def test_a_net_for_masks_of_two_classes_has_two_outputs(tmp_path: Path) -> None:
    """Fails if the net for four classes keeps its four outputs for two classes, of which two are never right."""
    for name in "abcdefghij":
        noisy(tmp_path / "images" / f"{name}.jpg")
        mask(tmp_path / "masks" / f"{name}.png", 0, 255)
    (found, *_) = understand(tmp_path)
    assert found.schema is not None
    net = drawing_for(found.layer, found.settings, found.schema).project
    plan = infer(net)
    (loss,) = [name for name, each in net.graph.nodes.items() if each.type == "CrossEntropyLoss"]
    (wire,) = [each for each in net.graph.into(loss) if each.target_port != "target"]
    assert plan.main.nodes[wire.source].outputs[wire.source_port].sizes[0] == 2
