"""Sounds in a folder or zip file, and what is said in each."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from nodes.api import Choice, Feed, File, Int, Recognised, Schema, Script, Switch, source
from nodes.api.schema import PARTS
from nodes.reading.listing import shown
from nodes.reading.picture_scripts import literal, root_of
from nodes.reading.picture_sets import in_order
from nodes.reading.sound_sets import RATE, read_wave
from nodes.reading.sounds import wave_of
from nodes.reading.text_and_sound_signs import spoken_at
from nodes.reading.transcripts import numbers_of, spoken_texts


def describe(
    *, path: str, rate: int | str, milliseconds: int | str, length: int | str, lower: bool, incomplete: str
) -> Schema:
    """Sounds of your own (WAV, FLAC, OGG or MP3) and what is said in each: in a table with the columns file and text,
    or in a text file of the same name beside each sound. text is the letters as numbers; 0 pads it and is the blank of
    a CTC loss. All channels are mixed, and all sounds get the same rate and length, with silence behind short ones."""
    return spoken_texts(path, rate, milliseconds, length, lower, incomplete).schema()


def load(
    *, path: str, rate: int | str, milliseconds: int | str, length: int | str, lower: bool, incomplete: str
) -> Feed:
    """The sounds, decoded when they are asked for and kept on the disk of this computer for the next time."""
    import torch

    from nodes.reading.cache import Decoded
    from nodes.reading.cached_pictures import Kept

    spoken = spoken_texts(path, rate, milliseconds, length, lower, incomplete)
    found, made, how = spoken.found, spoken.made, spoken.how
    numbers, places = in_order(found, made)
    decoded = Decoded(f"{found.stamp} sounds {how}", len(found), 4 * how.count)
    wave = Kept(
        (1, how.count),
        places,
        lambda n: read_wave(found, numbers[n], how),
        decoded,
        "float32",
        lambda n: found.rewritten(numbers[n]),
    )
    given = torch.tensor([made.part_of[number] for number in numbers])
    parts = {name: (given == index).nonzero()[:, 0] for index, name in enumerate(PARTS) if name in made.parts()}
    fields: dict[str, Any] = {"wave": wave}
    if spoken.length:
        fields["text"] = numbers_of(spoken, numbers)
    return Feed(fields, parts, name_of=lambda n: shown(found.path(numbers[n])))


def script(
    *, path: str, rate: int | str, milliseconds: int | str, length: int | str, lower: bool, incomplete: str
) -> Script:
    """The same sounds, read with soundfile and resampled with scipy, and their texts as they stand now."""
    spoken = spoken_texts(path, rate, milliseconds, length, lower, incomplete)
    found, made, how = spoken.found, spoken.made, spoken.how
    numbers, _ = in_order(found, made)
    archive = found.archive is not None
    lines = [*inspect.getsource(wave_of).rstrip().splitlines(), "", "", f"root = {root_of(found)}"]
    lines += ["archive = zipfile.ZipFile(root)"] if archive else []
    lines += literal("files", [found.path(number) for number in numbers])
    if spoken.length:
        lines += literal("texts", [spoken.texts[number] for number in numbers])
        lines += literal("letters", list(spoken.letters))
    opened = "io.BytesIO(archive.read(file))" if archive else "root / file"
    lines += [f"waves = [wave_of({opened}, {how.rate}, {how.count}, {how.incomplete}) for file in files]"]
    fields = {"wave": "torch.from_numpy(numpy.stack(waves))"}
    if spoken.length:
        fields["text"] = "spelt"
        lines += [
            f"spelt = torch.zeros(len(texts), {spoken.length}, dtype=torch.int64)",
            "for row, text in enumerate(texts):",
            "    spelt[row, : len(text)] = torch.tensor([letters.index(letter) for letter in text])",
        ]
    given = ""
    if made.parts():
        lines += literal("parts", [made.part_of[number] for number in numbers])
        lines += ["given = torch.tensor(parts)"]
        named = [f'"{name}": (given == {PARTS.index(name)}).nonzero()[:, 0]' for name in made.parts()]
        given = "{" + ", ".join(named) + "}"
    imports = ["from pathlib import Path", "from typing import Any", "import numpy"]
    imports += ["import io", "import zipfile"] if archive else []
    return Script(tuple(lines), fields, tuple(imports), "soundfile scipy", given)


def recognise(path: Path) -> Recognised | None:
    """A folder or zip file of sounds with a text file beside each for the most part, or a table of texts."""
    return spoken_at(path)


SPOKEN_TEXTS = source(
    id="SpokenTexts",
    name="Sounds and texts",
    params=[
        File("path", card=True, help="A folder or zip file of sounds, with a table or a text file beside each."),
        RATE,
        Int(
            "milliseconds",
            "auto",
            low=1,
            high=600_000,
            words=("auto",),
            card=True,
            label="length in ms",
            help="Longer sounds are cut there, shorter ones padded with silence. auto takes the longest, at most 30 "
            "seconds.",
        ),
        Int(
            "length",
            "auto",
            low=1,
            high=5_000,
            words=("auto",),
            label="letters at most",
            help="Sounds with a longer text are left out; shorter texts are padded with 0.",
        ),
        Switch("lower", True, label="lower case", help="Whether capitals are read as small letters."),
        Choice(
            "incomplete",
            "leave out",
            options=("leave out", "use what is there"),
            help="What happens to a sound whose file is cut off.",
        ),
    ],
    fields=["wave", "text"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=[
        "audio",
        "wav",
        "speech",
        "transcript",
        "transcription",
        "recognition",
        "ctc",
        "folder",
        "zip",
        "own",
        "data",
    ],
)
