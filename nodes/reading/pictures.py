"""Pictures of any size and kind as arrays of one size: the same way for training, for looking and for predicting."""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass
from functools import cache
from typing import IO, TYPE_CHECKING, Any

from nodes.api.schema import Unreadable

if TYPE_CHECKING:
    import numpy
    from PIL.Image import Image

ENDINGS = frozenset(
    "jpg jpeg jpe jfif png apng gif bmp dib tif tiff webp avif ppm pgm pbm pnm jp2 j2k pcx ico sgi tga".split()
)
_MARKS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*")
FITS = ("crop", "squeeze", "pad")
BACKGROUNDS = ("white", "black", "grey")
# The kinds that are opened, whatever a file is called. Left out are those that start other programs (EPS) and those
# without a mark at their begin, which would take any bytes for a picture.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "AVIF", "PPM", "JPEG2000", "PCX", "ICO", "SGI")
MOST_DOTS = 100_000_000  # of one picture; a JPEG that is read smaller may have more, as far as Pillow allows
_LARGE = 12_000_000  # dots from which on pictures are decoded one after another, so that memory holds only one
_one_large = threading.Lock()


def begins_as_picture(begin: bytes) -> bool:
    """Whether the first 12 bytes are those of a JPEG, PNG, GIF, TIFF or WebP file, whatever it is called."""
    return begin.startswith(_MARKS) or (begin[:4] == b"RIFF" and begin[8:12] == b"WEBP")


@dataclass(frozen=True, slots=True)
class PicturePreparation:
    """How pictures are made alike: their size in dots, the number of channels (1 grey, 3 red, green and blue), one of
    FITS and one of BACKGROUNDS."""

    height: int
    width: int
    channels: int = 3
    fit: str = "crop"
    background: str = "white"


def prepare(file: str | IO[bytes], settings: PicturePreparation, name: str = "") -> numpy.ndarray[Any, Any]:
    """A picture as training sees it: float32 (channels, height, width) from 0 to 1.

    ``name`` is what sentences call it.

    Raises:
        Unreadable: if it cannot be read, with the reason.
    """
    import numpy

    return dots(file, settings, name).astype(numpy.float32) / numpy.float32(255)


def dots(file: str | IO[bytes], settings: PicturePreparation, name: str = "") -> numpy.ndarray[Any, Any]:
    """The same in bytes: uint8 (channels, height, width)."""
    from PIL import Image

    called = name or (file if isinstance(file, str) else "The picture")
    try:
        with Image.open(file, formats=formats(called)) as picture:
            area = picture.width * picture.height
            if area > MOST_DOTS and picture.format not in ("JPEG", "MPO"):
                raise Unreadable(f"{called} {_too_large(area)}")
            if area <= _LARGE:
                return _made(picture, settings)
            with _one_large:
                return _made(picture, settings)
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(f"{called} {why_not(error)}") from error


def prepared(picture: Image, settings: PicturePreparation) -> numpy.ndarray[Any, Any]:
    """A picture that is in memory already, such as a pasted one: float32 (channels, height, width) from 0 to 1."""
    import numpy

    return _made(picture, settings).astype(numpy.float32) / numpy.float32(255)


def _made(picture: Image, settings: PicturePreparation) -> numpy.ndarray[Any, Any]:
    return made_alike(picture, settings.height, settings.width, settings.channels, settings.fit, settings.background)


