"""What can be asked of a dream: the grammar of objectives, and the numbers behind them, worked out a second time."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project
from app.insight.dream import dream
from app.insight.dream import objective as parts
from app.insight.dream.ascent import DreamSettings
from app.insight.dream.folding import fold
from app.insight.dream.grammar import ObjectiveTerm, parse, written
from app.insight.dream.parametrisation import Frequencies, noise
from app.insight.dream.reading import DreamNet
from app.insight.dream.tiled import seen_around, tiled_dream, tiled_gradient, tiles
from app.insight.dream.wish import dreamt
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from nodes.api.params import BadSetting
from tests.insight.conftest import Trained
from tests.support.drawings import block_net, chain, node


def look(of: Trained, name: str = "", classes: tuple[str, ...] = ()) -> Look:
    return Look(Subject(of.net, of.model, Samples({}, (), classes)), name)


# The grammar


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("conv2", (ObjectiveTerm("conv2"),)),
        ("conv2:3 - 0.5*fc1:7", (ObjectiveTerm("conv2", 1.0, 3), ObjectiveTerm("fc1", -0.5, 7))),
        ("-fc:1+2 * block1/conv2:0", (ObjectiveTerm("fc", -1.0, 1), ObjectiveTerm("block1/conv2", 2.0, 0))),
        ("fc:daisy", (ObjectiveTerm("fc", 1.0, "daisy"),)),
        (
            "fc:'golden retriever' - fc:\"e-mail\"",
            (ObjectiveTerm("fc", 1.0, "golden retriever"), ObjectiveTerm("fc", -1.0, "e-mail")),
        ),
        ("conv1:2@4,5", (ObjectiveTerm("conv1", 1.0, 2, (4, 5)),)),
        ("conv2[3, 7=-0.5]", (ObjectiveTerm("conv2", mix=((3, 1.0), (7, -0.5))),)),
        ("1e-2*conv2~'my - cat.jpg'", (ObjectiveTerm("conv2", 0.01, picture="my - cat.jpg"),)),
    ],
)
def test_an_objective_is_read_as_it_is_written(text: str, terms: tuple[ObjectiveTerm, ...]) -> None:
    """Fails if a sign, a weight, a quote or a bracket goes to another part, or the words of terms read otherwise."""
    assert parse(text) == terms
    assert parse(written(terms)) == terms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "objective is empty"),
        ("conv2:3 -", "behind “conv2:3 -”. Here the name of a layer is missing"),
        ("conv2:3 fc1", r"Between two parts stands \+ or -, but there is “fc1”"),
        ("2 conv1", r"Behind the weight 2 stands \* and a layer, but there is “conv1”"),
        ("0*conv1", "a weight is above 0"),
        ("conv1:", "stands the number of a channel"),
        ("conv1:2@4", "stand a comma and the column"),
        ("conv1[", "Between the brackets of conv1"),
        ("conv1[2, 2]", "names channel 2 of conv1 twice"),
        ("conv1[2=0]", "no channel of conv1 a weight other than 0"),
        ("conv1~cat.jpg", "the file of a picture in quotes"),
        ("fc:'daisy", "missing its other quote"),
        ("$(ls)", "at its beginning. This names no layer"),
        ("+".join(["a"] * 17), "more than 16 parts"),
        ("a" * 1001, "1,001 letters"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text: str, words: str) -> None:
    """Fails if a slip of the pen is a traceback, or dreams of something else."""
    with pytest.raises(BadSetting, match=words) as caught:
        parse(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conv9:1", "no layer conv9"),
        ("conv2:16", "no channel 16; it has 16"),
        ("conv2:0 - fc1:999", "fc1 has no channel 999"),
        ("conv2[1, 77=2]", "no channel 77"),
        ("fc3:3@0,0", "gives no maps"),
        ("conv2:3@99,0", "no place 99,0"),
        ("fc3:banana", "There is no class banana. There are, for example"),
        ("conv2:three", "are no classes"),
        ("conv2~'/nowhere/cat.png'", "There is no file /nowhere/cat.png"),
        ("conv2 -", "name of a layer is missing"),
    ],
)
def test_an_objective_that_names_what_is_not_there_is_said(lenet: Trained, text: str, words: str) -> None:
    """Fails if a wrong name or number in any part is an IndexError, or is passed over."""
    digits = tuple("0123456789")
    with pytest.raises(NoPicture, match=words):
        next(dream(lenet.net, lenet.model, "", objective=text, words=digits))


def test_the_score_is_the_sum_that_was_asked_for(lenet: Trained, tmp_path: Path) -> None:
    """Fails if a weight or a sign is lost, or a unit, a direction or a guide means something else than documented."""
    guide = lenet.images[3].numpy()
    Image.fromarray(np.uint8(guide[0] * 255 + 0.5)).save(tmp_path / "g.png")
    text = f"2*conv1:2@4,5 - 0.5*fc1:7 + conv2[3, 7=-0.5] + fc3:'4' - 0.25*conv2~'{tmp_path / 'g.png'}' + 3*conv2"
    start = lenet.images[8].numpy()
    step = next(dream(lenet.net, lenet.model, "", image=start, objective=text, words=tuple("0123456789")))
    picture = torch.from_numpy(step.image)[None, None]
    values = lenet.net.capture(lenet.model, [picture])
    conv2 = values["conv2"][0].double().numpy()
    along = (conv2[3] - 0.5 * conv2[7]) / 1.25**0.5
    quarter = np.sort(along.ravel())[-(along.size // 4) :].mean()
    seen = lenet.net.capture(lenet.model, [torch.from_numpy(np.uint8(guide * 255 + 0.5) / np.float32(255))[None]])
    wanted = seen["conv2"][0].double().numpy().reshape(16, -1).T
    wanted = wanted / np.linalg.norm(wanted, axis=1).mean()
    found = (conv2.reshape(16, -1).T @ wanted.T).max(1).mean()
    expected = 2 * float(values["conv1"][0, 2, 4, 5]) - 0.5 * float(values["fc1"][0, 7]) + quarter
    expected += float(values["fc3"][0, 4]) - 0.25 * found + 3 * (conv2**2).mean()
    assert step.score == pytest.approx(expected, rel=1e-4)


def test_a_difference_leaves_the_second_part_low(lenet: Trained) -> None:
    """Fails if what is taken away is raised all the same."""

    def answers(text: str) -> tuple[float, float]:
        *_, last = dream(lenet.net, lenet.model, "", objective=text, steps=30)
        values = lenet.net.capture(lenet.model, [torch.from_numpy(last.image)[None, None]], ["conv2"])["conv2"][0]
        return float(values[3].mean()), float(values[5].mean())

    alone, without = answers("conv2:3"), answers("conv2:3 - 2*conv2:5")
    assert without[1] < alone[1] - 0.1
    assert without[0] - without[1] > alone[0] - alone[1]


def test_channel_and_objective_together_are_refused(lenet: Trained) -> None:
    """Fails if one of two wishes is passed over in silence."""
    with pytest.raises(NoPicture, match="but not both"):
        next(dreamt(look(lenet, "fc3"), {"channel": 3, "objective": "conv2:1"}))


# How a picture is written down


@pytest.mark.parametrize("size", [(16, 16), (9, 14), (64, 48)])
def test_frequencies_are_those_of_numpy(size: tuple[int, int]) -> None:
    """Fails if the weights, the scaling or the inverse transform differ from an FFT worked out by numpy."""
    start = noise((1, *size), 0.5, 0.2, torch.Generator().manual_seed(0))
    written_down = Frequencies(start[None])
    spectrum = torch.view_as_complex(written_down.numbers.detach())[0, 0].numpy()
    rows, columns = np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None]
    weight = 1 / np.maximum(np.hypot(rows, columns), 1 / min(max(size), 48))
    weight /= weight.mean()
    logits = np.log(start[0].double().numpy() / (1 - start[0].double().numpy()))
    assert np.allclose(spectrum, np.fft.rfft2(logits, norm="ortho") / weight, atol=1e-4)
    again = np.fft.irfft2(spectrum * weight, s=size, norm="ortho")
    assert np.allclose(written_down.picture().detach()[0, 0].numpy(), 1 / (1 + np.exp(-again)), atol=1e-5)


def test_colours_of_the_net_do_not_drag_one_another() -> None:
    """Fails if a step along one of the three numbers of a pixel changes light and colour at once: the second and third
    leave the mean of red, green and blue (nearly) alone."""
    grey = Frequencies(torch.full((1, 3, 16, 16), 0.5))
    with torch.no_grad():
        grey.numbers[0, 1, 0, 0, 0] += 1.0
    colour = grey.picture().detach()[0].mean((1, 2)) - 0.5
    assert colour.abs().max() > 0.01
    assert abs(float(colour.mean())) < 0.05 * float(colour.abs().max())


# Octaves, several pictures, channels


def test_octaves_grow_to_the_size_that_was_asked_for(lenet: Trained) -> None:
    """Fails if an octave is left out, is too large, or the steps are not all made."""
    every = list(dream(lenet.net, lenet.model, "conv2", 1, steps=7, octaves=3, growth=2.0, size=(40, 48)))
    assert [step.image.shape for step in every] == [(10, 12)] * 3 + [(20, 24)] * 2 + [(40, 48)] * 3
    assert [step.step for step in every] == list(range(8))
    assert [(step.octave, step.octaves) for step in every[::7]] == [(1, 3), (3, 3)]
    assert every[-1].score > every[0].score


def test_small_octaves_of_a_net_that_reads_one_size_only(lenet: Trained) -> None:
    """Fails if a class cannot be dreamt of in octaves, because the net reads 32×32 and nothing else."""
    every = list(dream(lenet.net, lenet.model, "fc3", 3, steps=24, octaves=3))
    assert [step.image.shape[0] for step in every[::12]] == [16, 23, 32]
    assert every[-1].score > every[0].score + 8
    with pytest.raises(NoPicture, match="only be asked about pictures of 32×32, not 64×64"):
        next(dream(lenet.net, lenet.model, "fc3", 3, size=(64, 64)))


def test_several_pictures_differ(lenet: Trained) -> None:
    """Fails if diversity makes copies, or pictures that no longer excite the unit."""

    def spread(differ: float) -> tuple[float, float]:
        *_, last = dream(lenet.net, lenet.model, "conv2", 3, steps=30, count=3, differ=differ)
        assert last.images.shape == (3, 32, 32)
        value = lenet.net.capture(lenet.model, [torch.from_numpy(last.images)[:, None]], ["conv2"])["conv2"]
        flat = value.flatten(2).double().numpy()
        grams = np.stack([one @ one.T for one in flat]).reshape(3, -1)
        grams /= np.linalg.norm(grams, axis=1, keepdims=True)
        alike = grams @ grams.T
        return float((alike.sum() - 3) / 6), last.score

    (close, high), (apart, score) = spread(0.0), spread(1.0)
    assert apart < close - 0.02
    assert score > 0.3 * high


def test_sameness_is_the_mean_cosine_of_gram_matrices() -> None:
    """Fails if pictures are compared with themselves, or copies are taken for pictures."""
    value = torch.randn(3, 4, 2, 5, generator=torch.Generator().manual_seed(0))
    flat = value.flatten(2).double().numpy()
    grams = np.stack([one @ one.T for one in flat]).reshape(3, -1)
    cosine = [[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in grams] for a in grams]
    expected = [(sum(row) - 1) / 2 for row in cosine]
    assert parts.sameness("a", 3)({"a": value}, value).tolist() == pytest.approx(expected, rel=1e-5)


def test_each_channel_gets_its_own_picture(lenet: Trained) -> None:
    """Fails if the pictures of a layer's channels are mixed up: each must excite its own channel more than the others
    excite it, most of the time."""
    *_, last = dreamt(look(lenet, "conv2"), {"channel": "each", "steps": 20, "seed": 0})
    tiles_ = last.pictures[0]
    assert tiles_.maps.shape == (16, 32, 32)
    assert tiles_.labels == tuple(map(str, range(16)))
    value = lenet.net.capture(lenet.model, [torch.from_numpy(tiles_.maps)[:, None]], ["conv2"])["conv2"]
    strongest = value.flatten(2).topk(25, dim=2).values.mean(2)
    assert sum(int(strongest[:, channel].argmax()) == channel for channel in range(16)) >= 12


def test_a_grid_with_a_dead_channel_says_so(lenet: Trained) -> None:
    """Fails if one dead channel keeps the others from being seen, or stands there without a word."""
    model = lenet.net.model(seed=0)
    with torch.no_grad():
        model.get_parameter("conv1.bias")[1] = -1000.0
    *_, last = dreamt(
        look(Trained(lenet.net, model, lenet.images, lenet.labels), "relu1"), {"channel": "each", "steps": 3}
    )
    assert "1 of 6 answer to nothing that was tried: dead." in last.pictures[0].note


# Traps


def softmax_net(kind: str) -> tuple[CompiledNet, torch.nn.Module]:
    """Scores so far apart that the softmax of them is 0 and 1 to the last bit."""
    every = [
        node("picture", "Input", shape=(1, 8, 8)),
        node("flatten", "Flatten"),
        node("fc", "Linear", out_features=3),
        node("last", kind),
    ]
    net = compile_net(Project("Sure", graph=Graph.of(every, chain("picture", "flatten", "fc", "last"))))
    model = net.model(seed=0)
    with torch.no_grad():
        model.get_parameter("fc.bias").copy_(torch.tensor([500.0, -500.0, 0.0]))
    return net, model


@pytest.mark.parametrize("kind", ["Softmax", "Sigmoid", "LogSoftmax"])
def test_a_softmax_that_is_quite_sure_is_asked_before(kind: str) -> None:
    """Fails if a probability of exactly 0 or 1, whose gradient is zero, is called dead."""
    net, model = softmax_net(kind)
    every = list(dream(net, model, "last", 1, steps=8))
    scores = [float(net.capture(model, [torch.from_numpy(s.image)[None, None]], ["fc"])["fc"][0, 1]) for s in every]
    assert scores[-1] > scores[0] + 0.1
    assert "what it reads is raised: fc" in every[-1].note


def test_a_unit_asleep_behind_a_relu_is_led_there_by_what_is_before(lenet: Trained) -> None:
    """Fails if a unit that no noise wakes, but a picture can, is called dead."""
    model = lenet.net.model(seed=0)
    with torch.no_grad():
        weight = model.get_parameter("conv1.weight")
        weight[0] = -1.0
        weight[0, 0, 1:4, 2] = 8.0  # a bright line on a dark ground, brighter than any noise has it
        model.get_parameter("conv1.bias")[0] = -21.0
    every = list(dream(lenet.net, model, "relu1", 0, steps=8))
    assert every[-1].score > 0
    assert "before the ReLU" in every[-1].note


# Only what is needed is computed


def test_what_stands_behind_the_node_is_not_computed(lenet: Trained) -> None:
    """Fails if a value is another one for that, or layers behind it are run all the same."""
    picture = lenet.images[:2]
    whole = lenet.net.capture(lenet.model, [picture])
    for name in ("conv1", "relu1", "fc3"):
        assert torch.equal(lenet.net.capture(lenet.model, [picture], [name], no_further=True)[name], whole[name])
    large = torch.rand(1, 1, 50, 50)
    assert lenet.net.capture(lenet.model, [large], ["conv2"], no_further=True)["conv2"].shape[1] == 16
    with pytest.raises(RuntimeError):
        lenet.net.capture(lenet.model, [large], ["conv2"])


def test_of_a_repeated_block_the_last_value_counts() -> None:
    """Fails if the first of several copies of a block ends the computation."""
    net = compile_net(block_net())
    model = net.model(seed=0)
    entry = net.plan.inputs[0].shape.sizes
    picture = torch.rand(1, *entry)
    whole = net.capture(model, [picture])
    for name in whole:
        if name in {one.node for one in net.plan.inputs}:
            continue
        assert torch.equal(net.capture(model, [picture], [name], no_further=True)[name], whole[name]), name


# Tiles


@pytest.mark.parametrize(
    ("side", "core", "offset"), [((50, 70), 16, (5, 0)), ((16, 16), 16, (0, 3)), ((7, 90), 32, (31, 31))]
)
def test_tiles_cover_a_picture_once(side: tuple[int, int], core: int, offset: tuple[int, int]) -> None:
    """Fails if a stripe is left out or moved twice, or a piece reaches out of the picture."""
    seen = np.zeros(side, int)
    for rows, columns in tiles(*side, core, offset):
        seen[rows, columns] += 1
        for place, length in ((rows, side[0]), (columns, side[1])):
            around = seen_around(place, length, core + 8)
            assert 0 <= around.start <= place.start < place.stop <= around.stop <= length
    assert (seen == 1).all()


def test_the_gradient_of_tiles_is_that_of_the_whole(lenet: Trained) -> None:
    """Fails if a tile forgets its neighbours, is put in another place, or counts by its size."""
    reading = DreamNet(lenet.net, lenet.model)
    goal = parts.layer("conv1")
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(1, 48, 64, generator=generator)

    def gradient(piece: torch.Tensor) -> torch.Tensor:
        seen = piece.clone().requires_grad_()
        # As a mean over the pixels of the piece, whatever the convolution loses at its edge.
        values = reading.values(seen, ["conv1"], grad=True)
        places = values["conv1"].shape[-1] * values["conv1"].shape[-2]
        score = goal(values, seen).sum() * places / (seen.shape[-1] * seen.shape[-2])
        return torch.autograd.grad(score, seen)[0]

    whole = gradient(picture[None])[0] * (48 * 64)
    put = torch.full_like(picture, torch.nan)
    for rows, columns, found in tiled_gradient(gradient, picture, core=16, rim=8, offset=(4, 11)):
        put[:, rows, columns] = found
    assert torch.allclose(put, whole, atol=1e-5 * float(whole.abs().max()))


def test_a_large_picture_is_dreamt_in_tiles(lenet: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the photo is lost, an octave has another size, the layer is not excited, or the same seed gives another
    picture."""
    monkeypatch.setattr("app.insight.dream.tiled.CORE", 64)
    ramp = np.uint8(np.linspace(40, 200, 150)[None, None].repeat(100, 1))

    def end() -> tuple[float, float, np.ndarray]:
        how = DreamSettings(steps=6, octaves=2)
        every = list(tiled_dream(lenet.net, lenet.model, "conv2", None, ramp, how=how))
        assert every[0].image.shape[1] < 150
        steps = {step.step: step.score for step in every}
        return steps[1], every[-1].score, every[-1].image

    first, last, image = end()
    assert image.shape == (100, 150)
    assert last > first
    assert np.corrcoef(image.ravel(), (ramp[0] / 255).ravel())[0, 1] > 0.6
    assert np.array_equal(end()[2], image)


