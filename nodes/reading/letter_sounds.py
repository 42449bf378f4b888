"""Spoken words that are made up: each letter has a sound of its own, like those of a voice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

# The three formants of a letter in Hz, the middle of its noise in Hz, and how much of it is noise (1: no voice).
# Vowels are those of Peterson and Barney (1952), the others their neighbours; no two letters are alike.
LETTER_SOUNDS: dict[str, tuple[int, int, int, int, float]] = {
    "a": (730, 1090, 2440, 0, 0.0),
    "b": (250, 700, 2100, 900, 0.3),
    "c": (300, 1500, 2400, 2900, 0.9),
    "d": (300, 1700, 2600, 2200, 0.3),
    "e": (530, 1840, 2480, 0, 0.0),
    "f": (300, 1100, 2100, 1900, 1.0),
    "g": (300, 1250, 1900, 1400, 0.4),
    "h": (600, 1400, 2500, 1100, 0.9),
    "i": (270, 2290, 3010, 0, 0.0),
    "j": (280, 2100, 2800, 2600, 0.6),
    "k": (300, 1300, 2000, 1700, 1.0),
    "l": (360, 1300, 3000, 0, 0.0),
    "m": (250, 1000, 2200, 0, 0.0),
    "n": (250, 1450, 2300, 0, 0.0),
    "o": (570, 840, 2410, 0, 0.0),
    "p": (300, 800, 2000, 700, 1.0),
    "q": (350, 900, 1800, 1500, 0.7),
    "r": (420, 1300, 1600, 0, 0.0),
    "s": (300, 1500, 2500, 3500, 1.0),
    "t": (300, 1700, 2600, 2700, 1.0),
    "u": (300, 870, 2240, 0, 0.0),
    "v": (280, 1100, 2100, 1500, 0.5),
    "w": (300, 610, 2200, 0, 0.0),
    "x": (300, 1500, 2500, 3100, 0.8),
    "y": (260, 2070, 3020, 0, 0.0),
    "z": (280, 1500, 2500, 3300, 0.6),
}
RATE = 8000  # values a second
SHORTEST, LONGEST = 0.06, 0.12  # seconds of a letter


def spoken_words(
    words: list[str],
    samples: int,
    most: int,
    seed: int,
    length: int,
    sounds: dict[str, tuple[int, int, int, int, float]],
) -> tuple[list[str], numpy.ndarray[Any, Any]]:
    """What is said, 1 to ``most`` words with blanks between them, and waves (samples, length) of 8,000 values a second:
    formants that are struck by each pulse of a voice, and noise; speakers differ in pitch, size, speed and loudness,
    and a faint noise is behind all of it."""
    import numpy

    random = numpy.random.default_rng(seed)
    texts, waves = [], numpy.zeros((samples, length), numpy.float32)
    for row in range(samples):
        said = " ".join(words[int(at)] for at in random.integers(0, len(words), int(random.integers(1, most + 1))))
        pitch, size, speed = 90 + 130 * random.random(), 0.92 + 0.16 * random.random(), random.random()
        pieces = [numpy.zeros(int(400 * random.random()))]
        for letter in said:
            count = int(8000 * (0.06 + 0.06 * (0.5 * speed + 0.5 * random.random())))
            if letter == " ":
                pieces.append(numpy.zeros(count))
                continue
            first, second, third, noise, share = sounds[letter]
            seconds = numpy.arange(count) / 8000
            sound = numpy.zeros(count)
            if share < 1:  # one pulse of the voice, again and again
                pulse = seconds[: int(8000 / (pitch * (0.95 + 0.1 * random.random())))]
                ring = numpy.zeros(len(pulse))
                for loud, formant, wide in ((1.0, first, 250), (0.6, second, 350), (0.3, third, 500)):
                    ring += loud * numpy.sin(2 * numpy.pi * formant * size * pulse) * numpy.exp(-wide * pulse)
                sound += 0.35 * (1 - share) * numpy.resize(ring, count)
            if share:
                hiss = numpy.convolve(random.random(count + 7) - 0.5, numpy.full(8, 0.6), "valid")
                sound += share * hiss * numpy.sin(2 * numpy.pi * noise * seconds + 2 * numpy.pi * random.random())
            swell = numpy.minimum(1, numpy.minimum(seconds, seconds[::-1]) / 0.012)  # letters begin and end softly
            pieces.append(swell * sound)
        wave = numpy.zeros(length)
        spoken = numpy.concatenate(pieces)
        wave[: len(spoken)] = (0.4 + 0.5 * random.random()) * spoken
        waves[row] = numpy.clip(wave + 0.01 * (random.random(length) - 0.5), -1, 1)
        texts.append(said)
    return texts, waves
