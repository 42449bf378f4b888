"""Sounds of any rate and kind as waves of one length: the same way for training, for looking and for predicting."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from nodes.api.schema import Unreadable
from nodes.api.words import per_cent

if TYPE_CHECKING:
    import numpy

ENDINGS = frozenset("wav wave flac ogg oga opus mp3 aif aiff aifc au snd w64 caf".split())
_MARKS = (b"RIFF", b"RF64", b"riff", b"fLaC", b"OggS", b"FORM", b".snd", b"caff", b"ID3")


@dataclass(frozen=True, slots=True)
class SoundPreparation:
    """How sounds are made alike: values a second, how long all of them last, and whether what is left of a sound that
    is cut off is used."""

    rate: int
    milliseconds: int
    incomplete: bool = False

    @property
    def count(self) -> int:
        """How many values each has."""
        return max(1, self.rate * self.milliseconds // 1000)


@dataclass(frozen=True, slots=True)
class SoundHeader:
    """What the begin of a sound's file says. ``missing`` is the share of it that is not there."""

    rate: int
    frames: int
    channels: int
    missing: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.frames / self.rate


def prepare(file: IO[bytes], how: SoundPreparation, name: str) -> numpy.ndarray[Any, Any]:
    """A sound as training sees it: float32 (1, values) from -1 to 1. ``name`` is what sentences call it.

    Raises:
        Unreadable: if it cannot be read, with the reason.
    """
    import numpy

    try:
        _check(file)
        if not how.incomplete and (missing := _missing(file)):
            raise ValueError(_cut_off(missing))
        file.seek(0)
        values = wave_of(file, how.rate, how.count, how.incomplete)
    except Exception as error:
        raise Unreadable(f"{name} {why_not(error)}") from error
    if not numpy.isfinite(values).all():
        raise Unreadable(f"{name} holds values that are no numbers. Record or convert it again.")
    return values


def wave_of(file: Any, rate: int, count: int, incomplete: bool) -> Any:
    """The first ``count`` values of a sound, ``rate`` a second, as float32 (1, count): its channels mixed, silence
    behind a shorter one. One that goes beyond -1 to 1, as MP3 and float files can, is made quieter as a whole."""
    from math import gcd

    import numpy
    import soundfile
    from scipy.signal import resample_poly

    with soundfile.SoundFile(file) as sound:
        own = sound.samplerate
        # A little more than is kept, so that the filter behind the last value meets what follows, not silence.
        wanted = -(-count * own // rate) + 32 * (own // rate + 1)
        values = sound.read(wanted, dtype="float32", always_2d=True)
        if not sound.frames:
            raise ValueError("is empty: it holds no sound.")
        if len(values) < 0.98 * min(wanted, sound.frames) and not incomplete:
            raise ValueError(f"is cut off: {per_cent(1 - len(values) / sound.frames)} of it is missing. Copy it again.")
    mono = values.mean(axis=1)
    if own != rate and len(mono):
        common = gcd(own, rate)
        mono = resample_poly(mono, rate // common, own // common)
    made = numpy.zeros(count, numpy.float32)
    mono = mono[:count]
    made[: len(mono)] = mono
    peak = numpy.abs(made).max()
    if peak > 1:
        made /= peak
    return made[None]


def head(file: IO[bytes], name: str) -> SoundHeader:
    """What is known of a sound without decoding it.

    Raises:
        Unreadable: if it is none.
    """
    import soundfile

    try:
        _check(file)
        missing = _missing(file)
        file.seek(0)
        with soundfile.SoundFile(file) as sound:
            if not sound.frames or not sound.samplerate:
                raise ValueError("is empty: it holds no sound.")
            return SoundHeader(sound.samplerate, sound.frames, sound.channels, missing)
    except Exception as error:
        raise Unreadable(f"{name} {why_not(error)}") from error


def _check(file: IO[bytes]) -> None:
    """Refuse what does not begin as a sound does, which libraries would search for one, with words on the console."""
    begin = file.read(4)
    if not begin.startswith(_MARKS) and not (len(begin) > 1 and begin[0] == 0xFF and begin[1] & 0xE0 == 0xE0):
        raise ValueError("is no sound, whatever its name says, or damaged at its beginning.")


def _missing(file: IO[bytes]) -> float:
    """Which share of what a WAV, AIFF or MP3 file promises is not there. Read as it is, it would only be shorter,
    without a word. 0 where all is there, or the file does not say how much there should be."""
    file.seek(0)
    begin = file.read(12)
    if begin[:3] == b"ID3" or (begin[:1] == b"\xff" and len(begin) == 12):
        return _missing_of_mp3(file, begin)
    kinds = {b"RIFF": ("<I", b"data"), b"FORM": (">I", b"SSND")}
    if begin[:4] not in kinds or len(begin) < 12:
        return 0.0
    form, wanted = kinds[begin[:4]]
    end = file.seek(0, 2)
    place = 12
    for _ in range(1_000):
        file.seek(place)
        chunk = file.read(8)
        if len(chunk) < 8:
            return 0.0
        (size,) = struct.unpack(form, chunk[4:])
        if chunk[:4] == wanted:
            there = end - place - 8
            # Whoever writes a file as it is recorded puts 0 or the largest number there, and mends it at the end.
            return 1 - there / size if 0 < size < 0x7FFFFF00 and there < size - 1 else 0.0
        place += 8 + size + size % 2
    return 0.0


def _missing_of_mp3(file: IO[bytes], begin: bytes) -> float:
    """The same of an MP3 file, whose first frame may say how many bytes all of them have."""
    start = 0
    if begin[:3] == b"ID3":  # seven bits in each byte of its length
        start = 10 + sum((byte & 0x7F) << 7 * (3 - place) for place, byte in enumerate(begin[6:10]))
    file.seek(start)
    frame = file.read(256)
    place = max(frame.find(b"Xing"), frame.find(b"Info"))
    if place < 0 or len(frame) < place + 16:
        return 0.0
    (flags,) = struct.unpack(">I", frame[place + 4 : place + 8])
    at = place + 8 + 4 * (flags & 1)
    (size,) = struct.unpack(">I", frame[at : at + 4])
    there = file.seek(0, 2) - start
    return 1 - there / size if flags & 2 and size and there < 0.98 * size else 0.0


def _cut_off(missing: float) -> str:
    return f"is cut off: {per_cent(missing)} of it is missing. Copy it again."


def why_not(error: BaseException) -> str:
    """Why a sound could not be read: the end of a sentence that its name begins."""
    if isinstance(error, FileNotFoundError):
        return "is not there any more. Look at its folder again."
    if isinstance(error, PermissionError):
        return "may not be read."
    if isinstance(error, MemoryError):
        return "is too large for the memory. Make it shorter."
    text = " ".join(str(error).split())
    if isinstance(error, ValueError) and text.startswith(("is ", "has ", "holds ")):
        return text[:200].rstrip(".") + "."
    if "not recognised" in text or "does not exist" in text:
        return "is no sound, whatever its name says, or damaged at its beginning."
    said = text.partition(": ")[2] or text
    said = said.replace("Error in WAV file. ", "").rstrip(".")[:120]
    return f"is cut off or damaged{f' ({said})' if said and 'cut.' not in said else ''}. Copy it again."
