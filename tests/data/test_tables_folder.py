"""A folder of Parquet files that together are one table."""

from __future__ import annotations

from pathlib import Path

import polars
import torch

from app.data.understanding import understand
from tests.data.table_files import described, loaded, refusal, same_by_script


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
