"""Boxes of COCO, YOLO, Pascal VOC and tables, and that they arrive where they are in the pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.core.starting.exchange import exchange
from app.core.starting.first_net import drawing_for
from app.core.storage import templates
from app.data.understanding import candidates, understand
from nodes.api import NoData
from nodes.api.registry import find
from nodes.reading import annotation_rows, cache
from nodes.reading.boxes import names_in_yaml
from tests.data.test_pictures import read, seen, skipped, zipped
from tests.data.told_files import as_printed, noisy, same

SOURCE = "PicturesWithBoxes"
WIDE, HIGH = 20, 16
# left, top, right, bottom in dots, and the class: of two pictures, and of one without anything
TRUTH = {"a": [(2, 4, 12, 8, "cat"), (0, 0, 4, 16, "dog")], "b": [(10, 2, 20, 10, "dog")], "c": []}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def coco(root: Path) -> None:
    """Ids and categories out of order, as in the real files."""
    said = {
        "info": {"year": 2017},
        "images": [
            {"id": 90 - at, "file_name": f"{name}.png", "width": WIDE, "height": HIGH} for at, name in enumerate(TRUTH)
        ],
        "annotations": [
            {
                "id": 1,
                "image_id": 90 - at,
                "category_id": {"cat": 3, "dog": 18}[w],
                "bbox": [x, y, r - x, b - y],
                "iscrowd": 0,
            }
            for at, rows in enumerate(TRUTH.values())
            for x, y, r, b, w in rows
        ],
        "categories": [{"id": 18, "name": "dog"}, {"id": 3, "name": "cat"}],
    }
    for name in TRUTH:
        noisy(root / "val" / f"{name}.png", WIDE, HIGH)
    (root / "annotations").mkdir()
    (root / "annotations" / "instances_val.json").write_text(json.dumps(said))


def yolo(root: Path) -> None:
    for name, rows in TRUTH.items():
        noisy(root / "images" / f"{name}.png", WIDE, HIGH)
        lines = [
            f"{['cat', 'dog'].index(w)} {(x + r) / 2 / WIDE} {(y + b) / 2 / HIGH} {(r - x) / WIDE} {(b - y) / HIGH}"
            for x, y, r, b, w in rows
        ]
        (root / "labels").mkdir(exist_ok=True)
        (root / "labels" / f"{name}.txt").write_text("\n".join(lines))
    (root / "data.yaml").write_text("train: images\nnames:\n  0: cat\n  1: dog\n")


def voc(root: Path) -> None:
    for name, rows in TRUTH.items():
        noisy(root / "JPEGImages" / f"{name}.png", WIDE, HIGH)
        things = "".join(
            f"<object><name>{w}</name><bndbox><xmin>{x + 1}</xmin><ymin>{y + 1}</ymin><xmax>{r}</xmax><ymax>{b}</ymax>"
            "</bndbox></object>"
            for x, y, r, b, w in rows
        )
        size = f"<size><width>{WIDE}</width><height>{HIGH}</height><depth>3</depth></size>"
        (root / "Annotations").mkdir(exist_ok=True)
        (root / "Annotations" / f"{name}.xml").write_text(
            "<?xml version='1.0' encoding='utf-8'?><annotation>"
            f"<filename>{name}.png</filename>{size}{things}</annotation>"
        )


def table(root: Path) -> None:
    rows = ["path,xmin,ymin,xmax,ymax,class"]
    for name, boxes in TRUTH.items():
        noisy(root / "images" / f"{name}.png", WIDE, HIGH)
        rows += [f"images/{name}.png,{x},{y},{r},{b},{w}" for x, y, r, b, w in boxes] or [f"images/{name}.png,,,,,"]
    (root / "boxes.csv").write_text("\n".join(rows))


FORMS: list[Callable[[Path], None]] = [coco, yolo, voc, table]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_same_boxes(tmp_path: Path, form: Callable[[Path], None]) -> None:
    """Fails if a form is read with other corners (VOC counts from 1) or classes, or a picture without boxes goes."""
    form(tmp_path)
    assert candidates(tmp_path)[0].layer.id == SOURCE
    schema = seen(tmp_path, SOURCE)
    assert schema.fields["kinds"].words == ("nothing", "cat", "dog")
    assert schema.samples == 3
    _, got = read(tmp_path, SOURCE)
    for at, rows in enumerate(TRUTH.values()):
        wanted = [((x + r) / 2 / WIDE, (y + b) / 2 / HIGH, (r - x) / WIDE, (b - y) / HIGH) for x, y, r, b, _ in rows]
        there = len(rows)
        assert got["kinds"][at].tolist() == [1 + ["cat", "dog"].index(row[4]) for row in rows] + [0] * (2 - there)
        assert np.allclose(got["boxes"][at, :there].numpy().reshape(-1, 4), np.array(wanted).reshape(-1, 4), atol=1e-6)
        assert not got["boxes"][at, there:].any()


@pytest.mark.parametrize("form", FORMS)
def test_a_zip_file_and_the_printed_lines_give_the_same(tmp_path: Path, form: Callable[[Path], None]) -> None:
    """Fails if the exported script has other boxes, or a zip file is read otherwise."""
    form(tmp_path / "in")
    packed = zipped(tmp_path / "in", tmp_path / "set.zip", "set/")
    assert next(iter(understand(packed))).layer.id == SOURCE
    _, plain = read(tmp_path / "in", SOURCE)
    _, unpacked = read(packed, SOURCE)
    assert same(plain, unpacked)
    for settings in ({}, {"size": (8, 8), "fit": "pad", "boxes": 1}):
        _, got = read(packed, SOURCE, **settings)
        assert same(as_printed(packed, SOURCE, **settings), got)


@pytest.mark.parametrize("form", [coco, yolo, table])
@pytest.mark.parametrize("fit", ["squeeze", "crop", "pad"])
def test_boxes_move_with_their_picture(tmp_path: Path, form: Callable[[Path], None], fit: str) -> None:
    """Fails if a way of fitting leaves the boxes where they were: a white thing on black is found by its dots."""
    form(tmp_path)
    picture = next(tmp_path.rglob("b.png"))
    from PIL import Image

    dots = np.zeros((HIGH, WIDE), np.uint8)
    dots[2:10, 10:20] = 255
    Image.fromarray(dots).resize((WIDE * 10, HIGH * 10), Image.Resampling.NEAREST).save(picture)
    if form is table:  # in dots of the picture as it is now
        rows = (tmp_path / "boxes.csv").read_text().replace("b.png,10,2,20,10", "b.png,100,20,200,100")
        (tmp_path / "boxes.csv").write_text(rows)
    _, got = read(tmp_path, SOURCE, size=(64, 64), fit=fit, background="black")
    down, across = np.nonzero(got["image"][1, 0].numpy() > 0.5)
    x, y, wide, high = (got["boxes"][1, 0] * 64).tolist()
    sides = [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]
    assert np.abs(np.array(sides) - [across.min(), down.min(), across.max() + 1, down.max() + 1]).max() < 1.01


def test_parts_of_yolo(tmp_path: Path) -> None:
    """Fails if images/train and labels/train are no pair, or val is trained on."""
    yolo(tmp_path / "whole")
    for name, part in (("a", "train"), ("b", "train"), ("c", "val")):
        for kind, ending in (("images", "png"), ("labels", "txt")):
            place = tmp_path / "set" / kind / part / f"{name}.{ending}"
            place.parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "whole" / kind / f"{name}.{ending}").rename(place)
    (tmp_path / "set" / "classes.txt").write_text("cat\ndog\n")
    assert dict(seen(tmp_path / "set", SOURCE).parts) == {"train": 2, "validation": 1}
    assert seen(tmp_path / "set", SOURCE).fields["kinds"].words == ("nothing", "cat", "dog")


def test_bad_rows_are_named_and_the_others_are_read(tmp_path: Path) -> None:
    """Fails if a row with its corners exchanged, of no class or of a lost picture ends it, or goes in silence."""
    table(tmp_path)
    with (tmp_path / "boxes.csv").open("a") as file:
        file.write(
            "\nimages/a.png,9,9,3,12,cat\nimages/lost.png,1,1,2,2,cat"
            "\nimages/a.png,1,x,2,2,cat\nimages/b.png,1,1,3,3,\n"
        )
    told = skipped(seen(tmp_path, SOURCE))
    assert told["boxes.csv, row 6"] == "has a box without any area (9, 9, 3, 12)."
    assert told["boxes.csv, row 7"] == "names images/lost.png, which is not there."
    assert told["boxes.csv, row 8"] == "has a box whose sides are no numbers."
    assert told["boxes.csv, row 9"] == "has a box without a class."
    assert read(tmp_path, SOURCE)[1]["kinds"].shape == (3, 2)


def test_entities_in_xml_are_refused(tmp_path: Path) -> None:
    """Fails if a file of a stranger can make the parser read another file or swell."""
    voc(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("cat")
    bad = (tmp_path / "Annotations" / "a.xml").read_text().split("?>")[1]
    bad = f'<!DOCTYPE annotation [<!ENTITY e SYSTEM "file://{secret}">]>' + bad.replace("<name>cat", "<name>&e;")
    (tmp_path / "Annotations" / "a.xml").write_text(bad)
    (tmp_path / "Annotations" / "c.xml").write_text("<annotation><filename>c.png")
    told = skipped(seen(tmp_path, SOURCE))
    assert told["Annotations/a.xml"].startswith("is refused: it declares a document type or entities")
    assert told["Annotations/c.xml"].startswith("is no sound XML")
    assert seen(tmp_path, SOURCE).samples == 1


def test_damaged_and_empty_files_of_boxes_are_sentences(tmp_path: Path) -> None:
    """Fails if a COCO file that is cut off, or none at all, is a traceback."""
    coco(tmp_path)
    note = tmp_path / "annotations" / "instances_val.json"
    note.write_text(note.read_text()[:300])
    with pytest.raises(NoData, match=r"instances_val\.json is no sound JSON: line 1 is wrong"):
        seen(tmp_path, SOURCE)
    note.unlink()
    with pytest.raises(NoData, match=r"There are no boxes in .*Choose a folder with the pictures and a COCO file"):
        seen(tmp_path, SOURCE)


def test_what_looks_alike_is_read_as_before(tmp_path: Path) -> None:
    """Fails if texts beside pictures, or a table of numbers without pictures, are taken for boxes."""
    for name in "abcd":
        noisy(tmp_path / "told" / f"{name}.png")
        (tmp_path / "told" / f"{name}.txt").write_text("a cat on a mat")
    assert all(each.layer.id != SOURCE for each in candidates(tmp_path / "told"))
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "sides.csv").write_text("path,xmin,ymin,xmax,ymax,class\n" + "a,1,2,3,4,b\n" * 9)
    assert candidates(tmp_path / "rows" / "sides.csv")[0].layer.id == "Table"


def test_a_file_of_boxes_is_enough(tmp_path: Path) -> None:
    """Fails if the file cannot be dropped by itself, or finds no pictures from its folder annotations."""
    coco(tmp_path)
    found = next(iter(understand(tmp_path / "annotations" / "instances_val.json")))
    assert (found.layer.id, found.schema.samples if found.schema else 0) == (SOURCE, 3)


@pytest.mark.parametrize(
    "text", ["names: ['cat', \"dog\"]", "nc: 2\nnames:\n- cat\n- dog\nx: 1", "names: {0: cat, 1: dog}"]
)
def test_names_of_a_yaml_file(text: str) -> None:
    """Fails if one of the ways to write the list is not understood."""
    assert names_in_yaml(text) == ["cat", "dog"]


def test_the_template_fits(tmp_path: Path) -> None:
    """Fails if the exchange leaves the channels of the grid, or puts a layer between the boxes and the loss."""
    yolo(tmp_path)
    layer = find(SOURCE)
    assert layer is not None
    settings = layer.settings({**layer.defaults(), "path": str(tmp_path), "size": (32, 32)})
    schema = seen(tmp_path, SOURCE, size=(32, 32))
    before = templates.load("detect")
    done = exchange(before, "scenes", layer, settings, schema)
    assert not done.left
    after = done.command.apply(before)
    assert after.graph.nodes["maps"].params["out_channels"] == 12
    assert {wire.source_port for wire in after.graph.into("loss") if wire.source == done.name} == {"boxes", "kinds"}
    assert "BoxGrid" in {node.type for node in drawing_for(layer, settings, schema).project.graph.nodes.values()}


@pytest.mark.parametrize("strange", [None, {}, [1], "x", 1e999, True])
@pytest.mark.parametrize("key", ["image_id", "category_id", "bbox", "iscrowd"])
def test_strange_values_in_coco_are_named_or_left_out(tmp_path: Path, key: str, strange: object) -> None:
    """Fails if a value of another kind than COCO writes is a traceback, or takes the other boxes with it."""
    coco(tmp_path)
    note = tmp_path / "annotations" / "instances_val.json"
    said = json.loads(note.read_text())
    said["annotations"][0][key] = strange
    note.write_text(json.dumps(said))
    schema = seen(tmp_path, SOURCE)
    _, got = read(tmp_path, SOURCE)
    assert int((got["kinds"] > 0).sum()) in (2, 3)
    assert schema.skipped_count + int((got["kinds"] > 0).sum()) >= (2 if key == "iscrowd" else 3)


def test_a_large_file_is_read_without_outlines_and_means_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if leaving outlines out of a large file of COCO loses a box, takes one that only a text tells of, or reads
    the outlines all the same: they are nine tenths of its time."""
    for root in (tmp_path / "small", tmp_path / "large"):
        root.mkdir()
        coco(root)
        note = root / "annotations" / "instances_val.json"
        said = json.loads(note.read_text())
        said["info"]["description"] = 'a "segmentation": [1, 2], of "answers": ["b"], in words'
        said["categories"][0]["segmentation"] = [[1]]
        for at, each in enumerate(said["annotations"]):
            outline: Any = [[1.5, 2e1, -3.0], [4]] if at else {"counts": [3, 4], "size": [7, 7]}
            turned = {"segmentation": outline, **each} if at % 2 else {**each, "segmentation": outline}
            said["annotations"][at] = turned
        note.write_text(json.dumps(said))
    _, whole = read(tmp_path / "small", SOURCE)
    monkeypatch.setattr(annotation_rows, "_HEAVY", 10)
    parsed: list[str] = []
    loads = json.loads
    monkeypatch.setattr(annotation_rows.json, "loads", lambda text: parsed.append(text) or loads(text))
    _, lean = read(tmp_path / "large", SOURCE)
    assert same(whole, lean)
    assert parsed
    assert not any('"counts"' in text or "20.0" in text for text in parsed)