def made_alike(picture: Any, height: int, width: int, channels: int, fit: str, background: str) -> Any:
    """A Pillow picture as bytes (channels, height, width): turned as its camera says, laid on the background, resized
    with all dots counted, of animated ones the first."""
    import numpy
    from PIL import Image, ImageOps

    try:
        turned = picture.getexif().get(0x0112, 1)
    except Exception:
        turned = 1  # what the camera wrote is damaged; the picture need not be
    if picture.format in ("JPEG", "MPO"):
        sideways = turned in (5, 6, 7, 8)
        wide, high = (picture.height, picture.width) if sideways else picture.size
        # Decoded at a half, a quarter or an eighth where that is still larger than what is wanted: far fewer dots.
        share = min(width / wide, height / high) if fit == "pad" else 1.0
        enough = (width, height) if fit != "pad" else (wide * share, high * share)
        enough = (int(enough[sideways] * 1.4), int(enough[not sideways] * 1.4))
        picture.draft("L" if channels == 1 else None, (max(1, enough[0]), max(1, enough[1])))
        if turned in range(2, 9):
            picture = ImageOps.exif_transpose(picture)
    else:
        if turned in range(2, 9):
            picture = ImageOps.exif_transpose(picture)
        wide, high = picture.size
    inner = (width, height)
    if fit == "pad":
        share = min(width / wide, height / high)
        inner = (max(1, round(wide * share)), max(1, round(high * share)))
    if picture.mode.startswith(("I", "F")):
        # Counts above 255 or fractions: scaled to 0…255, where Pillow would cut them off.
        values = numpy.nan_to_num(numpy.asarray(picture, dtype=numpy.float32), posinf=0, neginf=0)
        low, high_value = float(values.min()), float(values.max())
        if picture.mode.startswith("I") and low >= 0 and high_value <= 65535:
            values = values * (255 / 65535)
        elif picture.mode == "F" and low >= 0 and high_value <= 1:
            values = values * 255
        elif picture.mode == "F" and low >= 0 and high_value <= 255:
            pass
        elif picture.mode == "F" and low >= 0 and high_value <= 65535:
            values = values * (255 / 65535)
        else:
            values = (values - low) * (255 / max(high_value - low, 1e-12))
        picture = Image.fromarray(values)
    else:
        ground = {"white": 255, "black": 0, "grey": 128}[background]
        if picture.mode in ("RGBA", "LA", "La", "PA", "RGBa") or "transparency" in picture.info:
            picture = picture.convert("RGBA")
            laid = Image.new("RGBA", picture.size, (ground, ground, ground, 255))
            laid.alpha_composite(picture)
            picture = laid.convert("RGB")
        if picture.mode == "1":
            picture = picture.convert("L")
        if picture.mode not in ("L", "RGB"):
            picture = picture.convert("RGB")
        if channels == 1 and picture.mode == "RGB":
            picture = picture.convert("L")
    if picture.size != inner:
        box = (0.0, 0.0, float(picture.width), float(picture.height))
        if fit == "crop":
            share = max(inner[0] / picture.width, inner[1] / picture.height)
            left = max(0.0, (picture.width - inner[0] / share) / 2)
            top = max(0.0, (picture.height - inner[1] / share) / 2)
            box = (left, top, picture.width - left, picture.height - top)
        picture = picture.resize(inner, Image.Resampling.BILINEAR, box, 3.0)
    values = numpy.asarray(picture)
    if values.dtype != numpy.uint8:
        values = values.round().clip(0, 255).astype(numpy.uint8)
    if inner != (width, height):
        ground = {"white": 255, "black": 0, "grey": 128}[background]
        framed = numpy.full((height, width, *values.shape[2:]), ground, numpy.uint8)
        top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
        framed[top : top + inner[1], left : left + inner[0]] = values
        values = framed
    if values.ndim == 2:
        values = values[:, :, None]
    values = numpy.array(values.transpose(2, 0, 1), order="C")
    return values if len(values) == channels else numpy.repeat(values, channels, 0)


def formats(name: str = "") -> tuple[str, ...]:
    """As which kinds a file is opened: those of FORMATS that this Pillow has, and TGA where its name says so."""
    known = _known()
    return (*known, "TGA") if name.lower().endswith(".tga") else known


@cache
def _known() -> tuple[str, ...]:
    from PIL import Image

    Image.init()
    # Pillow warns of large pictures on the error stream; here they are refused in a sentence, or read one by one.
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    return tuple(each for each in FORMATS if each in Image.OPEN)


def _too_large(area: int) -> str:
    return f"has {area / 1e6:,.0f} million dots; at most {MOST_DOTS / 1e6:,.0f} million are read. Make it smaller."


def why_not(error: BaseException) -> str:
    """Why a picture could not be read: the end of a sentence that its name begins."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, FileNotFoundError):
        return "is not there any more. Look at its folder again."
    if isinstance(error, PermissionError):
        return "may not be read."
    if isinstance(error, UnidentifiedImageError):
        return "is no picture, whatever its name says, or damaged at its beginning."
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return "unpacks to more dots than are read. Make it smaller."
    if isinstance(error, MemoryError):
        return "is too large for the memory. Make it smaller."
    text = " ".join(str(error).split())[:120]
    lower = text.lower()  # Pillow writes "Truncated File Read" and "image file is truncated"
    if any(word in lower for word in ("truncated", "ended", "unexpected end", "broken data stream")):
        return "is cut off: its end is missing. Copy it again."
    if isinstance(error, ValueError) and text.startswith(("has ", "is ")):
        return text.rstrip(".") + "."
    return f"is damaged ({text or type(error).__name__})."


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What the begin of a picture's file says: its size as it is looked at, and whether it has colours."""

    width: int
    height: int
    colour: bool


def head(file: IO[bytes], name: str) -> PictureHeader:
    """The size of a picture, without decoding it.

    Raises:
        Unreadable: if it is none, or too large.
    """
    from PIL import Image

    try:
        with Image.open(file, formats=formats(name)) as picture:
            area = picture.width * picture.height
            if area > MOST_DOTS and picture.format not in ("JPEG", "MPO"):
                raise Unreadable(f"{name} {_too_large(area)}")
            grey = picture.mode in ("1", "L", "LA", "La", "F") or picture.mode.startswith("I")
            if picture.mode == "P" and picture.palette is not None:
                colours = picture.getpalette() or []
                grey = colours[0::3] == colours[1::3] == colours[2::3]
            try:
                sideways = picture.format in ("JPEG", "MPO") and picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            except Exception:
                sideways = False
            size = (picture.height, picture.width) if sideways else picture.size
            return PictureHeader(*size, not grey)
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(f"{name} {why_not(error)}") from error
