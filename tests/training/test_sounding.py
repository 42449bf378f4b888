"""A net that goes on with a sound: levels, carried convolutions, WAV files, and how far it hears."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from app.cli.main import run
from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Project
from app.core.storage.files import save_project
from app.core.storage.templates import load
from app.data.sound import Sound, sound_field
from app.insight.receptive import field_of
from app.insight.sound_pictures import continued_pictures, pitch_of
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.training.writing.carrying import CarriedState, stepper_of
from app.training.writing.sounding import beginning, continued, sounder_of
from nodes.api import NoData
from nodes.reading.mu_law import from_mu_law, mu_law
from nodes.sources import made_up_tones, sound_to_continue


def small() -> Project:
    """The template with few short tones; its net still hears 128 values."""
    project = load("wavenet_tones")
    node = project.graph.nodes["tones"].with_param("samples", 12).with_param("window", 160)
    return project.with_graph("", project.graph.with_nodes(node))


@pytest.fixture(scope="module")
def net() -> CompiledNet:
    return compile_net(small())


@pytest.mark.parametrize("levels", [4, 64, 256])
def test_levels_are_those_of_the_formula(levels: int) -> None:
    """Fails if quiet values get no more levels than loud ones, or a level is not given back as itself."""
    for value in (-1.0, -0.3, -0.001, 0.0, 0.02, 0.7, 1.0):
        bent = math.copysign(math.log(1 + (levels - 1) * abs(value)) / math.log(levels), value)
        assert int(mu_law(np.array([value]), levels)[0]) == math.floor((bent + 1) / 2 * (levels - 1) + 0.5)
    every = np.arange(levels)
    assert mu_law(from_mu_law(every, levels), levels).tolist() == every.tolist()
    assert float(from_mu_law(every, levels)[-1]) == pytest.approx(1)


def test_carried_convolutions_write_what_the_whole_text_gives(net: CompiledNet) -> None:
    """Fails if what was heard is forgotten, or kept at the wrong place: each value is chosen as by a net that reads
    everything anew."""
    sounder, model = sounder_of(net), net.model(3).eval()
    assert isinstance(stepper_of(sounder.writer, model), CarriedState)
    start, _ = beginning(net, sounder, 2)
    made = list(continued(sounder, model, start[:40], length=30, temperature=0.0))
    seen = start[:40]
    with torch.no_grad():
        for number in made:
            window = torch.tensor([seen + [0] * (160 - len(seen))])
            scores = model(window)[0, len(seen) - 1]
            assert scores[number] >= scores.max() - 1e-4
            seen.append(number)


def test_it_hears_as_far_as_its_dilations_say(net: CompiledNet) -> None:
    """Fails if the zeros before a causal convolution count as a look ahead: 1 + 1 + 2 + ... + 64 values."""
    field = field_of(net, net.model(0), "out2", (150,), net.plan.inputs[0])
    assert field.spans == ((150 - 127, 150),)
    model = net.model(0).eval()
    levels = torch.randint(64, (1, 160), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = model(levels)[0, 150]
        for place, changes in ((22, False), (23, True), (150, True), (151, False)):
            other = levels.clone()
            other[0, place] = (other[0, place] + 30) % 64
            assert bool((model(other)[0, 150] != before).any()) == changes, place


def test_a_run_goes_on_with_a_sound(tmp_path: Path, capsys: Any) -> None:
    """Fails if the file lacks the begin or the rest, has another rate, or the same seed makes another sound."""
    save_project(small(), tmp_path / "small.netloom")
    folder = tmp_path / "run"
    assert run(["train", str(tmp_path / "small.netloom"), "--epochs", "1", "--out", str(folder)]) == 0
    out = [tmp_path / f"{number}.wav" for number in range(3)]
    for place, seed in zip(out, ("4", "4", "5")):
        assert run(["sample", str(folder), "-o", str(place), "--length", "50", "--seed", seed]) == 0
    wave, rate = soundfile.read(out[0])
    assert (rate, len(wave)) == (4000, 160 + 50)
    truth = made_up_tones.load(samples=12, window=160, rate=4000, levels=64, seed=0)["sound"][4].numpy()
    assert wave[:160] == pytest.approx(from_mu_law(truth, 64), abs=1e-4)
    assert out[0].read_bytes() == out[1].read_bytes() != out[2].read_bytes()
    capsys.readouterr()
    assert run(["sample", str(folder), "-o", str(out[2]), "--prompt", str(out[0]), "--length", "9", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["given"], told["made"], len(soundfile.read(out[2])[0])) == (210, 9, 219)
    assert run(["sample", str(folder)]) == 2
    assert "-o OUT.wav" in capsys.readouterr().err
    assert run(["sample", str(folder), "-o", str(out[1]), "--prompt", "nowhere.wav"]) == 1
    assert "nowhere.wav" in capsys.readouterr().err


def test_a_sound_of_ones_own(tmp_path: Path) -> None:
    """Fails if windows do not follow on each other, or next is not the value one later."""
    time = np.arange(3_000) / 8_000
    soundfile.write(tmp_path / "own.wav", 0.5 * np.sin(2 * np.pi * 300 * time), 8_000)
    settings: dict[str, Any] = {"path": str(tmp_path / "own.wav"), "rate": 4000, "levels": 64, "window": 100}
    schema, fields = sound_to_continue.describe(**settings), sound_to_continue.load(**settings)
    assert (schema.samples, schema.ordered, sound_field(schema)) == (14, True, "sound")
    whole = fields["sound"].flatten()
    assert torch.equal(whole[1:], fields["next"].flatten()[:-1])
    assert pitch_of(from_mu_law(whole.numpy(), 64), 4000) == pytest.approx(300, abs=2)
    with pytest.raises(NoData, match="less than two windows"):
        sound_to_continue.describe(**{**settings, "window": 1_000})
    (tmp_path / "no.wav").write_text("no sound")
    with pytest.raises(NoData, match="no sound"):
        sound_to_continue.describe(**{**settings, "path": str(tmp_path / "no.wav")})


def test_what_it_makes_can_be_seen_and_heard(net: CompiledNet) -> None:
    """Fails if what is drawn is not what is made, the sound lacks it, or another net gets no sentence."""
    sounder, model = sounder_of(net), net.model(3)
    start = torch.tensor([beginning(net, sounder, 1)[0]])
    look = Look(Subject(net, model, Samples({"tones.sound": start}, ("one",))))
    line, spectrum = continued_pictures(look, 40, 0.0, 0)
    made = sounder.wave(list(continued(sounder, model, start[0].tolist(), length=40, temperature=0.0)))
    assert line.maps[1, 0, -40:] == pytest.approx(made, abs=1e-6)
    assert line.sound is not None
    assert line.sound.wave[-40:] == pytest.approx(made, abs=1e-6)
    assert spectrum.size[0] > 10
    written, rate = soundfile.read(io.BytesIO(Sound(made, 4000).wav()))
    assert rate == 4000
    assert written == pytest.approx(made, abs=1e-4)
    other = compile_net(load("char_lstm"))
    with pytest.raises(NoPicture, match="go on with a sound"):
        continued_pictures(Look(Subject(other, other.model(0), Samples({}, ()))), 40, 0.0, 0)