def test_pictures_that_nothing_tells_of_are_named(tmp_path: Path) -> None:
    """Fails if a half-labelled folder of Pascal VOC or COCO loses pictures in silence, or says it twice of a spoilt
    file."""
    voc_form = (
        "<annotation><object><name>cat</name><bndbox><xmin>3</xmin><ymin>5</ymin><xmax>12</xmax><ymax>8</ymax></bndbox>"
        "</object></annotation>"
    )
    halves = tmp_path / "half"
    for name in ("a", "b", "c"):
        noisy(halves / f"{name}.png", WIDE, HIGH)
    (halves / "a.xml").write_text(voc_form)
    (halves / "b.xml").write_text("<annotation><object")
    assert {name: reason[:21] for name, reason in skipped(seen(halves, SOURCE)).items()} == {
        "b.xml": "is no sound XML (uncl",
        "c.png": "has no XML file of it",
    }
    coco(tmp_path / "coco")
    noisy(tmp_path / "coco" / "val" / "late.png", WIDE, HIGH)
    assert skipped(seen(tmp_path / "coco", SOURCE)) == {"val/late.png": "is not among the images of the COCO file."}


def test_all_four_sides_in_one_cell(tmp_path: Path) -> None:
    """Fails if the boxes of wheat heads, of which a cell says left, top, width and height, are no boxes, width is taken
    for the right side or nothing says so, or a cell without four numbers goes in silence."""
    rows = []
    for n in range(6):
        noisy(tmp_path / "train" / f"w{n}.jpg", 64, 48)
        rows += [f'w{n},64,48,"[{4 + n}.0, 6.0, 12.0, 9.5]",usask', f'w{n},64,48,"[30, 20, 8, 16]",usask']
    text = "image_id,width,height,bbox,source\n" + "\n".join(rows)
    (tmp_path / "train.csv").write_text(f'{text}\nw0,64,48,"[1, 2]",usask\n')
    found = next(understand(tmp_path))
    assert found.layer.id == SOURCE
    told = found.schema
    assert told is not None
    assert told.samples == 6
    assert told.fields["kinds"].words == ("nothing", "thing")
    assert [each.name for each in told.skipped] == ["train.csv, row 14"]
    assert any("'bbox' are read as left, top, width and height. If they are two" in each for each in told.remarks)
    _, got = read(tmp_path, SOURCE, size=(48, 64))
    boxes = got["boxes"].numpy() * np.array([64, 48, 64, 48], "float32")
    for n in range(6):
        found_boxes = sorted(map(tuple, boxes[n].round(3).tolist()))
        assert found_boxes == sorted([(4 + n + 6.0, 10.75, 12.0, 9.5), (34.0, 28.0, 8.0, 16.0)])


