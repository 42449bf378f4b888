"""Every kind of picture that a camera, a scanner or a program writes, read as what it shows."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nodes.api import Unreadable
from nodes.reading import pictures
from nodes.reading.pictures import PicturePreparation, dots, head, prepare

COLOURS = PicturePreparation(10, 12)
GREY = PicturePreparation(10, 12, 1)


def saved(tmp_path: Path, picture: Image.Image, name: str, **options: Any) -> str:
    path = tmp_path / name
    picture.save(path, **options)
    return str(path)


def ramp(high: int = 10, wide: int = 12) -> np.ndarray:
    """Different levels in both directions."""
    return (np.arange(high)[:, None] * 11 + np.arange(wide)[None, :] * 9).astype(np.uint8)


def photo(high: int, wide: int, seed: int = 0) -> Image.Image:
    """Soft forms in colours, as photos have."""
    small = np.random.default_rng(seed).integers(0, 255, (high // 16 + 2, wide // 16 + 2, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((wide, high), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "1", "CMYK", "I;16", "I", "F"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_mode_gives_the_channels_that_are_asked_for(tmp_path: Path, mode: str, channels: int) -> None:
    """Fails if one grey, transparent, printed or scientific picture among others ends the run or has other values."""
    grey = ramp()
    if mode == "I;16":
        picture = Image.fromarray(grey.astype(np.uint16) * 257)
    elif mode == "I":
        picture = Image.fromarray(grey.astype(np.int32) * 257)
    elif mode == "F":
        picture = Image.fromarray(grey.astype(np.float32) / 255)
    elif mode == "1":
        grey = np.where(grey > 90, 255, 0).astype(np.uint8)
        picture = Image.fromarray(grey).convert("1")
    elif mode == "P":
        picture = Image.fromarray(grey).convert("P")
    else:
        picture = Image.fromarray(grey).convert(mode)
    file = saved(tmp_path, picture, "a.tiff" if mode in ("CMYK", "I", "F") else "a.png")
    found = prepare(file, PicturePreparation(10, 12, channels))
    assert found.dtype == np.float32
    assert found.shape == (channels, 10, 12)
    assert np.abs(found * 255 - grey[None]).max() <= 1


def test_transparency_is_laid_on_the_background_before_resizing(tmp_path: Path) -> None:
    """Fails if transparency is dropped, or the colours that are hidden under it bleed into the edge."""
    values = np.zeros((20, 20, 4), np.uint8)
    values[:, :, 0] = 255  # red everywhere, also where nobody sees it
    values[:, 8:, 3] = 255
    file = saved(tmp_path, Image.fromarray(values), "a.png")
    for name, ground in (("white", 255), ("black", 0), ("grey", 128)):
        found = dots(file, PicturePreparation(4, 5, 3, "squeeze", name)).astype(int)
        laid = np.where(values[:, :, 3:] > 0, values[:, :, :3], ground).astype(np.uint8)
        by_hand = np.asarray(Image.fromarray(laid).resize((5, 4), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
        assert np.abs(found - by_hand.astype(int)).max() <= 1
        assert found[:, 0, 0].tolist() == [ground] * 3
    palette = Image.fromarray((np.arange(400).reshape(20, 20) % 2).astype(np.uint8)).convert("P")
    palette.putpalette([255, 0, 0, 0, 0, 255])
    found = dots(saved(tmp_path, palette, "b.gif", transparency=0), PicturePreparation(20, 20, 3, "crop", "black"))
    assert found[:, 0, :2].tolist() == [[0, 0], [0, 0], [0, 255]]


def test_a_palette_and_a_bit_picture_are_resized_smoothly(tmp_path: Path) -> None:
    """Fails if they are resized by the nearest dot, which is what Pillow does with them unasked."""
    board = ((np.indices((40, 40)).sum(0) % 2) * 255).astype(np.uint8)
    for mode in ("1", "P"):
        file = saved(tmp_path, Image.fromarray(board).convert(mode), f"{mode}.png")
        found = dots(file, PicturePreparation(10, 10, 1))
        assert 100 < found.min() <= found.max() < 155


def test_sixteen_bits_are_scaled_and_fractions_are_not_black(tmp_path: Path) -> None:
    """Fails if levels above 255 are cut off, or a picture of fractions from 0 to 1 turns black."""
    deep = (np.arange(120).reshape(10, 12) * 500).astype(np.uint16)
    found = dots(saved(tmp_path, Image.fromarray(deep), "a.png"), GREY)[0].astype(float)
    assert np.abs(found - deep / 257).max() <= 0.51
    for name, values in (
        ("fractions", deep / 65535),
        ("levels", deep / 257),
        ("signed", (deep - 30000.0)),
    ):
        lowest = values.min()
        picture = Image.fromarray(values.astype(np.float32))
        found = dots(saved(tmp_path, picture, f"{name}.tiff"), GREY)[0].astype(float)
        expected = (values - lowest) / (values.max() - lowest) * 255 if name == "signed" else deep / 257
        assert np.abs(found - expected).max() <= 0.51, name
    holes = ramp().astype(np.float32) / 255
    holes[0, 0], holes[1, 1] = np.nan, np.inf
    assert dots(saved(tmp_path, Image.fromarray(holes), "b.tiff"), GREY)[0, 0, 0] == 0


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tiff"])
@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_pictures_stand_as_the_camera_was_held(tmp_path: Path, turn: int, ending: str, fit: str) -> None:
    """Fails if an orientation of EXIF is passed over in any of the formats, or done twice."""
    upright = photo(48, 32)
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[turn]
    stored = upright if back is None else upright.transpose(Image.Transpose(back))
    exif = Image.Exif()
    exif[0x0112] = turn
    options = {"quality": 95} if ending in ("jpg", "webp") else {}
    file = saved(tmp_path, stored, f"a.{ending}", exif=exif, **options)
    found = dots(file, PicturePreparation(48, 32, 3, fit))
    expected = np.asarray(upright).transpose(2, 0, 1).astype(int)
    assert np.abs(found.astype(int) - expected).mean() < 4
    with open(file, "rb") as opened:
        known = head(opened, file)
    if ending in ("jpg", "png"):
        assert {known.width, known.height} == {32, 48}


def test_of_an_animated_picture_the_first_is_taken(tmp_path: Path) -> None:
    """Fails if a GIF or an animated PNG gives another frame, or all of them."""
    frames = [Image.new("RGB", (12, 10), (value, value, value)) for value in (40, 200, 90)]
    for ending in ("gif", "png", "webp"):
        file = saved(tmp_path, frames[0], f"a.{ending}", save_all=True, append_images=frames[1:], duration=50)
        assert np.abs(dots(file, COLOURS).astype(int) - 40).max() <= 3


def test_crop_squeeze_and_pad(tmp_path: Path) -> None:
    """Fails if a form is distorted or cut where it was not asked for, or the middle is not the middle."""
    values = np.zeros((10, 40), np.uint8)
    values[:, 15:25] = 255  # the middle square
    file = saved(tmp_path, Image.fromarray(values), "a.png")
    assert dots(file, PicturePreparation(10, 10, 1, "crop")).min() == 255
    squeezed = dots(file, PicturePreparation(10, 10, 1, "squeeze"))[0]
    assert squeezed[:, 0].max() == 0
    assert squeezed[5, 5] > 200
    padded = dots(file, PicturePreparation(20, 20, 1, "pad", "grey"))[0]
    assert (padded[:7] == 128).all()
    assert (padded[13:] == 128).all()
    assert padded[10, 10] == 255
    assert padded[10, 1] == 0
    thin = saved(tmp_path, Image.new("L", (500, 1), 9), "thin.png")
    for fit in pictures.FITS:
        assert dots(thin, PicturePreparation(8, 8, 3, fit)).shape == (3, 8, 8)


@pytest.mark.parametrize("fit", ["crop", "squeeze", "pad"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("turn", [1, 6])
def test_large_photos_are_decoded_small_and_look_the_same(tmp_path: Path, fit: str, channels: int, turn: int) -> None:
    """Fails if the quick way to read a large JPEG gives another picture than decoding and resizing all of it."""
    exif = Image.Exif()
    exif[0x0112] = turn
    file = saved(tmp_path, photo(375, 500), "a.jpg", quality=90, exif=exif)
    with Image.open(file) as opened:
        full = opened.copy()
    full.format = None  # no JPEG any more, so all of it is resized
    quick = dots(file, PicturePreparation(64, 48, channels, fit)).astype(int)
    exif_back = full.transpose(Image.Transpose.ROTATE_270) if turn == 6 else full
    exif_back.info.pop("exif", None)
    slow = pictures.made_alike(Image.fromarray(np.asarray(exif_back)), 64, 48, channels, fit, "white").astype(int)
    # The quick way keeps a little more of colours, which a JPEG holds at half the size.
    assert np.abs(quick - slow).mean() < (2 if channels == 1 else 4)
    assert np.abs(quick - slow).max() < (15 if channels == 1 else 30)


def test_a_small_picture_is_kept_to_the_bit(tmp_path: Path) -> None:
    """Fails if a picture that has the size already is resampled."""
    values = np.random.default_rng(1).integers(0, 255, (10, 12, 3), dtype=np.uint8)
    file = saved(tmp_path, Image.fromarray(values), "a.png")
    assert np.array_equal(dots(file, COLOURS), values.transpose(2, 0, 1))
    assert np.array_equal(pictures.prepared(Image.fromarray(values), COLOURS), prepare(file, COLOURS))


# -- what cannot be read -----------------------------------------------------------------------------------------------


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("ending", "damage", "said"),
    [
        ("jpg", half, "is cut off"),
        ("png", half, "is cut off"),
        ("jpg", lambda content: b"hello, I am a text", "is no picture"),
        ("jpg", lambda content: content[:3], "is no picture"),
        ("png", lambda content: b"\0" * 500, "is no picture"),
        ("tiff", half, "tiff"),
        ("gif", half, "gif"),
        ("bmp", half, "is cut off"),
        ("webp", half, "webp"),
    ],
)
def test_a_damaged_picture_is_a_sentence(
    tmp_path: Path, ending: str, damage: Callable[[bytes], bytes], said: str
) -> None:
    """Fails if half a picture is taken for a whole one, or its fault is told in the words of a library alone."""
    path = Path(saved(tmp_path, photo(200, 300), f"a.{ending}"))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Unreadable, match=said) as caught:
        dots(str(path), COLOURS, f"a.{ending}")
    assert str(caught.value).startswith(f"a.{ending} ")
    assert str(caught.value).endswith(".")
    with pytest.raises(Unreadable, match="is not there"):
        dots(str(tmp_path / "gone.png"), COLOURS)


@pytest.mark.parametrize("where", [0.1, 0.4, 0.9, 0.99])
@pytest.mark.parametrize("ending", ["jpg", "png", "tiff", "gif", "bmp"])
def test_a_picture_without_its_end_is_cut_off(tmp_path: Path, ending: str, where: float) -> None:
    """Fails if "Truncated File Read", or whatever else a decoder calls it, is passed on as the reason."""
    path = Path(saved(tmp_path, photo(200, 300), f"a.{ending}"))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * where)])
    with pytest.raises(Unreadable, match="is cut off") as caught:
        dots(str(path), COLOURS, f"a.{ending}")
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_a_picture_cut_within_its_head_is_cut_off(tmp_path: Path, ending: str) -> None:
    """Fails if "Truncated File Read", as Pillow says of a head without its end, is passed on as the reason."""
    path = tmp_path / f"a.{ending}"
    photo(20, 30).save(path, icc_profile=np.random.default_rng(0).bytes(20_000))
    path.write_bytes(path.read_bytes()[:9_000])
    with pytest.raises(Unreadable, match="is cut off"):
        dots(str(path), COLOURS, f"a.{ending}")


def test_a_picture_that_unpacks_to_very_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a small file may fill the memory: the limit is on dots, before anything is decoded."""
    file = saved(tmp_path, Image.new("L", (400, 300)), "a.png")
    monkeypatch.setattr(pictures, "MOST_DOTS", 100_000)
    with pytest.raises(Unreadable, match="million dots"):
        dots(file, COLOURS)
    with pytest.raises(Unreadable, match="million dots"), open(file, "rb") as opened:
        head(opened, "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000)
    with pytest.raises(Unreadable, match="more dots than are read"):
        dots(file, COLOURS)


def test_a_picture_that_would_start_a_program_is_not_opened(tmp_path: Path) -> None:
    """Fails if a PostScript file called .png is opened: Pillow starts an interpreter for those."""
    path = tmp_path / "a.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    with pytest.raises(Unreadable, match="is no picture"):
        dots(str(path), COLOURS)


def test_large_pictures_are_decoded_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if eight threads hold eight huge pictures at once."""
    monkeypatch.setattr(pictures, "_LARGE", 50)
    inside, most = 0, 0
    lock = threading.Lock()
    usual = pictures._made

    def made(picture: Any, settings: PicturePreparation) -> Any:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        try:
            threading.Event().wait(0.01)
            return usual(picture, settings)
        finally:
            with lock:
                inside -= 1

    monkeypatch.setattr(pictures, "_made", made)
    file = saved(tmp_path, Image.new("L", (12, 10)), "a.png")
    threads = [threading.Thread(target=dots, args=(file, COLOURS)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_stream_is_read_as_its_file_is(tmp_path: Path) -> None:
    """Fails if a pasted or zipped picture is prepared in another way than a file."""
    file = saved(tmp_path, photo(100, 130), "a.jpg")
    assert np.array_equal(prepare(file, COLOURS), prepare(io.BytesIO(Path(file).read_bytes()), COLOURS, "pasted"))
