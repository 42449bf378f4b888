"""Videos as folders of numbered frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from app.data import catalog, printed_functions
from app.data.understanding import candidates, sentence_of
from nodes.reading import cache
from nodes.reading.clips import frames_of
from tests.data.test_pictures import guess, picture, read, seen, source_of, zipped


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


def clip(folder: Path, start: int, count: int, size: tuple[int, int] = (10, 8)) -> None:
    """Frames without leading zeros, whose grey level says their number."""
    for number in range(1, count + 1):
        picture(folder / f"frame{number}.png", start + number, size, "L")


def films(root: Path, *parts: str) -> Path:
    for index, part in enumerate(parts or ("",)):
        clip(root / part / "run" / "a", 100 * index, 12)
        clip(root / part / "run" / "b", 100 * index + 20, 5)
        clip(root / part / "walk" / "c", 100 * index + 40, 12)
    return root


def levels(video: torch.Tensor) -> list[int]:
    """The level of each frame of (1, frames, height, width)."""
    return [round(float(frame.mean()) * 255) for frame in video[0]]


def test_a_clip_is_a_volume_of_its_frames_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """Fails if frame10 comes before frame2, or the axes are not those of Conv3d."""
    films(tmp_path)
    schema = seen(tmp_path, "Videos", frames=12, step=1)
    assert schema.fields["video"].sizes == (1, 12, 8, 10)
    assert schema.fields["video"].shape.kind == "volume"
    assert schema.fields["label"].counts == (2, 1)
    assert sentence_of(schema).startswith(
        "3 clips in 2 classes: run, walk. The class walk has only one clip. 1 clip has"
    )
    feed, values = read(tmp_path, "Videos", frames=12, step=1)
    assert levels(values["video"][0]) == list(range(1, 13))
    assert levels(values["video"][1]) == [21, 22, 23, 24, 25] + [25] * 7  # a short clip shows its last frame on
    assert values["label"].tolist() == [0, 0, 1]
    assert [feed.name_of(n) for n in range(3)] == ["run/a", "run/b", "walk/c"]
    again = catalog.load(source_of(tmp_path, {"frames": 12, "step": 1}, "Videos"))
    assert torch.equal(again.at(torch.arange(3), None, ["video"])["video"], values["video"])


@pytest.mark.parametrize(
    ("frames", "step", "expected"),
    [(4, 1, [1, 2, 3, 4]), (4, 3, [1, 4, 7, 10]), (4, 5, [1, 6, 11, 12]), (4, 0, [1, 5, 8, 12]), (2, 0, [1, 12])],
)
def test_frames_are_taken_as_the_settings_say(tmp_path: Path, frames: int, step: int, expected: list[int]) -> None:
    """Fails if another step is taken, or an evenly spread clip lacks its begin or end."""
    assert frames_of(range(1, 13), frames, step) == expected
    clip(tmp_path / "x" / "a", 0, 12)
    clip(tmp_path / "y" / "a", 50, 12)
    _, values = read(tmp_path, "Videos", frames=frames, step=step)
    assert levels(values["video"][0]) == expected


def test_parts_and_zip_files_and_a_program_of_its_own(tmp_path: Path) -> None:
    """Fails if parts of videos are classes, a zip file gives others, or what is printed gives other numbers."""
    root = films(tmp_path / "d", "train", "test")
    settings: dict[str, Any] = {"frames": 4, "size": (6, 6), "colour": "RGB"}
    schema = seen(root, "Videos", **settings)
    assert (schema.words, dict(schema.parts)) == (("run", "walk"), {"train": 3, "test": 3})
    for path in (root, zipped(root, tmp_path / "d.zip")):
        feed, values = read(path, "Videos", **settings)
        assert values["video"].shape == (6, 3, 4, 6, 6)
        script, _ = printed_functions.script_of(source_of(path, settings, "Videos"))
        names: dict[str, Any] = {}
        exec("\n".join(["import torch", *script.imports, *script.lines]), names)
        assert script.fields.keys() == values.keys()
        assert all(torch.equal(eval(text, names), values[name]) for name, text in script.fields.items())
        parts = eval(script.parts, names)
        assert {n: p.tolist() for n, p in parts.items()} == {n: p.tolist() for n, p in feed.parts.items()}


def test_videos_are_recognised_and_class_folders_are_not_videos(tmp_path: Path) -> None:
    """Fails if folders of frames are offered as single pictures first, or numbered pictures of classes as videos."""
    assert candidates(films(tmp_path / "v"))[0].layer.id == "Videos"
    assert candidates(films(tmp_path / "w", "train", "test"))[0].layer.id == "Videos"
    for part in ("train", "test"):
        for digit in "012":
            clip(tmp_path / "digits" / part / digit, 0, 4)
    assert [each.layer.id for each in candidates(tmp_path / "digits")] == ["Pictures"]
    for name in ("animal/cat/red", "animal/dog/blue", "plant/oak/a", "plant/elm/b"):
        picture(tmp_path / "nested" / f"{name}.png")
        picture(tmp_path / "nested" / f"{name} other.png")
    assert [each.layer.id for each in candidates(tmp_path / "nested")] == ["Pictures"]


def test_a_zip_of_class_folders_is_read_as_the_folder_itself(tmp_path: Path) -> None:
    """Fails if the one folder inside a zip, or around a folder, makes classes of numbered pictures to clips; or if
    clips in class folders are no videos once they are packed."""
    for word in ("cat", "dog"):
        for number in range(6):
            picture(tmp_path / "pets" / word / f"{number}.png", number, (10, 8), "L")
    folder = [each.layer.id for each in candidates(tmp_path / "pets")]
    assert folder == ["Pictures"]
    for file, inside in (("bare.zip", ""), ("root.zip", "pets/"), ("deep.zip", "a/pets/")):
        packed = zipped(tmp_path / "pets", tmp_path / file, inside)
        assert [each.layer.id for each in candidates(packed)] == folder, file
    around = tmp_path / "around"
    around.mkdir()
    (tmp_path / "pets").rename(around / "pets")
    assert [each.layer.id for each in candidates(around)] == folder
    films(tmp_path / "v")
    for inside in ("", "films/"):
        assert candidates(zipped(tmp_path / "v", tmp_path / "v.zip", inside))[0].layer.id == "Videos"
    for word in ("jump", "run"):
        for name in ("a", "b"):
            for number in range(5):
                picture(tmp_path / "n" / word / name / f"{number}.png", number, (10, 8), "L")
    assert candidates(zipped(tmp_path / "n", tmp_path / "n.zip", "n/"))[0].layer.id == "Videos"


def test_the_number_of_frames_is_asked_where_clips_have_fewer(tmp_path: Path) -> None:
    """Fails if frames are repeated without a click that takes as many as there are, or it cannot be taken back."""
    films(tmp_path)  # clips of 5 and of 12 frames
    asked = guess(seen(tmp_path, "Videos"), "frames")
    assert "5 to 12 frames; 16 are taken" in asked.sentence
    assert asked.choices == (("5 frames", 5), ("12 frames", 12), ("16 frames", 16))
    fewest = seen(tmp_path, "Videos", frames=5)
    assert guess(fewest, "frames").chosen == 5
    assert not [remark for remark in fewest.remarks if "fewer than" in remark]
    assert levels(read(tmp_path, "Videos", frames=5)[1]["video"][1]) == [21, 22, 23, 24, 25]
    for settings in ({"frames": 4}, {"frames": 3, "step": 2}):
        assert "frames" not in {each.setting for each in seen(tmp_path, "Videos", **settings).guesses}


def test_numbered_pictures_of_classes_beside_other_files_are_no_clips(tmp_path: Path) -> None:
    """Fails if image_0001.jpg to image_0009.jpg in the class folders of Caltech 101, which lie in a folder of their own
    beside a list, are the frames of one clip for each class."""
    for name in ("accordion", "anchor"):
        for number in range(1, 9):
            picture(tmp_path / "101_ObjectCategories" / name / f"image_{number:04d}.jpg", number * 20)
    assert candidates(tmp_path)[0].layer.id == "Pictures"
    (tmp_path / "README.txt").write_text("Caltech 101")
    (tmp_path / "classes.txt").write_text("1 accordion\n2 anchor\n")
    assert candidates(tmp_path)[0].layer.id == "Pictures"
