"""The arithmetic of sounds, places and boxes number by number, next to numpy; and that no layer is left out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from app.core.compile.net import compile_net
from app.insight.arithmetic.loss_registry import LOSSES, REASONS
from app.insight.arithmetic.net_arithmetic import NetArithmetic
from app.insight.arithmetic.notation import lines
from app.insight.arithmetic.number import NumberPlace
from app.insight.arithmetic.registry import arithmetics
from app.insight.tiles import NoPicture
from nodes.api import Layer, Shape, ShapeError
from nodes.api.registry import layers, ours
from tests.insight.test_arithmetic import again, close
from tests.nodes.alone import drawing, samples
from tests.nodes.strategies import cases_of


def test_every_layer_and_every_loss_is_taken_apart_or_says_why_not() -> None:
    """Fails if a new layer has no arithmetic, so that a student who clicks at one of its numbers is turned away."""
    computing = {layer.id for layer in ours().values() if layer.role == "layer"}
    assert computing - set(arithmetics()) == set()
    losses = {layer.id for layer in ours().values() if layer.role == "loss"}
    assert losses == set(LOSSES) | set(REASONS)
    assert not set(LOSSES) & set(REASONS)


def alone(id: str, *sizes: tuple[int, ...], batch: list[torch.Tensor] | None = None, **chosen: object) -> NetArithmetic:
    layer = layers()[id]
    inputs = {port.name: [Shape(size)] for port, size in zip(layer.inputs, sizes, strict=True)}
    net = compile_net(drawing(layer, inputs, layer.settings(chosen)))
    torch.manual_seed(3)
    return NetArithmetic(net, net.model(0), batch if batch is not None else samples(inputs, 1, "cpu"))


def led(following: NetArithmetic, place: NumberPlace, *whats: str) -> NumberPlace:
    """The first place in the input at the end of a way that goes through these parts of the layer, in order."""
    for what in whats:
        ends = [term.place for term in following.number(place).made.terms if term.place is not None]
        place = next(each for each in ends if each.what == what or each.node == what)
    return place


def test_a_spectrogram_leads_from_the_logarithm_to_the_wave() -> None:
    """Fails if frames begin elsewhere, the window is left out, a Fourier sum has another sign or pitch, a band reads
    other pitches than its triangle covers, or the way back ends before the wave."""
    following = alone("LogMelSpectrogram", (2, 300), n_fft=64, hop_length=40, n_mels=8)
    wave = following.values("in1", "output")
    window = np.sin(np.pi * np.arange(64) / 64) ** 2
    padded = np.pad(wave, ((0, 0), (32, 32)))
    for channel, frame, pitch in ((0, 0, 3), (1, 2, 0), (1, 5, 32)):
        cut = padded[channel, 40 * frame : 40 * frame + 64] * window
        spectrum = sum(cut[n] * np.exp(-2j * np.pi * pitch * n / 64) for n in range(64))
        for what, expected in (("real part", spectrum.real), ("imaginary part", spectrum.imag)):
            number = following.number(NumberPlace("it", what, (channel, frame, pitch)))
            assert number.value == pytest.approx(expected, abs=1e-5)
            assert again(number) == pytest.approx(expected, abs=1e-5)
        number = following.number(NumberPlace("it", "power", (channel, frame, pitch)))
        assert number.made.result == pytest.approx(abs(spectrum) ** 2, abs=1e-5)
    loud = following.number(NumberPlace("it", "output", (1, 4, 2)))
    (band,) = loud.made.terms
    assert loud.value == pytest.approx(np.log(band.value), abs=1e-5)
    place = led(following, loud.place, "power of the band", "power", "real part", "windowed frame", "frame", "in1")
    assert place.node == "in1"
    assert place.index[0] == 1
    silent = following.number(NumberPlace("it", "frame", (0, 0, 5)))
    assert (silent.value, silent.made.how) == (0.0, "given")
    assert "silent" in silent.made.rule


def test_a_glimpse_leads_to_the_pixels_and_to_where_it_looks() -> None:
    """Fails if filters lie elsewhere than the formula says, rows and columns are exchanged, or the way to the place
    that is told is lost."""
    where = torch.tensor([[0.3, -0.2, -0.4]])
    image = torch.rand(1, 2, 9, 14, generator=torch.Generator().manual_seed(0))
    following = alone("Glimpse", (2, 9, 14), (3,), batch=[image, where], size=4, share=0.5)
    reach = 0.5 * 14 * np.exp(-0.4)
    filters = {}
    for name, middle, side in (("rows", -0.2, 9), ("columns", 0.3, 14)):
        middles = (middle + 1) / 2 * side + (np.arange(4) - 1.5) * reach / 4
        bells = np.exp(-0.5 * ((np.arange(side) + 0.5 - middles[:, None]) / max(reach / 8, 0.5)) ** 2)
        filters[name] = bells / bells.sum(1, keepdims=True)
        np.testing.assert_allclose(following.values("it", f"filter of the {name}"), filters[name], atol=1e-6)
    x = image[0].numpy()
    number = following.number(NumberPlace("it", "output", (1, 2, 3)))
    expected = sum(filters["rows"][2, a] * x[1, a, b] * filters["columns"][3, b] for a in range(9) for b in range(14))
    assert number.value == pytest.approx(expected, abs=1e-5)
    assert again(number) == pytest.approx(expected, abs=1e-5)
    assert led(following, number.place, "rows read", "in1").node == "in1"
    factor = number.made.terms[0].factor_place
    assert factor is not None
    assert led(following, factor, "exponent of the columns", "middle of the columns", "in2").index == (0,)
    assert led(following, NumberPlace("it", "window", (2,)), "width of the window", "in2").index == (2,)


def test_a_box_of_a_grid_shows_its_formula() -> None:
    """Fails if the cell is counted along the wrong axis, or a number leads to another channel."""
    following = alone("BoxGrid", (8, 3, 5), boxes=1)
    x = following.values("in1", "output")
    for which, expected in enumerate(
        (
            (4 + 1 / (1 + np.exp(-x[0, 2, 4]))) / 5,
            (2 + 1 / (1 + np.exp(-x[1, 2, 4]))) / 3,
            1 / (1 + np.exp(-x[2, 2, 4])),
            1 / (1 + np.exp(-x[3, 2, 4])),
        )
    ):
        number = following.number(NumberPlace("it", "boxes", (2, 4, 0, which)))
        assert number.made.result == pytest.approx(expected, abs=1e-6)
        assert led(following, number.place, "squashed", "in1") == NumberPlace("in1", "output", (which, 2, 4))
    assert led(following, NumberPlace("it", "scores", (2, 4, 1)), "in1") == NumberPlace("in1", "output", (6, 2, 4))


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    sides = [
        max(0.0, min(a[i] + a[i + 2] / 2 for a in (one, other)) - max(a[i] - a[i + 2] / 2 for a in (one, other)))
        for i in (0, 1)
    ]
    shared = sides[0] * sides[1]
    return float(shared / (one[2] * one[3] + other[2] * other[3] - shared))


def test_suppression_says_of_each_box_why_it_is_left_or_not() -> None:
    """Fails if the wrong rival is named, its overlap is another one, boxes of other classes count, or a row of what is
    left leads to another box."""
    chance = torch.Generator().manual_seed(5)
    boxes = torch.rand(1, 3, 4, 2, 4, generator=chance) * 0.5 + 0.2
    sure, scores = torch.rand(1, 3, 4, 2, generator=chance), torch.randn(1, 3, 4, 3, generator=chance)
    batch = [boxes, sure, scores]
    sizes = [tuple(each.shape[1:]) for each in batch]
    following = alone("NonMaximumSuppression", *sizes, batch=batch, score=0.15, overlap=0.3, most=9)
    probability = torch.softmax(scores[0].double(), -1).numpy()
    score = sure[0].numpy() * probability.max(-1)[..., None]
    kinds, flat = probability.argmax(-1), boxes[0].double().numpy()
    left: list[tuple[int, ...]] = []
    told = {"unsure": 0, "kept": 0, "covered": 0}
    for place in sorted(np.ndindex(3, 4, 2), key=lambda at: -score[at]):
        number = following.number(NumberPlace("it", "kept", place))
        rivals = [each for each in left if kinds[each[:2]] == kinds[place[:2]]]
        shares = {each: overlap(flat[each], flat[place]) for each in rivals}
        covering = next((each for each in rivals if shares[each] > 0.3), None)
        decided = following.values("it", "overlap that decided")[place]
        if score[place] <= 0.15:
            told["unsure"] += 1
            assert (number.value, number.made.terms[0].place) == (0.0, NumberPlace("it", "score", place))
            assert "≤ 0.15" in lines(number)[2]
        elif covering is not None:
            told["covered"] += 1
            assert number.value == 0.0
            assert f"box at {', '.join(map(str, covering))}:" in number.made.rule
            assert decided == pytest.approx(shares[covering], abs=1e-5)
            assert "> 0.3, so it goes" in number.made.lines[-1]
        else:
            told["kept"] += 1
            assert number.value == 1.0
            assert decided == pytest.approx(max(shares.values(), default=0.0), abs=1e-5)
            left.append(place)
    assert min(told.values()) > 0
    for row in range(9):
        for which in range(6):
            number = following.number(NumberPlace("it", "output", (row, which)))
            assert close(again(number), number.value)
            if row < len(left):
                (term,) = number.made.terms
                wanted = NumberPlace("in1", "output", (*left[row], which)) if which < 4 else None
                assert term.place == (wanted or term.place)
            else:
                assert f"{len(left)} of 24 boxes are left" in number.made.rule


@pytest.mark.parametrize("name", sorted(LOSSES))
@given(data=st.data())
@settings(max_examples=6, suppress_health_check=list(HealthCheck), phases=[Phase.generate], deadline=None)
def test_shown_losses_are_those_of_torch(name: str, data: st.DataObject) -> None:
    """Fails if a loss of one sample, or any number on the way to it, is another one than torch's, or a term stands at
    another place than it is told with."""
    layer: Layer = layers()[name]
    inputs, chosen = data.draw(cases_of(layer))
    try:
        layer.build(inputs, chosen)
    except ShapeError:
        assume(False)
    net = compile_net(drawing(layer, inputs, chosen))
    losses = net.losses()
    assert losses is not None
    torch.manual_seed(data.draw(st.integers(0, 99)))
    batch = {
        f"in{count}.output": value.sigmoid() if value.is_floating_point() else value
        for count, value in enumerate(samples(inputs, 1, "cpu"), start=1)
    }
    expected = float(net.loss_values(losses, (), batch)["it"])
    assume(np.isfinite(expected) and abs(expected) < 1e4)
    following = NetArithmetic(net, net.model(0), batch)
    number = following.number(NumberPlace("it", "loss", ()))
    # What torch has rounded in single precision, such as 1 − 1, the weight of the objective multiplies.
    rounded = 2e-7 * max(1.0, abs(float(chosen.get("weight", 1.0))))
    for mine in (number.value, again(number)):
        assert close(mine, expected) or abs(mine - expected) <= rounded, (mine, expected)
    for part in following.parts("it"):
        values = following.values("it", part)
        for index in list(np.ndindex(*values.shape))[:: max(1, values.size // 6)]:
            one = following.number(NumberPlace("it", part, tuple(int(at) for at in index)))
            if np.isfinite(one.value):
                assert close(again(one), one.value)
            assert lines(one)


@pytest.mark.parametrize("name", sorted(REASONS))
def test_a_loss_that_cannot_be_followed_says_why(name: str) -> None:
    """Fails if a number of more than one sample ends in an error, or in words that do not say what is missing."""
    layer = layers()[name]
    example = layer.examples[0]
    inputs = layer.wired(example)
    net = compile_net(drawing(layer, inputs, layer.settings(example.params)))
    batch = {f"in{count}.output": value for count, value in enumerate(samples(inputs, 1, "cpu"), start=1)}
    following = NetArithmetic(net, net.model(0), batch)
    with pytest.raises(NoPicture, match=f"cannot be followed, for {REASONS[name]}"):
        following.number(NumberPlace("it", "loss", ()))
