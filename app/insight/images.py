"""Image files made to fit a net: right size, right number of channels, values in 0..1."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from app.core.compile.net import CompiledNet
from app.insight.anatomy import picture_input
from app.insight.tiles import NoPicture
from nodes.reading.pictures import made_alike

# A stranger's file may claim any size; decoding a larger one would fill the memory of a school computer.
MOST_PIXELS = 64_000_000


def load_image(path: Path | str, sizes: tuple[int, int, int]) -> np.ndarray:
    """The picture in a file as ``(channels, height, width)`` float32 in 0..1.

    It is turned upright as the camera noted, cut to the net's proportions around its middle and resized, as pictures
    of a folder are for a training. For one channel it becomes grey. Transparent places are white, as on paper.

    Raises:
        NoPicture: if the file is no picture, cannot be read, or the net reads neither one nor three channels.
    """
    return np.asarray(_dots(path, sizes[0], sizes[1:]), np.float32) / 255


def load_photo(path: Path | str, channels: int, longer: int | None = None) -> np.ndarray:
    """The whole picture in a file in its own proportions, as ``(channels, height, width)`` uint8; ``longer`` is what
    its longer side becomes, its own size if that is None. Otherwise as ``load_image``, which says what is raised."""
    return _dots(path, channels, None, longer)


def _dots(path: Path | str, channels: int, size: tuple[int, int] | None, longer: int | None = None) -> np.ndarray:
    """Bytes ``(channels, height, width)``; of no size given, as the file has it, or with so long a longer side."""
    name = Path(path).name
    if channels not in (1, 3):
        raise NoPicture(
            f"The net reads {channels} channels, but an image file has one or three. Begin with noise instead."
        )
    place = Path(path)
    if place.exists() and not (place.is_file() or place.is_dir()):  # it may never end
        raise NoPicture(f"{path} is a device or a pipe. Use a PNG or JPEG file.")
    try:
        with warnings.catch_warnings():
            # pillow warns of large pictures; the limit here is its own sentence.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as file:
                if file.width * file.height > MOST_PIXELS:
                    raise NoPicture(f"{name} has {file.width}×{file.height} pixels. Make it smaller first.")
                height, width = size or _upright(file, longer)
                dots: np.ndarray = made_alike(_in_bytes(file), height, width, channels, "crop", "white")
    except NoPicture:
        raise
    except FileNotFoundError:
        raise NoPicture(f"There is no file {path}.") from None
    except UnidentifiedImageError:
        raise NoPicture(f"{name} is not a picture that can be read. Use a PNG or JPEG file.") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NoPicture(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    return dots


def _upright(file: Image.Image, longer: int | None) -> tuple[int, int]:
    """Height and width of a picture as it is seen, scaled to so long a longer side."""
    try:
        turned = file.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    except Exception:  # what the camera wrote is damaged; the picture need not be
        turned = False
    height, width = (file.width, file.height) if turned else (file.height, file.width)
    share = longer / max(height, width) if longer else 1.0
    return max(1, round(height * share)), max(1, round(width * share))


def _in_bytes(file: Image.Image) -> Image.Image:
    """Pictures with more than 256 steps of grey, which pillow would cut off at white, in 256 steps."""
    if not file.mode.startswith(("I", "F")):
        return file
    values = np.asarray(file, np.float64)
    high = 65535.0 if file.mode.startswith("I;16") or values.max() > 255 else max(float(values.max()), 1e-12)
    return Image.fromarray(np.uint8(np.clip(values / high, 0, 1) * 255 + 0.5))


def load_for(net: CompiledNet, path: Path | str) -> np.ndarray:
    """The picture in a file as the net reads it.

    Raises:
        NoPicture: as ``load_image``, and if the net reads no picture at all.
    """
    entry = picture_input(net)
    if entry.shape.rank != 3:
        raise NoPicture("This net does not read pictures, so it cannot begin with one.")
    channels, height, width = entry.shape.sizes
    return load_image(path, (channels, height, width))
