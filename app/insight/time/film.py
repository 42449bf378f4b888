"""How a view changes over the epochs of a run, as an animated GIF or an MP4: every epoch on the same scale."""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from app.insight.pictures import below_each_other, render
from app.insight.strips import LIGHT, Paper
from app.insight.text import draw_text, line_height
from app.insight.tiles import NoPicture, Tiles, held
from app.insight.time.epochs import epochs_of, run_at
from app.insight.view_runner import steps_of
from app.training.checkpoints import LoadedRun
from app.training.position import At, at_words

ENDINGS = (".gif", ".mp4")
MOST_FRAMES = 120
EACH_MS = 250  # a GIF counts in hundredths of a second
LAST_MS = 1500  # the end stays in sight before it begins again
NO_MP4 = (
    "An MP4 needs the package imageio-ffmpeg, which is not installed: pip install netloom[film]. A GIF needs nothing: "
    "end the name with .gif."
)


@dataclass(frozen=True, eq=False)
class FilmMoment:
    """What a view shows at the end of an epoch, or within one."""

    epoch: At
    pictures: tuple[Tiles, ...]


def some_of(epochs: Sequence[At], most: int = MOST_FRAMES) -> tuple[At, ...]:
    """These epochs, or as many of them as a film takes, the first and the last among them."""
    if len(epochs) <= most:
        return tuple(epochs)
    places = np.linspace(0, len(epochs) - 1, most).round().astype(int)
    return tuple(epochs[place] for place in dict.fromkeys(places.tolist()))


def moments_of(
    run: LoadedRun, name: str, node: str | None, options: Mapping[str, Any], on_way: Callable[[int, int], object]
) -> list[FilmMoment]:
    """What a view shows at each kept epoch of a run. ``on_way`` is told how many are done, and of how many.

    Raises:
        NoPicture: if fewer than two epochs were kept, or none of them can be shown.
        BadRun: if a kept epoch cannot be read.
        BadSetting: as ``steps_of``.
    """
    epochs = some_of(epochs_of(run))
    if len(epochs) < 2:
        raise NoPicture(few(run.folder))
    made: list[FilmMoment] = []
    why: NoPicture | None = None
    for place, epoch in enumerate(epochs):
        on_way(place, len(epochs))
        try:
            *_, last = steps_of(run_at(run, epoch), name, node, options)
        except NoPicture as reason:  # such as a layer that was dead at the beginning
            why = reason
            continue
        made.append(FilmMoment(epoch, last.pictures))
    if not made:
        assert why is not None, "every epoch gives a picture or a reason"
        raise why
    return made


def few(folder: Path) -> str:
    """Why a run has no course that could be shown."""
    return f"Fewer than two epochs of {folder.name} were kept, so nothing can be seen to change. Set snapshots above 0."


def on_one_scale(moments: Sequence[FilmMoment]) -> list[FilmMoment]:
    """The same with one scale for each place: colours that mean something else in each picture would be no film."""
    ends: dict[tuple[int, str, str], tuple[float, float]] = {}
    spans: dict[tuple[int, str], tuple[float, float]] = {}
    for moment in moments:
        for place, tiles in enumerate(moment.pictures):
            key = place, tiles.colormap, tiles.layout
            low, high = ends.get(key, (tiles.low, tiles.high))
            ends[key] = min(low, tiles.low), max(high, tiles.high)
            if tiles.plot is not None and not tiles.plot.ground:  # a ground goes as far as it was computed
                for axis, (least, most) in (("x", tiles.plot.x), ("y", tiles.plot.y)):
                    low, high = spans.get((place, axis), (least, most))
                    spans[place, axis] = min(low, least), max(high, most)
    same = []
    for moment in moments:
        pictures = []
        for place, tiles in enumerate(moment.pictures):
            key = place, tiles.colormap, tiles.layout
            if ends[key] != (tiles.low, tiles.high):
                tiles = replace(held(tiles, *ends[key]), note=tiles.note)
            if tiles.plot is not None and not tiles.plot.ground:
                tiles = replace(tiles, plot=replace(tiles.plot, x=spans[place, "x"], y=spans[place, "y"]))
            pictures.append(tiles)
        same.append(FilmMoment(moment.epoch, tuple(pictures)))
    return same


