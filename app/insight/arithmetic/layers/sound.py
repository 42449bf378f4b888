"""How a wave becomes a picture of its pitches: frame, window, Fourier sums, power, bands, logarithm."""

from __future__ import annotations

from functools import cached_property
from math import log
from typing import Any

import numpy as np

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.layers.activation import each
from app.insight.arithmetic.notation import bracketed, short
from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import ElementwiseStage
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.stage import Index, ReorderedStage, Stage

FLOOR = 1e-10  # what is quieter counts as that


class _Frames(Stage):
    """Stretches of a wave (channels, values), ``hop`` apart: (channels, frames, length). The first one has its middle
    at the first value; around the wave is silence."""

    def __init__(self, x: Stage, frames: int, length: int, hop: int) -> None:
        self._x, self._frames, self._length, self._hop = x, frames, length, hop

    @cached_property
    def values(self) -> np.ndarray:
        half = self._length // 2
        padded = np.pad(self._x.values, ((0, 0), (half, half)))
        starts = np.arange(self._frames)[:, None] * self._hop
        return padded[:, starts + np.arange(self._length)]

    def made(self, index: Index) -> Derivation:
        channel, frame, place = index
        there = frame * self._hop + place - self._length // 2
        if not 0 <= there < self._x.shape[1]:
            return Derivation("given", "It lies before or behind the wave, where it is silent: 0.", 0.0)
        term = self._x.term((channel, there))
        rule = f"Frame {frame} begins {frame} × {self._hop} values after frame 0: here stands {{place}}."
        return Derivation("moved", rule.format(place=term.name), term.value, (term,))


class _Wave(Stage):
    """How much of a cosine, or of a sine downwards, of each pitch is in a frame: the real or the imaginary part of its
    discrete Fourier transform, (channels, frames, pitches)."""

    def __init__(self, x: Stage, imaginary: bool) -> None:
        self._x, self._imaginary = x, imaginary

    @cached_property
    def values(self) -> np.ndarray:
        found = np.fft.rfft(self._x.values)
        return found.imag if self._imaginary else found.real

    def made(self, index: Index) -> Derivation:
        channel, frame, pitch = index
        length = self._x.shape[-1]
        turns = 2 * np.pi * ((pitch * np.arange(length)) % length) / length
        factors = -np.sin(turns) if self._imaginary else np.cos(turns)
        terms = tuple(self._x.term((channel, frame, at), float(factors[at])) for at in range(length))
        called = "minus a sine" if self._imaginary else "a cosine"
        rule = f"Each value of the frame times {called} that swings {pitch} times in {length} values, added up."
        return Derivation("sum", rule, sum(term.product for term in terms), terms)


class _Power(Stage):
    """real² + imaginary²."""

    def __init__(self, real: Stage, imaginary: Stage) -> None:
        self._real, self._imaginary = real, imaginary

    @cached_property
    def values(self) -> np.ndarray:
        return np.square(self._real.values) + np.square(self._imaginary.values)

    def made(self, index: Index) -> Derivation:
        real, imaginary = self._real.term(index), self._imaginary.term(index)
        result = real.value**2 + imaginary.value**2
        line = f"{bracketed(real.value)}² + {bracketed(imaginary.value)}² = {short(result)}"
        return Derivation(
            "function", "How strong the pitch is: both parts squared, added.", result, (real, imaginary), lines=(line,)
        )


class _Banded(Stage):
    """Powers of the pitches of each band, weighed by its triangle: (channels, bands, frames)."""

    def __init__(self, power: Stage, bands: Stage) -> None:
        self._power, self._bands = power, bands

    @cached_property
    def values(self) -> np.ndarray:
        return np.einsum("mf,ctf->cmt", self._bands.values, self._power.values)

    def made(self, index: Index) -> Derivation:
        channel, band, frame = index
        weights = self._bands.values[band]
        terms = []
        for pitch in np.flatnonzero(weights):
            place: Index = (band, int(pitch))
            terms.append(
                self._power.term((channel, frame, int(pitch)), float(weights[pitch]), self._bands.place(place))
            )
        rule = f"The power of each pitch times the mel filter of band {band}, a triangle, added up."
        if not terms:
            rule = f"The mel filter of band {band} lies between two pitches that the stretch can tell apart: no pitch."
            return Derivation("given", rule, 0.0)
        left = len(weights) - len(terms)
        rule += f" At the other {left:,} pitches the filter is 0." if left else ""
        return Derivation("sum", rule, sum(term.product for term in terms), tuple(terms))


def _loud(power: float) -> float:
    return log(max(power, FLOOR))


def _said(power: float, result: float) -> list[str]:
    return [f"log(max({short(power)}, {short(FLOOR)})) = {short(result)}"]


@arithmetic("LogMelSpectrogram")
def log_mel(at: LayerCall) -> Stages:
    """Frame, window, power of each pitch, sums over bands, logarithm."""
    module: Any = at.module
    x: Stage = at.x
    if len(x.shape) == 1:
        x = ReorderedStage(x, x.values[None], lambda index: index[1:])
    frames = at.output["output"].shape[-1]
    frame = _Frames(x, frames, int(module.n_fft), int(module.hop_length)).named(at.node, "frame")
    window = at.weight("window")
    rule = "The value of the frame times the window, which fades it out at both ends."
    windowed = ElementwiseStage([frame, window], "product", rule).named(at.node, "windowed frame")
    real = _Wave(windowed, False).named(at.node, "real part")
    imaginary = _Wave(windowed, True).named(at.node, "imaginary part")
    power = _Power(real, imaginary).named(at.node, "power")
    band = _Banded(power, at.weight("bands")).named(at.node, "power of the band")
    loud = each(band, "The natural logarithm; what is quieter than 1e−10 counts as that.", _loud, _said)
    inner = {"power of the band": band, "power": power, "real part": real, "imaginary part": imaginary}
    return {"output": loud, **inner, "windowed frame": windowed, "frame": frame}
