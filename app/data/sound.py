"""A sound that can be heard: values in time, what data holds such, a WAV file of it, and playing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.data.recording import NoDevice
from nodes.api import Schema

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

SHORTEST = 400  # values in a single row from which on they are a sound


@dataclass(frozen=True, eq=False)
class Sound:
    """Values ``(n,)`` from -1 to 1, ``rate`` of them a second."""

    wave: np.ndarray
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.wave) / self.rate

    def wav(self) -> bytes:
        """A WAV file of 16 bits."""
        import io
        import wave

        import numpy as np

        file = io.BytesIO()
        with wave.open(file, "wb") as written:
            written.setnchannels(1)
            written.setsampwidth(2)
            written.setframerate(self.rate)
            written.writeframes((np.clip(self.wave, -1, 1) * 32767).round().astype("<i2").tobytes())
        return file.getvalue()

    def play(self) -> None:
        """Begin to play it; the one that plays already ends.

        Raises:
            NoDevice: without the package, or a loudspeaker.
        """
        try:
            import sounddevice
        except (ImportError, OSError):  # the package without its library
            raise NoDevice(
                "Playing needs another package. Install it with: pip install sounddevice; or save the sound."
            ) from None
        try:
            sounddevice.play(self.wave, self.rate)
        except Exception as error:  # its own kind of error, which is known only where it is installed
            raise NoDevice(f"Nothing can be played: {error}. Plug in a loudspeaker, or save the sound.") from None


def sound_field(schema: Schema) -> str:
    """The field of data that is a sound whose rate is known; empty if there is none."""
    if not isinstance(schema.settled.get("rate"), int):
        return ""
    for name, field in schema.fields.items():
        if field.dtype == "float" and len(field.sizes) == 2 and field.sizes[0] == 1 and field.sizes[1] >= SHORTEST:
            return name
        if field.dtype == "int" and len(field.sizes) == 1 and "mu_law" in schema.settled:
            return name
    return ""


def sound_of(schema: Schema, values: Mapping[str, Tensor]) -> Sound | None:
    """The sound of one sample, by its fields without the batch; None where it has none."""
    name = sound_field(schema)
    if not name or name not in values:
        return None
    import numpy as np

    numbers = values[name].detach().cpu().numpy()
    if numbers.dtype.kind in "iu":
        from nodes.reading.mu_law import from_mu_law

        wave = from_mu_law(numbers.reshape(-1), int(schema.settled["mu_law"]))
    else:
        wave = np.array(numbers.reshape(-1), np.float32)
    return Sound(wave, int(schema.settled["rate"]))
