"""Sound as a few classes that lie closer where it is quiet, as telephones have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy


def mu_law(wave: numpy.ndarray[Any, Any], levels: int) -> numpy.ndarray[Any, Any]:
    """Values from -1 to 1 as whole numbers from 0 to levels - 1 (ITU-T G.711, with mu = levels - 1)."""
    import numpy

    most = levels - 1
    bent = numpy.sign(wave) * numpy.log1p(most * numpy.abs(wave)) / numpy.log1p(most)
    return numpy.clip(numpy.floor((bent + 1) / 2 * most + 0.5), 0, most).astype(numpy.int64)


def from_mu_law(numbers: numpy.ndarray[Any, Any], levels: int) -> numpy.ndarray[Any, Any]:
    """The values from -1 to 1 that whole numbers from 0 to levels - 1 stand for, float32."""
    import numpy

    most = levels - 1
    bent = 2 * numpy.asarray(numpy.asarray(numbers), numpy.float64) / most - 1
    straight = numpy.sign(bent) * numpy.expm1(numpy.abs(bent) * numpy.log1p(most)) / most
    return straight.astype(numpy.float32)


def tones(samples: int, length: int, rate: int, seed: int) -> numpy.ndarray[Any, Any]:
    """Waves (samples, length) of ``rate`` values a second from -1 to 1: one of five notes with overtones, of any
    loudness and phase."""
    import numpy

    random = numpy.random.default_rng(seed)
    pitches = 220.0 * 2 ** (numpy.array([0, 3, 5, 7, 10]) / 12)  # a pentatonic scale from A3 on
    waves = numpy.zeros((samples, length), numpy.float32)
    for row in range(samples):
        turns = random.random() + numpy.arange(length) * pitches[random.integers(0, 5)] / rate
        phase = 2 * numpy.pi * turns
        loud = 0.3 + 0.5 * random.random()
        waves[row] = loud * (0.7 * numpy.sin(phase) + 0.2 * numpy.sin(2 * phase) + 0.1 * numpy.sin(3 * phase))
    return waves
