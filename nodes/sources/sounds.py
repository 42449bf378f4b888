"""Sounds in a folder or zip file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from nodes.api import Choice, Feed, Field, File, Int, Recognised, Schema, Script, source
from nodes.api.schema import PARTS
from nodes.reading.classes import CLASSES, COLUMN, KINDS, SPELLINGS, SPLITS
from nodes.reading.listing import shown
from nodes.reading.picture_sets import in_order, sentences
from nodes.reading.sound_scripts import script_of
from nodes.reading.sound_sets import NOUN, RATE, gathered, looked_into, read_wave, resolved
from nodes.reading.text_and_sound_signs import sounds_at


def describe(
    *,
    path: str,
    rate: int | str,
    milliseconds: int | str,
    classes: str,
    split: str,
    spelling: str,
    labels: str,
    column: str,
    incomplete: str,
) -> Schema:
    """Sounds of your own, from a folder or a zip file: WAV, FLAC, OGG or MP3. Those of each class lie in a folder with
    its name. All channels are mixed, and all sounds get the same rate and length; values run from -1 to 1."""
    began = time.perf_counter()
    found, made = gathered(path, classes=classes, split=split, spelling=spelling, kind=labels, column=column)
    how, guesses = resolved(found, made, rate, milliseconds, incomplete)
    remarks, more = looked_into(found, made, how, began)
    fields = {"wave": Field((1, how.count))}
    if made.values is not None:
        fields["label"] = Field((1,))
    elif made.words:
        fields["label"] = Field((), "int", made.words, made.counts)
    return Schema(
        fields,
        made.samples,
        made.parts(),
        NOUN,
        guesses=(*made.guesses, *guesses, *more),
        remarks=sentences((*made.remarks, *remarks)),
        skipped=tuple(found.skipped),
        skipped_count=found.skipped_count,
        stamp=found.stamp,
        settled={"rate": how.rate, "milliseconds": how.milliseconds},
    )


def load(
    *,
    path: str,
    rate: int | str,
    milliseconds: int | str,
    classes: str,
    split: str,
    spelling: str,
    labels: str,
    column: str,
    incomplete: str,
) -> Feed:
    """The sounds, decoded when they are asked for and kept on the disk of this computer for the next time."""
    import torch

    from nodes.reading.cache import Decoded
    from nodes.reading.cached_pictures import Kept

    found, made = gathered(path, classes=classes, split=split, spelling=spelling, kind=labels, column=column)
    how, _ = resolved(found, made, rate, milliseconds, incomplete)
    numbers, places = in_order(found, made)
    decoded = Decoded(f"{found.stamp} sounds {how}", len(found), 4 * how.count)
    fields: dict[str, Any] = {
        "wave": Kept(
            (1, how.count),
            places,
            lambda n: read_wave(found, numbers[n], how),
            decoded,
            "float32",
            lambda n: found.rewritten(numbers[n]),
        )
    }
    if made.values is not None:
        fields["label"] = torch.tensor([[made.values[number]] for number in numbers], dtype=torch.float32)
    elif made.words:
        fields["label"] = torch.tensor([made.label_of[number] for number in numbers], dtype=torch.int64)
    given = torch.tensor([made.part_of[number] for number in numbers])
    parts = {name: (given == index).nonzero()[:, 0] for index, name in enumerate(PARTS) if name in made.parts()}
    return Feed(fields, parts, name_of=lambda n: shown(found.path(numbers[n])))


def script(
    *,
    path: str,
    rate: int | str,
    milliseconds: int | str,
    classes: str,
    split: str,
    spelling: str,
    labels: str,
    column: str,
    incomplete: str,
) -> Script:
    """The same sounds, read with soundfile and resampled with scipy."""
    found, made = gathered(path, classes=classes, split=split, spelling=spelling, kind=labels, column=column)
    how, _ = resolved(found, made, rate, milliseconds, incomplete)
    return script_of(found, made, how)


def recognise(path: Path) -> Recognised | None:
    """A folder or zip file that holds sounds for the most part; less surely a single sound."""
    return sounds_at(path)


SOUNDS = source(
    id="Sounds",
    name="Sounds",
    params=[
        File("path", card=True, help="A folder of sounds, one folder for each class, or a zip file of it."),
        RATE,
        Int(
            "milliseconds",
            "auto",
            low=1,
            high=600_000,
            words=("auto",),
            card=True,
            label="length in ms",
            help="Longer sounds are cut there, shorter ones padded with silence. auto takes a length that is enough "
            "for nine of ten, at most 10 seconds.",
        ),
        Choice("classes", "auto", options=CLASSES, help="Where the class of a sound stands."),
        Choice(
            "split",
            "auto",
            options=SPLITS,
            label="train, val, test",
            help="Whether folders with such names are parts of the data, classes, or have no meaning.",
        ),
        Choice("spelling", "auto", options=SPELLINGS, help="Whether classes like yes and Yes are one."),
        Choice("labels", "auto", options=KINDS, help="Whether numbers in a table are classes or values to predict."),
        COLUMN,
        Choice(
            "incomplete",
            "leave out",
            options=("leave out", "use what is there"),
            help="What happens to a sound whose file is cut off.",
        ),
    ],
    fields=["wave", "label"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["audio", "wav", "mp3", "flac", "ogg", "speech", "music", "folder", "zip", "own", "data"],
)
