"""The log-mel spectrogram, compared with one that plain numpy computes step by step."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from nodes.api import SetParam, Shape, ShapeError
from nodes.api.registry import find
from nodes.modules.log_mel_spectrogram import LogMelSpectrogram
from tests.nodes.alone import drawing


def by_hand(wave: np.ndarray, rate: int, n_fft: int, hop: int, bands: int) -> np.ndarray:
    """The natural logarithm of the power in each band, as the formulas of textbooks say."""
    half = n_fft // 2
    padded = np.concatenate([np.zeros(half), wave, np.zeros(half)])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    columns = []
    for start in range(0, len(padded) - n_fft + 1, hop):
        piece = padded[start : start + n_fft] * window
        turns = np.exp(-2j * np.pi * np.outer(np.arange(half + 1), np.arange(n_fft)) / n_fft)
        columns.append(np.abs(turns @ piece) ** 2)
    power = np.stack(columns, 1)
    top = 2595 * math.log10(1 + rate / 2 / 700)
    corners = [700 * (10 ** (top * k / (bands + 1) / 2595) - 1) for k in range(bands + 2)]
    made = np.zeros((bands, power.shape[1]))
    for band in range(bands):
        low, middle, high = corners[band : band + 3]
        for k in range(half + 1):
            pitch = k * rate / n_fft
            if low < pitch < high:
                made[band] += power[k] * (
                    (pitch - low) / (middle - low) if pitch <= middle else (high - pitch) / (high - middle)
                )
    return np.log(np.maximum(made, 1e-10))


@pytest.mark.parametrize(
    ("rate", "n_fft", "hop", "bands", "values"),
    [(16_000, 512, 160, 64, 2_000), (8_000, 128, 64, 20, 700), (22_050, 255, 100, 30, 1_000), (16_000, 64, 200, 4, 90)],
)
def test_values_are_those_of_numpy(rate: int, n_fft: int, hop: int, bands: int, values: int) -> None:
    """Fails if window, padding, power, the bands or the logarithm are others, or channels are mixed."""
    waves = np.random.default_rng(3).standard_normal((2, 3, values)).astype(np.float32)
    layer = LogMelSpectrogram(rate, n_fft, hop, bands)
    given = layer(torch.from_numpy(waves)).numpy()
    for sample in range(2):
        for channel in range(3):
            expected = by_hand(waves[sample, channel].astype(np.float64), rate, n_fft, hop, bands)
            assert given[sample, channel].shape == expected.shape
            assert np.allclose(given[sample, channel], expected, atol=2e-3)


def test_a_higher_tone_stands_in_a_higher_row_and_silence_is_finite() -> None:
    """Fails if rows do not go up with the pitch, or silence is minus infinity and its gradient no number."""
    layer = LogMelSpectrogram(16_000, 512, 160, 64)
    time = torch.arange(16_000) / 16_000
    tones = torch.stack([torch.sin(2 * math.pi * pitch * time) for pitch in (200, 800, 3_000, 7_000)])[:, None]
    rows = layer(tones)[:, 0, :, 50].argmax(1).tolist()
    assert rows == sorted(rows)
    assert len(set(rows)) == 4
    silence = torch.zeros(1, 1, 4_000, requires_grad=True)
    quiet = layer(silence)
    quiet.sum().backward()
    assert torch.allclose(quiet, torch.tensor(math.log(1e-10)))
    assert silence.grad is not None
    assert bool(silence.grad.isfinite().all())


def test_the_usual_bands_are_all_reached() -> None:
    """Fails if a row of the usual setting reads no pitch at all and stays black."""
    assert bool((LogMelSpectrogram(16_000, 512, 160, 64).bands.sum(1) > 0).all())
    assert bool((LogMelSpectrogram(8_000, 512, 160, 64).bands.sum(1) > 0).all())


def test_it_has_no_weights_and_works_in_a_drawing() -> None:
    """Fails if its bands are saved with the weights, or a wave without channels is read otherwise."""
    layer = find("LogMelSpectrogram")
    assert layer is not None
    model = compile_net(drawing(layer, {"x": [Shape((800,))]}, layer.settings({"n_mels": 16}))).model()
    assert dict(model.state_dict()) == {}
    wave = torch.randn(2, 800)
    assert torch.equal(model(wave), LogMelSpectrogram(16_000, 512, 160, 16)(wave[:, None]))


def test_too_many_bands_and_pictures_are_refused() -> None:
    """Fails if there are more bands than pitches, or a picture is taken for a wave; the remedies must be ones."""
    layer = find("LogMelSpectrogram")
    assert layer is not None
    with pytest.raises(ShapeError, match="tells 32 pitches apart, too few for 64 bands") as error:
        layer.build({"x": [Shape((1, 800))]}, layer.settings({"n_fft": 64}))
    for fix in error.value.fixes:
        assert isinstance(fix, SetParam)
        layer.build({"x": [Shape((1, 800))]}, layer.settings({"n_fft": 64, fix.param: fix.value}))
    with pytest.raises(ShapeError, match="reads a wave"):
        layer.build({"x": [Shape((1, 8, 8))]}, layer.settings({}))