def test_a_photo_keeps_its_size_and_its_proportions(lenet: Trained, tmp_path: Path) -> None:
    """Fails if a photo is cut to the net's square where its own size was asked for."""
    Image.fromarray(np.zeros((60, 90), np.uint8) + 90).save(tmp_path / "p.png")
    for size, shape in (("photo", (60, 90)), (45, (30, 45)), ("net", (32, 32))):
        settings = {"steps": 1, "image": str(tmp_path / "p.png"), "size": size}
        *_, last = dreamt(look(lenet, "conv2"), settings)
        assert last.pictures[0].maps.shape[1:] == shape


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"size": "photo"}, "none was named"),
        ({"begin": 9999}, "no sample 9999"),
        ({"begin": 1, "image": "x.png"}, "not with both"),
        ({"channel": "each", "count": 2}, "Each channel gets one picture"),
    ],
)
def test_wishes_that_do_not_go_together_are_said(lenet: Trained, settings: dict[str, object], words: str) -> None:
    """Fails if one of them wins in silence."""
    with pytest.raises(NoPicture, match=words):
        next(dreamt(look(lenet, "conv2"), settings))


def test_a_dream_begins_with_a_sample(lenet: Trained) -> None:
    """Fails if another picture is taken."""
    first = next(dreamt(look(lenet, "fc3"), {"begin": 2, "steps": 1, "channel": 1}))
    from app.insight.samples import load_samples

    sample = load_samples(lenet.net, lenet.net.plan.recipe).fields["digits.image"][2, 0].numpy()
    assert np.abs(first.pictures[0].maps[0] - sample).max() < 0.03


