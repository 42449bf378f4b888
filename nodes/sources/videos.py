"""Videos as folders of frames: numbered pictures, one folder for each clip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api import Choice, Feed, Field, File, Int, Pair, Recognised, Schema, Script, source
from nodes.api.schema import PARTS
from nodes.reading.apart import MANY, apart, begun, looked_apart
from nodes.reading.classes import SPELLINGS, SPLITS, Arrangement
from nodes.reading.clips import USUAL, clips_of, frames_asked, frames_of, short_clips
from nodes.reading.listing import TooMany, shown
from nodes.reading.picture_scripts import script_of
from nodes.reading.picture_sets import chosen_path, gathered, looked_into, read_dots, resolved, sentences
from nodes.reading.picture_signs import videos_at
from nodes.reading.pictures import BACKGROUNDS, FITS

if TYPE_CHECKING:
    from nodes.reading.listing import Listing

NOUN = ("clip", "clips")


def describe(
    *,
    path: str,
    frames: int,
    step: int,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    classes: str,
    split: str,
    spelling: str,
) -> Schema:
    """Short videos whose frames are pictures: a folder for each clip with its numbered frames, in a folder for each
    class. A sample is (channels, frames, height, width), as Conv3d reads it, with values from 0 to 1."""
    began = begun()
    try:
        found, made = _gathered(path, classes, split, spelling, MANY if apart() else None)
    except TooMany:
        settings = {
            "path": path,
            "frames": frames,
            "step": step,
            "size": size,
            "fit": fit,
            "colour": colour,
            "background": background,
            "classes": classes,
            "split": split,
            "spelling": spelling,
        }
        looked = looked_apart(__name__, settings, began)
        if looked is not None:
            return looked
        found, made = _gathered(path, classes, split, spelling)
    how, guesses = resolved(found, made, size=size, colour=colour, fit=fit, background=background)
    clips = clips_of(found, made)
    remarks = [*made.remarks, *short_clips(clips, frames, step), *looked_into(found, made, began)]
    fields = {"video": Field((how.channels, frames, how.height, how.width))}
    if made.words:
        fields["label"] = Field((), "int", made.words, made.counts)
    return Schema(
        fields,
        made.samples,
        made.parts(),
        NOUN,
        guesses=(*made.guesses, *frames_asked(clips, frames, step), *guesses),
        remarks=sentences(remarks),
        skipped=tuple(found.skipped),
        skipped_count=found.skipped_count,
        stamp=found.stamp,
        settled={"size": (how.height, how.width), "colour": "RGB" if how.channels == 3 else "grey"},
    )


def load(
    *,
    path: str,
    frames: int,
    step: int,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    classes: str,
    split: str,
    spelling: str,
) -> Feed:
    """The clips, decoded when they are asked for and kept on the disk of this computer for the next time."""
    import numpy
    import torch

    from nodes.reading.cache import Decoded
    from nodes.reading.kept import Kept

    found, made = _gathered(path, classes, split, spelling)
    how, _ = resolved(found, made, size=size, colour=colour, fit=fit, background=background)
    clips = clips_of(found, made)
    chosen = [frames_of(clip, frames, step) for clip in clips]
    sizes = (how.channels, frames, how.height, how.width)
    key = f"{found.stamp} {how} {frames} {step} {[found.folder_of[clip[0]] for clip in clips[:1]]} {classes} {split}"
    decoded = Decoded(key, len(clips), how.channels * frames * how.height * how.width)

    def read(number: int) -> Any:
        once = {each: read_dots(found, each, how) for each in dict.fromkeys(chosen[number])}
        return numpy.stack([once[each] for each in chosen[number]], 1)

    def rewritten(number: int) -> bool:
        return any(map(found.rewritten, chosen[number]))

    fields: dict[str, Any] = {"video": Kept(sizes, range(len(clips)), read, decoded, rewritten=rewritten)}
    if made.words:
        fields["label"] = torch.tensor([made.label_of[clip[0]] for clip in clips], dtype=torch.int64)
    given = torch.tensor([made.part_of[clip[0]] for clip in clips])
    parts = {name: (given == index).nonzero()[:, 0] for index, name in enumerate(PARTS) if name in made.parts()}
    return Feed(fields, parts, name_of=lambda n: shown(found.folders[found.folder_of[clips[n][0]]] or found.root.name))


def script(
    *,
    path: str,
    frames: int,
    step: int,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    classes: str,
    split: str,
    spelling: str,
) -> Script:
    """The same frames, read with Pillow."""
    found, made = _gathered(path, classes, split, spelling)
    how, _ = resolved(found, made, size=size, colour=colour, fit=fit, background=background)
    return script_of(found, made, how, [frames_of(clip, frames, step) for clip in clips_of(found, made)])


def _gathered(
    path: str, classes: str, split: str, spelling: str, most: int | None = None
) -> tuple[Listing, Arrangement]:
    where = chosen_path(path, "folders of frames")
    return gathered(where, NOUN, most=most, clips=1, classes=classes, split=split, spelling=spelling)


def recognise(path: Path) -> Recognised | None:
    """Folders of classes with folders of pictures whose numbers follow one another."""
    return videos_at(path)


VIDEOS = source(
    id="Videos",
    name="Videos as frames",
    params=[
        File("path", card=True, help="A folder of classes, in each a folder of numbered pictures for every clip."),
        Int("frames", USUAL, low=2, high=1024, card=True, help="How many frames are taken of each clip."),
        Int(
            "step",
            0,
            low=0,
            high=1000,
            zero="spread evenly",
            help="Every how manieth frame is taken, from the first on. 0 spreads them evenly over the whole clip. A "
            "clip that is too short keeps showing its last frame.",
        ),
        Pair(
            "size",
            "auto",
            words=("auto",),
            low=1,
            high=1024,
            label="size (height × width)",
            help="All frames are made this large. auto keeps small frames of one size, and makes others 64×64.",
        ),
        Choice(
            "fit", "crop", options=FITS, help="What happens to frames of another shape: cut off, distorted, or padded."
        ),
        Choice("colour", "auto", options=("auto", "grey", "RGB"), help="auto is grey if all frames are."),
        Choice(
            "background", "white", options=BACKGROUNDS, help="What is seen through transparent dots, and beside pad."
        ),
        Choice(
            "classes", "auto", options=("auto", "folders", "innermost folders", "none"), help="Where classes stand."
        ),
        Choice(
            "split",
            "auto",
            options=SPLITS,
            label="train, val, test",
            help="Whether folders with such names are parts of the data, classes, or have no meaning.",
        ),
        Choice("spelling", "auto", options=SPELLINGS, help="Whether classes like run and Run are one."),
    ],
    fields=["video", "label"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["frames", "clips", "film", "movie", "conv3d", "own", "data"],
)
