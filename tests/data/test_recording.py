"""Pictures of a camera and sound of a microphone, with stand-ins for the packages that speak to them."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from app.data.collecting import collected, keep_sound
from app.data.recording import NoDevice, picture, sound
from app.data.understanding import understand


class Camera:
    """Gives dark pictures first, then one whose left half is red."""

    released = 0

    def __init__(self, there: bool) -> None:
        self.there = there
        self.taken = 0

    def isOpened(self) -> bool:
        return self.there

    def read(self) -> tuple[bool, np.ndarray]:
        self.taken += 1
        seen = np.zeros((4, 6, 3), np.uint8)
        if self.taken >= 3:
            seen[:, :3, 2] = 255  # red is last there
        return True, seen

    def release(self) -> None:
        Camera.released += 1


def microphone(heard: np.ndarray | Exception) -> Any:
    def rec(count: int, samplerate: int, channels: int, dtype: str) -> np.ndarray:
        if isinstance(heard, Exception):
            raise heard
        assert (samplerate, channels, dtype) == (16_000, 1, "float32")
        return np.resize(heard, (count, 1)).astype(np.float32)

    return SimpleNamespace(rec=rec, wait=lambda: None)


@pytest.mark.parametrize(("package", "record"), [("cv2", picture), ("sounddevice", sound)])
def test_without_the_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, package: str, record: Any
) -> None:
    """Fails if a package that is not there is a traceback."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NoDevice, match="pip install"):
        record()


def test_a_picture_of_the_camera_has_red_first_and_lets_the_camera_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if red and blue are exchanged, the first dark picture is taken, or the camera stays in use."""
    Camera.released = 0
    monkeypatch.setitem(sys.modules, "cv2", SimpleNamespace(VideoCapture=lambda number: Camera(there=True)))
    seen = picture()
    assert seen.shape == (4, 6, 3)
    assert seen[0, 0].tolist() == [255, 0, 0]
    assert seen[0, 5].tolist() == [0, 0, 0]
    monkeypatch.setitem(sys.modules, "cv2", SimpleNamespace(VideoCapture=lambda number: Camera(there=False)))
    with pytest.raises(NoDevice, match="No camera answers"):
        picture()
    assert Camera.released == 2


def test_a_second_of_sound_becomes_a_file_of_its_class(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Fails if sound is cut, louder or quieter, or lies elsewhere than in the folder of its class."""
    wave = np.sin(np.arange(16_000) / 20) * 0.5
    monkeypatch.setitem(sys.modules, "sounddevice", microphone(wave))
    path = keep_sound(tmp_path, "yes", sound(), 16_000)
    assert path == tmp_path / "yes" / "recorded 1.wav"
    values, rate = soundfile.read(path)
    assert rate == 16_000
    assert np.abs(values - wave).max() < 1e-3
    assert collected(tmp_path) == {"yes": 1}
    monkeypatch.setitem(sys.modules, "sounddevice", microphone(RuntimeError("no input device")))
    with pytest.raises(NoDevice, match="no input device"):
        sound()


class _WithoutLibrary(MetaPathFinder):
    """What importing sounddevice does on Linux where PortAudio is not installed."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")


def test_the_package_without_its_library_names_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if somebody who has the package is told to install it."""
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [_WithoutLibrary(), *sys.meta_path])
    with pytest.raises(NoDevice, match="libportaudio2") as refused:
        sound()
    assert "pip install" not in str(refused.value)


def test_a_muted_microphone_gives_no_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a second of zeros becomes a sample of its class."""
    monkeypatch.setitem(sys.modules, "sounddevice", microphone(np.zeros(4)))
    with pytest.raises(NoDevice, match="muted"):
        sound()


def test_a_camera_that_fails_on_the_way_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if what the package raises reaches the window, or the camera stays in use."""
    Camera.released = 0
    broken = Camera(there=True)
    monkeypatch.setattr(broken, "read", lambda: (_ for _ in ()).throw(RuntimeError("VIDIOC_DQBUF: No such device")))
    monkeypatch.setitem(sys.modules, "cv2", SimpleNamespace(VideoCapture=lambda number: broken))
    with pytest.raises(NoDevice, match="No such device"):
        picture()
    assert Camera.released == 1


def test_what_was_recorded_is_data_of_its_classes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Fails if recordings in the folders of their classes are no sounds, or come to other labels or values."""
    waves = {"yes": 0.5, "no": 0.25}
    for word, height in waves.items():
        for _ in range(3):
            monkeypatch.setitem(sys.modules, "sounddevice", microphone(np.full(16_000, height)))
            keep_sound(tmp_path, word, sound(), 16_000)
    found = next(understand(tmp_path))
    assert found.layer.id == "Sounds"
    assert found.schema is not None
    assert found.schema.fields["label"].classes == ("no", "yes")
    assert found.layer.source is not None
    assert found.layer.source.load is not None
    feed: Any = found.layer.source.load(**found.settings)
    given = feed.at(torch.arange(6), None, ["wave", "label"])
    heights = given["wave"].flatten(1).mean(1)
    expected = torch.tensor([waves[("no", "yes")[int(label)]] for label in given["label"]])
    assert torch.allclose(heights, expected, atol=1e-3)
    assert given["label"].bincount().tolist() == [3, 3]
