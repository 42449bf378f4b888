"""Features of very many rows, which are held as columns, or side by side, and as codes of words."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas
import polars
import pytest
import torch

from app.data import examination
from app.data.examination import KnownMeasures, examine
from nodes.api import Feed, Field, Schema
from nodes.reading import tables_encoded, tables_feed, tables_frame
from nodes.reading.tables_encoded import EncodedFeatures
from tests.data.table_files import loaded, write


def test_codes_of_words_become_columns() -> None:
    """Fails if numbers between columns of words land in other places, or a word that nobody knows counts as one."""
    random = np.random.default_rng(3)
    numbers = random.normal(size=(50, 4)).astype(np.float32)
    first, last = random.integers(-1, 3, 50), random.integers(-1, 2, 50)
    wanted = np.zeros((50, 9), np.float32)
    wanted[:, [0, 4, 5, 8]] = numbers
    for row in range(50):
        if first[row] >= 0:
            wanted[row, 1 + first[row]] = 1
        if last[row] >= 0:
            wanted[row, 6 + last[row]] = 1
    codes = [(1, torch.from_numpy(first.astype(np.int16))), (6, torch.from_numpy(last.astype(np.int16)))]
    coded = EncodedFeatures(9, polars.DataFrame(numbers), [0, 4, 5, 8], codes)
    index = torch.from_numpy(random.permutation(50)[:40])
    assert np.array_equal(coded.at(index).numpy(), wanted[index.numpy()])
    only_words = EncodedFeatures(3, polars.DataFrame(height=50), [], [(0, codes[0][1])])
    assert only_words.at(index).sum() == int((first[index.numpy()] >= 0).sum())


@pytest.mark.parametrize("out", [(), (0, 7, 399)])
def test_ranges_of_codes_are_those_of_the_columns_they_stand_for(
    monkeypatch: pytest.MonkeyPatch, out: tuple[int, ...]
) -> None:
    """Fails if words that are counted as codes get other ranges than their columns of 0 and 1, if a word that no row
    has, every row has or nobody knows is counted wrongly, or a sample that was left out is measured."""
    monkeypatch.setattr(examination, "MANY", 100)
    random = np.random.default_rng(4)
    first = random.integers(-1, 3, 400).astype(np.int16)
    codes = [(1, torch.from_numpy(first)), (6, torch.zeros(400, dtype=torch.int16))]
    numbers = polars.DataFrame(random.normal(30, 2, (400, 4)).astype(np.float32))
    schema = Schema({"features": Field((10,))}, 400)
    for held, places in ((numbers, [0, 4, 5, 9]), (polars.DataFrame(height=400), [])):
        coded = EncodedFeatures(10, held, places, codes)
        feed = Feed({"features": coded})
        feed.excluded = torch.tensor(out, dtype=torch.int64) if out else None
        (told,) = (each for each in examine(feed, schema) if isinstance(each, KnownMeasures))
        rows = coded.at(torch.tensor([at for at in range(400) if at not in out])).double().numpy()
        for column, each in zip(rows.T, told.features["features"], strict=True):
            known = (each.values, each.missing, each.infinite, each.low, each.high)
            if places or column.any():
                assert known == (len(rows), 0, 0, column.min(), column.max())
                assert each.mean == pytest.approx(column.mean(), rel=1e-12)
                assert each.std == pytest.approx(column.std(), rel=1e-7, abs=1e-12)  # as exact as a float32


def test_rows_from_columns_are_those_that_lie_side_by_side_and_those_of_pandas(tmp_path: Path) -> None:
    """Fails if the first batch of very many rows, which is taken from columns, has other numbers than later ones, if
    putting all side by side moves or rounds one, or if their ranges are others before and after that."""
    random = np.random.default_rng(7)
    lines = ["a,b,colour,count,label"]
    for at in range(4000):
        gap = "" if at % 9 == 4 else f"{random.normal(5, 3):.6f}"
        colour = ("red", "blue", "green")[random.integers(3)]
        lines.append(f"{random.normal():.6f},{gap},{colour},{random.integers(3000)},{'xy'[at * 7 % 5 < 2]}")
    path = write(tmp_path / "a.csv", "\n".join(lines) + "\n")
    read = pandas.read_csv(path)
    small = patch.multiple(tables_frame, WHOLE=20_000, BLOCK=600)  # so that this file counts as large
    with small, patch.object(tables_feed, "MOST_IN_ONE_PIECE", 100), patch.object(tables_encoded, "AT_ONCE", 700):
        column = loaded(path).fields["features"]
    assert isinstance(column, EncodedFeatures)
    before = column.apart(None)[0]
    index = torch.from_numpy(random.permutation(4000)[:64])
    from_columns, side_by_side = column.at(index), column.at(index)
    assert column._columns is None  # what lies side by side takes the place of the columns
    assert torch.equal(from_columns, side_by_side)
    whole = column.at(torch.arange(4000)).numpy()
    words = [(read["colour"] == word).to_numpy(np.float32) for word in ("blue", "green", "red")]
    known = read["b"].notna().to_numpy()
    assert np.array_equal(whole[:, 0], read["a"].to_numpy().astype(np.float32))
    assert np.array_equal(whole[known, 1], read["b"].to_numpy()[known].astype(np.float32))
    assert len(np.unique(whole[~known, 1])) == 1
    assert np.array_equal(whole[:, 2:5].T, words)
    assert np.array_equal(whole[:, 5], read["count"].to_numpy().astype(np.float32))
    numbers, after = whole[:, [0, 1, 5]].astype(np.float64), column.apart(None)[0]
    for name, wanted in (("low", numbers.min(0)), ("high", numbers.max(0)), ("mean", numbers.mean(0))):
        assert torch.equal(before[name], after[name])
        assert before[name].numpy() == pytest.approx(wanted, rel=1e-12)
    assert before["std"].numpy() == pytest.approx(numbers.std(0), rel=1e-7)
    some = torch.arange(1, 4000, 3)
    assert column.apart(some)[0]["mean"].numpy() == pytest.approx(numbers[some.numpy()].mean(0), rel=1e-12)
