"""Pictures with sentences about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nodes.api import Field
from nodes.reading.annotation_settings import LONGEST, VOCABULARY, WORDS
from nodes.reading.annotation_signs import captions_at
from nodes.reading.annotation_texts import PictureTexts, captions_of, token_lines
from nodes.reading.texts import END, PADDING, START
from nodes.reading.told_sentences import ToldSentences
from nodes.reading.told_source import Printed, told_source


class Captions(ToldSentences):
    """Pictures of your own with sentences about them, for captions: captions.txt or another table with the columns
    image and caption, metadata.csv with file_name and text, JSON lines, or a COCO file of captions. previous is the
    sentence one word back, behind a start mark: what a decoder reads. The target ends with an end mark; 0 pads short
    sentences. All sentences about a picture stay in one part."""

    what = "pictures and sentences about them"
    noun = ("sentence", "sentences")
    first = 2

    def said(self, only: str) -> PictureTexts:
        return captions_of(self.found, only)

    def about(self, pictures: str) -> str:
        return f"{pictures}, in {len(self.known):,} different words"

    def fields(self) -> Mapping[str, Field]:
        marks = {"previous": START, "target": END}
        return {name: Field((self.long + 1,), "int", (PADDING, mark, *self.known)) for name, mark in marks.items()}

    def columns(self) -> Mapping[str, Any]:
        import torch

        previous, target = written(self.tokens, self.long + 1)
        return {"previous": torch.from_numpy(previous), "target": torch.from_numpy(target)}

    def printed(self) -> Printed:
        lines = [*token_lines("told", self.tokens), f"previous, target = written(told, {self.long + 1})"]
        fields = {"previous": "torch.from_numpy(previous)", "target": "torch.from_numpy(target)"}
        return Printed((written,), lines, fields)


def written(told: list[list[int]], length: int) -> Any:
    """Sentences as numbers, int64 (n, length) each: one word back behind a start mark, and with an end mark."""
    import numpy

    previous, target = numpy.zeros((2, len(told), length), numpy.int64)
    for at, words in enumerate(told):
        previous[at, : len(words) + 1] = [1, *words]
        target[at, : len(words) + 1] = [*words, 1]
    return previous, target


PICTURES_WITH_CAPTIONS = told_source(
    Captions,
    id="PicturesWithCaptions",
    name="Pictures with sentences",
    path="A folder with pictures and a table of sentences, a zip file of it, or the table.",
    settings=[WORDS, VOCABULARY, LONGEST],
    fields=["previous", "target"],
    recognise=captions_at,
    stem="pictures",
    words=["caption", "description", "image to text", "flickr8k", "coco", "metadata.csv", "own", "data", "images"],
)
