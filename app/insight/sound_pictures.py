"""Sounds as pictures that can be played: the wave, its spectrogram, and what a net goes on with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from app.data.sound import Sound, sound_field, sound_of
from app.data.source_looks import schema_of
from app.insight.activations import wave_picture
from app.insight.capture import undisturbed
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.view import Look
from app.training.writing.sounding import continued, sounder_of
from nodes.api import NoData, Schema
from nodes.api.registry import find

COLUMNS = 100  # of a spectrogram, about: so many are enlarged also where it stands beside a wave
BANDS = 48
WAITING = 200  # values that are made at most while a training waits
SHOWN = 400  # values that are drawn as a line


def sound_pictures(look: Look) -> tuple[Tiles, ...]:
    """Wave and spectrogram of the chosen sample.

    Raises:
        NoPicture: if the data of the net holds no sound.
    """
    node, schema = _source(look)
    name = sound_field(schema)
    key = f"{node}.{name}"
    if key not in look.batch:
        raise NoPicture("The sample has no sound at hand. Choose a validation sample.")
    sound = sound_of(schema, {name: look.batch[key][0]})
    assert sound is not None, "the field is a sound"
    return pictured(name, sound)


def pictured(name: str, sound: Sound) -> tuple[Tiles, Tiles]:
    """Wave and spectrogram of a sound of that name, to be played."""
    said = f"{sound.seconds:.2f} seconds, {sound.rate:,} values a second."
    return replace(wave_picture(name, sound.wave), sound=sound, note=said), spectrogram(name, sound)


def _source(look: Look) -> tuple[str, Schema]:
    for own in look.net.plan.sources:
        layer = find(own.type)
        if layer is None or layer.source is None:
            continue
        try:
            schema = own.seen or schema_of(layer, own.settings)
        except NoData:
            continue
        if sound_field(schema):
            return own.node, schema
    raise NoPicture("The data of this net holds no sound whose rate is known, so there is nothing to hear.")


def spectrogram(name: str, sound: Sound) -> Tiles:
    """How loud each pitch is over time, low ones at the bottom; bands lie as the ear hears them."""
    from nodes.modules.log_mel_spectrogram import LogMelSpectrogram

    count = len(sound.wave)
    size = 1 << max(4, min(int(sound.rate * 0.032), count // 2, 4096).bit_length() - 1)
    hop = max(1, count // COLUMNS)
    layer = LogMelSpectrogram(sound.rate, size, hop, min(BANDS, size // 2))
    loud = layer(torch.from_numpy(np.ascontiguousarray(sound.wave, np.float32))[None, None])[0, 0].numpy()
    low, high = rising_scale(loud)
    low = max(low, high - 14.0)
    shown = np.ascontiguousarray(np.maximum(loud, low)[None, ::-1])
    title = f"{name}: loudness up to {sound.rate // 2:,} Hz"
    bands = f"one of {len(loud)} bands of pitches, the lowest below"
    return Tiles(shown, low, high, "viridis", title, x_label="moment", y_label=bands)


def continued_pictures(look: Look, length: int, temperature: float, seed: int) -> tuple[Tiles, ...]:
    """What the net makes behind the chosen sample: as a line behind its end, and as a spectrogram of both.

    Raises:
        NoPicture: if the net does not go on with sounds.
    """
    try:
        sounder = sounder_of(look.net)
        entry = look.net.plan.inputs[0]
        start = look.batch[f"{entry.node}.{entry.port}"][0].tolist()
        waits = look.subject.seconds is not None and look.subject.progress is not None
        count = min(length, WAITING) if waits else length
        with undisturbed(look.model):
            made = list(continued(sounder, look.model, start, length=count, temperature=temperature, seed=seed))
    except NoData as reason:
        raise NoPicture(str(reason)) from None
    given, new = sounder.wave(start), sounder.wave(made)
    both = Sound(np.concatenate([given, new]), sounder.rate)
    tail = given[-SHOWN // 2 :]
    lines = np.full((2, len(tail) + min(len(new), SHOWN)), np.nan, np.float32)
    lines[0, : len(tail)] = tail
    lines[1, len(tail) - 1 :] = np.concatenate([tail[-1:], new[:SHOWN]])
    at = np.arange(lines.shape[1]) - len(tail) + 1
    before, behind = pitch_of(given, sounder.rate), pitch_of(new, sounder.rate)
    line = Tiles(
        lines[:, None], -1.0, 1.0, "viridis", f"It goes on by itself for {len(new) / sounder.rate:.2f} s",
        ("the sample", "what the net makes"), layout="lines", at=at.astype(np.float32),
        x_label="value, counted from the end of the sample", sound=both,
        note=f"The strongest pitch is {before:.0f} Hz in the sample and {behind:.0f} Hz behind it.",
    )  # fmt: skip
    return line, spectrogram("both together", both)


def pitch_of(wave: np.ndarray, rate: int) -> float:
    """The strongest pitch in Hz, to about a tenth of the width of a spectrum of so many values."""
    size = 16 * len(wave)
    loud = np.abs(np.fft.rfft((wave - wave.mean()) * np.hanning(len(wave)), size))
    return float(loud.argmax()) * rate / size
