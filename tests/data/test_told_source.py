"""The one declaration of sources of pictures about which other files say something."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from nodes.api import Field, Switch
from nodes.api.registry import find
from nodes.reading import annotated_pictures, cache
from nodes.reading.annotated_pictures import PictureFinder
from nodes.reading.annotation_rows import notes_in, rows_of
from nodes.reading.picture_scripts import literal
from nodes.reading.told_source import Printed, ToldPictures, told_source
from tests.data.told_files import noisy


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


class Ages(ToldPictures):
    """Pictures with an age each, out of a table with image and age."""

    what = "pictures and their ages"

    def read(self, only: str) -> dict[int, int]:
        names = PictureFinder(self.found)
        self._ages: dict[int, float] = {}
        for note in notes_in(self.found, only, "csv"):
            for _, row in rows_of(self.found, note):
                number = names.find(row["image"])
                assert number is not None
                self._ages[number] = float(row["age"])
        return dict.fromkeys(self._ages, -1)

    def settle(self) -> None:
        self._scale = 0.01 if self.given["small"] else 1.0

    def _told(self) -> list[float]:
        return [self._scale * self._ages[number] for number in self.numbers]

    def fields(self) -> Mapping[str, Field]:
        return {"age": Field((1,))}

    def settled(self) -> Mapping[str, Any]:
        return {}

    def columns(self) -> Mapping[str, Any]:
        return {"age": torch.tensor(self._told())[:, None]}

    def printed(self) -> Printed:
        return Printed((), literal("ages", self._told()), {"age": "torch.tensor(ages)[:, None]"})


AGES = told_source(
    Ages,
    id="PicturesWithAges",
    name="Pictures with ages",
    path="A folder.",
    settings=[Switch("small", False, help="Whether ages are counted in centuries.")],
    fields=["age"],
    recognise=lambda path: None,
)


def test_another_kind_is_a_class_and_a_declaration(tmp_path: Path) -> None:
    """Fails if a new kind has to repeat the settings, the parts or the printed lines that all have, or an own setting
    does not arrive."""
    for name in "ba":
        noisy(tmp_path / f"{name}.png")
    (tmp_path / "ages.csv").write_text("image,age\nb.png,70\na.png,20\n")
    assert [each.name for each in AGES.params] == ["path", "small", "size", "fit", "colour", "background", "split"]
    assert AGES.help == "Pictures with an age each, out of a table with image and age."
    given = {each.name: each.default for each in AGES.params} | {"path": str(tmp_path), "small": True}
    made = AGES.source
    assert made is not None
    assert made.load is not None
    assert made.script is not None
    schema, feed, script = made.describe(**given), made.load(**given), made.script(**given)
    assert schema.samples == 2
    assert schema.fields["age"].sizes == (1,)
    assert schema.fields["image"].sizes == (3, 16, 20)
    space: dict[str, Any] = {}
    exec("\n".join(("import math", "import torch", *script.imports, *script.lines)), space)
    for name, true in (("age", torch.tensor([[0.2], [0.7]])), ("image", feed.fields["image"].at(torch.arange(2)))):  # type: ignore[union-attr]
        assert torch.equal(eval(script.fields[name], space), true)
    assert torch.allclose(feed.fields["age"], torch.tensor([[0.2], [0.7]]))  # type: ignore[union-attr,arg-type]


def test_a_look_at_very_many_files_says_the_same_from_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the other process does not find the source that a file declares: the look would be made a second time
    beside the window, or say other things."""
    for name in "abcd":
        noisy(tmp_path / f"{name}.png")
    rows = [json.dumps({"image": f"{name}.png", "caption": "a picture of noise"}) for name in "abcd"]
    (tmp_path / "captions.jsonl").write_text("\n".join(rows))
    layer = find("PicturesWithCaptions")
    assert layer is not None
    assert layer.source is not None
    given = {each.name: each.default for each in layer.params} | {"path": str(tmp_path)}
    here = layer.source.describe(**given)
    answers = []
    monkeypatch.setattr(annotated_pictures, "MANY", 1)
    looked_apart = annotated_pictures.looked_apart
    monkeypatch.setattr(annotated_pictures, "looked_apart", lambda *a: answers.append(looked_apart(*a)) or answers[-1])
    there = layer.source.describe(**given)
    assert answers
    assert answers[0] is there
    for each in dataclasses.fields(here):
        assert getattr(here, each.name) == getattr(there, each.name), each.name