# Batch norms worked into convolutions


def test_a_folded_net_answers_the_same() -> None:
    """Fails if a batch norm is dropped, worked into a convolution that somebody else reads, or changes a value that is
    asked for."""
    net = compile_net(block_net())
    model = net.model(seed=0)
    generator = torch.Generator().manual_seed(0)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for value in (module.running_mean, module.running_var, module.weight.data, module.bias.data):
                assert value is not None
                value.copy_(0.5 + torch.rand(value.shape, generator=generator))
    model.eval().requires_grad_(False)
    picture = torch.rand(2, *net.plan.inputs[0].shape.sizes, generator=generator)
    before = net.capture(model, [picture])
    norms = sum(isinstance(module, torch.nn.BatchNorm2d) for module in model.modules())
    for kept in ({"sum1"}, {"second/conv"}):
        folded = copy.deepcopy(model)
        count = fold(net, folded, kept)
        assert 0 < count <= norms
        after = net.capture(folded, [picture])
        for name in {*kept, "sum1", *(each.node for each in net.plan.outputs)}:
            assert torch.allclose(after[name], before[name], atol=1e-5), (kept, name)


# Content and style


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("0.5*conv2='my cat.jpg'", ObjectiveTerm("conv2", 0.5, picture="my cat.jpg", sign="=")),
        ('conv1#"sea.jpg"', ObjectiveTerm("conv1", picture="sea.jpg", sign="#")),
    ],
)
def test_content_and_style_are_read_as_they_are_written(text: str, term: ObjectiveTerm) -> None:
    """Fails if the three ways to name a picture are taken for one another, or are lost where a dream is kept."""
    assert parse(text) == (term,)
    assert parse(written((term,))) == (term,)


