"""Points in pictures, of tables and COCO, as heat maps."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from app.core.starting.exchange import exchange
from app.core.starting.first_net import drawing_for
from app.core.storage import templates
from app.data.understanding import candidates, sentence_of
from nodes.api import NoData
from nodes.api.registry import find
from nodes.reading import cache
from nodes.reading.points import point_columns
from tests.data.test_pictures import read, seen, skipped, zipped
from tests.data.told_files import as_printed, noisy, same

SOURCE = "PicturesWithPoints"
# left eye, right eye, nose and mouth of two pictures of 20 × 16 dots; None where nobody sees it
TRUTH: dict[str, list[tuple[float, float] | None]] = {
    "a": [(4, 3), (12.5, 3), (8, 7), (8, 12)],
    "b": [(10, 2), None, (15, 9), (19.5, 15.5)],
}
WORDS = ("left_eye", "right_eye", "nose", "mouth")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def table(root: Path) -> None:
    lines = ["path," + ",".join(f"{word}_x,{word}_y" for word in WORDS)]
    for name, points in TRUTH.items():
        noisy(root / "images" / f"{name}.png")
        lines.append(f"images/{name}.png," + ",".join("," if p is None else f"{p[0]},{p[1]}" for p in points))
    (root / "points.csv").write_text("\n".join(lines))


def coco(root: Path) -> None:
    """Two people in the first picture, of whom the smaller comes first, and a person of whom nothing is seen."""
    images, notes = [], []
    for at, (name, points) in enumerate(TRUTH.items()):
        noisy(root / "train2017" / f"{name}.png")
        images.append({"id": at, "file_name": f"{name}.png", "width": 20, "height": 16})
        values = [number for p in points for number in ((0, 0, 0) if p is None else (*p, 2))]
        notes += [
            {"image_id": at, "area": 3, "keypoints": [1, 1, 2] * 4},
            {"image_id": at, "area": 90, "keypoints": values},
            {"image_id": at, "area": 900, "keypoints": [0, 0, 0] * 4},
        ]
    (root / "annotations").mkdir()
    said = {"images": images, "annotations": notes, "categories": [{"id": 1, "name": "person", "keypoints": WORDS}]}
    (root / "annotations" / "person_keypoints_train2017.json").write_text(json.dumps(said))


@pytest.mark.parametrize("form", [table, coco])
@pytest.mark.parametrize(("size", "fit"), [("auto", "squeeze"), ((32, 32), "squeeze"), ((32, 32), "pad")])
def test_each_form_gives_bells_where_the_points_are(tmp_path: Path, form: object, size: object, fit: str) -> None:
    """Fails if a map has its top elsewhere, another width, or one for a point that nobody sees."""
    assert callable(form)
    form(tmp_path)
    assert candidates(tmp_path)[0].layer.id == SOURCE
    schema = seen(tmp_path, SOURCE, size=size, fit=fit)
    assert "4 points: left_eye, right_eye, nose, mouth" in sentence_of(schema)
    _, got = read(tmp_path, SOURCE, size=size, fit=fit, spread=2.0)
    high, wide = got["image"].shape[2:]
    share = (wide / 20, high / 16) if fit == "squeeze" else (1.6, 26 / 16)
    lower = 0 if fit == "squeeze" else 3
    for at, points in enumerate(TRUTH.values()):
        for place, point in enumerate(points):
            wanted = np.zeros((high, wide))
            for row, column in product(range(high), range(wide)):
                if point is not None:
                    x, y = point[0] * share[0], point[1] * share[1] + lower
                    wanted[row, column] = np.exp(-((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2) / 8)
            assert np.allclose(got["heat"][at, place], wanted, atol=1e-5)


@pytest.mark.parametrize("form", [table, coco])
def test_a_zip_file_and_the_printed_lines_give_the_same(tmp_path: Path, form: object) -> None:
    """Fails if the exported script has other maps, or a zip file is not read."""
    assert callable(form)
    form(tmp_path / "in")
    packed = zipped(tmp_path / "in", tmp_path / "set.zip", "set/")
    for settings in ({}, {"size": (12, 8), "fit": "crop"}):
        _, got = read(packed, SOURCE, **settings)
        assert same(as_printed(packed, SOURCE, **settings), got)


def test_bad_rows_are_named(tmp_path: Path) -> None:
    """Fails if a word in place of a number, a lost picture or a second row of one goes in silence."""
    table(tmp_path)
    noisy(tmp_path / "images" / "c.png")
    with (tmp_path / "points.csv").open("a") as file:
        file.write("\nimages/c.png,1,1,2,x,3,3,4,4\nimages/lost.png,1,1,2,2,3,3,4,4\nimages/a.png,1,1,2,2,3,3,4,4\n")
    told = skipped(seen(tmp_path, SOURCE))
    assert told["points.csv, row 4"] == "has a point that is no number."
    assert told["points.csv, row 5"] == "names images/lost.png, which is not there."
    assert told["points.csv, row 6"] == "names a picture that an earlier row names."


def test_columns_of_points() -> None:
    """Fails if one of the usual ways to name the columns is not understood, or boxes are taken for points."""
    for heads in ("path,x0,y0,x1,y1", "file,x_0,y_0,x_1,y_1", "image,0_x,0_y,1_x,1_y"):
        assert [word for word, _, _ in point_columns(heads.split(","))[1]] == ["0", "1"]
    assert not point_columns("path,x1,y1,x2,y2,class".split(","))[1]
    assert not point_columns("path,max,may,tax,tay".split(","))[1]


def test_without_points_it_says_what_is_needed(tmp_path: Path) -> None:
    """Fails if a folder of pictures alone is a traceback."""
    noisy(tmp_path / "a.png")
    with pytest.raises(NoData, match=r"There are no points in pictures in .*path, x0, y0"):
        seen(tmp_path, SOURCE)


def test_the_template_fits(tmp_path: Path) -> None:
    """Fails if the exchange leaves the number of maps."""
    table(tmp_path)
    layer = find(SOURCE)
    assert layer is not None
    settings = layer.settings({**layer.defaults(), "path": str(tmp_path)})
    schema = seen(tmp_path, SOURCE)
    before = templates.load("keypoints")
    done = exchange(before, "triangles", layer, settings, schema)
    assert not done.left
    assert done.command.apply(before).graph.nodes["maps"].params["out_channels"] == 4
    assert "UpsampleLike" in {each.type for each in drawing_for(layer, settings, schema).project.graph.nodes.values()}