def frames_of(moments: Sequence[FilmMoment], *, width: int = 720, paper: Paper = LIGHT) -> Iterator[np.ndarray]:
    """The pictures of a film ``(h, w, 3)`` uint8, all of one size with even sides, one for each moment: below each the
    epoch, and how far it is on the way."""
    moments = on_one_scale(moments)
    height = max(_pixels(moment, width, paper).shape[0] for moment in moments)  # twice: all of them fill the memory
    text = max(13, width // 46)
    foot = line_height(text) + text
    end = moments[-1].epoch
    across, down = width + width % 2, (height + foot) + (height + foot) % 2
    for moment, share in zip(moments, _shares([moment.epoch for moment in moments])):
        pixels = _pixels(moment, width, paper)
        frame = Image.new("RGB", (across, down), paper.back)
        frame.paste(Image.fromarray(pixels), (0, 0))
        top = height + text // 4
        whole = isinstance(moment.epoch, int) and isinstance(end, int)
        words = f"{at_words(moment.epoch)} of {end:,}" if whole else at_words(moment.epoch)
        draw_text(frame, text, top, words, text, paper.ink)
        pen = ImageDraw.Draw(frame)
        left, right, level = 12 * text, across - text, top + round(0.62 * text)
        pen.line([(left, level), (right, level)], paper.faint, max(2, text // 6))
        at = left + round((right - left) * share)
        pen.ellipse((at - text // 3, level - text // 3, at + text // 3, level + text // 3), fill=paper.ink)
        yield np.asarray(frame)


def _shares(epochs: Sequence[At]) -> list[float]:
    """How far each is on the way: by epochs, or one after the other where some lie within epochs, of which those that
    tell most are close to the beginning."""
    whole = [epoch for epoch in epochs if isinstance(epoch, int)]
    if len(whole) < len(epochs):
        return [place / max(1, len(epochs) - 1) for place in range(len(epochs))]
    return [epoch / max(1, whole[-1]) for epoch in whole]


def _pixels(moment: FilmMoment, width: int, paper: Paper) -> np.ndarray:
    return below_each_other([render(tiles, width=width, paper=paper) for tiles in moment.pictures])


def film(moments: Sequence[FilmMoment], ending: str, *, width: int = 720, paper: Paper = LIGHT) -> bytes:
    """What a file of this ending, one of ``ENDINGS``, holds.

    Raises:
        NoPicture: if it needs a package that is not installed.
    """
    frames = frames_of(moments, width=width, paper=paper)
    return mp4(frames) if ending == ".mp4" else gif(frames)


def why_no_mp4() -> str | None:
    """The sentence that says that nothing here writes an MP4; None if something does. To be asked before the frames
    are made."""
    from importlib.util import find_spec

    return None if find_spec("imageio_ffmpeg") is not None else NO_MP4


def gif(frames: Iterator[np.ndarray], each_ms: int = EACH_MS, last_ms: int = LAST_MS, comment: str = "") -> bytes:
    """The frames ``(h, w, 3)`` uint8 as an animated GIF that begins again at its end and keeps a comment."""
    drawn = [Image.fromarray(frame).quantize(256, dither=Image.Dither.NONE) for frame in frames]
    content = io.BytesIO()
    durations = [each_ms] * (len(drawn) - 1) + [last_ms]
    said = {"comment": comment.encode("ascii", "replace")} if comment else {}
    rest = drawn[1:]
    drawn[0].save(
        content, format="GIF", save_all=True, append_images=rest, duration=durations, loop=0, disposal=1, **said
    )
    return content.getvalue()


def mp4(frames: Iterator[np.ndarray], each_ms: int = EACH_MS, last_ms: int = LAST_MS) -> bytes:
    """The frames ``(h, w, 3)`` uint8 of even sides as an MP4.

    Raises:
        NoPicture: if the package that writes it is not installed, or cannot.
    """
    try:
        import imageio_ffmpeg
    except ImportError:
        raise NoPicture(NO_MP4) from None
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "film.mp4"
        first = next(frames)
        size = f"{first.shape[1]}x{first.shape[0]}"
        taken = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", f"{1000 / each_ms:g}", "-i", "-")
        order = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", *taken, "-pix_fmt", "yuv420p", str(place)]
        nowhere = subprocess.DEVNULL
        try:
            with subprocess.Popen(order, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere) as made:
                assert made.stdin is not None, "it was asked for"
                for last in chain((first,), frames):
                    made.stdin.write(np.ascontiguousarray(last).tobytes())
                for _ in range(last_ms // each_ms):
                    made.stdin.write(np.ascontiguousarray(last).tobytes())
            return place.read_bytes()
        except (OSError, RuntimeError) as error:
            raise NoPicture(f"The MP4 could not be written: {error}. Try a name that ends with .gif.") from None
