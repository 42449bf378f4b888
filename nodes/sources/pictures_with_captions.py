"""Pictures with sentences about them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api import Feed, Field, File, Recognised, Schema, Script, Text, cut, source
from nodes.reading.listing import shown
from nodes.reading.picture_scripts import literal
from nodes.reading.picture_sets import resolved
from nodes.reading.texts import END, PADDING, START
from nodes.reading.told_pictures import (
    arrangement,
    image_column,
    imports_of,
    looked,
    only_of,
    part_indices,
    parts_line,
    schema_of,
    script_head,
    times_of,
    told_listing,
)
from nodes.reading.told_settings import LONGEST, PICTURE_SETTINGS, VOCABULARY
from nodes.reading.told_signs import captions_at
from nodes.reading.told_texts import (
    Shown,
    captions_of,
    in_order_of,
    known_in,
    longest_of,
    numbered_words,
    token_lines,
    words_in,
)

if TYPE_CHECKING:
    from nodes.reading.listing import Listing

NOUN = ("picture", "pictures")
WHAT = "pictures and sentences about them"


def describe(
    *,
    path: str,
    words: str,
    vocabulary: int,
    longest: Any,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    split: str,
) -> Schema:
    """Pictures of your own with sentences about them, for captions: captions.txt or another table with the columns
    image and caption, metadata.csv with file_name and text, JSON lines, or a COCO file of captions. previous is the
    sentence one word back, behind a start mark: what a decoder reads. The target ends with an end mark; 0 pads short
    sentences. All sentences about a picture stay in one part."""
    given = (words, vocabulary, longest)
    settings = {
        "path": path,
        "words": words,
        "vocabulary": vocabulary,
        "longest": longest,
        "size": size,
        "fit": fit,
        "colour": colour,
        "background": background,
        "split": split,
    }

    def say(found: Listing, began: float) -> Schema:
        made = _Made(found, path, given, size, fit, colour, background, split)
        fields = {
            "previous": Field((made.long,), "int", (PADDING, START, *made.known)),
            "target": Field((made.long,), "int", (PADDING, END, *made.known)),
        }
        return schema_of(
            found,
            made.arranged,
            made.how,
            began,
            fields,
            made.guesses,
            made.remarks,
            {"words": " ".join(made.known), "longest": made.long - 1, "unit": "words"},
            samples=len(made.told.texts),
            parts=made.parts,
            noun=("sentence", "sentences"),
            groups="picture",
        )

    return looked(__name__, settings, WHAT, say)


class _Made:
    """Pictures and sentences as they are read with these settings."""

    def __init__(
        self,
        found: Listing,
        path: str,
        given: tuple[str, int, Any],
        size: Any,
        fit: str,
        colour: str,
        background: str,
        split: str,
    ) -> None:
        words, vocabulary, longest = given
        said = captions_of(found, only_of(path))
        self.arranged = arrangement(found, said.parts, split, NOUN)
        self.how, self.guesses = resolved(
            found, self.arranged, size=size, colour=colour, fit=fit, background=background
        )
        self.told = in_order_of(found, self.arranged, said)
        texts = [words_in(text) for (text,) in self.told.texts]
        most, cut_off = longest_of(texts, longest)
        texts = [each[:most] for each in texts]
        self.known, rare = known_in(texts, self.told.parts, vocabulary, words)
        numbers = {word: at for at, word in enumerate(self.known, start=2)}
        self.tokens = [numbered_words(each, numbers) for each in texts]
        self.long = most + 1
        self.parts = {name: len(each) for name, each in part_indices(self.told.parts).items()}
        many = times_of(len(self.told.numbers), "picture", "pictures")
        self.remarks = [
            f"they are about {many}, in {len(self.known):,} different words",
            *([f"{cut_off:,} sentences have more than {most} words and are cut off there"] if cut_off else []),
            *([f"{rare:,} rare words are read as unknown"] if rare else []),
        ]


def load(
    *,
    path: str,
    words: str,
    vocabulary: int,
    longest: Any,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    split: str,
) -> Feed:
    """The pictures, read when they are asked for, and the words of the sentences as numbers."""
    import torch

    found = told_listing(path, WHAT, most=False)
    made = _Made(found, path, (words, vocabulary, longest), size, fit, colour, background, split)
    previous, target = written(made.tokens, made.long)
    told = made.told
    return Feed(
        {
            "image": Shown(image_column(found, made.arranged, made.how), torch.tensor(told.pictures)),
            "previous": torch.from_numpy(previous),
            "target": torch.from_numpy(target),
        },
        part_indices(told.parts),
        groups=torch.tensor(told.pictures),
        name_of=lambda at: f"{shown(found.path(told.numbers[told.pictures[at]]))}: {cut(told.texts[at][0], 60)}",
    )


def written(told: list[list[int]], length: int) -> Any:
    """Sentences as numbers, int64 (n, length) each: one word back behind a start mark, and with an end mark."""
    import numpy

    previous, target = numpy.zeros((2, len(told), length), numpy.int64)
    for at, words in enumerate(told):
        previous[at, : len(words) + 1] = [1, *words]
        target[at, : len(words) + 1] = [*words, 1]
    return previous, target


def script(
    *,
    path: str,
    words: str,
    vocabulary: int,
    longest: Any,
    size: Any,
    fit: str,
    colour: str,
    background: str,
    split: str,
) -> Script:
    """The same pictures, read with Pillow, and their sentences."""
    found = told_listing(path, WHAT, most=False)
    made = _Made(found, path, (words, vocabulary, longest), size, fit, colour, background, split)
    told = made.told
    lines = script_head(found, made.how, [found.path(number) for number in told.numbers], written)
    lines += [*literal("pictures", told.pictures), *token_lines("told", made.tokens)]
    lines += [
        f"previous, target = written(told, {made.long})",
        "pictures = torch.tensor(pictures)  # which picture each sentence is about",
        "unreadable = [at for at, picture in enumerate(pictures.tolist()) if picture in unreadable]",
        *literal("parts", told.parts),
        "given = torch.tensor(parts)",
    ]
    fields = {
        "image": "torch.from_numpy(pixels).to(torch.float32).div_(255)[pictures]",
        "previous": "torch.from_numpy(previous)",
        "target": "torch.from_numpy(target)",
    }
    return Script(
        tuple(lines),
        fields,
        imports_of(found),
        "pillow",
        parts_line(told.parts),
        groups="pictures",
        unreadable="unreadable",
    )


def recognise(path: Path) -> Recognised | None:
    """Pictures beside a table of sentences about them, or a COCO file of captions."""
    return captions_at(path)


PICTURES_WITH_CAPTIONS = source(
    id="PicturesWithCaptions",
    name="Pictures with sentences",
    params=[
        File(
            "path", card=True, help="A folder with pictures and a table of sentences, a zip file of it, or the table."
        ),
        Text(
            "words",
            "auto",
            most=5_000_000,
            help="The words that are known, with blanks between them. auto takes those of what is learned.",
        ),
        VOCABULARY,
        LONGEST,
        *PICTURE_SETTINGS,
    ],
    fields=["image", "previous", "target"],
    describe=describe,
    load=load,
    script=script,
    recognise=recognise,
    words=["caption", "description", "image to text", "flickr8k", "coco", "metadata.csv", "own", "data", "images"],
)
