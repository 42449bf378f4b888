"""Tables with a picture in each row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.data.understanding import candidates, understand
from nodes.api import NoData
from nodes.api.schema import Unreadable
from tests.support.file_sources import by_its_script, check_script, schema, source_of, whole

PIXELS = np.random.default_rng(2).integers(0, 256, (150, 784))
LABELS = np.arange(150) % 10


def write(
    path: Path, pixels: Any = PIXELS, labels: Any = LABELS, header: str | None = "pixel{}", end: str = "\n"
) -> Path:
    rows = [",".join(map(str, row)) for row in (np.column_stack([labels, pixels]) if labels is not None else pixels)]
    if header is not None:
        names = [header.format(at) for at in range(pixels.shape[1])]
        rows.insert(0, ",".join([*(["label"] if labels is not None else []), *names]))
    path.write_bytes(end.join(rows).encode() + end.encode())
    return path


@pytest.mark.parametrize("header", ["pixel{}", None, "{0}x{0}"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_kaggles_digits(tmp_path: Path, header: str | None, end: str) -> None:
    """Fails if the label is taken for a pixel, the first row without a header is lost, or bytes are cut."""
    if end == "\n\n":
        file = write(tmp_path / "train.csv", header=header)
        file.write_bytes(file.read_bytes() + b"\n\n")
    else:
        file = write(tmp_path / "train.csv", header=header, end=end)
    made = check_script("PixelTable", file)
    expected = PIXELS.reshape(-1, 1, 28, 28).astype("f4") / np.float32(255)
    assert torch.equal(whole(made, "image"), torch.from_numpy(expected))
    assert whole(made, "label").tolist() == LABELS.tolist()
    assert made.name_of(3) == f"row {4 if header is None else 5} of train.csv"  # as the sentence on a bad row counts
    assert next(each.layer.id for each in candidates(file)) == "PixelTable"


def test_two_files_are_two_parts(tmp_path: Path) -> None:
    """Fails if the test file of the same data is trained on."""
    write(tmp_path / "mnist_train.csv", PIXELS[:100], LABELS[:100], None)
    write(tmp_path / "mnist_test.csv", PIXELS[100:], LABELS[100:], None)
    made = check_script("PixelTable", tmp_path / "mnist_train.csv", beside="mnist_test.csv")
    assert made.schema is not None
    assert made.schema.parts == {"train": 100, "test": 50}
    assert whole(made, "label").tolist() == LABELS.tolist()


def test_without_labels_and_of_other_sizes(tmp_path: Path) -> None:
    """Fails if a file without labels loses its first pixel, or a picture that is no square cannot be read."""
    file = write(tmp_path / "test.csv", labels=None)
    made = check_script("PixelTable", file)
    assert made.fields.keys() == {"image"}
    assert made.schema is not None
    assert made.schema.fields["image"].sizes == (1, 28, 28)
    colours = write(tmp_path / "colours.csv", PIXELS[:, :768])
    assert schema("PixelTable", colours).fields["image"].sizes == (3, 16, 16)
    oblong = write(tmp_path / "oblong.csv", PIXELS[:, :200])
    with pytest.raises(NoData, match="200 pixels in a row are no square"):
        schema("PixelTable", oblong)
    assert check_script("PixelTable", oblong, size="10×20").length == 150
    with pytest.raises(NoData, match="which are not 3×3"):
        schema("PixelTable", oblong, size="3×3")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("1,2,3", r"Line 130 of train.csv has 3 values, and the others 785"),
        (",".join(["1"] * 786), r"Line 130 of train.csv has 786 values"),
        (",".join(["1"] * 784 + ["256"]), r"Line 130 of train.csv has '256' in column 785"),
        (",".join(["1"] * 784 + ["2.5"]), r"Line 130 of train.csv has '2.5' in column 785"),
        (",".join(["1"] * 784 + [""]), r"Line 130 of train.csv has '' in column 785"),
        (",".join(["cat"] + ["1"] * 784), r"Line 130 of train.csv has 'cat' in column 1"),
    ],
)
def test_a_wrong_row_is_named_and_left_out(tmp_path: Path, line: str, sentence: str) -> None:
    """Fails if a row that is short is filled up in silence, or a value is cut to a byte, or the row is not said; also
    if one bad row is the end of all others, here or in the program that is exported."""
    file = write(tmp_path / "train.csv")
    rows = file.read_text().splitlines()
    rows[129] = line
    file.write_text("\n".join(rows))
    layer = source_of("PixelTable")
    assert layer.source is not None
    assert layer.source.load is not None
    made = layer.source.load(**layer.settings({"path": str(file)}))
    with pytest.raises(Unreadable, match=sentence) as error:
        made.at(torch.arange(len(rows) - 1), None, ["image"])
    assert list(error.value.samples) == [128]
    good = torch.tensor([number for number in range(len(rows) - 1) if number != 128])
    fields, _ = by_its_script("PixelTable", file)
    for name, values in fields.items():
        assert torch.equal(values[good], made.at(good, None, [name])[name]), name
    expected = np.array([[int(word) for word in row.split(",")] for at, row in enumerate(rows[1:]) if at != 128])
    assert torch.equal((made.at(good, None, ["image"])["image"].flatten(1) * 255).round().long(),
                       torch.tensor(expected[:, 1:]))  # fmt: skip
    told = schema("PixelTable", file)
    assert any("no whole number as label" in remark for remark in told.remarks) == ("cat" in line)


@pytest.mark.parametrize(
    "text", ["\n", "a,b\n1,2\n", "label\n", ",".join(["x"] * 100), "label," + ",".join(["p1"] * 80)]
)
def test_other_tables_are_not_taken(tmp_path: Path, text: str) -> None:
    """Fails if any table with numbers is taken for pictures."""
    (tmp_path / "a.csv").write_text(text)
    assert "PixelTable" not in [each.layer.id for each in candidates(tmp_path / "a.csv")]
    with pytest.raises(NoData):
        schema("PixelTable", tmp_path / "a.csv")


def test_a_folder_with_a_table_for_each_part(tmp_path: Path) -> None:
    """Fails if fashion-mnist_test.csv beside fashion-mnist_train.csv is left aside, or the pictures of a contest, whose
    labels are hidden, stop those for training from being read."""
    write(tmp_path / "fashion-mnist_train.csv", PIXELS[:100], LABELS[:100])
    write(tmp_path / "fashion-mnist_test.csv", PIXELS[100:], LABELS[100:])
    found = next(understand(tmp_path))
    assert found.layer.id == "PixelTable"
    assert found.schema is not None
    assert found.schema.parts == {"train": 100, "test": 50}
    assert found.schema.fields["label"].words[0] == "T-shirt/top"
    write(tmp_path / "fashion-mnist_test.csv", PIXELS[100:], None)
    alone = next(understand(tmp_path)).schema
    assert alone is not None
    assert (alone.samples, alone.parts) == (100, {})