def test_the_files_of_labelme(tmp_path: Path) -> None:
    """Fails if the JSON files beside the pictures are called things that lie there, a polygon is not framed by its
    corners, a circle by its edge, or points go in silence."""
    for n in range(5):
        noisy(tmp_path / f"a{n}.jpg", 48, 32)
        shapes = [
            {"label": "cat", "shape_type": "polygon", "points": [[3 + n, 3], [20, 4], [15, 25]]},
            {"label": "dog", "shape_type": "rectangle", "points": [[40, 20], [25, 5]]},
            {"label": "dog", "shape_type": "circle", "points": [[30, 16], [33, 20]]},
            {"label": "eye", "shape_type": "point", "points": [[9, 9]]},
        ]
        said = {"version": "5.0", "shapes": shapes, "imagePath": f"..\\pictures\\a{n}.jpg", "imageHeight": 32}
        (tmp_path / f"a{n}.json").write_text(json.dumps({**said, "imageWidth": 48, "imageData": None}))
    noisy(tmp_path / "none.jpg", 48, 32)
    found = next(understand(tmp_path))
    assert found.layer.id == SOURCE
    told = found.schema
    assert told is not None
    assert (told.samples, told.fields["kinds"].words) == (5, ("nothing", "cat", "dog"))
    assert any("5 points and lines" in each for each in told.remarks)
    assert [each.name for each in told.skipped] == ["none.jpg"]
    _, got = read(tmp_path, SOURCE, size=(32, 48))
    boxes = got["boxes"].numpy() * np.array([48, 32, 48, 32], "float32")
    for n in range(5):
        middles = [((3 + n + 20) / 2, 14.0, 17.0 - n, 22.0), (32.5, 12.5, 15.0, 15.0), (30.0, 16.0, 10.0, 10.0)]
        assert np.allclose(sorted(map(tuple, boxes[n].tolist())), sorted(middles), atol=1e-3)


