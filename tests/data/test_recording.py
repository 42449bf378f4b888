"""Pictures of a camera and sound of a microphone, with stand-ins for the packages that speak to them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from app.data.collecting import collected, keep_sound
from app.data.recording import NoDevice, picture, sound


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
