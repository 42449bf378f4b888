"""Pictures whose names do not say what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from app.cli.main import run
from app.data.understanding import understand
from tests.support.file_sources import check_script, schema, whole


def picture(path: Path, level: int, kind: str = "PNG") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    dots = np.full((12, 12, 3), level, np.uint8)
    Image.fromarray(dots).save(path, format=kind)
    return path


def test_class_folders_of_files_without_an_ending(tmp_path: Path) -> None:
    """Fails if files that are called 0001 are skipped, or a text without an ending becomes a picture."""
    for number in range(8):
        picture(tmp_path / "set" / "dark" / f"{number:04}", 10 + number, ("PNG", "JPEG")[number % 2])
        picture(tmp_path / "set" / "light" / f"{number:04}", 200 + number, "WEBP")
    (tmp_path / "set" / "LICENSE").write_text("You may use it.")
    (found, *_) = understand(tmp_path / "set")
    assert found.layer.id == "Pictures"
    assert found.sentence.startswith("16 pictures in 2 classes: dark, light; 1 skipped")
    told = schema("Pictures", tmp_path / "set")
    assert [each.name for each in told.skipped] == ["LICENSE"]
    made = check_script("Pictures", tmp_path / "set")
    means = whole(made, "image").mean((1, 2, 3))
    assert torch.equal(whole(made, "label"), (means > 0.5).long())


@pytest.mark.parametrize("name", ["photo", "photo.txt", "photo.dat", "photo.com-12", "photo.gif"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_one_picture_with_another_ending(tmp_path: Path, name: str, kind: str) -> None:
    """Fails if a picture is refused, or taken for a text, because of its name alone."""
    file = picture(tmp_path / name, 77, kind)
    (found, *_) = understand(file)
    assert found.layer.id == "Pictures"
    assert found.sentence.startswith("1 picture")
    made = check_script("Pictures", file)
    assert torch.allclose(whole(made, "image"), torch.tensor(77 / 255), atol=1e-6)


def test_a_trained_net_answers_for_them(tmp_path: Path, capsys: Any) -> None:
    """Fails if what was learned from is refused when it is asked about."""
    for number in range(12):
        picture(tmp_path / "set" / "dark" / f"{number}", number * 3)
        picture(tmp_path / "set" / "light" / f"{number}", 200 + number)
    drawing, folder = tmp_path / "net.netloom", tmp_path / "run"
    assert run(["start", str(tmp_path / "set"), "-o", str(drawing)]) == 0
    assert run(["train", str(drawing), "--epochs", "3", "--out", str(folder)]) == 0
    for asked, many in ((picture(tmp_path / "new.bin", 5, "JPEG"), 1), (tmp_path / "set" / "light", 12)):
        capsys.readouterr()
        assert run(["predict", str(folder), str(asked), "--json"]) == 0
        assert len(json.loads(capsys.readouterr().out)["predictions"]) == many
