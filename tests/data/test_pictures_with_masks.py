"""Pictures with masks, in the ways in which people keep them, and that each dot arrives as its class."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from app.core.starting.exchange import exchange
from app.core.starting.first_net import drawing_for
from app.core.storage import templates
from app.data.understanding import candidates, sentence_of, understand
from nodes.api import NoData, Unreadable
from nodes.api.registry import find
from nodes.reading import cache
from nodes.reading.picture_signs import names_at
from tests.data.test_pictures import guess, read, seen, skipped, zipped
from tests.data.told_files import as_printed, same
from tests.support.file_sources import check_script

SOURCE = "PicturesWithMasks"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def pair(root: Path, name: str, mask: Image.Image, pictures: str = "images", masks: str = "masks") -> None:
    """A picture with noise and its mask."""
    dots = np.random.default_rng(len(name)).integers(0, 255, (mask.height, mask.width, 3), np.uint8)
    for folder, image, ending in ((pictures, Image.fromarray(dots), "bmp"), (masks, mask, "png")):
        place = root / folder / f"{name}.{ending}"
        place.parent.mkdir(parents=True, exist_ok=True)
        image.save(place)


def values(seed: int, *codes: int, size: tuple[int, int] = (8, 10)) -> np.ndarray:
    """Rows and columns of these values, each of them at least once."""
    drawn = np.random.default_rng(seed).choice(codes, size).astype(np.uint8)
    drawn.reshape(-1)[: len(codes)] = codes
    return drawn


def palette(codes: np.ndarray) -> Image.Image:
    image = Image.fromarray(codes, "L").convert("P")
    image = Image.frombytes("P", image.size, codes.tobytes())
    image.putpalette([*(0, 0, 0), *(128, 0, 0), *(0, 128, 0)] + [9] * 759)
    return image


def test_a_palette_is_its_numbers_and_the_border_is_ignored(tmp_path: Path) -> None:
    """Fails if the colours of a palette are taken for classes, or 255 becomes a 256th class that is learned."""
    codes = values(1, 0, 1, 2, 255)
    for name in "abc":
        pair(tmp_path, name, palette(codes), "JPEGImages", "SegmentationClass")
    schema = seen(tmp_path, SOURCE)
    assert schema.fields["mask"].words == ("0", "1", "2", "ignored")
    _, got = read(tmp_path, SOURCE)
    assert got["mask"].dtype == torch.int64
    assert np.array_equal(got["mask"][1].numpy(), np.where(codes == 255, 3, codes))


def test_grey_0_and_255_are_two_classes_with_their_names(tmp_path: Path) -> None:
    """Fails if a mask of 0 and 255 has 256 classes, or 255 is a border there."""
    codes = values(2, 0, 255)
    pair(tmp_path, "a", Image.fromarray(codes))
    pair(tmp_path, "b", Image.fromarray(codes))
    (tmp_path / "classes.txt").write_text("0: ground\n1: cell\n")
    schema = seen(tmp_path, SOURCE)
    assert schema.fields["mask"].words == ("ground", "cell")
    _, got = read(tmp_path, SOURCE)
    assert np.array_equal(got["mask"][0].numpy(), codes // 255)


def test_colours_are_classes_by_the_table_of_their_names(tmp_path: Path) -> None:
    """Fails if the order of the table is lost, or a colour that only the table has is forgotten."""
    codes = values(3, 0, 1)
    colours = np.array([(0, 0, 0), (64, 128, 192)], np.uint8)[codes]
    pair(tmp_path, "a", Image.fromarray(colours), masks="labels")
    pair(tmp_path, "b", Image.fromarray(colours), masks="labels")
    assert seen(tmp_path, SOURCE).fields["mask"].words == ("background", "colour 4080c0")
    (tmp_path / "label_colors.txt").write_text("64 128 192\tRoad\n9 9 9\tTree\n0 0 0\tVoid\n")
    schema = seen(tmp_path, SOURCE)
    assert schema.fields["mask"].words == ("Road", "Tree", "Void")
    _, got = read(tmp_path, SOURCE)
    assert np.array_equal(got["mask"][0].numpy(), np.where(codes == 1, 0, 2))


def test_masks_are_resized_by_the_nearest_dot(tmp_path: Path) -> None:
    """Fails if values between two classes come of resizing, or a mask is moved against its picture."""
    codes = values(4, 0, 3, size=(16, 20))
    pair(tmp_path, "a", Image.fromarray(codes))
    _, got = read(tmp_path, SOURCE, size=(8, 5))
    rows, columns = ((np.arange(8) + 0.5) * 2).astype(int), ((np.arange(5) + 0.5) * 4).astype(int)
    assert np.array_equal(got["mask"][0].numpy(), codes[rows][:, columns])


@pytest.mark.parametrize("fit", ["squeeze", "crop", "pad"])
def test_a_mask_lies_where_its_picture_lies(tmp_path: Path, fit: str) -> None:
    """Fails if a way of fitting places the mask otherwise than the picture: here both show the same."""
    codes = np.zeros((30, 60), np.uint8)
    codes[5:25, 12:40] = 1
    picture = tmp_path / "images" / "a.png"
    picture.parent.mkdir()
    Image.fromarray(codes * 255).save(picture)
    pair(tmp_path, "a", Image.fromarray(codes), "elsewhere")
    _, got = read(tmp_path, SOURCE, size=(24, 24), fit=fit, background="black")
    assert ((got["image"][0, 0] > 0.5) == (got["mask"][0] == 1)).double().mean() > 0.97


@pytest.mark.parametrize("where", ["{part}/{kind}", "{kind}/{part}", "set/{kind}/{part}"])
def test_parts_above_and_below(tmp_path: Path, where: str) -> None:
    """Fails if train and val are only found above the folders of pictures and masks, or only below."""
    for part, name in (("train", "a"), ("train", "b"), ("val", "c")):
        kinds = [where.format(part=part, kind=kind) for kind in ("images", "masks")]
        pair(tmp_path, name, Image.fromarray(values(5, 0, 1)), *kinds)
    schema = seen(tmp_path, SOURCE)
    assert dict(schema.parts) == {"train": 2, "validation": 1}
    feed, _ = read(tmp_path, SOURCE)
    assert feed.name_of(int(feed.parts["validation"][0])).endswith("c.bmp")
    assert candidates(tmp_path)[0].layer.id == SOURCE


def test_what_has_no_partner_is_named_and_what_differs_in_size_is_a_sentence(tmp_path: Path) -> None:
    """Fails if a picture without a mask is left out in silence, or a mask of another size is stretched."""
    pair(tmp_path, "a", Image.fromarray(values(6, 0, 1)))
    pair(tmp_path, "b", Image.fromarray(values(6, 0, 1)))
    (tmp_path / "masks" / "b.png").unlink()
    pair(tmp_path, "c", Image.fromarray(values(7, 0, 1)))
    Image.new("RGB", (9, 9)).save(tmp_path / "images" / "c.bmp")
    schema = seen(tmp_path, SOURCE)
    assert skipped(schema) == {"images/b.bmp": "has no mask of its name."}
    assert "masks/c.png is 8×10, and its picture images/c.bmp 9×9 (height × width)" in sentence_of(schema)
    with pytest.raises(Unreadable, match="Make both of one size"):
        read(tmp_path, SOURCE, size=(8, 8))


def test_a_value_of_no_class_names_its_mask(tmp_path: Path) -> None:
    """Fails if a value that the classes do not have becomes some other class."""
    pair(tmp_path, "a", Image.fromarray(values(8, 0, 1, 7)))
    with pytest.raises(
        Unreadable, match=r"masks/a\.png has dots of the value 7, which is no class\. Add it to classes"
    ):
        read(tmp_path, SOURCE, classes="0=ground, 1=cat")
    with pytest.raises(NoData, match="Write a value and a name for each"):
        seen(tmp_path, SOURCE, classes="cat=0")


def test_grey_levels_are_classes_in_their_order(tmp_path: Path) -> None:
    """Fails if the levels 0, 128 and 255 of a trimap become 256 classes."""
    codes = values(9, 0, 128, 255)
    pair(tmp_path, "a", Image.fromarray(codes))
    assert guess(seen(tmp_path, SOURCE), "classes").chosen == "in order"
    _, got = read(tmp_path, SOURCE)
    assert np.array_equal(got["mask"][0].numpy(), np.searchsorted([0, 128, 255], codes))


def test_smooth_masks_are_refused_with_what_helps(tmp_path: Path) -> None:
    """Fails if a photo beside a photo becomes hundreds of classes."""
    pair(tmp_path, "a", Image.fromarray(np.arange(200, dtype=np.uint8).reshape(10, 20)))
    with pytest.raises(NoData, match="200 different grey levels, too many for classes"):
        seen(tmp_path, SOURCE)


def test_a_zip_file_and_the_printed_lines_give_the_same(tmp_path: Path) -> None:
    """Fails if the exported script reads other classes, or a zip file is not read."""
    for number, name in enumerate("abc"):
        pair(tmp_path / "in", name, palette(values(number, 0, 1, 2, 255)))
    packed = zipped(tmp_path / "in", tmp_path / "set.zip", "set/")
    assert next(iter(understand(packed))).layer.id == SOURCE
    for path in (tmp_path / "in", packed):
        for settings in ({}, {"size": (6, 6), "fit": "pad"}):
            _, got = read(path, SOURCE, **settings)
            assert same(as_printed(path, SOURCE, **settings), got)


def test_two_folders_of_classes_stay_classes(tmp_path: Path) -> None:
    """Fails if a folder of classes is taken for pictures with masks because a class is called so."""
    for folder, first in (("masks", 0), ("faces", 0), ("images", 50)):
        for number in range(4):
            pair(tmp_path / "a", f"{first + number}", Image.new("RGB", (8, 8), (number, 9, 9)), folder, folder)
    assert candidates(tmp_path / "a")[0].layer.id == "Pictures"


def test_the_template_fits_and_ignores_the_border(tmp_path: Path) -> None:
    """Fails if the exchange leaves the number of classes, or borders are learned."""
    for name in "abcd":
        pair(tmp_path, name, palette(values(len(name), 0, 1, 2, 3, 4, 255, size=(16, 20))))
    layer = find(SOURCE)
    assert layer is not None
    settings = layer.settings({**layer.defaults(), "path": str(tmp_path)})
    schema = seen(tmp_path, SOURCE)
    made = drawing_for(layer, settings, schema).project
    for project in (made, None):
        if project is None:
            before = templates.load("segment")
            done = exchange(before, "shapes", layer, settings, schema)
            assert not done.left
            project = done.command.apply(before)
        loss = next(node for node in project.graph.nodes.values() if node.type == "CrossEntropyLoss")
        assert loss.params["ignore_index"] == 5
        last = project.graph.into(loss.name)[0].source
        assert project.graph.nodes[last].params["out_channels"] == 6


def test_a_large_folder_is_known_though_only_some_names_are_seen(tmp_path: Path) -> None:
    """Fails if no mask of the pictures that happen to be seen first is looked for."""
    pair(tmp_path, "0", Image.fromarray(values(1, 0, 1)))
    picture, mask = (next(tmp_path.glob(f"{kind}/0.*")) for kind in ("images", "masks"))
    for number in range(1, 300):
        os.link(picture, tmp_path / "images" / f"{number}.bmp")
        os.link(mask, tmp_path / "masks" / f"{number}.png")
    assert len(names_at(tmp_path)) < 300
    assert candidates(tmp_path)[0].layer.id == SOURCE


CARVANA, ISIC, BESIDE, CAMVID = "carvana", "isic", "beside", "camvid"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("how", [CARVANA, ISIC, BESIDE, CAMVID])
def test_masks_that_names_alone_tell(tmp_path: Path, how: str, packed: bool) -> None:
    """Fails if train and train_masks of Carvana, Input and GroundTruth of ISIC, or pictures and masks of one folder are
    two classes; if the parts of CamVid mix; or if a picture gets the mask of another one."""
    root = tmp_path / "data"
    masks = {}
    for n in range(6):
        picture, mask = {
            CARVANA: (f"train/c{n}_01.jpg", f"train_masks/c{n}_01_mask.gif"),
            ISIC: (f"ISIC_Task1-2_Input/I_{n}.jpg", f"ISIC_Task1_GroundTruth/I_{n}_segmentation.png"),
            BESIDE: (f"case{n // 3}/scan ({n}).png", f"case{n // 3}/scan ({n})_mask.png"),
            CAMVID: (f"{('train', 'test')[n > 3]}/{n}.png", f"{('train', 'test')[n > 3]}annot/{n}.png"),
        }[how]
        values = np.zeros((20, 24), "uint8")
        values[: n + 3] = 1 if how == CAMVID else 255
        for name, dots in ((picture, np.full((20, 24, 3), 40 * n, "uint8")), (mask, values)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(dots).save(root / name)
        masks[picture] = values > 0
    path = root
    if packed:
        path = tmp_path / "data.zip"
        with zipfile.ZipFile(path, "w") as file:
            for each in sorted(root.rglob("*.*")):
                file.write(each, each.relative_to(root))
    found = next(understand(path))
    assert found.layer.id == SOURCE
    told = found.schema
    assert told is not None
    assert told.samples == 6
    assert dict(told.parts) == ({"train": 4, "test": 2} if how == CAMVID else {})
    made = check_script(SOURCE, path, size=(20, 24))
    read = made.at(torch.arange(6), None, ["mask"])["mask"]
    names = [made.name_of(n).removeprefix("data/") for n in range(6)]
    assert sorted(names) == sorted(masks)
    for name, mask in zip(names, read.numpy()):
        assert np.array_equal(mask > 0, masks[name])


def test_classes_with_masks_in_their_names_stay_classes(tmp_path: Path) -> None:
    """Fails if faces with_mask and without_mask are pictures and their masks, of equal names or not."""
    for name in ("with_mask", "without_mask", "face", "face_mask"):
        for n in range(4):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.new("RGB", (8, 8), (40 * n, 0, len(name))).save(tmp_path / name / f"{n}.png")
    assert next(understand(tmp_path)).layer.id == "Pictures"


def photograph(seed: int) -> Image.Image:
    """What a camera gives: no two dots are alike."""
    dots = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(dots).resize((80, 60), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("ending", ["png", "jpg"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("folders", [("", ""), ("with/", "without/")])
def test_photographs_that_are_called_masks_are_none(
    tmp_path: Path, ending: str, packed: bool, folders: tuple[str, str]
) -> None:
    """Fails if people with and without a mask are surely a segmentation by their names, which the reading then refuses
    for its many colours, or reads as background and 255, a JPEG; or classes in folders are lost so."""
    root = tmp_path / "faces"
    for number in range(12):
        for at, (folder, mark) in enumerate(zip(folders, ("_mask", ""))):
            path = root / f"{folder}face{number}{mark}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            photograph(2 * number + at).save(path)
    found = candidates(zipped(root, tmp_path / "faces.zip") if packed else root)
    assert "PicturesWithMasks" not in [each.layer.id for each in found]
    first = next(understand(root))
    assert first.layer.id == "Pictures"
    assert "As Pictures with masks" not in sentence_of(first.schema)
    if folders[0]:
        assert first.schema.fields["label"].classes == ("with", "without")


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_masks_beside_photographs_stay_masks(tmp_path: Path, ending: str) -> None:
    """Fails if a mask is taken for a photograph: one of JPEG, whose borders are smeared, is read, one that was smoothed
    is refused with what helps, and neither is passed over in silence."""
    dots = np.zeros((60, 80), np.uint8)
    dots[10:40, 20:60] = 255
    for number in range(12):
        photograph(number).save(tmp_path / f"cell{number}.jpg")
        Image.fromarray(dots).save(tmp_path / f"cell{number}_mask.{ending}")
    assert candidates(tmp_path)[0].layer.id == "PicturesWithMasks"
    found = next(understand(tmp_path))
    assert found.schema.fields["mask"].classes == ("background", "255")
    asked = next(each for each in found.schema.guesses if each.setting == "classes")
    assert asked.chosen == "in order"
    for number in range(12):
        soft = Image.fromarray(dots).filter(ImageFilter.GaussianBlur(6))
        soft.save(tmp_path / f"cell{number}_mask.png")
        (tmp_path / f"cell{number}_mask.jpg").unlink(missing_ok=True)
    first = next(each for each in understand(tmp_path) if each.schema is not None)
    assert "too many for classes. Save them as PNG without smoothing" in sentence_of(first.schema)