def test_content_and_style_are_those_of_numpy() -> None:
    """Fails if a Gram matrix is taken over the wrong axis, sums in place of means, or a distance has no measure."""
    torch.manual_seed(0)
    values, guide = torch.randn(2, 3, 4, 5), torch.randn(1, 3, 4, 5)
    maps, wanted = values.numpy().astype(np.float64), guide.numpy()[0].astype(np.float64)
    for row in range(2):
        found = -((maps[row] - wanted) ** 2).mean() / (wanted**2).mean()
        assert float(parts.content("a", guide)({"a": values}, values)[row]) == pytest.approx(found, rel=1e-4)
        grams = [np.einsum("chw,dhw->cd", each, each) / 20 for each in (maps[row], wanted)]
        found = -((grams[0] - grams[1]) ** 2).sum() / (grams[1] ** 2).sum()
        assert float(parts.style("a", guide)({"a": values}, values)[row]) == pytest.approx(found, rel=1e-4)
    same = parts.style("a", guide)({"a": guide.flip(2, 3)}, guide)
    assert float(same) == pytest.approx(0.0, abs=1e-6), "where something lies is no style"
    larger = guide.repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert float(parts.style("a", guide)({"a": larger}, larger)) == pytest.approx(0.0, abs=1e-6)


