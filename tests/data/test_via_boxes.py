"""Boxes of the VGG Image Annotator, as it saves and exports them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.data.understanding import understand
from nodes.reading import cache
from tests.data.test_pictures import read
from tests.data.told_files import as_printed, noisy, same

SOURCE = "PicturesWithBoxes"
WIDE, HIGH, MANY = 48, 32, 5
# Middle and size of each region below, in dots, besides what moves with the number of the picture.
CAT, DOG, BIRD = (3, 4, 20, 22), (30.0, 16.0, 10.0, 10.0), (10.0, 20.0, 16.0, 8.0)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def regions(n: int) -> list[dict[str, Any]]:
    """A polygon, a circle, an ellipse that lies, and a point, which is no box."""
    left, top, right, bottom = CAT
    outline = {"all_points_x": [left + n, right, left + n], "all_points_y": [top, top, bottom]}
    said = [
        ({"name": "polygon", **outline}, {"name": "cat"}),
        ({"name": "circle", "cx": 30, "cy": 16, "r": 5}, {"note": "", "class": "dog"}),
        ({"name": "ellipse", "cx": 10, "cy": 20, "rx": 4, "ry": 8, "theta": np.pi / 2}, {"kind": {"bird": True}}),
        ({"name": "point", "cx": 3, "cy": 4}, {"name": "eye"}),
    ]
    return [{"shape_attributes": shape, "region_attributes": word} for shape, word in said]


def entries(numbered: bool) -> dict[str, Any]:
    made = {}
    for n in range(MANY):
        every = regions(n)
        told = {str(at): each for at, each in enumerate(every)} if numbered else every
        made[f"a{n}.jpg999"] = {"filename": f"a{n}.jpg", "size": 999, "regions": told, "file_attributes": {}}
    return made


def annotations(root: Path) -> None:
    (root / "via_region_data.json").write_text(json.dumps(entries(numbered=False)))


def annotations_of_version_1(root: Path) -> None:
    (root / "via_region_data.json").write_text(json.dumps(entries(numbered=True)))


def project(root: Path) -> None:
    said = {"_via_settings": {"ui": {}}, "_via_img_metadata": entries(numbered=False), "_via_attributes": {}}
    (root / "via_project_1Dec2026.json").write_text(json.dumps(said))


def table(root: Path) -> None:
    heads = "filename file_size file_attributes region_count region_id region_shape_attributes region_attributes"
    with (root / "via_project_csv.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(heads.split())
        for n in range(MANY):
            every = regions(n)
            for at, each in enumerate(every):
                cells = (json.dumps(each["shape_attributes"]), json.dumps(each["region_attributes"]))
                rows.writerow([f"a{n}.jpg", 999, "{}", len(every), at, *cells])


@pytest.mark.parametrize("write", [annotations, annotations_of_version_1, project, table])
def test_the_files_of_via(tmp_path: Path, write: Any) -> None:
    """Fails if the pictures have no boxes, a column of JSON becomes a class, a polygon is not framed by its corners or
    an ellipse by its edge, or a point goes in silence."""
    for n in range(MANY):
        noisy(tmp_path / f"a{n}.jpg", WIDE, HIGH)
    write(tmp_path)
    found = next(understand(tmp_path))
    assert found.layer.id == SOURCE
    told = found.schema
    assert told is not None
    assert (told.samples, told.fields["kinds"].words) == (MANY, ("nothing", "bird", "cat", "dog"))
    assert any("5 points and lines" in each for each in told.remarks)
    _, got = read(tmp_path, SOURCE, size=(HIGH, WIDE))
    boxes = got["boxes"].numpy() * np.array([WIDE, HIGH, WIDE, HIGH], "float32")
    for n in range(MANY):
        cat = ((3 + n + 20) / 2, 13.0, 17.0 - n, 18.0)
        kinds = [told.fields["kinds"].words[kind] for kind in got["kinds"][n].tolist()]
        assert np.allclose(
            [boxes[n][kinds.index(word)] for word in ("cat", "dog", "bird")], [cat, DOG, BIRD], atol=1e-3
        )
    assert same(as_printed(tmp_path, SOURCE, size=(HIGH, WIDE)), got)


def test_regions_without_a_name_in_two_parts(tmp_path: Path) -> None:
    """Fails if the balloons of Mask R-CNN, whose regions have no attributes and whose folders have a file each, are
    pictures without boxes, or one part is learned with the other."""
    for part in ("train", "val"):
        said = entries(numbered=True)
        for each in said.values():
            each["filename"] = f"{part}_{each['filename']}"
            each["regions"] = {"0": {**each["regions"]["0"], "region_attributes": {}}}
            noisy(tmp_path / part / each["filename"], WIDE, HIGH)
        (tmp_path / part / "via_region_data.json").write_text(json.dumps(said))
    told = next(understand(tmp_path)).schema
    assert told is not None
    assert told.parts == {"train": MANY, "validation": MANY}
    assert told.fields["kinds"].words == ("nothing", "object")


def test_odd_regions_of_via_are_no_traceback(tmp_path: Path) -> None:
    """Fails if a region without a shape, a shape of words or an angle that is none stops the reading of all others, or
    a polygon without one of its points gets a box."""
    for n in range(MANY):
        noisy(tmp_path / f"a{n}.jpg", WIDE, HIGH)
    said = entries(numbered=False)
    odd = [7, {}, {"shape_attributes": {"name": "polygon", "all_points_x": "none"}}, {"shape_attributes": {"name": 3}}]
    turned = {"name": "ellipse", "cx": 9, "cy": 9, "rx": 3, "ry": 2, "theta": float("inf")}
    holed = {"name": "polygon", "all_points_x": [1, None, 9], "all_points_y": [2, 4, 8]}
    odd += [{"shape_attributes": turned}, {"shape_attributes": holed}]
    for each in said.values():
        each["regions"] += odd
    (tmp_path / "via.json").write_text(json.dumps({**said, "b": 5, "c": {"filename": 4}}))
    told = next(understand(tmp_path)).schema
    assert told is not None
    assert told.samples == MANY
    assert any("35 points and lines" in each for each in told.remarks)
