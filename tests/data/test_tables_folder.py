"""A folder of Parquet files that together are one table."""

from __future__ import annotations

from pathlib import Path

import polars
import torch

from app.data.understanding import understand
from tests.data.table_files import described, loaded, refusal, same_by_script
from tests.support.file_sources import check_script, whole


def test_a_folder_of_parts_is_one_table(tmp_path: Path) -> None:
    """Fails if only one part is read, part 10 comes before part 2, or the exported program reads another order."""
    folder = tmp_path / "rows.parquet"
    folder.mkdir()
    for number in range(12):
        made = polars.DataFrame({"size": [number * 10.0 + at for at in range(10)], "kind": ["a", "b"] * 5})
        made.write_parquet(folder / f"part-{number}.snappy.parquet")
    (folder / "_SUCCESS").touch()
    (folder / ".part-0.crc").touch()
    (found, *_) = understand(folder)
    assert found.layer.id == "Table"
    assert found.sentence == "120 rows, 2 columns; the target is kind (2 classes: a, b)."
    feed = loaded(folder)
    assert feed.at(torch.arange(120), None, ["features"])["features"][:, 0].tolist() == list(range(120))
    same_by_script(folder)
    before = described(folder).stamp
    (folder / "part-11.snappy.parquet").unlink()
    assert described(folder).stamp != before
    polars.DataFrame({"other": [1.0]}).write_parquet(folder / "part-11.snappy.parquet")
    assert "part-11.snappy.parquet has other columns than part-0.snappy.parquet" in refusal(folder)
    (folder / "part-3.snappy.parquet").write_bytes(b"PAR1 cut off")
    assert refusal(folder).startswith("part-3.snappy.parquet is cut off or no Parquet file")


def hub(folder: Path, columns: dict[str, list[object]]) -> Path:
    """Files as the Hugging Face Hub names them, with a third of the rows each."""
    (folder / "data").mkdir(parents=True)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    for at, part in enumerate(("train", "validation", "test")):
        rows = polars.DataFrame(columns)[at * 20 : at * 20 + 20]
        rows.write_parquet(folder / "data" / f"{part}-00000-of-00001.parquet")
    return folder


def test_files_called_as_parts_are_the_parts_of_a_table(tmp_path: Path) -> None:
    """Fails if train-00000-of-00001.parquet and test-00000-of-00001.parquet become one set, so that the test rows are
    learned."""
    folder = hub(tmp_path, {"size": [at * 1.5 for at in range(60)], "kind": ["a", "b"] * 30})
    (found, *_) = understand(folder)
    assert found.layer.id == "Table"
    assert found.schema is not None
    assert found.schema.parts == {"train": 20, "validation": 20, "test": 20}
    assert found.schema.fields["features"].sizes == (1,)
    feed = loaded(folder / "data")
    names = {part: index.tolist() for part, index in feed.parts.items()}
    shown = {part: feed.at(torch.tensor(rows), None, ["features"])["features"] for part, rows in names.items()}
    assert sorted(shown["test"][:, 0].tolist()) == [at * 1.5 for at in range(40, 60)]
    same_by_script(folder / "data")


def test_texts_of_the_hub_are_texts_in_their_parts(tmp_path: Path) -> None:
    """Fails if Parquet files with a text and a label become a table whose texts are left out."""
    texts = [f"it was a {('bad', 'good')[at % 2]} film number {at} of the year" for at in range(60)]
    folder = hub(tmp_path, {"text": [*texts], "label": [at % 2 for at in range(60)]})
    (found, *_) = understand(folder)
    assert found.layer.id == "Texts"
    made = check_script("Texts", folder / "data")
    assert made.schema is not None
    assert made.schema.parts == {"train": 20, "validation": 20, "test": 20}
    assert made.schema.fields["label"].words == ("0", "1")
    assert whole(made, "label").tolist() == [0, 1] * 30
    (alone, *_) = understand(folder / "data" / "train-00000-of-00001.parquet")
    assert alone.layer.id == "Texts"
