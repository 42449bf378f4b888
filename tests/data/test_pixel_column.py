"""FER2013 and tables like it: a whole picture in one cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.cli.main import run
from app.data.understanding import understand
from nodes.api import NoData
from nodes.api.schema import Unreadable
from tests.support.file_sources import check_script, schema, source_of, whole

WORDS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
COUNT = 70
# Another brightness for each feeling, so that something can be learned.
LABELS = np.arange(COUNT) * 3 % 7
PIXELS = np.clip(LABELS[:, None, None] * 35 + np.random.default_rng(8).integers(0, 30, (COUNT, 48, 48)), 0, 255)
USES = ["PublicTest" if at % 10 == 8 else "PrivateTest" if at % 10 == 9 else "Training" for at in range(COUNT)]


def write(path: Path, names: str = "emotion,pixels,Usage", change: Any = None) -> Path:
    cells = {"pixels": [" ".join(map(str, each.ravel())) for each in PIXELS]}
    cells |= {"emotion": [str(each) for each in LABELS], "usage": list(USES)}
    if change is not None:
        change(cells)
    columns = [cells[name.strip().lower()] for name in names.split(",")]
    path.write_text("\n".join([names, *(",".join(row) for row in zip(*columns))]) + "\n")
    return path


@pytest.mark.parametrize("names", ["emotion,pixels,Usage", "emotion, Usage, pixels"])
def test_fer2013_is_read_as_it_is_handed_out(tmp_path: Path, names: str) -> None:
    """Fails if a face has another feeling, the test part is trained on, or the columns must stand in one order."""
    file = write(tmp_path / "fer2013.csv", names)
    (found, *_) = understand(file)
    assert found.layer.id == "PixelTable"
    assert found.sentence == "70 pictures in 7 classes (56 for train, 7 for validation, 7 for test)."
    made = check_script("PixelTable", file)
    expected = PIXELS[:, None].astype("f4") / np.float32(255)
    assert torch.equal(whole(made, "image"), torch.from_numpy(expected))
    assert whole(made, "label").tolist() == LABELS.tolist()
    assert schema("PixelTable", file).fields["label"].words == WORDS
    for part, use in (("train", "Training"), ("validation", "PublicTest"), ("test", "PrivateTest")):
        assert torch.as_tensor(made.parts[part]).tolist() == [at for at in range(COUNT) if USES[at] == use]


def test_without_parts_or_labels(tmp_path: Path) -> None:
    """Fails if the files of the competition, of which one has no labels, cannot be read."""
    made = check_script("PixelTable", write(tmp_path / "train.csv", "emotion,pixels"))
    assert not made.parts
    alone = check_script("PixelTable", write(tmp_path / "test.csv", "pixels,Usage"))
    assert list(alone.fields) == ["image"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("1 2 3", "Row 7 of fer.csv has 3 pixels, and the first row 2,304. Mend or remove it."),
        ("", "Row 7 of fer.csv has 0 pixels, and the first row 2,304. Mend or remove it."),
        ("300 " * 2303 + "1", "Row 7 of fer.csv has a pixel that is no whole number from 0 to 255. Mend or remove it."),
        ("x " * 2303 + "1", "Row 7 of fer.csv has a pixel that is no whole number from 0 to 255. Mend or remove it."),
    ],
)
def test_a_bad_row_is_named_and_left_out(tmp_path: Path, cell: str, said: str) -> None:
    """Fails if one bad cell ends an epoch, becomes another picture, or moves the rows after it."""

    def change(cells: dict[str, list[str]]) -> None:
        cells["pixels"][5] = cell

    made = loaded(write(tmp_path / "fer.csv", change=change))
    with pytest.raises(Unreadable) as reason:
        made.at(torch.arange(COUNT), None, ["image"])
    assert dict(reason.value.samples) == {5: said}
    after = made.at(torch.tensor([6]), None, ["image"])["image"]
    assert torch.equal(after, torch.from_numpy(PIXELS[6:7, None].astype("f4") / np.float32(255)))


def loaded(path: Path) -> Any:
    source = source_of("PixelTable").source
    assert source is not None
    assert source.load is not None
    return source.load(path=str(path), beside="", size="", scale="auto")


def test_a_label_that_is_none_and_a_second_file(tmp_path: Path) -> None:
    """Fails if a word among the labels is a traceback, or a second file is left out in silence."""

    def change(cells: dict[str, list[str]]) -> None:
        cells["emotion"][2] = "happy"

    with pytest.raises(NoData, match=r"Row 4 of fer.csv has 'happy' as its label"):
        schema("PixelTable", write(tmp_path / "fer.csv", change=change))
    with pytest.raises(NoData, match="Leave the second file empty"):
        schema("PixelTable", write(tmp_path / "fer.csv"), beside="more.csv")


def test_from_fer2013_to_an_answer(tmp_path: Path, capsys: Any) -> None:
    """Fails if the proposed drawing does not train on it, or the trained net does not answer by a feeling's name."""
    file, drawing, folder = write(tmp_path / "fer.csv"), tmp_path / "net.netloom", tmp_path / "run"
    assert run(["start", str(file), "-o", str(drawing)]) == 0
    assert run(["train", str(drawing), "--epochs", "2", "--out", str(folder)]) == 0
    capsys.readouterr()
    assert run(["predict", str(folder), str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["predictions"]
    assert len(told) == COUNT
    assert {each["class"] for each in told} <= set(WORDS)