def test_an_odd_file_of_labelme_is_no_traceback(tmp_path: Path) -> None:
    """Fails if a shape whose kind is a list, or whose points are words, stops the reading of all others."""
    good = {"label": "cat", "shape_type": "rectangle", "points": [[4, 5], [20, 25]]}
    odd = [{**good, "shape_type": ["rectangle"]}, {**good, "points": "none"}, {**good, "label": None}, 7]
    for n in range(4):
        noisy(tmp_path / f"a{n}.jpg", 48, 32)
        (tmp_path / f"a{n}.json").write_text(json.dumps({"shapes": [good, *odd], "imagePath": f"a{n}.jpg"}))
    told = next(understand(tmp_path)).schema
    assert told is not None
    assert told.samples == 4
    assert any("16 points and lines, or things without a name" in each for each in told.remarks)


def test_the_file_of_cvat(tmp_path: Path) -> None:
    """Fails if annotations.xml is called a thing that lies there, its boxes are counted from 1 as those of Pascal VOC,
    or a file that declares entities is read."""
    images = ""
    for n in range(5):
        noisy(tmp_path / "images" / f"a{n}.jpg", 48, 32)
        images += (
            f'<image id="{n}" name="a{n}.jpg" width="48" height="32">'
            f'<box label="cat" xtl="{n}" ytl="4" xbr="20" ybr="22"></box>'
            '<polygon label="dog" points="30.0,5.0;40.0,6.0;35.0,20.0"></polygon></image>'
        )
    place = tmp_path / "annotations.xml"
    place.write_text(f'<?xml version="1.0"?><annotations><version>1.1</version>{images}</annotations>')
    found = next(understand(tmp_path))
    assert found.layer.id == SOURCE
    _, got = read(tmp_path, SOURCE, size=(32, 48))
    boxes = got["boxes"].numpy() * np.array([48, 32, 48, 32], "float32")
    for n in range(5):
        wanted = [((n + 20) / 2, 13.0, 20.0 - n, 18.0), (35.0, 12.5, 10.0, 15.0)]
        assert np.allclose(sorted(map(tuple, boxes[n].tolist())), sorted(wanted), atol=1e-3)
    place.write_text(f'<!DOCTYPE a [<!ENTITY b "c">]><annotations>{images}</annotations>')
    with pytest.raises(NoData, match=r"annotations\.xml is refused: it declares"):
        seen(tmp_path, SOURCE)


