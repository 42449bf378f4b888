"""A sound of one's own as classes in windows, each with what follows a value later."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

from nodes.api import Field, File, Int, NoData, Recognised, Schema, Script, source
from nodes.reading.listing import ending
from nodes.reading.mu_law import mu_law
from nodes.reading.sounds import ENDINGS, SoundHeader, head, wave_of, why_not

if TYPE_CHECKING:
    from torch import Tensor

MOST_SECONDS = 600


def describe(*, path: str, rate: int, levels: int, window: int) -> Schema:
    """A single sound of your own (WAV, FLAC, OGG or MP3), cut into windows: sound is each value as one of a few levels,
    closer together where it is quiet (mu-law), next the same one value later, which a net learns to tell. The last
    windows are held out. Its first ten minutes are read."""
    place, known = _head(path)
    count = (_values(known, rate) - 1) // window
    if count < 2:
        raise NoData(
            f"{place.name} lasts {known.seconds:.2g} seconds, which is less than two windows of {window:,} values. "
            "Choose a longer sound, or a smaller window."
        )
    state = place.stat()
    said = f"{place.name} lasts {known.seconds:,.3g} seconds; {known.rate:,} values a second are made {rate:,}"
    longer = known.seconds > MOST_SECONDS
    return Schema(
        {"sound": Field((window,), "int", levels), "next": Field((window,), "int", levels)},
        samples=count,
        noun=("window", "windows"),
        remarks=(f"{said}.", *((f"Only its first {MOST_SECONDS:,} seconds are read.",) if longer else ())),
        ordered=True,
        stamp=f"{state.st_size}:{state.st_mtime_ns}",
        settled={"rate": rate, "mu_law": levels},
    )


def load(*, path: str, rate: int, levels: int, window: int) -> dict[str, Tensor]:
    """Levels (n, window), and those one value later (n, window).

    Raises:
        NoData: if the sound cannot be read, with the reason.
    """
    import torch

    place, known = _head(path)
    count = (_values(known, rate) - 1) // window
    try:
        wave = wave_of(str(place), rate, count * window + 1, False)[0]
    except Exception as error:
        raise NoData(f"{place.name} {why_not(error)}") from error
    numbers = torch.from_numpy(mu_law(wave, levels))
    return {"sound": numbers[:-1].reshape(count, window), "next": numbers[1:].reshape(count, window)}


def script(*, path: str, rate: int, levels: int, window: int) -> Script:
    """The same sound, read with soundfile and resampled with scipy."""
    place, known = _head(path)
    count = (_values(known, rate) - 1) // window
    lines = [*inspect.getsource(wave_of).rstrip().splitlines(), "", ""]
    lines += [*inspect.getsource(mu_law).replace("numpy.ndarray[Any, Any]", "Any").rstrip().splitlines(), "", ""]
    lines += [
        f"wave = wave_of({str(place)!r}, {rate}, {count * window + 1}, False)[0]",
        f"numbers = torch.from_numpy(mu_law(wave, {levels}))",
    ]
    fields = {
        "sound": f"numbers[:-1].reshape({count}, {window})",
        "next": f"numbers[1:].reshape({count}, {window})",
    }
    return Script(tuple(lines), fields, ("from typing import Any", "import numpy"), "soundfile scipy")


def _head(path: str) -> tuple[Path, SoundHeader]:
    """The file and what its begin says.

    Raises:
        NoData: if there is no sound that can be read.
    """
    if not path:
        raise NoData("No file is chosen. Choose a sound: WAV, FLAC, OGG or MP3.")
    place = Path(path).expanduser()
    if place.is_dir():
        raise NoData(f"{place.name} is a folder. Choose a single sound in it.")
    try:
        with place.open("rb") as file:
            found = head(file, place.name)
    except OSError as error:
        raise NoData(f"{place.name} {why_not(error)}") from error
    except ValueError as reason:
        raise NoData(str(reason)) from reason
    return place, found


def _values(known: SoundHeader, rate: int) -> int:
    return int(min(known.seconds, MOST_SECONDS) * rate)


def recognise(path: Path) -> Recognised | None:
    """A single sound; less surely than Sounds, which a net that tells classes is asked about."""
    return Recognised({"path": str(path)}, 0.25) if path.is_file() and ending(path.name) in ENDINGS else None


SOUND_TO_CONTINUE = source(
    id="SoundToContinue",
    name="Sound to continue",
    params=[
        File("path", card=True, label="file", help="A sound: WAV, FLAC, OGG or MP3."),
        Int("rate", 4000, low=1000, high=48_000, card=True, label="values a second", help="It is resampled to this."),
        Int("levels", 64, low=4, high=65_536, card=True, help="How many different values there are."),
        Int("window", 256, low=4, high=65_536, card=True, help="How many values are read at once."),
    ],
    fields=["sound", "next"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["audio", "wav", "music", "wavenet", "mu-law", "autoregressive", "own", "data"],
)
