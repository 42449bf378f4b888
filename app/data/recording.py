"""A picture from the camera or a second of sound from the microphone, with packages that are there only if somebody
has installed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

RATE = 16_000  # samples of sound in a second
SECONDS = 1.0
_WARMING = 5  # pictures that a camera needs until it has found how bright it is


class NoDevice(ValueError):
    """Nothing can be recorded. The message is a sentence with the remedy."""


def picture() -> np.ndarray:
    """One picture of the first camera, (h, w, 3) uint8.

    Raises:
        NoDevice: without the package, or a camera.
    """
    try:
        import cv2
    except ImportError:
        raise NoDevice(
            "Pictures from a camera need another package. Install it with: pip install opencv-python-headless"
        ) from None
    camera = cv2.VideoCapture(0)
    try:
        found, seen = False, None
        try:
            for _ in range(_WARMING if camera.isOpened() else 0):
                found, seen = camera.read()
        except Exception as error:  # its own kind of error
            raise NoDevice(
                f"The camera cannot be read: {' '.join(str(error).split())[:120]}. Plug it in anew."
            ) from None
        if not found or seen is None:
            raise NoDevice("No camera answers. Plug one in, or close the program that uses it.")
        return _own(seen[:, :, ::-1])  # this package has blue first
    finally:
        camera.release()


def sound(seconds: float = SECONDS, rate: int = RATE) -> np.ndarray:
    """What the microphone hears from now on, (samples,) float32 from −1 to 1; returns when it is over.

    Raises:
        NoDevice: without the package, or a microphone.
    """
    try:
        import sounddevice
    except ImportError:
        raise NoDevice("A recording needs another package. Install it with: pip install sounddevice") from None
    except OSError:  # on Linux it comes without the library that it speaks through
        raise NoDevice(
            "sounddevice is installed, but its library PortAudio is missing. Install that, on Debian or Ubuntu with: "
            "sudo apt install libportaudio2"
        ) from None
    try:
        heard = sounddevice.rec(round(seconds * rate), samplerate=rate, channels=1, dtype="float32")
        sounddevice.wait()
    except Exception as error:  # its own kind of error, which is known only where it is installed
        raise NoDevice(f"The microphone cannot be heard: {error}. Plug one in, or allow it to be used.") from None
    if not heard.any():  # a microphone hears at least itself; one that is shut off gives zeros and no error
        raise NoDevice("Nothing was heard, not even noise. See whether the microphone is muted, or may be used here.")
    return _own(heard[:, 0])


def _own(values: np.ndarray) -> np.ndarray:
    """The values by themselves, in one piece."""
    import numpy as np

    return np.ascontiguousarray(values)
