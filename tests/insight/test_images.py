"""Image files become what a net reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.insight.images import load_for, load_image
from app.insight.tiles import NoPicture
from tests.insight.conftest import Trained
from tests.support.drawings import chain, node


def saved(path: Path, pixels: np.ndarray, mode: str | None = None) -> Path:
    """A PNG file of these pixels."""
    picture = Image.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(path)
    return path


def test_colours_keep_their_places(tmp_path: Path) -> None:
    """Fails if channels and rows are mixed up, or values are not 0..1."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:4, :, 0] = 255
    pixels[:, :4, 2] = 51
    loaded = load_image(saved(tmp_path / "a.png", pixels), (3, 8, 8))
    assert loaded.dtype == np.float32
    assert loaded.shape == (3, 8, 8)
    assert np.allclose(loaded, np.moveaxis(pixels, -1, 0) / 255)


def test_one_channel_becomes_grey_and_three_take_a_grey_picture(tmp_path: Path) -> None:
    """Fails if a photograph cannot be given to a net that reads digits, or the other way round."""
    red = np.zeros((9, 9, 3), np.uint8)
    red[..., 0] = 255
    assert load_image(saved(tmp_path / "red.png", red), (1, 9, 9)).mean() == pytest.approx(0.299, abs=0.01)
    grey = np.full((9, 9), 128, np.uint8)
    assert np.allclose(load_image(saved(tmp_path / "grey.png", grey), (3, 4, 4)), 128 / 255, atol=0.01)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "CMYK", "I;16", "I", "F"])
def test_every_kind_of_file_can_be_read(tmp_path: Path, mode: str) -> None:
    """Fails if palettes, transparency or deep greys are refused, or cut off at white."""
    ramp = np.tile(np.linspace(0, 255, 16).astype(np.uint8), (16, 1))
    if mode == "I;16":
        path = saved(tmp_path / "a.png", ramp.astype(np.uint16) * 257)
    else:
        path = tmp_path / ("a.tif" if mode in ("CMYK", "F", "I") else "a.png")
        Image.fromarray(ramp).convert("RGB").convert("L").convert(mode if mode not in ("CMYK",) else "L").save(path)
    loaded = load_image(path, (1, 16, 16))[0]
    assert loaded[:, :3].mean() < 0.2
    assert loaded[:, -3:].mean() > 0.8
    if mode not in ("1",):
        assert 0.3 < loaded[:, 7:9].mean() < 0.7


def test_proportions_are_kept_by_cutting(tmp_path: Path) -> None:
    """Fails if a wide photograph is squeezed into a square."""
    wide = np.zeros((10, 40), np.uint8)
    wide[:, 15:25] = 255
    assert load_image(saved(tmp_path / "wide.png", wide), (1, 10, 10)).min() > 0.9


def test_transparent_places_are_paper(tmp_path: Path) -> None:
    """Fails if what is transparent turns black."""
    assert load_image(saved(tmp_path / "t.png", np.zeros((4, 4, 4), np.uint8)), (1, 4, 4)).min() == 1.0


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"GIF89a"])
def test_what_is_no_picture_is_said(tmp_path: Path, content: bytes) -> None:
    """Fails if a damaged or foreign file ends in a traceback."""
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(NoPicture, match=r"bad\.png (is not a picture|cannot be read)"):
        load_image(path, (1, 8, 8))


def test_a_cut_off_file_is_said(tmp_path: Path) -> None:
    """Fails if the half of a picture is taken for the whole, or ends in a traceback."""
    path = saved(tmp_path / "half.png", np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(NoPicture, match=r"half\.png cannot be read"):
        load_image(path, (3, 8, 8))


def test_missing_folders_and_giants_are_said(tmp_path: Path) -> None:
    """Fails if the sentence does not name the file, or a file that claims to be huge is decoded."""
    with pytest.raises(NoPicture, match=r"no file .*nowhere\.png"):
        load_image(tmp_path / "nowhere.png", (1, 8, 8))
    with pytest.raises(NoPicture, match="cannot be read"):
        load_image(tmp_path, (1, 8, 8))
    path = tmp_path / "giant.png"
    Image.new("1", (9000, 9000)).save(path)
    with pytest.raises(NoPicture, match=r"9000×9000 pixels\. Make it smaller"):
        load_image(path, (1, 8, 8))


def test_a_picture_for_a_net(lenet: Trained, tmp_path: Path) -> None:
    """Fails if size and channels are not those that the net reads."""
    path = saved(tmp_path / "a.png", np.full((50, 70, 3), 90, np.uint8))
    assert load_for(lenet.net, path).shape == (1, 32, 32)
    every = [node("numbers", "Input", shape=(12,)), node("fc1", "Linear", out_features=3)]
    net = compile_net(Project("List", graph=Graph.of(every, chain("numbers", "fc1"))))
    with pytest.raises(NoPicture, match="does not read pictures"):
        load_for(net, path)
    with pytest.raises(NoPicture, match="reads 4 channels"):
        load_image(path, (4, 8, 8))
