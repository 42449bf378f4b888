"""Years of two digits mean for a run what they meant when it was trained."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.cli.main import run
from app.data import catalog
from app.training.checkpoints import load_run
from nodes.reading.tables_dates import moment_of
from nodes.reading.tables_days import date_names, days_of
from tests.data.table_files import described, loaded, same_by_script


def dated(path: Path) -> Path:
    """Dates of 1970 to 1999 and of years from 30 to 68, of which nobody knows the century."""
    years = [30 + 3 * at % 70 for at in range(60)]
    rows = "".join(f"{1 + at % 28:02}.{1 + at % 12:02}.{year:02},{at % 7},{at}\n" for at, year in enumerate(years))
    path.write_text(f"born,size,price\n{rows}")
    return path


def days_until(last: int, path: Path) -> list[int]:
    """The dates of the table as days, by a window of a hundred years that ends with the year ``last``."""
    made = []
    for line in path.read_text().splitlines()[1:]:
        day, month, year = map(int, line.partition(",")[0].split("."))
        year = next(each for each in range(last, last - 100, -1) if each % 100 == year)
        made.append((date(year, month, day) - date(1970, 1, 1)).days)
    return made


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("years")
    table, drawing = dated(place / "born.csv"), place / "born.netloom"
    assert run(["start", str(table), "-o", str(drawing)]) == 0
    assert run(["train", str(drawing), "--epochs", "1", "--out", str(place / "run")]) == 0
    return table, place / "run"


def of_before(folder: Path) -> None:
    """The run as an earlier version has left it: it kept the format and nothing else."""
    drawing = folder / "drawing.netloom"
    entry = json.loads(drawing.read_text())
    (known,) = entry["schemas"].values()
    columns = [json.loads(told) for told in known["settled"]["features"]]
    assert columns[0].pop("late") == 2030
    known["settled"]["features"] = [json.dumps(column) for column in columns]
    drawing.write_text(json.dumps(entry))


@pytest.mark.parametrize("last", [2029, 2069])
def test_a_run_predicts_as_it_was_trained(trained: tuple[Path, Path], tmp_path: Path, capsys: Any, last: int) -> None:
    """Fails if the rule for years of two digits of this version is put upon a run of one that had another: 45 was 2045
    there, and each answer would be another one, of a new file as well as of the data of the run."""
    table, folder = trained[0], tmp_path / "run"
    shutil.copytree(trained[1], folder)
    if last == 2069:
        of_before(folder)
    found = load_run(folder)
    expected = days_until(last, table)
    assert (last == 2069) == (max(expected) > 25_000)
    (source,) = found.net.plan.sources
    own = catalog.load(source).fields["features"]
    assert isinstance(own, torch.Tensor)
    assert own[:, 0].tolist() == expected
    new = tmp_path / "new.csv"
    new.write_text("\n".join(line.rpartition(",")[0] for line in table.read_text().splitlines()) + "\n")
    capsys.readouterr()
    assert run(["predict", str(folder), str(new), "--json"]) == 0
    answers = [each["numbers"]["price"] for each in json.loads(capsys.readouterr().out)["predictions"]]
    sizes = [float(line.split(",")[1]) for line in table.read_text().splitlines()[1:]]
    values = torch.tensor(np.column_stack([expected, sizes]), dtype=torch.float32)
    with torch.no_grad():
        np.testing.assert_allclose(answers, found.model.eval()(values)[:, 0], rtol=1e-5)
    assert source.seen is not None
    shown = date_names(source.seen.settled)["born"]
    assert days_of("05.06.45", shown) == (date(1945 if last == 2029 else 2045, 6, 5) - date(1970, 1, 1)).days
    assert moment_of("01.01.69", shown).year == (1969 if last == 2029 else 2069)


def test_years_until_2069_can_be_chosen(tmp_path: Path) -> None:
    """Fails if somebody with plans for the next decades cannot say so, or a program of its own reads other years."""
    path = dated(tmp_path / "a.csv")
    assert loaded(path).fields["features"][:, 0].tolist() == days_until(2029, path)
    how = {"kinds": ("born=date, until 2069",)}
    assert loaded(path, **how).fields["features"][:, 0].tolist() == days_until(2069, path)
    said = "The years of 'born' have two digits"
    assert any(said in each for each in described(path).remarks)
    assert not any(said in each for each in described(path, **how).remarks)
    same_by_script(path, **how)


def test_dates_as_numbers_stay_what_they_were(tmp_path: Path) -> None:
    """Fails if a run that was trained with seconds since 1970 as they stand is given days, since they are dates now."""
    table, drawing, folder = tmp_path / "a.csv", tmp_path / "a.netloom", tmp_path / "run"
    seconds = [1_706_659_200 + 90_061 * n for n in range(40)]
    table.write_text("created_at,size,y\n" + "".join(f"{s},{n % 7},{n}\n" for n, s in enumerate(seconds)))
    assert run(["start", str(table), "-o", str(drawing)]) == 0
    assert run(["train", str(drawing), "--epochs", "1", "--out", str(folder)]) == 0
    entry = json.loads((folder / "drawing.netloom").read_text())
    (known,) = entry["schemas"].values()
    before = {"name": "created_at", "kind": "number", "fill": float(np.mean(seconds))}
    known["settled"]["features"][0] = json.dumps(before)
    (folder / "drawing.netloom").write_text(json.dumps(entry))
    (source,) = load_run(folder).net.plan.sources
    assert catalog.load(source).fields["features"][:, 0].tolist() == [float(np.float32(each)) for each in seconds]


def test_a_run_that_is_continued_keeps_its_years(trained: tuple[Path, Path], tmp_path: Path) -> None:
    """Fails if a run of an earlier version forgets what its years meant when it is continued, so that the next start
    reads others."""
    table, folder = trained[0], tmp_path / "run"
    shutil.copytree(trained[1], folder)
    of_before(folder)
    for epochs in ("2", "3"):
        assert run(["train", str(trained[1].parent / "born.netloom"), "--epochs", epochs, "--resume", str(folder)]) == 0
        (source,) = load_run(folder).net.plan.sources
        assert catalog.load(source).fields["features"][:, 0].tolist() == days_until(2069, table)