def test_one_box_in_each_picture_is_found_as_many_are(tmp_path: Path) -> None:
    """Fails if pictures with one box each get a net that reads the box and says its class."""
    rows = []
    for n in range(8):
        noisy(tmp_path / f"w{n}.jpg", 64, 64)
        rows.append(f"w{n}.jpg,{('cat', 'dog')[n % 2]},{5 + n},6,{30 + n},{40 - n}")
    (tmp_path / "labels.csv").write_text("filename,class,xmin,ymin,xmax,ymax\n" + "\n".join(rows) + "\n")
    found = next(understand(tmp_path))
    assert found.schema is not None
    assert found.schema.fields["boxes"].sizes == (1, 4)
    made = drawing_for(found.layer, found.settings, found.schema)
    assert made.sentence == "Finds things of 2 classes in a picture."


def test_the_names_of_darknet_are_those_of_the_classes(tmp_path: Path) -> None:
    """Fails if obj.names is no file that says something, so that a cat is called 0."""
    for n in range(4):
        noisy(tmp_path / "obj" / f"{n}.jpg", 32, 32)
        (tmp_path / "obj" / f"{n}.txt").write_text(f"{n % 2} 0.5 0.5 0.2 0.{3 + n}\n")
    (tmp_path / "obj.names").write_text("cat\ndog\n")
    assert seen(tmp_path, SOURCE).fields["kinds"].words == ("nothing", "cat", "dog")
