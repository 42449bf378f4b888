"""Pictures one after the other, as a GIF or, where ``imageio-ffmpeg`` is installed, as an MP4."""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from app.insight.tiles import NoPicture

FORMS = (".gif", ".mp4")


def film_bytes(frames: Iterable[np.ndarray], ending: str, *, per_second: int = 15, comment: str = "") -> bytes:
    """What a film file holds. Frames are ``(h, w)`` or ``(h, w, 3)`` uint8, all of one size. ``comment`` is kept in a
    GIF; an MP4 has no place for it.

    Raises:
        NoPicture: for another ending than ``FORMS``, no frame at all, or an MP4 where nothing can write one.
    """
    if ending.lower() not in FORMS:
        raise NoPicture(f"A film is a .gif or an .mp4 file, not {ending or 'one without an ending'}.")
    coloured = (np.repeat(one[..., None], 3, -1) if one.ndim == 2 else one for one in frames)
    made = _mp4(coloured, per_second) if ending.lower() == ".mp4" else _gif(coloured, per_second, comment)
    if not made:
        raise NoPicture("A film needs a picture at least.")
    return made


def can_mp4() -> bool:
    """Whether an MP4 can be written here."""
    try:
        import imageio_ffmpeg

        return bool(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return False


def _gif(frames: Iterable[np.ndarray], per_second: int, comment: str) -> bytes:
    pictures = [Image.fromarray(one).convert("P", palette=Image.Palette.ADAPTIVE, colors=256) for one in frames]
    if not pictures:
        return b""
    content = io.BytesIO()
    # A GIF counts in hundredths of a second; viewers take less than two of them for a mistake.
    wait = max(2, round(100 / per_second)) * 10
    pictures[0].save(
        content,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=wait,
        loop=0,
        disposal=2,
        comment=comment.encode("ascii", "replace"),
    )
    return content.getvalue()


def _mp4(frames: Iterable[np.ndarray], per_second: int) -> bytes:
    if not can_mp4():
        raise NoPicture("An MP4 needs the package imageio-ffmpeg: pip install imageio-ffmpeg. Or name a .gif file.")
    import imageio_ffmpeg

    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        return b""
    height, width = first.shape[:2]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "film.mp4")
        # ffmpeg writes nothing where a side is odd, and pads to 16 if asked less plainly.
        size = (width + width % 2, height + height % 2)
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
        command += ["-s", f"{size[0]}x{size[1]}", "-r", str(per_second), "-i", "-", "-an", "-c:v", "libx264"]
        command += ["-pix_fmt", "yuv420p", "-crf", "18", str(place)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdin is not None
        try:
            for frame in _even(first, rest, size):
                process.stdin.write(frame.tobytes())
        except BrokenPipeError:
            pass  # its words say why
        said = process.communicate()[1].decode("utf-8", "replace").strip()
        if process.returncode or not place.exists():
            raise NoPicture(f"The film could not be written: {said.splitlines()[-1] if said else 'ffmpeg failed'}.")
        return place.read_bytes()


def _even(first: np.ndarray, rest: Iterator[np.ndarray], size: tuple[int, int]) -> Iterator[np.ndarray]:
    """The frames with even sides: the last column or row is repeated where it needs one more."""
    for frame in chain((first,), rest):
        more = (size[1] - frame.shape[0], size[0] - frame.shape[1])
        yield np.ascontiguousarray(np.pad(frame, ((0, more[0]), (0, more[1]), (0, 0)), mode="edge"))
