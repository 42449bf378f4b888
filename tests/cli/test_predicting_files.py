"""The command predict on files that are written otherwise than those of the training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from app.core.storage.files import open_project
from app.data.source_looks import schema_of
from nodes.api.registry import find
from nodes.reading import cache
from tests.cli.test_own_data import printed

RATE = 8000


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def trained(capsys: Any, tmp_path: Path, data: Path) -> Path:
    drawing, run = tmp_path / "d.netloom", tmp_path / "run"
    assert printed(capsys, "start", data, "-o", drawing)[0] == 0
    assert printed(capsys, "train", drawing, "--epochs", 1, "--device", "cpu", "--out", run)[0] == 0
    return run


def test_a_sound_of_another_length_is_prepared_as_those_named_by_a_table(tmp_path: Path, capsys: Any) -> None:
    """Fails if a sound alone, beside which no table stands, gets a length of its own, or an empty one an answer."""
    folder = tmp_path / "clips"
    folder.mkdir()
    times = np.arange(RATE // 4)
    for number in range(12):
        soundfile.write(folder / f"{number}.wav", 0.5 * np.sin(times * (0.1 + number % 2)), RATE)
    rows = "".join(f"{number}.wav,{'low' if number % 2 == 0 else 'high'}\n" for number in range(12))
    (folder / "labels.csv").write_text(f"filename,label\n{rows}")
    run = trained(capsys, tmp_path, folder)
    answers = []
    for name, rate, seconds in (("short", RATE, 0.05), ("wide", 2 * RATE, 1)):
        soundfile.write(tmp_path / f"{name}.wav", np.sin(np.arange(int(rate * seconds)) * 0.1), rate)
        status, out, err = printed(capsys, "predict", run, tmp_path / f"{name}.wav")
        assert (status, err) == (0, "")
        answers.append(out)
    assert all("low" in out and "high" in out for out in answers)
    soundfile.write(tmp_path / "none.wav", np.zeros(0), RATE)
    status, out, err = printed(capsys, "predict", run, tmp_path / "none.wav")
    assert (status, out.strip(), err.strip()) == (1, "", "none.wav is empty: it holds no sound.")


def test_a_series_that_is_too_short_says_so(tmp_path: Path, capsys: Any) -> None:
    """Fails if the sentence speaks of a column 'none' that nobody asked for."""
    moments = [f"2024-03-{1 + n // 24:02d} {n % 24:02d}:00" for n in range(200)]
    series = tmp_path / "load.csv"
    series.write_text("time,load\n" + "".join(f"{when},{n % 7}\n" for n, when in enumerate(moments)))
    run = trained(capsys, tmp_path, series)
    nodes = open_project(run / "drawing.netloom").project.graph.nodes.values()
    (source,) = [each for each in nodes if each.type == "TimeSeries"]
    layer = find("TimeSeries")
    assert layer is not None
    window = schema_of(layer, source.params).fields["input"].sizes[0]
    (tmp_path / "short.csv").write_text("time,load\n2024-03-01 00:00,1\n2024-03-01 01:00,2\n")
    status, _, err = printed(capsys, "predict", run, tmp_path / "short.csv")
    assert status == 1
    assert f"short.csv has 2 rows, too few for a window of {window}" in err


def test_a_text_whose_name_has_no_ending_is_answered(tmp_path: Path, capsys: Any) -> None:
    """Fails if a net that was trained on such files refuses a single one."""
    for number in range(8):
        for group, word in (("rec.autos", "car"), ("sci.space", "moon")):
            (tmp_path / "news" / group).mkdir(parents=True, exist_ok=True)
            (tmp_path / "news" / group / f"{number}").write_text(f"The {word} number {number}\n")
    run = trained(capsys, tmp_path, tmp_path / "news")
    status, out, err = printed(capsys, "predict", run, tmp_path / "news" / "rec.autos" / "3")
    assert (status, err) == (0, "")
    assert "rec.autos" in out


def test_a_folder_around_the_data_is_read_as_for_the_training(tmp_path: Path, capsys: Any) -> None:
    """Fails if a folder of one table and its description can be trained on, and predict or evaluate refuse it."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "README.md").write_text("# About the data")
    (folder / "a.csv").write_text("x,z,label\n" + "".join(f"{n % 9},{n % 5},{'pq'[n % 2]}\n" for n in range(60)))
    run = trained(capsys, tmp_path, folder)
    status, out, err = printed(capsys, "predict", run, folder)
    assert (status, err, out.count("row ")) == (0, "", 60)
    status, out, err = printed(capsys, "evaluate", run, "--data", folder)
    assert (status, err) == (0, "")
    assert "60" in out
