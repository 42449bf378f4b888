"""From a folder of pictures that something is said about to a trained net, by the commands alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nodes.reading import cache
from tests.cli.test_own_data import printed
from tests.data import test_pictures_with_points as points
from tests.data import test_pictures_with_texts as texts
from tests.data.test_pictures_with_boxes import yolo
from tests.data.test_pictures_with_masks import pair, palette, values
from tests.data.told_files import noisy


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def _masks(root: Path) -> None:
    for number in range(8):
        pair(root, str(number), palette(values(number, 0, 1, 2, 255, size=(16, 20))))


def _boxes(root: Path) -> None:
    yolo(root)
    for number in range(6):
        noisy(root / "images" / f"{number}.png")
        (root / "labels" / f"{number}.txt").write_text("1 0.5 0.5 0.25 0.5\n")


def _points(root: Path) -> None:
    points.table(root)
    with (root / "points.csv").open("a") as file:
        for number in range(6):
            noisy(root / "images" / f"{number}.png")
            file.write(f"\nimages/{number}.png,1,2,3,4,5,6,7,8")


def _captions(root: Path) -> None:
    texts.flickr(root)
    with (root / "captions.txt").open("a") as file:
        for number in range(6):
            noisy(root / "Images" / f"{number}.png")
            file.write(f"{number}.png,a dog sits there\n")


def _questions(root: Path) -> None:
    texts.questions(root, "csv")
    with (root / "asked.csv").open("a") as file:
        for number in range(6):
            noisy(root / "images" / f"{number}.png")
            file.write(f"{number}.png,what is it,dog\n")


@pytest.mark.parametrize(
    ("made", "measured"),
    [(_masks, "IoU"), (_boxes, "mAP"), (_points, "loss"), (_captions, "accuracy"), (_questions, "accuracy")],
)
def test_a_folder_becomes_a_net_that_trains(
    tmp_path: Path, capsys: Any, made: Callable[[Path], None], measured: str
) -> None:
    """Fails if the drawing for such data does not train as it stands, or is not measured as its task is."""
    made(tmp_path / "set")
    drawing, run = tmp_path / "net.netloom", tmp_path / "run"
    assert printed(capsys, "start", tmp_path / "set", "-o", drawing)[0] == 0
    assert printed(capsys, "check", drawing)[0] == 0
    code, out, err = printed(capsys, "train", drawing, "--epochs", "1", "--out", run)
    assert code == 0, err
    assert measured in out + err
    code, out, err = printed(capsys, "evaluate", run, "--data", tmp_path / "set")
    assert code == 0, err
    assert measured in out
