"""Videos as folders of frames: numbered pictures, one folder for each clip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api import Choice, Feed, Field, File, Int, Recognised, Schema, Script, source
from nodes.reading import picture_settings
from nodes.reading.classes import LabelsAndParts
from nodes.reading.clips import USUAL, clips_of, frames_asked, frames_of, short_clips
from nodes.reading.listing import shown
from nodes.reading.picture_scripts import script_of
from nodes.reading.picture_sets import chosen_path, gathered, looked_into, parts_of, read_dots, resolved, schema_of
from nodes.reading.picture_signs import videos_at
from nodes.reading.pictures import FITS
from nodes.reading.separate_process import begun, gathered_or_told

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
    seen = gathered_or_told(lambda most: _gathered(path, classes, split, spelling, most), __name__, settings, began)
    if isinstance(seen, Schema):
        return seen
    found, made = seen
    how, guesses = resolved(found, made, size=size, colour=colour, fit=fit, background=background)
    clips = clips_of(found, made)
    remarks = [*short_clips(clips, frames, step), *looked_into(found, made, began)]
    fields = {"video": Field((how.channels, frames, how.height, how.width))}
    if made.words:
        fields["label"] = Field((), "int", made.words, made.counts)
    asked = frames_asked(clips, frames, step)
    return schema_of(found, made, how, NOUN, fields, (*asked, *guesses), remarks)


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
    from nodes.reading.cached_pictures import Kept

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
    parts = parts_of(made, (clip[0] for clip in clips))
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
) -> tuple[Listing, LabelsAndParts]:
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
        picture_settings.size("frames", 1024),
        Choice(
            "fit", "crop", options=FITS, help="What happens to frames of another shape: cut off, distorted, or padded."
        ),
        picture_settings.colour("frames"),
        picture_settings.BACKGROUND,
        Choice(
            "classes", "auto", options=("auto", "folders", "innermost folders", "none"), help="Where classes stand."
        ),
        picture_settings.SPLIT,
        picture_settings.spelling("run"),
    ],
    fields=["video", "label"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["frames", "clips", "film", "movie", "conv3d", "own", "data"],
)