def test_a_picture_comes_nearer_to_content_and_style(lenet: Trained, tmp_path: Path) -> None:
    """Fails if style is led away from its picture, content counts for nothing, or the files of both are mixed up."""
    rng = np.random.default_rng(0)
    for name in ("photo", "paint"):
        Image.fromarray(rng.integers(0, 255, (32, 32), dtype=np.uint8)).save(tmp_path / f"{name}.png")
    photo, paint = tmp_path / "photo.png", tmp_path / "paint.png"
    ends = []
    for objective in (f'conv1#"{paint}"', f'conv1#"{paint}" + 50*conv1="{photo}"'):
        steps = list(dream(lenet.net, lenet.model, "", objective=objective, steps=40, shake=False, calm=0.0))
        assert steps[0].score < steps[-1].score <= 0
        pixels = torch.from_numpy(steps[-1].image)[None, None]
        photo_pixels = torch.from_numpy(np.asarray(Image.open(photo), np.float32) / 255)[None, None]
        with torch.no_grad():
            one, other = (
                lenet.net.capture(lenet.model, (each,), ["conv1"])["conv1"] for each in (pixels, photo_pixels)
            )
        ends.append(float((one - other).square().mean()))
    assert ends[1] < 0.5 * ends[0]


def test_content_of_a_picture_that_is_made_in_pieces_is_refused(lenet: Trained, tmp_path: Path) -> None:
    """Fails if a large picture is painted piece by piece, each compared with the whole of the other."""
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "x.png")
    wish = {"objective": f"conv1='{tmp_path / 'x.png'}'", "size": 600, "steps": 1}
    with pytest.raises(NoPicture, match="Choose a size of at most 512"):
        next(dreamt(look(lenet), wish))
